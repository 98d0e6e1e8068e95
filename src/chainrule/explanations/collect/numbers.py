"""Summaries of NumPy arrays, in few passes: the norm, the ends, the zeros, what is not finite."""

import math

import numpy

from chainrule.explanations.collect.record import Local, Summary


def summarised(value):
    """The Summary of a number or an array."""
    array = numpy.asarray(value)
    shape, dtype = array.shape, array.dtype.name
    if array.dtype.kind not in "fc":
        array = array.astype(float) if array.dtype.kind in "biu" else numpy.asarray(array, float)
    if not array.size:
        return Summary(shape, dtype, 0.0, 0.0, 0.0, 0.0)
    sizes = abs(array) if array.dtype.kind == "c" else array
    with numpy.errstate(all="ignore"):
        least, most = float(sizes.min()), float(sizes.max())
        if not (math.isfinite(least) and math.isfinite(most)):
            return _not_finite(sizes, shape, dtype, least, most)
        zeros = 1.0 - numpy.count_nonzero(sizes) / sizes.size
        return Summary(shape, dtype, norm_of(sizes, least, most), least, most, zeros, _tiny(sizes, least, most))


def norm_of(array, least, most):
    """The root of the summed squares, scaled where squares would overflow or vanish."""
    bound = max(abs(least), abs(most))
    if array.ndim == 0 or bound == 0:
        return bound
    limits = numpy.finfo(array.dtype)
    if array.dtype.itemsize < 4:
        array = array.astype(numpy.float32)
    elif not math.sqrt(float(limits.tiny)) * 1e3 < bound < math.sqrt(float(limits.max)) / array.size:
        array = array / bound
        return bound * math.sqrt(float(numpy.vdot(array, array)))
    return math.sqrt(float(numpy.vdot(array, array)))


def _tiny(array, least, most):
    limit = float(numpy.finfo(array.dtype).smallest_normal)
    if max(abs(least), abs(most)) > 1e6 * limit and array.dtype.itemsize > 2:
        return 0.0  # not worth a pass
    return float(numpy.mean((array != 0) & (abs(array) < limit)))


def _not_finite(array, shape, dtype, least, most):
    bad = ~numpy.isfinite(array)
    first = tuple(int(i) for i in numpy.unravel_index(int(bad.argmax()), array.shape))
    finite = array[~bad] if array.ndim else numpy.zeros(0)
    norm = float("nan") if numpy.isnan(array).any() else float("inf")
    least, most = (float(finite.min()), float(finite.max())) if finite.size else (least, most)
    zeros = float((array == 0).sum()) / array.size
    return Summary(shape, dtype, norm, least, most, zeros, 0.0, False, first)


def local_of(slope, largest):
    """The Local of an elementwise slope; `largest` is the most that the function's |f'| can be, or None."""
    sizes = abs(numpy.asarray(slope, float))
    if not sizes.size:
        return None
    with numpy.errstate(all="ignore"):
        most = float(sizes.max())
        limit = 0.05 * (largest if largest is not None else most)
        zero = sizes == 0
        dead = float(zero.all(axis=0).mean()) if zero.ndim > 1 and zero.shape[0] > 1 else float(zero.mean())
        return Local(float(sizes.mean()), most, float((sizes < limit).mean()), float(zero.mean()), dead)
