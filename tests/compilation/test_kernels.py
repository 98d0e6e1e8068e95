"""Native code of whole programs: what shares a loop, what is kept, long programs, products, maps."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.compilation import recording, work
from chainrule.compilation.plan import NativeStep
from chainrule.compilation.schedule import Loop, Move, Product


def compiled(function, *args, ulp=64):
    """The compiled function, checked against the function itself on these arguments; all of it native."""
    fast = cr.compile(function)
    fast(*args)
    ours, theirs = fast(*args), function(*args)
    flat = [list(_leaves(one)) for one in (ours, theirs)]
    for one, other in zip(*flat):
        eps = np.finfo(np.asarray(other).dtype).eps * ulp
        np.testing.assert_allclose(one, other, rtol=eps, atol=eps * max(1.0, float(np.max(np.abs(other), initial=0.0))))
    assert fast.eager_calls == 0 and fast.traces == 1
    return fast


def _leaves(tree):
    if isinstance(tree, (tuple, list)):
        for item in tree:
            yield from _leaves(item)
    else:
        yield tree


def schedule(fast):
    (variant,) = fast.variants()
    (step,) = variant.plan.steps
    assert type(step) is NativeStep, fast.report()
    return step.kernel.schedule


def room(fast):
    """Bytes of the workspace."""
    (variant,) = fast.variants()
    return variant.plan.steps[0].kernel.memory.size


def of_kind(fast, kind):
    return [step for step in schedule(fast).steps if type(step) is kind]


def test_a_chain_and_its_gradient_are_one_loop():
    def f(x):
        for name in "sin exp tanh cos sin tanh exp".split():
            x = getattr(np, name)(x)
        return np.sum(x)

    fast = compiled(cr.value_and_grad(f), np.linspace(-1, 1, 1001))
    (loop,) = of_kind(fast, Loop)
    assert len(loop.reductions) == 1 and len(schedule(fast).stored) == 2


def test_a_layer_is_products_and_a_loop_between():
    rng = np.random.default_rng(0)
    w, x = rng.normal(size=(7, 5)), rng.normal(size=(6, 7))
    fast = compiled(cr.value_and_grad(lambda w: np.mean(np.maximum(x @ w, 0.0) ** 2)), w)
    assert len(of_kind(fast, Product)) == 2 and "NumPy call" not in fast.report()


@pytest.mark.parametrize(
    "a, b",
    [((3, 4), (4, 5)), ((3, 4), (4,)), ((4,), (4, 5)), ((4,), (4,)), ((2, 3, 4), (4, 5)), ((2, 1, 3, 4), (5, 4, 2)),
     ((1, 4), (4, 1)), ((3, 1), (1, 5)), ((1, 1), (1, 1))],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("turned", [False, True])
def test_matrix_products(a, b, dtype, turned):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=a).astype(dtype), rng.normal(size=b).astype(dtype)
    if turned:
        x, y = (np.swapaxes(np.swapaxes(z, -1, -2).copy(), -1, -2) if z.ndim > 1 else z for z in (x, y))
    product = compiled(lambda x, y: np.matmul(x, y), x, y)
    assert product.eager_calls == 0
    compiled(cr.grad(lambda x, y: np.sum(np.sin(np.matmul(x, y))), (0, 1)), x, y)


def test_a_view_goes_into_a_product_as_it_lies():
    rng = np.random.default_rng(1)
    w, x = rng.normal(size=(5, 12)), rng.normal(size=(6, 24))
    fast = compiled(lambda w, x: x[:, 3:12] @ w[:, 1:10].T + 1.0, w, x)
    assert len(of_kind(fast, Product)) == 1 and room(fast) == 5 * 6 * 8 + 16
    fast = compiled(lambda w, x: x[:, ::2] @ w.T + 1.0, w, x)  # every other column has no place in BLAS: a copy
    assert len(of_kind(fast, Product)) == 1 and room(fast) > 6 * 12 * 8


PRODUCTS = [((n, k), (k, m)) for n in (1, 2, 3, 8, 9) for k in (0, 1, 4, 7, 9) for m in (0, 1, 2, 5, 8)]


@pytest.mark.parametrize("dtypes", [("f8", "f8"), ("f4", "f4"), ("f4", "f8")], ids="/".join)
def test_products_of_every_small_size(dtypes):
    rng = np.random.default_rng(1)
    for a, b in PRODUCTS:
        x, y = (rng.normal(size=shape).astype(dtype) for shape, dtype in zip((a, b), dtypes))
        fast = compiled(lambda x, y: (x @ y, x.T[::-1].T @ y, 2 * x), x, y)
        assert "NumPy call" not in fast.report()


@pytest.mark.parametrize(
    "a, b",
    [((5, 3, 3), (3,)), ((3,), (5, 3, 2)), ((2, 1, 3, 4), (5, 4, 4)), ((5, 20, 3), (3,)), ((20,), (5, 20, 2)),
     ((2, 1, 3, 20), (5, 20, 4)), ((5, 20), (20,)), ((3, 1, 20), (20, 1)), ((0, 3, 3), (3,)), ((4, 3, 0), (0, 3))],
)  # fmt: skip
def test_stacks_of_products(a, b):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=a), rng.normal(size=b)
    fast = compiled(cr.value_and_grad(lambda x, y: np.sum(np.sin(x @ y)), (0, 1)), x, y)
    assert "NumPy call" not in fast.report()


def test_products_of_arrays_of_one_value():
    x = np.random.default_rng(3).normal(size=(5, 12))
    for rows in (3, 12):
        fast = compiled(cr.value_and_grad(lambda x: np.sum(x[:, :rows] @ x[:, :rows].T)), x)
        assert "NumPy call" not in fast.report()


def test_cheap_values_are_computed_again_instead_of_kept():
    fast = compiled(cr.value_and_grad(lambda x: cr.logsumexp(x) + np.max(x)), np.linspace(-3, 3, 999))
    kept = {str(x.dtype) for x in schedule(fast).stored if x.shape}
    assert "bool" not in kept


def test_memory_is_used_again():
    def f(x):
        for _ in range(30):
            x = np.sin(x) * (1.0 + np.sum(x) * 1e-6)
        return np.sum(x)

    fast = compiled(f, np.linspace(0, 1, 1000))
    (variant,) = fast.variants()
    assert variant.plan.steps[0].kernel.memory.size < 5 * 8000  # 30 arrays, of which two are alive at a time


def test_concatenations_and_scatters_are_copies():
    def f(x):
        y = np.stack([x[0] * x[1], np.sin(x[2]), x[1] + 0.5])
        return np.sum(np.concatenate([y, x[::2], y[::-1]]) ** 2)

    fast = compiled(cr.value_and_grad(f), np.linspace(0.1, 0.3, 20))
    assert of_kind(fast, Move) and "NumPy call" not in fast.report()


def test_a_long_program_is_several_functions():
    def f(x, y):
        for i in range(400):
            x = np.sin(x) * y + 0.1
            if i % 100 == 0 and x > 1e6:
                return x
        return x

    eager = cr.value_and_grad(f, (0, 1))
    fast = cr.compile(eager)
    fast(0.5, 0.7)
    assert fast(0.5, 0.7) == eager(0.5, 0.7) and fast(0.3, 0.9) == eager(0.3, 0.9)
    assert fast(1e9, 0.5) == eager(1e9, 0.5)
    assert fast.traces == 1 and fast.eager_calls == 0

    def g(x):
        for _ in range(120):
            x = np.tanh(x) * 1.1 + np.sum(x) * 1e-3
        return np.sum(x)

    compiled(cr.value_and_grad(g), np.linspace(-1, 1, 20), ulp=1e4)


def test_what_is_too_long_runs_eagerly(monkeypatch):
    monkeypatch.setattr(recording, "_LARGEST", 3_000)
    turns = np.random.default_rng(0).integers(0, 2, 3_100).tolist()

    def f(x):
        for turn in turns:  # in an order without loops
            x = x + 1.0 if turn else 1.0 - x
        return x

    fast = cr.compile(f)
    with pytest.warns(UserWarning, match="more than 3000 steps"):
        assert fast(0.0) == f(0.0)


def test_a_map_of_jacobians():
    def project(camera, point):
        k, angle = camera[:3], np.sqrt(np.sum(camera[:3] * camera[:3]))
        k = k / angle
        turned = point * np.cos(angle) + k * np.sum(k * point) * (1 - np.cos(angle)) + camera[3:6]
        flat = -turned[:2] / turned[2]
        n = np.sum(flat * flat)
        return camera[6] * (1 + camera[7] * n + camera[8] * n * n) * flat

    rng = np.random.default_rng(0)
    cameras = rng.normal(size=(50, 9)) * 0.1
    points = rng.normal(size=(50, 3)) + np.array([0.0, 0.0, 5.0])
    fast = compiled(cr.vmap(cr.jacobian(project, (0, 1))), cameras, points, ulp=1e4)
    assert "NumPy call" not in fast.report()


def test_long_sums_are_accurate():
    x = np.random.default_rng(0).uniform(0.5, 1.0, 1_000_003).astype(np.float32)
    fast = cr.compile(lambda x: (np.sum(x), np.sum(np.sin(x) * 2.0)))
    fast(x)
    total, other = fast(x)
    assert abs(total - x.sum(dtype=float)) <= 4 * np.spacing(total)
    assert abs(other - (np.sin(x.astype(float)) * 2).sum()) <= 8 * np.spacing(other)


@pytest.mark.parametrize("axis", [0, 1, 2, (0, 1), (0, 2), (1, 2), None])
@pytest.mark.parametrize("name", ["sum", "max", "min", "prod", "mean", "any", "all"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_reductions_over_every_axis(name, axis, dtype):
    x = np.random.default_rng(3).uniform(0.5, 1.5, (3, 5, 19)).astype(dtype)

    def f(x):
        y = x > 1.0 if name in ("any", "all") else x * 1.0
        return getattr(np, name)(y, axis=axis), getattr(np, name)(y, axis=axis, keepdims=True)

    fast = cr.compile(f)
    fast(x)
    for one, other in zip(fast(x), f(x)):
        assert type(one) is type(other) and one.dtype == other.dtype and one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=64 * np.finfo(dtype).eps)
    with_nan = x.copy()
    with_nan[1, 2, 3] = np.nan
    for one, other in zip(fast(with_nan), f(with_nan)):
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_program_with_many_functions_calls_them(dtype, monkeypatch):
    """Each kind is one function; the few arguments that ask for the C library go there as before."""
    names = (np.sin, np.exp, np.tanh, np.arctan, np.cbrt, np.log1p, np.cos)

    def f(x):
        for k in range(30):
            x = names[(k * k + k // 3) % len(names)](x) + np.log(np.abs(x) + 1.5) * (k + 0.5)
        return x

    x = np.array([0.3, -1.2, 1e30, -1e-30, 0.0, np.nan, 800.0, -np.inf, 2.5, 1e5, 7.0, -3.0, 5.5], dtype)
    found = []
    for inlined in (20, 1000):
        monkeypatch.setattr(work, "_DEAR_ONES", inlined)
        fast = cr.compile(f)
        fast(x)
        found.append(fast(x))
        called = len(fast.variants()[0].plan.steps[0].kernel.functions)
        assert (called >= 5) is (inlined == 20)
    np.testing.assert_array_equal(*found)


def test_one_array_at_two_places_of_another():
    def f(x):
        y = np.sin(x[:, None] * x)
        return np.stack([y.reshape(-1), y.reshape(-1), np.cos(x[:, None] * x).reshape(-1)]), np.concatenate([y, y])

    fast = compiled(f, np.linspace(-1, 1, 12))
    assert "NumPy call" not in fast.report()


@pytest.mark.parametrize("calls", [0, 10**9])
def test_a_long_program_has_quick_code_or_the_best(calls, monkeypatch):
    """Which of the two depends on how long it runs; the results do not."""
    chance = np.random.default_rng(1)
    turns = chance.integers(0, 6, 1_200).tolist()

    def f(x, y, s):
        for turn in turns:
            if turn == 0:
                x = np.sin(x) * s
            elif turn == 1:
                y = np.maximum(y, x) - 0.5 * y
            elif turn == 2:
                x = x + np.tanh(y)
            elif turn == 3:
                s = s * 0.5 + np.cos(s)
            elif turn == 4:
                y = y * np.mean(x) + np.exp(-y * y)
            else:
                x, y = y, 0.9 * x
        return x, np.sum(y), s

    monkeypatch.setattr(work, "_CALLS", calls)
    arguments = *chance.normal(size=(2, 13)), 0.3
    fast = compiled(f, *arguments)
    kernel = fast.variants()[0].plan.steps[0].kernel
    assert kernel.compact and (work.effort(kernel.instructions) == "quick") is (calls == 0)
    for one, other in zip(fast(*arguments), f(*arguments)):
        np.testing.assert_allclose(one, other, rtol=1e-12)
