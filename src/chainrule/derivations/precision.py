"""Two kinds of numbers beside floats in which an expression can be evaluated, for checking a derivative.

* `HighPrecision`: mpmath's numbers with as many digits as asked for. Outside the real domain: NaN.
* `ComplexSteps`: complex numbers whose imaginary part is a small step. Functions of real numbers that are
  not analytic (|x|, max, sign) follow the real part, so that the imaginary part is always step times slope
  (Squire and Trapp, SIAM Review 40, 1998).

Both are given to `chainrule.expressions.evaluate.Values` as its `kind`; both use a room's `forward` only.
"""

import functools
import math
from fractions import Fraction
from typing import Any

import numpy

from chainrule.core.primitive import Elementwise
from chainrule.expressions.evaluate import Floats

_ALWAYS_NUMBERS = frozenset(["add", "subtract", "multiply", "negative", "positive", "square"])  # and never refused
_COSTS = {"divide": 1, "absolute": 1, "maximum": 1, "minimum": 1, "sqrt": 2, "erf": 100, "erfc": 200}


class HighPrecision:
    """mpmath's real numbers with `digits` digits; what `Values` asks of a kind of number.

    >>> from chainrule.expressions import EXPRESSIONS, Number
    >>> from chainrule.expressions.evaluate import Values
    >>> str(Values({}, kind=HighPrecision(30))[EXPRESSIONS.sqrt(Number(2))])[:30]
    '1.4142135623730950488016887242'
    """

    def __init__(self, digits):
        import mpmath  # optional: checks with differences need it

        self.mp = mpmath.mp.clone()
        self.mp.dps = digits
        self.nan = self.mp.nan
        self.namespace = _HighPrecisionNames(self.mp)
        self.power_of_ten = functools.cache(lambda exponent: self.mp.mpf(10) ** exponent)

    def number(self, value):
        if isinstance(value, Fraction):
            return self.mp.mpf(value.numerator) / value.denominator
        return self.mp.mpf(value)

    def constant(self, name):
        return {"pi": +self.mp.pi, "e": +self.mp.e, "infinity": self.mp.inf}[name]

    def operation(self, primitive, params):
        if params:
            raise NotImplementedError(primitive.name)
        if primitive.name in _ALWAYS_NUMBERS:
            return functools.partial(primitive.forward, self.namespace)
        return lambda *arguments: self._applied(primitive, arguments)

    @staticmethod
    def cost(primitive):
        """What the primitive takes to evaluate, where a multiplication takes 1."""
        return 1 if primitive.name in _ALWAYS_NUMBERS else _COSTS.get(primitive.name, 4)

    def _applied(self, primitive, arguments):
        try:
            if primitive.name == "power" and type(arguments[1]) is Fraction:
                value = self._root(*arguments)
            else:
                value = primitive.forward(self.namespace, *arguments)
        except (ZeroDivisionError, ValueError, OverflowError):
            return self.nan
        if isinstance(value, (bool, int, float)):
            return self.mp.mpf(value)
        return value if isinstance(value, self.mp.mpf) else self.nan  # a complex number: outside the domain

    def _root(self, x, n):
        if n.denominator % 2 == 0 or x >= 0:
            return x ** self.number(n) if x or n > 0 else self.nan
        size = (-x) ** self.number(n)
        return -size if n.numerator % 2 else size

    def compare(self, relation, left, right):
        return _FLOATS.compare(relation, left, right)

    def join(self, word, conditions):
        return all(conditions) if word == "and" else any(conditions)

    def opposite(self, condition):
        return not condition

    def choose(self, conditions, values, otherwise):
        return next((value for condition, value in zip(conditions, values) if condition), otherwise)


@functools.cache
def high_precision(digits=50) -> HighPrecision:
    """The one `HighPrecision` with so many digits: making one takes longer than using it."""
    return HighPrecision(digits)


