"""What the printers share: how tightly pieces hold together, and the walk that prints without recursion.

A printer writes a node from the pieces of its children. A piece is put in brackets where it holds
together less tightly than its place asks. Pieces nest as tuples and are joined once at the end, so
the cost is that of the text that comes out.
"""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from chainrule.expressions.conditions import Comparison, Junction, Negation
from chainrule.expressions.tree import Abstract, Apply, Constant, Expression, Number, Piecewise, Symbol

# How tightly a piece holds together.
LOOSE, OR, AND, NOT, COMPARE, SUM, SIGN, QUOTIENT, PRODUCT, POWER, ATOM = range(11)

Mark = Callable[[Expression], tuple[str, str] | None]


class Piece(NamedTuple):
    """A printed part.

    Attributes:
        parts: strings and pieces' parts, nested.
        level: how tightly they hold together.
        head: of a function applied, (its name, its arguments), between which an exponent can stand.
    """

    parts: Any
    level: int
    head: Any = None


# What a printer has a method for, beside one for each function that it writes in a way of its own (`_add`).
_METHODS = {
    Number: "_number",
    Constant: "_constant",
    Symbol: "_symbol",
    Comparison: "_comparison",
    Junction: "_junction",
    Negation: "_negation",
    Abstract: "_abstract",
    Piecewise: "_piecewise",
}


class Printer:
    """The walk. A printer adds a method for each kind of node, which gets it and the pieces of its children.

    Attributes:
        relations: how comparisons are written.

    Args:
        mark: a function of a node that gives what is put before and after its text, or None; so a
            renderer colours a factor, or gives it an id.
    """

    relations: ClassVar[dict[str, str]] = {}

    def __init__(self, mark: Mark | None = None):
        self._mark = mark

    def write(self, node, pieces) -> Piece:
        """A node, from the pieces of its children."""
        if type(node) is not Apply:
            return getattr(self, _METHODS[type(node)])(node, pieces)
        own = getattr(self, f"_{node.name}", None)
        return own(node, *pieces) if own is not None else self._function(node, pieces)

    def _function(self, node, pieces) -> Piece:
        raise NotImplementedError

    def _comparison(self, node, pieces):
        left, right = (self.inside(piece, SUM) for piece in pieces)
        return Piece((left, f" {self.relations[node.relation]} ", right), COMPARE)

    def brackets(self, parts) -> Any:
        return ("(", parts, ")")

    def inside(self, piece, level):
        """The parts of a piece, in brackets where it holds together less tightly than `level`."""
        return piece.parts if piece.level >= level else self.brackets(piece.parts)

    def __call__(self, expression):
        done: dict[int, Piece] = {}
        stack = [(expression, False)]
        while stack:
            node, ready = stack.pop()
            if id(node) in done:
                continue
            children = node.children
            if ready or not children:
                done[id(node)] = self._marked(node, self.write(node, [done[id(child)] for child in children]))
            else:
                stack.append((node, True))
                stack.extend([(child, False) for child in children])
        return flat(done[id(expression)].parts)

    def _marked(self, node, piece):
        around = self._mark(node) if self._mark is not None else None
        if around is None:
            return piece
        head = piece.head and ((around[0], piece.head[0]), (piece.head[1], around[1]))
        return Piece((around[0], piece.parts, around[1]), piece.level, head)


def applied(name, arguments):
    """A function's name and its arguments in brackets."""
    return Piece((name, arguments), ATOM, (name, arguments))


def flat(parts):
    """Nested parts as one string."""
    out, stack = [], [parts]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            out.append(part)
        else:
            stack.extend(reversed(part))
    return "".join(out)


def decimal(number):
    """The digits of a Number: as they were written, else as a decimal in full, or with an exponent."""
    if number.text is not None:
        return number.text
    value = number.value
    if isinstance(value, int):
        return str(value)
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(int(value * 10**places)).rjust(places + 1, "0")
    if places <= 20:
        return f"{digits[:-places]}.{digits[-places:]}"
    digits = digits.lstrip("0")
    tail = digits[1:].rstrip("0")
    return f"{digits[0]}{'.' if tail else ''}{tail}e{len(digits) - 1 - places}"


def whole_exponent(node):
    """The exponent of a power as an int where it is a whole number or minus one; else None."""
    signed = type(node) is Apply and node.name == "negative"
    number = node.arguments[0] if signed else node
    if type(number) is not Number or not isinstance(number.value, int) or signed and not number.value:
        return None
    return -number.value if signed else number.value


def is_factor_after_number(node):
    """Whether the node can stand directly after a number: 2x, 2π, 2x², 2e^x, 2(x + 1)."""
    if type(node) is Apply and node.name == "power":
        node = node.arguments[0]
    return not (type(node) is Number or type(node) is Apply and node.name in ("negative", "divide", "multiply"))
