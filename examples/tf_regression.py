"""A line through noisy points, by gradient descent on a model's Variables."""

import numpy as np

import chainrule.tf as tf

rng = np.random.default_rng(0)
x = tf.constant(np.linspace(-2, 2, 201).astype("float32"))
y = 3.0 * x + 2.0 + tf.constant(rng.normal(size=201).astype("float32"))


class Line(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(5.0)
        self.b = tf.Variable(0.0)

    def __call__(self, x):
        return self.w * x + self.b


model = Line()
for epoch in range(20):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(x) - y))
    dw, db = tape.gradient(loss, [model.w, model.b])
    model.w.assign_sub(0.1 * dw)
    model.b.assign_sub(0.1 * db)
    if epoch % 5 == 0:
        print(f"epoch {epoch:2d}: W = {model.w.numpy():.4f}, b = {model.b.numpy():.4f}, loss = {loss:.4f}")
print(len(model.trainable_variables), "variables")
