"""A derivation as the page shows it: formulas as MathML, and tables of numbers that a slider can follow.

The page computes nothing: every number that it may show, for every place of the slider, is in the tables.
"""

import math

import numpy

from chainrule.derivations import Derivation, derive
from chainrule.derivations.outline import Equation
from chainrule.derivations.parsing import parse
from chainrule.derivations.parsing.matrices import HEADS, Matrices, shows_matrices
from chainrule.derivations.rendering.formulas import factor_numbers
from chainrule.derivations.rendering.html import COLOURS, Html
from chainrule.derivations.rendering.latex import Latex
from chainrule.derivations.rendering.mathml import NAMESPACE, MathML
from chainrule.derivations.totals import Definitions
from chainrule.errors import ArgumentError, ParseError
from chainrule.expressions import Abstract, symbols_of, walk
from chainrule.expressions.evaluate import Values
from chainrule.expressions.text import text as plain
from chainrule.studio import numbers

LONGEST = 2000  # letters
PLACES = 601  # of the slider
_MOST_FACTORS = 40  # with numbers; a longer chain is shown as formulas alone
_FARTHEST = 1e6


def derived(text, variable=None, window=(-3.0, 3.0), fixed=None, simplify=False):
    """The derivation of a typed function, for the page.

    Args:
        text: as for `chainrule.derive`.
        variable: by which to differentiate; where there are several and none is named, x or the first.
        window: from where to where the slider goes.
        fixed: values of the other variables; 1 where none is given.
        simplify: whether SymPy is asked for a shorter form as well.

    Returns:
        a dict for JSON: `body` (HTML, with MathML), `result` and `copies`; `paths`, each a list of factors
        (MathML and text); and `table`, the numbers of them at every place of the slider, each a column of
        `studio.numbers`, or None where the function has none (an equation, a curve, a function that is only
        declared).

    Raises: what `chainrule.derive` raises; ArgumentError for a window that is none.

    >>> shown = derived("sin(x^2)", window=(0.0, 4.0))
    >>> [factor["text"] for factor in shown["paths"][0]], float(numbers.unpacked(shown["table"]["x"])[300])
    (['cos(u₁)', '2x'], 2.0)
    """
    if len(text) > LONGEST:
        raise ArgumentError(f"the text has {len(text)} letters", f"give at most {LONGEST}", place="")
    low, high = window
    if not (low < high and max(abs(low), abs(high)) <= _FARTHEST):
        raise ArgumentError(
            "the window is not from a number to a larger one", f"give two numbers of at most {_FARTHEST:g}", place=""
        )
    low, high = float(low), float(high)
    source, variables, variable = _read(text, variable)
    derivation = derive(source, wrt=variable)
    if shows_matrices(text):
        variables = [symbol.name for symbol in getattr(derivation, "variables", ())]  # xᵀ has no variable T
    outline = derivation.outline(simplify=simplify)
    colours = _colours(derivation, outline)
    page = Html("en", outline, level=3, numbers=colours)
    writer = page.math
    shown = {
        "variables": variables,
        "variable": derivation.variable.name,
        "output": plain(derivation.output),
        "others": [],
        "title": page.title(),
        "understood": _math(writer.equation(outline.blocks[0].items[0])),
        "body": "\n".join(page.blocks(outline.blocks)),
        "result": _math(writer.equation(Equation((derivation.differential, derivation.result)))),
        "copies": _copies(derivation),
        "paths": [],
        "table": None,
    }
    if isinstance(derivation, Derivation):
        shown["others"] = [symbol.name for symbol in derivation.variables if symbol is not derivation.variable]
        shown["paths"] = [[_factor(factor, writer, colours) for factor in path.factors] for path in derivation.paths]
        if _has_numbers(derivation):
            shown["table"] = _Table(derivation, low, high, fixed or {}).columns()
    return shown


def _read(text, variable):
    """What `derive` is given, the names of all variables, and the one to differentiate by.

    The latter is None where the text says it, or there is none.
    """
    if shows_matrices(text):
        names = _names_of_arrays(text)
        candidates = [variable, "x", *names]
        return text, names, next((name for name in candidates if name in names), None)
    parsed = parse(text)
    return parsed, *_chosen(parsed, variable)


def _names_of_arrays(text):
    """The variables of a text of vectors and matrices; none where it says more than an expression."""
    try:
        return [symbol.name for symbol in symbols_of(parse(text, HEADS, dialect=Matrices()).expression)]
    except ParseError:
        return []


