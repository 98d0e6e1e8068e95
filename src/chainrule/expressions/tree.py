"""The nodes of an expression: immutable, hashable, compared in constant time, never simplified.

A node says what is computed, and besides that how it was written (`spelling`) and where (`place`). Two
expressions are equal where they compute the same thing in the same way; how and where they were
written does not count. `plain` is the expression without either, and there is only one object for it
(hash consing), so that equality is identity and a walk that remembers nodes by `plain` visits a
repeated part once. All walks are loops, so no depth is too deep.

>>> x = Symbol("x")
>>> bool((x**2) ** 3 == x**6)
False
>>> (x + 1).plain is (x + 1).plain
True
"""

import itertools
import math
import threading
import weakref
from fractions import Fraction
from typing import Any, ClassVar

import numpy

from chainrule.errors import ArgumentError
from chainrule.ops import CATALOGUE

_set, _new = object.__setattr__, object.__new__
_LOCK = threading.Lock()
_ONLY: Any = weakref.WeakValueDictionary()  # what a plain node consists of -> the node


class Expression:
    """What all nodes have in common: the operators, equality, and `children`.

    Attributes:
        spelling: how the node was written, in a word, or None (see `chainrule.derivations.parsing`).
        place: (start, end) in the text that was parsed, a line of code, or None.
    """

    __slots__ = ("_plain", "spelling", "place", "__weakref__")
    __array_ufunc__ = None  # a NumPy number on the left leaves the operation to the expression

    spelling: Any
    place: Any

    def __setattr__(self, name, value):
        raise AttributeError(f"an expression cannot be changed; build a new one instead of setting {name!r}")

    __delattr__ = __setattr__  # type: ignore[assignment]

    @property
    def plain(self) -> Any:
        """The one object for this expression without its spelling and places."""
        return self if self._plain is None else self._plain

    @property
    def children(self) -> tuple:
        """The expressions that this one is made of, in the order they are read."""
        return ()

    def of(self, *children) -> Any:
        """The same node with other children; its spelling and place are kept."""
        return self

    def __hash__(self):
        return id(self.plain) >> 4

    def __reduce__(self):
        raise TypeError("an expression cannot be pickled; keep its text and parse it again")

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __str__(self):
        from chainrule.expressions.text import text  # the printer walks this tree

        return text(self)

    def __repr__(self):
        return f"<{type(self).__name__} {self}>"

    def __add__(self, other):
        return _binary("add", self, other)

    def __radd__(self, other):
        return _binary("add", other, self)

    def __sub__(self, other):
        return _binary("subtract", self, other)

    def __rsub__(self, other):
        return _binary("subtract", other, self)

    def __mul__(self, other):
        return _binary("multiply", self, other)

    def __rmul__(self, other):
        return _binary("multiply", other, self)

    def __truediv__(self, other):
        return _binary("divide", self, other)

    def __rtruediv__(self, other):
        return _binary("divide", other, self)

    def __pow__(self, other):
        return _binary("power", self, other)

    def __rpow__(self, other):
        return _binary("power", other, self)

    def __matmul__(self, other):
        return _binary("matmul", self, other)

    def __rmatmul__(self, other):
        return _binary("matmul", other, self)

    def __neg__(self):
        return Apply(CATALOGUE["negative"], (number_of(self),))

    def __pos__(self):
        return self

    def __abs__(self):
        return Apply(CATALOGUE["absolute"], (number_of(self),))

    def __lt__(self, other):
        return _compare(self, "<", other)

    def __le__(self, other):
        return _compare(self, "<=", other)

    def __gt__(self, other):
        return _compare(self, ">", other)

    def __ge__(self, other):
        return _compare(self, ">=", other)

    def __eq__(self, other) -> Any:
        """A comparison; as a truth value, whether the two are the same expression."""
        if isinstance(other, Expression) and self.plain is other.plain:
            return True
        return _compare(self, "=", other)

    def __ne__(self, other) -> Any:
        if isinstance(other, Expression) and self.plain is other.plain:
            return False
        return _compare(self, "!=", other)


def _binary(name, a, b):
    a, b = number_of(a), number_of(b)
    return NotImplemented if a is NotImplemented or b is NotImplemented else Apply(CATALOGUE[name], (a, b))


def _compare(a, relation, b):
    from chainrule.expressions.conditions import compared  # conditions are expressions themselves

    b = number_of(b)
    return NotImplemented if b is NotImplemented else compared(a, relation, b)