class _HighPrecisionNames:
    """NumPy's spelling over mpmath."""

    def __init__(self, mp):
        self._mp = mp
        same = "exp expm1 log log1p sqrt sin cos tan sinh cosh tanh sec csc cot sech csch coth erf erfc sign"
        for name in same.split():
            setattr(self, name, getattr(mp, name))
        for name in "sin cos tan sinh cosh tanh".split():
            setattr(self, f"arc{name}", getattr(mp, f"a{name}"))
        self.arctan2, self.hypot, self.floor, self.ceil = mp.atan2, mp.hypot, mp.floor, mp.ceil
        self.rint, self.abs, self.absolute = mp.nint, abs, abs
        self.log2, self.log10 = (lambda x: mp.log(x) / mp.log(2)), (lambda x: mp.log(x) / mp.log(10))

    def exp2(self, x):
        return self._mp.mpf(2) ** x

    def cbrt(self, x):
        return self._mp.cbrt(x) if x >= 0 else -self._mp.cbrt(-x)

    def power(self, x, n):
        return x**n

    def logaddexp(self, a, b):
        return self._mp.log(self._mp.exp(a) + self._mp.exp(b))

    def logaddexp2(self, a, b):
        return self.log2(self.exp2(a) + self.exp2(b))

    def sinc(self, x):
        return self._mp.sincpi(x)

    def trunc(self, x):
        return self._mp.floor(x) if x >= 0 else self._mp.ceil(x)

    def floor_divide(self, a, b):
        return self._mp.floor(a / b)

    def remainder(self, a, b):
        return a - b * self._mp.floor(a / b)

    def fmod(self, a, b):
        return a - b * self.trunc(a / b)

    def copysign(self, a, b):
        return abs(a) if b >= 0 else -abs(a)

    def heaviside(self, a, b):
        return self._mp.mpf(0 if a < 0 else 1) if a else b

    def logical_not(self, x):
        return not x

    @staticmethod
    def where(condition, x, y):
        return x if condition else y

    @staticmethod
    def maximum(x, y):
        return x if x >= y else y

    @staticmethod
    def minimum(x, y):
        return x if x <= y else y

    fmax, fmin = maximum, minimum


class ComplexSteps(Floats):
    """Complex numbers, or arrays of them, whose imaginary part is a step that is carried along."""

    def number(self, value: Any) -> Any:
        return numpy.asarray(value if isinstance(value, (numpy.ndarray, complex)) else super().number(value), complex)

    def constant(self, name):
        return numpy.asarray(super().constant(name), dtype=complex)

    def operation(self, primitive, params):
        if params:
            raise NotImplementedError(primitive.name)
        own = getattr(self, f"_{primitive.name}", None) or functools.partial(primitive.forward, _STEPS)
        if type(primitive).domain is Elementwise.domain:  # real everywhere
            return own

        def inside(*arguments):
            value = own(*arguments)
            real = [x if isinstance(x, (int, Fraction)) else numpy.real(x) for x in arguments]
            for quantity, relation, bound in primitive.domain(numpy, *real):
                # a complex value is none of a real function
                value = numpy.where(_FLOATS.compare(relation, quantity, bound), value, numpy.nan)
            return value

        return inside

    def compare(self, relation, left, right):
        return _FLOATS.compare(relation, numpy.real(left), numpy.real(right))

    def _absolute(self, x):
        return numpy.where(x.real < 0, -x, x)

    def _power(self, x, n):
        if type(n) is Fraction and n.denominator % 2:
            size = self._absolute(x) ** float(n)
            return numpy.where(x.real < 0, -size, size) if n.numerator % 2 else size
        if isinstance(n, int):
            return _whole_power(x, n)
        return x ** (float(n) if isinstance(n, Fraction) else n)

    def _sigmoid(self, x):
        return 1 / (1 + numpy.exp(-x))

    def _softplus(self, x):
        return _STEPS.maximum(x, 0) + _STEPS.log1p(numpy.exp(-self._absolute(x)))


