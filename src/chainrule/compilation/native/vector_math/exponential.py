"""Exponentials and logarithms."""

import math

from chainrule.compilation.native.vector_math.formats import Format

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
_LN2 = {
    64: "0x1.62e42fefa39efp-1 0x1.abc9e3b39803fp-56",
    32: "0x1.62e4300000000p-1 -0x1.05c6100000000p-29",
}
_LN2_ROUND = {64: (6.93147180369123816490e-01, 1.90821492927058770002e-10), 32: (0.69313812256, 9.0580006145e-06)}
_LOG10_2 = {64: (3.01029995663611771306e-01, 3.69423907715893078616e-13), 32: (3.0102920532e-01, 7.9034151668e-07)}


def _exp_parts(f, x, more=None):
    """The bits of n and e^r - 1 for x (+ more) = n ln 2 + r."""
    bits, whole, r = f.split(x, 1 / math.log(2), _LN2[f.bits])
    r = r if more is None else f.b.fadd(r, more)
    return bits, whole, f.fma(f.b.fmul(r, r), f.polynomial(r, _EXP[f.bits]), r)


def _exp_limits(f):
    return (-746.0, 710.0) if f.bits == 64 else (-104.0, 89.0)


def exp(n, x):
    f = Format(n, x)
    bits, _, small = _exp_parts(f, f.bounded(x, *_exp_limits(f)))
    return f.scaled(f.b.fadd(small, f.number(1)), bits)


def exp_of_sum(f, x, more):
    """exp(x + more), where `more` is what x lost in rounding."""
    bits, _, small = _exp_parts(f, f.bounded(x, *_exp_limits(f)), more)
    return f.scaled(f.b.fadd(small, f.number(1)), bits)


def exp2(n, x):
    f = Format(n, x)
    limit = f.bounded(x, -1080.0 if f.bits == 64 else -160.0, 1030.0 if f.bits == 64 else 130.0)
    sum_ = f.b.fadd(limit, f.number(f.magic))
    r = f.b.fsub(limit, f.b.fsub(sum_, f.number(f.magic)))
    r = f.b.fmul(r, f.number(math.log(2)))
    small = f.fma(f.b.fmul(r, r), f.polynomial(r, _EXP[f.bits]), r)
    return f.scaled(f.b.fadd(small, f.number(1)), f.as_bits(sum_))


def expm1(n, x):
    f = Format(n, x)
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


def log_parts(f, x):
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
    f = Format(n, x)
    return _log_edges(f, x, x, _log_sum(f, *log_parts(f, x)))


def log2(n, x):
    f = Format(n, x)
    whole, part = log_parts(f, x)
    result = f.fma(_log_sum(f, f.number(0), part), f.number(1 / math.log(2)), whole)
    return _log_edges(f, x, x, result)


def log10(n, x):
    f = Format(n, x)
    whole, part = log_parts(f, x)
    high, low = _LOG10_2[f.bits]
    tail = f.fma(_log_sum(f, f.number(0), part), f.number(1 / math.log(10)), f.b.fmul(whole, f.number(low)))
    return _log_edges(f, x, x, f.fma(whole, f.number(high), tail))


def log1p(n, x):
    f = Format(n, x)
    b = f.b
    one = b.fadd(x, f.number(1))
    lost = b.fsub(x, b.fsub(one, f.number(1)))
    whole, part = log_parts(f, one)
    result = _log_sum(f, whole, part, b.fdiv(lost, one))
    result = _log_edges(f, x, one, result)
    return b.select(b.fcmp_ordered("==", one, f.number(1)), x, result)
