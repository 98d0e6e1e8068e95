"""Other sizes in the place of the letters in shapes: an expression of (m, n) as one of (3, 2), to be evaluated.

>>> from chainrule.expressions import Symbol
>>> from chainrule.expressions.shapes import shape_of
>>> m, n = Symbol("m"), Symbol("n")
>>> A, x = Symbol("A", (m, n)), Symbol("x", (n,))
>>> shape_of(instance(A @ x, {"m": 3, "n": 2}))
(3,)
"""

from typing import Any

from chainrule.expressions.evaluate import evaluate
from chainrule.expressions.tree import Apply, Expression, Symbol, lift, rebuilt, replaced, symbols_of, walk


def size_letters(*expressions):
    """The names of the letters that stand for sizes, in the order in which they are met."""
    found = {}
    for node in walk(*expressions):
        sizes = [*(node.shape if type(node) is Symbol else ()), *_parts(getattr(node, "params", None) or {})]
        for size in sizes:
            if isinstance(size, Expression):
                found.update(dict.fromkeys(symbol.name for symbol in symbols_of(size)))
    return list(found)


def instance(expression, sizes):
    """The expression with other sizes in place of letters.

    Args:
        sizes: name of a letter -> an int, or an expression such as another letter.
    """
    table = {Symbol(name): lift(size) for name, size in sizes.items()}

    def change(node):
        if type(node) is Symbol:
            if not node.shape:
                return table.get(node.plain, node)
            return Symbol(node.name, _instance_of(node.shape, table), node.spelling, node.place)
        if type(node) is Apply and node.params and any(isinstance(size, Expression) for size in _parts(node.params)):
            params = {name: _instance_of(value, table) for name, value in node.params.items()}
            return Apply(node.primitive, node.arguments, params, node.spelling, node.place)
        return node

    return rebuilt(expression, change)


def instance_shape(shape, sizes) -> Any:
    """A shape with other sizes in place of letters."""
    return _instance_of(tuple(shape), {Symbol(name): lift(size) for name, size in sizes.items()})


def _instance_of(value, table):
    if isinstance(value, tuple):
        return tuple(_instance_of(one, table) for one in value)
    if not isinstance(value, Expression):
        return value
    size = table.get(value.plain, value) if type(value) is Symbol else replaced(value, table)
    return size if symbols_of(size) else int(evaluate(size, {}))


def _parts(params):
    """What parameters are made of, tuples taken apart."""
    stack = list(params.values())
    while stack:
        value = stack.pop()
        if isinstance(value, tuple):
            stack.extend(value)
        else:
            yield value
