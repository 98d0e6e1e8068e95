"""Solves, inverses, determinants and Cholesky factors by the LAPACK beside NumPy's BLAS.

The routines are those that NumPy calls, which computes in float64 whatever it is given. Where one of them finds
that a matrix has no factors, the native code is left as at a guard that does not hold, and the function itself
raises what NumPy raises.
"""

import math

from chainrule.compilation.native import ir
from chainrule.compilation.native.blas import blas
from chainrule.compilation.native.loops import Access, clear, counting, fill, move
from chainrule.compilation.native.numbers import BIT, BYTE, LONG, TYPES, Numbers, declare
from chainrule.compilation.native.products import along_front, over_front
from chainrule.compilation.program import Constant, spelled
from chainrule.compilation.schedule import Unsupported


def emit(kernel, one):
    """Write a decomposition at the end of a kernel. Raises Unsupported for what LAPACK cannot take."""
    writer = _WRITERS[one.name](kernel, one)
    strides = [
        along_front(x.shape[: len(x.shape) - inner], kernel.access(x, x.shape).strides, writer.front)
        for x, inner in writer.operands
    ]
    over_front(kernel, writer.front, strides, writer.write)
    writer.finish()


class _Decomposition:
    """What the decompositions share.

    Attributes:
        operands: the inputs, and the output where it is an array, each with the number of its axes that are no
            axes of the stack; `write` takes the offsets of one matrix in each.
        front: the shape of the stack.
    """

    def __init__(self, kernel, one):
        self.kernel, self.one, self.library = kernel, one, blas()
        self.builder = kernel.builder
        self.inputs, (self.y,) = one.inputs, one.outputs
        self.a = self.inputs[0]
        self._check()
        self.n, self.kind = self.a.shape[-1], TYPES["float64"]
        self.operands = [(x, min(len(x.shape), 2)) for x in (*self.inputs, self.y)]
        self.front = self.y.shape[:-2]
        self._spares = []

    def _check(self):
        if self.library is None or self.library.fortran is None:
            raise Unsupported(f"{self.one.name}: NumPy's LAPACK was not found")
        for x in self.inputs:
            if (
                type(x) is Constant
                or x in self.kernel.schedule.filled
                or spelled(x.dtype) not in ("float64", "float32")
            ):
                raise Unsupported(f"{self.one.name} of these kinds")
        if not all(map(math.prod, (self.a.shape, self.y.shape))):
            raise Unsupported(f"{self.one.name} of these kinds")

    def spare(self, count, dtype="float64"):
        """Room for entries, until the end of the decomposition."""
        self._spares.append((self.kernel.memory.take(count * 8), count * 8))
        return self.kernel.workspace(self._spares[-1][0], dtype)

    def finish(self):
        for place in self._spares:
            self.kernel.memory.give_back(*place)

    def at(self, x, offset):
        """One matrix, or vector, of a stack."""
        access = self.kernel.access(x, x.shape)
        return Access(self.builder.gep(access.pointer, [offset]), access.dtype, access.strides[-2:])

    def columns(self, x, offset, target):
        """Copy a matrix, so that it lies column after column."""
        move(self.kernel, x.shape[-2:], self.at(x, offset), Access(target, "float64", (1, x.shape[-2])))

    def routine(self, name, *arguments):
        """Call a routine, whose arguments are pointers; returns what it says of its success."""
        whole, b = self.library.whole, self.builder
        places = []
        for value in arguments:
            if isinstance(value, int):
                place = self.kernel.local(whole)
                b.store(ir.Constant(whole, value), place)
                value = place
            elif isinstance(value, str):
                place = self.kernel.local(BYTE)
                b.store(ir.Constant(BYTE, ord(value)), place)
                value = place
            places.append(value)
        info = self.kernel.local(whole)
        symbol = self.library.routine(self.kernel.machine, "d" + name)
        kinds = [x.type for x in (*places, info)]
        b.call(declare(self.kernel.module, symbol, ir.VoidType(), kinds), [*places, info])
        return b.load(info)

    def pivots(self):
        """Room for LAPACK's row numbers."""
        return self.builder.bitcast(self.spare(self.n, "int64"), self.library.whole.as_pointer())

    def whole(self, failed):
        """Leave the native code where a routine has failed."""
        holds = self.builder.icmp_signed("==", failed, ir.Constant(failed.type, 0))
        with self.builder.if_then(self.builder.not_(holds), likely=False):
            self.kernel.leave(self.one)


