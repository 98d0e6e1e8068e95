"""Links, factors and paths of a scalar chain: values first, words only when somebody reads them."""

import functools
import math
import operator
from functools import cached_property

import numpy

from chainrule.core.selection import Selected, plain
from chainrule.core.spec import one_like
from chainrule.explanations.collect import graph as collect
from chainrule.explanations.rules import formulas, symbols


class OfStep:
    """What a link between numbers and one between arrays have in common: a step and one of its arguments."""

    def __init__(self, step, index, names):
        self.step, self.index, self._names = step, index, names

    @property
    def parent(self):
        return self.step.parents[self.index]

    @property
    def op(self):
        """The primitive's name."""
        return self.step.primitive.name

    @property
    def place(self):
        """The user's line that recorded the link."""
        return self.step.place

    @cached_property
    def expression(self):
        """What the user wrote, or the formula of the value where the source is not to be had."""
        written = self._names.expression(self.step)
        return written.text if written is not None else self._names.formula(self.step).text


class Link(OfStep):
    """One primitive's local derivative, by one of its arguments.

    Attributes:
        step, index: the step, and which of its arguments.
        value: the local derivative, a number.
        dead: whether it is a structural zero (a branch that was not selected).
    """

    def __init__(self, step, index, cotangent, names):
        super().__init__(step, index, names)
        self._cotangent = cotangent
        self.dead = type(cotangent) is Selected and not numpy.any(cotangent.live)
        self.value = 0.0 if self.dead else number(plain(cotangent))

    @cached_property
    def name(self):
        """The local derivative's name, as ∂a/∂z."""
        return quotient(self._names.symbol(self.step), self._names.symbol(self.parent))

    @cached_property
    def formula(self):
        """The local derivative as a Symbol, checked against the value; None where none holds."""
        g = one_like(self.step.value)
        return formulas.checked(self.step, self.index, self._names, g, self._cotangent)

    @cached_property
    def with_numbers(self):
        """The same with the numbers put in, as a Symbol."""
        if self.formula is None:
            return None
        return symbols.written(formulas.slope(self.step, self.index, self._names, numbers=True))

    @property
    def symbol(self):
        """The local derivative in words: its formula, or how a gradient passes through."""
        return self.formula.text if self.formula is not None else formulas.words(self.step, self.index)

    @property
    def numbers(self):
        """The formula with the numbers put in."""
        return self.with_numbers.text if self.with_numbers is not None else symbols.compact(self.value)

    def __repr__(self):
        return f"<{self.name} = {self.symbol} = {symbols.compact(self.value)}>"


class Factor:
    """The links between one of the user's variables and the next: one factor of the lesson's product."""

    def __init__(self, links, names):
        self.links, self._names = links, names
        self.value = product(links)
        self.dead = any(link.dead for link in links)

    @cached_property
    def name(self):
        return quotient(self._names.symbol(self.links[0].step), self._names.symbol(self.links[-1].parent))

    @property
    def symbol(self):
        """The formula, or "" where a link has none."""
        return self._multiplied("formula")

    @property
    def numbers(self):
        return self._multiplied("with_numbers")

    def _multiplied(self, kind):
        if len(self.links) > 8:
            return ""
        factors = [getattr(link, kind) for link in self.links]
        if any(factor is None for factor in factors):
            return ""
        return functools.reduce(operator.mul, factors).text

    def __repr__(self):
        return f"<{self.name} = {symbols.compact(self.value)}>"


class Path:
    """One way from the value to the input: links in the order of the backward walk."""

    def __init__(self, links, names):
        self.links = links
        self.product = product(links)
        self.dead = any(link.dead for link in links)
        self.factors, part = [], []
        for link in links:
            part.append(link)
            if names.is_variable(link.parent):
                self.factors.append(Factor(part, names))
                part = []

    def __repr__(self):
        return f"<path of {len(self.links)} links, product {symbols.compact(self.product)}>"


def product(links):
    """The product of the links; a structural zero makes it zero, whatever the others are."""
    if any(link.dead for link in links):
        return 0.0
    return number(numpy.prod([link.value for link in links])) if links else 1.0


def number(value):
    """One number out of its array: a float, or a NumPy scalar where it has fewer digits than that."""
    scalar = numpy.asarray(value).reshape(())[()]
    return float(scalar) if scalar.itemsize == 8 else scalar


def quotient(upper, lower):
    """∂upper/∂lower."""
    return f"∂{upper.inside(symbols.ATOM)}/∂{lower.inside(symbols.ATOM)}"


def links_of(graph, names):
    """Every link of a scalar graph: step -> its Links."""
    table = {}
    for step in graph.steps[:-1]:
        cotangents = collect.pulled(step, one_like(step.value))
        table[step] = [Link(step, i, 0.0 if cotangents[i] is None else cotangents[i], names) for i in step.onward]
    return table


def total(graph, table):
    """The sum over all paths of the products of their links, and of the products' sizes."""
    sums = {graph.value: (1.0, 1.0)}
    with numpy.errstate(all="ignore"):
        for step in graph.steps[:-1]:
            here = sums.pop(step, None)
            if here is None:
                continue  # reached by paths with a structural zero only
            for link in table[step]:
                if not link.dead:
                    value = numpy.float64(link.value)
                    one, size = sums.get(link.parent, (0.0, 0.0))
                    sums[link.parent] = one + value * here[0], size + abs(value) * here[1]
    one, size = sums.get(graph.wrt, (0.0, 0.0))
    return float(one), float(size)


def largest(graph, table, k):
    """The k paths with the largest products in size, the largest first, without listing the others.

    From the input up, each step keeps its k best ways down: a way is a link and the rank of the way
    taken after it. Sizes are compared as logarithms, which neither overflow nor vanish.
    """
    ways = {graph.wrt: [(0.0, None, 0)]}
    for step in reversed(graph.steps[:-1]):
        options = [
            (_log_size(link) + size, link, rank)
            for link in table[step]
            for rank, (size, _, _) in enumerate(ways[link.parent])
        ]
        options.sort(key=lambda option: -option[0])
        ways[step] = options[:k]
    return [_followed(ways, graph.value, rank) for rank in range(len(ways[graph.value]))]


def _log_size(link):
    if link.dead or link.value == 0:
        return -1e12
    return math.log(abs(link.value)) if math.isfinite(link.value) else 1e9


def _followed(ways, step, rank):
    links = []
    while True:
        _, link, next_rank = ways[step][rank]
        if link is None:
            return links
        links.append(link)
        step, rank = link.parent, next_rank
