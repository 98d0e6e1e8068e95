"""Which slips lead to a wrong answer: one, two at once, or the same one everywhere.

An answer is compared with what each slip would give, at points of the common domain. A derivative is a sum
over the parts of a step and a product over the factors of a chain, so two slips in different parts add their
changes and two in different factors multiply them; neither needs another derivation.
"""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy

from chainrule.exercises.equivalence import Points, agree, difference, same
from chainrule.exercises.malrules import MALRULES, derivative, has_minus, names_of
from chainrule.exercises.slips import Slip, apart, sites, slips
from chainrule.expressions import Expression, Number

_FEWEST = 2  # points at which answers are compared


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What explains a wrong answer.

    Attributes:
        slips: the slips made, usually one.
        id: the id of the first; or of an explanation that is no slip in one place ("integrated-instead").
        where: the part of the question in which it happened.
        also: ids of other slips that give the same answer.
    """

    slips: tuple[Slip, ...]
    id: str
    where: Expression
    also: tuple[str, ...] = ()


class Doctor:
    """Finds out what went wrong in the answers to one question.

    Args:
        step: the root step of the right derivation.
        written_out: from an expression in letters that the question defines to one in its variables.
    """

    def __init__(self, step, written_out=lambda expression: expression):
        self.step, self.written_out = step, written_out
        self.right = written_out(step.derivative)
        self.places = list(sites(step))
        self.slips = list(slips(step, self.places))

    def diagnose(self, answer) -> Diagnosis | None:
        """What explains the wrong answer; None where nothing known does."""
        points = Points(self.right, answer)
        if points.count < _FEWEST:
            return None
        with numpy.errstate(all="ignore"):  # a slip may have no value where the derivative has one
            case = _Case(self, points, answer)
            found = case.single() or case.integrated()
            if found is None:
                found = case.in_a_chain() or case.in_different_parts() or case.everywhere()
            return found or case.in_a_product() or case.reversed()

    def integrated(self, answer, also=()) -> Diagnosis | None:
        """Whether the answer is an antiderivative of the question; it may have a constant of integration."""
        step = self.step
        if same(derivative(answer, step.variable), self.written_out(step.expression)):
            return Diagnosis((), "integrated-instead", step.expression, also)
        return None


class _Case:
    """One wrong answer."""

    def __init__(self, doctor, points, answer):
        self.doctor, self.points, self.answer = doctor, points, answer
        self.given, self.right = points.values(answer), points.values(doctor.right)
        self._slopes = {}
        self.known = []  # (slip, its values), for slips that change anything
        for slip in doctor.slips:
            values = self.carried(slip.site, slip.wrong)
            if not agree(values, self.right):
                self.known.append((slip, values))

    def values(self, expression):
        return self.points.values(self.doctor.written_out(expression))

    def carried(self, site, wrong):
        """The values of the whole derivative where a wrong one stands at a site: they depend on it linearly."""
        base, slope = self.slope(site)
        return base + slope * self.values(site.written(wrong))

    def slope(self, site):
        """The values of the whole derivative where that at the site is 0, and its change for each 1 of it."""
        if id(site) not in self._slopes:
            base, here = self.values(site.carried(Number(0))), self.values(site.written(site.step.derivative))
            change = (self.right - base) / here
            if not here.all():
                change = numpy.where(here == 0, self.values(site.carried(Number(1))) - base, change)
            self._slopes[id(site)] = base, change
        return self._slopes[id(site)]

    def single(self):
        """One slip."""
        found = [slip for slip, values in self.known if agree(values, self.given)]
        if not found:
            return None
        ids = tuple(dict.fromkeys(slip.id for slip in found))
        integrated = self.integrated(ids) if ids[0] == "sign" else None
        if integrated is not None and not has_minus(found[0].site.step):
            return integrated
        also = ids[1:] if integrated is None else (integrated.id, *ids[1:])
        return Diagnosis((found[0],), ids[0], found[0].where, also)

    def integrated(self, also=()):
        """An answer whose derivative is the question."""
        return self.doctor.integrated(self.answer, also)

    def in_a_chain(self):
        """A slip in one factor of a chain, with another factor wrong too, or left out."""
        for site in self.doctor.places:
            if site.step.chain is not None:
                found = self._in_this_chain(site)
                if found is not None:
                    return found
        return None

    def _in_this_chain(self, chain):
        base, slope = self.slope(chain)
        factors = chain.step.chain.factors
        right = [self.values(chain.written(factor.written)) for factor in factors]
        options = [self._options(chain, i) for i in range(len(factors))]
        for i, own in enumerate(options):
            for slip, values in own:
                row = [*right[:i], values, *right[i + 1 :]]
                for left_out in self._left_out(i, len(row)):
                    product = numpy.prod([v for j, v in enumerate(row) if j not in left_out], axis=0)
                    if agree(base + slope * product, self.given):
                        return self._with_factor_missing(slip, factors, left_out)
        for i, j in combinations(range(len(factors)), 2):
            rest = numpy.prod([v for k, v in enumerate(right) if k not in (i, j)], axis=0)
            for (one, a), (two, b) in _pairs(options[i], options[j]):
                if agree(base + slope * (rest * a * b), self.given):
                    return _both(one, two)
        return None

    @staticmethod
    def _left_out(i, count):
        """Which factors may be missing besides a slip in factor i: all after one of them, or a single one."""
        for first in range(max(i + 1, 1), count):
            yield range(first, count)
        for one in range(1, count - 1):
            if one != i:
                yield (one,)

    def _with_factor_missing(self, slip, factors, left_out):
        id = "stopped-early" if left_out[0] > 1 else "missing-inner-factor"
        factor = factors[left_out[0] - 1]
        return _both(slip, Slip(id, factor.inner, slip.site, slip.wrong, names_of(factor)))

    def _options(self, chain, i):
        """The slips within factor i of a chain, and the values of the wrong factor."""
        path = (*chain.path, ("factor", i))
        factor = chain.step.chain.factors[i]
        here = next((site for site in self.doctor.places if site.path == path), None)
        if here is None:
            return []
        found, right = [], self.values(chain.written(factor.written))
        for slip in self.doctor.slips:
            if slip.site.path[: len(path)] == path:
                values = self.values(here.written(slip.site.carried(slip.wrong, here)))
                if not agree(values, right):
                    found.append((slip, values))
        return found

    def in_different_parts(self):
        """Two slips in different terms or factors: their changes add up."""
        if not self.known:
            return None
        rows = numpy.array([values for _, values in self.known])
        for i, (one, values) in enumerate(self.known):
            sums = rows[i + 1 :] + (values - self.right)
            near = difference(sums, self.given)
            for j in numpy.nonzero((near[:, 0] < 1e-6) | numpy.isnan(near[:, 0]))[0]:
                two = self.known[i + 1 + j][0]
                if apart(one.site, two.site) and agree(sums[j], self.given):
                    return _both(one, two)
        return None

    def everywhere(self):
        """The same slip in every part in which it can be made."""
        kinds = {}
        for slip, values in self.known:
            kinds.setdefault((slip.id, slip.kind), []).append((slip, values))
        for made in kinds.values():
            kept, total = [], self.right
            for slip, values in made:
                if all(apart(slip.site, other.site) for other in kept):
                    kept.append(slip)
                    total = total + (values - self.right)
            if len(kept) > 2 and agree(total, self.given):
                return Diagnosis(tuple(kept), kept[0].id, kept[0].where)
        return None

    def reversed(self):
        """A slip and the sign of the whole."""
        for slip, values in self.known:
            if agree(-values, self.given):
                whole = Slip("sign", self.doctor.step.expression, slip.site, slip.wrong)
                return _both(slip, whole)
        return None

    def in_a_product(self):
        """A wrong rule for a product or a quotient, one of whose parts was differentiated wrongly as well."""
        places = self.doctor.places
        for site in places:
            if site.step.rule not in ("product", "quotient"):
                continue
            for part in places:
                if part.parent is site:
                    found = self._in_this_part(site, part)
                    if found is not None:
                        return found
        return None

    def _in_this_part(self, site, part):
        step, seen = site.step, set()
        change = part.carry(Number(1)) - part.carry(Number(0))
        for slip in self.doctor.slips:
            if slip.site.path[: len(part.path)] != part.path:
                continue
            wrong = slip.site.carried(slip.wrong, part)
            if id(wrong.plain) in seen:
                continue
            seen.add(id(wrong.plain))
            parts = tuple(replace(one, derivative=wrong) if one is part.step else one for one in step.parts)
            derivative = step.derivative + change * (wrong - part.step.derivative)
            for malrule in MALRULES:
                for other in malrule.wrong(replace(step, derivative=derivative, parts=parts)):
                    if agree(self.carried(site, other.derivative), self.given):
                        where = site.written(other.where)
                        return _both(Slip(malrule.id, where, site, other.derivative, other.values), slip)
        return None


def _pairs(first, second):
    return ((one, two) for one in first for two in second)


def _both(one, two):
    return Diagnosis((one, two), one.id, one.where)
