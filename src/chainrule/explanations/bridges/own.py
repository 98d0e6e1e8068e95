"""Our own graph: the steps that `collect.graph` reads, with the names and formulas of the user's program."""

import numpy

from chainrule.core.selection import Selected, add, plain
from chainrule.core.spec import dtype_of, one_like, shape_of
from chainrule.errors import ExplanationError
from chainrule.explanations.bridges.base import Bridge
from chainrule.explanations.collect import graph as own
from chainrule.explanations.collect import numbers
from chainrule.explanations.collect.record import LARGEST, Edge, Joint, Where
from chainrule.explanations.findings.finding import Finding
from chainrule.explanations.rules import formulas, symbols

_MANY = 2000  # joints, beyond which a formula is worked out only when it is read


class Own(Bridge):
    """The bridge to a `Graph` of ours.

    Args:
        graph: the Graph.
        names: its Names.
    """

    def __init__(self, graph, names):
        super().__init__()
        self.graph, self.names = graph, names
        self._joints = {step: self._joint(i, step) for i, step in enumerate(graph.steps)}
        for step, joint in self._joints.items():
            joint.edges = [
                Edge(i, self._joints.get(step.parents[i])) if i in step.onward else Edge(i, None)
                for i in range(len(step.values))
            ]
        self.joints = list(self._joints.values())
        self.sources = [self._joints[step] for step in graph.sources]
        self.extras["accumulated"] = self._reaching_back()
        self._arrived = {}  # what arrived where a gradient stopped being finite

    def _joint(self, number, step):
        name = self.names.variables.get(step) or self.names.symbol(step).text
        source = step.primitive is None or step in self.graph.sources
        written = None if source else self.names.expression(step)
        text = "" if source else (written.text if written is not None else self.names.formula(step).text)
        place = step.place
        where = Where(name, None, None) if place is None else Where(name, place.filename, place.line)
        joint = Joint(
            number, "input" if step.primitive is None else step.primitive.name,
            [(shape_of(step.value), dtype_of(step.value).name)], [], step, name, text, where,
            operands=tuple(shape_of(x) for x in step.values), leaf=step.primitive is None,
        )  # fmt: skip
        joint.value = numbers.summarised(step.value)
        if _is_logistic(step):
            joint.notes["squash"] = numbers.local_of(step.value * (1 - step.value), LARGEST["sigmoid"])
        return joint

    def _reaching_back(self):
        """The finding where a part of the graph is older than a gradient that a source holds from a backward pass."""
        for step in self.graph.sources:
            grad = getattr(step.origin.grad, "node", None)
            if grad is None:
                continue
            older = [one for one in self.graph.steps if one.primitive is not None and one.order < grad.order]
            if older and grad.order < self.graph.value.order:
                joint = self._joints[older[0]]
                evidence = (
                    f"the graph reaches back into an earlier iteration: {joint.label} was computed before the backward "
                    f"pass that left {self._joints[step].label}.grad, as were {len(older) - 1} more of its values"
                )
                return [Finding("accumulated", joint.where, evidence,
                                "cut the state that is carried over with stop_gradient (detach)")]  # fmt: skip
        return []

    def seed(self):
        return self.graph.seed

    def pull(self, joint, cotangents):
        return own.pulled(joint.origin, cotangents[0])

    def push(self, joint, tangents):
        step = joint.origin
        y, *xs = map(symbols.quiet, (step.value, *step.values))
        with numpy.errstate(all="ignore"):
            tangent = step.primitive.push(numpy, tangents, y, xs, step.params or {})
        return [numpy.broadcast_to(tangent, shape_of(step.value))]

    def summary(self, array):
        return numbers.summarised(plain(array))

    def dot(self, a, b):
        with numpy.errstate(all="ignore"):
            return float(numpy.real(numpy.vdot(plain(a), plain(b))))

    def add(self, a, b):
        return add(a, b) if type(a) is Selected or type(b) is Selected else a + b

    def divided(self, array, number):
        return plain(array) / number

    def rule(self, joint, edge, arriving, passed):
        if passed is not None and not numpy.isfinite(plain(passed)).all():
            self._arrived[joint] = arriving
        if len(self.joints) > _MANY:
            return lambda: self._rule(joint, edge, arriving, passed)
        return self._rule(joint, edge, arriving, passed)

    def _rule(self, joint, edge, arriving, passed):
        """The room's formula, checked against what was passed; in words where it has none."""
        step, i = joint.origin, edge.argument
        passed = numpy.zeros_like(step.parents[i].value) if passed is None else passed
        slope = formulas.checked(step, i, self.names, arriving, passed)
        if slope is None:
            return self._words(step, i)
        rule = formulas.times_g(slope)
        copied = shape_of(step.value) != shape_of(step.parents[i].value)
        return rule + (", summed over the entries it was copied to" if copied else "")

    def _words(self, step, i):
        texts = [symbols.lift(x).inside(symbols.ATOM) for x in self.names.arguments(step)]
        result = self.names.symbol(step).inside(symbols.ATOM)
        return formulas.lettered(formulas.words(step, i), texts, result)

    def checked_by_differences(self, flow):
        """Every link against central differences of the room's own forward, in one random direction each."""
        wanted = {(link.joint, link.argument) for link in flow.links}
        counts = [0, 0]

        def visit(joint, cotangents, messages):
            for edge, message in zip(joint.edges, messages):
                if (joint, edge.argument) in wanted:
                    agrees = _differences(joint.origin, edge.argument, plain(cotangents[0]), message)
                    counts[0 if agrees else 1] += 1

        self.backward(visit)
        return tuple(counts)

    def entry(self, joint, argument, index):
        value = numpy.asarray(joint.origin.values[argument])
        if value.ndim == 0:
            return value[()]
        return value[index] if index is not None and len(index) == value.ndim and _inside(index, value.shape) else None

    def operand_names(self, joint):
        return [symbols.lift(x).text for x in self.names.arguments(joint.origin)]

    def factors(self, link, index):
        """The gradient that arrives and the slope, at one index; of elementwise links without broadcasting."""
        step = link.joint.origin
        if getattr(step.primitive, "partials", None) is None or link.shape != link.into_shape:
            return None
        with numpy.errstate(all="ignore"):
            slope = own.pulled(step, numpy.ones_like(step.value))[link.argument]
        arriving = self._arrived.get(link.joint)
        if slope is None or arriving is None:
            return None
        return numpy.asarray(plain(arriving))[index or ()], numpy.asarray(plain(slope))[index or ()]

    def held(self, source):
        """The size of the gradient that the user's Tensor holds, unless it is this very one."""
        node = source.origin.origin
        held = None if node.grad is None else numpy.asarray(getattr(node.grad, "node", node.grad).value)
        if held is None or own.agree(held, self.graph.gradients[source.origin], dtype_of(source.origin.value)):
            return None
        return own.norm(held)

    def local(self, joint, edge, link):
        step, i = joint.origin, edge.argument
        if numpy.size(step.value) == numpy.size(step.parents[i].value) == 1:
            return _number(own.pulled(step, one_like(step.value))[i])
        if getattr(step.primitive, "partials", None) is None:
            return None
        y, *xs = map(symbols.quiet, (step.value, *step.values))
        with numpy.errstate(all="ignore"):
            slope = symbols.evaluated(step.primitive.slope(numpy, i, y, *xs))
        slope = numpy.where(slope.live, slope.value, 0.0) if type(slope) is Selected else slope
        slope = numpy.broadcast_to(abs(numpy.asarray(slope)), shape_of(step.value))
        return numbers.local_of(slope, LARGEST.get(step.primitive.name))


