"""Functions of single entries, comparisons and selections, under TensorFlow's names."""

import numpy

from chainrule.core.quiet import quietly
from chainrule.core.record import TENSORS
from chainrule.core.rows import as_array
from chainrule.core.spec import dtype_of
from chainrule.ops import NAMESPACE as ops
from chainrule.tf import dtypes, kinks, operators, recording
from chainrule.tf.closures import answered, binary, mismatch, on_tensor, on_tensors, unary
from chainrule.tf.errors import ArgumentError, DtypeError
from chainrule.tf.tensor import as_tensors, convert_to_tensor, of_value, plain


def cast(x, dtype, name=None):
    """The tensor in another dtype. To an integer or boolean dtype the path of derivatives ends.

    >>> import chainrule.tf as tf
    >>> tf.cast([1, 2], tf.float32)
    <tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>
    """
    tensor, kind = convert_to_tensor(x), dtypes.as_dtype(dtype).dtype
    own = dtype_of(tensor.node.value)
    if kind == own:
        return tensor
    if kind.kind in "fc" and own.kind in "fc":
        return ops.astype(tensor if kind.kind == "c" else ops.real(tensor), kind)
    if tensor.node.tracked:
        recording.cut(tensor.node, f"cast to {dtypes.ALL[kind].name}")
    return answered(quietly(as_array(tensor.node.value).astype, kind))


def saturate_cast(value, dtype, name=None):
    """As `cast`, where what does not fit becomes the nearest number that does."""
    limits = dtypes.as_dtype(dtype)
    return cast(clip_by_value(value, limits.min, limits.max) if limits.is_integer else value, dtype)


def identity(input, name=None):
    """The same value, as a new link."""
    return ops.positive(convert_to_tensor(input))


def staircase(function, name):
    """A function without slope: gradients end here, and `why_none` can say so."""

    def stepped(x, name=None):
        tensor = convert_to_tensor(x)
        if tensor.node.tracked:
            recording.cut(tensor.node, function.__name__)
        return answered(quietly(function, tensor.node.value))

    stepped.__doc__ = f"{function.__name__} of each entry: a staircase, whose gradient is None, as TensorFlow has it."
    stepped.__name__ = stepped.__qualname__ = name
    return stepped


exp, expm1, log, log1p, sqrt, sin, cos, tan, sinh, cosh, tanh = (
    on_tensor(unary(name)) for name in "exp expm1 log log1p sqrt sin cos tan sinh cosh tanh".split()
)
asin, acos, atan, asinh, acosh, atanh = (
    on_tensor(unary(name)) for name in "arcsin arccos arctan arcsinh arccosh arctanh".split()
)
reciprocal, sigmoid, softplus = map(on_tensor, map(unary, "reciprocal sigmoid softplus".split()))
negative, abs, square = map(on_tensor, (operators.negative, operators.absolute, operators.square))
sign = on_tensor(unary("sign", real=False))
relu = on_tensor(unary(kinks.relu, real=False))

add, subtract, multiply, divide, truediv, pow, mod, floormod = map(
    on_tensors,
    (
        operators.add, operators.subtract, operators.multiply, operators.divide, operators.divide, operators.power,
        operators.remainder, operators.remainder,
    ),
)  # fmt: skip
atan2, maximum, minimum, _multiply_no_nan = (
    on_tensors(binary(room)) for room in ("arctan2", kinks.maximum, kinks.minimum, kinks.multiply_no_nan)
)
equal, not_equal, less, less_equal, greater, greater_equal, logical_and, logical_or, logical_xor = map(
    on_tensors,
    (
        operators.equal, operators.not_equal, operators.less, operators.less_equal, operators.greater,
        operators.greater_equal, operators.logical_and, operators.logical_or, operators.logical_xor,
    ),
)  # fmt: skip

floor, ceil, rint, round = (
    staircase(function, name)
    for function, name in ((numpy.floor, "floor"), (numpy.ceil, "ceil"), (numpy.rint, "rint"), (numpy.rint, "round"))
)


def floordiv(x, y, name=None):
    """The quotient rounded down: a staircase, whose gradient is None."""
    return operators.floor_divide(*as_tensors(x, y))


def rsqrt(x, name=None):
    """1 / √x."""
    return reciprocal(sqrt(x))


def log_sigmoid(x, name=None):
    """ln σ(x), without overflow."""
    return negative(softplus(negative(x)))


def logit(x, name=None):
    """ln(x / (1 - x))."""
    x = convert_to_tensor(x)
    return log(x) - log1p(negative(x))


def cbrt(x, name=None):
    """∛x."""
    return on_tensor(unary("cbrt"))(x)


def squared_difference(x, y, name=None):
    """(x - y)²."""
    return square(subtract(x, y))


def multiply_no_nan(x, y, name=None):
    """x y, and 0 where y is 0, even if x is infinite or NaN.

    >>> import chainrule.tf as tf
    >>> tf.math.multiply_no_nan(tf.constant(float("inf")), 0.0)
    <tf.Tensor: shape=(), dtype=float32, numpy=0.0>
    """
    return _multiply_no_nan(x, y)


