"""Programs print the same with TensorFlow's import line and with ours."""

import os
import pathlib
import re

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
EXAMPLES = sorted((pathlib.Path(__file__).parents[2] / "examples").glob("tf_*.py"))
_NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]?\d+)?")


def run(source, capsys):
    exec(compile(source, "<program>", "exec"), {"__name__": "__main__"})
    return capsys.readouterr().out


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_same_output(path, capsys):
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed here")
    source = path.read_text(encoding="utf-8")
    ours = run(source, capsys)
    theirs = run(source.replace("import chainrule.tf as tf", "import tensorflow as tf"), capsys)
    if path.stem == "tf_neuron":
        assert ours == theirs  # digit for digit
    assert _NUMBER.sub("#", ours) == _NUMBER.sub("#", theirs)
    numbers = [[float(each) for each in _NUMBER.findall(text)] for text in (ours, theirs)]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-3 if path.stem == "tf_classifier" else 1e-5, abs=1e-6)
