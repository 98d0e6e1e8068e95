"""Statements on a framework's semantics: programs that take its module, and what they give there and here.

`parity/torch` and `parity/tf` each hold a table of them.
"""

import warnings
from dataclasses import dataclass
from typing import Any

_SAME = object()


@dataclass
class Statement:
    """One row of a document on semantics.

    Attributes:
        section, text: what is stated.
        program: a function of the framework's module that returns plain Python values.
        theirs, ours: what it returns with the framework and with our front.
        why: the reason where the two differ, else "".
    """

    section: str
    text: str
    program: Any
    theirs: Any
    ours: Any
    why: str

    @property
    def name(self):
        return self.program.__name__


class Table(list):
    """The statements about one framework, in order."""

    def statement(self, section, text, gives, ours=_SAME, why=""):
        """Add the decorated program. `gives` is the framework's result, `ours` ours where it differs."""

        def add(program):
            assert (ours is _SAME) == (why == ""), "a difference has a reason"
            self.append(Statement(section, text, program, gives, gives if ours is _SAME else ours, why))
            return program

        return add

    def document(self, head, framework, shown):
        """The document's text.

        Args:
            head: its beginning, with places for the counts.
            framework: the framework's name.
            shown: a function of a result that gives its text.
        """
        different = [each for each in self if each.why]
        lines = [head.format(count=len(self), same=len(self) - len(different), different=len(different))]
        lines += ["## Deliberately different", "", f"| | {framework} | here | why |", "|---|---|---|---|"]
        for each in different:
            lines.append(f"| {_bar(each.text)} | {_bar(shown(each.theirs))} | {_bar(shown(each.ours))} | {each.why} |")
        for section in dict.fromkeys(each.section for each in self):
            lines += ["", f"## {section}", "", f"| | {framework} | here |", "|---|---|---|"]
            for each in self:
                if each.section == section:
                    ours = _bar(shown(each.ours)) if each.why else "the same"
                    lines.append(f"| {_bar(each.text)} | {_bar(shown(each.theirs))} | {ours} |")
        return "\n".join(lines) + "\n"


def _bar(text):
    """A text that can stand in a cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def says(kind, fragment, call):
    """The fragment, where the call raises an error of the kind whose message holds it; else what happened."""
    try:
        result = call()
    except kind as error:
        return fragment if fragment in str(error) else f"{type(error).__name__}: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return f"no error: {result!r}"


def warned(call):
    """Whether the call warns."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return bool(caught)


def equal(one, two):
    """Equality of nested results; floats to 2e-6 relative, the rounding of float32."""
    if isinstance(one, (list, tuple)) and isinstance(two, (list, tuple)):
        return len(one) == len(two) and all(map(equal, one, two))
    if isinstance(one, float) and isinstance(two, float):
        return one == two or abs(one - two) <= 2e-6 * max(abs(one), abs(two)) or (one != one and two != two)
    return one == two and isinstance(one, bool) == isinstance(two, bool)
