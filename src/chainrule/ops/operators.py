"""Python's operators, attached to Tensor. ndarray's methods are in `chainrule.numpy.methods`."""

import operator

import numpy

from chainrule.core.namespace import KIND
from chainrule.core.record import TENSORS, plain_value, refusal
from chainrule.core.spec import dtype_of
from chainrule.core.tensor import Tensor
from chainrule.errors import DtypeError
from chainrule.ops import arithmetic, compare, index, linalg, shape


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
            other = plain_value(shape.whole(other))
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


def _bitwise(function):
    """&, |, ^ and ~ of booleans or integers: a plain value, which has no slope."""

    def method(self, *others):
        values = [plain_value(value) for value in (self, *others)]
        if any(value is NotImplemented for value in values):
            return NotImplemented
        if any(dtype_of(value).kind not in "biu" for value in values):
            raise DtypeError("&, |, ^ and ~ combine booleans, and these are not", "compare first: (x > 0) & (y > 0)")
        return function(*values)

    return method


def _attach(**methods):
    """Make the functions methods of Tensor under the given names."""
    for name, method in methods.items():
        setattr(Tensor, name, method)


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
for _name, _ufunc in (("and", numpy.bitwise_and), ("or", numpy.bitwise_or), ("xor", numpy.bitwise_xor)):
    _attach_binary(_name, _bitwise(_ufunc))
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
    __invert__=_bitwise(numpy.invert),
    **{f"__{name}__": _comparison(getattr(operator, name)) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
)
