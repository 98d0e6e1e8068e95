"""`ARRAYS`: NumPy's spelling over expressions that have shapes, the `xp` for rules of arrays.

A room's rule for arrays asks its arguments for their shape, so it cannot run on bare expressions. It
runs on an `Array`: an expression, and its shape, whose sizes may be letters.

>>> from chainrule.expressions import Symbol
>>> from chainrule.ops import CATALOGUE
>>> m, n = Symbol("m"), Symbol("n")
>>> A, x, g = (Array.of(s) for s in (Symbol("A", (m, n)), Symbol("x", (n,)), Symbol("g", (m,))))
>>> print(*CATALOGUE["matmul"].vjp(ARRAYS, g, 0, A @ x, A, x).shape)      # as A has
m n
"""

from typing import Any

import numpy

from chainrule.core.primitive import Elementwise
from chainrule.core.selection import Selected
from chainrule.core.spec import normal_axes, normal_axis
from chainrule.expressions.conditions import Comparison, Condition, decided, joined, negated
from chainrule.expressions.shapes import SIZES, applied_shape, is_one, same_shape, shape_of
from chainrule.expressions.tree import Apply, Expression, Number, Piecewise, lift, number_of
from chainrule.ops import CATALOGUE

_TRUTH, _REAL = numpy.dtype(bool), numpy.dtype(float)


class Array:
    """An expression with its shape: what a rule sees in place of an array.

    Attributes:
        expression: what it is.
        shape: its sizes, ints or expressions.
    """

    __slots__ = ("expression", "shape")
    __array_ufunc__ = None  # a NumPy number on the left leaves the operation to the Array
    __hash__ = None  # type: ignore[assignment]  # == makes a condition

    def __init__(self, expression, shape):
        self.expression, self.shape = expression, tuple(shape)

    @classmethod
    def of(cls, value) -> "Array":
        """An expression, a number or a condition as an Array; Arrays as they are."""
        if type(value) is cls:
            return value
        if isinstance(value, (bool, numpy.bool_)):
            value = int(value)
        value = value if isinstance(value, Expression) else lift(value)
        return cls(value, shape_of(value))

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def dtype(self):
        """Booleans for a condition, else floating point: what a rule asks before it conjugates or selects."""
        return _TRUTH if isinstance(self.expression, Condition) else _REAL

    def __repr__(self):
        return f"<{self.expression} {self.shape}>"

    def __add__(self, other):
        return _entrywise("add", self, other)

    def __radd__(self, other):
        return _entrywise("add", other, self)

    def __sub__(self, other):
        return _entrywise("subtract", self, other)

    def __rsub__(self, other):
        return _entrywise("subtract", other, self)

    def __mul__(self, other):
        return _entrywise("multiply", self, other)

    def __rmul__(self, other):
        return _entrywise("multiply", other, self)

    def __truediv__(self, other):
        return _entrywise("divide", self, other)

    def __rtruediv__(self, other):
        return _entrywise("divide", other, self)

    def __pow__(self, other):
        return _entrywise("power", self, other)

    def __rpow__(self, other):
        return _entrywise("power", other, self)

    def __matmul__(self, other):
        return apply("matmul", self, other)

    def __rmatmul__(self, other):
        return apply("matmul", other, self)

    def __neg__(self):
        return _entrywise("negative", self)

    def __pos__(self):
        return self

    def __abs__(self):
        return _entrywise("absolute", self)

    def __lt__(self, other):
        return _compared(self, "<", other)

    def __le__(self, other):
        return _compared(self, "<=", other)

    def __gt__(self, other):
        return _compared(self, ">", other)

    def __ge__(self, other):
        return _compared(self, ">=", other)

    def __eq__(self, other) -> Any:
        return _compared(self, "=", other)

    def __ne__(self, other) -> Any:
        return _compared(self, "!=", other)

    def __and__(self, other):
        return _together("and", self, other)

    def __or__(self, other):
        return _together("or", self, other)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self):
        return ARRAYS.logical_not(self)

    def any(self):
        """Whether a condition may hold somewhere."""
        return decided(self.expression) is not False

    def __getitem__(self, index):
        return apply("get_item", self, index=index)

    @property
    def T(self):
        return ARRAYS.transpose(self)


def apply(name, *arguments, **params):
    """A room applied to Arrays or numbers, with the shape of its value."""
    primitive = CATALOGUE[name]
    values = [Array.of(argument) for argument in arguments]
    node = Apply(primitive, [_operand(value) for value in values], params)
    return Array(node, applied_shape(primitive, [value.shape for value in values], params, SIZES, node))


def _entrywise(name, *arguments):
    values = [_as_array(argument) for argument in arguments]
    return NotImplemented if NotImplemented in values else apply(name, *values)


def _as_array(value):
    known = type(value) is Array or isinstance(value, (Expression, int, float, numpy.number, numpy.bool_))
    return Array.of(value) if known else NotImplemented


