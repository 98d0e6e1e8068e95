"""The examples run, and the command explains each of them."""

import pathlib

import pytest
from click.testing import CliRunner

from chainrule.cli import main

EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"


@pytest.mark.parametrize(
    ("name", "of", "wrt", "expected"),
    [
        ("neuron.py", "loss", "w", ["-0.2115083711370669", "∂loss/∂a", "∂a/∂z", "∂z/∂w", "= -0.21150837"]),
        ("two_layer.py", "loss", "W1", ["∂loss/∂W1 has shape (4, 3)", "z → W1", "(4, 5) → (4, 3)"]),
        ("two_layer.py", "loss", "W2", ["∂loss/∂W2 has shape (2, 4)"]),
        ("chain_of_three.py", "y", "x", ["∂y/∂u", "∂u/∂v", "∂v/∂x", "0.85191129"]),
        ("several_paths.py", "y", "x", ["path 1 of 2", "path 2 of 2", "sum = ", "-0.20678761"]),
    ],
)
def test_example(name, of, wrt, expected):
    result = CliRunner().invoke(main, ["explain", str(EXAMPLES / name), "--of", of, "--wrt", wrt])
    assert result.exit_code == 0, result.output
    for text in expected:
        assert text in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_every_example_is_tested():
    assert {path.name for path in EXAMPLES.glob("*.py")} >= {
        "neuron.py", "two_layer.py", "chain_of_three.py", "several_paths.py"
    }  # fmt: skip
