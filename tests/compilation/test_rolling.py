"""Equal steps as loops: the same bits as step by step, and a program whose length the trips do not decide."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.compilation.program import Instruction, Program, Variable, verify
from chainrule.compilation.rolling import periods
from chainrule.compilation.rolling.columns import columns

_SPEC = importlib.util.spec_from_file_location("loop_programs", Path(__file__).with_name("loop_programs.py"))
programs = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(programs)
check, loops, size = programs.check, programs.loops, programs.size
RNG = np.random.default_rng(0)


def euler(x, h, trips=60):
    for _ in range(trips):
        x = x + h * np.sin(x)
    return x


def lorenz(state, h, trips=40):
    x, y, z = state
    for _ in range(trips):
        dx, dy, dz = 10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z
        x, y, z = x + h * dx, y + h * dy, z + h * dz
    return x + y * z


def fibonacci(a, b):
    for _ in range(120):
        a, b = b, a + b * 0.5
    return a - b


def entries(x, w):
    total = 0.0
    for i in range(len(x)):
        total = total + np.sin(x[i] * w)
    return total


def from_the_end(x, w):
    total = w
    for i in range(len(x)):
        total = np.sin(total + x[-1 - i])
    return total


def from_both_ends(x, w):
    total = 0.0
    for i in range(len(x)):
        total = np.sin(total * x[i]) + w * x[-1 - i]
    return total + np.sum(x * 0.5)


def every_other(x, w):
    total = 0.0
    for i in range(len(x) // 2):
        total = total + x[2 * i] * np.cos(x[2 * i + 1] * w)
    return total


def neighbours(x, w):
    total = 0.0
    for i in range(len(x) - 1):
        total = total + (x[i + 1] - x[i]) ** 2 * w
    return total


def columns_of(x, w):
    total = 0.0
    for i in range(x.shape[1]):
        total = total + np.sum(np.tanh(x[:, i] * w))
    return total


def blocks(x, w):
    total = 0.0
    for i in range(0, len(x), 3):
        total = total + np.sum(np.exp(-x[i : i + 3]) * w)
    return total


def recurrent(xs, w, h):
    for i in range(len(xs)):
        h = np.tanh(w @ h + xs[i])
    return np.sum(h * h)


def trajectory(x, h):
    states = []
    for _ in range(60):
        x = x + h * np.sin(x)
        states.append(x)
    return np.sum(np.stack(states) ** 2)


def entries_of_entries(a, w):
    total = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            total = total + np.sin(a[i, j] * w)
        total = total * 0.5
    return total


def whole_numbers(x, h):
    for i in range(60):
        x = x + h * np.sin(x + i) / (i + 1.5)
    return x


def of_fixed_things(x, h):
    for _ in range(40):
        x = x * np.exp(-h) + np.sqrt(h) * np.cos(h * 2.0)
    return x


def descent(x, y, w):
    """A thousand steps are not needed to see that a step is one."""
    for _ in range(40):
        w = w - 0.1 * cr.grad(lambda w: np.mean((x @ w - y) ** 2))(w)
    return w


CASES = {
    "euler": (euler, (1.0, 0.1)),
    "lorenz": (lorenz, ((1.0, 2.0, 3.0), 0.01)),
    "fibonacci": (fibonacci, (1.0, 0.5)),
    "entries": (entries, (np.arange(50.0), 0.3)),
    "from the end": (from_the_end, (RNG.normal(size=60), 0.3)),
    "from both ends": (from_both_ends, (RNG.normal(size=61), 0.3)),
    "every other": (every_other, (RNG.normal(size=101), 0.3)),
    "neighbours": (neighbours, (RNG.normal(size=60), 0.3)),
    "columns": (columns_of, (RNG.normal(size=(3, 60)), 0.3)),
    "blocks": (blocks, (RNG.normal(size=150), 0.3)),
    "recurrent": (recurrent, (RNG.normal(size=(50, 3)), RNG.normal(size=(3, 3)), np.ones(3))),
    "trajectory": (trajectory, (1.0, 0.1)),
    "loops in a loop": (entries_of_entries, (RNG.normal(size=(12, 45)), 0.3)),
    "whole numbers": (whole_numbers, (1.0, 0.1)),
    "fixed things": (of_fixed_things, (1.0, 0.1)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_loop(name):
    f, args = CASES[name]
    program = check(f, *args)
    assert loops(program) and size(program) < 30


@pytest.mark.parametrize("name", CASES)
def test_its_gradient(name):
    f, args = CASES[name]
    program = check(cr.value_and_grad(f, tuple(range(len(args)))), *args)
    assert len(loops(program)) >= 1
    assert size(program) < (700 if name == "loops in a loop" else 130)


@pytest.mark.parametrize("name", ["euler", "fibonacci", "trajectory", "whole numbers"])
def test_its_second_derivative(name):
    f, args = CASES[name]
    program = check(cr.grad(cr.grad(f)), *args)
    assert size(program) < 150


@pytest.mark.parametrize("name", CASES)
def test_native_code_for_it(name):
    f, args = CASES[name]
    both = cr.value_and_grad(f, tuple(range(len(args))))  # pyright: ignore[reportArgumentType]
    fast = cr.compile(both)
    fast(*args)
    moved = each(lambda x: x * 0.9, args)
    for values in (args, moved):
        ours, theirs = fast(*values), both(*values)
        for one, other in zip(programs.tree.flatten(ours)[0], programs.tree.flatten(theirs)[0], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)
    assert fast.traces == 1 and not fast.eager_calls


def each(change, value):
    return tuple(each(change, x) for x in value) if isinstance(value, tuple) else change(value)


def test_steps_of_a_descent():
    x = RNG.normal(size=(20, 3))
    program = check(descent, x, x @ np.ones(3), np.zeros(3))
    assert loops(program) and size(program) < 80


def test_many_trips_make_no_longer_program():
    lengths = [size(check(cr.grad(euler, (0, 1)), 1.0, 0.01, trips)) for trips in (60, 61, 300, 1000)]
    assert len(set(lengths)) == 1


def test_two_loops_and_what_is_between():
    def f(x, h):
        y = euler(x, h)
        z = np.exp(-y)
        for _ in range(50):
            z = np.cos(z) * h + y
        return z

    program = check(cr.value_and_grad(f, (0, 1)), 1.0, 0.1)
    assert len(loops(program)) == 4


def test_a_loop_whose_step_is_long():
    coefficients = RNG.normal(size=150).tolist()

    def f(x):
        for _ in range(8):
            y = x * 0.1
            for c in coefficients:
                y = np.sin(y) * x + c if c > 0 else np.cos(y + x)
            x = np.tanh(y)
        return x

    program = check(f, 0.3)
    assert 7 in loops(program) or 8 in loops(program)


def test_a_loop_until():
    """A guard of every trip is in the loop; the last one, which found otherwise, after it."""

    def newton(x, a):
        while np.abs(x * x - a) > 1e-9:
            x = x - 0.1 * (x * x - a) / (2 * x)
        return x

    program = check(newton, 5.0, 2.0)
    assert loops(program) and sum(one.name == "guard" for one in program.instructions) <= 2


def test_a_loop_that_is_left_early():
    def f(x, h):
        for i in range(500):
            x = x + h
            if x > 3.0:
                return x * i
        return x

    assert loops(check(f, 0.1, 0.05)) == [58]


def test_arrays_from_outside_row_by_row():
    rows = RNG.normal(size=(60, 3))

    def f(w):
        for row in rows:
            w = w - 0.1 * row * np.sum(row * w)
        return w

    program = check(f, np.ones(3))
    assert loops(program) and size(program) < 20


def test_few_steps_stay_as_they_are():
    program = check(euler, 1.0, 0.1, 20)
    assert not loops(program) and len(program.instructions) == 60


@pytest.mark.parametrize("size_, trips", [(100, [119]), (100_000, [61, 58])])
def test_one_large_state_of_many_is_not_kept_with_all_others(size_, trips):
    def f(x):
        for i in range(120):
            x = x * 0.5 + 1.0
            if i == 60:
                y = x
        return x, y

    assert loops(check(f, np.ones(size_))) == trips


def test_layers_of_one_shape_on_other_weights_stay():
    weights = [RNG.normal(size=(4, 4)) for _ in range(5)]

    def f(weights, x):
        for w in weights:
            x = np.tanh(w @ x)
        return x

    assert not loops(check(f, weights, np.ones(4)))


def test_the_walk_back_from_a_tensor_is_a_loop_too():
    fast = cr.compile(euler)
    for start in (1.0, 0.5):
        x, h = cr.tensor(start, requires_grad=True), cr.tensor(0.01, requires_grad=True)
        fast(x, h).backward()
        wanted = cr.grad(euler, (0, 1))(start, 0.01)  # pyright: ignore[reportArgumentType]
        assert (x.grad.item(), h.grad.item()) == pytest.approx(wanted, rel=1e-14)
    (variant,) = fast.variants()
    assert size(variant.program) < 20 and loops(variant.side.pullback._program)


def test_the_report_names_the_loop():
    fast = cr.compile(cr.grad(euler))
    assert fast(1.0, 0.1) == pytest.approx(cr.grad(euler)(1.0, 0.1), rel=1e-13)
    assert "59 equal steps of 3 instructions are a loop at" in fast.report() and "test_rolling.py" in fast.report()
    assert "59 equal steps" in str(fast.variants()[0])


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10_000))
def test_random_loops(seed):
    drawn = programs.Drawn(seed)
    check(drawn, *drawn.arguments())
    program = check(cr.value_and_grad(drawn, (0, 1, 2)), *drawn.arguments())
    if not (drawn.back or drawn.inner):
        assert loops(program)


# How much is done


def written(names, reads):
    """A program of so many instructions on numbers; `reads(i)` says how far back each reads."""
    x = Variable(0, (), np.dtype(float), "scalar")
    values, instructions = [x], []
    functions = {"add": np.add, "multiply": np.multiply, "sin": np.sin}
    for i, name in enumerate(names):
        given = [values[max(0, len(values) - back)] for back in reads(i)][: 1 if name == "sin" else 2]
        made = Variable(i + 1, (), np.dtype(float), "scalar")
        instructions.append(Instruction(name, functions[name], tuple(given), {}, (made,)))
        values.append(made)
    return Program([x], [], instructions, [values[-1]])


HARD = {
    "nothing comes again": lambda n: (RNG.choice(["add", "multiply", "sin"], n), lambda i: RNG.integers(1, 50, 2)),
    "all are equal": (lambda n: (["add"] * n, lambda i: (1, 1))),
    "equal, but for what they read": lambda n: (["add"] * n, lambda i: RNG.integers(1, 3, 2)),
    "nearly periodic": lambda n: (["add" if i % 7 or i % 611 == 0 else "sin" for i in range(n)], lambda i: (1, 3)),
    "period upon period": lambda n: (
        [("add", "multiply", "sin")[bin(i).count("1") % 3] for i in range(n)],
        lambda i: (1, 1 + bin(i).count("1") % 2),
    ),
}


@pytest.mark.parametrize("name", HARD)
def test_work_grows_with_the_length_of_the_program(name, monkeypatch):
    """Twice as long a program has not much more than twice as many rows compared one by one."""
    compared = []
    exact = periods._exact
    monkeypatch.setattr(periods, "_exact", lambda *given: compared.append(given[3] - given[2]) or exact(*given))
    counts = []
    for n in (4000, 8000):
        compared.clear()
        program = written(*HARD[name](n))
        verify(programs.rolled(program))
        counts.append(sum(compared))
    assert counts[1] <= 3 * counts[0] + 8000 * 14


def test_periods_are_found_at_any_place():
    names = ["sin", *RNG.choice(["add", "multiply"], 300), *["sin", "add", "multiply"] * 100, "add", "sin"]
    program = written(names, lambda i: (1, 2))
    found = [x for x in (periods.stretches(columns([program.arguments[0]], program.instructions, program.results), 4))]
    assert any(one.period == 3 and one.end - one.start > 290 for one in found)
