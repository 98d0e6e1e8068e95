"""The light tidying of matrix products that a textbook line would show. Rules of presentation, no derivatives.

What the walk gives says x̄ = the entries [..., 0, :] of the row ū times A; a textbook says Aᵀ ū. So each
node becomes terms (see `terms`): transposes go inside products, numbers and scalars in front, ones and
identities where they do nothing are left out, equal terms are added, an inverse beside its matrix cancels.
A sum or a function that the user wrote is taken whole, as it was written.

>>> from chainrule.expressions import Symbol
>>> from chainrule.derivations.matrices.walk import pulled
>>> m, n = Symbol("m"), Symbol("n")
>>> A, x, y = Symbol("A", (m, n)), Symbol("x", (n,)), Symbol("y", (m,))
>>> squares = (A @ x - y) @ (A @ x - y)
>>> print(tidied(pulled(squares, x, 1).expression, squares))
2 Aᵀ (A x − y)
"""

from fractions import Fraction

from chainrule.core.primitive import Elementwise
from chainrule.derivations.matrices.assembling import (
    assembled,
    identity,
    in_front,
    is_identity,
    is_ones,
    ones,
    product_of,
)
from chainrule.derivations.matrices.terms import (
    Factor,
    Term,
    distinct,
    gathered,
    ids,
    is_indicator,
    is_scalar,
    keys,
    segments,
    turned,
)
from chainrule.expressions import Apply, Comparison, Number, Piecewise, exact, generic, tidy, walk
from chainrule.expressions.arrays import ARRAYS, Array, indicator
from chainrule.expressions.shapes import SIZES, is_one, same_shape, shape_of
from chainrule.ops import CATALOGUE


def tidied(expression, original=None, symmetric=()):
    """The expression in the form a textbook would show, with the same value wherever that exists.

    Args:
        original: what the user wrote; its sums and functions are taken as they are.
        symmetric: names of matrices that are equal to their transpose.
    """
    return Tidying(original, symmetric)(expression)


