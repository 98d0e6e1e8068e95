"""One dense layer by hand: gradients of a weight matrix and a bias, and what is watched."""

import chainrule.tf as tf

w = tf.Variable([[0.3, -0.2], [0.1, 0.4], [-0.5, 0.2]], name="w")
b = tf.Variable(tf.zeros(2, dtype=tf.float32), name="b")
x = tf.constant([[1.0, 2.0, 3.0]])

with tf.GradientTape(persistent=True) as tape:
    y = x @ w + b
    loss = tf.reduce_mean(y**2)

dw, db = tape.gradient(loss, [w, b])
print(w.shape, dw.shape)
print(dw.numpy())
named = tape.gradient(loss, {"w": w, "b": b})
print(named["b"].numpy())

# What is watched
x0 = tf.Variable(3.0, name="x0")
x1 = tf.Variable(3.0, name="x1", trainable=False)
x2 = tf.Variable(2.0, name="x2") + 1.0
x3 = tf.constant(3.0, name="x3")
with tf.GradientTape() as tape:
    y = (x0**2) + (x1**2) + (x2**2)
for g in tape.gradient(y, [x0, x1, x2, x3]):
    print(g)
print([variable.name for variable in tape.watched_variables()])
