"""Large loops shared by threads: the same results for any number of them."""

import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule.compilation.native import parallel

RNG = np.random.default_rng(5)


def _scaled(x):
    scale = np.sum(x) * 1e-6
    return np.sum(np.sin(x) * scale), np.exp(-x * scale), np.max(np.cos(x)), np.any(x > 3.5)


FUNCTIONS = {
    "numbers from before, and several sums": _scaled,
    "rows": lambda x: np.sum(np.exp(x) * np.sin(x), axis=-1),
    "columns": lambda x: np.sum(np.exp(x) * np.sin(x), axis=0),
    "softmax": lambda x: np.exp(x - np.max(x, axis=-1, keepdims=True)) / np.sum(np.exp(x), axis=-1, keepdims=True),
    "a view": lambda x: np.exp(x[..., ::-1]) * np.sin(x),
    "turned": lambda x: np.exp(np.transpose(x)) * 2.0 + np.transpose(np.sin(x)),
    "kept axes": lambda x: np.sum(np.exp(x) * np.cos(x), keepdims=True) * np.sqrt(abs(x)),
}


@pytest.fixture
def chunks(monkeypatch):
    """Loops of any size are shared; a list that grows with each that is."""
    seen, emit = [], parallel.emit

    def spy(kernel, loop):
        found = emit(kernel, loop)
        seen.append(found)
        return found

    monkeypatch.setattr(parallel, "_LEAST", 0)
    monkeypatch.setattr(parallel, "emit", spy)
    return seen


SHAPES = [(64 * 40,), (10_007,), (3, 1000), (200, 33), (5,), (2, 3, 200)]


@pytest.mark.parametrize("case", range(2 * len(FUNCTIONS)))
def test_as_many_threads_as_you_like_give_the_same(case, chunks):
    name, function = list(FUNCTIONS.items())[case // 2]
    shape, dtype = SHAPES[case % len(SHAPES)], ("f4", "f8")[case % 2]
    x = RNG.normal(size=shape).astype(dtype)
    found = []
    for threads in (2, 5):
        fast = cr.compile(function, threads=threads)
        fast(x)
        ours, theirs = fast(x), function(x)
        assert fast.eager_calls == 0
        pairs = zip(ours, theirs) if type(ours) is tuple else [(ours, theirs)]
        tolerance = 2e-4 if dtype == "f4" else 1e-11
        for one, other in pairs:
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
            assert np.shape(one) == np.shape(other) and np.asarray(one).dtype == np.asarray(other).dtype
        found.append(ours if type(ours) is tuple else (ours,))
    for one, other in zip(*found):
        np.testing.assert_array_equal(one, other)
    if name != "columns" and len(shape) == 1 and np.prod(shape) > 100:
        assert any(chunks)


def test_nothing_to_share(chunks):
    fast = cr.compile(lambda x: (np.exp(x) * 2.0, np.sum(np.sin(x))), threads=2)
    for _ in range(2):
        assert fast(np.ones((0, 4)))[1] == 0.0


def test_gradients_and_calls_from_several_threads(chunks):
    def f(x, w):
        return np.sum(np.tanh(x * w) ** 2)

    x = RNG.normal(size=5000)
    eager = cr.value_and_grad(f, argnums=(0, 1))
    fast = cr.compile(eager, threads=3)
    fast(x, 0.5)
    expected = {w: eager(x, w) for w in (0.5, 1.0, 1.5)}
    wrong = []

    def work(w):
        for _ in range(20):
            value, (dx, dw) = fast(x, w)
            v, (a, b) = expected[w]
            if not (np.allclose(dx, a, rtol=1e-12) and np.isclose(value, v, 1e-12) and np.isclose(dw, b, 1e-10)):
                wrong.append(w)

    threads = [threading.Thread(target=work, args=(w,)) for w in expected]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not wrong and any(chunks)


def test_small_work_is_not_shared_and_what_threads_must_be():
    fast = cr.compile(lambda x: np.exp(x) * 2.0, threads=4)
    fast(np.ones(10))
    assert "pthread" not in str(fast.variants()[0].plan.steps[0].kernel.module)
    with pytest.raises(cr.errors.ArgumentError, match="threads=0"):
        cr.compile(np.exp, threads=0)
