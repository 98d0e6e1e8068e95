"""NumPy's functions for all rows of a map at once, each as the same function with the axes counted one on.

A function that stands in no table here is computed row by row (`chainrule.core.rows`): right, and slower.
"""

from typing import Any

import numpy

from chainrule.core.rows import RULES, Rows, aligned, entrywise, leave


def _axes(axis, ndim):
    """An axis of one row as one of all rows."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    if isinstance(axis, (tuple, list)):
        return tuple(one % ndim + 1 for one in axis)
    return axis % ndim + 1 if ndim else NotImplemented


def _only(level, x):
    """The data of a value of the level, where it is one and nothing else is asked of it."""
    return x.data if type(x) is Rows and x.level is level else None


def _reduces(function):
    def rule(level, x, axis=None, dtype=None, out=None, keepdims=False, **options):
        data = _only(level, x)
        if data is None or out is not None or set(options) - {"ddof"}:
            return NotImplemented
        if dtype is not None:
            options["dtype"] = dtype
        if not x.shape:
            return _reduces_number(function, x, options)
        return Rows(function(data, axis=_axes(axis, x.ndim), keepdims=bool(keepdims), **options), level)

    return rule


def _reduces_number(function, x, options):
    """A reduction of one number in each row: over an axis made for it."""
    return Rows(function(numpy.expand_dims(x.data, -1), axis=-1, **options), x.level)


def _places(function):
    """argmax and the like, over one axis or all entries."""

    def rule(level, x, axis=None, out=None, *, keepdims=False):
        data = _only(level, x)
        if data is None or out is not None or not x.shape:
            return NotImplemented
        if axis is None:
            data = numpy.reshape(data, (level.size, -1))
            found = function(data, axis=1)
            return Rows(aligned(found, x.ndim + 1), level) if keepdims else Rows(found, level)
        return Rows(function(data, axis=_axes(axis, x.ndim), keepdims=bool(keepdims)), level)

    return rule


def _along(function, default=-1):
    """Functions along one axis, whose result has the shape of the argument (or another length there)."""

    def rule(level, x, *rest, axis=default, **options):
        data = _only(level, x)
        if rest or data is None or axis is None or not x.shape:
            return NotImplemented
        return Rows(function(data, axis=_axes(axis, x.ndim), **options), level)

    return rule


def _positional(function):
    """As `_along`, where NumPy's second argument is the axis."""

    def rule(level, x, axis, **options):
        return _along(function)(level, x, axis=axis, **options)

    return rule


def _elementwise(function):
    def rule(level, *args, **options):
        return entrywise(function, level, args, options)

    return rule


def _flip(level, x, axis=None):
    data = _only(level, x)
    return NotImplemented if data is None else Rows(numpy.flip(data, _axes(axis, x.ndim)), level)


