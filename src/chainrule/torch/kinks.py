"""The rooms that only this front needs.

Two have PyTorch's slope at a kink and not the minimum-norm one of `chainrule.ops.compare`; one multiplies
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
