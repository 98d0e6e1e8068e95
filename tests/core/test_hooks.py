"""Hooks on values: order, replacement, removal, failure."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, ChainruleError, DtypeError, NoGraphError, ShapeError


def leaf(value):
    return cr.tensor(value, requires_grad=True)


@pytest.mark.parametrize("value", [2.0, np.float32(2), np.array([2.0, 3.0])], ids=repr)
@pytest.mark.parametrize("create_graph", [False, True])
def test_hooks_run_once_in_order_and_replace(value, create_graph):
    w, seen = leaf(value), []
    y = w * 3.0

    def first(g):
        seen.append("first")
        return g * 10

    def second(g):
        seen.append("second")
        np.testing.assert_array_equal(cr.stop_gradient(g) * 1.0, 20.0 * np.ones(w.shape))

    y.register_hook(first)
    y.register_hook(second)
    (y + y).sum().backward(create_graph=create_graph)
    assert seen == ["first", "second"]
    np.testing.assert_array_equal(w.grad.value, 60.0 * np.ones(w.shape))
    assert w.grad.dtype == w.dtype
    w.zero_grad()


def test_a_hook_on_a_leaf_sees_the_sum_before_accumulation():
    w, seen = leaf(2.0), []
    w.register_hook(lambda g: seen.append(g))
    (w * w + w).backward()
    (w * w).backward()
    assert seen == [5.0, 4.0] and w.grad.item() == 9.0


def test_hooks_also_run_for_grad():
    w, seen = leaf(2.0), []
    y = w * 3.0
    y.register_hook(seen.append)

    def function(x):
        z = x * x
        z.register_hook(lambda g: g * 100)
        return z

    assert cr.grad(function)(3.0) == 600.0 and seen == []


def test_a_hook_runs_once_where_the_function_reads_an_outer_tensor():
    w, seen = leaf(3.0), []

    def function(x):
        z = x * w
        z.register_hook(lambda g: seen.append(g))
        return z * z

    assert cr.grad(function)(2.0).item() == 36.0 and len(seen) == 1
    assert cr.grad(lambda x: function(x * x / w))(2.0).requires_grad and len(seen) == 2


def test_removal():
    w, seen = leaf(2.0), []
    one, two = w.register_hook(lambda g: seen.append(1)), w.register_hook(lambda g: seen.append(2))
    one.remove()
    one.remove()
    (w * w).backward()
    two.remove()
    (w * w).backward()
    assert seen == [2]


def test_the_same_function_registered_twice_is_removed_once():
    w, seen = leaf(2.0), []
    handles = [w.register_hook(seen.append) for _ in range(2)]
    handles[0].remove()
    (w * w).backward()
    assert seen == [4.0]
    handles[1].remove()
    (w * w).backward()
    assert seen == [4.0]


def test_a_hook_that_removes_itself():
    w, seen = leaf(2.0), []
    handle = w.register_hook(lambda g: (seen.append(g), handle.remove())[0])
    w.register_hook(lambda g: seen.append(-g))
    (w * w).backward()
    (w * w).backward()
    assert seen == [4.0, -4.0, -4.0]


@pytest.mark.parametrize("error", [ValueError, TypeError, ZeroDivisionError, KeyboardInterrupt])
@pytest.mark.parametrize("value", [2.0, np.array([2.0])], ids=["float", "array"])
def test_a_hook_that_raises_leaves_everything_as_it_was(error, value):
    w, v = leaf(value), leaf(value)
    y = w * w

    def fail(g):
        raise error("stop")

    handle = y.register_hook(fail)
    loss = (y * v).sum()
    errstate = np.geterr()
    with pytest.raises(error):
        loss.backward()
    assert w.grad is None and v.grad is None and np.geterr() == errstate
    handle.remove()
    loss.backward()
    np.testing.assert_array_equal(w.grad.value, 8.0 * np.ones(w.shape))


BAD = [
    (lambda g: np.ones(3), ShapeError),
    (lambda g: np.ones((2, 2)), ShapeError),
    (lambda g: 1.0, ShapeError),
    (lambda g: "ab", DtypeError),
    (lambda g: g * 1j, DtypeError),
    (lambda g: np.array([None, 1]), DtypeError),
]


@pytest.mark.parametrize("hook, error", BAD, ids=range(len(BAD)))
def test_a_replacement_that_does_not_fit(hook, error):
    w = leaf([1.0, 2.0])
    handle = w.register_hook(hook)
    loss = (w * w).sum()
    with pytest.raises(error, match="a hook returned a gradient|not made of numbers"):
        loss.backward()
    assert w.grad is None
    handle.remove()
    loss.backward()


def test_what_is_no_hook():
    w = leaf(1.0)
    with pytest.raises(ArgumentError):
        w.register_hook(3)
    for value in (cr.tensor(1.0), w.detach()):
        with pytest.raises(NoGraphError) as raised:
            value.register_hook(print)
        assert isinstance(raised.value, ChainruleError) and __file__ in str(raised.value)


def test_a_hook_that_only_looks_changes_nothing():
    def run(hook):
        x = leaf([1000.0, -1.0])
        with np.errstate(over="ignore"):
            e = np.exp(x)
        if hook is not None:
            e.register_hook(hook)
        np.where(x < 0, e, x + 1).sum().backward()
        return x.grad.value

    np.testing.assert_array_equal(run(lambda g: None), run(None))
    np.testing.assert_array_equal(run(None), [1.0, np.exp(-1.0)])


def test_a_hook_owns_what_it_is_given():
    x = leaf([1.0, 1.0])
    a, b = x + 0.0, x + 1.0
    kept = []

    def spoil(g):
        kept.append(g)
        g[:] = 100.0

    a.register_hook(spoil)
    (a + b).sum().backward()
    np.testing.assert_array_equal(x.grad.value, [2.0, 2.0])
    buffer = np.array([1.0, 2.0])
    x.zero_grad()
    x.register_hook(lambda g: buffer)
    (x * x).sum().backward()
    buffer[:] = 9.0
    np.testing.assert_array_equal(x.grad.value, [1.0, 2.0])


def test_a_hook_that_computes_with_tensors():
    w, scale = leaf(2.0), leaf(10.0)
    w.register_hook(lambda g: g * scale)
    (w * w).backward()
    assert w.grad.item() == 40.0 and not w.grad.requires_grad
    w.zero_grad()
    (w * w).backward(create_graph=True)
    gradient = w.grad
    w.zero_grad()
    gradient.backward()
    assert scale.grad.item() == 4.0
