"""Functions of single entries, comparisons, and selections."""

import builtins
import math
import operator

import numpy

from chainrule.core.record import TENSORS, constant, plain_value
from chainrule.core.rows import as_array
from chainrule.core.spec import dtype_of, shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.torch import kinks
from chainrule.torch.closures import binary, compared, mismatch, promoted, quietly, unary
from chainrule.torch.dtypes import common, default_float
from chainrule.torch.errors import DtypeError, UsageError
from chainrule.torch.tensor import Tensor, as_value, of_value

# Real functions of one argument: integers become the default dtype.
exp, expm1, exp2, log, log2, log10, log1p = map(unary, "exp expm1 exp2 log log2 log10 log1p".split())
sqrt, sin, cos, tan, sinh, cosh, tanh = map(unary, "sqrt sin cos tan sinh cosh tanh".split())
asin, acos, atan, asinh, acosh, atanh = map(unary, "arcsin arccos arctan arcsinh arccosh arctanh".split())
sinc, reciprocal, softplus, erf, erfc = map(unary, "sinc reciprocal softplus erf erfc".split())
sigmoid = unary(kinks.sigmoid)

# Those that keep integers.
neg, square, sign, floor, ceil, trunc, positive, _rint, _real_abs = (
    unary(name, real=False) for name in "negative square sign floor ceil trunc positive rint absolute".split()
)
relu = unary(kinks.relu, real=False)

# Two arguments.
_add, _sub, mul, _floor_divide, remainder, fmod, _power, _maximum, _minimum, heaviside = (
    binary(name) for name in "add subtract multiply floor_divide remainder fmod power maximum minimum heaviside".split()
)
fmax, fmin, _at_least, _at_most = map(binary, (kinks.fmax, kinks.fmin, kinks.clamp_min, kinks.clamp_max))
atan2 = binary(kinks.arctan2, real=True)
_divide, hypot, logaddexp, logaddexp2, copysign = (
    binary(name, real=True) for name in "divide hypot logaddexp logaddexp2 copysign".split()
)

eq, ne, lt, le, gt, ge = (compared(getattr(operator, name)) for name in "eq ne lt le gt ge".split())
_and, _or, _xor = (compared(operation) for operation in (numpy.bitwise_and, numpy.bitwise_or, numpy.bitwise_xor))
logical_and, logical_or, logical_xor = (
    compared(operation) for operation in (numpy.logical_and, numpy.logical_or, numpy.logical_xor)
)


def tensors(*values):
    """The values with tensors in place of numbers and arrays, at least where none is a tensor yet."""
    return tuple(value if type(value) in TENSORS else of_value(as_value(value)) for value in values)


def add(input, other, *, alpha=1):
    """input + alpha other.

    >>> import chainrule.torch as torch
    >>> torch.add(torch.tensor([1., 2.]), torch.tensor([10., 20.]), alpha=2)
    tensor([21., 42.])
    """
    return _add(input, other if alpha == 1 else mul(other, alpha))


def sub(input, other, *, alpha=1):
    """input - alpha other."""
    return _sub(input, other if alpha == 1 else mul(other, alpha))


def rsub(input, other, *, alpha=1):
    """other - alpha input."""
    return _sub(other, input if alpha == 1 else mul(input, alpha))


def div(input, other, *, rounding_mode=None):
    """input / other; with `rounding_mode` "floor" or "trunc", an integer number of times.

    >>> import chainrule.torch as torch
    >>> torch.div(torch.tensor([7, -7]), 2), torch.div(torch.tensor([7, -7]), 2, rounding_mode="floor")
    (tensor([ 3.5000, -3.5000]), tensor([ 3, -4]))
    """
    if rounding_mode is None:
        return _divide(input, other)
    if rounding_mode == "floor":
        return _floor_divide(input, other)
    if rounding_mode == "trunc":
        quotient = trunc(_divide(input, other))
        integral = common(plain_value(input), plain_value(other)).kind in "iu"
        return quotient.long() if integral else quotient
    raise UsageError(
        f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'",
        "choose one of the three",
    )


def floor_divide(input, other):
    """The quotient, rounded down."""
    return _floor_divide(input, other)


def pow(input, exponent):
    """input to a power.

    >>> import chainrule.torch as torch
    >>> torch.pow(torch.tensor([1., 2.]), 3)
    tensor([1., 8.])
    """
    if exponent.__class__ in (builtins.int, builtins.float) and exponent == 2 and type(input) in TENSORS:
        return square(input)
    return _power(input, exponent)


def float_power(input, exponent):
    """As `pow`, in float64."""
    return _power(input.double(), exponent)


def rsqrt(input):
    """1 / √input."""
    return _divide(1.0, sqrt(input))


def abs(input):
    """The absolute value; its slope at 0 is 0."""
    if dtype_of(input.node.value).kind == "c":
        return quietly(ops.absolute, input)
    return _real_abs(input)


def round(input, *, decimals=0):
    """The nearest integer, ties to even; with `decimals`, the nearest number of so many digits."""
    if not decimals:
        return _rint(input)
    return _divide(_rint(mul(input, 10.0**decimals)), 10.0**decimals)


def frac(input):
    """What follows the decimal point."""
    return _sub(input, trunc(input))


def logit(input, eps=None):
    """ln(x / (1 - x)), with the input held inside [eps, 1 - eps] where that is given."""
    if eps is not None:
        input = clamp(input, eps, 1 - eps)
    return _sub(log(input), log1p(neg(input)))


def deg2rad(input):
    """Degrees to radians."""
    return mul(input, math.pi / 180)


def rad2deg(input):
    """Radians to degrees."""
    return mul(input, 180 / math.pi)


def maximum(input, other):
    """The larger of two; a tie shares the gradient equally."""
    return _maximum(input, other)


