"""Where None comes from."""

import numpy

from parity.tf.table import numbers, statement

NONE = "Where None comes from"


@statement(NONE, "no path from the source to the target", None)
def no_path(tf):
    x, y = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        z = y * y
    return numbers(tape.gradient(z, x))


@statement(NONE, "a Variable replaced by a tensor: x = x + 1", [1.0, None])
def rebound(tf):
    x, results = tf.Variable(2.0), []
    for _ in range(2):
        with tf.GradientTape() as tape:
            y = x + 1
        results.append(numbers(tape.gradient(y, x)))
        x = x + 1
    return results


@statement(NONE, "a step outside TensorFlow: numpy()", None)
def through_numpy(tf):
    x = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        x2 = x**2
        y = tf.reduce_mean(numpy.mean(x2.numpy(), axis=0))
    return numbers(tape.gradient(y, x))


@statement(
    NONE,
    "a NumPy function of the tensor itself",
    None,
    [[0.5, 1.0], [1.5, 2.0]],
    "NumPy functions are recorded, as everywhere in chainrule",
)
def through_a_numpy_function(tf):
    x = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(numpy.mean(x**2, axis=(0, 1)))
    return numbers(tape.gradient(y, x))


@statement(NONE, "an integer on the path, or as the target", [None, None])
def through_an_integer(tf):
    x = tf.Variable(2.5)
    with tf.GradientTape(persistent=True) as tape:
        whole = tf.cast(x * 2, tf.int32)
        y = tf.cast(whole, tf.float32) * 2
    return [numbers(tape.gradient(whole, x)), numbers(tape.gradient(y, x))]


@statement(NONE, "round, floor, ceil, floor division and argmax", [None, None, None, None, None])
def staircases(tf):
    x = tf.Variable([1.3, 2.7])
    functions = (tf.round, tf.floor, tf.math.ceil, lambda t: t // 0.5, lambda t: tf.cast(tf.argmax(t), tf.float32))
    results = []
    for function in functions:
        with tf.GradientTape() as tape:
            y = function(x)
        results.append(numbers(tape.gradient(y, x)))
    return results


@statement(NONE, "assign: the state breaks the path", None)
def through_assign(tf):
    x, state = tf.Variable(3.0), tf.Variable(0.0)
    with tf.GradientTape() as tape:
        state.assign(x * x)
        y = state * 2.0
    return numbers(tape.gradient(y, x))


@statement(NONE, "stop_gradient", [None, 3.0])
def through_stop_gradient(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = tf.stop_gradient(x) * 2.0
        z = x * tf.stop_gradient(x)
    return [numbers(tape.gradient(y, x)), numbers(tape.gradient(z, x))]


@statement(NONE, "numpy_function ends the path, py_function keeps it", [None, 6.0])
def python_functions(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = tf.numpy_function(lambda t: t * t, [x], tf.float32)
        z = tf.py_function(lambda t: t * t, [x], tf.float32)
    return [numbers(tape.gradient(y, x)), numbers(tape.gradient(z, x))]
