"""The rooms of `compare` with the subgradient that PyTorch and TensorFlow take at a kink: all of it goes to one side.

They stand in no catalogue: the engine's own functions take the subgradient of least norm, and a front that
follows its framework records these in their place.
"""

import numpy

from chainrule.core.primitive import Elementwise
from chainrule.core.samples import reals
from chainrule.ops import compare


class Maximum(compare.Maximum):
    """y = max(a, b); a tie goes to a."""

    partials = (lambda xp, y, a, b: xp.logical_not(a < b), lambda xp, y, a, b: a < b)


class Minimum(compare.Minimum):
    """y = min(a, b); a tie goes to a."""

    partials = (lambda xp, y, a, b: xp.logical_not(a > b), lambda xp, y, a, b: a > b)


class Clip(compare.Clip):
    """y = x held between two constants; the slope at an edge is 1."""

    partials = (lambda xp, y, x, low, high: xp.logical_not((x < low) | (x > high)), None, None)


class Relu(Elementwise):
    """y = max(x, 0); the slope at 0 is 0."""

    latex, samples = r"\operatorname{{relu}} {0}", (reals(-3, 3, avoid=(0,)),)
    partials = (lambda xp, y, x: y > 0,)

    def forward(self, xp, x):
        return xp.maximum(x, numpy.zeros((), numpy.result_type(x))[()] if xp is numpy else 0.0)

    def kinks(self, xp, x):
        return ((x, 0),)
