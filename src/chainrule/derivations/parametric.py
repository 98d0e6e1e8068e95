"""A curve given by a parameter: dy/dx is dy/dt over dx/dt."""

from functools import cached_property

from chainrule.derivations import checking, domain, points
from chainrule.derivations.derivation import Derivation, Derivative, check_size
from chainrule.derivations.model import Check, Differential, Note, Numbers
from chainrule.derivations.outline import Block, Equation, Outline, Sentence
from chainrule.derivations.outlining import closing, said_forms, short, working
from chainrule.derivations.steps import over
from chainrule.errors import ArgumentError
from chainrule.expressions import EXPRESSIONS, exact, symbols_of
from chainrule.expressions.evaluate import Values


class Parametric(Derivative):
    """dy/dx of a curve x = x(t), y = y(t). Made by `chainrule.derive("x = cos t, y = sin t")`.

    Attributes:
        parameter: t.
        variable, output: x and y, as Symbols.
        above, below: the derivations of dy/dt and of dx/dt.
        order, previous: as for `Derivation`; a higher order divides the derivative of the one before by dx/dt.
    """

    partial = False

    def __init__(self, x, y, parameter, names, text="", readings=(), point=None, previous=None):
        self.variable, self.output = names
        self.parameter, self.text, self.readings, self.point = parameter.plain, text, tuple(readings), point
        if previous is not None:
            check_size(y, previous.order)
        self.previous, self.order = previous, 1 if previous is None else previous.order + 1
        self.above = Derivation(y, parameter, output=self.output.name)
        self.below = Derivation(x, parameter, output=self.variable.name)
        self.variables = tuple(symbols_of(x, y)) or (self.parameter,)
        self.letters, self.folding = self.above.letters, self.above.folding

    @cached_property
    def result(self):
        """dy/dx in terms of the parameter, as it falls out of the rules."""
        return over(self.above.result, self.below.result)

    @cached_property
    def rules(self):
        first = ["parametric"] if self.previous is None else ["second" if self.order == 2 else "higher", "parametric"]
        return tuple(dict.fromkeys([*first, *self.above.rules, *self.below.rules]))

    @cached_property
    def notes(self):
        needs = self.below.result
        found = [*domain.notes(self.above), *domain.notes(self.below)]
        if exact(needs) is None:
            found.append(Note("note.derivative-needs", {"condition": needs != 0}))
        return (*self.readings, *{id(note): note for note in found}.values())

    @cached_property
    def check(self) -> Check:
        """The slope compared with that of chords: differences of y over differences of x."""
        both = EXPRESSIONS.add(self.above.function, self.below.function)
        names = [symbol.name for symbol in self.variables]
        found = points.sampled((both, self.result), names, checking.POINTS)
        return checking.compared(self.above.function, self.result, self.parameter.name, found, over=self.below.function)

    def at(self, **point) -> Numbers:
        """The slope at a value of the parameter.

        Raises: ArgumentError where the parameter has no value.

        >>> import chainrule as cr
        >>> cr.derive("x = t^2, y = t^3").at(t=2).value
        3.0
        """
        given = points.complete(point, [symbol.name for symbol in self.variables])
        values = Values(given)
        factors = float(values[self.above.result]), float(values[self.below.result])
        letters = {self.variable.name: float(values[self.below.function])}
        value = float(values[self.result])
        return Numbers(given, value, float(values[self.above.function]), factors, letters, (), value)

    def derivative(self, order=1):
        """The derivation of a further order: d/dt of this derivative, over dx/dt."""
        if not isinstance(order, int) or order < 1:
            raise ArgumentError(f"order={order!r} makes no sense", "give a whole number from 1 up")
        found = self
        for _ in range(order):
            names = self.variable, self.output
            found = Parametric(self.below.expression, found.result, self.parameter, names, self.text, previous=found)
        return found

    def outline(self, numbers=None, simplify=True) -> Outline:
        check, slope = self.check, self.differential
        y_by, x_by = (Differential(one, (self.parameter,)) for one in (self.output, self.variable))
        given = Equation((self.output, short(self.above, self.above.expression)))
        if self.previous is not None:
            given = Equation((self.previous.differential, short(self.above, self.above.expression)))
            y_by = Differential(self.previous.differential, (self.parameter,))
        items = (Equation((self.variable, short(self.below, self.below.expression))), given)
        blocks = [Block("reading", Sentence("heading.parametric"), items)]
        for derivation, by in ((self.above, y_by), (self.below, x_by)):
            blocks.extend(working(derivation))
            blocks.append(Block("result", None, (Equation((by, short(derivation, derivation.result))),)))
        quotient = Equation((slope, short(self, self.result)), rule="parametric")
        blocks.append(Block("result", Sentence("heading.result"), (quotient,)))
        if numbers is not None:
            items = (Equation((y_by, numbers.factors[0])), Equation((x_by, numbers.factors[1])),
                     Equation((slope, numbers.value)))  # fmt: skip
            blocks.append(Block("numbers", Sentence("heading.numbers", {"point": numbers.point}), items))
        if simplify:
            blocks.extend(said_forms(self, slope))
        return Outline((*blocks, *closing(self, check)), numbers)
