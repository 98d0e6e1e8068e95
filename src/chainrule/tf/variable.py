"""`tf.Variable`: a value that is changed by assignment, and watched by tapes when it is read."""

from itertools import count
from typing import Any

import numpy

from chainrule.core.node import leaf_node
from chainrule.core.record import TENSORS, _frame, plain_value
from chainrule.core.spec import dtype_of, is_differentiable, shape_of
from chainrule.ops.index import plain_index
from chainrule.places import INSIDE
from chainrule.tf import dtypes, recording
from chainrule.tf.dtypes import TensorShape
from chainrule.tf.errors import ArgumentError, AssignmentError
from chainrule.tf.recording import LOCAL
from chainrule.tf.tensor import Operand, Tensor, as_value, convert_to_tensor, text

_MISSING: Any = object()
_count = count().__next__


class Variable(Operand):
    """A value that is changed by `assign`, `assign_add` and `assign_sub`, and stands in expressions as a Tensor.

    Trainable Variables are watched by every tape that is active where they are read.

    Args:
        initial_value: a number, an array, lists, a tensor, or a function that returns one.
        trainable: whether tapes watch it by themselves.
        name, dtype, shape: as TensorFlow's.

    >>> import chainrule.tf as tf
    >>> v = tf.Variable(2.0)
    >>> with tf.GradientTape() as tape:
    ...     y = v * v
    >>> tape.gradient(y, v)
    <tf.Tensor: shape=(), dtype=float32, numpy=4.0>
    >>> v.assign_sub(0.5)
    <tf.Variable 'Variable:0' shape=() dtype=float32, numpy=1.5>
    """

    __slots__ = ("_moves", "_name", "_number", "_rest", "_seen", "_trainable")

    def __new__(cls, initial_value=_MISSING, *args, **kwargs):
        # The engine makes results of the class of an operand: that of a Variable's is a Tensor.
        if initial_value is _MISSING and INSIDE[_frame(1).f_code.co_filename]:
            return object.__new__(Tensor)
        return object.__new__(cls)

    def __init__(self, initial_value=_MISSING, trainable=None, validate_shape=True, caching_device=None, name=None,
                 variable_def=None, dtype=None, import_scope=None, constraint=None, synchronization=None,
                 aggregation=None, shape=None):  # fmt: skip
        if initial_value is _MISSING or initial_value is None:
            raise ArgumentError(
                "The `initial_value` arg to `tf.Variable` must be specified except when you are not providing a "
                "`variable_def`. You provided neither.",
                "write tf.Variable(0.5)",
            )
        if callable(initial_value) and type(initial_value) not in TENSORS:
            initial_value = initial_value()
        value = convert_to_tensor(initial_value, dtype).node.value
        self._name = f"{name or 'Variable'}:0"
        self._number = _count()
        self._trainable = True if trainable is None else bool(trainable)
        self._moves = self._trainable and is_differentiable(value)  # what tapes watch by themselves
        self._put(value.copy() if type(value) is numpy.ndarray else value, name)

    def _put(self, value, name=None):
        self._rest = leaf_node(value, name=name)
        self._seen = (None, None)

    @property
    def node(self):
        """What an operation on this thread reads: a leaf of the record of the tapes that watch it."""
        key, node = self._seen
        return node if key is LOCAL.key else recording.read(self)

    # What it is

    @property
    def shape(self):
        return TensorShape(shape_of(self._rest.value))

    @property
    def dtype(self):
        return dtypes.ALL[dtype_of(self._rest.value)]

    @property
    def name(self):
        return self._name

    @property
    def trainable(self):
        return self._trainable

    def value(self):
        """The present value, a Tensor."""
        return Tensor._of(self.node)

    def read_value(self):
        """The present value, a Tensor."""
        return Tensor._of(self.node)

    def initialized_value(self):
        """The present value."""
        return self.value()

    # Assignment

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Give the Variable a new value of its shape and dtype; what was computed before keeps the old one.

        A derivative does not pass through an assignment: the new value starts a path of its own.

        Returns: the Variable.
        Raises: ArgumentError for another shape, ConversionError for another dtype.
        """
        given = convert_to_tensor(value, self._kind())
        if given.node.tracked:
            recording.cut(given.node, "assign()")
        new = given.node.value
        if shape_of(new) != shape_of(self._rest.value):
            raise ArgumentError(
                f"Cannot assign value to variable ' {self._name}': Shape mismatch.The variable shape "
                f"{self.shape}, and the assigned value shape {TensorShape(shape_of(new))} are incompatible.",
                "assign a value of the variable's shape",
            )
        self._put(new, self._rest.name)
        return self

    def assign_add(self, delta, use_locking=False, name=None, read_value=True):
        """Add to the value; returns the Variable."""
        return self._changed(numpy.add, delta)

    def assign_sub(self, delta, use_locking=False, name=None, read_value=True):
        """Subtract from the value; returns the Variable.

        >>> import chainrule.tf as tf
        >>> tf.Variable([1.0, 2.0]).assign_sub([0.5, 0.5])
        <tf.Variable 'Variable:0' shape=(2,) dtype=float32, numpy=array([0.5, 1.5], dtype=float32)>
        """
        return self._changed(numpy.subtract, delta)

    def _kind(self):
        return dtype_of(self._rest.value)

    def _changed(self, function, delta):
        given = convert_to_tensor(delta, self._kind())
        if given.node.tracked:
            recording.cut(given.node, "assign()")
        old = self._rest.value
        if shape_of(given.node.value) != shape_of(old):
            raise ArgumentError(
                f"Cannot change variable '{self._name}' of shape {self.shape} by a value of shape "
                f"{TensorShape(shape_of(given.node.value))}: the shapes are incompatible.",
                "give a value of the variable's shape",
            )
        with numpy.errstate(all="ignore"):
            self._put(function(old, given.node.value), self._rest.name)
        return self

    def __getitem__(self, index):
        part = Operand.__getitem__(self, index)
        result: Any = object.__new__(Slice)
        result.node = part.node
        result._variable, result._index = self, index
        return result

    def _replace(self, index, value):
        array = numpy.array(self._rest.value)
        array[plain_index(index)] = value
        self._put(array[()] if not array.ndim else array, self._rest.name)
        return self

    def __iadd__(self, other):
        raise _no_operator("+=", "assign_add", "+")

    def __isub__(self, other):
        raise _no_operator("-=", "assign_sub", "-")

    def __imul__(self, other):
        raise _no_operator("*=", "assign(variable * value)", "*")

    def __itruediv__(self, other):
        raise _no_operator("/=", "assign(variable / value)", "/")

    def __ipow__(self, other):
        raise _no_operator("**=", "assign(variable ** value)", "**")

    def __ifloordiv__(self, other):
        raise _no_operator("//=", "assign(variable // value)", "//")

    def __imod__(self, other):
        raise _no_operator("%=", "assign(variable % value)", "%")

    def __imatmul__(self, other):
        raise _no_operator("@=", "assign(variable @ value)", "@")

    def __repr__(self):
        return (
            f"<tf.Variable {self._name!r} shape={self.shape} dtype={self.dtype.name}, numpy={text(self._rest.value)}>"
        )

    __str__ = __repr__

    def __format__(self, spec):
        return format(self._rest.value, spec) if spec and not self.shape else repr(self)

    def __deepcopy__(self, memo):
        return _restored(self._rest.value, self._trainable, self._name)

    def __copy__(self):
        return self

    def __reduce__(self):
        return _restored, (self._rest.value, self._trainable, self._name)


def _restored(value, trainable, name):
    return Variable(value, trainable=trainable, name=name.removesuffix(":0"))


def _no_operator(operator, method, plain):
    call = method if "(" in method else f"{method}(value)"
    return AssignmentError(
        f"`variable {operator} value` with `tf.Variable`s is not supported. Use `variable.{call}` to modify the "
        f"variable, or `out = variable {plain} value` if you need to get a new output Tensor.",
        f"write variable.{call}",
    )


class Slice(Tensor):
    """Part of a Variable: a Tensor that can also be assigned to, `v[1:].assign(...)`.

    >>> import chainrule.tf as tf
    >>> v = tf.Variable([1.0, 2.0, 3.0])
    >>> v[1:].assign([5.0, 6.0])
    <tf.Variable 'Variable:0' shape=(3,) dtype=float32, numpy=array([1., 5., 6.], dtype=float32)>
    """

    __slots__ = ("_index", "_variable")

    def __new__(cls):  # the engine makes a result of the class of an operand: here, a Tensor
        return object.__new__(Tensor)

    def _value(self, value):
        variable = self._variable
        bare = plain_value(value) if type(value) in TENSORS else as_value(value, variable._kind())
        try:
            return numpy.broadcast_to(bare, shape_of(self.node.value))
        except ValueError:
            raise ArgumentError(
                f"Cannot assign a value of shape {TensorShape(shape_of(bare))} to a slice of shape {self.shape}",
                "assign a value of the slice's shape",
            ) from None

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Give this part of the Variable a new value; returns the Variable."""
        return self._variable._replace(self._index, self._value(value))

    def assign_add(self, value, use_locking=False, name=None, read_value=True):
        """Add to this part of the Variable; returns the Variable."""
        return self.assign(self._present() + self._value(value))

    def assign_sub(self, value, use_locking=False, name=None, read_value=True):
        """Subtract from this part of the Variable; returns the Variable."""
        return self.assign(self._present() - self._value(value))

    def _present(self):
        return numpy.asarray(self._variable._rest.value)[plain_index(self._index)]


# A result that both a Variable and a Tensor went into is made as the Tensor's class, which costs less.
TENSORS[Variable] = TENSORS[Slice] = TENSORS[Tensor] - 0.5
