"""Tensors that a function reads from outside, and changes there, while it is traced.

A trace leaves them alone. While one is under way, the place where a Tensor keeps its node is watched: a Tensor
that was there before the trace is seen with a node of the trace's own, whose value is an argument of the program,
and what the function puts in its place is seen by the trace only. So the trace knows exactly what was read and
what has changed, and where it ends in a refusal, nothing has happened.
"""

import contextlib
import threading
from typing import Any

import numpy

from chainrule.compilation.calls import is_traced
from chainrule.core import tensor as engine
from chainrule.core.modes import STATE
from chainrule.core.node import Node, leaf_node, next_order
from chainrule.core.record import TENSORS
from chainrule.core.rows import Rows


class _Thread(threading.local):
    overlay: Any = None


_THREAD = _Thread()
_lock = threading.Lock()
_watching = 0


class Place:
    """Where the handles of a class keep their node."""

    def __init__(self, cls, name):
        self.cls, self.name, self.member = cls, name, vars(cls)[name]

    def read(self, handle):
        overlay = _THREAD.overlay
        node = self.member.__get__(handle)
        return node if overlay is None else overlay.seen(self, handle, node)

    def write(self, handle, node):
        overlay = _THREAD.overlay
        if overlay is None or not overlay.kept(self, handle, node):
            self.member.__set__(handle, node)


class _Gradients(Place):
    """Where nodes keep their gradient."""

    def read(self, handle):
        if _THREAD.overlay is not None:
            _THREAD.overlay.touched(handle)
        return self.member.__get__(handle)

    def write(self, handle, node):
        if _THREAD.overlay is not None:
            _THREAD.overlay.touched(handle)
        self.member.__set__(handle, node)


_NODES, _GRADIENTS = Place(engine.Tensor, "node"), _Gradients(Node, "grad")
PLACES = [_NODES]  # fronts add their own, which go before


_by_class = {}


def place_of(handle):
    """Where a Tensor keeps its node."""
    place = _by_class.get(type(handle))
    if place is None:
        place = next(place for place in reversed(PLACES) if isinstance(handle, place.cls))
        _by_class[type(handle)] = place
    return place


def bare(handle):
    """The value of a Tensor, which no record notes as read."""
    return place_of(handle).member.__get__(handle).value


class Alone:
    """What a trace is shielded from and what it stands in for: nothing, where no front records on its own.

    A front whose recorders decide what is tracked registers another class in FRONTS.

    Args:
        again: whether the run is one on nodes that are tracked themselves, for which nothing stands in.
    """

    def __init__(self, again=False):
        self.again = again

    def token(self):
        """What has to be equal in a later call."""
        return STATE.recording

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def tracked(self, node):
        """What stands as `tracked` in the node that a Tensor is seen with, given its own."""
        return bool(node.tracked)

    def leaves(self, held):
        """The nodes of a trace that gradients of a Tensor from outside are found at."""
        return [held.given] if held.given.tracked else []

    def shared(self, handle):
        """Whether a Tensor shares its memory with another one, which then changes with it."""
        return any(share.shared(handle) for share in SHARING)


FRONTS = [Alone]  # the last one serves
SHARING = []  # what knows of Tensors that share their memory (see `chainrule.torch.inplace.Sharing`)


class Held:
    """One Tensor from outside, as a trace sees it.

    Attributes:
        handle, place: the Tensor, and where it keeps its node.
        original: the node it has outside.
        given: the node that the trace saw first; `value` is that node's value.
        node: the node that the trace sees now.
        touched: whether its gradient was asked for, or set.
        gradient: what stands for its gradient in the trace (a Tensor, with the node it began with), or None.
    """

    def __init__(self, handle, place, original, given):
        self.handle, self.place, self.original, self.given, self.node = handle, place, original, given, given
        self.value, self.was_tracked = given.value, bool(given.tracked)
        self.touched, self.gradient = False, None


class Overlay:
    """What one trace sees of Tensors from outside.

    Args:
        lift: from a Tensor and its node to the node that it is seen with; None for the node itself.

    Attributes: held: (id of a Tensor) -> Held.
    """

    def __init__(self, lift, argument=None):
        self.lift, self.argument = lift, argument
        self.held, self._given, self._own = {}, {}, {}
        self.start = next_order()

    def __enter__(self):
        _watch(1)
        self._before, _THREAD.overlay = _THREAD.overlay, self
        return self

    def __exit__(self, *exception):
        _THREAD.overlay = self._before
        _watch(-1)

    def is_outside(self, handle):
        """Whether a Tensor was there before."""
        return place_of(handle).member.__get__(handle).order < self.start

    def seen(self, place, handle, node):
        held = self.held.get(id(handle))
        if held is not None:
            return held.node
        if node.order >= self.start or id(handle) in self._own:
            return node
        given = self.lift(handle, node)
        if given is None:
            self._own[id(handle)] = handle
            return node
        held = self.held[id(handle)] = Held(handle, place, node, given)
        self._given[id(given)] = held
        return given

    def kept(self, place, handle, node):
        """Keep what is put in the place of a node from outside; False for what the trace itself has made."""
        if id(handle) not in self.held:
            try:
                before = place.member.__get__(handle)
            except AttributeError:  # a new Tensor
                return False
            self.seen(place, handle, before)
        held = self.held.get(id(handle))
        if held is None:
            return False
        held.node = node
        return True

    def touched(self, node):
        """The gradient of a node is asked for, or set: what stands for it is put there."""
        held = self._given.get(id(node))
        if held is None or held.touched:
            return
        held.touched = True
        gradient = held.original.grad
        if gradient is None or self.argument is None:
            return
        stand = leaf_node(self.argument(bare(gradient)))
        held.gradient = type(gradient)._of(stand), stand
        _GRADIENTS.member.__set__(node, held.gradient[0])


def _watch(change):
    """Watch the places while any thread traces."""
    global _watching
    with _lock:
        _watching += change
        if change > 0 and _watching == 1:
            for place in (*PLACES, _GRADIENTS):
                setattr(place.cls, place.name, property(place.read, place.write))
        elif _watching == 0:
            for place in (*PLACES, _GRADIENTS):
                setattr(place.cls, place.name, place.member)


@contextlib.contextmanager
def unwatched():
    """Inside, this thread sees Tensors as they are."""
    before, _THREAD.overlay = _THREAD.overlay, None
    try:
        yield
    finally:
        _THREAD.overlay = before


def liftable(value):
    """Whether a value can be an argument of a program."""
    if is_traced(value) or type(value) is Rows:
        return False
    return type(value) is float or isinstance(value, (numpy.ndarray, numpy.generic)) and value.dtype.kind in "biufc"


def is_new(value, order):
    """Whether something is a Tensor made after this order number."""
    return type(value) in TENSORS and place_of(value).member.__get__(value).order > order
