"""NumPy functions that are compositions of others, written out as NumPy itself computes them.

They run on traced values, so what is written down is their parts. None is returned for what is not known.
"""

import numpy

from chainrule.compilation import canonical
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


def slogdet(a):
    result = numpy.linalg.slogdet(a.value)
    parts = (canonical.sign_of_determinant, canonical.log_of_determinant)
    return type(result)(*(a.recorded(one) for one in parts))


FUNCTIONS = {
    numpy.linalg.slogdet: slogdet,
    numpy.stack: stack,
    numpy.mean: mean,
    numpy.var: var,
    numpy.std: std,
    numpy.clip: clip,
}
METHODS = {"mean": mean, "var": var, "std": std}
