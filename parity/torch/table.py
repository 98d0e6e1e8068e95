"""A statement on semantics: a program that takes the module, and what it gives there and here."""

import warnings
from dataclasses import dataclass
from typing import Any


@dataclass
class Statement:
    """One row of docs/torch-semantics.md.

    Attributes:
        section, text: what is stated.
        program: a function of the module `torch` that returns plain Python values.
        theirs, ours: what it returns with PyTorch and with chainrule.torch.
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


STATEMENTS = []
_SAME = object()


def statement(section, text, gives, ours=_SAME, why=""):
    """Add the decorated program to the table. `gives` is PyTorch's result, `ours` ours where it differs."""

    def add(program):
        assert (ours is _SAME) == (why == ""), "a difference has a reason"
        STATEMENTS.append(Statement(section, text, program, gives, gives if ours is _SAME else ours, why))
        return program

    return add


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
