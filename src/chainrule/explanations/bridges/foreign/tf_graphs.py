"""TensorFlow: the function wrapped in a graph, operation by operation.

What an operation passes back is `tf.gradients` of it alone (`stop_gradients` holds its inputs fixed), and what
it passes forward is that, differentiated once more. Messages, tangents and their summaries are themselves
operations of the graph, so one run computes them all and only numbers come out.

Not documented by TensorFlow as lasting: `tf.compat.v1.wrap_function` and its `prune`.
"""

import math
import os
import re
from dataclasses import fields

import numpy
import tensorflow as tf

from chainrule.core import tree
from chainrule.errors import ExplanationError, NotScalarError
from chainrule.explanations.bridges.arguments import chosen, parameter_names
from chainrule.explanations.bridges.base import Bridge, Nothing
from chainrule.explanations.collect import graph, numbers
from chainrule.explanations.collect.record import LARGEST, Edge, Joint, Local, Summary, Where, named_apart
from chainrule.explanations.collect.source import assigned_at
from chainrule.explanations.explanation import Explanation
from chainrule.explanations.findings.finding import Finding
from chainrule.explanations.rules import rooms
from chainrule.places import INSIDE

_PACKAGES = os.path.dirname(os.path.dirname(tf.__file__))
_SLOPES = {
    "tanh": lambda y: 1 - y * y,
    "sigmoid": lambda y: y * (1 - y),
    "softmax": lambda y: y * (1 - y),
    "relu": lambda y: y > 0,
}
_OPS = {"MatMul": "matmul", "Maximum": "maximum", "Minimum": "minimum", "Max": "max", "Softmax": "softmax"}


def explained(function, args, wrt, width):
    """The explanation of a scalar function of TensorFlow's tensors and variables."""
    args = args if isinstance(args, tuple) else (args,)
    parameters = parameter_names(function, len(args))
    leaves, rebuild = tree.flatten(args)
    paths = [parameter + path for parameter, arg in zip(parameters, args) for path in tree.paths(arg)]
    fed = [i for i, leaf in enumerate(leaves) if not isinstance(leaf, tf.Variable)]
    tensors = {i: tf.convert_to_tensor(leaves[i]) for i in fed}

    def flat(*given):
        filled = list(leaves)
        for i, tensor in zip(fed, given):
            filled[i] = tensor
        return function(*rebuild(filled))

    wrapped = tf.compat.v1.wrap_function(flat, [tf.TensorSpec(tensors[i].shape, tensors[i].dtype) for i in fed])
    if len(wrapped.outputs) != 1 or wrapped.outputs[0].shape.rank != 0 or not wrapped.outputs[0].dtype.is_floating:
        raise NotScalarError(
            f"explain needs one real number, and the function returns {[t.shape for t in wrapped.outputs]}",
            "reduce it in the function (tf.reduce_sum, tf.reduce_mean), and leave other results away",
        )
    variables = _variables(wrapped)
    wanted, names = _wanted(wrt, leaves, paths, parameters, fed, variables, wrapped)
    bridge = TensorFlow(wrapped, wanted, names, [tensors[i] for i in fed])
    of = getattr(function, "__name__", "value")
    of = "value" if of == "<lambda>" else of
    if not bridge.sources:
        nothing = Nothing("tensorflow")
        nothing.findings = bridge.findings
        return Explanation(nothing, of=of, wrt=", ".join(name for name, _ in wanted[:4]), width=width)
    reached = [joint.name for joint in bridge.sources]
    wrt = ", ".join(reached[:4]) + (", …" * (len(reached) > 4))

    def check(flow):
        _check(flow, function, args, leaves, fed, rebuild, tensors)

    return Explanation(bridge, of=of, wrt=wrt, width=width, check=check)


def _variables(wrapped):
    """Id of a captured resource inside the graph -> the variable."""
    own = {id(v.handle): v for v in wrapped.graph.variables}
    return {inside.ref(): own[id(outside)] for outside, inside in wrapped.graph.captures if id(outside) in own}


