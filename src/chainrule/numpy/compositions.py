"""NumPy functions that are made of other operations. Signatures are NumPy's."""

from typing import Any

import numpy

from chainrule.core.record import TENSORS, plain_value
from chainrule.core.spec import normal_axes, normal_axis, shape_of
from chainrule.errors import ArgumentError, UnsupportedFunctionError
from chainrule.ops import NAMESPACE as ops


def _ndim(x):
    return len(shape_of(x))


def _size(x):
    return int(numpy.prod(shape_of(x)))


def _along(axis, part):
    return (slice(None),) * axis + (part,)


# Joining and splitting


def atleast_1d(*arrays):
    raised = tuple(x if _ndim(x) else ops.reshape(x, (1,)) for x in arrays)
    return raised[0] if len(raised) == 1 else raised


def atleast_2d(*arrays):
    raised = tuple(x if _ndim(x) >= 2 else ops.reshape(x, (1, -1)) for x in arrays)
    return raised[0] if len(raised) == 1 else raised


def atleast_3d(*arrays):
    raised = tuple(_at_least_3(x) for x in arrays)
    return raised[0] if len(raised) == 1 else raised


def _at_least_3(x):
    return ops.reshape(x, numpy.atleast_3d(numpy.broadcast_to(0, shape_of(x))).shape)


def vstack(tup):
    return ops.concatenate([atleast_2d(x) for x in tup], 0)


def hstack(tup):
    parts = [atleast_1d(x) for x in tup]
    return ops.concatenate(parts, 0 if _ndim(parts[0]) == 1 else 1)


def dstack(tup):
    return ops.concatenate([_at_least_3(x) for x in tup], 2)


def column_stack(tup):
    return ops.concatenate([ops.reshape(x, (-1, 1)) if _ndim(x) < 2 else x for x in tup], 1)


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
    if axis is None:
        return ops.concatenate([ops.ravel(arr), ops.ravel(values)], 0)
    return ops.concatenate([arr, values], axis)


def array_split(ary, indices_or_sections, axis=0):
    axis = normal_axis(axis, _ndim(ary))
    places = numpy.array_split(numpy.arange(shape_of(ary)[axis]), indices_or_sections)
    bounds = [(int(p[0]), int(p[-1]) + 1) if len(p) else (0, 0) for p in places]
    return [ary[_along(axis, slice(*bound))] for bound in bounds]


def split(ary, indices_or_sections, axis=0):
    if isinstance(indices_or_sections, int) and shape_of(ary)[axis] % indices_or_sections:
        raise ArgumentError(
            f"split: {shape_of(ary)[axis]} entries do not divide into {indices_or_sections} equal parts",
            "use np.array_split for parts of unequal length",
        )
    return array_split(ary, indices_or_sections, axis)


def unstack(x, axis=0):
    axis = normal_axis(axis, _ndim(x))
    return tuple(x[_along(axis, i)] for i in range(shape_of(x)[axis]))


def broadcast_arrays(*args, subok=False):
    shape = numpy.broadcast_shapes(*(shape_of(x) for x in args))
    return tuple(ops.broadcast_to(x, shape) for x in args)


def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    n = len(xi)
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
    if axis is None:
        arr, axis = ops.ravel(arr), 0
    axis, place = normal_axis(axis, _ndim(arr)), int(obj) % (shape_of(arr)[axis] + 1)
    rest = shape_of(arr)[:axis] + shape_of(arr)[axis + 1 :]
    new = ops.expand_dims(ops.broadcast_to(values, rest), axis) if _ndim(values) <= len(rest) else values
    return ops.concatenate([arr[_along(axis, slice(0, place))], new, arr[_along(axis, slice(place, None))]], axis)


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


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    if axis != 0 or dtype is not None:
        raise UnsupportedFunctionError(
            "numpy.linspace of a Tensor knows the first axis only", "leave out axis=, dtype="
        )
    share = numpy.linspace(0.0, 1.0, num, endpoint)
    share = share.reshape(-1, *(1,) * max(_ndim(start), _ndim(stop)))
    points = ops.multiply(start, 1.0 - share) + ops.multiply(stop, share)
    return (points, (stop - start) / max(num - bool(endpoint), 1)) if retstep else points


