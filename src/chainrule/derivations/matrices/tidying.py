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
from chainrule.core.spec import normal_axes
from chainrule.derivations.matrices.assembling import assembled, in_front, is_identity, is_ones, ones, product_of
from chainrule.derivations.matrices.entries import Entries
from chainrule.derivations.matrices.products import Products
from chainrule.derivations.matrices.terms import Factor, Term, gathered, keys, turned
from chainrule.expressions import Apply, Piecewise, exact, generic, part_by_part, tidy, walk
from chainrule.expressions.arrays import ARRAYS, Array
from chainrule.expressions.shapes import SIZES, is_one, is_small, same_shape, shape_of

_FEW = 16  # terms, among which pairs are looked for

# Rooms whose value is zero where one of these arguments is.
_VANISHES = {
    **dict.fromkeys(
        "negative transpose diag diagonal trace sum mean broadcast_to reshape get_item scatter".split(), (0,)
    ),
    **dict.fromkeys(("multiply", "matmul"), (0, 1)),
    "divide": (0,),
    "solve": (1,),
}


def tidied(expression, original=None, symmetric=()):
    """The expression in the form a textbook would show, with the same value wherever that exists.

    Args:
        original: what the user wrote; its sums and functions are taken as they are.
        symmetric: names of matrices that are equal to their transpose.
    """
    return Tidying(original, symmetric)(expression)


class Tidying(Entries, Products):
    """What is known while expressions are tidied: the parts the user wrote, and which matrices are symmetric."""

    def __init__(self, original=None, symmetric=()):
        self._written = {id(node.plain) for node in walk(original)} if original is not None else set()
        self._symmetric = frozenset(symmetric)
        self._known = {}
        self._alive = []  # whose identities are keys of the table

    def __call__(self, expression, kept=()):
        """The expression, tidied; `kept` are parts that are tidied already."""
        return assembled(self.together(self.terms(self.settled(expression, kept))), shape_of(expression))

    def settled(self, expression, kept=()):
        """What a rule gave, without the signs, ones and ties that no textbook shows."""
        return generic(tidy(expression, kept), kept)

    def terms(self, expression):
        """The terms of an expression: a tuple."""
        self._alive.append(expression.plain)
        return part_by_part(expression, self._known, self._terms_of)

    def _terms_of(self, node):
        shape = shape_of(node)
        if len(shape) > 2 or any(len(shape_of(child)) > 2 for child in node.children):
            return self._whole(node)
        value = exact(node)
        if value is not None:
            return (Term(Fraction(value)),) if value else ()
        if type(node) is Apply:
            if any(not self.terms(node.arguments[i]) for i in _VANISHES.get(node.name, ())):
                return ()
            rule = getattr(self, f"_{node.name}", None)
            if rule is not None:
                found = rule(node, *node.arguments)
                if found is not None:
                    return gathered(found) if len(found) <= _FEW else tuple(found)
        if type(node) is Piecewise:
            return self._piecewise(node)
        return self._whole(node)

    # What stays as it is

    def is_written(self, node):
        """Whether the user wrote a node."""
        return id(node.plain) in self._written

    def _whole(self, node):
        """The node as one factor; its arguments tidied where the user did not write it himself."""
        if type(node) is Apply and not self.is_written(node):
            stretches = isinstance(node.primitive, Elementwise) and not is_small(shape_of(node))
            arguments = [self._tidy_argument(argument, stretches) for argument in node.arguments]
            node = node if all(a is b for a, b in zip(arguments, node.arguments)) else node.of(*arguments)
        return (self._one(node),)

    def _tidy_argument(self, argument, stretches):
        known = self._known.get(id(argument.plain))
        shape = () if stretches and is_small(shape_of(argument)) else shape_of(argument)
        written = self.is_written(argument) or len(shape) > 2
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
            return Term(Fraction(0))
        front, whole = Fraction(1), node
        if not self.is_written(node):
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
        first, second = (self.terms(part) for part, _ in parts)
        return [*first, *(second if parts[1][1] == 1 else [term.times(-1) for term in second])]

    def _negative(self, node, a):
        return [term.times(-1) for term in self.terms(a)]

    def _positive(self, node, a):
        return self.terms(a)

    # Sums of entries, and arrays spread

    def _mean(self, node, a):
        term, own = self.single(a), shape_of(a)
        if not term.chain or len(normal_axes(node.params["axis"], len(own))) < len(own):
            return None
        if self.is_written(node) and not shape_of(node) and term._replace(chain=()) == Term():
            return None
        whole = ARRAYS.mean(Array.of(product_of(term.chain, own))).expression
        return [term._replace(chain=()).scaled(Term(above=(whole,)))]

    def _sum(self, node, a):
        """The sum of all entries, or over one axis of a matrix: the product with ones."""
        own = shape_of(a)
        axes = normal_axes(node.params["axis"], len(own))
        term = self.single(a)
        if len(own) == 2 and len(axes) == 1:
            axis = axes[0]
            chain = term.chain if axis == 1 else turned(term.chain)
            if not chain:
                return None
            product = self.closed(term._replace(chain=(*chain, Factor(ones(own[axis])))))
            keeps_row = node.params["keepdims"] and axis == 0
            return [self.flipped(product) if keeps_row else product]
        if not term.chain:
            return None
        if len(own) == 1:
            above, under = self._entry_factors(term.chain)
            pair = self._pair(above) if not under else None
            if pair is not None:
                return [
                    self.closed(term._replace(chain=turned(self.single(pair[0]).chain) + self.single(pair[1]).chain))
                ]
        if self.is_written(node) and term._replace(chain=()) == Term():
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
        plain = all(one.number == 1 and not one.above and not one.below for one in single)
        return entries if len(entries) == 2 and plain and all(one.chain for one in single) else None

    def _broadcast_to(self, node, a, **_):
        own, shape = shape_of(a), node.params["shape"]
        if not own and is_ones(node):
            return None
        term = self.single(a)
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
        return [self.flipped(term) if row_before != row_after else term]

    def _get_item(self, node, a):
        own, index = shape_of(a), node.params["index"]
        parts = index if isinstance(index, tuple) else (index,)
        row = len(own) == 2 and is_one(own[0]) and parts == (Ellipsis, 0, slice(None))
        column = len(own) == 2 and is_one(own[1]) and parts == (Ellipsis, 0)
        if not row and not column:
            return None
        term = self.single(a)
        return [self.flipped(term) if row and not is_one(own[1]) else term]

    def _scatter(self, node, a):
        """What a column or a row gets back from a vector that was read from it."""
        shape, index = node.params["shape"], node.params["index"]
        row = len(shape) == 2 and is_one(shape[0]) and index == (Ellipsis, 0, slice(None))
        column = len(shape) == 2 and is_one(shape[1]) and index == (Ellipsis, 0)
        term = self.single(a)
        if not row and not column:
            return None
        return [self.flipped(term) if row else term]

    # Sums of terms that are shown together

    def together(self, terms):
        """Equal terms added; M x + Mᵀ x as (M + Mᵀ) x."""
        terms = list(gathered(terms))
        if len(terms) > _FEW:
            return tuple(terms)
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
