"""What the user calls each value: variables first, then the name by which it is used, then u1, u2 ..."""

import re
import types

from chainrule.core.record import TENSORS
from chainrule.explanations.collect import graph as collect
from chainrule.explanations.collect import source
from chainrule.explanations.rules import symbols

_LONGEST_FORMULA = {True: 28, False: 16}  # scalar or not: a longer unnamed value becomes u1, u2 ...
_HIDDEN = (
    "_",
    "@",
    ".",
)  # how names start that are not the user's: a debugger's, pytest's, a comprehension's
_MANY = 2000  # in a larger graph, unnamed values are not spelled out at all
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def in_scopes(scopes):
    """`(names, modules)` of dicts of variables: nodes by name, and which names are modules."""
    names, modules = {}, set()
    for scope in scopes:
        for name, value in list(scope.items()):
            if isinstance(value, types.ModuleType):
                modules.add(name)
            elif type(value) in TENSORS and name[:1] not in _HIDDEN:
                names.setdefault(collect.node_of(value), name)
    return names, modules


class Names:
    """The name of every step of a graph, and its symbols.

    Args:
        graph: the Graph to name.
        frame_names: nodes -> the variable that holds them where the explanation was asked for.
        modules: names that are modules there (so that `np.exp` is not read as a method).
    """

    def __init__(self, graph, frame_names, modules=()):
        self.graph, self.frame_names, self._steps = graph, frame_names, set(graph.steps)
        self._sources = source.Sources(modules)
        self._inner, self._composite = self._insides()
        self.variables = {}  # step -> the user's name for it
        self._uses = {}
        self._collect()
        self._number()
        self.placeholders = {}  # step -> u1, u2 ... for values that have no short text
        self._symbols = {}
        self._place_holders()

    def expression(self, step):
        """The user's expression that made the step, or None; None also inside one call of ours."""
        return self._sources.expression(step.code, step.instruction)

    def _insides(self):
        """Steps inside a call that recorded several links, and the places of such calls."""
        chained, primitives = {}, {}
        for step in self.graph.region.values():
            primitives.setdefault((step.code, step.instruction), set()).add(step.primitive)
            for parent in step.parents:
                if parent is not None and (parent.code, parent.instruction) == (step.code, step.instruction):
                    chained[parent] = True
        composite = {key for key, kinds in primitives.items() if len(kinds) > 1}
        inner = {s for s in chained if (s.code, s.instruction) in composite and s.code is not None}
        return inner, {(s.code, s.instruction) for s in inner}

    def _operands(self, step):
        """The syntax trees of the step's arguments, as far as they are clear."""
        expression = self.expression(step)
        if expression is None or (step.code, step.instruction) in self._composite:
            return []
        return expression.operands(step.values, step.operands)

    def _collect(self):
        for step in reversed(self.graph.steps[:-1]):
            for tree, operand in zip(self._operands(step), step.operands):
                if operand is not None and operand not in self._uses:
                    self._uses[operand] = source.name(tree)
        for step in self.graph.steps:
            name = self.of_node(step.origin, step in self._inner)
            if name:
                self.variables[step] = name
        self.variables.setdefault(self.graph.wrt, "input")
        self.variables.setdefault(self.graph.value, "value")

    def of_node(self, node, inner=False):
        """The user's name for any node, or None."""
        ends = self.graph.value.origin, self.graph.wrt.origin
        framed = self.frame_names.get(node)
        if framed and node in ends and not node.name:
            return framed
        expression = None if inner else self._sources.expression(node.code, node.instruction)
        assigned = expression.target if expression is not None else None
        return node.name or assigned or framed or (None if inner else self._uses.get(node))

    def _number(self):
        """h₁, h₂ ... where one name stands for several values of the explanation."""
        ends, same = (self.graph.value, self.graph.wrt), {}
        for step in reversed(self.graph.steps):
            if step in self.variables:
                same.setdefault(self.variables[step], []).append(step)
        for name, steps in same.items():
            if len(steps) > 1:
                for number, step in enumerate(steps, 1):
                    if step not in ends:
                        self.variables[step] = name + str(number).translate(_LOWERED)

    def _place_holders(self):
        taken = any(re.fullmatch(r"u\d+", name) for name in self.variables.values())
        prefix = "node" if taken else "u"
        spelled = len(self.graph.steps) <= _MANY
        for step in reversed(self.graph.steps):
            if step in self.variables:
                continue
            known = spelled and step not in self._inner and self.expression(step) is not None
            if not known or len(self.symbol(step).text) > _LONGEST_FORMULA[self.graph.scalar]:
                self.placeholders[step] = f"{prefix}{len(self.placeholders) + 1}"
                self._symbols.pop(step, None)

    def is_variable(self, step):
        """Whether the chain stops at this step: it has a name, or nothing better than u1."""
        return step in self.variables or (step in self.placeholders and self.expression(step) is None)

    # Symbols: every value as it reads in a formula, and as it reads with numbers put in

    def symbol(self, step, numbers=False):
        """A step in a formula: its name, its placeholder, or its own formula in brackets."""
        name = self.variables.get(step) or self.placeholders.get(step)
        if name is not None:
            return symbols.constant(step.value) if numbers else symbols.named(name, step.value)
        if numbers:
            return self.formula(step, numbers)
        if step not in self._symbols:
            self._symbols[step] = self.formula(step)
        return self._symbols[step]

    def arguments(self, step, numbers=False):
        """The arguments of the step's primitive as symbols; numbers written in the source stay numbers."""
        trees = self._operands(step)
        trees += [None] * (len(step.values) - len(trees))
        return [
            self._argument(tree, value, parent, operand, numbers)
            for tree, value, parent, operand in zip(trees, step.values, step.parents, step.operands)
        ]

    def _argument(self, tree, value, parent, operand, numbers):
        if parent in self._steps:
            return self.symbol(parent, numbers)
        if tree is not None and source.literal(tree) is not None:
            return value
        if numbers:
            return symbols.constant(value)
        name = self.of_node(operand) if operand is not None else None
        if name:
            return symbols.named(name, value)
        if tree is not None:
            return source.symbol(tree, value)
        return symbols.constant(value) if type(value) is not int else value

    def formula(self, step, numbers=False):
        """The step's value in terms of its arguments: one operation, or the primitive's name applied."""
        primitive, xs = step.primitive, self.arguments(step, numbers)
        if not step.params and _is_one_operation(primitive, len(xs)):
            return symbols.lift(primitive.forward(symbols.SYMBOLS, *xs))
        return symbols.named(symbols.call(primitive.name, None, *xs).text, step.value)


_one_operation = {}


def _is_one_operation(primitive, arity):
    """Whether the room's own formula can stand for the value: x + y, exp(x), x², of every argument once."""
    if primitive not in _one_operation:
        letters = "xyzabc"[:arity]
        try:
            xs = [symbols.named(letter, 1.0) for letter in letters]
            text = symbols.lift(primitive.forward(symbols.SYMBOLS, *xs)).text
            short = len(text) <= len(primitive.name) + 3 + 3 * arity
            _one_operation[primitive] = short and all(letter in text for letter in letters)
        except Exception:  # a room may use what symbols lack; then its name stands for it
            _one_operation[primitive] = False
    return _one_operation[primitive]
