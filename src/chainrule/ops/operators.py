"""Python's operators and ndarray's methods, attached to Tensor."""

import operator

import numpy

from chainrule.core.namespace import KIND
from chainrule.core.record import TENSORS, convert, plain_value
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
        return function(self.node.value, other)

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


Tensor.__add__ = Tensor.__radd__ = arithmetic.add
Tensor.__radd__ = _reflected(arithmetic.add)
Tensor.__sub__, Tensor.__rsub__ = arithmetic.subtract, _reflected(arithmetic.subtract)
Tensor.__mul__, Tensor.__rmul__ = arithmetic.multiply, _reflected(arithmetic.multiply)
Tensor.__truediv__, Tensor.__rtruediv__ = arithmetic.divide, _reflected(arithmetic.divide)
Tensor.__floordiv__, Tensor.__rfloordiv__ = arithmetic.floor_divide, _reflected(arithmetic.floor_divide)
Tensor.__mod__, Tensor.__rmod__ = arithmetic.remainder, _reflected(arithmetic.remainder)
Tensor.__divmod__, Tensor.__rdivmod__ = _divmod, lambda self, other: _divmod(other, self)
Tensor.__pow__, Tensor.__rpow__ = _power, _reflected(arithmetic.power)
Tensor.__matmul__, Tensor.__rmatmul__ = _product, _reflected(_product)
Tensor.__neg__, Tensor.__pos__, Tensor.__abs__ = arithmetic.negative, arithmetic.positive, compare.absolute
Tensor.__getitem__ = index.getitem
Tensor.__eq__, Tensor.__ne__ = _comparison(operator.eq), _comparison(operator.ne)
Tensor.__lt__, Tensor.__le__ = _comparison(operator.lt), _comparison(operator.le)
Tensor.__gt__, Tensor.__ge__ = _comparison(operator.gt), _comparison(operator.ge)
Tensor.__hash__ = object.__hash__  # by identity, as PyTorch has it: a Tensor is a key, its value is not
Tensor.__round__ = _round
Tensor.__floor__, Tensor.__ceil__ = lambda self: int(numpy.floor(self.item())), lambda self: int(numpy.ceil(self.item()))
Tensor.__trunc__ = lambda self: int(self.item())
Tensor.__and__ = Tensor.__or__ = Tensor.__xor__ = _bitwise


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


Tensor.T = property(shape.transpose)
Tensor.mT = property(linalg.matrix_transpose)
Tensor.real, Tensor.imag = property(complex.real), property(complex.imag)
Tensor.nbytes = property(lambda self: numpy.asarray(self.node.value).nbytes)
Tensor.itemsize = property(lambda self: self.dtype.itemsize)
Tensor.reshape = lambda self, *shape_, **_: shape.reshape(self, _shape_arguments(shape_))
Tensor.transpose = lambda self, *axes: shape.transpose(self, _shape_arguments(axes) if axes else None)
Tensor.ravel = Tensor.flatten = lambda self, order="C": shape.ravel(self if order == "C" else self.T)
Tensor.squeeze, Tensor.swapaxes, Tensor.repeat = shape.squeeze, shape.swapaxes, shape.repeat
Tensor.sum, Tensor.mean, Tensor.prod = reduce.sum, reduce.mean, reduce.prod
Tensor.max, Tensor.min = reduce.max, reduce.min
Tensor.ptp = lambda self, axis=None: reduce.max(self, axis) - reduce.min(self, axis)
Tensor.cumsum, Tensor.cumprod = reduce.cumsum, reduce.cumprod
Tensor.var = lambda self, axis=None, ddof=0, keepdims=False: reduce.var(self, axis, keepdims, ddof)
Tensor.std = lambda self, axis=None, ddof=0, keepdims=False: reduce.std(self, axis, keepdims, ddof)
Tensor.dot, Tensor.trace, Tensor.diagonal = linalg.dot, linalg.trace, index.diagonal
Tensor.clip, Tensor.take = compare.clip, index.take
Tensor.conj = Tensor.conjugate = complex.conjugate
Tensor.astype = lambda self, dtype, **_: complex.astype(self, dtype)
Tensor.round = lambda self, decimals=0: _decimals(self, decimals)
Tensor.copy = lambda self, order="C": arithmetic.positive(self)
Tensor.argmax, Tensor.argmin, Tensor.argsort = map(_without_slope, ("argmax", "argmin", "argsort"))
Tensor.any, Tensor.all, Tensor.nonzero = map(_without_slope, ("any", "all", "nonzero"))
Tensor.sort = _in_place("sort", "use np.sort(t), which makes a new value")
Tensor.fill = _in_place("fill", "use np.full_like")
Tensor.put = _in_place("put", "use np.where(mask, new, old)")
Tensor.resize = _in_place("resize", "use np.reshape or np.pad")
Tensor.partition = _in_place("partition", "use np.sort(t), which makes a new value")
