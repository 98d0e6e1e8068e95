r"""Vectors and matrices in text, LaTeX, MathML Core and NumPy, on top of the printers of numbers.

>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> from chainrule.expressions.latex import latex
>>> from chainrule.expressions.python import python
>>> m, n = Symbol("m"), Symbol("n")
>>> A, x, y = Symbol("A", (m, n)), Symbol("x", (n,)), Symbol("y", (m,))
>>> gradient = 2 * (EXPRESSIONS.transpose(A, axes=(1, 0)) @ (A @ x - y))
>>> print(gradient)
2 Aᵀ (A x − y)
>>> print(latex(gradient))
2 A^{\top} \left(A x - y\right)
>>> print(python(gradient))
2*(A.T @ (A @ x - y))
"""

from html import escape
from typing import ClassVar

from chainrule.core.primitive import Elementwise
from chainrule.expressions import notation
from chainrule.expressions.latex import Latex
from chainrule.expressions.mathml import MathML
from chainrule.expressions.names import SUPERSCRIPTS
from chainrule.expressions.notation import INVERSE, INVERSE_TRANSPOSED, TRANSPOSED, is_ones, is_product
from chainrule.expressions.printing import ATOM, POWER, PRODUCT, Piece
from chainrule.expressions.python import Python, identifier
from chainrule.expressions.shapes import is_one, rank, same_size, shape_of
from chainrule.expressions.text import Text
from chainrule.expressions.tree import Apply, Expression, Symbol, exact, symbols_of


class ArrayText(notation.Notation, Text):
    """On one line of Unicode."""

    _MARKS: ClassVar = {TRANSPOSED: "ᵀ", INVERSE: "⁻¹", INVERSE_TRANSPOSED: "⁻ᵀ"}

    def joined(self, left, sign, right):
        return (left, f" {sign} " if sign else " ", right)

    def marked(self, parts, mark):
        if not isinstance(mark, tuple):
            return (parts, self._MARKS[mark])
        exponent = mark[1]
        short = isinstance(exponent, str) and exponent.isdigit()
        return (parts, "∘", exponent.translate(SUPERSCRIPTS) if short else ("^", self.brackets(exponent)))

    def called(self, name, arguments):
        parts = [part for argument in arguments for part in (", ", argument)][1:]
        return Piece((name, self.brackets(tuple(parts))), ATOM)

    def fenced(self, parts):
        return ("‖", parts, "‖")

    def indicated(self, parts):
        return ("1[", parts, "]")

    def constant(self, name):
        return {"1": "𝟏", "0": "𝟎"}.get(name, name)


class ArrayLatex(notation.Notation, Latex):
    """In LaTeX."""

    _MARKS: ClassVar = {TRANSPOSED: r"\top", INVERSE: "-1", INVERSE_TRANSPOSED: r"-\top"}
    _SIGNS: ClassVar = {"⊙": r" \odot ", "⊘": r" \oslash ", "": " "}
    _NAMES: ClassVar = {"det": r"\det", "max": r"\max", "min": r"\min", "exp": r"\exp"}

    def joined(self, left, sign, right):
        return (left, self._SIGNS[sign], right)

    def marked(self, parts, mark):
        raised = (r"\circ ", mark[1]) if isinstance(mark, tuple) else self._MARKS[mark]
        return (parts, "^{", raised, "}")

    def called(self, name, arguments):
        parts = [part for argument in arguments for part in (", ", argument)][1:]
        name = self._NAMES.get(name, rf"\operatorname{{{name}}}")
        return Piece((name, self.brackets(tuple(parts))), ATOM)

    def fenced(self, parts):
        return (r"\left\lVert ", parts, r"\right\rVert ")

    def indicated(self, parts):
        return (r"1\left[", parts, r"\right]")

    def constant(self, name):
        return name if name == "I" else rf"\mathbf{{{name}}}"


class ArrayMathML(notation.Notation, MathML):
    """In MathML Core."""

    _SIGNS: ClassVar = {"⊙": "<mo>⊙</mo>", "⊘": "<mo>⊘</mo>", "": "<mo>&#x2062;</mo>"}
    _MARKS: ClassVar = {
        TRANSPOSED: '<mo intent="transpose">⊤</mo>',
        INVERSE: "<mrow><mo>−</mo><mn>1</mn></mrow>",
        INVERSE_TRANSPOSED: '<mrow><mo>−</mo><mo intent="transpose">⊤</mo></mrow>',
    }

    def joined(self, left, sign, right):
        return ("<mrow>", left, self._SIGNS[sign], right, "</mrow>")

    def marked(self, parts, mark):
        raised = ("<mrow><mo>∘</mo>", mark[1], "</mrow>") if isinstance(mark, tuple) else self._MARKS[mark]
        return ("<msup>", ("<mrow>", parts, "</mrow>"), raised, "</msup>")

    def called(self, name, arguments):
        parts = [part for argument in arguments for part in ("<mo>,</mo>", argument)][1:]
        return self._applied(f"<mi>{escape(name)}</mi>", self.brackets(tuple(parts)))

    def fenced(self, parts):
        return ('<mrow intent="norm($x)"><mo>‖</mo><mrow arg="x">', parts, "</mrow><mo>‖</mo></mrow>")

    def indicated(self, parts):
        return ("<mrow><mn>1</mn><mo>&#x2061;</mo><mrow><mo>[</mo>", parts, "<mo>]</mo></mrow></mrow>")

    def constant(self, name):
        return "<mi>I</mi>" if name == "I" else f"<mn>{ {'1': '𝟏', '0': '𝟎'}[name] }</mn>"

    def counted(self, number):
        return f"<mn>{escape(str(number))}</mn>"


