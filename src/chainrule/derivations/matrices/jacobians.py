"""Jacobians in closed form: what multiplies the change, read off the rule that carries a cotangent back.

The cotangent x̄ is linear in ȳ, so it is a matrix times ȳ: M ȳ has the matrix M, and d ⊙ ȳ has diag(d).
Row i of the Jacobian (numerator layout: one row for each entry of y, one column for each entry of x) is the
cotangent for the i-th unit vector, so the Jacobian is the transpose of that matrix.

>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> m, n = Symbol("m"), Symbol("n")
>>> W, x = Symbol("W", (m, n)), Symbol("x", (n,))
>>> print(*jacobian(EXPRESSIONS.tanh(W @ x), x).shape)
m n
"""

from chainrule.derivations.matrices.assembling import assembled, identity
from chainrule.derivations.matrices.terms import Factor
from chainrule.derivations.matrices.tidying import Tidying
from chainrule.derivations.matrices.walk import pulled
from chainrule.errors import DerivationError
from chainrule.expressions import Apply, Symbol, symbols_of
from chainrule.expressions.arrays import ARRAYS, Array
from chainrule.expressions.shapes import rank, shape_of
from chainrule.ops import CATALOGUE

DEEPEST = 100  # entrywise functions inside each other, of which a Jacobian is written as one product


def free_symbol(name, shape, *expressions) -> Symbol:
    """A symbol of the name, or of the next one that the expressions do not use."""
    taken = {symbol.name for symbol in symbols_of(*expressions)}
    while name in taken:
        name += "_"
    return Symbol(name, shape)


def jacobian(expression, variable, symmetric=()) -> Array:
    """The Jacobian of a vector by a vector, tidied.

    Raises: DerivationError for arrays of other shapes, and where it has no closed form as products.
    """
    own, by = shape_of(expression), shape_of(variable)
    if len(own) != 1 or len(by) > 1:
        raise DerivationError(
            f"the Jacobian of an array of {len(own)} axes by one of {len(by)} is no matrix",
            "ask for what a given cotangent becomes: it has the shape of the variable",
        )
    seed = free_symbol("g", own, expression, variable)
    linear = Linear(Tidying(expression, symmetric), seed)
    cotangent = pulled(expression, variable, seed).expression
    if not by:  # x̄ is the number vᵀ ȳ, and the Jacobian the vector v
        return Array.of(linear.tidying(pulled(linear.tidying(cotangent), seed, 1).expression))
    terms = [linear.tidying.flipped(term) for term in linear.matrix(linear.tidying.settled(cotangent))]
    return Array.of(assembled(linear.tidying.together(terms), (*own, *by)))


class Linear:
    """Vectors that are linear in `seed`, as matrices times it."""

    def __init__(self, tidying, seed):
        self.tidying, self.seed = tidying, seed

    def reads(self, node):
        return any(symbol.plain is self.seed.plain for symbol in symbols_of(node))

    def matrix(self, node, depth=0):
        """The terms of M, where the node is M · seed."""
        if depth > DEEPEST:
            raise DerivationError(
                f"the Jacobian would be a product of more than {DEEPEST} diagonal matrices",
                "ask for the gradient of a number, or name a cotangent: what it becomes is shown link by link",
            )
        found = []
        for term in self.tidying.terms(node):
            inside = [scalar for scalar in term.above if self.reads(scalar)]
            if inside:  # v (wᵀ ȳ) is (v wᵀ) ȳ
                above = tuple(scalar for scalar in term.above if scalar is not inside[0])
                row = Factor(self._gradient(inside[0]), True)
                found.append(self.tidying.closed(term._replace(above=above, chain=(*term.chain, row))))
                continue
            front, last = term.chain[:-1], term.chain[-1].node
            if last.plain is self.seed.plain:
                chain = front or (Factor(identity(self.seed.shape[0]), symmetric=True),)
                found.append(self.tidying.closed(term._replace(chain=chain)))
                continue
            for scale, inner in self._parts(last):
                for deeper in self.matrix(inner, depth + 1):
                    chain = (*front, *scale, *deeper.chain)
                    found.append(self.tidying.closed(term._replace(chain=()).scaled(deeper, chain)))
        return found

    def _gradient(self, scalar):
        """The vector w of a number wᵀ ȳ."""
        return self.tidying(pulled(scalar, self.seed, 1).expression)

    def _parts(self, node):
        """An entrywise expression as pairs: (diagonal factors, a vector that is linear in the seed)."""
        name = node.name if type(node) is Apply else ""
        moving = [part for part in node.children if self.reads(part)]
        if name in ("add", "subtract"):
            sign = -1 if name == "subtract" else 1
            first, second = (self._column(part, shape_of(node)) for part in node.arguments)
            return [((), part) for part in (first, second if sign == 1 else -second) if self.reads(part)]
        if len(moving) == 1 and (name == "multiply" or name == "divide" and moving[0] is node.arguments[0]):
            other = next(part for part in node.arguments if part is not moving[0])
            scale = 1 / other if name == "divide" else other
            if rank(scale):
                return [
                    (
                        (Factor(Apply(CATALOGUE["diag"], (scale,)), symmetric=True),),
                        self._column(moving[0], shape_of(node)),
                    )
                ]
        raise DerivationError(
            f"the Jacobian has no closed form as a product of matrices: {node} stands in the way",
            "ask for what a given cotangent becomes, or for the gradient of a number",
        )

    def _column(self, node, shape):
        """A number that is spread over a vector, as a multiple of the vector of ones."""
        return node if rank(node) else Array.of(ARRAYS.broadcast_to(Array.of(node), shape)).expression
