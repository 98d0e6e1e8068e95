"""NumPy functions that are compositions of others, written out as NumPy itself computes them.

They run on traced values, so what is written down is their parts. None is returned for what is not known.
"""

import math
import operator

import numpy

from chainrule.compilation import canonical, sums
from chainrule.compilation.calls import is_traced, mentions
from chainrule.core.spec import normal_axes

_ABSENT = vars(numpy)["_NoValue"]
_FLOATS = (numpy.float32, numpy.float64)


def _count(x, axis):
    return int(numpy.prod([x.shape[i] for i in normal_axes(axis, len(x.shape))], dtype=int))


def mean(x, axis=None, dtype=None, out=None, keepdims=_ABSENT, *, where=_ABSENT):
    if dtype is not None or out is not None or where is not _ABSENT or getattr(x, "dtype", None) not in _FLOATS:
        return None
    keep = keepdims is not _ABSENT and bool(keepdims)
    return numpy.sum(x, axis=axis, keepdims=keep) / _count(x, axis)


def var(x, axis=None, dtype=None, out=None, ddof=0, keepdims=_ABSENT, **others):
    if dtype is not None or out is not None or others or getattr(x, "dtype", None) not in _FLOATS or not x.shape:
        return None
    keep = keepdims is not _ABSENT and bool(keepdims)
    apart = x - numpy.sum(x, axis=axis, keepdims=True) / _count(x, axis)
    return numpy.sum(apart * apart, axis=axis, keepdims=keep) / max(_count(x, axis) - ddof, 0)


def std(x, axis=None, dtype=None, out=None, ddof=0, keepdims=_ABSENT, **others):
    variance = var(x, axis, dtype, out, ddof, keepdims, **others)
    return None if variance is None else numpy.sqrt(variance)


def clip(a, a_min=_ABSENT, a_max=_ABSENT, out=None, *, min=_ABSENT, max=_ABSENT, **others):
    low, high = (a_min if min is _ABSENT else min), (a_max if max is _ABSENT else max)
    if out is not None or others or _ABSENT in (type(low), type(high)) or low is None or high is None:
        return None
    if low is _ABSENT or high is _ABSENT or getattr(a, "dtype", None) not in _FLOATS:
        return None
    return numpy.minimum(numpy.maximum(a, low), high)


def stack(arrays, axis=0, out=None, **others):
    if out is not None or others or not isinstance(arrays, (list, tuple)) or not arrays:
        return None
    shape = numpy.shape(arrays[0])
    place = axis + len(shape) + 1 if axis < 0 else axis
    whole = (*shape[:place], 1, *shape[place:])
    if any(numpy.shape(one) != shape for one in arrays) or not 0 <= place <= len(shape):
        return None
    return numpy.concatenate([numpy.reshape(one, whole) for one in arrays], axis=place)


def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    if dtype is not None or out is not None or getattr(a, "dtype", None) not in _FLOATS:
        return None
    return numpy.sum(numpy.diagonal(a, offset, axis1, axis2), axis=-1)


def sinc(x):
    if not getattr(x, "shape", ()) or x.dtype not in _FLOATS:
        return None
    x = numpy.pi * x
    y = numpy.where(x != 0, x, numpy.finfo(x.dtype).eps)
    return numpy.sin(y) / y


def outer(a, b, out=None):
    return None if out is not None else numpy.multiply(numpy.ravel(a)[:, None], numpy.ravel(b)[None, :])


def inner(a, b):
    return numpy.matmul(a, b) if len(numpy.shape(a)) == len(numpy.shape(b)) == 1 else None


def vdot(a, b):
    real = all(getattr(x, "dtype", None) in _FLOATS for x in (a, b))
    return numpy.matmul(numpy.ravel(a), numpy.ravel(b)) if real else None


