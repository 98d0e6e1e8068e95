"""Loops of the user's program stay loops in a compiled one, forward and backward."""

import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import chainrule as cr
from chainrule.core import tree
from tests.transforms.test_loops import ARGUMENTS, recurrent


def agree(function, *args, eager=0):
    """Compiled twice equals eager; the loops of the (first) program."""
    compiled = cr.compile(function)
    wanted, _ = tree.flatten(function(*args))
    for _ in range(2):
        found, _ = tree.flatten(compiled(*args))
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-14)
            assert type(one) is type(other)
    assert compiled.traces == 1
    assert compiled.eager_calls == eager
    return [
        one for variant in compiled.variants() for one in variant.program.instructions if one.name in ("scan", "while")
    ]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("checkpoint", [None, True])
def test_a_recurrent_network(reverse, checkpoint):
    loss = recurrent(cr.scan, reverse=reverse, checkpoint=checkpoint)
    loops = agree(cr.value_and_grad(loss, argnums=(0, 1, 2)), *ARGUMENTS)
    assert len(loops) >= 2
    agree(loss, *ARGUMENTS)


def curve(rate, start, times):
    """A loop that reads a number from outside, keeps something of each step, and takes slices."""

    def body(state, t):
        x, v = state
        v = v - rate * np.sin(x) * t
        return (x + 0.1 * v, v), x * rate

    (x, v), kept = cr.scan(body, (start, 0.0), times)
    return x * v + np.sum(kept)


TIMES = np.linspace(0.5, 1.5, 9)
TRANSFORMS = {
    "value": lambda f: f,
    "grad": lambda f: cr.grad(f, argnums=(0, 1, 2)),
    "hessian": cr.hessian,
    "third": lambda f: cr.grad(cr.grad(cr.grad(f))),
    "jvp": lambda f: lambda r, s, t: cr.jvp(f, (r, s, t), (1.0, 0.5, t)),
    "forward over reverse": lambda f: lambda r, s, t: cr.jvp(lambda q: cr.grad(f)(q, s, t), (r,), (1.0,)),
    "reverse over forward": lambda f: cr.grad(lambda r, s, t: cr.jvp(lambda q: f(q, s, t), (r,), (1.0,))[1]),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_transforms(transform):
    assert agree(TRANSFORMS[transform](curve), 0.7, 0.4, TIMES)


def test_rows():
    """Under vmap the steps are written down one after another."""
    rates = np.linspace(0.2, 1.0, 5)
    agree(cr.vmap(cr.grad(lambda r: curve(r, 0.4, TIMES))), rates)


def test_carries_that_change_their_kind_or_start_without_a_gradient():
    agree(cr.grad(lambda w: cr.scan(lambda c, _: (c * w + 1, None), 0.0, length=6)[0]), 0.5)
    agree(lambda w: cr.scan(lambda c, x: (c + x, None), 0.0, w)[0], np.arange(5.0))
    agree(
        cr.value_and_grad(
            lambda w: cr.scan(lambda c, x: ((c[1], c[0] * x), c[0]), (1.0, w), np.arange(1.0, 6.0))[0][0]
        ),
        2.0,
    )


def test_a_branch_that_goes_both_ways_is_written_step_by_step():
    def body(x, t):
        return (x * 2 if x < 5 else x - 1), x

    loops = agree(lambda x: cr.scan(body, x, np.arange(6.0)), 1.0)
    assert len(loops) != 1 or loops[0].function.trips < 6
    assert len(agree(lambda x: cr.scan(body, x, np.arange(6.0)), 0.01)) == 1


def test_captured_arrays_are_read_anew():
    scale = np.array([1.0, 2.0])
    compiled = cr.compile(lambda x: cr.scan(lambda c, _: (c * scale, None), x, length=3)[0])
    assert compiled(np.ones(2)).tolist() == [1, 8]
    scale[:] = 3
    assert compiled(np.ones(2)).tolist() == [27, 27]
    assert compiled.traces == 1


def root(a):
    return cr.while_loop(lambda x: abs(x * x - a) > 1e-12 * a, lambda x: (x + a / x) / 2, a)


def test_a_while_loop_stays_one():
    compiled = cr.compile(root)
    for a in (9.0, 1e6, 2.0, 1.0):
        assert compiled(a) == root(a)
    assert (compiled.traces, compiled.eager_calls) == (1, 0)
    assert [one.name for one in compiled.variants()[0].program.instructions] == ["while"]
    assert "as long as" in str(compiled.variants()[0])


def test_a_while_loop_of_arrays():
    def settle(x, matrix):
        return cr.while_loop(lambda v: np.sum(v * v) > 1e-3, lambda v: np.tanh(matrix @ v), x)

    agree(settle, np.array([1.0, -2.0, 0.5]), np.array([[0.2, 0.1, 0.0], [0.0, 0.3, 0.1], [0.1, 0.0, 0.4]]))


def power_iteration(matrix, until=1e-10):
    def better(state):
        image = matrix @ state[0]
        image = image / np.sqrt(np.sum(image * image))
        return image, np.sum((image - state[0]) ** 2)  # an array's number, where the first was a float

    return cr.while_loop(lambda state: state[1] > until, better, (np.ones(3), 1.0))


def test_a_carry_that_changes_its_kind_in_the_first_step_of_a_while_loop():
    matrix = np.diag([3.0, 1.0, 0.5]) + 0.1
    assert [one.name for one in agree(power_iteration, matrix)] == ["while"]
    assert agree(cr.grad(lambda m: np.sum(power_iteration(m)[0])), matrix)
    assert agree(lambda m: power_iteration(m, until=2.0), matrix) == []


def test_the_gradient_of_a_while_loop_is_made_for_twice_the_steps():
    compiled = cr.compile(cr.grad(root))
    for a in (9.0, 2.0, 1e6, 1e8, 1e7):
        assert compiled(a) == pytest.approx(cr.grad(root)(a), rel=1e-12)
    assert compiled.traces <= 3
    assert compiled.eager_calls == 0


def test_a_million_steps_take_a_moment_to_compile():
    def total(rate):
        return cr.scan(lambda x, _: (x + rate * (1 - x), None), 0.0, length=1_000_000)[0]

    compiled = cr.compile(cr.value_and_grad(total))
    value, slope = compiled(1e-6)
    assert value == pytest.approx(1 - np.exp(-1), rel=1e-6)
    assert slope == pytest.approx(1e6 * np.exp(-1), rel=1e-5)
    assert len(compiled.variants()[0].program.instructions) < 10


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_an_endless_loop_can_be_interrupted():
    program = """
        import chainrule as cr
        endless = cr.compile(lambda x, y: cr.while_loop(lambda c: c > y, lambda c: c * 0.5 + 1, x))
        endless(3.0, 100.0)
        print("ready", flush=True)
        try:
            endless(3.0, -1.0)
        except KeyboardInterrupt:
            print("stopped", endless(3.0, 100.0))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "stopped 3.0\n"