def _wanted(wrt, leaves, paths, parameters, fed, variables, wrapped):
    """`(name, tensor of the graph)` of each input asked for, and the names of all."""
    placeholders = [t for t in wrapped.inputs if t.dtype != tf.resource][: len(fed)]
    given = {paths[i]: placeholders[k] for k, i in enumerate(fed)}
    resources = {v.name.split(":")[0]: t for t, v in ((r.deref(), v) for r, v in variables.items())}
    of_leaves = {id(leaf): paths[i] for i, leaf in enumerate(leaves) if isinstance(leaf, tf.Variable)}
    by_id = {id(v): r.deref() for r, v in variables.items()}
    names = {placeholders[k].ref(): paths[i] for k, i in enumerate(fed)}
    for reference, variable in variables.items():
        names[reference] = of_leaves.get(id(variable)) or _short(variable)
    named = {**given, **{names[r]: r.deref() for r in variables}}
    if isinstance(wrt, tf.Variable) or (isinstance(wrt, (list, tuple)) and wrt and isinstance(wrt[0], tf.Variable)):
        asked = [wrt] if isinstance(wrt, tf.Variable) else list(wrt)
        known = [(v, by_id.get(id(v))) for v in asked]
        return [(_short(v) if t is None else names[t.ref()], t) for v, t in known], names
    trainable = [(names[r], r.deref()) for r, v in variables.items() if v.trainable]
    if trainable and (wrt is None or (wrt == "params" and "params" not in parameters)):
        return trainable, names
    if isinstance(wrt, str) and wrt in resources:
        return [(wrt, resources[wrt])], names
    keys = list(dict.fromkeys([*paths, *named]))
    return [(keys[i], named.get(keys[i])) for i in chosen(wrt, keys, parameters)], names


def _short(variable):
    return getattr(variable, "path", variable.name).split(":")[0]


def _check(flow, function, args, leaves, fed, rebuild, tensors):
    """Refuse a Flow that TensorFlow's own gradient contradicts."""
    filled = list(leaves)
    for i in fed:
        filled[i] = tensors[i]
    with tf.GradientTape(persistent=True) as tape:
        for i in fed:
            if tensors[i].dtype.is_floating:
                tape.watch(tensors[i])
        value = function(*rebuild(filled))
    held = {_short(v): v for v in tape.watched_variables()}
    for joint, g in flow.gradients.items():
        source = joint.notes["outside"](held, tensors, fed)
        own = None if source is None else tape.gradient(value, source)
        if own is None or not isinstance(own, tf.Tensor):
            continue
        scale = joint.arriving.bound if joint.arriving.finite else 0.0
        if not graph.agree(numpy.asarray(g), own.numpy(), numpy.dtype(joint.dtype), scale):
            raise ExplanationError(
                f"the links come to another gradient of {joint.name} than the tape gives",
                "nothing is shown: the function may be random, or change state between two calls; fix the seed",
            )


