"""NumPy's differences, integrals, polynomials, interpolation and convolutions. Signatures are NumPy's."""

from typing import Any

import numpy

from chainrule.core.record import TENSORS, plain_value
from chainrule.core.spec import dtype_of, normal_axis, shape_of
from chainrule.errors import ArgumentError, ShapeError, UnsupportedFunctionError
from chainrule.ops import NAMESPACE as ops


def along(axis, part):
    """The index that reads `part` of an axis and all of the axes before it."""
    return (slice(None),) * axis + (part,)


def _ndim(x):
    return len(shape_of(x))


def _dtype(x):
    return dtype_of(plain_value(x))  # a front's `dtype` may be its own


def _row(x):
    """x with at least one axis."""
    x = ops.whole(x)
    return x if _ndim(x) else ops.reshape(x, (1,))


def _column(x, axis, ndim):
    """A vector laid along an axis."""
    return ops.reshape(x, (-1,) + (1,) * (ndim - axis - 1))


# Differences and integrals


def diff(a, n=1, axis=-1, prepend=None, append=None):
    a = ops.whole(a)
    axis = normal_axis(axis, _ndim(a))
    edge = tuple(1 if i == axis else m for i, m in enumerate(shape_of(a)))
    parts = [
        x if x is None or x is a or _ndim(x) else ops.broadcast_to(x, edge)
        for x in (ops.whole(prepend), a, ops.whole(append))
    ]
    parts = [x for x in parts if x is not None]
    a = ops.concatenate(parts, axis) if len(parts) > 1 else a
    for _ in range(n):
        a = a[along(axis, slice(1, None))] - a[along(axis, slice(None, -1))]
    return a


def ediff1d(ary, to_end=None, to_begin=None):
    flat = ops.ravel(ary)
    parts = [to_begin, flat[1:] - flat[:-1], to_end]
    parts = [ops.astype(ops.ravel(ops.whole(x)), _dtype(flat)) for x in parts if x is not None]
    return ops.concatenate(parts, 0) if len(parts) > 1 else parts[0]


def trapezoid(y, x=None, dx=1.0, axis=-1):
    y, x = ops.whole(y), ops.whole(x)
    axis = normal_axis(axis, _ndim(y))
    if x is not None:
        dx = _column(diff(x), axis, _ndim(y)) if _ndim(x) == 1 else diff(x, axis=axis)
    halves = (y[along(axis, slice(1, None))] + y[along(axis, slice(None, -1))]) / 2.0
    return ops.sum(halves * dx, axis=axis)


def gradient(f, *varargs, axis=None, edge_order=1):
    f = ops.whole(f)
    given = range(_ndim(f)) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = [normal_axis(i, _ndim(f)) for i in given]
    steps = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    if len(steps) != len(axes):
        raise ArgumentError(f"numpy.gradient was given {len(steps)} spacings for {len(axes)} axes", "give one an axis")
    kind = numpy.result_type(_dtype(f), numpy.float16) if _dtype(f).kind in "fc" else float
    slopes = [ops.astype(_slope_along(f, i, ops.whole(h), edge_order), kind) for i, h in zip(axes, steps)]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _slope_along(f, axis, h: Any, edge_order):
    """Second-order differences inside; at the edges of the order asked for."""
    n = shape_of(f)[axis]
    if n <= edge_order:
        raise ShapeError(f"numpy.gradient of {n} entries with edge_order={edge_order}", "give more entries")
    if _ndim(h):  # places, not a distance
        if shape_of(h) != (n,):
            raise ShapeError(f"numpy.gradient was given {shape_of(h)} places for {n} entries", "give one an entry")
        h = diff(h)
        first, last = [h[0], h[1:2]], [h[-1], h[-2:-1]]
        h = _column(h, axis, _ndim(f))
        before, after = h[:-1], h[1:]
        left, middle, right = _weights(before, after)
        inner = left * _part(f, axis, 0, -2) + middle * _part(f, axis, 1, -1) + right * _part(f, axis, 2, None)
    else:
        first, last = (h, h), (h, h)
        inner = (_part(f, axis, 2, None) - _part(f, axis, 0, -2)) / (2.0 * h)
    ends = [
        _edge(f, axis, first[0], first[1], edge_order, 1),
        _edge(f, axis, last[0], last[1], edge_order, -1),
    ]
    return ops.concatenate([ends[0], inner, ends[1]], axis)


def _weights(before, after):
    """What the left, middle and right value count for in the slope at the middle one."""
    both = before + after
    return -after / (before * both), (after - before) / (before * after), before / (after * both)


def _part(f, axis, start, stop):
    return f[along(axis, slice(start, stop))]


def _edge(f, axis, near, far, order, sign):
    """The slope at the first place (sign 1) or, mirrored, at the last one (sign -1)."""
    y = [f[along(axis, [k if sign == 1 else -1 - k])] for k in range(order + 1)]
    if order == 1:
        return (y[1] - y[0]) / near * sign
    if _ndim(far):
        far = ops.reshape(far, ())
    both = near + far
    first = -(2.0 * near + far) / (near * both)
    return (first * y[0] + both / (near * far) * y[1] - near / (far * both) * y[2]) * sign


