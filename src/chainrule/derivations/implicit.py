"""Implicit differentiation: dy/dx from an equation in x and y, without writing y as a function of x."""

import itertools
from functools import cached_property

import numpy

from chainrule.derivations import checking, points
from chainrule.derivations.derivation import Derivation, Derivative, steps_of
from chainrule.derivations.folding import Folding
from chainrule.derivations.model import Check, Note, Numbers
from chainrule.derivations.names import Letters
from chainrule.derivations.outline import Block, Equation, Outline, Sentence
from chainrule.derivations.outlining import closing, said_forms, short, shown_steps
from chainrule.derivations.steps import Steps, minus, over
from chainrule.errors import ArgumentError
from chainrule.expressions import EXPRESSIONS, Abstract, Apply, Plan, exact, symbols_of, tidy
from chainrule.expressions.evaluate import ARRAYS, Values

_ON_CURVE = 1e-6
_LONG = 30  # operations and operands of an equation's side that is not quoted in an error
_CANDIDATES, _FEWEST = 60, 6  # how many places are searched for a point on the curve
_WORK = 20_000  # parts of the equation that are evaluated along with so many candidates, about
_NARROWINGS, _PIECES = 10, 65  # how often, and into how many, a range of y is cut
_REACH = numpy.concatenate([numpy.linspace(-6, 6, 481) + 0.0123, numpy.array([-50, -20, -10, 10, 20, 50.0])])


