"""Bodies of loops, written down once: what `chainrule.transforms.loops` asks for while a function is compiled."""

import contextlib
import math
from itertools import zip_longest
from typing import Any

import numpy

from chainrule.compilation.calls import KINDS, is_traced
from chainrule.compilation.program import Constant, GuardFailed, Instruction, Program, Variable
from chainrule.compilation.scans import Scan, While, enclosed, scan
from chainrule.places import here

_PEELED = 3  # first trips written down by themselves, until carries keep their kind
_INTERPRETED = 20_000  # instructions in all, which NumPy does in some 20 ms; code for more is made at once


class Loops:
    """Writes loops into a recording."""

    def __init__(self, recording):
        self.recording = recording

    def stand_ins(self, carries, stacks):
        """A traced value for each carry, and for a slice of each stack; None where one cannot be traced."""
        found = [self._stand_in(carry) for carry in carries] + [self._slice(stack, 0) for stack in stacks]
        return None if any(one is None for one in found) else found

    @contextlib.contextmanager
    def trying(self):
        """What is written down inside is left out of the program."""
        instructions = self.recording.instructions
        start = len(instructions)
        try:
            yield
        finally:
            del instructions[start:]

    def scan(self, trip, carries, stacks, trips, reverse, weak=()):
        """A loop of a known length; None where its body cannot be written down once.

        Args:
            trip: from the values of carries and of slices to those of the next carries and of what is kept.
            weak: for each of the first stacks, whether its entries are weak numbers (see decision 6).

        Returns: `(last carries, kept stacks)`, traced.
        """
        first = []
        for _ in range(_PEELED):
            if trips - len(first) < 2:
                return None
            found = self._scan(trip, carries, stacks, trips - len(first), reverse, weak)
            if found is not None:
                carries, kept = found
                return (
                    carries,
                    [_joined(own, stack, reverse) for own, stack in zip(zip(*first), kept)] if first else kept,
                )
            if self._refused:
                return None
            place, rest = (-1, slice(None, -1)) if reverse else (0, slice(1, None))
            slices = [_as_kept(stack[place], one) for stack, one in _with_flags(stacks, weak)]
            carries, own = trip(carries, slices)
            first.append(own)
            stacks = [stack[rest] for stack in stacks]
        return None

    def while_loop(self, condition, trip, carries):
        """A loop as long as a condition holds; None where its body or its condition cannot be written down once."""
        for _ in range(_PEELED):
            found = self._while(condition, trip, carries)
            if found is not None:
                return self._write(*found)
            if self._refused:
                return None
            if not condition(carries):
                return carries
            carries = trip(carries)
        return None

    def count(self, condition, trip, carries):
        """How often a `while_loop` runs its body on the example; None where that is not known without running it."""

        def counted(values):
            return [*trip(values[:-1]), values[-1] + 1.0]

        for done in range(_PEELED):
            with self.trying():
                found = self._while(lambda values: condition(values[:-1]), counted, [*carries, 0.0])
                if found is not None:
                    return done + int(found[1][-1])
                if self._refused:
                    return None
                if not _example(condition(carries)):
                    return done
                carries = trip(carries)
        return None

    # Stand-ins

    def _stand_in(self, value) -> Any:
        """A traced value of the kind of a carry; None for what is no number with a decimal point, nor an array."""
        recording = self.recording
        if is_traced(value):
            return type(value)(recording, recording.variable(_example(value)), value.value)
        if type(value) is not float and not isinstance(value, (numpy.ndarray, numpy.generic)):
            return None
        return KINDS["given" if type(value) is float else "strong"](recording, recording.variable(value), value)

    def _slice(self, stack, place, weak=False) -> Any:
        value: Any = _example(stack)
        if not isinstance(value, numpy.ndarray) or not value.ndim:
            return None
        entry = value[place]
        if weak:
            entry = float(entry)
            return KINDS["weak"](self.recording, self.recording.variable(entry), entry)
        return KINDS["strong"](self.recording, self.recording.variable(entry), entry)

    # Writing

    def _scan(self, trip, carries, stacks, trips, reverse, weak):
        self._refused = True
        recording, place = self.recording, -1 if reverse else 0
        own = list(map(self._stand_in, carries))
        slices = [self._slice(stack, place, one) for stack, one in _with_flags(stacks, weak)]
        if any(one is None for one in (*own, *slices)):
            return None
        with self._segment() as segment:
            following, kept = trip(own, slices)
            results = [recording.operand(x) for x in (*following, *kept)]
        if not all(map(_alike, own, results)):
            self._refused = False
            return None
        arguments = [x.variable for x in (*own, *slices)]
        body, fixed = enclosed(segment.instructions, arguments, results)
        function = Scan(body, trips, len(own), len(slices), reverse)
        operands = [*map(recording.operand, (*carries, *stacks)), *fixed]
        outputs = [recording.variable(_example(one)) for one in own]
        outputs += [
            recording.variable(numpy.broadcast_to(_example(one), (trips, *numpy.shape(_example(one))))) for one in kept
        ]
        one = scan(function, operands, outputs, here())
        values = self._run(one, segment, (*carries, *stacks), trips * (len(body.instructions) + 1))
        if values is None:
            return None
        traced = self._write(one, values, own)
        return traced[: len(own)], traced[len(own) :]

    def _while(self, condition, trip, carries):
        self._refused = True
        recording = self.recording
        own = list(map(self._stand_in, carries))
        if any(one is None for one in own):
            return None
        with self._segment() as asked:
            holds = condition(own)
            if not is_traced(holds) or holds.shape != () or holds.dtype != bool:
                return None
            test = recording.operand(holds)
        with self._segment() as segment:
            results = [recording.operand(x) for x in trip(own)]
        if not all(map(_alike, own, results)):
            self._refused = False
            return None
        arguments = [x.variable for x in own]
        asking, read = enclosed(asked.instructions, arguments, [test])
        body, fixed = enclosed(segment.instructions, arguments, results)
        function = While(asking, body, len(own), len(read))
        operands = [*map(recording.operand, carries), *read, *fixed]
        one = Instruction(
            "while", function, tuple(operands), {}, tuple(recording.variable(_example(x)) for x in own), here()
        )
        asked.met.update(segment.met)
        values = self._run(one, asked, carries, math.inf)
        return None if values is None else (one, values, own)

    def _write(self, one, values, stands):
        """Traced values for the outputs of an instruction."""
        self.recording.instructions.append(one)
        classes = [type(stand) for stand in stands] + [KINDS["strong"]] * (len(values) - len(stands))
        return [
            cls(self.recording, variable, variable.fit(value))
            for cls, variable, value in zip(classes, one.outputs, values)
        ]

    def _run(self, one, segment, given, work):
        """What the instruction gives on the example; None where a guard in it does not hold for every trip."""
        values = [x.value if type(x) is Constant else segment.met.get(x) for x in one.inputs]
        values[: len(given)] = map(_example, given)
        try:
            if work <= _INTERPRETED:
                with numpy.errstate(all="ignore"):
                    found = one.function(*values)
                return list(found) if len(one.outputs) > 1 else [found]
            from chainrule.compilation.plan import Plan

            inputs = [Variable(i, numpy.shape(x), numpy.result_type(x), _kind(x)) for i, x in enumerate(values)]
            alone = Instruction(one.name, one.function, tuple(inputs), {}, one.outputs)
            plan = Plan(Program(inputs, [], [alone], list(one.outputs)))
            plan.build()
            return plan(values)
        except GuardFailed:
            return None

    @contextlib.contextmanager
    def _segment(self):
        """What is written down inside, cut out of the recording, with the values that it reads from outside."""
        recording, segment = self.recording, _Segment()
        start, outer = len(recording.instructions), recording.met
        recording.met = segment.met
        try:
            yield segment
        finally:
            segment.instructions = recording.instructions[start:]
            del recording.instructions[start:]
            recording.met = outer
            if outer is not None:
                outer.update(segment.met)


