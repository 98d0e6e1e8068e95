"""Making tensors, and arranging their entries, under TensorFlow's names."""

import builtins
from typing import Any

import numpy

from chainrule.core.quiet import quietly
from chainrule.core.record import TENSORS
from chainrule.core.rows import as_array
from chainrule.core.spec import dtype_of, shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.tf import dtypes
from chainrule.tf.closures import answered, sizes
from chainrule.tf.errors import ArgumentError, OutOfRangeError, ShapeError
from chainrule.tf.tensor import as_tensors, convert_to_tensor, of_value, plain


def lengths(shape):
    """A shape argument (a list, a tuple, a tensor, a number) as a tuple of numbers."""
    if isinstance(shape, (list, tuple)):
        return tuple(int(plain(n)) for n in shape)
    places = numpy.asarray(plain(shape)).tolist()
    return tuple(places) if isinstance(places, list) else (places,)


def _refused(name, function, *args):
    try:
        return quietly(function, *args)
    except (ValueError, IndexError) as error:
        raise ShapeError(f"{name}: {getattr(error, 'what', error)}", getattr(error, "do", "check the shapes")) from None


# Made without a history


def zeros(shape, dtype=dtypes.float32, name=None, layout=None):
    """A tensor of zeros.

    >>> import chainrule.tf as tf
    >>> tf.zeros([2])
    <tf.Tensor: shape=(2,), dtype=float32, numpy=array([0., 0.], dtype=float32)>
    """
    return of_value(numpy.zeros(lengths(shape), dtypes.as_dtype(dtype).dtype)[()])


def ones(shape, dtype=dtypes.float32, name=None, layout=None):
    """A tensor of ones."""
    return of_value(numpy.ones(lengths(shape), dtypes.as_dtype(dtype).dtype)[()])


def fill(dims, value, name=None, layout=None):
    """A tensor of one value."""
    return ops.broadcast_to(convert_to_tensor(value), lengths(dims))


def _like(function):
    def like(input, dtype=None, name=None, layout=None):
        bare = as_array(plain(input))
        return of_value(function(bare, dtype=None if dtype is None else dtypes.as_dtype(dtype).dtype)[()])

    like.__name__ = like.__qualname__ = function.__name__
    like.__doc__ = f"`{function.__name__.removesuffix('_like')}` of the shape and dtype of another tensor."
    return like


zeros_like, ones_like = _like(numpy.zeros_like), _like(numpy.ones_like)


def eye(num_rows, num_columns=None, batch_shape=None, dtype=dtypes.float32, name=None):
    """The identity matrix, or a stack of them."""
    matrix = numpy.eye(num_rows, num_columns, dtype=dtypes.as_dtype(dtype).dtype)
    return of_value(numpy.broadcast_to(matrix, (*lengths(batch_shape or ()), *matrix.shape)).copy())


def range(start, limit=None, delta=1, dtype=None, name="range"):
    """Numbers from start up to, and without, limit, in steps of delta.

    >>> import chainrule.tf as tf
    >>> tf.range(3).numpy()
    array([0, 1, 2], dtype=int32)
    """
    if limit is None:
        start, limit = 0, start
    given = [plain(number) for number in (start, limit, delta)]
    kind = numpy.result_type(*(number.dtype for number in given)) if dtype is None else dtypes.as_dtype(dtype).dtype
    return of_value(numpy.arange(*(number.item() for number in given)).astype(kind))


def linspace(start, stop, num, name=None, axis=0):
    """Evenly spaced numbers from start to stop, both included; gradients flow to both."""
    start, stop = as_tensors(start, stop)
    kind, rank = dtype_of(start.node.value), len(shape_of(start))
    share = numpy.linspace(0.0, 1.0, int(plain(num))).astype(kind).reshape(-1, *(1,) * rank)
    points = quietly(ops.add, ops.multiply(start, 1 - share), ops.multiply(stop, share))
    return points if axis == 0 else ops.moveaxis(points, 0, axis)


