"""Vector functions against mpmath: over the whole range, at the edges, in every lane, in registers of every width."""

import ctypes
import ctypes.util
import math
import sys

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.compilation.native.machine import machine
from chainrule.compilation.native.vector_math import FUNCTIONS as VECTOR_FUNCTIONS


def cube_root(x):
    return mpmath.sign(x) * mpmath.cbrt(abs(x))


# name -> (mpmath's function, units in the last place, the argument's range)
FUNCTIONS = {
    "exp": (mpmath.exp, 2, (-750, 715)),
    "exp2": (lambda x: mpmath.power(2, x), 2, (-1080, 1030)),
    "expm1": (mpmath.expm1, 4, (-50, 715)),
    "log": (mpmath.log, 2, None),
    "log2": (lambda x: mpmath.log(x, 2), 4, None),
    "log10": (mpmath.log10, 4, None),
    "log1p": (mpmath.log1p, 2, None),
    "sin": (mpmath.sin, 4, None),
    "cos": (mpmath.cos, 4, None),
    "tan": (mpmath.tan, 4, None),
    "tanh": (mpmath.tanh, 4, (-30, 30)),
    "sinh": (mpmath.sinh, 4, (-712, 712)),
    "cosh": (mpmath.cosh, 4, (-712, 712)),
    "arctan": (mpmath.atan, 4, None),
    "sqrt": (mpmath.sqrt, 1, None),
    "arcsin": (mpmath.asin, 4, (-1, 1)),
    "arccos": (mpmath.acos, 4, (-1, 1)),
    "arcsinh": (mpmath.asinh, 4, None),
    "arccosh": (mpmath.acosh, 4, (1, 100)),
    "arctanh": (mpmath.atanh, 4, (-1, 1)),
    "cbrt": (cube_root, 2, None),
}
PAIRS = {
    "power": (mpmath.power, 4),
    "hypot": (mpmath.hypot, 2),
    "arctan2": (mpmath.atan2, 4),
    "fmod": (lambda x, y: mpmath.mpf(math.fmod(x, y)), 0),
}
POSITIVE = ("log", "log2", "log10", "sqrt")

dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
named = pytest.mark.parametrize("name", FUNCTIONS)
paired = pytest.mark.parametrize("name", PAIRS)
numbers = st.one_of(st.floats(), st.floats(-10, 10), st.integers(-30, 30).map(float))


def found(name, *args):
    """What native code gives for a function of NumPy's; it is not left to NumPy."""
    fast = cr.compile(lambda *args: (getattr(np, name)(*args), np.negative(args[0])))
    fast(*args)
    result = fast(*args)[0]
    assert fast.eager_calls == 0 and fast.report().endswith("native: 2 instructions in 1 functions"), fast.report()
    return result


def arguments(name, dtype, rng):
    """Points over the range, in every binade, near multiples of pi/2, near 0 and 1, and of random bits."""
    low_high, scale = FUNCTIONS[name][2], np.finfo(dtype)
    sizes = 2.0 ** rng.uniform(scale.minexp - 5, scale.maxexp - 1, 400)
    points = [np.concatenate([sizes, -sizes]), rng.uniform(-10, 10, 400), rng.uniform(-1, 1, 200) * 1e-3]
    points.append(1 + rng.uniform(-1, 1, 200) * 1e-2)
    points.append(np.arange(-40, 40) * (math.pi / 2))
    points.append(rng.integers(1, 60000, 100) * (math.pi / 2))
    points.append(of_random_bits(dtype, 200, rng))
    if low_high is not None:
        points.append(rng.uniform(*low_high, 600))
    x = np.concatenate(points)
    if low_high == (-1, 1):
        x = x[np.abs(x) <= 1]
    if name == "log1p":
        x = x[x > -1]
    if name == "arccosh":
        x = x[x >= 1]
    x = np.abs(x).astype(dtype) if name in POSITIVE else x.astype(dtype)
    return x[x > 0] if name.startswith("log") and name != "log1p" else x


def of_random_bits(dtype, count, rng):
    """Finite numbers of any bits."""
    x = rng.integers(0, 256, count * np.dtype(dtype).itemsize, dtype="u1").view(dtype)
    return x[np.isfinite(x)]


