"""The Tensor of the TensorFlow front, and how numbers, arrays and lists become one.

`Operand` is what a Tensor and a Variable have in common: the engine's handle under TensorFlow's names.
Operators are attached by `chainrule.tf.operators`.
"""

from typing import Any

import numpy

from chainrule.core import tensor as engine
from chainrule.core.node import leaf_node
from chainrule.core.record import TENSORS, holds_tensor, plain_value
from chainrule.core.rows import as_array
from chainrule.core.spec import ARRAYS, dtype_of, shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.tf import dtypes, recording
from chainrule.tf.dtypes import TensorShape
from chainrule.tf.errors import AssignmentError, ConversionError, NotScalarError

_float32, _ndarray = numpy.float32, numpy.ndarray


class Reference:
    """What `t.ref()` gives: hashable, equal where the tensor is the same object."""

    __slots__ = ("_handle",)

    def __init__(self, handle):
        self._handle = handle

    def deref(self):
        """The tensor."""
        return self._handle

    def __eq__(self, other):
        return isinstance(other, Reference) and other._handle is self._handle

    def __hash__(self):
        return id(self._handle)

    def __repr__(self):
        return f"<Reference wrapping {self._handle!r}>"


class Operand(engine.Tensor):
    """What `tf.Tensor` and `tf.Variable` have in common."""

    __slots__ = ()

    @property
    def shape(self):
        return TensorShape(shape_of(self.node.value))

    @property
    def dtype(self):
        return dtypes.ALL[dtype_of(self.node.value)]

    @property
    def device(self):
        return "/job:localhost/replica:0/task:0/device:CPU:0"

    def get_shape(self):
        """The shape."""
        return self.shape

    def numpy(self):
        """The value as a NumPy scalar or a new array. Nothing that is computed from it is recorded.

        Inside a tape the tape remembers the line, and `why_none` names it.
        """
        value = self._leave("numpy()")
        return value.copy() if value.__class__ is _ndarray else value

    def _leave(self, what):
        """The bare value, of which the derivative ends here."""
        node = self.node
        if node.tracked:
            recording.cut(node, what)
        value = node.value
        return numpy.float64(value) if value.__class__ is float else value

    def ref(self):
        """A hashable stand-in for this very tensor, for sets and dicts."""
        return Reference(self)

    def item(self):
        """The value as a Python number."""
        return self._single("item()").item()

    def tolist(self):
        """The value as nested lists of Python numbers."""
        return as_array(self._leave("tolist()")).tolist()

    def _single(self, what):
        value = self._leave(what)
        if numpy.size(value) != 1:
            raise NotScalarError(
                f"only length-1 arrays can be converted to Python scalars, and this tensor has shape {self.shape}",
                "take one entry by index, or .numpy() for the whole array",
            )
        return as_array(value)

    def __array__(self, dtype=None, copy=None):
        return numpy.array(self._leave("making an ndarray"), dtype=dtype, copy=copy)

    def __float__(self):
        return float(self._single("float()"))

    def __int__(self):
        return int(self._single("int()"))

    def __complex__(self):
        return complex(self._single("complex()"))

    def __index__(self):
        if dtype_of(self.node.value).kind not in "iub" or shape_of(self.node.value):
            raise NotScalarError(
                f"only integer scalar tensors can be converted to a scalar index, not dtype {self.dtype.name}",
                "use int(...) for a place",
            )
        return int(self.node.value)

    def __bool__(self):
        value = self.node.value
        if numpy.size(value) != 1:
            raise NotScalarError(
                "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()",
                "reduce it: tf.reduce_any(...) or tf.reduce_all(...); or select entries with tf.where",
            )
        return bool(value)

    def __len__(self):
        shape = shape_of(self.node.value)
        if not shape:
            raise NotScalarError("Scalar tensor has no `len()`", "a single number has no length")
        return shape[0]

    def __iter__(self):
        if not shape_of(self.node.value):
            raise NotScalarError("Cannot iterate over a scalar tensor.", "a single number has no entries")
        return iter([self[i] for i in range(len(self))])

    def __setitem__(self, index, value):
        kind = "ResourceVariable" if hasattr(self, "_rest") else "tensorflow.python.framework.ops.EagerTensor"
        raise AssignmentError(
            f"'{kind}' object does not support item assignment",
            "write v[i].assign(value) for a Variable; for a Tensor build a new value with tf.where, tf.concat "
            "or tf.tensor_scatter_nd_update",
        )

    def __hash__(self):
        kind = "Variable" if hasattr(self, "_rest") else "Tensor"
        raise UnhashableError(
            f"{kind} is unhashable. Instead, use {kind.lower()}.ref() as the key.", "write d[t.ref()] = ..."
        )

    def __format__(self, spec):
        value = self.node.value
        return format(value, spec) if not shape_of(value) else str(self)

    def __deepcopy__(self, memo):
        return of_value(_copied(self.node.value))

    def __reduce__(self):
        return of_value, (_copied(self.node.value),)


