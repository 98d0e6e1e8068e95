"""Values, dtypes, shapes and gradients of tf.* functions against TensorFlow."""

import os

import numpy
import pytest

import chainrule.tf as ours
from parity.tf.operations import EXPRESSIONS, SINGLE, results

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression(expression, precision):
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed here")
    theirs = results(tf, expression, getattr(tf, precision))
    mine = results(ours, expression, getattr(ours, precision))
    single = precision == "float32" or any(word in expression for word in SINGLE)
    tolerance = 1e-5 if single else 1e-12
    assert mine.keys() == theirs.keys()
    for name, expected in theirs.items():
        if name in ("dtype", "shape") or expected is None:
            assert mine[name] == expected, name
        else:
            numpy.testing.assert_allclose(mine[name], expected, rtol=tolerance, atol=tolerance, err_msg=name)
