"""What a compiled function promises: the function's own results, whatever it is called with."""

import math
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import chainrule as cr
from chainrule.compilation.function import RunsEagerlyWarning


def neuron(w, x, b, y):
    a = 1 / (1 + np.exp(-(w * x + b)))
    return (a - y) ** 2


def test_a_gradient_on_python_floats():
    eager = cr.value_and_grad(neuron, argnums=(0, 2))
    fast = cr.compile(eager)
    for w in (0.5, -3.0, 700.0, -800.0, math.inf, math.nan):
        ours, theirs = fast(w, 2.0, 0.0, 1.0), eager(w, 2.0, 0.0, 1.0)
        assert repr(ours) == repr(theirs)
        assert type(ours) is tuple and type(ours[1]) is tuple and type(ours[0]) is float
    assert fast.traces == 1 and fast.eager_calls == 0 and fast.why_retraced() == []


def test_a_branch_is_a_guard_and_its_other_side_another_variant():
    def f(x):
        if x > 0:
            return np.sin(x) * 2.0
        return x * x

    fast = cr.compile(cr.grad(f))
    for x in (1.0, -1.0, 2.0, -3.0, 0.0, math.nan):
        assert repr(fast(x)) == repr(cr.grad(f)(x))
    assert fast.traces == 2 and len(fast.variants()) == 2
    (line,) = fast.why_retraced()
    assert "guard at" in line and "if x > 0" in line


def test_loop_bounds_and_early_exits_are_followed():
    def newton(a):
        x = a
        while abs(x * x - a) > 1e-9:
            x = 0.5 * (x + a / x)
        return x

    fast = cr.compile(cr.grad(newton), variants=10)
    for a in (2.0, 2.5, 9.0, 100.0, 2.0):
        assert fast(a) == pytest.approx(0.5 / math.sqrt(a), rel=1e-6)
        assert fast(a) == cr.grad(newton)(a)

    def power(x, n):
        y = x * 0.0 + 1.0
        for _ in range(int(n)):
            y = y * x
        return y

    fast = cr.compile(power)
    for n in (2.0, 3.0, 2.5, 0.0):
        assert fast(1.5, n) == power(1.5, n)
    assert fast.traces == 3  # 2.5 takes the way of 2.0


def test_past_the_limit_it_runs_eagerly_and_says_so_once():
    fast = cr.compile(lambda x, n: x * int(n), variants=3)
    for n in range(3):
        assert fast(2.0, float(n)) == 2.0 * n
    with pytest.warns(RunsEagerlyWarning, match="more than 3 ways"):
        assert fast(2.0, 10.0) == 20.0
    assert fast(2.0, 11.0) == 22.0  # silently
    assert fast(2.0, 1.0) == 2.0 and fast.traces == 3 and fast.eager_calls == 2
    assert "more than 3 ways" in fast.report()


def test_shapes_dtypes_and_whole_numbers_are_variants():
    fast = cr.compile(lambda x, k: (x * k).sum())
    assert fast(np.ones(3), 2) == 6.0
    assert fast(np.ones(4), 2) == 8.0
    assert fast(np.ones(3, np.float32), 2) == 6.0 and type(fast(np.ones(3, np.float32), 2)) is np.float32
    assert fast(np.ones(3), 3) == 9.0
    assert fast.traces == 4
    lines = fast.why_retraced()
    assert "argument 0 is float64[4], and was float64[3]" in lines[0]
    assert "float32[3]" in lines[1] and "argument 1 is 3" in lines[2]


@pytest.mark.parametrize(
    "function, args, why",
    [
        (lambda x: float(np.array([x, 1.0]).sum()), (2.0,), "np.stack"),
        (lambda x: f"{x}", (2.0,), "prints or formats"),
        (lambda x: np.random.normal() * 0 + x, (2.0,), "random numbers"),
        (lambda x: object() and x, (object(),), "an argument is a object"),
        (lambda x: np.add(x, 1, out=np.zeros(3)), (np.ones(3),), "out="),
        (lambda x: {1.5}.union([x]), (2.0,), "returns a set"),
    ],
)
def test_what_cannot_be_followed_runs_eagerly_and_says_why(function, args, why):
    fast = cr.compile(function)
    with pytest.warns(RunsEagerlyWarning, match=why):
        first = fast(*args)
    np.testing.assert_array_equal(first, function(*args))
    np.testing.assert_array_equal(fast(*args), function(*args))
    assert fast.eager_calls == 2


def test_past_its_budget_it_runs_eagerly_and_says_so_once():
    def f(x):
        for k in range(40):
            x = np.sin(x) + k if k % 3 else np.exp(-x) * k
        return x

    fast = cr.compile(f, budget=0.01)
    with pytest.warns(RunsEagerlyWarning, match="would take some .* budget=0.01"):
        assert fast(1.0) == f(1.0)
    assert fast(2.0) == f(2.0) and fast.traces == 1 and fast.eager_calls == 2
    assert cr.compile(f)(1.0) == f(1.0)


