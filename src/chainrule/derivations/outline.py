"""What a derivation shows, in reading order, before anybody says how: sentences, equations, tables.

Every renderer (terminal, LaTeX, MathML and HTML, JSON) prints the same outline, so that they agree in
content, and a new format is one function from these blocks to text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chainrule.derivations.model import Factor, Numbers


@dataclass(frozen=True, eq=False)
class Sentence:
    """One message with what goes into its places (expressions, numbers, texts, Differentials, Primes)."""

    id: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Equation:
    """Sides joined by equals signs; each is something to print, or a tuple of them for a product.

    Attributes:
        sides: expressions, Differentials, Primes, numbers; a tuple of these is a product, a list a sum.
        rule: the id of the rule behind the last side, or "".
        place: where in the text or program, or None.
        depth: how far it is indented: 0 for a step of the derivation itself, 1 for a part of it.
    """

    sides: tuple[Any, ...]
    rule: str = ""
    place: Any = None
    depth: int = 0


@dataclass(frozen=True, eq=False)
class FactorTable:
    """The factors of one chain, one a row: outer function, inner, both notations, number.

    Attributes:
        factors: the rows; None stands for factors that are left out (`omitted` says how many).
        numbers: one number a row where a point was given, else ().
        omitted: how many factors the None stands for.
    """

    factors: tuple[Factor | None, ...]
    numbers: tuple[float, ...] = ()
    omitted: int = 0


@dataclass(frozen=True, eq=False)
class Block:
    """A heading and what stands under it.

    Attributes:
        kind: "reading", "chain", "path", "steps", "result", "numbers", "simplified", "notes", "check".
        heading: its first line, or None.
        items: Sentences, Equations, FactorTables, and Blocks within it.
    """

    kind: str
    heading: Sentence | None
    items: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Outline:
    """All blocks of one derivation, and the numbers it was evaluated to, if a point was given."""

    blocks: tuple[Block, ...]
    numbers: Numbers | None = None
