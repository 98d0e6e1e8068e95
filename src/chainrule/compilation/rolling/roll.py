"""How loops are found and written: in windows of more and more rows, from the inside out.

What the trips made and later rows read is kept as a stack, and each later row reads its entry of it; where those
rows are the trips of another loop (the gradient's, backward), they move on by one entry each, and the stack is
taken slice by slice. Nothing is reordered that rounding could tell: a rolled program computes the same bits.
"""

import contextlib

from chainrule.compilation.program import LOOPS
from chainrule.compilation.rolling.columns import Loop, columns, instructions_of
from chainrule.compilation.rolling.edits import late
from chainrule.compilation.rolling.periods import FEWEST, WIDEST, stretches
from chainrule.compilation.rolling.reading import Reading
from chainrule.compilation.rolling.trips import LEAST, Body, NoLoop, Region, region
from chainrule.compilation.rolling.writing import written

_ROUNDS = 6  # times that one width is tried again, and all of them


def rolled(program):
    """The program with its equal steps as loops; what no result and no guard needs is left out of long ones."""
    if len(program.instructions) < LEAST:
        return program
    inputs = program.inputs()
    found = roll(columns(inputs, program.instructions, program.results))
    short = program.replaced(*instructions_of(found, inputs))
    short.notes += notes(found)
    return short


def notes(found):
    """A line for each loop among columns, those inside of others after them."""
    lines = []
    for one in found.sources:
        if type(one) is Loop:
            at = f" at {one.place}" if one.place else ""
            lines.append(f"{one.trips} equal steps of {len(one.body)} instructions are a loop{at}")
            lines += [f"  {line}" for line in notes(one.body)]
    return lines


def size(program):
    """How many instructions a program has, with those inside of loops."""
    inside = [part for one in program.instructions if one.name in LOOPS for part in one.function.programs()]
    return len(program.instructions) + sum(map(size, inside))


def roll(found):
    """Columns with equal steps as loops."""
    found = late(found)
    for _ in range(_ROUNDS):
        before = len(found)
        found = _once(found)
        if len(found) == before:
            break
    return found


def _once(found):
    """One round, from narrow windows to wide ones."""
    width, refused = 1, set()
    while width <= min(WIDEST, len(found) // 2):
        for _ in range(_ROUNDS):
            seen = stretches(found, width)
            if seen is None:
                return found
            shorter = _replaced(found, seen, refused)
            if shorter is None:
                break
            found, refused = shorter, set()
        width *= 2
    return found


def _replaced(found, seen, refused):
    """The columns with these Stretches as loops, where they are loops; None where none is.

    refused: ends and periods of Stretches that are none, to which those of these are added.
    """
    bodies, end = [], 0
    for stretch in seen:
        if stretch[1:] in refused:  # a wider window shows the same again
            continue
        try:
            one = region(found, stretch)
            if one.start >= end:
                bodies.append(Body(one))
                end = one.end
        except NoLoop:
            refused.add(stretch[1:])
    for _ in range(_ROUNDS):
        if not bodies:
            break
        reading = Reading(found, bodies)
        before, bodies = bodies, []
        for i, body in enumerate(before):
            one, trips = body.region, reading.trips(i)
            if trips == one.trips and reading.allows(i):
                bodies.append(body)
            elif FEWEST <= trips < one.trips:
                with contextlib.suppress(NoLoop):
                    bodies.append(Body(Region(found, one.start, one.period, trips)))
        if bodies == before:
            return written(found, bodies, reading)
    return None
