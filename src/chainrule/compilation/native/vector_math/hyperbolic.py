"""Hyperbolic functions, and their inverses."""

import math

from chainrule.compilation.native.vector_math.exponential import exp, expm1, log1p
from chainrule.compilation.native.vector_math.formats import Format


def tanh(n, x):
    f = Format(n, x)
    b, size = f.b, n.do_absolute(x)
    grown = expm1(n, b.fmul(f.bounded(size, 0.0, 22.0 if f.bits == 64 else 10.0), f.number(2)))
    return n.do_copysign(b.fdiv(grown, b.fadd(grown, f.number(2))), x)


def _half_exp(f, n, size):
    """e^|x| / 2 without an early overflow."""
    half = exp(n, f.b.fmul(size, f.number(0.5)))
    return f.b.fmul(f.b.fmul(half, f.number(0.5)), half)


def sinh(n, x):
    f = Format(n, x)
    b, size = f.b, n.do_absolute(x)
    grown = expm1(n, size)
    near = b.fmul(f.number(0.5), b.fadd(grown, b.fdiv(grown, b.fadd(grown, f.number(1)))))
    large = b.fcmp_ordered(">", size, f.number(700.0 if f.bits == 64 else 85.0))
    return n.do_copysign(b.select(large, _half_exp(f, n, size), near), x)


def cosh(n, x):
    f = Format(n, x)
    b, size = f.b, n.do_absolute(x)
    grown = exp(n, size)
    near = b.fmul(f.number(0.5), b.fadd(grown, b.fdiv(f.number(1), grown)))
    large = b.fcmp_ordered(">", size, f.number(700.0 if f.bits == 64 else 85.0))
    return b.select(large, _half_exp(f, n, size), near)


def _far(f):
    """From here on, the square of a number swallows 1, and does not overflow."""
    return 2.0**60 if f.bits == 64 else 2.0**30


def _of_log(f, far, size, near):
    """ln(1 + near), or ln(2 size) where that is far."""
    grown = f.term(log1p(f.n, f.select(far, size, near).vector))
    return grown + f.select(far, math.log(2), 0.0)


def arcsinh(n, x):
    f = Format(n, x)
    size = f.absolute(x)
    square = size * size
    near = size + square / (f.root(square + 1.0) + 1.0)
    return f.signed(_of_log(f, size > _far(f), size, near), x).vector


def arccosh(n, x):
    f = Format(n, x)
    value = f.term(x)
    above = value - 1.0
    near = above + f.root(above * (above + 2.0))
    result = _of_log(f, value > _far(f), value, near)
    return f.select(value < 1.0, math.nan, result).vector


def arctanh(n, x):
    f = Format(n, x)
    size = f.absolute(x)
    grown = f.term(log1p(n, ((size + size) / (1.0 - size)).vector))
    return f.signed(grown * 0.5, x).vector