class Tidying:
    """What is known while expressions are tidied: the parts the user wrote, and which matrices are symmetric."""

    def __init__(self, original=None, symmetric=()):
        self._written = {id(node.plain) for node in walk(original)} if original is not None else set()
        self._symmetric = frozenset(symmetric)
        self._known = {}
        self._alive = []  # whose identities are keys of the table

    def __call__(self, expression):
        return assembled(self.together(self.terms(self.settled(expression))), shape_of(expression))

    def settled(self, expression):
        """What a rule gave, without the signs, ones and ties that no textbook shows."""
        return generic(tidy(expression))

    def terms(self, expression):
        """The terms of an expression: a tuple."""
        self._alive.append(expression)
        for node in walk(expression):
            if id(node.plain) not in self._known:
                self._known[id(node.plain)] = self._terms_of(node)
        return self._known[id(expression.plain)]

    def _terms_of(self, node):
        shape = shape_of(node)
        if len(shape) > 2 or any(len(shape_of(child)) > 2 for child in node.children):
            return self._whole(node)
        value = exact(node)
        if value is not None:
            return (Term(Fraction(value)),) if value else ()
        if type(node) is Apply:
            rule = getattr(self, f"_{node.name}", None)
            if rule is not None:
                found = rule(node, *node.arguments)
                if found is not None:
                    return gathered(found)
        if type(node) is Piecewise:
            return self._piecewise(node)
        return self._whole(node)

    # What stays as it is

    def _whole(self, node):
        """The node as one factor; its arguments tidied where the user did not write it himself."""
        if type(node) is Apply and id(node.plain) not in self._written:
            stretches = isinstance(node.primitive, Elementwise) and not _is_small(shape_of(node))
            arguments = [self._tidy_argument(argument, stretches) for argument in node.arguments]
            node = node if all(a is b for a, b in zip(arguments, node.arguments)) else node.of(*arguments)
        return (self._one(node),)

    def _tidy_argument(self, argument, stretches):
        known = self._known.get(id(argument.plain))
        shape = () if stretches and _is_small(shape_of(argument)) else shape_of(argument)
        written = id(argument.plain) in self._written or len(shape) > 2
        return argument if known is None or written else assembled(self.together(known), shape)

    def _one(self, node):
        """A node as one term."""
        shape = shape_of(node)
        if not shape or all(is_one(size) for size in shape):
            return Term(above=(node if not shape else ARRAYS.reshape(node, ()).expression,))
        return Term(chain=(self._factor(node),))

    def _factor(self, node, flipped=False):
        symmetric = self.is_symmetric(node)
        return Factor(node, flipped and not symmetric, symmetric)

    def is_symmetric(self, node):
        """Whether a matrix is known to equal its transpose."""
        if getattr(node, "name", None) in self._symmetric or is_identity(node):
            return True
        if type(node) is Apply and node.name == "diag":
            return True
        if type(node) is Apply and node.name == "inv":
            return self._turns_into_itself(self.terms(node.arguments[0]))
        return False

    def _turns_into_itself(self, terms):
        """Whether a sum is that of its transposed terms."""
        return {(term.number, term.key) for term in terms} == {(t.number, self.flipped(t).key) for t in terms}

    def single(self, node):
        """A node as one term: a sum is taken whole, as a factor."""
        terms = self.terms(node)
        if len(terms) == 1:
            return terms[0]
        if not terms:
            return None
        front, whole = Fraction(1), node
        if id(node.plain) not in self._written:
            front, rest = in_front(self.together(terms))
            whole = assembled(rest, shape_of(node))
        if SIZES.square(shape_of(node)) is not None and self._turns_into_itself(terms):
            return Term(front, chain=(Factor(whole, symmetric=True),))
        return self._one(whole).times(front)

    # Sums

    def _add(self, node, a, b):
        return self._sum_of(node, (a, 1), (b, 1))

    def _subtract(self, node, a, b):
        return self._sum_of(node, (a, 1), (b, -1))

    def _sum_of(self, node, *parts):
        shape = shape_of(node)
        if not all(same_shape(shape_of(part), shape) or exact(part) == 0 for part, _ in parts):
            return None  # broadcasting: 1 + exp(x) stays what it is
        return [term.times(sign) for part, sign in parts for term in self.terms(part)]

    def _negative(self, node, a):
        return [term.times(-1) for term in self.terms(a)]

    def _positive(self, node, a):
        return self.terms(a)

    # Products entry by entry

    def _multiply(self, node, a, b):
        return self._entrywise_product(node, a, b)

    def _divide(self, node, a, b):
        bottom = self.single(b)
        if bottom is None:
            return None
        if not bottom.chain:
            top = self.terms(a)
            return [term.scaled(bottom.inverted()) for term in (top if len(top) == 1 else self._sole(a))]
        if not same_shape(shape_of(a), shape_of(b)) and exact(a) is None:
            return None
        top = self.single(a)
        return [] if top is None else self._entries(top, bottom._replace(number=1 / bottom.number), below=True)

    def _sole(self, node):
        single = self.single(node)
        return [] if single is None else [single]

    def _square(self, node, a):
        return None if shape_of(a) else self._entrywise_product(node, a, a)

    def _reciprocal(self, node, a):
        single = self.single(a)
        return [single.inverted()] if single is not None and not single.chain else None

    def _power(self, node, a, b):
        count = exact(b)
        if count == 1:
            return self.terms(a)
        base = self.single(a)
        if type(count) is not int or base is None or base.chain or not 0 < abs(count) < 8:
            return None
        term = Term(base.number ** abs(count), base.above * abs(count), base.below * abs(count))
        return [term if count > 0 else term.inverted()]

    def _entrywise_product(self, node, a, b):
        for factor, total in ((a, b), (b, a)):
            if self._cancels_in(factor, total):
                return [term for part, sign in _addends(total) for term in self._scaled_entries(node, factor, part, sign)]
        one, other = self.single(a), self.single(b)
        if one is None or other is None:
            return []
        if not one.chain or not other.chain:
            return [one.scaled(other, one.chain or other.chain)]
        a_shape, b_shape = shape_of(a), shape_of(b)
        if same_shape(a_shape, b_shape):
            return self._entries(one, other)
        return self._stretched(node, (one, a_shape), (other, b_shape))

    def _cancels_in(self, factor, total):
        """Whether a factor stands below the line in a term of a sum that a rule made: then the sum is multiplied out."""
        if type(total) is not Apply or total.name not in ("add", "subtract") or id(total.plain) in self._written:
            return False
        single = self.single(factor)
        if single is None:
            return False
        if not single.chain and not shape_of(total):
            below = {one for part, _ in _addends(total) for term in self.terms(part) for one in ids(term.below)}
            return bool(below & set(ids(single.above)))
        if not single.chain or not shape_of(factor):
            return False
        above = set(ids(self._entry_factors(single.chain)[0]))
        for part, _ in _addends(total):
            term = self.single(part)
            if term is not None and term.chain and above & set(ids(self._entry_factors(term.chain)[1])):
                return True
        return False

    def _scaled_entries(self, node, factor, part, sign):
        product = Array.of(factor) * Array.of(part)
        return [term.times(sign) for term in self.terms(product.expression)]

    def _stretched(self, node, one, other):
        """Columns and rows that NumPy stretches: outer products, and rows or columns scaled by a diagonal."""
        shape = shape_of(node)
        kinds = []
        for term, own in (one, other):
            full = (1,) * (len(shape) - len(own)) + tuple(own)
            row = is_one(full[0]) and not is_one(shape[0])
            column = is_one(full[-1]) and not is_one(shape[-1])
            chain = turned(term.chain) if len(own) == 1 and row else term.chain
            kinds.append(("row" if row else "column" if column else "matrix", term._replace(chain=chain)))
        kinds.sort(key=lambda pair: ("column", "matrix", "row").index(pair[0]))
        (first, left), (second, right) = kinds
        if first == second:
            return None
        if first == "column" and second == "matrix":
            left = left._replace(chain=self._diagonal_matrix(left.chain, shape[0]))
        elif second == "row" and first == "matrix":
            right = right._replace(chain=self._diagonal_matrix(turned(right.chain), shape[1]))
        return [self._product(left, right)]

    def _diagonal_matrix(self, column, size):
        vector = product_of(column, (size,))
        return (self._factor(Apply(CATALOGUE["diag"], (vector,))),)

    def _entries(self, one, other, below=False):
        """Two arrays of one shape multiplied (or divided) entry by entry."""
        scalars = one.scaled(other if not below else other._replace(above=other.below, below=other.above), ())
        if self._is_all_ones(other.chain):
            return [scalars._replace(chain=one.chain)]
        if self._is_all_ones(one.chain) and not below:
            return [scalars._replace(chain=other.chain)]
        above, under = self._entry_factors(one.chain)
        more_above, more_under = self._entry_factors(other.chain)
        if below:
            more_above, more_under = more_under, more_above
        above, under = _cancelled(above + more_above, under + more_under)
        entries = self._from_entries(above, under, one.chain or other.chain)
        return [scalars.scaled(entries, entries.chain)]

    def _from_entries(self, above, under, like):
        """The term of an entrywise quotient of products."""
        if not above and not under:
            return self._ones_like(like)
        top = None
        for entry in above:
            top = entry if top is None else top * entry
        bottom = None
        for entry in under:
            bottom = entry if bottom is None else bottom * entry
        if bottom is None and len(above) == 1:
            return self.single(above[0])
        node = top if bottom is None else (Number(1) if top is None else top) / bottom
        return Term(chain=(self._factor(node),))

    def _ones_like(self, chain):
        rows, columns = chain[0].sizes[0], chain[-1].sizes[1]
        column, row = Factor(ones(rows)), Factor(ones(columns), True)
        return Term(chain=(column,) if is_one(columns) else (row,) if is_one(rows) else (column, row))

    def _is_all_ones(self, chain):
        return all(is_ones(factor.node) for factor in chain)

    def _entry_factors(self, chain):
        """What a chain is a product of entry by entry: (above, below) the line."""
        if self._is_all_ones(chain):
            return [], []
        rows, columns = chain[0].sizes[0], chain[-1].sizes[1]
        if len(chain) > 1 or chain[0].flipped:
            return [product_of(chain, (rows,) if is_one(columns) else (rows, columns))], []
        above, under, stack = [], [], [(chain[0].node, True)]
        while stack:
            node, over = stack.pop()
            split = type(node) is Apply and node.name in ("multiply", "divide")
            if split and id(node.plain) not in self._written and self._is_entrywise(node):
                first, second = node.arguments
                stack.append((second, over if node.name == "multiply" else not over))
                stack.append((first, over))
            elif exact(node) != 1:
                (above if over else under).append(node)
        return above, under

    def _is_entrywise(self, node):
        shape = shape_of(node)
        return all(same_shape(shape_of(part), shape) or exact(part) == 1 for part in node.arguments)

    def _piecewise(self, node):
        """A branch or nothing: the indicator of its condition times the branch."""
        zero = node.otherwise is not None and exact(node.otherwise) == 0
        if len(node.branches) == 1 and zero and exact(node.branches[0][1]) != 1:
            condition, value = node.branches[0]
            shape = shape_of(node)
            if same_shape(shape_of(value), shape):
                condition = self._condition(condition)
                mask, term = self._one(indicator(condition)), self.single(value)
                if term is None:
                    return ()
                if not mask.chain:  # one condition for all entries; twice the same is once
                    return (term if set(ids(mask.above)) <= set(ids(term.above)) else term.scaled(mask),)
                return tuple(self._entries(mask, term))
        if is_indicator(node):
            return (self._one(indicator(self._condition(node.branches[0][0]))),)
        return self._whole(node)

    def _condition(self, condition):
        """A comparison with both sides tidied."""
        if type(condition) is not Comparison:
            return condition
        stretches = not _is_small(shape_of(condition))
        return condition.of(*[self._tidy_argument(side, stretches) for side in condition.children])

    # Matrix products

    def _matmul(self, node, a, b):
        if len(shape_of(a)) > 2 or len(shape_of(b)) > 2:
            return None
        left, right = self.single(a), self.single(b)
        if left is None or right is None:
            return []
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
                product = self._entries(d, Term(chain=piece[-1:]))[0] if d is not None else Term(number=Fraction(0))
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
        if len(terms) != 1:
            return None
        term = terms[0]
        if len(term.chain) == 1 and is_identity(term.chain[0].node):
            return [term.inverted()._replace(chain=term.chain)]
        if len(term.chain) == 1 and getattr(term.chain[0].node, "name", "") == "inv":
            inner = self.single(term.chain[0].node.arguments[0])
            if inner is not None and inner._replace(chain=()) == Term():
                chain = turned(inner.chain) if term.chain[0].flipped else inner.chain
                return [term.inverted()._replace(chain=chain)]
        flipped = len(term.chain) == 1 and term.chain[0].flipped
        inside = product_of(turned(term.chain) if flipped else term.chain, shape_of(a))
        written = id(node.plain) in self._written and not flipped and term._replace(chain=()) == Term()
        inverse = node if written else Apply(node.primitive, (inside,))
        return [term.inverted()._replace(chain=(self._factor(inverse, flipped),))]

    def _solve(self, node, a, b):
        inverse = Apply(CATALOGUE["inv"], (a,))
        left, right = self.single(inverse), self.single(b)
        return [] if left is None or right is None else [self._product(left, right)]

    def _diag(self, node, v):
        term = self.single(v)
        if term is None:
            return []
        vector = product_of(term.chain, shape_of(v)) if term.chain else None
        matrix = node if vector is None or vector is v else Apply(node.primitive, (vector,))
        return [term._replace(chain=(self._factor(matrix),))]

    def _diagonal(self, node, a):
        term = self.single(a)
        if term is None:
            return []
        pieces = segments(term.chain)
        if len(term.chain) == 1 and getattr(term.chain[0].node, "name", "") == "diag":
            vector = self.single(term.chain[0].node.arguments[0])
            return None if vector is None else [term.scaled(vector, vector.chain)]
        if len(pieces) == 2:
            return self._entries(term._replace(chain=pieces[0]), Term(chain=turned(pieces[1])))
        return None

    def _trace(self, node, a):
        term = self.single(a)
        if term is None:
            return []
        pieces = segments(term.chain)
        if len(pieces) == 2:
            return [self.closed(term._replace(chain=pieces[1] + pieces[0]))]
        if len(term.chain) == 1 and is_identity(term.chain[0].node):
            return [term._replace(above=(*term.above, Array.of(term.chain[0].sizes[0]).expression), chain=())]
        if id(node.plain) in self._written and term._replace(chain=()) == Term():
            return None
        inside = product_of(term.chain, shape_of(a))
        return [term._replace(chain=()).scaled(Term(above=(Apply(node.primitive, (inside,)),)))]

    # Sums of entries, and arrays spread

    def _mean(self, node, a):
        term, own = self.single(a), shape_of(a)
        if term is None:
            return []
        if not term.chain or len(own) == 2 and node.params["axis"] is not None:
            return None
        if id(node.plain) in self._written and not shape_of(node) and term._replace(chain=()) == Term():
            return None
        whole = ARRAYS.mean(Array.of(product_of(term.chain, own))).expression
        return [term._replace(chain=()).scaled(Term(above=(whole,)))]

    def _sum(self, node, a):
        """The sum of all entries, or over one axis of a matrix: the product with ones."""
        own, axis = shape_of(a), node.params["axis"]
        term = self.single(a)
        if term is None:
            return []
        if len(own) == 2 and axis is not None and not isinstance(axis, tuple):
            chain = term.chain if axis % 2 == 1 else turned(term.chain)
            if not chain:
                return None
            product = self.closed(term._replace(chain=(*chain, Factor(ones(own[axis])))))
            keeps_row = node.params["keepdims"] and axis % 2 == 0
            return [self.flipped(product) if keeps_row else product]
        if not term.chain:
            return None
        if len(own) == 1:
            above, under = self._entry_factors(term.chain)
            pair = self._pair(above) if not under else None
            if pair is not None:
                return [self.closed(term._replace(chain=turned(self.single(pair[0]).chain) + self.single(pair[1]).chain))]
        if id(node.plain) in self._written and term._replace(chain=()) == Term():
            return None
        if len(own) == 1:
            return [term._replace(chain=()).scaled(self._total(term.chain))]
        whole = ARRAYS.sum(Array.of(product_of(term.chain, own))).expression
        return [term._replace(chain=()).scaled(Term(above=(whole,)))]

    def _pair(self, entries):
        """The two vectors whose entrywise product is summed: their inner product; None for other entries."""
        if len(entries) == 1 and type(entries[0]) is Apply and id(entries[0].plain) not in self._written:
            entry = entries[0]
            if entry.name == "square" or entry.name == "power" and exact(entry.arguments[1]) == 2:
                entries = [entry.arguments[0]] * 2
        single = [self.single(entry) for entry in entries]
        plain = all(one is not None and one.number == 1 and not one.above and not one.below for one in single)
        return entries if len(entries) == 2 and plain and all(one.chain for one in single) else None

    def _broadcast_to(self, node, a, **_):
        own, shape = shape_of(a), node.params["shape"]
        if not own and is_ones(node):
            return None
        term = self.single(a)
        if term is None:
            return []
        if len(shape) == 1:
            chain = (Factor(ones(shape[0])),) if not term.chain else term.chain
        else:
            full = (1,) * (2 - len(own)) + tuple(own)
            chain = turned(term.chain) if len(own) == 1 else term.chain
            if is_one(full[0]) and not is_one(shape[0]):
                chain = (Factor(ones(shape[0])), *chain)
            if is_one(full[1]) and not is_one(shape[1]):
                chain = (*chain, Factor(ones(shape[1]), True))
        return [self.closed(term._replace(chain=chain))]

    def _reshape(self, node, a):
        own, shape = shape_of(a), node.params["shape"]
        if len([s for s in own if not is_one(s)]) > 1 and not same_shape(own, shape):
            return None
        row_before = len(own) == 2 and is_one(own[0]) and not is_one(own[1])
        row_after = len(shape) == 2 and is_one(shape[0]) and not is_one(shape[1])
        term = self.single(a)
        if term is None:
            return []
        return [self.flipped(term) if row_before != row_after else term]

    def _get_item(self, node, a):
        own, index = shape_of(a), node.params["index"]
        parts = index if isinstance(index, tuple) else (index,)
        row = len(own) == 2 and is_one(own[0]) and parts == (Ellipsis, 0, slice(None))
        column = len(own) == 2 and is_one(own[1]) and parts == (Ellipsis, 0)
        if not row and not column:
            return None
        term = self.single(a)
        if term is None:
            return []
        return [self.flipped(term) if row and not is_one(own[1]) else term]

    # Sums of terms that are shown together

    def together(self, terms):
        """Equal terms added; M x + Mᵀ x as (M + Mᵀ) x."""
        terms = list(gathered(terms))
        for i, one in enumerate(terms):
            for j in range(i + 1, len(terms)):
                joined = self._symmetric_part(one, terms[j])
                if joined is not None:
                    return self.together([*terms[:i], joined, *terms[i + 1 : j], *terms[j + 1 :]])
        return tuple(terms)

    def _symmetric_part(self, one, other):
        """c M x + c Mᵀ x as c (M + Mᵀ) x, c P M + c P Mᵀ as c P (M + Mᵀ), the bare c M + c Mᵀ as it is."""
        if one.number != other.number or one._replace(chain=()).key != other._replace(chain=()).key:
            return None
        if len(one.chain) < 2 or len(other.chain) < 2:
            return None
        if keys(one.chain[-1:]) == keys(other.chain[-1:]) and one.chain[-1].ends_column:
            first, second, rest = one.chain[:-1], other.chain[:-1], one.chain[-1:]
        elif keys(one.chain[:1]) == keys(other.chain[:1]) and not one.chain[0].ends_column:
            first, second, rest = one.chain[1:], other.chain[1:], one.chain[:1]
        else:
            return None
        if keys(first) != keys(turned(second)):
            return None
        if first[0].flipped:
            first, second = second, first
        sizes = first[0].sizes[0], first[-1].sizes[1]
        total = (Factor(product_of(first, sizes) + product_of(second, sizes), symmetric=True),)
        return one._replace(chain=(*total, *rest) if rest[0].ends_column else (*rest, *total))


def _is_diagonal(factor):
    return type(factor.node) is Apply and factor.node.name == "diag"


def _addends(node):
    """The terms of a sum that is written out, each with its sign."""
    stack = [(node, 1)]
    while stack:
        part, sign = stack.pop()
        if type(part) is Apply and part.name in ("add", "subtract"):
            stack.append((part.arguments[1], -sign if part.name == "subtract" else sign))
            stack.append((part.arguments[0], sign))
        elif type(part) is Apply and part.name == "negative":
            stack.append((part.arguments[0], -sign))
        else:
            yield part, sign


def _cancelled(above, under):
    """Entries above and below the line, without those on both sides."""
    left = list(under)
    kept = []
    for entry in above:
        match = next((other for other in left if other.plain is entry.plain), None)
        if match is None:
            kept.append(entry)
        else:
            left = [other for other in left if other is not match]
    return list(distinct(kept)), left


def _is_small(shape):
    """Whether an array of this shape has one entry."""
    return all(is_one(size) for size in shape)
