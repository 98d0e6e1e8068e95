"""Reductions over `dim`: sums, means, products, extremes with their places, sorting, norms."""

import builtins
import math
from collections import namedtuple
from typing import Any

import numpy

from chainrule.core.record import TENSORS, plain_value
from chainrule.core.rows import as_array
from chainrule.core.spec import dtype_of, shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.torch import pointwise
from chainrule.torch.closures import quietly
from chainrule.torch.errors import DtypeError, ShapeError, UsageError
from chainrule.torch.tensor import of_value


class DimensionError(ShapeError, IndexError):
    """A dimension that the tensor does not have; PyTorch raises an IndexError."""


def axis_of(input, dim) -> Any:
    """A `dim` argument as an axis for the engine: None, a number, or a tuple of numbers, all not negative."""
    if dim is None or dim == () or dim == []:
        return None
    ndim = len(shape_of(plain_value(input)))
    if isinstance(dim, (tuple, list)):
        return tuple(_axis(one, ndim) for one in dim)
    return _axis(dim, ndim)


def _axis(dim, ndim):
    reach = builtins.max(ndim, 1)
    if not -reach <= dim < reach:
        raise DimensionError(
            f"Dimension out of range (expected to be in range of [{-reach}, {reach - 1}], but got {dim})",
            "count dimensions from 0, or from -1 backward",
        )
    return int(dim) % reach


def _on(input, axis):
    """The input and the axis for the engine: a number without dimensions is reduced over none."""
    return (None if not shape_of(plain_value(input)) else axis), input


def _float(input, name, dtype=None):
    if dtype is not None:
        return input.to(dtype)
    if dtype_of(input.node.value).kind not in "fc":
        raise DtypeError(
            f"{name}(): could not infer output dtype. Input dtype must be either a floating point or "
            f"complex dtype. "
            f"Got: {input.dtype}",
            f"convert it first: x.float().{name}()",
        )
    return input


def _typed(input, dtype):
    return input if dtype is None else input.to(dtype)


def sum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum of all entries, or along dimensions.

    >>> import chainrule.torch as torch
    >>> x = torch.tensor([[1., 2.], [3., 4.]])
    >>> torch.sum(x), torch.sum(x, dim=0), x.sum(1, keepdim=True).shape
    (tensor(10.), tensor([4., 6.]), torch.Size([2, 1]))
    """
    if dim is None and dtype is None:
        return quietly(ops.sum, input, None, keepdim)
    axis, input = _on(input, axis_of(input, dim))
    return quietly(ops.sum, _typed(input, dtype), axis, keepdim)


def mean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean of all entries, or along dimensions."""
    axis = None
    if dim is not None:
        axis, input = _on(input, axis_of(input, dim))
    return quietly(ops.mean, _float(input, "mean", dtype), axis, keepdim)


def nansum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum of the entries that are not NaN."""
    return sum(pointwise.where(pointwise.isnan(input), 0, input), dim, keepdim, dtype=dtype)


def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean of the entries that are not NaN."""
    return nansum(input, dim, keepdim, dtype=dtype) / sum(pointwise.logical_not(pointwise.isnan(input)), dim, keepdim)


def prod(input, dim=None, keepdim=False, *, dtype=None):
    """The product of all entries, or along a dimension; right also where some entries are 0."""
    axis, input = _on(input, axis_of(input, dim))
    return quietly(ops.prod, _typed(input, dtype), axis, keepdim)


def _ddof(correction, unbiased):
    if unbiased is None:
        return correction
    return 1 if unbiased else 0


def var(input, dim=None, unbiased=None, keepdim=False, *, correction=1):
    """The variance, of a sample by default: `correction` is taken off the number of entries.

    >>> import chainrule.torch as torch
    >>> x = torch.tensor([1., 2., 3., 4.])
    >>> x.var(), x.var(unbiased=False)
    (tensor(1.6667), tensor(1.2500))
    """
    if isinstance(dim, builtins.bool):  # var(unbiased)
        dim, unbiased = None, dim
    axis, input = _on(input, axis_of(input, dim))
    return quietly(ops.var, _float(input, "var"), axis, keepdim, _ddof(correction, unbiased))


