"""Loops inside programs: a body that is run again and again on what the last run left.

An instruction `scan` is a loop with a known number of trips, in which every trip takes what the trip before
left (the carries), its own slice of each stack, and what is the same for all; it leaves the next carries, and
what is kept of each trip becomes a stack. Both `chainrule.scan` and equal steps found in a program that was
written down step by step become such instructions.
"""

import numpy

from chainrule.compilation.program import Constant, Instruction, Program, Variable, interpret, with_inputs


class Scan:
    """The function behind a `scan` instruction.

    The inputs of the instruction are `(*carries, *stacks, *fixed)`; its outputs `(*last carries, *kept)`.

    Args:
        body: the Program of one trip. Its arguments are `(*carries, *slices, *fixed)`, its results
            `(*next carries, *kept)`. Each next carry has the shape, dtype and kind of its carry.
        trips: how often it runs, at least once. Stacks and what is kept have this length along axis 0.
        carried: how many carries there are.
        sliced: how many stacks there are.
        reverse: whether trips take the stacks from the end to the front, and fill what is kept so.
    """

    __name__ = "scan"

    def __init__(self, body, trips, carried, sliced, reverse=False):
        self.body, self.trips, self.carried, self.sliced, self.reverse = body, trips, carried, sliced, reverse

    def __call__(self, *values):
        return self.run(values, lambda inputs: interpret(self.body, inputs))

    def run(self, values, trip):
        """What the inputs give, where `trip` computes one: from the body's inputs to a list of its results."""
        carries = list(values[: self.carried])
        stacks = values[self.carried : self.carried + self.sliced]
        fixed = values[self.carried + self.sliced :]
        kept = [numpy.empty((self.trips, *shape_of(x)), dtype_of(x)) for x in self.body.results[self.carried :]]
        slices = self.body.arguments[self.carried : self.carried + self.sliced]
        for place in self.order():
            own = [variable.fit(stack[place]) for variable, stack in zip(slices, stacks)]
            found = trip([*carries, *own, *fixed])
            carries = found[: self.carried]
            for stack, one in zip(kept, found[self.carried :]):
                stack[place] = one
        found = (*carries, *kept)
        return found[0] if len(found) == 1 else found

    def programs(self):
        """The programs inside."""
        return (self.body,)

    def with_programs(self, programs):
        """The same loop around other programs."""
        return self.with_body(*programs)

    def order(self):
        """The places along axis 0, trip by trip."""
        return range(self.trips - 1, -1, -1) if self.reverse else range(self.trips)

    def with_body(self, body, carried=None, sliced=None):
        """The same loop around another body."""
        return Scan(
            body,
            self.trips,
            self.carried if carried is None else carried,
            self.sliced if sliced is None else sliced,
            self.reverse,
        )

    def __repr__(self):
        way = ", from the end" if self.reverse else ""
        inside = "\n".join(f"    {line}" for line in str(self.body).splitlines())
        return f"{self.trips} trips{way}, {self.carried} carried, {self.sliced} sliced\n{inside}"


class While:
    """The function behind a `while` instruction: a body that is run as long as a condition holds.

    The inputs of the instruction are `(*carries, *read, *fixed)`; its outputs are the last carries.

    Args:
        condition: the Program of the question, from `(*carries, *read)` to one truth value.
        body: the Program of one trip, from `(*carries, *fixed)` to the next carries.
        carried: how many carries there are.
        read: how many further arguments the condition has.
    """

    __name__ = "while"

    def __init__(self, condition, body, carried, read):
        self.condition, self.body, self.carried, self.read = condition, body, carried, read

    def __call__(self, *values):
        return self.run(values, lambda x: interpret(self.condition, x), lambda x: interpret(self.body, x))

    def programs(self):
        """The programs inside."""
        return self.condition, self.body

    def with_programs(self, programs):
        """The same loop around other programs."""
        condition, body = programs
        return While(condition, body, self.carried, len(condition.arguments) - self.carried)

    def run(self, values, holds, trip):
        """What the inputs give, where `holds` and `trip` compute the condition and the body from their inputs."""
        carries, read = list(values[: self.carried]), values[self.carried : self.carried + self.read]
        fixed = values[self.carried + self.read :]
        while holds([*carries, *read])[0]:
            carries = trip([*carries, *fixed])
        return carries[0] if len(carries) == 1 else tuple(carries)

    def __repr__(self):
        parts = [("as long as", self.condition), ("do", self.body)]
        lines = [f"  {what}\n" + "\n".join(f"    {line}" for line in str(part).splitlines()) for what, part in parts]
        return f"{self.carried} carried\n" + "\n".join(lines)


def shape_of(x):
    """The shape of an operand."""
    return x.shape if type(x) is Variable else numpy.shape(x.value)


def dtype_of(x):
    """The dtype of an operand."""
    return x.dtype if type(x) is Variable else numpy.result_type(x.value)


def scan(function, inputs, outputs, place=None):
    """The instruction of a Scan."""
    return Instruction("scan", function, tuple(inputs), {}, tuple(outputs), place)


def enclosed(instructions, arguments, results):
    """Instructions as a body that stands by itself: what they read from outside becomes arguments of it.

    Args:
        arguments: the variables that stand for the carries and the slices.

    Returns: the body, and the operands from outside for its further arguments: variables, and constant arrays.
    """
    inside = {*arguments, *(y for one in instructions for y in one.outputs)}
    met = {}

    def operand(x):
        array = type(x) is Constant and isinstance(x.value, numpy.ndarray)
        if x in inside if type(x) is Variable else not array:
            return x
        if id(x) not in met:
            kind = x.kind if type(x) is Variable else "array"
            number = x.number if type(x) is Variable else -1
            met[id(x)] = x, Variable(number, shape_of(x), dtype_of(x), kind)
        return met[id(x)][1]

    instructions = [with_inputs(one, map(operand, one.inputs)) for one in instructions]
    results = list(map(operand, results))
    fresh = [inner for _, inner in met.values()]
    return Program([*arguments, *fresh], [], instructions, results), [x for x, _ in met.values()]
