"""Vector functions against mpmath: over the whole range, at the edges, in every lane."""

import math

import mpmath
import numpy as np
import pytest

import chainrule as cr

# name -> (mpmath's function, units in the last place, the argument's range)
FUNCTIONS = {
    "exp": (mpmath.exp, 2, (-750, 715)),
    "exp2": (lambda x: mpmath.power(2, x), 2, (-1080, 1030)),
    "expm1": (mpmath.expm1, 4, (-50, 715)),
    "log": (mpmath.log, 2, None),
    "log2": (lambda x: mpmath.log(x, 2), 4, None),
    "log10": (mpmath.log10, 4, None),
    "log1p": (mpmath.log1p, 4, None),
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
    "cbrt": (None, 4, None),
}
POSITIVE = ("log", "log2", "log10", "sqrt")


def arguments(name, dtype, rng):
    """Points over the range, in every binade, near multiples of pi/2, and near 0 and 1."""
    low_high, scale = FUNCTIONS[name][2], np.finfo(dtype)
    sizes = 2.0 ** rng.uniform(scale.minexp - 5, scale.maxexp - 1, 400)
    points = [np.concatenate([sizes, -sizes]), rng.uniform(-10, 10, 400), rng.uniform(-1, 1, 200) * 1e-3]
    points.append(1 + rng.uniform(-1, 1, 200) * 1e-2)
    points.append(np.arange(-40, 40) * (math.pi / 2))
    points.append(rng.integers(1, 60000, 100) * (math.pi / 2))
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


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_units_in_the_last_place(name, dtype):
    function, units, _ = FUNCTIONS[name]
    x = arguments(name, dtype, np.random.default_rng(5))
    fast = cr.compile(lambda x: getattr(np, name)(x) * x.dtype.type(1))
    with np.errstate(all="ignore"):
        fast(x)
        found = fast(x)
    with mpmath.workprec(1200 if name in ("sin", "cos", "tan") and dtype is np.float64 else 200):
        if name == "cbrt":
            function = lambda v: mpmath.sign(v) * mpmath.cbrt(abs(v))
        worst = max((apart(y, function(mpmath.mpf(float(v))), dtype), float(v)) for v, y in zip(x, found))
    assert worst[0] <= units, worst
    assert fast.eager_calls == 0 and "native" in fast.report()


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_arguments_are_as_in_numpy(name, dtype):
    info = np.finfo(dtype)
    special = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, info.max, -info.max, info.tiny, -info.tiny]
    special += [info.smallest_subnormal, -info.smallest_subnormal]
    x = np.resize(np.array(special, dtype), 131)
    fast = cr.compile(lambda x: np.positive(getattr(np, name)(x)) + x.dtype.type(0) * 0)
    with np.errstate(all="ignore"):
        fast(x)
        found, expected = fast(x), getattr(np, name)(x) + x.dtype.type(0)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    there = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[there]), np.signbit(expected[there]))
    np.testing.assert_array_equal(np.isinf(found), np.isinf(expected))
    np.testing.assert_allclose(found[there], expected[there], rtol=4 * info.eps)
