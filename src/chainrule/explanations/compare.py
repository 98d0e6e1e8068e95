"""Two explanations side by side: the first link at which two runs part."""

import math
from dataclasses import dataclass

import numpy

from chainrule.errors import ArgumentError
from chainrule.explanations.collect.record import Where


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two runs part. Prints as text; false where they do not.

    Attributes:
        kind: "same", "value" (in the forward pass), "gradient" (in the backward pass) or "structure".
        where: the name, file and line in the first run.
        one, other: the two summaries or sizes.
        text: the same in words.
    """

    kind: str
    where: Where
    one: object
    other: object
    text: str

    def __bool__(self):
        return self.kind != "same"

    def __str__(self):
        return self.text


def diff(one, other, *, tolerance=None):
    """The first link at which two explanations part: two frameworks, two dtypes, before and after an edit.

    Values of one name are compared in the order of the forward pass, then their gradients in the order of the
    backward pass; where the names differ throughout, links are compared in order.

    Args:
        one, other: two results of `explain`.
        tolerance: the relative difference that counts; by default 100 roundings of the coarser dtype.

    Returns: a Difference, which is false where the runs agree.
    Raises: ArgumentError for what is no explanation.

    >>> import numpy as np, chainrule as cr
    >>> w = cr.tensor(0.5, requires_grad=True, name="w")
    >>> def run(scale):
    ...     z = w * 2.0
    ...     a = np.tanh(z) * scale
    ...     return cr.explain(a, wrt=w, show=False)
    >>> print(cr.diff(run(1.0), run(1.0)))
    the two runs agree: 4 values and 4 gradients of one name, to 2.2e-14
    >>> cr.diff(run(1.0), run(3.0)).where.name
    'a'
    """
    for name, given in (("one", one), ("other", other)):
        if not hasattr(given, "links") or not hasattr(given, "blocks"):
            what = f"{name} is a {type(given).__name__}, not an explanation"
            raise ArgumentError(what, "give two results of explain: diff(explain(...), explain(...))")
    mine, theirs = _joints(one), _joints(other)
    pairs = [(joint, theirs[name]) for name, joint in mine.items() if name in theirs]
    if len(pairs) < 2 or len(pairs) < min(len(mine), len(theirs)) / 4:
        pairs = list(zip(mine.values(), theirs.values()))
    roundings = [_rounding(joint.dtype) for pair in pairs for joint in pair]
    limit = tolerance if tolerance is not None else 100 * max(roundings)
    found = _first(reversed(pairs), "value", limit) or _first(pairs, "gradient", limit)
    if found is not None:
        return found
    missing = [name for name in mine if name not in theirs] + [name for name in theirs if name not in mine]
    if len(one.links(all=True)) != len(other.links(all=True)) and one.framework == other.framework and missing:
        text = f"the numbers agree, and the structure differs: {missing[0]} is in one run only"
        return Difference("structure", Where(missing[0]), len(mine), len(theirs), text)
    text = f"the two runs agree: {len(pairs)} values and {len(pairs)} gradients of one name, to {limit:.2g}"
    return Difference("same", Where(), None, None, text)


def _joints(explanation):
    """Name -> joint, the value first; "(the value)" for the value itself."""
    found = {}
    for link in explanation.links(all=True):
        for joint in (link.joint, link.parent):
            found.setdefault("(the value)" if joint.number == 0 else _bare(joint.label), joint)
    return found


def _bare(name):
    """A name without the argument it belongs to: params['W1'] and W1 are one."""
    return name.split("[")[-1].strip("]'\"") if name.startswith("params[") else name


def _first(pairs, kind, limit):
    for mine, theirs in pairs:
        one, other = (mine.value, theirs.value) if kind == "value" else (mine.arriving, theirs.arriving)
        if one is None or other is None:
            continue
        how = _apart(one, other, limit)
        if how:
            what = "the values part" if kind == "value" else "the values agree, and the gradients part"
            at = f" ({mine.where.at})" if mine.where.at else ""
            return Difference(kind, mine.where, one, other, f"{what} at {mine.label}{at}: {how}\n  {one}\n  {other}")
    return None


def _apart(one, other, limit):
    """How two summaries differ, in words; "" where they do not."""
    if one.size != other.size:
        return f"shapes {one.shape} and {other.shape}"
    if one.finite != other.finite:
        return "one is finite and the other is not"
    if not one.finite:
        return ""
    scale = max(one.norm, other.norm)
    for name in ("norm", "least", "most"):
        a, b = getattr(one, name), getattr(other, name)
        if not math.isclose(a, b, rel_tol=limit, abs_tol=limit * scale):
            return f"{name} {a:.8g} and {b:.8g}"
    return ""


def _rounding(dtype):
    try:
        return float(numpy.finfo(dtype).eps)
    except (TypeError, ValueError):
        return 8e-3 if dtype == "bfloat16" else 0.0
