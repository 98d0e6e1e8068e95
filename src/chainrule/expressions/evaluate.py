"""Numbers: an expression at a point, each node through its room's own `forward`.

>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> x = Symbol("x")
>>> evaluate(EXPRESSIONS.sqrt(x**2 + 1), {"x": 0.75})
1.25

Outside its domain a function is NaN, and infinite where its limit is; nothing is raised or warned of:

>>> evaluate(EXPRESSIONS.log(x), {"x": -1.0})
nan
"""

import functools
from typing import Any

import numpy

from chainrule.core.namespace import SCALAR_TROUBLE, SCALARS, careful
from chainrule.errors import ArgumentError
from chainrule.expressions.conditions import HOLDS, Comparison, Junction
from chainrule.expressions.tree import Abstract, Apply, Constant, Number, Piecewise, Symbol, exact, part_by_part, walk


def evaluate(expression, at, functions=None) -> Any:
    """The value of an expression at a point: a float, or an array where a variable is one.

    Args:
        at: name of a variable -> its value.
        functions: name of an abstract function -> a function `(orders, *arguments)` of numbers.

    Raises: ArgumentError for a variable or a function that is not given.
    """
    return Values(at, functions)[expression]


class Floats:
    """Arithmetic of Python floats and NumPy arrays; what `Values` asks of a kind of number."""

    def number(self, value: Any) -> Any:
        """A number that was given or written, as this kind has it."""
        if isinstance(value, numpy.ndarray):
            return value
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")

    def constant(self, name):
        return Constant.VALUES[name]

    def apply(self, primitive, arguments, params):
        """The primitive's value, quietly."""
        if not params and not any(isinstance(argument, (numpy.ndarray, numpy.generic)) for argument in arguments):
            try:
                return primitive.forward(SCALARS, *arguments)
            except SCALAR_TROUBLE:
                return careful(primitive.forward, *arguments)
        return primitive.forward(numpy, *arguments, **params)

    def operation(self, primitive, params) -> Any:
        """The primitive as a function of its arguments' values."""
        return lambda *arguments: self.apply(primitive, arguments, params)

    def compare(self, relation, left, right):
        return HOLDS[relation](left, right)

    def join(self, word, conditions):
        together = numpy.logical_and if word == "and" else numpy.logical_or
        value = together.reduce(numpy.broadcast_arrays(*conditions))
        return value if value.ndim else bool(value)

    def opposite(self, condition):
        return not condition if isinstance(condition, bool) else numpy.logical_not(condition)

    def choose(self, conditions, values, otherwise):
        """The value of the first condition that holds."""
        if any(isinstance(condition, numpy.ndarray) for condition in conditions):
            arrays = numpy.broadcast_arrays(*conditions, *values, otherwise)
            return numpy.select(arrays[: len(conditions)], arrays[len(conditions) : -1], arrays[-1])
        return next((value for condition, value in zip(conditions, values) if condition), otherwise)


class Arrays(Floats):
    """As `Floats` where a variable is an array: all that is computed is left to NumPy, and costs less to start."""

    def number(self, value: Any) -> Any:
        return value if isinstance(value, numpy.ndarray) else numpy.float64(super().number(value))

    def constant(self, name):
        return numpy.float64(Constant.VALUES[name])

    def operation(self, primitive, params):
        return functools.partial(primitive.forward, numpy, **params)


FLOATS, ARRAYS = Floats(), Arrays()
_GREATEST_EXACT = 2**53  # a float holds whole numbers up to here


