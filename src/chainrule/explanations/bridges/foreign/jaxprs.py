"""JAX: the function traced to a jaxpr, link by link.

Each equation becomes a joint: its value by calling it, what it passes back by `jax.vjp` of it, and forward by
`jax.jvp`, so that rules of the user's own (custom_jvp, custom_vjp) are the ones that run. Calls of jitted
functions are opened; scan, cond, while and rematerialised parts are one link each.

Not documented by JAX, and used here: `source_info`, `debug_info` and one-equation jaxprs through
`jax.extend.core`.
"""

import math
import os

import jax
import jax.extend.core as core
import jax.numpy as jnp
import numpy

from chainrule.errors import ArgumentError, ExplanationError, NotScalarError
from chainrule.explanations.bridges.arguments import chosen, parameter_names
from chainrule.explanations.bridges.base import Bridge, Nothing
from chainrule.explanations.collect import graph, numbers
from chainrule.explanations.collect.record import LARGEST, Edge, Joint, Where, named_apart
from chainrule.explanations.collect.source import Sources
from chainrule.explanations.explanation import Explanation
from chainrule.explanations.findings.finding import Finding
from chainrule.explanations.rules import rooms
from chainrule.places import INSIDE

_OPENED = frozenset(["jit", "pjit", "closed_call", "core_call"])
_JAX = os.path.dirname(jax.__file__)
_OPS = {"max": "maximum", "min": "minimum", "argmax": "argmax", "exp": "exp"}


def explained(function, args, wrt, width):
    """The explanation of a scalar function of JAX arrays."""
    args = args if isinstance(args, tuple) else (args,)
    parameters = parameter_names(function, len(args))
    paths, leaves = [], []
    for name, arg in zip(parameters, args):
        for path, leaf in jax.tree_util.tree_flatten_with_path(arg)[0]:
            paths.append(name + jax.tree_util.keystr(path))
            leaves.append(leaf)
    wanted = chosen(wrt, paths, parameters)
    closed = jax.make_jaxpr(function)(*args)
    root = closed.jaxpr.outvars[0]
    if len(closed.jaxpr.outvars) != 1 or root.aval.shape != () or not jnp.issubdtype(root.aval.dtype, jnp.floating):
        raise NotScalarError(
            f"explain needs one real number, and the function returns {closed.jaxpr.outvars!r}",
            "reduce it in the function (.sum() or .mean()), and leave other results away",
        )
    for i in wanted:
        if not jnp.issubdtype(jnp.asarray(leaves[i]).dtype, jnp.inexact):
            raise ArgumentError(f"{paths[i]} is an integer, which has no derivative", "make it a floating point value")
    bridge = Jax(closed, leaves, paths, wanted)
    named = [paths[i] for i in wanted]
    of = getattr(function, "__name__", "value")
    of = "value" if of == "<lambda>" else of
    if not bridge.sources:
        nothing = Nothing("jax")
        nothing.findings = bridge.findings
        return Explanation(nothing, of=of, wrt=", ".join(named[:4]), width=width)
    reached = [joint.name for joint in bridge.sources]
    wrt = ", ".join(reached[:4]) + (", …" * (len(reached) > 4))
    return Explanation(bridge, of=of, wrt=wrt, width=width, check=lambda flow: _check(flow, function, args, bridge))


def _check(flow, function, args, bridge):
    """Refuse a Flow that JAX's own gradient contradicts."""
    flat, tree = jax.tree_util.tree_flatten(args)
    _, back = jax.vjp(lambda *leaves: function(*jax.tree_util.tree_unflatten(tree, leaves)), *flat)
    own = back(jnp.ones((), jnp.result_type(bridge.values[bridge.joints[0]][0])))
    for joint, g in flow.gradients.items():
        theirs = own[joint.notes["leaf"]]
        if not graph.agree(numpy.asarray(g), numpy.asarray(theirs), numpy.dtype(joint.dtype), _scale(flow)):
            raise ExplanationError(
                f"the links come to another gradient of {joint.name} than jax.grad gives",
                "nothing is shown, since one of the two is wrong; please report it",
            )


def _scale(flow):
    return max((joint.arriving.bound for joint in flow.sources if joint.arriving.finite), default=0.0)


