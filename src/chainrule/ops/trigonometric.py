"""Trigonometric and hyperbolic functions and their inverses."""

import math

from chainrule.core.primitive import Elementwise
from chainrule.core.samples import reals
from chainrule.ops.arithmetic import multiply


class Sin(Elementwise):
    """y = sin x; its slope is cos x."""

    latex, samples = r"\sin {0}", (reals(-3, 3),)
    partials = (lambda xp, y, x: xp.cos(x),)

    def forward(self, xp, x):
        return xp.sin(x)


class Cos(Elementwise):
    """y = cos x; its slope is -sin x."""

    latex, samples = r"\cos {0}", (reals(-3, 3),)
    partials = (lambda xp, y, x: -xp.sin(x),)

    def forward(self, xp, x):
        return xp.cos(x)


class Tan(Elementwise):
    """y = tan x; its slope is 1 + y²."""

    latex, samples = r"\tan {0}", (reals(-1.2, 1.2),)
    partials = (lambda xp, y, x: 1 + y * y,)

    def forward(self, xp, x):
        return xp.tan(x)

    def domain(self, xp, x):
        return ((xp.cos(x), "!=", 0),)


class Arcsin(Elementwise):
    """y = arcsin x for -1 ≤ x ≤ 1."""

    latex, samples = r"\arcsin {0}", (reals(-0.8, 0.8),)
    partials = (lambda xp, y, x: 1 / xp.sqrt(1 - x * x),)

    def forward(self, xp, x):
        return xp.arcsin(x)

    def domain(self, xp, x):
        return ((x, ">=", -1), (x, "<=", 1))


class Arccos(Elementwise):
    """y = arccos x for -1 ≤ x ≤ 1."""

    latex, samples = r"\arccos {0}", (reals(-0.8, 0.8),)
    partials = (lambda xp, y, x: -1 / xp.sqrt(1 - x * x),)

    def forward(self, xp, x):
        return xp.arccos(x)

    def domain(self, xp, x):
        return ((x, ">=", -1), (x, "<=", 1))


class Arctan(Elementwise):
    """y = arctan x."""

    latex, samples = r"\arctan {0}", (reals(-3, 3),)
    partials = (lambda xp, y, x: 1 / (1 + x * x),)

    def forward(self, xp, x):
        return xp.arctan(x)


class Arctan2(Elementwise):
    """The angle of the point (x, y): arctan2(y, x); `a` is y and `b` is x, as in NumPy."""

    latex, samples = r"\operatorname{{atan2}}({0}, {1})", (reals(0.3, 3), reals(-3, 3))
    partials = (lambda xp, y, a, b: b / (a * a + b * b), lambda xp, y, a, b: -(a / (a * a + b * b)))

    def forward(self, xp, a, b):
        return xp.arctan2(a, b)


def _over_length(xp, y, x):
    """x / y, and 0 where the length y is 0: the minimum-norm subgradient of the cone's tip."""
    return x / xp.where(y == 0, 1.0, y)


class Hypot(Elementwise):
    """y = √(a² + b²), without overflow; the slope at the origin is 0."""

    latex, samples = r"\sqrt{{{0}^2 + {1}^2}}", (reals(-3, 3), reals(0.3, 3))
    partials = (lambda xp, y, a, b: _over_length(xp, y, a), lambda xp, y, a, b: _over_length(xp, y, b))

    def forward(self, xp, a, b):
        return xp.hypot(a, b)


class Sinc(Elementwise):
    """y = sin(πx) / (πx), 1 at 0."""

    latex, samples = r"\operatorname{{sinc}} {0}", (reals(-3, 3, avoid=(0,)),)
    partials = (lambda xp, y, x: xp.where(x == 0, 0.0, (xp.cos(math.pi * x) - y) / xp.where(x == 0, 1.0, x)),)

    def forward(self, xp, x):
        return xp.sinc(x)


class Sinh(Elementwise):
    """y = sinh x; its slope is cosh x."""

    latex, samples = r"\sinh {0}", (reals(-3, 3),)
    partials = (lambda xp, y, x: xp.cosh(x),)

    def forward(self, xp, x):
        return xp.sinh(x)


class Cosh(Elementwise):
    """y = cosh x; its slope is sinh x."""

    latex, samples = r"\cosh {0}", (reals(-3, 3),)
    partials = (lambda xp, y, x: xp.sinh(x),)

    def forward(self, xp, x):
        return xp.cosh(x)


class Tanh(Elementwise):
    """y = tanh x; its slope is 1 - y²."""

    latex, samples = r"\tanh {0}", (reals(-3, 3),)
    partials = (lambda xp, y, x: 1 - y * y,)

    def forward(self, xp, x):
        return xp.tanh(x)


class Arcsinh(Elementwise):
    """y = arsinh x."""

    latex, samples = r"\operatorname{{arsinh}} {0}", (reals(-3, 3),)
    partials = (lambda xp, y, x: 1 / xp.sqrt(x * x + 1),)

    def forward(self, xp, x):
        return xp.arcsinh(x)


class Arccosh(Elementwise):
    """y = arcosh x for x ≥ 1."""

    latex, samples = r"\operatorname{{arcosh}} {0}", (reals(1.3, 4),)
    partials = (lambda xp, y, x: 1 / xp.sqrt(x * x - 1),)

    def forward(self, xp, x):
        return xp.arccosh(x)

    def domain(self, xp, x):
        return ((x, ">=", 1),)


class Arctanh(Elementwise):
    """y = artanh x for -1 < x < 1."""

    latex, samples = r"\operatorname{{artanh}} {0}", (reals(-0.8, 0.8),)
    partials = (lambda xp, y, x: 1 / (1 - x * x),)

    def forward(self, xp, x):
        return xp.arctanh(x)

    def domain(self, xp, x):
        return ((x, ">", -1), (x, "<", 1))


sin, cos, tan = Sin().apply, Cos().apply, Tan().apply
arcsin, arccos, arctan, arctan2 = Arcsin().apply, Arccos().apply, Arctan().apply, Arctan2().apply
hypot, sinc = Hypot().apply, Sinc().apply
sinh, cosh, tanh = Sinh().apply, Cosh().apply, Tanh().apply
arcsinh, arccosh, arctanh = Arcsinh().apply, Arccosh().apply, Arctanh().apply


def radians(x):
    """Degrees to radians."""
    return multiply(x, math.pi / 180)


def degrees(x):
    """Radians to degrees."""
    return multiply(x, 180 / math.pi)
