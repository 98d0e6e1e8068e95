"""Compare and select: where, maximum, clip, abs, sign and the staircases.

Kinks take the minimum-norm subgradient. Slopes here are selections: what was not selected
contributes a structural zero (see `chainrule.core.selection`).
"""

from typing import Any

import numpy

from chainrule.core import record
from chainrule.core.primitive import Elementwise
from chainrule.core.rows import as_array
from chainrule.core.samples import booleans, reals
from chainrule.core.selection import Selected, possible
from chainrule.core.spec import dtype_of
from chainrule.ops.complex import imag, real
from chainrule.ops.trigonometric import hypot


def _kept(xp, lost, tied):
    """The slope of a selected argument: none where it lost, a half where two tied, else 1."""
    alive = xp.logical_not(lost)
    if tied is not False and (tied is True or record.is_expression(tied) or possible(record.plain_value(tied))):
        return Selected(xp.where(alive, xp.where(tied, 0.5, 1.0), 0.0), alive)
    return alive


class Maximum(Elementwise):
    """y = max(a, b); a tie is split equally, NaN wins."""

    latex, samples = r"\max({0}, {1})", (reals(-3, 0.9), reals(1.1, 3))
    partials = (
        lambda xp, y, a, b: _kept(xp, a < b, a == b),
        lambda xp, y, a, b: _kept(xp, b < a, a == b),
    )

    def forward(self, xp, a, b):
        return xp.maximum(a, b)

    def kinks(self, xp, a, b):
        return ((a, b),)


class Minimum(Elementwise):
    """y = min(a, b); a tie is split equally, NaN wins."""

    latex, samples = r"\min({0}, {1})", (reals(-3, 0.9), reals(1.1, 3))
    partials = (
        lambda xp, y, a, b: _kept(xp, a > b, a == b),
        lambda xp, y, a, b: _kept(xp, b > a, a == b),
    )

    def forward(self, xp, a, b):
        return xp.minimum(a, b)

    def kinks(self, xp, a, b):
        return ((a, b),)


class Fmax(Elementwise):
    """y = max(a, b) where a NaN loses."""

    latex, samples = r"\operatorname{{fmax}}({0}, {1})", (reals(-3, 0.9), reals(1.1, 3))
    partials = (
        lambda xp, y, a, b: _kept(xp, (a < b) | (a != a), a == b),
        lambda xp, y, a, b: _kept(xp, (b < a) | (b != b), a == b),
    )

    def forward(self, xp, a, b):
        return xp.fmax(a, b)

    def kinks(self, xp, a, b):
        return ((a, b),)


class Fmin(Elementwise):
    """y = min(a, b) where a NaN loses."""

    latex, samples = r"\operatorname{{fmin}}({0}, {1})", (reals(-3, 0.9), reals(1.1, 3))
    partials = (
        lambda xp, y, a, b: _kept(xp, (a > b) | (a != a), a == b),
        lambda xp, y, a, b: _kept(xp, (b > a) | (b != b), a == b),
    )

    def forward(self, xp, a, b):
        return xp.fmin(a, b)

    def kinks(self, xp, a, b):
        return ((a, b),)


class Clip(Elementwise):
    """y = x held between two constants; the slope at an edge is 0. Tracked edges: see `clip`."""

    latex, samples = r"\operatorname{{clip}}({0}, {1}, {2})", (reals(-0.8, 0.8), reals(-2, -1), reals(1, 2))
    partials = (lambda xp, y, x, low, high: xp.logical_not((x <= low) | (x >= high)), None, None)

    def forward(self, xp, x, low, high):
        return xp.minimum(xp.maximum(x, low), high)

    def kinks(self, xp, x, low, high):
        return ((x, low), (x, high))


class Where(Elementwise):
    """y = a where the condition holds, else b."""

    latex, samples = r"({1} \text{{ if }} {0} \text{{ else }} {2})", (booleans(), reals(-3, 3), reals(-3, 3))
    partials = (False, lambda xp, y, c, a, b: c, lambda xp, y, c, a, b: xp.logical_not(c))

    def forward(self, xp, c, a, b):
        return xp.where(c, a, b)


class Absolute(Elementwise):
    """y = |x|; the slope at 0 is 0. Complex numbers: see `absolute`."""

    latex, samples = r"|{0}|", (reals(-3, 3, avoid=(0,)),)
    partials = (lambda xp, y, x: xp.sign(x),)

    def forward(self, xp, x):
        return abs(x)

    def kinks(self, xp, x):
        return ((x, 0),)


class Sign(Elementwise):
    """y = -1, 0 or 1: no slope."""

    latex, samples = r"\operatorname{{sign}} {0}", (reals(-3, 3, avoid=(0,)),)
    partials = (False,)

    def forward(self, xp, x):
        return xp.sign(x)

    def kinks(self, xp, x):
        return ((x, 0),)


