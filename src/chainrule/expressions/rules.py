"""A room's own rule, run on expressions: the local derivative as mathematics.

>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> x = Symbol("x")
>>> print(local_derivative(EXPRESSIONS.sqrt(x), 0))
1/(2√x)
"""

import sys
from typing import Any

from chainrule.core.selection import Selected
from chainrule.errors import UnsupportedFunctionError
from chainrule.expressions.conditions import Comparison, Condition, Junction
from chainrule.expressions.namespace import EXPRESSIONS
from chainrule.expressions.tidy import tidy
from chainrule.expressions.tree import Abstract, Expression, Number, Piecewise, exact, lift, rebuilt


def local_derivative(node, i, value=None, arguments=None) -> Any:
    """The slope of an Apply or Abstract node by its argument i, as an expression, tidied.

    Args:
        node: the application, y = primitive(arguments).
        i: which argument.
        value: what stands for y in the slope; the node itself unless given. A rule in terms of its own
            value (that of tanh: 1 - y²) then reads with that name.
        arguments: what stands for the arguments, such as names u1, u2; the node's own unless given.

    Raises: UnsupportedFunctionError where the primitive has no rule that runs on expressions.
    """
    if arguments is not None:
        node = node.of(*arguments)
    if type(node) is Abstract:
        return node.slope(i)
    value = node if value is None else lift(value)
    primitive = node.primitive
    if getattr(primitive, "partials", None) is None:
        raise UnsupportedFunctionError(
            f"{primitive.name} has no local derivative that is one expression",
            "differentiate it as an array function, or write it out by its entries",
        )
    try:
        slope = primitive.slope(EXPRESSIONS, i, value, *map(_argument, node.arguments))
    except ZeroDivisionError:  # 1 / 0 stays as written, like the function that divides by it
        slope = primitive.slope(EXPRESSIONS, i, value, *node.arguments)
    return tidy(_expression(slope), kept=(value, *node.arguments))


def _argument(argument):
    """An argument as a rule expects it: a rational number as such, so that the rule can branch on it."""
    number = exact(argument)
    if number is not None and abs(number) > sys.float_info.max:
        return argument  # a rule makes a float of it
    return argument if number is None or type(argument) is Number and type(number) is not int else number


def _expression(slope):
    """A slope as one expression: a selection is 1 (or its value) where it holds, else 0."""
    if type(slope) is Selected:
        return _expression(slope.value)  # which is zero already where the slope was not selected
    if isinstance(slope, Condition):
        return Piecewise(((slope, 1),), 0)
    return slope if isinstance(slope, Expression) else lift(slope)


def generic(expression, kept=()):
    """The expression without the branches that only hold where two different expressions are equal.

    A rule treats such points apart (the slope of x^n where x and n are both 0); a textbook's formula
    is the one that holds everywhere else.

    >>> from chainrule.expressions import Symbol
    >>> x, n = Symbol("x"), Symbol("n")
    >>> print(generic(local_derivative(x**n, 0)))
    n·x^(n − 1)
    """
    return tidy(rebuilt(expression, _generic, kept), kept=kept)


def _generic(node):
    if type(node) is not Piecewise:
        return node
    branches = [branch for branch in node.branches if not _is_thin(branch[0])]
    if len(branches) == len(node.branches):
        return node
    otherwise = Number(0) if node.otherwise is None else node.otherwise
    return Piecewise(branches, node.otherwise) if branches else otherwise


def _is_thin(condition):
    """Whether the condition asks for an equality."""
    if type(condition) is Junction:
        thin = [_is_thin(part) for part in condition.conditions]
        return any(thin) if condition.word == "and" else all(thin)
    return type(condition) is Comparison and condition.relation == "="