class _Solve(_Decomposition):
    """A X = B, by LU factors."""

    def __init__(self, kernel, one):
        super().__init__(kernel, one)
        self.matrix, self.rows = self.spare(self.n * self.n), self.pivots()
        self.strides = (1, self.n)[: len(self.y.shape)]  # of the right-hand side and the solution
        self.right = Access(self.spare(self.n * self._columns()), "float64", self.strides)

    def _columns(self):
        return math.prod(self.y.shape[-2:][1:])

    def write(self, a, *offsets):
        self.columns(self.a, a, self.matrix)
        self._right_hand_side(*offsets)
        right, n = self.right.pointer, self.n
        self.whole(self.routine("gesv", n, self._columns(), self.matrix, n, self.rows, right, n))
        solution = Access(right, "float64", self.strides)
        move(self.kernel, self.y.shape[-2:], solution, self.at(self.y, offsets[-1]))

    def _right_hand_side(self, b, y):
        x, target = self.inputs[1], Access(self.right.pointer, "float64", self.strides)
        move(self.kernel, x.shape[-2:], self.at(x, b), target)


class _Inverse(_Solve):
    """A X = 1, as NumPy computes inverses."""

    def _right_hand_side(self, y):
        clear(self.kernel, self.right, self.n * self.n * 8)
        fill(self.kernel, (self.n,), Constant(1.0), Access(self.right.pointer, "float64", (self.n + 1,)))


class _Cholesky(_Decomposition):
    """A = L Lᵀ. Row after row, a matrix is its transpose column after column, whose upper factor is Lᵀ."""

    def __init__(self, kernel, one):
        super().__init__(kernel, one)
        self.matrix = self.spare(self.n * self.n)

    def write(self, a, y):
        n = self.n
        move(self.kernel, (n, n), self.at(self.a, a), Access(self.matrix, "float64", (n, 1)))
        self.whole(self.routine("potrf", "U", n, self.matrix, n))
        self._clear_above()
        move(self.kernel, (n, n), Access(self.matrix, "float64", (n, 1)), self.at(self.y, y))

    def _clear_above(self):
        b, n = self.builder, self.n
        memory = BYTE.as_pointer()
        function = declare(self.kernel.module, "llvm.memset.p0.i64", ir.VoidType(), [memory, BYTE, LONG, BIT])
        if n == 1:
            return
        with counting(b, n - 1) as i:
            first = b.add(b.mul(i, ir.Constant(LONG, n + 1)), ir.Constant(LONG, 1))
            count = b.sub(ir.Constant(LONG, n - 1), i)
            start = b.bitcast(b.gep(self.matrix, [first]), memory)
            size = b.mul(count, ir.Constant(LONG, 8))
            b.call(function, [start, ir.Constant(BYTE, 0), size, ir.Constant(BIT, 0)])


class _Determinant(_Decomposition):
    """Of a determinant, its sign and the logarithm of its size, from LU factors."""

    def __init__(self, kernel, one):
        super().__init__(kernel, one)
        self.front = self.y.shape
        self.matrix, self.rows = self.spare(self.n * self.n), self.pivots()
        self.sign, self.log = kernel.local(self.kind), kernel.local(self.kind)
        self.numbers = Numbers(self.builder, kernel.machine)
        self.operands = [(self.a, 2), (self.y, 0)] if self.y.shape else [(self.a, 2)]

    def write(self, a, y=None):
        b, whole = self.builder, self.library.whole
        self.columns(self.a, a, self.matrix)
        failed = self.routine("getrf", self.n, self.n, self.matrix, self.n, self.rows)
        for place, value in ((self.sign, 1.0), (self.log, 0.0)):
            b.store(ir.Constant(self.kind, value), place)
        with counting(b, self.n) as i:
            entry = b.load(b.gep(self.matrix, [b.mul(i, ir.Constant(LONG, self.n + 1))]))
            row = b.load(b.gep(self.rows, [i]))
            number = b.add(i, ir.Constant(LONG, 1))
            stays = b.icmp_signed("==", row, number if whole == LONG else b.trunc(number, whole))
            self._flip(b.not_(stays))
            self._flip(b.fcmp_ordered("<", entry, ir.Constant(self.kind, 0.0)))
            size = self.numbers.do_log(self.numbers.do_absolute(entry))
            b.store(b.fadd(b.load(self.log), size), self.log)
        singular = b.icmp_signed(">", failed, ir.Constant(failed.type, 0))
        sign = b.select(singular, ir.Constant(self.kind, 0.0), b.load(self.sign))
        value = self._value(sign, b.select(singular, ir.Constant(self.kind, -math.inf), b.load(self.log)))
        value = self.numbers.convert(value, "float64", self.y.dtype)
        if y is None:
            self.kernel.set_number(self.y, value)
        else:
            b.store(value, b.gep(self.kernel.access(self.y, self.y.shape).pointer, [y]))

    def _flip(self, condition):
        sign = self.builder.load(self.sign)
        self.builder.store(self.builder.select(condition, self.builder.fneg(sign), sign), self.sign)

    def _value(self, sign, log):
        if self.one.name == "sign_of_determinant":
            return sign
        return log if self.one.name == "log_of_determinant" else self.builder.fmul(sign, self.numbers.do_exp(log))


_WRITERS = {
    "solve": _Solve,
    "inv": _Inverse,
    "cholesky": _Cholesky,
    "det": _Determinant,
    "sign_of_determinant": _Determinant,
    "log_of_determinant": _Determinant,
}