def one_hot(indices, depth, on_value: Any = None, off_value: Any = None, axis=-1, dtype=None, name=None):
    """Rows with `on_value` (1) at the place that each index names and `off_value` (0) elsewhere.

    >>> import chainrule.tf as tf
    >>> tf.one_hot([0, 2], 3).numpy()
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    kind = dtypes.float32.dtype if dtype is None else dtypes.as_dtype(dtype).dtype
    hit = as_array(plain(indices))[..., None] == numpy.arange(int(plain(depth)))
    on, off = (default if value is None else plain(value) for value, default in ((on_value, 1), (off_value, 0)))
    rows = numpy.where(hit, on, off).astype(kind)
    return of_value(rows if axis in (-1, rows.ndim - 1) else numpy.moveaxis(rows, -1, axis))


# What a tensor is


def rank(input, name=None):
    """How many axes: an int32 tensor."""
    return answered(numpy.int32(len(shape_of(convert_to_tensor(input)))))


def shape(input, out_type=dtypes.int32, name=None):
    """The lengths of the axes: an integer tensor."""
    return answered(numpy.array(shape_of(convert_to_tensor(input)), dtypes.as_dtype(out_type).dtype))


def size(input, out_type=dtypes.int32, name=None):
    """How many entries: an integer tensor."""
    kind: Any = dtypes.as_dtype(out_type).dtype
    return answered(kind.type(numpy.size(convert_to_tensor(input).node.value)))


# Arranged


def reshape(tensor, shape, name=None):
    """The entries in another shape; one length may be -1.

    >>> import chainrule.tf as tf
    >>> tf.reshape([1.0, 2.0, 3.0, 4.0], [2, -1]).shape
    TensorShape([2, 2])
    """
    tensor, wanted = convert_to_tensor(tensor), lengths(shape)
    own = int(numpy.prod(shape_of(tensor), dtype=int))
    fixed = int(numpy.prod([n for n in wanted if n != -1], dtype=int))
    if (own % fixed if fixed else own) if -1 in wanted else own != fixed:
        raise ShapeError(
            f"Input to reshape is a tensor with {own} values, but the requested shape has "
            f"{'a multiple of ' if -1 in wanted else ''}{fixed}",
            f"the tensor's shape is {sizes(shape_of(tensor))}",
        )
    return ops.reshape(tensor, wanted)


def transpose(a, perm=None, conjugate=False, name="transpose"):
    """The axes in another order, reversed by default."""
    a = convert_to_tensor(a)
    turned = _refused("transpose", ops.transpose, a, None if perm is None else lengths(perm))
    return ops.conj(turned) if conjugate else turned


def squeeze(input, axis=None, name=None):
    """Without axes of length 1: all of them, or those given."""
    input = convert_to_tensor(input)
    return _refused("squeeze", ops.squeeze, input, None if axis is None else lengths(axis))


def expand_dims(input, axis, name=None):
    """With an axis of length 1 put in."""
    return _refused("expand_dims", ops.expand_dims, convert_to_tensor(input), int(plain(axis)))


def concat(values, axis, name="concat"):
    """Tensors joined along an axis that they have."""
    if type(values) in TENSORS or not isinstance(values, (list, tuple)):
        values = [values]
    values, axis = as_tensors(*values), int(plain(axis))
    shapes = [shape_of(value) for value in values]
    for i, own in enumerate(shapes):
        if len(own) != len(shapes[0]):
            raise ShapeError(
                "ConcatOp : Ranks of all input tensors should match: shape[0] = "
                f"{sizes(shapes[0])} vs. shape[{i}] = {sizes(own)}",
                "tf.expand_dims adds an axis; tf.stack makes a new one",
            )
        if any(n != m and j != axis % len(own) for j, (n, m) in enumerate(zip(own, shapes[0]))):
            raise ShapeError(
                f"ConcatOp : Dimension {axis} in both shapes must be equal: shape[0] = {sizes(shapes[0])} vs. "
                f"shape[{i}] = {sizes(own)}",
                "all other axes must have equal lengths",
            )
    return _refused("concat", ops.concatenate, values, axis)


def stack(values, axis=0, name="stack"):
    """Tensors of one shape joined along a new axis."""
    return _refused("stack", ops.stack, as_tensors(*values), axis)


def unstack(value, num=None, axis=0, name="unstack"):
    """The parts along an axis, as a list."""
    value = convert_to_tensor(value)
    axis %= len(shape_of(value))
    return [value[(slice(None),) * axis + (i,)] for i in builtins.range(shape_of(value)[axis])]


def split(value, num_or_size_splits, axis=0, num=None, name="split"):
    """Pieces along an axis: so many of equal length, or of the lengths given.

    >>> import chainrule.tf as tf
    >>> [part.numpy().tolist() for part in tf.split([1.0, 2.0, 3.0], [1, 2])]
    [[1.0], [2.0, 3.0]]
    """
    value = convert_to_tensor(value)
    axis %= len(shape_of(value))
    length, given = shape_of(value)[axis], numpy.asarray(plain(num_or_size_splits)).tolist()
    if isinstance(given, int):
        if length % given:
            raise ArgumentError(
                f"Dimension size, {length}, must be evenly divisible by num_splits, {given}", "give the sizes as a list"
            )
        given = [length // given] * given
    if -1 in given:
        given[given.index(-1)] = length - sum(given) - 1
    if sum(given) != length:
        raise ShapeError(f"split: the sizes {given} do not add up to {length}", "give sizes that do, or one -1")
    ends = numpy.cumsum(given).tolist()
    return [value[(slice(None),) * axis + (slice(end - n, end),)] for n, end in zip(given, ends)]


def tile(input, multiples, name=None):
    """The tensor repeated as a whole."""
    return ops.tile(convert_to_tensor(input), lengths(multiples))


def repeat(input, repeats, axis=None, name=None):
    """Each entry repeated, along an axis or in one row."""
    return ops.repeat(convert_to_tensor(input), plain(repeats), axis)


def broadcast_to(input, shape, name=None):
    """The tensor repeated to a larger shape."""
    return _refused("broadcast_to", ops.broadcast_to, convert_to_tensor(input), lengths(shape))


def reverse(tensor, axis, name=None):
    """The order of entries reversed along axes."""
    return ops.flip(convert_to_tensor(tensor), lengths(axis))


def roll(input, shift, axis, name=None):
    """Entries shifted along axes; what leaves at one end comes in at the other."""
    return ops.roll(convert_to_tensor(input), lengths(shift), lengths(axis))


def pad(tensor, paddings, mode="CONSTANT", constant_values=0, name=None):
    """Entries added around the tensor; mode "CONSTANT", "REFLECT" or "SYMMETRIC"."""
    widths = numpy.asarray(plain(paddings)).tolist()
    mode = mode.lower()
    options = {"constant_values": constant_values} if mode == "constant" and constant_values else {}
    return _refused("pad", lambda: ops.pad(convert_to_tensor(tensor), widths, mode, **options))


def meshgrid(*args, indexing="xy", name=None):
    """Grids of coordinates, one for each vector."""
    rows = [reshape(x, [-1]) for x in as_tensors(*args)]
    grid = [shape_of(row)[0] for row in rows]
    grids = [
        ops.broadcast_to(reshape(row, [-1 if j == i else 1 for j in builtins.range(len(rows))]), tuple(grid))
        for i, row in enumerate(rows)
    ]
    return [ops.swapaxes(each, 0, 1) for each in grids] if indexing == "xy" and len(rows) > 1 else grids


# Picked


def gather(params, indices, axis=None, batch_dims=0, name=None):
    """Entries along an axis at the places given; the gradient is a dense tensor.

    >>> import chainrule.tf as tf
    >>> tf.gather([10.0, 20.0, 30.0], [2, 0]).numpy()
    array([30., 10.], dtype=float32)
    """
    params, places = convert_to_tensor(params), as_array(plain(indices))
    axis = batch_dims if axis is None else int(plain(axis))
    axis %= len(shape_of(params))
    length = shape_of(params)[axis]
    if places.size and not (places.min() >= 0 and places.max() < length):
        wrong = places[(places < 0) | (places >= length)].ravel()[0]
        raise OutOfRangeError(f"indices = {wrong} is not in [0, {length})", "count from 0")
    if not batch_dims:
        return ops.getitem(params, (slice(None),) * axis + (places,))
    batch = shape_of(params)[:batch_dims]
    inner, own = axis - batch_dims, places.ndim - batch_dims
    grids: list[Any] = [
        numpy.arange(n).reshape((1,) * i + (n,) + (1,) * (batch_dims - i - 1 + own)) for i, n in enumerate(batch)
    ]
    if inner:
        moved = ops.moveaxis(params, axis, batch_dims)
        picked = ops.getitem(moved, (*grids, places))
        return ops.moveaxis(
            picked, list(builtins.range(batch_dims, batch_dims + own)), list(builtins.range(axis, axis + own))
        )
    return ops.getitem(params, (*grids, places))


def gather_nd(params, indices, batch_dims=0, name=None):
    """Entries, or parts, at the places that the last axis of `indices` gives."""
    if batch_dims:
        pairs = zip(unstack(params), unstack(convert_to_tensor(indices)))
        return stack([gather_nd(one, places, batch_dims - 1) for one, places in pairs])
    places = as_array(plain(indices))
    return ops.getitem(convert_to_tensor(params), tuple(numpy.moveaxis(places, -1, 0)))


def boolean_mask(tensor, mask, axis=None, name="boolean_mask"):
    """The entries, or parts, where the mask holds."""
    mask = as_array(plain(mask))
    return ops.getitem(convert_to_tensor(tensor), (slice(None),) * int(axis or 0) + (mask,))


def slice_(input_, begin, size, name=None):
    """The part that begins at `begin` and has lengths `size` (-1: all that is left)."""
    starts, counts = lengths(begin), lengths(size)
    return convert_to_tensor(input_)[tuple(slice(b, None if n == -1 else b + n) for b, n in zip(starts, counts))]


def scatter_nd(indices, updates, shape, name=None):
    """Zeros with updates added at the places that the last axis of `indices` gives."""
    places = as_array(plain(indices))
    return ops.scatter(convert_to_tensor(updates), tuple(numpy.moveaxis(places, -1, 0)), lengths(shape))


def tensor_scatter_nd_update(tensor, indices, updates, name=None):
    """The tensor with other values at the places that the last axis of `indices` gives."""
    tensor, updates = as_tensors(tensor, updates)
    places = tuple(numpy.moveaxis(as_array(plain(indices)), -1, 0))
    mask = numpy.zeros(shape_of(tensor), bool)
    mask[places] = True
    return ops.where(mask, ops.scatter(updates, places, shape_of(tensor)), tensor)


def tensor_scatter_nd_add(tensor, indices, updates, name=None):
    """The tensor with values added at the places that the last axis of `indices` gives."""
    tensor, updates = as_tensors(tensor, updates)
    return tensor + scatter_nd(indices, updates, shape_of(tensor))


def unique(x, out_idx=dtypes.int32, name=None):
    """The different entries, in the order of their first occurrence, and for each entry which it is."""
    bare = numpy.asarray(plain(x))
    _, first, which = numpy.unique(bare, return_index=True, return_inverse=True)
    order = numpy.argsort(first)
    places = numpy.argsort(order)[which.reshape(-1)]
    return answered(bare[first[order]]), answered(places.astype(dtypes.as_dtype(out_idx).dtype))


def searchsorted(sorted_sequence, values, side: Any = "left", out_type=dtypes.int32, name=None):
    """Where values would stand in a sorted sequence."""
    places = numpy.searchsorted(plain(sorted_sequence), plain(values), side)
    return answered(numpy.asarray(places).astype(dtypes.as_dtype(out_type).dtype))
