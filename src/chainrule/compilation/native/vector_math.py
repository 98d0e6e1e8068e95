"""Functions of vectors of numbers, in vector registers.

Each takes a `Numbers` and vectors, and writes code without branches for the usual arguments; the few others
(a sine of 1e30) are called in the C library, lane by lane, behind one test of the whole vector. `sources`:
the reductions and the polynomials of log, sine and cosine are those of FreeBSD's msun (Sun Microsystems, 1993);
the arctangent's are Cephes's (Moshier 1984-2000); that of exp was fitted by Chebyshev interpolation. Measured
against mpmath, exp, log and their kin are within 2 units in the last place, the others within 4.
"""

import math

from llvmlite import ir

# (e^r - 1 - r) / r² for |r| <= ln 2 / 2
_EXP = {
    64: "0x1.0000000000001p-1 0x1.5555555555556p-3 0x1.5555555553d4fp-5 0x1.11111111109adp-7 0x1.6c16c17893833p-10 "
    "0x1.a01a01a7c8d47p-13 0x1.a019b8ef67c6cp-16 0x1.71de0d9c145d0p-19 0x1.2891a8c1d838dp-22 0x1.af38d53857513p-26",
    32: "0x1.0000000b9847ep-1 0x1.5555555a7c16bp-3 0x1.5554e8d9c7d96p-5 0x1.1110e0de7be2bp-7 0x1.6d4362097d81ap-10 "
    "0x1.a125285dbcbf1p-13",
}
# (ln(1 + f) - 2 s) / s for s = f / (2 + f), as a polynomial in s², without its first term
_LOG = {
    64: (
        6.666666666666735130e-01,
        3.999999999940941908e-01,
        2.857142874366239149e-01,
        2.222219843214978396e-01,
        1.818357216161805012e-01,
        1.531383769920937332e-01,
        1.479819860511658591e-01,
    ),
    32: (0.66666662693, 0.40000972152, 0.28498786688, 0.24279078841),
}
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
_LN2 = {
    64: "0x1.62e42fefa39efp-1 0x1.abc9e3b39803fp-56",
    32: "0x1.62e4300000000p-1 -0x1.05c6100000000p-29",
}
_LN2_ROUND = {64: (6.93147180369123816490e-01, 1.90821492927058770002e-10), 32: (0.69313812256, 9.0580006145e-06)}
_LOG10_2 = {64: (3.01029995663611771306e-01, 3.69423907715893078616e-13), 32: (3.0102920532e-01, 7.9034151668e-07)}
_ATAN = {
    64: (
        (-64.85021904942025, -122.8866684490136, -75.00855792314705, -16.157537187333652, -0.8750608600031904),
        (194.5506571482614, 485.3903996359137, 432.88106049129027, 165.02700983169885, 24.858464901423062, 1.0),
    ),
    32: ((-3.33329491539e-1, 1.99777106478e-1, -1.38776856032e-1, 8.05374449538e-2), None),
}
_FURTHEST = {64: 1e5, 32: 3e4}  # arguments of sine and cosine that are reduced here


