"""The table of ufuncs: which room each one is, and what its methods are."""

import numpy
from numpy._core import umath

from chainrule.core.record import plain_value
from chainrule.core.spec import dtype_of, normal_axes, shape_of
from chainrule.numpy import reductions
from chainrule.ops import NAMESPACE as ops
from chainrule.ops import compare, index

_SAME_NAME = """
    add subtract multiply divide negative positive square reciprocal sqrt cbrt floor_divide remainder fmod
    exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2
    sin cos tan arcsin arccos arctan arctan2 hypot sinh cosh tanh arcsinh arccosh arctanh radians degrees
    maximum minimum fmax fmin absolute sign copysign heaviside floor ceil trunc rint power matmul conjugate
""".split()


def _modf(x):
    whole = compare.trunc(x)
    return x - whole, whole


def _float_power(a, b):
    wide = [
        ops.astype(x, _WIDE.get(dtype_of(x).char, dtype_of(x))) if hasattr(x, "dtype") else x
        for x in (ops.whole(a), ops.whole(b))
    ]
    return ops.power(*wide)


def vecdot(a, b, axis=-1):
    return ops.sum(ops.multiply(ops.conjugate(ops.whole(a)), ops.whole(b)), axis=axis)


_WIDE = {"f": float, "e": float, "F": complex}  # what float_power makes of narrow dtypes

UFUNCS = {getattr(numpy, name): getattr(ops, name) for name in _SAME_NAME}
UFUNCS |= {
    numpy.fabs: ops.absolute,
    numpy.float_power: _float_power,
    numpy.ldexp: lambda x, n: ops.multiply(x, numpy.ldexp(dtype_of(plain_value(x)).type(1), plain_value(n))),
    numpy.deg2rad: ops.radians,
    numpy.rad2deg: ops.degrees,
    numpy.divmod: lambda a, b: (ops.floor_divide(a, b), ops.remainder(a, b)),
    numpy.modf: _modf,
    vars(umath)["clip"]: ops.clip,  # what np.clip itself calls; it has no public name
}
for _name, _function in {
    "vecdot": vecdot,
    "matvec": lambda a, b: ops.matmul(a, ops.expand_dims(ops.whole(b), -1))[..., 0],
    "vecmat": lambda a, b: ops.matmul(ops.expand_dims(ops.conjugate(ops.whole(a)), -2), b)[..., 0, :],
}.items():
    if hasattr(numpy, _name):  # newer than the oldest NumPy supported
        UFUNCS[getattr(numpy, _name)] = _function

# Ufuncs whose results have no slope: they are evaluated on the bare values.
WITHOUT_SLOPE = {
    getattr(numpy, name)
    for name in """
    greater greater_equal less less_equal equal not_equal logical_and logical_or logical_xor logical_not
    isnan isinf isfinite signbit
""".split()
}


def _reduction(function):
    """ufunc.reduce: over the first axis by default, unlike the function of the same purpose."""

    def reduce(x, axis=0, **options):
        return function(x, axis=axis, **options)

    return reduce


def running(extreme):
    """maximum.accumulate: each entry is read from the place of the extreme so far."""

    def accumulate(x, axis=0):
        value = numpy.moveaxis(numpy.asarray(plain_value(x)), axis, 0)
        best = extreme.accumulate(value)
        places = numpy.arange(len(value)).reshape((-1,) + (1,) * (value.ndim - 1))
        fresh = numpy.maximum.accumulate(numpy.where((value == best) | numpy.isnan(value), places, 0))
        return index.take_along_axis(x, numpy.moveaxis(fresh, 0, axis), axis)

    return accumulate


REDUCE = {
    numpy.add: _reduction(reductions.sum),
    numpy.multiply: _reduction(reductions.prod),
    numpy.maximum: _reduction(reductions.max),
    numpy.minimum: _reduction(reductions.min),
    numpy.logaddexp: _reduction(ops.logsumexp),
}
ACCUMULATE = {
    numpy.add: lambda x, axis=0: ops.cumsum(x, axis),
    numpy.multiply: lambda x, axis=0: ops.cumprod(x, axis),
    numpy.maximum: running(numpy.maximum),
    numpy.minimum: running(numpy.minimum),
}


def outer(ufunc):
    """ufunc.outer: every entry of a with every entry of b."""

    def apply(a, b):
        a, b = ops.whole(a), ops.whole(b)
        extra = len(shape_of(b))
        places = normal_axes(tuple(range(-extra, 0)), len(shape_of(a)) + extra) if extra else ()
        return UFUNCS[ufunc](ops.expand_dims(a, places) if extra else a, b)

    return apply
