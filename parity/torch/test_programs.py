"""Beginners' programs print the same with PyTorch's import line and with ours."""

import pathlib
import re

import pytest

EXAMPLES = sorted((pathlib.Path(__file__).parents[2] / "examples").glob("torch_*.py"))
_NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]?\d+)?")


def run(source, capsys):
    exec(compile(source, "<program>", "exec"), {"__name__": "__main__"})
    return capsys.readouterr().out


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_same_output(path, capsys):
    pytest.importorskip("torch", reason="PyTorch is not installed here")
    source = path.read_text(encoding="utf-8")
    ours = run(source, capsys)
    theirs = run(source.replace("chainrule.torch", "torch"), capsys)
    if path.stem == "torch_neuron":
        assert ours == theirs
    assert _NUMBER.sub("#", ours) == _NUMBER.sub("#", theirs)
    for mine, other in zip(_NUMBER.findall(ours), _NUMBER.findall(theirs)):
        assert float(mine) == pytest.approx(float(other), rel=1e-5, abs=1e-5)
