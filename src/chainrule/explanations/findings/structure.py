"""Faults of how a program is put together: shapes that grew in silence, graphs that grow, gradients left over."""

from chainrule.explanations.findings.finding import Finding


def broadcast(flow, blocks, bridge, found):
    """Two operands of different rank that both grew: (n, 1) with (n,) gives (n, n)."""
    findings = []
    for joint in flow.joints:
        shapes = joint.notes.get("operands", joint.operands)
        if joint.leaf or len(shapes) != 2 or not grew(shapes, joint.shape):
            continue
        evidence = (
            f"{joint.op} of {_said(shapes[0])} and {_said(shapes[1])} became {_said(joint.shape)}: both were copied"
        )
        findings.append(Finding("broadcast", joint.where, evidence,
                                "give both the same shape: reshape one of them to the other's, as y.reshape(-1, 1), or "
                                "squeeze the column"))  # fmt: skip
    return findings + [f for f in bridge.extras.get("broadcast", ()) if not findings]


def grew(shapes, result):
    """Whether two operands of different rank were both copied to fit each other."""
    one, other = shapes
    size, sizes = _size(result), (_size(one), _size(other))
    return len(one) != len(other) and min(len(one), len(other)) > 0 and min(sizes) > 1 and size > max(sizes)


def _size(shape):
    size = 1
    for n in shape:
        size *= n
    return size


def _said(shape):
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def accumulated(flow, blocks, bridge, found):
    """A graph that reaches back into earlier iterations."""
    return list(bridge.extras.get("accumulated", ()))


def stale(flow, blocks, bridge, found):
    """Gradients left from an earlier backward pass, which the next one adds to."""
    left = []
    for joint in flow.sources:
        held = bridge.held(joint)
        if held is not None and joint.arriving is not None:
            left.append((joint, held))
    if not left:
        return []
    joint, norm = left[0]
    others = f" (and {len(left) - 1} more)" if len(left) > 1 else ""
    evidence = (
        f"{joint.label}.grad{others} holds a gradient of size {norm:.3g} from an earlier backward pass, and this one "
        f"has size {joint.arriving.norm:.3g}: the next backward adds to it"
    )
    return [Finding("stale", joint.where, evidence, "call optimizer.zero_grad() (or set grad to None) before backward")]
