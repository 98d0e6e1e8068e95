"""Reading the graph between a value and an input: the links, their slopes, and the backward sweep.

The graph is read into `Step`s, nodes of our own that can be walked without running the user's hooks,
and that still can be read where a backward pass has freed the graph but kept it readable.
"""

import math
from typing import Any

import numpy

from chainrule.core import reverse
from chainrule.core.node import Node, Spent
from chainrule.core.selection import plain
from chainrule.core.spec import dtype_of, one_like, shape_of
from chainrule.errors import ExplanationError, GraphFreedError
from chainrule.explanations.rules.symbols import quiet
from chainrule.places import Place


class Step(Node):
    """One node of the graph, as an explanation reads it.

    Attributes:
        origin: the node of the user's graph.
        operands: the user's nodes that the arguments came from (None for constants).
        onward: numbers of the arguments through which the input is reached.
    """

    __slots__ = ("onward", "operands", "origin")

    def __init__(self, origin, link):
        self.origin, self.order, self.value = origin, origin.order, origin.value
        self.primitive, self.values, self.operands, params = link
        self.params = params if self.primitive is not None else None
        self.tracked, self.hooks, self.grad = True, None, None
        self.code, self.instruction = origin.code, origin.instruction
        self.link = self.onward = ()

    @property
    def parents(self) -> Any:
        """Always a tuple here: a step is not kept for long."""
        return self.link

    @parents.setter
    def parents(self, parents):
        self.link = parents

    @property
    def place(self):
        return None if self.code is None else Place(self.code, self.instruction)


class Graph:
    """The part of the graph between a value and one input, or several.

    Attributes:
        value, wrt: the two ends; of several inputs, the one that was recorded first.
        sources: the steps of all inputs that a path leads to; `unreached`, the nodes of the others.
        steps: every step on the way, the value first.
        scalar: whether there is one input, and every step is one real number.
        path_count: how many paths lead from the value to the inputs (exact, however many).
        gradients: the derivatives as the backward walk gives them; `gradient`, that by `wrt`.

    Raises: ExplanationError where no path leads to any input, GraphFreedError.
    """

    def __init__(self, value, wrt):
        nodes = list(dict.fromkeys(wrt)) if isinstance(wrt, (list, tuple)) else [wrt]
        region = _region(value, nodes)
        self.value = region[value]
        self.steps, reaching = _on_the_way(region, {region[node] for node in nodes}, self.value)
        if not self.steps or self.steps[0] is not self.value:
            raise unreachable()
        self.sources = [region[node] for node in nodes if region[node] in reaching]
        self.unreached = [node for node in nodes if region[node] not in reaching]
        self.wrt, self.region = self.sources[0], region
        values = [step.value for step in self.steps]
        one = len(self.sources) == 1
        self.scalar = one and all(shape_of(v) in ((), (1,)) and dtype_of(v).kind != "c" for v in values)
        self.path_count = self._count()
        self.seed = one_like(value.value)
        with numpy.errstate(all="ignore"):
            found, _ = reverse.walk([(self.value, self.seed)], wanted=set(self.sources))
        self.gradients = {step: found[step] for step in self.sources}
        self.gradient = self.gradients[self.wrt]

    def _count(self):
        counts, total, sources = {self.value: 1}, 0, set(self.sources)
        for step in self.steps:
            here = counts.pop(step, 0)
            total += here if step in sources else 0
            for i in step.onward:
                parent = step.parents[i]
                counts[parent] = counts.get(parent, 0) + here
        return total


def pulled(step, g):
    """What the step passes back to each of its arguments, in their shapes (None where nothing)."""
    y, *xs = map(quiet, (step.value, *step.values))
    with numpy.errstate(all="ignore"):
        cotangents = step.primitive.pull(numpy, g, y, xs, step.parents, step.params or {})
        return [
            None if parent is None or c is None else reverse.fit(c, parent.value)
            for parent, c in zip(step.parents, cotangents)
        ]


def node_of(tensor):
    """The node that gradients of a Tensor flow to; that which a tape gave it, while it was watched."""
    node = tensor.node
    return node if node.tracked or not node.params else node.params.get("watched", node)


def unreachable():
    """The error for a value that does not depend on the input."""
    return ExplanationError(
        "no path leads from the value to the input",
        "check that the value was computed from this very Tensor (not from an earlier one of the same "
        "name), and that nothing between cut the path: no_grad, stop_gradient, detach, item, int, or a "
        "comparison",
    )


def _region(value, nodes):
    """A Step for every node that the value was computed from and that is younger than the oldest input."""
    oldest = min(node.order for node in nodes)
    region: dict = {
        node: Step(node, (None, (), (), None) if node.primitive is None or len(nodes) == 1 else _link(node))
        for node in nodes
    }
    stack = [value] if value not in region else []
    for node in nodes:
        stack.extend(parent for parent in region[node].operands if parent is not None)
    while stack:
        node = stack.pop()
        if node in region or node.order < oldest or node.primitive is None:
            continue
        step = region[node] = Step(node, _link(node))
        stack.extend(parent for parent in step.operands if parent is not None)
    if value not in region:
        raise unreachable()
    for step in region.values():
        step.parents = tuple(region.get(parent) for parent in step.operands)
    return region


def _link(node):
    """The link that made a node, also where a backward pass freed it and kept it readable."""
    if node.primitive.__class__ is not Spent:
        return node.primitive, node.values, node.parents, node.params
    if node.primitive.kept is not None:
        return node.primitive.kept
    error = reverse.freed(node.primitive)
    raise GraphFreedError(error.what, "explain before backward, or call backward(retain_graph=True)")


def _on_the_way(region, sources, value):
    """The steps on paths from the value to the sources, the value first, and the same as a set."""
    reaching, onward = set(sources), {}
    for step in sorted(region.values(), key=lambda step: step.order):
        onward[step] = tuple(i for i, parent in enumerate(step.parents) if parent in reaching)
        if onward[step]:
            reaching.add(step)
    used, stack = set(), [value] if value in reaching else []
    while stack:
        step = stack.pop()
        if step not in used:
            used.add(step)
            step.onward = onward[step]
            stack.extend(step.parents[i] for i in step.onward)
    return sorted(used, key=lambda step: -step.order), used


def norm(cotangent):
    """The root of the summed squares."""
    sizes = abs(numpy.asarray(plain(cotangent))).astype(float)
    with numpy.errstate(all="ignore"):
        return float(numpy.sqrt((sizes**2).sum()))


def agree(one, other, dtype, scale=0.0):
    """Whether two results are the same but for rounding of terms of size `scale`; non-finite ones match."""
    one, other = numpy.asarray(plain(one)), numpy.asarray(plain(other))
    if one.shape != other.shape:
        return False
    finite = numpy.isfinite(other)
    if not (finite == numpy.isfinite(one)).all():
        return False
    scale = max(scale, float(abs(other[finite]).max(initial=0.0)))
    tolerance = math.sqrt(numpy.finfo(dtype).eps) * 0.1
    return bool((abs(one[finite] - other[finite]) <= tolerance * (abs(other[finite]) + scale)).all())


def rounding(dtype):
    """How coarse a dtype is; 0 for whole numbers."""
    return numpy.finfo(dtype).eps if dtype.kind in "fc" else 0.0
