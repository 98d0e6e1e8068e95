"""Loops inside programs: native code, the interpreter and the plan give the same."""

import numpy as np
import pytest

from chainrule.compilation.plan import NativeStep, Plan, RepeatStep
from chainrule.compilation.program import (
    Constant,
    GuardFailed,
    Instruction,
    Program,
    guard,
    interpret,
    verify,
)
from chainrule.compilation.scans import Scan, scan
from tests.compilation.hand_written import Body, variable


def looped(body, arguments, results, inputs, trips, carried, sliced, reverse=False):
    """A program that is one loop."""
    outputs = [variable(*x.shape, dtype=x.dtype) for x in results[:carried]]
    outputs += [variable(trips, *getattr(x, "shape", ())) for x in results[carried:]]
    function = Scan(Program(arguments, [], body.instructions, results), trips, carried, sliced, reverse)
    return verify(Program(inputs, [], [scan(function, inputs, outputs)], outputs, list))


def agree(program, values, native=True):
    plan = Plan(program)
    assert [type(step) for step in plan.steps] == [NativeStep if native else RepeatStep]
    plan.build()
    for found, wanted in zip(plan(values), interpret(program, values), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-14)


@pytest.mark.parametrize("reverse", [False, True])
def test_numbers(reverse):
    x, add, step = variable(), variable(), variable()
    body = Body()
    moved = body(np.add, body(np.multiply, body(np.sin, x), step), x)
    total = body(np.add, moved, add)
    program = looped(body, [x, add, step], [total, moved], [variable(), variable(7), variable()], 7, 1, 1, reverse)
    agree(program, [np.float64(0.3), np.arange(7.0), np.float64(0.1)])
    assert "7 trips" in str(program) and ("from the end" in str(program)) is reverse


@pytest.mark.parametrize("trips", [1, 2, 5])
def test_arrays_that_change_places(trips):
    u, v, row, matrix = variable(3), variable(3), variable(3), variable(3, 3)
    body = Body()
    turned = body(np.transpose, matrix, shape=(3, 3), axes=(1, 0))
    sum_ = body(np.add, body(np.tanh, body(np.matmul, turned, u, shape=(3,)), shape=(3,)), row, shape=(3,))
    number = body(np.sum, sum_, axis=(0,), keepdims=False)
    inputs = [variable(3), variable(3), variable(trips, 3), variable(3, 3)]
    results = [v, sum_, sum_, number, u, Constant(np.float64(3))]
    program = looped(body, [u, v, row, matrix], results, inputs, trips, 2, 1)
    rng = np.random.default_rng(0)
    agree(program, [rng.normal(size=x.shape) for x in inputs])


def test_a_constant_array_inside():
    u = variable(3)
    body = Body()
    made = variable(3)
    body.instructions.append(Instruction("add", np.add, (u, Constant(np.arange(3.0))), {}, (made,)))
    agree(looped(body, [u], [made], [variable(3)], 4, 1, 0), [np.ones(3)])


def test_a_loop_in_a_loop():
    x, row = variable(), variable(4)
    inner = Body()
    y, entry, outer = variable(), variable(), variable()
    moved = inner(np.add, inner(np.cos, y), inner(np.multiply, entry, outer))
    body, left, kept = Body(), variable(), variable(4)
    function = Scan(Program([y, entry, outer], [], inner.instructions, [moved, moved]), 4, 1, 1)
    body.instructions.append(scan(function, (x, row, x), (left, kept)))
    doubled = body(np.add, kept, kept, shape=(4,))
    program = looped(body, [x, row], [left, doubled], [variable(), variable(5, 4)], 5, 1, 1)
    agree(program, [np.float64(0.5), np.random.default_rng(0).normal(size=(5, 4))])


def test_what_has_no_native_form():
    x = variable(4)
    body = Body()
    sorted_ = body(np.sort, x, shape=(4,))
    turned = body(np.add, body(np.negative, sorted_, shape=(4,)), 1.0, shape=(4,))
    agree(looped(body, [x], [turned, sorted_], [variable(4)], 5, 1, 0), [np.arange(4.0)[::-1].copy()], native=False)


def test_a_guard_inside():
    x = variable()
    body = Body()
    less = body(np.less, x, 3.0, dtype=bool)
    body.instructions.append(guard(less, True, None))
    program = looped(body, [x], [body(np.add, x, 1.0)], [variable()], 4, 1, 0)
    plan = Plan(program)
    plan.build()
    assert plan([np.float64(-2.0)]) == [2.0]
    for run in (plan, lambda values: interpret(program, values)):
        with pytest.raises(GuardFailed):
            run([np.float64(0.5)])
