"""The rooms that only this front needs.

Most have PyTorch's slope at a kink and not the minimum-norm one of `chainrule.ops.compare`; one multiplies
in PyTorch's order, so that float32 results agree to the last digit; one says that a value does not move.
"""

import numpy

from chainrule.core.primitive import Elementwise
from chainrule.core.samples import reals
from chainrule.core.selection import times
from chainrule.ops import exponential


class Clamp(Elementwise):
    """y = x held between two constants; the slope at an edge is 1, as PyTorch has it."""

    latex, samples = r"\operatorname{{clamp}}({0}, {1}, {2})", (reals(-0.8, 0.8), reals(-2, -1), reals(1, 2))
    partials = (lambda xp, y, x, low, high: xp.logical_not((x < low) | (x > high)), None, None)

    def forward(self, xp, x, low, high):
        return xp.minimum(xp.maximum(x, low), high)

    def kinks(self, xp, x, low, high):
        return ((x, low), (x, high))


class Relu(Elementwise):
    """y = max(x, 0); the slope at 0 is 0."""

    latex, samples = r"\operatorname{{relu}} {0}", (reals(-3, 3, avoid=(0,)),)
    partials = (lambda xp, y, x: y > 0,)

    def forward(self, xp, x):
        return xp.maximum(x, numpy.zeros((), numpy.result_type(x))[()] if xp is numpy else 0.0)

    def kinks(self, xp, x):
        return ((x, 0),)


class Fmax(Elementwise):
    """y = max(a, b) where a NaN loses; a tie goes to a."""

    latex, samples = r"\operatorname{{fmax}}({0}, {1})", (reals(-3, 0.9), reals(1.1, 3))
    partials = (
        lambda xp, y, a, b: xp.logical_not((a < b) | (a != a)),
        lambda xp, y, a, b: (a < b) | (a != a),
    )

    def forward(self, xp, a, b):
        return xp.fmax(a, b)

    def kinks(self, xp, a, b):
        return ((a, b),)


class Fmin(Elementwise):
    """y = min(a, b) where a NaN loses; a tie goes to a."""

    latex, samples = r"\operatorname{{fmin}}({0}, {1})", (reals(-3, 0.9), reals(1.1, 3))
    partials = (
        lambda xp, y, a, b: xp.logical_not((a > b) | (a != a)),
        lambda xp, y, a, b: (a > b) | (a != a),
    )

    def forward(self, xp, a, b):
        return xp.fmin(a, b)

    def kinks(self, xp, a, b):
        return ((a, b),)


class ClampMin(Elementwise):
    """y = x, at least low; at the edge the slope is all x's."""

    latex, samples = r"\max({0}, {1})", (reals(-3, 0.9), reals(1.1, 3))
    partials = (lambda xp, y, x, low: xp.logical_not(x < low), lambda xp, y, x, low: x < low)

    def forward(self, xp, x, low):
        return xp.maximum(x, low)

    def kinks(self, xp, x, low):
        return ((x, low),)


class ClampMax(Elementwise):
    """y = x, at most high; at the edge the slope is all x's."""

    latex, samples = r"\min({0}, {1})", (reals(-3, 0.9), reals(1.1, 3))
    partials = (lambda xp, y, x, high: xp.logical_not(x > high), lambda xp, y, x, high: x > high)

    def forward(self, xp, x, high):
        return xp.minimum(x, high)

    def kinks(self, xp, x, high):
        return ((x, high),)


class Arctan2(Elementwise):
    """y = the angle of the point (b, a); the slopes at the origin are 0."""

    latex, samples = r"\operatorname{{atan2}}({0}, {1})", (reals(0.3, 3), reals(-3, 3))
    partials = (lambda xp, y, a, b: b / _square_size(xp, a, b), lambda xp, y, a, b: -a / _square_size(xp, a, b))

    def forward(self, xp, a, b):
        return xp.arctan2(a, b)


def _square_size(xp, a, b):
    size = a * a + b * b
    return xp.where(size == 0, 1.0, size)


class BinaryCrossEntropy(Elementwise):
    """y = -(t ln x + (1 - t) ln(1 - x)), with logarithms not below -100.

    The slope divides by x (1 - x), not below 1e-12, so that a saturated probability still moves.
    """

    latex, samples = r"H({1}, {0})", (reals(0.2, 0.8), reals(0.2, 0.8))
    partials = (
        lambda xp, y, x, t: (x - t) / xp.maximum(x * (1 - x), 1e-12),
        lambda xp, y, x, t: xp.maximum(xp.log1p(-x), -100.0) - xp.maximum(xp.log(x), -100.0),
    )

    def forward(self, xp, x, t):
        return (t - 1) * xp.maximum(xp.log1p(-x), -100.0) - t * xp.maximum(xp.log(x), -100.0)


class Sigmoid(exponential.Sigmoid):
    """y = σ(x), with the cotangent multiplied by 1 - y first and by y then."""

    def vjp(self, xp, g, i, y, *xs):
        return times(xp, times(xp, g, 1 - y), y)


class Unmoved(Elementwise):
    """y = a, whatever b is: connected to b, with no slope. The gradient of a linear function is one."""

    latex, samples = r"{0}", (reals(-3, 3), reals(-3, 3))
    partials = (1, False)

    def forward(self, xp, a, b):
        return a


clamp, relu, sigmoid, unmoved = Clamp(), Relu(), Sigmoid(), Unmoved().apply
fmax, fmin, clamp_min, clamp_max, arctan2 = Fmax(), Fmin(), ClampMin(), ClampMax(), Arctan2()
binary_cross_entropy = BinaryCrossEntropy()
