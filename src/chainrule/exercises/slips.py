"""Every slip that can be made in a derivation: each malrule at each step, carried through to the end.

A slip in one place is followed by right steps everywhere else. So the part where it happened is taken for a
letter whose derivative is the wrong one, the whole is differentiated by the same rules as ever, and the part
is put back. Nothing here knows a derivative.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from chainrule.derivations.model import Step
from chainrule.derivations.names import Letters
from chainrule.derivations.steps import Steps, product
from chainrule.exercises.malrules import MALRULES, Wrong
from chainrule.expressions import Expression, Symbol, replaced, symbols_of, walk

_HOLE = "□"  # a name that nobody can type


@dataclass(frozen=True, eq=False)
class Site:
    """A step of a derivation, and how a wrong derivative of its expression carries on.

    Attributes:
        step: the step.
        parent: the Site of the step that it is a part of; None for the whole.
        carry: from a derivative of the step's expression to one of the parent's.
        written: from a part in the letters of this step to the part that the user wrote.
        path: the turns taken from the whole to here: the number of a part, or ("factor", i) in a chain.
    """

    step: Step
    parent: "Site | None"
    carry: Callable[[Expression], Expression]
    written: Callable[[Expression], Expression]
    path: tuple = ()

    def carried(self, wrong, until=None) -> Expression:
        """A derivative of the step's expression carried on to the whole, or to the step of the Site `until`."""
        site = self
        while site.parent is not None and site is not until:
            wrong, site = site.carry(wrong), site.parent
        return wrong


@dataclass(frozen=True, eq=False)
class Slip:
    """One wrong rule used in one place.

    Attributes:
        id: the malrule's id.
        where: the part of the question in which it happened, as the user wrote it.
        site: where it was made.
        wrong: what stands there in place of the derivative of the site's expression.
        values: what the sentence about it names.
        kind: tells apart the several things that one malrule makes of one step.
    """

    id: str
    where: Expression
    site: Site
    wrong: Expression
    values: Mapping[str, Any] = field(default_factory=dict)
    kind: int = 0

    @cached_property
    def derivative(self) -> Expression:
        """The wrong derivative of the whole question that comes of it."""
        return self.site.carried(self.wrong)


def slips(step: Step, places=None) -> Iterator[Slip]:
    """Every slip of a derivation, the malrules in their order, for each the outermost place first.

    Args:
        step: the step at the root.
        places: the sites to look at; all of them unless given.

    >>> x = Symbol("x")
    >>> from chainrule.expressions import EXPRESSIONS
    >>> step = Steps(Letters({"x"}), None).of(EXPRESSIONS.sin(x**2), x)
    >>> for slip in list(slips(step))[:2]:
    ...     print(slip.id, slip.where, slip.derivative)
    missing-inner-factor x² cos(x²)
    outer-at-inner-derivative x² cos(2x)
    """
    places = list(sites(step)) if places is None else places
    for malrule in MALRULES:
        for site in places:
            for kind, wrong in enumerate(malrule.wrong(site.step)):
                yield _slip(malrule.id, site, wrong, kind)


def _slip(name, site, wrong: Wrong, kind):
    values = {key: value if key in ("outer", "letter") else site.written(value) for key, value in wrong.values.items()}
    return Slip(name, _as_written(site, wrong.where), site, wrong.derivative, values, kind)


def _as_written(site, part):
    """A part as it stands in the question; where a step has put it in another form, what it was made from."""
    part, root = site.written(part), site
    while root.parent is not None:
        root = root.parent
    question = {id(node.plain): node for node in walk(root.step.expression)}
    while id(part.plain) not in question and site.parent is not None:
        site = site.parent
        part = site.written(site.step.expression)
    return question.get(id(part.plain), part)


def sites(step: Step) -> Iterator[Site]:
    """Every step of a derivation that differentiates something, once, outermost first."""
    seen, queue = set(), [Site(step, None, _same, _same)]
    while queue:
        site = queue.pop(0)
        if id(site.step) in seen or (site.path and site.step.rule in ("constant", "variable")):
            continue
        seen.add(id(site.step))
        yield site
        if site.step.chain is None:
            queue.extend(_part(site, i, part) for i, part in enumerate(site.step.parts))
        else:
            queue.extend(_factor(site, i) for i in range(len(site.step.chain.factors)))


def _same(expression):
    return expression


def _factor(site, i):
    """A factor of a chain: a wrong local derivative takes the place of the right one in the product."""
    factors = site.step.chain.factors
    factor = factors[i]

    def out(part):
        return part if factor.by.plain is site.step.variable.plain else replaced(part, {factor.by: factor.inner})

    def carry(wrong):
        return product([out(wrong) if other is factor else other.written for other in factors])

    return Site(factor.step, site, carry, lambda part: site.written(out(part)), (*site.path, ("factor", i)))


def _part(site, i, part):
    """A part of a step of any other kind."""
    step = site.step
    occurs = any(node.plain is part.expression.plain for node in walk(step.expression))

    def carry(wrong):
        if not occurs:  # the step works on another form of its expression, which has this one part
            return step.derivative * (wrong / part.derivative)
        return with_derivative(step.expression, step.variable, {part.expression: wrong})

    return Site(part, site, carry, site.written, (*site.path, i))


def with_derivative(expression, variable, given) -> Expression:
    """The derivative of an expression some of whose parts have the derivatives that are given.

    Args:
        given: a mapping from parts to what is taken for their derivatives.
    """
    holes = {part: Symbol(f"{_HOLE}{i}") for i, part in enumerate(given)}
    opened = replaced(expression, holes)
    used = {symbol.name for symbol in symbols_of(opened)} | {variable.name}
    moving = {hole: given[part] for part, hole in holes.items()}
    step: Any = Steps(Letters(used), None, moving=moving).of(opened, variable)
    return replaced(step.derivative, {hole: part for part, hole in holes.items()})


def apart(a: Site, b: Site):
    """Whether two places are in different parts of a step whose derivative is a sum over its parts."""
    for one, other in zip(a.path, b.path):
        if one != other:
            return not isinstance(one, tuple)
    return False
