"""Values that stand for one row of a batch: what a function that is mapped by `vmap` computes with.

`Rows` behaves as an array of the shape of one row. NumPy's own dispatch brings every function that a
room calls to it, and it computes all rows at once: so the rules of the rooms, and the walks, run under
`vmap` as they are, forward and backward. What depends on the number in a row (an `if`, an index into a
list, `item()`) has no one answer, and raises.

Maps may be nested: the data of `Rows` may again be `Rows`, of a map that began earlier.
"""

import sys
import threading
from typing import Any

import numpy

from chainrule.core.namespace import KIND
from chainrule.core.node import next_order
from chainrule.core.spec import ARRAYS
from chainrule.core.told import told_class
from chainrule.errors import VmapError
from chainrule.places import INSIDE


class Level:
    """One run of a mapped function.

    Attributes:
        size: how many rows.
        order: when it began; the nodes and levels made inside have greater numbers.
        randomness: "error", "same" or "different": what random numbers inside are to be.
    """

    __slots__ = ("order", "randomness", "size")

    def __init__(self, size, randomness="error"):
        self.size, self.randomness, self.order = size, randomness, next_order()

    def __enter__(self):
        _ACTIVE.levels.append(self)
        return self

    def __exit__(self, *exception):
        _ACTIVE.levels.remove(self)


class _Active(threading.local):
    def __init__(self):
        self.levels = []


_ACTIVE = _Active()
_BOOLEAN = numpy.dtype(bool)
RULES: dict[Any, Any] = {}  # NumPy function -> how it is computed for all rows at once: see `row_rules`


def active():
    """The levels of the functions that are being mapped now, the outermost first."""
    return _ACTIVE.levels


def enter(array, level):
    """The rows along axis 0 of an array, as one value of a row's shape."""
    if type(array) is Rows and array.level.order > level.order:  # the map that began last stays outside
        return Rows(enter(numpy.swapaxes(array.data, 0, 1), level), array.level)
    return Rows(array, level)


def leave(value, level):
    """All rows along a first axis; a value that is the same for all rows is repeated."""
    if type(value) is not Rows or not holds(value, level):
        return numpy.broadcast_to(value, (level.size, *getattr(value, "shape", ())))
    if value.level is level:
        return value.data
    return Rows(numpy.swapaxes(leave(value.data, level), 0, 1), value.level)


def holds(value, level):
    """Whether a value differs from row to row of a level."""
    while type(value) is Rows:
        if value.level is level:
            return True
        value = value.data
    return False


def levels(value):
    """The levels of a value, the one that began last first."""
    found = []
    while type(value) is Rows:
        found.append(value.level)
        value = value.data
    return found


def innermost(value):
    """The array that holds all rows."""
    while type(value) is Rows:
        value = value.data
    return value


def summed(cotangent, value):
    """The levels whose rows a cotangent has to be summed over to belong to the value.

    Inside a mapped function each row has cotangents of its own, also those of values that all rows
    share; outside, what all rows share receives the sum.
    """
    own = levels(value)
    return [level for level in levels(cotangent) if level not in own and level not in _ACTIVE.levels]


def keep_inside(node, value, what):
    """Raise where what would outlive a mapped function (`node` is older) would be given a value by row of it."""
    for level in _ACTIVE.levels:
        if node.order < level.order and holds(value, level):
            raise VmapError(
                f"vmap: {what} is not possible, because what it changes is from outside of vmap and what it would hold "
                "differs from row to row",
                "return the value from the mapped function (gradients: vmap over grad or vjp), or make what is changed "
                "inside of it",
            )


def everywhere(condition):
    """Whether a condition holds, in all rows."""
    while type(condition) is Rows:
        condition = numpy.all(condition.data, axis=0)
    return bool(numpy.all(condition))


def somewhere(condition):
    """Whether a condition holds, in any row."""
    while type(condition) is Rows:
        condition = numpy.any(condition.data, axis=0)
    return bool(numpy.any(condition))


def as_array(value, dtype=None) -> Any:
    """`numpy.asarray`, which leaves rows, and what stands for a value in a run that is compiled, as they are."""
    if type(value) is not Rows and type(value) not in ARRAYS:
        return numpy.asarray(value, dtype=dtype)
    return value if dtype is None or value.dtype == dtype else value.astype(dtype)


def zeros(shape, dtype, *beside):
    """Zeros that can be written to, one array for each row where a value beside them differs by row."""
    found = sorted({level for one in beside for level in levels(one)}, key=_order)
    return wrapped(numpy.zeros((*(level.size for level in found), *shape), dtype), found)


