"""tape.gradient: structures, weights, second derivatives, refusals."""

from parity.tf.table import numbers, says, statement

GRADIENT = "tape.gradient"
ONCE = "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)"


@statement(GRADIENT, "the result has the structure of the sources", [{"a": 2.0, "b": [3.0]}, [2.0, 3.0], []])
def structure_of_sources(tf):
    a, b = tf.Variable(3.0), tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = a * b
    return [
        numbers(tape.gradient(y, {"a": a, "b": [b]})),
        list(numbers(tape.gradient(y, (a, b)))),
        tape.gradient(y, []),
    ]


@statement(GRADIENT, "a target with several entries is summed", [2.0, 4.0])
def not_a_scalar(tf):
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = x * x
    return numbers(tape.gradient(y, x))


@statement(GRADIENT, "several targets, in a list or a dict, are summed", [3.75, 3.75])
def several_targets(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y0, y1 = x**2, 1 / x
    return [numbers(tape.gradient([y0, y1], x)), numbers(tape.gradient({"y0": y0, "y1": y1}, x))]


@statement(GRADIENT, "output_gradients weight the targets", [[2.0, 0.0], 7.0])
def output_gradients(tf):
    x, w = tf.Variable([1.0, 2.0]), tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y, a, b = x * x, w * 2.0, w * 3.0
    return [
        numbers(tape.gradient(y, x, output_gradients=tf.constant([1.0, 0.0]))),
        numbers(tape.gradient([a, b], w, output_gradients=[tf.constant(2.0), tf.constant(1.0)])),
    ]


@statement(GRADIENT, "output_gradients of another shape", "Incompatible shapes: [3] vs. [2]")
def output_gradients_shape(tf):
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = x * x
    seed = tf.constant([1.0, 0.0, 0.0])
    return says(Exception, "Incompatible shapes: [3] vs. [2]", lambda: tape.gradient(y, x, seed))


@statement(
    GRADIENT,
    "unconnected_gradients: 'none', 'zero' or the enum; zeros have the source's shape",
    [None, [0.0, 0.0], [0.0, 0.0]],
)
def unconnected(tf):
    x, other = tf.Variable(2.0), tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
    words = ("none", "zero", tf.UnconnectedGradients.ZERO)
    return [numbers(tape.gradient(y, other, unconnected_gradients=word)) for word in words]


@statement(GRADIENT, "nested sources with zeros", {"a": 4.0, "b": [0.0, [0.0, 0.0]]})
def unconnected_nested(tf):
    a, b, c = tf.Variable(2.0), tf.Variable(1.0), tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = a * a
    return numbers(tape.gradient(y, {"a": a, "b": [b, c]}, unconnected_gradients="zero"))


@statement(GRADIENT, "another word for unconnected_gradients", "Unknown value for unconnected_gradients: 'nothing'")
def unconnected_word(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
    text = "Unknown value for unconnected_gradients: 'nothing'"
    return says(ValueError, text, lambda: tape.gradient(y, x, unconnected_gradients="nothing"))


@statement(GRADIENT, "a tape that is not persistent gives one answer", ONCE)
def once(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    return says(RuntimeError, ONCE, lambda: tape.gradient(y, x))


@statement(GRADIENT, "a tape that was never entered says the same", ONCE)
def never_entered(tf):
    return says(RuntimeError, ONCE, lambda: tf.GradientTape().gradient(tf.constant(1.0), tf.constant(1.0)))


@statement(GRADIENT, "a gradient and then a jacobian", ONCE)
def once_jacobian(tf):
    x = tf.Variable([2.0])
    with tf.GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    return says(RuntimeError, ONCE, lambda: tape.jacobian(y, x))


@statement(GRADIENT, "a persistent tape gives any number", [6.0, 108.0])
def persistent(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        z = y * y
    return [numbers(tape.gradient(y, x)), numbers(tape.gradient(z, x))]


@statement(GRADIENT, "inside the block a tape that is not persistent may be asked once", [6.0, ONCE])
def inside_the_block(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
        gradient = tape.gradient(y, x)
    return [numbers(gradient), says(RuntimeError, ONCE, lambda: tape.gradient(y, x))]


@statement(GRADIENT, "inside the block a persistent tape records its own gradient", [12.0, 2.0])
def recorded_by_itself(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        dy = tape.gradient(y, x)
        z = dy * x
    return [numbers(tape.gradient(z, x)), numbers(tape.gradient(dy, x))]


@statement(GRADIENT, "under stop_recording it does not", [6.0, None])
def stopped_around_gradient(tf):
    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        with tape.stop_recording():
            dy = tape.gradient(y, x)
        z = dy * x
    return [numbers(tape.gradient(z, x)), numbers(tape.gradient(dy, x))]


@statement(GRADIENT, "nested tapes give second and third derivatives", [12.0, 6.0])
def higher_order(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as t2:
        with tf.GradientTape() as t1:
            with tf.GradientTape() as t0:
                y = x**3
            first = t0.gradient(y, x)
        second = t1.gradient(first, x)
    return [numbers(second), numbers(t2.gradient(second, x))]


@statement(GRADIENT, "the second derivative of a linear function is None", None)
def linear_second(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = 3.0 * x
        first = inner.gradient(y, x)
    return numbers(outer.gradient(first, x))


@statement(GRADIENT, "the gradient by the target itself", [1.0, 1.0])
def by_itself(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
    return [numbers(tape.gradient(y, y)), numbers(tape.gradient(x, x))]


@statement(GRADIENT, "a NumPy value as the target", "'numpy.float32' object has no attribute '_id'")
def numpy_target(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = (x * x).numpy()
    return says(AttributeError, "'numpy.float32' object has no attribute '_id'", lambda: tape.gradient(y, x))


@statement(GRADIENT, "None as the target", "but received None")
def none_target(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        _ = x * x
    return says(TypeError, "but received None", lambda: tape.gradient(None, x))


@statement(
    GRADIENT,
    "a string, or None, as the source",
    [
        "Cannot convert the argument `type_value`: 'x' to a TensorFlow DType.",
        "Cannot convert the argument `type_value`: None to a TensorFlow DType.",
    ],
)
def wrong_sources(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
    return [
        says(
            TypeError,
            f"Cannot convert the argument `type_value`: {source!r} to a TensorFlow DType.",
            lambda source=source: tape.gradient(y, source),
        )
        for source in ("x", None)
    ]


@statement(GRADIENT, "gradients have the dtype of the source", ["float64", "float32"])
def dtypes(tf):
    x, z = tf.Variable(2.0, dtype=tf.float64), tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = tf.cast(x, tf.float32) * z
    return [gradient.dtype.name for gradient in tape.gradient(y, [x, z])]


@statement(
    GRADIENT,
    "gather gives IndexedSlices, slicing a dense gradient",
    ["IndexedSlices", [0.0, 1.0, 0.0]],
    [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]],
    "gradients are dense here; the numbers are the same",
)
def sparse_rows(tf):
    x = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        y, z = tf.gather(x, [1]), x[1]
    return [numbers(tape.gradient(y, x)), numbers(tape.gradient(z, x))]


@statement(GRADIENT, "complex: the conjugate convention; complex targets are accepted", [[2.0, -4.0], [2.0, 4.0]])
def complex_numbers(tf):
    z = tf.constant(1 + 2j)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(z)
        y = z * z
        size = tf.math.real(z) ** 2 + tf.math.imag(z) ** 2
    results = [tape.gradient(y, z).numpy(), tape.gradient(size, z).numpy()]
    return [[float(each.real), float(each.imag)] for each in results]
