"""How arrays are written: Aᵀ x, u vᵀ, X⁻ᵀ, ‖x‖, u ⊙ v; shared by text, LaTeX and MathML.

A vector has one axis, so which way it stands is seen from where it stands: on the left of a product it is a
row. Each format says how it writes the few signs that this needs (see `Signs`), and inherits the rest.

>>> from chainrule.expressions import Symbol
>>> n = Symbol("n")
>>> x, A = Symbol("x", (n,)), Symbol("A", (n, n))
>>> print(x @ A @ x / (x @ x))
xᵀ A x/(xᵀ x)
"""

from typing import Any

from chainrule.expressions.printing import ATOM, POWER, PRODUCT, QUOTIENT, Piece, Printer
from chainrule.expressions.shapes import is_one, rank, shape_of
from chainrule.expressions.tree import Apply, Number, Piecewise, Symbol, exact

TRANSPOSED, INVERSE, INVERSE_TRANSPOSED, ENTRYWISE = "transposed", "inverse", "inverse transposed", "entrywise"
_CALLED = {
    **{name: name for name in "sum mean prod max min var std logsumexp softmax det".split()},
    **{"trace": "tr", "diag": "diag", "diagonal": "diag", "logabsdet": "logdet", "cholesky": "chol"},
}
_ARRAYS = frozenset([*_CALLED, "matmul", "norm", "inv", "solve", "transpose", "reshape", "broadcast_to", "get_item",
                     "einsum", "concatenate"])  # fmt: skip


def has_arrays(expression):
    """Whether an expression is one of vectors or matrices."""
    seen, stack = set(), [expression]
    while stack:  # in no order: every formula that is printed is asked
        node = stack.pop()
        if type(node) is Symbol and node.shape or type(node) is Apply and node.name in _ARRAYS:
            return True
        if node.children and id(node) not in seen:
            seen.add(id(node))
            stack.extend(node.children)
    return False


def is_product(node):
    """Whether a node is a matrix product."""
    return type(node) is Apply and node.name == "matmul"


def is_ones(node):
    """Whether a node is a vector or matrix of one number."""
    return type(node) is Apply and node.name == "broadcast_to" and type(node.arguments[0]) is Number


def is_row(node):
    """Whether what is written for a vector is a row: vᵀ A."""
    return is_product(node) and rank(node) == 1 and rank(node.arguments[0]) == 1


def is_indicator(node):
    """Whether a node is 1 where a condition holds, else 0."""
    if type(node) is not Piecewise or len(node.branches) != 1 or node.otherwise is None:
        return False
    return exact(node.branches[0][1]) == 1 and exact(node.otherwise) == 0


class Signs(Printer):
    """What a format supplies: pieces of text for the signs of arrays."""

    def joined(self, left, sign, right) -> Any:
        """Two parts with a sign between them: "⊙", "⊘", "/" or "" (a product)."""
        raise NotImplementedError

    def marked(self, parts, mark) -> Any:
        """A part with ᵀ, ⁻¹ or ⁻ᵀ on it."""
        raise NotImplementedError

    def called(self, name, arguments) -> Piece:
        """A function's name and its arguments, a list of parts."""
        raise NotImplementedError

    def fenced(self, parts) -> Any:
        """A norm: ‖x‖."""
        raise NotImplementedError

    def indicated(self, parts) -> Any:
        """1 where a condition holds: 1[x > 0]."""
        raise NotImplementedError

    def constant(self, name) -> Any:
        """ "1", "0" (a vector of ones, of zeros) or "I"."""
        raise NotImplementedError

    def counted(self, number) -> Any:
        """A whole number, such as an axis."""
        return str(number)


