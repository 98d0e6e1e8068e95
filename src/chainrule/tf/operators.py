"""Python's operators on tensors and Variables, and the functions behind them."""

import operator

import numpy

from chainrule.core import record
from chainrule.core.quiet import LOCAL, quietly
from chainrule.core.record import TENSORS
from chainrule.core.spec import dtype_of, shape_of
from chainrule.ops import CATALOGUE
from chainrule.ops import NAMESPACE as ops
from chainrule.tf import recording
from chainrule.tf.closures import answered, binary, compared, sizes, unary, unlike
from chainrule.tf.errors import DtypeError, OutOfRangeError, ShapeError
from chainrule.tf.tensor import Operand, convert_to_tensor, of_value, plain

add, subtract, multiply, remainder, _power, _floor_divide = map(
    binary, "add subtract multiply remainder power floor_divide".split()
)
_divide = binary("divide")
negative, square, _absolute = (unary(name, real=False) for name in "negative square absolute".split())
equal, not_equal, less, less_equal, greater, greater_equal = (
    compared(name, getattr(operator, short))
    for name, short in zip("equal not_equal less less_equal greater greater_equal".split(), "eq ne lt le gt ge".split())
)
logical_and, logical_or, logical_xor = (
    compared(f"logical_{name}", getattr(numpy, f"logical_{name}")) for name in ("and", "or", "xor")
)


def divide(x, y):
    """x / y; of integers, in float64, as TensorFlow has it."""
    return _divide(_widened(x), _widened(y))


def _widened(x):
    if type(x) in TENSORS and dtype_of(x.node.value).kind in "iu":
        return answered(numpy.asarray(x.node.value).astype("f8" if dtype_of(x.node.value).itemsize > 2 else "f4"))
    return x


def floor_divide(x, y):
    """x / y rounded down: a staircase, whose gradient is None, as TensorFlow has it."""
    for value in (x, y):
        if type(value) in TENSORS and value.node.tracked:
            recording.cut(value.node, "floor_divide")
    return answered(_floor_divide(*(of_value(v.node.value) if type(v) in TENSORS else v for v in (x, y))).node.value)


def power(x, y):
    """x to the power y; x² where y is the number 2."""
    if (y.__class__ is int or y.__class__ is float) and y == 2 and type(x) in TENSORS:
        return square(x)
    return _power(x, y)


def absolute(x):
    """|x|; the slope at 0 is 0."""
    return quietly(ops.absolute, x) if dtype_of(x.node.value).kind == "c" else _absolute(x)


def _product(xp, x, y):
    if dtype_of(x) != dtype_of(y):
        raise TypeError("dtypes differ")
    if len(shape_of(x)) < 2 or len(shape_of(y)) < 2:
        raise ValueError("too few dimensions")
    return LOCAL.run(numpy.matmul, x, y)


def _unmultiplied(a, b, error):
    """What to do where a product of matrices cannot be made of the operands as they are."""
    x, y = (value.node.value if type(value) in TENSORS else value for value in (a, b))
    for first, second, kind in ((a, b, dtype_of(x)), (b, a, dtype_of(y))):
        if type(first) in TENSORS and type(second) not in TENSORS and getattr(second, "dtype", None) != kind:
            second = convert_to_tensor(second, kind)
            return (a, second) if first is a else (second, b)
    if dtype_of(x) != dtype_of(y):
        raise unlike("matmul", dtype_of(x), dtype_of(y))
    one, two = shape_of(x), shape_of(y)
    for place, shape in enumerate((one, two)):
        if len(shape) < 2:
            raise ShapeError(
                f"In[{place}] ndims must be >= 2 (matmul of shapes {sizes(one)} and {sizes(two)})",
                "use tf.linalg.matvec for a matrix and a vector, tf.tensordot(a, b, 1) for two vectors",
            )
    raise ShapeError(
        f"Matrix size-incompatible: In[0]: {sizes(one)}, In[1]: {sizes(two)}",
        "the last length of the first must be the next to last of the second; see transpose_a and transpose_b",
    )


