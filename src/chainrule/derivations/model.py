"""What a derivation is made of: steps, chains of factors, paths, notes, the check.

Everything here is data: expressions, ids, numbers, no words and no layout. Words are in `messages`, the
order in which a reader meets things is in `outline`, and each renderer turns an outline into its format.

    Derivation          one derivative: where it starts, its steps, its result (see `derivation`)
      step: Step        the rule at the root; its `parts` are the steps it needed, and so on down
      factors: Factor   the chain as one flat list, outermost first (empty where there is no single chain)
      paths: Path       where several paths lead to the variable: each a chain of factors; they are added
      notes: Note       the domain, kinks, readings chosen, alternatives
      check: Check      the points tried, and the largest relative error

Expressions are those of `chainrule.expressions.tree`. A letter that stands for an inner part is a Symbol
like any other, and is never one that the user wrote; `Derivation.letters` says what each stands for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chainrule.expressions.tree import Expression, Symbol


@dataclass(frozen=True, slots=True)
class Differential:
    """A derivative in Leibniz's notation, as something to print: dy/du, ∂f/∂x, d²y/dx².

    Attributes:
        of: what is differentiated: a Symbol, or an expression as in d/dx(x² + 1).
        by: the variables, in the order in which they are differentiated; several for a mixed one.
        partial: whether other variables are held constant (∂ in place of d).
    """

    of: Expression
    by: tuple[Symbol, ...]
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Prime:
    """A derivative in Lagrange's notation, as something to print: f₁′(u₁), f″(x).

    Attributes:
        function: the function's letter, with its number if it has one: "f", "f1".
        argument: what it is applied to.
        order: how many primes; 0 for the function itself, f₁(u₁).
    """

    function: str
    argument: Expression
    order: int = 1


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One rule applied once.

    Attributes:
        rule: the id of the rule; `messages` holds its name and what it says under `rule.ID`.
        expression: what was differentiated, as the user wrote it (in a factor: in the letter u).
        variable: by which symbol.
        derivative: what came out, written out.
        parts: the steps this one is made of: the terms of a sum, the factors of a product, top and bottom
            of a quotient, base and exponent, the branches of a piecewise function. A part's `expression`
            occurs in `expression`. The same Step object may be part of several others.
        chain: for the chain rule, its factors; else None.
        paths: for a total derivative, one path for each variable on the way; else empty.
        constant: for a constant multiple, what stays in front; else None.
        function: for the rule of one function, the room it came from (its name in CATALOGUE), or the
            name of an abstract function; else "".
        place: where it stands: `(start, end)` in the text, or a line of the program; None if not known.
    """

    rule: str
    expression: Expression
    variable: Symbol
    derivative: Expression
    parts: tuple["Step", ...] = ()
    chain: "Chain | None" = None
    paths: tuple["Path", ...] = ()
    constant: Expression | None = None
    function: str = ""
    place: Any = None


@dataclass(frozen=True, eq=False, slots=True)
class Factor:
    """One link of a chain, u ↦ f(u), and the derivative it contributes.

    The factor numbered i of n belongs to u_{i-1} = f_i(u_i), where u_0 is y and u_n the variable:

        y = sqrt(u1), u1 = 1 + sin(u2), u2 = e^u3, u3 = x^2      has four factors.

    Attributes:
        number: i, from 1 (outermost).
        of: whose derivative it is: the Symbol y, or u_{i-1}; the outer function itself where it has no letter.
        by: the Symbol it is differentiated by: u_i, or the variable.
        outer: f_i(u_i): what `of` is, in terms of `by`.
        inner: what `by` stands for, as the user wrote it; the variable itself in the last factor.
        local: f_i′(u_i) in terms of `by`: what the rule gives.
        written: the same with u_i written out.
        step: how `local` was found.
        leibniz, lagrange: the factor in both notations.
        partial: whether something else is held constant in it.
        shapes: for vectors and matrices, the shape of `of` and of `by`; else None.
    """

    number: int
    of: Expression
    by: Symbol
    outer: Expression
    inner: Expression
    local: Expression
    written: Expression
    step: Step
    leibniz: Differential
    lagrange: Prime
    partial: bool = False
    shapes: tuple[tuple[int, ...], tuple[int, ...]] | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Chain:
    """An n-fold composition as one flat list of factors, outermost first.

    Attributes:
        factors: one Factor a link.
        product: their product, written out.
    """

    factors: tuple[Factor, ...]
    product: Expression


@dataclass(frozen=True, eq=False, slots=True)
class Path:
    """One way from the value to the variable: the product of its factors is one term of the sum.

    Attributes:
        factors: the first is by the argument through which the path leads.
        product: their product, written out.
        through: the part of the value through which this path leads.
    """

    factors: tuple[Factor, ...]
    product: Expression
    through: Expression


@dataclass(frozen=True, eq=False, slots=True)
class Note:
    """A remark: where the function lives, a kink, a reading chosen, another form.

    Attributes:
        id: the key of its sentence in `messages`, as in "note.vertical-tangent".
        values: what goes into the sentence: expressions, numbers, texts, Differentials, tuples of these.
        kind: "reading" | "domain" | "kink" | "convention" | "alternative" | "limit".
        place: where in the text or program, or None.
    """

    id: str
    values: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "domain"
    place: Any = None


@dataclass(frozen=True, slots=True)
class Check:
    """The derivative compared with an independent evaluation of the function.

    Attributes:
        points: how many points of the domain were tried; 0 where it could not be checked.
        error: the largest relative error.
        method: the id of how: "differences" (of the function, in high precision), "complex-step" (in floats), "both".
        tried: the points themselves: one mapping from names to numbers each.
        reason: where `points` is 0, the key of the sentence that says why; else "".
        rounded: how many points are not counted, because the rounding of floats decides what they say.
    """

    points: int
    error: float
    method: str
    tried: tuple[Mapping[str, float], ...] = ()
    reason: str = ""
    rounded: int = 0

    @property
    def passed(self):
        """Whether the derivative was compared, and agreed."""
        return self.points > 0


@dataclass(frozen=True, eq=False, slots=True)
class Form:
    """The result in another form that is the same function: simplified, or with a name of its own.

    Attributes:
        id: "simplified", or the key of a name under `form.ID`: "form.sigmoid" for s (1 - s).
        expression: the form.
        where: letters it uses, and what they stand for.
    """

    id: str
    expression: Expression
    where: Mapping[Symbol, Expression] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class Numbers:
    """A derivation at one point: a number under every factor.

    Attributes:
        point: the values of the variables.
        value: the derivative there.
        function: the value of the function there.
        factors: the number of each factor of `Derivation.factors`, in order.
        letters: the number that each u stands for.
        paths: for each path, the numbers of its factors.
        product: the product of the factors, or the sum over the paths of their products.
        one_sided: where the derivative does not exist, the slopes from the left and from the right; else None.
    """

    point: Mapping[str, float]
    value: float
    function: float
    factors: tuple[float, ...]
    letters: Mapping[str, float]
    paths: tuple[tuple[float, ...], ...]
    product: float
    one_sided: tuple[float, float] | None = None
