"""Symbols: a room's own rules, run on names instead of numbers, print the formula of a link.

A `Symbol` is a text and, behind it, a value that is worked out only when somebody asks. So a rule
that branches on its arguments takes the branch that the numbers take, and the formula can be checked
against the slope that the backward walk used. Tidying is light (1·x, x¹, −−x, s·s) and is in the
printing only.
"""

from typing import Any

import numpy

from chainrule.core.namespace import REGISTRY
from chainrule.core.selection import Selected, is_selection

# How tightly a text holds together; a part that holds less tightly than its place asks gets brackets.
LOOSE, OR, AND, COMPARE, SUM, SIGN, PRODUCT, POWER, ATOM = range(9)

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NEGATED = {" < ": " ≥ ", " > ": " ≤ ", " ≤ ": " > ", " ≥ ": " < ", " = ": " ≠ ", " ≠ ": " = "}


def compact(value, most=8):
    """A number in as many digits as its dtype deserves, eight at most; the sign is a plain '-'."""
    if isinstance(value, (bool, numpy.bool_)):
        return str(bool(value))
    if isinstance(value, (int, numpy.integer)):
        return str(int(value))
    digits = min(most, {2: 4, 4: 7}.get(getattr(value, "itemsize", 8), 8))
    if isinstance(value, (complex, numpy.complexfloating)):
        return f"({value:.{digits}g})"
    return format(float(value), f".{digits}g")


def quiet(value):
    """The value as NumPy has it, so that 1/0 is inf and not an exception."""
    return numpy.float64(value) if type(value) in (int, float) else value


class Symbol:
    """A piece of a formula.

    Attributes:
        text: how it prints.
        level: how tightly the text holds together.
        number: the Python number where the text is a literal of a rule, else None.
        opposite: the Symbol that this is minus of, else None.
    """

    __slots__ = ("_compute", "_relation", "_value", "level", "number", "opposite", "text")
    __hash__ = None  # type: ignore[assignment]  # == makes a formula, so symbols cannot be keys

    def __init__(self, text, level, compute, number=None, opposite=None, relation=None):
        self.text, self.level, self.number, self.opposite = text, level, number, opposite
        self._compute, self._value, self._relation = compute, None, relation

    @property
    def value(self) -> Any:
        """The number (or array) that the formula stands for here."""
        if self._compute is not None:
            with numpy.errstate(all="ignore"):
                self._value = self._compute()
            self._compute = None
        return self._value

    def __array__(self, dtype=None, copy=None):
        return numpy.array(self.value, dtype=dtype)

    def __bool__(self):
        return bool(self.value)

    def any(self):
        return bool(numpy.any(self.value))

    def all(self):
        return bool(numpy.all(self.value))

    def inside(self, level):
        """The text, in brackets where it holds together less tightly than `level`."""
        return self.text if self.level >= level else f"({self.text})"

    def __str__(self):
        return self.text

    def __add__(self, other):
        return _sum(self, lift(other))

    def __radd__(self, other):
        return _sum(lift(other), self)

    def __sub__(self, other):
        return _difference(self, lift(other))

    def __rsub__(self, other):
        return _difference(lift(other), self)

    def __mul__(self, other):
        return _product(self, lift(other))

    def __rmul__(self, other):
        return _product(lift(other), self)

    def __truediv__(self, other):
        return _quotient(self, lift(other))

    def __rtruediv__(self, other):
        return _quotient(lift(other), self)

    def __pow__(self, other):
        return power(self, other)

    def __rpow__(self, other):
        return power(other, self)

    def __neg__(self):
        if self.opposite is not None:
            return self.opposite
        return Symbol("−" + self.inside(PRODUCT), SIGN, lambda: -self.value, opposite=self)

    def __pos__(self):
        return self

    def __abs__(self):
        return Symbol(f"|{self.text}|", ATOM, lambda: abs(self.value))

    def __lt__(self, other):
        return _relation(self, " < ", other, numpy.less)

    def __le__(self, other):
        return _relation(self, " ≤ ", other, numpy.less_equal)

    def __gt__(self, other):
        return _relation(self, " > ", other, numpy.greater)

    def __ge__(self, other):
        return _relation(self, " ≥ ", other, numpy.greater_equal)

    def __eq__(self, other):
        return _relation(self, " = ", other, numpy.equal)

    def __ne__(self, other):
        return _relation(self, " ≠ ", other, numpy.not_equal)

    def __and__(self, other):
        return _joined(self, " and ", lift(other), AND, numpy.logical_and)

    def __or__(self, other):
        return _joined(self, " or ", lift(other), OR, numpy.logical_or)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self):
        return logical_not(self)


def lift(value):
    """A number of a rule as a Symbol; symbols as they are."""
    if type(value) is Symbol:
        return value
    if isinstance(value, (int, float, numpy.number)) and not isinstance(value, bool):
        number = value
        if number < 0:
            return Symbol(compact(number), SIGN, lambda: quiet(number), number, lift(-number))
        return Symbol(compact(number), ATOM, lambda: quiet(number), number)
    return constant(value)


def named(text, value, level=ATOM):
    """A variable, or a longer text that stands for a value."""
    return Symbol(text, level, lambda: quiet(value))


def standing_for(symbol, value):
    """The text of a symbol, for a value known otherwise."""
    return Symbol(symbol.text, symbol.level, lambda: quiet(value), relation=symbol._relation)


def constant(value):
    """A value that has no name: a number as it prints, an array as its shape."""
    if numpy.ndim(value):
        shape = "×".join(str(n) for n in numpy.shape(value))
        return Symbol(f"[{shape} array]", ATOM, lambda: value)
    text = compact(numpy.asarray(value)[()] if not isinstance(value, (int, float)) else value, 6)
    return Symbol(text, SIGN if text.startswith("-") else ATOM, lambda: quiet(value))