def _number(cotangent):
    if cotangent is None or type(cotangent) is Selected and not numpy.any(cotangent.live):
        return 0.0
    number = numpy.asarray(plain(cotangent)).reshape(())[()]
    return complex(number) if number.dtype.kind == "c" else float(number)


def _differences(step, i, g, message):
    """Whether <g, J v> by differences is <message, v>; None where it cannot be tried, an error where it is not.

    A kink or a rounding function makes one-sided differences differ; such a link is not tried.
    """
    x, rest = numpy.asarray(step.values[i]), [symbols.quiet(value) for value in step.values]
    if x.dtype != numpy.float64 or not x.size or not numpy.isfinite(x).all() or not numpy.isfinite(g).all():
        return None
    v = numpy.random.default_rng(0).normal(size=x.shape)
    h = 1e-6 * max(1.0, float(abs(x).max()))
    moved = []
    with numpy.errstate(all="ignore"):
        for t in (-h, 0.0, h):
            values = [*rest[:i], (x + t * v)[()], *rest[i + 1 :]]
            moved.append(float(numpy.real(numpy.vdot(g, step.primitive.forward(numpy, *values, **step.params or {})))))
    low, middle, high = moved
    right, left, slope = (high - middle) / h, (middle - low) / h, (high - low) / (2 * h)
    scale = float(numpy.sqrt((abs(numpy.asarray(g)) ** 2).sum())) * max(1.0, abs(slope)) + abs(slope)
    if not numpy.isfinite([right, left]).all() or abs(right - left) > 1e-3 * scale:
        return None
    mine = 0.0 if message is None else float(numpy.real(numpy.vdot(plain(message), v)))
    if abs(mine - slope) > 1e-5 * max(scale, abs(mine)) + 1e-9 * abs(middle) / h * 1e-6:
        raise ExplanationError(
            f"the rule of {step.primitive.name} gives {mine:.8g} in a direction where differences give {slope:.8g}",
            "nothing is shown, since one of the two is wrong; mend the rule, and run check_grads on it",
            step.place,
        )
    return True


def _is_logistic(step):
    """Whether a value is 1 / (1 + exp(...)), written out."""
    if step.primitive is None or step.primitive.name != "divide" or numpy.ndim(step.values[0]) or step.values[0] != 1:
        return False
    below = step.parents[1]
    parents = () if below is None or below.primitive is None or below.primitive.name != "add" else below.parents
    return any(p is not None and p.primitive is not None and p.primitive.name == "exp" for p in parents)


def _inside(index, shape):
    return all(i < n for i, n in zip(index, shape))
