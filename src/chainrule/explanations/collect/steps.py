"""The computation replayed, forward and backward, link by link: the data that a page or notebook animates."""

from dataclasses import dataclass

from chainrule.explanations.collect.record import Local, Summary


@dataclass(frozen=True, slots=True)
class Move:
    """One step of the replay.

    Attributes:
        phase: "forward" or "backward".
        name: the value that is computed (forward), or whose gradient is passed on (backward).
        op, expression: the operation, and what the user wrote.
        value: the value's summary, forward; what arrives, backward.
        local: the local derivative (a number, or a Local), backward.
        into: the value that the gradient is added to, backward.
        passed: a summary of what is added.
        total: for numbers, the gradient of `into` after the addition, "the product so far" along a chain; else
            None.
    """

    phase: str
    name: str
    op: str
    expression: str
    value: Summary | None
    local: "float | Local | None" = None
    into: str = ""
    passed: Summary | None = None
    total: float | None = None

    def __str__(self):
        if self.phase == "forward":
            return f"{self.name} = {self.expression or self.op}: {self.value if self.value is not None else 'not kept'}"
        local = "" if self.local is None else f", local derivative {self.local}"
        total = "" if self.total is None else f"; so far {self.total:.6g}"
        return f"{self.name} → {self.into}: {self.passed} added{local}{total}"


def replayed(flow):
    """Every move: the values in the order they were computed, then the links in the order of the walk."""
    moves = [Move("forward", joint.label, joint.op, joint.expression, joint.value) for joint in reversed(flow.joints)]
    totals = {}
    for link in flow.links:
        total = None
        if not link.into_shape and link.passed is not None:
            total = totals[link.parent] = totals.get(link.parent, 0.0) + link.passed.most
        made = "backward", link.name, link.op, link.expression
        moves.append(Move(*made, link.arriving, link.local, link.into, link.passed, total))
    return moves