class TensorFlow(Bridge):
    """The bridge to a wrapped function.

    Args:
        wrapped: the WrappedFunction.
        wanted: `(name, tensor)` of each input asked for; None for one that the function does not capture.
        names: resource reference -> the variable's name.
        feed: the values of the arguments.
    """

    framework = "tensorflow"

    def __init__(self, wrapped, wanted, names, feed):
        super().__init__()
        self._wrapped, self._feed, self._names = wrapped, feed, names
        self._fetched, self._settle = [], []
        self._inputs = [t for t in wrapped.inputs if t.dtype != tf.resource]
        self._sources = {t.ref(): name for name, t in wanted if t is not None}
        root = wrapped.outputs[0]
        while root.op.type == "Identity" and root.op.inputs:
            root = root.op.inputs[0]
        self._root = root
        with wrapped.graph.as_default():
            self._build(root, wanted)

    def _build(self, root, wanted):
        operations = [op for op in self._wrapped.graph.get_operations()]
        used, stack = set(), [root.op]
        while stack:
            op = stack.pop()
            if op not in used:
                used.add(op)
                stack.extend(t.op for t in op.inputs)
        self._by_op, self._leaves = {}, {}
        order = [op for op in operations if op in used]
        joints = []
        for op in order:
            if op.type == "ReadVariableOp":
                self._by_op[op] = self._leaf(op.inputs[0], joints)
            elif not op.inputs and op.outputs and op.outputs[0].ref() in self._names:
                self._by_op[op] = self._leaf(op.outputs[0], joints)
            else:
                self._by_op[op] = self._joint(op)
                joints.append(self._by_op[op])
        inputs = list(self._leaves.values())
        self.joints = list(reversed([*inputs, *[j for j in joints if not j.leaf]]))
        self._trace()
        self._trim(wanted)

    def _trace(self):
        """The gradients of every joint that leads to an input; an edge that `tf.gradients` gives None for is cut."""
        reaching = {self._leaves[key] for key in self._sources if key in self._leaves}
        for joint in reversed(self.joints):
            if any(edge.parent in reaching for edge in joint.edges):
                reaching.add(joint)
        arriving = {self._by_op[self._root.op]: {self._root.value_index if self._root.op.inputs else 0: self.seed()}}
        self._passed = {}
        for joint in self.joints:
            slots = arriving.pop(joint, None)
            if slots is None or joint not in reaching:
                continue
            cotangents = [slots.get(i) for i in range(max(1, len(joint.outputs)))]
            messages = [] if joint.leaf else self._pulled(joint, cotangents, reaching)
            self._passed[joint] = cotangents, messages
            for edge, message in zip(joint.edges, messages):
                if edge.parent is None or edge.parent not in reaching:
                    continue
                if message is None:
                    edge.parent, edge.why = None, joint.op
                    continue
                own = arriving.setdefault(edge.parent, {})
                own[edge.slot] = message if edge.slot not in own else own[edge.slot] + message

    def _leaf(self, tensor, joints):
        """One joint for an input, however often it is read."""
        key = tensor.ref()
        if key not in self._leaves:
            name = self._sources.get(key) or self._names.get(key) or tensor.op.name
            if tensor.dtype == tf.resource:
                read = next(op for op in tensor.consumers() if op.type == "ReadVariableOp")
                like = read.outputs[0]
                outside = lambda held, tensors, fed: held.get(name)
            else:
                like, position = tensor, next((i for i, t in enumerate(self._inputs) if t is tensor), None)
                outside = lambda held, tensors, fed: None if position is None else tensors[fed[position]]
            joint = Joint(0, "input", [_form(like)], [], None, name, "", Where(name), leaf=True)
            joint.notes["outside"], joint.notes["like"] = outside, like
            joint.value = self.summary(like) if like.dtype.is_floating else None
            self._leaves[key] = joint
        return self._leaves[key]

    def _joint(self, op):
        outputs = [_form(t) for t in op.outputs]
        joint = Joint(0, _operation(op), outputs, [], op, operands=tuple(_shape(t) for t in op.inputs))
        self._place(joint, op)
        unique = list({t.ref(): t for t in op.inputs}.values())
        joint.notes["inputs"] = unique
        floating = any(t.dtype.is_floating for t in op.outputs)
        for i, tensor in enumerate(unique):
            parent = self._by_op.get(tensor.op)
            why = "" if tensor.dtype.is_floating and floating and op.type != "StopGradient" else _operation(op)
            leads = parent is not None and not why and tensor.op.type != "Const"
            slot = 0 if parent is None or parent.leaf else tensor.value_index
            joint.edges.append(Edge(i, parent if leads else None, slot, why))
        if op.outputs and op.outputs[0].dtype.is_floating:
            joint.value = self.summary(op.outputs[0])
        return joint

    def _place(self, joint, op):
        joint.scope = ".".join(op.name.split("/")[:-1])
        for frame in reversed(op.traceback):
            if not (INSIDE[frame.filename] or frame.filename.startswith((_PACKAGES, "<frozen"))):
                name, text = assigned_at(frame.filename, frame.lineno)
                joint.name, joint.expression = name or "", text
                joint.where = Where(joint.name or text, frame.filename, frame.lineno)
                return

    def _trim(self, wanted):
        """Only what is on the way from the value to the inputs; and why others are not reached."""
        needed, stack = set(), [self._by_op[self._root.op]]
        while stack:
            joint = stack.pop()
            if joint not in needed:
                needed.add(joint)
                stack.extend(edge.parent for edge in joint.edges if edge.parent is not None)
        every = self.joints
        self.joints = [joint for joint in every if joint in needed]
        for number, joint in enumerate(self.joints):
            joint.number = number
        named_apart(self.joints)
        for joint in self.joints:
            joint.where = Where(joint.label, joint.where.file, joint.where.line)
        leaves = [(name, None if t is None else self._leaves.get(t.ref())) for name, t in wanted]
        self.sources = [leaf for _, leaf in leaves if leaf is not None and leaf in needed]
        several = bool(self.sources) and len(wanted) > 1
        self.findings = [
            self._missing(name, leaf, every, several) for name, leaf in leaves if leaf is None or leaf not in needed
        ]

    def _missing(self, name, leaf, every, several):
        reading, cut = {leaf} if leaf is not None else set(), None
        for joint in reversed(every):
            if joint.leaf or joint.origin is None:
                continue
            reads = [self._by_op.get(t.op) for t in joint.notes["inputs"]]
            if any(read in reading for read in reads):
                reading.add(joint)
                stops = any(e.parent is None and e.why and r in reading for e, r in zip(joint.edges, reads))
                cut = joint if stops and cut is None else cut
        if cut is None or self._by_op[self._root.op] not in reading:
            kind = "unused" if several else "disconnected"
            words = (
                f"no path leads from the value to {name}: the function does not use it, or used a value taken from it "
                "before (numpy(), a constant)"
            )
            return Finding(kind, Where(name), words, "use the variable itself inside the function")
        what = {"astype": "a cast to integers", "py_func": "a call of Python (numpy_function)"}.get(cut.op, cut.op)
        where = Where(cut.label, cut.where.file, cut.where.line)
        return Finding("cut", where, f"{name} leads to the value only through {what}, which passes no gradient",
                       "leave it away where the derivative is wanted, or use a smooth function instead")  # fmt: skip

    def seed(self):
        with self._wrapped.graph.as_default():
            return tf.ones_like(self._root)

    def backward(self, visit):
        for joint in self.joints:
            if joint in self._passed:
                visit(joint, *self._passed[joint])

    def pull(self, joint, cotangents):
        with self._wrapped.graph.as_default():
            return self._pulled(joint, cotangents)

    def _pulled(self, joint, cotangents, reaching=None):
        op, inputs = joint.origin, joint.notes["inputs"]
        pairs = [(y, g) for y, g in zip(op.outputs, cotangents) if g is not None]
        parents = [edge.parent for edge in joint.edges]
        wanted = [
            (i, t) for i, t in enumerate(inputs)
            if parents[i] is not None and (reaching is None or parents[i] in reaching)
        ]  # fmt: skip
        messages = [None] * len(inputs)
        if not wanted or not pairs:
            return messages
        xs = [t for _, t in wanted]
        try:
            found = tf.gradients([y for y, _ in pairs], xs, grad_ys=[g for _, g in pairs], stop_gradients=xs)
        except (LookupError, ValueError, TypeError) as error:
            raise ExplanationError(
                f"{op.type} ({op.name}) has no derivative that can be taken alone: {str(error).splitlines()[0]}",
                "explain the part of the function before or after it",
            ) from None
        for (i, _), message in zip(wanted, found):
            messages[i] = None if message is None else tf.identity(message)  # one tensor for each link: see `weigh`
        return messages

    def push(self, joint, tangents):
        with self._wrapped.graph.as_default():
            op = joint.origin
            outputs = [y for y in op.outputs if y.dtype.is_floating]
            seeds = [tf.zeros_like(y) for y in outputs]
            pairs = [(t, moved) for t, moved in zip(joint.notes["inputs"], tangents) if moved is not None]
            xs = [t for t, _ in pairs]
            try:
                back = tf.gradients(outputs, xs, grad_ys=seeds, stop_gradients=xs)
                kept = [(g, moved) for g, (_, moved) in zip(back, pairs) if g is not None]
                if not kept:
                    return [tf.zeros_like(y) if y.dtype.is_floating else None for y in op.outputs]
                found = tf.gradients([g for g, _ in kept], seeds, grad_ys=[moved for _, moved in kept])
            except (LookupError, ValueError, TypeError):
                return None
            moved = iter(found)
            return [_or_zeros(next(moved), y) if y.dtype.is_floating else None for y in op.outputs]

    def summary(self, array):
        summary = Summary(_shape(array), array.dtype.name, math.nan, math.nan, math.nan, 0.0)
        self._later([array], lambda found: _fill(summary, numbers.summarised(found)))
        return summary

    def arriving(self, cotangents):
        known = [g for g in cotangents if g is not None]
        if len(known) == 1:
            return self.summary(known[0])
        with self._wrapped.graph.as_default():
            return self.summary(tf.concat([tf.reshape(g, [-1]) for g in known], 0))

    def dot(self, a, b):
        return a, b

    def inner(self, message, gradient):
        found = self._wrapped.prune(self._inputs, [message])(*self._feed)[0]
        return float(numpy.vdot(found.numpy(), gradient))

    def add(self, a, b):
        with self._wrapped.graph.as_default():
            return a + b

    def divided(self, array, number):
        with self._wrapped.graph.as_default():
            return tf.cast(tf.cast(array, tf.float64) / number, array.dtype)

    def length(self, gradients):
        with self._wrapped.graph.as_default():
            bounds = [tf.reduce_max(tf.abs(tf.cast(g, tf.float64))) for g in gradients]
            bound = tf.reduce_max(tf.stack(bounds))
            bound = tf.where(bound > 0, bound, tf.ones_like(bound))
            squares = [tf.reduce_sum((tf.cast(g, tf.float64) / bound) ** 2) for g in gradients]
            return bound * tf.sqrt(tf.add_n(squares))

    def weigh(self, kept, gradients, length):
        """The gradient is linear in every message: its derivative by one is the tangent that meets it."""
        with self._wrapped.graph.as_default():
            aims = [tf.reduce_sum(g * tf.stop_gradient(self.divided(g, length))) for g in gradients.values()]
            total = tf.add_n([tf.cast(aim, tf.float64) for aim in aims])
            try:
                tangents = tf.gradients(total, [message for message, _ in kept])
            except (LookupError, ValueError, TypeError):
                return False
            for (message, link), tangent in zip(kept, tangents):
                if tangent is not None:
                    link.share = self.quotient(self.dot(message, tf.convert_to_tensor(tangent)), length)
        return True

    def quotient(self, dot, length):
        share = _Number()
        self._later([*dot, length], share.set)
        return share

    def number(self, value):
        value = value.value if isinstance(value, _Number) else value
        return None if value is None or not math.isfinite(value) else float(value)

    def _later(self, tensors, settle):
        """Call `settle` with the values of these tensors, once the graph is whole and has run."""
        self._fetched.append(tensors)
        self._settle.append(settle)

    def finish(self, gradients):
        wanted = {t.ref(): t for tensors in [*self._fetched, list(gradients.values())] for t in tensors}
        run = self._wrapped.prune(self._inputs, [list(wanted.values())])
        found = dict(zip(wanted, (t.numpy() for t in run(*self._feed)[0])))
        for settle, tensors in zip(self._settle, self._fetched):
            settle(*(found[t.ref()] for t in tensors))
        return {joint: found[g.ref()] for joint, g in gradients.items()}

    def rule(self, joint, edge, arriving, passed):
        tensor = joint.notes["inputs"][edge.argument]
        argument = next(i for i, t in enumerate(joint.origin.inputs) if t is tensor)
        return rooms.formula(joint.op, argument, self._all_names(joint), joint.label)

    def _all_names(self, joint):
        return [_name_of(t, self._by_op) for t in joint.origin.inputs]

    def operand_names(self, joint):
        return [_name_of(t, self._by_op) for t in joint.notes["inputs"]]

    def local(self, joint, edge, link):
        with self._wrapped.graph.as_default():
            if math.prod(link.shape) == math.prod(link.into_shape) == 1 and len(joint.outputs) == 1:
                got = self._pulled(joint, [tf.ones_like(joint.origin.outputs[0])])[edge.argument]
                if got is None:
                    return 0.0
                self._later([got], lambda found: setattr(link, "local", float(found.reshape(()))))
                return None
            y = joint.origin.outputs[0]
            slope = _SLOPES.get(joint.op)
            if slope is None and joint.op in ("maximum", "clip", "where") and link.shape == link.into_shape:
                y, slope = self._pulled(joint, [tf.ones_like(y)])[edge.argument], lambda got: got
            if slope is None or y is None:
                return None
            local = Local(0.0, 0.0, 0.0, 0.0, 0.0)
            largest = LARGEST.get(joint.op, 1.0)
            self._later([y], lambda found: _fill(local, numbers.local_of(slope(found), largest)))
            return local

    def as_numpy(self, array):
        return numpy.asarray(array)


class _Number:
    """A number that a run will fill in."""

    value = None

    def set(self, message, tangent, length):
        self.value = float(numpy.vdot(message, tangent)) / float(length) if length else None


def _operation(op):
    known = _OPS.get(op.type)
    return known or rooms.same(rooms.snake(op.type))


def _form(tensor):
    return _shape(tensor), tensor.dtype.name


def _shape(tensor):
    return tuple(n if n is not None else -1 for n in tensor.shape.as_list()) if tensor.shape.rank is not None else ()


def _or_zeros(moved, y):
    return tf.zeros_like(y) if moved is None else tf.convert_to_tensor(moved)


def _name_of(tensor, by_op):
    if tensor.op.type == "Const":
        value = tf.get_static_value(tensor)
        one = value is not None and numpy.size(value) == 1 and numpy.asarray(value).dtype.kind in "fiu"
        return f"{numpy.asarray(value).reshape(-1)[0]:g}" if one else "c"
    joint = by_op.get(tensor.op)
    return joint.label if joint is not None else re.sub(r".*/", "", tensor.op.name)


def _fill(record, found):
    """Put what was found into a record that was handed out empty."""
    for field in () if found is None else fields(record):
        setattr(record, field.name, getattr(found, field.name))
