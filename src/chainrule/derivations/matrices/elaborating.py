"""From signs to rooms: what x'*A*y means once it is known what is a number, a vector and a matrix.

A vector is a column, and a row once it is transposed; it has one axis in the expression that comes out, as
NumPy has it. `@` and `.` read a vector as a row or a column, whichever fits.
"""

from typing import NamedTuple, NoReturn

from chainrule.derivations.matrices import heads
from chainrule.derivations.parsing.tokens import problem
from chainrule.errors import ShapeError
from chainrule.expressions import Abstract, Apply, Comparison, Expression, Piecewise, Symbol, exact, symbols_of
from chainrule.expressions.shapes import applied_shape, kind_of
from chainrule.ops import CATALOGUE

# What a typed value is: a number, a column, a row, a vector that NumPy would take for either, a matrix.
NUMBER, COLUMN, ROW, EITHER, MATRIX = "number", "column", "row", "vector", "matrix"
_SIDES = (NUMBER, COLUMN, MATRIX)  # by the number of axes
_SIGNS = {"+": "add", "-": "subtract", ".*": "multiply", "./": "divide", ".^": "power"}
_MOST_FACTORS = 12  # of a matrix power


class Typed(NamedTuple):
    """A part with its shape, and which way it stands."""

    node: Expression
    shape: tuple
    side: str


