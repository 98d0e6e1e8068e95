"""Readings: where a text could be understood in more than one way, and which way was taken.

A reading has a stable code, so that its sentence can be given in another language; the English one is
here. What the other way would have been is kept too, and both print as text that is not ambiguous.
"""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from chainrule.expressions import Expression, walk

SENTENCES = {
    "quotient": "`{written}` is read from left to right, as {understood}; write {alternative} for the other",
    "inverse": "`{written}` is read as the inverse function, {understood}; write {alternative} for the reciprocal",
    "log": "`{written}` is read as the natural logarithm, {understood}; write {alternative} for base 10",
    "log 10": "`{written}` is read as the logarithm to base 10; write {alternative} for the natural one",
    "log index": "`{written}` is read with the digits as the base, {understood}; write {alternative} for the other",
    "function": "`{written}` is read as a function, {understood}; write {alternative} for a product",
    "product": "`{written}` is read as a product, {understood}; declare the function for a call",
    "letters": "`{written}` is read letter by letter, as {understood}; declare the variable to keep it whole",
    "run together": "`{written}` is read as {understood}; declare the variable to keep it whole",
    "argument": "`{written}` is read as {understood}; write {alternative} for the other",
    "exponent": "`{written}` is read as {understood}; write {alternative} for the other",
    "root": "`{written}` is read as {understood}; write {alternative} for the other",
    "scientific": "`{written}` is read as the number {understood}; write {alternative} for a product with e",
    "power of value": "`{written}` is read as {understood}, a power of the value",
    "sigmoid": "`{written}` is read as the sigmoid function; write {alternative} for a product with σ",
    "greek": "`{written}` is read as the letter {understood}; write {alternative} for a product",
    "case": "`{written}` is read as {understood}",
    "degree": "`{written}` is read as {understood}, in radians",
}


@dataclass(frozen=True)
class Reading:
    """One place that could be understood in more than one way.

    Attributes:
        code: a key of `SENTENCES`.
        written: the piece of the text.
        understood, alternative: expressions, strings, or tuples of both, which are printed when they
            are asked for; `alternative` is None where only a declaration would change the reading.
        place: (start, end) in the text.
    """

    code: str
    written: str
    understood: Any
    alternative: Any
    place: tuple[int, int]

    @property
    def values(self):
        """What a sentence is filled with, as strings."""
        return {
            "written": _short(self.written),
            "understood": _short(_shown(self.understood)),
            "alternative": _short(_shown(self.alternative)),
        }

    def __str__(self):
        return SENTENCES[self.code].format(**self.values)


def _shown(part):
    """An expression, a string or a tuple of both as a string; a long expression as dots."""
    if isinstance(part, tuple):
        return "".join(_shown(one) for one in part)
    if isinstance(part, Expression) and len(list(islice(walk(part), 60))) == 60:
        return "…"
    return str(part)


def _short(text):
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:40] + "…" + text[-16:]