def unwrap(p, discont=None, axis=-1, *, period=6.283185307179586):
    """Whole periods are added, which have no slope."""
    bare = plain_value(p)
    return ops.add(p, numpy.unwrap(bare, discont, axis, period=period) - bare)


# Polynomials, by their coefficients from the highest power down


def polyval(p, x):
    p, x = ops.whole(p), ops.whole(x)
    y = x * 0.0
    for i in range(shape_of(p)[0]):
        y = y * x + p[i]
    return y


def _aligned(a, b):
    a, b = _row(a), _row(b)
    n = max(shape_of(a)[0], shape_of(b)[0])
    return (x if shape_of(x)[0] == n else ops.pad(x, (n - shape_of(x)[0], 0)) for x in (a, b))


def polyadd(a1, a2):
    return ops.add(*_aligned(a1, a2))


def polysub(a1, a2):
    return ops.subtract(*_aligned(a1, a2))


def polymul(a1, a2):
    return convolve(*(_without_leading_zeros(_row(a)) for a in (a1, a2)))


def _without_leading_zeros(p):
    places = numpy.flatnonzero(plain_value(p))
    return p[places[0] :] if len(places) else p[-1:]


def polyder(p, m=1):
    p = ops.whole(p)
    for _ in range(m):
        p = p[:-1] * numpy.arange(shape_of(p)[0] - 1, 0, -1)
    return p


def polyint(p, m=1, k=None):
    p = ops.whole(p)
    constants = ops.broadcast_to(0.0 if k is None else ops.whole(k), (m,))
    for i in range(m):
        p = ops.concatenate([p / numpy.arange(shape_of(p)[0], 0, -1), constants[i : i + 1]])
    return p


def vander(x, N=None, increasing=False):
    x = ops.whole(x)
    n = shape_of(x)[0] if N is None else N
    powers = numpy.arange(n) if increasing else numpy.arange(n)[::-1]
    return ops.power(ops.expand_dims(x, -1), powers)


# Interpolation


def interp(x, xp, fp, left=None, right=None, period=None):
    """Piecewise linear interpolation; the slope at a knot is that of the piece to its right."""
    x, xp, fp = (ops.whole(v) for v in (x, xp, fp))
    if period is not None:
        x, xp, fp = _periodic(x, xp, fp, abs(period))
        left = right = None
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


def _periodic(x, xp, fp, period):
    """Everything brought into one period, with a knot of the next period at each end."""
    x, xp = ops.remainder(x, period), ops.remainder(xp, period)
    order = numpy.argsort(plain_value(xp))
    xp, fp = xp[order], fp[order]
    return x, ops.concatenate([xp[-1:] - period, xp, xp[:1] + period]), ops.concatenate([fp[-1:], fp, fp[:1]])


# Convolutions


def convolve(a, v, mode="full"):
    a, v = _row(a), _row(v)
    if shape_of(v)[0] > shape_of(a)[0]:
        a, v = v, a
    n, m = shape_of(a)[0], shape_of(v)[0]
    if mode not in ("full", "same", "valid"):
        raise ArgumentError(f"mode={mode!r} of a convolution", "choose from 'full', 'same' and 'valid'")
    padded = ops.pad(a, m - 1)
    windows = padded[numpy.arange(n + m - 1)[:, None] + numpy.arange(m)[None, :]]
    full = ops.matmul(windows, ops.flip(v))
    cut = {"full": 0, "same": (m - 1) // 2, "valid": m - 1}[mode]
    length = {"full": n + m - 1, "same": n, "valid": n - m + 1}[mode]
    return full[cut : cut + length]


def correlate(a, v, mode="valid"):
    a, v = _row(a), _row(v)
    if shape_of(v)[0] > shape_of(a)[0]:
        return ops.conjugate(ops.flip(correlate(v, a, mode)))
    return convolve(a, ops.flip(ops.conjugate(v)), mode)


# Grids


def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    start, stop = ops.whole(start), ops.whole(stop)
    kind = numpy.result_type(plain_value(start), plain_value(stop), float(num))
    share = numpy.linspace(0.0, 1.0, num, endpoint).astype(kind)
    share = share.reshape(-1, *(1,) * max(_ndim(start), _ndim(stop)))
    points = ops.multiply(start, 1.0 - share) + ops.multiply(stop, share)
    points = points if dtype is None else ops.astype(points, dtype)
    points = points if axis == 0 else ops.moveaxis(points, 0, axis)
    if not retstep:
        return points
    steps = num - bool(endpoint)
    return points, (stop - start) / steps if steps else (stop - start) * numpy.nan


def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    if _ndim(base):
        raise UnsupportedFunctionError("numpy.logspace with several bases has no derivative rule here", "give one base")
    points = ops.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return points if dtype is None else ops.astype(points, dtype)


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    if numpy.any(numpy.asarray(plain_value(start)) <= 0) or numpy.any(numpy.asarray(plain_value(stop)) <= 0):
        raise UnsupportedFunctionError(
            "numpy.geomspace with an end that is not positive has no derivative rule here", "use positive ends"
        )
    return logspace(ops.log10(start), ops.log10(stop), num, endpoint, dtype=dtype, axis=axis)
