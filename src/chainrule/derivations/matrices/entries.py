"""Products and quotients entry by entry, as terms: u ⊙ v, what cancels in them, columns and rows that stretch."""

from typing import Any

from chainrule.derivations.matrices.assembling import is_ones, ones, product_of
from chainrule.derivations.matrices.terms import Factor, Term, distinct, ids, is_indicator, turned
from chainrule.expressions import Apply, Comparison, Number, exact
from chainrule.expressions.arrays import Array, indicator
from chainrule.expressions.shapes import is_one, is_small, same_shape, shape_of
from chainrule.ops import CATALOGUE


class Entries:
    """The part of `Tidying` that is about products entry by entry, of which it is a part."""

    terms: Any
    single: Any
    is_written: Any
    _one: Any
    _whole: Any
    _factor: Any
    _product: Any
    _tidy_argument: Any

    def _multiply(self, node, a, b):
        return self._entrywise_product(node, a, b)

    def _divide(self, node, a, b):
        bottom = self.single(b)
        if not bottom.number:
            return None
        if not bottom.chain:
            top = self.terms(a)
            return [term.scaled(bottom.inverted()) for term in (top if len(top) == 1 else [self.single(a)])]
        if not same_shape(shape_of(a), shape_of(b)) and exact(a) is None:
            return None
        top = self.single(a)
        return self._entries(top, bottom._replace(number=1 / bottom.number), below=True)

    def _square(self, node, a):
        return None if shape_of(a) else self._entrywise_product(node, a, a)

    def _reciprocal(self, node, a):
        single = self.single(a)
        return [single.inverted()] if not single.chain and single.number else None

    def _power(self, node, a, b):
        count = exact(b)
        if count == 1:
            return self.terms(a)
        base = self.single(a)
        if type(count) is not int or base.chain or not base.number or not 0 < abs(count) < 8:
            return None
        term = Term(base.number ** abs(count), base.above * abs(count), base.below * abs(count))
        return [term if count > 0 else term.inverted()]

    def _entrywise_product(self, node, a, b):
        for factor, total in ((a, b), (b, a)):
            if self._cancels_in(factor, total):
                return [
                    term for part, sign in _addends(total) for term in self._scaled_entries(node, factor, part, sign)
                ]
        one, other = self.single(a), self.single(b)
        if not one.chain or not other.chain:
            return [one.scaled(other, one.chain or other.chain)]
        a_shape, b_shape = shape_of(a), shape_of(b)
        if same_shape(a_shape, b_shape):
            return self._entries(one, other)
        return self._stretched(node, (one, a_shape), (other, b_shape))

    def _cancels_in(self, factor, total):
        """Whether a factor stands below the line in a term of a sum that a rule made: then it is multiplied out."""
        if type(total) is not Apply or total.name not in ("add", "subtract") or self.is_written(total):
            return False
        single = self.single(factor)
        if not single.chain and not shape_of(total):
            below = {one for part, _ in _addends(total) for term in self.terms(part) for one in ids(term.below)}
            return bool(below & set(ids(single.above)))
        if not single.chain or not shape_of(factor):
            return False
        above = set(ids(self._entry_factors(single.chain)[0]))
        for part, _ in _addends(total):
            term = self.single(part)
            if term.chain and above & set(ids(self._entry_factors(term.chain)[1])):
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
            if split and not self.is_written(node) and self._is_entrywise(node):
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
        stretches = not is_small(shape_of(condition))
        return condition.of(*[self._tidy_argument(side, stretches) for side in condition.children])


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
