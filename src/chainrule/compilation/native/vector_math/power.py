"""Powers and roots."""

import math

from chainrule.compilation.native import ir
from chainrule.compilation.native.vector_math.exponential import exp, exp_of_sum, log, log_parts
from chainrule.compilation.native.vector_math.formats import Format, in_double

# (ln((1 + s) / (1 - s)) - 2 s - 2 s³ / 3) / s⁵ as a polynomial in s², for |s| <= 0.1716
_LONG_LOG = (
    "0x1.999999999999ap-2 0x1.2492492492491p-2 0x1.c71c71c71cfd9p-3 0x1.745d174513593p-3 0x1.3b13b1bc75cd4p-3 "
    "0x1.1110dfad0f8eap-3 0x1.e1f7fa7547177p-4 0x1.ac4a89c964b82p-4 0x1.b8d433113b7fap-4"
)
_LN2 = (6.93147180369123816490e-01, 1.90821492927058770002e-10)  # the first times an exponent is exact
_TWO_THIRDS = ("0x1.5555555555555p-1", "0x1.5555555555555p-55")
_CUBE_ROOT = (
    1.87595182427177009643,
    -1.88497979543377169875,
    1.621429720105354466140,
    -0.758397934778766047437,
    0.145996192886612446982,
)


def power(n, x, y):
    """x to the y, with C99's special cases."""
    if isinstance(x.type.element, ir.DoubleType):
        f = Format(n, x)
        return _with_edges(f, f.term(x), f.term(y), _precise)
    f = Format(n, n.builder.fpext(x, n.wide(ir.DoubleType())))
    base, exponent = (f.term(n.builder.fpext(one, f.float)) for one in (x, y))
    return n.builder.fptrunc(_with_edges(f, base, exponent, _rough), x.type)


def _rough(f, size, y):
    """size to the y, good to half the digits of the format."""
    return f.term(exp(f.n, (f.term(log(f.n, size.vector)) * y).vector))


def _precise(f, size, y):
    """size to the y: the logarithm is a sum of two numbers, and so is its product with y."""
    high, low = _long_log(f, size)
    product = high * y
    lost = f.fused(high, y, -product) + low * y
    lost = f.select(f.absolute(product) < 1000.0, lost, 0.0)
    return f.term(exp_of_sum(f, product.vector, lost.vector))


def _with_edges(f, x, y, positive):
    size, most = f.absolute(x), f.absolute(y)
    result = positive(f, size, y)
    whole = f.rounded_down(y) == y
    odd = f.both(whole, f.rounded_down(y * 0.5) != y * 0.5, most < math.inf)
    negative = f.signed(f.term(1.0), x) < 0.0
    result = f.select(f.both(negative, odd), -result, result)
    root_of_negative = f.both(x < 0.0, size < math.inf, f.b.not_(whole))
    result = f.select(root_of_negative, math.nan, result)
    result = f.select(f.either(x != x, y != y), x + y, result)
    unit = f.either(x == 1.0, y == 0.0, f.both(size == 1.0, most == math.inf))
    return f.select(unit, 1.0, result).vector


def _long_log(f, x):
    """ln x for x >= 0 (or inf) as a sum of two numbers, with some 64 bits."""
    whole, part = map(f.term, log_parts(f, x.vector))
    below = part + 2.0
    rest = part - (below - 2.0)
    inverse = 1.0 / below
    s = part * inverse
    s_low = f.fused(-s, rest, f.fused(-s, below, part)) * inverse
    z = s * s
    z_low = f.fused(s, s, -z) + (s + s) * s_low
    more = z * f.series(z, _LONG_LOG)
    p = more + _TWO_THIRDS[0]
    p_low = (f.term(_TWO_THIRDS[0]) - p) + more + _TWO_THIRDS[1]
    t, t_low = _product(f, z, z_low, p, p_low)
    u, u_low = _product(f, s, s_low, t, t_low)
    high = (s + s) + u
    low = ((s + s) - high) + u + (u_low + (s_low + s_low))
    start = whole * _LN2[0]
    sum_ = start + high
    low = (start - sum_) + high + (low + whole * _LN2[1])
    total = sum_ + low
    low = (sum_ - total) + low
    edge = f.either(x == 0.0, x == math.inf)
    total = f.select(x == 0.0, -math.inf, f.select(x == math.inf, math.inf, total))
    return total, f.select(edge, 0.0, low)


def _product(f, a, a_low, b, b_low):
    """The product of two sums of two numbers."""
    high = a * b
    return high, f.fused(a, b, -high) + (a * b_low + a_low * b)


@in_double
def cbrt(n, x):
    f = Format(n, x)
    b, value, size = f.b, f.term(x), f.absolute(x)
    tiny = size < 2.0**-1022
    lifted = f.select(tiny, size * 2.0**54, size)
    high = b.lshr(f.as_bits(lifted.vector), f.integer(32))
    third = b.lshr(b.mul(high, f.integer(0xAAAAAAAB)), f.integer(33))
    start = b.add(third, b.select(tiny, f.integer(696219795), f.integer(715094163)))
    root = f.term(f.as_float(b.shl(start, f.integer(32))))
    size = f.select(size == 0.0, 1.0, size)
    r = (root * root) * (root / size)
    p = _CUBE_ROOT
    root = root * ((r * (r * p[2] + p[1]) + p[0]) + ((r * r) * r) * (r * p[4] + p[3]))
    short = b.and_(b.add(f.as_bits(root.vector), f.integer(0x80000000)), f.integer(-0x40000000))
    root = f.term(f.as_float(short))  # so that its square is exact
    apart = size / (root * root)
    root = root + root * ((apart - root) / (root + root + apart))
    usual = f.both(f.absolute(x) < math.inf, value != 0.0)
    return f.select(usual, f.signed(root, value), value + value).vector


def hypot(n, x, y):
    if not isinstance(x.type.element, ir.DoubleType):
        return _short_hypot(n, x, y)
    f = Format(n, x)
    a, c = f.absolute(x), f.absolute(y)
    large, small = f.select(a > c, a, c), f.select(a > c, c, a)
    down, up = large > 2.0**500, large < 2.0**-450
    scale = f.select(down, 2.0**-600, f.select(up, 2.0**600, 1.0))
    back = f.select(down, 2.0**600, f.select(up, 2.0**-600, 1.0))
    large, small = large * scale, small * scale
    return _or_infinite(f, a, c, f.root(f.fused(large, large, small * small)) * back).vector


def _or_infinite(f, a, c, result):
    return f.select(f.either(a == math.inf, c == math.inf), math.inf, result)


@in_double
def _short_hypot(n, x, y):
    """The squares of float32 numbers are exact here."""
    f = Format(n, x)
    a, c = f.absolute(x), f.absolute(y)
    return _or_infinite(f, a, c, f.root(f.fused(a, a, c * c))).vector
