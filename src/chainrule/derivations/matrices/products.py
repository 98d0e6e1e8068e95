"""Matrix products as terms: chains multiplied, transposed, closed to numbers; inverses, diagonals, traces."""

from typing import Any

from chainrule.derivations.matrices.assembling import identity, is_identity, is_ones, product_of
from chainrule.derivations.matrices.terms import Term, is_scalar, keys, segments, turned
from chainrule.expressions import Apply
from chainrule.expressions.arrays import ARRAYS, Array
from chainrule.expressions.shapes import shape_of
from chainrule.ops import CATALOGUE


class Products:
    """The part of `Tidying` that is about products of matrices, of which it is a part."""

    terms: Any
    single: Any
    is_written: Any
    _factor: Any
    _entries: Any
    _entrywise_product: Any

    def _matmul(self, node, a, b):
        if len(shape_of(a)) > 2 or len(shape_of(b)) > 2:
            return None
        left, right = self.single(a), self.single(b)
        if len(shape_of(a)) == 1:
            left = left._replace(chain=turned(left.chain))
        product = self._product(left, right)
        if len(shape_of(node)) == 1 and len(shape_of(a)) == 1:  # a row, which NumPy takes for any vector
            product = product._replace(chain=turned(product.chain))
        return [product]

    def flipped(self, term):
        """The transposed term."""
        return term._replace(chain=turned(term.chain))

    def _product(self, left, right):
        """Two chains multiplied, with what cancels or closes worked out."""
        return self.closed(left.scaled(right, left.chain + right.chain))

    def closed(self, term):
        """Inverses cancelled, identities left out, diagonals taken into vectors, scalars taken in front."""
        chain = self._without_inverses(term.chain)
        full = [factor for factor in chain if not is_identity(factor.node)]
        chain, scalar = self._joined_diagonals(tuple(full) or chain[:1])
        kept, scalars = [], [scalar]
        for piece in segments(chain):
            piece, scalar = self._scaled_vectors(piece)
            scalars.append(scalar)
            if is_scalar(piece):
                scalars.append(self._scalar(piece))
            else:
                kept.extend(piece)
        result = term._replace(chain=tuple(kept))
        for scalar in scalars:
            result = result.scaled(scalar)
        return result

    def _joined_diagonals(self, chain):
        """The chain with diag(a) diag(b) as diag(a ⊙ b), and the scalars of that."""
        scalar, kept = Term(), []
        for factor in chain:
            before = kept[-1] if kept else None
            if before is None or not _is_diagonal(before) or not _is_diagonal(factor):
                kept.append(factor)
                continue
            terms = self._entrywise_product(None, before.node.arguments[0], factor.node.arguments[0])
            if len(terms) != 1 or not terms[0].chain:
                kept.append(factor)
                continue
            scalar = scalar.scaled(terms[0], ())
            kept[-1] = self._factor(Apply(CATALOGUE["diag"], (product_of(terms[0].chain, factor.sizes[:1]),)))
        return tuple(kept), scalar

    def _scaled_vectors(self, piece):
        """A piece with diag(d) v as d ⊙ v, at its end or (transposed) at its beginning, and the scalars of that."""
        scalar = Term()
        for _ in range(2):
            while len(piece) > 1 and piece[-1].ends_column and _is_diagonal(piece[-2]):
                d = self.single(piece[-2].node.arguments[0])
                product = self._entries(d, Term(chain=piece[-1:]))[0]
                piece, scalar = (*piece[:-2], *product.chain), scalar.scaled(product)
            piece = turned(piece)
        return piece, scalar

    def _scalar(self, piece):
        """A row times what closes it, as a term; ones times ones is their number."""
        first, rest = piece[0], piece[1:]
        if not rest:
            return Term(above=(ARRAYS.reshape(first.node, ()).expression,))
        if is_ones(first.node) and len(rest) == 1 and is_ones(rest[0].node):
            return self.single(Array.of(shape_of(first.node)[0]).expression)
        if is_ones(first.node):
            return self._total(rest)
        if len(rest) == 1 and is_ones(rest[0].node):
            return self._total((first.turned(),))
        return Term(above=(product_of(piece, ()),))

    def _total(self, column):
        """The sum of the entries of a column; those of a unit vector add up to 1."""
        if len(column) == 1 and getattr(column[0].node, "name", "").startswith("onehot("):
            return Term()
        return Term(above=(ARRAYS.sum(Array.of(product_of(column, column[0].sizes[:1]))).expression,))

    def _without_inverses(self, chain):
        """The chain without a matrix beside its inverse."""
        for i, factor in enumerate(chain):
            if type(factor.node) is not Apply or factor.node.name != "inv":
                continue
            inside = self.terms(factor.node.arguments[0])
            if len(inside) != 1 or inside[0]._replace(chain=()) != Term():
                continue
            whole = inside[0].chain
            whole = turned(whole) if factor.flipped else whole
            n = len(whole)
            if keys(chain[i + 1 : i + 1 + n]) == keys(whole):
                rest = chain[:i] + chain[i + 1 + n :]
            elif i >= n and keys(chain[i - n : i]) == keys(whole):
                rest = chain[: i - n] + chain[i + 1 :]
            else:
                continue
            return self._without_inverses(rest) if rest else (self._factor(identity(factor.sizes[0])),)
        return chain

    def _transpose(self, node, a):
        return [self.flipped(term) for term in self.terms(a)] if len(shape_of(a)) == 2 else None

    def _inv(self, node, a):
        terms = self.terms(a)
        if len(terms) != 1 or not terms[0].chain:
            return None
        term = terms[0]
        if len(term.chain) == 1 and is_identity(term.chain[0].node):
            return [term.inverted()._replace(chain=term.chain)]
        if len(term.chain) == 1 and getattr(term.chain[0].node, "name", "") == "inv":
            inner = self.single(term.chain[0].node.arguments[0])
            if inner._replace(chain=()) == Term():
                chain = turned(inner.chain) if term.chain[0].flipped else inner.chain
                return [term.inverted()._replace(chain=chain)]
        flipped = len(term.chain) == 1 and term.chain[0].flipped
        inside = product_of(turned(term.chain) if flipped else term.chain, shape_of(a))
        written = self.is_written(node) and not flipped and term._replace(chain=()) == Term()
        inverse = node if written else Apply(node.primitive, (inside,))
        return [term.inverted()._replace(chain=(self._factor(inverse, flipped),))]

    def _solve(self, node, a, b):
        inverse = Apply(CATALOGUE["inv"], (a,))
        left, right = self.single(inverse), self.single(b)
        return [self._product(left, right)]

    def _diag(self, node, v):
        term = self.single(v)
        vector = product_of(term.chain, shape_of(v)) if term.chain else None
        matrix = node if vector is None or vector is v else Apply(node.primitive, (vector,))
        return [term._replace(chain=(self._factor(matrix),))]

    def _diagonal(self, node, a):
        term = self.single(a)
        pieces = segments(term.chain)
        if len(term.chain) == 1 and getattr(term.chain[0].node, "name", "") == "diag":
            vector = self.single(term.chain[0].node.arguments[0])
            return [term.scaled(vector, vector.chain)]
        if len(pieces) == 2:
            return self._entries(term._replace(chain=pieces[0]), Term(chain=turned(pieces[1])))
        return None

    def _trace(self, node, a):
        term = self.single(a)
        pieces = segments(term.chain)
        if len(pieces) == 2:
            return [self.closed(term._replace(chain=pieces[1] + pieces[0]))]
        if len(term.chain) == 1 and is_identity(term.chain[0].node):
            return [term._replace(above=(*term.above, Array.of(term.chain[0].sizes[0]).expression), chain=())]
        if self.is_written(node) and term._replace(chain=()) == Term():
            return None
        inside = product_of(term.chain, shape_of(a))
        return [term._replace(chain=()).scaled(Term(above=(Apply(node.primitive, (inside,)),)))]


def _is_diagonal(factor):
    return type(factor.node) is Apply and factor.node.name == "diag"