def _chosen(parsed, variable):
    if parsed.kind != "expression":
        return [], variable or None
    function = Definitions(dict(parsed.substitutions)).written_out(parsed.expression)
    names = [symbol.name for symbol in symbols_of(function)]
    if parsed.wrt:
        return names, None
    candidates = [symbol.name for symbol in parsed.arguments] or names
    if variable in candidates:
        return names, variable
    return names, "x" if "x" in candidates else candidates[0] if candidates else None


def _copies(derivation):
    """The result in the languages of other programs."""
    differential, result = derivation.differential, derivation.result
    return {
        "LaTeX": Latex().equation(Equation((differential, result))),
        "Python": derivation.python,
        "MathML": f'<math xmlns="{NAMESPACE}">{MathML().equation(Equation((differential, result)))}</math>',
        "plain text": plain(result),
    }


def _math(content):
    return f'<math displaystyle="true">{content}</math>'


def _colours(derivation, outline):
    """The number of every letter and of every part that one stands for; letters of the user's get one too."""
    colours, letters = factor_numbers(outline), {}
    for path in derivation.paths:
        for factor in path.factors:
            if factor.by.plain is not derivation.variable.plain:
                letters.setdefault(id(factor.by.plain), factor)
    for key, factor in letters.items():
        if key not in colours:
            colours[key] = max(colours.values(), default=0) + 1
            colours.setdefault(id(factor.inner.plain), colours[key])
    return colours


def _colour(colours, node):
    """The number of a letter's colour, or None."""
    number = colours.get(id(node.plain))
    return None if number is None else (number - 1) % len(COLOURS) + 1


def _factor(factor, writer, colours):
    """One factor: what it is a factor of and by which letter, its formula; the colours of its two letters."""
    of, outer = plain(factor.of), plain(factor.outer)
    return {
        "ring": f"{of} = {outer}" if len(of) < 4 else outer,
        "by": plain(factor.by),
        "of": of,
        "colour": _colour(colours, factor.by),
        "colour_of": _colour(colours, factor.of),
        "leibniz": _math(writer.math(factor.leibniz)),
        "local": _math(writer.math(factor.local)),
        "text": plain(factor.local),
    }


def _has_numbers(derivation):
    """Whether it is a function of numbers, of a size that a table can hold."""
    written = derivation.function, derivation.result
    if any(type(node) is Abstract for node in walk(*written)):
        return False
    return sum(len(path.factors) for path in derivation.paths) <= _MOST_FACTORS


class _Table:
    """Numbers of a derivation at every place of the slider.

    Args:
        low, high: the ends of the slider.
        fixed: values of the other variables.
    """

    def __init__(self, derivation, low, high, fixed):
        self.derivation, self.written_out = derivation, derivation.definitions.written_out
        digits = max(0, 3 - math.floor(math.log10(high - low)))
        self.x = numpy.round(numpy.linspace(low, high, PLACES), digits)
        names = [symbol.name for symbol in derivation.variables if symbol is not derivation.variable]
        self.fixed = {name: _number(name, fixed.get(name, 1.0)) for name in names}
        self.values = Values(self.fixed | {derivation.variable.name: self.x})
        self.marks = derivation.domain.points if not names else []

    def columns(self):
        derivation = self.derivation
        letters = {plain(symbol): meaning for symbol, meaning in derivation.letters.meaning.items()}
        letters |= {plain(symbol): meaning for symbol, meaning in derivation.definitions.meaning.items()}
        return {
            "x": numbers.column(self.x),
            "function": self._column(derivation.function),
            "slope": numbers.column(self._slope()),
            "letters": {name: self._column(meaning) for name, meaning in letters.items()},
            "paths": [[self._column(factor.written) for factor in path.factors] for path in derivation.paths],
            "fixed": self.fixed,
            "marks": [
                {"at": numbers.number(mark.at), "kind": mark.kind, "slopes": [numbers.number(s) for s in mark.slopes]}
                for mark in self.marks
                if mark.kind != "smooth" and self.x[0] <= mark.at <= self.x[-1]
            ],
        }

    def _values(self, expression):
        """The values of an expression; NaN where it has none."""
        values = numpy.array(numpy.broadcast_to(self.values[self.written_out(expression)], PLACES), dtype=float)
        values[~numpy.isfinite(values)] = math.nan
        return values

    def _column(self, expression):
        return numbers.column(self._values(expression))

    def _slope(self):
        """The derivative; NaN also where the function has no value, or the two sides disagree about the slope."""
        values = self._values(self.derivation.result)
        values[numpy.isnan(self._values(self.derivation.function))] = math.nan
        for mark in self.marks:
            if mark.kind != "smooth":
                values[abs(self.x - mark.at) < 1e-12] = math.nan
        return values


def _number(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _FARTHEST:
        raise ArgumentError(f"{name} has the value {value!r}", f"give a number of at most {_FARTHEST:g}", place="")
    return float(value)
