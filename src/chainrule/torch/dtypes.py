"""PyTorch's dtypes, the default one, and what comes out when two of them meet.

A `dtype` is a shell around NumPy's: it prints as PyTorch's does, and whatever reads a NumPy dtype
(`numpy.dtype(torch.float32)`, our engine) can read it.
"""

import threading
from typing import Any

import numpy

from chainrule.core.spec import dtype_of, shape_of
from chainrule.torch.errors import DtypeError


class dtype:
    """A kind of number, as `torch.float32`.

    >>> import chainrule.torch as torch
    >>> torch.ones(2).dtype, torch.float is torch.float32, torch.float64.is_floating_point
    (torch.float32, True, True)
    """

    __slots__ = ("dtype", "name")

    def __init__(self, name, kind):
        self.name, self.dtype = name, numpy.dtype(kind)

    def __getattr__(self, attribute):
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return getattr(self.dtype, attribute)

    @property
    def is_floating_point(self):
        return self.dtype.kind == "f"

    @property
    def is_complex(self):
        return self.dtype.kind == "c"

    @property
    def is_signed(self):
        return self.dtype.kind in "ifc"

    def __eq__(self, other):
        return self is other or self.dtype == getattr(other, "dtype", other)

    def __hash__(self):
        return hash(self.dtype)

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return of, (self.dtype.str,)


float32, float64, float16 = dtype("float32", "f4"), dtype("float64", "f8"), dtype("float16", "f2")
int8, int16, int32, int64 = (
    dtype("int8", "i1"),
    dtype("int16", "i2"),
    dtype("int32", "i4"),
    dtype("int64", "i8"),
)
uint8, bool_ = dtype("uint8", "u1"), dtype("bool", "?")
complex64, complex128 = dtype("complex64", "c8"), dtype("complex128", "c16")

ALL = {
    each.dtype: each
    for each in (float32, float64, float16, int8, int16, int32, int64, uint8, bool_, complex64, complex128)
}
_PYTHON = {float: float32, int: int64, bool: bool_, complex: complex64}


def of(kind):
    """The torch dtype for whatever names one: a torch or NumPy dtype, or a Python number type.

    Raises: DtypeError for a kind that has no counterpart.
    """
    if kind.__class__ is dtype:
        return kind
    if kind is float:
        return get_default_dtype()
    if isinstance(kind, type) and kind in _PYTHON:
        return _PYTHON[kind]
    try:
        return ALL[numpy.dtype(kind)]
    except (KeyError, TypeError):
        raise DtypeError(f"{kind!r} is no dtype here", "use torch.float32, torch.float64, torch.int64, ...") from None


class _Default(threading.local):
    kind = float32


_DEFAULT = _Default()


def get_default_dtype():
    """The dtype that a Python float becomes: torch.float32 unless it was changed."""
    return _DEFAULT.kind


def set_default_dtype(d):
    """Let Python floats become `d`, a floating point dtype, in this thread.

    >>> import chainrule.torch as torch
    >>> torch.set_default_dtype(torch.float64)
    >>> torch.tensor(0.1).dtype
    torch.float64
    >>> torch.set_default_dtype(torch.float32)
    """
    d = of(d)
    if not d.is_floating_point:
        raise DtypeError(
            f"only floating-point types are supported as the default type, and {d} is none",
            "use torch.float32 or torch.float64",
        )
    _DEFAULT.kind = d


def default_float():
    """NumPy's dtype for the default floating point dtype."""
    return _DEFAULT.kind.dtype


_WEAK = {float: 2, int: 1, bool: 0, complex: 3}  # Python's numbers -> their category
_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}


def common(*values):
    """NumPy's dtype in which PyTorch computes with these values.

    Categories come first (boolean, integer, real, complex). Within the highest one, tensors with
    dimensions decide; then those without; Python's numbers only where nothing else is of the category.
    """
    ranks: list = [None, None, None]  # with dimensions, without, Python's
    for value in values:
        if value.__class__ in _WEAK:
            category, kind, rank = _WEAK[value.__class__], None, 2
        else:
            kind = dtype_of(value)
            category, rank = _CATEGORY[kind.kind], 0 if shape_of(value) else 1
        held = ranks[rank]
        if held is None or category > held[0]:
            ranks[rank] = (category, kind)
        elif category == held[0] and kind is not None:
            ranks[rank] = (category, numpy.promote_types(held[1], kind))
    best: Any = None
    for held in ranks:
        if held is not None and (best is None or held[0] > best[0]):
            best = held
    category, kind = best
    if kind is not None:
        return kind
    floating = default_float()
    return (numpy.dtype(bool), numpy.dtype("i8"), floating, numpy.result_type(floating, numpy.complex64))[category]


def result_type(tensor1, tensor2):
    """The dtype that arithmetic on the two gives.

    >>> import chainrule.torch as torch
    >>> torch.result_type(torch.tensor([1, 2]), 0.5)
    torch.float32
    """
    return ALL[common(*(getattr(x, "node", x).value if hasattr(x, "node") else x for x in (tensor1, tensor2)))]


def promote_types(type1, type2):
    """The smallest dtype that both go into.

    >>> import chainrule.torch as torch
    >>> torch.promote_types(torch.int64, torch.float32)
    torch.float32
    """
    one, two = of(type1), of(type2)
    categories = _CATEGORY[one.kind], _CATEGORY[two.kind]
    if categories[0] != categories[1] and max(categories) >= 2:
        return one if categories[0] > categories[1] else two
    return ALL[numpy.promote_types(one.dtype, two.dtype)]


class finfo:
    """The limits of a floating point dtype: `eps`, `max`, `min`, `tiny`.

    >>> import chainrule.torch as torch
    >>> torch.finfo(torch.float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, type=None):
        limits = numpy.finfo(of(type or get_default_dtype()).dtype)
        self.eps, self.max, self.min = float(limits.eps), float(limits.max), float(limits.min)
        self.tiny = self.smallest_normal = float(limits.tiny)
        self.bits, self.resolution = limits.bits, float(limits.resolution)


class iinfo:
    """The limits of an integer dtype: `max`, `min`."""

    def __init__(self, type):
        kind: Any = of(type).dtype
        limits = numpy.iinfo(kind)
        self.max, self.min, self.bits = int(limits.max), int(limits.min), limits.bits
