"""Structural zeros: a branch that was not selected contributes nothing, whatever its slope is.

In floating point 0 * inf is NaN, so a gradient that is zero *because the value was not used* must
not be multiplied into a slope that happens to be infinite. A zero that merely came out of the
numbers must be: sqrt(x)**2 at 0 has 0 * inf, and an honest NaN is better than a wrong 0. So the
two zeros are told apart by construction. A slope that is a boolean *selects* (that of `where`, of
`maximum`, of `mask * x`), and what it deselects is carried along as dead.
"""

from typing import Any

import numpy

from chainrule.core.rows import everywhere, somewhere


class Selected:
    """A cotangent or a slope that is structurally zero wherever `live` is false.

    `value` is already zero there. `live` is a boolean, or a boolean array that broadcasts against
    `value`; it is never a Tensor, since a selection has no slope of its own.
    """

    __slots__ = ("value", "live")

    def __init__(self, value, live):
        self.value, self.live = value, live


def certain(condition):
    """Whether a condition holds, asked where a rule has a shortcut for that case and is right without it too."""
    if hasattr(condition, "certain"):
        every: Any = numpy.all(condition)
        return every.certain()
    return everywhere(condition)


def possible(condition):
    """Whether a condition may hold for some entry, asked where a rule is right if it is assumed to."""
    return hasattr(condition, "possible") or somewhere(condition)


def is_selection(slope):
    """Whether a slope selects instead of scaling: a boolean, or an array of them."""
    return isinstance(slope, (bool, numpy.bool_)) or getattr(slope, "dtype", None) == _BOOL


_BOOL = numpy.dtype(bool)
_BITS = {numpy.dtype("f4"): numpy.dtype("i4"), numpy.dtype("f8"): numpy.dtype("i8")}


def keep(xp, live, value):
    """`value` where live, 0 elsewhere, whatever stands there (an inf times 0 would be NaN).

    Floats are masked by their bits: `numpy.where` branches on every entry, and a random mask, such as
    that of a ReLU, makes it thirteen times slower (0.46 ms against 0.035 ms for 256 x 512 float32).
    """
    if type(value) is numpy.ndarray and type(live) is numpy.ndarray:
        integer = _BITS.get(value.dtype)
        if integer is not None and value.shape == live.shape:
            bits = numpy.negative(live.view("i1"), dtype=integer)  # all ones where live
            return numpy.bitwise_and(bits, value.view(integer), out=bits).view(value.dtype)
    return xp.where(live, value, 0.0)


def times(xp, cotangent, slope):
    """`cotangent * slope` with structural zeros kept; complex slopes are conjugated.

    The conjugate is the convention of PyTorch and TensorFlow: the gradient of a real loss points
    uphill (Kreutz-Delgado 2009, arXiv 0906.4835).
    """
    live = None
    if type(cotangent) is Selected:
        cotangent, live = cotangent.value, cotangent.live
    if type(slope) is Selected:
        live = slope.live if live is None else live & slope.live
        slope = slope.value
    elif is_selection(slope):
        live = slope if live is None else live & slope
        slope = 1
    if isinstance(slope, complex) or getattr(getattr(slope, "dtype", None), "kind", None) == "c":
        slope = xp.conj(slope)
    product = cotangent if type(slope) is int and slope == 1 else cotangent * slope
    return product if live is None else Selected(keep(xp, live, product), live)


def push(xp, slope, tangent):
    """`slope * tangent`, the forward direction of `times`: no conjugate, nothing carried along."""
    if type(slope) is Selected:
        return keep(xp, slope.live, slope.value * tangent)
    if is_selection(slope):
        return keep(xp, slope, tangent)
    return tangent if type(slope) is int and slope == 1 else slope * tangent


def add(one, other):
    """The sum of two cotangents of one value: dead only where both are dead."""
    if type(one) is Selected and type(other) is Selected:
        return Selected(one.value + other.value, one.live | other.live)
    return plain(one) + plain(other)


def plain(cotangent) -> Any:
    """The bare value of a cotangent."""
    return cotangent.value if type(cotangent) is Selected else cotangent
