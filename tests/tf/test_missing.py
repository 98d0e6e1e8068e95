"""tape.why_none and tape.why_zero: the three words, and the lines."""

import numpy as np
import pytest

import chainrule as cr
import chainrule.tf as tf


def stopped():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = tf.stop_gradient(x * x) * 2.0
    return tape.why_none(y, x)


def through_numpy():
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        squares = x**2
        y = tf.reduce_mean(np.mean(squares.numpy()))
        del squares
    return tape.why_none(y, x)


def through_an_integer():
    x = tf.Variable(2.5)
    with tf.GradientTape() as tape:
        y = tf.cast(tf.cast(x, tf.int32), tf.float32) * 2.0
    return tape.why_none(y, x)


def through_a_staircase():
    x = tf.Variable(2.5)
    with tf.GradientTape() as tape:
        y = tf.floor(x) * 2.0
    return tape.why_none(y, x)


def through_a_state():
    x, state = tf.Variable(2.5), tf.Variable(0.0)
    with tf.GradientTape() as tape:
        state.assign(x * x)
        y = state * 2.0
    return tape.why_none(y, x)


def through_a_float():
    x = tf.Variable(2.5)
    with tf.GradientTape() as tape:
        y = tf.constant(float(x) * 2.0)
    return tape.why_none(y, x)


@pytest.mark.parametrize(
    ("program", "what", "line"),
    [
        (stopped, "stop_gradient", "y = tf.stop_gradient(x * x) * 2.0"),
        (through_numpy, "numpy()", "y = tf.reduce_mean(np.mean(squares.numpy()))"),
        (through_an_integer, "cast to int32", "y = tf.cast(tf.cast(x, tf.int32), tf.float32) * 2.0"),
        (through_a_staircase, "floor", "y = tf.floor(x) * 2.0"),
        (through_a_state, "assign()", "state.assign(x * x)"),
        (through_a_float, "float()", "y = tf.constant(float(x) * 2.0)"),
    ],
)
def test_cut(program, what, line):
    found = program()
    assert found.kind == "cut" and what in found.text
    assert line in str(found) and "what to do" in str(found) and __file__.rpartition("/")[2] in str(found)


def test_an_integer_target():
    x = tf.Variable(2.5)
    with tf.GradientTape() as tape:
        y = tf.cast(x, tf.int32)
    found = tape.why_none(y, x)
    assert found.kind == "cut" and "int32" in found.text


def test_a_tensor_that_is_not_watched():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        y = x * x
    found = tape.why_none(y, x)
    assert found.kind == "disconnected" and "does not watch" in found.text and "assign_add" in found.do


def test_a_variable_that_was_replaced():
    x = tf.Variable(3.0)
    x = x + 1.0
    with tf.GradientTape() as tape:
        y = x * x
    assert "does not watch" in tape.why_none(y, x).text


def test_not_trainable():
    x = tf.Variable(3.0, trainable=False, name="frozen")
    with tf.GradientTape() as tape:
        y = x * x
    assert "'frozen:0' has trainable=False" in tape.why_none(y, x).text


def test_variables_not_accessed():
    x = tf.Variable(3.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        y = x * x
    assert "watch_accessed_variables=False" in tape.why_none(y, x).text


def test_watched_too_late():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        y = x * x
        tape.watch(x)
    found = tape.why_none(y, x)
    assert "watched only after" in found.text and "tape.watch(x)" in str(found)


def test_outside_the_tape():
    x = tf.Variable(3.0)
    before = x * x
    with tf.GradientTape() as tape:
        y = x * x
        with tape.stop_recording():
            paused = y * 2.0
    after = y * 2.0
    assert "before the tape was entered" in tape.why_none(before, x).text
    assert "after the tape was closed" in tape.why_none(after, x).text
    assert "outside the tape's with block" in tape.why_none(paused, x).text
    assert tape.why_none(y, x).kind == "connected"


def test_no_path():
    x, other = tf.Variable(3.0), tf.Variable(2.0, name="other")
    with tf.GradientTape() as tape:
        y = other * other
        _ = x * 1.0
    found = tape.why_none(y, x)
    assert found.kind == "disconnected" and "without the source" in found.text and "'other'" in found.text
    assert "y = other * other" in str(found)


def test_never_read():
    x, other = tf.Variable(3.0), tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = other * other
    assert "was not read" in tape.why_none(y, x).text


def test_zero():
    x = tf.Variable([-1.0, -2.0])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.nn.relu(x) * 3.0)
    found = tape.why_zero(y, x)
    assert found.kind == "zero" and found.text == "relu has slope 0 at [-1.0, -2.0], so nothing passes"
    assert "tf.nn.relu(x)" in str(found)
    assert tape.why_zero(y, tf.Variable(1.0)).kind == "disconnected"


def test_a_factor_that_is_zero():
    x, scale = tf.Variable(3.0), tf.Variable(0.0)
    with tf.GradientTape() as tape:
        y = x * scale
    assert "multiply has slope 0 at (3.0, 0.0)" in tape.why_zero(y, x).text
    assert tape.why_zero(y, scale).kind == "connected"


def test_paths_that_cancel():
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * 2.0 - x * 2.0
    assert "adds up to 0" in tape.why_zero(y, x).text


def test_without_a_tape_at_hand():
    x = tf.Variable(-3.0)
    with tf.GradientTape():
        y = tf.nn.relu(x)
        z = tf.stop_gradient(x) * 2.0
    assert cr.why_zero(y, x).kind == "zero"
    assert cr.why_none(z, x).kind == "cut"
