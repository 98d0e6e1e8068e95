"""Matrix products whose result has few columns: written out in registers, of any lengths, however the factors lie."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.compilation.native import products
from chainrule.compilation.native.machine import machine

# rows of the first factor, its columns, columns of the second one
LENGTHS = [(9, 2, 3), (40, 7, 25), (16, 300, 25), (13, 513, 17), (33, 20, 64), (5, 31, 100), (12, 600, 128), (2, 2, 9)]
dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])


@pytest.fixture(autouse=True)
def all_are_worth_it(monkeypatch):
    monkeypatch.setattr(products, "_WORTH_WRITING", 1)


def written_out(fast):
    (step,) = fast.variants()[0].plan.steps
    return "gemm" not in str(step.kernel.module)


def check(function, *args):
    """The compiled product beside NumPy's in float64."""
    fast = cr.compile(lambda *args: (function(*args), np.negative(args[0])))
    fast(*args)
    found = fast(*args)[0]
    exact = function(*(x.astype(np.float64) for x in args))
    size = function(*(np.abs(x).astype(np.float64) for x in args))
    assert found.shape == exact.shape and fast.eager_calls == 0
    assert np.all(np.abs(found - exact) <= 40 * np.finfo(found.dtype).eps * size)
    return fast


def numbers(*shape, dtype=np.float64):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(dtype)


@dtypes
@pytest.mark.parametrize("m, k, n", LENGTHS)
def test_any_lengths(m, k, n, dtype):
    a, b = numbers(m, k, dtype=dtype), numbers(k, n, dtype=dtype)
    assert products._is_narrow(_Kernel(), np.dtype(dtype), m, k, n) == written_out(check(np.matmul, a, b))


class _Kernel:
    machine = machine()


@dtypes
@pytest.mark.parametrize("bits", [128, 256, 512])
def test_registers_of_every_width(bits, dtype, monkeypatch):
    if bits > machine().vector_bits:
        pytest.skip("this machine's registers are narrower")
    monkeypatch.setattr(machine(), "vector_bits", bits)
    n = 4 * bits // 8 // np.dtype(dtype).itemsize
    for columns in (n - 1, n, n // 4 + n // 8 + 1):
        check(np.matmul, numbers(31, 19, dtype=dtype), numbers(19, columns, dtype=dtype))


@dtypes
def test_factors_lie_in_any_way(dtype):
    a, b = numbers(64, 50, dtype=dtype), numbers(50, 32, dtype=dtype)
    turned = np.ascontiguousarray(a.T), np.ascontiguousarray(b.T)
    assert written_out(check(lambda a, b: a.T @ b.T, *turned))
    assert written_out(check(lambda a, b: a[::2, 1::3] @ b[:17, 3:30], a, b))
    assert written_out(check(lambda a, b: a[::-1] @ b[::-1, ::-1], a, b))
    assert written_out(check(lambda a, b: np.reshape(a, (2, 32, 50)) @ b, a, b))
    assert written_out(check(lambda a, b: np.reshape(a, (4, 16, 50)) @ np.reshape(b, (1, 50, 32)), a, b))


def test_factors_of_other_dtypes_and_of_one_value():
    a, b = numbers(40, 30), numbers(30, 20, dtype=np.float32)
    assert written_out(check(np.matmul, a, b))
    assert written_out(check(lambda a: a @ np.ones((30, 20)), a))
    assert written_out(check(lambda a: np.full((20, 40), 0.5) @ a, a))


def test_infinities_and_nan_stay_in_their_rows_and_columns():
    a, b = numbers(20, 9), numbers(9, 25)
    a[3, 4], b[2, 7] = np.inf, np.nan
    fast = cr.compile(lambda a, b: (a @ b, -a))
    fast(a, b)
    with np.errstate(all="ignore"):
        expected = a @ b
    np.testing.assert_array_equal(np.isfinite(fast(a, b)[0]), np.isfinite(expected))


def test_gradients():
    a, b = numbers(40, 25), numbers(25, 18)

    def loss(a, b):
        return np.sum(np.tanh(a @ b) @ b.T)

    fast = cr.compile(cr.grad(loss, (0, 1)))
    fast(a, b)
    for one, other in zip(fast(a, b), cr.grad(loss, (0, 1))(a, b)):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)
