"""The rooms: every primitive with its local derivative, by family, and NumPy-spelled functions on them.

* `CATALOGUE`: name -> primitive, for all of them.
* `FUNCTIONS`: name -> function, spelled as in NumPy, on Tensors and on plain values.
* `NAMESPACE`: the same as attributes: what a rule sees as `xp` when it runs on Tensors.
"""

from types import SimpleNamespace

import numpy

from chainrule.core.namespace import REGISTRY
from chainrule.core.primitive import Primitive
from chainrule.core.record import plain_value
from chainrule.ops import (
    arithmetic,
    compare,
    complex,
    exponential,
    fft,
    index,
    linalg,
    reciprocals,
    reduce,
    shape,
    special,
    trigonometric,
)

FAMILIES = (
    arithmetic,
    exponential,
    trigonometric,
    reciprocals,
    special,
    compare,
    complex,
    reduce,
    shape,
    index,
    linalg,
    fft,
)


def _catalogue():
    for module in FAMILIES:
        for value in vars(module).values():
            primitive = getattr(value, "primitive", value)
            if isinstance(primitive, Primitive):
                yield primitive.name, primitive


def _functions():
    for module in FAMILIES:
        for name, value in vars(module).items():
            own = hasattr(value, "primitive") or isinstance(value, Primitive)
            own = own or getattr(value, "__module__", "") == module.__name__
            if own and not name.startswith("_") and callable(value) and not isinstance(value, type):
                yield name, value


CATALOGUE = dict(_catalogue())
FUNCTIONS = dict(_functions())


def _on_values(function):
    """A NumPy function without a slope, on the bare values of its arguments."""
    return lambda *args: function(*(plain_value(arg) for arg in args))


NAMESPACE = SimpleNamespace(
    **FUNCTIONS,
    linalg=SimpleNamespace(**{name: getattr(linalg, name) for name in ("solve", "inv", "det", "slogdet", "cholesky")}),
    abs=compare.absolute,
    plain_value=plain_value,
    zeros_like=_on_values(numpy.zeros_like),
    ones_like=_on_values(numpy.ones_like),
    isfinite=_on_values(numpy.isfinite),
    isnan=_on_values(numpy.isnan),
    logical_not=_on_values(numpy.logical_not),
)
NAMESPACE.fft = SimpleNamespace(fft=fft.fft, ifft=fft.ifft)  # also a family, so no function of that name here
REGISTRY.tensors = NAMESPACE

from chainrule.ops import operators  # noqa: E402, F401  (attaches Python's operators)
