"""GradientTape: watching, nesting, reuse, and every way to misuse it."""

import gc
import weakref

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, ChainruleError, DtypeError, ShapeError, TapeError


def test_watched_and_trainable_values():
    w, c, p = cr.tensor(3.0), cr.tensor(2.0), cr.tensor(5.0, requires_grad=True)
    with cr.GradientTape() as tape:
        tape.watch(w)
        y = w * w * c * p
    gradients = tape.gradient(y, {"w": w, "list": [c, p]})
    assert gradients["w"].item() == 60.0 and gradients["list"][0] is None and gradients["list"][1].item() == 18.0
    assert p.grad is None and w.grad is None and not w.requires_grad


@pytest.mark.parametrize("value", [3.0, np.float32(3), np.array([1.0, 2.0])], ids=repr)
def test_gradients_have_the_kind_of_their_source(value):
    w = cr.tensor(value)
    with cr.GradientTape(persistent=True) as tape:
        tape.watch(w)
        y = w * w
    for target in (y, [y], {"a": y}):
        gradient = tape.gradient(target, w)
        np.testing.assert_array_equal(gradient.value, 2 * np.asarray(value))
        assert (gradient.dtype, gradient.shape, gradient.requires_grad) == (w.dtype, w.shape, False)
    assert tape.gradient([y, y * 3], w).value is not None
    np.testing.assert_array_equal(tape.gradient([y, y], w).value, 4 * np.asarray(value))
    seed = np.full(w.shape, 10.0)
    np.testing.assert_array_equal(tape.gradient(y, w, output_gradients=seed).value, 20 * np.asarray(value))
    np.testing.assert_array_equal(tape.gradient([y, y], w, [seed, seed]).value, 40 * np.asarray(value))


def test_sources_in_the_middle_and_twice():
    x = cr.tensor(2.0)
    with cr.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * y
    assert [g.item() for g in tape.gradient(z, [x, y, z, x])] == [32.0, 8.0, 1.0, 32.0]
    assert tape.gradient(y, z) is None and tape.gradient(z, []) == [] and tape.gradient(z, None) is None


def test_what_has_no_path_gives_none_or_zero():
    x, other = cr.tensor([1.0, 2.0]), cr.tensor(np.ones(3, np.float32))
    with cr.GradientTape(persistent=True) as tape:
        before = x * x
        tape.watch([x, other])
        y = (x * x).sum()
        cut = cr.stop_gradient(x) * 3
    for target, source in ((y, other), (before, x), (cut, x), (cr.tensor(1.0), x)):
        assert tape.gradient(target, source) is None
        zero = tape.gradient(target, source, unconnected_gradients="zero")
        assert zero.dtype == source.dtype and zero.shape == source.shape and not zero.value.any()
    later = x * y
    assert tape.gradient(later, x) is None or not x.requires_grad


def test_nested_tapes_give_higher_orders():
    x = cr.tensor(2.0)
    with cr.GradientTape() as outer:
        outer.watch(x)
        with cr.GradientTape() as inner:
            inner.watch(x)
            y = x**4
        first = inner.gradient(y, x)
    assert first.item() == 32.0 and outer.gradient(first, x).item() == 48.0


def test_a_persistent_tape_differentiates_its_own_gradient():
    x = cr.tensor(2.0)
    with cr.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x**4
        first = tape.gradient(y, x)
        second = tape.gradient(first, x)
    assert [tape.gradient(one, x).item() for one in (y, first, second)] == [32.0, 48.0, 48.0]


def test_a_tape_entered_again_goes_on():
    x = cr.tensor(2.0)
    tape = cr.GradientTape(persistent=True)
    with tape:
        tape.watch(x)
        y = x * x
    assert not x.requires_grad
    with tape:
        z = y * x
        tape.watch(x)
        u = x * 10
    assert [tape.gradient(one, x).item() for one in (y, z, u)] == [4.0, 12.0, 10.0]


@pytest.mark.parametrize("inside", [True, False])
def test_a_tape_inside_a_differentiated_function(inside):
    def slope(x):
        with cr.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = x**3
            first = tape.gradient(y, x)
        return first if inside else tape.gradient(y, x)

    assert slope(cr.tensor(2.0)).item() == 12.0
    assert cr.grad(slope)(2.0) == 12.0
    assert cr.jvp(slope, (2.0,), (1.0,)) == (12.0, 12.0)
    w = cr.tensor(2.0, requires_grad=True)
    assert cr.grad(slope)(w).item() == 12.0


