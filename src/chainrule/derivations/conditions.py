"""Where an expression is defined: the conditions that its rooms state, and what intervals decide about them."""

import math
from collections.abc import Iterator
from typing import Any

from chainrule.core.primitive import Elementwise
from chainrule.derivations.intervals import INTERVALS, Interval, anything, lift
from chainrule.expressions import (
    EXPRESSIONS,
    Apply,
    Comparison,
    Constant,
    Expression,
    Junction,
    Number,
    Piecewise,
    Symbol,
    exact,
    part_by_part,
    walk,
)
from chainrule.expressions.conditions import negated


def conditions(expression, ranges=None):
    """The conditions under which every part of the expression is defined: Comparisons, each once.

    What always holds is left out; where one never holds, that one alone is returned, as `(condition,), True`.
    What only a branch of a piecewise function needs is not among them (see `needs_of_branches`).

    Args:
        ranges: the `Ranges` to use, where another expression of the same parts was looked at before.
    """
    ranges, found, asked = ranges or Ranges(), {}, {}
    for node in _always_evaluated(expression):
        if type(node) is not Apply or not says(node.primitive, "domain"):
            continue
        for quantity, relation, bound in node.primitive.domain(EXPRESSIONS, *exactly(node.arguments)):
            key = (id(quantity.plain), relation, bound) if _is_simple(quantity, bound) else len(asked)
            if key in asked:
                continue
            asked[key] = condition = Comparison(relation, quantity, bound)  # which keeps the identity
            holds = ranges.holds(condition)
            if holds is False:
                return (condition,), True
            if holds is None:
                found.setdefault(id(condition.plain), condition)
    return tuple(found.values()), False


def _is_simple(quantity, bound):
    """Whether a condition is one of an expression and a number, as nearly all are."""
    return isinstance(quantity, Expression) and type(bound) is int


def says(primitive, what):
    """Whether a room has a `domain`, or `kinks`, of its own."""
    own = getattr(type(primitive), what, None)
    return own is not None and own is not getattr(Elementwise, what)


def needs_of_branches(expression) -> Iterator[tuple[Any, Any]]:
    """`(branch, condition)`: what the value of a branch needs where the branch is taken."""
    for node in walk(expression):
        if type(node) is Piecewise:
            for branch, value in node.branches:
                yield from ((branch, condition) for condition in conditions(value)[0])
            if node.otherwise is not None:
                others = [negated(branch) for branch, _ in node.branches]
                otherwise = others[0] if len(others) == 1 else Junction("and", others)
                yield from ((otherwise, condition) for condition in conditions(node.otherwise)[0])


def _always_evaluated(expression):
    """The nodes that are evaluated at every point: not the values of branches. Each once, parents first."""
    seen, stack = set(), [expression]
    while stack:
        node = stack.pop()
        if id(node.plain) in seen:
            continue
        seen.add(id(node.plain))
        yield node
        parts = [branch for branch, _ in node.branches] if type(node) is Piecewise else node.children
        stack.extend(reversed(parts))


def exactly(arguments):
    """Arguments as a room's own functions take them: exact numbers as numbers."""
    return [argument if exact(argument) is None else exact(argument) for argument in arguments]


def gap_of(condition):
    """The quantity that is zero where the two sides of a comparison are equal."""
    return condition.left if exact(condition.right) == 0 else EXPRESSIONS.subtract(condition.left, condition.right)


def _outer(value):
    """A written number as a float, one that is too large for it as infinity."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


class Ranges:
    """What each part of an expression can come to, bounded by intervals; variables may be any real number."""

    def __init__(self, variables=None):
        self._known, self._variables, self._alive = {}, variables or {}, []

    def of(self, expression) -> Interval:
        """The range of an expression; each part is looked at once."""
        self._alive.append(expression)
        return part_by_part(expression, self._known, self._range)

    def _range(self, node):
        if type(node) is Number:
            return lift(_outer(node.value))
        if type(node) is Constant:
            return lift(node.value)
        if type(node) is Symbol:
            return self._variables.get(node.name) or anything()
        if type(node) is not Apply:
            return anything()
        parts = [self._known[id(part)] for part in node.arguments]  # a plain node's are plain
        if any([part.low > part.high for part in parts]):
            return Interval(math.inf, -math.inf)
        if node.name == "power" and exact(node.arguments[1]) is not None:
            parts[1] = exact(node.arguments[1])
        if node.name == "multiply" and node.arguments[0].plain is node.arguments[1].plain:
            return parts[0] ** 2
        try:
            return node.primitive.forward(INTERVALS, *parts)
        except (TypeError, AttributeError, ValueError, ArithmeticError):  # a room that asks for more than bounds
            return anything()

    def holds(self, condition):
        """Whether a comparison holds for all values (True), for none (False), or that is not known (None)."""
        left, right = self.of(condition.left), self.of(condition.right)
        if left.empty or right.empty:
            return False
        low, high = left.low - right.high, left.high - right.low
        if condition.relation == "!=":
            return True if low > 0 or high < 0 else False if low == high == 0 else None
        if condition.relation in ("<", "<="):
            low, high = -high, -low
        if condition.relation in (">=", "<="):
            return True if low >= 0 else False if high < 0 else None
        return True if low > 0 else False if high <= 0 else None
