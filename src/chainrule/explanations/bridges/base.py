"""What every bridge supplies: the joints of a graph, and a few operations on the framework's arrays.

`collect.sweep` does the rest, once for all of them: it walks the joints, and asks the bridge for what one
joint passes back (`pull`) and forward (`push`). A bridge whose arrays are symbols of a graph that runs
later (TensorFlow's) hands out placeholders from `summary` and `number`, and fills them in `finish`.
"""

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy

from chainrule.explanations.collect.record import Summary, joined


class Bridge(ABC):
    """A graph that can be swept.

    Attributes:
        joints: every joint between the value and the sources, the value first; each before its parents.
        sources: the joints of the inputs, those that are reached; in the order that was asked for.
        framework: its name.
        kept_bytes: how many bytes of gradients may be kept for the shares.
        notes: sentences about what cannot be seen here.
    """

    framework = "chainrule"
    kept_bytes = 24 * 2**20

    def __init__(self):
        self.joints, self.sources, self.notes = [], [], []
        self.findings = []  # what the bridge found while it read the graph: inputs that no path leads to, cuts
        self.extras = {}  # kind -> Findings that only count where nothing better explains the same

    @abstractmethod
    def seed(self) -> Any:
        """The gradient of the value by itself: one."""

    @abstractmethod
    def pull(self, joint, cotangents) -> Any:
        """What a joint passes back: one array for each edge (None where nothing), from one for each output."""

    @abstractmethod
    def push(self, joint, tangents) -> Any:
        """The tangent of each output, from one tangent (or None) for each edge; None where it is not known."""

    @abstractmethod
    def summary(self, array) -> Any:
        """A Summary."""

    @abstractmethod
    def dot(self, a, b) -> Any:
        """The real inner product of two arrays, a number."""

    def inner(self, message, gradient):
        """The real inner product of a message and a finished gradient, as a float."""
        return float(self.dot(message, gradient))

    def add(self, a, b):
        return a + b

    def divided(self, array, number):
        return array / number

    def backward(self, visit):
        """Call `visit(joint, cotangents, messages)` for every joint, the value first."""
        arriving = {self.joints[0]: {0: self.seed()}}
        for joint in self.joints:
            slots = arriving.pop(joint, None)
            if slots is None:
                continue
            cotangents = [slots.get(i) for i in range(max(1, len(joint.outputs)))]
            messages = [] if joint.leaf else self.pull(joint, cotangents)
            visit(joint, cotangents, messages)
            for edge, message in zip(joint.edges, messages):
                if edge.parent is not None and message is not None:
                    own = arriving.setdefault(edge.parent, {})
                    own[edge.slot] = message if edge.slot not in own else self.add(own[edge.slot], message)

    def bytes_of(self, edge):
        """How much memory the gradient of this argument takes."""
        return self._bytes(*edge.parent.outputs[edge.slot])

    def size_of(self, source):
        """How much memory the gradient of a source takes."""
        return self._bytes(*source.outputs[self.slot_of(source)])

    def _bytes(self, shape, dtype):
        bits = int("".join(c for c in dtype if c.isdigit()) or 64)
        return math.prod(shape) * max(bits // 8, 1)

    def arriving(self, cotangents):
        """A Summary of the gradients of all outputs of a joint."""
        summaries = [self.summary(c) for c in cotangents if c is not None]
        return summaries[0] if len(summaries) == 1 else joined(summaries)

    def quotient(self, dot, length):
        """One share, from what `dot` and `length` gave."""
        return dot / length

    def weigh(self, kept, gradients, length):
        """Give all shares at once, where that is cheaper than pushing tangents through one joint at a time.

        `kept` holds pairs of a message and its link. Returns whether it was done.
        """
        return False

    def length(self, gradients):
        """The norm of several arrays together."""
        return math.hypot(*(self.summary(g).norm for g in gradients))

    def number(self, value):
        """A number that `dot` gave, as a float, once `finish` has run."""
        return float(value)

    def as_numpy(self, array):
        """An array of the framework as NumPy's."""
        return numpy.asarray(array)

    def slot_of(self, source):
        """Which output of a source's joint the source is."""
        return 0

    def nothing(self, edge):
        """The Summary of a message that is not there: zeros."""
        shape, dtype = edge.parent.outputs[edge.slot]
        return Summary(shape, dtype, 0.0, 0.0, 0.0, 1.0)

    def rule(self, joint, edge, arriving, passed):
        """The formula of one link in words."""
        return ""

    def local(self, joint, edge, link):
        """The local derivative: a number between numbers, a `Local` for an elementwise link; else None."""
        return None

    def checked_by_differences(self, flow):
        """How many links agree with differences of their operation, and how many could not be tried."""
        return 0, len(flow.links)

    def entry(self, joint, argument, index):
        """One entry of an argument's value, for evidence; None where it was not kept."""
        return None

    def operand_names(self, joint):
        """What the arguments are called, in order."""
        return [edge.parent.label if edge.parent is not None else f"argument {k}" for k, edge in enumerate(joint.edges)]

    def factors(self, link, index):
        """The two numbers whose product is not finite, the gradient and the slope; None where not known."""
        return None

    def held(self, source):
        """The size of a gradient that a source holds from an earlier pass, other than this one's; or None."""
        return None

    def finish(self, gradients):
        """Fill in what was handed out, and give the gradients as arrays; these are, where nothing runs later."""
        return gradients


class Nothing(Bridge):
    """A graph in which no path leads to any input: there are findings, and nothing to sweep."""

    def __init__(self, framework):
        super().__init__()
        self.framework = framework

    def seed(self) -> Any:
        raise NotImplementedError

    pull = push = summary = dot = seed  # type: ignore[assignment]
