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
        link, which: how `parents` is kept. Most links have one parent: then `link` is that node and
            `which` its argument, and no tuple is kept. Otherwise `link` is the tuple of parents. (A
            container less is a third of what Python's cyclic collector has to visit again and again.)
        params: keyword parameters of the call (an axis, say), or None.
        value: a Python float (weak float64, as in JAX), a NumPy scalar or an ndarray.
        order: a number greater than that of every parent; the walks go by it.
        tracked: whether a gradient flows here: a truth value, which results inherit. True or False, or a list
            that a front fills while its tape records and empties when it stops, so that nothing more is
            recorded for any value that came out of it.
        hooks: functions called with the gradient of this value, or None.
        grad: the accumulated gradient of a leaf (a Tensor), or None.
        code, instruction: the user's place (see `chainrule.places`), or None.
    """

    __slots__ = (
        "primitive",
        "values",
        "link",
        "which",
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

    @property
    def parents(self):
        link = self.link
        if link.__class__ is not Node:
            return link
        return (*(None,) * self.which, link, *(None,) * (len(self.values) - self.which - 1))

    @parents.setter
    def parents(self, parents):
        tracked = [i for i, parent in enumerate(parents) if parent is not None]
        if len(tracked) == 1:
            self.which = tracked[0]
            self.link = parents[self.which]
        else:
            self.link = parents

    @property
    def name(self):
        """The name a leaf was given, or None."""
        return self.params.get("name") if self.primitive is None and self.params else None


def leaf_node(value, tracked=False, name=None):
    """A node that no primitive made."""
    node = Node()
    node.primitive = None
    node.values = node.link = ()
    node.params = {"name": name} if name else None
    node.value = value
    node.order = next_order()
    node.tracked = tracked
    node.hooks = node.grad = node.code = node.instruction = None
    return node


class Spent:
    """Stands where a node's primitive was, once a backward pass has freed the node.

    `place` says which line ran that pass, `order` when, and `made` which primitive had made the value. `kept`
    is the link as it was, where an explanation asked for graphs to be kept, else None.
    """

    __slots__ = ("kept", "made", "order", "place")
    reads = adds_back = scalar = False

    def __init__(self, place, made, kept=None, order=None):
        self.place, self.made, self.kept = place, made, kept
        self.order = next_order() if order is None else order

    def vjp(self, *_):
        raise ValueError  # the walk then looks what stands here

    pull = vjp
