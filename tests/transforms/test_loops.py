"""scan and while_loop: the Python loops that they stand for, under every transform."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError


def python_scan(body, carry, xs=None, length=None, reverse=False):
    """What `scan` is to be, for one array of xs and one y."""
    count = len(xs) if xs is not None else length
    kept = [None] * count
    for i in reversed(range(count)) if reverse else range(count):
        carry, kept[i] = body(carry, None if xs is None else xs[i])
    return carry, np.stack(kept)


def recurrent(scan, **how):
    """A recurrent network's loss by its weights, its inputs and its first state."""

    def loss(weights, inputs, state):
        def body(state, row):
            state = np.tanh(weights @ state + row)
            return state, np.sum(state * state)

        last, kept = scan(body, state, inputs, **how)
        return np.sum(last) + np.sum(kept * np.arange(1.0, len(inputs) + 1))

    return loss


RNG = np.random.default_rng(0)
ARGUMENTS = RNG.normal(size=(3, 3)) * 0.4, RNG.normal(size=(7, 3)), RNG.normal(size=3)


@pytest.mark.parametrize("how", [{}, {"reverse": True}])
@pytest.mark.parametrize("checkpoint", [None, True, 1, 3, 7, 50])
def test_a_scan_is_the_python_loop(how, checkpoint):
    ours = cr.value_and_grad(recurrent(cr.scan, checkpoint=checkpoint, **how), argnums=(0, 1, 2))
    theirs = cr.value_and_grad(recurrent(python_scan, **how), argnums=(0, 1, 2))
    (value, slopes), (wanted, others) = ours(*ARGUMENTS), theirs(*ARGUMENTS)
    assert value == wanted
    for one, other in zip(slopes, others):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_trees():
    def body(carry, x):
        a, (b,) = carry["a"], carry["b"]
        return {"a": a + b * x["t"], "b": (b * 0.5,)}, {"both": (a, np.stack([a, b]))}

    carry = {"a": 1.0, "b": (2.0,)}
    last, kept = cr.scan(body, carry, {"t": np.arange(3.0)})
    assert last == {"a": 1 + 0 + 1 + 1.0, "b": (0.25,)}
    assert kept["both"][0].tolist() == [1, 1, 2]
    assert kept["both"][1].shape == (3, 2)


def test_without_xs():
    assert cr.scan(lambda x, nothing: (x * 2, nothing), 1.0, length=5) == (32.0, None)
    assert cr.jvp(lambda r: cr.scan(lambda x, _: (x * r, None), 1.0, length=3)[0], (2.0,), (1.0,)) == (8.0, 12.0)


def test_under_transforms():
    def decay(rate):
        return cr.scan(lambda x, t: (x - rate * np.sin(x * t), x * rate), rate * 2, np.arange(1.0, 6.0))

    def whole(rate):
        last, kept = decay(rate)
        return last * np.sum(kept)

    def step_by_step(rate):
        last, kept = python_scan(lambda x, t: (x - rate * np.sin(x * t), x * rate), rate * 2, np.arange(1.0, 6.0))
        return last * np.sum(kept)

    for transform in (cr.grad, cr.hessian, lambda f: cr.grad(cr.grad(cr.grad(f)))):
        np.testing.assert_allclose(transform(whole)(0.3), transform(step_by_step)(0.3), rtol=1e-12)
    rates = np.linspace(0.1, 0.5, 4)
    np.testing.assert_allclose(cr.vmap(cr.grad(whole))(rates), [cr.grad(step_by_step)(r) for r in rates], rtol=1e-12)
    np.testing.assert_allclose(
        cr.jacobian(lambda r: decay(r)[1])(0.3), cr.jvp(lambda r: decay(r)[1], (0.3,), (1.0,))[1]
    )


def test_a_row_gets_its_cotangent_once():
    """The backward pass of a loop over rows is linear in their number: one link gives all rows."""
    x = cr.tensor(np.ones((50, 4)), requires_grad=True)
    last, _ = cr.scan(lambda total, row: (total + row @ row, None), 0.0, x)
    assert last.item() == 200
    last.backward()
    np.testing.assert_array_equal(x.grad, np.full((50, 4), 2.0))


def test_a_while_loop():
    def root(a):
        return cr.while_loop(lambda x: abs(x * x - a) > 1e-12, lambda x: (x + a / x) / 2, a)

    assert root(9.0) == 3.0
    assert cr.grad(root)(9.0) == pytest.approx(1 / 6, rel=1e-12)
    assert cr.while_loop(lambda x: x > 10, lambda x: x - 1, 3.0) == 3.0
    left = cr.while_loop(lambda c: c["n"] < 5, lambda c: {"n": c["n"] + 1, "x": c["x"] * 2}, {"n": 0, "x": 1.0})
    assert left == {"n": 5, "x": 32.0}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cr.scan(lambda c, x: c, 0.0, np.ones(3)), "returned a float, and not a pair"),
        (lambda: cr.scan(lambda c, x: (c, x, x), 0.0, np.ones(3)), "returned a tuple of 3, and not a pair"),
        (lambda: cr.scan(lambda c, x: ((c, c), x), 0.0, np.ones(3)), "carry of another structure"),
        (
            lambda: cr.scan(lambda c, x: (np.append(c, x), x), np.ones(2), np.ones(3)),
            "another shape: .3,., where it took .2,.",
        ),
        (lambda: cr.scan(lambda c, x: ({"a": np.ones(3)}, x), {"a": 1.0}, np.ones(3)), r"another shape at \['a'\]"),
        (lambda: cr.scan(lambda c, x: (c, x), 0.0), "neither xs nor length"),
        (lambda: cr.scan(lambda c, x: (c, x), 0.0, [np.ones(3), np.ones(4)]), r"xs\[0\] has 3 and xs\[1\] has 4"),
        (
            lambda: cr.scan(lambda c, x: (c, x), 0.0, np.ones(3), length=4),
            "xs has 3 and length has 4|xs has 3 and length",
        ),
        (lambda: cr.scan(lambda c, x: (c, x), 0.0, length=0), "asked for 0 runs"),
        (lambda: cr.scan(lambda c, x: (c, x), 0.0, 1.5), "single number"),
        (lambda: cr.scan(lambda c, x: (c, x), 0.0, length=4, checkpoint=0), "counted from 1"),
        (lambda: cr.scan(3, 0.0, length=4), "not a function"),
        (lambda: cr.while_loop(lambda c: True, lambda c: (c, c), 1.0), "carry of another structure"),
        (lambda: cr.while_loop(lambda c: True, lambda c: np.ones(2), 1.0), "carry of another shape"),
    ],
)
def test_errors(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()


def test_y_of_several_structures():
    made = iter([1.0, (1.0, 2.0)])
    with pytest.raises(ArgumentError, match="several structures"):
        cr.scan(lambda c, x: (c, next(made)), 0.0, length=2)