def copy(a, order="K", subok=False):
    return ops.positive(a)


def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None):
    filled = ops.broadcast_to(fill_value, shape_of(a) if shape is None else shape)
    return ops.astype(filled, numpy.asarray(plain_value(a)).dtype if dtype is None else dtype)


# Sums, means and spreads


def average(a, axis=None, weights=None, returned=False, keepdims=False):
    if weights is None:
        mean = ops.mean(a, axis=axis, keepdims=keepdims)
        return (mean, numpy.full(shape_of(mean), _size(a) / max(_size(mean), 1))) if returned else mean
    if shape_of(weights) != shape_of(a):
        along = normal_axes(axis, _ndim(a))[0]
        weights = ops.reshape(weights, tuple(n if i == along else 1 for i, n in enumerate(shape_of(a))))
    weights = ops.broadcast_to(weights, shape_of(a))
    total = ops.sum(weights, axis=axis, keepdims=keepdims)
    mean = ops.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (mean, total) if returned else mean


def ptp(a, axis=None, out=None, keepdims=False):
    return ops.max(a, axis=axis, keepdims=keepdims) - ops.min(a, axis=axis, keepdims=keepdims)


def nansum(a, axis=None, dtype=None, out=None, keepdims=False):
    return ops.sum(ops.where(ops.isnan(a), 0.0, a), axis=axis, keepdims=keepdims)


def nanmean(a, axis=None, dtype=None, out=None, keepdims=False):
    n = numpy.sum(~ops.isnan(a), axis=axis, keepdims=keepdims)
    return nansum(a, axis, keepdims=keepdims) / n


def nanprod(a, axis=None, dtype=None, out=None, keepdims=False):
    return ops.prod(ops.where(ops.isnan(a), 1.0, a), axis=axis, keepdims=keepdims)


def nanmax(a, axis=None, out=None, keepdims=False):
    return ops.max(ops.where(ops.isnan(a), -numpy.inf, a), axis=axis, keepdims=keepdims)


def nanmin(a, axis=None, out=None, keepdims=False):
    return ops.min(ops.where(ops.isnan(a), numpy.inf, a), axis=axis, keepdims=keepdims)


def diff(a, n=1, axis=-1, prepend=None, append=None):
    axis = normal_axis(axis, _ndim(a))
    edges = [
        None
        if x is None
        else ops.broadcast_to(x, tuple(1 if i == axis else m for i, m in enumerate(shape_of(a))))
        if _ndim(x) == 0
        else x
        for x in (prepend, append)
    ]
    parts = [x for x in (edges[0], a, edges[1]) if x is not None]
    a = ops.concatenate(parts, axis) if len(parts) > 1 else a
    for _ in range(n):
        a = a[_along(axis, slice(1, None))] - a[_along(axis, slice(None, -1))]
    return a


def ediff1d(ary, to_end=None, to_begin=None):
    flat = ops.ravel(ary)
    parts = [to_begin, flat[1:] - flat[:-1], to_end]
    parts = [atleast_1d(x) for x in parts if x is not None]
    return ops.concatenate(parts, 0) if len(parts) > 1 else parts[0]


def trapezoid(y, x=None, dx=1.0, axis=-1):
    axis = normal_axis(axis, _ndim(y))
    if x is not None:
        dx = diff(x, axis=-1)
        dx = ops.reshape(dx, (-1,) + (1,) * (_ndim(y) - axis - 1)) if _ndim(dx) == 1 else dx
    halves = (y[_along(axis, slice(1, None))] + y[_along(axis, slice(None, -1))]) * 0.5
    return ops.sum(halves * dx, axis=axis)


def gradient(f, *varargs, axis=None, edge_order=1):
    if edge_order != 1 or any(_ndim(h) for h in varargs):
        raise UnsupportedFunctionError(
            "numpy.gradient with uneven spacing or edge_order=2 has no derivative rule here",
            "use one spacing an axis and edge_order=1, or np.diff",
        )
    axes = normal_axes(axis, _ndim(f))
    steps = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    slopes = []
    for i, h in zip(axes, steps):
        inner = (f[_along(i, slice(2, None))] - f[_along(i, slice(None, -2))]) / (2 * h)
        first = (f[_along(i, slice(1, 2))] - f[_along(i, slice(0, 1))]) / h
        last = (f[_along(i, slice(-1, None))] - f[_along(i, slice(-2, -1))]) / h
        slopes.append(ops.concatenate([first, inner, last], i))
    return slopes[0] if len(slopes) == 1 else slopes


