"""Every expression of the table runs here, and its gradient agrees with differences."""

import pathlib
import sys

import numpy as np
import pytest

import chainrule as cr
import chainrule.tf as tf

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))  # where parity/ lies

from parity.tf.operations import EXPRESSIONS, LEAVES, inputs, results

JUMPS = ("floor", "//", "%", "floormod", "ceil", "round", "float64", "stop_gradient")  # near the points, or cuts


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_gradient(expression):
    found = results(tf, expression, tf.float64)
    used = [name for name in LEAVES if found.get(name) is not None]
    if not used or any(word in expression for word in JUMPS):
        return
    names = inputs(tf, tf.float64)

    def function(*values):
        result = eval(expression, {**names, **dict(zip(used, values))})
        return result * 1.0

    cr.check_grads(function, tuple(names[name].numpy() for name in used), order=1)
    assert all(np.isfinite(found[name]).all() for name in used)
