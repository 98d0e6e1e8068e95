"""What every explanation must hold, whatever framework it reads."""

import math


def conserved(explanation):
    """The largest difference between the shares that enter a joint and those that leave it; and the total."""
    into, out, top = {}, {}, explanation.links(all=True)[0].joint
    for link in explanation.links(all=True):
        out[link.joint] = out.get(link.joint, 0.0) + link.share
        into[link.parent] = into.get(link.parent, 0.0) + link.share
    worst = max((abs(into[joint] - out[joint]) for joint in into if joint in out), default=0.0)
    return max(worst, abs(out[top] - 1))


def product(explanation):
    """The product of the local derivatives of a scalar chain."""
    return math.prod(link.local for link in explanation.links(all=True))
