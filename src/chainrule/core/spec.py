"""Shape and dtype of a value, whatever kind of value it is; broadcasting of shapes."""

import operator
from typing import Any

import numpy

from chainrule.errors import ArgumentError, DtypeError, ShapeError


def shape_of(value) -> tuple[int, ...]:
    """The shape of a Python number, an array or a Tensor; () for a number."""
    return getattr(value, "shape", ())


def dtype_of(value) -> Any:
    """The dtype of a value; a Python float, int, bool or complex has NumPy's default for it."""
    dtype = getattr(value, "dtype", None)
    return numpy.result_type(value) if dtype is None else dtype


# Classes of values; a run that is being compiled adds the classes of what stands for a value in it.
WEAK: set[type] = {float}  # weak real numbers
REAL: set[type] = {float, numpy.float64, numpy.float32}  # numbers that scale: no selection, no conjugate, one shape
ARRAYS: set[type] = {numpy.ndarray}


def one_like(value):
    """1 of the shape and dtype of a value: where a walk back from a single number starts."""
    return 1.0 if type(value) in WEAK else numpy.ones_like(value)[()]


def number_dtype(name):
    """The dtype that a user named; DtypeError where it is none of numbers."""
    try:
        dtype = numpy.dtype(name)
    except TypeError:
        dtype = None
    if dtype is None or dtype.kind not in "biufc":
        raise DtypeError(f"dtype={name!r} is no dtype of numbers", "use float, 'float32', complex, int or bool")
    return dtype


def is_differentiable(value):
    """Whether gradients exist for the value's dtype: real or complex floating point."""
    return type(value) in WEAK or dtype_of(value).kind in "fc"


def broadcast_shapes(*shapes):
    """The shape that NumPy's broadcasting gives; ValueError where it gives none."""
    return numpy.broadcast_shapes(*shapes)


def normal_axes(axis, ndim):
    """An axis, a tuple of axes or None (all) as a sorted tuple of numbers in range(ndim).

    Raises: ShapeError for an axis that is not there, or named twice; ArgumentError for what is none.
    """
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    normal = tuple(sorted(normal_axis(one, ndim) for one in axes))
    if len(set(normal)) != len(normal):
        raise ShapeError(f"axis={axis} names an axis twice", "name each axis once")
    return normal


def normal_axis(axis, ndim) -> int:
    """One axis as a number in range(ndim)."""
    try:
        place = operator.index(axis)
    except TypeError:
        raise ArgumentError(f"axis={axis!r} is not a whole number", "count axes from 0, or from -1 backward") from None
    if not -ndim <= place < ndim:
        has = "no axis" if ndim == 0 else "axis 0 only" if ndim == 1 else f"axes 0 to {ndim - 1}"
        raise ShapeError(f"axis {place} is not there: the value has {has}", "count axes from 0, or from -1 backward")
    return place % ndim


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
