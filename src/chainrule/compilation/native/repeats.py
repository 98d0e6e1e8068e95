"""A `scan` in native code: the body once, inside a loop; carries that are numbers stay in registers.

A carried array has two places in memory. A trip reads one and writes the other, and the next trip takes them the
other way round, so that nothing is copied. A kept array is written where it belongs in its stack.
"""

import math
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from chainrule.compilation.native import loops
from chainrule.compilation.native.loops import Access, counting, load, store
from chainrule.compilation.native.numbers import LONG, TYPES, Numbers
from chainrule.compilation.program import Constant, Variable
from chainrule.compilation.schedule import Schedule, Unsupported, View, contiguous


def emit(kernel, one):
    """Write a `scan` at the end of a kernel. Raises Unsupported, of the whole instruction."""
    try:
        _Repeat(kernel, one).emit()
    except Unsupported as refused:
        refused.instruction = one
        raise


@dataclass(eq=False)
class _Carry:
    """One carry: the variable in the body, what it starts from, and what becomes of it.

    Attributes:
        current, following: of an array, the pointers of this trip: to read, and to write.
        number: of a number, its register (a phi).
        spare: `(offset, size)` of the second place, a part of the workspace.
    """

    variable: Variable
    start: Any
    output: Variable
    current: Any = None
    following: Any = None
    number: Any = None
    spare: tuple = (0, 0)


