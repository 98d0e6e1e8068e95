"""The record of a link: one dataclass for every framework, holding summaries and no arrays."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from chainrule.explanations.render import layout


@dataclass(frozen=True, slots=True)
class Where:
    """A place: the user's name for the value, and the file and line where it was made (None where unknown)."""

    name: str = ""
    file: str | None = None
    line: int | None = None

    def __str__(self):
        at = "" if self.file is None else layout.near(self.file, self.line)
        return " at ".join(part for part in (self.name, at) if part)

    @property
    def at(self):
        """`file:line`, or "" where it is not known."""
        return "" if self.file is None else layout.near(self.file, self.line)


@dataclass(slots=True)
class Summary:
    """What is kept of an array.

    Attributes:
        shape, dtype: of the array, the dtype by its name.
        norm: the root of the summed squares.
        least, most: the smallest and the largest entry (of a complex array, in size).
        zeros: the share of entries that are exactly 0.
        tiny: the share of entries that are not 0 and smaller than the dtype's smallest normal number.
        finite: whether every entry is.
        first_bad: the index of the first entry that is not finite, or None.
    """

    shape: tuple
    dtype: str
    norm: float
    least: float
    most: float
    zeros: float
    tiny: float = 0.0
    finite: bool = True
    first_bad: tuple | None = None

    @property
    def size(self):
        return _product(self.shape)

    @property
    def bound(self):
        """The largest size of an entry."""
        return max(abs(self.least), abs(self.most))

    def __str__(self):
        if not self.shape:
            return f"{self.most:.4g}"
        bad = "" if self.finite else f", not finite at {list(self.first_bad or ())}"
        return f"{self.shape}, norm {self.norm:.4g}, {self.least:.4g} to {self.most:.4g}, {self.zeros:.0%} zeros{bad}"


def joined(summaries):
    """One Summary for the outputs of one operation."""
    if not summaries:
        return None
    first, size = summaries[0], sum(s.size for s in summaries)
    return replace(
        first,
        norm=math.hypot(*(s.norm for s in summaries)),
        least=min(s.least for s in summaries),
        most=max(s.most for s in summaries),
        zeros=sum(s.zeros * s.size for s in summaries) / max(size, 1),
        finite=all(s.finite for s in summaries),
    )


@dataclass(slots=True)
class Local:
    """The local derivative of an elementwise link over its entries, in size.

    Attributes:
        mean, most: of |f'|.
        small: the share of entries with |f'| below a twentieth of the largest that the function has.
        zero: the share of entries with f' = 0.
        dead: the share of units (positions in all axes but the first) with f' = 0 on the whole batch.
    """

    mean: float
    most: float
    small: float
    zero: float
    dead: float

    def __str__(self):
        return f"mean |f'| {self.mean:.3g}"


def _product(shape):
    size = 1
    for n in shape:
        size *= n
    return size


@dataclass(slots=True)
class Edge:
    """One argument of a joint, as far as gradients go: which joint made it, and which of its outputs it is.

    `parent` is None for a constant; `why` then says why nothing flows, where that is known.
    """

    argument: int
    parent: "Joint | None"
    slot: int = 0
    why: str = ""


@dataclass(slots=True, eq=False)
class Joint:
    """One operation of a graph: a framework's node, jaxpr equation or graph operation.

    Attributes:
        op: the primitive's name where a room of ours is the same function, else the framework's own.
        outputs: `(shape, dtype name)` of each.
        edges: one for each argument that a gradient may flow to.
        name, expression, where, scope: what the user calls the value, wrote, where, in which module.
        operands: the shapes of all arguments, constants included, where known.
        origin: the framework's object.
        value, arriving: summaries of the (first) output and of its total gradient.
        leaf: whether it is an input, and not an operation.
        notes: what a bridge wants findings to know.
    """

    number: int
    op: str
    outputs: list
    edges: list
    origin: Any = None
    name: str = ""
    expression: str = ""
    where: Where = field(default_factory=Where)
    scope: str = ""
    operands: tuple = ()
    value: Summary | None = None
    arriving: Summary | None = None
    leaf: bool = False
    notes: dict = field(default_factory=dict)

    @property
    def shape(self):
        return self.outputs[0][0] if self.outputs else ()

    @property
    def dtype(self):
        return self.outputs[0][1] if self.outputs else ""

    @property
    def label(self):
        """The user's name, else the expression, else the operation and its number."""
        return self.name or (self.expression if len(self.expression) <= 28 else "") or f"{self.op}#{self.number}"


