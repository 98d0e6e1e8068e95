"""Reading entries: basic, integer and boolean indices; take; sorting; diagonals.

The pullback of a read is a scatter, which adds where an entry was read more than once. What was not
read is structurally zero.
"""

import numpy

from chainrule.core import record
from chainrule.core.primitive import Structural
from chainrule.core.rows import as_array, as_one_step, read, zeros
from chainrule.core.samples import array, call
from chainrule.core.snapshot import snapshot
from chainrule.core.spec import normal_axis, shape_of
from chainrule.errors import DtypeError

_PICK = numpy.array([[2, 0], [0, 1]])
_INDICES = (
    1,
    slice(None, None, 2),
    (Ellipsis, None, 0),
    _PICK,
    (slice(None), numpy.array([2, 0, 2])),
    numpy.array([True, False, True]),
)


class GetItem(Structural):
    """y = x[index]."""

    latex, words = r"{0}[\cdot]", "the cotangent, put back at the places that were read"
    samples = tuple(call(array(3, 3), index=index) for index in _INDICES)
    reads = adds_back = True

    def shape(self, own, index):
        return numpy.broadcast_to(0, own)[index].shape

    def forward(self, xp, x, index):
        return _read(x, index)

    def transpose(self, xp, g, i, x, index):
        return getattr(xp, "scatter", scatter)(g, index, shape_of(x))

    def add_back(self, cotangent, g, index):
        """The cotangent with g added, in place, at the entries that were read."""
        if hasattr(cotangent, "with_added"):
            return cotangent.with_added(_scattered, _add_at, g, index=index)
        _add_at(cotangent, index, g)
        return cotangent


class Scatter(Structural):
    """Zeros of a shape, with x added at an index."""

    latex, words = r"\operatorname{{scatter}} {0}", "the cotangent, read at the index"
    samples = (
        call(array(2, 2, 3), index=_PICK, shape=(3, 3)),
        call(array(2, 3), index=slice(1, None), shape=(3, 3)),
        call(array(2), index=(numpy.array([0, 1]), numpy.array([1, 1])), shape=(3, 3)),
    )

    def shape(self, own, index, shape):
        return shape

    def forward(self, xp, x, index, shape):
        return as_one_step(_scattered, x, _in_rows, index=index, shape=shape)

    def transpose(self, xp, g, i, x, index, shape):
        return _read(g, index)


class Diagonal(Structural):
    """y = the entries aᵢᵢ of a square matrix."""

    latex, words = r"\operatorname{{diag}} {0}", "the cotangent, put on the diagonal"
    samples = (call(array(3, 3)), call(array(1, 1)))
    reads = True

    def shape(self, own):
        return own[:1]

    def forward(self, xp, x):
        return xp.diagonal(x)

    def transpose(self, xp, g, i, x):
        return xp.diag(g)

    def add_back(self, cotangent, g):
        """Add g in place to the entries that were read."""
        numpy.einsum("ii->i", cotangent)[...] += g


class Diag(Structural):
    """Y = the matrix with x on its diagonal and zeros elsewhere."""

    latex, words = r"\operatorname{{diag}} {0}", "the diagonal of the cotangent"
    samples = (call(array(3)), call(array(1)))

    def shape(self, own):
        return (*own, *own)

    def forward(self, xp, x):
        return xp.diag(x)

    def transpose(self, xp, g, i, x):
        return xp.diagonal(g)


_getitem, _scatter, _diagonal, _diag = GetItem(), Scatter(), Diagonal(), Diag()


def _read(x, index):
    return read(x, index) if hasattr(x, "shape") else numpy.asarray(x)[index]


def _in_rows(sizes, index, shape):
    """The index and the shape with which one scatter serves the rows along first axes of these sizes."""
    if not is_basic(index):
        return None
    parts = index if isinstance(index, tuple) else (index,)
    return {"index": (*(slice(None),) * len(sizes), *parts), "shape": sizes + tuple(shape)}


def _scattered(x, index, shape):
    y = zeros(shape, numpy.result_type(x), x, *(index if isinstance(index, tuple) else (index,)))
    _add_at(y, index, x)
    return y


def _add_at(array, index, x):
    """array[index] += x, where an entry named more than once receives each share."""
    if is_basic(index):
        array[index] += x
    else:
        numpy.add.at(array, index, x)


