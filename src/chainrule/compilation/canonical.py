"""NumPy's many spellings of one operation, brought to one: `x.sum()`, `np.sum(x)` and `np.add.reduce(x)`.

What is not known here is left as the call that it was; a program may hold any NumPy call.
"""

import operator

import numpy

from chainrule.core.spec import normal_axes

_ABSENT = vars(numpy)["_NoValue"]


def getitem(x, index):
    """x[index]."""
    return operator.getitem(x, index)


def convert(x, dtype):
    """x in another dtype; a NumPy scalar where x is a number."""
    return numpy.asarray(x).astype(dtype)[()]


def full(shape, value, dtype):
    """An array of one value."""
    return numpy.full(shape, value, dtype)


class _Plain:
    """Arguments of a reduction that are the usual ones: axis and keepdims, and nothing else."""

    def __call__(self, name, x, axis=None, dtype=None, out=None, keepdims=False, initial=_ABSENT, where=True):
        usual = dtype is None and out is None and initial is _ABSENT and (where is True or where is _ABSENT)
        if not usual or not hasattr(x, "shape"):
            return None
        if not x.shape and type(axis) is int and axis in (0, -1):  # which NumPy lets pass for a number
            axis = None
        axes = normal_axes(axis, len(x.shape))
        keep = keepdims is not _ABSENT and bool(keepdims)
        if x.dtype == bool and name in _OF_TRUTH:
            name = _OF_TRUTH[name]
        return name, _REDUCTIONS[name], (x,), {"axis": axes, "keepdims": keep}


_plain = _Plain()
_OF_TRUTH = {"max": "any", "min": "all"}
_REDUCTIONS = {
    "sum": numpy.sum,
    "prod": numpy.prod,
    "max": numpy.max,
    "min": numpy.min,
    "any": numpy.any,
    "all": numpy.all,
}


def _reduction(name):
    return lambda x, axis=None, dtype=None, out=None, keepdims=False, initial=_ABSENT, where=True: _plain(
        name, x, axis, dtype, out, keepdims, initial, where
    )


def _extreme(name):
    return lambda x, axis=None, out=None, keepdims=False, initial=_ABSENT, where=True: _plain(
        name, x, axis, None, out, keepdims, initial, where
    )


def _ufunc_reduction(name):
    def reduce(x, axis=0, dtype=None, out=None, keepdims=False, initial=_ABSENT, where=True):
        return _plain(name, x, axis, dtype, out, keepdims, initial, where)

    return reduce


REDUCE = {
    numpy.add: _ufunc_reduction("sum"),
    numpy.multiply: _ufunc_reduction("prod"),
    numpy.maximum: _ufunc_reduction("max"),
    numpy.minimum: _ufunc_reduction("min"),
    numpy.logical_or: _ufunc_reduction("any"),
    numpy.logical_and: _ufunc_reduction("all"),
}


def _reshape(x, shape, order="C", *, newshape=None, copy=None):
    if order in ("K", "A") and len(getattr(x, "shape", ())) > 1 and hasattr(x, "recording"):
        x.recording.refuse(
            f"it asks for the order of entries in memory (order={order!r}), which a program does not keep"
        )
    if order != "C" or copy is not None or not hasattr(x, "shape"):
        return None
    return "reshape", numpy.reshape, (x,), {"shape": numpy.broadcast_to(0, x.shape).reshape(shape).shape}


def _ravel(x, order="C"):
    return _reshape(x, (-1,), order)


def _transpose(x, axes=None):
    if not hasattr(x, "shape"):
        return None
    n = len(x.shape)
    axes = tuple(range(n))[::-1] if axes is None else tuple(operator.index(i) % n for i in axes)
    return "transpose", numpy.transpose, (x,), {"axes": axes}


def _swapaxes(x, axis1, axis2):
    n = len(x.shape)
    axes = list(range(n))
    axes[axis1 % n], axes[axis2 % n] = axes[axis2 % n], axes[axis1 % n]
    return _transpose(x, axes)


