"""The chain rule backward through an expression of arrays: each room's own rule, run on expressions.

>>> from chainrule.expressions import Symbol
>>> m, n = Symbol("m"), Symbol("n")
>>> A, x, g = Symbol("A", (m, n)), Symbol("x", (n,)), Symbol("g", (m,))
>>> print(pulled(A @ x, x, g).shape == x.shape)
True
"""

from chainrule.core.reverse import unbroadcast
from chainrule.errors import UnsupportedFunctionError
from chainrule.expressions import Abstract, Apply, Number, Piecewise, walk
from chainrule.expressions.arrays import ARRAYS, Array, bare, indicator
from chainrule.expressions.conditions import negated
from chainrule.expressions.shapes import same_shape, shape_of


def pulled(expression, variable, cotangent) -> Array:
    """What arrives at a variable when `cotangent` is put in at the expression: added over all paths.

    Args:
        expression: what is differentiated; its symbols have shapes.
        variable: a Symbol, or any other part of the expression, taken as a variable.
        cotangent: an expression of the expression's shape: the number 1 for the gradient of a number.

    Returns: an Array of the variable's shape; zeros where the expression does not depend on the variable.

    Raises: UnsupportedFunctionError for a room whose rule has no closed form in matrices.
    """
    nodes = list(walk(expression))
    reached = {id(variable.plain)}
    for node in nodes:
        if any(id(child.plain) in reached for child in node.children):
            reached.add(id(node.plain))
    arrived = {id(expression.plain): Array.of(cotangent)}
    for node in reversed(nodes):
        g = arrived.get(id(node.plain))
        if g is None or id(node.plain) not in reached or node.plain is variable.plain:
            continue
        for i, child in enumerate(node.children):
            key = id(child.plain)
            if key in reached:
                share = pulled_once(node, i, g)
                arrived[key] = arrived[key] + share if key in arrived else share
    found = arrived.get(id(variable.plain))
    return ARRAYS.broadcast_to(0, shape_of(variable)) if found is None else found


def pulled_once(node, i, g, value=None) -> Array:
    """The cotangent of a node's i-th part, given that of the node: one link of the chain.

    Args:
        value: what stands for the node's value in the rule; the node itself unless given.
    """
    part = node.children[i]
    if type(node) is Piecewise:
        share = _pulled_branch(node, i, g)
    elif type(node) is Abstract:
        share = g * Array.of(node.slope(i))
    elif type(node) is Apply:
        share = _pulled_room(node, i, g, Array.of(node if value is None else value))
    else:
        return ARRAYS.broadcast_to(0, shape_of(part))  # a condition has no slope
    shape = shape_of(part)
    return share if same_shape(share.shape, shape) else unbroadcast(ARRAYS, share, shape)


def _pulled_room(node, i, g, value):
    arguments = [_argument(argument) for argument in node.arguments]
    try:
        return bare(node.primitive.vjp(ARRAYS, g, i, value, *arguments, **(node.params or {})))
    except (TypeError, AttributeError, NotImplementedError) as error:
        raise UnsupportedFunctionError(
            f"{node.name} has no rule in closed form for matrices",
            "use chainrule.grad for its numbers, or write the function with products, sums and entrywise functions",
        ) from error


def _argument(argument):
    """An argument as a rule expects it: whole numbers as ints, so that it can branch on them."""
    whole = type(argument) is Number and isinstance(argument.value, int)
    return argument.value if whole else Array.of(argument)


def _pulled_branch(node, i, g):
    """The cotangent of a branch: that of the whole where the branch holds, else 0."""
    if i < 2 * len(node.branches) and i % 2 == 0:
        return ARRAYS.broadcast_to(0, shape_of(node.children[i]))
    earlier = [condition for condition, _ in node.branches[: i // 2]]
    own = [node.branches[i // 2][0]] if i < 2 * len(node.branches) else []
    for condition in [*map(negated, earlier), *own]:
        g = g * Array.of(indicator(condition))
    return g
