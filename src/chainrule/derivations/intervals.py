"""Intervals: a room's own `forward` run on ranges of numbers bounds what an expression can come to.

The bounds are outer ones (rounded outward by one part in 10^12): what they exclude cannot happen. So a
condition that fails on the whole range of its argument shows that a domain is empty, without a search.
"""

import math
from fractions import Fraction

INFINITY = math.inf
_SLACK = 1e-12


class Interval:
    """All real numbers from `low` to `high`; empty where low > high.

    >>> from chainrule.ops import CATALOGUE
    >>> CATALOGUE["exp"].forward(INTERVALS, CATALOGUE["sin"].forward(INTERVALS, anything())).high < 2.72
    True
    """

    __slots__ = ("high", "low")

    def __init__(self, low, high):
        if math.isnan(low) or math.isnan(high):
            low, high = -INFINITY, INFINITY
        self.low, self.high = low, high

    @property
    def empty(self):
        return self.low > self.high

    def __add__(self, other):
        other = lift(other)
        return _outward(self.low + other.low, self.high + other.high)

    __radd__ = __add__

    def __neg__(self):
        return Interval(-self.high, -self.low)

    def __pos__(self):
        return self

    def __sub__(self, other):
        return self + -lift(other)

    def __rsub__(self, other):
        return lift(other) + -self

    def __mul__(self, other):
        other = lift(other)
        if self is other:
            return self**2
        ends = [_times(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return _outward(min(ends), max(ends))

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = lift(other)
        if other.low <= 0 <= other.high:
            if other.low == other.high:
                return _NOTHING
            if other.low < 0 < other.high:
                return anything()
            ends = (1 / other.high, INFINITY) if other.low == 0 else (-INFINITY, 1 / other.low)
            return self * Interval(*ends)
        return self * Interval(1 / other.high, 1 / other.low)

    def __rtruediv__(self, other):
        return lift(other) / self

    def __pow__(self, n):
        return power(self, n)

    def __abs__(self):
        if self.low <= 0 <= self.high:
            return Interval(0.0, max(-self.low, self.high))
        return Interval(min(abs(self.low), abs(self.high)), max(abs(self.low), abs(self.high)))


def anything():
    """The whole real line, a new one for each unknown: an interval times itself is a square."""
    return Interval(-INFINITY, INFINITY)


def lift(value):
    """A number as the interval of that number."""
    return value if isinstance(value, Interval) else Interval(float(value), float(value))


def _outward(low, high):
    return Interval(low - abs(low) * _SLACK if math.isfinite(low) else low,
                    high + abs(high) * _SLACK if math.isfinite(high) else high)  # fmt: skip


def _times(a, b):
    return 0.0 if a == 0 or b == 0 else a * b


_NOTHING = Interval(INFINITY, -INFINITY)


def power(x, n):
    """x^n: exact for whole exponents; for others x is taken where it is not negative."""
    x = lift(x)
    if isinstance(n, Interval):
        if n.low != n.high:
            return Interval(0.0, INFINITY) if x.low >= 0 else anything()
        n = n.low
    if n < 0:
        return 1 / power(x, -n)
    if n != int(n):
        if isinstance(n, Fraction) and n.denominator % 2:  # a real root
            return _monotone(_odd_root(n))(x) if n.numerator % 2 else _monotone(_odd_root(n), 0.0)(abs(x))
        x = _within(x, 0.0, INFINITY)
        return x if x.empty else _outward(x.low**n, x.high**n)
    if n % 2 == 0:
        x = abs(x)
    return _outward(_integer_power(x.low, int(n)), _integer_power(x.high, int(n)))


def _odd_root(n):
    return lambda t: math.copysign(abs(t) ** float(n), t)


def _integer_power(x, n):
    try:
        return float(x) ** n
    except OverflowError:
        return INFINITY if x > 0 or n % 2 == 0 else -INFINITY


def _within(x, low, high):
    return Interval(max(x.low, low), min(x.high, high))


def _monotone(function, low=-INFINITY, high=INFINITY):
    """An increasing function on its domain, from the values at both ends."""

    def apply(x):
        x = _within(lift(x), low, high)
        return x if x.empty else _outward(_value(function, x.low), _value(function, x.high))

    return apply


def _value(function, x):
    try:
        return function(x)
    except OverflowError:
        return INFINITY
    except ValueError:  # log 0, artanh 1
        return -INFINITY if x <= 0 else INFINITY


def _wave(shift):
    """sin(x + shift): exact on short ranges, -1 to 1 on long ones."""

    def apply(x):
        x = lift(x)
        if not x.high - x.low < 2 * math.pi or max(abs(x.low), abs(x.high)) > 1e6:
            return Interval(-1.0, 1.0)
        low, high = x.low + shift, x.high + shift
        ends = [math.sin(low), math.sin(high)]
        first = math.ceil(low / math.pi - 0.5)  # the multiples of pi at which the sine is 1 or -1
        while (first + 0.5) * math.pi <= high:
            ends.append(1.0 if first % 2 == 0 else -1.0)
            first += 1
        return Interval(max(-1.0, min(ends) - _SLACK), min(1.0, max(ends) + _SLACK))

    return apply


def _decreasing(function, low=-math.inf, high=math.inf):
    rising = _monotone(lambda x: -function(x), low, high)
    return lambda x: -rising(x)


def _cosh(x):
    return _monotone(math.cosh)(abs(lift(x)))


def _maximum(x, y):
    x, y = lift(x), lift(y)
    return Interval(max(x.low, y.low), max(x.high, y.high))


def _minimum(x, y):
    x, y = lift(x), lift(y)
    return Interval(min(x.low, y.low), min(x.high, y.high))


_BOUNDED = {
    "exp": _monotone(math.exp),
    "exp2": _monotone(lambda x: 2.0**x),
    "expm1": _monotone(math.expm1),
    "log": _monotone(math.log, 0.0),
    "log2": _monotone(math.log2, 0.0),
    "log10": _monotone(math.log10, 0.0),
    "log1p": _monotone(math.log1p, -1.0),
    "sqrt": _monotone(math.sqrt, 0.0),
    "cbrt": _monotone(math.cbrt),
    "sin": _wave(0.0),
    "cos": _wave(math.pi / 2),
    "arcsin": _monotone(math.asin, -1.0, 1.0),
    "arccos": _decreasing(math.acos, -1.0, 1.0),
    "arctan": _monotone(math.atan),
    "sinh": _monotone(math.sinh),
    "cosh": _cosh,
    "tanh": _monotone(math.tanh),
    "arcsinh": _monotone(math.asinh),
    "arccosh": _monotone(math.acosh, 1.0),
    "arctanh": _monotone(math.atanh, -1.0, 1.0),
    "erf": _monotone(math.erf),
    "erfc": _decreasing(math.erfc),
    "sign": _monotone(lambda x: math.copysign(1.0, x) if x else 0.0),
    "power": power,
    "abs": abs,
    "absolute": abs,
    "maximum": _maximum,
    "minimum": _minimum,
}


class Intervals:
    """NumPy's spelling over intervals; what is not spelled here may come to anything."""

    def __getattr__(self, name):
        return _BOUNDED.get(name, lambda *_: anything())


INTERVALS = Intervals()
