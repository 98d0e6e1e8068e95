"""How long a program takes, roughly, and what code is made of it then.

All follows from its instructions and shapes alone, so that nothing depends on a clock.
"""

import math

from chainrule.compilation.recompute import CHEAP
from chainrule.compilation.scans import Scan, While, shape_of

_LIGHT, _DEAR, _FLOP = 0.3, 2.0, 0.05  # nanoseconds: an entry of a sum or a product, of an exp; of a matrix product
_LONG, _DEAR_ONES = 1000, 64  # instructions; functions such as exp: of more, the code is compact
_BEST, _QUICK = 0.00045, 0.00017  # seconds for an instruction of a long program: for the best code, and for any
_CALLS = 1000  # that pay for more than quick code
_SHORT = 2e6  # nanoseconds, below which a few parts in a hundred do not matter
_TRIPS = 1000  # of a loop whose length only a run tells


def nanoseconds(instructions):
    """The time of instructions in native code, on one processor."""
    return sum(map(_one, instructions))


def is_long(instructions, dear):
    """Whether code is to be compact, as LLVM would take too long otherwise; `dear` are functions such as exp."""
    return len(instructions) > _LONG or sum(one.name in dear for one in instructions) > _DEAR_ONES


def effort(instructions):
    """How good the code of instructions is to be: "quick", "usual" or "best" (see `native.machine`).

    Quick is what is long, and runs so shortly that a thousand calls do not pay for more; best, what runs so long that
    a few parts in a hundred matter.
    """
    time = nanoseconds(instructions)
    if len(instructions) > _LONG and _CALLS * time < 1e9 * len(instructions) * _BEST:
        return "quick"
    return "usual" if time < _SHORT else "best"


def seconds_to_compile(instructions):
    """The time that it takes to make code of instructions; loops count once, whatever their trips."""
    if len(instructions) > _LONG:
        return len(instructions) * (_QUICK if effort(instructions) == "quick" else _BEST)
    total = 0.0
    for one in instructions:
        if isinstance(one.function, (Scan, While)):
            inside = one.function.programs()
            total += sum(seconds_to_compile(program.instructions) for program in inside)
            continue
        array = any(math.prod(shape_of(x)) > 1 for x in (*one.inputs, *one.outputs))
        light = one.name in CHEAP
        total += (0.0003 if light else 0.002) if array else (0.00005 if light else 0.0003)
    return total


def _one(one):
    if isinstance(one.function, Scan):
        return one.function.trips * (1 + nanoseconds(one.function.body.instructions))
    if isinstance(one.function, While):
        return _TRIPS * (1 + sum(nanoseconds(inside.instructions) for inside in one.function.programs()))
    sizes = [math.prod(shape_of(x)) for x in (*one.inputs, *one.outputs)]
    if one.name == "matmul":
        inner = shape_of(one.inputs[0])[-1]
        return 2 * _FLOP * sizes[-1] * inner
    return max(sizes, default=1) * (_LIGHT if one.name in CHEAP else _DEAR)
