"""What there is to say about where a function lives, where its derivative does, and the points between.

Of a function of one variable, the points where a condition begins to fail, where two sides meet and where the
derivative stops being a number are found in numbers, and the function is looked at from both sides there.
"""

import importlib.util
import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy

from chainrule.derivations.conditions import Ranges, conditions, exactly, gap_of, needs_of_branches, says
from chainrule.derivations.model import Note
from chainrule.derivations.precision import high_precision
from chainrule.derivations.zeros import named, vanishes, zeros
from chainrule.expressions import (
    EXPRESSIONS,
    Abstract,
    Apply,
    Comparison,
    Expression,
    Junction,
    Piecewise,
    Plan,
    Symbol,
    has_more_parts,
    symbols_of,
    walk,
)
from chainrule.expressions.evaluate import ARRAYS, Values, evaluate

_NEAR, _NEARER = 1e-7, 1e-10  # how close to a point its sides are looked at
_UNSETTLED = 1e-3  # a change of the slope from the one to the other that shows that it has no limit there
_STEPS = (0.0, -_NEAR, -_NEARER, _NEAR, _NEARER)
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
        slopes: the slope's limits from the left and from the right (NaN where there is no side, or no limit).
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
        """One of "smooth", "corner", "jump", "vertical", "unsettled", "edge", "vertical-edge", "pole"."""
        steep = any(map(math.isinf, self.slopes))
        if not math.isfinite(self.value):
            return "pole"
        if math.isnan(self.before) or math.isnan(self.after):
            return "vertical-edge" if steep else "edge"
        if not (_same(self.before, self.after) and _same(self.before, self.value)):
            return "jump"
        if steep:
            return "vertical"
        if any(map(math.isnan, self.slopes)):
            return "unsettled"
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
        ranges = Ranges()
        self.conditions, self.empty = conditions(self.function, ranges)
        known = {id(condition.plain) for condition in self.conditions}
        self._relations = {}  # the left side of a condition -> the relations that the function asks of it
        for condition in self.conditions:
            self._relations.setdefault(id(condition.left.plain), []).append(condition.relation)
        found, _ = conditions(self.result, ranges) if not self.empty else ((), False)
        self.further = tuple(c for c in found if id(c.plain) not in known and not self._follows(c))
        self.meetings = meetings(self.function)
        self._zeros = {}

    def _follows(self, condition):
        """Whether the function's own conditions already say as much: x > 0 follows from ln x, x ≠ 0 from 1/x."""
        asked = condition.relation
        return any(own == asked or {own, asked} <= {">", ">=", "!="} and own in (">", "!=")
                   for own in self._relations.get(id(condition.left.plain), ()))  # fmt: skip

    def holds(self, candidates) -> numpy.ndarray:
        """Which points (arrays by name) meet the conditions."""
        good = numpy.ones(numpy.broadcast_shapes(*(numpy.shape(values) for values in candidates.values())), bool)
        for holds in self._asked(candidates, kind=ARRAYS)[len(self.conditions) :]:
            good = good & numpy.asarray(holds, dtype=bool)
        return good

    @cached_property
    def _asked(self):
        """The gaps of the conditions and the conditions themselves, to be evaluated."""
        return Plan(*_gaps(self.conditions), *self.conditions)

    @cached_property
    def both(self):
        """The function and its derivative, to be evaluated."""
        return Plan(self.function, self.result)

    @cached_property
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
        return self.seen_from_both_sides({}, numbers)

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
            found = None if has_more_parts(gap, _LARGEST) else zeros(gap, self.variable)
            self._zeros[key] = found if found is not None and len(found) <= _LONGEST else None
        return self._zeros[key]

    def seen_from_both_sides(self, point, numbers):
        """A `Meeting` for each of the numbers, along the variable; the point has the other variables.

        All of them, and the places on their sides, are evaluated at once.
        """
        if not numbers:
            return []
        names = [self.named(x) for x in numbers]
        exactly_at = [float(evaluate(name, {})) if whole else x for x, (name, whole) in zip(numbers, names)]
        at = numpy.array(exactly_at)
        steps = numpy.outer(_STEPS, 1 + abs(at))
        function, slope = (
            numpy.broadcast_to(numpy.asarray(values, dtype=float), steps.shape)
            for values in self.both(point | {self.variable: at + steps}, kind=ARRAYS)
        )
        excluded = self.excluded(point | {self.variable: at})
        found = []
        for i, (x, (name, whole)) in enumerate(zip(numbers, names)):
            value = float(function[0, i])
            slopes = slope[:, i]
            if whole and any(map(_is_steep, (slopes[1:3], slopes[3:5]))):
                slopes = self._slopes_in_digits(point, name, steps[:, i], slopes)
            sides = [_side(function[near, i], slopes[near], value) for near in (slice(1, 3), slice(3, 5))]
            if excluded[i]:
                value = math.nan
            elif not math.isfinite(value) and not whole:  # a rounded edge: take the side that exists
                value = next((limit for limit, _ in sides if math.isfinite(limit)), value)
            (before, left), (after, right) = sides
            found.append(Meeting(x, name, whole, value, before, after, (left, right)))
        return found

    def _slopes_in_digits(self, point, name, steps, slopes):
        """Slopes near a point that has an exact name, in high precision: close to an edge floats lose all digits."""
        if importlib.util.find_spec("mpmath") is None or len(self.both.nodes) > _LARGEST:
            return slopes
        kind = high_precision()
        at = Values({}, kind=kind)[name]
        places = [point | {self.variable: at + float(step)} for step in steps]
        return numpy.array([float(self.both(place, kind=kind)[1]) for place in places])

    def excluded(self, points) -> numpy.ndarray:
        """At which points (arrays by name) a condition fails; where its sides are equal but for rounding, a strict one.

        Besides arrays there may be numbers.
        """
        values, count = self._asked(points, kind=ARRAYS), len(self.conditions)
        fails = numpy.zeros(numpy.broadcast_shapes(*(numpy.shape(one) for one in points.values())), bool)
        for condition, gap, holds in zip(self.conditions, values[:count], values[count:]):
            close = numpy.abs(gap) <= _CLOSE
            strict = condition.relation in ("!=", "<", ">")
            fails = fails | numpy.where(close, strict, ~numpy.asarray(holds, dtype=bool))
        return fails

    def slopes_at(self, point):
        """The slopes from both sides at a point where two sides meet or the derivative is infinite; else None."""
        with numpy.errstate(all="ignore"):
            values = Values(point)
            met = any(abs(float(values[gap])) <= 1e-12 * (1 + abs(float(values[eq.left]))) for gap, eq in self.meetings)
            if not met and math.isfinite(float(values[self.result])):
                return None
            if not math.isfinite(float(values[self.function])):
                return None
        others = {name: value for name, value in point.items() if name != self.variable}
        return self.seen_from_both_sides(others, [point[self.variable]])[0].slopes

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


