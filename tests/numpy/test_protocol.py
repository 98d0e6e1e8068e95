"""Ufuncs and their methods, operators with foreign operands, and every way out of a Tensor."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError, DtypeError, ImmutableError, LostDerivativeError, UnsupportedFunctionError

v, m = np.array([0.3, -0.1, 0.7]), np.array([[0.3, 1.2, -0.4], [2.0, 0.6, 0.9]])


def tracked(value):
    return cr.tensor(value, requires_grad=True)


METHODS = {
    "add.reduce": (lambda a: np.add.reduce(a), m),
    "add.reduce axis": (lambda a: np.add.reduce(a, axis=1, keepdims=True), m),
    "add.reduce all": (lambda a: np.add.reduce(a, axis=None), m),
    "multiply.reduce": (lambda a: np.multiply.reduce(a, axis=1), m),
    "maximum.reduce": (lambda a: np.maximum.reduce(a), m),
    "minimum.reduce": (lambda a: np.minimum.reduce(a, axis=(0, 1)), m),
    "logaddexp.reduce": (lambda a: np.logaddexp.reduce(a), v),
    "add.accumulate": (lambda a: np.add.accumulate(a), m),
    "multiply.accumulate": (lambda a: np.multiply.accumulate(a, axis=1), m),
    "maximum.accumulate": (lambda a: np.maximum.accumulate(a), v),
    "minimum.accumulate": (lambda a: np.minimum.accumulate(a, axis=1), m),
    "add.outer": (lambda a: np.add.outer(a, v), m),
    "hypot.outer": (lambda a: np.hypot.outer(v, a), m),
    "add.reduce keepdims by position": (lambda a: np.add.reduce(a, 0, None, None, True), m),
    "add.reduce dtype": (lambda a: np.add.reduce(a, dtype=np.float64), m),
    "add.reduce initial": (lambda a: np.add.reduce(a, initial=2.0), m),
    "add.reduce where": (lambda a: np.add.reduce(a, axis=1, where=[True, False, True]), m),
    "multiply.reduce initial": (lambda a: np.multiply.reduce(a, axis=None, initial=2.0), m),
    "maximum.reduce initial": (lambda a: np.maximum.reduce(a, initial=0.7, where=m > 0.4), m),
    "add.accumulate dtype": (lambda a: np.add.accumulate(a, 1, dtype=np.float64), m),
    "maximum.accumulate of a NaN": (lambda a: np.maximum.accumulate(np.where([True, False, True], a, np.nan))[:1], v),
    "power.outer of lists": (lambda a: np.power.outer([1.0, 2.0], a), v),
    "arctan2.outer of two": (lambda a: np.arctan2.outer(a, a + 2), v),
    "add where=True": (lambda a: np.add(a, 1, where=True, casting="same_kind", order="K", subok=False), m),
    "sin dtype": (lambda a: np.sin(a, dtype=np.float64), m),
    "add out=None": (lambda a: np.add(a, v, None), m),
    "vecdot axis": (lambda a: np.vecdot(a, m, axis=0), m),
    "multiply.outer of a number": (lambda a: np.multiply.outer(a, 2.0), v),
}


@pytest.mark.parametrize("f, x", METHODS.values(), ids=METHODS)
def test_ufunc_methods(f, x):
    value, _ = cr.vjp(f, x)
    np.testing.assert_allclose(value, f(x), rtol=1e-14)
    cr.check_grads(f, (x,))


@pytest.mark.parametrize("ufunc", [f for f in vars(np).values() if isinstance(f, np.ufunc)], ids=lambda f: f.__name__)
def test_every_ufunc_and_method_is_right_or_raises(ufunc):
    """No ufunc gives a plain floating point value for a Tensor that a gradient flows to."""
    t = tracked(np.abs(m) + 0.1)
    for method in ("__call__", "reduce", "accumulate", "outer", "reduceat", "at"):
        args = [t] * ufunc.nin if method in ("__call__", "outer") else [t]
        args += [[0, 1]] if method in ("reduceat", "at") else []
        try:
            with np.errstate(all="ignore"):
                result = getattr(ufunc, method)(*args)
        except (ChainruleError, ValueError, TypeError, RuntimeError):
            continue
        for part in result if isinstance(result, tuple) else (result,):
            assert isinstance(part, cr.Tensor) or np.asarray(part).dtype.kind in "biu", (ufunc, method)


def test_the_dtype_of_a_ufunc_is_that_of_its_computation():
    t = tracked(np.float32(0.1) + np.zeros(3, np.float32))
    wide = np.exp(t, dtype=np.float64)
    np.testing.assert_array_equal(wide.value, np.exp(t.value, dtype=np.float64))
    wide.sum().backward()
    assert t.grad.dtype == np.float32
    np.testing.assert_array_equal(np.maximum.accumulate(tracked([1.0, np.nan, 3.0])).value, [1, np.nan, np.nan])


class Deferred:
    """An operand that asks to handle operators itself, as NumPy has it."""

    __array_ufunc__ = None

    def __radd__(self, other):
        return "mine"

    __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = __rmatmul__ = __radd__
    __eq__ = __gt__ = __radd__

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("not asked for")


def test_operands_that_ask_to_handle_it_do():
    t, o = tracked(v), Deferred()
    for result in (t + o, t - o, t * o, t / o, t // o, t % o, t**o, t @ o, t == o, t < o):
        assert result == "mine"


def test_operands_that_are_no_numbers():
    t = tracked(v)
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix(np.eye(3))  # its * is a matrix product
    objects, records = np.array([1.0, 2.0, 3.0], dtype=object), np.zeros(3, [("a", float)])
    dates, spans, words = np.full(3, "2020-01-01", "M8[D]"), np.timedelta64(1, "s"), np.array(["a", "b", "c"])
    for bad in (matrix, objects, records, dates, spans, words, [[1], [2, 3]]):
        for combine in (lambda a, b: a * b, np.multiply, np.add, np.hypot):
            for pair in ((t, bad), (bad, t)):
                with pytest.raises(ChainruleError):
                    combine(*pair)
    for nothing in (None, {}, {1}, object(), iter(()), "abc"):
        with pytest.raises(TypeError):
            t + nothing
        with pytest.raises(TypeError):
            nothing + t
        with pytest.raises(TypeError):
            np.add(t, nothing)
    assert (tracked(2.0) * 2**70).item() == 2.0**71 and np.isfinite(cr.grad(lambda x: (2**70) ** x)(0.1))


def test_operands_of_other_kinds():
    t, s = tracked(v), tracked(0.5)
    for product in (np.float64(2) * t, t * np.float64(2), 2 * t, [2, 2, 2] * t, t * (2, 2, 2), t * np.full(3, 2)):
        assert isinstance(product, cr.Tensor) and product.requires_grad
        np.testing.assert_allclose(product.value, 2 * v)
    assert (Fraction(1, 2) * s).item() == 0.25 and (s + Decimal("0.5")).item() == 1.0
    assert (np.float32(2) * tracked(np.float32(1))).dtype == np.float32
    assert (t * [s, 1.0, s]).requires_grad
    for bad in (np.array([1, None, 2]), np.array(["a", "b", "c"]), "abc"):
        with pytest.raises((DtypeError, TypeError)):
            t * bad
        with pytest.raises((DtypeError, TypeError)):
            bad * t
    with pytest.raises(ChainruleError, match="mask"):
        t * np.ma.array(v, mask=[0, 1, 0])


def test_comparisons_have_no_slope_and_defer_to_others():
    t = tracked(0.5)
    assert type(t > 0.2) in (bool, np.bool_) and (tracked(v) > 0).dtype == bool
    assert (t == None) is False and t != "a"  # noqa: E711
    assert cr.tensor(0.5) == pytest.approx(0.5) and pytest.approx(0.5) == cr.tensor(0.5)
    assert sorted([tracked(2.0), tracked(1.0)])[0].item() == 1.0 and max(t, tracked(0.7)).item() == 0.7
    assert sum([t, t]).requires_grad
    assert t == [t] and (tracked(v) == [t, -0.1, t]).tolist() == [False, True, False]
    assert (tracked(v) > Fraction(1, 2)).tolist() == [False, False, True]
    assert (cr.tensor([True, False]) & ~cr.tensor([False, False])).tolist() == [True, False]
    with pytest.raises(DtypeError):
        t & True


LOSING = {
    "np.array": lambda t, s: np.array([t[0], t[1]]),
    "np.asarray": lambda t, s: np.asarray(t),
    "np.float64": lambda t, s: np.float64(s),
    "float": lambda t, s: float(s),
    "complex": lambda t, s: complex(s),
    "math.sin": lambda t, s: math.sin(s),
    "tolist": lambda t, s: t.tolist(),
    "numpy()": lambda t, s: t.numpy(),
    "percent": lambda t, s: "%f" % s,
    "np.sum of a list": lambda t, s: np.sum([s, s]),
    "slice assignment": lambda t, s: np.zeros(3).__setitem__(slice(None), t),
    "np.vectorize": lambda t, s: np.vectorize(lambda x: x)(t),
    "np.full": lambda t, s: np.full(2, s),
}


@pytest.mark.parametrize("lose", LOSING.values(), ids=LOSING)
def test_ways_out_raise_with_the_repair(lose):
    with pytest.raises(LostDerivativeError) as error:
        lose(tracked(v), tracked(0.5))
    message = str(error.value)
    assert "would drop its derivative" in message and "what to do" in message and "test_protocol.py" in message
    if lose is not LOSING["percent"]:
        lose(cr.tensor(v), cr.tensor(0.5))  # nothing is lost: allowed


def test_assigning_an_entry_carries_the_error_as_its_cause():
    array = np.zeros(3)
    with pytest.raises(ValueError) as error:  # NumPy's own, about sequences
        array[0] = tracked(0.5)
    assert isinstance(error.value.__cause__, LostDerivativeError)


def test_ways_out_that_lose_nothing():
    t = tracked(2.7)
    assert int(t) == 2 and bool(t) and round(t) == 3 and math.floor(t) == 2 and math.ceil(t) == 3
    assert f"{t:.2f}" == "2.70" and t.item() == 2.7 and not np.isnan(t)
    assert [x.requires_grad for x in tracked(v)] == [True] * 3


def test_writing_in_place_raises():
    t, array = tracked(v), np.zeros(3)
    for write in (
        lambda: array.__iadd__(t),
        lambda: np.add(t, 1.0, out=array),
        lambda: np.add.at(array, [0], t[0]),
        lambda: np.copyto(array, t),
        lambda: np.put(array, [0], t[0]),
        lambda: t.sort(),
        lambda: t.fill(0.0),
    ):
        with pytest.raises(ImmutableError):
            write()
    assert not array.any()
    for name in "iadd isub imul itruediv ifloordiv imod ipow".split():
        with pytest.raises(ImmutableError):
            getattr(array, f"__{name}__")(t)
    with pytest.raises(ImmutableError):
        array.reshape(1, 3).__imatmul__(tracked(np.eye(3)))
    assert not array.any()
    for number in (1.0, np.float64(1.0), 1):
        number += t  # nothing is written in place
        assert number.requires_grad
    with pytest.raises(ImmutableError):
        np.add(v, 1.0, out=cr.tensor(v))
    np.copyto(array, cr.tensor(v))
    array[:], array[0] = cr.tensor(v), cr.tensor(0.0)
    np.add(cr.tensor(v), -v, out=array)
    assert not array.any()
    with cr.no_grad():
        np.add(t, -v, out=array)
        assert np.nanmedian(t) == np.median(v)
    array -= 0.5 * cr.tensor(v)  # an optimiser's step: nothing is recorded, nothing is lost
    np.testing.assert_allclose(array, -0.5 * v)


def test_a_ufunc_without_a_rule_names_the_nearest():
    with pytest.raises(UnsupportedFunctionError, match="numpy.spacing has no derivative rule here"):
        np.spacing(tracked(v))
    with pytest.raises(UnsupportedFunctionError, match=r"numpy.add.reduceat"):
        np.add.reduceat(tracked(v), [0, 1])
