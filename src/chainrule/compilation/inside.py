"""Passes over loops in programs: what a loop does not need to carry, take, keep or compute trip by trip."""

import numpy

from chainrule.compilation.calls import Call, Leaves
from chainrule.compilation.program import (
    LOOPS,
    RAISING,
    STEADY,
    Constant,
    Instruction,
    Program,
    Variable,
    alike,
    with_inputs,
)
from chainrule.compilation.scans import Scan, scan


def loops(program, simplify):
    """Each loop with a simpler body; `simplify` is applied to bodies."""
    known, kept = {}, []
    for one in program.instructions:
        one = with_inputs(one, [known.get(x, x) if type(x) is Variable else x for x in one.inputs])
        if one.name == "scan":
            before, one, found = _Shorter(one, simplify).instruction()
            kept += before
            known.update(found)
        elif one.name == "while":
            function = one.function.with_programs(list(map(simplify, one.function.programs())))
            one = Instruction("while", function, one.inputs, one.params, one.outputs, one.place)
        if one is not None:
            kept.append(one)
    return program.replaced(kept, [known.get(x, x) if type(x) is Variable else x for x in program.results])


def checks(one):
    """Whether an instruction says something of values, though nothing may read its result: or has such inside.

    That is a guard, what NumPy may raise errors about, and a call whose result may have another shape for other values.
    """
    if one.name not in LOOPS:
        return one.name == "guard" or one.name in RAISING or _is_unsteady(one)
    return any(checks(inner) for program in one.function.programs() for inner in program.instructions)


def _is_unsteady(one):
    """Whether the shape of what a call gives may depend on values."""
    call = one.function.call if type(one.function) is Leaves else one.function
    if type(call) is not Call or one.name in STEADY:
        return False
    if isinstance(getattr(call.function, "__self__", None), numpy.ufunc):
        return False
    if one.name == "getitem":
        return any(type(x) is Variable and x.dtype == bool for x in one.inputs[1:])
    return not one.name.endswith(" at values")


def _without_unneeded(one, read):
    """A `scan` that keeps and carries only what makes the outputs that are in `read`, or what guards need."""
    function = one.function
    body, carried, sliced = function.body, function.carried, function.sliced
    kept = [i for i, y in enumerate(one.outputs) if i >= carried and y in read]
    carries = {i for i in range(carried) if one.outputs[i] in read}
    while True:
        results = [body.results[i] for i in (*sorted(carries), *kept)]
        instructions, inside = needed(body.instructions, results)
        more = {i for i in range(carried) if body.arguments[i] in inside}
        if more <= carries:
            break
        carries |= more
    whole = len(carries) + len(kept) == len(one.outputs) and len(instructions) == len(body.instructions)
    if whole and all(x in inside for x in body.arguments[carried:]):
        return one
    places = sorted(carries) + [i for i in range(carried, len(body.arguments)) if body.arguments[i] in inside]
    body = Program([body.arguments[i] for i in places], [], instructions, results)
    function = function.with_body(body, len(carries), sum(carried <= i < carried + sliced for i in places))
    outputs = [one.outputs[i] for i in (*sorted(carries), *kept)]
    return scan(function, [one.inputs[i] for i in places], outputs, one.place)


def needed(instructions, results):
    """The instructions that results and guards need, and all variables that these read."""
    known = {x for x in results if type(x) is Variable}
    kept = []
    for one in reversed(instructions):
        if checks(one) or any(y in known for y in one.outputs):
            one = _without_unneeded(one, known) if one.name == "scan" else one
            kept.append(one)
            known.update(one.variables())
    return kept[::-1], known


def parted(instructions, results, seeds):
    """`(those that results and guards need, the others)`; what depends on seeds is among the others."""
    late, needed, first, second = set(seeds), {x for x in results if type(x) is Variable}, [], []
    for one in instructions:
        if any(x in late for x in one.inputs):
            late.update(one.outputs)
    for one in reversed(instructions):
        mine = any(y in needed for y in one.outputs) or checks(one) and late.isdisjoint(one.inputs)
        (first if mine else second).append(one)
        if mine:
            needed.update(one.variables())
    return first[::-1], second[::-1]


