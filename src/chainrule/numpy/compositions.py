"""NumPy functions that are made of other operations. Signatures are NumPy's."""

from typing import Any

import numpy

from chainrule.core.record import TENSORS, plain_value
from chainrule.core.rows import somewhere
from chainrule.core.spec import dtype_of, normal_axes, normal_axis, shape_of
from chainrule.errors import ArgumentError, OutOfRangeError, UnsupportedFunctionError
from chainrule.numpy.calculus import along
from chainrule.numpy.reductions import refuse_out, typed
from chainrule.ops import NAMESPACE as ops


def _ndim(x):
    return len(shape_of(x))


def _dtype(x):
    return dtype_of(plain_value(x))  # a front's `dtype` may be its own


# Joining and splitting


def atleast_1d(*arrays):
    raised = tuple(x if _ndim(x) else ops.reshape(x, (1,)) for x in map(ops.whole, arrays))
    return raised[0] if len(raised) == 1 else raised


def atleast_2d(*arrays):
    raised = tuple(x if _ndim(x) >= 2 else ops.reshape(x, (1, -1)) for x in map(ops.whole, arrays))
    return raised[0] if len(raised) == 1 else raised


def atleast_3d(*arrays):
    raised = tuple(_at_least_3(x) for x in arrays)
    return raised[0] if len(raised) == 1 else raised


def _at_least_3(x):
    x = ops.whole(x)
    return ops.reshape(x, numpy.atleast_3d(numpy.broadcast_to(0, shape_of(x))).shape)


def vstack(tup, *, dtype=None, casting="same_kind"):
    return typed(ops.concatenate([atleast_2d(x) for x in tup], 0), dtype)


def hstack(tup, *, dtype=None, casting="same_kind"):
    parts = [atleast_1d(x) for x in tup]
    return typed(ops.concatenate(parts, 0 if _ndim(parts[0]) == 1 else 1), dtype)


def dstack(tup):
    return ops.concatenate([_at_least_3(x) for x in tup], 2)


def column_stack(tup):
    return ops.concatenate([ops.reshape(x, (-1, 1)) if _ndim(x) < 2 else x for x in map(ops.whole, tup)], 1)


def block(arrays):
    def depth(nested):
        return 1 + max(depth(item) for item in nested) if isinstance(nested, list) else 0

    levels = depth(arrays)
    widest = max(levels, *(_ndim(leaf) for leaf in _leaves(arrays)))

    def join(nested, level):
        if not isinstance(nested, list):
            return ops.reshape(nested, (1,) * (widest - _ndim(nested)) + tuple(shape_of(nested)))
        return ops.concatenate([join(item, level - 1) for item in nested], -level)

    return join(arrays, levels)


def _leaves(nested):
    return [leaf for item in nested for leaf in _leaves(item)] if isinstance(nested, list) else [nested]


def append(arr, values, axis=None):
    return ops.concatenate([ops.whole(arr), ops.whole(values)], axis)


def array_split(ary, indices_or_sections, axis=0):
    axis = normal_axis(axis, _ndim(ary))
    places = numpy.array_split(numpy.arange(shape_of(ary)[axis]), indices_or_sections)
    bounds = [(int(p[0]), int(p[-1]) + 1) if len(p) else (0, 0) for p in places]
    return [ary[along(axis, slice(*bound))] for bound in bounds]


def split(ary, indices_or_sections, axis=0):
    if numpy.ndim(indices_or_sections) == 0 and shape_of(ary)[axis] % indices_or_sections:
        raise ArgumentError(
            f"split: {shape_of(ary)[axis]} entries do not divide into {indices_or_sections} equal parts",
            "use np.array_split for parts of unequal length",
        )
    return array_split(ary, indices_or_sections, axis)


def unstack(x, axis=0):
    axis = normal_axis(axis, _ndim(x))
    return tuple(x[along(axis, i)] for i in range(shape_of(x)[axis]))


def broadcast_arrays(*args, subok=False):
    args = [ops.whole(x) for x in args]
    shape = numpy.broadcast_shapes(*(shape_of(x) for x in args))
    return tuple(ops.broadcast_to(x, shape) for x in args)


def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    xi, n = [ops.whole(x) for x in xi], len(xi)
    grids = [ops.reshape(x, (1,) * i + (-1,) + (1,) * (n - i - 1)) for i, x in enumerate(xi)]
    if indexing == "xy" and n > 1:
        grids = [ops.swapaxes(grid, 0, 1) for grid in grids]
    return tuple(grids) if sparse else broadcast_arrays(*grids)


