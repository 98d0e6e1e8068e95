"""Terms of matrix algebra: a number, scalars above and below the line, and a chain of factors multiplied.

Vectors are columns here, and rows once they are transposed; so uᵀ M v is the chain (u flipped, M, v), and
u vᵀ the chain (u, v flipped). Where a column meets a row the chain falls apart into an outer product; what
stands between a row and the column that closes it is a scalar.
"""

from collections import Counter
from fractions import Fraction
from typing import NamedTuple

from chainrule.expressions import Comparison, Expression, Piecewise, exact
from chainrule.expressions.shapes import is_one, shape_of


class Factor(NamedTuple):
    """A vector or a matrix in a chain.

    Attributes:
        node: the expression: of one axis (a column), or of two.
        flipped: whether it stands there transposed.
        symmetric: whether it is equal to its transpose, so that it is never flipped.
    """

    node: Expression
    flipped: bool = False
    symmetric: bool = False

    @property
    def key(self):
        return id(self.node.plain), self.flipped

    @property
    def sizes(self):
        """(rows, columns), as it stands."""
        shape = shape_of(self.node)
        rows, columns = shape if len(shape) == 2 else (shape[0], 1)
        return (columns, rows) if self.flipped else (rows, columns)

    @property
    def starts_row(self):
        """Whether it has one row, as a transposed vector has."""
        return is_one(self.sizes[0])

    @property
    def ends_column(self):
        """Whether it has one column, as a vector has."""
        return is_one(self.sizes[1])

    def turned(self):
        return self if self.symmetric else Factor(self.node, not self.flipped)


class Term(NamedTuple):
    """number · above / below · chain."""

    number: Fraction = Fraction(1)
    above: tuple[Expression, ...] = ()
    below: tuple[Expression, ...] = ()
    chain: tuple[Factor, ...] = ()

    @property
    def key(self):
        """Equal for terms that differ in their number only."""
        above, below = ids(self.above), ids(self.below)
        return tuple(sorted(above)), tuple(sorted(below)), keys(self.chain)

    def times(self, number):
        return self._replace(number=self.number * number)

    def scaled(self, other, chain=None):
        """This term with the number and the scalars of another; what stands above and below is cancelled."""
        above, below = self.above + other.above, self.below + other.below
        above, below = distinct(without(above, below)), without(below, above)
        return Term(self.number * other.number, above, below, self.chain if chain is None else chain)

    def inverted(self):
        """One over a scalar term."""
        return Term(1 / self.number, self.below, self.above)


def ids(nodes):
    return tuple(id(node.plain) for node in nodes)


def keys(chain):
    return tuple(factor.key for factor in chain)


def without(nodes, others):
    """The nodes, less those that are also among the others, each as often as it is there."""
    removed, kept = Counter(ids(others)), []
    for node in nodes:
        if removed[id(node.plain)] > 0:
            removed[id(node.plain)] -= 1
        else:
            kept.append(node)
    return tuple(kept)


def turned(chain):
    """The transposed chain: the factors in reverse, each transposed."""
    return tuple(factor.turned() for factor in reversed(chain))


def segments(chain):
    """The chain cut where a column meets a row: the pieces of an outer product."""
    pieces, current = [], []
    for factor in chain:
        if current and current[-1].ends_column and factor.starts_row:
            pieces.append(tuple(current))
            current = []
        current.append(factor)
    return [*pieces, tuple(current)] if current else pieces


def is_scalar(chain):
    """Whether a piece is a row times what makes it a number."""
    return bool(chain) and chain[0].starts_row and chain[-1].ends_column


def gathered(terms):
    """Terms with equal ones added up, and those that vanish left out."""
    found: dict = {}
    for term in terms:
        if not term.number:
            continue
        key = term.key
        found[key] = (
            term if key not in found else found[key].times((found[key].number + term.number) / found[key].number)
        )
        if found[key].number == 0:
            del found[key]
    return tuple(found.values())


def is_indicator(node):
    """Whether a node is 1 where a condition holds, else 0."""
    if type(node) is not Piecewise or len(node.branches) != 1 or node.otherwise is None:
        return False
    return exact(node.branches[0][1]) == 1 and exact(node.otherwise) == 0


def says_already(one, other):
    """Whether an indicator is 1 only where another one is, as that of a > b beside that of a ≥ b."""
    if not is_indicator(one) or not is_indicator(other):
        return False
    first, second = one.branches[0][0], other.branches[0][0]
    if first.plain is second.plain:
        return True
    if type(first) is not Comparison or type(second) is not Comparison:
        return False
    same = all(a.plain is b.plain for a, b in zip(first.children, second.children))
    return same and second.relation == f"{first.relation}="


def distinct(nodes):
    """Factors without the indicators that others imply: once 0, or 1, is as good as twice."""
    kept = []
    for node in nodes:
        if not any(says_already(other, node) for other in kept):
            kept = [other for other in kept if not says_already(node, other)]
            kept.append(node)
    return tuple(kept)
