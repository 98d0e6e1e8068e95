"""The table of NumPy functions: what each one is here, with NumPy's own signature."""

import numpy

from chainrule.core.record import plain_value
from chainrule.errors import ImmutableError, UnsupportedFunctionError
from chainrule.numpy import compositions
from chainrule.ops import NAMESPACE as ops
from chainrule.ops import fft, linalg

_PLAIN = object()  # an argument that was not given


def refuse(function, **options):
    """Raise for the first option that was given and that has no rule; `out=` is in-place writing."""
    for name, value in options.items():
        if name == "out" and value is not None and value is not _PLAIN:
            raise ImmutableError(
                f"numpy.{function} was given out=, and an array written in place cannot carry a derivative",
                "leave out= away and use the result",
            )
        if name != "out" and value is not _PLAIN and value is not None:
            raise UnsupportedFunctionError(
                f"numpy.{function} with {name}= has no derivative rule here",
                f"leave {name}= away, or use np.where first",
            )


def _typed(a, dtype):
    return a if dtype is None else ops.astype(a, dtype)


def _sum_like(name, function):
    def reduction(a, axis=None, dtype=None, out=None, keepdims=False, initial=_PLAIN, where=_PLAIN):
        refuse(name, out=out, initial=initial, where=where)
        return function(_typed(a, dtype), axis=axis, keepdims=keepdims)

    return reduction


def _mean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=_PLAIN):
    refuse("mean", out=out, where=where)
    return ops.mean(_typed(a, dtype), axis=axis, keepdims=keepdims)


def _max_like(name, function):
    def reduction(a, axis=None, out=None, keepdims=False, initial=_PLAIN, where=_PLAIN):
        refuse(name, out=out, initial=initial, where=where)
        return function(a, axis=axis, keepdims=keepdims)

    return reduction


def _var_like(name, function):
    def reduction(
        a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=_PLAIN, mean=_PLAIN, correction=_PLAIN
    ):
        refuse(name, out=out, where=where, mean=mean)
        ddof = ddof if correction is _PLAIN else correction
        return function(_typed(a, dtype), axis=axis, keepdims=keepdims, ddof=ddof)

    return reduction


def _running(name, function):
    def accumulation(a, axis=None, dtype=None, out=None):
        refuse(name, out=out)
        return function(_typed(a, dtype), axis)

    return accumulation


def _clip(a, a_min=None, a_max=None, out=None, *, min=None, max=None):
    refuse("clip", out=out)
    return ops.clip(a, min if a_min is None else a_min, max if a_max is None else a_max)


def _reshape(a, shape, order="C", *, copy=None):
    if order == "C":
        return ops.reshape(a, shape)
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    return ops.transpose(ops.reshape(ops.transpose(a), shape[::-1]))


def _ravel(a, order="C"):
    return ops.ravel(a if order in "CK" else ops.transpose(a))


def _concatenate(arrays, axis=0, out=None, dtype=None, casting="same_kind"):
    refuse("concatenate", out=out)
    return _typed(ops.concatenate(arrays, axis), dtype)


