"""A graph and its two walks, forward and backward, link by link, as data that a page can play.

What is played is what the engine did: the values it recorded, the local derivatives that its rooms give
there, and the cotangents that they pass on. Nothing is returned before the sums that the steps come to have
been compared with the gradients of the backward walk itself.
"""

import re
from collections import Counter

import numpy

from chainrule.core import reverse
from chainrule.core.node import Spent
from chainrule.core.record import TENSORS
from chainrule.core.selection import add, plain
from chainrule.core.spec import dtype_of, one_like, shape_of
from chainrule.errors import ArgumentError, ExplanationError, NotScalarError
from chainrule.explanations import collect
from chainrule.explanations.collect.graph import Step
from chainrule.explanations.collect.names import Names
from chainrule.explanations.render.scalar import bracketed
from chainrule.explanations.rules.formulas import checked, lettered, times_g, words
from chainrule.explanations.rules.links import Link, number, quotient
from chainrule.explanations.rules.symbols import ATOM, compact, lift
from chainrule.studio import layout, numbers

_MOST_NODES = 150  # a drawing of more could not be read
_DIGITS = 4


class Everything:
    """All that a value was computed from, as `collect.Graph` has it for a single input.

    Attributes:
        value: the last Step.
        inputs: the Steps of all leaves that a gradient flows to, in the order in which they were made.
        steps: every Step on the way, the value first.
        scalar: whether each of them is one real number.
    """

    def __init__(self, value):
        self.region = self._region(value)
        self.steps = sorted(self.region.values(), key=lambda step: -step.order)
        self.value, self.wrt = self.region[value], self.steps[-1]
        self.inputs = [step for step in reversed(self.steps) if step.primitive is None]
        self.scalar = all(shape_of(step.value) == () and dtype_of(step.value).kind != "c" for step in self.steps)

    def _region(self, value):
        region, stack = {}, [value]
        while stack:
            node = stack.pop()
            if node in region:
                continue
            if len(region) == _MOST_NODES:
                raise ArgumentError(
                    f"the graph has more than {_MOST_NODES} values, too many for a picture",
                    "use fewer operations: arrays in place of loops over their entries, or a smaller network",
                )
            step = region[node] = Step(node, _link(node))
            stack.extend(parent for parent in step.operands if parent is not None)
        for step in region.values():
            step.parents = tuple(region.get(parent) for parent in step.operands)
            step.onward = tuple(i for i, parent in enumerate(step.parents) if parent is not None)
        return region


def _link(node):
    """What made a node, also where a backward pass has freed it but kept it readable."""
    made = node.primitive
    if type(made) is not Spent:
        return (made, node.values, node.parents, node.params) if made is not None else (None, (), (), None)
    if made.kept is None:
        raise reverse.freed(node, "leave out backward(), or call backward(retain_graph=True)")
    return made.kept


def replayed(value, frame_names=None, modules=()):
    """The graph behind a Tensor, and both walks through it, as a dict for JSON.

    Args:
        value: a Tensor of one real number.
        frame_names, modules: as for `explanations.names.Names`.

    Returns:
        a dict: `nodes` (name, formula, value, gradient, column, row, line), `links` (from, to, the local
        derivative as formula and number, the points of its route), `forward` and `backward` (the steps,
        each with its sentence and its formula), `value` and `inputs` (numbers of nodes).

    Raises:
        NotScalarError: the value is not one real number.
        ArgumentError: the graph is too large for a picture, or nothing requires a gradient.
        GraphFreedError: a backward pass has freed the graph.
        ExplanationError: the steps and the backward walk disagree.

    >>> import chainrule as cr
    >>> x = cr.tensor(3.0, requires_grad=True, name="x")
    >>> replay = replayed(x * x)
    >>> replay["backward"][-1]["formula"], replay["nodes"][0]["gradient"]
    ('∂value/∂x = 3 + 1 · 3 = 3 + 3 = 6', 6.0)
    """
    _check(value)
    graph = Everything(value.node)
    return _Replay(graph, Names(graph, frame_names or {}, modules)).record()


def _check(value):
    if type(value) not in TENSORS:
        raise ArgumentError(
            f"the value is a {type(value).__name__}, not a Tensor", "compute it from inputs with requires_grad=True"
        )
    if not value.node.parents and value.node.primitive is None:
        raise ArgumentError(
            "the value was not computed from anything that requires a gradient",
            "make the inputs with cr.tensor(..., requires_grad=True), and use them",
        )
    if numpy.prod(value.shape, dtype=int) != 1 or value.dtype.kind == "c":
        raise NotScalarError(
            f"a backward pass starts from one real number, and this value has shape {tuple(value.shape)}",
            "reduce it first, by .sum() or .mean()",
        )


