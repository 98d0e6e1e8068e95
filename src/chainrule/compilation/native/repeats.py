"""Loops of a program in native code: the body once, inside a loop; carries that are numbers stay in registers.

A carried array has two places in memory. A trip reads one and writes the other, and the next trip takes them the
other way round, so that nothing is copied. A kept array is written where it belongs in its stack.
"""

import ctypes
import math
from dataclasses import dataclass, field
from typing import Any

from chainrule.compilation.native import ir, loops
from chainrule.compilation.native.loops import Access, counting, load, store
from chainrule.compilation.native.numbers import LONG, TYPES, WORD, Numbers, declare
from chainrule.compilation.program import Constant, Variable, guard, spelled
from chainrule.compilation.schedule import Schedule, Unsupported, View, contiguous

_UNMINDED = (1 << 20) - 1  # trips between two looks for signals


def emit(kernel, one):
    """Write a `scan` or a `while` at the end of a kernel. Raises Unsupported, of the whole instruction."""
    try:
        (_Repeat if one.name == "scan" else _While)(kernel, one).emit()
    except Unsupported as refused:
        refused.instruction = one
        raise


@dataclass(eq=False)
class _Carry:
    """One carry: the variable in the body, what it starts from, and what becomes of it.

    Attributes:
        current, following: of an array, the pointers of this trip: to read, and to write.
        number: of a number, its register (a phi).
        spares: `(offset, size)` of its places in the workspace.
    """

    variable: Variable
    start: Any
    output: Variable
    current: Any = None
    following: Any = None
    number: Any = None
    spares: list = field(default_factory=list)


class _Looping:
    """What both kinds of loops share."""

    kernel: Any
    builder: Any
    carries: list

    def inside(self, program, outer, views=(), filled=()):
        """The schedule of a program inside a loop, in which what is the same for all trips is what it is outside.

        Args:
            outer: pairs of an argument of the program and the operand that it stands for.
        """
        around = self.kernel.schedule
        views, filled = {**around.views, **dict(views)}, {**around.filled, **dict(filled)}
        for inner, given in outer:
            if type(given) is Constant or given.shape == ():  # a number, or an array full of it
                filled[inner] = given
            else:
                views[inner] = View(around.base(given), *self.kernel.layout(given))
        return Schedule(program.instructions, _variables(program.results), views, filled)

    def release(self, program):
        """What was made in a trip makes room."""
        for one in program.instructions:
            for variable in one.outputs:
                self.kernel.release(variable)

    def number(self, x, dtype):
        numbers = Numbers(self.builder, self.kernel.machine)
        return self.kernel.operand(numbers, x, {}, spelled(dtype))

    def spare(self, carry):
        """A place in the workspace for a carried array."""
        size = max(math.prod(carry.variable.shape), 1) * carry.variable.dtype.itemsize
        carry.spares.append((self.kernel.memory.take(size), size))
        return self.kernel.workspace(carry.spares[-1][0], carry.variable.dtype)

    def finish(self, carry, value):
        """After the loop: a number has its value, and an array gives its places back."""
        if carry.variable.shape == ():
            self.kernel.set_number(carry.output, value)
        for place in carry.spares:
            self.kernel.memory.give_back(*place)

    def copy(self, x, carry, pointer):
        """Entries of an operand to the memory of a carry."""
        self.copy_to(x, carry.variable.shape, carry.variable.dtype, pointer)

    def copy_to(self, x, shape, dtype, pointer):
        x = self.kernel.schedule.operand(x)
        if not math.prod(shape):
            return
        target = Access(pointer, spelled(dtype), contiguous(shape))
        if type(x) is Constant or x.shape == () or x in self.kernel.schedule.filled:
            loops.fill(self.kernel, shape, x, target)
        else:
            loops.move(self.kernel, shape, self.kernel.access(x, shape), target)


class _Repeat(_Looping):
    """A loop of a known length under construction."""

    def __init__(self, kernel, one):
        self.kernel, self.builder, self.scan = kernel, kernel.builder, one.function
        body, carried, sliced = self.scan.body, self.scan.carried, self.scan.sliced
        inputs = [kernel.schedule.operand(x) for x in one.inputs]
        self.carries = [_Carry(*each) for each in zip(body.arguments, inputs[:carried], one.outputs)]
        self.slices = list(zip(body.arguments[carried : carried + sliced], inputs[carried : carried + sliced]))
        self.next, self.kept = body.results[:carried], body.results[carried:]
        self.stacks = one.outputs[carried:]
        views, filled = {}, {}
        for inner, given in self.slices:
            if type(given) is Constant or given.shape == ():
                filled[inner] = given
            elif inner.shape:
                views[inner] = View(_root(inner), 0, kernel.layout(given)[1][1:])
        outer = zip(body.arguments[carried + sliced :], inputs[carried + sliced :])
        self.schedule = self.inside(body, outer, views, filled)

    def emit(self):
        for carry in self.carries:
            self._start(carry)
        with self.kernel.inside(self.schedule, _variables(self.scan.body.results)):
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
            self.release(self.scan.body)
        for carry, value in zip(self.carries, last):
            self.finish(carry, value)

    # Carries

    def _start(self, carry):
        """What the first trip takes."""
        if carry.variable.shape == ():
            carry.start = self.number(carry.start, carry.variable.dtype)
            return
        first, second = self.spare(carry), self.kernel.pointer(carry.output)
        if self.scan.trips % 2 == 0:  # the last trip writes the output
            first, second = second, first
        carry.current, carry.following = first, second
        self.copy(carry.start, carry, first)

    def _phis(self, i, before):
        builder = self.builder
        for carry in self.carries:
            if carry.variable.shape == ():
                carry.number = builder.phi(TYPES[spelled(carry.variable.dtype)])
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
                store(self.builder, self.number(x, y.dtype), pointer)
            elif self.lies.get(x) is not pointer:
                self.copy_to(x, y.shape[1:], y.dtype, pointer)
        last = []
        for carry, x in zip(self.carries, self.next):
            shape, dtype = carry.variable.shape, carry.variable.dtype
            last.append(self.number(x, dtype) if shape == () else None)
            if shape != () and self.lies.get(x) is not carry.following:
                self.copy(x, carry, carry.following)
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
                self.kernel.set_number(inner, load(self.builder, pointer, spelled(inner.dtype)))

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


