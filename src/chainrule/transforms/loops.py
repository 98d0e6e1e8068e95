"""scan and while_loop: loops that a compiled program keeps as loops.

Uncompiled they are the Python loops that they replace, recorded step by step. While a function is being
compiled, the body is written down once (see `loop_links`), so that neither the time to compile nor the program
grows with the number of trips. Names and arguments are those of JAX's `lax.scan` and `lax.while_loop`.
"""

import math
import operator

import numpy

from chainrule.core import tree
from chainrule.core.modes import STATE
from chainrule.core.parts import Output, Parts
from chainrule.core.primitive import Primitive
from chainrule.core.record import TENSORS, link
from chainrule.core.rows import active
from chainrule.core.spec import shape_of
from chainrule.errors import ArgumentError
from chainrule.ops import NAMESPACE as ops
from chainrule.transforms.checkpoint import checkpoint as checkpointed
from chainrule.transforms.trace import check_callable


def scan(body, carry, xs=None, length=None, reverse=False, checkpoint=None):
    """Run `body` over and over, each time on what the last run left and on the next slice of `xs`.

    The same as

        ys = []
        for x in xs:
            carry, y = body(carry, x)
            ys.append(y)
        return carry, np.stack(ys)

    Args:
        body: takes `(carry, x)` and returns `(next carry, y)`. The next carry has the structure and the shapes of the
            carry; `y` is a number, an array, a tree of them, or None.
        carry: what the first run takes: a number, an array, or a tree of them.
        xs: arrays that lie along axis 0 (or a tree of them), all of one length; None for a body that takes none,
            which is then given None.
        length: the number of runs, where `xs` is None.
        reverse: whether to go from the end of `xs` to the front; each `y` stands in its x's place.
        checkpoint: keep only every so many steps for the backward pass, and run what is between them again there;
            True for the square root of their number. The memory of a gradient then grows with the root.

    Returns: `(last carry, ys)`, where ys are the y of all runs along axis 0.

    Raises:
        ArgumentError: `xs` differ in length, neither `xs` nor `length` says how often, there are no runs, or the body
            returns no pair or a carry of another structure or shape.

    Works under every transform. In a function that is compiled, a loop of any length is one native loop, and so
    is its reverse pass.

    >>> import numpy as np, chainrule as cr
    >>> cr.scan(lambda total, x: (total + x, total * x), 0.0, np.array([1.0, 2.0, 3.0]))
    (np.float64(6.0), array([0., 2., 9.]))
    >>> def decayed(rate):
    ...     return cr.scan(lambda x, _: (x - rate * x, None), 1.0, length=10)[0]
    >>> cr.grad(decayed)(0.5)
    -0.01953125
    """
    check_callable(body)
    loop = Loop(body, carry, xs, length, reverse)
    if checkpoint is not None and checkpoint is not False:
        every = round(math.sqrt(loop.trips)) if checkpoint is True else operator.index(checkpoint)
        if every < 1:
            raise ArgumentError(f"checkpoint={checkpoint}, and steps are counted from 1", "give 1 or more, or True")
        return _in_stretches(loop, every)
    return loop.run()


def while_loop(condition, body, carry):
    """Run `body` on what its last run left, as long as `condition` holds of it.

    The same as

        while condition(carry):
            carry = body(carry)
        return carry

    Args:
        condition: takes the carry and returns a truth value.
        body: takes the carry and returns the next one, of the same structure and shapes.
        carry: a number, an array, or a tree of them.

    Returns: the first carry of which the condition does not hold.

    Raises: ArgumentError where the body returns a carry of another structure or shape.

    Gradients flow through the steps that were taken. In a function that is compiled this is one native loop; where a
    gradient is asked for, the program is made for at most twice as many steps as the first call took, and made
    anew where a later call takes more.

    >>> import chainrule as cr
    >>> def root(a):  # Newton's steps
    ...     return cr.while_loop(lambda x: abs(x * x - a) > 1e-12, lambda x: (x + a / x) / 2, a)
    >>> root(9.0)
    3.0
    >>> cr.grad(root)(9.0)
    0.1666666666666666...
    """
    check_callable(condition)
    check_callable(body)
    if STATE.loops is not None and not active():
        from chainrule.transforms.loop_links import linked_while

        found = linked_while(condition, body, carry)
        if found is not None:
            return found[0]
    while condition(carry):
        following = body(carry)
        same_structure(carry, following)
        carry = following
    return carry


def same_structure(carry, following):
    """Raise ArgumentError unless a body's next carry is of the structure and shapes of its carry."""
    trouble = tree.difference(carry, following)
    if trouble:
        raise ArgumentError(
            f"the body of a loop returned a carry of another structure: {trouble}",
            "return the next carry with the same parts as the carry",
        )
    pairs = zip(tree.flatten(carry)[0], tree.flatten(following)[0], tree.paths(carry))
    for one, other, path in pairs:
        if shape_of(one) != shape_of(other):
            raise ArgumentError(
                f"the body of a loop returned a carry of another shape{f' at {path}' if path else ''}: "
                f"{shape_of(other)}, where it took {shape_of(one)}",
                "each run must leave what the next one can take; what grows belongs into y",
            )