class _Format:
    """The numbers of a vector's floating-point format.

    Attributes: bits, fraction (bits of it), bias, magic (adding it leaves a whole number in the low bits).
    """

    def __init__(self, n, x):
        self.bits = 64 if isinstance(x.type.element, ir.DoubleType) else 32
        self.fraction, self.bias = (52, 1023) if self.bits == 64 else (23, 127)
        self.magic = 1.5 * 2.0**self.fraction
        self.whole = ir.VectorType(ir.IntType(self.bits), n.lanes)
        self.float = x.type
        self.n, self.b = n, n.builder

    def number(self, value):
        if isinstance(value, str):
            value = float.fromhex(value)
        return self.n.splat(self.float.element, value)

    def integer(self, value):
        return self.n.splat(self.whole.element, value)

    def as_bits(self, x):
        return self.b.bitcast(x, self.whole)

    def as_float(self, x):
        return self.b.bitcast(x, self.float)

    def fma(self, a, b, c):
        return self.n.intrinsic("fma", a, b, c)

    def polynomial(self, x, coefficients):
        """Horner's rule; the first coefficient is the constant."""
        if isinstance(coefficients, str):
            coefficients = coefficients.split()
        result = self.number(coefficients[-1])
        for one in reversed(coefficients[:-1]):
            result = self.fma(result, x, self.number(one))
        return result

    def split(self, x, reciprocal, parts):
        """x = n c + r with the constant c in parts: n in the low bits of a float, n, and r."""
        sum_ = self.fma(x, self.number(reciprocal), self.number(self.magic))
        whole = self.b.fsub(sum_, self.number(self.magic))
        rest = x
        for part in parts.split():
            rest = self.fma(whole, self.number(-float.fromhex(part)), rest)
        return self.as_bits(sum_), whole, rest

    def power_of_two(self, whole):
        """2^n for whole numbers n in the range of exponents."""
        moved = self.b.add(whole, self.integer(self.bias))
        return self.as_float(self.b.shl(moved, self.integer(self.fraction)))

    def bounded(self, x, low, high):
        """x between two numbers; NaN stays."""
        x = self.b.select(self.b.fcmp_ordered("<", x, self.number(low)), self.number(low), x)
        return self.b.select(self.b.fcmp_ordered(">", x, self.number(high)), self.number(high), x)

    def scaled(self, x, bits):
        """x 2^n, right in the subnormal range too, given n in the low bits of a float."""
        whole = self.b.sub(bits, self.as_bits(self.number(self.magic)))
        shift = 4 * self.bias + 4
        half = self.b.sub(
            self.b.lshr(self.b.add(whole, self.integer(shift)), self.integer(1)), self.integer(shift // 2)
        )
        product = self.b.fmul(x, self.power_of_two(half))
        return self.b.fmul(product, self.power_of_two(self.b.sub(whole, half)))


def _exp_parts(f, x):
    """The bits of n and e^r - 1 for x = n ln 2 + r."""
    bits, whole, r = f.split(x, 1 / math.log(2), _LN2[f.bits])
    return bits, whole, f.fma(f.b.fmul(r, r), f.polynomial(r, _EXP[f.bits]), r)


def _exp_limits(f):
    return (-746.0, 710.0) if f.bits == 64 else (-104.0, 89.0)


def exp(n, x):
    f = _Format(n, x)
    bits, _, small = _exp_parts(f, f.bounded(x, *_exp_limits(f)))
    return f.scaled(f.b.fadd(small, f.number(1)), bits)


def exp2(n, x):
    f = _Format(n, x)
    limit = f.bounded(x, -1080.0 if f.bits == 64 else -160.0, 1030.0 if f.bits == 64 else 130.0)
    sum_ = f.b.fadd(limit, f.number(f.magic))
    r = f.b.fsub(limit, f.b.fsub(sum_, f.number(f.magic)))
    r = f.b.fmul(r, f.number(math.log(2)))
    small = f.fma(f.b.fmul(r, r), f.polynomial(r, _EXP[f.bits]), r)
    return f.scaled(f.b.fadd(small, f.number(1)), f.as_bits(sum_))


def expm1(n, x):
    f = _Format(n, x)
    b, top = f.b, (52 if f.bits == 64 else 24)
    bits, whole, small = _exp_parts(f, f.bounded(x, -40.0 if f.bits == 64 else -20.0, _exp_limits(f)[1]))
    power = f.power_of_two(
        b.sub(f.as_bits(f.b.fadd(f.bounded(whole, -100.0, 100.0), f.number(f.magic))), f.as_bits(f.number(f.magic)))
    )
    near = f.fma(power, small, b.fsub(power, f.number(1)))
    far = f.scaled(b.fadd(small, f.number(1)), bits)
    result = b.select(b.fcmp_ordered(">", whole, f.number(top)), far, near)
    return b.select(
        b.fcmp_ordered("==", whole, f.number(0)), b.select(b.fcmp_ordered("==", x, f.number(0)), x, small), result
    )


def _log_parts(f, x):
    """f, s f-terms and the exponent of x = 2^e (1 + f), sqrt(1/2) < 1 + f < sqrt 2; x positive and finite."""
    b = f.b
    tiny = b.fcmp_ordered("<", x, f.number(2.0 ** (1 - f.bias)))
    lifted = b.select(tiny, b.fmul(x, f.number(2.0 ** (f.fraction + 2))), x)
    bits = f.as_bits(lifted)
    half = f.as_bits(f.number(math.sqrt(0.5)))
    shift = (f.bias + 1) << f.fraction
    moved = b.lshr(b.add(b.sub(bits, half), f.integer(shift)), f.integer(f.fraction))
    exponent = b.sub(moved, f.integer(f.bias + 1))
    mantissa = f.as_float(b.sub(bits, b.shl(exponent, f.integer(f.fraction))))
    whole = b.fsub(f.as_float(b.add(exponent, f.as_bits(f.number(f.magic)))), f.number(f.magic))
    whole = b.fsub(whole, b.select(tiny, f.number(f.fraction + 2), f.number(0)))
    return whole, b.fsub(mantissa, f.number(1))


def _log_sum(f, whole, part, extra=None, scale=None):
    """e ln 2 + ln(1 + f) (+ extra)."""
    b = f.b
    s = b.fdiv(part, b.fadd(part, f.number(2)))
    z = b.fmul(s, s)
    r = b.fmul(z, f.polynomial(z, _LOG[f.bits]))
    half_square = b.fmul(b.fmul(part, part), f.number(0.5))
    high, low = _LN2_ROUND[f.bits]
    rest = b.fmul(whole, f.number(low))
    rest = rest if extra is None else b.fadd(rest, extra)
    inner = f.fma(s, b.fadd(half_square, r), rest)
    return f.fma(whole, f.number(high), b.fsub(part, b.fsub(half_square, inner)))


def _log_edges(f, x, zero, result):
    """The result of a logarithm where its argument is 0, negative, infinite or NaN."""
    b, nothing = f.b, f.number(0)
    result = b.select(b.fcmp_ordered("==", zero, f.number(math.inf)), zero, result)
    result = b.select(b.fcmp_ordered("==", zero, nothing), f.number(-math.inf), result)
    result = b.select(b.fcmp_ordered("<", zero, nothing), f.number(math.nan), result)
    return b.select(b.fcmp_unordered("uno", x, x), x, result)


def log(n, x):
    f = _Format(n, x)
    return _log_edges(f, x, x, _log_sum(f, *_log_parts(f, x)))


def log2(n, x):
    f = _Format(n, x)
    whole, part = _log_parts(f, x)
    result = f.fma(_log_sum(f, f.number(0), part), f.number(1 / math.log(2)), whole)
    return _log_edges(f, x, x, result)


def log10(n, x):
    f = _Format(n, x)
    whole, part = _log_parts(f, x)
    high, low = _LOG10_2[f.bits]
    tail = f.fma(_log_sum(f, f.number(0), part), f.number(1 / math.log(10)), f.b.fmul(whole, f.number(low)))
    return _log_edges(f, x, x, f.fma(whole, f.number(high), tail))


def log1p(n, x):
    f = _Format(n, x)
    b = f.b
    one = b.fadd(x, f.number(1))
    lost = b.fsub(x, b.fsub(one, f.number(1)))
    whole, part = _log_parts(f, one)
    result = _log_sum(f, whole, part, b.fdiv(lost, one))
    result = _log_edges(f, x, one, result)
    return b.select(b.fcmp_ordered("==", one, f.number(1)), x, result)


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
    f = _Format(n, x)
    bits, sine, cosine = _reduced(f, x)
    return n.careful(_far(f, x), _turned(f, bits, sine, cosine))


def cos(n, x):
    f = _Format(n, x)
    bits, sine, cosine = _reduced(f, x)
    return n.careful(_far(f, x), _turned(f, f.b.add(bits, f.integer(1)), sine, cosine))


def tan(n, x):
    f = _Format(n, x)
    b = f.b
    bits, sine, cosine = _reduced(f, x)
    odd = b.icmp_unsigned("!=", b.and_(bits, f.integer(1)), f.integer(0))
    ratio = b.fdiv(b.select(odd, b.fneg(cosine), sine), b.select(odd, sine, cosine))
    return n.careful(_far(f, x), ratio)


def tanh(n, x):
    f = _Format(n, x)
    b, size = f.b, n.do_absolute(x)
    grown = expm1(n, b.fmul(f.bounded(size, 0.0, 22.0 if f.bits == 64 else 10.0), f.number(2)))
    return n.do_copysign(b.fdiv(grown, b.fadd(grown, f.number(2))), x)


def _half_exp(f, n, size):
    """e^|x| / 2 without an early overflow."""
    half = exp(n, f.b.fmul(size, f.number(0.5)))
    return f.b.fmul(f.b.fmul(half, f.number(0.5)), half)


def sinh(n, x):
    f = _Format(n, x)
    b, size = f.b, n.do_absolute(x)
    grown = expm1(n, size)
    near = b.fmul(f.number(0.5), b.fadd(grown, b.fdiv(grown, b.fadd(grown, f.number(1)))))
    large = b.fcmp_ordered(">", size, f.number(700.0 if f.bits == 64 else 85.0))
    return n.do_copysign(b.select(large, _half_exp(f, n, size), near), x)


def cosh(n, x):
    f = _Format(n, x)
    b, size = f.b, n.do_absolute(x)
    grown = exp(n, size)
    near = b.fmul(f.number(0.5), b.fadd(grown, b.fdiv(f.number(1), grown)))
    large = b.fcmp_ordered(">", size, f.number(700.0 if f.bits == 64 else 85.0))
    return b.select(large, _half_exp(f, n, size), near)


def arctan(n, x):
    f = _Format(n, x)
    b, size = f.b, n.do_absolute(x)
    middle = 0.66 if f.bits == 64 else 0.4142135623730950
    large = b.fcmp_ordered(">", size, f.number(2.414213562373095))
    medium = b.fcmp_ordered(">", size, f.number(middle))
    top = b.select(large, f.number(-1), b.select(medium, b.fsub(size, f.number(1)), size))
    bottom = b.select(large, size, b.select(medium, b.fadd(size, f.number(1)), f.number(1)))
    start = b.select(large, f.number(math.pi / 2), b.select(medium, f.number(math.pi / 4), f.number(0)))
    part = b.fdiv(top, bottom)
    z = b.fmul(part, part)
    numerator, denominator = _ATAN[f.bits]
    value = f.polynomial(z, numerator)
    if denominator is not None:
        value = b.fdiv(value, f.polynomial(z, denominator))
        low = 6.123233995736765886130e-17
        more = b.select(large, f.number(low), b.select(medium, f.number(low / 2), f.number(0)))
    else:
        more = f.number(0)
    inner = b.fadd(f.fma(b.fmul(z, value), part, part), more)
    return n.do_copysign(b.fadd(start, inner), x)