def _moveaxis(x, source, destination):
    if not hasattr(x, "shape"):
        return None
    places = numpy.lib.stride_tricks.as_strided(_NUMBER, (1,) * len(x.shape), tuple(range(len(x.shape))))
    return _transpose(x, numpy.moveaxis(places, source, destination).strides)


_NUMBER = numpy.zeros(1, "i1")


def _expand_dims(x, axis):
    return "reshape", numpy.reshape, (x,), {"shape": numpy.expand_dims(numpy.broadcast_to(0, x.shape), axis).shape}


def _squeeze(x, axis=None):
    return "reshape", numpy.reshape, (x,), {"shape": numpy.squeeze(numpy.broadcast_to(0, x.shape), axis).shape}


def _broadcast_to(x, shape, subok=False):
    shape = (operator.index(shape),) if not isinstance(shape, (tuple, list)) else shape
    return "broadcast_to", numpy.broadcast_to, (x,), {"shape": tuple(operator.index(n) for n in shape)}


def _where(*args):
    return ("where", numpy.where, args, {}) if len(args) == 3 else None


def _dot(a, b, out=None):
    small = all(1 <= len(getattr(x, "shape", ())) <= 2 for x in (a, b))
    return ("matmul", numpy.matmul, (a, b), {}) if small and out is None else None


def _filled(value):
    def like(x, dtype=None, order="K", subok=True, shape=None, *, device=None):
        if dtype is None and shape is None and order == "K":
            return "full", full, (), {"shape": x.shape, "value": value, "dtype": x.dtype}
        return None

    return like


def _concatenate(arrays, axis=0, out=None, dtype=None, casting="same_kind"):
    if axis is None or out is not None or dtype is not None or not isinstance(arrays, (list, tuple)):
        return None
    return "concatenate", concatenate, tuple(arrays), {"axis": operator.index(axis)}


def concatenate(*arrays, axis):
    """Arrays joined along an axis."""
    return numpy.concatenate(arrays, axis=axis)


def _diagonal(a, offset=0, axis1=0, axis2=1):
    return "diagonal", numpy.diagonal, (a,), {"offset": operator.index(offset), "axis1": axis1, "axis2": axis2}


def _diag(v, k=0):
    if not hasattr(v, "shape") or len(v.shape) not in (1, 2):
        return None
    return _diagonal(v, k) if len(v.shape) == 2 else ("diag", numpy.diag, (v,), {"k": operator.index(k)})


def _flip(m, axis=None):
    if not hasattr(m, "shape"):
        return None
    axes = normal_axes(axis, len(m.shape))
    index = tuple(slice(None, None, -1 if i in axes else None) for i in range(len(m.shape)))
    return "getitem", getitem, (m,), {"index": index}


def _windows(x, window_shape, axis=None, *, subok=False, writeable=False):
    if not hasattr(x, "shape"):
        return None
    params = {"window_shape": window_shape, "axis": axis}
    return "sliding_window_view", numpy.lib.stride_tricks.sliding_window_view, (x,), params


def _running(name, function):
    def along(a, axis=None, dtype=None, out=None):
        if axis is None or dtype is not None or out is not None or not getattr(a, "shape", ()):
            return None
        return name, function, (a,), {"axis": operator.index(axis) % len(a.shape)}

    return along


def placed(x, index, shape):
    """Zeros of a shape, with the entries of x at an index made of slices."""
    y = numpy.zeros(shape, x.dtype)
    y[index] = x
    return y


def _pad(array, pad_width, mode="constant", **others):
    if mode != "constant" or others.get("constant_values", 0) != 0 or not hasattr(array, "shape"):
        return None
    widths = numpy.broadcast_to(numpy.asarray(pad_width, dtype=int), (len(array.shape), 2)).tolist()
    index = tuple(slice(before, before + n) for n, (before, _) in zip(array.shape, widths))
    shape = tuple(before + n + after for n, (before, after) in zip(array.shape, widths))
    return "scattered", placed, (array,), {"index": index, "shape": shape}


