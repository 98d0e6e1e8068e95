"""Sums, means, extremes, sorting and running sums, under TensorFlow's names."""

import builtins
from collections import namedtuple
from typing import Any

import numpy

from chainrule.core.quiet import quietly
from chainrule.core.record import TENSORS
from chainrule.core.rows import as_array
from chainrule.core.spec import dtype_of, shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.tf import recording
from chainrule.tf.closures import answered, not_real
from chainrule.tf.errors import ArgumentError, OutOfRangeError
from chainrule.tf.tensor import convert_to_tensor, plain


def axes_of(tensor, axis) -> Any:
    """An axis argument (numbers, lists, tensors) as None, a number or a tuple; OutOfRangeError for none there."""
    if axis is None:
        return None
    places = numpy.asarray(plain(axis)).tolist()
    rank = len(shape_of(tensor))
    for place in places if isinstance(places, list) else [places]:
        if not -rank <= place < rank:
            raise OutOfRangeError(
                f"Invalid reduction dimension ({place} for input with {rank} dimension(s)",
                "count axes from 0, or from -1 backward",
            )
    return tuple(places) if isinstance(places, list) else places


def _reduction(name, words, real=False, called=None):
    function, called = getattr(ops, name), f"reduce_{called or name}"

    def reduce(input_tensor, axis=None, keepdims=False, name=None):
        tensor = convert_to_tensor(input_tensor)
        kind = dtype_of(tensor.node.value)
        if kind.kind in "biu":
            if real:
                raise not_real(function.__name__, kind)
            whole = getattr(numpy, function.__name__)(tensor.node.value, axis=axes_of(tensor, axis), keepdims=keepdims)
            return answered(numpy.floor(whole).astype(kind) if function.__name__ == "mean" else whole.astype(kind))
        return quietly(function, tensor, axis=axes_of(tensor, axis), keepdims=keepdims)

    reduce.__name__ = reduce.__qualname__ = called
    reduce.__doc__ = f"{words} over the axes (all by default); `keepdims` leaves them with length 1."
    return reduce


reduce_sum, reduce_mean = _reduction("sum", "The sum"), _reduction("mean", "The mean")
reduce_prod = _reduction("prod", "The product")
reduce_max = _reduction("max", "The largest entry, ties sharing the gradient equally,")
reduce_min = _reduction("min", "The smallest entry, ties sharing the gradient equally,")
reduce_logsumexp = _reduction("logsumexp", "ln Σ eˣ, without overflow,", real=True)
reduce_variance = _reduction("var", "The variance (of all n entries, not n - 1)", real=True, called="variance")
reduce_std = _reduction("std", "The standard deviation (of all n entries, not n - 1)", real=True)
reduce_euclidean_norm = _reduction("norm", "The Euclidean length", real=True, called="euclidean_norm")


def reduce_all(input_tensor, axis=None, keepdims=False, name=None):
    """Whether all entries are true."""
    value = plain(input_tensor)
    return answered(numpy.all(value, axis=axes_of(value, axis), keepdims=keepdims))


def reduce_any(input_tensor, axis=None, keepdims=False, name=None):
    """Whether any entry is true."""
    value = plain(input_tensor)
    return answered(numpy.any(value, axis=axes_of(value, axis), keepdims=keepdims))


def count_nonzero(input, axis=None, keepdims=None, dtype=numpy.int64, name=None):
    """How many entries are not 0."""
    value = as_array(plain(input)) != 0
    return answered(value.sum(axis=axes_of(value, axis), keepdims=builtins.bool(keepdims)).astype(dtype))


def norm(tensor, ord: Any = "euclidean", axis=None, keepdims=None, name=None):
    """The length of vectors: Euclidean, or with `ord` 1, 2, infinity or another power.

    At 0 the slope of the Euclidean length is 0, where TensorFlow gives NaN.

    >>> import chainrule.tf as tf
    >>> tf.norm([3.0, 4.0])
    <tf.Tensor: shape=(), dtype=float32, numpy=5.0>
    """
    tensor, keepdims = convert_to_tensor(tensor), builtins.bool(keepdims)
    axis = axes_of(tensor, axis)
    if ord in ("euclidean", "fro") or ord == 2 and not isinstance(axis, tuple):
        return quietly(ops.norm, tensor, axis=axis, keepdims=keepdims)
    if isinstance(axis, tuple) and ord not in (1, numpy.inf) or isinstance(ord, str):
        raise ArgumentError(f"'ord' must be a supported norm, got {ord!r} for axis={axis}", "use 'euclidean'")
    size = abs(tensor)
    if isinstance(axis, tuple):  # of a matrix: the largest sum of a column, or of a row
        sums = reduce_sum(size, axis[0] if ord == 1 else axis[1], keepdims=True)
        return reduce_max(sums, axis, keepdims)
    if ord == numpy.inf:
        return reduce_max(size, axis, keepdims)
    if ord == 1:
        return reduce_sum(size, axis, keepdims)
    return reduce_sum(size**ord, axis, keepdims) ** (1.0 / ord)


