"""How a call becomes a link: evaluate, and remember who fed whom.

`unary` and `binary` are the two hot paths, one closure a primitive; `general` serves every other
call. They repeat a few lines on purpose: what they do takes about a microsecond in all, of which
one more Python call would be a tenth (docs/decisions/0004-speed-of-recording.md).
"""

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy

from chainrule.core.cuts import remember
from chainrule.core.modes import STATE
from chainrule.core.namespace import KIND, NUMBERS, REGISTRY, SCALAR_TROUBLE, SCALARS, careful
from chainrule.core.node import Node, leaf_node, next_order
from chainrule.core.snapshot import snapshot
from chainrule.core.spec import ARRAYS, shape_of
from chainrule.errors import ChainruleError, DtypeError, OutOfRangeError, ShapeError, SingularError
from chainrule.places import INSIDE

LISTS = (list, tuple)
TENSORS = {}  # every Tensor class -> how specific it is: a front's class wins over the base class

_frame: Any = sys._getframe
_ndarray = numpy.ndarray


def is_standing(value):
    """Whether a value stands for a number or an array, in a run that is being compiled."""
    return hasattr(type(value), "engine_value")


def plain_value(value) -> Any:
    """A value as a graph may hold it: arrays of no dimension become scalars, lists become arrays."""
    if type(value) is numpy.ndarray:
        if value.dtype.char not in NUMBERS:
            return convert(value)
        return value if value.ndim else value[()]
    if type(value) in KIND:
        return value
    if type(value) in TENSORS:
        return value.node.value
    return convert(value)


def is_expression(x):
    """Whether a rule is run on expressions: they have no entries, so it takes them where none is 0 and none ties."""
    return plain_value(x) is NotImplemented


def convert(value):
    """A list, tuple, buffer or array subclass as an array of numbers; NotImplemented for others."""
    if is_standing(value):
        return value.engine_value()
    if isinstance(value, numpy.ndarray):
        if isinstance(value, numpy.ma.MaskedArray):
            raise DtypeError(
                "a masked array was combined with a Tensor, and its mask would be lost",
                "fill it first, and select with np.where(mask, ..., ...)",
            )
        if isinstance(value, numpy.matrix):
            raise DtypeError(
                "a numpy.matrix was combined with a Tensor, and its * and ** mean matrix products",
                "use np.asarray of it, and @ for matrix products",
            )
        array = value.view(numpy.ndarray)
    elif getattr(type(value), "__array_ufunc__", 0) is None:  # asks to be the one that handles the operation
        return NotImplemented
    elif isinstance(value, (list, tuple)) or hasattr(value, "__array__"):
        try:
            array = numpy.asarray(value)
        except ValueError as error:  # a ragged list
            raise ShapeError(f"a {type(value).__name__} is not an array of numbers: {error}", "pad its rows") from None
    elif hasattr(value, "__float__") and not isinstance(value, numpy.generic):
        return float(value)  # a Fraction, a Decimal
    elif isinstance(value, numpy.generic):
        array = numpy.asarray(value)
    else:
        return NotImplemented
    if array.dtype.kind not in "biufc":
        raise DtypeError(
            f"a {type(value).__name__} of dtype {array.dtype} is not made of numbers",
            "use numbers: real, complex, integer or boolean",
        )
    return array[()] if array.ndim == 0 else array


def holds_tensor(value):
    """Whether a nested list or tuple has a Tensor in it."""
    if isinstance(value, LISTS):
        return any(holds_tensor(item) for item in value)
    return type(value) in TENSORS


def stacked(value) -> Any:
    """A nested list that holds Tensors as one Tensor; anything else as it is."""
    return REGISTRY.tensors.stacked(value) if isinstance(value, LISTS) and holds_tensor(value) else value


def constant(value, cls):
    """A Tensor of class `cls` that nothing is recorded for."""
    result = cls()
    result.node = leaf_node(value)
    return result


def link(primitive, value, values, parents, params, cls):
    """A Tensor of class `cls` for a value that `primitive` made from `values`."""
    node = Node()
    node.primitive = primitive
    node.values = values
    node.parents = parents
    node.params = params
    node.value = value
    node.order = next_order()
    node.tracked = inherited(parents)
    node.hooks = node.grad = None
    frame = _frame(1)
    code = frame.f_code
    while INSIDE[code.co_filename]:
        frame = frame.f_back
        if frame is None:  # called from C: a thread's start, an exit handler
            break
        code = frame.f_code
    node.code = code
    node.instruction = frame.f_lasti if frame is not None else 0
    result = cls()
    result.node = node
    return result