def pairs(name, dtype, rng, count=300):
    """Pairs of any bits, of like size, and small ones; for powers those whose result is a number of the format."""
    x, y = (np.resize(of_random_bits(dtype, count, rng), count).astype(float) for _ in range(2))
    near = 1 + rng.uniform(-1, 1, count) * 2.0 ** rng.uniform(-np.finfo(dtype).nmant, -1, count)
    xs = [x, x * 0.25, rng.uniform(-10, 10, count)]
    ys = [y, x * rng.uniform(-1, 1, count), rng.uniform(-10, 10, count)]
    if name == "power":
        xs, ys = [np.abs(one) for one in xs], [y, y, ys[2]]
        for base in (np.abs(x).astype(dtype).astype(float), near.astype(dtype).astype(float)):
            with np.errstate(all="ignore"):
                exponents = rng.uniform(-1, 1, count) * math.log(np.finfo(dtype).max) / np.log(base)
            xs.append(base[np.isfinite(exponents)])
            ys.append(exponents[np.isfinite(exponents)])
        xs.append(rng.uniform(-10, 10, count))
        ys.append(rng.integers(-20, 20, count).astype(float))
    with np.errstate(over="ignore"):
        return np.concatenate(xs).astype(dtype), np.concatenate(ys).astype(dtype)


def apart(found, exact, dtype):
    """How many units in the last place a number is from the exact one."""
    info = np.finfo(dtype)
    if exact == 0:
        return 0.0 if found == 0 else math.inf
    exponent = max(mpmath.frexp(exact)[1] - info.nmant - 1, info.minexp - info.nmant)
    limit = mpmath.mpf(2) ** info.maxexp
    if not math.isfinite(found):
        return 0.0 if abs(exact) >= limit * (1 - mpmath.mpf(2) ** (-info.nmant - 2)) else math.inf
    return float(abs(mpmath.mpf(float(found)) - exact) / mpmath.mpf(2) ** exponent)


def check(name, function, units, dtype, *args):
    """Each result, for finite arguments, within some units in the last place of the exact one."""
    results = found(name, *args)
    with np.errstate(all="ignore"):
        there = ~np.isnan(getattr(np, name)(*args))
    assert np.array_equal(there, ~np.isnan(results))
    there &= np.logical_and.reduce([np.isfinite(x) for x in args])
    with mpmath.workprec(1200 if name in ("sin", "cos", "tan") and dtype is np.float64 else 200):
        worst = (0.0,)
        for *point, y in zip(*(x[there].tolist() for x in args), results[there].tolist()):
            try:
                exact = function(*map(mpmath.mpf, point))
            except ZeroDivisionError:  # mpmath's for 0 to a negative power
                continue
            worst = max(worst, (apart(y, exact, dtype), *point))
    assert worst[0] <= units, worst


def as_in_numpy(name, *args):
    """NaN, infinities, zeros and signs where NumPy has them."""
    with np.errstate(all="ignore"):
        results, expected = found(name, *args), getattr(np, name)(*args)
    np.testing.assert_array_equal(np.isnan(results), np.isnan(expected))
    there = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(results[there]), np.signbit(expected[there]))
    np.testing.assert_array_equal(np.isinf(results), np.isinf(expected))
    eps = np.finfo(results.dtype).eps
    cancelled = 2 * eps if name.startswith("logaddexp") else 0.0
    np.testing.assert_allclose(results[there], expected[there], rtol=4 * eps, atol=cancelled)


def special(dtype):
    info = np.finfo(dtype)
    one = [0.0, 0.5, 1.0, 2.0, 3.0, info.max, info.tiny, info.smallest_subnormal, math.inf]
    return np.array([math.nan, *one, *(-x for x in one)], dtype)


@pytest.fixture(params=[128, 256, 512])
def width(request, monkeypatch):
    """Registers of this many bits, where the machine has them."""
    if request.param > machine().vector_bits:
        pytest.skip("this machine's registers are narrower")
    monkeypatch.setattr(machine(), "vector_bits", request.param)
    return request.param


@dtypes
@named
def test_units_in_the_last_place(name, dtype):
    function, units, _ = FUNCTIONS[name]
    check(name, function, units, dtype, arguments(name, dtype, np.random.default_rng(5)))


@dtypes
@paired
def test_functions_of_two_numbers(name, dtype):
    function, units = PAIRS[name]
    check(name, function, units, dtype, *pairs(name, dtype, np.random.default_rng(6)))


def test_every_vector_function_is_measured():
    assert set(VECTOR_FUNCTIONS) <= {*FUNCTIONS, *PAIRS}


@dtypes
@pytest.mark.parametrize("name", [*FUNCTIONS, *PAIRS])
def test_registers_of_every_width(name, dtype, width):
    rng = np.random.default_rng(7)
    if name in PAIRS:
        function, units = PAIRS[name]
        check(name, function, units, dtype, *pairs(name, dtype, rng, 9))
    else:
        function, units, _ = FUNCTIONS[name]
        check(name, function, units, dtype, arguments(name, dtype, rng)[::37])


@dtypes
@named
def test_special_arguments_are_as_in_numpy(name, dtype):
    as_in_numpy(name, np.resize(special(dtype), 131))


