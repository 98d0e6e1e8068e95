"""Sines and their kin, and the inverses of these."""

import math

from chainrule.compilation.native.vector_math.formats import Format

_SIN = {
    64: (
        -1.66666666666666324348e-01,
        8.33333333332248946124e-03,
        -1.98412698298579493134e-04,
        2.75573137070700676789e-06,
        -2.50507602534068634195e-08,
        1.58969099521155010221e-10,
    ),
    32: (-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4),
}
_COS = {
    64: (
        4.16666666666666019037e-02,
        -1.38888888888741095749e-03,
        2.48015872894767294178e-05,
        -2.75573143513906633035e-07,
        2.08757232129817482790e-09,
        -1.13596475577881948265e-11,
    ),
    32: (4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5),
}
_HALF_PI = {
    64: "0x1.921fb54442d18p+0 0x1.1a62633145c07p-54 -0x1.f1976b7ed8fbcp-110",
    32: "0x1.921fb60000000p+0 -0x1.777a5c0000000p-25 -0x1.ee59da0000000p-50",
}
_ATAN = {
    64: (
        (-64.85021904942025, -122.8866684490136, -75.00855792314705, -16.157537187333652, -0.8750608600031904),
        (194.5506571482614, 485.3903996359137, 432.88106049129027, 165.02700983169885, 24.858464901423062, 1.0),
    ),
    32: ((-3.33329491539e-1, 1.99777106478e-1, -1.38776856032e-1, 8.05374449538e-2), None),
}
_MIDDLE = {64: 0.66, 32: 0.4142135623730950}  # larger arguments of arctan are turned by 45 degrees
_HALF_PI_LOW = 6.123233995736765886130e-17  # what float64 leaves of pi / 2
# (arcsin(s) - s) / s³ as a quotient of polynomials in s²
_ARCSIN = {
    64: (
        (
            1.66666666666666657415e-01,
            -3.25565818622400915405e-01,
            2.01212532134862925881e-01,
            -4.00555345006794114027e-02,
            7.91534994289814532176e-04,
            3.47933107596021167570e-05,
        ),
        (
            1.0,
            -2.40339491173441421878e00,
            2.02094576023350569471e00,
            -6.88283971605453293030e-01,
            7.70381505559019352791e-02,
        ),
    ),
    32: ((1.6666586697e-01, -4.2743422091e-02, -8.6563630030e-03), (1.0, -7.0662963390e-01)),
}
_FURTHEST = {64: 1e5, 32: 3e4}  # arguments of sine and cosine that are reduced here


def _reduced(f, x):
    """The quadrant's bits, and the sine and cosine of what is left of x."""
    b = f.b
    bits, _, r = f.split(x, 2 / math.pi, _HALF_PI[f.bits])
    z = b.fmul(r, r)
    sine = f.fma(b.fmul(z, r), f.polynomial(z, _SIN[f.bits]), r)
    half = b.fmul(z, f.number(0.5))
    w = b.fsub(f.number(1), half)
    lost = b.fsub(b.fsub(f.number(1), w), half)
    cosine = b.fadd(w, f.fma(b.fmul(z, z), f.polynomial(z, _COS[f.bits]), lost))
    return bits, sine, cosine


def _turned(f, bits, one, other):
    """`one` in even quadrants and `other` in odd ones, negative in the upper two."""
    b = f.b
    odd = b.icmp_unsigned("!=", b.and_(bits, f.integer(1)), f.integer(0))
    sign = b.shl(b.and_(bits, f.integer(2)), f.integer(f.bits - 2))
    return f.as_float(b.xor(f.as_bits(b.select(odd, other, one)), sign))


def _far(f, x):
    return f.b.fcmp_unordered(">", f.n.do_absolute(x), f.number(_FURTHEST[f.bits]))


def sin(n, x):
    f = Format(n, x)
    bits, sine, cosine = _reduced(f, x)
    return n.careful(_far(f, x), _turned(f, bits, sine, cosine))


def cos(n, x):
    f = Format(n, x)
    bits, sine, cosine = _reduced(f, x)
    return n.careful(_far(f, x), _turned(f, f.b.add(bits, f.integer(1)), sine, cosine))