class Elaborator:
    """Gives the signs of one text their meaning.

    Args:
        text: for messages.
        shapes: name of a symbol -> its shape; sizes may be open.
        sizes: the `Unifier` of these sizes.
        declared: names whose shapes the user gave.

    Attributes:
        strained: how often a number that is a variable was spread over an array, or transposed: allowed, but
            rarely meant.
        notes: powers of matrices that were read entry by entry, as text.
        done: the identity of a part of the text's tree -> what it means.
    """

    def __init__(self, text, shapes, sizes, declared=()):
        self.text, self.shapes, self.sizes = text, shapes, sizes
        self.declared = frozenset(declared)
        self.strained, self.notes = 0, []
        self.done: dict[int, Typed] = {}

    def __call__(self, tree) -> Typed:
        """The whole expression.

        Raises: ParseError, which points at what does not fit together.
        """
        done = self.done
        stack = [(tree, False)]
        while stack:
            node, ready = stack.pop()
            if id(node) in done:
                continue
            parts = self._typed_parts(node)
            if ready or not parts:
                done[id(node)] = self._typed(node, [done[id(part)] for part in parts])
            else:
                stack.append((node, True))
                stack.extend((part, False) for part in parts)
        return done[id(tree)]

    def _typed_parts(self, node):
        """The parts of a node that have shapes: neither the T of X^T, nor an axis, nor a size."""
        if heads.names_size(node):
            return ()
        only_first = self.transposes(node) or heads.names_axis(node)
        return node.children[:1] if only_first else node.children

    def transposes(self, node):
        """Whether a node is X^T or X.T, where no T was declared."""
        if type(node) not in (Apply, Abstract) or node.name not in ("power", ".") or len(node.children) != 2:
            return False
        exponent = node.children[1]
        if type(exponent) is Apply and exponent.name == "negative":
            exponent = exponent.arguments[0]
        return type(exponent) is Symbol and exponent.name == "T" and "T" not in self.declared

    def fail(self, node, what, do) -> NoReturn:
        start, end = node.place if isinstance(node.place, tuple) else (0, len(self.text))
        raise problem(self.text, start, end, what, do)

    def _typed(self, node, parts) -> Typed:
        if type(node) is Symbol:
            shape = self.shapes[node.name]
            return Typed(Symbol(node.name, shape), shape, _SIDES[len(shape)])
        if self.transposes(node):
            turned = self._transpose(node, parts[0])
            negative = type(node.children[1]) is Apply
            return self._inverse(node, turned) if negative else turned
        if type(node) is Abstract:
            return self._abstract(node, parts)
        if not node.children:
            return Typed(node, (), NUMBER)
        if type(node) in (Comparison, Piecewise) or getattr(node, "is_condition", False):
            return self._entrywise(node, parts, node.of)
        if node.name == "multiply":
            return self._product(node, *parts)
        if node.name == "power":
            return self._power(node, *parts)
        if node.name == "divide":
            return self._quotient(node, *parts)
        return self._entrywise(node, parts, node.of)

    # Entry by entry

    def _entrywise(self, node, parts, build) -> Typed:
        """A function or sign applied entry by entry; numbers are spread over arrays."""
        shape = self.sizes.broadcast(*(part.shape for part in parts))
        ranks = {len(part.shape) for part in parts if part.shape}
        if shape is None or len(ranks) > 1:
            self.fail(node, self._misfit(parts), "give parts of one shape; a number goes with any")
        sides = {part.side for part in parts if part.side not in (NUMBER, EITHER)}
        if {ROW, COLUMN} <= sides:
            self.fail(node, "a row and a column do not go together", "transpose one of them with '")
        if ranks:
            self.strained += sum(not part.shape and bool(symbols_of(part.node)) for part in parts)
        side = sides.pop() if sides else EITHER if ranks else NUMBER
        return Typed(build(*(part.node for part in parts)), shape, side)

    def _misfit(self, parts):
        kinds = [kind_of(self._shown(part.shape)) for part in parts]
        return f"{', '.join(kinds[:-1])} and {kinds[-1]} do not go together entry by entry"

    def _shown(self, shape):
        return tuple(Symbol("?") if str(size).startswith("?") else size for size in self.sizes.shape(shape))

    def _sign(self, node, parts) -> Typed:
        room = CATALOGUE[_SIGNS[node.name]]
        return self._entrywise(node, parts, lambda *nodes: Apply(room, nodes, place=node.place))

    # Products, quotients and powers

    def _abstract(self, node, parts) -> Typed:
        if node.name in _SIGNS:
            return self._sign(node, parts)
        if node.name == "*":
            return self._product(node, *parts)
        if node.name == "/":
            return self._quotient(node, *parts)
        if node.name in ("@", "."):
            return self._dot(node, *parts)
        if node.name == "transpose":
            return self._transpose(node, parts[0])
        if node.name == "inverse transpose":
            return self._inverse(node, self._transpose(node, parts[0]))
        return heads.apply(self, node, parts)

    def _product(self, node, a, b) -> Typed:
        """a*b: of numbers, of a number and an array, or of matrices, rows and columns."""
        if not a.shape or not b.shape:
            shape = a.shape or b.shape
            return Typed(
                Apply(CATALOGUE["multiply"], (a.node, b.node), place=node.place), shape, (a if a.shape else b).side
            )
        column_row = a.side == COLUMN and b.side in (ROW, EITHER) or a.side == EITHER and b.side == ROW
        if column_row:
            return self.outer(node, a, b)
        if {a.side, b.side} in ({COLUMN}, {ROW}):
            x, y = a.node, b.node
            self.fail(node, f"two {a.side}s cannot be multiplied",
                      f"write {x}'*{y} for the inner product, {x}.*{y} entry by entry, {x}*{y}' for the outer product"
                      if a.side == COLUMN else "transpose one of them with '")  # fmt: skip
        if a.side == COLUMN and b.side == MATRIX or a.side == MATRIX and b.side == ROW:
            self.fail(node, f"a {a.side} times a {b.side} is no product", "transpose the vector with '")
        return self._dot(node, a, b)

    def _dot(self, node, a, b) -> Typed:
        """a @ b: the product of matrices; a vector is a row on the left and a column on the right."""
        if not a.shape or not b.shape:
            self.fail(
                node, f"{node.name} multiplies vectors and matrices, and one of these is a number", "write * for it"
            )
        if node.name == "@" and a.side == COLUMN and b.side == ROW:
            return self.outer(node, a, b)
        product = Apply(CATALOGUE["matmul"], (a.node, b.node), place=node.place)
        shape = self.sizes.product(a.shape, b.shape)
        if shape is None:
            kinds = [kind_of(self._shown(part.shape)) for part in (a, b)]
            self.fail(node, f"{kinds[0]} cannot be multiplied by {kinds[1]}: the inner sizes differ",
                      "transpose one of them with ', or give other shapes=")  # fmt: skip
        side = NUMBER if not shape else MATRIX if len(shape) > 1 else COLUMN if a.side == MATRIX else ROW
        if node.name != "*" and side == ROW and a.side == COLUMN:
            side = EITHER
        return Typed(product, shape, side)

    def outer(self, node, a, b) -> Typed:
        """The outer product of two vectors: a column times a row."""
        m, n = a.shape[0], b.shape[0]
        column = Apply(CATALOGUE["reshape"], (a.node,), {"shape": (m, 1)})
        row = Apply(CATALOGUE["reshape"], (b.node,), {"shape": (1, n)})
        return Typed(Apply(CATALOGUE["matmul"], (column, row), place=node.place), (m, n), MATRIX)

    def _quotient(self, node, a, b) -> Typed:
        if a.shape and b.shape:
            self.fail(node, "/ divides by a number, and this is an array", "write ./ to divide entry by entry")
        return self._entrywise(node, (a, b), lambda *nodes: Apply(CATALOGUE["divide"], nodes, place=node.place))

    def _power(self, node, base, exponent) -> Typed:
        count = exact(exponent.node)
        if len(base.shape) < 2 or exponent.shape:
            return self._entrywise(node, (base, exponent), node.of)
        if type(count) is not int or not abs(count) <= _MOST_FACTORS or count == 0:
            self.fail(node, "a power of a matrix has a whole exponent", "write .^ for powers of its entries")
        if not self._is_square(base) and count > 0:
            self.notes.append(f"{base.node}^{count}")
            return self._entrywise(node, (base, exponent), node.of)
        factor = self._inverse(node, base) if count < 0 else base
        result = factor
        for _ in range(abs(count) - 1):
            result = self._dot(node, result, factor)
        return result

    def _is_square(self, part):
        """Whether a matrix is square, or must be since nothing says otherwise."""
        rows, columns = self.sizes.shape(part.shape)
        return rows is columns or rows == columns or str(rows).startswith("?") or str(columns).startswith("?")

    def _transpose(self, node, a) -> Typed:
        if a.side == MATRIX:
            node = Apply(CATALOGUE["transpose"], (a.node,), {"axes": (1, 0)}, place=node.place)
            return Typed(node, a.shape[::-1], MATRIX)
        self.strained += not a.shape
        return a._replace(side={COLUMN: ROW, ROW: COLUMN}.get(a.side, a.side))

    def _inverse(self, node, a) -> Typed:
        return self.room(node, "inv", a)

    # What the heads use

    def constant(self, number, shape, node) -> Typed:
        """An array of one number."""
        spread = Apply(CATALOGUE["broadcast_to"], (number,), {"shape": shape}, place=node.place)
        return Typed(spread, shape, COLUMN if len(shape) == 1 else MATRIX)

    def room(self, node, name, *parts, side=None, **params) -> Typed:
        """A room applied to typed parts."""
        primitive = CATALOGUE[name]
        try:
            shape = applied_shape(primitive, [part.shape for part in parts], params, self.sizes)
        except (ShapeError, TypeError, IndexError):
            kinds = " and ".join(kind_of(self._shown(part.shape)) for part in parts)
            self.fail(
                node, f"{getattr(node, 'name', name)} does not take {kinds}", _WANTED.get(name, "give other shapes=")
            )
        side = side or _SIDES[len(shape)]
        return Typed(Apply(primitive, [part.node for part in parts], params, place=node.place), shape, side)


_WANTED = {
    **dict.fromkeys(("inv", "det", "logabsdet", "trace", "cholesky", "diagonal"), "give it a square matrix"),
    "solve": "give it a square matrix, and what stands on the right",
}
