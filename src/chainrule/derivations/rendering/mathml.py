"""MathML Core: one `math` element that is valid XML, with a row for each line of the derivation.

What a screen reader needs is written out: U+2061 after a function's name, U+2062 where times is not written,
and an `intent` where a fraction is no fraction: dy/dx is read as a derivative.

>>> from chainrule.derivations import Derivation
>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> x = Symbol("x")
>>> 'intent="derivative(y,x)"' in Derivation(EXPRESSIONS.sin(x**2), x).render("mathml")
True
"""

import math
from html import escape

from chainrule.derivations.messages import message, rule_name
from chainrule.derivations.model import Differential
from chainrule.derivations.outline import Block, Equation, FactorTable, Outline, Sentence
from chainrule.derivations.rendering.formulas import Formulas, split_number
from chainrule.expressions import Symbol
from chainrule.expressions.mathml import letter, mathml

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
APPLY = "&#x2061;"
_WIDE = 4  # columns


def render(outline: Outline, language="en") -> str:
    """The outline as one MathML element.

    Args:
        language: a key of `messages.LANGUAGES`.
    """
    rows = "\n".join(MathML(language).rows(outline.blocks))
    return f'<math xmlns="{NAMESPACE}" display="block">\n<mtable displaystyle="true">\n{rows}\n</mtable>\n</math>\n'


class MathML(Formulas):
    """The pieces, and the rows of a table.

    Args:
        language: a key of `messages.LANGUAGES`.
        mark: a function of an expression that gives what to put before and after it, or None.
        written: what another writer with the same language and mark has written already; this one adds to it.
    """

    within = ("<mtext>{}&#xA0;</mtext>", "<mtext>&#xA0;{}&#xA0;</mtext>", "<mtext>{}</mtext>")

    def __init__(self, language="en", mark=None, written: dict | None = None):
        super().__init__(language)
        self._mark = mark
        self.written = {} if written is None else written  # by identity; the expression is kept, so that it stays its

    def expression(self, expression):
        if id(expression) not in self.written:  # most formulas of a derivation are shown several times
            self.written[id(expression)] = expression, self.localised(mathml(expression, self._mark))
        return self.written[id(expression)][1]

    def letter(self, name):
        return letter(name)

    def number(self, value):
        if value is None or isinstance(value, float) and math.isnan(value):
            return self.text(message("word.undefined", self.language))
        sign = "<mo>−</mo>" if value < 0 else ""
        if math.isinf(value):
            return _row(sign, "<mi>∞</mi>")
        sign, mantissa, power = split_number(value)
        sign = "<mo>−</mo>" if sign else ""
        if power:
            exponent = f"<mn>{power}</mn>" if int(power) >= 0 else f"<mrow><mo>−</mo><mn>{power[1:]}</mn></mrow>"
            return _row(sign, f"<mn>{mantissa}</mn><mo>⋅</mo><msup><mn>10</mn>{exponent}</msup>")
        return _row(sign, f"<mn>{mantissa}</mn>") if sign else f"<mn>{mantissa}</mn>"

    def text(self, text):
        """Words within a formula."""
        inner = escape(text, quote=False)
        before, after = ("&#xA0;" if edge == " " else "" for edge in (inner[:1], inner[-1:]))  # else they are trimmed
        return f"<mtext>{before}{inner.strip(' ')}{after}</mtext>"

    def fraction(self, above, below):
        return f"<mfrac>{above}{below}</mfrac>"

    def raised(self, base, exponent):
        return f"<msup>{base}<mn>{exponent}</mn></msup>"

    def adjacent(self, pieces):
        return _row(*pieces)

    def differential_sign(self, partial):
        return "<mo>∂</mo>" if partial else '<mi mathvariant="normal">d</mi>'

    def differential(self, thing: Differential):
        """As elsewhere, with an intent that says what the fraction means."""
        formula = super().differential(thing)
        concept = "partial-derivative" if thing.partial else "derivative"
        by = ",".join(_intent_name(symbol) for symbol in thing.by)
        if isinstance(thing.of, Symbol):
            return formula.replace("<mfrac>", f'<mfrac intent="{concept}({_intent_name(thing.of)},{by})">', 1)
        return formula.replace("<mrow>", f'<mrow intent="{concept}($f,{by})">', 1)

    def operand(self, inside):
        return self.brackets(inside).replace("<mrow>", '<mrow arg="f">', 1)

    def primed(self, function, order, argument):
        name = letter(function)
        if order:
            mark = f"<mo>{'′″‴'[order - 1]}</mo>" if order < 4 else self.brackets(f"<mn>{order}</mn>")
            name = f"<msup>{name}{mark}</msup>"
        return _row(name, f"<mo>{APPLY}</mo>", self.brackets(argument))

    def product(self, factors):
        return _row("<mo>⋅</mo>".join(factors))

    def sum(self, terms, negative):
        return _row("<mo>+</mo>".join(self.brackets(t) if minus else t for t, minus in zip(terms, negative)))

    def brackets(self, inside):
        return f"<mrow><mo>(</mo>{inside}<mo>)</mo></mrow>"

    def equal(self, sides):
        return _row("<mo>=</mo>".join(sides))

    def words(self, text):
        return self.text(text)

    def inline(self, formula):
        return formula

    # Rows

    def rows(self, blocks):
        for block in blocks:
            if block.heading is not None:
                yield self._wide(self.sentence(block.heading))
            for item in block.items:
                if isinstance(item, Sentence):
                    yield self._wide(self.sentence(item))
                elif isinstance(item, Equation):
                    yield self._equation(item)
                elif isinstance(item, FactorTable):
                    yield from self._table(item)
                elif isinstance(item, Block):
                    yield from self.rows([item])

    def _wide(self, content):
        return f'<mtr><mtd columnspan="{_WIDE}" style="text-align:left"><mrow>{content}</mrow></mtd></mtr>'

    def _equation(self, equation):
        left, *sides = self.sides(equation)
        rule = self.text(rule_name(equation.rule, self.language)) if equation.rule else ""
        right = "<mo>=</mo>" + "<mo>=</mo>".join(sides) if sides else ""
        return _cells(left, right, "", rule)

    def _table(self, table):
        for i, factor in enumerate(table.factors):
            if factor is None:
                yield self._wide(self.sentence(Sentence("say.more-factors", {"count": table.omitted})))
                continue
            outer, slope = self.row(factor)
            left, *rest = outer
            value = "<mo>=</mo>" + self.number(table.numbers[i]) if table.numbers else ""
            yield _cells(left, "<mo>=</mo>" + "<mo>=</mo>".join(rest) if rest else "", self.equal(slope), value)


def _intent_name(symbol):
    """A variable in an intent: a name of letters and digits."""
    return "".join(sign for sign in symbol.name if sign.isalnum() or sign in "_-")


def _row(*pieces):
    return f"<mrow>{''.join(pieces)}</mrow>"


def _cells(*contents):
    aligned = ("right", "left", "left", "left")
    cells = [f'<mtd style="text-align:{side}"><mrow>{content}</mrow></mtd>' for content, side in zip(contents, aligned)]
    return f"<mtr>{''.join(cells)}</mtr>"
