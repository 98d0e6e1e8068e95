"""A derivation on a terminal: one outline as lines of Unicode, at most `width` columns.

Equations are aligned, the factors of a chain stand in a table, and each letter u1, u2 ... has a colour of its
own where colours are wanted. What does not fit is broken after a sign, never cut.
"""

import math
import re

from chainrule.derivations.messages import message, places, rule_name
from chainrule.derivations.model import Differential, Prime
from chainrule.derivations.outline import Block, Equation, FactorTable, Outline, Sentence
from chainrule.derivations.rendering.plain import Plain
from chainrule.expressions import Expression, Symbol
from chainrule.expressions.names import SUPERSCRIPTS
from chainrule.expressions.text import letter, primes, text

WIDTH = 100
_COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")
_ANSI = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}
_ESCAPE = re.compile("\x1b\\[[0-9;]*m")
_BREAKS = re.compile(r"(?<=[^ ])( [+−=·] |·)")
_DIGITS = 7


def render(outline: Outline, width=WIDTH, colour=False, notation="both", language="en") -> str:
    """The outline as lines of text.

    Args:
        width: the widest line, at least 40.
        colour: whether to colour letters with ANSI escapes.
        notation: "leibniz", "lagrange" or "both".
        language: a key of `messages.LANGUAGES`.
    """
    return "\n".join(_Terminal(width, colour, notation, language).lines(outline)) + "\n"


