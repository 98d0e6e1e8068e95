"""The two formats of floating-point numbers, and what functions of vectors are made of."""

import functools
from typing import Any

from chainrule.compilation.native import ir


class Format:
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
        if self._in_whole_registers():
            return self._scaled(x, self.b.fsub(self.as_float(bits), self.number(self.magic)))
        whole = self.b.sub(bits, self.as_bits(self.number(self.magic)))
        shift = 4 * self.bias + 4
        half = self.b.sub(
            self.b.lshr(self.b.add(whole, self.integer(shift)), self.integer(1)), self.integer(shift // 2)
        )
        product = self.b.fmul(x, self.power_of_two(half))
        return self.b.fmul(product, self.power_of_two(self.b.sub(whole, half)))

    def _in_whole_registers(self):
        """Whether the vectors fill the registers of a processor that has AVX-512."""
        return self.n.machine.vector_bits == 512 and self.bits * self.n.lanes % 512 == 0

    def _scaled(self, x, whole):
        """x 2^n for whole numbers n as floats, by AVX-512's own instruction, in which it is rounded once."""
        kind, lanes = x.type, 512 // self.bits
        if kind.count > lanes:
            half = kind.count // 2
            parts = [[shuffled(self.b, one, range(k, k + half)) for k in (0, half)] for one in (x, whole)]
            return shuffled(self.b, [self._scaled(*pair) for pair in zip(*parts)], range(kind.count))
        name = f"llvm.x86.avx512.mask.scalef.p{'d' if self.bits == 64 else 's'}.512"
        mask, rounding = ir.IntType(lanes), ir.IntType(32)
        function = ir.FunctionType(kind, [kind, kind, kind, mask, rounding])
        known = self.b.module.globals.get(name) or ir.Function(self.b.module, function, name)
        return self.b.call(known, [x, whole, ir.Constant(kind, None), ir.Constant(mask, -1), ir.Constant(rounding, 4)])

    # Formulas with Python's operators

    def term(self, value):
        """A vector, or a number in every lane, as a Term."""
        if type(value) is Term:
            return value
        return Term(self, self.number(value) if isinstance(value, (int, float, str)) else value)

    def select(self, condition, x, y):
        return Term(self, self.b.select(condition, self.term(x).vector, self.term(y).vector))

    def fused(self, a, b, c):
        """a b + c, rounded once."""
        return Term(self, self.fma(self.term(a).vector, self.term(b).vector, self.term(c).vector))

    def series(self, x, coefficients):
        """A polynomial; the first coefficient is the constant."""
        return Term(self, self.polynomial(x.vector, coefficients))

    def root(self, x):
        return Term(self, self.n.do_sqrt(x.vector))

    def absolute(self, x):
        return Term(self, self.n.do_absolute(self.term(x).vector))

    def signed(self, size, like):
        """A size with the sign of another number."""
        return Term(self, self.n.do_copysign(size.vector, self.term(like).vector))

    def rounded_down(self, x):
        return Term(self, self.n.do_floor(x.vector))

    def either(self, first, *others):
        return functools.reduce(self.b.or_, others, first)

    def both(self, first, *others):
        return functools.reduce(self.b.and_, others, first)


class Term:
    """A vector in a formula. Its comparisons are masks, false for NaN (but for `!=`)."""

    __slots__ = ("format", "vector")
    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __init__(self, format, vector):
        self.format, self.vector = format, vector

    def _with(self, operation, other):
        return Term(self.format, operation(self.vector, self.format.term(other).vector))

    def __neg__(self):
        return Term(self.format, self.format.b.fneg(self.vector))

    def __add__(self, other):
        return self._with(self.format.b.fadd, other)

    def __sub__(self, other):
        return self._with(self.format.b.fsub, other)

    def __mul__(self, other):
        return self._with(self.format.b.fmul, other)

    def __truediv__(self, other):
        return self._with(self.format.b.fdiv, other)

    def __rsub__(self, other):
        return self.format.term(other) - self

    def __rtruediv__(self, other):
        return self.format.term(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def _is(self, relation, other) -> Any:
        return self.format.n.compare(relation, self.vector, self.format.term(other).vector)

    def __lt__(self, other):
        return self._is("<", other)

    def __gt__(self, other):
        return self._is(">", other)

    def __ge__(self, other):
        return self._is(">=", other)

    def __eq__(self, other) -> Any:
        return self._is("==", other)

    def __ne__(self, other) -> Any:
        return self._is("!=", other)


def shuffled(builder, vectors, places):
    """Some lanes of a vector, or of two that stand one behind the other."""
    first, second = vectors if isinstance(vectors, list) else (vectors, ir.Constant(vectors.type, ir.Undefined))
    word = ir.IntType(32)
    lanes = ir.Constant(ir.VectorType(word, len(places)), [ir.Constant(word, i) for i in places])
    return builder.shuffle_vector(first, second, lanes)


def in_double(function):
    """The function, which is written for float64 alone, for float32 too: computed in float64 and rounded once."""

    @functools.wraps(function)
    def either(n, *args):
        if isinstance(args[0].type.element, ir.DoubleType):
            return function(n, *args)
        wide = [n.builder.fpext(x, n.wide(ir.DoubleType())) for x in args]
        return n.builder.fptrunc(function(n, *wide), args[0].type)

    return either