def _side(function, slope, value):
    """`(limit of the function, limit of the slope)` from one side, where there is one; NaN for none.

    Args:
        function, slope: both at a place near, and at one that is nearer.
        value: the function at the point itself.
    """
    if not math.isfinite(function[1]):
        return math.nan, math.nan
    with numpy.errstate(all="ignore"):
        far, near = abs(function - value)
    limit = value if near <= far / 2 else float(function[1])  # it still comes nearer
    if abs(function[1]) - abs(function[0]) > 1e-2 * (1 + abs(function[0])) and limit != value:
        limit = math.copysign(math.inf, function[1])  # and here it runs away
    if _is_steep(slope):
        return limit, math.copysign(math.inf, slope[1])
    if abs(slope[1] - slope[0]) > _UNSETTLED * (1 + abs(slope[1])):
        return limit, math.nan
    return limit, _rounded(float(slope[1]))


def _is_steep(slope):
    """Whether a slope runs away between two places, the second of which is nearer to the point."""
    return abs(slope[1]) > 5 * abs(slope[0]) + 1e3


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
    at_edge = [not fails for fails in domain.excluded({domain.variable: numpy.array(edges)})]
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
    found, moves = {}, set()  # moves: the identities of what reads a variable
    for node in walk(expression):
        pairs = []
        if type(node) is Symbol or any(id(child.plain) in moves for child in node.children):
            moves.add(id(node.plain))
        if type(node) is Apply and says(node.primitive, "kinks"):
            if id(node.plain) in moves:
                pairs = [Comparison("=", *pair) for pair in node.primitive.kinks(EXPRESSIONS, *exactly(node.arguments))]
        elif type(node) is Piecewise:
            parts = [part for condition, _ in node.branches for part in walk(condition) if id(part.plain) in moves]
            pairs = [Comparison("=", part.left, part.right) for part in parts if type(part) is Comparison]
        for equation in pairs:
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