def wrapped(array, found) -> Any:
    """An array as rows of several levels, the one that began first along its first axis."""
    for level in found:
        array = Rows(array, level)
    return array


def as_one_step(function, x, of_rows=None, **params) -> Any:
    """`function(x, **params)`, for a function that writes into an array of its own.

    Where a run is being compiled, x (or what it holds rows of) only stands for an array: the function is then
    written down as one step. `of_rows(sizes, **params)` gives the parameters with which the function serves
    all rows at once, which lie along first axes of these sizes; None where it cannot.
    """
    found, data = levels(x)[::-1], innermost(x)
    if not hasattr(data, "recorded"):
        standing = None if found else _standing(*params.values())
        return function(x, **params) if standing is None else standing.beside(function, x, **params)

    moved = of_rows(tuple(level.size for level in found), **params) if found and of_rows else None
    if moved is not None:
        return wrapped(data.recorded(function, **moved), found)

    def of_all_rows(data, **params):
        return innermost(function(wrapped(data, found), **params))

    return wrapped(data.recorded(of_all_rows if found else function, **params), found)


def _standing(*parts):
    """The first of some parameters, or parts of them, that stands for an array in a run that is compiled."""
    for part in parts:
        found = _standing(*part) if type(part) is tuple else part if hasattr(type(part), "beside") else None
        if found is not None:
            return found
    return None


def read(array, index):
    """array[index], where the index may differ from row to row."""
    if type(array) is numpy.ndarray and (standing := _standing(index)) is not None:
        return standing.beside(read, array, index)
    for part in index if isinstance(index, tuple) else (index,):
        if type(part) is Rows and not hasattr(array, "node") and not holds(array, part.level):
            array = _lifted(array, part.level)
    return array[index]


def _lifted(array, level):
    return enter(numpy.broadcast_to(array, (level.size, *numpy.shape(array))), level)


