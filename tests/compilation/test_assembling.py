"""Sums of arrays that are zero where the others are not, put side by side: bit by bit the same."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.compilation.assembling import assemble
from chainrule.compilation.program import interpret, verify
from chainrule.compilation.schedule import Move


def camera(p):
    return np.stack([p[0] * np.sin(p[1]) / p[2], -p[1] * p[3] + p[0] * 0.0])


PROGRAMS = {
    "entries": (cr.jacobian(camera), (np.array([0.3, -0.8, 2.0, 0.0]),)),
    "rows of entries": (cr.vmap(cr.jacobian(camera)), (np.random.default_rng(0).normal(size=(40, 4)),)),
    "slices that meet": (cr.grad(lambda x: np.sum(x[:5] ** 2) + np.sum(x[3:] ** 3)), (np.arange(9.0) + 1,)),
    "slices that do not": (cr.grad(lambda x: np.sum(x[:5] ** 2) + np.sum(x[-1:4:-1] ** 3)), (np.arange(9.0) + 1,)),
    "every other": (cr.grad(lambda x: np.sum(x[::2, 1:] * x[1::2, 1:]) + x[2, 0]), (np.ones((6, 3)) * 2,)),
    "read twice": (cr.grad(lambda x: x[0] * x[1] * np.sum(x[:2]) * x[0]), (np.arange(3.0) + 1,)),
    "by lists": (cr.grad(lambda x: np.sum(x[[0, 0, 2]] ** 2) + x[1]), (np.arange(4.0) + 1,)),
}


def traced(name):
    function, args = PROGRAMS[name]
    compiled = cr.compile(function)
    compiled(*args)
    return compiled, args


@pytest.mark.parametrize("name", PROGRAMS)
def test_bit_by_bit(name):
    compiled, args = traced(name)
    program = compiled.variants()[0].traced
    inputs = [*args, *(array for _, array in program.captured)]
    found, wanted = interpret(verify(assemble(program)), inputs), interpret(program, inputs)
    for one, other in zip(found, wanted, strict=True):
        assert one.tobytes() == other.tobytes()
    np.testing.assert_allclose(compiled(*args), PROGRAMS[name][0](*args), rtol=1e-14)


@pytest.mark.parametrize("name", ["entries", "rows of entries", "slices that do not", "every other"])
def test_what_does_not_meet_is_put_together(name):
    program = assemble(traced(name)[0].variants()[0].traced)
    assert any(one.name == "assembled" for one in program.instructions)


@pytest.mark.parametrize("name", ["slices that meet", "by lists"])
def test_what_meets_is_added(name):
    program = assemble(traced(name)[0].variants()[0].traced)
    assert not any(one.name == "assembled" for one in program.instructions)


def test_another_argument_is_no_other_program():
    compiled, _ = traced("entries")
    other = np.array([0.5, 0.25, -1.0, 2.0])
    np.testing.assert_allclose(compiled(other), cr.jacobian(camera)(other), rtol=1e-14)
    assert compiled.traces == 1


def test_pieces_lie_where_they_belong():
    """Of a matrix of derivatives in columns nothing is moved: each column is written in its place."""
    compiled, _ = traced("rows of entries")
    (step,) = compiled.variants()[0].plan.steps
    moves = [one for one in step.kernel.schedule.steps if type(one) is Move]
    assert all(not hasattr(x, "shape") or x.shape == () for one in moves for x, _ in one.pieces)
    assert step.kernel.memory.size < 40 * 8 * 30
