"""Solves, inverses, determinants and Cholesky factors in native code, and what they do where there is none."""

import numpy as np
import pytest

import chainrule as cr

dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])


def matrices(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=shape) + 3 * np.eye(shape[-1])).astype(dtype)


def square(a):
    return np.matmul(a, np.swapaxes(a, -1, -2)) + np.eye(a.shape[-1], dtype=a.dtype)


def leaves(tree):
    return [leaf for item in tree for leaf in leaves(item)] if isinstance(tree, tuple) else [tree]


def compiled(function, *args):
    """The compiled function, checked against the function itself on these arguments; all of it native."""
    fast = cr.compile(function)
    fast(*args)
    ours, theirs = fast(*args), function(*args)
    assert fast.eager_calls == 0 and "NumPy call" not in fast.report(), fast.report()
    for one, other in zip(leaves(ours), leaves(theirs), strict=True):
        assert type(one) is type(other) and np.shape(one) == np.shape(other)
        assert np.asarray(one).dtype == np.asarray(other).dtype
        eps = np.finfo(np.asarray(other).dtype).eps
        size = np.max(np.abs(other), initial=0.0, where=np.isfinite(other))
        np.testing.assert_allclose(one, other, rtol=256 * eps, atol=256 * eps * size)
    return fast


SOLVES = [((4, 4), (4,)), ((4, 4), (4, 3)), ((3, 4, 4), (4, 2)), ((1, 4, 4), (2, 1, 4, 2)), ((2, 3, 1, 1), (3, 1, 2)),
          ((70, 70), (70, 5)), ((1, 1), (1,))]  # fmt: skip


@dtypes
@pytest.mark.parametrize("a, b", SOLVES)
@pytest.mark.parametrize("turned", [False, True])
def test_solve(a, b, dtype, turned):
    x, y = matrices(a, dtype), np.random.default_rng(1).normal(size=b).astype(dtype)

    def f(x, y):
        return np.linalg.solve(np.swapaxes(x, -1, -2) if turned else x, y) * dtype(1.5)

    compiled(f, x, y)
    compiled(cr.value_and_grad(lambda x, y: np.sum(np.sin(f(x, y))), (0, 1)), x, y)


@dtypes
@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 3, 4, 4), (3, 1, 1), (20, 20)])
def test_inverses_determinants_and_factors(shape, dtype):
    a = matrices(shape, dtype)
    compiled(lambda a: (np.linalg.inv(a) + a, np.linalg.det(a) * 2, *np.linalg.slogdet(a), -a), a)
    compiled(lambda a: np.linalg.cholesky(square(a)) * 2, a)

    def g(a):
        return np.sum(np.linalg.inv(a)) + np.sum(np.linalg.slogdet(a)[1]) + np.sum(np.linalg.cholesky(square(a)))

    compiled(cr.value_and_grad(g), a)


def test_a_gaussian_process():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-3, 3, 12), rng.normal(size=12)

    def loss(length, noise):
        apart = (x[:, None] - x[None, :]) / length
        kernel = np.exp(-0.5 * apart * apart) + noise * np.eye(12)
        factor = np.linalg.cholesky(kernel)
        white = np.linalg.solve(factor, y)
        return 0.5 * np.sum(white * white) + np.sum(np.log(np.diag(factor)))

    compiled(cr.value_and_grad(loss, (0, 1)), 0.7, 0.1)


@pytest.mark.parametrize(
    "function, bad",
    [
        (lambda a: np.linalg.solve(a, a[0]), np.ones((3, 3))),
        (lambda a: np.linalg.inv(a), np.ones((2, 3, 3))),
        (lambda a: np.linalg.cholesky(a), -np.eye(3)),
        (lambda a: np.linalg.cholesky(a), np.full((3, 3), np.nan)),
        (lambda a: np.linalg.eigvalsh(a), np.full((3, 3), np.nan)),
    ],
)
@dtypes
@pytest.mark.parametrize("used", [False, True])
def test_numpy_raises_and_so_does_the_compiled_function(function, bad, dtype, used):
    def f(a):
        found = function(a)
        return (np.sum(found) if used else 0.0) + np.sum(np.sin(a))

    bad = bad.astype(dtype)
    good = np.broadcast_to(np.eye(3, dtype=dtype), bad.shape).copy()
    fast = cr.compile(f)
    fast(good)
    with np.errstate(all="ignore"):
        try:
            expected = f(bad)
        except np.linalg.LinAlgError as raised:
            for _ in range(3):
                with pytest.raises(np.linalg.LinAlgError, match=str(raised)):
                    fast(bad)
        else:
            np.testing.assert_allclose(fast(bad), expected)
    np.testing.assert_allclose(fast(good), f(good), rtol=1e-6)
    assert fast.traces == 1 and fast.eager_calls == 0


def jittered(a):
    try:
        return np.sum(np.linalg.cholesky(a) * 2.0)
    except np.linalg.LinAlgError:
        return np.sum(np.linalg.cholesky(a + 10 * np.eye(3)) * 3.0)


def test_a_function_that_catches_the_error_goes_its_way():
    good, bad = np.eye(3), -np.eye(3)
    fast = cr.compile(jittered)
    assert fast(good) == jittered(good)
    with pytest.warns(UserWarning, match="NumPy raises in it"):
        assert fast(bad) == jittered(bad)
    assert fast(good) == jittered(good) and fast(bad) == jittered(bad)
    assert fast.traces == 1


def test_a_function_that_catches_the_error_at_first_is_not_compiled():
    good, bad = np.eye(3), -np.eye(3)
    fast = cr.compile(jittered)
    with pytest.warns(UserWarning, match="NumPy raises LinAlgError in it"):
        assert fast(bad) == jittered(bad)
    assert fast(good) == jittered(good) and fast(bad) == jittered(bad)


def test_singular_determinants():
    fast = compiled(lambda a: (np.linalg.det(a), *np.linalg.slogdet(a), -a), np.stack([np.ones((2, 2)), np.eye(2)]))
    assert fast(np.zeros((2, 2, 2)))[0].tolist() == [0.0, 0.0]