class Notation(Signs):
    """Arrays, for a printer of numbers (which comes next among the bases)."""

    def write(self, node, pieces):
        if is_indicator(node):
            return Piece(self.indicated(pieces[0].parts), ATOM)
        turns = type(node) is Apply and node.name not in ("matmul", "reshape")
        if turns and any(is_row(argument) for argument in node.arguments):
            pieces = [
                self._turned(piece) if is_row(argument) else piece for piece, argument in zip(pieces, node.arguments)
            ]
        return super().write(node, pieces)  # type: ignore[misc]

    # Products

    def _matmul(self, node, a, b):
        left, right = node.arguments
        first = self._left(left, a)
        if rank(right) == 1 and is_row(right):
            second = self._turned(b).parts
        else:
            second = b.parts if is_product(_bare(right)) and rank(right) else self.inside(b, POWER)
        return Piece(self.joined(first, "", second), PRODUCT)

    def _left(self, node, piece):
        """What stands on the left of a product: a vector as a row; a product or a multiple without brackets."""
        if rank(node) == 1 and not is_row(node):
            return self._row(node, piece)
        free = is_product(_bare(node)) and rank(node) or _is_multiple(node)
        return piece.parts if free else self.inside(piece, POWER)

    def _row(self, node, piece):
        if _is_multiple(node):  # (2x)ᵀ as 2xᵀ
            scalar, vector = node.arguments
            return self.joined(self(scalar), "", self.marked(self._atom(vector), TRANSPOSED))
        return self.marked(self.inside(piece, ATOM), TRANSPOSED)

    def _atom(self, node):
        """A part printed by itself, in brackets unless it is one thing."""
        text = self(node)
        return text if type(node) is Symbol else self.brackets(text)

    def _turned(self, piece):
        return Piece(self.marked(self.brackets(piece.parts), TRANSPOSED), POWER)

    def _multiply(self, node, a, b):
        left, right = node.arguments
        ranks = rank(left), rank(right)
        if min(ranks) > 0 and _is_outer(left, right):
            return Piece(self.joined(self._left(left, a), "", self.inside(b, POWER)), PRODUCT)
        if min(ranks) > 0:
            first = a.parts if _is_entrywise(left) else self.inside(a, POWER)
            return Piece(self.joined(first, "⊙", self.inside(b, POWER)), PRODUCT)
        plain = max(ranks) == 0 and not is_product(left) and not is_product(right)
        if plain or type(left) is Number and type(right) is Symbol:
            return super()._multiply(node, a, b)  # type: ignore[misc]
        if max(ranks) and not rank(left) and any(map(is_product, _factors(left))):
            first = self._scalars(left)
        else:
            first = self.inside(a, POWER) if is_product(left) or _is_entrywise(left) else self.inside(a, PRODUCT)
        free = is_product(right) and (type(left) is Number or rank(right))
        return Piece(self.joined(first, "", b.parts if free else self.inside(b, POWER)), PRODUCT)

    def _scalars(self, node):
        """Numbers multiplied, those that are products of vectors in brackets: 2 (xᵀ y)."""
        written = None
        for factor in _factors(node):
            text = self(factor)
            text = (
                self.brackets(text)
                if is_product(factor) or getattr(factor, "name", "") in ("add", "subtract")
                else text
            )
            written = text if written is None else self.joined(written, "", text)
        return written

    def _divide(self, node, a, b):
        left, right = node.arguments
        if rank(right):
            first = a.parts if _is_entrywise(left) else self.inside(a, POWER)
            return Piece(self.joined(first, "⊘", self.inside(b, POWER)), QUOTIENT)
        return super()._divide(node, a, b)  # type: ignore[misc]

    def _power(self, node, a, b):
        if rank(node.arguments[0]) < 2:
            return super()._power(node, a, b)  # type: ignore[misc]
        return Piece(self.marked(self.inside(a, ATOM), (ENTRYWISE, b.parts)), POWER)

    def _exp(self, node, a):
        return self.called("exp", [a.parts]) if rank(node) else super()._exp(node, a)  # type: ignore[misc]

    # Transposes and inverses

    def _transpose(self, node, a):
        if len(node.params["axes"]) != 2:
            return self._call(node, [a])
        inner = node.arguments[0]
        if type(inner) is Apply and inner.name == "inv":
            return Piece(self.marked(self._atom(inner.arguments[0]), INVERSE_TRANSPOSED), POWER)
        return Piece(self.marked(self.inside(a, ATOM), TRANSPOSED), POWER)

    def _inv(self, node, a):
        inner = node.arguments[0]
        if type(inner) is Apply and inner.name == "transpose":
            return Piece(self.marked(self._atom(inner.arguments[0]), INVERSE_TRANSPOSED), POWER)
        return Piece(self.marked(self.inside(a, ATOM), INVERSE), POWER)

    def _solve(self, node, a, b):
        right = node.arguments[1]
        second = b.parts if is_product(right) and not is_row(right) else self.inside(b, POWER)
        return Piece(self.joined(self.marked(self.inside(a, ATOM), INVERSE), "", second), PRODUCT)

    # Shapes

    def _reshape(self, node, a):
        """A vector that is made a column or a row shows as that; sizes of 1 do not show."""
        inner, shape = node.arguments[0], node.params["shape"]
        own = shape_of(inner)
        row = len(shape) == 2 and is_one(shape[0]) and not is_one(shape[1])
        if len(own) == 1:
            return Piece(self._row(inner, a), POWER) if row and not is_row(inner) else a
        was_row = len(own) == 2 and is_one(own[0]) and not is_one(own[1])
        if sum(not is_one(size) for size in own) > 1:
            return self._call(node, [a])
        return a if row == was_row else self._turned(a)

    def _broadcast_to(self, node, a):
        value = exact(node.arguments[0])
        if value in (0, 1):
            return Piece(self.constant(str(value)), ATOM)
        if rank(node.arguments[0]):
            return a
        return Piece(self.joined(self.inside(a, POWER), "", self.constant("1")), PRODUCT)

    # Functions

    def _norm(self, node, a):
        if node.params["axis"] is None:
            return Piece(self.fenced(a.parts), ATOM)
        return self._call(node, [a])

    def _diag(self, node, a):
        if is_ones(node.arguments[0]) and exact(node.arguments[0].arguments[0]) == 1:
            return Piece(self.constant("I"), ATOM)
        return self._call(node, [a])

    def _function(self, node, pieces):
        return self._call(node, pieces) if node.name in _ARRAYS else super()._function(node, pieces)  # type: ignore[misc]

    def _call(self, node, pieces):
        """A function of arrays by its name, with the axis if it has one."""
        arguments = [piece.parts for piece in pieces]
        params = node.params or {}
        if params.get("axis") is not None:
            arguments.append(self.counted(params["axis"]))
        if "index" in params:
            arguments.append(self.counted(params["index"]))
        return self.called(_CALLED.get(node.name, node.name), arguments)


def _is_outer(left, right):
    """Whether a column and a row are multiplied entry by entry, which is their outer product."""
    one, other = shape_of(left), shape_of(right)
    return len(one) == len(other) == 2 and is_one(one[1]) and is_one(other[0]) and not is_one(other[1])


def _bare(node):
    """A node without the column or row that it is made."""
    return node.arguments[0] if type(node) is Apply and node.name == "reshape" else node


def _factors(node):
    """The factors of a product of numbers."""
    stack = [node]
    while stack:
        part = stack.pop()
        if type(part) is Apply and part.name == "multiply":
            stack.extend(reversed(part.arguments))
        else:
            yield part


def _is_multiple(node):
    """Whether a node is a number times an array."""
    return (
        type(node) is Apply and node.name == "multiply" and rank(node.arguments[0]) == 0 and rank(node.arguments[1]) > 0
    )


def _is_entrywise(node):
    """Whether a node is an entrywise product of arrays."""
    return type(node) is Apply and node.name == "multiply" and min(map(rank, node.arguments)) > 0


__all__ = ["ENTRYWISE", "INVERSE", "INVERSE_TRANSPOSED", "TRANSPOSED", "Notation", "has_arrays"]
