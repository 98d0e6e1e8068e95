"""Matrix products: small ones in registers, the others by NumPy's BLAS.

A vector is a matrix of one row or one column, and a stack is a loop over its matrices. What BLAS cannot read as it
lies (every other column, another dtype, an array of one value) is copied first.
"""

import math
from typing import Any

from chainrule.compilation.native import ir
from chainrule.compilation.native.blas import blas
from chainrule.compilation.native.loops import Access, clear, counting, fill, load_lanes, move, store_lanes
from chainrule.compilation.native.numbers import LONG, TYPES, WORD, Numbers, declare
from chainrule.compilation.program import Constant, spelled
from chainrule.compilation.scans import shape_of
from chainrule.compilation.schedule import SMALL, Unsupported, contiguous, product_lengths

_ROWS, _PLAIN, _TRANSPOSED = 101, 111, 112  # CBLAS's enumerations
_WIDEST, _WORTH_WRITING = 8, 1_000_000  # of narrow products: vectors of a row, multiplications
_ABREAST = 4  # vectors of a row that are summed at a time
_DEEPEST = 256  # terms that are summed in registers before the sum goes to memory


def emit(kernel, one):
    """Write a matrix product at the end of a kernel. Raises Unsupported where there is no native form."""
    (y,) = one.outputs
    m, k, n = product_lengths(one)
    if spelled(y.dtype) not in ("float64", "float32"):
        raise Unsupported(f"matmul in {y.dtype}")
    if not math.prod(y.shape):
        return
    if k == 0:
        if y.shape == ():
            kernel.set_number(y, ir.Constant(TYPES[spelled(y.dtype)], 0.0))
        else:
            clear(kernel, kernel.access(y, y.shape), math.prod(y.shape) * y.dtype.itemsize)
        return
    writer = _Small if max(m, k, n) <= SMALL else _Narrow if _is_narrow(kernel, y.dtype, m, k, n) else _ByBlas
    writer(kernel, one, (m, k, n)).emit()


