"""Depth is free: long chains and wide fans are recorded, walked and freed without recursion."""

import gc
import sys
import weakref

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.node import Node

DEEP, WIDE = 200_000, 100_000


@pytest.fixture(autouse=True)
def shallow_stack():
    """A recursion that grew with the graph would fail at once."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    yield
    sys.setrecursionlimit(before)


def count_nodes():
    gc.collect()
    return sum(isinstance(one, Node) for one in gc.get_objects())


def chain(x, length=DEEP):
    y = x
    for _ in range(length // 2):
        y = y * 1.0000001
        y = y + 0.000001
    return y


@pytest.mark.parametrize("value", [1.0, np.array([1.0])], ids=["float", "array"])
def test_a_long_chain_is_recorded_differentiated_and_freed(value):
    before = count_nodes()
    x = cr.tensor(value, requires_grad=True)
    y = chain(x)
    watched = weakref.ref(y.node)
    y.backward()
    np.testing.assert_allclose(x.grad.value, 1.0000001 ** (DEEP // 2), rtol=1e-9)
    del x, y
    assert watched() is None and count_nodes() == before


def test_a_long_chain_is_freed_without_backward():
    before = count_nodes()
    x = cr.tensor(1.0, requires_grad=True)
    y = chain(x)
    assert count_nodes() > before + DEEP - 1
    del y
    assert count_nodes() == before + 1 and x.grad is None


def test_a_long_chain_with_two_parents_a_link_is_freed():
    before = count_nodes()
    x = cr.tensor(1.0, requires_grad=True)
    y, z = x, x
    for _ in range(DEEP // 4):
        y, z = y + z, y * 0.5
        z = z * 0.5
    del y, z
    assert count_nodes() == before + 1


def test_an_interrupted_walk_leaves_the_graph_usable():
    before = count_nodes()
    x = cr.tensor(1.0, requires_grad=True)
    y = chain(x, DEEP // 4)

    def interrupt(g):
        raise KeyboardInterrupt

    handle = x.register_hook(interrupt)
    z = chain(y, DEEP // 4)
    with pytest.raises(KeyboardInterrupt):
        z.backward()
    assert x.grad is None
    handle.remove()
    z.backward()
    assert x.grad.item() > 1.0
    del x, y, z, handle
    assert count_nodes() == before


def test_transforms_of_a_long_chain():
    before = count_nodes()
    expected = 1.0000001 ** (DEEP // 8)
    short = lambda x: chain(x, DEEP // 4)
    np.testing.assert_allclose(cr.grad(short)(1.0), expected, rtol=1e-9)
    np.testing.assert_allclose(cr.jvp(short, (1.0,), (1.0,))[1], expected, rtol=1e-9)
    _, pullback = cr.vjp(short, 1.0)
    np.testing.assert_allclose(pullback(1.0), expected, rtol=1e-9)
    del pullback
    squared = lambda x: chain(x, 2000) ** 2
    np.testing.assert_allclose(cr.grad(cr.grad(squared))(1.0), 2 * 1.0000001**2000, rtol=1e-7)
    assert count_nodes() == before


@pytest.mark.parametrize("value", [1.0, np.ones(2)], ids=["float", "array"])
def test_one_value_used_very_often(value):
    before = count_nodes()
    x = cr.tensor(value, requires_grad=True)
    middle = x * 2.0
    total = middle * 0.0
    for _ in range(WIDE):
        total = total + middle
    total.sum().backward()
    np.testing.assert_array_equal(x.grad.value, 2.0 * WIDE * np.ones(x.shape))
    del x, middle, total
    assert count_nodes() == before


def test_a_wide_frontier():
    x = cr.tensor(np.ones(3), requires_grad=True)
    parts = [x * float(i) for i in range(WIDE // 10)]
    np.stack(parts).sum().backward()
    assert x.grad.value[0] == sum(range(WIDE // 10))
    refs = [weakref.ref(part.node) for part in parts]
    del parts
    assert all(ref() is None for ref in refs)


def test_entries_read_one_by_one():
    x = cr.tensor(np.arange(5000.0), requires_grad=True)
    total = 0.0
    for i in range(5000):
        total = total + x[i] * float(i)
    total.backward()
    np.testing.assert_array_equal(x.grad.value, np.arange(5000.0))


def test_a_recorded_long_pass_is_freed():
    before = count_nodes()
    x = cr.tensor(1.0, requires_grad=True)
    chain(x * x, 20_000).backward(create_graph=True)
    gradient, _ = x.grad, x.zero_grad()
    gradient.backward()
    np.testing.assert_allclose(x.grad.item(), 2 * 1.0000001**10_000, rtol=1e-7)
    del x, gradient
    assert count_nodes() == before
