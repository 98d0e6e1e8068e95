"""Programs as people write them, each compiled and as it is: values, types, shapes, dtypes and errors are the same."""

import copy
import math
import pickle
import warnings

import numpy as np
import pytest

import chainrule as cr
from tests.compilation.random_programs import agree

A = np.array([1.0, -2.0, 3.0])
M = np.arange(12.0).reshape(3, 4) - 5.5
FLOATS = [(1.0, 2.0), (-1.0, 2.0), (-1.0, -2.0), (0.0, 0.0), (-0.0, 1.0), (math.nan, 1.0), (math.inf, -1.0)]


def outcome(f, args):
    with np.errstate(all="ignore"):
        try:
            return f(*args)
        except Exception as raised:
            return raised


def check(f, *calls, eagerly=False):
    """Each call gives what the function gives; the first one is made again at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if eagerly else "error")
        fast = cr.compile(f)
        for args in (*calls, calls[0]):
            expected, found = outcome(f, args), outcome(fast, args)
            if isinstance(expected, Exception):
                assert type(found) is type(expected) and str(found) == str(expected)
            else:
                agree(found, expected, 1e-13, of_zeros=True)
    return fast


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: (x > 0) + (y > 0),
        lambda x, y: ((x > 0) * y, y * (x > 0), 1.5 - (x > 0), (y < x) / 2.0),
        lambda x, y: [x > y, {"same": x == y}, not x > 0],
        lambda x, y: ((x > 0) & (y > 0), (x > 0) ^ True, (x > 0) == (y > 0), -(x > 0), (x > 0) << 2),
        lambda x, y: sum(v > 0 for v in (x, y)),
        lambda x, y: [10.0, 20.0][x > 0] * y,
        lambda x, y: (np.logical_and(x > 0, y > 0), np.multiply(x > 0, y), np.where(x > 0, x, y)),
        lambda x, y: isinstance(x > 0, bool) * y,
        lambda x, y: cr.while_loop(lambda c: c[1], lambda c: (c[0] * 0.5, c[0] > 0.2), (abs(y), y > 0.0)),
    ],
)
def test_comparing_python_floats_gives_a_python_truth_value(f):
    check(f, *FLOATS[:5])


def test_numbers_that_the_engine_gives_are_python_floats_in_the_users_hands():
    check(lambda x, y: (np.sin(cr.sigmoid(x)) * y, np.dot(cr.softplus(x), y)), *FLOATS[:4])
    check(lambda x, y: 1 / cr.sigmoid(x), (1.0, 2.0), (-1000.0, 2.0))  # which Python does not divide by
    check(lambda x, y: y / cr.grad(lambda z: z * z)(x), (1.0, 2.0), (0.0, 2.0))


def test_python_rounds_floats_in_its_own_way():
    check(lambda x: (round(x, 2), round(x), round(x, -1)), (2.675,), (1.005,), (125.0,), (-2.5,))
    check(lambda x: round(x, 1), (np.float64(2.675),), (A,))


def test_a_python_float_has_no_shape():
    check(lambda x: x * 2 if hasattr(x, "shape") else x * 3, (1.0,), (np.float64(1.0),), (A,))
    check(lambda x: x * x.size, (1.0,), (A,), eagerly=True)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.reshape(x * 2, (4, -1), order="F") + 1,
        lambda x: np.reshape(np.reshape(x * 2, (-1,)), x.shape, order="F") + 1,
        lambda x: np.reshape(np.reshape(x * 2, (4, -1), order="F"), (-1,)) + 1,
        lambda x: np.sum(x * 2, where=x > 1.0) + np.max(x, initial=100.0),
        lambda x: np.sum(x * 2, axis=0, dtype=np.float32),
        lambda x: (np.concatenate([x, x[::-1]], axis=None), np.concatenate([x, x], dtype=np.float32)),
        lambda x: (np.cumsum(x), np.cumsum(x, axis=0, dtype=np.float32)),
    ],
)
@pytest.mark.parametrize("shape", [(2, 4), (20, 4)])
def test_unusual_arguments_of_usual_functions(f, shape):
    x = np.linspace(-3, 5, math.prod(shape)).reshape(shape)
    assert check(f, (x,), (-x,)).eager_calls == 0


def test_the_order_in_memory_is_not_followed():
    check(lambda x: ((x * 2).T.ravel("K"), np.reshape(x.T, -1, order="A")), (M,), eagerly=True)


@pytest.mark.parametrize("shape", [(), (3,), (9,), (40,), (3, 4)])
def test_extremes_of_truth_values(shape):
    def f(x):
        return np.max(x), np.min(x, keepdims=True), np.max(x, axis=-1), np.min(x, axis=()), np.max(x) > 0.5, x + 0

    rng = np.random.default_rng(0)
    check(f, *((np.asarray(rng.random(shape) > level)[()],) for level in (0.5, 0.0, 1.0)))


def test_numbers_as_truth_values():
    check(lambda x: (np.logical_and(x, 0.5), np.logical_or(2, x), np.where(0.5, x, -x), np.where(0, x, -x)), (A,), (M,))
    check(lambda x: np.ldexp(x, 3) + 1, (A,))


def test_joined_entries_take_the_dtype_of_the_whole():
    def f(x):
        narrow = x.astype(np.float32)
        return np.concatenate([narrow, x]), np.concatenate([narrow, x], axis=None) * 2.0

    assert check(f, (np.array([0.1]),), (np.array([0.7]),)).traces == 1


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.zeros_like(x[x > 0]),
        lambda x: x[x > 0].size + np.nonzero(x)[0].size,
        lambda x: np.ones(len(np.where(x > 0)[0])),
        lambda x: np.zeros(x[x[2] > 0].shape),
        cr.jacobian(lambda x: np.zeros(3) * x[x > 0].size + x),
    ],
)
def test_a_shape_that_depends_on_values_is_looked_at_though_nothing_reads_the_values(f):
    fast = check(f, (A,), (-A,), (A * 0,), (2 * A,))
    assert fast.traces > 1 and fast.eager_calls == 0


def test_what_raises_is_computed_though_nothing_reads_it():
    def f(x):
        np.linalg.inv(x)
        return x * 2

    check(f, (np.eye(2),), (np.ones((2, 2)),), eagerly=True)


def test_arrays_without_dimensions_stay_arrays():
    check(lambda a: (a[..., 0], a[..., 1] + 0, a[0], np.squeeze(a[:1]), (a > 0)[..., 0]), (A,), (np.arange(40.0),))
    check(lambda a: (a * 2, a, a.T, +a, a.reshape(1)), (np.array(2.0),))
    check(lambda a: (np.sum(a[0], axis=0), np.max(a[0], axis=-1, keepdims=True), np.cumsum(a[0])), (A,))


def test_dicts_in_another_order_are_another_structure():
    check(
        lambda d: next(iter(d.values())) * 2,
        ({"a": 1.0, "b": A},),
        ({"b": A, "a": 2.0},),
        ({"".join("a"): 3.0, "b": A},),
    )


def test_complex_numbers_and_constants_from_outside_keep_the_signs_of_zeros(monkeypatch):
    check(np.sqrt, (complex(-1, 0.0),), (complex(-1, -0.0),))
    monkeypatch.setitem(globals(), "Z", complex(-1, 0.0))
    fast = cr.compile(lambda x: x * np.sqrt(Z))
    assert fast(2.0) == 2j
    monkeypatch.setitem(globals(), "Z", complex(-1, -0.0))
    assert fast(2.0) == -2j


Z = 0j


@pytest.mark.parametrize(
    "f",
    [
        lambda x, w: cr.vmap(lambda row: np.where(row < w, row, w * 0.5))(x),
        lambda x, w: cr.vmap(lambda row: np.concatenate([row, x[0]]))(x),
        lambda x, w: cr.vmap(lambda row: (row * 2, w))(x),
        lambda x, w: cr.jacobian(lambda row: {"a": row * 2, "b": np.argmax(row), "c": w, "d": x})(x[0]),
        lambda x, w: cr.jvp(lambda row: (row * 2, np.argmax(row)), (x[0],), (x[1],)),
        lambda x, w: cr.value_and_grad(lambda row: w)(x[0]),
        lambda x, w: cr.grad(lambda row: np.sum(np.full_like(row, w) * row))(x[0]),
    ],
)
def test_values_from_around_a_transform(f):
    fast = check(f, (M, 2.5), (-M, 0.5))
    assert fast.traces == 1 and fast.eager_calls == 0


def test_whole_numbers_are_shifted():
    check(lambda x: (x << 3, x >> 1, 1 << (x & 3)), (np.array([1, -5, 7]),))


@pytest.mark.parametrize("f", [sum, cr.grad(sum), lambda t: sum(v * v for v in t)])
@pytest.mark.parametrize("count", [5, 40, 300])
def test_many_numbers_as_arguments(f, count):
    check(f, (tuple(map(float, range(count))),))


def test_arguments_that_cannot_be_looked_at():
    nested = cycle = []
    for _ in range(2000):
        nested = [nested]
    cycle.append(cycle)
    check(lambda a, x: x * 2, (nested, 1.0), (cycle, 1.0), eagerly=True)


@cr.compile
def decorated(x):
    return x * 3.0


def test_pickled_and_copied():
    assert pickle.loads(pickle.dumps(decorated)) is decorated and copy.copy(decorated) is decorated
    fast = cr.compile(np.sinc, variants=3)
    again = pickle.loads(pickle.dumps(fast))
    assert type(again) is type(fast) and again._options == fast._options and again(0.5) == fast(0.5)
    assert copy.copy(cr.compile(lambda x: x + 1.0))(1.0) == 2.0
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(cr.compile(lambda x: x))