class _While(_Looping):
    """A loop that a condition ends, under construction."""

    def __init__(self, kernel, one):
        self.kernel, self.builder, self.function = kernel, kernel.builder, one.function
        carried, read = self.function.carried, self.function.read
        condition, body = self.function.condition, self.function.body
        inputs = [kernel.schedule.operand(x) for x in one.inputs]
        self.carries = [_Carry(*each) for each in zip(body.arguments, inputs, one.outputs[:carried])]
        self.asked = self.inside(condition, zip(condition.arguments[carried:], inputs[carried : carried + read]))
        self.schedule = self.inside(body, zip(body.arguments[carried:], inputs[carried + read :]))

    def emit(self):
        builder, kernel = self.builder, self.kernel
        for carry in self.carries:
            self._start(carry)
        before, head = builder.block, builder.append_basic_block("while")
        builder.branch(head)
        builder.position_at_end(head)
        trip = builder.phi(LONG)
        trip.add_incoming(ir.Constant(LONG, 0), before)
        phis = [phi for carry in self.carries for phi in self._phis(carry, before)]
        with kernel.inside(self.asked, _variables(self.function.condition.results)):
            for carry, own in zip(self.carries, self.function.condition.arguments):
                self._let_be(own, carry)
            kernel.steps()
            holds = self.number(self.function.condition.results[0], "bool")
            self.release(self.function.condition)
        body, after = builder.append_basic_block("trip"), builder.append_basic_block("after")
        builder.cbranch(holds, body, after)
        builder.position_at_end(body)
        self._mind_signals(trip)
        with kernel.inside(self.schedule, _variables(self.function.body.results)):
            for carry in self.carries:
                self._let_be(carry.variable, carry)
            kernel.steps()
            following = list(map(self._following, self.carries, self.function.body.results))
            self.release(self.function.body)
        trip.add_incoming(builder.add(trip, ir.Constant(LONG, 1)), builder.block)
        for phi, value in zip(phis, [value for values in following for value in values]):
            phi.add_incoming(value, builder.block)
        builder.branch(head)
        builder.position_at_end(after)
        for carry in self.carries:
            self._end(carry)

    def _start(self, carry):
        if carry.variable.shape == ():
            carry.start = self.number(carry.start, carry.variable.dtype)
        else:
            carry.current, carry.following = self.spare(carry), self.spare(carry)
            self.copy(carry.start, carry, carry.current)

    def _phis(self, carry, before):
        """What is another one in each trip: a number, or the two places of an array."""
        if carry.variable.shape == ():
            carry.number = self.builder.phi(TYPES[spelled(carry.variable.dtype)])
            carry.number.add_incoming(carry.start, before)
            return [carry.number]
        places = [self.builder.phi(carry.current.type) for _ in range(2)]
        for phi, place in zip(places, (carry.current, carry.following)):
            phi.add_incoming(place, before)
        carry.current, carry.following = places
        return places

    def _let_be(self, variable, carry):
        """Let a variable of a program inside stand for a carry."""
        if variable.shape == ():
            self.kernel.set_number(variable, carry.number)
        else:
            self.kernel.place(variable, carry.current)

    def _following(self, carry, x):
        if carry.variable.shape == ():
            return [self.number(x, carry.variable.dtype)]
        self.copy(x, carry, carry.following)
        return [carry.following, carry.current]

    def _end(self, carry):
        if carry.variable.shape != ():
            kind, shape = spelled(carry.variable.dtype), carry.variable.shape
            source, target = (
                Access(one, kind, contiguous(shape)) for one in (carry.current, self.kernel.pointer(carry.output))
            )
            if math.prod(shape):
                loops.move(self.kernel, shape, source, target)
        self.finish(carry, carry.number)

    def _mind_signals(self, trip):
        """Every million trips, let Ctrl-C end a loop that may have no end."""
        builder = self.builder
        some = builder.icmp_unsigned(
            "==", builder.and_(trip, ir.Constant(LONG, _UNMINDED)), ir.Constant(LONG, _UNMINDED)
        )
        with builder.if_then(some, likely=False):
            state = self._python("PyGILState_Ensure", WORD)
            raised = builder.icmp_signed("<", self._python("PyErr_CheckSignals", WORD), ir.Constant(WORD, 0))
            with builder.if_then(raised, likely=False):  # Python is to see the signal when it goes on
                self._python("PyErr_Clear", ir.VoidType())
                self._python("PyErr_SetInterrupt", ir.VoidType())
            self._python("PyGILState_Release", ir.VoidType(), state)
            with builder.if_then(raised, likely=False):
                self.kernel.leave(guard(self.carries[0].variable, "not interrupted", None))

    def _python(self, name, result, *arguments):
        """A call of one of CPython's functions."""
        address = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
        symbol = self.kernel.machine.address(name, address)
        return self.builder.call(declare(self.kernel.module, symbol, result, [x.type for x in arguments]), arguments)


def _root(inner):
    """Stands for the memory that a slice of the present trip lies in."""
    return Variable(inner.number, inner.shape, inner.dtype, "array")


def _variables(results):
    return [x for x in results if type(x) is Variable]
