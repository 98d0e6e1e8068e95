"""Loops as links of a graph, while a function is being compiled: the body written down once, forward and backward.

The backward pass of a scan is a scan from the other end: each step runs the body again on the carry that it took,
and walks that one step backward. Of the forward pass only the carries are kept. So nothing here knows a derivative:
the step's own walk does, and a gradient of a gradient is a scan of scans.
"""

import contextlib
from typing import Any

import numpy

from chainrule.core import forward, tree
from chainrule.core.modes import STATE, enable_grad
from chainrule.core.node import leaf_node, next_order
from chainrule.core.parts import Output, Parts
from chainrule.core.primitive import Primitive
from chainrule.core.record import TENSORS, constant, link, plain_value
from chainrule.core.rows import Rows
from chainrule.core.selection import plain
from chainrule.core.spec import WEAK
from chainrule.core.tensor import Tensor
from chainrule.ops import NAMESPACE as ops
from chainrule.transforms.checkpoint import captured_by, walk_inside
from chainrule.transforms.loops import Loop, same_structure, scan


def linked(loop):
    """What a loop returns, its body written down once; None where that cannot be, and it has to run step by step."""
    values = [_bare(leaf) for leaf in (*loop.carries, *loop.stacks)]
    if any(type(value) is Rows or value is NotImplemented for value in values):
        return None
    body = _Body(loop)
    if not body.settle():
        return None
    return _Scan(body).results() if body.moves() else body.plainly()


def _bare(leaf):
    return leaf.node.value if type(leaf) in TENSORS else leaf


def _tracked(leaf):
    return type(leaf) in TENSORS and bool(leaf.node.tracked)


class _Body:
    """The body of a loop, as a function of plain values.

    Attributes:
        moving: for each leaf of the carry and of a slice, whether a gradient flows to it.
        captured: nodes from outside that the body reads, and that a gradient flows to.
        kinds: the class of the Tensor that each leaf is, or None.
    """

    def __init__(self, loop):
        self.loop, self.count = loop, len(loop.carries)
        leaves = [*loop.carries, *loop.stacks]
        self.kinds = [type(leaf) if type(leaf) in TENSORS else None for leaf in leaves]
        self.moving = [_tracked(leaf) and STATE.recording for leaf in leaves]
        self.captured: Any = ()

    def settle(self):
        """Find out which carries a gradient flows to: those that start so, and what the body makes of them.

        Returns: whether the body can be written down.
        """
        stands = STATE.loops.stand_ins(
            [_bare(leaf) for leaf in self.loop.carries], [_bare(x) for x in self.loop.stacks]
        )
        if stands is None:
            return False
        while True:
            with STATE.loops.trying():
                run = self.run(stands)
            self.kept, self.captured = run.kept, run.captured
            self.outputs = run.outputs
            now = [_tracked(out) for out in run.outputs[: self.count]]
            if all(old or not new for old, new in zip(self.moving, now)):
                self.follows = [_tracked(out) for out in run.outputs]
                return True
            for place, out in enumerate(run.outputs[: self.count]):
                if now[place] and not self.moving[place]:
                    self.moving[place], self.kinds[place] = True, type(out)

    @property
    def moving_carries(self):
        """The places of the carries to which a gradient flows."""
        return [place for place, moves in enumerate(self.moving[: self.count]) if moves]

    def moves(self):
        return any(self.moving) or bool(self.captured)

    def run(self, values, nodes=None):
        """One run on plain values; `nodes` stand for leaves that a gradient flows to, where they are given."""
        return _Run(self, values, nodes or [None] * len(values))

    def run_on(self, primals, recorded):
        """One run on the values of a link's arguments, as new links of them where it is to be differentiated."""
        nodes = [
            ops.positive(one).node if moves and recorded and _tracked(one) else None
            for one, moves in zip(primals, self.moving)
        ]
        return self.run(list(map(_bare, primals)), nodes)

    def plainly(self):
        """The loop where no gradient flows."""

        def trip(carries, slices):
            run = self.run([*carries, *slices])
            values = list(map(_bare, run.outputs))
            return values[: self.count], values[self.count :]

        found = over(trip, self.loop)
        return None if found is None else self.returned([*found[0], *found[1]])

    def returned(self, values):
        """The user's `(carry, ys)` of plain values or Tensors for each output."""
        dressed = [
            constant(value, type(out)) if type(out) in TENSORS and type(value) not in TENSORS else value
            for value, out in zip(values, self.outputs)
        ]
        return self.loop.rebuild_carry(dressed[: self.count]), self.kept(dressed[self.count :])


