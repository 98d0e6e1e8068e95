"""TensorFlow's dtypes, and shapes.

A `DType` is a shell around NumPy's: it prints as TensorFlow's does, and whatever reads a NumPy dtype
(`numpy.dtype(tf.float32)`, our engine) can read it.
"""

from typing import Any

import numpy

from chainrule.tf.errors import ConversionError


class DType:
    """A kind of number, as `tf.float32`.

    >>> import chainrule.tf as tf
    >>> tf.constant(1.0).dtype, tf.float64.is_floating, tf.int32.as_numpy_dtype
    (tf.float32, True, <class 'numpy.int32'>)
    """

    __slots__ = ("dtype", "name", "word")

    def __init__(self, name, kind, word):
        self.name, self.dtype, self.word = name, numpy.dtype(kind), word  # `word`: in kernels' messages

    def __getattr__(self, attribute):
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return getattr(self.dtype, attribute)

    @property
    def as_numpy_dtype(self):
        """NumPy's scalar type."""
        return self.dtype.type

    @property
    def base_dtype(self):
        return self

    @property
    def is_floating(self):
        return self.dtype.kind == "f"

    @property
    def is_complex(self):
        return self.dtype.kind == "c"

    @property
    def is_integer(self):
        return self.dtype.kind in "iu"

    @property
    def is_bool(self):
        return self.dtype.kind == "b"

    @property
    def size(self):
        """Bytes in one entry."""
        return self.dtype.itemsize

    @property
    def min(self):
        """The smallest finite number."""
        return self._limits().min

    @property
    def max(self):
        """The largest finite number."""
        return self._limits().max

    def _limits(self) -> Any:
        kind: Any = self.dtype
        return numpy.finfo(kind) if kind.kind in "fc" else numpy.iinfo(kind)

    def is_compatible_with(self, other):
        """Whether the other is the same dtype."""
        return self == as_dtype(other)

    def __eq__(self, other):
        if self is other:
            return True
        if isinstance(other, str):
            return self.name == other
        try:
            return other is not None and self.dtype == numpy.dtype(other)
        except TypeError:
            return False

    def __hash__(self):
        return hash(self.dtype)

    def __repr__(self):
        return f"tf.{self.name}"

    def __str__(self):
        return f"<dtype: '{self.name}'>"

    def __reduce__(self):
        return as_dtype, (self.name,)


float16, float32, float64 = (
    DType("float16", "f2", "half"),
    DType("float32", "f4", "float"),
    DType("float64", "f8", "double"),
)
int8, int16, int32, int64 = (DType(f"int{8 * n}", f"i{n}", f"int{8 * n}") for n in (1, 2, 4, 8))
uint8, uint16, uint32, uint64 = (DType(f"uint{8 * n}", f"u{n}", f"uint{8 * n}") for n in (1, 2, 4, 8))
complex64, complex128 = DType("complex64", "c8", "complex64"), DType("complex128", "c16", "complex128")
bool_ = DType("bool", "?", "bool")

ALL = {
    each.dtype: each
    for each in (float16, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64, complex64,
                 complex128, bool_)
}  # fmt: skip
_NAMES = {each.name: each for each in ALL.values()} | {"half": float16, "float": float32, "double": float64}
_PYTHON = {float: float32, int: int32, bool: bool_, complex: complex128}


def as_dtype(type_value):
    """The DType for whatever names one: a DType, a NumPy dtype, a name, a Python number type.

    >>> import chainrule.tf as tf
    >>> tf.as_dtype("float64"), tf.as_dtype(float)
    (tf.float64, tf.float32)
    """
    if type_value.__class__ is DType:
        return type_value
    if isinstance(type_value, type) and type_value in _PYTHON:
        return _PYTHON[type_value]
    if isinstance(type_value, str) and type_value in _NAMES:
        return _NAMES[type_value]
    try:
        if type_value is not None:
            return ALL[numpy.dtype(type_value)]
    except (KeyError, TypeError):
        pass
    raise ConversionError(
        f"Cannot convert the argument `type_value`: {type_value!r} to a TensorFlow DType.",
        "use tf.float32, tf.float64, tf.int32, tf.bool, ...",
    )


class TensorShape(tuple):
    """A shape: a tuple with TensorFlow's additions.

    >>> import chainrule.tf as tf
    >>> shape = tf.zeros([2, 3]).shape
    >>> shape, shape.rank, shape.as_list(), shape.num_elements()
    (TensorShape([2, 3]), 2, [2, 3], 6)
    """

    __slots__ = ()

    @property
    def rank(self):
        """How many dimensions."""
        return len(self)

    ndims = rank

    @property
    def dims(self):
        return list(self)

    def as_list(self):
        """The lengths as a list."""
        return list(self)

    def num_elements(self):
        """How many entries."""
        return int(numpy.prod(self, dtype=int))

    def is_fully_defined(self):
        """Always, here."""
        return True

    def is_compatible_with(self, other):
        """Whether the other is the same shape."""
        return self == other

    def concatenate(self, other):
        """The shape followed by another."""
        return TensorShape((*self, *other))

    def __getitem__(self, index):
        part = tuple.__getitem__(self, index)
        return TensorShape(part) if isinstance(index, slice) else part

    def __eq__(self, other):
        return tuple(self) == tuple(other) if isinstance(other, (tuple, list)) else NotImplemented

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash(tuple(self))

    def __add__(self, other):
        return TensorShape((*self, *other))

    def __radd__(self, other):
        return TensorShape((*other, *self))

    def __str__(self):
        return str(tuple(self))

    def __repr__(self):
        return f"TensorShape({list(self)})"
