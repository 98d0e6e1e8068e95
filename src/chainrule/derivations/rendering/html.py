"""One HTML page that needs nothing else: no script, no font, no other address; light and dark.

Each letter u1, u2 ... has a colour, and what it stands for keeps that colour in every formula. Formulas are
MathML. The page is also well-formed XML.

>>> from chainrule.derivations import Derivation
>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> x = Symbol("x")
>>> page = Derivation(EXPRESSIONS.sin(x**2), x).render("html")
>>> page.startswith("<!DOCTYPE html>"), "<script" in page, "//" in page
(True, False, False)
"""

from html import escape

from chainrule.derivations.messages import message, rule_name
from chainrule.derivations.outline import Block, Equation, FactorTable, Outline, Sentence
from chainrule.derivations.rendering.formulas import factor_numbers
from chainrule.derivations.rendering.mathml import MathML
from chainrule.derivations.rendering.plain import Plain

# A colour for each letter on white, and on nearly black; then they repeat.
COLOURS = (
    ("#0b5cad", "#7db8ff"),
    ("#a3278f", "#f09ae0"),
    ("#1a7a3c", "#7fd69a"),
    ("#9a4d00", "#f0b060"),
    ("#6b3fc0", "#c3a6ff"),
    ("#b3261e", "#ff9c92"),
    ("#00727a", "#6fd3dc"),
    ("#66660a", "#cfcf6a"),
)
LIGHT, DARK = ("#ffffff", "#1c1e21"), ("#15181c", "#e6e8ea")  # paper, ink
_LONG, _TOO_LONG = 8, 24  # lines of a block beyond which it can be folded away, and beyond which it is

_STYLE = """
%(within)s { color-scheme: light dark; --paper: %(light_paper)s; --ink: %(light_ink)s; --faint: #5b6167;
  --line: #d5d9dd; %(light)s background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif;
  margin: 0 auto; max-width: 60rem; padding: 1rem; }
@media (prefers-color-scheme: dark) {
  %(within)s { --paper: %(dark_paper)s; --ink: %(dark_ink)s; --faint: #a3abb3; --line: #3a4047;
    %(dark)s }
}
%(within)s :is(h1, h2, h3, h4, h5, h6) { font-size: 1.1rem; font-weight: 600; margin: 1.5rem 0 .5rem; }
%(within)s summary :is(h2, h3, h4, h5, h6) { display: inline-block; }
%(within)s h1 { font-size: 1.5rem; font-weight: normal; }
%(within)s ul { list-style: none; margin: 0; padding: 0; }
%(within)s :is(li, .scroll) { overflow-x: auto; overflow-y: hidden; padding: .35rem 0; }
%(within)s .d1 { margin-left: 1.5rem; }
%(within)s .d2 { margin-left: 3rem; }
%(within)s .d3 { margin-left: 4.5rem; }
%(within)s .rule { color: var(--faint); margin-left: 1.5rem; }
%(within)s table { border-collapse: collapse; margin: .5rem 0; }
%(within)s :is(th, td) { border-top: 1px solid var(--line); padding: .35rem .9rem .35rem 0; text-align: left; }
%(within)s th { color: var(--faint); font-weight: normal; }
%(within)s .result { border-left: .25rem solid var(--line); padding-left: 1rem; }
%(classes)s
"""


def render(outline: Outline, document=True, language="en") -> str:
    """The outline as a page.

    Args:
        document: whether it is a page of its own rather than a piece of another, as in a notebook.
        language: a key of `messages.LANGUAGES`.
    """
    writer = Html(language, outline)
    body = "\n".join(writer.blocks(outline.blocks))
    if document:
        return page(writer.title(), body, language)
    return f'<div class="chainrule" lang="{language}">\n<style>{style(".chainrule")}</style>\n{body}\n</div>\n'


def page(title, body, language="en") -> str:
    """A whole page: its title as plain text, its body as HTML."""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{escape(title)}</title>\n<style>{style()}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def style(within=":root") -> str:
    """The style sheet, for what stands in the elements that the selector `within` names."""
    shades = [" ".join(f"--u{i}: {pair[which]};" for i, pair in enumerate(COLOURS, 1)) for which in (0, 1)]
    classes = "\n".join(f"{within} .u{i} {{ color: var(--u{i}); }}" for i in range(1, len(COLOURS) + 1))
    return _STYLE % {
        "within": within,
        "light": shades[0],
        "dark": shades[1],
        "light_paper": LIGHT[0],
        "light_ink": LIGHT[1],
        "dark_paper": DARK[0],
        "dark_ink": DARK[1],
        "classes": classes,
    }


