"""Conditions: two expressions compared, and conditions joined. They are nodes of the same tree.

A condition is asked for its truth only where that is known from the expressions alone:

>>> from chainrule.expressions.tree import Symbol
>>> x = Symbol("x")
>>> bool(x == x), bool(x == x + 1), print(x < 1)
x < 1
(True, False, None)
>>> bool(x < 1)
Traceback (most recent call last):
TypeError: whether x < 1 holds depends on its variables...
"""

import operator
from typing import Any

from chainrule.expressions.tree import Constant, Expression, exact, ids, is_spelled, lift, made

HOLDS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "=": "!=", "!=": "="}


class Condition(Expression):
    """What comparisons and conditions joined from them have in common."""

    __slots__ = ()
    is_condition = True

    def any(self):
        """Whether the condition may hold for some values of its variables."""
        return decided(self) is not False

    def __and__(self, other):
        return joined("and", self, other)

    def __or__(self, other):
        return joined("or", self, other)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self):
        return negated(self)

    def __bool__(self):
        known = decided(self)
        if known is None:
            raise TypeError(f"whether {self} holds depends on its variables; build a Piecewise, or use where")
        return known


class Comparison(Condition):
    """Two expressions compared: `relation` is one of < <= > >= = !=."""

    __slots__ = ("relation", "left", "right")
    relation: str
    left: Any
    right: Any

    def __new__(cls, relation, left, right, spelling=None, place=None):
        left, right = lift(left), lift(right)
        fields, plain = (relation, left, right), (relation, left.plain, right.plain)
        key = ("Comparison", relation, *ids((left, right)))
        return made(cls, key, plain, fields, spelling, place, is_spelled((left, right)))

    @property
    def children(self):
        return (self.left, self.right)

    def of(self, *children):
        left, right = children
        return Comparison(self.relation, left, right, self.spelling, self.place)

    def __bool__(self):
        """Whether it holds; equality asks whether the two are the same expression."""
        if self.relation in ("=", "!="):
            return (self.left.plain is self.right.plain) == (self.relation == "=")
        return super().__bool__()


class Junction(Condition):
    """Conditions of which all ("and") or one ("or") must hold."""

    __slots__ = ("word", "conditions")
    word: str
    conditions: tuple

    def __new__(cls, word, conditions, spelling=None, place=None):
        conditions = tuple(conditions)
        plain = tuple([condition.plain for condition in conditions])
        spelled = is_spelled(conditions)
        return made(cls, ("Junction", word, *ids(plain)), (word, plain), (word, conditions), spelling, place, spelled)

    @property
    def children(self):
        return self.conditions

    def of(self, *children):
        return Junction(self.word, children, self.spelling, self.place)


class Negation(Condition):
    """A condition that must not hold."""

    __slots__ = ("condition",)
    condition: Any

    def __new__(cls, condition, spelling=None, place=None):
        fields, spelled = (condition,), is_spelled((condition,))
        return made(cls, ("Negation", *ids(fields)), (condition.plain,), fields, spelling, place, spelled)

    @property
    def children(self):
        return (self.condition,)

    def of(self, *children):
        return Negation(children[0], self.spelling, self.place)


def compared(left, relation, right):
    """The comparison of two expressions, as Python's operators make it."""
    return Comparison(relation, left, right)


def decided(condition) -> bool | None:
    """Whether a condition holds, where that does not depend on its variables; else None."""
    if isinstance(condition, bool):
        return condition
    if type(condition) is Junction:
        parts = [decided(part) for part in condition.conditions]
        settles = condition.word == "or"
        return settles if settles in parts else None if None in parts else not settles
    if type(condition) is Negation:
        known = decided(condition.condition)
        return None if known is None else not known
    left, right = condition.left, condition.right
    if left.plain is right.plain:
        return condition.relation in ("=", "<=", ">=")
    left, right = (part.value if type(part) is Constant else exact(part) for part in (left, right))
    return None if left is None or right is None else HOLDS[condition.relation](left, right)


def joined(word, left, right):
    """left and right, or left or right; one that is known leaves only the other."""
    kept, settles = [], word == "or"
    for part in (left, right):
        known = decided(part)
        if known is settles:
            return settles
        if known is None:
            kept.extend(part.conditions if type(part) is Junction and part.word == word else [part])
    if not kept:
        return not settles
    return kept[0] if len(kept) == 1 else Junction(word, kept)


def negated(condition):
    """The opposite: a >= b for a < b; the opposites of the parts, joined by the other word."""
    if isinstance(condition, bool):
        return not condition
    if type(condition) is Comparison:
        return Comparison(OPPOSITE[condition.relation], condition.left, condition.right)
    if type(condition) is Negation:
        return condition.condition
    if type(condition) is Junction:
        word = "or" if condition.word == "and" else "and"
        return Junction(word, [negated(part) for part in condition.conditions])
    return Negation(condition)