class UnhashableError(NotScalarError):
    """A tensor was used as a key.

    >>> import chainrule.tf as tf
    >>> t = tf.constant(1.0)
    >>> {t: 1}
    Traceback (most recent call last):
    chainrule.tf.tensor.UnhashableError: Tensor is unhashable. Instead, use tensor.ref() as the key...

    >>> {t.ref(): 1}[t.ref()]
    1
    """


def text(value):
    """The entries of a value, as TensorFlow's repr shows them."""
    shown = str(value) if not shape_of(value) else repr(value)
    return "\n" + shown if "\n" in shown else shown


class Tensor(Operand):
    """A number or an array that remembers how it was made, in TensorFlow's spelling.

    Make one with `tf.constant`. It is a Tensor of `chainrule` in every other respect: NumPy functions,
    `chainrule.explain` and the transforms take it.

    >>> import chainrule.tf as tf
    >>> tf.constant([1.0, 2.0]) * 2.0
    <tf.Tensor: shape=(2,), dtype=float32, numpy=array([2., 4.], dtype=float32)>
    """

    __slots__ = ()

    def __repr__(self):
        return f"<tf.Tensor: shape={self.shape}, dtype={self.dtype.name}, numpy={text(self.node.value)}>"

    def __str__(self):
        return f"tf.Tensor({self.node.value}, shape={self.shape}, dtype={self.dtype.name})"


def _copied(value):
    return value.copy() if type(value) is _ndarray else value


def of_value(value):
    """A leaf for a NumPy value."""
    result = Tensor()
    result.node = leaf_node(value)
    return result


def as_value(value, dtype=None, copy=False) -> Any:
    """The bare NumPy value of a number, an array or nested lists, in TensorFlow's default dtypes.

    Args:
        dtype: NumPy's, where the user named one.
        copy: whether an array is copied in any case.
    """
    kind = value.__class__
    if kind in ARRAYS and kind is not numpy.ndarray:  # it is being compiled
        return value if dtype is None or value.dtype == dtype else value.astype(dtype)
    if kind is float and (dtype is None or dtype == _float32):
        return _float32(value)
    if kind in (float, int, bool, complex):
        return _number(value, dtype)
    if not isinstance(value, (numpy.ndarray, numpy.generic)):
        array = _array(value)
        if array.dtype.kind == "f" and dtype is not None and dtype.kind not in "fc":
            raise _cannot(value, dtype)
        if dtype is None:
            dtype = _default_dtype(value, array)
    else:
        array = numpy.asarray(value)
        if array.dtype not in dtypes.ALL:
            raise ConversionError(
                f"Attempt to convert a value of dtype {array.dtype} to a Tensor.", "give an array of numbers"
            )
    array = numpy.array(array, dtype=dtype, copy=copy or None)
    return array[()] if not array.ndim else array


def _number(value, dtype):
    if dtype is None:
        if value.__class__ is int:
            return numpy.int32(value) if -(2**31) <= value < 2**31 else numpy.int64(value)
        return {bool: numpy.bool_, complex: numpy.complex128}[value.__class__](value)
    rank = {bool: 0, int: 1, float: 2, complex: 3}[value.__class__]
    if rank > {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}[dtype.kind]:
        raise _cannot(value, dtype)
    try:
        return dtype.type(value)
    except OverflowError:
        raise _cannot(value, dtype) from None


def _cannot(value, dtype):
    return ConversionError(
        f"Cannot convert {value!r} to EagerTensor of dtype {dtypes.ALL[dtype].name}",
        "write numbers of that kind, or convert the tensor first with tf.cast",
    )


def _array(value):
    if isinstance(value, (str, bytes)) or value is None or isinstance(value, (dict, set)):
        raise ConversionError(
            f"Attempt to convert a value ({value!r}) with an unsupported type ({type(value)}) to a Tensor.",
            "give a number, an array or lists of numbers",
        )
    try:
        array = as_array(value)
    except ValueError:
        raise ConversionError(
            "Can't convert non-rectangular Python sequence to Tensor.", "make the inner lists equally long"
        ) from None
    if array.dtype not in dtypes.ALL:
        raise ConversionError(
            f"Attempt to convert a value ({value!r}) with an unsupported type ({type(value)}) to a Tensor.",
            "give a number, an array or lists of numbers",
        )
    return array