def is_basic(index):
    """Whether an index reads each entry at most once: numbers, slices, None, Ellipsis, booleans."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, (int, slice, numpy.integer)) for part in parts) or (
        len(parts) == 1 and getattr(parts[0], "dtype", None) == numpy.dtype(bool)
    )


def plain_index(index):
    """An index without Tensors: integer and boolean Tensors by value, lists as arrays."""
    if isinstance(index, tuple):
        return tuple(plain_index(part) for part in index)
    if type(index) in record.TENSORS:
        index = index.node.value
    if isinstance(index, list):
        index = numpy.asarray([plain_index(part) for part in index] or numpy.empty(0, int))
    if type(index) is float or getattr(index, "dtype", numpy.dtype(int)).kind not in "iub":
        raise DtypeError("a Tensor was indexed with a number that is not an integer", "use int(...) for a place")
    return snapshot(index) if type(index) is numpy.ndarray else index


def getitem(x, index):
    """x[index]."""
    return _getitem(x, index=plain_index(index))


def scatter(x, index, shape):
    """Zeros of `shape` with x added at `index`: the transpose of a read."""
    return _scatter(x, index=index, shape=shape)


def gather(x, arrange):
    """x rearranged as `arrange` rearranges an array of the places of its entries."""
    shape = shape_of(x)
    places = arrange(numpy.arange(int(numpy.prod(shape, dtype=int))).reshape(shape))
    if not shape:  # a number: read it as the one entry of an array
        return getitem(getitem(x, None), places)
    return getitem(x, tuple(map(numpy.array, numpy.unravel_index(places, shape))))


def take(x, indices, axis=None, mode="raise"):
    """Entries of x along an axis (of the flattened array by default)."""
    indices = as_array(plain_index(indices) if not isinstance(indices, (list, tuple)) else indices)
    if axis is None:
        return take(x.reshape(-1), indices, 0, mode)
    axis = normal_axis(axis, len(shape_of(x)))
    n = shape_of(x)[axis]
    indices = indices.astype(int) if indices.dtype == bool else indices  # places 0 and 1, as NumPy has it
    if mode == "wrap":
        indices = indices % n
    elif mode == "clip":
        indices = numpy.clip(indices, 0, n - 1)
    return getitem(x, (slice(None),) * axis + (indices,))


def take_along_axis(x, indices, axis=-1):
    """Entries of x picked by an array of places along an axis, as `argsort` returns."""
    indices = as_array(plain_index(indices))
    if axis is None:
        return take_along_axis(x.reshape(-1), indices, 0)
    axis = normal_axis(axis, indices.ndim)
    index = []
    for i, n in enumerate(shape_of(x)):
        shape = [1] * indices.ndim
        shape[i] = n
        index.append(indices if i == axis else numpy.arange(n).reshape(shape))
    return getitem(x, tuple(index))


def sort(x, axis=-1):
    """x sorted along an axis; each entry keeps its own slope."""
    if axis is None:
        return sort(x.reshape(-1), 0)
    order = numpy.argsort(record.plain_value(x), axis=axis, kind="stable")
    return take_along_axis(x, order, axis)


def is_square(x):
    """Whether x is one square matrix, of which rooms of their own read the diagonal."""
    shape = shape_of(x)
    return len(shape) == 2 and shape[0] == shape[1]


def diagonal(x, offset=0, axis1=0, axis2=1):
    """The entries on a diagonal of two axes, along a last axis."""
    if is_square(x) and offset == 0 and axis1 in (0, -2) and axis2 in (1, -1):
        return _diagonal(x)
    shape = shape_of(x)
    places = numpy.diagonal(numpy.arange(int(numpy.prod(shape, dtype=int))).reshape(shape), offset, axis1, axis2)
    return getitem(x, tuple(map(numpy.array, numpy.unravel_index(places, shape))))


def diag(x, k=0):
    """The diagonal of a matrix, or the matrix with a vector on its diagonal."""
    if len(shape_of(x)) == 2:
        return diagonal(x, k)
    if k == 0 and len(shape_of(x)) == 1:
        return _diag(x)
    n = shape_of(x)[0]
    rows = numpy.arange(n) + (-k if k < 0 else 0)
    columns = numpy.arange(n) + (k if k > 0 else 0)
    return scatter(x, (rows, columns), (n + abs(k), n + abs(k)))
