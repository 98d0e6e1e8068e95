"""What there is to say about where a function lives, where its derivative does, and the points between.

Of a function of one variable, the points where a condition begins to fail, where two sides meet and where the
derivative stops being a number are found in numbers, and the function is looked at from both sides there.
"""

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy

from chainrule.derivations.conditions import conditions, exactly, gap_of, needs_of_branches
from chainrule.derivations.model import Note
from chainrule.derivations.zeros import named, vanishes, zeros
from chainrule.expressions import (
    EXPRESSIONS,
    Abstract,
    Apply,
    Comparison,
    Expression,
    Junction,
    Piecewise,
    Symbol,
    symbols_of,
    walk,
)
from chainrule.expressions.evaluate import Values

_NEAR, _NEARER = 1e-7, 1e-10  # how close to a point its sides are looked at
_CLOSE = 1e-9  # a condition's gap that is as good as zero
_SIDES = ("absolute", "maximum", "minimum", "fmax", "fmin")
_LONGEST = 8  # edges of a domain beyond this number are a pattern: only the condition is said
_LARGEST = 200  # parts of a quantity whose zeros are looked for: a search evaluates it a few hundred times


@dataclass(frozen=True)
class Meeting:
    """A point where something may happen, seen from both sides.

    Attributes:
        at: where; `name` is that number as one writes it, and `exact` whether the name is all of it.
        value, before, after: the function there, and just left and right of it (NaN where it has no value).
        slopes: the slope's limits from the left and from the right (NaN where there is no side).
    """

    at: float
    name: Expression
    exact: bool
    value: float
    before: float
    after: float
    slopes: tuple[float, float]

    @property
    def kind(self):
        """One of "smooth", "corner", "jump", "vertical", "edge", "vertical-edge", "pole"."""
        steep = any(map(math.isinf, self.slopes))
        if not math.isfinite(self.value):
            return "pole"
        if math.isnan(self.before) or math.isnan(self.after):
            return "vertical-edge" if steep else "edge"
        if not (_same(self.before, self.after) and _same(self.before, self.value)):
            return "jump"
        if steep:
            return "vertical"
        return "smooth" if _same(*self.slopes) else "corner"


def _same(a, b):
    return a == b or math.isfinite(a - b) and abs(a - b) <= 1e-5 * (1 + abs(a) + abs(b))


