"""Numbers: an expression at a point, each node through its room's own `forward`.

>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> x = Symbol("x")
>>> evaluate(EXPRESSIONS.sqrt(x**2 + 1), {"x": 0.75})
1.25

Outside its domain a function is NaN, and infinite where its limit is; nothing is raised or warned of:

>>> evaluate(EXPRESSIONS.log(x), {"x": -1.0})
nan
"""

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


FLOATS = Floats()
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
        if type(node) is Symbol:
            return _given(node, self._at)
        children = [self._known[id(child)] for child in node.children]
        return operation(node, self._kind, self._functions)(children)


class Prepared:
    """Expressions that are evaluated at many points: what does not depend on the point is worked out once.

    Args:
        expressions: what is evaluated.
        functions, kind: as for `Values`.

    >>> x = Symbol("x")
    >>> both = Prepared((x**2, x + 1))
    >>> both({"x": 3.0}), both({"x": 0.5})
    ([9.0, 4.0], [0.25, 1.5])
    """

    def __init__(self, expressions, functions=None, kind: Any = FLOATS):
        self._kind, self._names, self._start, self._steps = kind, [], [], []
        places, fixed = {}, Values({}, functions, kind)
        self._nodes = [node.plain for node in walk(*expressions)]  # kept, so that their identities stay theirs
        varied = set()
        for place, node in enumerate(self._nodes):
            places[id(node)] = place
            children = tuple([places[id(child)] for child in node.children])
            if type(node) is Symbol:
                self._names.append((place, node))
            elif varied.isdisjoint(children):
                self._start.append((place, fixed[node]))
                continue
            else:
                self._steps.append((place, operation(node, kind, functions or {}), children))
            varied.add(place)
        self._asked = [places[id(expression.plain)] for expression in expressions]

    def __call__(self, at) -> list:
        """The values at a point, in the order of the expressions.

        Raises: ArgumentError for a variable that is not given.
        """
        values: list = [None] * len(self._nodes)
        for place, value in self._start:
            values[place] = value
        for place, symbol in self._names:
            values[place] = self._kind.number(_given(symbol, at))
        with numpy.errstate(all="ignore"):
            for place, work, children in self._steps:
                values[place] = work([values[child] for child in children])
        return [values[place] for place in self._asked]


def _given(symbol, at):
    if symbol.name not in at:
        given = ", ".join(at) or "nothing"
        raise ArgumentError(f"{symbol.name} has no value: the point gives {given}", f"give {symbol.name} as well")
    return at[symbol.name]


def operation(node, kind, functions) -> Any:
    """What a node does: a function of the list of its children's values.

    Raises: ArgumentError for an abstract function that is not given.
    """
    if type(node) is Apply:
        return _applied(node, kind)
    if type(node) is Number:
        return lambda children: kind.number(node.value)
    if type(node) is Constant:
        return lambda children: kind.constant(node.name)
    if type(node) is Comparison:
        return lambda children: kind.compare(node.relation, *children)
    if type(node) is Abstract:
        return _declared(node, functions)
    if type(node) is Piecewise:
        return _chosen(node, kind)
    if type(node) is Junction:
        return lambda children: kind.join(node.word, children)
    return lambda children: kind.opposite(children[0])


def _applied(node, kind):
    primitive, params, apply = node.primitive, node.params or {}, kind.apply
    exponent = exact(node.arguments[1]) if node.name == "power" else None
    if exponent is not None and abs(exponent) < _GREATEST_EXACT:  # so that an odd root is real
        return lambda children: apply(primitive, [children[0], exponent], params)
    return lambda children: apply(primitive, children, params)


def _chosen(node, kind):
    count = len(node.branches)

    def choose(children):
        otherwise = kind.number(float("nan")) if node.otherwise is None else children[-1]
        return kind.choose(children[0 : 2 * count : 2], children[1 : 2 * count : 2], otherwise)

    return choose


def _declared(node, functions):
    if node.name not in functions:
        raise ArgumentError(
            f"{node.name} is only declared, so it has no value",
            f"give functions={{{node.name!r}: a function of (orders, *arguments)}}",
        )
    function = functions[node.name]
    return lambda children: function(node.orders, *children)
