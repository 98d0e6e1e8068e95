"""Light tidying of what a rule gave: signs, zeros, ones, a factor times itself. Nothing is merged or expanded.

Each line below is always valid and is what a textbook would not even mention. What the user composed is
handed in as `kept` and is never looked into, so (x²)³ stays.

>>> from chainrule.expressions import Symbol
>>> x = Symbol("x")
>>> print(tidy(1 * x - -(x * x) / 1), "and", tidy((x**2) ** 3))
x + x² and (x²)³
"""

from fractions import Fraction

from chainrule.expressions.conditions import Comparison, decided
from chainrule.expressions.tree import Apply, Constant, Number, Piecewise, exact, is_decimal, lift, rebuilt
from chainrule.ops import CATALOGUE


def tidy(expression, kept=()):
    """The expression in the form a textbook would print, with the same value wherever it has one.

    Args:
        kept: sub-expressions to be taken whole, as they are.
    """
    return rebuilt(expression, tidied, kept)


def tidied(node):
    """As `tidy`, where everything that the node is made of is taken as it is."""
    if type(node) is Piecewise:
        return _piecewise(node)
    rule = _RULES.get(node.name) if type(node) is Apply else None
    if rule is None:
        return node
    better = rule(*node.arguments)
    return node if better is None else better


def combined(name, a, b):
    """`tidied` of a + b, a - b, a · b or a / b, for the name of the room that does it."""
    better = _RULES[name](a, b)
    return Apply(CATALOGUE[name], (a, b)) if better is None else better


def _sign(node):
    """(whether a minus stands before it, the rest)."""
    return (True, node.arguments[0]) if type(node) is Apply and node.name == "negative" else (False, node)


def _folded(name, a, b):
    """The exact value of two rational numbers combined, as it is written; None for others."""
    decimal = any(type(part) is Number and type(part.value) is Fraction for part in (a, b))
    a, b = exact(a), exact(b)
    if a is None or b is None or name == "divide" and not b:
        return None
    if name == "divide":
        return lift(Fraction(a) / Fraction(b))
    value = Fraction(a + b if name == "add" else a - b if name == "subtract" else a * b)
    if not decimal or not is_decimal(value):
        return lift(value)
    return Number(value) if value >= 0 else -Number(-value)


def _add(a, b):
    folded = _folded("add", a, b)
    if folded is not None:
        return folded
    if exact(a) == 0:
        return b
    if exact(b) == 0:
        return a
    negative, rest = _sign(b)
    return a - rest if negative else None


def _subtract(a, b):
    folded = _folded("subtract", a, b)
    if folded is not None:
        return folded
    if exact(b) == 0:
        return a
    if exact(a) == 0:
        return _negative(b) or -b
    negative, rest = _sign(b)
    return a + rest if negative else None


def _negative(a):
    negative, rest = _sign(a)
    if negative:
        return rest
    return a if exact(a) == 0 else None


def _signed(negative, node):
    return -node if negative else node


def _multiply(a, b):
    folded = _folded("multiply", a, b)
    if folded is not None:
        return folded
    if exact(a) == 0 or exact(b) == 0:
        return Number(0)
    (minus_a, a_rest), (minus_b, b_rest) = _sign(a), _sign(b)
    if minus_a or minus_b:
        return _signed(minus_a != minus_b, _multiply(a_rest, b_rest) or a_rest * b_rest)
    if exact(a) == 1:
        return b
    if exact(b) == 1:
        return a
    if exact(b) is not None:
        return _multiply(b, a) or b * a
    return _times_number(a, b) if exact(a) is not None else a**2 if a.plain is b.plain else None


def _times_number(number, b):
    """A number before a product or a quotient that itself begins with a number."""
    if type(b) is not Apply or b.name not in ("multiply", "divide"):
        return None
    first, second = b.arguments
    if exact(first) is None:
        return None
    folded = _folded("multiply", number, first)
    return (_multiply if b.name == "multiply" else _divide)(folded, second) or Apply(b.primitive, (folded, second))


def _divide(a, b):
    folded = _folded("divide", a, b)
    if folded is not None:
        return folded
    if exact(b) == 1:
        return a
    if exact(a) == 0:
        return a
    (minus_a, a_rest), (minus_b, b_rest) = _sign(a), _sign(b)
    if minus_a or minus_b:
        return _signed(minus_a != minus_b, _divide(a_rest, b_rest) or a_rest / b_rest)
    number = exact(a)
    if type(number) is Fraction:
        return lift(number.numerator) / (_multiply(lift(number.denominator), b) or number.denominator * b)
    return None


def _power(a, b):
    exponent = exact(b)
    if exponent == 0:
        return Number(1)
    return a if exponent == 1 or exact(a) == 1 else None


def _log(a):
    return Number(1) if type(a) is Constant and a.name == "e" else Number(0) if exact(a) == 1 else None


def _piecewise(node):
    """Without branches that are decided, or that hold what comes after; nested ones in one list."""
    branches, otherwise = [], node.otherwise
    for condition, value in node.branches:
        known = decided(condition)
        if known is None:
            branches.extend(_flat(condition, value))
        elif known:
            otherwise = value
            break
    if type(otherwise) is Piecewise:
        branches.extend(otherwise.branches)
        otherwise = otherwise.otherwise
    while branches and otherwise is not None and branches[-1][1].plain is otherwise.plain:
        branches.pop()
    if not branches:
        return node if otherwise is None else otherwise
    return Piecewise(branches, otherwise)


def _flat(condition, value):
    """One branch; two where its value is told apart on the edge of its condition (a tie of max)."""
    while type(value) is Piecewise and value.branches[0][0].plain is condition.plain:
        value = value.branches[0][1]
    if type(value) is Piecewise and len(value.branches) == 1 and type(condition) is Comparison:
        (edge, at_edge), inside = value.branches[0], value.otherwise
        strict = {">=": ">", "<=": "<"}.get(condition.relation)
        sides = {id(side.plain) for side in edge.children}
        tied = type(edge) is Comparison and edge.relation == "="
        if strict and tied and inside is not None and sides == {id(side.plain) for side in condition.children}:
            return [(Comparison(strict, *condition.children), inside), (edge, at_edge)]
    return [(condition, value)]


_RULES = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "negative": _negative,
    "power": _power,
    "log": _log,
}