class _Segment:
    """Instructions cut out of a recording.

    Attributes:
        met: the example's value of every variable that was an operand.
    """

    def __init__(self):
        self.instructions, self.met = [], {}


def _with_flags(stacks, weak) -> Any:
    """Pairs of a stack and whether its entries are weak numbers."""
    return zip_longest(stacks, weak, fillvalue=False)


def _as_kept(entry, weak):
    """An entry of a stack as what was kept in it: a weak number again, if it was one."""
    return entry.item() if weak else entry


def _example(value):
    return value.value if is_traced(value) else value


def _kind(value):
    return "float" if type(value) is float else "array" if isinstance(value, numpy.ndarray) else "scalar"


def _alike(stand, result):
    """Whether a next carry is of the shape, dtype and kind of its carry."""
    if type(result) is Variable:
        mine = stand.variable
        return (mine.shape, mine.dtype, mine.kind) == (result.shape, result.dtype, result.kind)
    value = result.value
    return numpy.shape(value) == stand.shape and numpy.result_type(value) == stand.dtype and _kind(value) == stand.kind


def _joined(own, stack, reverse):
    """Entries of the first trips, and the stack of the others."""
    rows = [numpy.reshape(x, (1, *numpy.shape(x))) for x in own]
    return numpy.concatenate([stack, *rows[::-1]] if reverse else [*rows, stack])
