"""Every expression of the table of operations under vmap, and its gradient under vmap, against a loop over rows."""

import pathlib
import sys

import numpy as np
import pytest

import chainrule.torch as torch
from chainrule.errors import VmapError

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))  # where parity/ lies

from parity.torch.operations import EXPRESSIONS, inputs

NAMES, LEAVES = "abcpsvwnim", "abcpsvwn"
REFUSED = ("a[m]", "a.masked_select(m)", "a.scatter(1, i[:, :1], b[:, :1])")


def rows(value):
    """Three examples in place of one."""
    if value.dtype == bool:
        return np.stack([value, ~value, value])
    if value.dtype.kind == "i":
        return np.stack([value, (value + 1) % 3, value[::-1]])
    return np.stack([value, value * 1.05, value * 0.9])


@pytest.fixture(scope="module")
def batch():
    names = inputs(torch, torch.float64)
    return [torch.tensor(rows(np.asarray(names[name].detach().numpy()))) for name in NAMES]


def agree(mine, one):
    assert mine.shape == one.shape and mine.dtype == one.dtype
    np.testing.assert_allclose(mine.numpy(), one.detach().numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_rows(expression, batch):
    def function(*values):
        return eval(expression, {**dict(zip(NAMES, values)), "torch": torch, "F": torch.nn.functional})

    def number(*values):
        y = function(*values)
        return (y * torch.arange(1.0, y.numel() + 1).reshape(tuple(y.shape)).to(y.dtype)).sum()

    each = [[value[k] for value in batch] for k in range(3)]
    if expression in REFUSED:
        with pytest.raises(VmapError, match="row to row"):
            torch.vmap(function)(*batch)
        return
    together = torch.vmap(function)(*batch)
    for k in range(3):
        agree(together[k], function(*each[k]))
    if together.dtype.is_floating_point:
        gradient = torch.func.grad(number, argnums=tuple(NAMES.index(name) for name in LEAVES))
        gradients = torch.vmap(gradient)(*batch)
        for k in range(3):
            for mine, one in zip(gradients, gradient(*each[k])):
                agree(mine[k], one)