def _of_matrix(name, function):
    return lambda a: (name, function, (a,), {})


def _solve(a, b):
    return "solve", numpy.linalg.solve, (a, b), {}


def _cholesky(a, /, *, upper=False):
    return None if upper else ("cholesky", numpy.linalg.cholesky, (a,), {})


def sign_of_determinant(a):
    """The first part of numpy.linalg.slogdet."""
    return numpy.linalg.slogdet(a)[0]


def log_of_determinant(a):
    """The second part of numpy.linalg.slogdet."""
    return numpy.linalg.slogdet(a)[1]


FUNCTIONS = {
    numpy.diagonal: _diagonal,
    numpy.diag: _diag,
    numpy.flip: _flip,
    numpy.pad: _pad,
    numpy.cumsum: _running("cumsum", numpy.cumsum),
    numpy.cumprod: _running("cumprod", numpy.cumprod),
    numpy.flipud: lambda m: _flip(m, 0),
    numpy.fliplr: lambda m: _flip(m, 1),
    numpy.lib.stride_tricks.sliding_window_view: _windows,
    numpy.linalg.solve: _solve,
    numpy.linalg.inv: _of_matrix("inv", numpy.linalg.inv),
    numpy.linalg.det: _of_matrix("det", numpy.linalg.det),
    numpy.linalg.cholesky: _cholesky,
    numpy.sum: _reduction("sum"),
    numpy.prod: _reduction("prod"),
    numpy.max: _extreme("max"),
    numpy.min: _extreme("min"),
    numpy.any: _extreme("any"),
    numpy.all: _extreme("all"),
    numpy.reshape: _reshape,
    numpy.ravel: _ravel,
    numpy.transpose: _transpose,
    numpy.swapaxes: _swapaxes,
    numpy.expand_dims: _expand_dims,
    numpy.moveaxis: _moveaxis,
    numpy.squeeze: _squeeze,
    numpy.broadcast_to: _broadcast_to,
    numpy.where: _where,
    numpy.dot: _dot,
    numpy.ones_like: _filled(1),
    numpy.zeros_like: _filled(0),
    numpy.concatenate: _concatenate,
}

# Names that stand for a function and its parameters. A call that is not known in detail bears none of them.
DETAILED = frozenset(
    """
    sum prod max min any all reshape transpose broadcast_to where matmul full concatenate diagonal diag cumsum cumprod
    scattered sliding_window_view astype item
    """.split()
)

# Functions whose answer depends on shapes and dtypes alone.
STATIC = {
    getattr(numpy, name)
    for name in """
    shape ndim size result_type can_cast common_type iscomplexobj isrealobj may_share_memory einsum_path
""".split()
}


def method_call(name, x, args, kwargs):
    """`x.name(...)` as the NumPy function of that purpose; None where there is none."""
    if name == "astype":
        dtype = args[0] if args else kwargs.get("dtype")
        extra = set(kwargs) - {"dtype", "copy"}
        return None if extra or len(args) > 1 else _astype(x, dtype)
    if name in ("reshape", "transpose"):
        many = len(args) != 1 or not (args[0] is None or isinstance(args[0], (tuple, list)))
        if name == "transpose":
            return None if kwargs else _transpose(x, (args or None) if many else args[0])
        return _reshape(x, args if many else args[0], **kwargs)
    if name in ("diagonal", "cumsum", "cumprod"):
        return FUNCTIONS[getattr(numpy, name)](x, *args, **kwargs)
    if name in ("flatten", "ravel"):
        return _ravel(x, *args, **kwargs)
    if name in _SAME:
        return FUNCTIONS[getattr(numpy, name)](x, *args, **kwargs)
    return None


_SAME = frozenset("sum prod max min any all swapaxes squeeze dot".split())


def _astype(x, dtype):
    dtype = numpy.dtype(dtype)
    if not x.shape and x.kind == "array":
        return None
    return "astype", convert, (x,), {"dtype": dtype}
