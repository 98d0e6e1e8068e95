"""Values, dtypes, shapes and gradients of torch.* functions against PyTorch."""

import warnings

import numpy
import pytest

import chainrule.torch as ours
from parity.torch.operations import EXPRESSIONS, results


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression(expression, precision):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = results(torch, expression, getattr(torch, precision))
        mine = results(ours, expression, getattr(ours, precision))
    tolerance = 1e-5 if precision == "float32" or "float()" in expression else 1e-12
    for name, expected in theirs.items():
        if name in ("dtype", "shape", "recorded"):
            assert mine[name] == expected, name
        elif expected is None or mine[name] is None:  # a zero that one of the two does not record
            assert not numpy.any(numpy.asarray(mine[name] or expected or 0.0)), name
        else:
            numpy.testing.assert_allclose(mine[name], expected, rtol=tolerance, atol=tolerance, err_msg=name)