# Places, which have no slope


def _leave(tensor, what):
    if type(tensor) in TENSORS and tensor.node.tracked:
        recording.cut(tensor.node, what)
    return as_array(plain(tensor))


def argmax(input, axis=None, output_type=numpy.int64, name=None):
    """Where the largest entry stands along an axis (the first by default)."""
    return answered(numpy.argmax(_leave(input, "argmax"), axis or 0).astype(output_type))


def argmin(input, axis=None, output_type=numpy.int64, name=None):
    """Where the smallest entry stands along an axis (the first by default)."""
    return answered(numpy.argmin(_leave(input, "argmin"), axis or 0).astype(output_type))


def _order(values, axis, direction):
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ArgumentError(
            f"direction should be one of ASCENDING or DESCENDING, got {direction!r}", "choose one of the two"
        )
    bare = as_array(plain(values))
    if direction == "ASCENDING":
        return numpy.argsort(bare, axis=axis, kind="stable")
    last = bare.shape[axis] - 1
    return numpy.flip(last - numpy.argsort(numpy.flip(bare, axis), axis=axis, kind="stable"), axis)


def argsort(values, axis=-1, direction="ASCENDING", stable=False, name=None):
    """The places of the entries in sorted order along an axis."""
    _leave(values, "argsort")
    return answered(_order(values, axis, direction).astype(numpy.int32))


def sort(values, axis=-1, direction="ASCENDING", name=None):
    """The entries sorted along an axis; each keeps its own slope."""
    values = convert_to_tensor(values)
    return ops.take_along_axis(values, _order(values, axis, direction), axis)


TopK = namedtuple("TopKV2", ["values", "indices"])


def top_k(input, k=1, sorted=True, index_type=numpy.int32, name=None):
    """The k largest entries along the last axis, the largest first, and their places."""
    input = convert_to_tensor(input)
    places = _order(input, -1, "DESCENDING")[..., : int(plain(k))]
    return TopK(ops.take_along_axis(input, places, -1), answered(places.astype(index_type)))


# Running along an axis


def _running(name, function, neutral, words):
    def run(x, axis=0, exclusive=False, reverse=False, name=None):
        x = convert_to_tensor(x)
        axis = int(plain(axis)) % builtins.max(len(shape_of(x)), 1)
        if reverse:
            x = ops.flip(x, axis)
        if exclusive:  # shifted by one place, with the neutral number in front
            whole = (slice(None),) * axis
            shape = tuple(1 if i == axis else n for i, n in enumerate(shape_of(x)))
            first = numpy.full(shape, neutral, dtype_of(x.node.value))
            x = ops.concatenate([first, x[(*whole, slice(None, -1))]], axis)
        x = quietly(function, x, axis)
        return ops.flip(x, axis) if reverse else x

    run.__name__ = run.__qualname__ = name
    run.__doc__ = f"Running {words} along an axis; `exclusive` leaves out the entry itself, `reverse` runs back."
    return run


cumsum = _running("cumsum", ops.cumsum, 0, "sums")
cumprod = _running("cumprod", ops.cumprod, 1, "products")


# Sums by segment


def unsorted_segment_sum(data, segment_ids, num_segments, name=None):
    """The sums of the entries of each segment; `segment_ids` says to which an entry belongs.

    >>> import chainrule.tf as tf
    >>> tf.math.unsorted_segment_sum([1.0, 2.0, 3.0], [0, 1, 0], 2).numpy()
    array([4., 2.], dtype=float32)
    """
    data, places = convert_to_tensor(data), numpy.asarray(plain(segment_ids))
    shape = (int(plain(num_segments)), *shape_of(data)[places.ndim :])
    return ops.scatter(data, (places,), shape)


def segment_sum(data, segment_ids, name=None):
    """As `unsorted_segment_sum`, for sorted ids."""
    places = numpy.asarray(plain(segment_ids))
    return unsorted_segment_sum(data, places, int(places[-1]) + 1)
