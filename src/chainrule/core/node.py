"""The one graph: who fed whom.

A `Node` is one value and the link that made it. It never points at the values made *from* it, so a
graph lives exactly as long as somebody holds one of its results.
"""

from itertools import count

next_order = count().__next__  # one counter for all threads: `next` is atomic under the GIL


class Node:
    """One value of the graph.

    Attributes:
        primitive: what made the value; None for a leaf; a `Spent` once a backward pass freed it.
        values: the primal values of the primitive's arguments.
        parents: one node for every argument that a gradient flows to, None for the others.
        params: keyword parameters of the call (an axis, say), or None.
        value: a Python float (weak float64, as in JAX), a NumPy scalar or an ndarray.
        order: a number greater than that of every parent; the walks go by it.
        tracked: whether a gradient flows here.
        hooks: functions called with the gradient of this value, or None.
        grad: the accumulated gradient of a leaf (a Tensor), or None.
        code, instruction: the user's place (see `chainrule.places`), or None.
    """

    __slots__ = (
        "primitive",
        "values",
        "parents",
        "params",
        "value",
        "order",
        "tracked",
        "hooks",
        "grad",
        "code",
        "instruction",
        "__weakref__",
    )

    def __init__(self, value, tracked=False, name=None):
        """A leaf: a value that no primitive made."""
        self.primitive = None
        self.values = self.parents = ()
        self.params = {"name": name} if name else None
        self.value = value
        self.order = next_order()
        self.tracked = tracked
        self.hooks = self.grad = self.code = self.instruction = None

    @property
    def name(self):
        """The name a leaf was given, or None."""
        return self.params.get("name") if self.primitive is None and self.params else None


class Spent:
    """Stands where a node's primitive was, once a backward pass has freed the node.

    `place` says which line ran that pass. `kept` is the link as it was, where an explanation asked
    for graphs to be kept, else None.
    """

    __slots__ = ("place", "kept", "name")

    def __init__(self, place, kept=None, name=""):
        self.place, self.kept, self.name = place, kept, name