class Rows(numpy.lib.mixins.NDArrayOperatorsMixin):
    """One value for each row of a level, seen as an array of the shape of one row.

    Attributes:
        data: an array (or `Rows` of an earlier level) with the rows along its first axis.
        level: the map it belongs to.
    """

    __slots__ = ("__weakref__", "data", "level")
    __class__ = property(told_class)
    __hash__: Any = object.__hash__
    __array_priority__ = 50.0

    def __init__(self, data, level):
        self.data, self.level = data, level

    @property
    def shape(self):
        return self.data.shape[1:]

    @property
    def ndim(self):
        return len(self.data.shape) - 1

    @property
    def size(self):
        return int(numpy.prod(self.shape, dtype=int))

    @property
    def dtype(self):
        return self.data.dtype

    @property
    def itemsize(self):
        return self.data.dtype.itemsize

    @property
    def nbytes(self):
        return self.data.nbytes

    @property
    def T(self):
        return numpy.transpose(self)

    @property
    def real(self):
        return numpy.real(self)

    @property
    def imag(self):
        return numpy.imag(self)

    def astype(self, dtype, copy=True):
        return Rows(self.data.astype(dtype), self.level)

    def copy(self, order="C"):
        return Rows(self.data.copy(), self.level)

    def conj(self):
        return numpy.conj(self)

    conjugate = conj

    def any(self, axis=None, keepdims=False):
        return numpy.any(self, axis=axis, keepdims=keepdims)

    def all(self, axis=None, keepdims=False):
        return numpy.all(self, axis=axis, keepdims=keepdims)

    def sum(self, axis=None, keepdims=False):
        return numpy.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis=None, keepdims=False):
        return numpy.mean(self, axis=axis, keepdims=keepdims)

    def max(self, axis=None, keepdims=False):
        return numpy.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis=None, keepdims=False):
        return numpy.min(self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape):
        return numpy.reshape(self, shape[0] if len(shape) == 1 else shape)

    def ravel(self):
        return numpy.reshape(self, (-1,))

    def squeeze(self, axis=None):
        return numpy.squeeze(self, axis)

    def swapaxes(self, axis1, axis2):
        return numpy.swapaxes(self, axis1, axis2)

    def transpose(self, *axes):
        return numpy.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of one number")
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index):
        parts = index if isinstance(index, tuple) else (index,)
        level = max((part.level for part in parts if type(part) is Rows), key=_order, default=self.level)
        if level.order > self.level.order:
            return _lifted(self, level)[index]
        if not any(holds(part, self.level) for part in parts):
            if all(_is_basic(part) for part in parts):
                return Rows(self.data[(slice(None), *parts)], self.level)
            if any(type(part) is Rows for part in parts):
                return _row_by_row(lambda own: read(own, index), (self,), {}, self.level)
            places = numpy.arange(self.size).reshape(self.shape)[index]
            return Rows(numpy.reshape(self.data, (self.level.size, self.size))[:, places], self.level)
        _refuse_masks(parts, self.level)
        full = _full_index(parts, self.level, self.ndim)
        if full is not None and type(self.data) is not Rows:
            return Rows(self.data[full], self.level)
        return _row_by_row(lambda own, *here: read(own, here), (self, *parts), {}, self.level)

    def __setitem__(self, index, value):
        parts = index if isinstance(index, tuple) else (index,)
        value = leave(value, self.level)
        if all(_is_basic(part) for part in parts):
            part = self.data[(slice(None), *parts)]
            self.data[(slice(None), *parts)] = aligned(value, len(part.shape))
            return
        for i in range(self.level.size):
            self.data[i][tuple(_row(part, self.level, i) for part in parts)] = value[i]

    def __bool__(self):
        raise VmapError(
            "a value that differs from row to row was used as one truth value under vmap (data-dependent control "
            "flow: in `if`, `while`, `and`, `or`)",
            "select with where(condition, a, b), which does it row by row; or loop over the rows",
        )

    def _number(self, what):
        raise VmapError(
            f"calling {what} on a Tensor under vmap has no one answer: its value differs from row to row",
            "keep to functions of arrays, which do it row by row; or loop over the rows",
        )

    def __float__(self):
        return self._number(".item() or float()")

    def __int__(self):
        return self._number(".item() or int()")

    def __complex__(self):
        return self._number(".item() or complex()")

    def __index__(self):
        return self._number("an index or a count")

    def item(self):
        return self._number(".item()")

    def tolist(self):
        return self._number(".tolist()")

    def __array__(self, dtype=None, copy=None):
        raise VmapError(
            f"{_caller()} has no rule under vmap: it asks for the bare value, which differs from row to row (as "
            "calling .item() on a Tensor does)",
            "use functions of one row that have a rule (entrywise, reductions, products), or loop over the rows",
        )

    def __repr__(self):
        return f"Rows of a vmap over {self.level.size}, each of shape {self.shape}, of\n{self.data!r}"

    # NumPy's dispatch

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        out = kwargs.pop("out", None)
        if method == "at" and ufunc is numpy.add:
            return _add_at(*inputs)
        if not all(type(one) in KIND for one in (*inputs, *(out or ()))):
            return NotImplemented
        level = max((one.level for one in inputs if type(one) is Rows), key=_order)
        if method != "__call__":
            result = _row_by_row(getattr(ufunc, method), inputs, kwargs, level)
        elif ufunc is numpy.matmul:
            result = _matmul(level, *inputs)
        else:
            result = entrywise(ufunc, level, inputs, kwargs)
        if out is None:
            return result
        for one, own in zip(out, result if isinstance(result, tuple) else (result,)):
            one[...] = own
        return out[0] if len(out) == 1 else out

    def __array_function__(self, function, types, args, kwargs):
        if not all(_is_array(kind) for kind in types):
            return NotImplemented
        found = [one.level for one in _leaves((args, kwargs)) if type(one) is Rows]
        level = max(found, key=_order)
        rule = RULES.get(function)
        if rule is not None:
            result = rule(level, *args, **kwargs)
            if result is not NotImplemented:
                return result
        return _row_by_row(function, args, kwargs, level)


def _is_array(kind):
    """Whether a class is one of arrays or numbers, or of what stands for such in a run that is being compiled."""
    return issubclass(kind, (Rows, numpy.ndarray, numpy.generic)) or hasattr(kind, "engine_value")


KIND[Rows] = 1  # a value that a graph may hold


def _order(level):
    return level.order


def _caller():
    """The name of the library's function that the user called, for a message."""
    frame, name = sys._getframe(2), "a conversion to an array"
    while frame is not None and INSIDE[frame.f_code.co_filename]:
        if not frame.f_code.co_name.startswith(("_", "<", "asarray", "array")):
            name = frame.f_code.co_name
        frame = frame.f_back
    return name


def _leaves(value):
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, dict):
        yield from _leaves(list(value.values()))
    else:
        yield value


def _is_basic(part):
    return part is None or part is Ellipsis or isinstance(part, (int, slice, numpy.integer))


def _refuse_masks(parts, level):
    if any(holds(part, level) and part.dtype == bool for part in parts):
        raise VmapError(
            "a mask that differs from row to row was used as an index under vmap (dynamic shapes): rows would have "
            "different lengths",
            "select with where(mask, x, 0), which keeps the shape",
        )


