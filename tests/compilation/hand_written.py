"""Programs written by hand, for the tests of passes and of native code."""

import itertools

import numpy as np

from chainrule.compilation.program import Constant, Instruction, Variable

NUMBERS = itertools.count()


def variable(*shape, kind=None, dtype=float):
    return Variable(next(NUMBERS), shape, np.dtype(dtype), kind or ("array" if shape else "scalar"))


class Body:
    """Instructions under construction: a call writes one, and returns the variable that it makes."""

    def __init__(self):
        self.instructions = []

    def __call__(self, function, *inputs, shape=(), name=None, dtype=float, **params):
        made = variable(*shape, dtype=dtype)
        inputs = tuple(x if type(x) in (Variable, Constant) else Constant(x) for x in inputs)
        self.instructions.append(Instruction(name or function.__name__, function, inputs, params, (made,)))
        return made
