"""NumPy's sums, means, spreads and extremes, with all of their options. Signatures are NumPy's.

What `where=` leaves out is not selected, so it contributes a structural zero: no slope there is read.
"""

from typing import Any

import numpy

from chainrule.core.record import TENSORS, plain_value
from chainrule.core.spec import dtype_of, normal_axes, normal_axis, reduced_shape, shape_of
from chainrule.errors import ArgumentError, ImmutableError, UnsupportedFunctionError
from chainrule.ops import NAMESPACE as ops

ABSENT: Any = object()  # an argument that was not given
_NUMPYS_ABSENT = vars(numpy)["_NoValue"]  # NumPy's own marker for that


def refuse_out(function, out):
    """Raise where `out=` was given, which is in-place writing."""
    if out is not None:
        raise ImmutableError(
            f"numpy.{function} was given out=, and an array written in place cannot carry a derivative",
            "leave out= away and use the result",
        )


def typed(a, dtype):
    """The value in another dtype; as it is where that is None."""
    a = numpy.asarray(a) if isinstance(a, (list, tuple)) else a
    return a if dtype is None else ops.astype(a, dtype)


def _dtype(x):
    return dtype_of(plain_value(x))  # a front's `dtype` may be its own


def _given(option):
    return option is not ABSENT and option is not _NUMPYS_ABSENT


def _kept(keepdims):
    return keepdims is True or (keepdims is not False and _given(keepdims) and bool(keepdims))


def _mask(where) -> Any:
    """The array of a `where=`, or None where all entries count."""
    if not _given(where) or where is True:
        return None
    return numpy.asarray(plain_value(where), dtype=bool)


def _selected(a, where, filling):
    mask = _mask(where)
    return a if mask is None else ops.where(mask, a, filling)


def _counted(a, where, axis, keepdims) -> Any:
    """How many entries go into each entry of the result."""
    mask = _mask(where)
    if mask is None:
        return int(numpy.prod([shape_of(a)[i] for i in normal_axes(axis, len(shape_of(a)))], dtype=int))
    return numpy.sum(numpy.broadcast_to(mask, shape_of(a)), axis=axis, keepdims=keepdims)


def sum_like(name, function, neutral, combine):
    """np.sum and np.prod: `neutral` stands in for what `where=` leaves out, `combine` brings in `initial=`."""

    def reduction(a, axis=None, dtype=None, out=None, keepdims=False, initial=ABSENT, where=ABSENT):
        if dtype is out is None and initial is where is ABSENT:  # the usual call, without detours
            return function(a, axis=axis, keepdims=_kept(keepdims))
        refuse_out(name, out)
        result = function(_selected(typed(a, dtype), where, neutral), axis=axis, keepdims=_kept(keepdims))
        return combine(result, initial) if _given(initial) else result

    return reduction


def max_like(name, function, last, combine):
    """np.max and np.min: `last` is what every entry beats."""

    def reduction(a, axis=None, out=None, keepdims=False, initial=ABSENT, where=ABSENT):
        if out is None and initial is where is ABSENT:
            return function(a, axis=axis, keepdims=_kept(keepdims))
        refuse_out(name, out)
        if not _given(initial):
            if _mask(where) is not None:
                raise ArgumentError(f"numpy.{name} was given where= without initial=", f"pass initial={last}")
            return function(a, axis=axis, keepdims=_kept(keepdims))
        if 0 in shape_of(a):
            nothing = ops.broadcast_to(initial, reduced_shape(shape_of(a), axis, _kept(keepdims)))
            return ops.astype(nothing, _dtype(a))
        return combine(function(_selected(a, where, last), axis=axis, keepdims=_kept(keepdims)), initial)

    return reduction


sum = sum_like("sum", ops.sum, 0.0, ops.add)
prod = sum_like("prod", ops.prod, 1.0, ops.multiply)
max = max_like("max", ops.max, -numpy.inf, ops.maximum)
min = max_like("min", ops.min, numpy.inf, ops.minimum)


def mean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=ABSENT):
    if dtype is out is None and where is ABSENT:
        return ops.mean(a, axis=axis, keepdims=_kept(keepdims))
    refuse_out("mean", out)
    a, keepdims = typed(a, dtype), _kept(keepdims)
    if _mask(where) is None:
        return ops.mean(a, axis=axis, keepdims=keepdims)
    n = _counted(a, where, axis, keepdims)
    return ops.divide(sum(a, axis, keepdims=keepdims, where=where), numpy.asarray(n, _dtype(a))[()])


def var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=ABSENT, mean=ABSENT, correction=ABSENT):
    refuse_out("var", out)
    a, keepdims = typed(a, dtype), _kept(keepdims)
    ddof = correction if _given(correction) else ddof
    if _mask(where) is None and not _given(mean):
        return ops.var(a, axis=axis, keepdims=keepdims, ddof=ddof)
    centre = mean if _given(mean) else _mean(a, axis, keepdims=True, where=where)
    apart = ops.subtract(a, centre)
    square = ops.real(ops.multiply(apart, ops.conjugate(apart)))  # |.|² without the kink of |.|
    total = sum(square, axis, keepdims=keepdims, where=where)
    n = numpy.maximum(_counted(a, where, axis, keepdims) - ddof, 0)
    return ops.divide(total, numpy.asarray(n, _dtype(total))[()])


def std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=ABSENT, mean=ABSENT, correction=ABSENT):
    refuse_out("std", out)
    if _mask(where) is None and not _given(mean):
        ddof = correction if _given(correction) else ddof
        return ops.std(typed(a, dtype), axis=axis, keepdims=_kept(keepdims), ddof=ddof)
    spread = var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction)
    flat = plain_value(spread) == 0  # as `ops.std`: the slope at a constant is 0
    return ops.where(flat, 0.0, ops.sqrt(spread))


