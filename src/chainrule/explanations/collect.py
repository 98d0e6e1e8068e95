"""Reading the graph between a value and an input: the links, their slopes, and the backward sweep.

The graph is read into `Step`s, nodes of our own that can be walked without running the user's hooks,
and that still can be read where a backward pass has freed the graph but kept it readable.
"""

import math
from typing import Any

import numpy

from chainrule.core import reverse
from chainrule.core.node import Node, Spent
from chainrule.core.selection import add, plain
from chainrule.core.spec import dtype_of, one_like, shape_of
from chainrule.errors import ExplanationError, GraphFreedError
from chainrule.explanations.symbols import quiet
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
    """The part of the graph between a value and an input.

    Attributes:
        value, wrt: the two ends.
        steps: every step on the way, the value first and the input last.
        scalar: whether each of them is one real number.
        path_count: how many paths lead from the value to the input (exact, however many).
        gradient: the derivative as the backward walk gives it.
    """

    def __init__(self, value, wrt):
        region = _region(value, wrt)
        self.value, self.wrt = region[value], region[wrt]
        self.steps = _on_the_way(region, self.wrt)
        if self.steps[0] is not self.value:
            raise unreachable()
        self.region = region
        values = [step.value for step in self.steps]
        self.scalar = all(shape_of(v) in ((), (1,)) and dtype_of(v).kind != "c" for v in values)
        self.path_count = self._count()
        self.seed = one_like(value.value)
        with numpy.errstate(all="ignore"):
            found, _ = reverse.walk([(self.value, self.seed)], wanted={self.wrt})
        self.gradient = found[self.wrt]

    def _count(self):
        counts = {self.value: 1}
        for step in self.steps[:-1]:
            here = counts.pop(step)
            for i in step.onward:
                parent = step.parents[i]
                counts[parent] = counts.get(parent, 0) + here
        return counts[self.wrt]


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


def _region(value, wrt):
    """A Step for every node that the value was computed from and that is younger than the input."""
    region: dict = {wrt: Step(wrt, (None, (), (), None))}
    stack = [value] if value is not wrt else []
    while stack:
        node = stack.pop()
        if node in region or node.order < wrt.order or node.primitive is None:
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
    error = reverse.freed(node)
    raise GraphFreedError(error.what, "explain before backward, or call backward(retain_graph=True)")


def _on_the_way(region, wrt):
    reaching = {wrt}
    for step in sorted(region.values(), key=lambda step: step.order):
        step.onward = tuple(i for i, parent in enumerate(step.parents) if parent in reaching)
        if step.onward:
            reaching.add(step)
    return sorted(reaching, key=lambda step: -step.order)


class Message:
    """What one link passes back in the sweep: `size` arrives, `passed` leaves, by the rule `formula`."""

    __slots__ = ("finite", "formula", "index", "passed", "size", "step")

    def __init__(self, step, index, g, c, formula):
        self.step, self.index, self.formula = step, index, formula
        self.size, self.passed = norm(g), norm(c)
        self.finite = bool(numpy.isfinite(plain(g)).all()), bool(numpy.isfinite(plain(c)).all())

    @property
    def parent(self):
        return self.step.parents[self.index]


def norm(cotangent):
    """The root of the summed squares."""
    sizes = abs(numpy.asarray(plain(cotangent))).astype(float)
    with numpy.errstate(all="ignore"):
        return float(numpy.sqrt((sizes**2).sum()))


def sweep(graph, formula):
    """The messages from the value back to the input, and what arrives there.

    `formula(step, index, g, c)` is asked for every link, with what arrives and what it passes on, for
    the rule in words.
    """
    arriving, messages = {graph.value: graph.seed}, []
    for step in graph.steps[:-1]:
        g = arriving.pop(step)
        cotangents = pulled(step, g)
        for i in step.onward:
            parent, c = step.parents[i], cotangents[i]
            if c is None:
                c = numpy.zeros_like(parent.value)
            messages.append(Message(step, i, g, c, formula(step, i, g, c)))
            arriving[parent] = c if parent not in arriving else add(arriving[parent], c)
    return messages, plain(arriving[graph.wrt])


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