def tensordot(a, b, axes=2):
    """As NumPy does: the axes that are summed go last in one and first in the other, for one matrix product."""
    own, others = axes if isinstance(axes, (list, tuple)) else (tuple(range(-axes, 0)), tuple(range(axes)))
    sizes = numpy.shape(a), numpy.shape(b)
    own, others = (_in_order(x, len(shape)) for x, shape in zip((own, others), sizes))
    if len(own) != len(others) or [sizes[0][i] for i in own] != [sizes[1][i] for i in others]:
        return None
    free, rest = ([i for i in range(len(shape)) if i not in used] for shape, used in zip(sizes, (own, others)))
    summed = math.prod(sizes[0][i] for i in own)
    left, right = [sizes[0][i] for i in free], [sizes[1][i] for i in rest]
    first = numpy.reshape(numpy.transpose(a, (*free, *own)), (math.prod(left), summed))
    second = numpy.reshape(numpy.transpose(b, (*others, *rest)), (summed, math.prod(right)))
    return numpy.reshape(numpy.matmul(first, second), (*left, *right))


def _in_order(axes, count):
    return [operator.index(i) % count for i in (axes if isinstance(axes, (list, tuple)) else (axes,))]


def norm(x, ord=None, axis=None, keepdims=False):
    if ord not in (None, 2) or not getattr(x, "shape", ()) or x.dtype not in _FLOATS:
        return None
    if axis is None and ord is None and not keepdims:
        entries = numpy.ravel(x)
        return numpy.sqrt(numpy.matmul(entries, entries))
    if not isinstance(axis, (int, numpy.integer)):
        return None
    return numpy.sqrt(numpy.sum(x * x, axis=axis, keepdims=keepdims))


def cumsum(a, axis=None, dtype=None, out=None):
    return numpy.cumsum(numpy.ravel(a), axis=0) if axis is None and dtype is None and out is None else None


def cumprod(a, axis=None, dtype=None, out=None):
    return numpy.cumprod(numpy.ravel(a), axis=0) if axis is None and dtype is None and out is None else None


def pad(array, pad_width, mode="constant", **others):
    rearranging = mode in ("edge", "reflect", "symmetric", "wrap") and not others
    return _rearranged(numpy.pad)(array, pad_width, mode) if rearranging else None


def _triangle(mask):
    def part(m, k=0):
        if len(getattr(m, "shape", ())) < 2:
            return None
        kept = mask(numpy.ones(m.shape[-2:], bool), k)
        return numpy.where(kept, m, numpy.zeros(1, m.dtype))

    return part


def _rearranged(function):
    """A function that puts entries in other places: it is asked where they go."""

    def places(x, *args, **kwargs):
        if not is_traced(x) or not x.shape or mentions([args, kwargs]) is not None or kwargs.get("out") is not None:
            return None
        found = function(numpy.arange(math.prod(x.shape)).reshape(x.shape), *args, **kwargs)
        return numpy.ravel(x)[numpy.array(found)]

    return places


def slogdet(a):
    result = numpy.linalg.slogdet(a.value)
    parts = (canonical.sign_of_determinant, canonical.log_of_determinant)
    return type(result)(*(a.recorded(one) for one in parts))


FUNCTIONS = {
    **{one: _rearranged(one) for one in (numpy.roll, numpy.repeat, numpy.tile, numpy.rot90, numpy.take)},
    numpy.tril: _triangle(numpy.tril),
    numpy.triu: _triangle(numpy.triu),
    numpy.linalg.norm: norm,
    numpy.trace: trace,
    numpy.einsum: sums.einsum,
    numpy.cumsum: cumsum,
    numpy.cumprod: cumprod,
    numpy.pad: pad,
    numpy.sinc: sinc,
    numpy.outer: outer,
    numpy.inner: inner,
    numpy.vdot: vdot,
    numpy.tensordot: tensordot,
    numpy.linalg.slogdet: slogdet,
    numpy.stack: stack,
    numpy.mean: mean,
    numpy.var: var,
    numpy.std: std,
    numpy.clip: clip,
}
METHODS = {"trace": trace, "cumsum": cumsum, "cumprod": cumprod, "mean": mean, "var": var, "std": std}