def made(cls, key, plain_fields, fields, spelling, place, spelled):
    """A node of class `cls`, and behind it the only plain one of its `key`.

    Args:
        key: what the plain node consists of: a tuple of names, numbers and identities, which costs the garbage
            collector nothing.
        plain_fields, fields: the attributes of the plain node and of this one, which may be spelled.
        spelled: whether anything in `fields` differs from `plain_fields`.
    """
    plain = _ONLY.get(key)
    if plain is None:
        fresh = _node(cls, plain_fields, None, None, None)
        with _LOCK:
            plain = _ONLY.setdefault(key, fresh)
    if not spelled and spelling is None and place is None:
        return plain
    return _node(cls, fields, spelling, place, plain)


def _node(cls, fields, spelling, place, plain):
    node = _new(cls)
    for name, value in zip(cls.__slots__, fields):
        _set(node, name, value)
    _set(node, "spelling", spelling)
    _set(node, "place", place)
    _set(node, "_plain", plain)
    return node


def ids(nodes):
    """The identities of the plain forms of nodes: what a key is made of."""
    return tuple([id(node.plain) for node in nodes])


def is_spelled(nodes):
    """Whether one of the nodes carries a spelling or a place."""
    return any(node._plain is not None for node in nodes)


class Number(Expression):
    """A number as it is written: a whole number or a decimal, not negative.

    Negative numbers and fractions are written with a sign and a bar, so they are Apply nodes; `lift`
    makes them, and `exact` reads them.

    Args:
        value: an int, or a Fraction that a decimal can express; a float is taken for its shortest decimal.
        text: the digits as they were written, such as "0.50".

    Raises: ArgumentError for any other value.
    """

    __slots__ = ("value", "text")
    value: int | Fraction
    text: str | None

    def __new__(cls, value, text=None, place=None):
        value = _normal(Fraction(repr(value) if isinstance(value, float) else value))
        if value < 0 or not is_decimal(value):
            raise ArgumentError(f"a Number cannot be {value}", "use lift(), which writes signs and fractions out")
        return made(cls, ("Number", value), (value, None), (value, text), None, place, text is not None)


class Constant(Expression):
    """A constant that has a name: "pi", "e" or "infinity".

    >>> Constant("pi").value
    3.141592653589793
    """

    __slots__ = ("name",)
    name: str
    VALUES: ClassVar = {"pi": math.pi, "e": math.e, "infinity": math.inf}

    def __new__(cls, name, place=None):
        if name not in cls.VALUES:
            raise ArgumentError(f"there is no constant {name!r}", f"use one of {', '.join(cls.VALUES)}")
        return made(cls, ("Constant", name), (name,), (name,), None, place, False)

    @property
    def value(self):
        """The nearest float."""
        return self.VALUES[self.name]


class Symbol(Expression):
    """A variable; `shape` is () for a number."""

    __slots__ = ("name", "shape")
    name: str
    shape: tuple

    def __new__(cls, name, shape=(), spelling=None, place=None):
        shape = tuple(shape)
        return made(cls, ("Symbol", name, shape), (name, shape), (name, shape), spelling, place, False)


class Apply(Expression):
    """A primitive applied to arguments.

    Args:
        primitive: a room of `chainrule.ops.CATALOGUE`.
        arguments: expressions (numbers are lifted).
        params: the parameters of rooms that have some, such as {"axis": 0}.
        spelling, place: how and where it was written.
    """

    __slots__ = ("primitive", "arguments", "params")
    primitive: Any
    arguments: tuple
    params: dict | None

    def __new__(cls, primitive, arguments, params=None, spelling=None, place=None):
        arguments = tuple(arguments)
        spelled, key, plain = False, ["Apply", id(primitive)], []
        for i, one in enumerate(arguments):
            if not isinstance(one, Expression):
                one = lift(one)
                arguments = (*arguments[:i], one, *arguments[i + 1 :])
            own = one._plain
            if own is None:
                own = one
            else:
                spelled = True
            plain.append(own)
            key.append(id(own))
        if params:
            key.append(repr(sorted((name, repr(value)) for name, value in params.items())))
        plain = tuple(plain)
        fields = (primitive, plain, params or None)
        if not spelled:
            return made(cls, tuple(key), fields, fields, spelling, place, False)
        return made(cls, tuple(key), fields, (primitive, arguments, params or None), spelling, place, True)

    @property
    def name(self):
        """The name of the primitive."""
        return self.primitive.name

    @property
    def children(self):
        return self.arguments

    def of(self, *children):
        return Apply(self.primitive, children, self.params, self.spelling, self.place)


