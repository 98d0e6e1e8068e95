"""The rooms of the engine as TensorFlow-spelled functions: the same links, TensorFlow's rules for dtypes.

An operation here is the engine's own closure (`chainrule.core.record`) with one thing exchanged: how
the value is computed. Tensors of different dtypes do not meet, Python's numbers and arrays become of the
tensor's dtype, and overflow or division by zero says so by its inf or NaN and not by a warning.
"""

from typing import Any

import numpy

from chainrule.core import record
from chainrule.core.namespace import SCALAR_TROUBLE, SCALARS
from chainrule.core.primitive import Primitive
from chainrule.core.quiet import LOCAL
from chainrule.core.record import TENSORS, constant
from chainrule.core.rows import as_array
from chainrule.core.spec import dtype_of, shape_of
from chainrule.ops import CATALOGUE
from chainrule.tf import dtypes
from chainrule.tf.errors import DtypeError, ShapeError
from chainrule.tf.tensor import Tensor, as_value, convert_to_tensor, of_value

_float32, _ndarray = numpy.float32, numpy.ndarray


def room(name) -> Any:
    """A primitive, by its name or as it is."""
    return name if isinstance(name, Primitive) else CATALOGUE[name]


def unary(name, real=True):
    """The room of that name, of one tensor; `real`: it is refused integers, as TensorFlow's kernels do."""
    primitive = room(name)
    rule = primitive.forward

    def forward(xp, x):
        if x.__class__ is _float32:
            try:
                return LOCAL.run(_rounded_once, rule, x)
            except SCALAR_TROUBLE:
                return LOCAL.run(rule, numpy, x)
        if real and x.__class__ is not float and x.dtype.kind in "biu":
            raise not_real(primitive.name, x.dtype)
        return LOCAL.run(rule, xp, x)

    return record.unary(primitive, forward)


def _rounded_once(rule, x):
    """The value for a single float32 number, in double precision and rounded at the end.

    Closer to the truth than NumPy's float32 loops, and hardly slower.
    """
    return _float32(rule(SCALARS, float(x)))


def not_real(name, kind):
    """The error for integers where the function is one of real numbers."""
    return DtypeError(
        f"Value for attr 'T' of {dtypes.ALL[kind].name} is not in the list of allowed values: half, float, double, "
        f"complex64, complex128 [Op:{kernel(name)}]",
        "write the number with a decimal point, or convert the tensor with tf.cast(x, tf.float32)",
    )


def binary(name):
    """The room of that name, of two tensors of one dtype, or one tensor and what becomes of its dtype."""
    primitive = room(name)
    rule, run = primitive.forward, _ruled(primitive.name)

    def forward(xp, x, y):
        one, two = x.__class__, y.__class__
        if one is _float32 and (two is _float32 or two is float) or two is _float32 and one is float:
            return LOCAL.run(rule, xp, x, y)
        if not _alike(x, y):
            raise TypeError("dtypes differ")
        return LOCAL.run(rule, xp, x, y)

    return record.binary(primitive, forward, run)


def _alike(x, y):
    """Whether two operands need no conversion: equal dtypes, or a Python number of no higher kind."""
    one, two = x.__class__, y.__class__
    if one is float or one is int:
        return two is float or two is not int and y.dtype.kind in ("fc" if one is float else "iufc")
    if two is float or two is int:
        return x.dtype.kind in ("fc" if two is float else "iufc")
    return one is not bool and two is not bool and x.dtype == y.dtype


def _ruled(name):
    """What `record.binary` calls where two operands do not go together as they are."""

    def repair(a, b, error):
        one, two = type(a) in TENSORS, type(b) in TENSORS
        x, y = (value.node.value if type(value) in TENSORS else value for value in (a, b))
        if one and two:
            if float in (x.__class__, y.__class__) and x.__class__ is not y.__class__:  # chainrule's own numbers
                kind = dtype_of(y if x.__class__ is float else x)
                return (_weak(a, kind), b) if x.__class__ is float else (a, _weak(b, kind))
            if dtype_of(x) != dtype_of(y):
                raise unlike(name, dtype_of(x), dtype_of(y))
        elif one and _differs(y, dtype_of(x)):
            return a, as_value(y, dtype_of(x))
        elif two and _differs(x, dtype_of(y)):
            return as_value(x, dtype_of(y)), b
        raise mismatch(name, x, y, error) from None

    return repair


def _differs(value, kind):
    return not hasattr(value, "dtype") or value.dtype != kind


def _weak(tensor, kind):
    """A Tensor of a Python float, in another dtype and with its history."""
    from chainrule.ops import NAMESPACE as ops

    return ops.astype(tensor, kind)


# What TensorFlow's messages call the kernels.
_KERNELS = dict(
    add="AddV2", subtract="Sub", multiply="Mul", divide="RealDiv", power="Pow", matmul="MatMul", arctan2="Atan2",
    remainder="FloorMod", floor_divide="FloorDiv", where="SelectV2",
)  # fmt: skip


def kernel(name):
    """What TensorFlow's messages call an operation."""
    return _KERNELS.get(name) or "".join(part.capitalize() for part in name.split("_"))


def unlike(name, one, two):
    """The error for two tensors of different dtypes."""
    words = [dtypes.ALL[kind].word for kind in (one, two)]
    return DtypeError(
        f"cannot compute {kernel(name)} as input #1(zero-based) was expected to be a {words[0]} tensor but is a "
        f"{words[1]} tensor",
        f"convert one of them: tf.cast(x, tf.{dtypes.ALL[one].name})",
    )


def sizes(shape):
    """A shape as TensorFlow's kernels write it: [2,3]."""
    return "[" + ",".join(map(str, shape)) + "]"


def mismatch(name, x, y, error):
    """The error for two shapes that do not go together, in TensorFlow's words."""
    a, b = shape_of(x), shape_of(y)
    if "broadcast" in str(error) or isinstance(error, ValueError):
        return ShapeError(
            f"Incompatible shapes: {sizes(a)} vs. {sizes(b)} [Op:{kernel(name)}]",
            "axes are compared from the last one backward and must be equal or 1; tf.reshape or tf.expand_dims",
        )
    return DtypeError(f"{name}: {error}", "check the kinds of the arguments")


def compared(name, operation):
    """A comparison of values: a boolean tensor, which has no slope."""
    repair = _ruled(name)

    def compare(x: Any, y: Any):
        one, two = (value.node.value if type(value) in TENSORS else value for value in (x, y))
        if y is None or isinstance(y, (str, bytes, dict, set)):
            return NotImplemented
        if type(x) not in TENSORS and type(y) not in TENSORS:
            one = as_value(x)
        try:
            if not hasattr(one, "dtype") and not hasattr(two, "dtype") or not _alike(one, two):
                raise TypeError("dtypes differ")
            return of_value(LOCAL.run(operation, one, two))
        except (TypeError, ValueError) as error:
            return compare(*repair(x, y, error))

    return compare


def on_tensor(apply, doc=None):
    """A function of one tensor: what is none yet becomes one."""

    def function(x, name=None):
        if type(x) not in TENSORS:
            x = convert_to_tensor(x)
        return apply(x)

    function.__doc__ = doc or apply.__doc__
    return function


def on_tensors(apply, doc=None):
    """A function of two tensors: at least one becomes one."""

    def function(x, y, name=None):
        if type(x) not in TENSORS and type(y) not in TENSORS:
            x = convert_to_tensor(x)
        return apply(x, y)

    function.__doc__ = doc or apply.__doc__
    return function


def answered(value):
    """A value without slope, as a tensor."""
    return constant(as_array(value)[()], Tensor)