def tan(n, x):
    f = Format(n, x)
    b = f.b
    bits, sine, cosine = _reduced(f, x)
    odd = b.icmp_unsigned("!=", b.and_(bits, f.integer(1)), f.integer(0))
    ratio = b.fdiv(b.select(odd, b.fneg(cosine), sine), b.select(odd, sine, cosine))
    return n.careful(_far(f, x), ratio)


def _arctan_part(f, part):
    """The arctangent of numbers from -0.42 to 0.66."""
    z = f.b.fmul(part, part)
    numerator, denominator = _ATAN[f.bits]
    value = f.polynomial(z, numerator)
    if denominator is not None:
        value = f.b.fdiv(value, f.polynomial(z, denominator))
    return f.fma(f.b.fmul(z, value), part, part)


def arctan(n, x):
    f = Format(n, x)
    size = f.absolute(x)
    large, medium = size > 2.414213562373095, size > _MIDDLE[f.bits]
    top = f.select(large, -1.0, f.select(medium, size - 1.0, size))
    bottom = f.select(large, size, f.select(medium, size + 1.0, 1.0))
    start = f.select(large, math.pi / 2, f.select(medium, math.pi / 4, 0.0))
    low = f.select(large, _HALF_PI_LOW, f.select(medium, _HALF_PI_LOW / 2, 0.0))
    inner = f.term(_arctan_part(f, (top / bottom).vector)) + low
    return f.signed(start + inner, x).vector


def arctan2(n, y, x):
    f = Format(n, y)
    up, across = f.absolute(y), f.absolute(x)
    steep = up > across
    large, small = f.select(steep, up, across), f.select(steep, across, up)
    one = f.both(up == math.inf, across == math.inf)
    large, small = f.select(one, 1.0, large), f.select(one, 1.0, small)
    scale = f.select(large > 2.0 ** (f.bias - 2), 0.25, 1.0)  # so that the sum of both is finite,
    scale = f.select(large < 2.0 ** (f.fraction - f.bias), 2.0**f.fraction, scale)  # and a part of them exact
    large, small = large * scale, small * scale
    medium = small > large * _MIDDLE[f.bits]
    top = f.select(medium, small - large, small)
    bottom = f.select(medium, small + large, f.select(large == 0.0, 1.0, large))
    part = top / bottom
    start, low = f.select(medium, math.pi / 4, 0.0), f.select(medium, _HALF_PI_LOW / 2, 0.0)
    inner = f.term(_arctan_part(f, part.vector))
    # of the angle from the nearest axis to that from the right
    for turned, whole in ((steep, 0.5), (f.signed(f.term(1.0), x) < 0.0, 1.0)):
        start = f.select(turned, f.term(math.pi * whole) - start, start)
        low = f.select(turned, f.term(_HALF_PI_LOW * 2 * whole) - low, low)
        inner = f.select(turned, -inner, inner)
    angle = f.signed(start + (inner + low), y)
    return f.select(f.either(f.term(x) != x, f.term(y) != y), f.term(x) + y, angle).vector


def _arcsine_part(f, z):
    """(arcsin(s) - s) / s for s² = z <= 1/4."""
    top, bottom = _ARCSIN[f.bits]
    return z * f.series(z, top) / f.series(z, bottom)


def _from_middle(f, x):
    """Of a sine: whether it is small; itself, or that of half the angle to 1; and its `_arcsine_part`."""
    size = f.absolute(x)
    near = size < 0.5
    z = f.select(near, size * size, (1.0 - size) * 0.5)
    s = f.select(near, size, f.root(z))
    return near, s, _arcsine_part(f, z)


def arcsin(n, x):
    f = Format(n, x)
    near, s, part = _from_middle(f, x)
    angle = s + s * part
    twice = f.term(math.pi / 2) - (angle + angle - _HALF_PI_LOW)
    return f.signed(f.select(near, angle, twice), x).vector


def arccos(n, x):
    f = Format(n, x)
    near, s, part = _from_middle(f, x)
    signed = f.signed(s, x)
    middle = f.term(math.pi / 2) - (signed - (f.term(_HALF_PI_LOW) - signed * part))
    angle = s + s * part
    left = f.term(math.pi) - (angle + angle - 2 * _HALF_PI_LOW)
    return f.select(near, middle, f.select(f.term(x) < 0.0, left, angle + angle)).vector