def inherited(parents):
    """What a link's `tracked` is: that of its parents where they agree, else True."""
    tracked = None
    for parent in parents:
        if parent is not None and parent.tracked is not tracked:
            if tracked is not None:
                return True
            tracked = parent.tracked
    return True if tracked is None else tracked


def unary(primitive, forward=None) -> Callable[..., Any]:
    """The primitive of one argument as a plain function.

    `forward` stands in for the primitive's own where a front computes the same value by its own rules
    for dtypes; so in `binary`.
    """
    forward = forward or primitive.forward

    def apply(a):
        cls = type(a)
        if cls not in TENSORS:
            return evaluate(primitive, [plain_value(a)], {})
        parent = a.node
        x = parent.value
        if type(x) is float:
            try:
                value = forward(SCALARS, x)
            except SCALAR_TROUBLE:
                value = careful(forward, x)
        else:
            value = forward(numpy, x)
        if not parent.tracked or not STATE.recording:
            if parent.tracked:
                remember(parent, "no_grad", False)
            return constant(value, cls)
        node = Node()
        node.primitive = primitive
        node.values = (x,)
        node.link, node.which = parent, 0
        node.params = None
        node.value = value
        node.order = next_order()
        node.tracked = parent.tracked
        node.hooks = node.grad = None
        frame = _frame(1)
        code = frame.f_code
        while INSIDE[code.co_filename]:
            frame = frame.f_back
            if frame is None:  # called from C: a thread's start, an exit handler
                break
            code = frame.f_code
        node.code = code
        node.instruction = frame.f_lasti if frame is not None else 0
        result = cls()
        result.node = node
        return result

    apply.__name__ = apply.__qualname__ = primitive.name
    apply.__doc__ = type(primitive).__doc__
    apply.primitive = primitive
    return apply


def binary(primitive, forward=None, repair=None) -> Callable[..., Any]:
    """The primitive of two arguments as a plain function; NotImplemented for what is not a number.

    `repair` is called with the arguments and the error where `forward` refuses them: it returns other
    arguments to go on with, or raises what the user is to read.
    """
    forward, keeps, scalar = forward or primitive.forward, primitive.keeps_inputs, primitive.scalar

    def apply(a, b):
        cls, other = type(a), type(b)
        if cls in TENSORS:
            left = a.node
            x = left.value
            if not left.tracked:
                left = None
            if other in TENSORS:
                right = b.node
                y = right.value
                if not right.tracked:
                    right = None
                if other is not cls and TENSORS[other] > TENSORS[cls]:
                    cls = other
            else:
                right, y = None, b
        elif other in TENSORS:
            cls, left, x = other, None, a
            right = b.node
            y = right.value
            if not right.tracked:
                right = None
        else:
            return evaluate(primitive, [plain_value(a), plain_value(b)], {})
        if x.__class__ is float and y.__class__ is float and scalar:
            kind = 0
        else:
            kind = KIND.get(type(x), 2) | KIND.get(type(y), 2)
        if kind == 0 and scalar:
            try:
                value = forward(SCALARS, x, y)
            except SCALAR_TROUBLE:
                value = careful(forward, x, y)
            if value.__class__ is not float and (x.__class__ is float or y.__class__ is float):
                value = float(value)  # maximum(0.5, 1) is 1.0
        else:
            if kind > 1 or type(a) is _ndarray or type(b) is _ndarray:
                if (type(x) in LISTS and holds_tensor(x)) or (type(y) in LISTS and holds_tensor(y)):
                    return apply(stacked(a), stacked(b))
                x, y = plain_value(x), plain_value(y)
                if x is NotImplemented or y is NotImplemented:
                    return NotImplemented
            try:
                value = forward(numpy, x, y)
            except (ValueError, TypeError) as error:
                if repair is not None:
                    return apply(*repair(a, b, error))
                raise refusal(primitive.name, (x, y), error, of_room=True) from None
        if (left is None and right is None) or not STATE.recording:
            if left is not None:
                remember(left, "no_grad", False)
            if right is not None:
                remember(right, "no_grad", False)
            return constant(value, cls)
        if keeps:
            if left is None and type(x) is numpy.ndarray and type(a) not in TENSORS:
                x = snapshot(x)
            elif right is None and type(y) is numpy.ndarray and type(b) not in TENSORS:
                y = snapshot(y)
        node = Node()
        node.primitive = primitive
        node.values = (x, y)
        if right is None:
            node.link, node.which = left, 0
            node.tracked = left.tracked  # pyright: ignore[reportOptionalMemberAccess]
        elif left is None:
            node.link, node.which = right, 1
            node.tracked = right.tracked  # pyright: ignore[reportOptionalMemberAccess]
        else:
            node.link = (left, right)
            node.tracked = left.tracked if left.tracked is right.tracked else True
        node.params = None
        node.value = value
        node.order = next_order()
        node.hooks = node.grad = None
        frame = _frame(1)
        code = frame.f_code
        while INSIDE[code.co_filename]:
            frame = frame.f_back
            if frame is None:  # called from C: a thread's start, an exit handler
                break
            code = frame.f_code
        node.code = code
        node.instruction = frame.f_lasti if frame is not None else 0
        result = cls()
        result.node = node
        return result

    apply.__name__ = apply.__qualname__ = primitive.name
    apply.__doc__ = type(primitive).__doc__
    apply.primitive = primitive
    return apply


