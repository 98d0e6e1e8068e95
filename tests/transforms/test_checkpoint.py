"""checkpoint: the same values and gradients, nothing kept, run again with the same random numbers."""

import gc
import random
import weakref

import numpy as np
import pytest

import chainrule as cr


def function(x, w):
    return np.sum(np.sin(x * w) ** 2 * x)


X, W = np.array([0.3, -1.2]), np.array([0.5, 2.0])


@pytest.mark.parametrize("order", [1, 2, 3])
def test_derivatives_of_every_order(order):
    cr.check_grads(cr.checkpoint(function), (X, W), order=order)


def test_against_the_function_itself():
    kept = cr.checkpoint(function)
    for mine, one in zip(cr.grad(kept, (0, 1))(X, W), cr.grad(function, (0, 1))(X, W)):
        np.testing.assert_array_equal(mine, one)
    np.testing.assert_allclose(cr.hessian(kept)(X, W), cr.hessian(function)(X, W), rtol=1e-13)
    np.testing.assert_array_equal(cr.jvp(kept, (X, W), (W, X)), cr.jvp(function, (X, W), (W, X)))
    np.testing.assert_array_equal(cr.vmap(cr.grad(kept), (0, None))(np.stack([X, W]), W)[0], cr.grad(kept)(X, W))


def test_what_it_reads_from_outside_and_structures():
    w, x = cr.tensor(W, requires_grad=True), cr.tensor(X, requires_grad=True)
    hidden = w * 2.0
    seen = []
    hidden.register_hook(seen.append)

    def inside(x, scale=1.0):
        return {"a": hidden * x, "b": [(w * scale).sum(), x * 0.0 + scale, 5.0]}

    out = cr.checkpoint(inside)(x, scale=3.0)
    (out["a"].sum() + out["b"][0]).backward()
    np.testing.assert_array_equal(w.grad.value, 2 * X + 3)
    np.testing.assert_array_equal(x.grad.value, 2 * W)
    assert len(seen) == 1 and out["b"][2] == 5.0


def test_a_chain_of_stretches():
    def stretch(x):
        for _ in range(5):
            x = np.sin(x) + x
        return x

    def chain(x, wrap):
        for _ in range(4):
            x = wrap(stretch)(x)
        return x

    plain = cr.grad(lambda x: chain(x, lambda f: f))(0.3)
    assert cr.grad(lambda x: chain(x, cr.checkpoint))(0.3) == plain


def test_nothing_inside_is_kept():
    values = []

    def inside(x):
        hidden = np.exp(x)
        values.append(weakref.ref(hidden.node))
        return np.sum(hidden * hidden)

    x = cr.tensor(X, requires_grad=True)
    y = cr.checkpoint(inside)(x)
    gc.collect()
    assert values[0]() is None
    y.backward()
    np.testing.assert_allclose(x.grad.value, 2 * np.exp(2 * X))
    assert len(values) == 2


def test_random_numbers_are_those_of_the_first_run():
    def noisy(x):
        return x * (random.random() + np.random.rand())

    x = cr.tensor(2.0, requires_grad=True)
    y = cr.checkpoint(noisy)(x)
    after = random.random(), np.random.rand()
    random.seed(1), np.random.seed(1)
    y.backward()
    assert x.grad.item() == y.item() / 2
    random.seed(1), np.random.seed(1)
    assert (random.random(), np.random.rand()) != after


def test_another_value_the_second_time_raises():
    calls = []
    x = cr.tensor(2.0, requires_grad=True)
    y = cr.checkpoint(lambda x: x * len(calls))(x)
    calls.append(1)
    with pytest.raises(cr.errors.CheckpointError, match="gave other values when it was computed again") as caught:
        y.backward()
    assert "y = cr.checkpoint(lambda x: x * len(calls))(x)" in str(caught.value) and x.grad is None


def test_nothing_to_record():
    assert cr.checkpoint(np.sin)(0.0) == 0.0
    with cr.no_grad():
        assert not cr.checkpoint(np.sin)(cr.tensor(1.0, requires_grad=True)).requires_grad
    with pytest.raises(cr.errors.ArgumentError):
        cr.checkpoint(3.0)


def test_linearize():
    value, derivative = cr.linearize(function, X, W)
    assert value == function(X, W)
    for tangents in ((W, X), (X, 0 * W)):
        assert derivative(*tangents) == cr.jvp(function, (X, W), tangents)[1]
    with pytest.raises(cr.errors.ArgumentError, match="another structure"):
        derivative(X)
    with pytest.raises(cr.errors.ShapeError):
        derivative(X, np.ones(3))
    assert abs(cr.grad(lambda t: cr.linearize(np.sin, 0.3)[1](t))(1.0) - np.cos(0.3)) < 1e-15
