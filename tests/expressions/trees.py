"""Random expressions: any tree that a text can say, of a given depth, from all functions."""

import random

from hypothesis import strategies as st

from chainrule.core.primitive import Elementwise
from chainrule.expressions import Abstract, Apply, Comparison, Constant, Junction, Negation, Number, Piecewise, Symbol
from chainrule.expressions.names import WORDS
from chainrule.ops import CATALOGUE

NAMES = ("x", "y", "t", "u", "f", "d", "alpha", "Omega", "sigma", "x1", "theta2", "x_max", "rate_k", "W12")
UNARY = sorted(name for name in WORDS if CATALOGUE[name].arity == 1)
BINARY = sorted(name for name in WORDS if CATALOGUE[name].arity == 2)
OTHERS = sorted(name for name in WORDS if CATALOGUE[name].arity > 2)
SIGNS = ("add", "subtract", "multiply", "divide", "power")
assert all(isinstance(CATALOGUE[name], Elementwise) for name in WORDS)


def leaf(choose):
    """A variable, a constant, or a number."""
    kind = choose.randrange(8)
    if kind < 4:
        return Symbol(choose.choice(NAMES))
    if kind < 5:
        return Constant(choose.choice(("pi", "e")))
    if kind < 7:
        return Number(choose.randrange(12))
    text = choose.choice(("0.5", "2.50", "1e-7", "3.25e30", "12345678901234567890", "0.001"))
    return Number(text, text)


def condition(choose, depth, functions):
    """A comparison, or conditions joined."""
    kind = choose.randrange(6) if depth > 1 else 0
    if kind < 4:
        relation = choose.choice(("<", "<=", ">", ">=", "=", "!="))
        return Comparison(relation, tree(choose, depth - 1, functions), tree(choose, depth - 1, functions))
    if kind == 4:
        return Negation(condition(choose, depth - 1, functions))
    word = choose.choice(("and", "or"))
    parts = [condition(choose, depth - 1, functions) for _ in range(choose.randrange(2, 4))]
    parts = [part for part in parts if type(part) is not Junction or part.word != word]  # a text joins them in one
    return Junction(word, parts) if len(parts) > 1 else condition(choose, 1, functions)


def tree(choose, depth, functions=True):
    """An expression that is at most `depth` deep."""
    if depth <= 0 or choose.random() < 0.12:
        return leaf(choose)
    kind = choose.randrange(20)
    inner = lambda: tree(choose, depth - 1, functions)
    if kind < 9:
        return Apply(CATALOGUE[choose.choice(SIGNS)], (inner(), inner()))
    if kind < 10:
        return -inner()
    if kind < 15:
        spelling = choose.choice((None, "exp"))
        return Apply(CATALOGUE[choose.choice((*UNARY, "exp", "exp", "log", "sqrt", "sin"))], (inner(),), None, spelling)
    if kind < 16:
        return Apply(CATALOGUE["power"], (inner(), choose.choice((Number(2), Number(3), -Number(1)))))
    if kind < 17:
        return Apply(CATALOGUE["log_base"], (inner(), choose.choice((Number(2), Number(10), inner()))))
    if kind < 18:
        return Apply(CATALOGUE[choose.choice(BINARY)], (inner(), inner()))
    if kind < 19 and functions:
        if choose.random() < 0.5:
            return Abstract(choose.choice(("g", "h")), (inner(),), (choose.randrange(6),))
        return Abstract("F", (inner(), inner()), (choose.randrange(3), choose.randrange(3)))
    branches = [(condition(choose, min(depth - 1, 2), functions), inner()) for _ in range(choose.randrange(1, 3))]
    return Piecewise(branches, choose.choice((None, inner())))


def expressions(depth=12, functions=True):
    """A strategy: trees up to `depth` deep, mostly much smaller ones."""

    def build(seed, depth):
        return tree(random.Random(seed), depth, functions)

    return st.builds(build, st.integers(0, 2**32), st.integers(0, depth))