class _Shorter:
    """One `scan` being made simpler: operand by operand of its body, then the body, then what it leaves."""

    def __init__(self, one, simplify):
        function = self.function = one.function
        self.one, self.simplify = one, simplify
        body, carried, sliced = function.body, function.carried, function.sliced
        self.carries = list(zip(body.arguments[:carried], one.inputs[:carried], body.results[:carried], one.outputs))
        self.stacks = list(zip(body.arguments[carried:], one.inputs[carried : carried + sliced]))
        self.fixed = list(zip(body.arguments[carried + sliced :], one.inputs[carried + sliced :]))
        self.kept = list(zip(body.results[carried:], one.outputs[carried:]))
        self.instructions, self.before, self.found = body.instructions, [], {}

    def instruction(self):
        """`(instructions before the loop, the loop, outputs of it that are other operands)`; the loop may be None."""
        before = None
        while before != (before := (len(self.carries), len(self.stacks), len(self.fixed), len(self.before))):
            self._unchanging()
            self._merge()
            self._simplified()
            self._move_out()
        self._known_stacks()
        return self.before, self._loop(), self.found

    def _unchanging(self):
        """Carries that every trip hands on as they are become fixed."""
        left = []
        for carry in self.carries:
            inner, given, following, output = carry
            if following is inner:
                self.fixed.append((inner, given))
                self.found[output] = given
            else:
                left.append(carry)
        self.carries = left

    def _merge(self):
        """Numbers that are constants go into the body, and what is taken twice is taken once."""
        known = {}
        for name in ("stacks", "fixed"):
            seen, left = {}, []
            for inner, given in getattr(self, name):
                if name == "fixed" and type(given) is Constant and numpy.size(given.value) == 1:
                    known[inner] = given
                elif given in seen and alike(seen[given], inner):
                    known[inner] = seen[given]
                else:
                    seen.setdefault(given, inner)
                    left.append((inner, given))
            setattr(self, name, left)
        if known:
            self._substitute(known)

    def _substitute(self, known):
        def look(x):
            return known.get(x, x) if type(x) is Variable else x

        self.instructions = [with_inputs(one, map(look, one.inputs)) for one in self.instructions]
        self.carries = [(inner, given, look(following), y) for inner, given, following, y in self.carries]
        self.kept = [(look(x), y) for x, y in self.kept]

    def _move_out(self):
        """Instructions that are the same in all trips come before the loop; what becomes of a slice alone by a new
        shape becomes of the stack."""
        outside = dict(self.fixed)
        slices = dict(self.stacks)
        left = []
        for one in self.instructions:
            if all(type(x) is Constant or x in outside for x in one.inputs):
                self.before.append(with_inputs(one, [outside.get(x, x) for x in one.inputs]))
                for y in one.outputs:
                    fresh = Variable(y.number, y.shape, y.dtype, y.kind)
                    outside[y] = fresh
                    self.fixed.append((y, fresh))
                made = tuple(outside[y] for y in one.outputs)
                moved = self.before[-1]
                self.before[-1] = Instruction(one.name, one.function, moved.inputs, one.params, made, one.place)
            elif one.name in ("reshape", "item") and one.inputs[0] in slices:
                self._shape(one, slices)
            else:
                left.append(one)
        self.instructions = left

    def _shape(self, one, slices):
        """A slice in another shape, or as a weak number: a slice of the stack in that shape."""
        (y,), stack = one.outputs, slices[one.inputs[0]]
        if y.shape != one.inputs[0].shape:
            shape = (self.function.trips, *y.shape)
            fresh = Variable(y.number, shape, y.dtype, "array")
            self.before.append(Instruction("reshape", numpy.reshape, (stack,), {"shape": shape}, (fresh,), one.place))
            stack = fresh
        slices[y] = stack
        self.stacks.append((y, stack))

    def _simplified(self):
        """The body after all passes."""
        results = [following for _, _, following, _ in self.carries] + [x for x, _ in self.kept]
        arguments = [inner for inner, *_ in (*self.carries, *self.stacks, *self.fixed)]
        body = self.simplify(Program(arguments, [], self.instructions, results))
        count = len(self.carries)
        self.instructions = body.instructions
        self.carries = [(*carry[:2], x, carry[3]) for carry, x in zip(self.carries, body.results)]
        self.kept = [(x, y) for x, (_, y) in zip(body.results[count:], self.kept)]

    def _known_stacks(self):
        """What is kept of a slice is the stack that it is taken from."""
        slices, left = dict(self.stacks), []
        for x, y in self.kept:
            given = slices.get(x) if type(x) is Variable else None
            if given is not None and type(given) is Variable and (given.shape, given.dtype) == (y.shape, y.dtype):
                self.found[y] = given
            else:
                left.append((x, y))
        self.kept = left

    def _loop(self):
        if not self.carries and not self.kept and not any(map(checks, self.instructions)):
            return None
        results = [following for _, _, following, _ in self.carries] + [x for x, _ in self.kept]
        parts = (*self.carries, *self.stacks, *self.fixed)
        body = Program([one[0] for one in parts], [], self.instructions, results)
        function: Scan = self.function.with_body(body, len(self.carries), len(self.stacks))
        outputs = [carry[3] for carry in self.carries] + [y for _, y in self.kept]
        return scan(function, [one[1] for one in parts], outputs, self.one.place)
