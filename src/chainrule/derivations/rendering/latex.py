"""LaTeX: a fragment for a document that loads amsmath, or a whole document.

>>> from chainrule.derivations import Derivation
>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> x = Symbol("x")
>>> "\\\\frac{\\\\mathrm{d}y}{\\\\mathrm{d}x}" in Derivation(EXPRESSIONS.sin(x**2), x).render("latex")
True
"""

import math

from chainrule.derivations.messages import message, rule_name
from chainrule.derivations.outline import Block, Equation, FactorTable, Outline, Sentence
from chainrule.derivations.rendering.formulas import Formulas, split_number
from chainrule.expressions.latex import latex, letter
from chainrule.expressions.names import GREEK, SUBSCRIPTS, SUPERSCRIPTS

_DOCUMENT = r"""\documentclass{{article}}
\usepackage[utf8]{{inputenc}}
\usepackage[T1]{{fontenc}}
\usepackage{{amsmath}}
\begin{{document}}
{body}\end{{document}}
"""
_SIGNS = {
    **{sign: "\\" + sign for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "…": r"\ldots{}",
    "“": "``",
    "”": "''",
    "„": r"\quotedblbase{}",
    "\xa0": "~",
}
_MATH = {
    **{sign: sign for sign in "<>|"},
    **{letter: rf"\{name}" if name != "omicron" else "o" for name, letter in GREEK.items()},
    **{chr(above): f"{{}}^{{{chr(below)}}}" for below, above in SUPERSCRIPTS.items()},
    **{chr(under): f"{{}}_{{{chr(plain)}}}" for plain, under in SUBSCRIPTS.items()},
    **dict(zip("−·⋅×′″‴∂≠≤≥∞√∛⌊⌋⌈⌉→", r"""- \cdot \cdot \times {}' {}'' {}''' \partial \ne \le \ge \infty \surd
       \sqrt[3]{} \lfloor \rfloor \lceil \rceil \to""".split())),
}  # fmt: skip


def render(outline: Outline, document=False, language="en") -> str:
    """The outline in LaTeX.

    Args:
        document: whether it is a document of its own rather than a fragment of one.
        language: a key of `messages.LANGUAGES`.
    """
    body = "\n".join(Latex(language).blocks(outline.blocks)) + "\n"
    return in_document(body) if document else body


def in_document(body) -> str:
    """A fragment as a document of its own."""
    return _DOCUMENT.format(body=body)


def escaped(text):
    """Plain text in LaTeX: signs of mathematics as formulas, and what LaTeX does not know by its number.

    >>> print(escaped("50 % of x₁² ≤ α"))
    50 \\% of x\\({}_{1}\\)\\({}^{2}\\) \\(\\le\\) \\(\\alpha\\)
    """
    return "".join(map(_escaped_sign, text))


def _escaped_sign(sign):
    if sign in _SIGNS:
        return _SIGNS[sign]
    if sign in _MATH:
        return rf"\({_MATH[sign]}\)"
    known = sign.isascii() or (sign.isalpha() and ord(sign) < 0x180)  # what T1 fonts have
    return sign if known else rf"\texttt{{U+{ord(sign):04X}}}"


class Latex(Formulas):
    """The pieces, and the layout of blocks."""

    within = (r"\text{{{} }}", r"\text{{ {} }}", r"\text{{{}}}")

    def expression(self, expression):
        return self.localised(latex(expression))

    def letter(self, name):
        return letter(name)

    def number(self, value):
        if value is None or isinstance(value, float) and math.isnan(value):
            return rf"\text{{{escaped(message('word.undefined', self.language))}}}"
        if math.isinf(value):
            return r"\infty" if value > 0 else r"-\infty"
        sign, mantissa, power = split_number(value)
        return sign + mantissa + (rf" \cdot 10^{{{power}}}" if power else "")

    def fraction(self, above, below):
        return rf"\frac{{{above}}}{{{below}}}"

    def raised(self, base, exponent):
        return f"{base}^{{{exponent}}}"

    def adjacent(self, pieces):
        return "".join(pieces)

    def differential_sign(self, partial):
        return r"\partial " if partial else r"\mathrm{d}"

    def primed(self, function, order, argument):
        mark = "'" * order if order < 4 else f"^{{({order})}}"
        return rf"{letter(function)}{mark}{self.brackets(argument)}"

    def product(self, factors):
        return r" \cdot ".join(factors)

    def sum(self, terms, negative):
        joined = terms[0]
        for term, minus in zip(terms[1:], negative[1:]):
            joined += f" - {term[1:].lstrip()}" if minus and term.startswith("-") else f" + {term}"
        return joined

    def brackets(self, inside):
        return rf"\left({inside}\right)"

    def equal(self, sides):
        return " = ".join(sides)

    def words(self, text):
        return escaped(text)

    def inline(self, formula):
        return rf"\({formula}\)"

    def said(self, sentence):
        return rf"\text{{{self.sentence(sentence)}}}"

    # Blocks

    def blocks(self, blocks):
        for block in blocks:
            if block.heading is not None:
                yield rf"\paragraph{{{self.sentence(block.heading)}}}"
            yield from self._items(block.items)

    def _items(self, items):
        equations = []
        for item in items:
            if isinstance(item, Equation):
                equations.append(item)
                continue
            yield from self._aligned(equations)
            equations = []
            if isinstance(item, Sentence):
                yield self.sentence(item) + r"\par"
            elif isinstance(item, FactorTable):
                yield from self._table(item)
            elif isinstance(item, Block):
                yield from self.blocks([item])
        yield from self._aligned(equations)

    def _aligned(self, equations):
        if not equations:
            return
        lines = []
        for equation in equations:
            left, *sides = self.sides(equation)
            rule = rf" && \text{{{escaped(rule_name(equation.rule, self.language))}}}" if equation.rule else ""
            for i, side in enumerate(sides or [""]):
                start = left if i == 0 else ""
                lines.append(f"{start} &= {side}{rule if i == len(sides) - 1 else ''}")
        yield "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"

    def _table(self, table):
        lines = []
        for i, factor in enumerate(table.factors):
            if factor is None:
                more = self.sentence(Sentence("say.more-factors", {"count": table.omitted}))
                lines.append(rf"& \text{{{more}}} & &")
                continue
            outer, slope = self.row(factor)
            cells = [str(factor.number), " = ".join(outer), " = ".join(slope)]
            cells.append(self.number(table.numbers[i]) if table.numbers else "")
            lines.append(" & ".join(rf"\displaystyle {cell}" if cell else "" for cell in cells))
        rows = " \\\\[1.5ex]\n".join(lines)
        yield "\\[\n\\begin{array}{rlll}\n" + rows + "\n\\end{array}\n\\]"