_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def named_apart(joints):
    """Tell values of one name apart, from the value back: h₁, h₂ ... of a loop, the module's path inside a model.

    A call of a whole model has one name and one line for many operations: the name is that of the last one.
    """
    groups = {}
    for joint in joints:
        if (joint.name or joint.expression) and not joint.leaf:
            groups.setdefault(joint.name or joint.expression, []).append(joint)
    for name, group in groups.items():
        if len(group) == 1:
            continue
        head = group[0]
        same = [joint for joint in group if (joint.op, joint.scope) == (head.op, head.scope)]
        for joint in group:
            if joint not in same:
                joint.name, joint.expression = joint.scope and f"{joint.scope}.{joint.op}", ""
                joint.where = Where(joint.label, joint.where.file, joint.where.line)
        for number, joint in enumerate(reversed(same), 1):
            if len(same) > 1 and joint.name and joint is not joints[0]:
                joint.name = name + str(number).translate(_LOWERED)
                joint.where = Where(joint.name, joint.where.file, joint.where.line)


LARGEST = {"sigmoid": 0.25, "logistic": 0.25, "softmax": 0.25, "tanh": 1.0}  # the most that |f'| can be

SIZE_EFFECTS = frozenset(
    "mean sum broadcast_to expand_dims reshape squeeze transpose swapaxes moveaxis ravel repeat tile "
    "getitem get_item concatenate stack pad expand average".split()
)


@dataclass(slots=True, eq=False)
class Link:
    """One link of the chain: an operation's local derivative by one of its arguments.

    Attributes:
        index: its position, counted from the value back.
        op: the primitive, by the name of the room, or by the framework's name where there is no room.
        name: the user's name for what the operation made; `into`, for the argument.
        expression: what the user wrote.
        where: name, file and line.
        scope: the module it belongs to, "" where there is none.
        formula: what becomes of G, the gradient that arrives; in words where there is no formula.
        shape, into_shape: of the value and of the argument.
        value: a summary of what the operation made; None where it was not kept.
        arriving, passed: summaries of the gradient that arrives and of what this link passes on.
        local: the local derivative: a number between numbers, a `Local` for an elementwise link between
            arrays, else None.
        gain: |passed| / |arriving|; None where nothing arrives.
        size_effect: whether the gain only says that entries are summed, spread or averaged.
        share: the part of the gradient that came through here (see `collect.shares`); None where not known.
        status: "ok", or why something is missing.
    """

    index: int
    op: str
    name: str
    into: str
    expression: str
    where: Where
    scope: str
    shape: tuple
    into_shape: tuple
    joint: Joint
    argument: int
    parent: Joint
    rule: "str | Callable[[], str]" = ""
    value: Summary | None = None
    arriving: Summary | None = None
    passed: Summary | None = None
    local: "float | Local | None" = None
    share: float | None = None
    status: str = "ok"

    @property
    def formula(self):
        if not isinstance(self.rule, str):
            self.rule = self.rule()  # worked out only for those that are read, where there are many
        return self.rule

    @property
    def gain(self):
        if self.arriving is None or self.passed is None or not self.arriving.norm:
            return None
        return self.passed.norm / self.arriving.norm

    @property
    def size_effect(self):
        return self.op in SIZE_EFFECTS

    def __str__(self):
        return f"{self.name} → {self.into}"

    def __repr__(self):
        return f"<{self}: {self.formula or self.op}>"
