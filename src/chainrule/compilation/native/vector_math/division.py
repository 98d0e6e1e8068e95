"""What is left of a division."""

import math

from chainrule.compilation.native.vector_math.formats import Format


def fmod(n, x, y):
    """x - q y for the whole quotient q rounded towards 0: exact, where q has a place in the format."""
    f = Format(n, x)
    size, by = f.absolute(x), f.absolute(y)
    ratio = size / by
    quotient = f.rounded_down(ratio)
    rest = f.fused(-quotient, by, size)
    rest = f.select(rest < 0.0, rest + by, rest)  # the ratio was rounded up to a whole number
    rest = f.select(size < by, size, rest)
    none = f.either(size == math.inf, by == 0.0, x_is_nan := f.b.fcmp_unordered("uno", x, y))
    far = f.both(ratio >= 2.0**f.fraction, f.b.not_(none))
    result = f.select(none, math.nan, f.signed(rest, x))
    result = f.select(x_is_nan, f.term(x) + y, result)
    return n.careful(far, result.vector)