def colour_class(number) -> str:
    """The class of what has the colour of that number."""
    return f"u{(number - 1) % len(COLOURS) + 1}"


def formula(content) -> str:
    """One formula on a page, from its MathML."""
    return f'<math displaystyle="true">{content}</math>'


class Html:
    """An outline's blocks as HTML.

    Args:
        language: a key of `messages.LANGUAGES`.
        outline: where the letters that get a colour are found.
        level: which heading a block has; the first has one of a level higher.
        numbers: the numbers of the letters that get a colour, as `factor_numbers` gives them, or None for those.

    Attributes:
        math: what writes the formulas, in these colours.
    """

    def __init__(self, language, outline, level=2, numbers=None):
        self.language, self.level, self._outline = language, level, outline
        self._numbers = factor_numbers(outline) if numbers is None else numbers
        self.math = MathML(language, self._mark)
        self._sentences = _Sentences(language, self._mark, self.math.written)

    def title(self):
        """The first equation as plain text."""
        items = (item for block in self._outline.blocks for item in block.items)
        first = next((item for item in items if isinstance(item, Equation)), None)
        return message("heading.result", self.language) if first is None else Plain(self.language).equation(first)

    def blocks(self, blocks):
        """Each block as a section; the first has the heading of the page."""
        for number, block in enumerate(blocks):
            yield self._block(block, self.level - (number == 0), number == 0)

    def _block(self, block, level, first=False):
        items, heading = block.items, "" if block.heading is None else self.sentence(block.heading)
        if first and not heading and items and isinstance(items[0], Equation):
            heading, items = formula(self.math.equation(items[0])), items[1:]
        content = "\n".join(self._items(items, level + bool(heading)))
        heading = heading and f"<h{level}>{heading}</h{level}>"
        if heading and not first and _lines(block) > _LONG:
            shown = ' open="open"' if _lines(block) <= _TOO_LONG else ""
            return f'<details class="{block.kind}"{shown}><summary>{heading}</summary>\n{content}\n</details>'
        return f'<section class="{block.kind}">{heading}\n{content}</section>'

    def _items(self, items, level):
        equations = []
        for item in items:
            if isinstance(item, Equation):
                equations.append(item)
                continue
            yield from self._list(equations)
            equations = []
            if isinstance(item, Sentence):
                yield f"<p>{self.sentence(item)}</p>"
            elif isinstance(item, FactorTable):
                yield self._table(item)
            elif isinstance(item, Block):
                yield self._block(item, level)
        yield from self._list(equations)

    def _list(self, equations):
        if equations:
            lines = "\n".join(self._line(equation) for equation in equations)
            yield f'<ul class="equations">\n{lines}\n</ul>'

    def _line(self, equation):
        rule = escape(rule_name(equation.rule, self.language)) if equation.rule else ""
        rule = f' <span class="rule">{rule}</span>' if rule else ""
        depth = f' class="d{min(equation.depth, 3)}"' if equation.depth else ""
        return f"<li{depth}>{formula(self.math.equation(equation))}{rule}</li>"

    def _table(self, table):
        words = ["word.factor", "word.function", "word.derivative", *(["word.value"] if table.numbers else [])]
        head = "".join(f'<th scope="col">{escape(message(word, self.language))}</th>' for word in words)
        rows = []
        for i, factor in enumerate(table.factors):
            if factor is None:
                more = self.sentence(Sentence("say.more-factors", {"count": table.omitted}))
                rows.append(f'<tr><td colspan="{len(words)}">{more}</td></tr>')
                continue
            outer, slope = self.math.row(factor)
            cells = [formula(self.math.equal(sides)) for sides in (outer, slope)]
            cells += [formula(self.math.number(table.numbers[i]))] if table.numbers else []
            data = "".join(f"<td>{cell}</td>" for cell in cells)
            rows.append(f'<tr><th scope="row">{factor.number}</th>{data}</tr>')
        body = "\n".join(rows)
        return f'<div class="scroll"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'

    def sentence(self, sentence):
        """A message with its formulas."""
        return self._sentences.sentence(sentence)

    def _mark(self, node):
        number = self._numbers.get(id(node.plain))
        return None if number is None else (f'<mrow class="{colour_class(number)}">', "</mrow>")


class _Sentences(MathML):
    """Sentences of HTML: words as they are, formulas as elements."""

    def words(self, text):
        return escape(text, quote=False)

    def inline(self, formula):
        return f"<math>{formula}</math>"


def _lines(block):
    """How many lines a block has, those of the blocks in it counted."""
    total, stack = 0, list(block.items)
    while stack:
        item = stack.pop()
        if isinstance(item, Block):
            stack.extend(item.items)
        total += len(item.factors) if isinstance(item, FactorTable) else 1
    return total
