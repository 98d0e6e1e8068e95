"""`tf.function`: traced once for each kind of call, and right in and outside of tapes."""

import subprocess
import sys

import numpy as np
import pytest

import chainrule.tf as tf
from chainrule.compilation.function import RunsEagerlyWarning


def test_python_runs_once_for_each_kind_of_call():
    seen = []

    @tf.function
    def f(x, k=1):
        seen.append((tuple(x.shape), k))
        return x * k

    for _ in range(3):
        assert f(tf.constant(3.0)).numpy() == 3.0
        np.testing.assert_array_equal(f(np.ones(2, "f4"), 2).numpy(), [2.0, 2.0])
        assert f(tf.constant(3.0), k=0.5).numpy() == 1.5
    assert seen == [((), 1), ((2,), 2), ((), 0.5)]
    assert f.experimental_get_tracing_count() == 3
    assert f.python_function(tf.constant(1.0)).numpy() == 1.0


def test_a_training_step_assigns():
    w, b = tf.Variable(np.ones((3, 2), "f4")), tf.Variable(np.zeros(2, "f4"))
    x, y = np.linspace(-1, 1, 12, dtype="f4").reshape(4, 3), np.ones((4, 2), "f4")

    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.tanh(x @ w + b) - y) ** 2)
        for variable, gradient in zip((w, b), tape.gradient(loss, (w, b))):
            variable.assign_sub(0.5 * gradient)
        return loss

    expected = [float(step(tf.constant(x), tf.constant(y))) for _ in range(5)]
    weights = w.numpy()
    w.assign(np.ones((3, 2), "f4"))
    b.assign(np.zeros(2, "f4"))
    fast = tf.function(step)
    np.testing.assert_allclose([float(fast(x, y)) for _ in range(5)], expected, rtol=1e-5)
    np.testing.assert_allclose(w.numpy(), weights, rtol=1e-5)
    assert fast.traces == 1 and fast.eager_calls == 0


def test_tapes_outside_see_variables_and_watched_tensors():
    v, x = tf.Variable(2.0), tf.constant(3.0)
    fast = tf.function(lambda x: v**3 * x**2)
    for _ in range(2):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = fast(x)
        assert [g.numpy() for g in tape.gradient(y, [v, x])] == [108.0, 48.0]
        assert [one.ref() for one in tape.watched_variables()] == [v.ref()]
    v.assign(1.0)
    with tf.GradientTape() as tape:
        y = fast(x)
    assert y.numpy() == 9.0 and tape.gradient(y, v).numpy() == 27.0
    assert fast.traces == 2  # x is watched, and is not
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        y = fast(x)
    assert tape.gradient(y, v) is None


def test_tapes_inside_and_outside_give_second_derivatives():
    v = tf.Variable(2.0)

    @tf.function
    def slope(x):
        with tf.GradientTape() as tape:
            y = v**3 * x
        return tape.gradient(y, v)

    with tf.GradientTape() as tape:
        first = slope(tf.constant(2.0))
    assert first.numpy() == 24.0 and tape.gradient(first, v).numpy() == 24.0
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            first = slope(tf.constant(2.0))
        second = inner.gradient(first, v)
    assert outer.gradient(second, v).numpy() == 12.0


def test_methods_and_variables_that_are_made_in_the_first_call():
    class Layer(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = None

        @tf.function
        def __call__(self, x):
            if self.w is None:
                self.w = tf.Variable(2.0)
            return self.w * x

    one, other = Layer(), Layer()
    assert [one(tf.constant(3.0)).numpy() for _ in range(3)] == [6.0] * 3
    one.w.assign(5.0)
    assert [one(tf.constant(3.0)).numpy(), other(tf.constant(3.0)).numpy()] == [15.0, 6.0]
    assert [variable.ref() for variable in one.trainable_variables] == [one.w.ref()]


def test_an_input_signature_is_checked():
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def total(x):
        return tf.reduce_sum(x)

    assert total([[1.0, 2.0]]).numpy() == 3.0 and total(np.ones((3, 2), "f4")).numpy() == 6.0
    with pytest.raises(TypeError, match="shape"):
        total(np.ones(2, "f4"))
    with pytest.raises(TypeError, match="dtype"):
        total(np.ones((2, 2)))
    with pytest.raises(TypeError, match="takes 1 arguments"):
        total(np.ones((2, 2), "f4"), 1.0)


def test_numbers_that_are_returned_are_tensors():
    assert tf.function(lambda x: (x, 2.0, None))(tf.constant(1.0))[1].numpy() == 2.0


def test_what_cannot_be_compiled_says_so_once():
    fast = tf.function(lambda x: float(f"{x.numpy()}") * x)
    with pytest.warns(RunsEagerlyWarning):
        assert fast(tf.constant(3.0)).numpy() == 9.0
    assert fast(tf.constant(4.0)).numpy() == 16.0
    tf.random.set_seed(1)
    expected = tf.random.normal([2]).numpy()
    tf.random.set_seed(1)
    with pytest.warns(RunsEagerlyWarning, match="random"):
        np.testing.assert_array_equal(tf.function(lambda: tf.random.normal([2]))().numpy(), expected)


def test_without_llvmlite_it_is_the_function():
    program = (
        "import sys; sys.modules['llvmlite'] = None\n"
        "import chainrule.tf as tf\n"
        "class A:\n"
        "    @tf.function\n"
        "    def f(self, x): return x * 2\n"
        "print(A().f(tf.constant(3.0)).numpy())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "6.0", done.stderr
