"""What is wrong with a gradient: each finding with its place, its evidence and the usual repair.

`finding` is the record; `numbers` looks for what is not finite or too small for its dtype, `signal` for what
dies, saturates, vanishes or explodes, `structure` for broadcasts, stale gradients and graphs that grow.
Causes come before symptoms, so the first finding is the one to mend first.
"""

from dataclasses import replace

from chainrule.explanations.findings import numbers, signal, structure
from chainrule.explanations.findings.finding import KINDS, Finding

__all__ = ["KINDS", "Finding", "find"]


def _together(found):
    """One finding for each kind that comes in numbers: the first, and how many more there are."""
    kept = []
    for finding in found:
        same = [other for other in found if other.kind == finding.kind]
        if finding.kind not in ("dead", "saturated") or len(same) == 1:
            kept.append(finding)
        elif finding is same[-1]:  # the one nearest to the input
            more = f"{finding.evidence}; so {'is 1 more' if len(same) == 2 else f'are {len(same) - 1} more'}"
            kept.append(replace(finding, evidence=more))
    return kept


def find(flow, blocks, bridge):
    """All findings about a sweep, the causes first, each place once."""
    found = [*bridge.findings]
    if flow is not None:
        for look in (
            numbers.non_finite,
            structure.accumulated,
            structure.broadcast,
            signal.dead,
            signal.saturated,
            numbers.underflow,
            signal.zero,
            signal.by_block,
            structure.stale,
        ):
            found += look(flow, blocks, bridge, found)
    found = _together(found)
    order = {kind: i for i, kind in enumerate(KINDS)}
    return sorted(found, key=lambda finding: order[finding.kind])
