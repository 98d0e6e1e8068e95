"""Tokens: what both lexers, that of typed text and that of LaTeX, hand to the one grammar."""

from typing import Any, NamedTuple

from chainrule.errors import ParseError


class Token(NamedTuple):
    """One word or sign of the text.

    Attributes:
        kind: "number", "variable", "constant", "function" (a room, or a spelling of the grammar's own),
            "word" (if, otherwise, and ...), "raised" (a superscript), "primes", "sign" or "end".
        value: the number, the name, the sign.
        start, end: where it stands in the text.
        spaced: whether a space precedes it.
    """

    kind: str
    value: Any
    start: int
    end: int
    spaced: bool = False

    def is_sign(self, *signs):
        return self.kind == "sign" and self.value in signs


def problem(text, start, end, what, do):
    """A ParseError with carets under the place in the user's text."""
    return ParseError(what, do, text, start, end)
