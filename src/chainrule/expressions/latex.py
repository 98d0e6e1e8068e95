r"""An expression in LaTeX (amsmath for cases), which the parser reads back as the same expression.

>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> x = Symbol("x")
>>> print(latex(EXPRESSIONS.sin(2 * x) ** 2 / x**3))
\frac{\sin^{2}\left(2 x\right)}{x^{3}}
"""

import unicodedata

from chainrule.expressions.names import GREEK, RAISED, WORDS, split_name
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
from chainrule.expressions.tree import Apply, Constant, Number, Symbol

RELATIONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "=": "=", "!=": r"\ne"}
_ACCENTS = {"\u0304": r"\bar", "\u0332": r"\underline"}
_CONSTANTS = {"pi": r"\pi", "e": "e", "infinity": r"\infty"}


def latex(expression, mark=None):
    """The expression in LaTeX, without dollars.

    Args:
        mark: a function of a node that gives what to put before and after it, or None.
    """
    if has_arrays(expression):
        from chainrule.expressions.arrayprinters import ArrayLatex  # which adds to this printer

        return ArrayLatex(mark)(expression)
    return Latex(mark)(expression)


def letter(name: str) -> str:
    r"""A variable's name: \alpha, x_{1}, x_{\mathrm{max}}."""
    base, index = split_name(name)
    base = _upright(base)
    if not index:
        return base
    return f"{base}_{{{index if index.isdigit() else _upright(index)}}}"


def _upright(name):
    *rest, mark = unicodedata.normalize("NFD", name)
    if mark in _ACCENTS and rest:  # the gradient by a letter is written with a bar
        return rf"{_ACCENTS[mark]}{{{_upright(''.join(rest))}}}"
    if name in GREEK and name != "omicron":
        return "\\" + name
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"


