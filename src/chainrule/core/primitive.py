"""The contract of a primitive, and its kinds.

A primitive is a value and a local derivative, and knows nothing else: not the graph, not the chain
rule, not the shapes that broadcasting made. Its class is its room: everything about it stands there.

| kind        | you write                                       | the kind supplies                  |
|-------------|-------------------------------------------------|------------------------------------|
| Elementwise | `forward`, `partials` (one for each argument)   | shape; vjp and jvp by multiplying  |
| Linear      | `forward`, `transpose`, `shape`                 | jvp: the primitive itself          |
| Bilinear    | `forward`, `transpose`, `shape`                 | jvp: op(da, b) + op(a, db)         |
| Structural  | as Linear, for reads that move entries          | also which entries were not read   |
| Custom      | `forward`, `vjp`, `jvp`, `shape`                | the adjoint test guards the pair   |

Rules are evaluated in a namespace `xp` (see `chainrule.core.namespace`), so the same line serves
arrays, Python floats, Tensors (higher order) and symbols (the formula). `y` is always the value that
`forward` returned, `xs` its arguments, `i` the argument a rule is asked about, `g` the cotangent of y.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy

from chainrule.core import record
from chainrule.core.rows import Rows, as_array
from chainrule.core.selection import Selected, keep, push, times
from chainrule.core.spec import REAL, broadcast_shapes, shape_of
from chainrule.errors import DtypeError, UnfinishedRoomError


class Primitive:
    """What every kind has in common.

    Class attributes that a room gives:
        latex: the value in LaTeX, `{0}`, `{1}` ... for the arguments.
        samples: calls from the primitive's domain, from which the catalogue test checks everything.
        words: how a cotangent passes through, in one phrase, or in one for each argument (A, B; the
            cotangent is G, the value Y), for rooms that are not elementwise.
        keeps_inputs: whether a rule reads the primal arguments, not just their shapes.
    """

    if TYPE_CHECKING:  # what rooms write; `requires` says which kind needs what
        forward: Callable[..., Any]
        transpose: Callable[..., Any]
        vjp: Callable[..., Any]
        jvp: Callable[..., Any]
        shape: Callable[..., Any]
        latex: str
        samples: tuple

    requires: tuple[str, ...] = ("forward", "latex", "samples")
    keeps_inputs = True
    scalar = False  # whether `forward` also runs on Python floats
    words: str | tuple[str, ...] = ""
    moves = False  # whether each entry of y is a sum of entries of the arguments (no other factors)
    reads = False  # whether some entries of the arguments are left out of y
    adds_back = False  # whether `add_back` adds a cotangent in place to the one that the argument has, and returns it

    def __init_subclass__(cls, kind=False, **kwargs):
        super().__init_subclass__(**kwargs)
        if kind:
            return
        missing = sorted(n for n in cls.requires if not getattr(cls, n, None))
        if missing:
            raise UnfinishedRoomError(
                f"{cls.__name__} is an unfinished room: it lacks {', '.join(missing)}",
                "write what is missing; docs/add-a-primitive.md shows a whole room",
            )

    def __init__(self):
        self.name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(self).__name__).lower()

    def __call__(self, *args, **params) -> Any:
        """The value of the primitive; a recorded one when an argument is tracked."""
        return record.general(self, args, params)

    def __repr__(self):
        return f"<primitive {self.name}>"

    def pull(self, xp, g, y, xs, parents, params):
        """One cotangent for each argument that has a parent, None for the others."""
        live = None
        if type(g) is Selected:
            g, live = g.value, g.live
        cotangents = []
        for i, parent in enumerate(parents):
            if parent is None:
                cotangents.append(None)
                continue
            cotangent = self.vjp(xp, g, i, y, *xs, **params)
            if live is not None or (self.reads and parent.primitive is not None):
                cotangent = self._deselect(xp, cotangent, live, y, i, xs, params)
            cotangents.append(cotangent)
        return cotangents

    def _deselect(self, xp, cotangent, live, y, i, xs, params):
        """The cotangent of argument i, structurally zero where no live entry of y leads to it."""
        alive = self.alive(True if live is None else live, y, i, xs, params)
        if alive is None:
            return cotangent
        if type(cotangent) is Selected:
            alive, cotangent = alive & cotangent.live, cotangent.value
        return Selected(cotangent if self.moves else keep(xp, alive, cotangent), alive)

    def alive(self, live, y, i, xs, params):
        """Which entries of argument i a live entry of y leads to; None where that is not known."""
        any_live = numpy.any(live)
        return any_live if type(any_live) is Rows else None if any_live else False

    def push(self, xp, tangents, y, xs, params):
        """The tangent of y for one tangent (or None) of each argument: the sum over arguments."""
        total = None
        for i, tangent in enumerate(tangents):
            if tangent is not None:
                part = self.jvp(xp, tangent, i, y, *xs, **params)
                total = part if total is None else total + part
        return total


class Elementwise(Primitive, kind=True):
    """A function of numbers, applied to each entry after broadcasting.

    `partials` holds one entry for each argument: a function `(xp, y, *xs)`, the number 1 or -1 where
    the slope is that everywhere, or False where there is no slope at all (the slope of `floor`). A
    slope that comes out boolean selects: what it deselects is structurally zero.

    A room whose function is not defined for all numbers says where it is, in `domain`; one with sides that
    meet says where they do, in `kinks`.
    """

    requires = ("forward", "partials", "latex", "samples")
    scalar = True
    partials: tuple = ()

    def __init__(self):
        super().__init__()
        self.arity = len(self.partials)
        self.keeps_inputs = any(callable(partial) for partial in self.partials)
        specialised = {1: record.unary, 2: record.binary}.get(self.arity)
        self.apply: Callable[..., Any] = specialised(self) if specialised else self.__call__

    def shape(self, *shapes):
        return broadcast_shapes(*shapes)

    def domain(self, xp, *xs) -> tuple:
        """Where the function is real and finite: `(quantity, relation, bound)`, all of which must hold.

        The relation is one of ">", ">=", "<", "<=" and "!=".
        """
        return ()

    def kinks(self, xp, *xs) -> tuple:
        """Where sides of different slope may meet: pairs of quantities that are equal there."""
        return ()

    def pull(self, xp, g, y, xs, parents, params):
        cotangents = []
        for i, parent in enumerate(parents):
            cotangents.append(None if parent is None else self.vjp(xp, g, i, y, *xs))
        return cotangents

    def vjp(self, xp, g, i, y, *xs):
        partial = self.partials[i]
        if partial.__class__ is int:
            return g if partial == 1 else times(xp, g, partial)
        slope = partial(xp, y, *xs) if partial else self.slope(xp, i, y, *xs)
        kind = slope.__class__
        return g * slope if kind is g.__class__ and kind in REAL else times(xp, g, slope)

    def slope(self, xp, i, y, *xs):
        """The local derivative by argument i: a number, array, symbol, selection; False for none."""
        partial = self.partials[i]
        if partial is None:
            raise DtypeError(
                f"{self.name}: a gradient flows to argument {i}, which must be a constant",
                "pass a plain number or array there",
            )
        return partial(xp, y, *xs) if callable(partial) else partial

    def jvp(self, xp, t, i, y, *xs):
        return push(xp, self.slope(xp, i, y, *xs), t)


class Linear(Primitive, kind=True):
    """Linear in all its arguments together: its derivative is itself, its pullback its transpose."""

    requires = ("forward", "transpose", "shape", "latex", "words", "samples")
    keeps_inputs = False

    def vjp(self, xp, g, i, y, *xs, **params):
        return self.transpose(xp, g, i, *xs, **params)

    def alive(self, live, y, i, xs, params):
        """The same transpose, applied to ones where y is live: what receives something is alive."""
        if not self.moves:
            return super().alive(live, y, i, xs, params)
        live = numpy.broadcast_to(as_array(live, float), shape_of(y))
        return self.transpose(numpy, live, i, *(getattr(x, "value", x) for x in xs), **params) > 0

    def push(self, xp, tangents, y, xs, params):
        filled = [xp.zeros_like(x) if t is None else t for t, x in zip(tangents, xs)]
        return self.forward(xp, *filled, **params)


class Structural(Linear, kind=True):
    """A linear read that moves entries about: reshape, transpose, slices, gather, padding."""

    moves = True


class Bilinear(Primitive, kind=True):
    """Linear in each of two arguments: matmul, outer, einsum of two."""

    requires = ("forward", "transpose", "shape", "latex", "words", "samples")

    def vjp(self, xp, g, i, y, *xs, **params):
        return self.transpose(xp, g, i, *xs, **params)

    def jvp(self, xp, t, i, y, *xs, **params):
        return self.forward(xp, *(t if j == i else x for j, x in enumerate(xs)), **params)


class Custom(Primitive, kind=True):
    """Both rules by hand: `vjp(xp, g, i, y, *xs)` and `jvp(xp, t, i, y, *xs)`."""

    requires = ("forward", "vjp", "jvp", "shape", "latex", "words", "samples")
