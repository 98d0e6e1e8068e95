"""Newton's method on a small network: a Hessian from a jacobian of a gradient, and one linear solve."""

import numpy as np

import chainrule.tf as tf

rng = np.random.default_rng(1)
x = tf.constant(rng.normal(size=(16, 3)).astype("float64"))
y = tf.constant(rng.normal(size=(16, 1)).astype("float64"))
kernel = tf.Variable(rng.normal(size=(3, 2)) * 0.5)
out = tf.constant(rng.normal(size=(2, 1)))

for step in range(6):
    with tf.GradientTape() as t2:
        with tf.GradientTape() as t1:
            loss = tf.reduce_mean((tf.nn.tanh(x @ kernel) @ out - y) ** 2)
        g = t1.gradient(loss, kernel)
    h = t2.jacobian(g, kernel)
    n = int(tf.reduce_prod(kernel.shape))
    h_mat = tf.reshape(h, [n, n]) + tf.eye(n, dtype=tf.float64) * 1e-3
    update = tf.linalg.solve(h_mat, tf.reshape(g, [n, 1]))
    kernel.assign_sub(tf.reshape(update, kernel.shape))
    print(step, f"{loss.numpy():.6f}", f"{tf.norm(g).numpy():.6f}")