class Abstract(Expression):
    """A function that is only declared, f(x, y), or one of its derivatives.

    Args:
        name: the function's name.
        arguments: what it is applied to.
        orders: how often it is differentiated by each argument: (1,) is f'(x), (0, 1) is ∂f/∂y.
        spelling: "leibniz" for dy/dx, else None.
    """

    __slots__ = ("name", "arguments", "orders")
    name: str
    arguments: tuple
    orders: tuple

    def __new__(cls, name, arguments, orders=None, spelling=None, place=None):
        arguments = tuple([lift(a) for a in arguments])
        orders = tuple(orders) if orders is not None else (0,) * len(arguments)
        if len(orders) != len(arguments) or any(order < 0 for order in orders):
            raise ArgumentError(f"{name} has {len(arguments)} arguments and orders {orders}", "give one order each")
        spelled = is_spelled(arguments)
        plain = tuple([a.plain for a in arguments])
        fields, spelled_fields = (name, plain, orders), (name, arguments, orders)
        return made(cls, ("Abstract", name, *ids(plain), *orders), fields, spelled_fields, spelling, place, spelled)

    @property
    def children(self):
        return self.arguments

    def of(self, *children):
        return Abstract(self.name, children, self.orders, self.spelling, self.place)

    def slope(self, i):
        """The local derivative by argument i: the same function, differentiated once more."""
        orders = tuple(order + (j == i) for j, order in enumerate(self.orders))
        return Abstract(self.name, self.arguments, orders)


class Piecewise(Expression):
    """The value of the first branch whose condition holds, else of `otherwise`.

    Args:
        branches: pairs (condition, value).
        otherwise: the value where no condition holds; None where there is none.
    """

    __slots__ = ("branches", "otherwise")
    branches: tuple
    otherwise: Any

    def __new__(cls, branches, otherwise=None, spelling=None, place=None):
        branches = tuple([(condition, lift(value)) for condition, value in branches])
        otherwise = None if otherwise is None else lift(otherwise)
        if not branches:
            raise ArgumentError("a Piecewise has no branch", "give it pairs of a condition and a value")
        parts = [part for branch in branches for part in branch] + ([] if otherwise is None else [otherwise])
        spelled = is_spelled(parts)
        plain = tuple([(condition.plain, value.plain) for condition, value in branches])
        fields = (plain, None if otherwise is None else otherwise.plain)
        key = ("Piecewise", *ids(parts), otherwise is None)
        return made(cls, key, fields, (branches, otherwise), spelling, place, spelled)

    @property
    def children(self):
        parts = tuple([part for branch in self.branches for part in branch])
        return parts if self.otherwise is None else (*parts, self.otherwise)

    def of(self, *children):
        branches = tuple(zip(children[0 : 2 * len(self.branches) : 2], children[1::2]))
        otherwise = None if self.otherwise is None else children[-1]
        return Piecewise(branches, otherwise, self.spelling, self.place)


def _normal(value):
    return value.numerator if value.denominator == 1 else value


def is_decimal(value):
    """Whether finitely many decimal places express the value."""
    if isinstance(value, int):
        return True
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


# Rules are written for floats, so they round constants that have a name; expressions get the name.
_ROUNDED = {
    math.pi: lambda: Constant("pi"),
    math.log(2): lambda: Apply(CATALOGUE["log"], (Number(2),)),
    math.sqrt(math.pi): lambda: Apply(CATALOGUE["sqrt"], (Constant("pi"),)),
    math.log(10): lambda: Apply(CATALOGUE["log"], (Number(10),)),
    math.inf: lambda: Constant("infinity"),
}


def lift(value) -> Any:
    """A number as an expression, written as one writes it; expressions as they are.

    Whole numbers and decimals become a Number, a minus sign and a fraction's bar Apply nodes.

    Raises: ArgumentError for what is no real number.

    >>> from fractions import Fraction
    >>> print(lift(-2), lift(0.25), lift(Fraction(1, 3)))
    −2 0.25 1/3
    """
    if isinstance(value, Expression):
        return value
    if isinstance(value, (bool, numpy.bool_)):
        value = int(value)
    if isinstance(value, (int, numpy.integer)):
        return Number(int(value)) if value >= 0 else -Number(-int(value))
    if isinstance(value, Fraction):
        if value < 0:
            return -lift(-value)
        return Number(value) if value.denominator == 1 else Number(value.numerator) / Number(value.denominator)
    if isinstance(value, (float, numpy.floating)) and value == value:
        if value < 0:
            return -lift(-value)
        return _ROUNDED[float(value)]() if float(value) in _ROUNDED else _decimal(value)
    raise ArgumentError(f"{value!r} is no real number and no expression", "use an int, a float or a Fraction")


