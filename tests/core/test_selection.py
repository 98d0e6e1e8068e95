"""Structural zeros: the unselected side contributes nothing; an honest 0 * inf stays NaN."""

import numpy as np
import pytest

import chainrule as cr

PROGRAMS = {
    "where": (lambda x: np.where(x < 0, np.exp(x), x + 1), 1000.0, 1.0),
    "maximum": (lambda x: np.maximum(np.sqrt(x), 1e-10), 0.0, 0.0),
    "clip": (lambda x: np.clip(np.exp(x), 0, 1), 1000.0, 0.0),
    "mask": (lambda x: (x > 0) * np.sqrt(abs(x)), 0.0, 0.0),
    "minimum": (lambda x: np.minimum(np.exp(x), 2 * x), 1000.0, 2.0),
    "fmax": (lambda x: np.fmax(np.sqrt(x), 1.0), 0.0, 0.0),
    "nested": (lambda x: np.where(x > 0, np.where(x > 1, np.log(x), np.sqrt(x)), x * x), 0.0, 0.0),
    "guarded quotient": (lambda x: np.where(x > 0, np.sin(x) / x, 1.0), 0.0, 0.0),
    "between": (lambda x: np.where(x > 0, 3 * np.sqrt(x) + 1, 5 * x), 0.0, 5.0),
    "nan_to_num": (lambda x: np.nan_to_num(np.log(x)) * 0 + x, 0.0, 1.0),
}


@pytest.mark.parametrize("f, x, slope", PROGRAMS.values(), ids=PROGRAMS)
def test_numbers_and_arrays_first_and_second_order(f, x, slope):
    assert cr.grad(f)(x) == slope
    assert cr.jvp(f, (x,), (1.0,))[1] == slope
    assert np.isfinite(cr.grad(cr.grad(f))(x)) and np.isfinite(cr.hessian(f)(x))
    for dtype in (np.float64, np.float32):
        array = np.array([x, 0.4, x], dtype)
        gradient = cr.grad(lambda a: f(a).sum())(array)
        assert gradient.dtype == dtype and gradient[0] == gradient[2] == slope
        assert np.isfinite(gradient).all()
        assert np.isfinite(cr.hessian(lambda a: f(a).sum())(array)).all()
        assert np.isfinite(cr.jvp(f, (array,), (np.ones_like(array),))[1]).all()


THROUGH = {
    "reshape": lambda y: y.reshape(-1),
    "transpose": lambda y: y.T,
    "sum": lambda y: np.sum(y, axis=0),
    "mean": lambda y: np.mean(y, axis=1, keepdims=True),
    "broadcast": lambda y: np.broadcast_to(y, (2, *y.shape)),
    "concatenate": lambda y: np.concatenate([y, y]),
    "pad": lambda y: np.pad(y, 1),
    "flip": lambda y: np.flip(y),
    "scale": lambda y: 3 * y - 1,
    "cast": lambda y: y.astype(np.float32),
    "index": lambda y: y[:, ::-1],
    "cumsum": lambda y: np.cumsum(y, axis=0),
}


@pytest.mark.parametrize("through", THROUGH.values(), ids=THROUGH)
def test_what_is_dead_stays_dead_on_the_way_back(through):
    x = np.array([[0.0, 4.0], [0.0, 9.0]])

    def f(x):
        y = np.sqrt(x)
        kept = np.where(x > 0, y, 0.0) if through is not THROUGH["scale"] else np.where(x > 0, through(y), 0.0)
        return np.sum(through(kept))

    assert np.isfinite(cr.grad(f)(x)).all()


def test_reads_select():
    x = np.array([0.0, 4.0, 9.0])
    for read in (
        lambda y: y[1:],
        lambda y: y[x > 0],
        lambda y: y[[1, 2]],
        lambda y: y[-1],
        lambda y: np.max(y),
        lambda y: np.sort(y)[1:],
        lambda y: np.take(y, [1]),
    ):
        gradient = cr.grad(lambda x, read=read: np.sum(read(np.sqrt(x))))(x)
        assert gradient[0] == 0 and np.isfinite(gradient).all()


def test_a_guard_after_a_reduction():
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    n = cr.grad(lambda x: np.sum(np.where([False, True], np.sqrt(np.sum(x * x, axis=1)), 0.0)))(x)
    np.testing.assert_allclose(n, [[0, 0], [0.6, 0.8]])


def test_an_honest_nan_is_kept():
    with np.errstate(all="ignore"):
        assert np.isnan(cr.grad(lambda x: np.sqrt(x) ** 2)(0.0))
        assert np.isnan(cr.grad(lambda x: np.sum(np.sqrt(x) ** 2))(np.zeros(2))).all()


def test_two_paths_one_of_them_dead():
    f = lambda x: np.where(x > 1, np.sqrt(x), 0.0) + 3 * x
    assert cr.grad(f)(0.0) == 3.0
    np.testing.assert_allclose(cr.grad(lambda x: f(x).sum())(np.array([0.0, 4.0])), [3.0, 3.25])