def delete(arr, obj, axis=None):
    if axis is None:
        arr, axis = ops.ravel(arr), 0
    kept = numpy.delete(numpy.arange(shape_of(arr)[axis]), obj)
    return ops.take(arr, kept, axis)


def insert(arr, obj, values, axis=None):
    arr, values = ops.whole(arr), ops.whole(values)
    own, new = (numpy.arange(int(numpy.prod(shape_of(x), dtype=int))).reshape(shape_of(x)) for x in (arr, values))
    places = numpy.insert(own, obj, own.size + new, axis)  # where each entry of the result comes from
    return ops.concatenate([ops.ravel(arr), ops.ravel(ops.astype(values, _dtype(arr)))])[places]


def fliplr(m):
    return ops.flip(m, 1)


def flipud(m):
    return ops.flip(m, 0)


def rollaxis(a, axis, start=0):
    axis, n = normal_axis(axis, _ndim(a)), _ndim(a)
    start = start + n if start < 0 else start
    return ops.moveaxis(a, axis, start - 1 if axis < start else start)


def resize(a, new_shape):
    return ops.gather(a, lambda places: numpy.resize(places, new_shape))


def copy(a, order="K", subok=False):
    return ops.positive(a)


def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None):
    filled = ops.broadcast_to(fill_value, shape_of(a) if shape is None else shape)
    return ops.astype(filled, dtype_of(plain_value(a)) if dtype is None else dtype)


# Sums, means and spreads