product = record.binary(CATALOGUE["matmul"], _product, _unmultiplied)


def getitem(self, index):
    """self[index], as NumPy has it; scalar and boolean tensors may stand in the index."""
    try:
        return ops.getitem(self, index)
    except (IndexError, ValueError) as error:
        for axis, part in enumerate(index if isinstance(index, tuple) else (index,)):
            length = (*shape_of(self), 0)[min(axis, len(shape_of(self)))]
            if isinstance(part, int) and not -length <= part < length:
                raise OutOfRangeError(
                    f"slice index {part} of dimension {axis} out of bounds.",
                    f"the shape is {sizes(shape_of(self))}; count from 0, or from -1 backward",
                ) from None
        raise OutOfRangeError(f"Index out of range: {error}", f"the shape is {sizes(shape_of(self))}") from None
    except TypeError as error:
        raise DtypeError(
            "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 tensors "
            f"are valid indices, got {index!r}",
            "use int(...) for a place",
        ) from error


def _reflected(function):
    def method(self, other):
        return function(other, self)

    return method


def _same(outcome):
    """Equality never refuses: what does not go together is not equal."""
    compare = equal if outcome else not_equal

    def method(self, other):
        if other is None or isinstance(other, (str, bytes)):
            return not outcome
        try:
            return compare(self, other)
        except ShapeError:
            return answered(not outcome)

    return method


def _bitwise(function):
    def method(self, other):
        if dtype_of(self.node.value).kind != "b":
            raise DtypeError(
                f"{function.__name__} combines booleans, and this tensor has dtype {self.dtype.name}",
                "compare first: (x > 0) & (y > 0)",
            )
        return answered(function(self.node.value, plain(other)))

    return method


for _name, _function in (
    ("add", add),
    ("sub", subtract),
    ("mul", multiply),
    ("truediv", divide),
    ("floordiv", floor_divide),
    ("mod", remainder),
    ("pow", power),
    ("matmul", product),
    ("and", _bitwise(numpy.logical_and)),
    ("or", _bitwise(numpy.logical_or)),
    ("xor", _bitwise(numpy.logical_xor)),
):
    setattr(Operand, f"__{_name}__", _function)
    setattr(Operand, f"__r{_name}__", _reflected(_function))
for _name, _function in (
    ("lt", less),
    ("le", less_equal),
    ("gt", greater),
    ("ge", greater_equal),
    ("eq", _same(True)),
    ("ne", _same(False)),
    ("neg", negative),
    ("pos", lambda self: self),
    ("abs", absolute),
    ("getitem", getitem),
    ("invert", lambda self: answered(numpy.logical_not(self.node.value))),
):
    setattr(Operand, f"__{_name}__", _function)


# NumPy's ufuncs with an array on the left come here; by TensorFlow's rules for dtypes where they are operators.

_UFUNCS = {
    numpy.add: add, numpy.subtract: subtract, numpy.multiply: multiply, numpy.true_divide: divide,
    numpy.floor_divide: floor_divide, numpy.remainder: remainder, numpy.power: power, numpy.matmul: product,
    numpy.less: less, numpy.less_equal: less_equal, numpy.greater: greater, numpy.greater_equal: greater_equal,
    numpy.equal: equal, numpy.not_equal: not_equal,
}  # fmt: skip
_EVERY = vars(Operand.__mro__[1])["__array_ufunc__"]


def _array_ufunc(self, ufunc, method, *inputs, **kwargs):
    rule = _UFUNCS.get(ufunc)
    if rule is not None and method == "__call__" and not kwargs:
        return rule(*inputs)
    return _EVERY(self, ufunc, method, *inputs, **kwargs)


setattr(Operand, "__array_ufunc__", _array_ufunc)  # noqa: B010
