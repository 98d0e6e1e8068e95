"""An expression as Python that NumPy runs, with the same value at arrays and NumPy's numbers.

Names in the text: `np`, `math` where `erf` needs it, and the variables, by their names in Python (α is alpha).

>>> import numpy as np
>>> from fractions import Fraction
>>> from chainrule.expressions import EXPRESSIONS, Symbol, lift
>>> x = Symbol("x")
>>> print(python(2 * x * EXPRESSIONS.sec(x**2) ** 3))
2*x*(1/np.cos(x**2))**3
>>> eval(python((x - 1) ** lift(Fraction(1, 3))), {"np": np, "x": np.array([-7.0, 9.0])})
array([-2.,  2.])
"""

import keyword
import math
import sys
from fractions import Fraction

import numpy

from chainrule.errors import UnsupportedFunctionError
from chainrule.expressions.notation import has_arrays
from chainrule.expressions.printing import (
    ATOM,
    COMPARE,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    Piece,
    Printer,
    decimal,
    whole_exponent,
)
from chainrule.expressions.tree import Abstract, Constant, Number, Symbol, exact, has_more_parts, symbols_of, walk

RELATIONS = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "==", "!=": "!="}
_CONSTANTS = {"pi": "np.pi", "e": "np.e", "infinity": "np.inf"}
_GREATEST_INT = 2**53
_FEW_PARTS = 100  # an expression of no more distinct parts is written as it is
_WORTH_A_NAME, _LONG = 6, 60  # operations and operands of a part that occurs again, and of any part
_MOST_NESTED = 20  # branches that are written inside each other

# What NumPy has under no name, written out; {0} stands for an argument in brackets where it needs them.
_WRITTEN_OUT = {
    "sec": ("1/np.cos({0})", PRODUCT),
    "csc": ("1/np.sin({0})", PRODUCT),
    "cot": ("1/np.tan({0})", PRODUCT),
    "arcsec": ("np.arccos(np.divide(1, {0}))", ATOM),
    "arccsc": ("np.arcsin(np.divide(1, {0}))", ATOM),
    "arccot": ("np.pi/2 - np.arctan({0})", SUM),
    "sech": ("1/np.cosh({0})", PRODUCT),
    "csch": ("np.divide(1, np.sinh({0}))", ATOM),
    "coth": ("np.divide(1, np.tanh({0}))", ATOM),
    "arcsech": ("np.arccosh(np.divide(1, {0}))", ATOM),
    "arccsch": ("np.arcsinh(np.divide(1, {0}))", ATOM),
    "arccoth": ("np.arctanh(np.divide(1, {0}))", ATOM),
    "sigmoid": ("1/(1 + np.exp(-({0})))", PRODUCT),
    "softplus": ("np.logaddexp(0, {0})", ATOM),
    "erf": ("np.vectorize(math.erf)({0})", ATOM),
    "erfc": ("np.vectorize(math.erfc)({0})", ATOM),
    "reciprocal": ("np.divide(1, {0})", ATOM),
    "log_base": ("np.log({0})/np.log({1})", PRODUCT),
    "absolute": ("np.abs({0})", ATOM),
    "nan_to_num": ("np.nan_to_num({0}, nan={1}, posinf={2}, neginf={3})", ATOM),
}


def python(expression):
    """The expression as Python text; of a long one, parts have names of their own: `((_1 := ...), ..., _1*x)[-1]`.

    Raises: UnsupportedFunctionError for what NumPy has no function for, or a number larger than its floats.
    """
    if has_arrays(expression):
        from chainrule.expressions.arrayprinters import ArrayPython  # which adds to this printer

        return ArrayPython(expression)(expression)
    parts = named_parts(expression)
    if len(parts) == 1:
        return Python(expression)(expression)
    *given, (_, whole) = [(name, _own(part)) for name, part in parts]
    named = "".join(f"({name} := {text}), " for name, text in given)
    return f"({named}{whole})[-1]"


def _own(part):
    """The text of a named part; one in which no variable occurs is made a number of NumPy's."""
    text = Python(part)(part)
    return text if symbols_of(part) else f"np.float64({text})"


