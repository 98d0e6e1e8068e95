"""The chain of arrays as a list of links, and what each carries back.

Where a chain of numbers multiplies slopes, a chain of arrays hands a gradient back: f̄ = 1 at the value, then
ū1 = ∂f/∂u1 from that, ū2 from ū1, down to the variable. Each step is one line with shapes that fit in one way
only. What is linear (sums, products with what does not move, transposes) is one link; a function, a norm, a
sum of entries is a link of its own. Several ways to the variable are several paths, whose results add up.
"""

import unicodedata

from chainrule.core.primitive import Elementwise
from chainrule.derivations.matrices.jacobians import free_symbol, jacobian
from chainrule.derivations.matrices.tidying import Tidying
from chainrule.derivations.matrices.walk import pulled_once
from chainrule.derivations.model import Differential, Factor, Path, Prime, Step
from chainrule.expressions import Apply, Symbol, replaced, walk
from chainrule.expressions.arrays import Array
from chainrule.expressions.names import GREEK, split_name
from chainrule.expressions.shapes import same_shape, shape_of

MOST_PATHS = 8
_LINEAR = frozenset(
    """add subtract negative positive multiply divide matmul transpose reshape broadcast_to solve diag diagonal
    get_item concatenate""".split()
)
_RULES = {
    "sum": "sum-of-entries",
    "mean": "sum-of-entries",
    "trace": "trace",
    "det": "determinant",
    "logabsdet": "determinant",
    "inv": "inverse",
    "norm": "norm",
    "max": "extreme-of-entries",
    "min": "extreme-of-entries",
}


def barred(symbol):
    """The symbol of the gradient by a letter: ū1 for u1, with the shape of u1."""
    base, index = split_name(symbol.name)
    name = unicodedata.normalize("NFC", GREEK.get(base, base) + "\u0304")
    return Symbol(f"{name}_{index}" if index and not index.isdigit() else name + index, symbol.shape)


def ways(expression, variable):
    """All ways from the value to the variable, as tuples of `(node, which part)`; None where they are too many."""
    counts = {}
    for node in walk(expression):
        here = 1 if node.plain is variable.plain else sum(counts[id(child.plain)] for child in node.children)
        counts[id(node.plain)] = here
        if here > MOST_PATHS:
            return None
    found: list = []
    stack: list = [(expression, ())]
    while stack:
        node, before = stack.pop()
        if node.plain is variable.plain:
            found.append(before)
            continue
        for i in reversed(range(len(node.children))):
            child = node.children[i]
            if counts[id(child.plain)]:
                stack.append((child, (*before, (node, i))))
    return found


def links(way):
    """A way cut into links: what is linear together, and each function on its own."""
    pieces, current = [], []
    for node, i in way:
        linear = type(node) is Apply and node.name in _LINEAR and not (node.name == "divide" and i == 1)
        if current and not linear:
            pieces.append(tuple(current))
            current = []
        if linear:
            current.append((node, i))
        else:
            pieces.append(((node, i),))
    return [*pieces, tuple(current)] if current else pieces


def path_of(way, variable, output, letters, symmetric, cotangent, forward=False) -> Path:
    """One way as a chain of factors.

    Args:
        way: pairs of a node and a place among its parts, from the value on.
        letters: `Letters` for the inner parts.
        cotangent: what stands for the gradient by the value: the number 1, or a symbol of its shape.
        forward: whether each factor's `local` is the Jacobian of its link, in place of what the link carries back.
    """
    tidying = Tidying(way[0][0], symmetric)
    factors, of, g, so_far = [], output, cotangent, Array.of(cotangent).expression
    for number, link in enumerate(links(way), 1):
        whole, (last, place) = link[0][0], link[-1]
        inner = last.children[place]
        by = variable if inner.plain is variable.plain else _letter(letters, inner)
        if forward:
            own = jacobian_along(link, symmetric)
            local, so_far = _in_letters(own, inner, by), own if number == 1 else tidying(so_far @ own, (so_far, own))
        else:
            total = Array.of(so_far)
            for node, i in link:
                total = pulled_once(node, i, total)
            written = [part for node, _ in link for part in (node, *node.children)]  # which are never tidied
            local = _in_letters(tidying(_carried(link, g, of).expression, written), inner, by)
            so_far = tidying(total.expression, (so_far, *written))
        outer = _in_letters(whole, inner, by)
        step = Step(
            _rule(link), outer, by, local, function=whole.name if type(whole) is Apply else "", place=whole.place
        )
        shapes = shape_of(whole), shape_of(inner)
        leibniz, lagrange = Differential(of, (by,), True), Prime(letters.next_function(), by)
        factors.append(Factor(number, of, by, outer, inner, local, so_far, step, leibniz, lagrange, True, shapes))
        of, g = by, barred(by)
    return Path(tuple(factors), so_far, way[-1][0])


def chain_of_jacobians(way):
    """Whether every letter of a way is a vector, so that the Jacobian is the product of those of its links."""
    return all(
        len(shape_of(link[0][0])) == len(shape_of(link[-1][0].children[link[-1][1]])) == 1 for link in links(way)
    )


def jacobian_along(link, symmetric):
    """The Jacobian of one link, through the part that the way leads through; the others are held."""
    last, place = link[-1]
    whole, inner = link[0][0], last.children[place]
    held = free_symbol("v", shape_of(inner), whole)
    outer = held
    for node, i in reversed(link):
        outer = node.of(*[outer if j == i else part for j, part in enumerate(node.children)])
    return replaced(jacobian(outer, held, symmetric).expression, {held: inner})


def _letter(letters, inner):
    symbol = letters.stand_for(inner)
    if symbol.shape != shape_of(inner):
        shaped = Symbol(symbol.name, shape_of(inner))
        letters.meaning.pop(symbol, None)
        letters.name(shaped, inner)
        return shaped
    return symbol


def _carried(link, g, of):
    """The gradient by a link's inner part, from that by its value; a rule in terms of its value uses its letter."""
    carried = Array.of(g)
    for node, i in link:
        named = len(link) == 1 and type(node) is Apply and same_shape(of.shape, shape_of(node))
        carried = pulled_once(node, i, carried, of if named else None)
    return carried


def _in_letters(expression, inner, by):
    return expression if inner.plain is by.plain else replaced(expression, {inner: by})


def _rule(link):
    if len(link) > 1:
        return "linear"
    node = link[0][0]
    if type(node) is not Apply:
        return "piecewise"
    if node.name in _LINEAR:
        return "linear"
    return _RULES.get(node.name, "entrywise" if isinstance(node.primitive, Elementwise) else "array-function")
