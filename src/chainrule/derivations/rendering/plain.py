"""Plain text on one line, for titles and for the texts in data; the terminal's layout is `derivations.terminal`."""

import math

from chainrule.derivations.messages import message
from chainrule.derivations.rendering.formulas import Formulas, digits
from chainrule.expressions.names import SUPERSCRIPTS
from chainrule.expressions.text import letter, primes, text


class Plain(Formulas):
    """The pieces.

    >>> from chainrule.derivations.outline import Sentence
    >>> Plain().sentence(Sentence("say.sum-of-paths", {"count": 2}))
    'add over the 2 paths'
    """

    within = (" {} ", " {}}}", "{{{} ")
    loose = (*Formulas.loose, "divide")

    def expression(self, expression):
        return self.localised(text(expression))

    def letter(self, name):
        return letter(name)

    def number(self, value):
        if value is None or isinstance(value, float) and math.isnan(value):
            return message("word.undefined", self.language)
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        return digits(value).replace("-", "−")

    def fraction(self, above, below):
        return f"{above}/{below}"

    def raised(self, base, exponent):
        return base + exponent.translate(SUPERSCRIPTS)

    def adjacent(self, pieces):
        return "".join(pieces)

    def differential_sign(self, partial):
        return "∂" if partial else "d"

    def primed(self, function, order, argument):
        return f"{letter(function)}{primes(order)}({argument})"

    def product(self, factors):
        return "·".join(factors)

    def sum(self, terms, negative):
        joined = terms[0]
        for term in terms[1:]:
            joined += f" − {term[1:]}" if term.startswith("−") else f" + {term}"
        return joined

    def brackets(self, inside):
        return f"({inside})"

    def equal(self, sides):
        return " = ".join(sides)

    def words(self, text):
        return text

    def inline(self, formula):
        return formula