class _Repeat:
    """One loop under construction."""

    def __init__(self, kernel, one):
        self.kernel, self.builder, self.scan = kernel, kernel.builder, one.function
        body, carried, sliced = self.scan.body, self.scan.carried, self.scan.sliced
        self.inputs = [kernel.schedule.operand(x) for x in one.inputs]
        self.carries = [_Carry(*each) for each in zip(body.arguments, self.inputs[:carried], one.outputs)]
        self.slices = list(zip(body.arguments[carried : carried + sliced], self.inputs[carried : carried + sliced]))
        self.fixed = list(zip(body.arguments[carried + sliced :], self.inputs[carried + sliced :]))
        self.next, self.kept = body.results[:carried], body.results[carried:]
        self.stacks = one.outputs[carried:]
        self.schedule = self._schedule(body)

    def _schedule(self, body):
        """The body's schedule, in which what is the same for all trips is what it is outside."""
        outer = self.kernel.schedule
        views, filled = dict(outer.views), dict(outer.filled)
        for inner, given in self.fixed:
            if type(given) is Constant or given.shape == ():  # a number, or an array full of it
                filled[inner] = given
            else:
                views[inner] = View(outer.base(given), *self.kernel.layout(given))
        for inner, given in self.slices:
            if type(given) is Constant or given.shape == ():
                filled[inner] = given
            elif inner.shape:
                views[inner] = View(_root(inner), 0, self.kernel.layout(given)[1][1:])
        return Schedule(body.instructions, [x for x in body.results if type(x) is Variable], views, filled)

    def emit(self):
        for carry in self.carries:
            self._start(carry)
        with self.kernel.inside(self.schedule, [x for x in self.scan.body.results if type(x) is Variable]):
            before = self.builder.block
            trips = counting(self.builder, self.scan.trips)
            with trips as i:
                self._phis(i, before)
                place = self.builder.sub(ir.Constant(LONG, self.scan.trips - 1), i) if self.scan.reverse else i
                stacks = [self._slot(y, place) for y in self.stacks]
                self._slices(place)
                self._let_results_lie(stacks)
                self.kernel.steps()
                last = self._hand_on(stacks)
            for variable in [y for one in self.scan.body.instructions for y in one.outputs]:
                self.kernel.release(variable)
        for carry, value in zip(self.carries, last):
            if carry.variable.shape == ():
                self.kernel.set_number(carry.output, value)
            else:
                self.kernel.give_back(*carry.spare)

    # Carries

    def _start(self, carry):
        """What the first trip takes."""
        variable, kernel = carry.variable, self.kernel
        if variable.shape == ():
            carry.start = self._number(carry.start, variable.dtype)
            return
        kind = str(variable.dtype)
        size = max(math.prod(variable.shape), 1) * variable.dtype.itemsize
        carry.spare = kernel.spare(size), size
        first, second = kernel.workspace(carry.spare[0], variable.dtype), kernel.pointer(carry.output)
        if self.scan.trips % 2 == 0:  # the last trip writes the output
            first, second = second, first
        carry.current, carry.following = first, second
        self._copy(carry.start, variable.shape, Access(first, kind, contiguous(variable.shape)))

    def _phis(self, i, before):
        builder = self.builder
        for carry in self.carries:
            if carry.variable.shape == ():
                carry.number = builder.phi(TYPES[str(carry.variable.dtype)])
                carry.number.add_incoming(carry.start, before)
                self.kernel.set_number(carry.variable, carry.number)
        odd = builder.icmp_unsigned("!=", builder.and_(i, ir.Constant(LONG, 1)), ir.Constant(LONG, 0))
        for carry in self.carries:
            if carry.variable.shape != ():
                first, second = carry.current, carry.following
                carry.current = builder.select(odd, second, first)
                carry.following = builder.select(odd, first, second)
                self.kernel.place(carry.variable, carry.current)

    def _hand_on(self, stacks):
        """The end of a trip: what was kept goes to its stack, and the next carries to where they are looked for.

        Returns: the next carries that are numbers, None for arrays.
        """
        for x, y, pointer in zip(self.kept, self.stacks, stacks):
            if y.shape[1:] == ():
                store(self.builder, self._number(x, y.dtype), pointer)
            elif self.lies.get(x) is not pointer:
                self._copy(x, y.shape[1:], Access(pointer, str(y.dtype), contiguous(y.shape[1:])))
        last = []
        for carry, x in zip(self.carries, self.next):
            shape, dtype = carry.variable.shape, carry.variable.dtype
            last.append(self._number(x, dtype) if shape == () else None)
            if shape != () and self.lies.get(x) is not carry.following:
                self._copy(x, shape, Access(carry.following, str(dtype), contiguous(shape)))
        for carry, value in zip(self.carries, last):
            if value is not None:
                carry.number.add_incoming(value, self.builder.block)
        return last

    # Memory

    def _slot(self, stack, place):
        """Where a kept value of this trip lies."""
        entries = ir.Constant(LONG, math.prod(stack.shape[1:]))
        return self.builder.gep(self.kernel.pointer(stack), [self.builder.mul(place, entries)])

    def _slices(self, place):
        for inner, given in self.slices:
            if inner in self.schedule.filled:
                continue
            offset, strides = self.kernel.layout(given)
            at = self.builder.mul(place, ir.Constant(LONG, strides[0]))
            at = self.builder.add(at, ir.Constant(LONG, offset))
            pointer = self.builder.gep(self.kernel.pointer(self.schedule.base(given)), [at])
            if inner.shape:
                self.kernel.place(self.schedule.views[inner].base, pointer)
            else:
                self.kernel.set_number(inner, load(self.builder, pointer, str(inner.dtype)))

    def _let_results_lie(self, stacks):
        """Results that the body makes as arrays of their own are made where they are to be."""
        self.lies = {}
        made = {y for one in self.scan.body.instructions for y in one.outputs}
        places = [*zip(self.next, (carry.following for carry in self.carries)), *zip(self.kept, stacks)]
        for x, pointer in places:
            own = x in made and x.shape != () and x in self.schedule.stored and x not in self.schedule.views
            if own and x not in self.lies:
                self.lies[x] = pointer
                self.kernel.place(x, pointer)

    def _number(self, x, dtype):
        numbers = Numbers(self.builder, self.kernel.machine)
        return self.kernel.operand(numbers, x, {}, str(dtype))

    def _copy(self, x, shape, target):
        """Entries of an operand to an Access of its shape."""
        x = self.kernel.schedule.operand(x)
        if not math.prod(shape):
            return
        if type(x) is Constant or x.shape == () or x in self.kernel.schedule.filled:
            loops.fill(self.kernel, shape, x, target)
        else:
            loops.move(self.kernel, shape, self.kernel.access(x, shape), target)


def _root(inner):
    """Stands for the memory that a slice of the present trip lies in."""
    return Variable(inner.number, inner.shape, inner.dtype, "array")
