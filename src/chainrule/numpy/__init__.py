"""NumPy's own spelling on Tensors: what `np.sin(t)`, `np.concatenate([t, a])` and `a @ t` do.

`protocol` answers NumPy's two dispatch calls; `ufuncs` and `functions` are its tables; `compositions`,
`reductions` and `calculus` spell NumPy functions that are made of others; `methods` are ndarray's. What is
in no table raises, with the nearest name.
"""

from chainrule.numpy import methods, protocol  # noqa: F401  (each attaches its part to Tensor)

UFUNCS, FUNCTIONS = protocol.UFUNCS, protocol.FUNCTIONS