def test_too_many_kinds_of_call_run_eagerly():
    fast = cr.compile(lambda x, k: x + k)
    for k in range(64):
        assert fast(1.0, k) == 1.0 + k
    with pytest.warns(RunsEagerlyWarning, match="more than 64 ways"):
        assert fast(1.0, 64) == 65.0
    assert fast(1.0, 3) == 4.0 and fast.traces == 64
    calls = []

    def untraceable(x, k):
        calls.append(k)
        return float(np.array([x])[0]) + k

    fast = cr.compile(untraceable)
    with pytest.warns(RunsEagerlyWarning):
        for k in range(70):
            assert fast(1.0, k) == 1.0 + k
    assert fast.traces == 64 and len(calls) == 70  # a run that is given up leaves nothing behind


def test_isinstance_answers_for_the_value():
    def f(x, s):
        kinds = isinstance(x, np.ndarray), isinstance(s, float), isinstance(x, float), isinstance(s, np.ndarray)
        return (x * s if kinds == (True, True, False, False) else x * 0).sum()

    fast = cr.compile(f)
    assert [fast(np.ones(3), 2.0), fast(np.ones(3), 3.0)] == [6.0, 9.0]


def test_in_place_changes_of_an_argument_reach_the_caller():
    def f(x):
        x += 1
        return x.sum()

    fast, x = cr.compile(f), np.zeros(3)
    with pytest.warns(RunsEagerlyWarning, match="in place"):
        assert fast(x) == 3.0
    assert fast(x) == 6.0
    np.testing.assert_array_equal(x, 2.0)


def test_errors_are_those_of_the_function():
    fast = cr.compile(lambda x: x[5])
    with pytest.raises(IndexError, match="index 5 is out of bounds"):
        fast(np.ones(3))
    fast = cr.compile(lambda x: 1.0 / x)
    assert fast(2.0) == 0.5
    with pytest.raises(ZeroDivisionError):
        fast(0.0)
    assert fast(4.0) == 0.25
    fast = cr.compile(lambda x: x**0.5)
    assert fast(4.0) == 2.0
    with pytest.warns(RunsEagerlyWarning, match="a power of Python floats"):
        assert fast(-4.0) == (-4.0) ** 0.5  # complex, as Python has it
    fast = cr.compile(lambda a: np.linalg.inv(a))
    fast(np.eye(2))
    with pytest.raises(np.linalg.LinAlgError):
        fast(np.ones((2, 2)))
    with pytest.raises(cr.errors.ArgumentError, match="pass the function itself"):
        cr.compile(3.0)


WEIGHTS = np.array([1.0, 2.0, 3.0])
SCALE = 2.0


def test_names_from_outside_are_read_anew(monkeypatch):
    fast = cr.compile(cr.grad(lambda x: SCALE * (WEIGHTS * x).sum()))
    np.testing.assert_array_equal(fast(np.ones(3)), [2, 4, 6])
    WEIGHTS[0] = 10.0  # its contents
    try:
        np.testing.assert_array_equal(fast(np.ones(3)), [20, 4, 6])
    finally:
        WEIGHTS[0] = 1.0
    monkeypatch.setattr(sys.modules[__name__], "WEIGHTS", np.full(3, 7.0))  # another array
    np.testing.assert_array_equal(fast(np.ones(3)), [14, 14, 14])
    monkeypatch.setattr(sys.modules[__name__], "SCALE", 3.0)
    np.testing.assert_array_equal(fast(np.ones(3)), [21, 21, 21])
    assert any("SCALE has changed" in line for line in fast.why_retraced())


def test_enclosed_variables_and_attributes_too():
    class Model:
        pass

    model, state = Model(), {"b": 1.0}
    model.w = np.ones(2)
    k = 2.0

    def f(x):
        return k * (model.w * x).sum() + state["b"]

    fast = cr.compile(f)
    assert fast(np.ones(2)) == 5.0
    model.w = np.full(2, 2.0)
    assert fast(np.ones(2)) == 9.0
    state["b"] = 0.0
    assert fast(np.ones(2)) == 8.0
    k = 3.0
    assert fast(np.ones(2)) == 12.0


def test_a_reused_buffer_is_what_it_was_when_it_was_used():
    data = np.arange(6.0).reshape(3, 2)

    def f(w):
        buffer, total = np.empty(2), 0.0
        for row in data:
            buffer[:] = row
            total = total + (w * buffer).sum() ** 2
        return total

    fast = cr.compile(cr.grad(f))
    for w in (np.ones(2), np.array([0.5, -1.0])):
        np.testing.assert_allclose(fast(w), cr.grad(f)(w), rtol=1e-15)
    assert fast.traces == 1 and fast.eager_calls == 0