def _decimal(value):
    text = repr(float(value)) if isinstance(value, float) else str(value)
    if not isinstance(value, float):  # the digits that a narrower float has
        text = numpy.format_float_positional(value, trim="-")
    number = Fraction(text)
    return Number(number) if number.denominator == 1 else Number(number, text)


def number_of(value) -> Any:
    """A value as an operand of arithmetic: a condition counts as 1 where it holds, else as 0."""
    if isinstance(value, Expression):
        return Piecewise(((value, 1),), 0) if getattr(value, "is_condition", False) else value
    if isinstance(value, (int, float, Fraction, numpy.number, numpy.bool_)):
        return lift(value)
    return NotImplemented


def exact(expression, depth=8) -> int | Fraction | None:
    """The rational number that a Number, a sign before one or a fraction of two is; None for others.

    `depth` is how many signs and fraction lines are looked through.

    >>> exact(-Number(6) / 7), exact(Symbol("x"))
    (Fraction(-6, 7), None)
    """
    if type(expression) is Number:
        return expression.value
    if type(expression) is not Apply or expression.name not in ("negative", "divide") or not depth:
        return None
    *above, last = expression.arguments
    below = exact(last, depth - 1)  # first what is below the line: that alone mostly settles it
    if expression.name == "negative":
        return None if below is None else -below
    top = exact(above[0], depth - 1) if below else None
    return _normal(Fraction(top) / below) if below and top is not None else None


def walk(*expressions):
    """Every distinct node, children before parents; nodes are told apart by `plain`."""
    seen, stack = set(), [(expression, False) for expression in reversed(expressions)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif (key := id(node.plain)) not in seen:
            seen.add(key)
            if children := node.children:
                stack.append((node, True))
                stack.extend([(child, False) for child in reversed(children)])
            else:
                yield node


def has_more_parts(expression, most):
    """Whether an expression has more than `most` distinct parts; no more than that are looked at."""
    return sum(1 for _ in itertools.islice(walk(expression), most + 1)) > most


def part_by_part(expression, known, value):
    """The value of an expression that is worked out from those of its parts, each distinct part once.

    Args:
        known: id of a plain node -> its value; what is worked out is added, so the caller keeps the nodes alive.
        value: a function of a plain node whose children's values are in `known`.
    """
    expression = expression.plain
    stack = [expression]
    while stack:
        node = stack[-1]
        if id(node) not in known:
            missing = [child for child in node.children if id(child) not in known]  # a plain node's are plain
            if missing:
                stack.extend(missing)
                continue
            known[id(node)] = value(node)
        stack.pop()
    return known[id(expression)]


def rebuilt(expression, change, kept=()):
    """The expression with `change(node)` in place of every node, children first.

    Args:
        change: a function of a node whose children are changed already; it returns a node.
        kept: expressions that are taken whole, as they are.
    """
    return _rebuilt(expression, change, {id(node.plain): node for node in kept})


def replaced(expression, replacements):
    """The expression with every node that is a key of `replacements` replaced by its value."""
    table = {id(old.plain): lift(new) for old, new in replacements.items()}
    return _rebuilt(expression, lambda node: node, table)


def _rebuilt(expression, change, done):
    """As `rebuilt`, where `done` maps the identities of plain nodes to what they have become."""
    stack = [(expression, False)]
    while stack:
        node, ready = stack.pop()
        if id(node.plain) in done:
            continue
        if not ready:
            stack.append((node, True))
            stack.extend([(child, False) for child in node.children])
            continue
        children = [done[id(child.plain)] for child in node.children]
        same = all(one is other for one, other in zip(children, node.children))
        done[id(node.plain)] = change(node if same else node.of(*children))
    return done[id(expression.plain)]


def symbols_of(*expressions):
    """The distinct variables, in the order in which they are first read."""
    found = [node for node in walk(*expressions) if type(node) is Symbol]
    return list({id(node.plain): node.plain for node in found}.values())
