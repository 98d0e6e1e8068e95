"""Broken JAX programs and healthy ones."""

import pytest

import chainrule as cr
from parity.faults.table import Table, check_fault, check_sound, name_of

jax = pytest.importorskip("jax", reason="JAX is not installed here")
jnp = jax.numpy
TABLE = Table()


def normal(*shape, seed=0, scale=1.0):
    return jax.random.normal(jax.random.key(seed), shape) * scale


def explained(function, *args, wrt=None):
    return cr.explain(function, args, wrt=wrt, show=False)


@TABLE.fault("vanishing")
def sigmoids_over_twenty_layers():
    def loss(weights, h):
        for W in weights:
            h = jax.nn.sigmoid(h @ W)
        return ((h - 1) ** 2).mean()

    return explained(loss, [normal(8, 8, seed=i, scale=0.35) for i in range(20)], normal(4, 8), wrt="weights[0]")


@TABLE.fault("exploding")
def linear_layers_too_large():
    def loss(weights, h):
        for W in weights:
            h = h @ W
        return (h**2).mean()

    return explained(loss, [normal(8, 8, seed=i) for i in range(12)], normal(4, 8), wrt="weights[0]")


@TABLE.fault("dead")
def dead_rectifiers():
    def loss(W, x):
        h = jax.nn.relu(x @ W - 50.0)
        return ((h.sum(1) - 1) ** 2).mean()

    return explained(loss, normal(3, 9), normal(20, 3, seed=1))


@TABLE.fault("saturated")
def large_inputs():
    def loss(W, x):
        h = jnp.tanh(x @ W)
        return (h**2).mean()

    return explained(loss, normal(3, 9), normal(20, 3, seed=1, scale=100.0))


@TABLE.fault("disconnected")
def an_argument_that_is_not_used():
    return explained(lambda w, unused: (w**2).sum(), normal(3), normal(3), wrt="unused")


@TABLE.fault("unused")
def one_parameter_that_is_not_used():
    def loss(params):
        return (params["W"] ** 2).sum()

    return explained(loss, {"W": normal(3), "b": normal(3)}, wrt="params")


@TABLE.fault("cut")
def stop_gradient_on_the_way():
    def loss(w, v):
        h = jax.lax.stop_gradient(jnp.tanh(w))
        return (h * v).sum()

    return explained(loss, normal(3), normal(3, seed=1), wrt="w")


@TABLE.fault("cut")
def a_cast_to_integers():
    def loss(w, v):
        index = (w * 3).astype(int)
        return (index * v).sum()

    return explained(loss, normal(3), normal(3, seed=1), wrt="w")


@TABLE.fault("cut")
def an_argmax():
    def loss(w, table):
        return table[jnp.argmax(w)] ** 2

    return explained(loss, normal(3), normal(3, seed=1), wrt="w")


@TABLE.fault("zero")
def a_staircase():
    return explained(lambda w: (jnp.floor(w * 3) * 2.0).sum(), normal(4))


@TABLE.fault("zero")
def a_weight_of_zero():
    return explained(lambda w, v: (jnp.tanh(w) @ v).sum(), normal(3, 4), jnp.zeros((4, 1)), wrt="w")


@TABLE.fault("nonfinite")
def the_root_under_where():
    return explained(lambda x: jnp.where(x > 0.5, jnp.sqrt(x), 1.0).sum(), jnp.array([0.0, 4.0]))


@TABLE.fault("nonfinite")
def the_norm_of_zero():
    return explained(lambda w: jnp.sqrt((w**2).sum()) + w.sum(), jnp.zeros(3))


@TABLE.fault("nonfinite")
def the_logarithm_of_zero():
    return explained(lambda p: -(jnp.array([1.0, 0.0]) * jnp.log(p)).sum(), jnp.array([0.0, 1.0]))


@TABLE.fault("broadcast")
def a_column_minus_a_row():
    def loss(W, x, y):
        prediction = x @ W
        return ((prediction - y) ** 2).mean()

    return explained(loss, normal(3, 1), normal(10, 3, seed=1), normal(10, seed=2))


@TABLE.fault("underflow")
def half_precision():
    def loss(w):
        return (jnp.sin(w * jnp.float16(1e-3)) * jnp.float16(1e-4)).mean()

    return explained(loss, normal(64).astype(jnp.float16))


@TABLE.sound
def a_small_network():
    def loss(params, x, y):
        h = jax.nn.relu(x @ params["W1"] + params["b1"])
        logits = h @ params["W2"]
        return -(jax.nn.log_softmax(logits) * jax.nn.one_hot(y, 5)).sum(1).mean()

    params = {"W1": normal(4, 16, scale=0.5), "b1": jnp.zeros(16), "W2": normal(16, 5, seed=1, scale=0.3)}
    return explained(loss, params, normal(32, 4, seed=2), jnp.arange(32) % 5, wrt="params")


@TABLE.sound
def residual_blocks():
    def loss(weights, h):
        for W in weights:
            h = h + 0.2 * jnp.tanh(h @ W)
        return (h**2).mean()

    return explained(loss, [normal(8, 8, seed=i, scale=0.35) for i in range(20)], normal(4, 8), wrt="weights")


@TABLE.sound
def a_straight_through_estimator():
    return explained(lambda w: ((w + jax.lax.stop_gradient(jnp.round(w) - w) - 0.3) ** 2).sum(), normal(5))


@TABLE.sound
def a_jitted_function():
    return explained(jax.jit(lambda w: jnp.tanh(w * 2).sum()), normal(5))


@TABLE.sound
def distances_of_pairs():
    return explained(lambda x: jnp.tanh(abs(x[:, None] - x[None, :])).sum(), normal(7))


@TABLE.sound
def a_bias():
    return explained(lambda b, x: ((x + b) ** 2).mean(), normal(4), normal(10, 4, seed=1), wrt="b")


@pytest.mark.parametrize(("kind", "program"), TABLE.faults, ids=name_of)
def test_the_first_finding_names_the_fault(kind, program):
    check_fault(kind, program)


@pytest.mark.parametrize("program", TABLE.healthy, ids=name_of)
def test_a_healthy_program_has_no_finding(program):
    check_sound(program)
