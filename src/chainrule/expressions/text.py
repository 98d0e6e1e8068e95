"""An expression on one line of Unicode, which the parser reads back as the same expression.

>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> x = Symbol("x")
>>> print(text(2 * x**2 * EXPRESSIONS.sin(3 * x + 1) ** 2 / EXPRESSIONS.sqrt(x)))
2x²·sin²(3x + 1)/√x
"""

from chainrule.expressions.names import GREEK, RAISED, SUBSCRIPTS, SUPERSCRIPTS, WORDS, split_name
from chainrule.expressions.notation import has_arrays
from chainrule.expressions.printing import (
    AND,
    ATOM,
    NOT,
    OR,
    POWER,
    PRODUCT,
    QUOTIENT,
    SIGN,
    SUM,
    Piece,
    Printer,
    applied,
    decimal,
    is_factor_after_number,
    whole_exponent,
)
from chainrule.expressions.tree import Apply, Constant, Number, Piecewise, Symbol

RELATIONS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "=": "=", "!=": "≠"}
_CONSTANTS = {"pi": "π", "e": "e", "infinity": "∞"}


def text(expression, mark=None):
    """The expression on one line.

    Args:
        mark: a function of a node that gives what to put before and after its text, or None.
    """
    if has_arrays(expression):
        from chainrule.expressions.arrayprinters import ArrayText  # which adds to this printer

        return ArrayText(mark)(expression)
    return Text(mark)(expression)


def letter(name: str) -> str:
    """A variable's name as text: α, x₁, x_max."""
    base, index = split_name(name)
    base = GREEK.get(base, base)
    if not index:
        return base
    return base + index.translate(SUBSCRIPTS) if index.isdigit() else f"{base}_{GREEK.get(index, index)}"


def primes(order):
    """The mark of a derivative of one variable: f′, f″, f‴, f⁽⁴⁾."""
    return ("", "′", "″", "‴")[order] if order < 4 else f"⁽{str(order).translate(SUPERSCRIPTS)}⁾"