class _StepNames:
    """NumPy's spelling over complex steps, where NumPy itself would lose the step or has no complex function."""

    def __getattr__(self, name):
        return getattr(numpy, name)

    @staticmethod
    def sign(x):
        return numpy.sign(x.real) + 0j

    @staticmethod
    def maximum(x, y):
        return numpy.where(numpy.real(x) >= numpy.real(y), x, y)

    @staticmethod
    def minimum(x, y):
        return numpy.where(numpy.real(x) <= numpy.real(y), x, y)

    fmax, fmin = maximum, minimum

    @staticmethod
    def log1p(x):
        """NumPy's complex log1p loses the digits that it is there to keep."""
        return numpy.log1p(x.real) + 1j * x.imag / (1 + x.real)

    @staticmethod
    def cbrt(x):
        size = numpy.where(x.real < 0, -x, x) ** (1 / 3)
        return numpy.where(x.real < 0, -size, size)

    @staticmethod
    def hypot(a, b):
        return numpy.sqrt(a * a + b * b)

    @staticmethod
    def arctan2(a, b):
        """The angle, whose step is (b da - a db) / (a² + b²)."""
        step = (b.real * a.imag - a.real * b.imag) / (a.real**2 + b.real**2)
        return numpy.arctan2(a.real, b.real) + 1j * step

    @staticmethod
    def logaddexp(a, b):
        high, low = _STEPS.maximum(a, b), _STEPS.minimum(a, b)
        return high + _STEPS.log1p(numpy.exp(low - high))

    @staticmethod
    def logaddexp2(a, b):
        return _STEPS.logaddexp(a * math.log(2), b * math.log(2)) / math.log(2)

    @staticmethod
    def erf(x):
        """erf, which NumPy has not; the step by a difference of erfc, which keeps its digits in the tails."""
        size = numpy.abs(x.real)
        h = 1e-3 / (1 + size)
        values = _erfc(numpy.stack([size + k * h for k in (0, -1, 1, -2, 2, -3, 3)]))
        changes = values[1::2] - values[2::2]
        slope = (45 * changes[0] - 9 * changes[1] + changes[2]) / (60 * h)  # sixth order
        return numpy.sign(x.real) * (1 - values[0]) + 1j * x.imag * slope

    def erfc(self, x):
        return numpy.where(x.real < 0, 2 - _erfc(-x.real), _erfc(abs(x.real))) - 1j * self.erf(x).imag

    @staticmethod
    def floor(x):
        return numpy.floor(x.real) + 0j

    @staticmethod
    def ceil(x):
        return numpy.ceil(x.real) + 0j

    @staticmethod
    def trunc(x):
        return numpy.trunc(x.real) + 0j

    @staticmethod
    def rint(x):
        return numpy.rint(x.real) + 0j

    @staticmethod
    def floor_divide(a, b):
        return numpy.floor(a.real / b.real) + 0j

    @staticmethod
    def remainder(a, b):
        return a - b * numpy.floor(a.real / b.real)

    @staticmethod
    def fmod(a, b):
        return a - b * numpy.trunc(a.real / b.real)

    @staticmethod
    def copysign(a, b):
        return numpy.where((a.real < 0) == (b.real < 0), a, -a)

    @staticmethod
    def heaviside(a, b):
        return numpy.where(a.real < 0, 0, numpy.where(a.real > 0, 1, b))


def _whole_power(x, n):
    """x^n by multiplications: NumPy's complex power goes by the angle, whose rounding is more than a step."""
    value, square, rest = None, x, abs(n)
    while rest:
        if rest & 1:
            value = square if value is None else value * square
        rest >>= 1
        if rest:
            square = square * square
    value = numpy.ones_like(x) if value is None else value
    return 1 / value if n < 0 else value


def _erfc(x):
    return numpy.vectorize(math.erfc, otypes=[float])(x)


_FLOATS, _STEPS = Floats(), _StepNames()
COMPLEX_STEPS = ComplexSteps()
