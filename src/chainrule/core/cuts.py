"""Where values left the graph: what `why_none` reads when it is asked for a path that is not there.

A cut is remembered with the node whose value was taken, weakly, so it holds no graph alive. Only what
drops a derivative on purpose pays for it: `stop_gradient`, `item`, a conversion, never an operation.
"""

import weakref

from chainrule.core.node import next_order
from chainrule.places import Place, user_frame

_CUTS = weakref.WeakKeyDictionary()  # node -> {(code, instruction, what): order}


def remember(node, what):
    """The value of a tracked node leaves the graph at the user's present line, by `what`."""
    frame = user_frame()
    if frame is not None:
        _CUTS.setdefault(node, {})[frame.f_code, frame.f_lasti, what] = next_order()


def remembered():
    """Every cut of a node that still exists: `(order, node, what, place)`, the oldest first."""
    found = [
        (order, node, what, Place(code, instruction))
        for node, own in list(_CUTS.items())
        for (code, instruction, what), order in own.items()
    ]
    return sorted(found, key=lambda cut: cut[0])
