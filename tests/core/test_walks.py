"""The two walks: broadcasting undone, adjointness, and programs made at random."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.core import reverse
from chainrule.core.selection import Selected, add, times


@st.composite
def broadcast_pairs(draw):
    """A shape, and a shape that broadcasts to it."""
    whole = tuple(draw(st.lists(st.integers(0, 3), max_size=4)))
    part = whole[draw(st.integers(0, len(whole))) :]
    return whole, tuple(1 if draw(st.booleans()) else n for n in part)


@given(broadcast_pairs(), st.integers(0, 2**32 - 1))
def test_unbroadcast_is_the_transpose_of_broadcasting(shapes, seed):
    whole, part = shapes
    rng = np.random.default_rng(seed)
    c, x = rng.normal(size=whole), rng.normal(size=part)
    back = reverse.unbroadcast(np, c, part)
    assert np.shape(back) == part
    np.testing.assert_allclose(np.sum(back * x), np.sum(c * np.broadcast_to(x, whole)), atol=1e-12)


@given(broadcast_pairs(), st.integers(0, 2**32 - 1))
def test_a_selection_is_summed_with_its_live_entries(shapes, seed):
    whole, part = shapes
    rng = np.random.default_rng(seed)
    live = rng.random(whole) < 0.3
    c = reverse.fit(Selected(np.where(live, 1.0, 0.0), live), np.zeros(part))
    value, kept = np.broadcast_to(c.value, part), np.broadcast_to(c.live, part)
    np.testing.assert_array_equal(value > 0, kept)


@pytest.mark.parametrize(
    "c, value, expected",
    [
        (np.ones(3), 1.0, 3.0),
        (2.0, np.float32(1), np.float32(2)),
        (np.float64(2), 1.0, 2.0),
        (1 + 2j, 1.0, 1.0),
        (np.array([1 + 2j]), np.ones(1), np.ones(1)),
        (np.array(2.0), 1.0, 2.0),
        (1, np.ones(()), np.float64(1)),
        (np.ones(2), np.ones(2, np.float32), np.ones(2, np.float32)),
        (1.0, 1j, np.complex128(1)),
        (np.ones((2, 3)), np.ones((3, 2))[:1, :1], np.full((1, 1), 6.0)),
    ],
)
def test_a_cotangent_takes_the_kind_of_its_value(c, value, expected):
    fitted = reverse.fit(c, value)
    assert type(fitted) is type(expected) and np.shape(fitted) == np.shape(expected)
    assert np.asarray(fitted).dtype == np.asarray(expected).dtype
    np.testing.assert_array_equal(fitted, expected)


def test_structural_zeros_multiply_and_add():
    live = np.array([True, False])
    with np.errstate(all="ignore"):
        dead = times(np, times(np, np.array([2.0, 3.0]), live), np.array([5.0, np.inf]))
        honest = np.array([0.0, 0.0]) * np.array([5.0, np.inf])
    np.testing.assert_array_equal(dead.value, [10.0, 0.0])
    assert np.isnan(honest[1])
    total = add(dead, Selected(np.array([0.0, 7.0]), ~live))
    np.testing.assert_array_equal(total.value, [10.0, 7.0])
    assert np.all(total.live) and isinstance(add(dead, np.ones(2)), np.ndarray)


# Programs at random: a stack of values, and operations that take the last ones

UNARY = [
    np.sin,
    np.tanh,
    np.exp,
    np.arctan,
    lambda x: x * x,
    lambda x: 1 / (1 + x * x),
    lambda x: np.sqrt(1 + x * x),
    lambda x: x.sum(),
    lambda x: np.mean(x, axis=-1, keepdims=True),
    lambda x: np.cumsum(x),
    lambda x: x[..., :1],
    lambda x: x.reshape(-1),
    lambda x: np.logaddexp(x, -x),
    lambda x: np.log1p(x * x),
    lambda x: x[::-1],
]
BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    lambda a, b: a / (2 + b * b),
    np.logaddexp,
    lambda a, b: np.hypot(a, b + 3),
    lambda a, b: np.where(a.sum() > 0, a, b),
    lambda a, b: np.arctan2(a, 2 + b * b),
]


@st.composite
def programs(draw):
    """A smooth function of two arrays of three numbers, written at random."""
    steps = draw(st.lists(st.tuples(st.booleans(), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=7))

    def function(x, y):
        values = [x, y]
        for binary, which, place in steps:
            a = np.atleast_1d(values[place % len(values)])
            if binary:
                values.append(np.tanh(BINARY[which % len(BINARY)](a, np.atleast_1d(values[-1])[:1])))
            else:
                values.append(np.tanh(UNARY[which % len(UNARY)](a)))
        return values[-1] + 0.1 * np.sum(values[len(values) // 2]) + np.sin(x).sum() * y.sum()

    return function


POINTS = (np.array([0.3, -0.7, 1.1]), np.array([0.9, 0.2, -0.4]))


@settings(max_examples=60, deadline=None)
@given(programs(), st.integers(0, 2**32 - 1))
def test_the_walks_are_adjoint_and_agree_with_differences(function, seed):
    rng = np.random.default_rng(seed)
    v = tuple(rng.normal(size=3) for _ in POINTS)
    y, change = cr.jvp(function, POINTS, v)
    u = rng.normal(size=np.shape(y))
    value, pullback = cr.vjp(function, *POINTS)
    np.testing.assert_array_equal(value, y)
    left, right = np.sum(u * change), sum(np.sum(g * d) for g, d in zip(pullback(u), v))
    np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-12)
    h = 1e-5
    moved = [function(*(p + s * h * d for p, d in zip(POINTS, v))) for s in (1, -1)]
    np.testing.assert_allclose((moved[0] - moved[1]) / (2 * h), change, rtol=1e-6, atol=1e-7)


@settings(max_examples=30, deadline=None)
@given(programs())
def test_second_derivatives_are_symmetric_and_agree_in_every_nesting(function):
    total = lambda xy: np.sum(function(xy[:3], xy[3:]))
    x = np.concatenate(POINTS)
    forward_over_reverse = cr.jacobian(cr.grad(total), mode="forward")(x)
    reverse_over_reverse = cr.jacobian(cr.grad(total), mode="reverse")(x)
    forward_over_forward = cr.jacobian(cr.jacobian(total, mode="forward"), mode="forward")(x)
    reverse_over_forward = cr.jacobian(cr.jacobian(total, mode="forward"), mode="reverse")(x)
    for one in (reverse_over_reverse, forward_over_forward, reverse_over_forward, forward_over_reverse.T):
        np.testing.assert_allclose(one, forward_over_reverse, rtol=1e-9, atol=1e-10)