def _reshape(level, x, shape, order="C", **options):
    data = _only(level, x)
    if data is None or order != "C":
        return NotImplemented
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if -1 in shape:  # known from the size of one row, also where there are none
        known = -int(numpy.prod(shape, dtype=int))
        shape = tuple(x.size // known if n == -1 and known else n for n in shape)
    return Rows(numpy.reshape(data, (level.size, *shape)), level)


def _transpose(level, x, axes=None):
    data = _only(level, x)
    if data is None:
        return NotImplemented
    axes = tuple(range(x.ndim))[::-1] if axes is None else axes
    return Rows(numpy.transpose(data, (0, *(one % x.ndim + 1 for one in axes))), level)


def _swapaxes(level, x, axis1, axis2):
    data = _only(level, x)
    return NotImplemented if data is None else Rows(
        numpy.swapaxes(data, axis1 % x.ndim + 1, axis2 % x.ndim + 1), level)  # fmt: skip


def _moveaxis(level, x, source, destination):
    data = _only(level, x)
    return NotImplemented if data is None else Rows(
        numpy.moveaxis(data, _axes(source, x.ndim), _axes(destination, x.ndim)), level)  # fmt: skip


def _expand_dims(level, x, axis):
    data = _only(level, x)
    if data is None:
        return NotImplemented
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    return Rows(numpy.expand_dims(data, _axes(axis, x.ndim + count)), level)


def _squeeze(level, x, axis=None):
    data = _only(level, x)
    if data is None:
        return NotImplemented
    axis = tuple(i for i, n in enumerate(x.shape) if n == 1) if axis is None else axis
    return Rows(numpy.squeeze(data, _axes(axis, x.ndim)), level)


def _broadcast_to(level, x, shape, subok=False):
    data = _only(level, x)
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    return NotImplemented if data is None else Rows(
        numpy.broadcast_to(aligned(data, len(shape) + 1), (level.size, *shape)), level)  # fmt: skip


def _joined(arrays, axis, level, join):
    arrays = [leave(one, level) for one in arrays]
    return Rows(join(arrays, axis + 1), level)


def _concatenate(level, arrays, axis=0, **options):
    if axis is None or options:
        return NotImplemented
    ndim = len(numpy.shape(arrays[0]))
    return _joined(arrays, axis % ndim, level, numpy.concatenate)


def _stack(level, arrays, axis=0, **options):
    ndim = len(numpy.shape(arrays[0])) + 1
    return NotImplemented if options else _joined(arrays, axis % ndim, level, numpy.stack)


def _like(function):
    def rule(level, x, dtype=None, order="K", subok=True, shape=None, **options):
        data = _only(level, x)
        if data is None or options:
            return NotImplemented
        if shape is None:
            return Rows(function(data, dtype=dtype), level)
        return Rows(function(data, dtype=dtype, shape=(level.size, *shape)), level)

    return rule


def _einsum(level, subscripts, *operands, optimize=False, **options):
    if options or not isinstance(subscripts, str) or "->" not in subscripts:
        return NotImplemented
    inputs, output = subscripts.split("->")
    row = next(c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in subscripts)
    given, labels = [], []
    for own, x in zip(inputs.split(","), operands):
        data = _only(level, x)
        given.append(x if data is None else data)
        labels.append(own if data is None else row + own)
    return Rows(numpy.einsum(f"{','.join(labels)}->{row}{output}", *given, optimize=optimize), level)


def _stacked_matrices(function):
    """linalg's functions, which take stacks of matrices themselves."""

    def rule(level, a, *rest, **options):
        data = _only(level, a)
        if rest or options or data is None or _ndim_of(a) < 2:
            return NotImplemented
        result = function(data)
        if isinstance(result, tuple):
            return type(result)(*(Rows(one, level) for one in result))
        return Rows(result, level)

    return rule


def _ndim_of(value):
    """The number of axes of one row."""
    return len(numpy.shape(value))


def _solve(level, a, b):
    one, other = _only(level, a), _only(level, b)
    if _ndim_of(a) < 2 or _ndim_of(b) < 2:
        return NotImplemented
    ndim = max(_ndim_of(a), _ndim_of(b)) + 1
    a, b = (given if data is None else aligned(data, ndim) for given, data in ((a, one), (b, other)))
    return Rows(numpy.linalg.solve(a, b), level)


def _triangle(function):
    def rule(level, x, k=0):
        data = _only(level, x)
        return NotImplemented if data is None or x.ndim < 2 else Rows(function(data, k), level)

    return rule


def _pad(level, x, pad_width, mode: Any = "constant", **options):
    data = _only(level, x)
    if data is None or isinstance(pad_width, dict):
        return NotImplemented
    widths = numpy.broadcast_to(numpy.asarray(pad_width, dtype=int), (x.ndim, 2))
    return Rows(numpy.pad(data, [(0, 0), *map(tuple, widths)], mode=mode, **options), level)


def _shape(level, x):
    return x.shape


def _ndim(level, x):
    return x.ndim


def _size(level, x, axis=None):
    return x.size if axis is None else x.shape[axis]


def _result_type(level, *values):
    return numpy.result_type(*(one.dtype if type(one) is Rows else one for one in values))


def _iscomplexobj(level, x):
    return x.dtype.kind == "c"


def _fft(function):
    def rule(level, x, n=None, axis=-1, norm=None, out=None):
        data = _only(level, x)
        if data is None or out is not None:
            return NotImplemented
        return Rows(function(data, n, _axes(axis, x.ndim), norm), level)

    return rule


RULES.update({
    **{f: _reduces(f) for f in (numpy.sum, numpy.mean, numpy.prod, numpy.max, numpy.min, numpy.amax, numpy.amin,
                                numpy.any, numpy.all, numpy.var, numpy.std, numpy.count_nonzero)},
    **{f: _places(f) for f in (numpy.argmax, numpy.argmin)},
    **{f: _along(f) for f in (numpy.sort, numpy.argsort)},
    **{f: _positional(f) for f in (numpy.cumsum, numpy.cumprod)},
    **{f: _elementwise(f) for f in (numpy.where, numpy.real, numpy.imag, numpy.nan_to_num, numpy.isclose)},
    **{f: _like(f) for f in (numpy.zeros_like, numpy.ones_like, numpy.empty_like)},
    **{f: _stacked_matrices(f) for f in (numpy.linalg.inv, numpy.linalg.det, numpy.linalg.slogdet,
                                         numpy.linalg.cholesky)},
    **{f: _triangle(f) for f in (numpy.tril, numpy.triu)},
    **{f: _fft(f) for f in (numpy.fft.fft, numpy.fft.ifft)},
    numpy.reshape: _reshape, numpy.transpose: _transpose, numpy.swapaxes: _swapaxes, numpy.moveaxis: _moveaxis,
    numpy.expand_dims: _expand_dims, numpy.squeeze: _squeeze, numpy.broadcast_to: _broadcast_to, numpy.flip: _flip,
    numpy.concatenate: _concatenate, numpy.stack: _stack, numpy.einsum: _einsum, numpy.linalg.solve: _solve,
    numpy.pad: _pad, numpy.shape: _shape, numpy.ndim: _ndim, numpy.size: _size, numpy.result_type: _result_type,
    numpy.iscomplexobj: _iscomplexobj,
})  # fmt: skip
