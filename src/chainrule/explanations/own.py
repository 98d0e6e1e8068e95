"""Explanations of our own graph: with names and formulas of the user's program, and scalars as in the lesson."""

import re
from typing import Any

import numpy

from chainrule import places
from chainrule.core import tree
from chainrule.core.node import Spent
from chainrule.core.record import TENSORS
from chainrule.core.spec import dtype_of, shape_of
from chainrule.core.tensor import tensor
from chainrule.errors import ArgumentError, ExplanationError, GraphFreedError, NotScalarError
from chainrule.explanations import collect, missing
from chainrule.explanations.bridges.arguments import chosen, parameter_names
from chainrule.explanations.bridges.base import Nothing
from chainrule.explanations.bridges.own import Own
from chainrule.explanations.collect import taint
from chainrule.explanations.collect.names import Names, in_scopes
from chainrule.explanations.collect.record import Where
from chainrule.explanations.explanation import Explanation, counted
from chainrule.explanations.findings.finding import Finding
from chainrule.explanations.render import layout, scalar
from chainrule.explanations.rules import links
from chainrule.explanations.rules.symbols import compact
from chainrule.places import Place

_LONGEST_ORIGIN = 48  # a formula longer than this would hide the number it comes to


class OwnExplanation(Explanation):
    """An explanation of our own graph, checked against the backward walk before anything is shown.

    Attributes (besides those of Explanation):
        product: the gradient as the links give it: the product along the path, summed over paths; of several
            inputs a dict as `gradient`, empty where their gradients are large.
        factors: for one scalar path, the factors between named variables, each with its `links`.
        paths: for scalars, the paths shown, the largest product first, each with `factors`, `links`, `product`.
        left_out: what the paths that are not shown add up to.
    """

    def __init__(self, graph, names, width, paths, findings=()):
        bridge = Own(graph, names)
        bridge.findings = list(findings)
        of = names.symbol(graph.value).text
        wrt = ", ".join(names.symbol(step).text for step in graph.sources[:4])
        self._graph, self._names, self.scalar = graph, names, graph.scalar
        self.paths, self.left_out = [], 0.0
        if self.scalar:
            self._collect_paths(graph, names, paths)
        wrt += ", …" if len(graph.sources) > 4 else ""
        super().__init__(bridge, of=of, wrt=wrt, width=width, check=self._check)
        if not self.scalar:
            found = list(self._flow.gradients.values())
            self.product = found[0] if len(found) == 1 else dict(zip(self.gradient, found))

    @property
    def factors(self):
        return self.paths[0].factors if len(self.paths) == 1 else []

    @property
    def gradient(self) -> Any:
        gradients = self._graph.gradients
        if self.scalar:
            return links.number(self._graph.gradient)
        if len(gradients) == 1:
            return self._graph.gradient
        return {self._names.symbol(step).text: g for step, g in gradients.items()}

    def _check(self, flow):
        """Refuse an explanation that the backward walk contradicts."""
        if not self.scalar:
            for step, joint in zip(self._graph.sources, flow.sources):
                _compare(self._graph, flow.gradients[joint], self._graph.gradients[step], 0.0)

    def _collect_paths(self, graph, names, limit):
        table = links.links_of(graph, names)
        product, size = links.total(graph, table)
        _compare(graph, product, self.gradient, size)
        self.product = links.number(numpy.asarray(product, dtype_of(self.gradient)))
        shown = links.largest(graph, table, min(limit, graph.path_count))
        self.paths = [links.Path(path, names) for path in shown]
        if graph.path_count > len(shown):
            self.left_out = product - sum(path.product for path in self.paths)
        else:
            _compare(graph, sum(path.product for path in self.paths), self.gradient, size)

    def _body(self, width):
        return scalar.lines(self, width) if self.scalar else super()._body(width)

    @property
    def sentence(self):
        if self.scalar:
            return scalar.sentence(self)
        slope: Any = self.gradient
        number = len(self.sources) == 1 and not self.sources[0].shape and dtype_of(slope).kind != "c"
        if number and numpy.isfinite(slope) and slope:
            return scalar.effect(self.of, self.wrt, float(slope))
        return super().sentence

    def _headline(self):
        name = f"∂{self.of}/∂{self.wrt}"
        count = "" if self.path_count == 1 else f", the sum over {counted(self.path_count)} paths"
        if self.scalar or (len(self.sources) == 1 and shape_of(self.gradient) == ()):
            return f"{name} = {compact(self.gradient)}{count}"
        if len(self.sources) == 1:
            return f"{name} has shape {shape_of(self.gradient)} and size {self.size:.6g}{count}"
        return f"{name}: {len(self.sources)} inputs, size {self.size:.6g} together{count}"

    def _origin(self):
        """The value: its formula where that is short, its number, and its line."""
        step, value = self._graph.value, links.number(self._graph.value.value)
        formula = "" if step.primitive is None else self._names.formula(step).text
        said = f" = {formula}" if 0 < len(formula) <= _LONGEST_ORIGIN else ""
        at = layout.where(step.place)
        return f"{self._names.symbol(step)}{said} = {compact(value)}" + (f", computed at {at}" if at else "")

    def _legend(self, text, width):
        """What u1, u2 ... stand for, where the text uses them."""
        spelled, used = [], set(re.findall(r"\w+", text))
        for step, name in self._names.placeholders.items():
            if name in used:
                spelled.append(layout.shortened(f"{name} = {self._names.formula(step).text}", width - 8))
        for number, line in enumerate(spelled[:8]):
            if number == 0:
                yield ""
            yield ("  where " if number == 0 else "        ") + line


