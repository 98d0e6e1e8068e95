"""The lesson's TensorFlow program, with its import line changed."""

import chainrule.tf as tf

w = tf.Variable(0.5)
x_val = tf.constant(2.0)
y = tf.constant(1.0)
with tf.GradientTape() as tape:
    z = w * x_val
    a = tf.sigmoid(z)
    loss = (a - y) ** 2
print(tape.gradient(loss, w).numpy()) # same result via chain rule
