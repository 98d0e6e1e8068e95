"""One derivative, with everything that can be asked of it: `Derivation`, and what all derivatives share."""

from functools import cached_property
from typing import Any

from chainrule.core.memory import seldom_collected
from chainrule.derivations import checking, domain, formats, forms, outlining, points
from chainrule.derivations.folding import Folding
from chainrule.derivations.model import Check, Differential, Factor, Note, Numbers, Path, Step
from chainrule.derivations.names import Letters
from chainrule.derivations.paths import paths_of
from chainrule.derivations.steps import MOST_PRODUCTS, Steps
from chainrule.derivations.totals import Definitions, total_step
from chainrule.errors import ArgumentError, DerivationError
from chainrule.expressions import Abstract, Expression, Symbol, has_more_parts, replaced, symbols_of, walk

HIGHEST_ORDER = 20
MOST_PARTS = 5_000  # of a derivative that is differentiated once more


class Derivative:
    """What every kind of derivative has in common: other forms of its result, and how it is shown.

    A kind adds `variable`, `variables`, `output`, `order`, `previous`, `result`, `notes`, `check`, `at` and
    `outline`.
    """

    text, point, previous = "", None, None
    order = 1
    readings: tuple[Note, ...] = ()
    factors: tuple[Factor, ...] = ()
    paths: tuple[Path, ...] = ()
    forms: tuple = ()
    result: Any
    check: Check
    variable: Symbol
    output: Symbol
    partial = False

    @cached_property
    def simplified(self) -> Expression | None:
        """The result simplified by SymPy, as a separate last step; None where SymPy has no shorter form.

        Raises: MissingPackageError where SymPy is not installed.
        """
        return forms.simplified(self)

    @cached_property
    def python(self) -> str:
        """The result as a NumPy expression: `eval(d.python, {"np": numpy, "x": 0.5})`."""
        return forms.python(self.result)

    @property
    def differential(self) -> Differential:
        """The derivative in Leibniz's notation: dy/dx, d²y/dx², ∂²f/∂y∂x."""
        by, before = [], self
        while before is not None:
            by.append(before.variable)
            before = before.previous
        return Differential(self.output, tuple(by), self.partial)

    def at(self, **point) -> Numbers:
        """The numbers at a point.

        Raises: ArgumentError where a variable has no value.
        """
        raise NotImplementedError

    def outline(self, numbers=None, simplify=True):
        """What is shown, in order, before any format has been chosen (see `chainrule.derivations.outline`).

        Raises: DerivationError where the check fails.
        """
        return outlining.outline_of(self, numbers, simplify)

    @seldom_collected()
    def render(self, format="text", **options) -> str:
        """The derivation in one of the formats of `chainrule.derivations.formats`, checked first."""
        return formats.render(self, format, **options)

    def latex(self, **options) -> str:
        """A fragment of LaTeX for a document that loads amsmath, or a whole `document=True`; also `language=`."""
        return self.render("latex", **options)

    def mathml(self, **options) -> str:
        """One element of MathML Core, which is valid XML; `language=`."""
        return self.render("mathml", **options)

    def html(self, **options) -> str:
        """One HTML page that needs nothing else and runs no script; `language=`."""
        return self.render("html", **options)

    def json(self, **options) -> str:
        """Data with stable ids, as `chainrule.derivations.rendering.json.schema()` describes it; `language=`."""
        return self.render("json", **options)

    def __str__(self):
        return self.render("text").rstrip("\n")

    __repr__ = __str__

    def _repr_mimebundle_(self, include=None, exclude=None):
        return formats.mimebundle(self, include, exclude)

    def _repr_html_(self):
        return formats.mimebundle(self)["text/html"]

    def _repr_latex_(self):
        return formats.mimebundle(self)["text/latex"]