class _Terminal:
    def __init__(self, width, colour, notation, language):
        self.width, self.colour, self.notation, self.language = max(40, width), colour, notation, language
        self._colours, self._plain = {}, Plain(language)

    def lines(self, outline):
        for number, block in enumerate(outline.blocks):
            if number:
                yield ""
            for line in self._block(block, 0):
                yield from _cut(line, self.width)

    def _block(self, block, indent):
        inner = indent
        if block.heading is not None:
            yield from self._wrapped(self._sentence(block.heading), indent)
            inner = indent + 2
        equations = []
        for item in block.items:
            if isinstance(item, Equation):
                equations.append(item)
                continue
            yield from self._equations(equations, inner)
            equations = []
            if isinstance(item, Sentence):
                yield from self._wrapped(self._sentence(item), inner)
            elif isinstance(item, FactorTable):
                yield from self._table(item, inner)
            elif isinstance(item, Block):
                yield from self._block(item, inner)
        yield from self._equations(equations, inner)

    # Equations

    def _equations(self, equations, indent):
        """Equations under each other, their left sides padded to one column."""
        rows = []
        for equation in equations:
            left, *sides = [self._math(side) for side in equation.sides if self._is_wanted(side)]
            sides = list(dict.fromkeys(sides))  # a side that repeats the one before says nothing
            rows.append((equation, left, [side for side in sides if side != left] or sides))
        most = (self.width - indent) // 3
        column = max((visible(left) + 2 * e.depth for e, left, _ in rows if visible(left) + 2 * e.depth <= most),
                     default=0)  # fmt: skip
        for equation, left, sides in rows:
            yield from self._equation(equation, left, sides, indent, column)

    def _is_wanted(self, side):
        """Whether a side is in the notation that was asked for."""
        if self.notation == "both" or not isinstance(side, tuple) or not side:
            return True
        kind = Prime if self.notation == "leibniz" else Differential
        return not isinstance(side[0], kind)

    def _equation(self, equation, left, sides, indent, column):
        start = " " * (indent + 2 * equation.depth) + left
        start += " " * max(0, indent + column - visible(start))
        rule = f"    {rule_name(equation.rule, self.language)}" if equation.rule else ""
        place = _place(equation.place)
        rule += f"  ({place})" if place and rule else f"    {place}" if place else ""
        line, margin = start, " " * (indent + min(column, self.width // 3))
        for side in sides:
            if visible(line) + 3 + visible(side) <= self.width:
                line = f"{line} = {side}"
                continue
            if line.strip() and line != start:
                yield line
                line = margin
            first, *rest = self._broken(f" = {side}", self.width - visible(line), self.width - len(margin) - 3)
            line += first
            for piece in rest:
                yield line
                line = margin + "   " + piece
        if rule and visible(line) + len(rule) <= self.width:
            yield line + rule
            return
        yield line
        if rule:
            yield margin + rule

    def _broken(self, formula, first, width):
        """A formula cut after its signs into pieces that fit; the first has its own width."""
        if visible(formula) <= first:
            return [formula]
        pieces, line, room = [], "", first
        for part in _parts(formula):
            if line.strip() and visible(line) + visible(part.rstrip()) > room:
                pieces.append(line.rstrip())
                line, room = "", width
                part = part.lstrip()
            line += part
        return [*pieces, line]

    # The factors of a chain

    def _table(self, table, indent):
        rows = []
        for i, factor in enumerate(table.factors):
            if factor is None:
                rows.append(None)
                continue
            cells = [self._outer(factor), self._derivative(factor)]
            if table.numbers:
                cells.append(number(table.numbers[i]))
            rows.append(cells)
        widths = [max(visible(cells[i]) for cells in rows if cells is not None) for i in range(len(_first(rows)))]
        stacked = indent + sum(widths) + 3 * (len(widths) - 1) + 2 > self.width
        for cells in rows:
            if cells is None:
                yield " " * indent + "… " + self._sentence(Sentence("say.more-factors", {"count": table.omitted}))
            elif stacked:
                yield from self._stacked(cells, indent)
            else:
                line = "   ".join(cell + " " * (width - visible(cell)) for cell, width in zip(cells[:2], widths))
                line += f" = {cells[2]}" if len(cells) > 2 else ""
                yield (" " * indent + line).rstrip()

    def _stacked(self, cells, indent):
        for i, cell in enumerate(cells):
            margin = indent + (4 if i else 0)
            sign = "= " if i == 2 else ""
            first, *rest = self._broken(sign + cell, self.width - margin, self.width - margin - 4)
            yield " " * margin + first
            yield from (" " * (margin + 4) + piece for piece in rest)

    def _outer(self, factor):
        """y = f1(u1) = sin u1, in the notation that was asked for."""
        of, outer = self._math(factor.of), self._math(factor.outer)
        name = self._math(Prime(factor.lagrange.function, factor.lagrange.argument, 0))
        sides = [of] if isinstance(factor.of, Symbol) else []
        sides += [name] if self.notation != "leibniz" and factor.lagrange.function != of else []
        return " = ".join([*sides, outer])

    def _derivative(self, factor):
        """dy/du1 = f1′(u1) = cos u1."""
        sides = []
        if self.notation != "lagrange":
            sides.append(self._math(factor.leibniz))
        if self.notation != "leibniz":
            sides.append(self._math(factor.lagrange))
        return " = ".join(dict.fromkeys([*sides, self._math(factor.local)]))

    # Mathematics and words

    def _math(self, thing) -> str:
        if isinstance(thing, str):
            return letter(thing)
        if isinstance(thing, Expression):
            return self._plain.localised(text(thing, self._mark if self.colour else None))
        if isinstance(thing, Sentence):
            return self._sentence(thing)
        if isinstance(thing, Differential):
            return self._differential(thing)
        if isinstance(thing, Prime):
            name = letter(thing.function)
            return f"{name}{primes(thing.order)}({self._math(thing.argument)})"
        if isinstance(thing, tuple):
            return "·".join(self._in_product(part) for part in thing)
        if isinstance(thing, list):
            terms = [self._math(part) for part in thing]
            return terms[0] + "".join(f" − {t[1:]}" if t.startswith("−") else f" + {t}" for t in terms[1:])
        return number(thing)

    def _in_product(self, part) -> str:
        """A factor of a product, in brackets where it is a sum or begins with a minus sign."""
        written = self._math(part)
        if isinstance(part, Expression):
            loose = getattr(part, "name", "") in ("add", "subtract", "negative", "divide")
            return f"({written})" if loose or not hasattr(part, "name") and part.children else written
        return f"({written})" if written.startswith("−") else written

    def _differential(self, thing):
        d = "∂" if thing.partial else "d"
        order = len(thing.by)
        raised = str(order).translate(SUPERSCRIPTS) if order > 1 else ""
        by = list(dict.fromkeys(thing.by))
        if len(by) == 1:
            below = f"{d}{self._math(by[0])}{raised}"
        else:
            below = "".join(f"{d}{self._math(symbol)}" for symbol in thing.by)
            below = f"({below})"
        if isinstance(thing.of, Symbol):
            return f"{d}{raised}{self._math(thing.of)}/{below}"
        return f"{d}{raised}/{below}({self._math(thing.of)})"

    def _mark(self, node):
        if type(node) is not Symbol or not node.name[-1:].isdigit():
            return None
        colour = self._colours.setdefault(node.name, _COLOURS[len(self._colours) % len(_COLOURS)])
        return f"\x1b[{_ANSI[colour]}m", "\x1b[0m"

    def _sentence(self, sentence):
        out = []
        for literal, name in places(message(sentence.id, self.language)):
            out.append(literal)
            if name is not None:
                value = sentence.values[name]
                out.append(self._point(value) if name == "point" else value if isinstance(value, str) else
                           self._math(value))  # fmt: skip
        return "".join(out)

    def _point(self, values):
        pairs = values.items() if isinstance(values, dict) else values
        return ", ".join(f"{letter(name)} = {number(value)}" for name, value in pairs)

    def _wrapped(self, sentence, indent):
        """A sentence filled to the width; a formula in it is not broken inside where it fits a line."""
        line = " " * indent
        for word in re.split(r"(?<=[ ])", sentence):
            if visible(line) + visible(word.rstrip()) > self.width and line.strip():
                yield line.rstrip()
                line = " " * (indent + 2)
            line += word
        if line.strip():
            yield line.rstrip()


def _cut(line, width):
    """A line that has no place to break, cut where a bracket opens or a comma stands, or at the width."""
    while visible(line) > width and "\x1b" not in line:
        at = max(line.rfind("(", width // 2, width), line.rfind(",", width // 2, width)) + 1 or width
        yield line[:at]
        line = "    " + line[at:]
    yield line


def _first(rows):
    return next(cells for cells in rows if cells is not None)


def _parts(formula):
    """The formula cut before each sign, the sign with what follows it."""
    start = 0
    for found in _BREAKS.finditer(formula):
        if found.start() > start:
            yield formula[start : found.start()]
            start = found.start()
    yield formula[start:]


def visible(line):
    """How many columns a line takes: without the escapes that colour it."""
    return len(_ESCAPE.sub("", line)) if "\x1b" in line else len(line)


def number(value):
    """A number in at most seven digits, with a minus sign as formulas have it."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return str(value).replace("-", "−")
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return format(value, f".{_DIGITS}g").replace("-", "−")


def _place(place):
    """A place in the user's program as file:line; a place in text is not repeated."""
    return "" if place is None or isinstance(place, tuple) else f"{place.filename}:{place.line}"
