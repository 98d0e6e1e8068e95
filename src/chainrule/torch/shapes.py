"""Shapes and places: views, joining, splitting, indexing, gathering.

What is a view in PyTorch is noted as one (`inplace.view`), so that in-place changes reach it.
"""

import math
from typing import Any

import numpy

from chainrule.core.node import next_order
from chainrule.core.record import TENSORS, constant, plain_value
from chainrule.core.rows import Rows, as_array, read
from chainrule.core.spec import shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.torch import inplace, pointwise
from chainrule.torch.closures import quietly
from chainrule.torch.dtypes import common
from chainrule.torch.errors import DtypeError, ShapeError, UsageError
from chainrule.torch.reductions import DimensionError, axis_of
from chainrule.torch.tensor import Tensor, as_value, of_value


def _sizes(size):
    """Sizes given one by one or as one tuple."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = size[0]
    return tuple(int(n) for n in size)


def _viewed(input, result, step):
    return inplace.view(input, result, step) if type(result) is Tensor is type(input) else result


def reshape(input, *shape):
    """The same entries in another shape; one length may be -1.

    >>> import chainrule.torch as torch
    >>> torch.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    shape = _sizes(shape)
    own = shape_of(plain_value(input))
    if -1 in shape:
        known = -math.prod(shape)
        count = math.prod(own)
        if shape.count(-1) > 1:
            raise ShapeError("only one dimension can be inferred", "leave one -1")
        if known and count % known == 0:
            shape = tuple(count // known if n == -1 else n for n in shape)
    if math.prod(shape) != math.prod(own) or -1 in shape:
        raise ShapeError(
            f"shape '{list(shape)}' is invalid for input of size {math.prod(own)}",
            f"the input has shape {own}",
        )
    result = ops.reshape(input, shape)
    by_row = type(input) is Tensor and type(input.node.value) is Rows
    if len(own) > 1 and type(input) is Tensor and not by_row:  # a copy, where strides do not allow a view
        before = inplace.strided(input)
        before = getattr(before, "value", before)  # the example's, where it is being compiled
        if not before.flags.c_contiguous and not numpy.may_share_memory(before, before.reshape(shape)):
            return result
    return _viewed(input, result, lambda array: array.reshape(shape))


def flatten(input, start_dim=0, end_dim=-1):
    """The dimensions from start_dim to end_dim as one."""
    shape = shape_of(plain_value(input)) or (1,)
    first, last = (_axis(d, len(shape)) for d in (start_dim, end_dim))
    if first > last:
        raise UsageError("flatten() has invalid args: start_dim cannot come after end_dim", "exchange them")
    return reshape(input, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


def unflatten(input, dim, sizes):
    """One dimension as several."""
    axis, shape = axis_of(input, dim), shape_of(plain_value(input))
    sizes = list(sizes)
    if -1 in sizes:
        sizes[sizes.index(-1)] = shape[axis] // -math.prod(sizes)
    return reshape(input, (*shape[:axis], *sizes, *shape[axis + 1 :]))


def _axis(dim, ndim):
    if not -ndim <= dim < ndim:
        raise DimensionError(
            f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {dim})",
            "count dimensions from 0, or from -1 backward",
        )
    return dim % ndim


def permute(input, *dims):
    """The dimensions in another order."""
    ndim = len(shape_of(plain_value(input)))
    dims = tuple(_axis(d, ndim) for d in _sizes(dims))
    if sorted(dims) != list(range(ndim)):
        raise ShapeError(
            f"permute(sparse_coo): number of dimensions in the tensor input does not match the length "
            f"of the desired "
            f"ordering of dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(dims)}",
            "name each dimension once",
        )
    return _viewed(input, ops.transpose(input, dims), lambda array: array.transpose(dims))


def transpose(input, dim0, dim1):
    """The input with two dimensions exchanged."""
    one, two = axis_of(input, dim0), axis_of(input, dim1)
    if len(shape_of(plain_value(input))) < 2:
        return _viewed(input, pointwise.positive(input), lambda array: array)
    return _viewed(input, ops.swapaxes(input, one, two), lambda array: array.swapaxes(one, two))


def t(input):
    """A matrix with its dimensions exchanged."""
    ndim = len(shape_of(plain_value(input)))
    if ndim > 2:
        raise ShapeError(f"t() expects a tensor with <= 2 dimensions, but self is {ndim}D", "use transpose or mT")
    return _viewed(input, ops.transpose(input), numpy.transpose)


def _reversed(input):
    return _viewed(input, ops.transpose(input), numpy.transpose)


def _matrix_transposed(input):
    if len(shape_of(plain_value(input))) < 2:
        raise ShapeError("tensor.mT is only supported on matrices or batches of matrices", "use a matrix")
    return transpose(input, -2, -1)


def movedim(input, source, destination):
    """The input with dimensions moved elsewhere."""
    return _viewed(
        input,
        ops.moveaxis(input, source, destination),
        lambda array: numpy.moveaxis(array, source, destination),
    )


def squeeze(input, dim=None):
    """The input without dimensions of length 1: all of them, or those given."""
    shape = shape_of(plain_value(input))
    if dim is None:
        gone = {i for i, n in enumerate(shape) if n == 1}
    else:
        dims = dim if isinstance(dim, (tuple, list)) else (dim,)
        gone = {axis_of(input, d) for d in dims if shape and shape[axis_of(input, d)] == 1}
    return reshape(input, tuple(n for i, n in enumerate(shape) if i not in gone))


def unsqueeze(input, dim):
    """The input with a new dimension of length 1."""
    shape = shape_of(plain_value(input))
    axis = _axis(dim, len(shape) + 1)
    return reshape(input, (*shape[:axis], 1, *shape[axis:]))


def expand(input, *sizes):
    """The input repeated along dimensions of length 1, without a copy; -1 keeps a length."""
    sizes, own = _sizes(sizes), shape_of(plain_value(input))
    aligned = (None,) * (len(sizes) - len(own)) + tuple(own)
    shape: Any = tuple(have if n == -1 else n for n, have in zip(sizes, aligned))
    if len(sizes) < len(own) or None in shape or any(h not in (None, 1, n) for n, h in zip(shape, aligned)):
        wrong = next((k for k, (n, have) in enumerate(zip(shape, aligned)) if have not in (None, 1, n)), 0)
        raise ShapeError(
            f"The expanded size of the tensor ({sizes[wrong] if sizes else ''}) must match the existing size "
            f"({aligned[wrong] if wrong < len(aligned) else ''}) at non-singleton dimension {wrong}.  Target sizes: "
            f"{list(sizes)}.  Tensor sizes: {list(own)}",
            "only dimensions of length 1 are repeated; new ones come first",
        )
    return _viewed(input, ops.broadcast_to(input, shape), lambda array: numpy.broadcast_to(array, shape))


def expand_as(input, other):
    """The input expanded to the shape of another tensor."""
    return expand(input, tuple(other.shape))


broadcast_to = expand


def broadcast_tensors(*tensors):
    """Tensors expanded to their common shape."""
    shape = numpy.broadcast_shapes(*(shape_of(plain_value(x)) for x in tensors))
    return tuple(expand(x, shape) for x in tensors)


def tile(input, *dims):
    """The whole input repeated along its dimensions."""
    return ops.tile(input, _sizes(dims))


def _repeat(input, *repeats):
    repeats = _sizes(repeats)
    if len(repeats) < len(shape_of(plain_value(input))):
        raise ShapeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
            "give one number for each dimension",
        )
    return ops.tile(input, repeats)


