"""What `compile` has to know of this front: tapes decide what is recorded, and Variables are read through them."""

from chainrule.compilation.handles import FRONTS, PLACES, Alone, Place
from chainrule.core.modes import STATE
from chainrule.tf.recording import LOCAL, Recorder
from chainrule.tf.variable import Variable


class _Outer(Recorder):
    """Stands in a trace for the tapes outside."""

    def __init__(self, tapes):
        super().__init__()
        self._tapes = tapes

    def wants(self, variable):
        return any(tape.wants(variable) for tape in self._tapes)


class Shielded(Alone):
    """A trace sees no tape from outside, and one that records for all of them."""

    def token(self):
        return STATE.recording, any(not each.silent for each in LOCAL.recorders)

    def __enter__(self):
        here = LOCAL
        tapes = [] if self.again else [each for each in here.recorders if not each.silent]
        self._before = here.recorders, here.session, here.leaves, here.key, here.idle
        here.recorders, here.session, here.leaves = (), None, None
        here.idle = here.key = object()  # so that nothing that was read before is taken for read in the trace
        self._outer = _Outer(tapes) if tapes or self.again else None  # in a run again it only lets all be recorded
        if self._outer is not None:
            self._outer.push()
        return self

    def __exit__(self, *exception):
        LOCAL.recorders, LOCAL.session, LOCAL.leaves, LOCAL.key, LOCAL.idle = self._before

    def tracked(self, node):
        if node.tracked and self._outer is not None and isinstance(node.tracked, list):
            return self._outer.session
        return bool(node.tracked)

    def leaves(self, held):
        if isinstance(held.handle, Variable):
            return [] if self._outer is None else self._outer.sources.get(id(held.handle), (None, []))[1]
        return super().leaves(held)


PLACES.append(Place(Variable, "_rest"))
FRONTS.append(Shielded)
