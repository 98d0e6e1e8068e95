"""NumPy's floating point warnings off, for a tenth of what `numpy.errstate` costs.

A context is NumPy's own way to scope its settings, and entering one that exists is cheap. The fronts
compute in it: an overflow says so by its inf, as in PyTorch and TensorFlow.
"""

import contextvars
import threading

import numpy


class _Quiet(threading.local):
    """`run(function, *args)`, and a second context for `quietly`, since one cannot be entered twice."""

    def __init__(self):
        self.inside = False
        self.run, self.run_outer = self._context().run, self._context().run

    @staticmethod
    def _context():
        context = contextvars.copy_context()
        context.run(numpy.seterr, all="ignore")
        return context


LOCAL = _Quiet()


def quietly(function, *args, **kwargs):
    """Call a function of the engine with NumPy's warnings off.

    It may call what uses `LOCAL.run`, and this function again, which then has nothing to do.
    """
    if LOCAL.inside:
        return function(*args, **kwargs)
    LOCAL.inside = True
    try:
        return LOCAL.run_outer(function, *args, **kwargs)
    finally:
        LOCAL.inside = False