class Derivation(Derivative):
    """The derivative of an expression by one variable, step by step. Made by `chainrule.derive`.

    Attributes:
        expression: what is differentiated, as it was written.
        variable: by which Symbol.
        output: the Symbol that stands for the whole: y, or the name that the user gave it.
        definitions: letters that were given by equations of their own, and their meanings (`Definitions`).
        order: 1, or the order of this derivative.
        previous: for a higher order, the derivation of one order less, else None.
        point: the point given with it, as a dict, or None.
        text: what the user typed; "" where it did not come from text.
        readings: notes about how the text was read.
        moving: symbols that depend on the variable without being it, and their derivatives (see `implicit`).
        curve: the `Implicit` that says so, or None.
    """

    def __init__(self, expression, variable, *, output=None, definitions=None, text="", readings=(), point=None,
                 previous=None, moving=None, curve=None):  # fmt: skip
        self.expression, self.variable, self.text = expression, variable.plain, text
        if previous is not None:
            check_size(expression, previous.order)
        self.definitions = Definitions(definitions or {})
        self.readings, self.point, self.previous = tuple(readings), point, previous
        self.order = 1 if previous is None else previous.order + 1
        self.moving, self.curve = moving or {}, curve
        self.output = Letters(self.used(), output).output if output is None else Symbol(output)

    def used(self):
        """Every name that the user wrote."""
        written = [self.expression, *self.definitions.meaning.values()]
        used = {symbol.name for symbol in symbols_of(*written)} | {s.name for s in self.definitions.meaning}
        used |= {node.name for node in walk(*written) if type(node) is Abstract} | {self.variable.name}
        return used if self.previous is None else used | self.previous.used()

    @cached_property
    def letters(self):
        """The letters that stand for inner parts, and what they stand for (`Letters`)."""
        return Letters(self.used(), self.output.name)

    def fresh_letters(self):
        """Letters of their own for a form that is worked out beside this derivation."""
        return Letters(self.used(), self.output.name)

    def name_of(self, expression):
        """The letter that stands for a part, the output's for the whole; None where there is none."""
        if expression is self.expression:
            return self.output
        given = (letter for letter, meaning in self.definitions.meaning.items() if meaning is expression)
        return next(given, None) or self.letters.letter_of(expression)

    @cached_property
    def variables(self):
        """The variables of the function, once every definition is written out: a tuple of Symbols."""
        found = symbols_of(self.function)
        return tuple(found) if self.variable in found else (*found, self.variable)

    @cached_property
    def partial(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether other variables are held constant."""
        return len(self.variables) > 1 and not self.moving

    @cached_property
    def function(self) -> Expression:
        """The expression with every definition written out."""
        return self.definitions.written_out(self.expression)

    @cached_property
    def _steps(self):
        return Steps(self.letters, self.expression, self.partial, self.moving, MOST_PRODUCTS[self.order > 1])

    @cached_property
    def folding(self) -> Folding:
        """How long expressions are shown: letters, and their derivatives, in the place of what they stand for."""
        shown: dict = dict(self.letters.meaning) if self.step else {}
        steps = self._given if self.definitions.meaning else {
            letter: self._steps.known(meaning, self.variable) for letter, meaning in self.letters.meaning.items()
        }  # fmt: skip
        for letter, step in steps.items():
            if letter is not self.output and step is not None and step.parts:
                shown[Abstract(letter.name, (self.variable,), (1,), "leibniz")] = step.derivative
        return Folding(shown)

    def written_out(self, expression) -> Expression:
        """An expression in variables only: without definitions, and without the slope of an implicit function."""
        if self.curve is not None:
            return replaced(expression, {self.curve.slope: self.curve.result})
        return self.definitions.written_out(expression)

    @cached_property
    def step(self) -> Step:
        """The rule at the root, with all the steps that it is made of."""
        if self.definitions.meaning:
            return self._given[self.output]
        return self._steps.of(self.expression, self.variable)

    @cached_property
    def _given(self):
        """The step of each letter that has an equation of its own, and of the whole."""
        return total_step(self._steps, self.definitions, self.expression, self.output, self.variable)

    @cached_property
    @seldom_collected()
    def result(self) -> Expression:
        """The derivative as it falls out of the rules: the composition stays visible, nothing is merged."""
        return self.written_out(self.step.derivative)

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """The chain as one flat list, outermost first; empty where several paths lead to the variable."""
        return self.paths[0].factors if len(self.paths) == 1 else ()

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """One chain of factors for each way from the value to the variable; their products add up."""
        return paths_of(self.step, self.output, self.letters, self.partial)

    @cached_property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules used, in the order in which they first apply."""
        first = [] if self.order == 1 else ["second" if self.order == 2 else "higher"]
        if self.previous is not None and self.previous.variable is not self.variable:
            first = ["mixed", "partial"]
        elif self.partial:
            first = [*first, "partial"]
        if self.definitions.meaning:
            first.append("substitution")
        return tuple(dict.fromkeys([*first, *(step.rule for step in steps_of(self.step))]))

    @cached_property
    def domain(self) -> "domain.Domain":
        """Where the function and its derivative live."""
        return domain.Domain(self)

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """What to know besides: readings chosen, where the function lives, kinks, other forms."""
        return (*self.readings, *domain.notes(self))

    @cached_property
    @seldom_collected()
    def check(self) -> Check:
        """The derivative compared with differences of the function.

        Raises: DerivationError where they disagree: a derivation that is wrong is never shown.
        """
        return checking.check(self) if self.curve is None else checking.compared_on_curve(self, self.curve)

    @cached_property
    def forms(self):
        """The result in other forms that have a name, such as s(1 - s) for the sigmoid."""
        return forms.named(self)

    @cached_property
    def merged(self) -> Expression | None:
        """The function as SymPy merges it before any step, x⁶ for (x²)³; None where that is no shorter."""
        return forms.merged(self)

    def at(self, **point) -> Numbers:
        """The numbers at a point: one under each factor, and their product.

        Raises: ArgumentError where a variable has no value.

        >>> import chainrule as cr
        >>> numbers = cr.derive("sin(x^2)").at(x=0.5)
        >>> numbers.factors, numbers.value
        ((0.9689124217106447, 1.0), 0.9689124217106447)
        """
        return points.numbers(self, point)

    def derivative(self, order=1, wrt=None) -> "Derivation":
        """The derivation of a further order: of this derivative, by the same variable or by another.

        Args:
            order: how many orders further.
            wrt: the variable, for a mixed derivative.

        Raises: DerivationError where a derivative on the way has more than `MOST_PARTS` parts.

        >>> import chainrule as cr
        >>> print(cr.derive("sin(2x)").derivative().result)
        −4 sin(2x)
        """
        if not isinstance(order, int) or isinstance(order, bool) or not 1 <= order <= HIGHEST_ORDER:
            raise ArgumentError(f"order={order!r} makes no sense", f"give a whole number from 1 to {HIGHEST_ORDER}")
        derivation, variable = self, self.variable if wrt is None else Symbol(wrt)
        for _ in range(order):
            derivation = Derivation(
                derivation.result, variable, output=derivation.output.name, text=self.text, point=self.point,
                previous=derivation,
            )  # fmt: skip
        return derivation


def check_size(derivative, order):
    """Refuse to differentiate once more what has become too large: each order has several times as many parts.

    Raises: DerivationError.
    """
    if has_more_parts(derivative, MOST_PARTS):
        raise DerivationError(
            f"the derivative of order {order} has more than {MOST_PARTS:,} parts, and each order more has a multiple",
            "ask for a lower order, or differentiate a part of the function",
        )


def steps_of(step):
    """The step and all that it is made of, from the outside in; each step once."""
    seen, stack = set(), [step]
    while stack:
        step = stack.pop()
        if id(step) in seen:
            continue
        seen.add(id(step))
        yield step
        stack.extend(reversed(step.parts))
