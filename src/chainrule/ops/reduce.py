"""Reductions: sums, products, extremes, spreads and norms, over any axis.

`axis` is None (all), a number or a tuple; `keepdims` leaves reduced axes with length 1, as in NumPy.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy

from chainrule.core import record
from chainrule.core.primitive import Custom, Linear
from chainrule.core.rows import as_array, everywhere
from chainrule.core.samples import array, call
from chainrule.core.selection import Selected, push, times
from chainrule.core.spec import dtype_of, kept_shape, normal_axes, reduced_shape, shape_of
from chainrule.ops.compare import absolute
from chainrule.ops.complex import conjugate, real
from chainrule.ops.shape import moveaxis, stack

_ARRAYS = (
    call(array(2, 3), axis=None, keepdims=False),
    call(array(2, 3, 2), axis=(0, 2), keepdims=True),
    call(array(3, 2), axis=-1, keepdims=False),
)
_DISTINCT = (
    call(array(2, 3, distinct=True), axis=None, keepdims=False),
    call(array(2, 3, 2, distinct=True), axis=(0, 2), keepdims=True),
    call(array(3, 2, distinct=True), axis=-1, keepdims=False),
)


def spread(xp, value, x, axis):
    """A reduced value (keepdims or not) laid back over the shape of x."""
    shape = shape_of(x)
    return xp.broadcast_to(xp.reshape(value, kept_shape(shape, axis)), shape)


def kept(xp, value, x, axis):
    """A reduced value with the reduced axes put back as length 1."""
    return xp.reshape(value, kept_shape(shape_of(x), axis))


def count(x, axis):
    """How many entries go into one entry of the reduction."""
    shape = shape_of(x)
    return math.prod(shape[i] for i in normal_axes(axis, len(shape)))


def nowhere_zero(x):
    """Whether no entry is 0."""
    return record.is_expression(x) or everywhere(record.plain_value(x) != 0)


class Sum(Linear):
    """y = Σ x over the axes."""

    latex, words, samples = r"\sum {0}", "the cotangent, spread over the summed axes {axis}", _ARRAYS
    moves = True

    def shape(self, shape, axis, keepdims):
        return reduced_shape(shape, axis, keepdims)

    def forward(self, xp, x, axis, keepdims):
        return xp.sum(x, axis=axis, keepdims=keepdims)

    def transpose(self, xp, g, i, x, axis, keepdims):
        return spread(xp, g, x, axis)


class Mean(Linear):
    """y = the mean of x over the axes."""

    latex, samples = r"\operatorname{{mean}} {0}", _ARRAYS
    words = "the cotangent divided by the number of entries, spread over the axes {axis}"
    moves = True

    def shape(self, shape, axis, keepdims):
        return reduced_shape(shape, axis, keepdims)

    def forward(self, xp, x, axis, keepdims):
        return xp.mean(x, axis=axis, keepdims=keepdims)

    def transpose(self, xp, g, i, x, axis, keepdims):
        return spread(xp, g / count(x, axis), x, axis)


class Reduction(Custom, kind=True):
    """A reduction that you give as `forward` and `slope`: the gradient of y in each entry of x."""

    requires = ("forward", "slope", "latex", "words", "samples")
    slope: Callable[..., Any]
    words = "the cotangent spread over the axes {axis}, times the slope of each entry"

    def shape(self, shape, axis, keepdims, **params):
        return reduced_shape(shape, axis, keepdims)

    def vjp(self, xp, g, i, y, x, axis, keepdims, **params):
        slope = self.slope(xp, kept(xp, y, x, axis), x, axis=axis, **params)
        return times(xp, spread(xp, g, x, axis), slope)

    def jvp(self, xp, t, i, y, x, axis, keepdims, **params):
        slope = self.slope(xp, kept(xp, y, x, axis), x, axis=axis, **params)
        moved = xp.sum(push(xp, slope, t), axis=axis, keepdims=keepdims)
        return moved if dtype_of(y).kind == "c" else real(moved)

    def alive(self, live, y, i, xs, params):
        return spread(numpy, numpy.broadcast_to(live, shape_of(y)), xs[i], params["axis"])

    def at_kink(self, y, x, axis, keepdims, **params):
        """Which entries of x stand at a kink of y, as a boolean array; None for a function without kinks."""
        return None


class Prod(Reduction):
    """y = Π x; the slope of an entry is the product of the others, right also where some are 0."""

    latex, samples = r"\prod {0}", _ARRAYS

    def forward(self, xp, x, axis, keepdims):
        return xp.prod(x, axis=axis, keepdims=keepdims)

    def slope(self, xp, y, x, axis):
        if nowhere_zero(x):
            return y / x
        shape, axes = shape_of(x), normal_axes(axis, len(shape_of(x)))
        rest = tuple(i for i in range(len(shape)) if i not in axes)
        order, n = rest + axes, count(x, axis)
        rows = xp.reshape(xp.transpose(x, order), (*(shape[i] for i in rest), 1, n))
        others = xp.prod(xp.where(numpy.eye(n, dtype=bool), 1.0, rows), axis=-1)
        moved = xp.reshape(others, tuple(shape[i] for i in order))
        return xp.transpose(moved, tuple(int(i) for i in numpy.argsort(order)))


class Max(Reduction):
    """y = the largest entry; ties are split equally, NaN wins."""

    latex, samples = r"\max {0}", _DISTINCT

    def forward(self, xp, x, axis, keepdims):
        return xp.max(x, axis=axis, keepdims=keepdims)

    def slope(self, xp, y, x, axis):
        return x >= y if record.is_expression(x) else _shared(y, x, axis)

    def at_kink(self, y, x, axis, keepdims, **params):
        return _tied(y, x, axis)


class Min(Reduction):
    """y = the smallest entry; ties are split equally, NaN wins."""

    latex, samples = r"\min {0}", _DISTINCT

    def forward(self, xp, x, axis, keepdims):
        return xp.min(x, axis=axis, keepdims=keepdims)

    def slope(self, xp, y, x, axis):
        return x <= y if record.is_expression(x) else _shared(y, x, axis)

    def at_kink(self, y, x, axis, keepdims, **params):
        return _tied(y, x, axis)


def _tied(y, x, axis):
    """Entries that share the extreme with others."""
    hit = x == kept(numpy, y, x, axis)
    return hit & (hit.sum(axis=axis, keepdims=True) > 1)


def _at_zero(y, x, axis):
    """Entries of which the reduced value is 0."""
    return numpy.broadcast_to(kept(numpy, y, x, axis) == 0, x.shape)


def _shared(y, x, axis):
    """Entries equal to the extreme share its slope; the others are deselected."""
    y, x = record.plain_value(y), as_array(record.plain_value(x))
    hit = (x == y) | (x != x)
    return Selected(hit * (1 / hit.sum(axis=axis, keepdims=True)).astype(x.dtype), hit)


class Var(Reduction):
    """y = Σ (x - mean)² / (n - ddof)."""

    latex = r"\operatorname{{var}} {0}"
    samples = (
        call(array(2, 3), axis=None, keepdims=False, ddof=0),
        call(array(3, 4), axis=(1,), keepdims=True, ddof=1),
    )

    def forward(self, xp, x, axis, keepdims, ddof):
        return xp.var(x, axis=axis, keepdims=keepdims, ddof=ddof)

    def slope(self, xp, y, x, axis, ddof):
        centred = x - xp.mean(x, axis=axis, keepdims=True)
        return conjugate(centred) * (2 / (count(x, axis) - ddof))


class Std(Reduction):
    """y = the square root of the variance; the slope at a constant is 0."""

    latex, samples = r"\operatorname{{std}} {0}", Var.samples

    def forward(self, xp, x, axis, keepdims, ddof):
        return xp.std(x, axis=axis, keepdims=keepdims, ddof=ddof)

    def slope(self, xp, y, x, axis, ddof):
        centred = x - xp.mean(x, axis=axis, keepdims=True)
        return conjugate(centred) / (xp.where(y == 0, 1.0, y) * (count(x, axis) - ddof))

    def at_kink(self, y, x, axis, keepdims, **params):
        return _at_zero(y, x, axis)


class Logsumexp(Reduction):
    """y = ln Σ eˣ, which never overflows; the slopes are the softmax of x."""

    latex, samples = r"\ln \sum e^{{{0}}}", _ARRAYS

    def forward(self, xp, x, axis, keepdims):
        top = xp.max(x, axis=axis, keepdims=True)
        top = xp.where(xp.isfinite(top), top, 0.0)
        with numpy.errstate(divide="ignore"):  # ln 0 of an all -inf row is -inf, and right
            inner = xp.log(xp.sum(xp.exp(x - top), axis=axis, keepdims=True)) + top
        return xp.reshape(inner, reduced_shape(shape_of(x), axis, keepdims))

    def slope(self, xp, y, x, axis):
        share = xp.exp(x - _top(x, axis))
        total = xp.sum(share, axis=axis, keepdims=True)
        return share / xp.where(total == 0, 1.0, total)


def _top(x, axis):
    """The largest entries, which e to the power of can do without; an expression keeps them."""
    if record.is_expression(x):
        return 0
    top = numpy.max(record.plain_value(x), axis=axis, keepdims=True)
    return numpy.where(numpy.isfinite(top), top, 0.0).astype(top.dtype)


class Softmax(Custom):
    """y = eˣ / Σ eˣ over the axes: positive shares that add up to 1, however large x is."""

    latex, words = r"\operatorname{{softmax}} {0}", "y (G - Σ G y)"
    samples = (call(array(4), axis=None), call(array(2, 3), axis=-1), call(array(2, 3, 2), axis=(0, 2)))

    def shape(self, shape, axis):
        return shape

    def forward(self, xp, x, axis):
        share = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
        return share / xp.sum(share, axis=axis, keepdims=True)

    def vjp(self, xp, g, i, y, x, axis):
        return y * (g - xp.sum(g * y, axis=axis, keepdims=True))

    def jvp(self, xp, t, i, y, x, axis):
        return y * (t - xp.sum(t * y, axis=axis, keepdims=True))


class Norm(Reduction):
    """y = √Σ |x|², the Euclidean length; the slope at 0 is 0."""

    latex, samples = r"\lVert {0} \rVert", _ARRAYS

    def forward(self, xp, x, axis, keepdims):
        return xp.sqrt(xp.sum(x * x, axis=axis, keepdims=keepdims))

    def slope(self, xp, y, x, axis):
        return x / xp.where(y == 0, 1.0, y)

    def at_kink(self, y, x, axis, keepdims, **params):
        return _at_zero(y, x, axis)


class Cumsum(Linear):
    """y_k = x_1 + ... + x_k along the axis."""

    latex, words = r"\operatorname{{cumsum}} {0}", "the cotangents of this and all later entries, summed"
    samples = (call(array(4), axis=0), call(array(2, 3), axis=1))
    moves = True

    def shape(self, shape, axis):
        return shape

    def forward(self, xp, x, axis):
        return xp.cumsum(x, axis=axis)

    def transpose(self, xp, g, i, x, axis):
        return xp.flip(xp.cumsum(xp.flip(g, axis), axis=axis), axis)


class Cumprod(Custom):
    """y_k = x_1 ... x_k along the axis, for entries that are not 0 (see `cumprod` for the others)."""

    latex, words = r"\operatorname{{cumprod}} {0}", "the products of this and all later entries, over the entry"
    samples = (call(array(4, low=0.5), axis=0), call(array(2, 3, low=0.5), axis=1))

    def shape(self, shape, axis):
        return shape

    def forward(self, xp, x, axis):
        return xp.cumprod(x, axis=axis)

    def vjp(self, xp, g, i, y, x, axis):
        later = xp.flip(xp.cumsum(xp.flip(g * conjugate(y), axis), axis=axis), axis)
        return later / conjugate(x)

    def jvp(self, xp, t, i, y, x, axis):
        return y * xp.cumsum(t / x, axis=axis)


_sum, _mean, _prod, _max, _min = Sum(), Mean(), Prod(), Max(), Min()
_var, _std, _logsumexp, _norm = Var(), Std(), Logsumexp(), Norm()
_cumsum, _cumprod, _softmax = Cumsum(), Cumprod(), Softmax()


def sum(x, axis=None, keepdims=False):
    """Σ x."""
    return _sum(x, axis=axis, keepdims=keepdims)


def mean(x, axis=None, keepdims=False):
    """The mean."""
    return _mean(x, axis=axis, keepdims=keepdims)


def prod(x, axis=None, keepdims=False):
    """Π x."""
    return _prod(x, axis=axis, keepdims=keepdims)


def max(x, axis=None, keepdims=False):
    """The largest entry."""
    return _max(x, axis=axis, keepdims=keepdims)


def min(x, axis=None, keepdims=False):
    """The smallest entry."""
    return _min(x, axis=axis, keepdims=keepdims)


def var(x, axis=None, keepdims=False, ddof=0):
    """The variance, with `ddof` taken off the number of entries."""
    return _var(x, axis=axis, keepdims=keepdims, ddof=ddof)


def std(x, axis=None, keepdims=False, ddof=0):
    """The standard deviation, with `ddof` taken off the number of entries."""
    return _std(x, axis=axis, keepdims=keepdims, ddof=ddof)


def logsumexp(x, axis=None, keepdims=False):
    """ln Σ eˣ, without overflow.

    >>> import chainrule as cr
    >>> cr.grad(cr.logsumexp)([1000.0, 1000.0])
    [0.5, 0.5]
    """
    return _logsumexp(x, axis=axis, keepdims=keepdims)


def softmax(x, axis=None):
    """eˣ / Σ eˣ over the axes, without overflow.

    >>> import numpy, chainrule as cr
    >>> cr.grad(lambda x: softmax(x)[0])(numpy.array([1000.0, 1000.0]))
    array([ 0.25, -0.25])
    """
    return _softmax(x, axis=axis)


def norm(x, axis=None, keepdims=False):
    """The Euclidean length over the axes."""
    x = absolute(x) if dtype_of(x).kind == "c" else x
    return _norm(x, axis=axis, keepdims=keepdims)


def cumsum(x, axis=None):
    """Running sums; of the flattened array where axis is None."""
    return cumsum(x.reshape(-1), 0) if axis is None else _cumsum(x, axis=axis)


def cumprod(x, axis=None):
    """Running products; of the flattened array where axis is None."""
    if axis is None:
        return cumprod(x.reshape(-1), 0)
    if everywhere(record.plain_value(x) != 0):
        return _cumprod(x, axis=axis)
    # An entry is 0: unrolled, so that no rule divides by it.
    rows = moveaxis(x, axis, 0)
    running = [rows[0]]
    for i in range(1, shape_of(rows)[0]):
        running.append(running[-1] * rows[i])
    return stack(running, axis=axis)
