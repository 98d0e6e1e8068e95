"""no_grad, enable_grad and stop_gradient: nested, as decorators, after exceptions, in threads."""

import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.modes import STATE


@pytest.fixture
def w():
    return cr.tensor(2.0, requires_grad=True)


def test_nesting(w):
    with cr.no_grad():
        assert not (w * w).requires_grad
        with cr.enable_grad():
            assert (w * w).requires_grad
            with cr.no_grad():
                assert not np.sin(w).requires_grad and not np.stack([w, w]).requires_grad
            assert np.stack([w, w]).requires_grad
        assert not (w * w).requires_grad
    assert (w * w).requires_grad


def test_decorators_with_and_without_parentheses(w):
    @cr.no_grad()
    def quiet(x):
        """Its own words."""
        return x * x

    @cr.no_grad
    def quieter(x, scale=1.0):
        return x * scale

    @cr.enable_grad()
    def loud(x):
        return x * x

    assert not quiet(w).requires_grad and not quieter(w, scale=2.0).requires_grad
    assert quiet.__name__ == "quiet" and quiet.__doc__ == "Its own words."
    with cr.no_grad():
        assert loud(w).requires_grad and not (w * w).requires_grad

    @cr.no_grad()
    def factorial(x, n):
        return x if n == 0 else n * factorial(x, n - 1)

    assert not factorial(w, 3).requires_grad and (w * w).requires_grad


@pytest.mark.parametrize("mode", [cr.no_grad, cr.enable_grad])
def test_restored_after_exceptions(w, mode):
    for body in (lambda: 1 / 0, lambda: w + np.ones((2, 3)) @ np.ones(2)):
        with pytest.raises((ZeroDivisionError, ValueError)), mode():
            body()
        with pytest.raises((ZeroDivisionError, ValueError)):
            mode()(body)()
        assert STATE.recording and (w * w).requires_grad


@pytest.mark.parametrize(
    "transform",
    [
        lambda f: cr.grad(f)(1.0),
        lambda f: cr.vjp(f, 1.0),
        lambda f: cr.jvp(f, (1.0,), (1.0,)),
        lambda f: cr.jacobian(f)(1.0),
        lambda f: cr.hessian(f)(1.0),
        lambda f: cr.hvp(f)(1.0, 1.0),
        lambda f: cr.check_grads(f, (1.0,)),
    ],
)
@pytest.mark.parametrize("outer", [cr.no_grad, cr.enable_grad])
def test_transforms_restore_the_mode_when_the_function_raises(transform, outer):
    def fail(x):
        raise KeyError("own")

    with outer():
        before, errstate = STATE.recording, np.geterr()
        with pytest.raises(KeyError):
            transform(fail)
        assert STATE.recording == before and np.geterr() == errstate


def test_leaves_are_made_and_backward_runs_inside_no_grad(w):
    y = w * w
    with cr.no_grad():
        assert cr.tensor(1.0, requires_grad=True).requires_grad
        y.backward()
    assert w.grad.item() == 4.0


def test_transforms_ignore_an_outer_no_grad_and_their_results_are_not_recorded(w):
    with cr.no_grad():
        assert cr.grad(lambda x: x**3)(2.0) == 12.0
        assert cr.grad(cr.grad(lambda x: x**3))(2.0) == 12.0
        gradient = cr.grad(lambda x: x**3)(w)
        assert gradient.item() == 12.0 and not gradient.requires_grad
        value, slope = cr.value_and_grad(lambda x: x * w)(3.0)
        assert (value, slope) == (6.0, 2.0)
        for result in (cr.vjp(lambda x: x * w, 3.0)[1](1.0)[0], *cr.jvp(lambda x: x * w, (3.0,), (1.0,))):
            assert type(result) is float
        assert cr.jacobian(lambda x: x * w)(3.0) == 2.0
        assert cr.hvp(lambda x: x**3)(w, 1.0).item() == 12.0


def test_an_inner_no_grad_is_respected():
    def function(x):
        with cr.no_grad():
            scale = x * x
        return scale * x

    assert cr.grad(function)(3.0) == 9.0
    assert cr.jvp(function, (3.0,), (1.0,)) == (27.0, 9.0)


@pytest.mark.parametrize("value", [3.0, np.float32(3), np.array([3.0, 4.0])], ids=repr)
def test_stop_gradient(value):
    x = cr.tensor(value, requires_grad=True)
    (x * cr.stop_gradient(x)).sum().backward()
    np.testing.assert_array_equal(x.grad.value, value)
    assert cr.stop_gradient(value) is value
    assert not x.detach().requires_grad and x.detach().is_leaf


def test_a_thread_has_its_own_mode(w):
    inside, leave, seen = threading.Event(), threading.Event(), {}

    def quiet():
        with cr.no_grad():
            inside.set()
            leave.wait(10)
            seen["quiet"] = (w * w).requires_grad

    thread = threading.Thread(target=quiet)
    thread.start()
    inside.wait(10)
    seen["main"] = (w * w).requires_grad
    leave.set()
    thread.join()
    assert seen == {"quiet": False, "main": True}
    with cr.no_grad():
        thread = threading.Thread(target=lambda: seen.update(new=(w * w).requires_grad))
        thread.start()
        thread.join()
    assert seen["new"]


def test_one_mode_object_in_two_threads(w):
    shared, inside, leave = cr.no_grad(), threading.Event(), threading.Event()

    def other():
        with cr.no_grad(), shared:
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with shared:
        thread.start()
        inside.wait(10)
    assert STATE.recording
    leave.set()
    thread.join()
    with shared, shared:
        assert not STATE.recording
    assert STATE.recording