def cov(m, y=None, rowvar=True, bias=False, ddof=None):
    x = atleast_2d(m)
    x = x if rowvar or shape_of(x)[0] == 1 else ops.transpose(x)
    if y is not None:
        other = atleast_2d(y)
        x = ops.concatenate([x, other if rowvar or shape_of(other)[0] == 1 else ops.transpose(other)], 0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    centred = x - ops.mean(x, axis=1, keepdims=True)
    product = ops.matmul(centred, ops.transpose(centred)) / (shape_of(x)[1] - ddof)
    return ops.squeeze(product)


def corrcoef(x, y=None, rowvar=True):
    c = cov(x, y, rowvar)
    if not _ndim(c):
        return c / c
    deviation = ops.sqrt(ops.diag(c))
    return c / ops.outer(deviation, deviation)


# Order


def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    return quantile(a, 0.5, axis=axis, keepdims=keepdims)


def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    if method != "linear" or type(q) in TENSORS:
        raise UnsupportedFunctionError(
            "numpy.quantile of a Tensor knows the method 'linear' and a constant q only", "leave out method="
        )
    axes = normal_axes(axis, _ndim(a))
    rest = [i for i in range(_ndim(a)) if i not in axes]
    x = ops.reshape(ops.transpose(a, rest + list(axes)), tuple(shape_of(a)[i] for i in rest) + (-1,))
    x = ops.sort(x, -1)
    position = numpy.asarray(q, dtype=float) * (shape_of(x)[-1] - 1)
    low = numpy.floor(position).astype(int)
    high = numpy.ceil(position).astype(int)
    weight = (position - low).astype(x.dtype)
    result = x[..., low] if (low == high).all() else x[..., low] * (1 - weight) + x[..., high] * weight
    if keepdims:
        result = ops.reshape(result, tuple(1 if i in axes else n for i, n in enumerate(shape_of(a))) + position.shape)
    return ops.moveaxis(result, -1, 0) if position.ndim else result


def percentile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False):
    return quantile(a, numpy.asarray(q) / 100, axis, method=method, keepdims=keepdims)


def partition(a, kth, axis=-1, kind="introselect", order=None):
    places = numpy.argpartition(plain_value(a), kth, axis=axis)
    return ops.take_along_axis(a, places, axis)


def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, equal_nan=True):
    if axis is not None:
        raise UnsupportedFunctionError("numpy.unique along an axis has no derivative rule here", "leave out axis=")
    _, places, inverse, counts = numpy.unique(plain_value(ar), True, True, True, equal_nan=equal_nan)
    extra = [x for x, asked in ((places, return_index), (inverse, return_inverse), (counts, return_counts)) if asked]
    values = ops.ravel(ar)[places]
    return (values, *extra) if extra else values


# Selecting and interpolating


def select(condlist, choicelist, default: Any = 0):
    result = default
    for condition, choice in zip(condlist[::-1], choicelist[::-1]):
        result = ops.where(condition, choice, result)
    return result


def choose(a, choices, out=None, mode="raise"):
    return select([numpy.asarray(plain_value(a)) == i for i in range(len(choices))], list(choices))


def piecewise(x, condlist, funclist, *args, **kw):
    condlist = list(condlist) if isinstance(condlist, (list, tuple)) else [condlist]
    pieces = [f(x, *args, **kw) if callable(f) else f for f in funclist]
    default = pieces.pop() if len(pieces) == len(condlist) + 1 else 0.0
    return select(condlist, pieces, default)


def where(condition, x=None, y=None):
    if x is None and y is None:
        return numpy.nonzero(plain_value(condition))
    return ops.where(condition, x, y)


def compress(condition, a, axis=None, out=None):
    return ops.take(a, numpy.nonzero(numpy.asarray(plain_value(condition)))[0], axis)