def _is_narrow(kernel, dtype, m, k, n):
    """Whether a result has so few columns that BLAS would spend its time on arranging the factors."""
    lanes = kernel.machine.vector_bits // 8 // dtype.itemsize
    vectors = -(-n // lanes)
    filled = n / (vectors * lanes) >= (0.6 if vectors <= _ABREAST else 0.9)
    return min(m, k) > 1 and vectors <= _WIDEST and filled and m * k * n >= _WORTH_WRITING


def over_front(kernel, front, strides, write):
    """Loops over the axes of a stack; `write` takes where one matrix begins in each operand.

    Args:
        strides: for each operand its strides along these axes.
    """
    builder = kernel.builder

    def within(axis, offsets):
        if axis == len(front):
            write(*offsets)
            return
        with counting(builder, front[axis]) as i:
            moved = [builder.add(o, builder.mul(i, ir.Constant(LONG, s[axis]))) for o, s in zip(offsets, strides)]
            within(axis + 1, moved)

    within(0, [ir.Constant(LONG, 0)] * len(strides))


def along_front(shape, strides, front):
    """The strides of an operand along the axes of a stack, which broadcast; its own are the last ones of these."""
    added = len(front) - len(shape)
    return (0,) * added + tuple(0 if n == 1 else s for n, s in zip(shape, strides))


class _Operand:
    """A stack of matrices: rows and columns of each, and how it lies.

    Attributes:
        access: where it lies, with strides along the axes of the stack, the rows and the columns; None for an array
            of one value, whose `value` is that.
    """

    def __init__(self, kernel, x, front, column):
        self.kernel, self.x = kernel, x
        self.value: Any = None
        self.access: Any = None
        self.shape = shape_of(x)
        self.vector, self.column = len(self.shape) == 1, column
        self.front = front
        held = kernel.schedule.operand(x)
        if isinstance(held, Constant) or held.shape == ():
            self.value = held
        else:
            self.lies(kernel.access(x, x.shape))

    def lies(self, access):
        """Its entries are here, at strides of its own axes."""
        shape, strides = self.shape, access.strides
        if self.vector:
            shape, strides = ((*shape, 1), (*strides, 0)) if self.column else ((1, *shape), (0, *strides))
        self.rows, self.columns = shape[-2:]
        front = along_front(shape[:-2], strides[:-2], self.front)
        self.access = Access(access.pointer, access.dtype, (*front, *strides[-2:]))


class _Product:
    """One product under construction, of matrices of m rows and k columns with matrices of n columns."""

    def __init__(self, kernel, one, lengths):
        self.kernel, self.builder, self.one = kernel, kernel.builder, one
        (a, b), (self.y,) = one.inputs, one.outputs
        self.m, self.k, self.n = lengths
        self.dtype, self.kind = spelled(self.y.dtype), TYPES[spelled(self.y.dtype)]
        vectors = len(a.shape) == 1, len(b.shape) == 1
        self.front = self.y.shape[: len(self.y.shape) - 2 + sum(vectors)]
        self.a, self.b = _Operand(kernel, a, self.front, False), _Operand(kernel, b, self.front, True)
        strides = contiguous((*self.front, self.m, self.n))
        self.numbers = Numbers(self.builder, kernel.machine)
        self.out = kernel.access(self.y, self.y.shape).pointer if self.y.shape else None
        self.strides = strides[: len(self.front)]
        self._copies = []

    def emit(self):
        for operand in (self.a, self.b):
            if not self._fits(operand):
                self._copy(operand)
        none = (0,) * len(self.front)
        strides = [x.access.strides[: len(self.front)] if x.access else none for x in (self.a, self.b)]
        over_front(self.kernel, self.front, [*strides, self.strides], self.write)
        for place in self._copies:
            self.kernel.memory.give_back(*place)

    def _fits(self, operand) -> Any:
        """Whether an operand can be read as it lies; else it is copied first."""
        return True

    def _copy(self, operand):
        x, shape, kernel = operand.x, operand.shape, self.kernel
        size = math.prod(shape) * self.y.dtype.itemsize
        self._copies.append((kernel.memory.take(size), size))
        pointer = kernel.workspace(self._copies[-1][0], self.y.dtype)
        target = Access(pointer, self.dtype, contiguous(shape))
        if operand.value is not None:
            fill(kernel, shape, x, target)
        else:
            move(kernel, shape, kernel.access(x, shape), target)
        operand.lies(Access(pointer, self.dtype, contiguous(shape)))

    def write(self, a, b, y):
        raise NotImplementedError


class _Small(_Product):
    """Every entry in a register: rows of the result are vectors (columns, where it has one column)."""

    def write(self, a, b, y):
        turned = self.n == 1 and self.m > 1
        count, width = (1, self.m) if turned else (self.m, self.n)
        first, second = (self.b, self.a) if turned else (self.a, self.b)
        offsets = (b, a) if turned else (a, b)
        vectors = [self._vector(second, offsets[1], k, width, turned) for k in range(self.k)]
        for row in range(count):
            total = None
            for k, vector in enumerate(vectors):
                place = (k, 0) if turned else (row, k)
                factor = self._spread(self._entry(first, offsets[0], *place), width)
                total = self._fused(factor, vector, total)
            self._store(total, y, row * self.n, width)

    def _fused(self, a, b, total):
        if total is None:
            return self.builder.fmul(a, b)
        return Numbers(self.builder, self.kernel.machine).intrinsic("fmuladd", a, b, total)

    def _entry(self, operand, offset, row, column):
        numbers = self.numbers
        if operand.access is None:
            return self.kernel.operand(numbers, operand.x, {}, self.dtype)
        *_, down, across = operand.access.strides
        place = self.builder.add(offset, ir.Constant(LONG, row * down + column * across))
        value = self.builder.load(self.builder.gep(operand.access.pointer, [place]))
        return numbers.convert(value, operand.access.dtype, self.dtype)

    def _spread(self, value, width):
        return Numbers(self.builder, self.kernel.machine, width).spread(value) if width > 1 else value

    def _vector(self, operand, offset, k, width, turned):
        """Row k of the second factor, or column k of the first."""
        if width == 1:
            return self._entry(operand, offset, *((0, k) if turned else (k, 0)))
        if operand.access is None:
            return self._spread(self._entry(operand, offset, 0, 0), width)
        step = operand.access.strides[-2 if turned else -1]
        if step == 1 and operand.access.dtype == self.dtype and width in (2, 4, 8):
            first = operand.access.strides[-1 if turned else -2] * k
            pointer = self.builder.gep(operand.access.pointer, [self.builder.add(offset, ir.Constant(LONG, first))])
            kind = ir.VectorType(self.kind, width)
            return self.builder.load(self.builder.bitcast(pointer, kind.as_pointer()), align=1)
        vector = ir.Constant(ir.VectorType(self.kind, width), ir.Undefined)
        for i in range(width):
            value = self._entry(operand, offset, *((i, k) if turned else (k, i)))
            vector = self.builder.insert_element(vector, value, ir.Constant(WORD, i))
        return vector

    def _store(self, value, offset, first, width):
        if self.out is None:
            self.kernel.set_number(self.y, value)
            return
        pointer = self.builder.gep(self.out, [self.builder.add(offset, ir.Constant(LONG, first))])
        if width == 1:
            self.builder.store(value, pointer)
        elif width in (2, 4, 8):
            self.builder.store(value, self.builder.bitcast(pointer, value.type.as_pointer()), align=1)
        else:
            for i in range(width):
                at = self.builder.gep(pointer, [ir.Constant(LONG, i)])
                self.builder.store(self.builder.extract_element(value, ir.Constant(WORD, i)), at)


class _Narrow(_Product):
    """A result of few columns: some rows of it at a time are summed in registers, over rows of the second factor."""

    def __init__(self, kernel, one, lengths):
        super().__init__(kernel, one, lengths)
        self.lanes = kernel.machine.vector_bits // 8 // self.y.dtype.itemsize
        self.vectors = -(-self.n // self.lanes)
        self.wide = Numbers(self.builder, kernel.machine, self.lanes)
        self.blocks = -(-self.k // _DEEPEST)

    def _fits(self, operand):
        if operand.access is None or operand.access.dtype != self.dtype:
            return False
        return operand is self.a or operand.access.strides[-1] == 1

    def write(self, a, b, y):
        out = self.builder.gep(self.out, [y])
        first, second = (self.builder.gep(x.access.pointer, [at]) for x, at in ((self.a, a), (self.b, b)))
        if self.blocks == 1:
            self._block(first, second, out, ir.Constant(LONG, self.k))
            return
        clear(self.kernel, Access(out, self.dtype, ()), self.m * self.n * self.y.dtype.itemsize)
        deep = -(-self.k // self.blocks)
        with counting(self.builder, self.blocks) as i:
            start = self.builder.mul(i, ir.Constant(LONG, deep))
            left = self.builder.sub(ir.Constant(LONG, self.k), start)
            short = self.builder.icmp_unsigned("<", left, ir.Constant(LONG, deep))
            length = self.builder.select(short, left, ir.Constant(LONG, deep))
            across, down = self.a.access.strides[-1], self.b.access.strides[-2]
            self._block(self._moved(first, start, across), self._moved(second, start, down), out, length)

    def _moved(self, pointer, i, stride):
        return self.builder.gep(pointer, [self.builder.mul(i, ir.Constant(LONG, stride))])

    def _block(self, first, second, out, length):
        """The part of every sum that `length` columns of the first factor are in."""
        wide = self.lanes * -(-self.vectors // -(-self.vectors // _ABREAST))
        if whole := self.n // wide:
            with counting(self.builder, whole) as i:
                self._columns(first, self._moved(second, i, wide), self._moved(out, i, wide), length, wide)
        if left := self.n % wide:
            second, out = (self._at(x, self.n - left) for x in (second, out))
            self._columns(first, second, out, length, left)

    def _columns(self, first, second, out, length, columns):
        """Of some columns of the result, a few rows at a time."""
        rows, down = self._together(-(-columns // self.lanes)), self.a.access.strides[-2]
        done = self.m // rows * rows
        with counting(self.builder, self.m // rows) as i:
            start, place = self._moved(first, i, rows * down), self._moved(out, i, rows * self.n)
            self._tile(start, second, place, length, rows, columns)
        if done < self.m:
            start, place = self._at(first, done * down), self._at(out, done * self.n)
            self._tile(start, second, place, length, self.m - done, columns)

    def _together(self, vectors):
        """Rows whose sums fit the registers, if possible such that none are left over."""
        most = min((28 if self.kernel.machine.vector_bits == 512 else 12) // vectors, 12, self.m)
        return next((rows for rows in range(most, most // 2, -1) if self.m % rows == 0), most)

    def _at(self, pointer, i):
        return self.builder.gep(pointer, [ir.Constant(LONG, i)])

    def _tile(self, first, second, out, length, rows, columns):
        b, kind = self.builder, self.wide.type(self.dtype)
        parts = range(0, columns, self.lanes)
        left = {start: columns - start for start in parts if columns - start < self.lanes}
        sums = {(i, start): self.kernel.local(kind) for i in range(rows) for start in parts}
        for slot in sums.values():
            b.store(ir.Constant(kind, None), slot)
        with counting(b, length) as k:
            down, across = self.a.access.strides[-2:]
            at, row = self._moved(first, k, across), self._moved(second, k, self.b.access.strides[-2])
            vectors = {start: load_lanes(b, kind, self._at(row, start), left.get(start)) for start in parts}
            for i in range(rows):
                factor = self.wide.spread(b.load(self._at(at, i * down)))
                for start, vector in vectors.items():
                    slot = sums[i, start]
                    b.store(self.wide.intrinsic("fma", factor, vector, b.load(slot)), slot)
        for (i, start), slot in sums.items():
            total, place = b.load(slot), self._at(out, i * self.n + start)
            if self.blocks > 1:
                total = b.fadd(load_lanes(b, kind, place, left.get(start)), total)
            store_lanes(b, total, place, left.get(start))


class _Matrix:
    """A matrix in memory: its first entry, whether it lies transposed, and the distance of its rows."""

    def __init__(self, pointer, turned, distance):
        self.pointer, self.turned, self.distance = pointer, turned, distance


class _ByBlas(_Product):
    """Calls of BLAS."""

    def __init__(self, kernel, one, lengths):
        super().__init__(kernel, one, lengths)
        self.library = blas()
        if self.library is None:
            raise Unsupported("matmul: NumPy's BLAS was not found")
        self.letter = "d" if self.dtype == "float64" else "s"

    def _fits(self, operand):
        return operand.access is not None and operand.access.dtype == self.dtype and self._lies(operand) is not None

    def _lies(self, operand) -> Any:
        """How BLAS reads the matrices of a stack: whether transposed, and the distance of rows; None if not at all."""
        (rows, columns), (down, across) = (operand.rows, operand.columns), operand.access.strides[-2:]
        if (across == 1 or columns == 1) and (down >= columns or rows == 1):
            return False, max(down if rows > 1 else columns, columns, 1)
        if (down == 1 or rows == 1) and (across >= rows or columns == 1):
            return True, max(across if columns > 1 else rows, rows, 1)
        return None

    def write(self, a, b, y):
        if self.m == self.n == 1:
            self._dot(a, b, y)
        elif self.n == 1:
            self._rows(self.a, a, self.b, b, y, turned=False)
        elif self.m == 1:
            self._rows(self.b, b, self.a, a, y, turned=True)
        else:
            self._gemm(a, b, y)

    def _call(self, name, result, arguments):
        kinds = [x.type for x in arguments]
        symbol = self.library.symbol(self.kernel.machine, self.letter + name)
        return self.builder.call(declare(self.kernel.module, symbol, result, kinds), arguments)

    def _length(self, n):
        return ir.Constant(self.library.whole, n)

    def _number(self, value):
        return ir.Constant(self.kind, value)

    def _at(self, operand, offset):
        return self.builder.gep(operand.access.pointer, [offset])

    def _matrix(self, operand, offset):
        return _Matrix(self._at(operand, offset), *self._lies(operand))

    def _vector(self, operand, offset):
        """A matrix of one row or column: its first entry, and the step to the next one."""
        down, across = operand.access.strides[-2:]
        step = across if operand.rows == 1 else down
        return self._at(operand, offset), self._length(max(step, 1))

    def _dot(self, a, b, y):
        (first, step), (second, other) = self._vector(self.a, a), self._vector(self.b, b)
        value = self._call("dot", self.kind, [self._length(self.k), first, step, second, other])
        if self.out is None:
            self.kernel.set_number(self.y, value)
        else:
            self.builder.store(value, self.builder.gep(self.out, [y]))

    def _rows(self, matrix, at, vector, offset, y, turned):
        lies = self._matrix(matrix, at)
        x, step = self._vector(vector, offset)
        shape = (matrix.columns, matrix.rows) if lies.turned else (matrix.rows, matrix.columns)
        way = _TRANSPOSED if lies.turned is not turned else _PLAIN
        arguments = [ir.Constant(WORD, _ROWS), ir.Constant(WORD, way), *map(self._length, shape), self._number(1)]
        arguments += [lies.pointer, self._length(lies.distance), x, step, self._number(0)]
        arguments += [self.builder.gep(self.out, [y]), self._length(1)]
        self._call("gemv", ir.VoidType(), arguments)

    def _gemm(self, a, b, y):
        first, second = self._matrix(self.a, a), self._matrix(self.b, b)
        ways = [ir.Constant(WORD, _TRANSPOSED if x.turned else _PLAIN) for x in (first, second)]
        lengths = map(self._length, (self.m, self.n, self.k))
        arguments = [ir.Constant(WORD, _ROWS), *ways, *lengths, self._number(1), first.pointer]
        arguments += [self._length(first.distance), second.pointer, self._length(second.distance), self._number(0)]
        arguments += [self.builder.gep(self.out, [y]), self._length(self.n)]
        self._call("gemm", ir.VoidType(), arguments)
