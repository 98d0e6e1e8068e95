"""The table of NumPy functions: what each one is here, with NumPy's own signature."""

from typing import Any

import numpy

from chainrule.core.record import plain_value
from chainrule.core.spec import shape_of
from chainrule.errors import ImmutableError
from chainrule.numpy import calculus, compositions, reductions
from chainrule.numpy.reductions import refuse_out, typed
from chainrule.numpy.ufuncs import vecdot
from chainrule.ops import NAMESPACE as ops
from chainrule.ops import fft, linalg


def _clip(a, a_min=None, a_max=None, out=None, *, min=None, max=None):
    refuse_out("clip", out)
    return ops.clip(a, min if a_min is None else a_min, max if a_max is None else a_max)


def _reshape(a, shape, order: Any = "C", *, copy=None):
    if order == "C":
        return ops.reshape(a, shape)
    return _by_layout(a, lambda places: numpy.reshape(places, shape, order))


def _ravel(a, order: Any = "C"):
    return ops.ravel(a) if order == "C" else _by_layout(a, lambda places: numpy.ravel(places, order))


def _by_layout(a, arrange):
    """a rearranged as NumPy does it by the layout of its memory (the orders F, A and K)."""

    def laid_out(places):
        same_layout = numpy.empty_like(plain_value(a), dtype=places.dtype)
        same_layout[...] = places
        return arrange(same_layout)

    return ops.gather(a, laid_out)


def _concatenate(arrays, axis=0, out=None, dtype=None, casting="same_kind"):
    refuse_out("concatenate", out)
    return typed(ops.concatenate(arrays, axis), dtype)


