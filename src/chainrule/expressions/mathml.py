"""An expression in MathML Core: one element, valid XML, which a screen reader can read.

U+2061 stands after the name of a function and U+2062 where a product has no sign, and `intent` says what
bars, floors and derivatives are. Only elements of MathML Core are used.

>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> print(mathml(EXPRESSIONS.sin(2 * Symbol("x"))))
<mrow><mi>sin</mi><mo>&#x2061;</mo><mrow><mo>(</mo><mrow><mn>2</mn><mo>&#x2062;</mo><mi>x</mi></mrow><mo>)</mo></mrow></mrow>
"""

from html import escape

from chainrule.expressions.names import GREEK, RAISED, WORDS, split_name
from chainrule.expressions.notation import has_arrays
from chainrule.expressions.printing import (
    AND,
    ATOM,
    COMPARE,
    NOT,
    OR,
    POWER,
    PRODUCT,
    QUOTIENT,
    SIGN,
    SUM,
    Piece,
    Printer,
    decimal,
    is_factor_after_number,
    whole_exponent,
)
from chainrule.expressions.tree import Apply, Number

RELATIONS = {"<": "&lt;", "<=": "≤", ">": "&gt;", ">=": "≥", "=": "=", "!=": "≠"}
_CONSTANTS = {"pi": "π", "e": "e", "infinity": "∞"}
_APPLY, _TIMES = "<mo>&#x2061;</mo>", "<mo>&#x2062;</mo>"


def mathml(expression, mark=None):
    """The expression as one MathML element, to stand in a `math` element.

    Args:
        mark: a function of a node that gives what to put before and after its element, or None; together they
            must be one element, such as ('<mrow class="u1">', '</mrow>').
    """
    if has_arrays(expression):
        from chainrule.expressions.arrayprinters import ArrayMathML  # which adds to this printer

        return ArrayMathML(mark)(expression)
    return MathML(mark)(expression)


def letter(name: str) -> str:
    """A variable's name as an element: <mi>α</mi>, <msub><mi>x</mi><mn>1</mn></msub>."""
    base, index = split_name(name)
    base = f"<mi>{escape(GREEK.get(base, base))}</mi>"
    if not index:
        return base
    shown = f"<mn>{index}</mn>" if index.isdigit() else f"<mi>{escape(GREEK.get(index, index))}</mi>"
    return f"<msub>{base}{shown}</msub>"


def _row(*parts):
    return ("<mrow>", parts, "</mrow>")


def _operator(sign):
    return f"<mo>{sign}</mo>"


