"""Where values left the graph: what `why_none` reads, and what "does not require grad" is followed by.

A cut holds no graph alive: it knows the node whose value was taken, and the nearest ones that it was computed
from, weakly. The last few of each line are remembered. Only what drops a derivative pays for it:
`stop_gradient`, `item`, a conversion, an operation under `no_grad`.
"""

import sys
from collections import deque
from typing import Any
from weakref import ref

from chainrule.core.node import Node, next_order
from chainrule.places import INSIDE, Place

_NEAREST = 8  # nodes that a cut knows: its own, and those it was computed from
_LINES, _EACH = 512, 4  # lines whose latest cuts are remembered, and how many of each

# (id of the code, instruction, what) -> (code, the latest of (order, weak node, nearest))
_LATEST: dict[tuple[int, int, str], tuple[Any, deque]] = {}
_frame = sys._getframe


class Cut:
    """One value that left the graph.

    Attributes:
        order: when, among the nodes of all graphs.
        what: by what: "detach", "item()", "no_grad" ...
        place: at which line.
    """

    __slots__ = ("_nearest", "_node", "order", "place", "what")

    def __init__(self, what, place, order, node, nearest):
        self.what, self.place, self.order = what, place, order
        self._node, self._nearest = node, nearest

    def comes_from(self, sources, reaches):
        """Whether the value was computed from one of the sources, as far as that can still be known."""
        node = self._node()
        if node is not None and reaches(node, sources):
            return True
        for weak in self._nearest:
            nearest = weak()
            if nearest is not None and (nearest in sources or reaches(nearest, sources)):
                return True
        return False


def remember(node, what, nearest=True):
    """The value of a tracked node leaves the graph at the user's present line, by `what`.

    `nearest`: whether to note what the node was computed from, in case nobody else holds it.
    """
    frame = _frame(1)
    code = frame.f_code
    while INSIDE[code.co_filename]:  # `user_frame` without the call: every operation under no_grad comes by here
        frame = frame.f_back
        if frame is None:
            return
        code = frame.f_code
    key = id(code), frame.f_lasti, what
    held = _LATEST.get(key)
    if held is None:
        held = _LATEST[key] = code, deque(maxlen=_EACH)
    held[1].append((next_order(), ref(node), _ancestors(node) if nearest else ()))
    if len(_LATEST) > _LINES:
        _drop_oldest()


def _drop_oldest():
    """Forget the line whose latest cut is the longest ago."""
    ages = [(held[1][-1][0], key) for key, held in list(_LATEST.items()) if held[1]]
    _LATEST.pop(min(ages)[1], None)


def _ancestors(node):
    """Weak references to the nearest nodes that a node was computed from."""
    found = [node]
    for one in found:
        link = one.link
        if link.__class__ is Node:
            found.append(link)
        else:
            found += [parent for parent in link if parent is not None]
        if len(found) >= _NEAREST:
            break
    return [ref(one) for one in found]


def _cuts(key, held):
    place = Place(held[0], key[1])
    return [Cut(key[2], place, *one) for one in list(held[1])]


def remembered():
    """The cuts that are remembered, the oldest first."""
    return sorted((cut for item in list(_LATEST.items()) for cut in _cuts(*item)), key=lambda cut: cut.order)


def latest(before, count=3):
    """The latest cuts made before an order number, one for each line, the latest first."""
    found = {}
    for cut in reversed(remembered()):
        if cut.order < before:
            found.setdefault(str(cut.place), cut)
    return list(found.values())[:count]