_mean = mean


def ptp(a, axis=None, out=None, keepdims=False):
    refuse_out("ptp", out)
    return max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims)


def average(a, axis: Any = None, weights=None, returned=False, *, keepdims=False):
    a, weights, keepdims = ops.whole(a), ops.whole(weights), _kept(keepdims)
    shape = shape_of(a)
    if weights is None:
        mean = ops.mean(a, axis=axis, keepdims=keepdims)
        total = numpy.full(shape_of(mean), _counted(a, ABSENT, axis, keepdims), _dtype(mean))[()]
        return (mean, total) if returned else mean
    if shape_of(weights) != shape:
        along = (
            normal_axes(axis, len(shape)) if not isinstance(axis, tuple) else [normal_axis(i, len(shape)) for i in axis]
        )
        if axis is None or shape_of(weights) != tuple(shape[i] for i in along):
            raise ArgumentError(
                f"numpy.average was given weights of shape {shape_of(weights)} for axis={axis} of shape {shape}",
                "give one weight for each entry, or for each place along the axis",
            )
        weights = ops.transpose(weights, numpy.argsort(along))
        weights = ops.reshape(weights, tuple(n if i in along else 1 for i, n in enumerate(shape)))
    product = ops.multiply(a, weights)
    total = ops.sum(ops.broadcast_to(weights, shape), axis=axis, keepdims=keepdims)
    total = ops.astype(total, _dtype(product))
    mean = ops.divide(ops.sum(product, axis=axis, keepdims=keepdims), total)
    return (mean, total) if returned else mean


# Where NaN counts as missing


def _present(a, where):
    there = ~numpy.isnan(plain_value(a))
    mask = _mask(where)
    return there if mask is None else there & mask


def _skipping(function):
    def reduction(a, *args, where=ABSENT, **kwargs):
        return function(a, *args, where=_present(a, where), **kwargs)

    return reduction


nansum, nanprod = _skipping(sum), _skipping(prod)
nanmean, nanvar, nanstd = _skipping(mean), _skipping(var), _skipping(std)


def _nan_extreme(extreme, last):
    def reduction(a, axis=None, out=None, keepdims=False, initial=ABSENT, where=ABSENT):
        there = _present(a, where)
        best = extreme(ops.where(there, a, last), axis, out, keepdims, initial)
        if _given(initial):
            return best
        return ops.where(there.any(axis=axis, keepdims=_kept(keepdims)), best, numpy.nan)

    return reduction


nanmax, nanmin = _nan_extreme(max, -numpy.inf), _nan_extreme(min, numpy.inf)


# Running sums


def running(name, function, neutral=None):
    """np.cumsum and its kind; `neutral` stands in for NaN where NaN counts as missing."""

    def accumulation(a, axis=None, dtype=None, out=None):
        refuse_out(name, out)
        a = typed(a, dtype)
        return function(a if neutral is None else ops.where(_present(a, ABSENT), a, neutral), axis)

    return accumulation


cumsum, cumprod = running("cumsum", ops.cumsum), running("cumprod", ops.cumprod)
nancumsum, nancumprod = running("nancumsum", ops.cumsum, 0.0), running("nancumprod", ops.cumprod, 1.0)


def _cumulative(name, function, neutral):
    def accumulation(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
        refuse_out(name, out)
        axis = 0 if axis is None and len(shape_of(x)) == 1 else axis
        if axis is None:
            raise ArgumentError(f"numpy.{name} of an array with several axes was given no axis", "name the axis")
        result = function(typed(x, dtype), axis)
        if not include_initial:
            return result
        axis = normal_axes(axis, len(shape_of(x)))[0]
        first = tuple(1 if i == axis else n for i, n in enumerate(shape_of(x)))
        return ops.concatenate([numpy.full(first, neutral, _dtype(result)), result], axis)

    return accumulation


cumulative_sum = _cumulative("cumulative_sum", ops.cumsum, 0)
cumulative_prod = _cumulative("cumulative_prod", ops.cumprod, 1)


# Counting


def bincount(x, /, weights=None, minlength=0):
    """Sums of the weights of equal places; the places themselves have no slope."""
    places = numpy.asarray(plain_value(x))
    if weights is None:
        return numpy.bincount(places, minlength=minlength)
    shape = numpy.bincount(places, minlength=minlength).shape
    return ops.scatter(ops.astype(ops.whole(weights), float), (places,), shape)


def histogram(a, bins: Any = 10, range=None, density=None, weights=None):
    """Counts, which have no slope, and the edges, which move with the least and the largest entry."""
    if weights is not None or density or type(bins) in TENSORS or isinstance(bins, str):
        raise UnsupportedFunctionError(
            "numpy.histogram with weights=, density= or computed bins has no derivative rule here",
            "np.bincount(places, weights=...) has one; where no derivative is wanted, pass stop_gradient(t)",
        )
    counts, edges = numpy.histogram(plain_value(a), bins, range)
    values = numpy.asarray(plain_value(a))
    if range is None and numpy.ndim(bins) == 0 and values.size:
        share = numpy.linspace(0.0, 1.0, len(edges)).astype(edges.dtype)
        apart = 0.0 if values.min() != values.max() else 0.5
        edges = ops.multiply(ops.min(a) - apart, 1 - share) + ops.multiply(ops.max(a) + apart, share)
    return counts, edges
