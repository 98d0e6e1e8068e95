"""Random NumPy programs against differences, and programs that people really write."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr

UNARY = [
    np.sin,
    np.tanh,
    np.exp,
    lambda x: x * x,
    lambda x: 1 / (2 + x * x),
    np.arctan,
    lambda x: np.sqrt(x * x + 1),
    lambda x: x.reshape(x.shape[::-1]).T,
    lambda x: np.cumsum(x, axis=-1),
    lambda x: x - x.mean(),
    lambda x: np.flip(x, 0),
    lambda x: np.log1p(x * x),
    lambda x: -x,
    lambda x: x[..., ::-1],
]
BINARY = [
    np.add,
    np.multiply,
    np.subtract,
    lambda a, b: a / (1 + b * b),
    np.hypot,
    np.logaddexp,
    lambda a, b: a @ b.T @ a,
    lambda a, b: np.concatenate([a, b])[: a.shape[0]],
    np.arctan2,
]
REDUCE = [np.sum, np.mean, np.var, cr.logsumexp, lambda x: np.linalg.norm(x - 3), lambda x: np.sum(x, axis=0)[0]]


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(0, 2**32 - 1))
def test_random_programs(data, seed):
    rng = np.random.default_rng(seed)
    shape = (data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3)))
    steps = data.draw(
        st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=6)
    )
    final = data.draw(st.sampled_from(REDUCE))

    def program(a, b):
        values = [a * 0.7 + 0.1, b * 0.5 - 0.2]
        for kind, i, j in steps:
            x, y = values[i % len(values)], values[j % len(values)]
            new = UNARY[kind % len(UNARY)](x) if kind % 2 else BINARY[kind % len(BINARY)](x, y)
            values.append(np.tanh(new))  # keeps values, and so differences, in reach
        return final(values[-1])

    a, b = rng.uniform(0.2, 1.0, shape), rng.uniform(0.2, 1.0, shape)
    np.testing.assert_allclose(cr.value_and_grad(program)(a, b)[0], program(a, b), rtol=1e-12)
    cr.check_grads(program, (a, b), order=2, directions=1)


INDEX = st.one_of(
    st.integers(-2, 1), st.slices(2), st.just(Ellipsis), st.none(), st.lists(st.integers(-2, 1), max_size=3)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(INDEX, min_size=1, max_size=3))
def test_random_indices(parts):
    x, index = np.arange(8.0).reshape(2, 2, 2) + 1, tuple(parts)
    try:
        expected = x[index]
    except IndexError:
        return
    value, pullback = cr.vjp(lambda x: x[index], x)
    np.testing.assert_array_equal(value, expected)
    g, counts = np.arange(np.size(expected), dtype=float).reshape(np.shape(expected)) + 1, np.zeros_like(x)
    np.add.at(counts, index, g)
    np.testing.assert_array_equal(pullback(g)[0], counts)


def test_logistic_regression_by_gradient_descent():
    rng = np.random.default_rng(0)
    X, w_true = rng.normal(size=(200, 3)), np.array([1.0, -2.0, 0.5])
    y = (X @ w_true > 0).astype(float)

    def loss(params, X, y):
        z = X @ params["w"] + params["b"]
        return np.mean(np.logaddexp(0, z) - y * z)

    params, gradient = {"w": np.zeros(3), "b": 0.0}, cr.grad(loss)
    for _ in range(200):
        g = gradient(params, X, y)
        params = {"w": params["w"] - g["w"], "b": params["b"] - g["b"]}
    assert loss(params, X, y) < 0.15 and np.argmax(np.abs(params["w"])) == 1


def test_softmax_cross_entropy_is_softmax_minus_onehot():
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(size=(5, 4)), np.array([0, 3, 1, 1, 2])

    def loss(z):
        z = z - np.max(z, axis=1, keepdims=True)
        return -np.mean(z[np.arange(5), labels] - np.log(np.sum(np.exp(z), axis=1)))

    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(cr.grad(loss)(logits), (p - np.eye(4)[labels]) / 5, atol=1e-15)


def test_runge_kutta_with_a_while_loop():
    def end(x0, k):
        x, t, h = x0, 0.0, 0.1
        while t < 1.0 - 1e-12:
            k1 = -k * x
            k2 = -k * (x + h / 2 * k1)
            k3 = -k * (x + h / 2 * k2)
            k4 = -k * (x + h * k3)
            x, t = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), t + h
        return x

    dx, dk = cr.grad(end, argnums=(0, 1))(2.0, 0.5)
    np.testing.assert_allclose([dx, dk], [np.exp(-0.5), -2 * np.exp(-0.5)], rtol=1e-6)


def test_gaussian_log_likelihood():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(6, 3))

    def negative_log_likelihood(mu, A):
        cov = A @ A.T + np.eye(3)
        centred = X - mu
        _, logdet = np.linalg.slogdet(cov)
        by_solve = np.sum(centred * np.linalg.solve(cov, centred.T).T)
        L = np.linalg.cholesky(cov)
        by_cholesky = np.sum(np.linalg.solve(L, centred.T) ** 2)
        return 0.5 * (0.5 * (by_solve + by_cholesky) + len(X) * logdet)

    cr.check_grads(negative_log_likelihood, (rng.normal(size=3), rng.normal(size=(3, 3))))


def test_attention_and_a_recurrent_network():
    rng = np.random.default_rng(3)

    def attention(q, k, v):
        scores = np.einsum("bhid,bhjd->bhij", q, k) / np.sqrt(q.shape[-1])
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        return np.sum(np.einsum("bhij,bhjd->bhid", weights / weights.sum(-1, keepdims=True), v) ** 2)

    cr.check_grads(attention, tuple(rng.normal(size=(2, 2, 3, 4)) for _ in range(3)), directions=1)

    def recurrent(W, U, xs):
        h = np.zeros(4)
        states = []
        for x in xs:
            h = np.tanh(W @ h + U @ x)
            states.append(h)
        return np.mean(np.stack(states) ** 2)

    cr.check_grads(
        recurrent, (rng.normal(size=(4, 4)) / 2, rng.normal(size=(4, 2)), rng.normal(size=(5, 2))), directions=1
    )


def test_reused_buffers_and_branches():
    rows = np.arange(6.0).reshape(3, 2)

    def loss(w):
        total, buffer = 0.0, np.zeros(2)
        for row in rows:
            buffer[:] = row
            total = total + (w * buffer).sum() * (2.0 if row[0] > 1 else 1.0)
        return total

    np.testing.assert_allclose(cr.grad(loss)(np.ones(2)), rows[0] + 2 * rows[1] + 2 * rows[2])
