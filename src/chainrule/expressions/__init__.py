"""Mathematics as it was written: one tree for the parser, the derivation, a traced program and every printer.

* `tree`: the nodes. Nothing is simplified when one is made, so `(x^2)^3` stays what it is.
* `conditions`: comparisons of expressions, and what is joined from them.
* `namespace`: `EXPRESSIONS`, the `xp` in which a room's rules give expressions.
* `rules`: `local_derivative`, a room's own rule run there: the one table of derivatives.
* `tidy`: the light tidying of what a rule gave, never of what the user composed.
* `evaluate`: numbers at a point, through the rooms' own forward.
"""

from chainrule.expressions.conditions import Comparison, Junction, Negation
from chainrule.expressions.evaluate import Plan, Values, evaluate
from chainrule.expressions.namespace import EXPRESSIONS
from chainrule.expressions.rules import generic, local_derivative
from chainrule.expressions.tidy import combined, tidied, tidy
from chainrule.expressions.tree import (
    Abstract,
    Apply,
    Constant,
    Expression,
    Number,
    Piecewise,
    Symbol,
    exact,
    has_more_parts,
    lift,
    part_by_part,
    rebuilt,
    replaced,
    symbols_of,
    walk,
)

__all__ = [
    "EXPRESSIONS",
    "Abstract",
    "Apply",
    "Comparison",
    "Constant",
    "Expression",
    "Junction",
    "Negation",
    "Number",
    "Piecewise",
    "Plan",
    "Symbol",
    "Values",
    "combined",
    "evaluate",
    "exact",
    "generic",
    "has_more_parts",
    "lift",
    "local_derivative",
    "part_by_part",
    "rebuilt",
    "replaced",
    "symbols_of",
    "tidied",
    "tidy",
    "walk",
]
