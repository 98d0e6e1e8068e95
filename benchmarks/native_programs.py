"""The programs of the native benchmark, each written once for every library that spells as NumPy does.

A program is `(loss, data)`: `loss(np, *data)` gives one number; the gradient is by `data[0]`.
"""

from benchmarks.network import data as network_data

LINKS = "sin exp tanh cos sin tanh exp sin cos tanh sin exp tanh cos sin".split()


def neuron(np, w, x, b, y):
    a = 1 / (1 + np.exp(-(w * x + b)))
    return (a - y) ** 2


def chain(np, x):
    for name in LINKS:
        x = getattr(np, name)(x)
    return np.sum(x)


def network(np, parameters, x, y):
    h = x
    for i in range(0, len(parameters), 2):
        h = h @ parameters[i] + parameters[i + 1]
        if i + 2 < len(parameters):
            h = np.maximum(h, 0.0)
    return np.mean((h - y) ** 2)


def mixture(np, parameters, x):
    """The log-likelihood of a mixture of Gaussians with diagonal covariances."""
    means, logs, weights = parameters
    precision = np.exp(-2 * logs)
    squares = (x * x) @ precision.T - 2 * (x @ (means * precision).T) + np.sum(means * means * precision, axis=1)
    parts = weights - np.sum(logs, axis=1) - 0.5 * squares
    top = np.max(parts, axis=1, keepdims=True)
    inner = np.log(np.sum(np.exp(parts - top), axis=1)) + top[:, 0]
    return np.sum(inner)


def logistic(np, w, x, y):
    z = x @ w
    return np.mean(np.maximum(z, 0.0) - z * y + np.log1p(np.exp(-np.abs(z))))


def logsumexp(np, x):
    top = np.max(x)
    return np.log(np.sum(np.exp(x - top))) + top


def data(case):
    """The arguments of a program, the same for everybody."""
    import numpy as np

    rng = np.random.default_rng(0)
    if case == "neuron":
        return 0.5, 2.0, 0.0, 1.0
    if case == "chain":
        return (rng.uniform(-1, 1, 1_000_000).astype("float32"),)
    if case == "logsumexp":
        return (rng.normal(size=1_000_000).astype("float32"),)
    if case == "mixture":
        n, d, k = 10_000, 16, 25
        parts = [rng.normal(size=(k, d)), rng.normal(0, 0.1, (k, d)), rng.normal(size=k)]
        return [part.astype("float32") for part in parts], rng.normal(size=(n, d)).astype("float32")
    if case == "logistic":
        x = rng.normal(size=(10_000, 100)).astype("float32")
        return rng.normal(size=100).astype("float32"), x, (rng.random(10_000) < 0.5).astype("float32")
    batch, *widths = NETWORKS[case]
    return network_data((batch, widths))


NETWORKS = {"small network": (8, 16, 32, 1), "network": (64, 784, 128, 10), "large network": (256, 784, 512, 512, 10)}
PROGRAMS = {
    "neuron": neuron,
    "chain": chain,
    **dict.fromkeys(NETWORKS, network),
    "mixture": mixture,
    "logistic": logistic,
    "logsumexp": logsumexp,
}
TITLES = {
    "neuron": "the neuron's gradient, Python floats",
    "chain": "15 transcendental links, 1e6 float32, value and gradient",
    "small network": "network step, batch 8, 16-32-1",
    "network": "network step, batch 64, 784-128-10",
    "large network": "network step, batch 256, 784-512-512-10",
    "mixture": "Gaussian mixture, n=1e4, d=16, k=25",
    "logistic": "logistic regression, 1e4 x 100",
    "logsumexp": "logsumexp of 1e6 float32, value and gradient",
}