class Text(Printer):
    """The printer of numbers; that of vectors and matrices adds to it."""

    def __init__(self, mark=None):
        super().__init__(mark)
        self._barred = set()  # the identities of nodes in which bars stand

    relations = RELATIONS

    def write(self, node, pieces):
        if node.children and any(id(child) in self._barred for child in node.children):
            self._barred.add(id(node))
        return super().write(node, pieces)

    def _number(self, node, pieces):
        return Piece(decimal(node), ATOM)

    def _constant(self, node, pieces):
        return Piece(_CONSTANTS[node.name], ATOM)

    def _symbol(self, node, pieces):
        return Piece(letter(node.name), ATOM)

    def _negation(self, node, pieces):
        return Piece(("not ", self.inside(pieces[0], ATOM)), NOT)

    def _add(self, node, a, b):
        return Piece((self.inside(a, SUM), " + ", self.inside(b, QUOTIENT)), SUM)

    def _subtract(self, node, a, b):
        return Piece((self.inside(a, SUM), " − ", self.inside(b, QUOTIENT)), SUM)

    def _negative(self, node, a):
        return Piece(("−", self.inside(a, QUOTIENT)), SIGN)

    def _multiply(self, node, a, b):
        left, right = node.arguments
        sign = "" if type(left) is Number and is_factor_after_number(right) else "·"
        if not sign and (b.level < POWER or right.children):
            sign = " " if b.level >= POWER and _begins_with_a_name(right) else sign
        return Piece((self.inside(a, PRODUCT), sign, self.inside(b, POWER)), PRODUCT)

    def _divide(self, node, a, b):
        return Piece((self.inside(a, PRODUCT), "/", self.inside(b, POWER)), QUOTIENT)

    def _power(self, node, a, b):
        base, exponent = node.arguments
        whole = whole_exponent(exponent)
        if whole is None:
            raised = self.brackets(b.parts) if type(exponent) is Piecewise else self.inside(b, ATOM)  # not LaTeX's ^{
            return Piece((self._base(base, a), "^", raised), POWER)
        raised = str(whole).translate(SUPERSCRIPTS)
        if whole > 1 and type(base) is Apply and base.name in RAISED and a.head is not None:
            return Piece((a.head[0], raised, a.head[1]), POWER)
        return Piece((self._base(base, a), raised), POWER)

    def _base(self, base, a):
        is_e = type(base) is Constant and base.name == "e"  # e^x is the exponential function
        return self.brackets(a.parts) if is_e else self.inside(a, ATOM)

    def _exp(self, node, a):
        if node.spelling == "exp":
            return self._function(node, [a])
        whole = whole_exponent(node.arguments[0])
        if whole is not None:
            return Piece(("e", str(whole).translate(SUPERSCRIPTS)), POWER)
        raised = self.brackets(a.parts) if type(node.arguments[0]) is Piecewise else self.inside(a, ATOM)
        return Piece(("e^", raised), POWER)

    def _sqrt(self, node, a):
        return Piece(("√", self.inside(a, ATOM)), POWER)

    def _cbrt(self, node, a):
        return Piece(("∛", self.inside(a, ATOM)), POWER)

    def _absolute(self, node, a):
        if id(node.arguments[0]) in self._barred:  # bars inside bars are hard to tell apart
            return self._function(node, [a])
        self._barred.add(id(node))
        return Piece(("|", a.parts, "|"), ATOM)

    def _floor(self, node, a):
        return Piece(("⌊", a.parts, "⌋"), ATOM)

    def _ceil(self, node, a):
        return Piece(("⌈", a.parts, "⌉"), ATOM)

    def _maximum(self, node, a, b):
        if node.spelling == "relu":
            return Piece(("relu", self.brackets(b.parts)), ATOM)
        return self._function(node, [a, b])

    def _log_base(self, node, a, b):
        base = node.arguments[1]
        if type(base) is Number and isinstance(base.value, int):
            index = str(base.value).translate(SUBSCRIPTS)
        else:
            index = ("_", b.parts if type(base) is Symbol and len(letter(base.name)) == 1 else self.brackets(b.parts))
        return Piece((("log", index), self.brackets(a.parts)), ATOM)

    def _log2(self, node, a):
        return Piece(("log₂", self.brackets(a.parts)), ATOM)

    def _log10(self, node, a):
        return Piece(("log₁₀", self.brackets(a.parts)), ATOM)

    def _function(self, node, pieces):
        word = WORDS.get(node.name)
        name = word.text if word else node.name
        return applied(name, self._list(pieces, node.params))

    def _list(self, pieces, params=None):
        parts = [part for piece in pieces for part in (", ", piece.parts)][1:]
        for name, value in (params or {}).items():
            parts.append(f", {name}={value}")
        return self.brackets(tuple(parts))

    def _abstract(self, node, pieces):
        name = letter(node.name)
        if node.spelling == "leibniz" and len(pieces) == 1:
            return self._leibniz(name, node.orders[0], pieces[0])
        if len(pieces) == 1:
            order = primes(node.orders[0])
        else:
            order = f"^({', '.join(map(str, node.orders))})" if any(node.orders) else ""
        return Piece((name + order, self._list(pieces)), ATOM)

    def _leibniz(self, name, order, piece):
        if not order:
            return Piece(name, ATOM)
        raised = str(order).translate(SUPERSCRIPTS) if order > 1 else ""
        return Piece((f"d{raised}{name}/d", self.inside(piece, ATOM), raised), QUOTIENT)

    def _piecewise(self, node, pieces):
        parts = []
        for condition, value in zip(pieces[0 : 2 * len(node.branches) : 2], pieces[1::2]):
            parts.append((value.parts, " if ", condition.parts))
        if node.otherwise is not None:
            parts.append((pieces[-1].parts, " otherwise"))
        return Piece(("{", [part for one in parts for part in ("; ", one)][1:], "}"), ATOM)

    def _junction(self, node, pieces):
        level = AND if node.word == "and" else OR
        parts = [part for piece in pieces for part in (f" {node.word} ", self.inside(piece, level + 1))]
        return Piece(tuple(parts[1:]), level)


def _begins_with_a_name(node):
    """Whether what prints for a node begins with the name of a function: 2 sin(x), but 2x and 2e^x."""
    if type(node) is Apply and node.name == "power":
        node = node.arguments[0]
    if type(node) is not Apply or node.name in ("sqrt", "cbrt", "absolute", "floor", "ceil"):
        return False
    return node.name in WORDS and (node.name != "exp" or node.spelling == "exp") or node.name == "log_base"