def named_parts(expression):
    """A long expression as `(name, part)` pairs, each in terms of those before it; the last is the whole.

    Named is what occurs more than once, and what would make a line too long: the text is as long as the parts are
    many, and nothing in it is nested deeper than Python can read.
    """
    if not has_more_parts(expression, _FEW_PARTS):
        return [("", expression)]
    uses: dict[int, int] = {}
    nodes = [node.plain for node in walk(expression)]
    for node in nodes:
        for child in node.children:
            uses[id(child)] = uses.get(id(child), 0) + 1
    parts, standing, lengths = [], {}, {}
    for node in nodes:
        own = node.of(*[standing[id(child)] for child in node.children])
        length = 1 + sum(lengths[id(child)] for child in node.children)
        repeated = uses.get(id(node), 0) > 1 and length >= _WORTH_A_NAME
        if node is not nodes[-1] and not hasattr(node, "is_condition") and (repeated or length > _LONG):
            name = f"_{len(parts) + 1}"
            parts.append((name, own))
            own, length = Symbol(name), 1
        standing[id(node)], lengths[id(node)] = own, length
    return [*parts, ("", standing[id(nodes[-1])])]


def identifier(name):
    """A variable's name in Python: lambda_ for lambda."""
    return f"{name}_" if keyword.iskeyword(name) or name in ("np", "math") else name