class Domain:
    """Where one derivation's function and derivative live.

    Attributes:
        conditions: what must hold for the function (Comparisons); what always holds is left out.
        empty: whether there is no real point at all; `conditions` then holds the one that always fails.
        further: what must hold besides for the derivative.
        meetings: pairs `(gap, equation)`: where sides meet, gap is zero.
    """

    def __init__(self, derivation):
        self.function, self.result = derivation.function, derivation.result
        self.variable, self.variables = derivation.variable.name, [s.name for s in derivation.variables]
        self.conditions, self.empty = conditions(self.function)
        known = {id(condition.plain) for condition in self.conditions}
        found, _ = conditions(self.result) if not self.empty else ((), False)
        self.further = tuple(c for c in found if id(c.plain) not in known and not self._follows(c))
        self.meetings = meetings(self.function)
        self._zeros = {}

    def _follows(self, condition):
        """Whether the function's own conditions already say as much: x > 0 follows from ln x, x ≠ 0 from 1/x."""
        own = [c for c in self.conditions if c.left.plain is condition.left.plain]
        return any(c.relation == condition.relation or {c.relation, condition.relation} <= {">", ">=", "!="}
                   and c.relation in (">", "!=") for c in own)  # fmt: skip

    def holds(self, candidates) -> numpy.ndarray:
        """Which points (arrays by name) meet the conditions."""
        good = numpy.ones(numpy.broadcast_shapes(*(numpy.shape(values) for values in candidates.values())), bool)
        values = Values(candidates)
        with numpy.errstate(all="ignore"):
            for condition in self.conditions:
                good = good & numpy.asarray(values[condition], dtype=bool)
        return good

    @property
    def single(self):
        """Whether it is a function of one variable that can be evaluated."""
        return len(self.variables) == 1 and not self.empty and not _is_abstract(self.function)

    @cached_property
    def edges(self):
        """Where a condition begins to fail: numbers in order; None where they are too many to list."""
        if len(self.conditions) > _LONGEST:
            return None
        return self._all(_gaps(self.conditions))

    @cached_property
    def points(self):
        """Every `Meeting`: edges of the domain, kinks, places where the derivative has no value."""
        if not self.single:
            return []
        gaps = [gap for gap, _ in self.meetings[:_LONGEST]]
        found = [self.edges or [], self._all(_gaps(self.further[:_LONGEST])) or []]
        found += [self.zeros_of(gap) or [] for gap in gaps]
        numbers = _distinct([x for xs in found for x in xs])
        return [self.seen_from_both_sides({self.variable: x}) for x in numbers]

    def named(self, x):
        """A zero as one writes it, and whether that is exact: some gap is then zero to many digits."""
        name, whole = named(x)
        gaps = [*_gaps(self.conditions), *_gaps(self.further), *(gap for gap, _ in self.meetings)]
        return (name, True) if whole and any(vanishes(gap, self.variable, name) for gap in gaps) else (name, False)

    def _all(self, gaps):
        found = []
        for gap in gaps:
            if symbols_of(gap):
                some = self.zeros_of(gap)
                if some is None:
                    return None
                found += some
        found = _distinct(found)
        return found if len(found) <= _LONGEST else None

    def zeros_of(self, gap):
        """The zeros of one quantity; None where they are too many to list, or it is too large to be searched."""
        key = id(gap.plain)
        if key not in self._zeros:
            small = sum(1 for _ in itertools.islice(walk(gap), _LARGEST + 1)) <= _LARGEST
            found = zeros(gap, self.variable) if small else None
            self._zeros[key] = found if found is not None and len(found) <= _LONGEST else None
        return self._zeros[key]

    def seen_from_both_sides(self, point):
        """The `Meeting` at a point, along the variable."""
        x = point[self.variable]
        name, whole = self.named(x)
        exactly_at = float(Values({})[name]) if whole else x
        with numpy.errstate(all="ignore"):
            value = float(Values(point | {self.variable: exactly_at})[self.function])
        sides = [self._side(point, exactly_at, value, sign) for sign in (-1, 1)]
        if self.excluded(point | {self.variable: exactly_at}):
            value = math.nan
        elif not math.isfinite(value) and not whole:  # a rounded edge: take the side that exists
            value = next((limit for limit, _ in sides if math.isfinite(limit)), value)
        (before, left), (after, right) = sides
        return Meeting(x, name, whole, value, before, after, (left, right))

    def excluded(self, point):
        """Whether a condition fails at a point; where its two sides are equal but for rounding, a strict one does."""
        with numpy.errstate(all="ignore"):
            values = Values(point)
            for condition in self.conditions:
                if abs(float(values[gap_of(condition)])) <= _CLOSE:
                    if condition.relation in ("!=", "<", ">"):
                        return True
                elif not bool(values[condition]):
                    return True
        return False

    def _side(self, point, x, value, sign):
        """`(limit of the function, limit of the slope)` from one side of x, where it has a value; NaN for none."""
        size = 1 + abs(x)
        steps = sign * size * numpy.array([_NEAR, _NEARER])
        with numpy.errstate(all="ignore"):
            values = Values(point | {self.variable: x + steps})
            function = numpy.broadcast_to(numpy.asarray(values[self.function], dtype=float), 2)
            slope = numpy.broadcast_to(numpy.asarray(values[self.result], dtype=float), 2)
        if not math.isfinite(function[1]):
            return math.nan, math.nan
        far, near = abs(function - value)
        limit = value if near <= far / 2 else float(function[1])  # it still comes nearer
        if abs(function[1]) - abs(function[0]) > 1e-2 * (1 + abs(function[0])) and limit != value:
            limit = math.copysign(math.inf, function[1])  # and here it runs away
        if abs(slope[1]) > 5 * abs(slope[0]) + 1e3:
            return limit, math.copysign(math.inf, slope[1])
        return limit, _rounded(float(slope[1]))

    def slopes_at(self, point):
        """The slopes from both sides at a point where two sides meet or the derivative is infinite; else None."""
        with numpy.errstate(all="ignore"):
            values = Values(point)
            met = any(abs(float(values[gap])) <= 1e-12 * (1 + abs(float(values[eq.left]))) for gap, eq in self.meetings)
            if not met and math.isfinite(float(values[self.result])):
                return None
            if not math.isfinite(float(values[self.function])):
                return None
        return self.seen_from_both_sides(point).slopes

    @cached_property
    def where(self):
        """The domain as one condition on the variable, found in numbers: x < -2 or x > 2; None where not known."""
        if not self.single or not self.conditions or self.edges is None:
            return None
        edges, x = self.edges, self.variable
        probes = [*_between(edges), *(float(sign * 10**power) for power in (2, 3, 6) for sign in (-1, 1))]
        inside = self.holds({x: numpy.array(probes)})
        pieces, far = inside[: len(edges) + 1], inside[len(edges) + 1 :]
        if any(far[0::2] != pieces[0]) or any(far[1::2] != pieces[-1]):
            return None
        return _as_condition(self, edges, list(map(bool, pieces)))


def _rounded(slope):
    """A slope seen from 10⁻¹⁰ away, without the digits that this distance makes doubtful."""
    return 0.0 if abs(slope) < 1e-7 else float(f"{slope:.7g}")


def _between(edges):
    if not edges:
        return [0.123]
    inner = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    return [edges[0] - 0.5 - abs(edges[0]) / 7, *inner, edges[-1] + 0.5 + abs(edges[-1]) / 7]


