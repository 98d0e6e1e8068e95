"""Dtypes are NumPy's: float32 stays, Python numbers are weak, wider arrays win; a gradient has its input's dtype."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError
from chainrule.numpy import UFUNCS

RNG = np.random.default_rng(0)
KINDS = [np.float64, np.float32, np.float16, np.longdouble, np.complex64, np.complex128]
OTHERS = [
    2, 1.5, True, 1 + 2j, 2**70, np.float64(1.5), np.float32(1.5), np.int64(2), np.int8(2), np.bool_(True),
    [1.0, 2.0], (1, 2), np.array(1.5), np.array([1, 2]), np.array([1.5, 2.5]), np.array([1.5, 2.5], np.float32),
    np.array([True, False]), np.array([1.5], np.float16), np.array([[1.5], [2.5]]), np.array([1 + 2j, 3]),
    np.array([1, 2], np.uint8),
]  # fmt: skip
ELEMENTWISE = [ufunc for ufunc in UFUNCS if ufunc.signature is None and ufunc.nin <= 2]


def points(ufunc, kind, shape):
    low, high = (1.2, 3.0) if ufunc is np.arccosh else (0.2, 0.9)
    return [RNG.uniform(low, high, shape).astype(kind)[()] for _ in range(ufunc.nin)]


def calls(ufunc):
    """Arguments, and the places of those that become Tensors."""
    for kind in KINDS:
        for shape in ((), (2,), (0,)):
            args = points(ufunc, kind, shape)
            yield args, range(len(args))
            if ufunc.nin == 2 and shape != (0,):
                for other in OTHERS:
                    yield [args[0], other], [0]
                    yield [other, args[1]], [1]
    if ufunc.nin == 2:
        for other in OTHERS:
            yield [0.7, other], [0]
            yield [other, 0.7], [1]


def outcome(f, args):
    with np.errstate(all="ignore"):
        result = f(*args)
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize("ufunc", ELEMENTWISE, ids=lambda ufunc: ufunc.__name__)
def test_ufuncs(ufunc):
    for args, places in calls(ufunc):
        try:
            expected = outcome(ufunc, args)
        except (TypeError, OverflowError):
            continue  # NumPy has no such loop
        tensors = [cr.tensor(arg, requires_grad=True) if i in places else arg for i, arg in enumerate(args)]
        kinds = ", ".join(str(getattr(arg, "dtype", arg)) for arg in args)
        what = f"{ufunc.__name__}({kinds}), Tensors: {list(places)}"
        for one, other in zip(outcome(ufunc, tensors), expected, strict=True):
            assert one.dtype == np.asarray(other).dtype and one.shape == np.shape(other), what
            rtol = max(1e-16, 10 * float(np.finfo(one.dtype).eps))
            np.testing.assert_allclose(one.value, other, rtol=rtol, err_msg=what)
            if any(isinstance(arg, complex) for arg in args) and "m" in ufunc.__name__:
                continue  # maximum and its kind order complex numbers; they have no slope there
            with np.errstate(all="ignore"):
                (abs(one) ** 2).sum().backward(retain_graph=True)
        for i in places:
            gradient = tensors[i].grad
            assert gradient is None or (gradient.dtype, gradient.shape) == (tensors[i].dtype, tensors[i].shape), what


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_python_number_is_weak(kind):
    x = cr.tensor(np.ones(2, kind), requires_grad=True)
    weak = cr.tensor(0.5, requires_grad=True)
    for y in (
        x * 2,
        2.0 * x,
        x + weak,
        weak * x,
        x / 3,
        x**2,
        1 - x,
        np.maximum(x, 0.5),
        np.where([True, False], x, 0.5),
    ):
        assert y.dtype == kind
    (abs(x * weak) ** 2).sum().backward()
    assert x.grad.dtype == kind and weak.grad.dtype == np.float64


def test_wider_arrays_win_and_gradients_come_back_narrow():
    narrow, wide = np.ones((2, 3), np.float32), np.ones(3)
    x, y = cr.tensor(narrow, requires_grad=True), cr.tensor(wide, requires_grad=True)
    z = x * y + np.arange(3)
    assert z.dtype == np.float64
    z.sum().backward()
    assert x.grad.dtype == np.float32 and y.grad.dtype == np.float64
    gradient = cr.grad(lambda x: np.sum((x @ np.ones((3, 2))) ** 2))(narrow)
    assert gradient.dtype == np.float32
    assert (cr.tensor(np.float32(1), requires_grad=True) * np.float64(2)).dtype == np.float64


def test_integers_and_booleans_join_as_in_numpy_and_never_move():
    t = cr.tensor(np.ones(3, np.float32), requires_grad=True)
    for other in (np.arange(3), np.array([True, False, True]), np.arange(3, dtype=np.uint8), np.arange(3, dtype="i2")):
        assert (t * other).dtype == (t.value * other).dtype
    counts = cr.tensor(np.arange(3))
    assert (counts + 1).dtype == int and not (counts * 2).requires_grad and (counts / 2).dtype == float
    for whole in (t.astype(int), np.floor_divide(t, 0.3).astype("int8"), np.argmax(t)):
        assert not isinstance(whole, cr.Tensor)
    with pytest.raises(ChainruleError):
        cr.tensor(np.arange(3), requires_grad=True)
    for flag in (True, np.True_):  # not a boolean where the other one is a float
        assert np.maximum(cr.tensor(0.5, requires_grad=True), flag).dtype == float