def std(input, dim=None, unbiased=None, keepdim=False, *, correction=1):
    """The standard deviation, of a sample by default; see `var`."""
    if isinstance(dim, builtins.bool):
        dim, unbiased = None, dim
    axis, input = _on(input, axis_of(input, dim))
    return quietly(ops.std, _float(input, "std"), axis, keepdim, _ddof(correction, unbiased))


def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=1):
    """The variance and the mean."""
    return var(input, dim, unbiased, keepdim, correction=correction), mean(input, dim, keepdim)


def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=1):
    """The standard deviation and the mean."""
    return std(input, dim, unbiased, keepdim, correction=correction), mean(input, dim, keepdim)


def logsumexp(input, dim, keepdim=False):
    """ln Σ eˣ along dimensions, without overflow."""
    axis, input = _on(input, axis_of(input, dim))
    return quietly(ops.logsumexp, input, axis, keepdim)


def norm(input, p: Any = "fro", dim=None, keepdim=False, dtype=None):
    """The p-norm of all entries, or along dimensions; the slope of the Euclidean norm at 0 is 0."""
    axis, input = _on(input, axis_of(input, dim))
    input = _float(input, "norm", dtype)
    if p in ("fro", 2, 2.0, None):
        return quietly(ops.norm, input, axis, keepdim)
    size = pointwise.abs(input)
    if p in (math.inf, "inf"):
        return quietly(ops.max, size, axis, keepdim)
    if p in (-math.inf, "-inf"):
        return quietly(ops.min, size, axis, keepdim)
    if p == 0:
        return sum(size != 0, dim, keepdim).to(input.dtype)
    if p == 1:
        return quietly(ops.sum, size, axis, keepdim)
    total = quietly(ops.sum, pointwise.pow(pointwise.where(size == 0, 1.0, size), p) * (size != 0), axis, keepdim)
    return pointwise.where(total == 0, 0.0, pointwise.pow(pointwise.where(total == 0, 1.0, total), 1 / p))


def dist(input, other, p=2):
    """The p-norm of the difference."""
    return norm(input - other, p)


# Extremes and their places


def _result(name, *fields):
    """A named tuple that prints as PyTorch's."""
    kind = namedtuple(name, fields)

    def show(self):
        return f"torch.return_types.{name}(\n" + ",\n".join(f"{f}={v!r}" for f, v in zip(fields, self)) + ")"

    kind.__repr__ = show
    return kind


max_result, min_result = _result("max", "values", "indices"), _result("min", "values", "indices")
sort_result, topk_result = _result("sort", "values", "indices"), _result("topk", "values", "indices")


def _picked(input, places, axis, keepdim):
    """The entries at the given places along an axis, and the places."""
    if not shape_of(input):
        return input, of_value(numpy.int64(0))
    places = numpy.expand_dims(places, axis)
    values = ops.take_along_axis(input, places, axis)
    if not keepdim:
        values, places = ops.squeeze(values, axis), places.squeeze(axis)
    return values, of_value(as_array(places)[()])


def max(input, dim=None, keepdim=False, *, other=None):
    """The largest entry (a tie shares the gradient); with `dim`, the largest along it and where; with a
    second tensor, the larger of the two.

    >>> import chainrule.torch as torch
    >>> torch.max(torch.tensor([[1., 5.], [7., 2.]]), dim=1).indices
    tensor([1, 0])
    """
    if other is not None or type(dim) in TENSORS:
        return pointwise.maximum(input, dim if other is None else other)
    if dim is None:
        return quietly(ops.max, input)
    axis = axis_of(input, dim)
    return max_result(
        *_picked(input, numpy.argmax(plain_value(input), axis if shape_of(input) else None), axis, keepdim)
    )


def min(input, dim=None, keepdim=False, *, other=None):
    """The smallest entry; see `max`."""
    if other is not None or type(dim) in TENSORS:
        return pointwise.minimum(input, dim if other is None else other)
    if dim is None:
        return quietly(ops.min, input)
    axis = axis_of(input, dim)
    return min_result(
        *_picked(input, numpy.argmin(plain_value(input), axis if shape_of(input) else None), axis, keepdim)
    )


def amax(input, dim=(), keepdim=False):
    """The largest entries along dimensions; a tie shares the gradient."""
    axis, input = _on(input, axis_of(input, dim))
    return quietly(ops.max, input, axis, keepdim)


def amin(input, dim=(), keepdim=False):
    """The smallest entries along dimensions; a tie shares the gradient."""
    axis, input = _on(input, axis_of(input, dim))
    return quietly(ops.min, input, axis, keepdim)