class Loop:
    """One call of `scan`.

    Attributes:
        trips: how often the body runs.
        carries, stacks: the leaves of the first carry and of `xs`.
    """

    def __init__(self, body, carry, xs, length, reverse):
        self.body, self.reverse = body, bool(reverse)
        self.carry, self.xs = carry, xs
        self.carries, self.rebuild_carry = tree.flatten(carry)
        self.stacks, self.rebuild_slice = tree.flatten(xs)
        self.trips = self._trips(length)

    def _trips(self, length):
        lengths = {}
        for stack, path in zip(self.stacks, tree.paths(self.xs)):
            shape = shape_of(stack)
            if not shape:
                raise ArgumentError(f"xs{path} is a single number, and has no axis to go along", "pass an array")
            lengths.setdefault(shape[0], path)
        if length is not None:
            lengths.setdefault(operator.index(length), None)
        if len(lengths) != 1:
            told = " and ".join("length" if path is None else f"xs{path} has {n}" for n, path in lengths.items())
            raise ArgumentError(
                f"scan cannot tell how often to run the body: {told or 'there is neither xs nor length'}",
                "give arrays of one length, or length=",
            )
        (trips,) = lengths
        if trips < 1:
            raise ArgumentError(
                f"scan was asked for {trips} runs, and what they return is not known", "run it once or more"
            )
        return trips

    def order(self):
        """The places along axis 0, in the order of the runs."""
        return range(self.trips - 1, -1, -1) if self.reverse else range(self.trips)

    def step(self, carry, x):
        """`(next carry, y)` of one run."""
        found = self.body(carry, x)
        if not isinstance(found, tuple) or len(found) != 2:
            raise ArgumentError(
                f"the body of a scan returned {_described(found)}, and not a pair",
                "return (next carry, y); y may be None",
            )
        same_structure(carry, found[0])
        return found

    def run(self):
        if STATE.loops is not None and not active():
            from chainrule.transforms.loop_links import linked

            found = linked(self)
            if found is not None:
                return found
        carry, kept = self.carry, [None] * self.trips
        slices = list(zip(*map(_slices, self.stacks))) or [()] * self.trips
        for place in self.order():
            carry, kept[place] = self.step(carry, self.rebuild_slice(slices[place]))
        return carry, _stacked(kept)


def _described(value):
    return f"a {type(value).__name__}" + (f" of {len(value)}" if isinstance(value, (tuple, list)) else "")


def _stacked(kept):
    """Trees of all runs as one tree of stacks."""
    leaves, rebuild = tree.flatten(kept[0])
    rows = [leaves, *(tree.flatten(one)[0] for one in kept[1:])]
    if any(len(row) != len(leaves) for row in rows):
        raise ArgumentError("the body of a scan returned y of several structures", "return the same parts in each run")
    return rebuild([numpy.stack(column) for column in zip(*rows)])


def _slices(stack):
    """The entries along axis 0; of a Tensor as parts of one link, whose backward pass fills one array once."""
    if type(stack) not in TENSORS or not stack.node.tracked or not STATE.recording:
        stack = stack if type(stack) in TENSORS or hasattr(stack, "shape") else numpy.asarray(stack)
        return [stack[place] for place in range(shape_of(stack)[0])]
    node, cls = stack.node, type(stack)
    hub = link(_rows, Parts(), (node.value,), (node,), None, cls)
    return [
        link(Output(place, "row"), node.value[place], (hub.node.value,), (hub.node,), None, cls)
        for place in range(len(node.value))
    ]


class _Rows(Primitive, kind=True):
    """The entries of an array along axis 0, each a result of its own."""

    name = torch_name = "rows"
    latex, words = r"{0}_i", "the cotangents of its rows, together"

    def __init__(self):
        pass

    def pull(self, xp, g, y, xs, parents, params):
        (x,) = xs
        recorded = xp is not numpy
        bare = x.node.value if recorded else x
        zero = numpy.zeros_like(bare[0])[()]
        return [ops.stack([g.get(place, zero) for place in range(len(bare))])]

    def push(self, xp, tangents, y, xs, params):
        (tangent,) = tangents
        return Parts({place: tangent[place] for place in range(shape_of(tangent)[0])})


_rows = _Rows()


def _in_stretches(loop, every):
    """The loop as a loop over stretches of `every` runs, of which only what they start from is kept."""
    whole = loop.trips // every
    if whole < 2:
        return loop.run()
    ends = slice(0, whole * every), slice(whole * every, loop.trips)
    if loop.reverse:
        ends = slice(loop.trips - whole * every, loop.trips), slice(0, loop.trips - whole * every)
    main, rest = ([stack[end] for stack in loop.stacks] for end in ends)
    folded = [numpy.reshape(stack, (whole, every, *shape_of(stack)[1:])) for stack in main]

    def stretch(carry, slices):
        xs = loop.rebuild_slice(slices) if slices else loop.xs
        return Loop(loop.body, carry, xs, every, loop.reverse).run()

    if STATE.loops is None:
        stretch = checkpointed(stretch)
    carry, ys = Loop(stretch, loop.carry, folded or None, whole, loop.reverse).run()
    ys = tree.map(lambda y: numpy.reshape(y, (whole * every, *shape_of(y)[2:])), ys)
    left = loop.trips - whole * every
    if not left:
        return carry, ys
    xs = loop.rebuild_slice(rest) if rest else loop.xs
    carry, others = Loop(loop.body, carry, xs, left, loop.reverse).run()
    pairs = zip(tree.flatten(ys)[0], tree.flatten(others)[0])
    joined = [numpy.concatenate(pair[::-1] if loop.reverse else pair) for pair in pairs]
    return carry, tree.flatten(ys)[1](joined)