def _default_dtype(value, array):
    """The dtype that nested lists become: float32 and int32 where their numbers are Python's own."""
    first = value
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    if array.dtype == numpy.float64 and not isinstance(first, (numpy.ndarray, numpy.generic)):
        return numpy.dtype("f4")
    if array.dtype == numpy.int64 and not isinstance(first, (numpy.ndarray, numpy.generic)):
        small = not array.size or (array.min() >= -(2**31) and array.max() < 2**31)
        return numpy.dtype("i4") if small else array.dtype
    return array.dtype


def constant(value, dtype=None, shape=None, name="Const"):
    """A tensor of a number, an array or nested lists; a Python float becomes float32, an int int32.

    Args:
        dtype: the dtype; by default that of an array.
        shape: the shape to lay the entries out in; a single number fills it.

    Raises: ConversionError for what is not numbers, or not of the dtype.

    >>> import chainrule.tf as tf
    >>> tf.constant(0.5)
    <tf.Tensor: shape=(), dtype=float32, numpy=0.5>
    """
    if value.__class__ is float and dtype is None and shape is None:
        result = Tensor()
        result.node = leaf_node(_float32(value))
        return result
    made = convert_to_tensor(value, dtype)
    if shape is None:
        return made
    shape = tuple(int(n) for n in shape)
    if numpy.size(made.node.value) == 1:
        return ops.broadcast_to(ops.reshape(made, ()), shape) if shape else ops.reshape(made, ())
    if numpy.size(made.node.value) != int(numpy.prod(shape, dtype=int)):
        raise ConversionError(
            f"Cannot convert {numpy.size(made.node.value)} entries to a tensor of shape {TensorShape(shape)}",
            "give as many entries as the shape has",
        )
    return ops.reshape(made, shape)


def convert_to_tensor(value, dtype=None, dtype_hint=None, name=None) -> Any:
    """The value as a tensor; a tensor as it is, with its history; lists that hold tensors are stacked.

    Raises: ConversionError for what is not numbers, or a tensor of another dtype than the one asked for.

    >>> import chainrule.tf as tf
    >>> tf.convert_to_tensor([tf.constant(1.0), 2.0])
    <tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>
    """
    kind = None if dtype is None else dtypes.as_dtype(dtype).dtype
    if type(value) in TENSORS:
        own = dtype_of(value.node.value)
        if kind is not None and own != kind:
            raise ConversionError(
                f"Tensor conversion requested dtype {dtypes.ALL[kind].name} for Tensor with dtype "
                f"{dtypes.ALL[own].name}: {value!r}",
                "convert it with tf.cast",
            )
        return value if isinstance(value, Tensor) else Tensor._of(value.node)
    if holds_tensor(value):
        return _packed(value, kind)
    if kind is None and dtype_hint is not None:
        try:
            return of_value(as_value(value, dtypes.as_dtype(dtype_hint).dtype, copy=True))
        except ConversionError:
            pass
    return of_value(as_value(value, kind, copy=True))


def _packed(value, kind):
    """Nested lists that hold tensors, stacked; the other numbers take the tensors' dtype."""
    if kind is None:
        kind = _dtype_within(value)
    parts = [
        _packed(item, kind) if isinstance(item, (list, tuple)) else convert_to_tensor(item, kind) for item in value
    ]
    return ops.stack(parts)


def _dtype_within(value):
    if isinstance(value, (list, tuple)):
        return next((kind for kind in map(_dtype_within, value) if kind is not None), None)
    return dtype_of(value.node.value) if type(value) in TENSORS else None


def as_tensors(*values):
    """The values as tensors of one dtype: that of the first that is one already, or of the first array."""
    kind = _dtype_within(values)
    if kind is None:
        kind = next((value.dtype for value in values if isinstance(value, (numpy.ndarray, numpy.generic))), None)
    return [convert_to_tensor(value, dtype_hint=kind) for value in values]


def plain(value) -> Any:
    """The bare value of a tensor, number, array or nested lists; for what has no slope."""
    return plain_value(value) if type(value) in TENSORS else as_value(value)


def is_tensor(x):
    """Whether an object is a tensor or a Variable.

    >>> import chainrule.tf as tf
    >>> tf.is_tensor(tf.Variable(1.0)), tf.is_tensor(1.0)
    (True, False)
    """
    return type(x) in TENSORS