def _place(function):
    def argument(input, dim=None, keepdim=False):
        value = as_array(plain_value(input))
        axis = axis_of(input, dim)
        input._leaves_the_graph(function.__name__)
        if not value.ndim:
            return of_value(numpy.int64(0))
        return of_value(as_array(function(value, axis=axis, keepdims=keepdim))[()])

    argument.__name__ = argument.__qualname__ = function.__name__
    argument.__doc__ = f"The place of the {'largest' if 'max' in function.__name__ else 'smallest'} entry."
    return argument


argmax, argmin = _place(numpy.argmax), _place(numpy.argmin)


def argsort(input, dim=-1, descending=False, stable=False):
    """The places of the entries in sorted order along a dimension."""
    value = as_array(plain_value(input))
    if not value.ndim:
        return of_value(numpy.int64(0))
    axis = axis_of(input, dim)
    if descending:  # a stable order of equal entries, from the largest on
        flipped = numpy.flip(value, axis)
        places = numpy.flip(value.shape[axis] - 1 - numpy.argsort(flipped, axis=axis, kind="stable"), axis)
        return of_value(places)
    return of_value(numpy.argsort(value, axis=axis, kind="stable"))


def sort(input, dim=-1, descending=False, stable=False):
    """The entries in order along a dimension, and where they came from.

    >>> import chainrule.torch as torch
    >>> torch.sort(torch.tensor([3., 1., 2.])).values
    tensor([1., 2., 3.])
    """
    places = argsort(input, dim, descending)
    if not shape_of(input):
        return sort_result(input, places)
    return sort_result(ops.take_along_axis(input, places.node.value, axis_of(input, dim)), places)


def topk(input, k, dim=-1, largest=True, sorted=True):
    """The k largest (or smallest) entries along a dimension, and where they are."""
    axis = axis_of(input, dim)
    if k > (shape_of(input)[axis] if shape_of(input) else 1):
        raise UsageError("selected index k out of range", f"there are {shape_of(input)[axis]} entries")
    places = numpy.take(argsort(input, dim, descending=largest).node.value, numpy.arange(k), axis)
    return topk_result(ops.take_along_axis(input, places, axis), of_value(places))


def kthvalue(input, k, dim=-1, keepdim=False):
    """The k-th smallest entry along a dimension, and where it is."""
    axis = axis_of(input, dim)
    places = numpy.take(argsort(input, dim).node.value, k - 1, axis)
    return _result("kthvalue", "values", "indices")(*_picked(input, places, axis, keepdim))


median_result = _result("median", "values", "indices")


