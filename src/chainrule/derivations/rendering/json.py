"""Data: the outline as JSON, described by `schema.json` beside this file.

Every block, rule, sentence and note keeps its stable id, so that a program need not read the words.

>>> import json
>>> from chainrule.derivations import Derivation
>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> x = Symbol("x")
>>> data = json.loads(Derivation(EXPRESSIONS.sin(x**2), x).render("json"))
>>> data["result"]["text"], data["rules"], [block["kind"] for block in data["blocks"]][:3]
('cos(x²)·(2x)', ['chain', 'sin', 'power'], ['reading', 'chain', 'result'])
"""

import json
import math
from importlib import resources
from typing import Any

from chainrule.derivations.messages import rule_name
from chainrule.derivations.model import Differential, Prime
from chainrule.derivations.outline import Block, Equation, FactorTable, Outline, Sentence
from chainrule.derivations.rendering.latex import Latex
from chainrule.derivations.rendering.plain import Plain
from chainrule.expressions import Expression
from chainrule.expressions.latex import latex
from chainrule.expressions.text import text

FORMAT, VERSION = "chainrule-derivation", 1


def render(outline: Outline, language="en", indent: int | None = 1) -> str:
    """The outline as JSON.

    Args:
        language: a key of `messages.LANGUAGES`.
        indent: how far nested lines are indented; None for one line.
    """
    return json.dumps(data(outline, language), ensure_ascii=False, indent=indent, allow_nan=False) + "\n"


def schema() -> dict:
    """The JSON Schema that every output of `render` conforms to."""
    return json.loads(
        resources.files("chainrule.derivations.rendering").joinpath("schema.json").read_text(encoding="utf-8")
    )


def data(outline: Outline, language="en") -> dict:
    """The same as dicts, lists, strings and numbers."""
    return _Data(language).outline(outline)


class _Data:
    def __init__(self, language):
        self.language = language
        self._latex, self._plain = Latex(language), Plain(language)
        self._rules: dict[str, None] = {}
        self._ids: dict[str, int] = {}

    def outline(self, outline):
        blocks = [self.block(block) for block in outline.blocks]
        return {
            "format": FORMAT,
            "version": VERSION,
            "language": self.language,
            "question": self._side(outline, "reading"),
            "result": self._side(outline, "result"),
            "rules": list(self._rules),
            "numbers": None if outline.numbers is None else self.numbers(outline.numbers),
            "blocks": blocks,
        }

    def _side(self, outline, kind):
        """The last side of the first equation of the first block of a kind."""
        for block in outline.blocks:
            for item in block.items if block.kind == kind else ():
                if isinstance(item, Equation):
                    return self.value(item.sides[-1])
        return None

    def _id(self, kind):
        """block-1, block-2: stable for the same derivation."""
        self._ids[kind] = self._ids.get(kind, 0) + 1
        return f"{kind}-{self._ids[kind]}"

    def block(self, block):
        return {
            "type": "block",
            "id": self._id(block.kind),
            "kind": block.kind,
            "heading": None if block.heading is None else self.value(block.heading),
            "items": [self.item(item) for item in block.items],
        }

    def item(self, item):
        if isinstance(item, Block):
            return self.block(item)
        if isinstance(item, Equation):
            return self.equation(item)
        if isinstance(item, FactorTable):
            return self.table(item)
        return self.value(item)

    def equation(self, equation):
        if equation.rule:
            self._rules.setdefault(equation.rule)
        return {
            "type": "equation",
            "id": self._id("equation"),
            "sides": [self.value(side) for side in equation.sides],
            "rule": equation.rule or None,
            "rule_name": rule_name(equation.rule, self.language) if equation.rule else None,
            "depth": equation.depth,
            "place": _place(equation.place),
        }

    def table(self, table):
        self._rules.setdefault("chain")
        rows = []
        for i, factor in enumerate(table.factors):
            if factor is not None:
                self._rules.setdefault(factor.step.rule)
                rows.append(self.factor(factor, table.numbers[i] if table.numbers else None))
        return {"type": "factors", "id": self._id("factors"), "factors": rows, "omitted": table.omitted}

    def factor(self, factor, number):
        return {
            "number": factor.number,
            "of": self.value(factor.of),
            "by": self.value(factor.by),
            "outer": self.value(factor.outer),
            "inner": self.value(factor.inner),
            "local": self.value(factor.local),
            "written": self.value(factor.written),
            "leibniz": self.value(factor.leibniz),
            "lagrange": self.value(factor.lagrange),
            "rule": factor.step.rule,
            "partial": factor.partial,
            "shapes": None if factor.shapes is None else [list(shape) for shape in factor.shapes],
            "value": None if number is None else _number(number),
        }

    def numbers(self, numbers):
        return {
            "point": {name: _number(value) for name, value in numbers.point.items()},
            "value": _number(numbers.value),
            "function": _number(numbers.function),
            "factors": [_number(value) for value in numbers.factors],
            "letters": {name: _number(value) for name, value in numbers.letters.items()},
            "paths": [[_number(value) for value in path] for path in numbers.paths],
            "product": _number(numbers.product),
            "one_sided": None if numbers.one_sided is None else [_number(side) for side in numbers.one_sided],
        }

    def value(self, thing) -> Any:
        """Anything that an outline shows."""
        if isinstance(thing, Sentence):
            return self.sentence(thing)
        shown = {"text": self._plain.math(thing), "latex": self._latex.math(thing)}
        if isinstance(thing, Expression):
            return {"type": "expression", "text": text(thing), "latex": latex(thing)}
        if isinstance(thing, Differential):
            by = [symbol.name for symbol in thing.by]
            return {"type": "leibniz", **shown, "of": self.value(thing.of), "by": by, "partial": thing.partial}
        if isinstance(thing, Prime):
            argument = self.value(thing.argument)
            return {"type": "lagrange", **shown, "function": thing.function, "order": thing.order, "argument": argument}
        if isinstance(thing, tuple):
            return {"type": "product", **shown, "factors": [self.value(part) for part in thing]}
        if isinstance(thing, list):
            return {"type": "sum", **shown, "terms": [self.value(part) for part in thing]}
        if isinstance(thing, str):
            return {"type": "text", "text": thing}
        return {"type": "number", **shown, "value": _number(thing)}

    def sentence(self, sentence):
        return {
            "type": "sentence",
            "message": sentence.id,
            "text": self._plain.sentence(sentence),
            "values": {name: self._given(name, value) for name, value in sentence.values.items()},
        }

    def _given(self, name, value):
        if name == "point":
            pairs = value.items() if isinstance(value, dict) else value
            return {"type": "point", "point": {letter: _number(number) for letter, number in pairs}}
        return self.value(value)


def _number(value):
    """A number as JSON has it: None for one that is not there or not finite."""
    return value if isinstance(value, int) else float(value) if value is not None and math.isfinite(value) else None


def _place(place):
    if place is None:
        return None
    if isinstance(place, tuple):
        return {"start": place[0], "end": place[1]}
    return {"file": str(place.filename), "line": place.line}
