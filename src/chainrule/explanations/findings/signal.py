"""Where the signal dies: dead units, saturated functions, links that pass nothing, gains that pile up."""

import math

from chainrule.explanations.collect.record import LARGEST, Local
from chainrule.explanations.collect.spine import total_gain
from chainrule.explanations.findings.finding import Finding

RECTIFIERS = frozenset("maximum relu relu6 where threshold max elu hardswish".split())
SQUASHERS = frozenset("sigmoid tanh softmax logistic erf softsign hardsigmoid".split())
_UNWOUND = frozenset("log log_softmax binary_cross_entropy log1p".split())
# A chain of n blocks is said to vanish (explode) where it loses (gains) this much over all of them. Many blocks
# that each lose a little count sooner than few that lose much, which a readout may do rightly.
_LONG, _LONG_LIMIT, _SHORT, _SHORT_LIMIT = 10, 50.0, 3, 1000.0


def dead(flow, blocks, bridge, found):
    """Rectifiers whose units are at zero on the whole batch."""
    findings = []
    for link in flow.links:
        if link.op not in RECTIFIERS or link.arriving is None:
            continue
        share = _dead_share(link)
        if share is None or any(f.where == link.where for f in findings):
            continue
        evidence = f"{share} of {link.name} have slope 0 on this whole batch, so nothing passes through them"
        findings.append(Finding("dead", link.where, evidence,
                                "lower the learning rate or the bias before it, start from He's initialisation, or use "
                                "a function with a slope on both sides (leaky_relu, gelu)"))  # fmt: skip
    return findings


def _dead_share(link):
    """How much is dead, in words; None where it is not enough to speak of."""
    local, whole = link.local, link.passed.norm == 0 and link.arriving.norm > 0
    if not isinstance(local, Local):
        return "the only unit" if local == 0 and whole else None
    if local.zero == 1.0:
        return "all units" if whole else None
    batch = link.shape[0] if len(link.shape) > 1 else 1
    return f"{local.dead:.0%} of the units" if batch >= 4 and local.dead >= 0.7 else None


def saturated(flow, blocks, bridge, found):
    """Sigmoids and the like where most entries lie on the flat part."""
    findings, readers = [], _readers(flow)
    for joint in flow.joints:
        local, op = _squash(joint)
        if local is None or local.small < 0.5 or joint.arriving is None or not joint.arriving.norm:
            continue
        if any(reader.op in _UNWOUND for reader in readers.get(joint, ())):
            continue  # a loss in logarithms undoes what the function squashed
        entries = f"{local.small:.0%} of the entries of {joint.label}" if joint.shape else joint.label
        evidence = (
            f"{entries} ({op}) {'have' if joint.shape else 'has'} a slope below a twentieth of the largest it can be, "
            f"{LARGEST.get(op, 1.0)} (mean slope {local.mean:.2g})"
        )
        findings.append(Finding("saturated", joint.where, evidence,
                                "make the values that go in smaller: scale the inputs or the initial weights, "
                                "normalise before it, or divide attention scores by sqrt(d)"))  # fmt: skip
    return findings


def _readers(flow):
    readers = {}
    for link in flow.links:
        readers.setdefault(link.parent, []).append(link.joint)
    return readers


def _squash(joint):
    """The Local of a squashing function (None where it is none), and its name."""
    written_out = joint.notes.get("squash")  # 1 / (1 + exp(-z))
    if written_out is not None:
        return written_out, "sigmoid"
    local = joint.notes.get("local") if joint.op in SQUASHERS else None
    if isinstance(local, float) and abs(local) < 0.05 * LARGEST.get(joint.op, 1.0):
        local = Local(abs(local), abs(local), 1.0, float(local == 0), float(local == 0))
    return (local if isinstance(local, Local) else None), joint.op


def zero(flow, blocks, bridge, found):
    """Inputs whose gradient is exactly zero though a path leads to them: which link passes nothing."""
    if any(f.kind in ("dead", "saturated", "underflow", "nonfinite") for f in found):
        return []
    empty = [joint for joint in flow.sources if joint.arriving is not None and joint.arriving.norm == 0]
    if not empty:
        return []
    said = {}
    for link in flow.links:
        if link.arriving.norm > 0 and link.passed.norm == 0:
            said.setdefault(link.joint, link)
    if not said:
        repair = "if that is not meant, look at the paths: they cancel, or are too small for the dtype"
        return [Finding("zero", empty[0].where, f"what arrives at {empty[0].label} adds up to exactly 0", repair)]
    link = next(iter(said.values()))
    rule = f" ({link.formula})" if link.formula else ""
    evidence = (
        f"a path leads to {empty[0].label}, and its gradient is exactly 0: {link.op} passes nothing on to "
        f"{link.into}{rule}"
    )
    return [Finding("zero", link.where, evidence, _repair(link))]


def _repair(link):
    if link.op in ("floor", "ceil", "round", "rint", "sign", "trunc", "floor_divide"):
        return "a staircase has slope 0 everywhere: use a smooth function, or a straight-through estimator"
    if link.op in SQUASHERS:
        return "the function is flat there: make the values that go in smaller"
    if link.op in ("multiply", "matmul", "dot_general", "addmm", "linear"):
        return "the other factor is 0 everywhere: check that it is meant, or start it from small random numbers"
    return "move the values off the flat part, or use a function that has a slope there"


def by_block(flow, blocks, bridge, found):
    """Vanishing and exploding: what the blocks between the value and the deepest input multiply to."""
    if any(f.kind in ("nonfinite", "dead", "saturated", "zero", "underflow") for f in found):
        return []
    totals = total_gain(blocks)
    if totals is None or len(blocks) < _SHORT:
        return []
    total, mean = totals
    limit = _LONG_LIMIT if len(blocks) >= _LONG else _SHORT_LIMIT
    if total == 0 or 1 / limit <= total <= limit:
        return []
    known = [block for block in blocks if block.gain is not None]
    kind = "vanishing" if total < 1 else "exploding"
    worst = (min if total < 1 else max)(known, key=lambda block: block.gain)
    word = "loses a factor" if total < 1 else "grows by a factor"
    evidence = (
        f"the signal {word} {total:.1e} over {len(blocks)} blocks ({mean:.2f} per block); "
        f"largest single {'loss' if total < 1 else 'growth'} at block {worst.number} ({worst.gain:.2g})"
    )
    repair = (
        "scale the initial weights for the function that follows (Glorot, He), add residual connections or "
        "normalisation, or use a function that saturates less"
        if total < 1
        else "scale the initial weights down (Glorot, He), normalise between blocks, or clip the gradient"
    )
    where = worst.top.where if worst.top.where.line is not None else worst.bottom.where
    return [Finding(kind, where, evidence, repair)] if math.isfinite(total) else []
