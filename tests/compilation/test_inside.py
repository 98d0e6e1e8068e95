"""Passes over loops in programs: what is left out, moved out and taken apart; the values stay what they are."""

import numpy as np
import pytest

from chainrule.compilation.program import (
    BrokenProgramError,
    Constant,
    Instruction,
    Program,
    Variable,
    guard,
    interpret,
    verify,
)
from chainrule.compilation.scans import Scan, While, scan
from chainrule.compilation.simplify import simplify
from tests.compilation.hand_written import Body as Instructions
from tests.compilation.hand_written import variable


class Body(Instructions):
    """A loop under construction."""

    def program(self, arguments, results, inputs, trips, carried, sliced=0, wanted=None):
        """The loop alone; of its outputs those with the numbers `wanted` (or all)."""
        outputs = [variable(*x.shape, kind=x.kind) for x in arguments[:carried]]
        outputs += [variable(trips, *getattr(x, "shape", ())) for x in results[carried:]]
        one = scan(Scan(Program(arguments, [], self.instructions, results), trips, carried, sliced), inputs, outputs)
        free = list(dict.fromkeys(x for x in inputs if type(x) is Variable))
        return verify(Program(free, [], [one], [outputs[i] for i in wanted or range(len(outputs))]))


def simpler(program, *values):
    """The simplified program, which gives the same; the only loop in it, or None."""
    found = simplify(program, verify)
    for one, other in zip(interpret(found, values), interpret(program, values), strict=True):
        np.testing.assert_array_equal(one, other)
    loops = [one for one in found.instructions if one.name == "scan"]
    assert len(loops) < 2
    return found, loops[0] if loops else None


def test_what_nothing_reads_is_not_carried_or_kept():
    x, total, row = variable(), variable(), variable()
    body = Body()
    moved, added = body(np.sin, x), body(np.add, total, row)
    program = body.program(
        [x, total, row], [moved, added, moved, added], [variable(), variable(), variable(5)], 5, 2, 1, [0, 2]
    )
    _, loop = simpler(program, np.float64(0.5), np.float64(1.0), np.arange(5.0))
    assert [one.name for one in loop.function.body.instructions] == ["sin"]
    assert (loop.function.carried, loop.function.sliced, len(loop.inputs), len(loop.outputs)) == (1, 0, 1, 2)


def test_a_carry_that_another_needs_stays():
    x, y = variable(), variable()
    body = Body()
    program = body.program([x, y], [body(np.sin, y), body(np.cos, x)], [variable(), variable()], 5, 2, wanted=[0])
    _, loop = simpler(program, np.float64(0.5), np.float64(1.0))
    assert loop.function.carried == 2


def test_a_guard_inside_is_kept_though_nothing_else_is():
    x = variable()
    body = Body()
    moved = body(np.add, x, 1.0)
    body.instructions.append(guard(body(np.less, moved, 9.0, dtype=bool), True, None))
    program = body.program([x], [moved], [variable()], 5, 1)
    program.results.clear()
    found, loop = simpler(program, np.float64(0.0))
    assert loop is not None and loop.function.carried == 1 and not found.results


def test_what_is_the_same_in_all_trips_comes_before():
    x, h, same = variable(), variable(), variable()
    body = Body()
    step = body(np.multiply, body(np.exp, h), 2.0)
    moved = body(np.add, x, body(np.multiply, step, same))
    program = body.program([x, same, h], [moved, same], [variable(), variable(), variable()], 5, 2)
    found, loop = simpler(program, np.float64(0.5), np.float64(1.0), np.float64(0.1))
    assert [one.name for one in found.instructions] == ["exp", "multiply", "multiply", "scan"]
    assert loop.function.carried == 1 and [one.name for one in loop.function.body.instructions] == ["add"]


def test_numbers_go_into_the_body_and_what_is_known_there_is_computed():
    x, h = variable(), variable(kind="float")
    body = Body()
    moved = body(np.add, x, body(np.multiply, h, 2.0))
    program = body.program([x, h], [moved], [variable(), Constant(0.25)], 5, 1)
    _, loop = simpler(program, np.float64(0.5))
    assert [repr(x) for x in loop.function.body.instructions[0].inputs[1:]] == ["0.5"]


def test_a_stack_that_is_taken_twice_is_taken_once():
    x, row, again = variable(), variable(), variable()
    body = Body()
    moved = body(np.add, body(np.multiply, row, again), x)
    rows = variable(5)
    program = body.program([x, row, again], [moved], [variable(), rows, rows], 5, 1, 2)
    _, loop = simpler(program, np.float64(0.5), np.arange(5.0))
    assert loop.function.sliced == 1


def test_a_slice_in_another_shape_is_a_slice_of_the_stack_in_that_shape():
    x, row = variable(), variable(4)
    body = Body()
    square = body(np.reshape, row, shape=(2, 2), name="reshape")
    body.instructions[-1].params["shape"] = (2, 2)
    moved = body(np.add, x, body(np.sum, square, name="sum", axis=(0, 1), keepdims=False))
    program = body.program([x, row], [moved, row, square], [variable(), variable(3, 4)], 3, 1, 1)
    found, loop = simpler(program, np.float64(0.5), np.arange(12.0).reshape(3, 4))
    assert found.instructions[0].name == "reshape" and len(loop.outputs) == 1
    assert found.results[1] is found.arguments[1]


def test_a_while_loop_is_simplified_inside():
    x, y = variable(), variable()
    asked, done = Body(), Body()
    less = asked(np.less, asked(np.positive, x), 5.0, dtype=bool)
    moved = done(np.add, done(np.multiply, y, 1.0), 1.0)
    function = While(Program([x], [], asked.instructions, [less]), Program([y], [], done.instructions, [moved]), 1, 0)
    given, output = variable(), variable()
    program = Program([given], [], [Instruction("while", function, (given,), {}, (output,))], [output])
    found, _ = simpler(verify(program), np.float64(0.5))
    assert [len(one.instructions) for one in found.instructions[0].function.programs()] == [1, 1]


@pytest.mark.parametrize("broken", ["shape", "count", "kept", "order"])
def test_a_loop_without_sense_is_found(broken):
    x, row = variable(), variable()
    body = Body()
    moved = body(np.add, x, row)
    outputs = [variable(), variable(5 if broken != "kept" else 4)]
    inputs = [variable(), variable(5 if broken != "shape" else 6)]
    if broken == "order":
        body.instructions[0].inputs = (x, variable())
    function = Scan(Program([x, row], [], body.instructions, [moved, moved]), 5, 1, 1)
    one = scan(function, inputs[: 1 if broken == "count" else 2], outputs)
    with pytest.raises(BrokenProgramError, match="in: "):
        verify(Program(inputs, [], [one], outputs))
