"""A two-layer network, as in the lesson: loss = mean((W2 σ(W1 x) - y)²), in plain NumPy.

chainrule explain examples/two_layer.py --of loss --wrt W1
"""

import numpy as np

import chainrule as cr


def sigma(z):
    return 1 / (1 + np.exp(-z))


rng = np.random.default_rng(0)
x = rng.normal(size=(3, 5))  # five examples of three numbers
y = rng.normal(size=(2, 5))
W1 = cr.tensor(rng.normal(size=(4, 3)), requires_grad=True)
W2 = cr.tensor(rng.normal(size=(2, 4)), requires_grad=True)

loss = np.mean((W2 @ sigma(W1 @ x) - y) ** 2)

loss.backward()
print(W1.grad.value)