class MathML(Printer):
    """The printer of numbers; that of vectors and matrices adds to it."""

    def brackets(self, parts):
        return _row(_operator("("), parts, _operator(")"))

    def _constant(self, node, pieces):
        return Piece(f"<mi>{_CONSTANTS[node.name]}</mi>", ATOM)

    def _symbol(self, node, pieces):
        return Piece(letter(node.name), ATOM)

    def _comparison(self, node, pieces):
        return self._infix(RELATIONS[node.relation], pieces, (SUM, SUM), COMPARE)

    def _negation(self, node, pieces):
        return Piece(_row("<mtext>not&#xA0;</mtext>", self.inside(pieces[0], ATOM)), NOT)

    def _infix(self, sign, pieces, levels, level):
        left, right = (self.inside(piece, least) for piece, least in zip(pieces, levels))
        return Piece(_row(left, _operator(sign), right), level)

    def _number(self, node, pieces):
        mantissa, letter_e, exponent = decimal(node).lower().partition("e")
        if not letter_e:
            return Piece(f"<mn>{mantissa}</mn>", ATOM)
        digits = f"<mn>{abs(int(exponent))}</mn>"
        power = _row(_operator("−"), digits) if int(exponent) < 0 else digits
        return Piece(_row(f"<mn>{mantissa}</mn>", _operator("×"), "<msup><mn>10</mn>", power, "</msup>"), PRODUCT)

    def _add(self, node, a, b):
        return self._infix("+", (a, b), (SUM, QUOTIENT), SUM)

    def _subtract(self, node, a, b):
        return self._infix("−", (a, b), (SUM, QUOTIENT), SUM)

    def _negative(self, node, a):
        return Piece(_row('<mo form="prefix">−</mo>', self.inside(a, QUOTIENT)), SIGN)

    def _multiply(self, node, a, b):
        left, right = node.arguments
        touches = type(left) is Number and is_factor_after_number(right)
        times = _TIMES if touches else _operator("·")
        return Piece(_row(self.inside(a, PRODUCT), times, self.inside(b, POWER)), PRODUCT)

    def _divide(self, node, a, b):
        return Piece(("<mfrac>", a.parts, b.parts, "</mfrac>"), POWER)

    def _power(self, node, a, b):
        base, exponent = node.arguments
        whole = whole_exponent(exponent)
        if whole is not None and whole > 1 and type(base) is Apply and base.name in RAISED and a.head is not None:
            name, arguments = a.head
            return Piece(_row(("<msup>", name, b.parts, "</msup>"), _APPLY, arguments), POWER)
        return Piece(("<msup>", self.inside(a, ATOM), b.parts, "</msup>"), POWER)

    def _exp(self, node, a):
        if node.spelling == "exp":
            return self._function(node, [a])
        return Piece(("<msup><mi>e</mi>", a.parts, "</msup>"), POWER)

    def _sqrt(self, node, a):
        return Piece(("<msqrt>", a.parts, "</msqrt>"), ATOM)

    def _cbrt(self, node, a):
        return Piece(("<mroot>", a.parts, "<mn>3</mn></mroot>"), ATOM)

    def _between(self, left, inner, right, intent):
        row = (f'<mrow intent="{intent}($x)">', _operator(left), '<mrow arg="x">', inner, "</mrow>", _operator(right))
        return Piece((*row, "</mrow>"), ATOM)

    def _absolute(self, node, a):
        return self._between("|", a.parts, "|", "absolute-value")

    def _floor(self, node, a):
        return self._between("⌊", a.parts, "⌋", "floor")

    def _ceil(self, node, a):
        return self._between("⌈", a.parts, "⌉", "ceiling")

    def _maximum(self, node, a, b):
        if node.spelling == "relu":
            return self._applied("<mi>relu</mi>", self.brackets(b.parts))
        return self._function(node, [a, b])

    def _log_base(self, node, a, b):
        return self._applied(("<msub><mi>log</mi>", b.parts, "</msub>"), self.brackets(a.parts))

    def _log2(self, node, a):
        return self._applied("<msub><mi>log</mi><mn>2</mn></msub>", self.brackets(a.parts))

    def _log10(self, node, a):
        return self._applied("<msub><mi>log</mi><mn>10</mn></msub>", self.brackets(a.parts))

    def _applied(self, name, arguments):
        return Piece(_row(name, _APPLY, arguments), ATOM, (name, arguments))

    def _function(self, node, pieces):
        word = WORDS.get(node.name)
        name = word.text if word else node.name
        return self._applied(f"<mi>{escape(name)}</mi>", self._list(pieces, node.params))

    def _list(self, pieces, params=None):
        parts = [part for piece in pieces for part in (_operator(","), piece.parts)][1:]
        for name, value in (params or {}).items():
            parts.append(f"<mo>,</mo><mi>{escape(name)}</mi><mo>=</mo><mtext>{escape(str(value))}</mtext>")
        return self.brackets(tuple(parts))

    def _abstract(self, node, pieces):
        name = letter(node.name)
        if node.spelling == "leibniz" and len(pieces) == 1:
            return self._leibniz(name, node.orders[0], pieces[0])
        orders = node.orders
        if not any(orders):
            return self._applied(name, self._list(pieces))
        if len(orders) > 1 or orders[0] > 3:
            shown = "<mo>,</mo>".join(f"<mn>{order}</mn>" for order in orders)
            mark = f"<mrow><mo>(</mo>{shown}<mo>)</mo></mrow>"
        else:
            mark = _operator("′″‴"[orders[0] - 1])
        return self._applied(f"<msup>{name}{mark}</msup>", self._list(pieces))

    def _leibniz(self, name, order, piece):
        if not order:
            return Piece(name, ATOM)
        raised = f"<mn>{order}</mn>" if order > 1 else ""
        above = f"<msup><mi>d</mi>{raised}</msup>" if raised else "<mi>d</mi>"
        below = self.inside(piece, ATOM)
        below = ("<msup>", below, raised, "</msup>") if raised else below
        fraction = ("<mfrac>", _row(above, name), _row("<mi>d</mi>", below), "</mfrac>")
        return Piece(fraction, POWER)

    def _piecewise(self, node, pieces):
        rows = []
        for condition, value in zip(pieces[0 : 2 * len(node.branches) : 2], pieces[1::2]):
            rows.append((value.parts, "</mtd><mtd><mtext>if&#xA0;</mtext>", condition.parts))
        if node.otherwise is not None:
            rows.append((pieces[-1].parts, "</mtd><mtd><mtext>otherwise</mtext>"))
        table = [part for row in rows for part in ("<mtr><mtd>", row, "</mtd></mtr>")]
        return Piece(_row(_operator("{"), "<mtable>", table, "</mtable>"), POWER)

    def _junction(self, node, pieces):
        level = AND if node.word == "and" else OR
        word = f"<mtext>&#xA0;{node.word}&#xA0;</mtext>"
        parts = [part for piece in pieces for part in (word, self.inside(piece, level + 1))]
        return Piece(_row(*parts[1:]), level)