def _compare(graph, product, gradient, scale):
    dtype = max((dtype_of(step.value) for step in graph.steps), key=collect.rounding)
    if not collect.agree(product, gradient, dtype, scale):
        raise ExplanationError(
            f"the links come to {_said(product)}, and the backward walk gives {_said(gradient)}",
            "nothing is shown, since one of the two is wrong; run check_grads on the function, and report it",
        )


def _said(result):
    return compact(result) if not shape_of(result) else f"an array of norm {collect.norm(result):.8g}"


def explained(value, wrt, scopes, width, paths):
    """The explanation of a Tensor of ours; where no path leads to any input, one that says why."""
    _check_value(value)
    frame_names, modules = in_scopes(scopes)
    inputs = _inputs(value, wrt, frame_names)
    objects = dict(zip([collect.node_of(tensor) for tensor in inputs], inputs))
    nodes = [collect.node_of(tensor) for tensor in inputs]
    try:
        reached = missing.reaches(value.node, nodes)
    except GraphFreedError as error:
        return _of_freed(value.node, error, frame_names, width)
    if not reached:
        bridge = Nothing("chainrule")
        bridge.findings = [_not_reached(value, objects[node], frame_names) for node in nodes]
        named = [_name(node, frame_names) or "input" for node in nodes]
        of = _name(value.node, frame_names) or "value"
        return Explanation(bridge, of=of, wrt=", ".join(named[:4]), width=width)
    try:
        graph = collect.Graph(value.node, nodes)
    except GraphFreedError as error:
        return _of_freed(value.node, error, frame_names, width)
    unread = [_not_reached(value, objects[node], frame_names, several=True) for node in graph.unreached]
    return OwnExplanation(graph, Names(graph, frame_names, modules), width, paths, unread)


def _of_freed(node, error, frame_names, width):
    """A graph that an earlier backward pass freed: in part, where it carries over an earlier iteration."""
    spent = [one for one in missing.ancestors(node) if one.primitive.__class__ is Spent]
    if node in spent or not spent:
        raise GraphFreedError(error.what, "explain before backward, or call backward(retain_graph=True)") from None
    oldest = max(spent, key=lambda one: one.order)
    name, place = (
        _name(oldest, frame_names) or "a value",
        Place(oldest.code, oldest.instruction) if oldest.code else None,
    )
    where = Where(name) if place is None else Where(name, place.filename, place.line)
    freed_at = f", which ran at {oldest.primitive.place}" if oldest.primitive.place else ""
    bridge = Nothing("chainrule")
    bridge.findings = [Finding(
        "accumulated", where,
        f"the graph reaches back into an earlier iteration: {name} was computed before a backward pass that has freed "
        f"it{freed_at}",
        "cut the state that is carried over with stop_gradient, and sum losses as numbers: total += loss.item()",
    )]  # fmt: skip
    return Explanation(bridge, of=_name(node, frame_names) or "value", wrt="input", width=width)


def explained_function(function, args, wrt, width, paths):
    """The explanation of a plain function of numbers and arrays, by calling it on Tensors."""
    args = args if isinstance(args, tuple) else (args,)
    parameters = parameter_names(function, len(args))
    leaves, rebuild = tree.flatten(args)
    names = [parameter + path for parameter, arg in zip(parameters, args) for path in tree.paths(arg)]
    wanted = chosen(wrt, names, parameters)
    tensors = [tensor(leaf, requires_grad=i in wanted, name=names[i]) for i, leaf in enumerate(leaves)]
    value = function(*rebuild(tensors))
    inputs = [tensors[i] for i in wanted]
    return explained(value, inputs if len(inputs) > 1 else inputs[0], [], width, paths)


