"""What the formats share: an outline's mathematics and sentences, put together from a format's own pieces."""

import math
from typing import Any

from chainrule.derivations.messages import message, places
from chainrule.derivations.model import Differential, Prime
from chainrule.derivations.outline import Block, Equation, FactorTable, Outline, Sentence
from chainrule.expressions import Abstract, Apply, Expression, Piecewise, Symbol

DIGITS = 7
_WORDS = ("if", "otherwise", "and", "or", "not")


class Formulas:
    """A format: what it makes of expressions, derivatives, numbers and sentences.

    A format adds `expression`, `letter`, `number`, `fraction`, `raised`, `primed`, `product`, `sum`, `brackets`,
    `equal`, `words` and `inline`, each from and to text in its own language.

    Args:
        language: a key of `messages.LANGUAGES`.
    """

    within = ("{}",)  # how a word of a formula is written: "if" in a piecewise function
    loose = ("add", "subtract", "negative")  # the operations that need brackets as factors of a product

    def __init__(self, language="en"):
        self.language = language

    def __getattr__(self, name) -> Any:
        raise NotImplementedError(f"{type(self).__name__} lacks {name}")

    def math(self, thing) -> str:
        """Anything that stands in an equation."""
        if isinstance(thing, Expression):
            return self.expression(thing)
        if isinstance(thing, str):
            return self.letter(thing)
        if isinstance(thing, Differential):
            return self.differential(thing)
        if isinstance(thing, Prime):
            return self.primed(thing.function, thing.order, self.math(thing.argument))
        if isinstance(thing, tuple):
            return self.product([self._factor(part) for part in thing])
        if isinstance(thing, list):
            return self.sum([self.math(part) for part in thing], [_is_negative(part) for part in thing])
        if isinstance(thing, Sentence):
            return self.said(thing)
        return self.number(thing)

    def said(self, sentence) -> str:
        """A sentence within a formula."""
        return self.sentence(sentence)

    def localised(self, formula) -> str:
        """A formula as a printer gives it, in English, with the words in it in this language."""
        for word in _WORDS if self.language != "en" else ():
            for form in self.within:
                formula = formula.replace(form.format(word), form.format(message(f"word.{word}", self.language)))
        return formula

    def _factor(self, part):
        written = self.math(part)
        return self.brackets(written) if self._is_loose(part) else written

    def _is_loose(self, part):
        if isinstance(part, list):
            return len(part) > 1
        if isinstance(part, Apply):
            return part.name in self.loose
        if isinstance(part, Expression):
            return isinstance(part, Piecewise) or not isinstance(part, Abstract) and bool(part.children)
        return isinstance(part, (int, float)) and (part < 0 or math.isnan(part))

    def differential(self, thing):
        """dy/dx, ∂²f/∂x∂y, d/dx(x² + 1)."""
        d = self.differential_sign(thing.partial)
        order = len(thing.by)
        letters = [self.math(symbol) for symbol in thing.by]
        same = all(symbol.plain is thing.by[0].plain for symbol in thing.by)
        if order > 1 and same:
            below = self.adjacent([d, self.raised(letters[0], str(order))])
        else:
            below = self.adjacent([piece for letter in letters for piece in (d, letter)])
        above = self.raised(d, str(order)) if order > 1 else d
        if isinstance(thing.of, Symbol):
            return self.fraction(self.adjacent([above, self.math(thing.of)]), below)
        return self.adjacent([self.fraction(above, below), self.operand(self.math(thing.of))])

    def operand(self, inside) -> str:
        """What a differential operator stands before."""
        return self.brackets(inside)

    def sentence(self, sentence) -> str:
        """A message with its places filled: words with mathematics in them."""
        pieces = []
        for literal, name in places(message(sentence.id, self.language)):
            if literal:
                pieces.append(self.words(literal))
            if name is not None:
                pieces.append(self._place(name, sentence.values[name]))
        return "".join(pieces)

    def _place(self, name, value):
        if isinstance(value, Sentence):
            return self.sentence(value)
        if name == "point":
            pairs = value.items() if isinstance(value, dict) else value
            equations = [Equation((letter, number)) for letter, number in pairs]
            return self.words(", ").join(self.inline(self.equation(one)) for one in equations)
        if isinstance(value, (str, int)):
            return self.words(str(value))
        return self.inline(self.math(value))

    def equation(self, equation) -> str:
        """All sides on one line."""
        return self.equal(self.sides(equation))

    def sides(self, equation) -> list[str]:
        """The sides of an equation, without those that repeat another."""
        left, *others = [self.math(side) for side in equation.sides]
        others = list(dict.fromkeys(others))
        return [left, *([side for side in others if side != left] or others)]

    def row(self, factor) -> tuple[list[str], list[str]]:
        """A factor's row in a table: the sides of what it is a factor of, and of its derivative."""
        outer = [self.math(factor.of)] if isinstance(factor.of, Symbol) else []
        if not isinstance(factor.of, Symbol) or factor.lagrange.function != factor.of.name:
            outer.append(self.math(Prime(factor.lagrange.function, factor.lagrange.argument, 0)))
        outer.append(self.math(factor.outer))
        return outer, [self.math(factor.leibniz), self.math(factor.lagrange), self.math(factor.local)]


def digits(value) -> str:
    """A number in at most seven digits, as Python writes it."""
    if isinstance(value, int):
        return str(value)
    return format(value, f".{DIGITS}g")


def split_number(value) -> tuple[str, str, str]:
    """(sign, digits, power of ten) of a finite number; the last is "" where none is needed."""
    shown = digits(abs(value))
    mantissa, _, exponent = shown.partition("e")
    negative = value < 0 or (value == 0 and math.copysign(1, value) < 0)
    return "-" if negative else "", mantissa, str(int(exponent)) if exponent else ""


def factor_numbers(outline: Outline) -> dict:
    """For each letter of a chain, and each part that a letter stands for, the number of its factor.

    Keyed by the identity of the plain expression, so that a renderer can colour a factor wherever it stands.
    """
    letters, parts = {}, {}
    stack = list(reversed(outline.blocks))
    while stack:
        item = stack.pop()
        if isinstance(item, FactorTable):
            for factor in item.factors:
                if factor is not None and factor.inner.plain is not factor.by.plain:
                    number = letters.setdefault(id(factor.by.plain), len(letters) + 1)
                    parts.setdefault(id(factor.inner.plain), number)
        elif isinstance(item, Block):
            stack.extend(reversed(item.items))
    return parts | letters


def _is_negative(part):
    return isinstance(part, (int, float)) and part < 0 or isinstance(part, Apply) and part.name == "negative"
