"""Several partial derivatives of one expression: one derivation for each variable."""

from functools import cached_property
from typing import Any

from chainrule.derivations.derivation import Derivative
from chainrule.derivations.model import Check, Note
from chainrule.derivations.outline import Block, Equation, Outline, Sentence
from chainrule.derivations.outlining import closing, outline_of, short


class Several(Derivative):
    """The derivatives of one expression by several variables.

    Attributes:
        parts: name of a variable -> the derivative by it, in the order asked for.
    """

    def __init__(self, derivations):
        self.parts: dict[str, Any] = {one.variable.name: one for one in derivations}
        first = derivations[0]
        self.text, self.point, self.readings, self.output = first.text, first.point, first.readings, first.output

    @cached_property
    def result(self):
        """The derivatives, in the order asked for, as they fall out of the rules."""
        return tuple(part.result for part in self.parts.values())

    @cached_property
    def python(self):
        """The derivatives as one NumPy expression: a tuple."""
        return "(" + "".join(f"{part.python}, " for part in self.parts.values()).rstrip() + ")"

    @cached_property
    def rules(self):
        return tuple(dict.fromkeys(rule for part in self.parts.values() for rule in part.rules))

    @cached_property
    def notes(self):
        notes: dict[tuple, Note] = {}
        for part in self.parts.values():
            for note in part.notes:
                notes.setdefault((note.id, *map(str, note.values.values())), note)
        return tuple(notes.values())

    @cached_property
    def check(self) -> Check:
        """The worst of the checks of all parts."""
        checks = [part.check for part in self.parts.values()]
        failed = next((check for check in checks if not check.passed), None)
        return failed or max(checks, key=lambda check: check.error)

    def at(self, **point):
        """The numbers at a point, one `Numbers` for each variable."""
        return tuple(part.at(**point) for part in self.parts.values())


class Gradient(Several):
    """The partial derivatives of an expression. Made by `chainrule.derive(..., wrt=("x", "y"))`.

    Its `parts` are `Derivation`s.

    >>> import chainrule as cr
    >>> d = cr.derive("(x + y) z", wrt=("x", "z"))
    >>> [str(result) for result in d.result], [numbers.value for numbers in d.at(x=-2, y=5, z=-4)]
    (['z', 'x + y'], [-4.0, 3.0])
    """

    @cached_property
    def simplified(self):
        """The partial derivatives, each simplified by SymPy."""
        return tuple(part.simplified for part in self.parts.values())

    def outline(self, numbers=None, simplify=True):
        parts = list(self.parts.values())
        check = self.check
        blocks = []
        for i, part in enumerate(parts):
            own = outline_of(part, numbers[i] if numbers is not None else None, simplify)
            kept = [b for b in own.blocks if b.kind not in ("notes", "check") and (b.kind != "reading" or i == 0)]
            if i:
                blocks.append(Block("part", Sentence("heading.derivative", {"y": part.output, "x": part.variable}), ()))
            blocks.extend(kept)
        together = tuple(Equation((part.differential, short(part, part.result))) for part in parts)
        if numbers is not None:
            together = tuple(Equation((*e.sides, n.value)) for e, n in zip(together, numbers))
        blocks.append(Block("gradient", Sentence("heading.gradient", {"y": self.output}), together))
        return Outline((*blocks, *closing(self, check)), None)