def _as_condition(domain, edges, inside):
    """The intervals between the edges that belong to the domain, as one condition."""
    x = Symbol(domain.variable)
    at_edge = [not domain.excluded({domain.variable: edge}) for edge in edges]
    if all(inside):
        apart = [x != named(edge)[0] for edge, kept in zip(edges, at_edge) if not kept]
        return None if not apart else apart[0] if len(apart) == 1 else Junction("and", apart)
    alternatives, start = [], None
    for i, piece in enumerate(inside):
        if piece and start is None:
            start = i
        joined = piece and i < len(edges) and at_edge[i] and inside[i + 1]
        if piece and not joined:
            sides = []
            if start:
                low = named(edges[start - 1])[0]
                sides.append(x >= low if at_edge[start - 1] else x > low)
            if i < len(edges):
                high = named(edges[i])[0]
                sides.append(x <= high if at_edge[i] else x < high)
            alternatives.append(sides[0] if len(sides) == 1 else Junction("and", sides))
            start = None
    if not alternatives:
        return None
    return alternatives[0] if len(alternatives) == 1 else Junction("or", alternatives)


def _gaps(found):
    return [gap_of(condition) for condition in found]


def _distinct(numbers):
    kept = []
    for x in sorted(numbers):
        if not kept or abs(x - kept[-1]) > 1e-9 * (1 + abs(x)):
            kept.append(x)
    return kept


def _is_abstract(expression):
    return any(type(node) is Abstract for node in walk(expression))


def meetings(expression):
    """`(gap, equation)` where two sides meet: kinks of rooms, edges of branches."""
    found = {}
    for node in walk(expression):
        pairs = []
        if type(node) is Apply and hasattr(node.primitive, "kinks"):
            pairs = [Comparison("=", *pair) for pair in node.primitive.kinks(EXPRESSIONS, *exactly(node.arguments))]
        elif type(node) is Piecewise:
            parts = [part for condition, _ in node.branches for part in walk(condition)]
            pairs = [Comparison("=", part.left, part.right) for part in parts if type(part) is Comparison]
        for equation in pairs:
            if symbols_of(equation):
                found.setdefault(id(equation.plain), (gap_of(equation), equation))
    return list(found.values())


def notes(derivation):
    """The notes about a derivation's domain, its kinks and its edges, in the order of a reader's questions."""
    domain = derivation.domain
    if domain.empty:
        yield Note("note.empty-domain", {"condition": domain.conditions[0]})
        return
    names = dict.fromkeys(node.name for node in walk(derivation.function) if type(node) is Abstract)
    if names:
        yield Note("note.formal-functions", {"names": ", ".join(names)}, "limit")
    yield from _where_defined(domain)
    for branch, condition in itertools.islice(needs_of_branches(derivation.function), _LONGEST):
        if branch.plain is not condition.plain:
            yield Note("note.branch-needs", {"branch": branch, "condition": condition})
    if domain.single:
        for meeting in domain.points:
            yield from _about(meeting, domain)
        if any(meeting.kind == "corner" for meeting in domain.points) and _ties(derivation.function):
            yield Note("note.kink-convention", kind="convention")
        for condition in domain.further[:_LONGEST]:
            if domain.zeros_of(gap_of(condition)) is None:
                yield Note("note.derivative-needs", {"condition": condition})
        for gap, equation in domain.meetings[:_LONGEST]:
            if domain.zeros_of(gap) is None:
                yield Note("note.sides-meet", {"equation": equation}, "kink")
    else:
        for condition in domain.further[:_LONGEST]:
            yield Note("note.derivative-needs", {"condition": condition})
        for _, equation in domain.meetings[:_LONGEST]:
            yield Note("note.sides-meet", {"equation": equation}, "kink")


def _ties(expression):
    """Whether a room that takes sides is in the expression."""
    return any(type(node) is Apply and node.name in _SIDES for node in walk(expression))


def _where_defined(domain):
    if not domain.conditions:
        return
    if len(domain.conditions) > _LONGEST:
        rest = len(domain.conditions) - 2
        yield Note("note.domain-many", {"condition": Junction("and", domain.conditions[:2]), "count": rest})
        return
    condition = domain.conditions[0] if len(domain.conditions) == 1 else Junction("and", domain.conditions)
    if domain.where is None or domain.where.plain is condition.plain:
        yield Note("note.domain", {"condition": condition})
    else:
        solved = all(domain.named(edge)[1] for edge in domain.edges)
        id = "note.domain-solved" if solved else "note.domain-found"
        yield Note(id, {"condition": condition, "where": domain.where})


def _about(meeting, domain):
    kind = meeting.kind
    left, right = meeting.slopes
    values = {"x": Symbol(domain.variable), "at": meeting.name, "left": left, "right": right}
    if kind == "pole":
        return
    if kind in ("jump",):
        values |= {"before": meeting.before, "after": meeting.after}
    yield Note(f"note.{kind}", values, "kink")