class Copysign(Elementwise):
    """y = |a| with the sign of b."""

    latex, samples = r"|{0}| \operatorname{{sign}} {1}", (reals(-3, 3, avoid=(0,)), reals(-3, 3, avoid=(0,)))
    partials = (lambda xp, y, a, b: xp.sign(a) * xp.copysign(1.0, b), False)

    def forward(self, xp, a, b):
        return xp.copysign(a, b)

    def kinks(self, xp, a, b):
        return ((a, 0), (b, 0))


class Floor(Elementwise):
    """y = ⌊x⌋: a staircase, with no slope."""

    latex, samples = r"\lfloor {0} \rfloor", (reals(0.2, 0.8),)
    partials = (False,)

    def forward(self, xp, x):
        return xp.floor(x)

    def kinks(self, xp, x):
        return ((x, xp.floor(x)),)


class Ceil(Elementwise):
    """y = ⌈x⌉: a staircase, with no slope."""

    latex, samples = r"\lceil {0} \rceil", (reals(0.2, 0.8),)
    partials = (False,)

    def forward(self, xp, x):
        return xp.ceil(x)

    def kinks(self, xp, x):
        return ((x, xp.floor(x)),)


class Trunc(Elementwise):
    """y = x without its fraction: a staircase, with no slope."""

    latex, samples = r"\operatorname{{trunc}} {0}", (reals(0.2, 0.8),)
    partials = (False,)

    def forward(self, xp, x):
        return xp.trunc(x)

    def kinks(self, xp, x):
        return ((x, xp.floor(x)),)


class Rint(Elementwise):
    """y = the integer nearest to x (ties to even): a staircase, with no slope."""

    latex, samples = r"\operatorname{{round}} {0}", (reals(-0.4, 0.4),)
    partials = (False,)

    def forward(self, xp, x):
        return xp.rint(x)

    def kinks(self, xp, x):
        return ((x + 0.5, xp.floor(x + 0.5)),)


class Heaviside(Elementwise):
    """y = 0 below zero, 1 above, and b at zero, where b has slope 1."""

    latex, samples = r"H({0})", (reals(-3, 3, avoid=(0,)), reals(-1, 1))
    partials = (False, lambda xp, y, a, b: a == 0)

    def forward(self, xp, a, b):
        return xp.heaviside(a, b)

    def kinks(self, xp, a, b):
        return ((a, 0),)


class NanToNum(Elementwise):
    """y = x with NaN and infinities replaced by constants, which have no slope."""

    latex, samples = r"{0}", (reals(-3, 3), reals(0, 1), reals(2, 3), reals(-3, -2))
    partials = (lambda xp, y, x, nan, high, low: xp.isfinite(x), None, None, None)

    def forward(self, xp, x, nan, high, low):
        y = xp.where(x != x, nan, x)
        return xp.where(y == numpy.inf, high, xp.where(y == -numpy.inf, low, y))


maximum, minimum, fmax, fmin = Maximum().apply, Minimum().apply, Fmax().apply, Fmin().apply
_sign, copysign, heaviside = Sign().apply, Copysign().apply, Heaviside().apply
floor, ceil, trunc, rint = Floor().apply, Ceil().apply, Trunc().apply, Rint().apply
_absolute = Absolute().apply
_where, _clip, _nan_to_num = Where(), Clip(), NanToNum()


def where(condition, x, y):
    """x where the condition holds, y elsewhere; what is not selected contributes nothing.

    Args:
        condition: a boolean or an array of them; numbers count as true where they are not 0.
        x, y: values that broadcast against the condition.

    >>> import numpy as np, chainrule as cr
    >>> cr.grad(lambda x: np.where(x < 0, np.exp(x), x + 1))(1000.0)
    1.0
    """
    condition = record.plain_value(condition)
    if type(condition) is not bool:
        condition = as_array(condition, bool)[()]
    return _where(condition, x, y)


def clip(x, low: Any = None, high: Any = None):
    """x held between low and high; None leaves a side open.

    At an edge that is a constant the slope of x is 0, the minimum-norm subgradient of a function of
    x alone; an edge that requires a gradient shares a tie with x equally.
    """
    low = -numpy.inf if low is None else low
    high = numpy.inf if high is None else high
    if any(type(edge) in record.TENSORS and edge.node.tracked for edge in (low, high)):
        return minimum(maximum(x, low), high)
    return _clip(x, low, high)


def sign(x):
    """-1, 0 or 1; of a complex number z / |z|, as in NumPy, and 0 at 0."""
    value = record.plain_value(x)
    if type(value) is not float and numpy.iscomplexobj(value):
        size = absolute(x)
        return x / where(size == 0, 1.0, size)
    return _sign(x)


def absolute(x):
    """|x|, also of a complex number."""
    value = record.plain_value(x)
    if type(value) is not float and numpy.iscomplexobj(value):
        return hypot(real(x), imag(x))
    return _absolute(x)


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """x with NaN and infinities replaced (by 0 and the largest finite numbers, as in NumPy)."""
    limits = numpy.finfo(dtype_of(record.plain_value(x)))
    high = limits.max if posinf is None else posinf
    low = limits.min if neginf is None else neginf
    return _nan_to_num(x, nan, high, low)
