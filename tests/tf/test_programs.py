"""The TensorFlow programs in examples/ run; the lesson's prints TensorFlow's digits."""

import pathlib
import runpy

import pytest

EXAMPLES = sorted((pathlib.Path(__file__).parents[2] / "examples").glob("tf_*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_it_runs(path, capsys):
    runpy.run_path(str(path))
    assert capsys.readouterr().out


def test_the_lesson(capsys):
    runpy.run_path(str(EXAMPLES[0].with_name("tf_neuron.py")))
    assert capsys.readouterr().out == "-0.21150835\n"
