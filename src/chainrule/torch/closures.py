"""The rooms of the engine as PyTorch-spelled functions: the same links, PyTorch's rules for dtypes.

An operation here is the engine's own closure (`chainrule.core.record`) with one thing exchanged: how
the value is computed. Integers become the default dtype where the result is real, numbers without
dimensions do not widen tensors that have some, and overflow or division by zero says so by its inf or
NaN and not by a warning.
"""

from typing import Any

import numpy

from chainrule.core import record
from chainrule.core.cuts import remember
from chainrule.core.namespace import SCALAR_TROUBLE, SCALARS
from chainrule.core.node import leaf_node
from chainrule.core.quiet import LOCAL as _LOCAL
from chainrule.core.quiet import quietly  # noqa: F401  (also for the other modules of this front)
from chainrule.core.record import TENSORS, plain_value
from chainrule.core.spec import shape_of
from chainrule.ops import CATALOGUE
from chainrule.torch.dtypes import common, default_float
from chainrule.torch.errors import ShapeError

_float32, _ndarray = numpy.float32, numpy.ndarray


def promoted(x, y, real):
    """The two operands in the dtype PyTorch computes in; Python's numbers stay as they are where that "
    "is right."""
    kind = common(x, y)
    if real and kind.kind in "biu":
        kind = default_float()
    return _cast(x, kind), _cast(y, kind)


def _cast(value, kind):
    dtype = getattr(value, "dtype", None)
    if dtype is None:  # a Python number: weak beside an array of its own kind
        return value if kind.kind in "fc" and value.__class__ is not complex else kind.type(value)
    return value if dtype == kind else value.astype(kind)


def _stays(x, y):
    """Whether two operands need no promotion: equal float dtypes, or a float array and a real Python "
    "number."""
    if x.__class__ is float or x.__class__ is int:
        return y.__class__ not in (float, int, bool, complex) and y.dtype.kind == "f"
    if y.__class__ is float or y.__class__ is int:
        return x.__class__ not in (bool, complex) and x.dtype.kind == "f"
    one, two = getattr(x, "dtype", None), getattr(y, "dtype", None)
    return one is not None and one == two and one.kind == "f"


def unary(name, real=True):
    """The room of that name, of one argument; with `real`, integers become the default dtype first."""
    primitive = CATALOGUE[name] if isinstance(name, str) else name
    rule = primitive.forward

    def forward(xp, x):
        if x.__class__ is _float32:
            try:
                return _LOCAL.run(_rounded_once, rule, x)
            except SCALAR_TROUBLE:
                return _LOCAL.run(rule, numpy, x)
        if x.__class__ is not float and real and x.dtype.kind in "biu":
            x = x.astype(default_float())
        return _LOCAL.run(rule, xp, x)

    return record.unary(primitive, forward)


def _rounded_once(rule, x):
    """The value for a single float32 number, in double precision and rounded at the end.

    Closer to the truth, and so to what PyTorch prints, than NumPy's float32 loops; and hardly slower.
    """
    return _float32(rule(SCALARS, float(x)))


def binary(name, real=False):
    """The room of that name, of two arguments; with `real`, two integers become the default dtype first."""
    primitive = CATALOGUE[name] if isinstance(name, str) else name
    rule = primitive.forward

    def forward(xp, x, y):
        one, two = x.__class__, y.__class__
        if one is _float32 and (two is _float32 or two is float) or two is _float32 and one is float:
            return _LOCAL.run(rule, xp, x, y)
        if (one is not float or two is not float) and not _stays(x, y):
            x, y = promoted(x, y, real)
        try:
            return _LOCAL.run(rule, xp, x, y)
        except ValueError:
            raise mismatch(x, y) from None

    return record.binary(primitive, forward)


def mismatch(x, y):
    """The ShapeError for two shapes that do not broadcast, in PyTorch's words."""
    a, b = shape_of(x), shape_of(y)
    for back in range(1, min(len(a), len(b)) + 1):
        if a[-back] != b[-back] and 1 not in (a[-back], b[-back]):
            axis = max(len(a), len(b)) - back
            return ShapeError(
                f"The size of tensor a ({a[-back]}) must match the size of tensor b ({b[-back]}) "
                f"at non-singleton dimension {axis}",
                f"the shapes are {a} and {b}; sizes are compared from the last one backward and must be equal or 1",
            )
    return ShapeError(f"shapes {a} and {b} do not go together", "check the shapes of both")


def compared(operation):
    """A comparison of values: a boolean tensor, which has no slope."""

    def compare(input: Any, other: Any):
        cls = type(input)
        x = plain_value(input)
        y = (
            plain_value(other)
            if not isinstance(other, (str, bytes, dict, set)) and other is not None
            else NotImplemented
        )
        if y is NotImplemented:
            return NotImplemented
        if not _stays(x, y):
            x, y = promoted(x, y, False)
        try:
            value = _LOCAL.run(operation, x, y)
        except ValueError:
            raise mismatch(x, y) from None
        operands: Any = (input, other)
        for each in operands:
            if type(each) in TENSORS and each.node.tracked:
                remember(each.node, f"{operation.__name__}()")
        result: Any = (cls if cls in TENSORS else type(other))()
        result.node = leaf_node(numpy.bool_(value) if value.__class__ is bool else value)
        return result

    return compare
