"""checkpoint: run a function without keeping what is inside it, and run it again in the backward pass.

Memory for time: of a stretch of a long computation only its arguments are kept (Chen et al. 2016,
arXiv 1604.06174).
"""

import functools
import importlib
from typing import Any

import numpy

from chainrule.core import forward, reverse, tree
from chainrule.core.modes import STATE, enable_grad
from chainrule.core.node import leaf_node, next_order
from chainrule.core.parts import Output, Parts
from chainrule.core.primitive import Primitive
from chainrule.core.record import TENSORS, link
from chainrule.core.rows import as_array, everywhere
from chainrule.core.selection import plain
from chainrule.errors import CheckpointError
from chainrule.ops import NAMESPACE as ops
from chainrule.places import here
from chainrule.transforms.trace import check_callable


def _source(module, get, put):
    """A source of random numbers of a module, which is loaded when it is first asked for."""
    return (
        lambda: getattr(importlib.import_module(module), get)(),
        lambda state: getattr(importlib.import_module(module), put)(state),
    )


# Pairs of a function that gives the state and one that takes it back; a front adds its own.
SOURCES = [_source("random", "getstate", "setstate"), _source("numpy.random", "get_state", "set_state")]


def checkpoint(function, preserve_random=True):
    """A function with the values and gradients of `function`, whose inside is not kept but computed again.

    Args:
        function: takes and returns arrays or trees of them. Run again, it must give the same values: it must
            not depend on what changes in between.
        preserve_random: give the second run the random numbers of the first (those of `random`, of NumPy's
            global generator, and of the fronts).

    Raises: CheckpointError in the backward pass, where the second run gives other values than the first.

    >>> import numpy as np, chainrule as cr
    >>> cr.grad(cr.checkpoint(lambda x: np.sin(x) ** 2))(1.0)
    0.909297426825681...
    """
    check_callable(function)

    @functools.wraps(function, assigned=("__doc__", "__name__", "__module__"), updated=())
    def evaluate(*args, **kwargs):
        if not STATE.recording:
            return function(*args, **kwargs)
        return _Call(function, args, kwargs, preserve_random).results()

    return evaluate


class _Call(Primitive, kind=True):
    """One call of a function that is not kept: the link from its results to all that it was computed from."""

    latex, words = r"f({0})", "through the function, run again"

    def __init__(self, function, args, kwargs, preserve_random):
        self.name = f"checkpoint_of_{getattr(function, '__name__', type(function).__name__)}"
        self.function, self.place = function, here()
        flat, self.rebuild = tree.flatten([list(args), kwargs])
        self.kinds = [type(one) if type(one) in TENSORS and one.node.tracked else None for one in flat]
        self.given: Any = [one.node for one, kind in zip(flat, self.kinds) if kind]
        self.fixed = [one if kind is None else None for one, kind in zip(flat, self.kinds)]
        self.states = [get() for get, _ in SOURCES] if preserve_random else None

    def results(self):
        """The function's results, as results of this link."""
        start = next_order()
        leaves = [leaf_node(node.value, tracked=node.tracked) for node in self.given]
        result = self._run(leaves)
        outputs, rebuild = tree.flatten(result)
        self.moving = [type(out) in TENSORS and bool(out.node.tracked) for out in outputs]
        moved = [out for out, moves in zip(outputs, self.moving) if moves]
        if not moved:
            return result
        captured = captured_by([out.node for out in moved], leaves, start)
        sources = (*self.given, *captured)
        self.captured = captured  # tangents come for values, and the run reads these very nodes
        self.count, self.given = len(self.given), None  # the link's own values are what is kept
        self.like = [out.node.value for out in moved]
        hub = link(self, Parts(), tuple(node.value for node in sources), sources, None, type(moved[0]))
        parts = [
            link(Output(place, self.name), out.node.value, (hub.node.value,), (hub.node,), None, type(out))
            for place, out in enumerate(moved)
        ]
        own = iter(parts)
        return rebuild([next(own) if moves else out for out, moves in zip(outputs, self.moving)])

    def _run(self, leaves):
        """What the function returns, recorded, with these nodes for its tracked arguments."""
        own = iter(leaves)
        flat = [one if kind is None else kind._of(next(own)) for one, kind in zip(self.fixed, self.kinds)]
        args, kwargs = self.rebuild(flat)
        with enable_grad():
            return self.function(*args, **kwargs)

    def _again(self, leaves):
        """The nodes of the results of a second run, with the random numbers of the first."""
        before = [get() for get, _ in SOURCES]
        try:
            for (_, put), state in zip(SOURCES, self.states or ()):
                put(state)
            outputs, _ = tree.flatten(self._run(leaves))
        finally:
            for (_, put), state in zip(SOURCES, before):
                put(state)
        nodes = [out.node for out in outputs if type(out) in TENSORS and out.node.tracked]
        if len(nodes) != len(self.like) or not all(map(_same, nodes, self.like)):
            raise CheckpointError(
                f"{self.name.removeprefix('checkpoint_of_')} gave other values when it was computed again for the "
                "backward pass (A different number of tensors, or other values, were computed in the original forward "
                "and in the recomputation)",
                "it must depend on its arguments only: on nothing that changes in between (a parameter that a step has "
                "changed, a counter, random numbers of another source)",
                self.place,
            )
        return nodes

    def pull(self, xp, g, y, xs, parents, params):
        start = next_order()
        recorded = xp is not numpy
        leaves = self._leaves(xs, recorded)
        nodes = self._again(leaves)
        seeds = [(nodes[place], plain(own)) for place, own in g.items()]
        captured = self.captured
        found = walk_inside(seeds, leaves, captured, start, type(xs[0])._of if recorded else None)
        return [None if parent is None else found.get(source) for source, parent in zip((*leaves, *captured), parents)]

    def push(self, xp, tangents, y, xs, params):
        recorded = xp is not numpy
        leaves = self._leaves(xs, recorded)
        nodes = self._again(leaves)
        moving = {node: t for node, t in zip((*leaves, *self.captured), tangents) if t is not None}
        between, _ = forward.between(nodes, {*leaves, *self.captured})
        forward.walk(between, moving, type(xs[0])._of if recorded else None)
        return Parts({
            place: moving[node] if node in moving else numpy.zeros_like(value)[()]
            for place, (node, value) in enumerate(zip(nodes, self.like))
        })  # fmt: skip

    def _leaves(self, xs, recorded):
        """Nodes that stand for the arguments in a run: new links where that run is to be differentiated."""
        own = xs[: self.count]
        return [ops.positive(x).node if recorded else leaf_node(x, tracked=True) for x in own]


def _same(node, value):
    one, other = as_array(node.value), as_array(value)
    return one.shape == other.shape and everywhere((one == other) | ((one != one) & (other != other)))


def walk_inside(seeds, leaves, captured, start, wrap):
    """Cotangents of the leaves of an inner run, which began at order `start`, and of what it captures.

    wrap: as in `reverse.walk`.
    """
    held = [(node, node.hooks) for node in captured]
    for node, _ in held:  # they run where the pass itself comes to these values
        node.hooks = None
    try:
        return reverse.walk(seeds, {*leaves, *captured}, wrap=wrap, within=lambda order: order > start)[0]
    finally:
        for node, hooks in held:
            node.hooks = hooks


def captured_by(outputs, leaves, start):
    """Tracked values from before `start` that the outputs were computed from, besides the leaves."""
    found, seen, stack = {}, {*outputs, *leaves}, list(outputs)
    while stack:
        node = stack.pop()
        if node.order < start:
            found[node] = None
            continue
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return tuple(found)