def general(primitive, args, params):
    """Any primitive, any number of arguments, with keyword parameters."""
    cls, values, parents, tracked = None, [], [], False
    for arg in args:
        kind = type(arg)
        if kind in LISTS and holds_tensor(arg):
            arg = stacked(arg)
            kind = type(arg)
        if kind in TENSORS:
            if cls is None or TENSORS[kind] > TENSORS[cls]:
                cls = kind
            node = arg.node
            values.append(node.value)
            parents.append(node if node.tracked else None)
            tracked = tracked or node.tracked
            continue
        values.append(plain_value(arg))
        parents.append(None)
    value = evaluate(primitive, values, params)
    if cls is None:
        return value
    if not tracked or not STATE.recording:
        for parent in parents:
            if parent is not None:
                remember(parent, "no_grad", False)
        return constant(value, cls)
    if primitive.keeps_inputs:
        for i, arg in enumerate(args):
            if type(values[i]) is numpy.ndarray and type(arg) not in TENSORS:
                values[i] = snapshot(values[i])
    return link(primitive, value, tuple(values), tuple(parents), params, cls)


def evaluate(primitive, values, params):
    """The primitive's value on plain values; nothing is recorded."""
    for value in values:
        if value is NotImplemented:
            raise DtypeError(
                f"{primitive.name} was given something that is not a number or an array",
                "pass numbers, arrays or Tensors",
            )
    if primitive.scalar and all(type(value) in (float, int, bool) for value in values) and not params:
        try:
            value = primitive.forward(SCALARS, *values)
        except SCALAR_TROUBLE:
            value = careful(primitive.forward, *values)
        return float(value) if type(value) is int and float in map(type, values) else value
    try:
        value = primitive.forward(numpy, *values, **params)
    except (ValueError, TypeError, IndexError) as error:
        raise refusal(primitive.name, values, error, of_room=True) from None
    if type(value) is float:  # a Python float marks what ran on SCALARS
        return numpy.float64(value)
    return value[()] if type(value) in ARRAYS and value.ndim == 0 else value


def refusal(name, values, error, of_room=False) -> Exception:
    """NumPy's refusal of these values in the user's terms; an error of the user's own code as it is.

    `of_room`: a room raised it, which may be one that the user wrote.
    """
    if isinstance(error, ChainruleError) or not (_from_inside(error) or of_room and isinstance(error, ValueError)):
        return error
    known = [value for value in values if hasattr(value, "shape") or type(value) in KIND]
    shapes, words = " and ".join(str(shape_of(value)) for value in known), str(error)
    if isinstance(error, numpy.linalg.LinAlgError) and "dimension" not in words:
        return SingularError(f"{name}: {words}", "check the matrix, or add a small multiple of the identity to it")
    if isinstance(error, IndexError) and not isinstance(error, ValueError):
        return OutOfRangeError(f"{name}: {words}", f"count from 0, or from -1 backward; the shape is {shapes}")
    if isinstance(error, TypeError):
        return DtypeError(f"{name}: {words}", "check the kinds of the arguments")
    if "broadcast" in words:
        return ShapeError(
            f"{name}: shapes {shapes} do not broadcast",
            "axes are compared from the last one backward and must be equal or 1; reshape or add an axis",
        )
    return ShapeError(f"{name}: cannot take values of shape {shapes}: {words}", "check the shapes and the axes given")


def _from_inside(error):
    """Whether our own or NumPy's code raised the error, not code of the user's."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and INSIDE[last.tb_frame.f_code.co_filename]


def raised_by_call(error):
    """Whether calling a function raised the error (arguments it does not take), not the function's code."""
    return error.__traceback__ is not None and error.__traceback__.tb_next is None


def explaining(function, name):
    """The function, with NumPy's refusals inside it put in the user's terms."""

    @functools.wraps(function)
    def explained(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except (ValueError, IndexError, TypeError) as error:
            reworded = error if raised_by_call(error) else refusal(name, args, error)
            if reworded is error:
                raise
            raise reworded from error

    return explained
