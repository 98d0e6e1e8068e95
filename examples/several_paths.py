"""x reaches y in two ways: multiply along each path, and add the paths.

chainrule explain examples/several_paths.py --of y --wrt x
"""

import numpy as np

import chainrule as cr

x = cr.tensor(1.5, requires_grad=True)

p = np.sin(x)
q = np.exp(-x)
y = p * q

y.backward()
print(x.grad.item())
