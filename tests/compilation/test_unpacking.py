"""Small arrays as numbers: nothing changes but where the entries lie."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.compilation.places import places
from chainrule.compilation.plan import Plan
from chainrule.compilation.program import interpret, verify
from chainrule.compilation.unpacking import unpack


def rotated(x, angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([np.stack([c, -s]), np.stack([s, c])]) @ x


PROGRAMS = {
    "a rotation": (lambda x: np.sum(rotated(x, x[0]) * np.array([1.0, 2.0])), (np.array([0.3, 0.8]),)),
    "products": (lambda a, b: np.sum(np.tanh(a @ b.T) @ a[:, 0]), (np.eye(2) + 0.1, np.ones((2, 2)) * 0.3)),
    "reductions": (
        lambda x: np.sum(np.max(x, axis=0) * np.min(x, axis=1, keepdims=True)) + np.prod(x) + np.sum(x, axis=(0, 1)),
        (np.array([[0.5, 2.0, 1.0], [1.5, -0.3, 0.7]]),),
    ),
    "shapes": (
        lambda x: np.concatenate([x.T.reshape(6)[::-2], x[0], np.broadcast_to(x[1, 1], (2,))]) * 2,
        (np.arange(6.0).reshape(2, 3),),
    ),
    "places named twice": (lambda x: np.sum(x[np.array([0, 0, 2])] ** 2), (np.arange(3.0) + 1,)),
    "conditions": (lambda x: np.where(np.any(x > 1, axis=0), x[0], x[1] * 2), (np.array([[0.5, 2.0], [1.5, -0.3]]),)),
    "float32": (lambda x, y: x * 2.5 + y, (np.array([0.1, 0.2], "f4"), np.float32(3))),
    "counting": (lambda x: np.sum(x > 0.15) * x, (np.array([0.1, 0.2]),)),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("gradient", [False, True])
def test_the_same_bit_by_bit(name, gradient):
    function, args = PROGRAMS[name]
    if gradient:
        inside = function
        function = cr.grad(lambda *args: np.sum(inside(*args) * 1.5))
    compiled = cr.compile(function)
    compiled(*args)
    (variant,) = compiled.variants()
    found = verify(unpack(places(variant.traced)))
    assert any(one.name == "packed" for one in found.instructions) or not found.results[0].shape
    assert all(y.shape == () for one in found.instructions if one.name != "packed" for y in one.outputs)
    for one, other in zip(interpret(found, args), interpret(variant.traced, args), strict=True):
        if name == "products":  # BLAS may round a product and its sum at once
            np.testing.assert_allclose(one, other, rtol=1e-15)
        else:
            assert np.array_equal(one, other, equal_nan=True)
        assert one.dtype == other.dtype
    plan = Plan(variant.program)
    plan.build()
    for one, other in zip(plan(args), interpret(variant.traced, args), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6 if name == "float32" else 1e-13)


def test_in_the_body_of_a_loop():
    def slopes(u):
        return np.stack([10 * (u[1] - u[0]), u[0] * (28 - u[2]) - u[1], u[0] * u[1] - 8 / 3 * u[2]])

    def path(u):
        return cr.scan(lambda u, row: (u + 0.01 * slopes(u) + row, u * u), u, np.full((50, 3), 1e-3))

    function = cr.value_and_grad(lambda u: np.sum(path(u)[0]) + np.sum(path(u)[1]))
    compiled, start = cr.compile(function), np.array([1.0, 2.0, 3.0])
    compiled(start)
    (value, slope), (wanted, other) = compiled(start), function(start)
    assert value == pytest.approx(wanted, rel=1e-12)
    np.testing.assert_allclose(slope, other, rtol=1e-11)
    loops = [one for one in compiled.variants()[0].program.instructions if one.name == "scan"]
    assert loops and all(x.shape == () for one in loops for x in one.function.body.arguments[: one.function.carried])


def test_larger_arrays_and_longer_programs_are_left_alone():
    def long(x):
        for bit in bin(3**1200)[2:900]:  # no two stretches are equal
            x = np.cos(x) if bit == "1" else np.sin(x)
            x = x + x[::-1]
        return x

    for function, x in ((np.sin, np.ones(9)), (long, np.ones(2))):
        compiled = cr.compile(lambda x, f=function: f(x) * 2)
        compiled(x)
        program = compiled.variants()[0].traced
        assert not any(one.name == "packed" for one in unpack(program).instructions)


def test_what_native_code_has_not_keeps_its_arrays():
    compiled = cr.compile(lambda x: np.sort(x * 2) + x[0])
    compiled(np.array([3.0, 1.0]))
    assert compiled(np.array([3.0, 1.0])).tolist() == [5, 9]
    assert not any(one.name == "packed" for one in compiled.variants()[0].program.instructions)