def test_structures_in_and_out():
    def f(p, xs):
        return {"a": (p["w"] * xs[0]).sum(), "b": [p["w"], xs[1] + 1.0, None, "text", 3]}

    args = {"w": np.arange(3.0)}, (np.ones(3), 2.0)
    fast = cr.compile(f)
    for _ in range(2):
        ours, theirs = fast(*args), f(*args)
        assert list(ours) == list(theirs) and ours["a"] == theirs["a"] and type(ours["b"]) is list
        assert type(ours["a"]) is type(theirs["a"])
        np.testing.assert_array_equal(ours["b"][0], theirs["b"][0])
        assert ours["b"][0] is not args[0]["w"]  # results are fresh
        assert ours["b"][1:] == theirs["b"][1:]
    assert fast.eager_calls == 0 and fast.traces == 1
    eager = cr.value_and_grad(lambda p, xs: f(p, xs)["a"])
    fast = cr.compile(eager)
    for _ in range(2):
        (value, gradient), (theirs, expected) = fast(*args), eager(*args)
        assert value == theirs and list(gradient) == ["w"]
        np.testing.assert_array_equal(gradient["w"], expected["w"])
    assert fast.eager_calls == 0


def test_another_structure_of_the_same_kind_is_not_mistaken():
    fast = cr.compile(lambda p: p["a"] - p["b"])
    assert fast({"a": 3.0, "b": 1.0}) == 2.0
    assert fast({"b": 1.0, "a": 3.0}) == 2.0
    with pytest.raises(KeyError):
        fast({"a": 3.0, "c": 1.0})
    with pytest.raises(KeyError):
        fast({"a": 3.0})
    fast = cr.compile(lambda p: p[0] * 2.0)
    assert fast((3.0, 1.0)) == 6.0 and fast([3.0]) == 6.0 and fast((np.float64(3.0), 1.0)) == 6.0


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_layouts_of_memory(dtype):
    eager = cr.value_and_grad(lambda x: np.sum(np.exp(x) * np.arange(x.size, dtype=x.dtype).reshape(x.shape)))
    fast = cr.compile(eager)
    base = np.linspace(-1, 1, 48).reshape(6, 8).astype(dtype)
    raw = np.zeros(base.nbytes + 1, "u1")
    misaligned = raw[1:].view(dtype).reshape(6, 8)
    misaligned[...] = base
    frozen = base.copy()
    frozen.flags.writeable = False
    cases = [
        base,
        base[::-1],
        base[:, ::2],
        np.asfortranarray(base),
        base.T,
        misaligned,
        frozen,
        base[:0],
        base[::-2, ::-3],
    ]
    cases += [np.broadcast_to(base[0], (6, 8))]
    for x in cases:
        for _ in range(2):
            (value, gradient), (theirs, expected) = fast(x), eager(x)
            tolerance = 64 * np.finfo(dtype).eps
            np.testing.assert_allclose(value, theirs, rtol=tolerance, atol=tolerance * 48)
            np.testing.assert_allclose(gradient, expected, rtol=tolerance)
            assert gradient.dtype == dtype and gradient.shape == x.shape
            assert gradient.flags.owndata and gradient.flags.writeable
    assert fast.eager_calls == 0
    np.testing.assert_array_equal(base, np.linspace(-1, 1, 48).reshape(6, 8).astype(dtype))


def test_overlapping_arguments():
    fast = cr.compile(lambda a, b: (a * b + a, b - a))
    memory = np.arange(20.0)
    for a, b in ((memory, memory), (memory[:10], memory[5:15]), (memory[:10], memory[:10])):
        for _ in range(2):
            one, two = fast(a, b)
            np.testing.assert_array_equal(one, a * b + a)
            np.testing.assert_array_equal(two, b - a)


def test_an_array_that_a_program_reads_may_change_its_shape():
    weights = np.arange(6.0)
    holder = [weights]
    fast = cr.compile(lambda x: (holder[0] * x).sum())
    assert fast(2.0) == 30.0
    weights.resize((2, 3), refcheck=False)
    assert fast(2.0) == 30.0
    weights.resize(3, refcheck=False)
    assert fast(2.0) == 6.0


def test_tensors_keep_their_graph():
    fast = cr.compile(lambda w: w * w)
    w = cr.tensor(3.0, requires_grad=True)
    assert fast(3.0) == 9.0
    fast(w).backward()
    assert w.grad.item() == 6.0
    assert cr.grad(fast)(3.0) == 6.0 and cr.grad(cr.grad(fast))(3.0) == 2.0
    assert fast.eager_calls == 0