def test_a_backward_pass_inside_a_differentiated_function():
    def slope(x):
        (x**3).backward()
        return x.grad

    assert cr.grad(slope)(2.0) == 12.0 and cr.jvp(slope, (2.0,), (1.0,))[1] == 12.0

    def step(w):  # a step of descent on an inner loss, and the loss after it
        v = cr.tensor(1.0, requires_grad=True)
        ((v * w - 2.0) ** 2).backward()
        return (w * (v - 0.1 * v.grad) - 2.0) ** 2

    h = 1e-5
    np.testing.assert_allclose(cr.grad(step)(1.5), (step(1.5 + h) - step(1.5 - h)).item() / (2 * h), rtol=1e-8)
    assert type(cr.grad(step)(1.5)) is float


def test_handles_are_restored_after_an_exception():
    x = cr.tensor(2.0)
    with pytest.raises(KeyError), cr.GradientTape() as tape:
        tape.watch(x)
        raise KeyError
    assert not x.requires_grad and not (x * x).requires_grad
    with cr.GradientTape() as other:
        other.watch(x)
        y = x * x
    assert other.gradient(y, x).item() == 4.0


def test_loops_keep_no_graph():
    x, seen = cr.tensor(np.ones(3)), []
    for _ in range(5):
        with cr.GradientTape() as tape:
            tape.watch(x)
            y = (np.sin(x) * x).sum()
        seen.append(weakref.ref(y.node))
        x = cr.tensor(x.value - 0.1 * tape.gradient(y, x).value)
    assert sum(ref() is not None for ref in seen) <= 1
    watched = cr.tensor(1.0)
    nodes = []
    for _ in range(5):
        with cr.GradientTape() as tape:
            tape.watch(watched)
            nodes.append(weakref.ref(watched.node))
            y = watched * watched
            tape.gradient(y, watched)
    del tape, y
    gc.collect()
    assert sum(ref() is not None for ref in nodes) <= 1


@pytest.fixture
def used():
    x = cr.tensor([1.0, 2.0])
    with cr.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return tape, y, x


def misuse():
    def enter_twice(tape, y, x):
        with tape, tape:
            pass

    def twice(tape, y, x):
        tape.gradient(y, x)
        tape.gradient(y, x)

    def watching(value):
        def call(tape, y, x):
            with cr.GradientTape() as other:
                other.watch(value)

        return call

    return [
        (enter_twice, TapeError),
        (twice, TapeError),
        (lambda tape, y, x: tape.watch(x), TapeError),
        (lambda tape, y, x: cr.GradientTape().watch(x), TapeError),
        (lambda tape, y, x: cr.GradientTape().gradient(y, x), TapeError),
        (watching(3.0), DtypeError),
        (watching(np.ones(2)), DtypeError),
        (watching("w"), DtypeError),
        (watching([cr.tensor(1.0), 2.0]), DtypeError),
        (watching(cr.tensor([1, 2])), DtypeError),
        (watching(cr.tensor(True)), DtypeError),
        (lambda tape, y, x: tape.gradient(3.0, x), ArgumentError),
        (lambda tape, y, x: tape.gradient(y, 3.0), ArgumentError),
        (lambda tape, y, x: tape.gradient(y, "x"), ArgumentError),
        (lambda tape, y, x: tape.gradient(y, [x, np.ones(2)]), ArgumentError),
        (lambda tape, y, x: tape.gradient(y, x, unconnected_gradients="maybe"), ArgumentError),
        (lambda tape, y, x: tape.gradient(y, x, output_gradients=np.ones(3)), ShapeError),
        (lambda tape, y, x: tape.gradient(y, x, output_gradients=1.0), ShapeError),
        (lambda tape, y, x: tape.gradient([y, y], x, output_gradients=[np.ones(2)]), ShapeError),
        (lambda tape, y, x: tape.gradient({"a": y}, x, output_gradients={"b": np.ones(2)}), ShapeError),
        (lambda tape, y, x: tape.gradient(y, x, output_gradients="ab"), DtypeError),
        (lambda tape, y, x: tape.gradient(y, x, output_gradients=[1j, 1j]), (DtypeError, ShapeError)),
        (lambda tape, y, x: tape.gradient(y, x, output_gradients=np.array([1j, 1j])), DtypeError),
    ]


@pytest.mark.parametrize("call, error", misuse(), ids=range(len(misuse())))
def test_misuse_is_an_error_and_changes_nothing(used, call, error):
    tape, y, x = used
    with pytest.raises(error) as raised:
        call(tape, y, x)
    assert (
        isinstance(raised.value, ChainruleError)
        and __file__ in str(raised.value)
        and "what to do: " in str(raised.value)
    )
    assert not x.requires_grad and not (x * x).requires_grad
    if call.__name__ != "twice":
        np.testing.assert_array_equal(tape.gradient(y, x).value, [2.0, 4.0])


def test_a_failed_watch_watches_nothing():
    x = cr.tensor(1.0)
    with cr.GradientTape() as tape:
        with pytest.raises(DtypeError):
            tape.watch([x, 3.0])
        assert not x.requires_grad
    with pytest.raises(TapeError, match="persistent=True"):
        tape.gradient(x, x)
        tape.gradient(x, x)
