"""The namespaces in which a room's rules are evaluated.

A rule is written once, against a namespace `xp` handed to it:

* `numpy` for arrays and NumPy scalars (fast);
* `SCALARS` for Python floats (faster still: `math` instead of a ufunc call);
* the operations of this library, for Tensors (so that derivatives are recorded in their turn);
* symbols, for the formula of a link (see `chainrule.explanations.rules.symbols`).
"""

import math
from typing import Any

import numpy


class Scalars:
    """NumPy's spelling over Python floats.

    A function may raise ArithmeticError or ValueError outside its domain, as `math` does; whoever
    calls a rule then repeats it on NumPy scalars (see `careful`), which give inf or NaN as IEEE 754
    has it.
    """

    exp, expm1, log, log1p = math.exp, math.expm1, math.log, math.log1p
    exp2, log2, log10, sqrt, cbrt = math.exp2, math.log2, math.log10, math.sqrt, math.cbrt
    sin, cos, tan = math.sin, math.cos, math.tan
    arcsin, arccos, arctan, arctan2 = math.asin, math.acos, math.atan, math.atan2
    sinh, cosh, tanh = math.sinh, math.cosh, math.tanh
    arcsinh, arccosh, arctanh = math.asinh, math.acosh, math.atanh
    hypot, power, copysign = math.hypot, math.pow, math.copysign
    abs, isnan, isfinite = abs, math.isnan, math.isfinite

    @staticmethod
    def where(condition, x, y):
        return x if condition else y

    @staticmethod
    def maximum(x, y):
        return x if x >= y or x != x else y

    @staticmethod
    def minimum(x, y):
        return x if x <= y or x != x else y

    @staticmethod
    def sign(x):
        return math.copysign(1.0, x) if x and x == x else x

    @staticmethod
    def logical_not(x):
        return not x

    @staticmethod
    def conj(x):
        return x

    def __getattr__(self, name):
        function = getattr(numpy, name)

        def weak(*args):
            result = function(*args)
            return float(result) if type(result) is numpy.float64 else result

        setattr(self, name, weak)
        return weak


SCALARS = Scalars()

# What a Python scalar operation raises where NumPy returns inf or NaN; TypeError is `complex < 0`.
SCALAR_TROUBLE = (ArithmeticError, ValueError, TypeError)

# 0: a weak Python scalar. 1: an array or NumPy scalar. Anything else is converted first.
KIND = {float: 0, int: 0, bool: 0, complex: 1, numpy.ndarray: 1}
KIND.update({kind: 1 for kind in set(numpy.sctypeDict.values()) if issubclass(kind, (numpy.number, numpy.bool_))})
del KIND[numpy.timedelta64]  # a signed integer to NumPy, but no number
NUMBERS = frozenset("?bBhHiIlLqQpPefdgFDG")  # the character codes of the dtypes of numbers


def careful(rule, *values, **params):
    """Repeat on NumPy scalars a rule that Python floats refused; a float comes back as a float.

    Quietly: the inf or NaN that comes out says by itself what a warning would.
    """
    with numpy.errstate(all="ignore"):
        result = rule(numpy, *[numpy.float64(v) if type(v) in (float, int) else v for v in values], **params)
    return float(result) if type(result) is numpy.float64 else result


class _Registry:
    """The namespace for Tensors, registered by `chainrule.ops` when it is imported."""

    tensors: Any = None


REGISTRY = _Registry()
