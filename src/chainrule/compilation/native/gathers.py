"""Entries read at a list of places, or added there, one after the other."""

import math

from chainrule.compilation.native import ir
from chainrule.compilation.native.loops import Access, clear, counting, load, move, store
from chainrule.compilation.native.numbers import LONG, Numbers
from chainrule.compilation.program import Constant, Variable, spelled
from chainrule.compilation.schedule import Unsupported, contiguous


def emit(kernel, one):
    """Write a `taken` or an `added` at the end of a kernel."""
    _Gather(kernel, one).emit()


class _Gather:
    """One of them under construction."""

    def __init__(self, kernel, one):
        self.kernel, self.builder, self.one = kernel, kernel.builder, one
        (self.x, self.places), (self.y,) = one.inputs, one.outputs
        self.numbers = Numbers(self.builder, kernel.machine)
        self._spares = []

    def emit(self):
        if self.one.name == "taken":
            self._take()
        else:
            self._add()
        for place in self._spares:
            self.kernel.memory.give_back(*place)

    def _take(self):
        if self.y.shape != () and not math.prod(self.y.shape):
            return
        x = self._in_rows(self.x)
        place, most = self._reader(self.places), math.prod(self.x.shape) - 1
        if self.y.shape == ():
            value = load(self.builder, self._entry(x, place(ir.Constant(LONG, 0)), most), spelled(self.y.dtype))
            self.kernel.set_number(self.y, value)
            return
        out = self.kernel.access(self.y, self.y.shape).pointer
        with counting(self.builder, math.prod(self.y.shape)) as i:
            value = self.builder.load(self._entry(x, place(i), most))
            self.builder.store(value, self.builder.gep(out, [i]))

    def _add(self):
        out = self.kernel.access(self.y, self.y.shape)
        count, most = math.prod(self.x.shape), math.prod(self.y.shape) - 1
        if spelled(self.y.dtype) not in ("float64", "float32"):
            raise Unsupported(f"shares of dtype {self.y.dtype}")
        clear(self.kernel, out, (most + 1) * self.y.dtype.itemsize)
        if not count:
            return
        value, place = self._reader(self.x), self._reader(self.places)
        with counting(self.builder, count) as i:
            target = self._entry(out.pointer, place(i), most)
            store(self.builder, self.builder.fadd(self.builder.load(target), value(i)), target)

    def _entry(self, pointer, place, most):
        """The address of an entry: a guard before has seen that it is there, but no fault shall hang on that."""
        if type(self.places) is not Constant:
            low = self.builder.icmp_signed("<", place, ir.Constant(LONG, 0))
            place = self.builder.select(low, ir.Constant(LONG, 0), place)
            high = self.builder.icmp_signed(">", place, ir.Constant(LONG, most))
            place = self.builder.select(high, ir.Constant(LONG, most), place)
        return self.builder.gep(pointer, [place])

    def _reader(self, x):
        """Of an operand, what gives its i-th entry."""
        held = self.kernel.schedule.operand(x)
        if type(held) is Constant or held.shape == ():
            dtype = self.y.dtype if x is self.x else "int64"
            value = self.kernel.operand(self.numbers, x, {}, spelled(dtype))
            return lambda i: value
        pointer = self._in_rows(x)
        return lambda i: self.builder.load(self.builder.gep(pointer, [i]))

    def _in_rows(self, x):
        """The entries of an operand one after the other: as they lie, or copied."""
        if type(x) is not Variable or x in self.kernel.schedule.filled:
            raise Unsupported(f"{self.one.name} of an array of one value")
        access, rows = self.kernel.access(x, x.shape), contiguous(x.shape)
        if all(n == 1 or own == row for n, own, row in zip(x.shape, access.strides, rows)):
            return access.pointer
        size = math.prod(x.shape) * x.dtype.itemsize
        self._spares.append((self.kernel.memory.take(size), size))
        pointer = self.kernel.workspace(self._spares[-1][0], x.dtype)
        move(self.kernel, x.shape, access, Access(pointer, access.dtype, rows))
        return pointer
