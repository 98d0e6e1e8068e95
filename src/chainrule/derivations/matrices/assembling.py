"""From terms back to expressions, in NumPy's reading: vectors have one axis, products are `matmul`."""

from fractions import Fraction
from typing import Any

from chainrule.derivations.matrices.terms import segments, turned
from chainrule.derivations.steps import product
from chainrule.expressions import Apply, Expression, Number, exact, lift
from chainrule.expressions.arrays import ARRAYS, Array
from chainrule.expressions.shapes import same_shape, shape_of
from chainrule.ops import CATALOGUE

_DIGITS = 10**4  # a decimal with more digits is written as a fraction


def ones(size):
    """The vector of ones."""
    return Apply(CATALOGUE["broadcast_to"], (Number(1),), {"shape": (size,)})


def identity(size):
    """The identity matrix."""
    return Apply(CATALOGUE["diag"], (ones(size),))


def is_ones(node):
    """Whether a node is a vector of ones."""
    if type(node) is not Apply or node.name != "broadcast_to" or len(shape_of(node)) != 1:
        return False
    return exact(node.arguments[0]) == 1


def is_identity(node):
    return type(node) is Apply and node.name == "diag" and is_ones(node.arguments[0])


def number(value):
    """A number as one writes it: a short decimal, else a fraction."""
    value = Fraction(value)
    return lift(float(value)) if _DIGITS % value.denominator == 0 else lift(value)


def assembled(terms, shape) -> Expression:
    """The sum of terms as one expression of the given shape."""
    if not terms:
        return ARRAYS.broadcast_to(0, shape).expression
    front, rest = in_front(terms)
    total: Any = None
    for term in sorted(rest, key=lambda term: term.number < 0):  # those with a minus last
        if total is None:
            total = _term(term, shape)
        elif term.number < 0:
            total = total - _term(term.times(-1), shape)
        else:
            total = total + _term(term, shape)
    return total if front == 1 else number(front) * total


def in_front(terms):
    """A number that all terms of a sum share, and the terms without it."""
    sizes = {abs(term.number) for term in terms}
    if len(terms) < 2 or len(sizes) > 1 or sizes == {1}:
        return Fraction(1), terms
    front = sizes.pop()
    return front, [term.times(1 / front) for term in terms]


def _term(term, shape):
    """number · scalars · chain / scalars, with the sign in front."""
    size, above, below = abs(term.number), powers(term.above), powers(term.below)
    top, bottom = (size.numerator, size.denominator) if below else (size, 1)
    if term.chain:
        above.append(product_of(term.chain, shape))
    if top != 1 or not above:
        above.insert(0, number(top))
    if bottom != 1:
        below.insert(0, number(bottom))
    body = product(above)
    if below:
        body = body / product(below)
    return ARRAYS.broadcast_to(-body if term.number < 0 else body, shape).expression


def powers(scalars):
    """Scalars with repeated ones as powers, in the order in which they are first met."""
    counts: dict = {}
    for scalar in scalars:
        node, count = counts.get(id(scalar.plain), (scalar, 0))
        counts[id(scalar.plain)] = node, count + 1
    return [node if count == 1 else node ** Number(count) for node, count in counts.values()]


def product_of(chain, shape) -> Expression:
    """A chain multiplied out, as a number, a vector (a column) or a matrix."""
    if len(shape) < 2:
        node = scalar_of(chain) if not shape else column_of(chain)
        return _fitted(node, shape)
    pieces = segments(chain)
    if len(pieces) == 2:
        left, right = column_of(pieces[0]), row_of(pieces[1])
        rows, columns = shape_of(left)[0], shape_of(right)[0]
        column = ARRAYS.reshape(left, (rows, 1)).expression
        return _fitted(column @ ARRAYS.reshape(right, (1, columns)).expression, shape)
    result: Any = None
    for factor in chain:
        matrix = _matrix(factor)
        result = matrix if result is None else result @ matrix
    return _fitted(result, shape)


def column_of(chain) -> Expression:
    """A chain that ends in a column, as a vector; multiplied from the right, which is cheap."""
    last = chain[-1]
    result = last.node if len(shape_of(last.node)) == 1 else ARRAYS.reshape(_matrix(last), last.sizes[:1]).expression
    for factor in reversed(chain[:-1]):
        result = _matrix(factor) @ result
    return result


def row_of(chain) -> Expression:
    """A chain that begins with a row, as a vector; multiplied from the left."""
    result = column_of(turned(chain[:1]))
    for factor in chain[1:]:
        result = result @ _matrix(factor)
    return result


def scalar_of(chain) -> Expression:
    """A row times what makes it a number."""
    return column_of(turned(chain[:1])) @ column_of(chain[1:])


def _matrix(factor):
    """A factor as a matrix: a vector as one column or one row."""
    shape = shape_of(factor.node)
    if len(shape) == 1:
        return ARRAYS.reshape(factor.node, (1, *shape) if factor.flipped else (*shape, 1)).expression
    return ARRAYS.transpose(Array.of(factor.node)).expression if factor.flipped else factor.node


def _fitted(node, shape):
    return node if same_shape(shape_of(node), shape) else ARRAYS.reshape(node, shape).expression