def median(input, dim=None, keepdim=False):
    """The middle entry, the lower of two; along a dimension also where it is. NaN wins.

    Without `dim`, equal entries share the gradient.

    >>> import chainrule.torch as torch
    >>> torch.median(torch.tensor([3., 1., 2., 4.]))
    tensor(2.)
    """
    if dim is not None:
        axis = axis_of(input, dim)
        if not shape_of(input):
            return median_result(*_picked(input, None, axis, keepdim))
        order = argsort(input, dim).node.value
        middle = numpy.take(order, (shape_of(input)[axis] - 1) // 2, axis)
        missing = numpy.isnan(plain_value(input))
        places = numpy.where(numpy.any(missing, axis), numpy.argmax(missing, axis), middle)
        return median_result(*_picked(input, places, axis, keepdim))
    flat = ops.reshape(input, (-1,))
    value = plain_value(flat)
    if not value.size:
        raise UsageError("median() is not defined for no entries", "check for an empty tensor first")
    middle = numpy.sort(value)[(value.size - 1) // 2]
    middle = numpy.where(numpy.any(numpy.isnan(value)), numpy.nan, middle).astype(value.dtype)[()]
    if value.dtype.kind != "f":
        return of_value(middle)
    hit = (value == middle) | ((middle != middle) & (value != value))
    apart = ops.where(hit, flat - of_value(numpy.where(hit, value, 0).astype(value.dtype)), 0.0)
    return of_value(middle) + ops.sum(apart) / of_value(hit.sum().astype(value.dtype))


def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """The entry below which a share q lies, between two entries by `interpolation`.

    A `q` of one dimension gives a result with a first dimension more.
    """
    ways = {"linear": None, "lower": numpy.floor, "higher": numpy.ceil, "nearest": numpy.rint, "midpoint": None}
    if interpolation not in ways:
        raise UsageError(
            f"quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got "
            f"{interpolation}",
            "choose one of them",
        )
    share = numpy.asarray(plain_value(q), float)
    if ((share < 0) | (share > 1)).any():
        raise UsageError("quantile() q values must be in the range [0, 1]", "give shares, not percentages")
    kept = tuple(1 if dim is None or i == axis_of(input, dim) else n for i, n in enumerate(shape_of(input)))
    x = ops.reshape(input, (-1,)) if dim is None else ops.moveaxis(input, axis_of(input, dim), -1)
    x = ops.sort(x, -1)
    place = share * (shape_of(x)[-1] - 1)
    if ways[interpolation] is not None:
        place = ways[interpolation](place)
    low, high = numpy.floor(place).astype(int), numpy.ceil(place).astype(int)
    weight = (place - low if interpolation == "linear" else (high != low) * 0.5).astype(dtype_of(x.node.value))
    below, above = ops.getitem(x, (Ellipsis, low)), ops.getitem(x, (Ellipsis, high))
    result = below + (above - below) * of_value(weight[()])
    missing = numpy.isnan(plain_value(ops.getitem(x, (Ellipsis, slice(-1, None)))))
    result = pointwise.where(of_value(missing if share.ndim else missing[..., 0]), numpy.nan, result)
    if share.ndim:
        result = ops.moveaxis(result, -1, 0)
    return ops.reshape(result, share.shape + kept) if keepdim else result


def unique(input, sorted=True, return_inverse=False, return_counts=False):
    """The different entries, in order: values without a history."""
    results = numpy.unique(plain_value(input), return_inverse=return_inverse, return_counts=return_counts)
    return tuple(map(of_value, results)) if isinstance(results, tuple) else of_value(results)


# Running along a dimension


def cumsum(input, dim, *, dtype=None):
    """Running sums along a dimension."""
    if not shape_of(input):
        return pointwise.positive(_typed(input, dtype))
    return quietly(ops.cumsum, _typed(input, dtype), axis_of(input, dim))


def cumprod(input, dim, *, dtype=None):
    """Running products along a dimension; right also where some entries are 0."""
    if not shape_of(input):
        return pointwise.positive(_typed(input, dtype))
    return quietly(ops.cumprod, _typed(input, dtype), axis_of(input, dim))


def diff(input, n=1, dim=-1):
    """Differences of neighbours along a dimension, n times."""
    axis = axis_of(input, dim)
    for _ in range(n):
        before, after = (
            ops.getitem(input, (slice(None),) * axis + (part,)) for part in (slice(None, -1), slice(1, None))
        )
        input = after - before
    return input


def softmax(input, dim=None, *, dtype=None):
    """eˣ over its sum along a dimension, without overflow.

    >>> import chainrule.torch as torch
    >>> torch.softmax(torch.tensor([0., 0.]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return pointwise.exp(log_softmax(input, dim, dtype=dtype))


def log_softmax(input, dim=None, *, dtype=None):
    """x - ln Σ eˣ along a dimension: the logarithm of `softmax`, which never loses digits."""
    input = _float(input, "log_softmax", dtype)
    if dim is None:
        dim = 0 if len(shape_of(input)) in (0, 1, 3) else 1
    return pointwise._sub(input, logsumexp(input, dim, keepdim=True))


# Truth, and counting


def all(input, dim=None, keepdim=False):
    """Whether all entries are true, or those along a dimension."""
    axis = axis_of(input, dim)
    return of_value(as_array(numpy.all(plain_value(input), axis=axis, keepdims=keepdim))[()])


def any(input, dim=None, keepdim=False):
    """Whether any entry is true, or any along a dimension."""
    axis = axis_of(input, dim)
    return of_value(as_array(numpy.any(plain_value(input), axis=axis, keepdims=keepdim))[()])


def count_nonzero(input, dim=None):
    """How many entries are not 0."""
    return of_value(as_array(numpy.count_nonzero(plain_value(input), axis=axis_of(input, dim)))[()])


def bincount(input, weights=None, minlength=0):
    """How often each integer occurs."""
    weights = None if weights is None else plain_value(weights)
    return of_value(numpy.bincount(plain_value(input), weights, minlength))
