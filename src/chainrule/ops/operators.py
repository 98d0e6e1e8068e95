"""Python's operators and ndarray's methods, attached to Tensor."""

import operator
import types

import numpy

from chainrule.core.namespace import KIND
from chainrule.core.record import TENSORS, convert, explaining, plain_value, refusal
from chainrule.core.tensor import Tensor
from chainrule.errors import DtypeError, ImmutableError
from chainrule.ops import arithmetic, compare, complex, index, linalg, reduce, shape


def _defers(other):
    """Whether an operand asks to be the one that handles the operation (NumPy's convention)."""
    return getattr(type(other), "__array_ufunc__", 0) is None


def _reflected(apply):
    def method(self, other):
        return apply(other, self)

    return method


def _product(self, other):
    return NotImplemented if _defers(other) else linalg.matmul(self, other)


def _power(self, other, modulus=None):
    if modulus is not None:
        return NotImplemented
    return arithmetic.power(self, other)


def _divmod(self, other):
    return arithmetic.floor_divide(self, other), arithmetic.remainder(self, other)


def _comparison(function):
    """A comparison of values: a plain boolean or boolean array, which has no slope."""

    def method(self, other):
        kind = type(other)
        if kind in TENSORS:
            other = other.node.value
        elif kind not in KIND:
            if _defers(other) or isinstance(other, (str, bytes, dict, set)) or other is None:
                return NotImplemented
            other = convert(other)
            if other is NotImplemented:
                return NotImplemented
        try:
            return function(self.node.value, other)
        except (ValueError, TypeError) as error:
            raise refusal(function.__name__, (self.node.value, other), error) from None

    return method


def _round(self, ndigits=None):
    """Python's round: an int without digits, else a staircase with no slope."""
    return round(self.item()) if ndigits is None else _decimals(self, ndigits)


def _decimals(x, decimals=0):
    return arithmetic.divide(compare.rint(arithmetic.multiply(x, 10.0**decimals)), 10.0**decimals)


def _bitwise(self, other):
    raise DtypeError(
        "&, | and ^ combine booleans, and a Tensor that requires a gradient is not one",
        "compare first: (x > 0) & (y > 0)",
    )


def _attach(**methods):
    """Make the functions methods of Tensor under the given names."""
    for name, method in methods.items():
        plain = isinstance(method, types.FunctionType) and not name.startswith("__")
        setattr(Tensor, name, explaining(method, name) if plain else method)


def _attach_binary(name, apply):
    """Make a function of two arguments the operator `name`, from both sides."""
    _attach(**{f"__{name}__": apply, f"__r{name}__": _reflected(apply)})


_attach_binary("add", arithmetic.add)
_attach_binary("sub", arithmetic.subtract)
_attach_binary("mul", arithmetic.multiply)
_attach_binary("truediv", arithmetic.divide)
_attach_binary("floordiv", arithmetic.floor_divide)
_attach_binary("mod", arithmetic.remainder)
_attach_binary("divmod", _divmod)
_attach_binary("pow", _power)
_attach_binary("matmul", _product)
_attach(
    __neg__=arithmetic.negative,
    __pos__=arithmetic.positive,
    __abs__=compare.absolute,
    __getitem__=index.getitem,
    __hash__=object.__hash__,  # by identity, as PyTorch has it: a Tensor is a key, its value is not
    __round__=_round,
    __floor__=lambda self: int(numpy.floor(self.item())),
    __ceil__=lambda self: int(numpy.ceil(self.item())),
    __trunc__=lambda self: int(self.item()),
    __and__=_bitwise,
    __or__=_bitwise,
    __xor__=_bitwise,
    **{f"__{name}__": _comparison(getattr(operator, name)) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
)


# ndarray's methods


def _shape_arguments(args):
    return args[0] if len(args) == 1 and not isinstance(args[0], int) else args


def _in_place(name, repair):
    def method(self, *args, **kwargs):
        raise ImmutableError(f"a Tensor cannot be changed in place, and .{name}() would", repair)

    return method


def _without_slope(name):
    """A method whose result has no slope (places, truth values), on the bare value."""

    def method(self, *args, **kwargs):
        return getattr(numpy.asarray(plain_value(self)), name)(*args, **kwargs)

    return method


def _ravel(self, order="C"):
    return shape.ravel(self if order == "C" else shape.transpose(self))


_attach(
    T=property(shape.transpose),
    mT=property(linalg.matrix_transpose),
    real=property(complex.real),
    imag=property(complex.imag),
    nbytes=property(lambda self: numpy.asarray(self.node.value).nbytes),
    itemsize=property(lambda self: self.dtype.itemsize),
    reshape=lambda self, *shape_, **_: shape.reshape(self, _shape_arguments(shape_)),
    transpose=lambda self, *axes: shape.transpose(self, _shape_arguments(axes) if axes else None),
    ravel=_ravel,
    flatten=_ravel,
    squeeze=shape.squeeze,
    swapaxes=shape.swapaxes,
    repeat=shape.repeat,
    sum=reduce.sum,
    mean=reduce.mean,
    prod=reduce.prod,
    max=reduce.max,
    min=reduce.min,
    ptp=lambda self, axis=None: reduce.max(self, axis) - reduce.min(self, axis),
    cumsum=reduce.cumsum,
    cumprod=reduce.cumprod,
    var=lambda self, axis=None, ddof=0, keepdims=False: reduce.var(self, axis, keepdims, ddof),
    std=lambda self, axis=None, ddof=0, keepdims=False: reduce.std(self, axis, keepdims, ddof),
    dot=linalg.dot,
    trace=linalg.trace,
    diagonal=index.diagonal,
    clip=compare.clip,
    take=index.take,
    conj=complex.conjugate,
    conjugate=complex.conjugate,
    astype=lambda self, dtype, **_: complex.astype(self, dtype),
    round=lambda self, decimals=0: _decimals(self, decimals),
    copy=lambda self, order="C": arithmetic.positive(self),
    sort=_in_place("sort", "use np.sort(t), which makes a new value"),
    fill=_in_place("fill", "use np.full_like"),
    put=_in_place("put", "use np.where(mask, new, old)"),
    resize=_in_place("resize", "use np.reshape or np.pad"),
    partition=_in_place("partition", "use np.sort(t), which makes a new value"),
    **{name: _without_slope(name) for name in ("argmax", "argmin", "argsort", "any", "all", "nonzero")},
)