class _Replay:
    """One replay in the making: numbers for nodes and links, then the sentences."""

    def __init__(self, graph, names):
        self.graph, self.names = graph, names
        self.order = list(reversed(graph.steps))  # inputs first
        self.number = {step: i for i, step in enumerate(self.order)}
        self.uses = Counter(step.parents[i] for step in self.order for i in step.onward)
        self.texts = {step: names.symbol(step).text for step in self.order}
        self.links, self.backward = [], []
        self.sums = self._walk()
        self._compare()

    def record(self):
        parents = [[self.number[step.parents[i]] for i in step.onward] for step in self.order]
        positions, routes = layout.placed(parents)
        ends = [(self.number[step], i) for step in self.order for i in step.onward]
        route = dict(zip(ends, routes))
        return {
            "scalar": self.graph.scalar,
            "nodes": [self._node(step, *position) for step, position in zip(self.order, positions)],
            "links": [link | {"route": route[link["to"], link["argument"]]} for link in self.links],
            "forward": [self._forward(step) for step in self.order],
            "backward": self.backward,
            "value": self.number[self.graph.value],
            "inputs": [self.number[step] for step in self.graph.inputs],
        }

    def _node(self, step, column, row):
        own = step.primitive is not None
        return {
            "name": self.texts[step],
            "formula": self.names.formula(step).text if own else "",
            "op": step.primitive.name if own else "",
            "value": numbers.value(step.value),
            "gradient": numbers.value(self.sums[step]),
            "uses": self.uses[step],
            "variable": self.names.is_variable(step) or not own,
            "column": column,
            "row": row,
            "line": step.place.line if step.place is not None else None,
        }

    # Forward: the value of each node

    def _forward(self, step):
        name, value = self.texts[step], short(step.value)
        if step.primitive is None:
            sentence, parts = f"{name} is given.", [name, value]
        else:
            with_numbers = self.names.formula(step, numbers=True).text if self.graph.scalar else ""
            parts = [name, self.names.formula(step).text, with_numbers, value]
            arguments = dict.fromkeys(map(argument_text, self.names.arguments(step)))
            sentence = f"Forward: {name} is computed from {listed(list(arguments))}, and kept for the way back."
        if self.uses[step] > 1:
            sentence += f" It is used {self.uses[step]} times: the graph forks here."
        return {"node": self.number[step], "formula": equation(*parts), "sentence": signs(sentence)}

    # Backward: one step a link

    def _walk(self):
        """Cross every link, in the order of the engine's walk; the cotangents that arrive at each step."""
        graph = self.graph
        arriving = {graph.value: one_like(graph.value.value)}
        self.backward.append(self._seed())
        for step in graph.steps:
            g = arriving.setdefault(step, numpy.zeros_like(step.value))
            if step.primitive is None:
                continue
            cotangents = collect.pulled(step, g)
            slopes = collect.pulled(step, one_like(step.value)) if graph.scalar else cotangents
            for i in step.onward:
                parent = step.parents[i]
                c = numpy.zeros_like(parent.value) if cotangents[i] is None else cotangents[i]
                before = arriving.get(parent)
                arriving[parent] = c if before is None else add(before, c)
                self._cross(step, i, g, c, slopes[i], before, arriving[parent])
        return {step: plain(g) for step, g in arriving.items()}

    def _seed(self):
        value = self.texts[self.graph.value]
        name = self._derivative(self.graph.value)
        return {
            "kind": "seed",
            "node": self.number[self.graph.value],
            "total": numbers.value(one_like(self.graph.value.value)),
            "formula": f"{name} = 1",
            "sentence": f"Backward starts at the end: {value} changes by exactly as much as itself, so {name} is 1.",
        }

    def _cross(self, step, i, g, c, slope, before, total):
        """Enter one link, and the step that crosses it."""
        parent = step.parents[i]
        name = quotient(self.names.symbol(step), self.names.symbol(parent))
        local = self._local(step, i, g, c, slope)
        self.links.append({"from": self.number[parent], "to": self.number[step], "argument": i, "name": name} | local)
        formula, sentence = (self._product if self.graph.scalar else self._rule)(step, parent, g, c, before, total)
        if before is not None:
            sentence += f" {self.texts[parent]} had already received {short(before)}: over several ways we add."
        self.backward.append(
            {
                "kind": "link" if before is None else "sum",
                "link": len(self.links) - 1,
                "node": self.number[parent],
                "arriving": numbers.value(g),
                "passed": numbers.value(c),
                "total": numbers.value(total),
                "formula": signs(formula),
                "sentence": signs(sentence),
            }
        )

    def _local(self, step, i, g, c, slope):
        """The local derivative: a formula and a number, or for arrays the rule by which G passes."""
        if self.graph.scalar:
            link = Link(step, i, 0.0 if slope is None else slope, self.names)
            return {"formula": link.symbol, "numbers": link.numbers, "local": numbers.number(link.value)}
        shapes = f"{shape_of(step.value)} → {shape_of(step.parents[i].value)}"
        return {"formula": self._for_arrays(step, i, g, c), "numbers": shapes, "local": None}

    def _for_arrays(self, step, i, g, c):
        """What becomes of G, the gradient that arrives: by the room's formula, or in its words."""
        slope = checked(step, i, self.names, g, c)
        if slope is not None:
            return times_g(slope)
        arguments = [lift(argument).inside(ATOM) for argument in self.names.arguments(step)]
        return lettered(words(step, i), arguments, self.names.symbol(step).inside(ATOM))

    def _derivative(self, step):
        return quotient(self.names.symbol(self.graph.value), self.names.symbol(step))

    def _product(self, step, parent, g, c, before, total):
        """What arrives times the local derivative, and on a second way the sum; in formula and words."""
        link = self.links[-1]
        local = compact(link["local"], _DIGITS) if isinstance(link["local"], float) else link["local"]
        product = bracketed([short(g), local], " · ")
        if before is None:
            first = "" if step is self.graph.value else f"{self._derivative(step)} · {link['name']}"
            formula = equation(self._derivative(parent), first, product, short(c))
        else:
            sum_of = bracketed([short(before), short(c)], " + ")
            formula = equation(self._derivative(parent), f"{short(before)} + {product}", sum_of, short(total))
        rule = equation(link["name"], link["formula"], link["numbers"], local)
        return formula, f"What has arrived at {self.texts[step]}, {short(g)}, is multiplied by the local slope {rule}."

    def _rule(self, step, parent, g, c, before, total):
        """How G passes through a link between arrays."""
        rule = self.links[-1]["formula"]
        sum_of = "" if before is None else f"what had arrived + {rule}"
        formula = f"{self._derivative(parent)} = {sum_of or rule}, with G = {self._derivative(step)}"
        return formula, (
            f"What has arrived at {self.texts[step]}, G, {size(g)}, passes to {self.texts[parent]} "
            f"by the rule {rule}, {size(c)}."
        )

    def _compare(self):
        """Refuse a replay that the backward walk contradicts."""
        graph = self.graph
        with numpy.errstate(all="ignore"):
            found, _ = reverse.walk([(graph.value, one_like(graph.value.value))], wanted=set(graph.inputs))
        dtype = max((dtype_of(step.value) for step in graph.steps), key=collect.rounding)
        for step in graph.inputs:
            if not collect.agree(self.sums[step], found.get(step, numpy.zeros_like(step.value)), dtype):
                raise ExplanationError(
                    f"the steps come to another gradient of {self.texts[step]} than the backward walk",
                    "nothing is shown, since one of the two is wrong; run check_grads on the function, and report it",
                )


def short(value):
    """A number in four digits; an array by its size."""
    value = plain(value)
    return size(value) if shape_of(value) else compact(number(value), _DIGITS)


def size(value):
    """The shape and the norm of an array."""
    value = plain(value)
    norm = format(collect.norm(value), f".{_DIGITS}g")
    return f"shape {shape_of(value)} and size {norm}" if shape_of(value) else f"size {norm}"


def argument_text(argument):
    """An argument in a sentence: its symbol, or the number that stands in the source."""
    return getattr(argument, "text", None) or compact(argument)


def equation(*parts):
    """The parts that say something new, joined by equals signs."""
    said = dict.fromkeys(signs(part) for part in parts if part)
    return " = ".join(said)


def signs(text):
    """Minus signs as they are printed, but for those of exponents."""
    return re.sub(r"(?<![\w])-(?=[\d.i])", "−", text)


def listed(items):
    """a, b and c; "constants" where there are none."""
    if len(items) < 2:
        return items[0] if items else "constants"
    return f"{', '.join(items[:-1])} and {items[-1]}"
