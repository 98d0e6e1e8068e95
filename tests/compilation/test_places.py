"""Reads at arrays of places and what is added there, diagonals, running sums: natively, and as NumPy has them."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.ops.windows import convolve

INDEX = np.array([0, 1])  # outside of the functions below, which read it anew at every call
MASK = np.array([True, False, True])


def check(function, *args, native=True):
    """The compiled function and its gradient, checked against the function itself; the compiled function."""
    total = cr.value_and_grad(lambda *args: np.sum(np.sin(function(*args)) * 1.5))
    for eager in (lambda *args: function(*args) * 2, total):
        fast = cr.compile(eager)
        for each in (fast(*args), fast(*args)):
            agree(each, eager(*args))
        assert fast.traces == 1 and fast.eager_calls == 0
        assert not native or "NumPy call" not in fast.report(), fast.report()
    return fast


def agree(ours, theirs):
    if isinstance(theirs, tuple):
        for one, other in zip(ours, theirs, strict=True):
            agree(one, other)
        return
    assert type(ours) is type(theirs) and ours.dtype == theirs.dtype
    eps = np.finfo(theirs.dtype).eps
    np.testing.assert_allclose(ours, theirs, rtol=16 * eps, atol=16 * eps)


X = np.random.default_rng(0).uniform(-1, 1, (4, 5, 6))
READS = {
    "one array": lambda x: x[np.array([2, 0, -1, 2])],
    "a matrix of places": lambda x: x[np.array([[2, 0], [1, 1]])],
    "two arrays": lambda x: x[np.array([2, 0]), np.array([1, -1])],
    "arrays that broadcast": lambda x: x[np.array([[2], [0]]), np.array([1, -1])],
    "behind a slice": lambda x: x[:, np.array([2, 0, 2])],
    "between slices": lambda x: x[1:, np.array([2, 0, 2]), ::-2],
    "apart": lambda x: x[np.array([1, 0]), :, np.array([2, 0])],
    "with a number": lambda x: x[1, np.array([2, 0])],
    "of a view": lambda x: x.T[::-1][np.array([2, 0, 2])],
    "a mask": lambda x: x[np.array([True, False, True, True])],
    "a list": lambda x: x[[0, 2]],
    "nothing": lambda x: x[np.array([], dtype=int)],
    "one place": lambda x: x[np.array([1])],
    "take": lambda x: np.take(x, np.array([0, 2]), axis=1),
    "roll": lambda x: np.roll(x, 2, axis=1),
    "repeat": lambda x: np.repeat(x, 3, axis=0),
    "tile": lambda x: np.tile(x, (1, 2, 1)),
    "rot90": lambda x: np.rot90(x),
    "flip": lambda x: np.flip(x, (0, 2)),
    "flipud": lambda x: np.flipud(x),
    "pad": lambda x: np.pad(x, ((1, 0), (0, 2), (1, 1))),
    "padded with an edge": lambda x: np.pad(x, 1, mode="edge"),
    "diagonal": lambda x: np.diagonal(x, 1, 1, 2),
    "diagonal of a view": lambda x: np.diagonal(x[:, ::2, ::-1], -1, 2, 1),
    "diag": lambda x: np.diag(x[0]),
    "a matrix with a diagonal": lambda x: np.diag(x[0, 0]),
    "off the diagonal": lambda x: np.diag(x[0, 0], -2),
    "trace": lambda x: np.trace(x, 1),
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "cumsum of a view": lambda x: np.cumsum(x[::-1, :, ::2], axis=-1),
    "cumsum of all": lambda x: np.cumsum(x),
    "cumprod": lambda x: np.cumprod(x + 2.0, axis=0),
    "concatenated with zeros": lambda x: np.concatenate([np.zeros((4, 1, 6)), x, np.ones((4, 1, 6))], axis=1),
    "lower triangle": lambda x: np.tril(x[0]),
    "upper triangle": lambda x: np.triu(x, 1),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("name", READS)
def test_reads(name, dtype):
    check(READS[name], X.astype(dtype), native=name != "nothing")


AT = [
    lambda x, i: x[i],
    lambda x, i: x[:, i],
    lambda x, i: x[i, -1 - i],
    lambda x, i: x[i][0],
    lambda x, i: x[1:, i, ::2],
    lambda x, i: x[np.arange(3), i[:3]],
]


@pytest.mark.parametrize("read", AT)
@pytest.mark.parametrize("places", [np.array([0, 2, -1, 2]), np.array([[1, 2, 3], [0, 0, 1], [3, 0, 2]])])
def test_places_among_the_arguments(read, places):
    x = X[:, :4]
    total = cr.value_and_grad(lambda x, i: np.sum(np.sin(read(x, i))))
    for eager in (lambda x, i: read(x, i) * 2, total):
        fast = cr.compile(eager)
        fast(x, places)
        for shift in range(4):
            agree(fast(x, (places + shift) % 4 - 4 * (shift % 2)), eager(x, (places + shift) % 4 - 4 * (shift % 2)))
        assert fast.traces == 1 and fast.eager_calls == 0 and "NumPy call" not in fast.report(), fast.report()
        for far in (4, -5, 10**18, -(2**63)):
            wrong = places.copy()
            wrong.flat[2] = far
            with pytest.raises(IndexError, match="out of bounds"):
                fast(x, wrong)
        agree(fast(x, places), eager(x, places))


def test_an_index_from_outside_is_read_anew():
    def f(x):
        return np.sin(x[INDEX]) * 2.0

    x = np.arange(3.0)
    for function in (f, cr.value_and_grad(lambda x: np.sum(f(x)))):
        INDEX[:] = 0, 1
        fast = cr.compile(function)
        fast(x)
        INDEX[0] = -1
        agree(fast(x), function(x))
        INDEX[0] = 7
        with pytest.raises(IndexError):
            fast(x)


def test_a_mask_from_outside_is_read_anew():
    def f(x):
        return np.sum(np.sin(x[MASK]))

    x = np.arange(3.0)
    for function in (f, cr.value_and_grad(f)):
        MASK[:] = True, False, True
        fast = cr.compile(function)
        fast(x)
        for changed in ((False, True, True), (True, True, True), (False, False, False)):
            MASK[:] = changed
            agree(fast(x), function(x))


def test_labels_pick_their_logits():
    def loss(w, x, labels):
        logits = x @ w
        logits = logits - np.max(logits, axis=1, keepdims=True)
        return np.mean(np.log(np.sum(np.exp(logits), axis=1)) - logits[np.arange(len(labels)), labels])

    rng = np.random.default_rng(0)
    w, x = rng.normal(size=(4, 10)), rng.normal(size=(32, 4))
    fast, eager = cr.compile(cr.value_and_grad(loss)), cr.value_and_grad(loss)
    for _ in range(3):
        labels = rng.integers(0, 10, 32)
        agree(fast(w, x, labels), eager(w, x, labels))
    assert fast.traces == 1 and "NumPy call" not in fast.report()


def test_a_convolution_is_native():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 9, 8)), rng.normal(size=(4, 3, 3, 2))
    check(lambda x, w: convolve(x, w, (2, 1), ((1, 1), (1, 0)), (1, 2)), x, w)