def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    x = _observations(m, rowvar, dtype)
    if y is not None:
        x = ops.concatenate([x, _observations(y, rowvar, dtype)], 0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights = [ops.whole(w) for w in (fweights, aweights) if w is not None]
    if not weights:
        centred = weighted = x - ops.mean(x, axis=1, keepdims=True)
        n = shape_of(x)[1] - ddof
    else:
        w = weights[0] if len(weights) == 1 else ops.multiply(*weights)
        total = ops.sum(ops.astype(w, float))
        centred = x - ops.sum(x * w, axis=1, keepdims=True) / total
        weighted = centred * w
        n = total - ddof * (1.0 if aweights is None else ops.sum(w * weights[-1]) / total)
    return ops.squeeze(ops.matmul(centred, ops.conjugate(ops.transpose(weighted))) / n)


def _observations(m, rowvar, dtype):
    """One variable a row, one observation a column, in float64 or wider."""
    x = ops.whole(m)
    x = atleast_2d(ops.astype(x, numpy.result_type(_dtype(x), float) if dtype is None else dtype))
    return x if rowvar or shape_of(x)[0] == 1 else ops.transpose(x)


def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = cov(x, y, rowvar, dtype=dtype)
    if not _ndim(c):
        return c / c
    deviation = ops.sqrt(ops.real(ops.diag(c)))
    return c / ops.outer(deviation, deviation)


# Order


def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    return quantile(a, 0.5, axis, out, keepdims=keepdims)


def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    refuse_out("quantile", out)
    if method != "linear" or type(q) in TENSORS or _dtype(a).kind == "c":
        raise UnsupportedFunctionError(
            "numpy.quantile of a Tensor knows the method 'linear', real numbers and a constant q only",
            "leave out method=; np.interp of np.sort(t) moves with q too",
        )
    axes = normal_axes(axis, _ndim(a))
    rest = [i for i in range(_ndim(a)) if i not in axes]
    x = ops.reshape(ops.transpose(a, rest + list(axes)), tuple(shape_of(a)[i] for i in rest) + (-1,))
    x = ops.sort(x, -1)
    share = numpy.asarray(q)
    position = share * numpy.asarray(shape_of(x)[-1] - 1, share.dtype if share.dtype.kind == "f" else float)
    low = numpy.floor(position).astype(int)
    high = numpy.ceil(position).astype(int)
    wide = _dtype(x) if isinstance(q, (int, float)) else numpy.result_type(_dtype(x), position)
    x, weight = ops.astype(x, wide), (position - low).astype(wide)
    result = x[..., low] if (low == high).all() else x[..., low] * (1 - weight) + x[..., high] * weight
    missing = numpy.isnan(plain_value(x)[..., -1])  # sorted last, and NumPy's answer is then NaN
    if somewhere(missing):
        result = ops.where(missing.reshape(missing.shape + (1,) * position.ndim), numpy.nan, result)
    if keepdims:
        result = ops.reshape(result, tuple(1 if i in axes else n for i, n in enumerate(shape_of(a))) + position.shape)
    front = tuple(range(position.ndim))
    return ops.moveaxis(result, tuple(i - position.ndim for i in front), front)


def percentile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    q = q / 100 if type(q) in TENSORS or type(q) in (int, float) else numpy.asarray(q) / 100
    return quantile(a, q, axis, out, method=method, keepdims=keepdims)


def partition(a, kth, axis=-1, kind="introselect", order=None):
    places = numpy.argpartition(plain_value(a), kth, axis=axis)
    return ops.take_along_axis(a, places, axis)


def unique(
    ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True
):
    if axis is not None:
        raise UnsupportedFunctionError("numpy.unique along an axis has no derivative rule here", "leave out axis=")
    _, places, inverse, counts = numpy.unique(plain_value(ar), True, True, True, equal_nan=equal_nan)
    extra = [x for x, asked in ((places, return_index), (inverse, return_inverse), (counts, return_counts)) if asked]
    values = ops.ravel(ar)[places]
    return (values, *extra) if extra else values


def union1d(ar1, ar2):
    return unique(ops.concatenate([ops.whole(ar1), ops.whole(ar2)], None))


def unique_values(x):
    return unique(x)


# Selecting


def select(condlist, choicelist, default: Any = 0):
    result = default
    for condition, choice in zip(condlist[::-1], choicelist[::-1]):
        result = ops.where(condition, choice, result)
    return result


def choose(a, choices, out=None, mode="raise"):
    refuse_out("choose", out)
    places, choices = numpy.asarray(plain_value(a)), list(choices)
    n = len(choices)
    if mode == "raise" and places.size and not (places.min() >= 0 and places.max() < n):
        raise OutOfRangeError(f"numpy.choose was given places outside its {n} choices", "or pass mode='clip' or 'wrap'")
    places = places % n if mode == "wrap" else numpy.clip(places, 0, n - 1)
    result = choices[-1]
    for i in range(n - 1):
        result = ops.where(places == i, choices[i], result)
    return ops.broadcast_to(result, numpy.broadcast_shapes(places.shape, *map(shape_of, choices)))


def piecewise(x, condlist, funclist, *args, **kw):
    """Each function sees only the entries of its piece, and the last condition that holds wins, as in NumPy."""
    x = ops.whole(x)
    if numpy.isscalar(condlist) or (_ndim(x) and not isinstance(condlist[0], (list, numpy.ndarray))):
        condlist = [condlist]  # one condition in place of a list of them
    conditions = numpy.asarray(condlist, dtype=bool)
    if len(funclist) == len(conditions) + 1:
        conditions = numpy.concatenate([conditions, ~conditions.any(axis=0, keepdims=True)])
    if len(funclist) != len(conditions):
        raise ArgumentError(
            f"numpy.piecewise was given {len(funclist)} functions for {len(conditions)} conditions",
            "give one function a condition, and one more for the rest",
        )
    parts, places, size = [numpy.zeros(1, _dtype(x))], numpy.zeros(shape_of(x), dtype=int), 1
    for condition, f in zip(conditions, funclist):
        n = int(condition.sum())
        if n:
            part = f(x[condition], *args, **kw) if callable(f) else f
            parts.append(ops.broadcast_to(ops.astype(ops.whole(part), _dtype(x)), (n,)))
            places[condition] = numpy.arange(size, size + n)
            size += n
    return ops.concatenate(parts)[places]


def where(condition, x=None, y=None):
    if x is None and y is None:
        return numpy.nonzero(plain_value(condition))
    return ops.where(condition, x, y)


def compress(condition, a, axis=None, out=None):
    refuse_out("compress", out)
    return ops.take(a, numpy.nonzero(numpy.asarray(plain_value(condition)))[0], axis)


def extract(condition, arr):
    return ops.ravel(arr)[numpy.nonzero(numpy.ravel(plain_value(condition)))[0]]


def trim_zeros(filt, trim="fb", axis=None):
    bare = numpy.asarray(plain_value(filt))
    if bare.ndim != 1:
        raise UnsupportedFunctionError("numpy.trim_zeros of several axes has no derivative rule here", "slice instead")
    places = numpy.flatnonzero(bare)
    first, last = (places[0], places[-1] + 1) if len(places) else (len(bare), len(bare))
    return filt[first if "f" in trim.lower() else 0 : last if "b" in trim.lower() else len(bare)]


def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    arr = ops.whole(arr)
    axis = normal_axis(axis, _ndim(arr))
    moved = ops.moveaxis(arr, axis, -1)
    rest = shape_of(moved)[:-1]
    rows = [func1d(moved[place], *args, **kwargs) for place in numpy.ndindex(*rest)]
    joined = ops.stack(rows)
    joined = ops.reshape(joined, rest + shape_of(joined)[1:])
    inner = range(_ndim(joined) - len(rest))  # the axes of one result stand where the axis stood
    return ops.moveaxis(joined, tuple(len(rest) + i for i in inner), tuple(axis + i for i in inner))


# Linear algebra


def multi_dot(arrays, *, out=None):
    refuse_out("linalg.multi_dot", out)
    result = arrays[0]
    for a in arrays[1:]:
        result = ops.dot(result, a)
    return result


def tensorsolve(a, b, axes=None):
    if axes is not None:
        a = ops.transpose(a, [*(i for i in range(_ndim(a)) if i not in axes), *axes])
    b = ops.whole(b)
    solved = ops.linalg.solve(ops.reshape(a, (_size(b), -1)), ops.ravel(b))
    return ops.reshape(solved, shape_of(a)[_ndim(b) :])


def tensorinv(a, ind=2):
    shape = shape_of(a)
    inverse = ops.linalg.inv(ops.reshape(a, (int(numpy.prod(shape[:ind])), -1)))
    return ops.reshape(inverse, shape[ind:] + shape[:ind])


def _size(x):
    return int(numpy.prod(shape_of(x), dtype=int))


def norm(x, ord=None, axis=None, keepdims=False):
    if axis is None and ord is None:
        return ops.norm(x, axis=None, keepdims=keepdims)
    axes = normal_axes(axis, _ndim(x))
    if ord is None or (ord == "fro" and len(axes) == 2) or (ord == 2 and len(axes) == 1):
        return ops.norm(x, axis=axes, keepdims=keepdims)
    size = ops.absolute(x)
    if len(axes) == 1:
        return _vector_norm(size, ord, axes, keepdims)
    if ord in (1, -1, numpy.inf, -numpy.inf):
        rows, columns = axes if axis is None else tuple(normal_axis(i, _ndim(x)) for i in axis)
        summed, picked = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = ops.sum(size, axis=summed, keepdims=True)
        best = (ops.max if ord > 0 else ops.min)(sums, axis=picked, keepdims=True)
        return best if keepdims else ops.squeeze(best, axes)
    raise UnsupportedFunctionError(
        f"numpy.linalg.norm of a matrix with ord={ord!r} has no derivative rule here",
        "use the Frobenius norm (the default), 1, -1, inf or -inf",
    )


def _vector_norm(size, ord, axes, keepdims):
    if ord == numpy.inf:
        return ops.max(size, axis=axes, keepdims=keepdims)
    if ord == -numpy.inf:
        return ops.min(size, axis=axes, keepdims=keepdims)
    if ord == 1:
        return ops.sum(size, axis=axes, keepdims=keepdims)
    if ord == 0:
        return numpy.sum(plain_value(size) != 0, axis=axes, keepdims=keepdims).astype(_dtype(size))
    total = ops.sum(ops.power(size, ord), axis=axes, keepdims=keepdims)
    return ops.where(plain_value(total) == 0, 0.0, ops.power(ops.where(plain_value(total) == 0, 1.0, total), 1 / ord))


def vector_norm(x, *, axis=None, keepdims=False, ord=2):
    if axis is None:
        return norm(ops.ravel(x), ord) if not keepdims else ops.reshape(norm(ops.ravel(x), ord), (1,) * _ndim(x))
    if ord == 2:
        return ops.norm(x, axis=axis, keepdims=keepdims)
    return _vector_norm(ops.absolute(x), ord, normal_axes(axis, _ndim(x)), keepdims)


def fftshift(x, axes=None):
    return ops.gather(x, lambda places: numpy.fft.fftshift(places, axes))


def ifftshift(x, axes=None):
    return ops.gather(x, lambda places: numpy.fft.ifftshift(places, axes))


def angle(z, deg=False):
    theta = ops.arctan2(ops.imag(z), ops.real(z))
    return ops.degrees(theta) if deg else theta
