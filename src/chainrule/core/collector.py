"""Python's cyclic collector and long graphs.

The collector visits every container again each time the heap has grown by a quarter, to look for
cycles. A graph has none: a node points at older nodes only, and is freed by counting references. So
while a graph grows, full collections find nothing and cost half of what recording does; at a million
links they are what makes the price of a link grow.

After a full collection that freed nothing while most of what was allocated are nodes, the next one is
put off until twice as much has been allocated, up to a bound; after any other, the interval is what it
was. Only the third threshold of `gc` is touched, and only while it is the one found at the start or one
set here: whoever sets thresholds of their own keeps them. Measured in docs/decisions/0008.
"""

import gc

from chainrule.core.node import next_order

_LONGEST = 320  # times the second generation's interval: about two million containers
_NODES = 20_000  # recorded since the last full collection, for a graph to be what grows


class _Pace:
    """The state between two full collections."""

    def __init__(self):
        self.usual = self.ours = gc.get_threshold()[2]
        self.order = next_order()

    def __call__(self, phase, info):
        if info["generation"] != 2 or phase != "stop":
            return
        order, before = next_order(), self.order
        self.order = order
        first, second, third = gc.get_threshold()
        if third != self.ours:  # somebody else's choice
            self.usual = self.ours = third
            return
        growing = info["collected"] == 0 and order - before > _NODES
        self.ours = min(third * 2, max(_LONGEST, self.usual)) if growing else self.usual
        if self.ours != third and first:
            gc.set_threshold(first, second, self.ours)


def mind_the_collector():
    """Let full collections come less often while a graph grows; idempotent."""
    if not any(isinstance(callback, _Pace) for callback in gc.callbacks):
        gc.callbacks.append(_Pace())
