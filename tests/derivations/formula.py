"""Answers written as Python, evaluated with the mathematics they use and nothing else."""

import math

import numpy as np

_NAMES = {name: getattr(np, name) for name in "exp log sqrt cbrt sin cos tan sinh cosh tanh sign pi".split()}
_NAMES |= {
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "Abs": np.abs,
    "Max": np.maximum,
    "Rational": lambda p, q: p / q,
    "sec": lambda x: 1 / np.cos(x),
    "csc": lambda x: 1 / np.sin(x),
    "cot": lambda x: 1 / np.tan(x),
    "math": math,
}


def value(formula, point):
    """The number that a formula comes to at a point (a mapping from names to numbers); NaN where it is not real."""
    with np.errstate(all="ignore"):
        number = eval(formula, {"__builtins__": {}}, _NAMES | {k: float(v) for k, v in point.items()})
    return float("nan") if isinstance(number, complex) else float(number)
