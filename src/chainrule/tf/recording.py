"""When operations are recorded: sessions, and the recorders (tapes, accumulators) that run on them.

TensorFlow records while a tape is active and only then; the engine records whatever comes from a tracked
value. The two meet in a *session*: the list that stands as `tracked` in the nodes of a record. It is
empty, so false, whenever no recorder of that record is active on the thread, and results inherit it.
So a loss that a training loop keeps holds no graph beyond its own step, and nothing is recorded twice.
"""

import threading
from typing import Any

from chainrule.core import cuts
from chainrule.core.node import leaf_node, next_order
from chainrule.core.record import TENSORS
from chainrule.core.reverse import earlier
from chainrule.places import user_frame
from chainrule.tf.errors import ArgumentError

_IDLE = object()


class Session(list):
    """One record: true while something records into it."""

    __slots__ = ()


class _Local(threading.local):
    """One thread's recorders: `key` is another object whenever they change."""

    recorders: tuple = ()
    session: Any = None
    leaves: Any = None  # id of a Variable -> (the Variable, its leaf in the session)
    key: Any = _IDLE
    idle: Any = _IDLE  # the key while there are none


LOCAL = _Local()


class Recorder:
    """What records on the thread that entered it.

    Attributes:
        auto: whether trainable Variables are watched when they are read.
        silent: whether it only looks on (and turns no recording on).
        sources: id -> (the Tensor or Variable that is watched, its leaves in the record).
        periods: [start, end] in order numbers, for each time it was active; end is None while it is.
        cut_nodes: (code, instruction, what) -> the node whose value left the graph there.
    """

    auto, silent = True, False

    def __init__(self):
        self.session: Any = None
        self.active = False
        self.partial = False  # whether the session may hold more than this record
        self.sources: dict = {}
        self.periods: list = []
        self.cut_nodes: dict = {}

    def push(self):
        """Record from here on, on this thread."""
        here = LOCAL
        others = here.recorders and [each for each in here.recorders if not each.silent]
        if here.session is None:
            here.session = Session() if self.session is None else self.session
            here.leaves = {}
        if self.session is None:
            self.session = here.session
        self.partial = self.partial or bool(others) or self.session is not here.session
        here.recorders = (*here.recorders, self)
        here.key = object()
        if not self.silent:
            self.session.append(True)
        self.active = True
        self.periods.append([next_order(), None])

    def pop(self):
        """Record no more."""
        here = LOCAL
        self.active = False
        self.periods[-1][1] = next_order()
        if not self.silent and self.session:
            self.session.pop()
        if here.recorders == (self,):  # the usual one
            here.recorders, here.session, here.leaves, here.key = (), None, None, here.idle
            return
        here.recorders = tuple(each for each in here.recorders if each is not self)
        if any(not each.silent for each in here.recorders):
            self.partial = True
        if not here.recorders:
            here.session = here.leaves = None
        here.key = object() if here.recorders else here.idle

    def within(self, order):
        """Whether what has this order number was made while this recorder was active."""
        return any(start <= order and (end is None or order <= end) for start, end in self.periods)

    def wants(self, variable):
        return self.auto and variable._moves or id(variable) in self.sources

    def note(self, handle, node):
        """Gradients by `handle` are those of `node` (too)."""
        nodes = self.sources.setdefault(id(handle), (handle, []))[1]
        if node is not None and all(node is not each for each in nodes):
            nodes.append(node)

    def watch_one(self, handle):
        """Record what is computed from a Tensor or a Variable."""
        if hasattr(handle, "_rest"):
            self.note(handle, None)
            LOCAL.key = object()
            _ = handle.node  # read once, so that it has a leaf from here on
            return
        node = handle.node
        if not node.tracked:
            node = original(node)
            if node.primitive is None:
                node = leaf_node(node.value, tracked=self.session, name=node.name)
            else:
                node = earlier(node, node.value)
                node.tracked, node.params = self.session, _ALIAS
            frame = user_frame()
            if frame is not None:
                node.code, node.instruction = frame.f_code, frame.f_lasti
            handle.node = node
        self.note(handle, node)


_ALIAS = {"alias": True}


def original(node):
    """The node behind those that watching put in front of it."""
    while node.params is _ALIAS:
        node = node.link
    return node


def read(variable):
    """The node that an operation on this thread reads a Variable by, and a note of it."""
    here = LOCAL
    key, node = here.key, variable._rest
    if here.recorders:
        wanted = [each for each in here.recorders if each.wants(variable)]
        if any(not each.silent for each in wanted):
            value, held = node.value, here.leaves.get(id(variable))
            if held is None:
                leaf = node if node.tracked else leaf_node(value, tracked=here.session, name=node.name)
                if leaf is not node:
                    node.params = {**(node.params or {}), "watched": leaf}  # so that it can be explained later
                here.leaves[id(variable)] = variable, leaf
            else:
                leaf = held[1]
            for each in wanted:
                each.note(variable, leaf)
            node = leaf if leaf.value is value else earlier(leaf, value)
        else:
            for each in wanted:
                each.note(variable, None)
    variable._seen = key, node
    return node


def recording():
    """Whether a tape is active on this thread."""
    return any(not each.silent for each in LOCAL.recorders)


def cut(node, what):
    """Remember that the value of a recorded node leaves the graph here, by `what`."""
    cuts.remember(node, what)
    frame = user_frame()
    if frame is not None:
        for each in LOCAL.recorders:  # a tape keeps what it may be asked about
            each.cut_nodes[frame.f_code, frame.f_lasti, what] = node


def check_watchable(handles):
    """Raise ArgumentError for what a tape cannot watch."""
    for handle in handles:
        if type(handle) not in TENSORS:
            raise ArgumentError(
                f"Passed in object {handle} of type {type(handle).__name__!r}, not tf.Tensor or tf.Variable or "
                "ExtensionType.",
                "make a tensor of it first, x = tf.constant(...), and compute with x",
            )
