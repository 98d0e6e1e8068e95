"""ndarray's methods and attributes on Tensors, with NumPy's own names, orders and defaults of arguments."""

import types

import numpy

from chainrule.core.record import TENSORS, explaining, plain_value
from chainrule.core.rows import Rows
from chainrule.core.spec import dtype_of, shape_of
from chainrule.core.tensor import Tensor
from chainrule.errors import ImmutableError, LostDerivativeError
from chainrule.numpy.functions import FUNCTIONS
from chainrule.ops import NAMESPACE as ops


def _arguments(given):
    """The shape or axes of a call that spells them out or passes them as one."""
    return given[0] if len(given) == 1 and (given[0] is None or isinstance(given[0], (tuple, list))) else given


def _reshape(self, *shape, order="C", copy=None):
    return FUNCTIONS[numpy.reshape](self, _arguments(shape), order)


def _transpose(self, *axes):
    return ops.transpose(self, _arguments(axes) if axes else None)


def _flatten(self, order="C"):
    return FUNCTIONS[numpy.ravel](self, order)


def _astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
    return ops.astype(self, dtype)


def _copy(self, order="C"):
    return ops.positive(self)


def _clip(self, min=None, max=None, out=None):
    return FUNCTIONS[numpy.clip](self, min, max, out)


def _compress(self, condition, axis=None, out=None):
    return FUNCTIONS[numpy.compress](condition, self, axis, out)


def _ptp(self, axis=None, out=None, keepdims=False):
    return FUNCTIONS[numpy.ptp](self, axis, out, keepdims)


_item = Tensor.item


def _entry(self, *place):
    """One entry as a Python number: `item(3)` counts along the flat array, `item(0, 1)` names a place."""
    if place and shape_of(self):
        place = place[0] if len(place) == 1 else place
        self = self[place] if isinstance(place, tuple) else ops.ravel(self)[place]
    return _item(self)


def _in_place(name, repair):
    def method(self, *args, **kwargs):
        raise ImmutableError(f"a Tensor cannot be changed in place, and .{name}() would", repair)

    return method


def _without_slope(name):
    """A method whose result has no slope (places, truth values), on the bare value."""

    def method(self, *args, **kwargs):
        args = [plain_value(arg) if type(arg) in TENSORS else arg for arg in args]
        value = plain_value(self)
        if type(value) is Rows and hasattr(numpy, name):  # inside vmap
            return getattr(numpy, name)(value, *args, **kwargs)
        return getattr(numpy.asarray(value), name)(*args, **kwargs)

    return method


def _memory(name):
    """A method that hands out the memory of the value, refused where a derivative would be lost."""

    def method(self, *args, **kwargs):
        if self.node.tracked:
            raise LostDerivativeError(f".{name}() of a Tensor would drop its derivative", f"write .detach().{name}()")
        return getattr(numpy.asarray(plain_value(self)), name)(*args, **kwargs)

    return method


def _missing(self, name):
    hint = f"; .detach().numpy().{name} is the array's, without derivatives" if hasattr(numpy.ndarray, name) else ""
    raise AttributeError(f"a Tensor has no attribute {name!r}{hint}", name=name, obj=self)


def _contains(self, item):
    return bool(numpy.any(self == item))


def _refuse_flat(self, value):
    raise ImmutableError("a Tensor cannot be changed in place", "build a new value: np.where(mask, new, old)")


_SAME_AS_FUNCTION = """
    sum prod mean var std max min cumsum cumprod round trace take repeat swapaxes squeeze diagonal dot choose
""".split()
_METHODS = {
    **{name: FUNCTIONS[getattr(numpy, name)] for name in _SAME_AS_FUNCTION},
    **{
        name: _without_slope(name) for name in "argmax argmin argsort argpartition any all nonzero searchsorted".split()
    },
    **{name: _memory(name) for name in "tobytes tofile dump dumps".split()},
    "T": property(ops.transpose),
    "mT": property(ops.matrix_transpose),
    "real": property(ops.real),
    "imag": property(ops.imag),
    "flat": property(_flatten, _refuse_flat),
    "flags": property(lambda self: numpy.asarray(self.value).flags),
    "nbytes": property(lambda self: numpy.asarray(self.node.value).nbytes),
    "itemsize": property(lambda self: dtype_of(self.node.value).itemsize),
    "reshape": _reshape,
    "transpose": _transpose,
    "ravel": _flatten,
    "flatten": _flatten,
    "astype": _astype,
    "copy": _copy,
    "clip": _clip,
    "compress": _compress,
    "ptp": _ptp,
    "conj": ops.conjugate,
    "conjugate": ops.conjugate,
    "item": _entry,
    "sort": _in_place("sort", "use np.sort(t), which makes a new value"),
    "partition": _in_place("partition", "use np.partition(t, k), which makes a new value"),
    "fill": _in_place("fill", "use np.full_like"),
    "put": _in_place("put", "use np.where(mask, new, old)"),
    "resize": _in_place("resize", "use np.reshape or np.pad"),
    "view": _in_place("view", "use .astype(dtype) for another dtype, .reshape(shape) for another shape"),
    "setfield": _in_place("setfield", "use np.where(mask, new, old)"),
    "setflags": _in_place("setflags", "a Tensor is always read-only"),
    "__contains__": _contains,
    "__getattr__": _missing,
}
for _name, _method in _METHODS.items():
    _plain = isinstance(_method, types.FunctionType) and not _name.startswith("__")
    setattr(Tensor, _name, explaining(_method, _name) if _plain else _method)
