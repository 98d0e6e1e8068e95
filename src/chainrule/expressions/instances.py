"""Numbers for the letters in shapes: an expression of (m, n) as one of (3, 2), which can be evaluated.

>>> from chainrule.expressions import Symbol
>>> m, n = Symbol("m"), Symbol("n")
>>> A, x = Symbol("A", (m, n)), Symbol("x", (n,))
>>> shape_of(instance(A @ x, {"m": 3, "n": 2}))
(3,)
"""

from chainrule.expressions.evaluate import evaluate
from chainrule.expressions.shapes import shape_of
from chainrule.expressions.tree import Apply, Expression, Number, Symbol, rebuilt, symbols_of, walk


def size_letters(*expressions):
    """The names of the letters that stand for sizes, in the order in which they are met."""
    found = {}
    for node in walk(*expressions):
        sizes = [*(node.shape if type(node) is Symbol else ()), *_sizes_in(getattr(node, "params", None) or {})]
        for size in sizes:
            if isinstance(size, Expression):
                found.update(dict.fromkeys(symbol.name for symbol in symbols_of(size)))
    return list(found)


def instance(expression, sizes):
    """The expression with numbers in place of the letters for sizes.

    Args:
        sizes: name of a letter -> its number.
    """

    def change(node):
        if type(node) is Symbol:
            if node.name in sizes and not node.shape:
                return Number(sizes[node.name])
            return Symbol(node.name, instance_shape(node.shape, sizes))
        if type(node) is Apply and node.params and any(isinstance(size, Expression) for size in _sizes_in(node.params)):
            params = {name: _instance_of(value, sizes) for name, value in node.params.items()}
            return Apply(node.primitive, node.arguments, params, node.spelling, node.place)
        return node

    return rebuilt(expression, change)


def instance_shape(shape, sizes):
    """A shape in numbers."""
    return tuple(_instance_of(size, sizes) for size in shape)


def _instance_of(value, sizes):
    if isinstance(value, tuple):
        return tuple(_instance_of(one, sizes) for one in value)
    if isinstance(value, Expression):
        return int(evaluate(value, {name: float(number) for name, number in sizes.items()}))
    return value


def _sizes_in(params):
    """The sizes among parameters."""
    stack = list(params.values())
    while stack:
        value = stack.pop()
        if isinstance(value, tuple):
            stack.extend(value)
        else:
            yield value


__all__ = ["instance", "instance_shape", "shape_of", "size_letters"]
