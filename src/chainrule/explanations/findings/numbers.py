"""Numbers that are not finite, or too small for their dtype."""

from chainrule.explanations.findings.finding import Finding
from chainrule.explanations.rules.symbols import compact

_HALF = {"float16": 6.1e-5}

_REPAIRS = {
    "sqrt": "keep the argument away from 0, as sqrt(x + 1e-12), or select the safe entries before the root",
    "norm": "the norm has no slope at 0: add a small number under the root",
    "log": "keep the argument above 0, as log(x + 1e-12), or use a form in logarithms (logsumexp, log_softmax)",
    "divide": "keep the denominator away from 0",
    "reciprocal": "keep the denominator away from 0",
    "exp": "subtract the largest entry before exp (logsumexp, softmax), or bound the argument",
    "power": "keep the base away from 0 where the exponent is below 1",
    "arccos": "keep the argument inside (-1, 1)", "arcsin": "keep the argument inside (-1, 1)",
}  # fmt: skip


def non_finite(flow, blocks, bridge, found):
    """The first link that makes a finite gradient infinite or NaN; or the operation that made such a value."""
    top = flow.joints[0]
    if top.value is not None and not top.value.finite:
        origin = _forward_origin(flow)
        if origin is not None:
            return [_value_finding(origin, bridge)]
    for link in flow.links:
        if link.arriving.finite and not link.passed.finite:
            return [_link_finding(link, bridge)]
    if any(not flow_gradient.finite for flow_gradient in _at_sources(flow)):
        where = flow.sources[0].where
        return [Finding("nonfinite", where, "finite contributions add up to more than the dtype holds",
                        "scale the loss down, or use a wider dtype")]  # fmt: skip
    return []


def _at_sources(flow):
    return [joint.arriving for joint in flow.sources if joint.arriving is not None]


def _forward_origin(flow):
    """The first joint in the forward pass whose value is not finite while those it came from are."""
    for joint in reversed(flow.joints):
        if joint.value is None or joint.value.finite:
            continue
        parents = [edge.parent for edge in joint.edges if edge.parent is not None]
        if all(parent.value is None or parent.value.finite for parent in parents):
            return joint
    return None


def _value_finding(joint, bridge):
    index = joint.value.first_bad
    operands = _operands(joint, bridge, index)
    kind = "NaN" if joint.value.norm != joint.value.norm else "inf"
    evidence = f"the value of {joint.label} is the first that is not finite: {kind} at index {_index(index)}{operands}"
    if joint.leaf:
        return Finding("nonfinite", joint.where, f"the input {joint.label} itself holds {kind} at index "
                       f"{_index(index)}", "mend the data: look where this input is made")  # fmt: skip
    return Finding("nonfinite", joint.where, evidence, _REPAIRS.get(joint.op, _REPAIR))


_REPAIR = "bound or guard the argument, before the operation and not after it"


def _link_finding(link, bridge):
    index = link.passed.first_bad
    operands = _operands(link.joint, bridge, index)
    factors = bridge.factors(link, index)
    said = "" if factors is None else f"; there {compact(factors[0], 4)} × {compact(factors[1], 4)}"
    kind = "NaN" if link.passed.norm != link.passed.norm else "inf"
    rule = f" ({link.formula})" if link.formula else ""
    evidence = (
        f"a finite gradient arrives at {link.op} and leaves with {kind} for {link.into}{rule}, at index "
        f"{_index(index)}{operands}{said}"
    )
    return Finding("nonfinite", link.where, evidence, _REPAIRS.get(link.op, _REPAIR))


def _operands(joint, bridge, index):
    values = [(label, bridge.entry(joint, k, index)) for k, label in enumerate(bridge.operand_names(joint))]
    known = [f"{label} = {compact(value, 5)}" for label, value in values if value is not None]
    return f", where {', '.join(known)}" if known else ""


def _index(index):
    if not index:
        return "()"
    return f"[{', '.join(map(str, index))}]"


def underflow(flow, blocks, bridge, found):
    """Gradients in half precision that are flushed to zero, or lie below the smallest normal number."""
    for link in flow.links:
        limit = _HALF.get(link.passed.dtype)
        if limit is None or not link.arriving.norm or not link.passed.finite:
            continue
        lost = link.passed.tiny + (link.passed.zeros - link.arriving.zeros if link.passed.bound < limit else 0.0)
        selects = getattr(link.local, "zero", 0.0) > 0.5 or link.local == 0
        if lost > 0.5 and link.passed.bound < limit and not selects:
            evidence = (
                f"{lost:.0%} of the gradient of {link.into} is 0 or below {limit:.1e}, the smallest normal number of "
                f"{link.passed.dtype} (largest entry {link.passed.bound:.2g}, {link.arriving.bound:.2g} arrived)"
            )
            return [Finding("underflow", link.where, evidence,
                            "multiply the loss by a scale (1024, say) before backward and divide the gradients after, "
                            "or keep this part in float32")]  # fmt: skip
    return []