def repeat_interleave(input, repeats, dim=None):
    """Each entry repeated."""
    return ops.repeat(input, plain_value(repeats), axis_of(input, dim))


def flip(input, *dims):
    """The entries in reversed order along dimensions."""
    return ops.flip(input, axis_of(input, _sizes(dims)))


def fliplr(input):
    """The columns in reversed order."""
    return flip(input, 1)


def flipud(input):
    """The rows in reversed order."""
    return flip(input, 0)


def roll(input, shifts, dims=None):
    """Entries shifted along dimensions, those that leave coming in at the other end."""
    return ops.roll(input, shifts, dims)


def rot90(input, k=1, dims=(0, 1)):
    """The input turned by quarter turns."""
    return ops.rot90(input, k, tuple(dims))


def clone(input):
    """A copy with the same history."""
    return pointwise.positive(input)


# Joining and splitting


def cat(tensors, dim=0):
    """Tensors joined along a dimension.

    >>> import chainrule.torch as torch
    >>> torch.cat([torch.zeros(2), torch.ones(1)])
    tensor([0., 0., 1.])
    """
    tensors = list(tensors)
    if not tensors:
        raise UsageError("torch.cat(): expected a non-empty list of Tensors", "give at least one")
    tensors = [x for x in tensors if shape_of(x) != (0,)] or tensors[:1]  # PyTorch passes over empty ones
    for x in tensors:
        if not shape_of(x):
            raise ShapeError("zero-dimensional tensor (at position 0) cannot be concatenated", "use torch.stack")
    try:
        return ops.concatenate(_of_one_dtype(tensors), axis_of(tensors[0], dim))
    except ValueError as error:
        raise _unequal(tensors, axis_of(tensors[0], dim), dim) from error


