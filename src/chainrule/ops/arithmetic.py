"""Arithmetic: sums, products, quotients, powers, remainders."""

from fractions import Fraction
from numbers import Rational

from chainrule.core.primitive import Elementwise
from chainrule.core.samples import reals


class Add(Elementwise):
    """y = a + b; both slopes are 1."""

    latex, samples = r"{0} + {1}", (reals(-3, 3), reals(-3, 3))
    partials = (1, 1)

    def forward(self, xp, a, b):
        return a + b


class Subtract(Elementwise):
    """y = a - b; the slopes are 1 and -1."""

    latex, samples = r"{0} - {1}", (reals(-3, 3), reals(-3, 3))
    partials = (1, -1)

    def forward(self, xp, a, b):
        return a - b


class Multiply(Elementwise):
    """y = a b; each factor is the other's slope. A boolean factor selects."""

    latex, samples = r"{0} \cdot {1}", (reals(-3, 3), reals(-3, 3))
    partials = (lambda xp, y, a, b: b, lambda xp, y, a, b: a)

    def forward(self, xp, a, b):
        return a * b


class Divide(Elementwise):
    """y = a / b."""

    latex, samples = r"\frac{{{0}}}{{{1}}}", (reals(-3, 3), reals(-3, 3, avoid=(0,)))
    partials = (lambda xp, y, a, b: 1 / b, lambda xp, y, a, b: -y / b)

    def forward(self, xp, a, b):
        return a / b

    def domain(self, xp, a, b):
        return ((b, "!=", 0),)


class Negative(Elementwise):
    """y = -x."""

    latex, samples = r"-{0}", (reals(-3, 3),)
    partials = (-1,)

    def forward(self, xp, x):
        return -x


class Positive(Elementwise):
    """y = x: a new link with nothing in it."""

    latex, samples = r"{0}", (reals(-3, 3),)
    partials = (1,)

    def forward(self, xp, x):
        return +x


class Square(Elementwise):
    """y = x²."""

    latex, samples = r"{0}^2", (reals(-3, 3),)
    partials = (lambda xp, y, x: 2 * x,)

    def forward(self, xp, x):
        return x * x


class Reciprocal(Elementwise):
    """y = 1 / x."""

    latex, samples = r"\frac{{1}}{{{0}}}", (reals(-3, 3, avoid=(0,)),)
    partials = (lambda xp, y, x: -(y * y),)

    def forward(self, xp, x):
        return 1 / x

    def domain(self, xp, x):
        return ((x, "!=", 0),)


class Sqrt(Elementwise):
    """y = √x; the slope is infinite at 0."""

    latex, samples = r"\sqrt{{{0}}}", (reals(0.2, 4),)
    partials = (lambda xp, y, x: 0.5 / y,)

    def forward(self, xp, x):
        return xp.sqrt(x)

    def domain(self, xp, x):
        return ((x, ">=", 0),)


class Cbrt(Elementwise):
    """y = ∛x, real for negative x too; the slope is infinite at 0."""

    latex, samples = r"\sqrt[3]{{{0}}}", (reals(-3, 3, avoid=(0,)),)
    partials = (lambda xp, y, x: 1 / (3 * (y * y)),)

    def forward(self, xp, x):
        return xp.cbrt(x)


def _power_by_base(xp, y, x, n):
    """n x^(n-1); for n = 0 the power is constant, also at x = 0."""
    if isinstance(n, (int, float, Fraction)):
        return n * xp.power(x, n - 1) if n else False
    flat = (n == 0) & (x == 0)
    return xp.where(flat, 0.0, n * xp.power(x, xp.where(flat, 1.0, n - 1)))


_LONGEST = 2**63 - 1  # NumPy takes longer Python ints for objects


def _power_by_exponent(xp, y, x, n):
    """y log x; 0 at x = 0, where the power is constantly 0 for positive n."""
    if isinstance(x, (int, float)) and x > 0:
        return y * xp.log(float(x) if x > _LONGEST else x)
    return y * xp.log(xp.where(x == 0, 1.0, x))


class Power(Elementwise):
    """y = x^n for a real exponent; NaN for a negative base with a fraction, as in NumPy.

    In an expression the exponent may be an exact `Fraction`; one with an odd denominator is then the real
    root, for negative x too: (-8)^(1/3) is -2.
    """

    latex, samples = r"{0}^{{{1}}}", (reals(0.2, 3), reals(-2, 3))
    partials = (_power_by_base, _power_by_exponent)

    def forward(self, xp, x, n):
        if type(n) is Fraction:
            if n.denominator % 2:
                size = xp.power(abs(x), float(n))
                return size * xp.sign(x) if n.numerator % 2 else size
            n = float(n)
        return xp.power(x, n)

    def domain(self, xp, x, n):
        if not isinstance(n, Rational):
            return ((x, ">", 0),)
        if n.denominator % 2 == 0:
            return ((x, ">=" if n > 0 else ">", 0),)
        return ((x, "!=", 0),) if n < 0 else ()


class FloorDivide(Elementwise):
    """y = ⌊a / b⌋: a staircase, with no slope."""

    latex, samples = r"\lfloor {0} / {1} \rfloor", (reals(0.2, 0.9), reals(1.1, 3))
    partials = (False, False)

    def forward(self, xp, a, b):
        return xp.floor_divide(a, b)

    def domain(self, xp, a, b):
        return ((b, "!=", 0),)

    def kinks(self, xp, a, b):
        return ((a / b, xp.floor(a / b)),)


class Remainder(Elementwise):
    """y = a - b ⌊a / b⌋, with the sign of b (Python's %)."""

    latex, samples = r"{0} \bmod {1}", (reals(0.2, 0.9), reals(1.1, 3))
    partials = (1, lambda xp, y, a, b: -xp.floor_divide(a, b))

    def forward(self, xp, a, b):
        return xp.remainder(a, b)

    def domain(self, xp, a, b):
        return ((b, "!=", 0),)

    def kinks(self, xp, a, b):
        return ((a / b, xp.floor(a / b)),)


class Fmod(Elementwise):
    """y = a - b trunc(a / b), with the sign of a (C's fmod)."""

    latex, samples = r"\operatorname{{fmod}}({0}, {1})", (reals(3.2, 3.9), reals(1.1, 1.5))
    partials = (1, lambda xp, y, a, b: -xp.trunc(a / b))

    def forward(self, xp, a, b):
        return xp.fmod(a, b)

    def domain(self, xp, a, b):
        return ((b, "!=", 0),)

    def kinks(self, xp, a, b):
        return ((a / b, xp.trunc(a / b)),)


add, subtract, multiply, divide = Add().apply, Subtract().apply, Multiply().apply, Divide().apply
negative, positive, square = Negative().apply, Positive().apply, Square().apply
reciprocal, sqrt, cbrt = Reciprocal().apply, Sqrt().apply, Cbrt().apply
floor_divide, remainder, fmod = FloorDivide().apply, Remainder().apply, Fmod().apply
_power = Power().apply


def power(x, n):
    """x**n, where the exponent 2 written as a number is the square (a simpler link)."""
    return square(x) if type(n) is int and n == 2 else _power(x, n)
