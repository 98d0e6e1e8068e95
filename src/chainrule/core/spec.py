"""Shape and dtype of a value, whatever kind of value it is; broadcasting of shapes."""

from typing import Any

import numpy


def shape_of(value) -> tuple[int, ...]:
    """The shape of a Python number, an array or a Tensor; () for a number."""
    return getattr(value, "shape", ())


def dtype_of(value) -> Any:
    """The dtype of a value; a Python float, int, bool or complex has NumPy's default for it."""
    dtype = getattr(value, "dtype", None)
    return numpy.result_type(value) if dtype is None else dtype


def is_differentiable(value):
    """Whether gradients exist for the value's dtype: real or complex floating point."""
    return type(value) is float or dtype_of(value).kind in "fc"


def broadcast_shapes(*shapes):
    """The shape that NumPy's broadcasting gives; ValueError where it gives none."""
    return numpy.broadcast_shapes(*shapes)


def normal_axes(axis, ndim):
    """An axis, a tuple of axes or None (all) as a sorted tuple of numbers in range(ndim)."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    for one in axes:
        if not -ndim <= one < ndim:
            raise numpy.exceptions.AxisError(one, ndim)
    normal = tuple(sorted(one % ndim for one in axes))
    if len(set(normal)) != len(normal):
        raise ValueError("duplicate value in 'axis'")
    return normal


def kept_shape(shape, axis):
    """The shape of a reduction over `axis` with keepdims=True."""
    axes = normal_axes(axis, len(shape))
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def reduced_shape(shape, axis, keepdims=False):
    """The shape of a reduction over `axis`."""
    if keepdims:
        return kept_shape(shape, axis)
    axes = normal_axes(axis, len(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)
