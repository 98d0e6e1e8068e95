"""A two-layer network on two spirals: cross-entropy, minibatches, clipped gradients, an input-gradient penalty."""

import numpy as np

import chainrule.tf as tf

rng = np.random.default_rng(2)
t = np.linspace(0.5, 3.0, 100)
points = np.concatenate([np.stack([t * np.cos(t * 2 + s), t * np.sin(t * 2 + s)], 1) for s in (0, np.pi)])
points = (points + rng.normal(size=points.shape) * 0.05).astype("float32")
labels = np.repeat([0, 1], 100)

w1 = tf.Variable(rng.normal(size=(2, 32)).astype("float32"))
b1 = tf.Variable(tf.zeros([32]))
w2 = tf.Variable((rng.normal(size=(32, 2)) * 0.2).astype("float32"))
b2 = tf.Variable(tf.zeros([2]))
variables = [w1, b1, w2, b2]


@tf.function
def logits(x):
    return tf.nn.relu(tf.matmul(x, w1) + b1) @ w2 + b2


for step in range(201):
    batch = rng.choice(200, 64, replace=False)
    x, y = tf.constant(points[batch]), tf.constant(labels[batch])
    with tf.GradientTape() as t2:
        with tf.GradientTape(watch_accessed_variables=False) as t1:
            t1.watch(x)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits(x))
        slopes = t1.gradient(losses, x)
        loss = tf.reduce_mean(losses) + 0.001 * tf.reduce_mean(tf.reduce_sum(slopes**2, axis=1))
    gradients, length = tf.clip_by_global_norm(t2.gradient(loss, variables), 5.0)
    for variable, gradient in zip(variables, gradients):
        variable.assign_sub(0.3 * gradient)
    if step % 50 == 0:
        right = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits(points), 1), labels), tf.float32))
        print(f"{step:3d} loss {loss:.3f} accuracy {right:.3f}")