class Implicit(Derivative):
    """dy/dx from an equation. Made by `chainrule.derive("x^2 + y^2 = 25")`.

    Attributes:
        left, right: the sides of the equation.
        variable, output: x, and the y that depends on it.
        logarithms: whether the logarithm of both sides was taken first.
        steps: the steps that differentiated the left side and the right side.
        coefficient, rest: coefficient · dy/dx = rest, once the terms are collected.
    """

    partial = False

    def __init__(self, left, right, variable, output, text="", readings=(), point=None):
        self.given = left, right
        self.variable, self.output = variable.plain, output.plain
        self.text, self.readings, self.point = text, tuple(readings), point
        self.logarithms = _is_power(left) or _is_power(right)
        self.left, self.right = (_logarithm(left), _logarithm(right)) if self.logarithms else (left, right)
        self.variables = tuple(symbols_of(left, right))
        self.slope = Abstract(self.output.name, (self.variable,), (1,), spelling="leibniz")
        self.letters = Letters({symbol.name for symbol in self.variables}, self.output.name)

    def used(self):
        """Every name that the user wrote."""
        return {symbol.name for symbol in self.variables} | {self.output.name}

    @cached_property
    def folding(self):
        """How long expressions are shown (see `Derivation.folding`)."""
        return Folding(self.letters.meaning)

    def name_of(self, expression):
        """The letter that stands for a part, or None."""
        return self.letters.letter_of(expression)

    @cached_property
    def steps(self):
        steps = Steps(self.letters, None, False, {self.output: self.slope})
        return tuple(steps.of(side, self.variable) for side in (self.left, self.right))

    def _slopes(self, symbol):
        """(slope of the left side, slope of the right side) by one symbol, the other held."""
        steps = Steps(Letters({s.name for s in self.variables}, self.output.name), None)
        return [steps.of(side, symbol).derivative for side in (self.left, self.right)]

    @cached_property
    def coefficient(self):
        return minus(*self._slopes(self.output))

    @cached_property
    def rest(self):
        left, right = self._slopes(self.variable)
        return minus(right, left)

    @cached_property
    def result(self):
        """dy/dx in terms of x and y, as it falls out of the rules."""
        return over(self.rest, self.coefficient)

    @cached_property
    def rules(self):
        first = ["implicit"] + (["logarithm-of-both-sides"] if self.logarithms else [])
        used = [one.rule for step in self.steps for one in steps_of(step)]
        return tuple(dict.fromkeys(first + ["chain" if rule == "moving" else rule for rule in used]))

    @cached_property
    def notes(self):
        needs = EXPRESSIONS.subtract(self.coefficient, 0) if exact(self.coefficient) is not None else self.coefficient
        found = [] if exact(self.coefficient) is not None else [
            Note("note.implicit-needs", {"condition": tidy(needs, kept=(needs,)) != 0, "dy": self.slope})
        ]  # fmt: skip
        if self.logarithms:
            found.append(Note("note.logarithms-need", {"left": self.given[0], "right": self.given[1]}))
        return (*self.readings, *found)

    @cached_property
    def gap(self):
        """What is zero on the curve."""
        return EXPRESSIONS.subtract(*self.given)

    @cached_property
    def check(self) -> Check:
        """The slope compared with that of the curve itself, solved for y on both sides of points on it."""
        return checking.compared_on_curve(self, self)

    @cached_property
    def points(self):
        """Points on the curve: first the one that was given, then some that a search finds."""
        return list(itertools.islice(self._found(), checking.POINTS))

    def _found(self):
        if self.point:
            yield self.at(**self.point).point
        names = [s.name for s in self.variables if s is not self.output]
        plan = Plan(self.gap)
        count = max(_FEWEST, min(_CANDIDATES, _WORK // len(plan.nodes)))
        for candidate in points.sampled((), names, count):
            y = self._solved(plan, candidate)
            if y is not None:
                yield candidate | {self.output.name: y}

    def _solved(self, plan, point):
        """The first y on the curve at a point of the other variables: between values at which the gap changes sign."""
        ys = _REACH
        for _ in range(_NARROWINGS):
            gaps = self._gaps(plan, point, ys)
            changes = numpy.nonzero((gaps[:-1] > 0) & (gaps[1:] < 0) | (gaps[:-1] < 0) & (gaps[1:] > 0))[0]
            if not len(changes):
                break
            low, high = ys[changes[0]], ys[changes[0] + 1]
            ys = numpy.linspace(low, high, _PIECES)
        if ys is _REACH:
            return None
        gaps = abs(self._gaps(plan, point, ys))
        least = int(numpy.nanargmin(gaps)) if not numpy.all(numpy.isnan(gaps)) else 0
        return float(ys[least]) if gaps[least] < _ON_CURVE else None

    def _gaps(self, plan, point, ys):
        (gaps,) = plan(point | {self.output.name: ys}, kind=ARRAYS)
        return numpy.broadcast_to(numpy.asarray(gaps, dtype=float), numpy.shape(ys))

    def at(self, **point) -> Numbers:
        """The slope at a point of the curve.

        Raises: ArgumentError where a variable has no value, or the point is not on the curve.

        >>> import chainrule as cr
        >>> cr.derive("x^2 + y^2 = 25").at(x=3, y=4).value
        -0.75
        """
        given = points.complete(point, [symbol.name for symbol in self.variables])
        values = Values(given)
        left, right = (float(values[side]) for side in self.given)
        if not abs(left - right) <= _ON_CURVE * (1 + abs(left) + abs(right)):
            raise ArgumentError(
                f"at: the point is not on the curve: {self._said(0)} = {left:.6g} and {self._said(1)} = {right:.6g}",
                f"give {self.variable.name} and {self.output.name} that satisfy the equation",
            )
        return Numbers(
            given, float(values[self.result]), given[self.output.name], (), {}, (), float(values[self.result])
        )

    def _said(self, side):
        """A side of the equation, or which one it is where it is long."""
        long = self.folding.size(self.given[side]) > _LONG
        return ("the left side", "the right side")[side] if long else str(self.given[side])

    def derivative(self, order=1):
        """The derivation of a further order: dy/dx is differentiated again, and put in where it appears."""
        derivation = self
        for _ in range(order):
            further = Derivation(
                derivation.result, self.variable, output=self.output.name, text=self.text, previous=derivation,
                moving={self.output: self.slope}, curve=self,
            )  # fmt: skip
            derivation = further
        return derivation

    def outline(self, numbers=None, simplify=True) -> Outline:
        check, y = self.check, self.slope
        words = {"x": self.variable, "y": self.output, "dy": y}
        items = [self._equation(*self.given)]
        if self.logarithms:
            items.append(self._equation(self.left, self.right, rule="logarithm-of-both-sides"))
        blocks = [Block("reading", Sentence("heading.implicit", words), tuple(items))]
        work = self._equation(*(step.derivative for step in self.steps), rule="implicit")
        blocks.append(Block("steps", Sentence("say.both-sides", words), (work,)))
        inside = [item for step in self.steps for item in shown_steps(self, step)]
        if inside:
            blocks.append(Block("steps", Sentence("heading.steps"), tuple(inside)))
        collected = Equation(((short(self, self.coefficient), y), short(self, self.rest)))
        blocks.append(Block("steps", Sentence("say.collect", words), (collected,)))
        blocks.append(Block("result", Sentence("say.solve", words), (self._equation(y, self.result),)))
        if numbers is not None:
            at = Sentence("heading.numbers", {"point": numbers.point})
            blocks.append(Block("numbers", at, (Equation((y, numbers.value)),)))
        if simplify:
            blocks.extend(said_forms(self, y))
        return Outline((*blocks, *closing(self, check)), numbers)

    def _equation(self, left, right, rule=""):
        return Equation((short(self, left), short(self, right)), rule=rule)


def _is_power(side):
    """Whether a side is a power whose exponent is not a number."""
    return type(side) is Apply and side.name == "power" and bool(symbols_of(side.arguments[1]))


def _logarithm(side):
    """ln of one side; v ln u for u^v."""
    if type(side) is Apply and side.name == "power":
        return side.arguments[1] * EXPRESSIONS.log(side.arguments[0])
    return EXPRESSIONS.log(side)
