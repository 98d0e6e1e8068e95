"""A chain of three functions, y = f(g(h(x))): each link contributes one factor.

chainrule explain examples/chain_of_three.py --of y --wrt x
"""

import numpy as np

import chainrule as cr

x = cr.tensor(0.5, requires_grad=True)

v = x**2 + 1
u = np.sin(v)
y = u**3

y.backward()
print(x.grad.item())