def _operand(value):
    return number_of(value.expression)


def _compared(left, relation, right):
    left, right = _as_array(left), _as_array(right)
    if right is NotImplemented:
        return NotImplemented
    if left.expression.plain is right.expression.plain:
        return relation in ("=", "<=", ">=")
    condition = Comparison(relation, left.expression, right.expression)
    return Array(condition, shape_of(condition))


def _together(word, left, right):
    conditions = [side.expression if type(side) is Array else bool(side) for side in (left, right)]
    known = joined(word, *conditions)
    return known if isinstance(known, bool) else Array(known, shape_of(known))


def indicator(condition):
    """1 where a condition holds, else 0."""
    return Piecewise(((condition, Number(1)),), Number(0))


def bare(cotangent) -> Any:
    """What a rule gave as one Array: a selection is zero already where it was not selected."""
    if type(cotangent) is Selected:
        cotangent = cotangent.value
    cotangent = Array.of(cotangent)
    return Array(_operand(cotangent), cotangent.shape)


class Arrays:
    """Every primitive by name, and NumPy's functions of shape, on Arrays."""

    def __init__(self):
        self.linalg = self

    def __getattr__(self, name):
        primitive = CATALOGUE.get("absolute" if name == "abs" else name)
        if primitive is None:
            raise AttributeError(name)
        if isinstance(primitive, Elementwise):
            return lambda *arguments: apply(primitive.name, *arguments)
        return lambda *arguments, **params: apply(primitive.name, *arguments, **params)

    @staticmethod
    def where(condition, x, y):
        """x where the condition holds, else y; the one of them where that is known already."""
        if type(condition) is not Array:
            return x if condition else y
        x, y = Array.of(x), Array.of(y)
        chosen = Piecewise(((condition.expression, x.expression),), y.expression)
        return Array(chosen, shape_of(chosen))

    @staticmethod
    def logical_not(condition):
        if type(condition) is not Array:
            return not condition
        opposite = negated(condition.expression)
        return Array(opposite, condition.shape)

    @staticmethod
    def conj(x):  # variables are real
        return x

    real = conj

    @staticmethod
    def isfinite(x):
        return True

    @staticmethod
    def zeros_like(x):
        return ARRAYS.broadcast_to(0, x.shape)

    @staticmethod
    def ones_like(x):
        return ARRAYS.broadcast_to(1, x.shape)

    @staticmethod
    def transpose(x, axes=None):
        axes = tuple(range(x.ndim))[::-1] if axes is None else tuple(normal_axis(i, x.ndim) for i in axes)
        return x if axes == tuple(range(x.ndim)) else apply("transpose", x, axes=axes)

    @staticmethod
    def swapaxes(x, one, other):
        axes = list(range(x.ndim))
        one, other = normal_axis(one, x.ndim), normal_axis(other, x.ndim)
        axes[one], axes[other] = other, one
        return ARRAYS.transpose(x, axes)

    @staticmethod
    def reshape(x, shape):
        x = Array.of(x)
        return x if same_shape(x.shape, shape) else apply("reshape", x, shape=tuple(shape))

    @staticmethod
    def broadcast_to(x, shape):
        x = Array.of(x)
        return x if same_shape(x.shape, shape) else apply("broadcast_to", x, shape=tuple(shape))

    @staticmethod
    def expand_dims(x, axis):
        place = normal_axis(axis, x.ndim + 1)
        return ARRAYS.reshape(x, (*x.shape[:place], 1, *x.shape[place:]))

    @staticmethod
    def squeeze(x):
        return ARRAYS.reshape(x, tuple(size for size in x.shape if not is_one(size)))

    @staticmethod
    def moveaxis(x, source, destination):
        axes = [i for i in range(x.ndim) if i != normal_axis(source, x.ndim)]
        axes.insert(normal_axis(destination, x.ndim), normal_axis(source, x.ndim))
        return ARRAYS.transpose(x, axes)

    @staticmethod
    def sum(x, axis=None, keepdims=False):
        return _reduced("sum", x, axis, keepdims)

    @staticmethod
    def mean(x, axis=None, keepdims=False):
        return _reduced("mean", x, axis, keepdims)

    @staticmethod
    def prod(x, axis=None, keepdims=False):
        return _reduced("prod", x, axis, keepdims)

    @staticmethod
    def max(x, axis=None, keepdims=False):
        return _reduced("max", x, axis, keepdims)

    @staticmethod
    def min(x, axis=None, keepdims=False):
        return _reduced("min", x, axis, keepdims)

    @staticmethod
    def scatter(x, index, shape):
        return apply("scatter", x, index=index, shape=tuple(shape))


def _reduced(name, x, axis, keepdims):
    x = Array.of(x)
    if not normal_axes(axis, x.ndim):
        return x
    return apply(name, x, axis=axis, keepdims=keepdims)


ARRAYS = Arrays()