class Latex(Printer):
    """The printer of numbers; that of vectors and matrices adds to it."""

    def brackets(self, parts):
        return (r"\left(", parts, r"\right)")

    relations = RELATIONS

    def _constant(self, node, pieces):
        return Piece(_CONSTANTS[node.name], ATOM)

    def _symbol(self, node, pieces):
        return Piece(letter(node.name), ATOM)

    def _junction(self, node, pieces):
        level = AND if node.word == "and" else OR
        parts = [part for piece in pieces for part in (rf" \text{{ {node.word} }} ", self.inside(piece, level + 1))]
        return Piece(tuple(parts[1:]), level)

    def _negation(self, node, pieces):
        return Piece((r"\text{not } ", self.inside(pieces[0], ATOM)), NOT)

    def _number(self, node, pieces):
        mantissa, letter_e, exponent = decimal(node).lower().partition("e")
        return Piece(rf"{mantissa} \times 10^{{{int(exponent)}}}" if letter_e else mantissa, ATOM)

    def _add(self, node, a, b):
        return Piece((self.inside(a, SUM), " + ", self.inside(b, QUOTIENT)), SUM)

    def _subtract(self, node, a, b):
        return Piece((self.inside(a, SUM), " - ", self.inside(b, QUOTIENT)), SUM)

    def _negative(self, node, a):
        return Piece(("-", self.inside(a, QUOTIENT)), SIGN)

    def _multiply(self, node, a, b):
        sign = " " if self._touches(node, b) else r" \cdot "
        return Piece((self.inside(a, PRODUCT), sign, self.inside(b, POWER)), PRODUCT)

    def _touches(self, node, piece):
        """Whether two factors stand side by side without a sign: 2 x, x \\sin(x)."""
        left, right = node.arguments
        if type(left) is Number:
            return "e" not in decimal(left) and is_factor_after_number(right)
        if piece.level < POWER or type(left) is Symbol and left.name == "d":  # d x would be a differential
            return False
        if type(right) is Apply and right.name == "power":
            right = right.arguments[0]
        letters = type(right) in (Symbol, Constant)
        return letters or type(right) is Apply and (right.name in ("sqrt", "exp", "log_base") or right.name in RAISED)

    def _divide(self, node, a, b):
        return Piece((r"\frac{", a.parts, "}{", b.parts, "}"), POWER)

    def _power(self, node, a, b):
        base, exponent = node.arguments
        whole = whole_exponent(exponent)
        if whole is not None and whole > 1 and type(base) is Apply and base.name in RAISED and a.head is not None:
            return Piece((a.head[0], "^{", b.parts, "}", a.head[1]), POWER)
        is_e = type(base) is Constant and base.name == "e"  # e^x is the exponential function
        below = self.brackets(a.parts) if is_e or _ends_in_a_power(base) else self.inside(a, ATOM)
        return Piece((below, "^{", b.parts, "}"), POWER)

    def _exp(self, node, a):
        return self._function(node, [a]) if node.spelling == "exp" else Piece(("e^{", a.parts, "}"), POWER)

    def _sqrt(self, node, a):
        return Piece((r"\sqrt{", a.parts, "}"), ATOM)

    def _cbrt(self, node, a):
        return Piece((r"\sqrt[3]{", a.parts, "}"), ATOM)

    def _absolute(self, node, a):
        return Piece((r"\left|", a.parts, r"\right|"), ATOM)

    def _floor(self, node, a):
        return Piece((r"\left\lfloor ", a.parts, r"\right\rfloor "), ATOM)

    def _ceil(self, node, a):
        return Piece((r"\left\lceil ", a.parts, r"\right\rceil "), ATOM)

    def _maximum(self, node, a, b):
        if node.spelling == "relu":
            return applied(r"\operatorname{relu}", self.brackets(b.parts))
        return self._function(node, [a, b])

    def _log_base(self, node, a, b):
        return applied((r"\log_{", b.parts, "}"), self.brackets(a.parts))

    def _log2(self, node, a):
        return applied(r"\log_{2}", self.brackets(a.parts))

    def _log10(self, node, a):
        return applied(r"\log_{10}", self.brackets(a.parts))

    def _function(self, node, pieces):
        word = WORDS.get(node.name)
        name = word.latex if word else rf"\operatorname{{{node.name.replace('_', '')}}}"
        return applied(name, self._list(pieces, node.params))

    def _list(self, pieces, params=None):
        parts = [part for piece in pieces for part in (", ", piece.parts)][1:]
        for name, value in (params or {}).items():
            parts.append(rf", \mathrm{{{name}}} = {value}")
        return self.brackets(tuple(parts))

    def _abstract(self, node, pieces):
        name = letter(node.name)
        if node.spelling == "leibniz" and len(pieces) == 1:
            return self._leibniz(name, node.orders[0], pieces[0])
        if len(pieces) == 1 and node.orders[0] < 4:
            order = "'" * node.orders[0]
        else:
            order = f"^{{({', '.join(map(str, node.orders))})}}" if any(node.orders) else ""
        return Piece((name + order, self._list(pieces)), ATOM)

    def _leibniz(self, name, order, piece):
        if not order:
            return Piece(name, ATOM)
        raised = f"^{{{order}}}" if order > 1 else ""
        return Piece((rf"\frac{{d{raised} {name}}}{{d ", self.inside(piece, ATOM), raised, "}"), POWER)

    def _piecewise(self, node, pieces):
        rows = []
        for condition, value in zip(pieces[0 : 2 * len(node.branches) : 2], pieces[1::2]):
            rows.append((value.parts, r" & \text{if } ", condition.parts))
        if node.otherwise is not None:
            rows.append((pieces[-1].parts, r" & \text{otherwise}"))
        parts = [part for row in rows for part in (r" \\ ", row)][1:]
        return Piece((r"\begin{cases} ", parts, r" \end{cases}"), POWER)


def _ends_in_a_power(base):
    """Whether the base already has an exponent of its own, which LaTeX cannot stack: 10^{3} in a number."""
    return type(base) is Number and "e" in decimal(base).lower()
