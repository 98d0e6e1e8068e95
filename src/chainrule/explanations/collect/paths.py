"""Single paths: the largest without listing the others, and what each contributes, exactly.

Between numbers a path's weight is the product of its local derivatives. Between arrays paths are ranked by the
part of each joint's share (or of its gain, where there are no shares) that goes on along each edge, and the few
that were asked for are then weighed exactly, by one walk along each.
"""

import math
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Route:
    """One path from the value to an input.

    Attributes:
        links: from the value back.
        share: the part of the gradient that came by this path alone; None where it cannot be computed.
        product: the product of the local derivatives, where all are numbers; else None.
    """

    links: list
    share: float | None = None
    product: float | complex | None = None

    def __str__(self):
        said = "" if self.product is None else f", product {self.product:.6g}"
        share = "unknown" if self.share is None else f"{self.share:.4g}"
        lines = [f"path of {len(self.links)} links: share {share}{said}"]
        for link in self.links:
            gain = "-" if link.gain is None else f"{link.gain:.3g}"
            lines.append(f"  {link}   {link.op}, gain {gain}" + (f"   {link.formula}" if link.formula else ""))
        return "\n".join(lines)

    __repr__ = __str__


def largest(flow, count):
    """The `count` largest paths, the largest first."""
    onward = {}
    for link in flow.links:
        onward.setdefault(link.joint, []).append(link)
    ways = {}
    for joint in reversed(flow.joints):
        options = [(0.0, None, 0)] if joint in flow.sources else []
        for link in onward.get(joint, ()):
            own = _weight(link, onward[joint])
            options += [(own + weight, link, rank) for rank, (weight, _, _) in enumerate(ways.get(link.parent, ()))]
        options.sort(key=lambda option: -option[0])
        ways[joint] = options[:count]
    top = flow.joints[0]
    routes = [Route(_followed(ways, top, rank)) for rank in range(len(ways[top]))]
    for route in routes:
        _weigh(flow, route)
    key = (lambda r: abs(r.product)) if all(r.product is not None for r in routes) else (lambda r: abs(r.share or 0.0))
    return sorted(routes, key=lambda route: -key(route))


def _weight(link, beside):
    """The logarithm of what goes on along a link, beside the others out of the same joint."""
    if isinstance(link.local, (int, float)):
        return _log(abs(link.local))
    if link.share is not None:
        total = sum(abs(other.share or 0.0) for other in beside)
        return _log(abs(link.share) / total) if total else 0.0
    return _log(link.gain or 0.0)


def _log(size):
    return math.log(size) if 0 < size < math.inf else (-1e9 if size == 0 else 1e9)


def _followed(ways, joint, rank):
    links = []
    while True:
        _, link, following = ways[joint][rank]
        if link is None:
            return links
        links.append(link)
        joint, rank = link.parent, following


def _weigh(flow, route):
    """Walk along one path, and set what it contributes."""
    if all(isinstance(link.local, (int, float, complex)) for link in route.links):
        route.product = math.prod(link.local for link in route.links)
    bridge, message = flow.bridge, flow.bridge.seed()
    source = route.links[-1].parent if route.links else flow.joints[0]
    gradient = flow.gradients.get(source)
    if gradient is None or flow.why_not:
        return
    slot = 0
    for link in route.links:
        cotangents = [None] * max(1, len(link.joint.outputs))
        cotangents[slot] = message
        k = next(k for k, edge in enumerate(link.joint.edges) if edge.argument == link.argument)
        try:
            message = bridge.pull(link.joint, cotangents)[k]
        except RuntimeError:  # a graph that has been freed since
            return
        if message is None:
            route.share = 0.0
            return
        slot = link.joint.edges[k].slot
    norm = math.hypot(*(joint.arriving.norm for joint in flow.sources))
    route.share = bridge.inner(message, gradient) / norm / norm
