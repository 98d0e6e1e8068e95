"""Every expression of the table runs here, and its gradient agrees with differences."""

import pathlib
import sys

import pytest

import chainrule.torch as torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))  # where parity/ lies

from parity.torch.operations import EXPRESSIONS, inputs, results

STEPS = (
    "floor",
    "%",
    "float()",
    "trunc",
    "fmod",
    "remainder",
    "detach",
)  # jumps near the points, float32, cuts


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_gradient(expression):
    found = results(torch, expression, torch.float64)
    if not found["recorded"] or any(word in expression for word in STEPS):
        return
    names = inputs(torch, torch.float64)
    used = [name for name in "abcpsvwn" if found[name] is not None]

    def function(*values):
        return eval(expression, {**names, **dict(zip(used, values))})

    assert torch.autograd.gradcheck(function, tuple(names[name] for name in used))
