"""The reciprocals of the circular and hyperbolic functions, and their inverses; NumPy has none of them."""

import math

from chainrule.core.primitive import Elementwise
from chainrule.core.samples import reals


def _cot(xp, x):
    """cot x, by that name where the namespace has it, so that a formula reads as in a textbook."""
    return xp.cot(x) if hasattr(xp, "cot") else xp.cos(x) / xp.sin(x)


def _coth(xp, x):
    return xp.coth(x) if hasattr(xp, "coth") else 1 / xp.tanh(x)


class Sec(Elementwise):
    """y = sec x = 1 / cos x; its slope is sec x tan x."""

    latex, samples = r"\sec {0}", (reals(-1.2, 1.2),)
    partials = (lambda xp, y, x: y * xp.tan(x),)

    def forward(self, xp, x):
        return 1 / xp.cos(x)

    def domain(self, xp, x):
        return ((xp.cos(x), "!=", 0),)


class Csc(Elementwise):
    """y = csc x = 1 / sin x; its slope is -csc x cot x."""

    latex, samples = r"\csc {0}", (reals(0.3, 2.8),)
    partials = (lambda xp, y, x: -(y * _cot(xp, x)),)

    def forward(self, xp, x):
        return 1 / xp.sin(x)

    def domain(self, xp, x):
        return ((xp.sin(x), "!=", 0),)


class Cot(Elementwise):
    """y = cot x = cos x / sin x; its slope is -(1 + y²)."""

    latex, samples = r"\cot {0}", (reals(0.3, 2.8),)
    partials = (lambda xp, y, x: -(1 + y * y),)

    def forward(self, xp, x):
        return xp.cos(x) / xp.sin(x)

    def domain(self, xp, x):
        return ((xp.sin(x), "!=", 0),)


class Arcsec(Elementwise):
    """y = arcsec x = arccos(1/x) for |x| ≥ 1, so that 0 ≤ y ≤ π."""

    latex, samples = r"\operatorname{{arcsec}} {0}", (reals(1.3, 4),)
    partials = (lambda xp, y, x: 1 / (abs(x) * xp.sqrt(x * x - 1)),)

    def forward(self, xp, x):
        return xp.arccos(1 / x)

    def domain(self, xp, x):
        return ((abs(x), ">=", 1),)


class Arccsc(Elementwise):
    """y = arccsc x = arcsin(1/x) for |x| ≥ 1."""

    latex, samples = r"\operatorname{{arccsc}} {0}", (reals(1.3, 4),)
    partials = (lambda xp, y, x: -1 / (abs(x) * xp.sqrt(x * x - 1)),)

    def forward(self, xp, x):
        return xp.arcsin(1 / x)

    def domain(self, xp, x):
        return ((abs(x), ">=", 1),)


class Arccot(Elementwise):
    """y = arccot x = π/2 - arctan x, so that 0 < y < π and no jump at 0."""

    latex, samples = r"\operatorname{{arccot}} {0}", (reals(-3, 3),)
    partials = (lambda xp, y, x: -1 / (1 + x * x),)

    def forward(self, xp, x):
        return math.pi / 2 - xp.arctan(x)


class Sech(Elementwise):
    """y = sech x = 1 / cosh x; its slope is -sech x tanh x."""

    latex, samples = r"\operatorname{{sech}} {0}", (reals(-3, 3),)
    partials = (lambda xp, y, x: -(y * xp.tanh(x)),)

    def forward(self, xp, x):
        return 1 / xp.cosh(x)


class Csch(Elementwise):
    """y = csch x = 1 / sinh x; its slope is -csch x coth x."""

    latex, samples = r"\operatorname{{csch}} {0}", (reals(0.3, 3),)
    partials = (lambda xp, y, x: -(y * _coth(xp, x)),)

    def forward(self, xp, x):
        return 1 / xp.sinh(x)

    def domain(self, xp, x):
        return ((x, "!=", 0),)


class Coth(Elementwise):
    """y = coth x = 1 / tanh x; its slope is 1 - y²."""

    latex, samples = r"\coth {0}", (reals(0.3, 3),)
    partials = (lambda xp, y, x: 1 - y * y,)

    def forward(self, xp, x):
        return 1 / xp.tanh(x)

    def domain(self, xp, x):
        return ((x, "!=", 0),)


class Arcsech(Elementwise):
    """y = arsech x = arcosh(1/x) for 0 < x ≤ 1."""

    latex, samples = r"\operatorname{{arsech}} {0}", (reals(0.2, 0.8),)
    partials = (lambda xp, y, x: -1 / (x * xp.sqrt(1 - x * x)),)

    def forward(self, xp, x):
        return xp.arccosh(1 / x)

    def domain(self, xp, x):
        return ((x, ">", 0), (x, "<=", 1))


class Arccsch(Elementwise):
    """y = arcsch x = arsinh(1/x) for x ≠ 0."""

    latex, samples = r"\operatorname{{arcsch}} {0}", (reals(0.3, 3),)
    partials = (lambda xp, y, x: -1 / (abs(x) * xp.sqrt(1 + x * x)),)

    def forward(self, xp, x):
        return xp.arcsinh(1 / x)

    def domain(self, xp, x):
        return ((x, "!=", 0),)


class Arccoth(Elementwise):
    """y = arcoth x = artanh(1/x) for |x| > 1."""

    latex, samples = r"\operatorname{{arcoth}} {0}", (reals(1.3, 4),)
    partials = (lambda xp, y, x: 1 / (1 - x * x),)

    def forward(self, xp, x):
        return xp.arctanh(1 / x)

    def domain(self, xp, x):
        return ((abs(x), ">", 1),)


sec, csc, cot = Sec().apply, Csc().apply, Cot().apply
arcsec, arccsc, arccot = Arcsec().apply, Arccsc().apply, Arccot().apply
sech, csch, coth = Sech().apply, Csch().apply, Coth().apply
arcsech, arccsch, arccoth = Arcsech().apply, Arccsch().apply, Arccoth().apply