def _stack(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    refuse("stack", out=out)
    return _typed(ops.stack(arrays, axis), dtype)


def _take(a, indices, axis=None, out=None, mode="raise"):
    refuse("take", out=out)
    return ops.take(a, indices, axis, mode)


def _trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    refuse("trace", out=out)
    return ops.trace(_typed(a, dtype), offset, axis1, axis2)


def _sort(a, axis=-1, kind=None, order=None, *, stable=None):
    return ops.sort(a, axis)


def _round(a, decimals=0, out=None):
    refuse("round", out=out)
    return ops.divide(ops.rint(ops.multiply(a, 10.0**decimals)), 10.0**decimals)


def _dot(a, b, out=None):
    refuse("dot", out=out)
    return ops.dot(a, b)


def _outer(a, b, out=None):
    refuse("outer", out=out)
    return ops.outer(a, b)


def _nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    return ops.nan_to_num(x, nan, posinf, neginf)


def _squeeze(a, axis=None):
    return ops.squeeze(a, axis)


def _broadcast_to(array, shape, subok=False):
    return ops.broadcast_to(array, shape)


def _diag_flat(v, k=0):
    return ops.diag(ops.ravel(v), k)


def _shape(a):
    return a.shape


def _size(a, axis=None):
    return int(numpy.prod(a.shape)) if axis is None else a.shape[axis]  # a front's `size` may be a method


FUNCTIONS = {
    numpy.sum: _sum_like("sum", ops.sum),
    numpy.prod: _sum_like("prod", ops.prod),
    numpy.mean: _mean,
    numpy.max: _max_like("max", ops.max),
    numpy.amax: _max_like("amax", ops.max),
    numpy.min: _max_like("min", ops.min),
    numpy.amin: _max_like("amin", ops.min),
    numpy.var: _var_like("var", ops.var),
    numpy.std: _var_like("std", ops.std),
    numpy.cumsum: _running("cumsum", ops.cumsum),
    numpy.cumprod: _running("cumprod", ops.cumprod),
    numpy.clip: _clip,
    numpy.where: compositions.where,
    numpy.reshape: _reshape,
    numpy.ravel: _ravel,
    numpy.concatenate: _concatenate,
    numpy.stack: _stack,
    numpy.take: _take,
    numpy.trace: _trace,
    numpy.sort: _sort,
    numpy.round: _round,
    numpy.around: _round,
    numpy.dot: _dot,
    numpy.outer: _outer,
    numpy.squeeze: _squeeze,
    numpy.broadcast_to: _broadcast_to,
    numpy.nan_to_num: _nan_to_num,
    numpy.diagflat: _diag_flat,
    numpy.shape: _shape,
    numpy.size: _size,
    numpy.ndim: lambda a: a.ndim,
    numpy.linalg.outer: ops.outer,
    numpy.linalg.trace: lambda x, offset=0, dtype=None: ops.trace(_typed(x, dtype), offset, -2, -1),
    numpy.linalg.diagonal: lambda x, offset=0: ops.diagonal(x, offset, -2, -1),
    numpy.linalg.matrix_transpose: ops.matrix_transpose,
    numpy.linalg.matmul: ops.matmul,
    numpy.linalg.tensordot: lambda x1, x2, axes=2: ops.tensordot(x1, x2, axes),
    numpy.linalg.cross: lambda x1, x2, axis=-1: ops.cross(x1, x2, axis=axis),
    numpy.linalg.vecdot: lambda x1, x2, axis=-1: ops.sum(ops.conjugate(x1) * x2, axis=axis),
    numpy.linalg.matrix_norm: lambda x, keepdims=False, ord="fro": compositions.norm(x, ord, (-2, -1), keepdims),
}
# Functions whose signature is the same here, up to the names of their first arguments.
_SAME_SIGNATURE = """
    transpose swapaxes moveaxis expand_dims pad flip roll tile repeat rot90 take_along_axis diagonal diag
    vdot inner tensordot kron cross tril triu einsum sinc real imag matrix_transpose
""".split()
for _name in _SAME_SIGNATURE:
    FUNCTIONS[getattr(numpy, _name)] = getattr(ops, _name)
_COMPOSED = """
    atleast_1d atleast_2d atleast_3d vstack hstack dstack column_stack block append array_split split unstack
    broadcast_arrays meshgrid delete insert fliplr flipud rollaxis resize copy full_like linspace average ptp
    nansum nanmean nanprod nanmax nanmin diff ediff1d trapezoid gradient cov corrcoef median quantile percentile
    partition unique select choose piecewise compress extract interp convolve correlate polyval vander angle
""".split()
for _name in _COMPOSED:
    if hasattr(numpy, _name):  # some are newer than the oldest NumPy supported
        FUNCTIONS[getattr(numpy, _name)] = getattr(compositions, _name)
for _name in "solve inv det slogdet cholesky matrix_power".split():
    FUNCTIONS[getattr(numpy.linalg, _name)] = getattr(linalg, _name)
for _name in "norm multi_dot vector_norm".split():
    FUNCTIONS[getattr(numpy.linalg, _name)] = getattr(compositions, _name)
for _name in "fft ifft rfft irfft fft2 ifft2 fftn ifftn".split():
    FUNCTIONS[getattr(numpy.fft, _name)] = getattr(fft, _name)
FUNCTIONS |= {numpy.fft.fftshift: compositions.fftshift, numpy.fft.ifftshift: compositions.ifftshift}
FUNCTIONS |= {
    numpy.hsplit: lambda ary, indices: compositions.split(ary, indices, 1 if ary.ndim > 1 else 0),
    numpy.vsplit: lambda ary, indices: compositions.split(ary, indices, 0),
    numpy.dsplit: lambda ary, indices: compositions.split(ary, indices, 2),
}


def _in_place(name):
    def refused(*args, **kwargs):
        raise ImmutableError(
            f"numpy.{name} was to write a value that carries a derivative into an existing array",
            "build a new value: np.where(mask, new, old), np.stack or np.broadcast_to",
        )

    return refused


for _name in "copyto put putmask place fill_diagonal put_along_axis".split():
    FUNCTIONS[getattr(numpy, _name)] = _in_place(_name)

# Functions whose results have no slope (places, counts, truth, zeros): run on the bare values.
WITHOUT_SLOPE = {
    getattr(numpy, name)
    for name in """
    argmax argmin argsort argpartition argwhere nonzero flatnonzero searchsorted digitize lexsort count_nonzero
    any all isclose allclose array_equal array_equiv iscomplexobj isrealobj iscomplex isreal isneginf isposinf
    zeros_like ones_like empty_like result_type can_cast common_type min_scalar_type may_share_memory shares_memory
    array_repr array_str array2string histogram bincount nanargmax nanargmin isin tril_indices_from triu_indices_from
""".split()
    if hasattr(numpy, name)
}

__all__ = ["FUNCTIONS", "WITHOUT_SLOPE", "plain_value", "refuse"]