def extract(condition, arr):
    return ops.ravel(arr)[numpy.nonzero(numpy.ravel(plain_value(condition)))[0]]


def interp(x, xp, fp, left=None, right=None, period=None):
    """Piecewise linear interpolation; the slope at a knot is that of the piece to its right."""
    if period is not None:
        raise UnsupportedFunctionError("numpy.interp with a period has no derivative rule here", "wrap x with np.mod")
    places, knots = numpy.asarray(plain_value(x)), numpy.asarray(plain_value(xp))
    last = len(knots) - 1
    i = numpy.clip(numpy.searchsorted(knots, places, side="right") - 1, 0, max(last - 1, 0))
    xp, fp = (v if type(v) in TENSORS else numpy.asarray(v) for v in (xp, fp))
    if last == 0:
        inside = ops.broadcast_to(fp[0], places.shape)
    else:
        step = fp[i + 1] - fp[i]
        inside = fp[i] + (x - xp[i]) * (step / (xp[i + 1] - xp[i]))
    inside = ops.where(places == knots[last], fp[last], inside)
    inside = ops.where(places < knots[0], fp[0] if left is None else left, inside)
    return ops.where(places > knots[last], fp[last] if right is None else right, inside)


def convolve(a, v, mode="full"):
    a, v = atleast_1d(a), atleast_1d(v)
    if shape_of(v)[0] > shape_of(a)[0]:
        a, v = v, a
    n, m = shape_of(a)[0], shape_of(v)[0]
    padded = ops.pad(a, m - 1)
    windows = padded[numpy.arange(n + m - 1)[:, None] + numpy.arange(m)[None, :]]
    full = ops.matmul(windows, ops.flip(v))
    cut = {"full": 0, "same": (m - 1) // 2, "valid": m - 1}[mode]
    length = {"full": n + m - 1, "same": n, "valid": n - m + 1}[mode]
    return full[cut : cut + length]


def correlate(a, v, mode="valid"):
    a, v = atleast_1d(a), atleast_1d(v)
    if shape_of(v)[0] > shape_of(a)[0]:
        return ops.flip(correlate(v, a, mode))
    return convolve(a, ops.flip(ops.conjugate(v)), mode)


def polyval(p, x):
    y = x * 0.0
    for i in range(shape_of(p)[0]):
        y = y * x + p[i]
    return y


def vander(x, N=None, increasing=False):
    n = shape_of(x)[0] if N is None else N
    powers = numpy.arange(n) if increasing else numpy.arange(n)[::-1]
    return ops.power(ops.expand_dims(x, -1), powers)


# Linear algebra


def multi_dot(arrays, out=None):
    result = arrays[0]
    for a in arrays[1:]:
        result = ops.dot(result, a)
    return result


def norm(x, ord=None, axis=None, keepdims=False):
    if axis is None and ord is None:
        return ops.norm(x, axis=None, keepdims=keepdims)
    axes = normal_axes(axis, _ndim(x))
    if ord in (None, "fro") or (ord == 2 and len(axes) == 1):
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
        return numpy.sum(plain_value(size) != 0, axis=axes, keepdims=keepdims).astype(float)
    total = ops.sum(ops.power(size, ord), axis=axes, keepdims=keepdims)
    return ops.where(plain_value(total) == 0, 0.0, ops.power(ops.where(plain_value(total) == 0, 1.0, total), 1 / ord))


def vector_norm(x, *, axis=None, keepdims=False, ord=2):
    if axis is None:
        return norm(ops.ravel(x), ord) if not keepdims else ops.reshape(norm(ops.ravel(x), ord), (1,) * _ndim(x))
    return norm(x, ord, axis, keepdims) if isinstance(axis, int) else ops.norm(x, axis=axis, keepdims=keepdims)


def fftshift(x, axes=None):
    return ops.gather(x, lambda places: numpy.fft.fftshift(places, axes))


def ifftshift(x, axes=None):
    return ops.gather(x, lambda places: numpy.fft.ifftshift(places, axes))


def angle(z, deg=False):
    theta = ops.arctan2(ops.imag(z), ops.real(z))
    return ops.degrees(theta) if deg else theta