class Jax(Bridge):
    """The bridge to a traced function.

    Args:
        closed: the ClosedJaxpr.
        leaves, paths: the flat arguments and their names.
        wanted: the positions of those whose gradient is asked for.
    """

    framework = "jax"

    def __init__(self, closed, leaves, paths, wanted):
        super().__init__()
        self._sources, self._equations, self.values = Sources(), [], {}
        self._origin = {}  # variable -> (joint, slot)
        inputs = [self._input(i, path, leaf) for i, (path, leaf) in enumerate(zip(paths, leaves))]
        for variable, joint in zip(closed.jaxpr.invars, inputs):
            self._origin[variable] = joint, 0
        env = dict(zip(closed.jaxpr.invars, map(jnp.asarray, leaves)))
        root = self._run(closed.jaxpr, closed.consts, env)[0]
        self._connect(root, inputs, wanted)

    def _input(self, number, path, leaf):
        array = jnp.asarray(leaf)
        joint = Joint(number, "input", [(array.shape, array.dtype.name)], [], None, path, "", Where(path), leaf=True)
        joint.value, joint.notes["leaf"] = numbers.summarised(numpy.asarray(array)), number
        self.values[joint] = [array]
        return joint

    def _run(self, jaxpr, consts, env):
        """Evaluate a jaxpr equation by equation; `env` holds the values of its inputs. The origins of its outputs."""
        env.update(zip(jaxpr.constvars, consts))
        for equation in jaxpr.eqns:
            values = [_value(v, env) for v in equation.invars]
            inner = equation.params.get("jaxpr") or equation.params.get("call_jaxpr")
            if equation.primitive.name in _OPENED and inner is not None:
                self._open(inner, equation, values, env)
                continue
            joint = self._joint(equation, values)
            for slot, variable in enumerate(equation.outvars):
                env[variable] = self.values[joint][slot]
                self._origin[variable] = joint, slot
        return [self._origin.get(v) if not isinstance(v, core.Literal) else None for v in jaxpr.outvars]

    def _open(self, inner, equation, values, env):
        """The equations of a jitted function in place of its call."""
        closed = inner if isinstance(inner, core.ClosedJaxpr) else core.ClosedJaxpr(inner, ())
        outer = [self._origin.get(v) if not isinstance(v, core.Literal) else None for v in equation.invars]
        for variable, origin in zip(closed.jaxpr.invars, outer):
            if origin is None:
                self._origin.pop(variable, None)
            else:
                self._origin[variable] = origin
        own = dict(zip(closed.jaxpr.invars, values))
        found = self._run(closed.jaxpr, closed.consts, own)
        results = [_value(v, own) for v in closed.jaxpr.outvars]
        for variable, origin, value in zip(equation.outvars, found, results):
            env[variable] = value
            if origin is not None:
                self._origin[variable] = origin

    def _joint(self, equation, values):
        variables = list(dict.fromkeys(v for v in equation.invars if not isinstance(v, core.Literal)))
        function = core.jaxpr_as_fun(core.ClosedJaxpr(core.Jaxpr((), variables, equation.outvars, [equation]), ()))
        by_variable = {v: x for v, x in zip(equation.invars, values) if not isinstance(v, core.Literal)}
        primals = [by_variable[v] for v in variables]
        outputs = function(*primals)
        op = _operation(equation)
        joint = Joint(
            len(self._equations), op, [(x.shape, x.dtype.name) for x in outputs], [],
            (function, primals), operands=tuple(numpy.shape(x) for x in values),
        )  # fmt: skip
        if "y" in equation.params and op == "power":
            joint.notes["exponent"] = equation.params["y"]
        joint.notes["arguments"] = [(v.val, None) if isinstance(v, core.Literal) else (None, variables.index(v))
                                    for v in equation.invars]  # fmt: skip
        joint.edges = [Edge(i, *self._edge(op, v, x, outputs)) for i, (v, x) in enumerate(zip(variables, primals))]
        joint.notes["reads"] = [self._origin.get(v, (None, 0))[0] for v in variables]
        self._place(joint, equation)
        joint.value = numbers.summarised(numpy.asarray(outputs[0])) if outputs[0].dtype.kind != "V" else None
        joint.notes["operands"] = tuple(self._as_written(joint, i, x) for i, x in enumerate(values))
        self.values[joint] = outputs
        self._equations.append(joint)
        return joint

    def _as_written(self, joint, argument, value):
        """The shape of an operand before the same expression broadcast it, which JAX does in a step of its own."""
        k = joint.notes["arguments"][argument][1]
        read = None if k is None else joint.notes["reads"][k]
        if read is not None and read.op == "broadcast_to" and read.notes.get("at") == joint.notes.get("at") is not None:
            return read.operands[0]
        return tuple(numpy.shape(value))

    def _edge(self, op, variable, value, outputs):
        """The parent of an argument and its slot, None where no gradient can flow; and why."""
        origin = self._origin.get(variable)
        flows = jnp.issubdtype(value.dtype, jnp.inexact) and any(jnp.issubdtype(y.dtype, jnp.inexact) for y in outputs)
        if origin is None:
            return None, 0
        if op == "stop_gradient" or not flows:
            return None, 0, op
        return origin

    def _place(self, joint, equation):
        traceback = equation.source_info.traceback
        joint.scope = str(equation.source_info.name_stack).replace("/", ".")
        codes, instructions = traceback.raw_frames() if traceback is not None else ((), ())
        for code, instruction in zip(codes, instructions):
            if INSIDE[code.co_filename] or code.co_filename.startswith((_JAX, "<frozen")):
                continue
            expression = self._sources.expression(code, instruction)
            line = _line(code, instruction)
            if expression is not None:
                joint.name, joint.expression = expression.target or "", expression.text
            joint.where = Where(joint.name or joint.expression, code.co_filename, line)
            joint.notes["at"] = code, instruction
            return

    def _connect(self, root, inputs, wanted):
        """The joints on the way, and what is missing."""
        order = [*inputs, *self._equations]
        needed, stack = set(), [root[0]] if root is not None else []
        while stack:
            joint = stack.pop()
            if joint not in needed:
                needed.add(joint)
                stack.extend(edge.parent for edge in joint.edges if edge.parent is not None)
        self.joints = [joint for joint in reversed(order) if joint in needed]
        for number, joint in enumerate(self.joints):
            joint.number = number
        named_apart(self.joints)
        for joint in self.joints:
            joint.where = Where(joint.label, joint.where.file, joint.where.line)
        self.sources = [inputs[i] for i in wanted if inputs[i] in needed]
        several = len(wanted) > 1 and self.sources
        self.findings = [self._missing(inputs[i], root, several) for i in wanted if inputs[i] not in needed]

    def _missing(self, source, root, several):
        """Why nothing flows to an input: the last joint that reads it, by value, and passes no gradient on."""
        reading, cut = {source}, None
        for joint in self._equations:
            if any(read in reading for read in joint.notes["reads"]):
                reading.add(joint)
        leading = {root[0]} if root is not None else set()
        for joint in reversed(self._equations):
            if joint in leading:
                leading.update(read for read in joint.notes["reads"] if read is not None)
        for joint in self._equations:
            stops = any(edge.parent is None and edge.why for edge in joint.edges)
            if joint in reading and joint in leading and stops:
                cut = joint
                break
        if cut is None:
            kind = "unused" if several else "disconnected"
            words = f"the function does not use {source.name}: no path leads to it, and jax.grad gives zeros"
            return Finding(kind, Where(source.name), words, "use it, or leave it out of the arguments")
        what = {"convert_element_type": "a cast to integers", "astype": "a cast to integers"}.get(cut.op, cut.op)
        where = Where(cut.label, cut.where.file, cut.where.line)
        return Finding("cut", where, f"{source.name} leads to the value only through {what}, which passes no gradient",
                       "leave it away where the derivative is wanted, or use a smooth function instead")  # fmt: skip

    def seed(self):
        return jnp.ones((), self.values[self.joints[0]][0].dtype)

    def pull(self, joint, cotangents):
        function, primals = joint.origin
        outputs = self.values[joint]
        given = [_cotangent(g, y) for g, y in zip([*cotangents, *[None] * len(outputs)], outputs)]
        _, back = jax.vjp(function, *primals)
        return [
            None if edge.parent is None or g.dtype == jax.dtypes.float0 else g
            for edge, g in zip(joint.edges, back(given))
        ]

    def push(self, joint, tangents):
        function, primals = joint.origin
        given = [_tangent(t, x) for t, x in zip(tangents, primals)]
        try:
            _, moved = jax.jvp(function, primals, given)
        except (TypeError, ValueError, NotImplementedError):
            return self._twice(joint, tangents)
        return [None if t.dtype == jax.dtypes.float0 else t for t in moved]

    def _twice(self, joint, tangents):
        """Forward by reverse twice, for what has a rule backward only (custom_vjp)."""
        function, primals = joint.origin
        outputs = self.values[joint]
        try:
            _, back = jax.vjp(function, *primals)
            zeros = [_cotangent(None, y) for y in outputs]
            _, again = jax.vjp(lambda *g: back(list(g)), *zeros)
            return list(again(tuple(_tangent(t, x) for t, x in zip(tangents, primals))))
        except (TypeError, ValueError, NotImplementedError):
            return None

    def summary(self, array):
        return numbers.summarised(numpy.asarray(array))

    def dot(self, a, b):
        return float(numpy.real(numpy.vdot(numpy.asarray(a), numpy.asarray(b))))

    def rule(self, joint, edge, arriving, passed):
        names = self.operand_names(joint)
        argument = next((i for i, (_, k) in enumerate(joint.notes["arguments"]) if k == edge.argument), edge.argument)
        return rooms.formula(joint.op, argument, names, joint.label)

    def operand_names(self, joint):
        names = []
        for constant, k in joint.notes["arguments"]:
            parent = None if k is None else joint.notes["reads"][k]
            number = f"{constant:g}" if k is None and numpy.ndim(constant) == 0 else "c"
            names.append(number if parent is None else parent.label)
        return [*names, f"{joint.notes['exponent']:g}"] if "exponent" in joint.notes else names

    def local(self, joint, edge, link):
        if math.prod(link.shape) == math.prod(link.into_shape) == 1 and len(joint.outputs) == 1:
            got = self.pull(joint, [jnp.ones(joint.shape, joint.dtype)])[edge.argument]
            return 0.0 if got is None else float(numpy.asarray(got).reshape(()))
        y = numpy.asarray(self.values[joint][0])
        if joint.op in ("tanh", "sigmoid", "softmax"):
            return numbers.local_of(1 - y * y if joint.op == "tanh" else y * (1 - y), LARGEST[joint.op])
        if joint.op in ("relu", "maximum", "clip", "where") and link.shape == link.into_shape:
            got = self.pull(joint, [jnp.ones(joint.shape, joint.dtype)])[edge.argument]
            return None if got is None else numbers.local_of(numpy.asarray(got), 1.0)
        return None

    def entry(self, joint, argument, index):
        value, k = joint.notes["arguments"][argument]
        array = numpy.asarray(value if k is None else joint.origin[1][k])
        if array.ndim == 0:
            return array[()]
        return array[index] if index is not None and len(index) == array.ndim else None

    def as_numpy(self, array):
        return numpy.asarray(array)


def _value(variable, env):
    return jnp.asarray(variable.val, variable.aval.dtype) if isinstance(variable, core.Literal) else env[variable]


def _operation(equation):
    """Our name for what an equation does; a custom rule goes by the name of its function."""
    name = equation.primitive.name
    if name.startswith("custom_"):
        inner = equation.params.get("call_jaxpr") or equation.params.get("fun_jaxpr")
        info = getattr(getattr(inner, "jaxpr", inner), "debug_info", None)
        own = equation.params.get("name") or getattr(info, "func_name", None) or name
        return str(own)
    return _OPS.get(name) or rooms.same(name)


def _line(code, instruction):
    for i, (line, *_) in enumerate(code.co_positions()):
        if i == instruction // 2:
            return line
    return code.co_firstlineno


def _cotangent(g, y):
    if not jnp.issubdtype(y.dtype, jnp.inexact):
        return numpy.zeros(y.shape, jax.dtypes.float0)
    return jnp.zeros(y.shape, y.dtype) if g is None else g


def _tangent(t, x):
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        return numpy.zeros(x.shape, jax.dtypes.float0)
    return jnp.zeros(x.shape, x.dtype) if t is None else jnp.asarray(t, x.dtype)