def _stack(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    refuse_out("stack", out)
    return typed(ops.stack(arrays, axis), dtype)


def _take(a, indices, axis=None, out=None, mode="raise"):
    refuse_out("take", out)
    return ops.take(ops.whole(a), indices, axis, mode)


def _trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    refuse_out("trace", out)
    return ops.trace(typed(a, dtype), offset, axis1, axis2)


def _sort(a, axis=-1, kind=None, order=None, *, stable=None):
    return ops.sort(a, axis)


def _round(a, decimals=0, out=None):
    refuse_out("round", out)
    if decimals == 0:
        return ops.rint(a)
    if decimals < 0:
        return ops.multiply(ops.rint(ops.divide(a, 10.0**-decimals)), 10.0**-decimals)
    return ops.divide(ops.rint(ops.multiply(a, 10.0**decimals)), 10.0**decimals)


def _dot(a, b, out=None):
    refuse_out("dot", out)
    return ops.dot(a, b)


def _outer(a, b, out=None):
    refuse_out("outer", out)
    return ops.outer(a, b)


def _nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    return ops.nan_to_num(x, nan, posinf, neginf)


def _squeeze(a, axis=None):
    return ops.squeeze(a, axis)


def _broadcast_to(array, shape, subok=False):
    return ops.broadcast_to(array, shape)


def _einsum(subscripts, *operands, out=None, optimize=False, dtype=None, order="K", casting="safe"):
    refuse_out("einsum", out)
    return typed(ops.einsum(subscripts, *operands), dtype)


def _cholesky(a, /, *, upper=False):
    return linalg.adjoint(ops, ops.cholesky(linalg.adjoint(ops, a))) if upper else ops.cholesky(a)


def _linalg_vecdot(x1, x2, /, *, axis=-1):
    return vecdot(x1, x2, axis=axis)


def _astype(x, dtype, /, *, copy=True, device=None):
    return ops.astype(x, dtype)


def _fix(x, out=None):
    refuse_out("fix", out)
    return ops.trunc(x)


def _real_if_close(a, tol=100):
    bare = plain_value(a)
    return ops.real(a) if numpy.iscomplexobj(bare) and numpy.isrealobj(numpy.real_if_close(bare, tol)) else a


def _diag_flat(v, k=0):
    return ops.diag(ops.ravel(v), k)


def _shape(a):
    return a.shape


def _size(a, axis=None):
    if axis is None:
        return int(numpy.prod(a.shape))  # a front's `size` may be a method
    return int(numpy.prod([a.shape[i] for i in (axis if isinstance(axis, tuple) else (axis,))]))


FUNCTIONS = {
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
    numpy.linalg.trace: lambda x, offset=0, dtype=None: ops.trace(typed(x, dtype), offset, -2, -1),
    numpy.linalg.diagonal: lambda x, offset=0: ops.diagonal(x, offset, -2, -1),
    numpy.linalg.matrix_transpose: ops.matrix_transpose,
    numpy.linalg.matmul: ops.matmul,
    numpy.linalg.tensordot: lambda x1, x2, axes=2: ops.tensordot(x1, x2, axes),
    numpy.linalg.cross: lambda x1, x2, axis=-1: ops.cross(x1, x2, axis=axis),
    numpy.linalg.vecdot: _linalg_vecdot,
    numpy.linalg.matrix_norm: lambda x, /, *, keepdims=False, ord="fro": compositions.norm(x, ord, (-2, -1), keepdims),
    numpy.linalg.cholesky: _cholesky,
    numpy.einsum: _einsum,
    numpy.fix: _fix,
    numpy.real_if_close: _real_if_close,
    numpy.amax: reductions.max,
    numpy.amin: reductions.min,
}
# Functions whose signature is the same here, up to the names of their first arguments.
_SAME_SIGNATURE = """
    transpose swapaxes moveaxis expand_dims pad flip roll tile repeat rot90 take_along_axis diagonal diag
    vdot inner tensordot kron cross tril triu sinc real imag matrix_transpose
""".split()
for _name in _SAME_SIGNATURE:
    FUNCTIONS[getattr(numpy, _name)] = getattr(ops, _name)
_COMPOSED = {
    compositions: """
        atleast_1d atleast_2d atleast_3d vstack hstack dstack column_stack block append array_split split unstack
        broadcast_arrays meshgrid delete insert fliplr flipud rollaxis resize copy full_like cov corrcoef median
        quantile percentile partition unique unique_values union1d select choose piecewise compress extract trim_zeros
        apply_along_axis angle
    """,
    reductions: """
        sum prod max min mean var std ptp average nansum nanprod nanmean nanvar nanstd nanmax nanmin cumsum cumprod
        nancumsum nancumprod cumulative_sum cumulative_prod bincount histogram
    """,
    calculus: """
        diff ediff1d trapezoid gradient unwrap polyval polyadd polysub polymul polyder polyint vander interp
        convolve correlate linspace logspace geomspace
    """,
}
for _module, _names in _COMPOSED.items():
    for _name in _names.split():
        if hasattr(numpy, _name):  # some are newer than the oldest NumPy supported
            FUNCTIONS[getattr(numpy, _name)] = getattr(_module, _name)
for _name in "solve inv det slogdet matrix_power".split():
    FUNCTIONS[getattr(numpy.linalg, _name)] = getattr(linalg, _name)
for _name in "norm multi_dot vector_norm tensorsolve tensorinv".split():
    FUNCTIONS[getattr(numpy.linalg, _name)] = getattr(compositions, _name)


def _fourier(name):
    transform = getattr(fft, name)

    def rule(*args, out=None, **kwargs):
        refuse_out(f"fft.{name}", out)
        return transform(*args, **kwargs)

    return rule


for _name in "fft ifft rfft irfft hfft ihfft fft2 ifft2 fftn ifftn rfft2 irfft2 rfftn irfftn".split():
    FUNCTIONS[getattr(numpy.fft, _name)] = _fourier(_name)
if hasattr(numpy, "astype"):
    FUNCTIONS[numpy.astype] = _astype
FUNCTIONS |= {numpy.fft.fftshift: compositions.fftshift, numpy.fft.ifftshift: compositions.ifftshift}
FUNCTIONS |= {
    numpy.hsplit: lambda ary, indices: compositions.split(ary, indices, 1 if len(shape_of(ary)) > 1 else 0),
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
    array_repr array_str array2string einsum_path nanargmax nanargmin isin tril_indices_from triu_indices_from
""".split()
    if hasattr(numpy, name)
} | {numpy.linalg.matrix_rank}
