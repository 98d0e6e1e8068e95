"""One neuron, as in the lesson: z = w x + b, a = σ(z), loss = (a - y)², in plain NumPy.

chainrule explain examples/neuron.py --of loss --wrt w
"""

import numpy as np

import chainrule as cr

w = cr.tensor(0.5, requires_grad=True)
x = cr.tensor(2.0)
b = cr.tensor(0.0)
y = cr.tensor(1.0)

z = w * x + b
a = 1 / (1 + np.exp(-z))
loss = (a - y) ** 2

loss.backward()
print(w.grad.item())