def _unequal(tensors, axis, dim):
    """The ShapeError for tensors that cannot be joined: the first length that differs."""
    first = shape_of(tensors[0])
    for i, x in enumerate(tensors):
        for k, (have, want) in enumerate(zip(shape_of(x), first)):
            if k != axis and have != want:
                return ShapeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {want} but got size {have} "
                    f"for tensor number {i} in the list.",
                    f"its shape is {list(shape_of(x))}, and that of the first is {list(first)}",
                )
    shapes = " and ".join(str(len(shape_of(x))) for x in tensors)
    return ShapeError(f"Tensors must have same number of dimensions: got {shapes}", "reshape or unsqueeze them first")


def _of_one_dtype(tensors):
    """Tensors in the dtype that PyTorch joins them in."""
    kinds = {x.node.value.dtype for x in tensors if type(x) in TENSORS and type(x.node.value) is not float}
    if len(kinds) < 2:
        return tensors
    kind = common(*(plain_value(x) for x in tensors))
    return [x if x.node.value.dtype == kind else pointwise._in(x, kind) for x in tensors]


concat = concatenate = cat


def stack(tensors, dim=0):
    """Tensors of one shape joined along a new dimension."""
    tensors = list(tensors)
    shapes = [tuple(shape_of(x)) for x in tensors]
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise ShapeError(
                f"stack expects each tensor to be equal size, but got {list(shapes[0])} "
                f"at entry 0 and {list(shape)} at entry {i}",
                "give tensors of one shape",
            )
    return ops.stack(_of_one_dtype(tensors), _axis(dim, len(shapes[0]) + 1))


def hstack(tensors):
    """Tensors joined along the second dimension (the first for vectors)."""
    tensors = [reshape(x, 1) if not shape_of(x) else x for x in tensors]
    return cat(tensors, 0 if len(shape_of(tensors[0])) == 1 else 1)


def vstack(tensors):
    """Tensors joined as rows."""
    return cat([reshape(x, 1, -1) if len(shape_of(x)) < 2 else x for x in tensors])


def _along(axis, part):
    return (slice(None),) * axis + (part,)


def split(tensor, split_size_or_sections, dim=0):
    """The tensor cut into pieces of a size, or of the sizes given."""
    axis, length = axis_of(tensor, dim), shape_of(tensor)[axis_of(tensor, dim)]
    if isinstance(split_size_or_sections, int):
        size = split_size_or_sections
        sizes = [min(size, length - start) for start in range(0, length, size)] or [0]
    else:
        sizes = [int(n) for n in split_size_or_sections]
        if sum(sizes) != length:
            raise ShapeError(
                f"split_with_sizes expects split_sizes to sum exactly to {length} (input tensor's size "
                f"at dimension "
                f"{dim}), but got split_sizes={sizes}",
                "let them sum to the length",
            )
    starts = numpy.cumsum([0, *sizes])
    return tuple(getitem(tensor, _along(axis, slice(int(a), int(a) + n))) for a, n in zip(starts, sizes))