class Python(Printer):
    """The printer of numbers; that of vectors and matrices adds to it."""

    def __init__(self, expression):
        super().__init__()
        self._fixed = set()  # the identities of the plain nodes in which no variable occurs
        for node in walk(expression):
            moves = type(node) in (Symbol, Abstract) or any(id(c.plain) not in self._fixed for c in node.children)
            if not moves:
                self._fixed.add(id(node.plain))

    relations = RELATIONS

    def _number(self, node, pieces):
        return Piece(_digits(node), ATOM)

    def _constant(self, node, pieces):
        return Piece(_CONSTANTS[node.name], ATOM)

    def _symbol(self, node, pieces):
        return Piece(identifier(node.name), ATOM)

    def _junction(self, node, pieces):
        sign = " & " if node.word == "and" else " | "
        parts = [part for piece in pieces for part in (sign, self.brackets(piece.parts))]
        return Piece(tuple(parts[1:]), COMPARE)

    def _negation(self, node, pieces):
        return Piece(("np.logical_not(", pieces[0].parts, ")"), ATOM)

    def _add(self, node, a, b):
        return Piece((self.inside(a, SUM), " + ", self.inside(b, PRODUCT)), SUM)

    def _subtract(self, node, a, b):
        return Piece((self.inside(a, SUM), " - ", self.inside(b, PRODUCT)), SUM)

    def _negative(self, node, a):
        zero = exact(node.arguments[0]) == 0  # a Python int has no sign there
        return Piece("-0.0" if zero else ("-", self.inside(a, PRODUCT)), SIGN)

    def _multiply(self, node, a, b):
        return Piece((self.inside(a, PRODUCT), "*", self.inside(b, POWER)), PRODUCT)

    def _divide(self, node, a, b):
        below = node.arguments[1]
        if id(below.plain) in self._fixed and not exact(below):  # Python would refuse a zero
            return Piece(("np.divide(", a.parts, ", ", b.parts, ")"), ATOM)
        return Piece((self.inside(a, PRODUCT), "/", self.inside(b, POWER)), PRODUCT)

    def _power(self, node, a, b):
        base, exponent = node.arguments
        number, whole = exact(exponent), whole_exponent(exponent)
        if type(number) is Fraction and number.denominator % 2:
            return self._odd_root(a, number)
        plain = isinstance(base, (Number, Constant)) and exact(base) != 0
        if id(node.plain) in self._fixed:
            plain = plain and whole is not None and abs(whole * math.log10(base.value)) < 15
        if id(base.plain) in self._fixed and not plain:
            return Piece(("np.power(np.float64(", a.parts, "), ", b.parts, ")"), ATOM)  # complex or huge to Python
        if whole is not None:
            return Piece((self.inside(a, ATOM), "**", f"{whole}" if whole >= 0 else f"{whole}.0"), POWER)
        return Piece((self.inside(a, ATOM), "**", self.inside(b, ATOM)), POWER)

    def _odd_root(self, a, number):
        """The real root, also of a negative base."""
        top, bottom = number.numerator, number.denominator
        if bottom == 3:
            root = ("np.cbrt(", a.parts, ")")
            return Piece(root, ATOM) if top == 1 else Piece((root, f"**{top}" if top > 0 else f"**{top}.0"), POWER)
        size = f"np.abs(b)**({top}/{bottom})"
        return Piece((f"(lambda b: {f'np.sign(b)*{size}' if top % 2 else size})(", a.parts, ")"), ATOM)

    def _maximum(self, node, a, b):
        return Piece(("np.maximum(", a.parts, ", ", b.parts, ")"), ATOM)

    def _log_base(self, node, a, b):
        name = {2: "log2", 10: "log10"}.get(exact(node.arguments[1]))  # type: ignore[arg-type]
        if name is None:
            return self._function(node, [a, b])
        return Piece((f"np.{name}(", a.parts, ")"), ATOM)

    def _matmul(self, node, a, b):
        return Piece((self.inside(a, PRODUCT), " @ ", self.inside(b, POWER)), PRODUCT)

    def _function(self, node, pieces):
        if node.name in _WRITTEN_OUT:
            pattern, level = _WRITTEN_OUT[node.name]
            return Piece(_filled(pattern, [piece.parts for piece in pieces]), level)
        name = _spelled(node)
        parts = [part for piece in pieces for part in (", ", piece.parts)][1:]
        for key, value in (node.params or {}).items():
            parts.append(f"{', ' if parts else ''}{key}={value!r}")
        return Piece((name, self.brackets(tuple(parts))), ATOM)

    def _abstract(self, node, pieces):
        orders = "_".join(map(str, node.orders))
        name = identifier(node.name) + (f"_{orders}" if any(node.orders) else "")
        parts = [part for piece in pieces for part in (", ", piece.parts)][1:]
        return Piece((name, self.brackets(tuple(parts))), ATOM)

    def _piecewise(self, node, pieces):
        value = "np.nan" if node.otherwise is None else pieces[-1].parts
        count = len(node.branches)
        if count > _MOST_NESTED:
            conditions, branches = (
                [part for piece in pieces[i : 2 * count : 2] for part in (", ", piece.parts)][1:] for i in (0, 1)
            )
            return Piece(("np.select([", conditions, "], [", branches, "], ", value, ")"), ATOM)
        for condition, branch in reversed(list(zip(pieces[0 : 2 * count : 2], pieces[1 : 2 * count : 2]))):
            value = ("np.where(", condition.parts, ", ", branch.parts, ", ", value, ")")
        return Piece(value, ATOM)


def _digits(number):
    """A number as Python reads it; a whole number that NumPy would not hold as a float."""
    if number.value > sys.float_info.max:
        raise UnsupportedFunctionError(
            f"a number of {len(str(int(number.value)))} digits is larger than NumPy's floats",
            "evaluate the expression in more digits, as with mpmath",
        )
    if isinstance(number.value, int) and number.value > _GREATEST_INT:
        return repr(float(number.value))
    return decimal(number)


def _filled(pattern, arguments):
    """A pattern's pieces with arguments between them."""
    parts = []
    for piece in pattern.replace("}", "{").split("{"):
        parts.append(arguments[int(piece)] if piece.isdigit() and len(piece) == 1 and len(parts) % 2 else piece)
    return tuple(parts)


def _spelled(node):
    """NumPy's name of a room."""
    for module, path in ((numpy, "np"), (numpy.linalg, "np.linalg")):
        if callable(getattr(module, node.name, None)):
            return f"{path}.{node.name}"
    raise UnsupportedFunctionError(
        f"{node.name} has no name in NumPy", "evaluate the expression itself: chainrule.expressions.evaluate"
    )