def test_a_compiled_function_inside_another():
    inner = cr.compile(lambda x: np.sin(x))
    fast = cr.compile(cr.grad(lambda x: inner(x) * 2.0))
    assert fast(0.0) == 2.0 and fast(0.5) == cr.grad(lambda x: np.sin(x) * 2.0)(0.5)
    assert fast.eager_calls == 0


@pytest.mark.parametrize("transform", [cr.grad, cr.hessian, cr.jacobian, lambda f: cr.grad(cr.grad(f))])
def test_other_transforms(transform):
    x = 0.5 if transform not in (cr.hessian, cr.jacobian) else np.array([0.5, -0.25, 2.0])

    def f(x):
        return np.sum(np.exp(np.sin(x)) / (1.0 + x * x))

    eager = transform(f)
    fast = cr.compile(eager)
    np.testing.assert_allclose(fast(x), eager(x), rtol=1e-13)
    np.testing.assert_allclose(fast(x * 0.5), eager(x * 0.5), rtol=1e-13)
    assert fast.traces == 1 and fast.eager_calls == 0


def test_references_are_neither_lost_nor_kept():
    def f(p, x, k):
        return {"a": p["w"] * x, "b": [np.sum(p["w"]), None, "text"], "c": (x + 1.0, k)}

    fast, p, x, k = cr.compile(f), {"w": np.ones(5)}, 2.5, 12345678901
    fast(p, x, k)
    fast(p, x, k)
    things = [p, p["w"], x, k, None, "text", "a", float, np.ndarray, np.dtype(float)]
    before = [sys.getrefcount(thing) for thing in things]

    def counts(result):
        own = result["a"], result["b"], result["c"], result["c"][0]
        return [sys.getrefcount(one) for one in (result, *own)]

    expected = counts(f(p, x, k))
    for _ in range(1000):
        found = counts(fast(p, x, k))
        assert found == expected
    after = [sys.getrefcount(thing) for thing in things]
    assert max(abs(one - other) for one, other in zip(before, after)) < 50
    tracemalloc.start()
    fast(p, x, k)
    held = tracemalloc.get_traced_memory()[0]
    for _ in range(200):
        fast(p, x, k)
    assert tracemalloc.get_traced_memory()[0] - held < 10_000
    tracemalloc.stop()
    assert fast.eager_calls == 0


def test_helpers_and_constants_of_the_module_may_change(monkeypatch):
    def f(x):
        return helper(x) * SCALE

    fast = cr.compile(f)
    assert [fast(1.0), fast(2.0)] == [4.0, 6.0]
    monkeypatch.setattr(sys.modules[__name__], "helper", lambda x: x - 1.0)
    assert [fast(1.0), fast(2.0)] == [0.0, 2.0]
    monkeypatch.undo()
    assert [fast(1.0), fast(2.0)] == [4.0, 6.0]


def helper(x):
    return x + 1.0


def test_several_threads():
    fast = cr.compile(cr.value_and_grad(lambda x: np.sum(np.sin(x) * np.linalg.norm(x))))
    eager = cr.value_and_grad(lambda x: np.sum(np.sin(x) * np.linalg.norm(x)))
    inputs = [np.linspace(0.1, k + 1.0, 300 + k % 3) for k in range(12)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda x: [fast(x) for _ in range(20)][-1], inputs))
    for (value, gradient), x in zip(found, inputs):
        np.testing.assert_allclose(value, eager(x)[0], rtol=1e-12)
        np.testing.assert_allclose(gradient, eager(x)[1], rtol=1e-11)


def test_a_call_that_runs_native_code_may_compile_the_function_anew():
    """Code that waits further down the stack is not freed."""
    state = {"k": 1.0}

    def inner(x):
        return x * state["k"] if x > 0 else x

    fast = cr.compile(inner)
    for i in range(6):
        state["k"] = float(i)
        assert fast(2.0) == 2.0 * i and fast(-1.0) == -1.0


def test_printing_a_program():
    fast = cr.compile(cr.value_and_grad(neuron))
    fast(0.5, 2.0, 0.0, 1.0)
    (variant,) = fast.variants()
    text = str(variant)
    assert "= exp(%" in text and "traced:" in text and "simplified:" in text
    assert len(variant.program.instructions) < len(variant.traced.instructions)
    assert "native: " in fast.report() and "neuron" in fast.report()


def test_without_llvmlite_it_says_what_to_install():
    program = (
        "import sys; sys.modules['llvmlite'] = None\n"
        "import chainrule as cr\n"
        "try: cr.compile(abs)\n"
        "except cr.errors.MissingPackageError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "pip install 'chainrule[native]'" in done.stdout, done.stderr


def test_llvmlite_is_imported_on_first_use_only():
    program = "import sys, chainrule as cr; assert 'llvmlite' not in sys.modules; cr.compile; print(len(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