class _Run:
    """One run of a body.

    Attributes:
        leaves: the nodes that stand for its arguments to which a gradient flows.
        outputs: the leaves of the next carry and of y.
        captured: see `_Body`.
        start: nodes made in the run have greater orders.
    """

    def __init__(self, body, values, nodes):
        loop, self.start = body.loop, next_order()
        self.leaves, arguments = [], []
        for value, node, kind, moves in zip(values, nodes, body.kinds, body.moving):
            if moves:
                node = leaf_node(plain_value(value), tracked=True) if node is None else node
                self.leaves.append(node)
                arguments.append((kind or Tensor)._of(node))
            else:
                arguments.append(value if kind is None else constant(plain_value(value), kind))
        carry = loop.rebuild_carry(arguments[: body.count])
        x = loop.rebuild_slice(arguments[body.count :])
        with enable_grad() if STATE.recording else contextlib.nullcontext():
            following, y = loop.step(carry, x)
        kept, self.kept = tree.flatten(y)
        self.outputs = [*tree.flatten(following)[0], *kept]
        moved = [out.node for out in self.outputs if _tracked(out)] if STATE.recording else []
        self.captured = captured_by(moved, self.leaves, self.start)


def over(trip, loop):
    """The loop on plain values, written down once; None where that cannot be."""
    carries, stacks = [_bare(leaf) for leaf in loop.carries], [_bare(leaf) for leaf in loop.stacks]
    return STATE.loops.scan(trip, carries, stacks, loop.trips, loop.reverse)


class _Scan(Primitive, kind=True):
    """A loop: the link from its results to all that it was computed from."""

    name = torch_name = "scan"
    latex, words = r"\operatorname{scan}({0})", "through the loop, from its end"

    def __init__(self, body):
        self.body, self.loop = body, body.loop
        self.moving_out = body.follows

    def results(self):
        body, loop = self.body, self.loop
        count, many = body.count, len(body.outputs)

        def trip(carries, slices):
            run = body.run([*carries, *slices])
            values = list(map(_bare, run.outputs))
            return values[:count], [*values[count:], *carries]

        found = over(trip, loop)
        if found is None:
            return None
        values = [*found[0], *found[1]]
        values, self.saved = values[:many], values[many:]
        self.weak = [type(plain_value(value)) in WEAK for value in found[0]]
        moving = [place for place, moves in enumerate(body.moving) if moves]
        leaves = [*loop.carries, *loop.stacks]
        own = [
            leaves[place].node if _tracked(leaves[place]) else leaf_node(plain_value(_bare(leaves[place])))
            for place in moving
        ]
        sources = (*own, *body.captured)
        parents = tuple(node if node.tracked else None for node in sources)
        if not any(parents):
            return body.returned(values)
        self.count, cls = len(own), next(kind for kind in map(type, body.outputs) if kind in TENSORS)
        hub = link(self, Parts(), tuple(node.value for node in sources), parents, None, cls)
        dressed = [
            link(Output(place, "scan"), plain_value(value), (hub.node.value,), (hub.node,), None, type(out))
            if moves
            else value
            for place, (value, out, moves) in enumerate(zip(values, body.outputs, self.moving_out))
        ]
        return body.returned(dressed)

    # The backward pass

    def pull(self, xp, g, y, xs, parents, params):
        body, count, recorded = self.body, self.body.count, xp is not numpy
        carries, stacks = self._given(xs)
        saved = self._carries_again(carries, stacks) if recorded else self.saved
        kept_places = [place for place in sorted(g) if place >= count]
        carry_places = body.moving_carries
        start = [plain(g[place]) if place in g else _zero(carries[place]) for place in carry_places]
        sums = [_zero(x) for x in xs[self.count :]]

        def step(cotangents, slices):
            own, totals = cotangents[: len(start)], cotangents[len(start) :]
            primals, kept = slices[: len(body.moving)], slices[len(body.moving) :]
            seeds = [*zip(carry_places, own), *zip(kept_places, kept)]
            found, leaves = self._walked(primals, seeds, recorded)
            of_leaves = [_or_zero(found.get(leaf), leaf.value) for leaf in leaves]
            totals = [total if node not in found else total + found[node] for total, node in zip(totals, body.captured)]
            return [*of_leaves[: len(start)], *totals], of_leaves[len(start) :]

        xs_ = [*saved, *stacks, *(g[place] for place in kept_places)]
        last, of_stacks = self._looped(step, [*start, *sums], xs_, recorded, not self.loop.reverse, self.weak)
        own, of_captured = last[: len(start)], last[len(start) :]
        return [
            gradient if parent is not None else None
            for gradient, parent in zip((*own, *of_stacks, *of_captured), parents)
        ]

    def _looped(self, step, carries, stacks, recorded, reverse, weak=()):
        """A loop on plain values, or (where it is recorded) on Tensors.

        weak: for each of the first stacks, whether it is one of weak numbers.
        """
        trips = self.loop.trips
        if recorded:
            length = None if stacks else trips
            return scan(
                lambda carry, x: tuple(map(list, step(carry, x or ()))), carries, stacks or None, length, reverse
            )
        carries, stacks = ([plain_value(one) for one in values] for values in (carries, stacks))
        found = STATE.loops.scan(step, carries, stacks, trips, reverse, weak)
        return _step_by_step(step, carries, stacks, trips, reverse) if found is None else found

    def _given(self, xs):
        """The leaves of the carry and the stacks, with the link's own values for those that a gradient flows to."""
        own, body = iter(xs[: self.count]), self.body
        leaves = [*self.loop.carries, *self.loop.stacks]
        found = [next(own) if moves else _bare(leaf) for leaf, moves in zip(leaves, body.moving)]
        return found[: body.count], found[body.count :]

    def _carries_again(self, carries, stacks):
        """The carry of every step, in a recording of its own."""
        body = self.body

        def step(carry, x):
            following, _ = self.loop.step(body.loop.rebuild_carry(carry), self.loop.rebuild_slice(x or ()))
            return tree.flatten(following)[0], carry

        length = None if stacks else self.loop.trips
        return scan(step, list(carries), list(stacks) or None, length, self.loop.reverse)[1]

    def _walked(self, primals, seeds, recorded):
        """Cotangents of one step's leaves and of what it captures, and those leaves."""
        order = next_order()
        run = self.body.run_on(primals, recorded)
        seeds = [(run.outputs[place].node, plain(one)) for place, one in seeds if _tracked(run.outputs[place])]
        wrap = Tensor._of if recorded else None
        return walk_inside(seeds, run.leaves, self.body.captured, order, wrap), run.leaves

    # Tangents

    def push(self, xp, tangents, y, xs, params):
        body, count, recorded = self.body, self.body.count, xp is not numpy
        carries, stacks = self._given(xs)
        own = [_or_zero(t, x) for t, x in zip(tangents[: self.count], xs)]
        of_captured = [_or_zero(t, x) for t, x in zip(tangents[self.count :], xs[self.count :])]
        carry_places = body.moving_carries
        moving = len(carry_places)
        kept_places = [place for place in range(count, len(body.outputs)) if self.moving_out[place]]

        def step(moved, slices):
            primals = [*moved[:count], *slices[: len(stacks)]]
            tangents = [*moved[count:], *slices[len(stacks) :]]
            run = body.run_on(primals, recorded)
            moving_now = dict(zip((*run.leaves, *body.captured), (*tangents, *of_captured)))
            outputs = [out.node for out in run.outputs if _tracked(out)]
            between, _ = forward.between(outputs, set(moving_now))
            forward.walk(between, moving_now, Tensor._of if recorded else None)
            found = [_or_zero(moving_now.get(out.node) if _tracked(out) else None, _bare(out)) for out in run.outputs]
            following = [run.outputs[place] if recorded else _bare(run.outputs[place]) for place in range(count)]
            return [*following, *(found[place] for place in carry_places)], [found[place] for place in kept_places]

        last, kept = self._looped(
            step, [*carries, *own[:moving]], [*stacks, *own[moving:]], recorded, self.loop.reverse
        )
        return Parts({**dict(zip(carry_places, last[count:])), **dict(zip(kept_places, kept))})