def _inputs(value, wrt, frame_names):
    """The Tensors that a gradient is asked for; names that a dict gives them are put with the others."""
    if wrt is None:
        return [_Handle(node) for node in _leaves(value.node)]
    if type(wrt) in TENSORS:
        _check_input(wrt, "wrt")
        return [wrt]
    if not isinstance(wrt, (list, tuple, dict)) or not wrt:
        raise ArgumentError(
            f"wrt is a {type(wrt).__name__}, not a Tensor", "give the Tensor itself: explain(loss, wrt=w)"
        )
    named = wrt.items() if isinstance(wrt, dict) else ((f"wrt[{i}]", one) for i, one in enumerate(wrt))
    inputs = []
    for name, one in named:
        _check_input(one, name if isinstance(name, str) else repr(name))
        inputs.append(one)
        if isinstance(wrt, dict):
            frame_names[collect.node_of(one)] = str(name)
    return inputs


class _Handle:
    """A node as `collect.node_of` takes it."""

    def __init__(self, node):
        self.node = node


def _leaves(node):
    found = [one for one in missing.ancestors(node) if one.primitive is None and one.tracked]
    if not found:
        raise collect.unreachable()
    return sorted(found, key=lambda one: one.order)


def _check_input(tensor, name):
    if type(tensor) not in TENSORS:
        raise ArgumentError(
            f"{name} is a {type(tensor).__name__}, not a Tensor", "give the Tensor itself: explain(loss, wrt=w)"
        )
    if collect.node_of(tensor).tracked is False:  # a record whose tape has stopped counts as well
        raise ArgumentError(
            f"{name} does not require a gradient, so nothing was recorded for it",
            "make it with requires_grad=True (or watch it on a tape) before the value is computed",
        )


def _name(node, frame_names):
    return node.name or frame_names.get(node)


def _not_reached(value, source, frame_names, several=False):
    """The Finding for an input that no path leads to: cut, unused beside others, or disconnected."""
    node = collect.node_of(source)
    reason = missing.reason(value.node, [node])
    read = taint.find(places.user_frame(), value, source) if reason.kind != "cut" else None
    if read is not None:
        return _read_cut(_name(node, frame_names) or "the input", *read)
    kind = "cut" if reason.kind == "cut" else "unused" if several else "disconnected"
    name = _name(node, frame_names) or "the input"
    place = reason.places[0] if reason.places else None
    where = Where(name) if place is None else Where(name, place.filename, place.line)
    evidence = f"no path leads from the value to {name}: {reason.text}"
    return Finding(kind, where, evidence, reason.do)


def _read_cut(name, what, filename, line):
    """The Finding for a cut that the program's text shows."""
    evidence = f"no path leads from the value to {name}: a value computed from it left the graph by {what}"
    return Finding("cut", Where(name, filename, line), evidence, taint.repair_of(what))


def check_numbers(**given):
    """Refuse widths and counts that make no sense."""
    for name, number in given.items():
        least = {"width": 40}.get(name, 1)
        if not isinstance(number, int) or isinstance(number, bool) or number < least:
            raise ArgumentError(f"{name}={number!r} makes no sense", f"give a whole number from {least} up")


def _check_value(value):
    if type(value) not in TENSORS:
        many = isinstance(value, (list, tuple, dict, set))
        raise ArgumentError(
            f"value is a {type(value).__name__}, not a Tensor",
            "explain one Tensor at a time" if many else "give the Tensor itself: explain(loss, wrt=w)",
        )
    size = numpy.prod(value.shape, dtype=int)  # a front's `size` may be a method
    if size != 1 or value.dtype.kind == "c":
        kind = f"shape {value.shape}" if size != 1 else f"the complex dtype {value.dtype}"
        raise NotScalarError(
            f"explain needs one real number, and this value has {kind}",
            "reduce it first (.sum() or .mean()), or explain one entry, value[i]",
        )


def checked(names):
    """A dict from names to Tensors, as a user gave it."""
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names):
        raise ArgumentError(
            f"names is a {type(names).__name__}, not a dict from names to Tensors",
            "give names={'loss': loss, 'w': w}, or leave it out",
        )
    return names