def _sum(a, b):
    if b.opposite is not None and b.number is None:
        return _difference(a, b.opposite)
    return Symbol(f"{a.inside(SUM)} + {b.inside(PRODUCT)}", SUM, lambda: a.value + b.value)


def _difference(a, b):
    if b.opposite is not None and b.number is None:
        return _sum(a, b.opposite)
    return Symbol(f"{a.inside(SUM)} − {b.inside(PRODUCT)}", SUM, lambda: a.value - b.value)


def _product(a, b):
    for one, other in ((a, b), (b, a)):
        if one.number == 1:
            return other
    if a.opposite is not None or b.opposite is not None:
        positive = _product(_unsigned(a), _unsigned(b))
        return positive if a.opposite is not None and b.opposite is not None else -positive
    if a.text == b.text and a.number is None:
        return power(a, 2)
    return Symbol(f"{a.inside(SIGN)}·{b.inside(PRODUCT)}", PRODUCT, lambda: a.value * b.value)


def _quotient(a, b):
    if b.number == 1:
        return a
    if a.opposite is not None or b.opposite is not None:
        positive = _quotient(_unsigned(a), _unsigned(b))
        return positive if a.opposite is not None and b.opposite is not None else -positive
    return Symbol(f"{a.inside(SIGN)}/{b.inside(POWER)}", PRODUCT, lambda: a.value / b.value)


def _unsigned(symbol):
    return symbol if symbol.opposite is None else symbol.opposite


def power(base, exponent):
    """base to the exponent; a whole literal exponent is a superscript."""
    base, exponent = lift(base), lift(exponent)
    if exponent.number == 1:
        return base
    if exponent.number is not None and float(exponent.number).is_integer():
        upper = str(int(exponent.number)).translate(_SUPERSCRIPTS)
    else:
        upper = "^" + exponent.inside(ATOM)
    return Symbol(base.inside(ATOM) + upper, POWER, lambda: numpy.power(base.value, exponent.value))


def _relation(a, sign, b, compute):
    b = lift(b)
    text = f"{a.inside(SUM)}{sign}{b.inside(SUM)}"
    return Symbol(text, COMPARE, lambda: compute(a.value, b.value), relation=(a, sign, b))


def _joined(a, word, b, level, compute):
    text = f"{a.inside(level)}{word}{b.inside(level)}"
    return Symbol(text, level, lambda: compute(a.value, b.value), relation=(a, word, b))


def logical_not(condition):
    """The opposite condition: a ≥ b for a < b."""
    condition = lift(condition)
    if condition._relation is None:
        text = f"not {condition.inside(ATOM)}"
        return Symbol(text, COMPARE, lambda: numpy.logical_not(condition.value))
    a, sign, b = condition._relation
    if sign == " or ":
        return logical_not(a) & logical_not(b)
    if sign == " and ":
        return logical_not(a) | logical_not(b)
    text = f"{a.inside(SUM)}{_NEGATED[sign]}{b.inside(SUM)}"
    return Symbol(text, COMPARE, lambda: numpy.logical_not(condition.value), relation=(a, _NEGATED[sign], b))


def where(condition, x, y):
    """The branch that the numbers take, where there is only one; else both."""
    condition, x, y = lift(condition), lift(x), lift(y)
    if not numpy.ndim(condition.value):
        return x if condition.value else y
    text = f"where({condition.text}, {x.text}, {y.text})"
    return Symbol(text, ATOM, lambda: numpy.where(condition.value, x.value, y.value))


def sqrt(x):
    x = lift(x)
    return Symbol("√" + x.inside(ATOM), POWER, lambda: numpy.sqrt(x.value))


def matmul(a, b):
    a, b = lift(a), lift(b)
    return Symbol(f"{a.inside(SIGN)} @ {b.inside(POWER)}", PRODUCT, lambda: numpy.matmul(a.value, b.value))


def conj(x):
    x = lift(x)
    return x if not numpy.iscomplexobj(x.value) else call("conj", numpy.conj, x)


def call(name, function, *args):
    """A function by name, applied."""
    args = [lift(arg) for arg in args]
    text = f"{name}({', '.join(arg.text for arg in args)})"
    return Symbol(text, ATOM, lambda: function(*(arg.value for arg in args)))


class Symbols:
    """NumPy's spelling over symbols: any function of that name, by name."""

    power, sqrt, matmul = staticmethod(power), staticmethod(sqrt), staticmethod(matmul)
    where, logical_not, conj = staticmethod(where), staticmethod(logical_not), staticmethod(conj)
    abs = absolute = staticmethod(abs)

    def __getattr__(self, name):
        function = getattr(numpy, name, None) or getattr(REGISTRY.tensors, name, None)
        if function is None:
            raise AttributeError(name)
        if not callable(function):
            return function
        return lambda *args: call(name, function, *args)


SYMBOLS = Symbols()


def written(slope):
    """A slope of a rule as a Symbol: a selection reads '1 where ..., else 0'."""
    if type(slope) is Selected:
        return _selection(lift(slope.value), slope.live)
    if isinstance(slope, (bool, numpy.bool_)):
        return lift(int(slope))
    slope = lift(slope)
    return _selection(lift(1), slope) if is_selection(slope.value) else slope


def _selection(kept, live):
    live = lift(live)
    text = f"{kept.text} where {live.text}, else 0"
    return Symbol(text, LOOSE, lambda: numpy.where(live.value, kept.value, 0.0))


def evaluated(slope):
    """The numbers behind a slope that a rule gave on symbols, selections kept as such."""
    if type(slope) is Selected:
        return Selected(evaluated(slope.value), numpy.asarray(evaluated(slope.live))[()])
    return slope.value if type(slope) is Symbol else slope