def _step_by_step(step, carries, stacks, trips, reverse):
    """A loop whose steps are written down one after another."""
    kept: Any = [None] * trips
    for place in range(trips - 1, -1, -1) if reverse else range(trips):
        carries, kept[place] = step(carries, [stack[place] for stack in stacks])
    return carries, [numpy.stack(column) for column in zip(*kept)]


def _zero(value):
    value = _bare(value)
    return 0.0 if type(value) in WEAK else numpy.zeros_like(value)[()]


def _or_zero(found, value):
    return _zero(value) if found is None else found


def linked_while(condition, body, carry):
    """What a `while_loop` returns, in a tuple; None where it has to run step by step."""
    loop = Loop(lambda carry, _: (body(carry), None), carry, None, 1, False)
    if any(type(_bare(leaf)) is Rows for leaf in loop.carries):
        return None
    inside = _Body(loop)
    if not inside.settle():
        return None

    def holds(values):
        arguments = [constant(plain_value(x), kind) if kind else x for x, kind in zip(values, inside.kinds)]
        return _bare(condition(loop.rebuild_carry(arguments)))

    def trip(values):
        return list(map(_bare, inside.run(values).outputs))

    carries = [plain_value(leaf) if kind else leaf for leaf, kind in zip(map(_bare, loop.carries), inside.kinds)]
    if not inside.moves():
        found = STATE.loops.while_loop(holds, trip, carries)
        return None if found is None else (inside.returned(found)[0],)
    trips = STATE.loops.count(holds, trip, carries)
    if trips is None:
        return None
    most = 1 << max(trips - 1, 0).bit_length()

    def masked(carry, _):
        goes = condition(carry)
        following = body(carry)
        same_structure(carry, following)
        chosen = [ops.where(goes, new, old) for new, old in zip(tree.flatten(following)[0], tree.flatten(carry)[0])]
        return loop.rebuild_carry(chosen), None

    found = linked(Loop(masked, carry, None, most, False))
    if found is None or condition(found[0]):
        return None
    return (found[0],)
