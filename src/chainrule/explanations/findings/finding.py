"""The record of a finding."""

from dataclasses import dataclass

from chainrule.explanations.collect.record import Where

# Stable names, the likeliest cause first where several are found.
KINDS = (
    "nonfinite", "accumulated", "disconnected", "cut", "unused", "broadcast", "dead", "saturated", "underflow",
    "zero", "exploding", "vanishing", "stale",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: one of KINDS.
        where: name, file and line.
        evidence: the numbers it was seen by.
        repair: what usually mends it.
    """

    kind: str
    where: Where
    evidence: str
    repair: str

    def __str__(self):
        place = f" ({self.where})" if str(self.where) else ""
        return f"{self.kind}{place}: {self.evidence}\n  what to do: {self.repair}"

    def as_dict(self):
        """For JSON."""
        where = {"name": self.where.name, "file": self.where.file, "line": self.where.line}
        return {"kind": self.kind, "where": where, "evidence": self.evidence, "repair": self.repair}
