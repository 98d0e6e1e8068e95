"""The backward pass: leaves, accumulation, seeds, retained and freed graphs, higher orders."""

import gc
import inspect
import threading
import weakref

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DtypeError, GraphFreedError, NoGraphError, NotScalarError, ShapeError


def leaf(value, **options):
    return cr.tensor(value, requires_grad=True, **options)


def line():
    """The line that calls this."""
    return inspect.currentframe().f_back.f_lineno


# Accumulation


def test_two_passes_add_and_zero_grad_forgets():
    w = leaf([1.0, 2.0])
    for _ in range(2):
        (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad.value, [4.0, 8.0])
    w.zero_grad()
    assert w.grad is None
    (3 * w).sum().backward()
    np.testing.assert_array_equal(w.grad.value, [3.0, 3.0])


GRAPHS = {  # a function of one number, and its derivative
    "leaf used twice": (lambda x: x * x + x, lambda x: 2 * x + 1),
    "one value as both arguments": (lambda x: (lambda y: y * y)(x + 1), lambda x: 2 * (x + 1)),
    "diamond": (lambda x: (lambda a: np.sin(a) * np.exp(a))(x * x), None),
    "diamond of diamonds": (lambda x: (lambda a: (a + a * a) * (a - a * a))(x + x * x), None),
    "unequal depths": (lambda x: x * np.sin(np.sin(np.sin(x))) + x, None),
    "a dead branch": (lambda x: (np.exp(x), x * 3)[1], lambda x: 3.0),
    "through a constant": (lambda x: x * cr.tensor(2.0) + cr.tensor(1.0), lambda x: 2.0),
    "minus itself": (lambda x: x - x, lambda x: 0.0),
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("value", [0.7, np.float32(0.7), np.array([0.7, -0.2]), np.zeros((2, 0))], ids=repr)
def test_paths_are_summed(name, value):
    function, derivative = GRAPHS[name]
    w = leaf(value)
    y = function(w)
    y.backward(np.ones(y.shape, y.dtype))
    if derivative is None:
        h = 1e-6
        expected = (function(np.asarray(value, float) + h) - function(np.asarray(value, float) - h)) / (2 * h)
    else:
        expected = derivative(np.asarray(value, float)) * np.ones(w.shape)
    tolerance = 1e-5 if w.dtype == np.float32 else 1e-8
    np.testing.assert_allclose(w.grad.value, expected, rtol=tolerance)
    assert (w.grad.shape, w.grad.dtype) == (w.shape, w.dtype)


def test_the_gradient_has_the_dtype_and_shape_of_its_leaf():
    w, x = leaf(np.ones((3, 1), np.float32)), leaf(np.ones(4))
    (w * x).sum().backward()
    assert (w.grad.dtype, w.grad.shape, x.grad.dtype, x.grad.shape) == (np.float32, (3, 1), np.float64, (4,))
    z = leaf(2.0)
    (z * (1 + 2j)).real.backward()
    assert type(z.grad.value) is float


def test_only_leaves_that_require_a_gradient_receive_one():
    w, c = leaf(2.0), cr.tensor(3.0)
    y = w * c
    z = y * y
    z.backward()
    assert c.grad is None and y.grad is None and w.grad.item() == 36.0
    assert w.is_leaf and not y.is_leaf and y.requires_grad and not c.requires_grad


def test_backward_of_a_leaf():
    w = leaf(2.0)
    w.backward()
    w.backward(3.0)
    assert w.grad.item() == 4.0


def test_two_outputs_share_a_part():
    w = leaf(2.0)
    shared = w * w
    first, second = 3 * shared, shared * shared
    first.backward(retain_graph=True)
    assert w.grad.item() == 12.0
    second.backward()
    assert w.grad.item() == 12.0 + 4 * 8.0


# Seeds


@pytest.mark.parametrize("seed", [[1.0, 2.0], (1, 2), np.array([1, 2]), np.array([1.0, 2.0], np.float32)], ids=repr)
def test_a_seed_may_be_anything_of_the_right_shape(seed):
    w = leaf([3.0, 4.0])
    (w * w).backward(seed)
    np.testing.assert_array_equal(w.grad.value, [6.0, 16.0])
    w.zero_grad()
    (w * w).backward(cr.tensor(seed))
    np.testing.assert_array_equal(w.grad.value, [6.0, 16.0])


def test_size_one_arrays_need_no_seed():
    w = leaf([[3.0]])
    (w * w).backward()
    np.testing.assert_array_equal(w.grad.value, [[6.0]])


BAD_SEEDS = [
    (None, NotScalarError),
    (np.ones(3), ShapeError),
    (1.0, ShapeError),
    ([[1.0, 1.0]], ShapeError),
    ([1j, 1.0], DtypeError),
    ("ab", DtypeError),
    (["a", "b"], DtypeError),
    ({}, DtypeError),
    (np.array([None, 1]), DtypeError),
    (object(), DtypeError),
]


@pytest.mark.parametrize("seed, error", BAD_SEEDS, ids=repr)
def test_a_seed_that_does_not_fit_changes_nothing(seed, error):
    w = leaf([3.0, 4.0])
    y = w * w
    with pytest.raises(error) as raised:
        y.backward(seed)
    assert f"{__file__}:{line() - 1}" in str(raised.value)
    assert w.grad is None
    y.backward(np.ones(2))
    np.testing.assert_array_equal(w.grad.value, [6.0, 8.0])


def test_a_complex_loss_needs_a_seed():
    w = leaf(1.0 + 2.0j)
    with pytest.raises(NotScalarError, match="complex"):
        (w * w).backward()
    (w * w).backward(1.0)
    np.testing.assert_allclose(w.grad.value, np.conj(2 * (1 + 2j)))


@pytest.mark.parametrize(
    "make",
    [
        lambda w: cr.tensor(1.0),
        lambda w: cr.stop_gradient(w) * 2,
        lambda w: w.detach(),
        lambda w: cr.tensor(w.item()),
        lambda w: cr.no_grad()(lambda: w * 2)(),
    ],
)
def test_a_loss_without_a_graph(make):
    with pytest.raises(NoGraphError, match="what to do"):
        make(leaf(2.0)).backward()


# Freed graphs


@pytest.mark.parametrize("value", [3.0, np.array([3.0])], ids=["float", "array"])
@pytest.mark.parametrize("op", [lambda w: w * w, lambda w: w + w, lambda w: w + 1, np.exp, np.sum], ids=range(5))
def test_a_second_backward_names_the_first(value, op):
    w = leaf(value)
    y = op(w)
    z = y * 2  # another result that shares the part
    y.backward()
    first = line() - 1
    before = np.array(w.grad.value)
    for again in (y, z, (y * y).sum()):
        with pytest.raises(GraphFreedError) as raised:
            again.backward()
        assert f"{__file__}:{first}" in str(raised.value) and f"{__file__}:{line() - 1}" in str(raised.value)
        np.testing.assert_array_equal(w.grad.value, before)
    op(w).backward()  # the leaf itself is as good as new


def test_retain_graph_allows_many_passes():
    w = leaf(3.0)
    y = w * w
    for _ in range(3):
        y.backward(retain_graph=True)
    y.backward()
    assert w.grad.item() == 24.0


def test_create_graph_retains_unless_told():
    w = leaf(3.0)
    y = w * w
    y.backward(create_graph=True)
    y.backward()
    assert w.grad.item() == 12.0


def test_a_freed_graph_holds_nothing():
    w = leaf(np.ones(3))
    y = np.sin(w)
    watched = weakref.ref(y.node)
    loss = (y * y).sum()
    del y
    loss.backward()
    assert watched() is None and loss.item() > 0


# Higher orders


def test_five_orders_by_create_graph():
    w = leaf(0.3)
    y = np.sin(w) * w
    expected = [lambda x: np.cos(x) * x + np.sin(x), lambda x: 2 * np.cos(x) - x * np.sin(x)]
    expected += [lambda x: -3 * np.sin(x) - x * np.cos(x), lambda x: -4 * np.cos(x) + x * np.sin(x)]
    expected += [lambda x: 5 * np.sin(x) + x * np.cos(x)]
    for derivative in expected:
        w.zero_grad()
        y.backward(create_graph=True)
        y = w.grad
        np.testing.assert_allclose(y.item(), derivative(0.3), rtol=1e-12)
    w.zero_grad()  # a gradient that was recorded refers to its leaf: break the cycle


def test_five_orders_by_grad_of_grad():
    function, x = (lambda x: np.exp(2 * x) / (1 + x * x)), np.float64(0.4)
    orders = [function]
    for _ in range(5):
        orders.append(cr.grad(orders[-1]))
    for low, high in zip(orders, orders[1:]):
        h = 1e-4
        slope = (8 * (low(x + h) - low(x - h)) - (low(x + 2 * h) - low(x - 2 * h))) / (12 * h)
        np.testing.assert_allclose(high(x), slope, rtol=1e-7)


def test_linear_functions_have_second_derivatives():
    w = leaf(2.0)
    (3 * w).backward(create_graph=True)
    assert w.grad.item() == 3.0
    assert cr.grad(cr.grad(lambda x: 3 * x))(2.0) == 0.0
    np.testing.assert_array_equal(cr.hessian(lambda x: x.sum())(np.ones(2)), np.zeros((2, 2)))


def test_a_recorded_pass_reaches_the_seed():
    w, seed = leaf([1.0, 2.0]), leaf([5.0, 7.0])
    (w * w).backward(seed, create_graph=True)
    gradient = w.grad
    w.zero_grad()
    (gradient * np.array([1.0, 10.0])).sum().backward()
    np.testing.assert_array_equal(seed.grad.value, [2.0, 40.0])
    np.testing.assert_array_equal(w.grad.value, [10.0, 140.0])


# Structural zeros survive accumulation and order


@pytest.mark.parametrize(
    "function, x, slope, bend",
    [
        (lambda x: np.where(x < 0, np.exp(x), x + 1), 1000.0, 1.0, 0.0),
        (lambda x: np.maximum(np.sqrt(x), 1e-10), 0.0, 0.0, 0.0),
        (lambda x: np.clip(np.exp(x), 0, 1), 1000.0, 0.0, 0.0),
        (lambda x: (x > 0) * np.sqrt(abs(x)), 0.0, 0.0, 0.0),
    ],
)
@pytest.mark.parametrize("shape", [(), (2,)])
def test_what_was_not_selected_contributes_nothing(function, x, slope, bend, shape):
    w = leaf(np.full(shape, x) if shape else x)
    with np.errstate(all="ignore"):
        y = function(w)
        y.sum().backward(create_graph=True)
        gradient = w.grad
        np.testing.assert_array_equal(gradient.value, np.full(shape, slope))
        w.zero_grad()
        if gradient.requires_grad:
            gradient.sum().backward()
            np.testing.assert_array_equal(w.grad.value if w.grad is not None else 0.0, np.full(shape, bend))


# Threads


def in_threads(function, count=4):
    failures = []

    def run(i):
        try:
            function(i)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


def test_threads_record_and_differentiate_at_once():
    def work(i):
        for k in range(50):
            x = leaf(float(i + k))
            y = x
            for _ in range(20):
                y = y + x * x
            y.backward()
            assert x.grad.item() == 1 + 40 * (i + k)

    in_threads(work)


@pytest.mark.parametrize("value", [1.0, np.ones(3)], ids=["float", "array"])
def test_threads_accumulate_in_one_leaf(value):
    w = leaf(value)

    def work(i):
        for _ in range(200):
            (w * 3.0).sum().backward()

    in_threads(work)
    np.testing.assert_array_equal(w.grad.value, 4 * 200 * 3.0 * np.asarray(value))


# Memory


def test_a_training_loop_keeps_nothing():
    w, seen = leaf(np.ones(3)), []
    for _ in range(5):
        loss = (np.sin(w) * w).sum()
        seen.append(weakref.ref(loss.node))
        loss.backward()
        w = leaf(w.value - 0.1 * w.grad.value)
    assert [ref() for ref in seen[:-1]] == [None] * 4


def test_recording_makes_no_cycles():
    gc.collect()
    gc.disable()
    try:
        w = leaf(np.ones(3))
        seen = [weakref.ref(w.node)]
        loss = (np.exp(w) @ w) + np.concatenate([w, w])[1]
        seen.append(weakref.ref(loss.node))
        cr.grad(lambda x: np.sum(x * x))(np.ones(2))
        del w, loss
        assert [ref() for ref in seen] == [None, None]
    finally:
        gc.enable()
