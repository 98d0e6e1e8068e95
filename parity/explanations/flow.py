"""What every explanation must hold, whatever framework it reads."""

import math


def flow(explanation):
    """Of the shares: the largest difference between what enters a joint and what leaves it; the total at the value,
    and at the sources.
    """
    into, out, top = {}, {}, explanation.links(all=True)[0].joint
    for link in explanation.links(all=True):
        out[link.joint] = out.get(link.joint, 0.0) + link.share
        into[link.parent] = into.get(link.parent, 0.0) + link.share
    worst = max((abs(into[joint] - out[joint]) for joint in into if joint in out), default=0.0)
    return worst, out[top], sum(into.get(joint, 0.0) - out.get(joint, 0.0) for joint in explanation.sources)


def conserved(explanation):
    """The largest difference between the shares that enter a joint and those that leave it; and the total."""
    worst, total, _ = flow(explanation)
    return max(worst, abs(total - 1))


def product(explanation):
    """The product of the local derivatives of a scalar chain."""
    return math.prod(link.local for link in explanation.links(all=True))