class Values:
    """The values of expressions at one point, each worked out once: `Values(at)[expression]`.

    Args:
        at, functions: as for `evaluate`.
        kind: the arithmetic to use (see `Floats`).
    """

    def __init__(self, at, functions=None, kind: Any = FLOATS):
        self._at = {name: kind.number(value) for name, value in at.items()}
        self._functions, self._kind = functions or {}, kind
        self._known: dict = {}  # by identity, which is what equality of plain nodes is
        self._alive: list = []

    def __getitem__(self, expression) -> Any:
        self._alive.append(expression.plain)
        with numpy.errstate(all="ignore"):
            return part_by_part(expression, self._known, self._value)

    def _value(self, node):
        return self.operation(node)(*[self._known[id(child)] for child in node.children])

    def operation(self, node) -> Any:
        """What gives the value of a node from those of its children."""
        if type(node) is Symbol:
            return lambda: self._given(node)
        if type(node) is Abstract:
            return lambda *children: self._abstract(node, children)
        return _operation(node, self._kind)

    def _given(self, symbol):
        if symbol.name not in self._at:
            given = ", ".join(self._at) or "nothing"
            raise ArgumentError(f"{symbol.name} has no value: the point gives {given}", f"give {symbol.name} as well")
        return self._at[symbol.name]

    def _abstract(self, node, children):
        if node.name not in self._functions:
            raise ArgumentError(
                f"{node.name} is only declared, so it has no value",
                f"give functions={{{node.name!r}: a function of (orders, *arguments)}}",
            )
        return self._functions[node.name](node.orders, *children)


def _operation(node, kind):
    """What gives the value of a node, which depends on no point, from those of its children."""
    if type(node) is Apply:
        apply = kind.operation(node.primitive, node.params or {})
        exponent = exact(node.arguments[1]) if node.name == "power" else None
        if exponent is not None and abs(exponent) < _GREATEST_EXACT:
            return lambda base, _: apply(base, exponent)  # so that an odd root is real
        return apply
    if type(node) is Number:
        value = kind.number(node.value)
        return lambda: value
    if type(node) is Constant:
        return lambda: kind.constant(node.name)
    if type(node) is Comparison:
        return functools.partial(kind.compare, node.relation)
    if type(node) is Piecewise:
        count, whole = len(node.branches), node.otherwise is not None

        def chosen(*children):
            otherwise = children[-1] if whole else kind.number(float("nan"))
            return kind.choose(children[0 : 2 * count : 2], children[1 : 2 * count : 2], otherwise)

        return chosen
    if type(node) is Junction:
        return lambda *conditions: kind.join(node.word, conditions)
    return kind.opposite


class Plan:
    """Expressions in the order in which they are evaluated, for evaluating them at more than one point.

    A value is let go as soon as nothing needs it any more.

    Attributes:
        nodes: the distinct parts, each after those that it is made of.

    >>> x = Symbol("x")
    >>> plan = Plan(x**2, x**2 + 1)
    >>> plan({"x": 3.0}), len(plan.nodes)
    ([9.0, 10.0], 5)
    """

    def __init__(self, *expressions):
        self.nodes = [node.plain for node in walk(*expressions)]
        index = {id(node): i for i, node in enumerate(self.nodes)}
        self._arguments = [tuple([index[id(child)] for child in node.children]) for node in self.nodes]
        self._wanted = [index[id(expression.plain)] for expression in expressions]
        self._over = self._last_uses()
        self._operations: dict[Any, list] = {}

    def _last_uses(self):
        """For each node, the places of the values that nothing needs after it."""
        over, needed = [], set(self._wanted)
        for arguments in reversed(self._arguments):
            last = tuple([i for i in dict.fromkeys(arguments) if i not in needed])
            needed.update(last)
            over.append(last)
        return over[::-1]

    def _operations_of(self, kind):
        """What gives each value in a kind of numbers; None for what depends on the point."""
        shared: dict[Any, Any] = {}  # one for all applications of a primitive
        found: list[Any] = []
        for node in self.nodes:
            if type(node) in (Symbol, Abstract):
                found.append(None)
            elif type(node) is not Apply or node.params or node.name == "power":
                found.append(_operation(node, kind))
            else:
                if node.primitive not in shared:
                    shared[node.primitive] = _operation(node, kind)
                found.append(shared[node.primitive])
        return found

    def __call__(self, at, functions=None, kind: Any = FLOATS) -> list:
        """The values of the expressions at a point, in their order; arguments as for `Values`."""
        if kind not in self._operations:
            self._operations[kind] = self._operations_of(kind)
        point, values = Values(at, functions, kind), [None] * len(self.nodes)
        with numpy.errstate(all="ignore"):
            for i, (operation, arguments) in enumerate(zip(self._operations[kind], self._arguments)):
                if operation is None:
                    operation = point.operation(self.nodes[i])
                values[i] = operation(*[values[j] for j in arguments])
                for j in self._over[i]:
                    values[j] = None
        return [values[i] for i in self._wanted]