def chunk(input, chunks, dim=0):
    """The tensor cut into at most so many pieces of equal size (the last may be shorter)."""
    length = shape_of(input)[axis_of(input, dim)]
    return split(input, max(1, -(-length // chunks)), dim)


def tensor_split(input, indices_or_sections, dim=0):
    """The tensor cut into so many pieces, or at the places given."""
    axis = axis_of(input, dim)
    parts = numpy.array_split(numpy.arange(shape_of(input)[axis]), indices_or_sections)
    return tuple(
        getitem(input, _along(axis, slice(int(p[0]), int(p[-1]) + 1) if len(p) else slice(0, 0))) for p in parts
    )


def unbind(input, dim=0):
    """The slices along a dimension."""
    axis = axis_of(input, dim)
    return tuple(getitem(input, _along(axis, i)) for i in range(shape_of(input)[axis]))


def meshgrid(*tensors, indexing="ij"):
    """Grids of coordinates."""
    tensors = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    shape = tuple(len(x) for x in tensors)
    grids = tuple(
        expand(reshape(x, (1,) * i + (-1,) + (1,) * (len(tensors) - i - 1)), shape) for i, x in enumerate(tensors)
    )
    return tuple(transpose(grid, 0, 1) for grid in grids) if indexing == "xy" and len(grids) > 1 else grids


# Reading


def _index(index):
    """An index for NumPy: tensors by value, lists as arrays."""
    if isinstance(index, tuple):
        return tuple(_index(part) for part in index)
    if type(index) in TENSORS:
        value = index.node.value
        if as_array(value).dtype.kind not in "iub":
            raise _BadIndex(
                "tensors used as indices must be long, int, byte or bool tensors",
                f"this one is {index.dtype}",
            )
        return value
    if isinstance(index, slice):
        step = index.step
        if step is not None and step < 0:
            raise _BadSlice("step must be greater than zero", "use torch.flip to reverse")
        return slice(*(None if part is None else int(part) for part in (index.start, index.stop, index.step)))
    if isinstance(index, (list, range)):
        return as_array([_index(part) for part in index] or numpy.empty(0, int))
    return index


class _BadIndex(DtypeError, IndexError):
    """What PyTorch raises as an IndexError."""


class _BadSlice(ShapeError):
    """What PyTorch raises as a ValueError."""


def _is_basic(index):
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or isinstance(part, (int, slice)) and not isinstance(part, bool)
        for part in parts
    )


def getitem(input, index):
    """input[index]: a view where the index is made of numbers and slices, else a copy."""
    index = _index(index)
    try:
        result = ops.getitem(input, index)
    except IndexError as error:
        raise _out_of_range(error, input) from None
    return _viewed(input, result, lambda array: array[index]) if _is_basic(index) else result


def _out_of_range(error, input):
    shape = list(shape_of(input))
    if not shape:
        return DimensionError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in "
            "C++ to convert a "
            "0-dim tensor to a number",
            "use .item()",
        )
    text = getattr(error, "what", str(error)).removeprefix("get_item: ").replace("axis", "dimension")
    if "too many indices" in text:
        text = f"too many indices for tensor of dimension {len(shape)}"
    return DimensionError(text, f"the tensor has shape {shape}")


def select(input, dim, index):
    """The slice at one place along a dimension."""
    return getitem(input, _along(axis_of(input, dim), int(index)))


def narrow(input, dim, start, length):
    """A stretch of a dimension."""
    return getitem(input, _along(axis_of(input, dim), slice(int(start), int(start) + int(length))))


def index_select(input, dim, index):
    """The slices at the given places along a dimension."""
    return ops.take(input, plain_value(index), axis_of(input, dim))


def take(input, index):
    """Entries of the flattened input at the given places."""
    return ops.take(input, plain_value(index))


def take_along_dim(input, indices, dim=None):
    """Entries picked by an array of places along a dimension, as `argsort` returns."""
    return ops.take_along_axis(input, plain_value(indices), axis_of(input, dim))


def gather(input, dim, index):
    """Entries at `index` along `dim`, one for each entry of `index`.

    >>> import chainrule.torch as torch
    >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[1], [0]]))
    tensor([[2],
            [3]])
    """
    axis, places = axis_of(input, dim), as_array(plain_value(index))
    grid = numpy.indices(places.shape, sparse=True)
    return ops.getitem(input, tuple(places if i == axis else g for i, g in enumerate(grid)))


def _grid(index, axis):
    places = as_array(plain_value(index))
    return tuple(places if i == axis else g for i, g in enumerate(numpy.indices(places.shape, sparse=True)))


def _places(shape, index):
    return numpy.arange(math.prod(shape)).reshape(shape)[index]


def _source(src, index):
    """The part of src that goes with each entry of index, or the number."""
    if type(src) not in TENSORS:
        return as_value(src)
    shape = as_array(plain_value(index)).shape
    return src if shape_of(src) == shape else ops.getitem(src, tuple(slice(n) for n in shape))


def scatter(input, dim, index, src):
    """The input with entries of src put at `index` along `dim`."""
    places = _places(shape_of(input), _grid(index, axis_of(input, dim)))
    return inplace.put(input, places, _source(src, index))


def scatter_add(input, dim, index, src):
    """The input with entries of src added at `index` along `dim`."""
    grid = tuple(numpy.broadcast_to(g, as_array(plain_value(index)).shape) for g in _grid(index, axis_of(input, dim)))
    return pointwise._add(input, ops.scatter(_source(src, index), grid, tuple(shape_of(input))))


def index_add(input, dim, index, source, *, alpha=1):
    """The input with slices of source added at the given places along a dimension."""
    if alpha != 1:
        source = pointwise.mul(source, alpha)
    index = _along(axis_of(input, dim), as_array(plain_value(index)))
    return pointwise._add(input, ops.scatter(source, index, tuple(shape_of(input))))


def masked_fill(input, mask, value):
    """The input with a value where the mask is true; nothing flows back through what is covered."""
    value = value if type(value) in TENSORS else as_array(value).astype(plain_value(input).dtype)[()]
    return quietly(ops.where, mask, value, input)


def masked_select(input, mask):
    """The entries where the mask is true, in one dimension."""
    shape = numpy.broadcast_shapes(shape_of(input), shape_of(mask))
    mask = numpy.broadcast_to(as_array(plain_value(mask)), shape)
    input = ops.broadcast_to(input, shape)
    return ops.getitem(reshape(input, -1), mask.ravel())


def diagonal(input, offset=0, dim1=0, dim2=1):
    """The entries on a diagonal of two dimensions, along a last one."""
    return _viewed(
        input,
        ops.diagonal(input, offset, dim1, dim2),
        lambda array: numpy.diagonal(array, offset, dim1, dim2),
    )


def diag(input, diagonal=0):
    """The diagonal of a matrix, or the matrix with a vector on its diagonal."""
    return ops.diag(input, diagonal)


def tril(input, diagonal=0):
    """The lower triangle."""
    return ops.tril(input, diagonal)


def triu(input, diagonal=0):
    """The upper triangle."""
    return ops.triu(input, diagonal)


def one_hot(input, num_classes=-1):
    """Rows with a 1 at the given places."""
    places = as_array(plain_value(input))
    return of_value(read(numpy.eye(int(places.max()) + 1 if num_classes < 0 else num_classes, dtype="i8"), places))


def setitem(input, index, value):
    """input[index] = value, for the tensor itself and all that shares its memory."""
    inplace.check(_View(input))
    began = next_order()
    index = _index(index)
    own = plain_value(input)
    try:
        places = as_array(_places(shape_of(own), index))
    except IndexError as error:
        raise _out_of_range(error, input) from None
    if type(value) in TENSORS:
        value = value if value.node.value.dtype == own.dtype else inplace._as(value, own.dtype)
        shape = shape_of(value)
        while len(shape) > places.ndim and shape[0] == 1:  # PyTorch drops leading ones
            shape = shape[1:]
        value = ops.reshape(value, shape) if shape != shape_of(value) else value
    else:
        value = as_array(as_value(value)).astype(own.dtype)[()]
    try:
        numpy.broadcast_to(numpy.empty(shape_of(value)), places.shape)
    except ValueError:
        raise ShapeError(
            f"shape mismatch: value tensor of shape {list(shape_of(value))} cannot be broadcast to "
            f"indexing result of "
            f"shape {list(places.shape)}",
            "give a number, or a tensor of the shape that is read there",
        ) from None
    changed = numpy.zeros(math.prod(shape_of(own)), bool)
    changed[places] = True
    inplace._spread(input, inplace.put(input, places, value), changed.reshape(shape_of(own)), began=began)


class _View:
    """A view of a tensor, made only to be asked whether it may be changed."""

    def __init__(self, base):
        self.node, self._base, self._step, self._cut = constant(0.0, Tensor).node, base, None, False
