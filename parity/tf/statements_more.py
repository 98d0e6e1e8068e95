"""Jacobians, custom gradients and forward accumulation."""

import numpy

from parity.tf.table import numbers, says, statement

JACOBIAN = "Jacobians"
CUSTOM = "custom_gradient"
FORWARD = "ForwardAccumulator"
VARIABLES = "grad_fn must accept keyword argument 'variables', since function uses variables"


@statement(JACOBIAN, "jacobian has shape target.shape + source.shape", [[2, 2], [[2.0, 0.0], [0.0, 4.0]]])
def jacobian(tf):
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = x * x
    result = tape.jacobian(y, x)
    return [list(result.shape), numbers(result)]


@statement(JACOBIAN, "of matrices, and with nested sources", [[2, 3, 4, 3], [2, 3, 2, 4], [[0.0]]])
def jacobian_nested(tf):
    x = tf.constant(numpy.arange(8.0).reshape(2, 4).astype("f4"))
    w, unused = tf.Variable(numpy.ones((4, 3), "f4")), tf.Variable(1.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = tf.matmul(x, w)
        one = tf.reshape(y[0, 0], [1, 1])
    by = tape.jacobian(y, {"w": w, "more": [x]})
    zeros = tape.jacobian(one, unused, unconnected_gradients="zero")
    return [list(by["w"].shape), list(by["more"][0].shape), numbers(zeros)]


@statement(JACOBIAN, "of what does not depend on the source: None", None)
def jacobian_none(tf):
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.constant([1.0, 2.0])
    return numbers(tape.jacobian(y, x))


@statement(JACOBIAN, "a Hessian: the jacobian of a gradient", [[2.0, 2.0], [2.0, 0.0]])
def hessian(tf):
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = x[0] ** 2 * x[1] - x[0] ** 2
        g = inner.gradient(y, x)
    return numbers(outer.jacobian(g, x))


@statement(JACOBIAN, "batch_jacobian: one jacobian an example", [[[2.0, 0.0], [0.0, 4.0]], [[6.0, 0.0], [0.0, 8.0]]])
def batch_jacobian(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return numbers(tape.batch_jacobian(y, x))


@statement(
    JACOBIAN,
    "batch_jacobian of a function that mixes examples",
    [[[14.0, 4.0], [6.0, 16.0]], [[14.0, 4.0], [6.0, 16.0]]],
    "the target mixes examples",
    "TensorFlow sums over the batch without a word; sum_over_batch=True gives its answer",
)
def batch_jacobian_mixing(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * tf.reduce_sum(x)
    found = []
    text = says(ValueError, "the target mixes examples", lambda: found.append(numbers(tape.batch_jacobian(y, x))))
    return found[0] if found else text


@statement(JACOBIAN, "batch_jacobian needs rank 2", "must have rank at least 2")
def batch_jacobian_rank(tf):
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = x * x
    return says(ValueError, "must have rank at least 2", lambda: tape.batch_jacobian(y, x))


@statement(JACOBIAN, "batch_jacobian needs equal first lengths", "Need first dimension of target shape ((4, 2))")
def batch_jacobian_lengths(tf):
    x = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.concat([x, x], 0)
    text = "Need first dimension of target shape ((4, 2))"
    return says(ValueError, text, lambda: tape.batch_jacobian(y, x))


@statement(JACOBIAN, "batch_jacobian of a constant: zeros", [[[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
def batch_jacobian_constant(tf):
    x = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    return numbers(tape.batch_jacobian(y, x))


# custom_gradient


@statement(CUSTOM, "its own gradient is used", [1.0, 0.5])
def custom(tf):
    @tf.custom_gradient
    def log1pexp(x):
        e = tf.exp(x)

        def grad(upstream):
            return upstream * (1 - 1 / (1 + e))

        return tf.math.log(1 + e), grad

    results = []
    for number in (100.0, 0.0):
        x = tf.constant(number)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = log1pexp(x)
        results.append(numbers(tape.gradient(y, x)))
    return results


@statement(CUSTOM, "a gradient that is clipped on its way", [1.0, 0.5])
def custom_clip(tf):
    @tf.custom_gradient
    def clip_gradients(y):
        return y, lambda dy: tf.clip_by_norm(dy, 0.5)

    v = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as t:
        plain = v * 1.0
        clipped = clip_gradients(v * 1.0)
    return [numbers(t.gradient(plain, v)), numbers(t.gradient(clipped, v))]


@statement(CUSTOM, "several results and several arguments", [24.0, 28.0])
def custom_several(tf):
    @tf.custom_gradient
    def both(x, y):
        return (x * y, x + y), lambda g, h: (10.0 * g + h, 10.0 * g + 2.0 * h)

    x, y = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        product, total = both(x, y)
        z = product * 2.0 + total * 4.0
    return numbers(tape.gradient(z, [x, y]))


@statement(CUSTOM, "keyword arguments are allowed and not differentiated", 12.0)
def custom_keywords(tf):
    @tf.custom_gradient
    def scaled(x, factor=1.0):
        return x * factor, lambda g: g * factor * 4.0

    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = scaled(x, factor=3.0)
    return numbers(tape.gradient(y, x))


@statement(CUSTOM, "None for an argument", [None, 2.0])
def custom_none(tf):
    @tf.custom_gradient
    def product(x, y):
        return x * y, lambda g: (None, g * x)

    x, y = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        z = product(x, y)
    return numbers(tape.gradient(z, [x, y]))


@statement(CUSTOM, "too few gradients", "custom_gradient function expected to return 2 gradients, but returned 1")
def custom_few(tf):
    @tf.custom_gradient
    def product(x, y):
        return x * y, lambda g: g * y

    x, y = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        z = product(x, y)
    text = "custom_gradient function expected to return 2 gradients, but returned 1"
    return says(ValueError, text, lambda: tape.gradient(z, [x, y]))


@statement(CUSTOM, "too many gradients", "custom_gradient function expected to return 1 gradients, but returned 2")
def custom_many(tf):
    @tf.custom_gradient
    def square(x):
        return x * x, lambda g: (g, g)

    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        z = square(x)
    text = "custom_gradient function expected to return 1 gradients, but returned 2"
    return says(ValueError, text, lambda: tape.gradient(z, x))


@statement(CUSTOM, "a function that reads a Variable needs `variables`", VARIABLES)
def custom_variables_refused(tf):
    v = tf.Variable(2.0)

    @tf.custom_gradient
    def scaled(x):
        return x * v, lambda g: g * v

    return says(TypeError, VARIABLES, lambda: scaled(tf.constant(3.0)))


@statement(CUSTOM, "with `variables` it returns both kinds of gradients", [2.0, 3.0])
def custom_variables(tf):
    v = tf.Variable(2.0)

    @tf.custom_gradient
    def scaled(x):
        def grad(g, variables=None):
            return g * v, [g * x]

        return x * v, grad

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = scaled(x)
    return numbers(tape.gradient(y, [x, v]))


@statement(CUSTOM, "second derivatives go through the gradient function", [12.0, 12.0])
def custom_second(tf):
    @tf.custom_gradient
    def cube(x):
        return x * x * x, lambda g: g * 3.0 * x * x

    x = tf.Variable(2.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = cube(x)
        first = inner.gradient(y, x)
    return [numbers(first), numbers(outer.gradient(first, x))]


@statement(CUSTOM, "second derivatives through values computed beside the result", [1.0, 1.0])
def custom_second_inner(tf):
    @tf.custom_gradient
    def own_exp(x):
        y = tf.exp(x)
        return y, lambda g: g * y

    x = tf.Variable(0.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = own_exp(x)
        first = inner.gradient(y, x)
    return [numbers(first), numbers(outer.gradient(first, x))]


# ForwardAccumulator


@statement(FORWARD, "the product of the jacobian with a tangent", [4.0, None, 0.0])
def forward(tf):
    x = tf.constant(2.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        y = x * x
    one = tf.constant(1.0)
    return [numbers(acc.jvp(y)), numbers(acc.jvp(one)), numbers(acc.jvp(one, unconnected_gradients="zero"))]


@statement(FORWARD, "of Variables, and of structures", [4.0, {"a": 1.0}])
def forward_structures(tf):
    x = tf.Variable(2.0)
    with tf.autodiff.ForwardAccumulator([x], [tf.constant(1.0)]) as acc:
        y = x * x
        rates = acc.jvp([y, {"a": x}])
    return numbers(rates)


@statement(FORWARD, "forward over reverse: a Hessian times a vector", [2.0, 12.0])
def forward_over_reverse(tf):
    x = tf.Variable([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator(x, tf.constant([0.0, 1.0])) as acc:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(x**3) + 2.0 * x[0] * x[1]
        g = tape.gradient(y, x)
    return numbers(acc.jvp(g))


@statement(FORWARD, "reverse over forward", 12.0)
def reverse_over_forward(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
            y = x**3
        rate = acc.jvp(y)
    return numbers(tape.gradient(rate, x))


@statement(FORWARD, "tangents of another structure", "The two structures don't have the same nested structure")
def forward_structure(tf):
    one = tf.constant(1.0)
    text = "The two structures don't have the same nested structure"
    return says(ValueError, text, lambda: tf.autodiff.ForwardAccumulator([one], [one, one]))