def divide_no_nan(x, y, name=None):
    """x / y, and 0 where y is 0.

    >>> import chainrule.tf as tf
    >>> tf.math.divide_no_nan([1.0, 2.0], [0.0, 4.0]).numpy()
    array([0. , 0.5], dtype=float32)
    """
    x, y = as_tensors(x, y)
    zero = as_array(y.node.value) == 0
    return where(zero, ops.zeros_like(x), operators.divide(x, where(zero, ops.ones_like(y), y)))


def xlogy(x, y, name=None):
    """x ln y, and 0 where x is 0, whatever y is."""
    return _unless_zero(x, y, lambda x, y: x * log(y))


def xlog1py(x, y, name=None):
    """x ln(1 + y), and 0 where x is 0, whatever y is."""
    return _unless_zero(x, y, lambda x, y: x * log1p(y))


def xdivy(x, y, name=None):
    """x / y, and 0 where x is 0, whatever y is."""
    return _unless_zero(x, y, operators.divide)


def _unless_zero(x, y, function):
    x, y = as_tensors(x, y)
    zero = as_array(x.node.value) == 0
    return where(zero, ops.zeros_like(x), function(x, where(zero, ops.ones_like(y), y)))


def where(condition, x=None, y=None, name=None):
    """x where the condition holds, y elsewhere; what is not selected contributes nothing.

    Where TensorFlow gives NaN because the branch that was not selected has an infinite slope, this gives
    the right gradient. With the condition alone: the places where it holds, one row each.

    >>> import chainrule.tf as tf
    >>> x = tf.Variable(0.0)
    >>> with tf.GradientTape() as tape:
    ...     y = tf.where(x > 0, tf.sqrt(x), x)
    >>> tape.gradient(y, x)
    <tf.Tensor: shape=(), dtype=float32, numpy=1.0>
    """
    mask = as_array(plain(condition))
    if x is None and y is None:
        return of_value(numpy.argwhere(mask))
    if x is None or y is None:
        raise ArgumentError("x and y must both be non-None or both be None.", "give both values, or neither")
    if mask.dtype != bool:
        raise DtypeError(
            f"cannot compute where as input #0 was expected to be a bool tensor but has dtype {mask.dtype}",
            "compare first: tf.where(x > 0, ...)",
        )
    x, y = as_tensors(x, y)
    if dtype_of(x.node.value) != dtype_of(y.node.value):
        raise operators.unlike("where", dtype_of(x.node.value), dtype_of(y.node.value))
    try:
        return quietly(ops.where, mask[()], x, y)
    except ValueError as error:
        raise mismatch("where", mask, x, error) from None


def clip_by_value(t, clip_value_min, clip_value_max, name=None):
    """t held between two values; the slope at an edge is 1.

    >>> import chainrule.tf as tf
    >>> x = tf.Variable([-2.0, 1.0, 5.0])
    >>> with tf.GradientTape() as tape:
    ...     y = tf.clip_by_value(x, -1.0, 1.0)
    >>> tape.gradient(y, x).numpy()
    array([0., 1., 0.], dtype=float32)
    """
    t = convert_to_tensor(t)
    kind = dtype_of(t.node.value)
    if any(type(edge) in TENSORS and edge.node.tracked for edge in (clip_value_min, clip_value_max)):
        return minimum(maximum(t, clip_value_min), clip_value_max)
    edges = [convert_to_tensor(edge, dtype_hint=kind).node.value for edge in (clip_value_min, clip_value_max)]
    return quietly(kinks.clip_by_value, t, *edges)


def is_nan(x, name=None):
    """Whether entries are NaN."""
    return answered(numpy.isnan(plain(x)))


def is_inf(x, name=None):
    """Whether entries are infinite."""
    return answered(numpy.isinf(plain(x)))


def is_finite(x, name=None):
    """Whether entries are neither infinite nor NaN."""
    return answered(numpy.isfinite(plain(x)))


def logical_not(x, name=None):
    """Whether entries are false."""
    return answered(numpy.logical_not(plain(x)))


def real(input, name=None):
    """The real part."""
    return ops.real(convert_to_tensor(input))


def imag(input, name=None):
    """The imaginary part."""
    return ops.imag(convert_to_tensor(input))


def conj(x, name=None):
    """The complex conjugate."""
    return ops.conj(convert_to_tensor(x))


def angle(input, name=None):
    """The angle of a complex number."""
    input = convert_to_tensor(input)
    return atan2(ops.imag(input), ops.real(input))


def complex(real, imag, name=None):
    """A complex tensor of its real and imaginary parts."""
    real, imag = as_tensors(real, imag)
    kind = numpy.result_type(dtype_of(real.node.value), numpy.complex64)
    return ops.add(ops.astype(real, kind), ops.multiply(ops.astype(imag, kind), kind.type(1j)))


def add_n(inputs, name=None):
    """The sum of several tensors."""
    total, *rest = as_tensors(*inputs)
    for each in rest:
        total = total + each
    return total


def polyval(coeffs, x, name=None):
    """The polynomial with these coefficients, the highest power first."""
    x = convert_to_tensor(x)
    total = ops.zeros_like(x)
    for each in coeffs:
        total = x * total + each
    return total
