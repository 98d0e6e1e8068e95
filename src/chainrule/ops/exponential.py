"""Exponentials and logarithms, each in the form that stays accurate."""

import math

from chainrule.core.primitive import Elementwise
from chainrule.core.samples import reals
from chainrule.core.spec import dtype_of
from chainrule.ops.arithmetic import negative, reciprocal


class Exp(Elementwise):
    """y = eˣ: its own slope."""

    latex, samples = r"e^{{{0}}}", (reals(-3, 3),)
    partials = (lambda xp, y, x: y,)

    def forward(self, xp, x):
        return xp.exp(x)


class Exp2(Elementwise):
    """y = 2ˣ."""

    latex, samples = r"2^{{{0}}}", (reals(-3, 3),)
    partials = (lambda xp, y, x: y * math.log(2),)

    def forward(self, xp, x):
        return xp.exp2(x)


class Expm1(Elementwise):
    """y = eˣ - 1, accurate for small x."""

    latex, samples = r"e^{{{0}}} - 1", (reals(-3, 3),)
    partials = (lambda xp, y, x: y + 1,)

    def forward(self, xp, x):
        return xp.expm1(x)


class Log(Elementwise):
    """y = ln x."""

    latex, samples = r"\ln {0}", (reals(0.2, 4),)
    partials = (lambda xp, y, x: 1 / x,)

    def forward(self, xp, x):
        return xp.log(x)

    def domain(self, xp, x):
        return ((x, ">", 0),)


class Log2(Elementwise):
    """y = log₂ x."""

    latex, samples = r"\log_2 {0}", (reals(0.2, 4),)
    partials = (lambda xp, y, x: 1 / (x * math.log(2)),)

    def forward(self, xp, x):
        return xp.log2(x)

    def domain(self, xp, x):
        return ((x, ">", 0),)


class Log10(Elementwise):
    """y = log₁₀ x."""

    latex, samples = r"\log_{{10}} {0}", (reals(0.2, 4),)
    partials = (lambda xp, y, x: 1 / (x * math.log(10)),)

    def forward(self, xp, x):
        return xp.log10(x)

    def domain(self, xp, x):
        return ((x, ">", 0),)


class Log1p(Elementwise):
    """y = ln(1 + x), accurate for small x."""

    latex, samples = r"\ln(1 + {0})", (reals(-0.8, 4),)
    partials = (lambda xp, y, x: 1 / (1 + x),)

    def forward(self, xp, x):
        return xp.log1p(x)

    def domain(self, xp, x):
        return ((x, ">", -1),)


class Logaddexp(Elementwise):
    """y = ln(eᵃ + eᵇ), which never overflows; the slopes are the two shares of the sum."""

    latex, samples = r"\ln(e^{{{0}}} + e^{{{1}}})", (reals(-3, 3), reals(-3, 3))
    partials = (lambda xp, y, a, b: xp.exp(a - y), lambda xp, y, a, b: xp.exp(b - y))

    def forward(self, xp, a, b):
        return xp.logaddexp(a, b)


class Logaddexp2(Elementwise):
    """y = log₂(2ᵃ + 2ᵇ)."""

    latex, samples = r"\log_2(2^{{{0}}} + 2^{{{1}}})", (reals(-3, 3), reals(-3, 3))
    partials = (lambda xp, y, a, b: xp.exp2(a - y), lambda xp, y, a, b: xp.exp2(b - y))

    def forward(self, xp, a, b):
        return xp.logaddexp2(a, b)


class Softplus(Elementwise):
    """y = ln(1 + eˣ); its slope σ(x) = 1 - e⁻ʸ, in a form that neither overflows nor cancels."""

    latex, samples = r"\operatorname{{softplus}}({0})", (reals(-4, 4),)
    partials = (lambda xp, y, x: -xp.expm1(-y),)

    def forward(self, xp, x):
        return xp.log1p(xp.exp(-abs(x))) + xp.maximum(x, 0.0)


class Sigmoid(Elementwise):
    """y = σ(x) = 1 / (1 + e⁻ˣ); its slope is y (1 - y)."""

    latex, samples = r"\sigma({0})", (reals(-4, 4),)
    partials = (lambda xp, y, x: y * (1 - y),)

    def forward(self, xp, x):
        small = xp.exp(-abs(x))  # never overflows
        return xp.where(x >= 0, 1.0, small) / (1 + small)


exp, exp2, expm1 = Exp().apply, Exp2().apply, Expm1().apply
log, log2, log10, log1p = Log().apply, Log2().apply, Log10().apply, Log1p().apply
logaddexp, logaddexp2 = Logaddexp().apply, Logaddexp2().apply
_softplus, _sigmoid = Softplus().apply, Sigmoid().apply


def sigmoid(x):
    """σ(x) = 1 / (1 + e⁻ˣ), without overflow.

    >>> import chainrule as cr
    >>> cr.grad(cr.sigmoid)(0.0)
    0.25
    """
    return reciprocal(exp(negative(x)) + 1.0) if dtype_of(x).kind == "c" else _sigmoid(x)


def softplus(x):
    """ln(1 + eˣ), without overflow.

    >>> import chainrule as cr
    >>> cr.grad(cr.softplus)(1000.0)
    1.0
    """
    return log(exp(x) + 1.0) if dtype_of(x).kind == "c" else _softplus(x)
