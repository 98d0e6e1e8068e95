"""NumPy's own spelling on Tensors: what `np.sin(t)`, `np.concatenate([t, a])` and `a @ t` do.

`protocol` answers NumPy's two dispatch calls; `ufuncs` and `functions` are its tables; `compositions`
spells NumPy functions that are made of others. What is in no table raises, with the nearest name.
"""

from chainrule.numpy import protocol

UFUNCS, FUNCTIONS = protocol.UFUNCS, protocol.FUNCTIONS