class ArrayPython(Python):
    """As NumPy reads it.

    Args:
        expression: what will be printed.
        context: expressions whose symbols say what a letter for a size is: n is x.shape[0].
    """

    def __init__(self, expression, context=()):
        super().__init__(expression)
        self._symbols = [symbol for symbol in symbols_of(expression, *context) if symbol.shape]

    def write(self, node, pieces):
        if type(node) is Symbol and node.name.startswith("onehot("):
            return Piece(f"np.eye({self.size(node.shape[0], node)})[{node.name[7:-1]}]", ATOM)
        if type(node) is Symbol and not node.shape and self._knows(node):
            return Piece(self.size(node), ATOM)
        return super().write(node, pieces)

    def _knows(self, size):
        return any(same_size(size, own) for symbol in self._symbols for own in symbol.shape)

    def size(self, size, other_than=None):
        """A size as Python: a number, or the length of a variable that has it."""
        if not isinstance(size, Expression):
            return str(size)
        for symbol in self._symbols:
            if other_than is not None and symbol.plain is other_than.plain or symbol.name.startswith("onehot("):
                continue
            for axis, own in enumerate(symbol.shape):
                if same_size(size, own):
                    return f"{identifier(symbol.name)}.shape[{axis}]"
        return self(size)

    def _sizes(self, shape):
        return ", ".join(self.size(size) for size in shape) + ("," if len(shape) == 1 else "")

    def _matmul(self, node, a, b):
        left, right = node.arguments
        if _is_made(left, True) and _is_made(right, False):
            vectors = (self(part.arguments[0]) for part in (left, right))
            return Piece(f"np.outer({', '.join(vectors)})", ATOM)
        return Piece((self.inside(a, PRODUCT) if is_product(left) else self.inside(a, POWER), " @ ",
                      self.inside(b, POWER)), PRODUCT)  # fmt: skip

    def _transpose(self, node, a):
        axes = node.params["axes"]
        return Piece((self.inside(a, ATOM), ".T" if axes == (1, 0) else f".transpose({axes})"), ATOM)

    def _reshape(self, node, a):
        return Piece((self.inside(a, ATOM), f".reshape({self._sizes(node.params['shape'])})"), ATOM)

    def _broadcast_to(self, node, a):
        shape = node.params["shape"]
        size = f"({self._sizes(shape)})" if len(shape) > 1 else self.size(shape[0])
        value = exact(node.arguments[0])
        if value in (0, 1):
            return Piece(f"np.{'ones' if value else 'zeros'}({size})", ATOM)
        return Piece(("np.broadcast_to(", a.parts, f", ({self._sizes(shape)}))"), ATOM)

    def _diag(self, node, a):
        inner = node.arguments[0]
        if is_ones(inner) and exact(inner.arguments[0]) == 1:
            return Piece(f"np.eye({self.size(inner.params['shape'][0])})", ATOM)
        return Piece(("np.diag(", a.parts, ")"), ATOM)

    def _logabsdet(self, node, a):
        return Piece(("np.linalg.slogdet(", a.parts, ")[1]"), ATOM)

    def _norm(self, node, a):
        return Piece(("np.linalg.norm(", a.parts, self._over(node), ")"), ATOM)

    def _softmax(self, node, a):
        axis = node.params["axis"]
        rest = "" if axis is None else f", axis={axis}, keepdims=True"
        inner = f"lambda z: np.exp(z - np.max(z{rest}))/np.sum(np.exp(z - np.max(z{rest})){rest})"
        return Piece((f"({inner})(", a.parts, ")"), ATOM)

    def _logsumexp(self, node, a):
        axis = node.params["axis"]
        over = a.parts if axis is not None or rank(node.arguments[0]) == 1 else (self.inside(a, ATOM), ".ravel()")
        return Piece(("np.logaddexp.reduce(", over, f", axis={axis})" if axis is not None else ")"), ATOM)

    def _get_item(self, node, a):
        return Piece((self.inside(a, ATOM), f"[{_index(node.params['index'])}]"), ATOM)

    def _over(self, node):
        """The parameters of a reduction that are not what NumPy takes by itself."""
        found = []
        for name, usual in (("axis", None), ("keepdims", False), ("ddof", 0)):
            value = (node.params or {}).get(name, usual)
            if value != usual:
                found.append(f", {name}={value}")
        return "".join(found)

    def _function(self, node, pieces):
        if isinstance(node.primitive, Elementwise) or "axis" not in (node.params or {}):
            return super()._function(node, pieces)
        return Piece((f"np.{node.name}(", pieces[0].parts, self._over(node), ")"), ATOM)


def _is_made(node, column):
    """Whether a vector is made a column, or a row."""
    if type(node) is not Apply or node.name != "reshape" or rank(node.arguments[0]) != 1:
        return False
    shape = shape_of(node)
    return len(shape) == 2 and is_one(shape[1 if column else 0])


def _index(index):
    if isinstance(index, tuple):
        return ", ".join(_index(part) for part in index)
    if index is Ellipsis:
        return "..."
    if isinstance(index, slice):
        return ":".join("" if part is None else str(part) for part in (index.start, index.stop))
    return repr(index)