@dtypes
@pytest.mark.parametrize("name", [*PAIRS, "remainder", "floor_divide", "logaddexp", "logaddexp2"])
def test_special_pairs_are_as_in_numpy(name, dtype):
    x = special(dtype)
    as_in_numpy(name, np.repeat(x, len(x)), np.tile(x, len(x)))


@dtypes
@pytest.mark.parametrize("name", ["remainder", "floor_divide", "fmod"])
def test_divisions_with_a_rest_are_exact(name, dtype):
    x, y = pairs(name, dtype, np.random.default_rng(8), 2000)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(found(name, x, y), getattr(np, name)(x, y))


@dtypes
@pytest.mark.parametrize("exponent", [2, 2.0, -1.0, 0.5, 1.0, 0.0])
def test_powers_that_numpy_takes_by_a_product(exponent, dtype):
    x = np.abs(np.resize(special(dtype), 131)) + dtype(0.1)
    fast = cr.compile(lambda x: (x**exponent, -x))
    fast(x)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(fast(x)[0], x**exponent)


def test_powers_are_products_in_a_program_with_many_functions_too():
    def f(x):
        for _ in range(30):
            x = np.power(np.sin(x) + 1.5, 2.0) - np.exp(-x)
        return x, x**2

    x = np.linspace(0.1, 0.9, 50)
    fast = cr.compile(f)
    fast(x)
    total, square = fast(x)
    np.testing.assert_array_equal(square, total * total)


@dtypes
@pytest.mark.parametrize("exponent", [3, 4.0, -2.0, -3, 1 / 3])
def test_powers_with_a_constant_exponent(exponent, dtype):
    fast = cr.compile(lambda x: (x**exponent, -x))
    x = arguments("cbrt" if exponent == int(exponent) else "sqrt", dtype, np.random.default_rng(9))
    with np.errstate(all="ignore"):
        fast(x)
        results, expected = fast(x)[0], x**exponent
    np.testing.assert_allclose(results, expected, rtol=4 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).tiny)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sampled_from(list(PAIRS)), st.lists(st.tuples(numbers, numbers), min_size=16, max_size=16))
def test_any_pairs(name, points):
    x, y = np.array(points).T
    function = _FAST.setdefault(name, cr.compile(lambda x, y: (getattr(np, name)(x, y), np.negative(x))))
    function(x, y)
    with np.errstate(all="ignore"):
        results, expected = function(x, y)[0], getattr(np, name)(x, y)
    np.testing.assert_array_equal(np.isnan(results), np.isnan(expected))
    tiny = 4 * np.finfo(float).smallest_subnormal
    np.testing.assert_allclose(results, expected, rtol=8 * np.finfo(float).eps, atol=tiny)
    there = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(results[there]), np.signbit(expected[there]))


_FAST = {}


@dtypes
@pytest.mark.parametrize("name", [*FUNCTIONS, *PAIRS])
def test_precise_gives_the_bits_of_the_c_library(name, dtype):
    rng = np.random.default_rng(10)
    args = pairs(name, dtype, rng) if name in PAIRS else (np.append(arguments(name, dtype, rng), special(dtype)),)
    fast = cr.compile(getattr(np, name), precise=True)
    first, results = fast(*args), fast(*args)
    assert "native: 1 instructions" in fast.report()
    np.testing.assert_array_equal(first, results)
    kind = ctypes.c_double if dtype is np.float64 else ctypes.c_float
    function = getattr(_C_LIBRARY, _C_NAMES.get(name, name) + ("" if dtype is np.float64 else "f"))
    function.argtypes, function.restype = [kind] * len(args), kind
    np.testing.assert_array_equal(results, np.array([function(*each) for each in zip(*args)], dtype))


_C_LIBRARY = ctypes.CDLL(ctypes.util.find_library("ucrtbase" if sys.platform == "win32" else "m"))
_C_NAMES = {name: "a" + name[3:] for name in FUNCTIONS if name.startswith("arc")}
_C_NAMES |= {"power": "pow", "arctan2": "atan2"}


def test_precise_reaches_gradients_and_loops():
    x = np.linspace(0.1, 0.9, 50)

    def f(x):
        return cr.scan(lambda total, part: (total + np.exp(part[0]), np.tan(part)), 0.0, np.reshape(x, (25, 2)))[1]

    def gradient(x):
        return cr.grad(lambda x: np.sum(np.exp(x)))(x)

    ours = cr.compile(f, precise=True), cr.compile(gradient, precise=True)
    for fast, function in zip(ours, (math.tan, math.exp)):
        assert np.ravel(fast(x)).tolist() == [function(v) for v in x.tolist()]