def _full_index(parts, level, ndim):
    """An index of integers for every axis, the rows counted along; None where it is of another kind."""
    plain = [part.data if type(part) is Rows else part for part in parts]
    whole = [isinstance(p, int) or getattr(p, "dtype", _BOOLEAN).kind in "iu" for p in plain]
    if len(parts) != ndim or not all(whole) or any(isinstance(p, (bool, Rows)) for p in plain):
        return None
    longest = max(len(numpy.shape(part)) for part in parts)
    own = [aligned(p, longest + 1) if type(part) is Rows else p for p, part in zip(plain, parts)]
    return (numpy.arange(level.size).reshape((-1,) + (1,) * longest), *own)


def aligned(data, ndim):
    """Rows along axis 0 of an array of `ndim` axes: new axes come after the first."""
    missing = ndim - len(data.shape)
    return numpy.reshape(data, (data.shape[0],) + (1,) * missing + tuple(data.shape[1:])) if missing else data


def _row(value, level, i) -> Any:
    """The value in one row."""
    if isinstance(value, (list, tuple)):
        rows = [_row(item, level, i) for item in value]
        return type(value)(*rows) if hasattr(value, "_fields") else type(value)(rows)
    if isinstance(value, dict):
        return {name: _row(item, level, i) for name, item in value.items()}
    return leave(value, level)[i] if type(value) is Rows and holds(value, level) else value


def _row_by_row(function, args, kwargs, level) -> Any:
    """A function's results for each row in turn, put together: what has no rule for all rows at once."""
    results = [function(*_row(args, level, i), **_row(kwargs, level, i)) for i in range(level.size)]
    if not results:
        raise VmapError(f"{function.__name__} has no rule under vmap for a batch without rows", "give at least one")
    return _together(results, function, level)


def _together(results, function, level):
    first = results[0]
    if isinstance(first, (tuple, list)):
        parts = [_together(list(column), function, level) for column in zip(*results)]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    if len({numpy.shape(one) for one in results}) > 1:
        raise VmapError(
            f"{getattr(function, '__name__', 'a function')} under vmap gave rows of different shapes (dynamic shapes)",
            "use a function whose result has the same shape for every row: where() in place of a mask",
        )
    return enter(numpy.stack(results), level)


def entrywise(function, level, inputs, kwargs):
    """A function of single entries: all rows at once, shapes broadcast as those of one row."""
    ndim = max(len(getattr(one, "shape", ())) for one in inputs) + 1
    given = [aligned(one.data, ndim) if type(one) is Rows and one.level is level else one for one in inputs]
    result = function(*given, **kwargs)
    return tuple(Rows(one, level) for one in result) if isinstance(result, tuple) else Rows(result, level)


def _matmul(level, a: Any, b: Any):
    a, b = (one if type(one) is Rows or hasattr(one, "shape") else numpy.asarray(one) for one in (a, b))
    a_ndim, b_ndim = len(a.shape), len(b.shape)
    mine = type(a) is Rows and a.level is level, type(b) is Rows and b.level is level
    a, b = (one.data if own else one for one, own in zip((a, b), mine))
    if a_ndim == 1 == b_ndim:
        return Rows(numpy.sum(a * b, axis=-1), level)
    if b_ndim == 1:  # a matrix against a vector
        if not mine[0] and a_ndim == 2:
            return Rows(numpy.matmul(b, numpy.swapaxes(a, 0, 1)), level)
        return Rows(numpy.matmul(a, _column(b, a_ndim, mine[1]))[..., 0], level)
    if a_ndim == 1:  # a vector against a matrix
        if not mine[1] and b_ndim == 2:
            return Rows(numpy.matmul(a, b), level)
        return Rows(numpy.matmul(_line(a, b_ndim, mine[0]), b)[..., 0, :], level)
    ndim = max(a_ndim, b_ndim) + 1
    a, b = (aligned(one, ndim) if own else one for one, own in zip((a, b), mine))
    return Rows(numpy.matmul(a, b), level)


def _column(b, a_ndim, by_row):
    b = numpy.expand_dims(b, -1)
    return aligned(b, a_ndim + 1) if by_row else b


def _line(a, b_ndim, by_row):
    a = numpy.expand_dims(a, -2)
    return aligned(a, b_ndim + 1) if by_row else a


def _add_at(array, index, x):
    parts = index if isinstance(index, tuple) else (index,)
    for i in range(array.level.size):
        numpy.add.at(array.data[i] if type(array.data) is not Rows else _view(array.data, i),
                     tuple(_row(part, array.level, i) for part in parts), _row(x, array.level, i))  # fmt: skip


def _view(data, i):
    return Rows(data.data[:, i], data.level)