def minimum(input, other):
    """The smaller of two; a tie shares the gradient equally."""
    return _minimum(input, other)


def clamp(input, min=None, max=None):
    """The input held between min and max, each a number or a tensor; the slope at an edge is 1.

    >>> import chainrule.torch as torch
    >>> x = torch.tensor([-2., 1., 5.], requires_grad=True)
    >>> torch.clamp(x, -1, 1).sum().backward()
    >>> x.grad
    tensor([0., 1., 0.])
    """
    if min is None and max is None:
        raise UsageError("torch.clamp: At least one of 'min' or 'max' must not be None", "give an edge")
    if type(min) in TENSORS or type(max) in TENSORS:
        input = input if min is None else _at_least(input, min)
        return input if max is None else _at_most(input, max)
    kind = dtype_of(input.node.value)
    if kind.kind in "iu":
        edges = (numpy.iinfo(kind).min if min is None else min, numpy.iinfo(kind).max if max is None else max)
        if builtins.any(isinstance(edge, builtins.float) for edge in edges):
            input, kind = input.to(default_float()), default_float()
    else:
        edges = (-numpy.inf if min is None else min, numpy.inf if max is None else max)
    return quietly(kinks.clamp, input, *(kind.type(edge) for edge in edges))


clip = clamp


def clamp_min(input, min):
    """The input, at least min."""
    return clamp(input, min=min)


def clamp_max(input, max):
    """The input, at most max."""
    return clamp(input, max=max)


def where(condition, input=None, other=None):
    """input where the condition holds, other elsewhere; what is not selected contributes nothing.

    Where PyTorch gives NaN because the branch that was not selected has an infinite slope, this gives
    the right gradient. With the condition alone: the places where it holds, as `nonzero(as_tuple=True)`.

    >>> import chainrule.torch as torch
    >>> x = torch.tensor(0.0, requires_grad=True)
    >>> torch.where(x > 0, torch.sqrt(x), x).backward()
    >>> x.grad
    tensor(1.)
    """
    if input is None or other is None:
        return nonzero(condition, as_tuple=True)
    mask = plain_value(condition)
    if as_array(mask).dtype != bool:
        raise DtypeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype {condition.dtype}",
            "compare first: torch.where(x > 0, ...)",
        )
    given = tuple(as_value(x) if type(x) not in TENSORS and not isinstance(x, (builtins.int, builtins.float))
                  else x for x in (input, other))  # fmt: skip
    kind = common(*(plain_value(x) for x in given))
    pair = tuple(_in(x, kind) for x in given)
    if type(condition) in TENSORS and not builtins.any(type(x) in TENSORS for x in pair):
        pair = tensors(*pair)
    try:
        return quietly(ops.where, condition, *pair)
    except ValueError:
        raise mismatch(mask, plain_value(pair[0])) from None


def _in(x, kind):
    """A value in a dtype."""
    if type(x) in TENSORS:
        return x if dtype_of(x.node.value) == kind else x.to(kind)
    return as_array(x).astype(kind)[()]


def lerp(input, end, weight):
    """input + weight (end - input)."""
    return _add(input, mul(_sub(end, input), weight))


def addcmul(input, tensor1, tensor2, *, value=1):
    """input + value tensor1 tensor2."""
    return _add(input, mul(mul(tensor1, tensor2), value))


def addcdiv(input, tensor1, tensor2, *, value=1):
    """input + value tensor1 / tensor2."""
    return _add(input, mul(_divide(tensor1, tensor2), value))


def nan_to_num(input, nan=0.0, posinf=None, neginf=None):
    """The input with NaN and infinities replaced by numbers."""
    return quietly(ops.nan_to_num, input, nan, posinf, neginf)


def real(input):
    """The real part."""
    return ops.real(input)


def imag(input):
    """The imaginary part of a complex tensor."""
    if dtype_of(input.node.value).kind != "c":
        raise DtypeError("imag is not implemented for tensors with non-complex dtypes.", "a real tensor has none")
    return ops.imag(input)


def conj(input):
    """The complex conjugate."""
    return ops.conj(input)


def angle(input):
    """The angle of a complex number."""
    return atan2(imag(input), real(input))


# Questions, which have no slope


def _answer(function):
    def ask(input):
        return constant(quietly(function, as_array(plain_value(input)))[()], Tensor)

    ask.__name__ = ask.__qualname__ = function.__name__
    ask.__doc__ = f"As `numpy.{function.__name__}`, a boolean tensor."
    return ask


isnan, isinf, isfinite, logical_not = map(_answer, (numpy.isnan, numpy.isinf, numpy.isfinite, numpy.logical_not))


def _invert(input):
    return constant(numpy.invert(as_array(input.node.value))[()], Tensor)


def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether entries are close."""
    pair = promoted(plain_value(input), plain_value(other), False)
    close = numpy.isclose(*pair, rtol=rtol, atol=atol, equal_nan=equal_nan)
    return of_value(as_array(close)[()])


def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all entries are close: a Python boolean."""
    return builtins.bool(isclose(input, other, rtol, atol, equal_nan).node.value.all())


def equal(input, other):
    """Whether shapes and all entries are the same: a Python boolean."""
    one, two = plain_value(input), plain_value(other)
    return shape_of(one) == shape_of(two) and builtins.bool(numpy.all(as_array(one) == as_array(two)))


def nonzero(input, *, as_tuple=False):
    """The places of entries that are not 0: rows of indices, or a tuple with one tensor a dimension."""
    places = numpy.nonzero(numpy.atleast_1d(as_array(plain_value(input))))
    return tuple(of_value(each) for each in places) if as_tuple else of_value(numpy.stack(places, -1))


def is_tensor(obj):
    """Whether an object is a tensor."""
    return type(obj) in TENSORS
