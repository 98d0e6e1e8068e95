"""Broken TensorFlow programs and healthy ones."""

import numpy as np
import pytest

import chainrule as cr
from parity.faults.table import Table, check_fault, check_sound, name_of

tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed here")
TABLE = Table()


def normal(*shape, seed=0, scale=1.0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape) * scale, tf.float32)


def variable(*shape, seed=0, scale=1.0, name=None):
    return tf.Variable(normal(*shape, seed=seed, scale=scale), name=name)


def explained(function, *args, wrt="params"):
    return cr.explain(function, args, wrt=wrt, show=False)


@TABLE.fault("vanishing")
def sigmoids_over_twelve_layers():
    weights = [variable(8, 8, seed=i, scale=0.35, name=f"W{i}") for i in range(12)]

    def loss(h):
        for W in weights:
            h = tf.sigmoid(h @ W)
        return tf.reduce_mean((h - 1.0) ** 2)

    return explained(loss, normal(4, 8), wrt=weights[0])


@TABLE.fault("exploding")
def linear_layers_too_large():
    weights = [variable(8, 8, seed=i, name=f"W{i}") for i in range(12)]

    def loss(h):
        for W in weights:
            h = h @ W
        return tf.reduce_mean(h**2)

    return explained(loss, normal(4, 8), wrt=weights[0])


@TABLE.fault("dead")
def dead_rectifiers():
    W = variable(3, 9, name="W")
    return explained(lambda x: tf.reduce_mean((tf.reduce_sum(tf.nn.relu(x @ W - 50.0), 1) - 1.0) ** 2), normal(20, 3))


@TABLE.fault("saturated")
def large_inputs():
    W = variable(3, 9, name="W")
    return explained(lambda x: tf.reduce_mean(tf.tanh(x @ W) ** 2), normal(20, 3, scale=100.0))


@TABLE.fault("disconnected")
def a_variable_that_is_not_used():
    W, other = variable(3, name="W"), variable(3, name="other")
    return explained(lambda: tf.reduce_sum(W**2), wrt=other)


@TABLE.fault("cut")
def a_value_that_was_taken_before():
    W, v = variable(3, name="W"), variable(3, seed=1, name="v")

    def loss():
        h = tf.stop_gradient(tf.tanh(W))
        return tf.reduce_sum(h * v)

    return explained(loss, wrt=W)


@TABLE.fault("cut")
def a_cast_to_integers():
    W, v = variable(3, name="W"), variable(3, seed=1, name="v")
    return explained(lambda: tf.reduce_sum(tf.cast(tf.cast(W * 3.0, tf.int32), tf.float32) * v), wrt=W)


@TABLE.fault("cut")
def a_round_trip_through_numpy():
    W, v = variable(3, name="W"), variable(3, seed=1, name="v")
    return explained(lambda: tf.reduce_sum(tf.numpy_function(np.sin, [W * 1.0], tf.float32) * v), wrt=W)


@TABLE.fault("zero")
def a_head_of_zeros():
    W, head = variable(3, 4, name="W"), tf.Variable(tf.zeros((4, 1)), name="head")
    return explained(lambda x: tf.reduce_mean((tf.tanh(x @ W) @ head - 1.0) ** 2), normal(6, 3), wrt=W)


@TABLE.fault("nonfinite")
def the_root_of_what_is_zero():
    x = tf.Variable([1.0, 2.0], name="x")
    return explained(lambda: tf.reduce_sum(tf.sqrt(x * 0.0)), wrt=x)


@TABLE.fault("nonfinite")
def the_logarithm_of_zero():
    p = tf.Variable([0.0, 1.0], name="p")
    return explained(lambda: -tf.reduce_sum(tf.constant([1.0, 0.0]) * tf.math.log(p)), wrt=p)


@TABLE.fault("broadcast")
def a_column_minus_a_row():
    W = variable(3, 1, name="W")
    return explained(lambda x, y: tf.reduce_mean((x @ W - y) ** 2), normal(10, 3), normal(10, seed=2))


@TABLE.fault("unused")
def a_layer_that_call_forgets():
    W, b = variable(3, name="W"), variable(3, name="b")
    return explained(lambda: tf.reduce_sum(W**2), wrt=[W, b])


@TABLE.sound
def a_small_network():
    W1, b1, W2 = variable(4, 16, scale=0.5, name="W1"), variable(16, scale=0.1, name="b1"), variable(16, 5, name="W2")

    def loss(x, y):
        logits = tf.nn.relu(x @ W1 + b1) @ W2
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))

    return explained(loss, normal(32, 4, seed=2), tf.range(32) % 5)


@TABLE.sound
def residual_blocks():
    weights = [variable(8, 8, seed=i, scale=0.35, name=f"W{i}") for i in range(8)]

    def loss(h):
        for W in weights:
            h = h + 0.2 * tf.tanh(h @ W)
        return tf.reduce_mean(h**2)

    return explained(loss, normal(4, 8))


@TABLE.sound
def a_straight_through_estimator():
    w = variable(5, name="w")
    return explained(lambda: tf.reduce_sum((w + tf.stop_gradient(tf.round(w) - w) - 0.3) ** 2))


@TABLE.sound
def a_bias():
    b = variable(4, name="b")
    return explained(lambda x: tf.reduce_mean((x + b) ** 2), normal(10, 4, seed=1))


@pytest.mark.parametrize(("kind", "program"), TABLE.faults, ids=name_of)
def test_the_first_finding_names_the_fault(kind, program):
    check_fault(kind, program)


@pytest.mark.parametrize("program", TABLE.healthy, ids=name_of)
def test_a_healthy_program_has_no_finding(program):
    check_sound(program)
