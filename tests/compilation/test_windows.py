"""Loops that read an array as a part of a larger one, with zeros around it; loops whose last axes change places."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.compilation.schedule import Loop

PARTS = {
    "the middle of a row": lambda x: x[1:-1] * x[:-2] + x[2:],
    "rows and columns": lambda x: x[1:-1, 1:-1] * x[:-2, 2:] + x[2:, :-2],
    "whole rows": lambda x: x[1:] * x[:-1],
    "whole columns": lambda x: x[:, 1:] * x[:, :-1],
    "a number and a slice": lambda x: x[3, 2:] * x[-2, :-2],
    "a number last": lambda x: x[2:, 3] * x[:-2, -1],
    "an ellipsis": lambda x: x[..., 1:] * x[..., :-1],
    "a middle axis": lambda x: x[:, 1, :-2] * x[:, 0, 2:],
    "every other one": lambda x: x[::2] * x[1::2],
    "backwards": lambda x: x[:0:-1] * x[:-1],
}
SHAPES = [(40,), (18, 21), (40,), (6, 4, 19), (7, 3, 5, 4), (1, 37), (37, 1)]


def check(function, *args, **options):
    """The compiled function beside itself, bit by bit where nothing is summed."""
    fast = cr.compile(function, **options)
    fast(*args)
    np.testing.assert_allclose(fast(*args), function(*args), rtol=1e-12, atol=1e-12)
    assert fast.eager_calls == 0
    return fast.variants()[0].plan.steps[0].kernel.schedule.steps


@pytest.mark.parametrize("shape", dict.fromkeys(SHAPES), ids=str)
@pytest.mark.parametrize("name", PARTS)
def test_the_gradient_of_parts(name, shape):
    x = np.random.default_rng(1).normal(size=shape)
    try:
        PARTS[name](x)
    except (IndexError, ValueError):
        pytest.skip("not for this shape")
    check(lambda x: cr.grad(lambda x: np.sum(np.sin(PARTS[name](x))))(x) + x, x)


def test_a_part_that_lies_transposed_is_read_as_it_lies():
    x = np.random.default_rng(2).normal(size=(19, 23))
    for f in (lambda x: np.sin(np.pad(x.T, 2)) + 1, lambda x: np.pad(x[::2, ::-3] > 0, 1) * np.pad(x[::2, ::3], 1)):
        assert all(type(step) is Loop for step in check(f, x))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_step_of_the_heat_equation_is_two_loops(dtype):
    def step(u):
        c = u[1:-1, 1:-1]
        return c + 0.1 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * c)

    u = np.random.default_rng(3).normal(size=(34, 51)).astype(dtype)
    fast = cr.compile(cr.grad(lambda u: np.sum(step(u) ** 2)))
    fast(u)
    np.testing.assert_array_equal(fast(u), cr.grad(lambda u: np.sum(step(u) ** 2))(u))
    assert [type(one) for one in fast.variants()[0].plan.steps[0].kernel.schedule.steps] == [Loop, Loop]


def test_what_is_asked_for_is_in_memory():
    def f(x):
        padded = np.pad(x * 2, 3)
        return padded, padded + 1.0, np.sum(padded), padded @ padded

    fast = cr.compile(f)
    x = np.arange(5.0)
    for found, expected in zip(fast(x), f(x)):
        np.testing.assert_array_equal(found, expected)
    for found, expected in zip(fast(x), f(x)):
        np.testing.assert_array_equal(found, expected)


def test_maxima_and_counts_see_the_zeros():
    def f(x):
        padded = np.pad(x, ((2, 1), (1, 3)))
        return np.max(padded, axis=1) + np.min(padded, axis=1), np.sum(padded == 0, axis=0) + 0.0

    x = -1 - np.random.default_rng(4).random((20, 30))
    fast = cr.compile(f)
    fast(x)
    for found, expected in zip(fast(x), f(x)):
        np.testing.assert_array_equal(found, expected)


def test_threads_and_donation_do_not_change_it():
    def f(x):
        return np.exp(np.sin(np.pad(x[1:-1, 1:-1], 1))) + 0.5

    x = np.random.default_rng(5).normal(size=(700, 800))
    expected = f(x)
    check(f, x, threads=2)
    donated = cr.compile(f, donate=(0,))
    donated(x.copy())
    np.testing.assert_allclose(donated(x.copy()), expected, rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("lengths", [(50, 60, 10), (40, 41, 3), (33, 64, 1), (3, 200, 15)], ids=str)
def test_pairs_of_points(lengths, dtype):
    n, m, d = lengths
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(n, d)).astype(dtype), rng.normal(size=(m, d)).astype(dtype)

    def kernel(x, y):
        apart = x[:, None, :] - y[None, :, :]
        near = np.where(apart > 0, apart, 0.5 * apart)
        return np.sum(np.exp(-0.5 * np.sum(near * near, axis=2)) * np.max(apart, axis=2))

    fast = cr.compile(cr.value_and_grad(kernel, (0, 1)))
    fast(x, y)
    found, expected = fast(x, y), cr.value_and_grad(kernel, (0, 1))(x, y)
    size = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(found[0], expected[0], rtol=size, atol=size)
    for one, other in zip(found[1], expected[1]):
        np.testing.assert_allclose(one, other, rtol=size, atol=size * np.abs(other).max())
