"""Every derivation is compared with an independent evaluation of its function before it is shown.

The function is evaluated through its rooms' `forward` only, never their slopes. With mpmath, central
differences in 50 digits leave about 30 digits to compare; without it, a complex step through the function
leaves 15. The points are drawn from the domain, always the same ones for the same function.

A large function is compared by a complex step first, in floats, at all points at once. Where floats disagree,
or say nothing at any point, it is compared in high precision there, as far as a budget of operations goes.
"""

import importlib.util
import math
from typing import Any, NamedTuple

import numpy

from chainrule.derivations.model import Check
from chainrule.derivations.points import StandIns, sampled
from chainrule.derivations.precision import COMPLEX_STEPS, HighPrecision, high_precision
from chainrule.errors import DerivationError
from chainrule.expressions import Apply, Plan, exact
from chainrule.expressions.evaluate import ARRAYS, FLOATS

POINTS = 12
_DIGITS = (50, 150, 500)  # more only where the function loses so many that the first do not settle it
_BUDGET = 100_000  # what a check in high precision may cost: operations in 50 digits, a multiplication counting 1
_SECANTS = 25  # evaluations that solving for y at a point and on both sides of it takes, about
_STEP = 1e-100  # of which the square is nothing
_A_LITTLE = 2.0**-50  # a relative change that rounding may show in, and hardly a derivative
_IN_FLOATS = ("complex-step", "curve-in-floats")
_LAST_DIGITS = 1e-3  # a disagreement that rounding may explain at a point or two
_TINY = 1e-10  # a slope of which floats may have no digit right
_SETTLED = 1e-6  # how far the slope may change with a smaller step, to count as measured
_NOISE = 1e-13  # a slope that floats cannot tell from zero
_TOLERANCE = {"differences": 1e-12, "complex-step": 1e-7, "curve": 1e-10, "curve-in-floats": 1e-4}


class Outcome(NamedTuple):
    """What was found at one point: the derivative and the measured slope, or None, and by which method."""

    point: dict[str, float]
    pair: tuple[Any, Any] | None
    method: str
    rounded: bool = False  # whether there is no pair because rounding decides it

    @property
    def agrees(self):
        """Whether the derivative and the slope were found and are as good as equal."""
        return self.pair is not None and _relative(*self.pair) <= _TOLERANCE[self.method]


def check(derivation) -> Check:
    """The derivative of a derivation compared at points of its domain; raises where it is wrong."""
    function, result = derivation.function, derivation.result
    if derivation.domain.empty:
        return Check(0, math.nan, "", reason="check.reason.empty")
    stand_ins = StandIns(function, result)
    names = [symbol.name for symbol in derivation.variables]
    accept = None if stand_ins else derivation.domain.holds
    both = derivation.domain.both
    points = sampled((function, result), names, POINTS, stand_ins, accept, plan=both)
    return compared(function, result, derivation.variable.name, points, stand_ins, both=both)


def compared(function, result, variable, points, stand_ins=None, over=None, both=None) -> Check:
    """The result compared with the slope of the function at the points.

    Args:
        over: another function, by whose slope that of the function is divided, or None.
        both: the `Plan` of the function and the result, where there is one.

    Raises: DerivationError where they disagree.
    """
    precise = importlib.util.find_spec("mpmath") is not None
    slopes = Slopes(function, result, variable, stand_ins, over, _BUDGET if precise else 0, both)
    if not precise:
        return _checked(slopes.in_floats(points))
    if slopes.cost * 2 * len(points) <= _BUDGET:  # half of it for more digits, where they are needed
        return _checked(map(slopes.in_digits, points))
    return _checked(_in_floats_first(slopes, points), "check.reason.too-large")


def _in_floats_first(slopes, points):
    """An Outcome for each point: in floats, and in high precision where they disagree or where none says anything."""
    found = slopes.in_floats(points)
    for i, one in enumerate(found):
        if one.pair is not None and not one.agrees:
            found[i] = slopes.in_digits(one.point) or one
    if not any(map(_tells, found)) and exact(slopes.result) != 0:
        found = [one for one in found if not one.agrees]  # 0 = 0, as after an underflow
        found += map(slopes.in_digits, points)
    return found


def _tells(outcome):
    """Whether it says more than that both are zero."""
    return outcome.agrees and any(outcome.pair)


class Slopes:
    """The derivative of a function and its measured slope, in floats or in many digits.

    Args:
        function, result, variable, stand_ins, over, both: as for `compared`.
        budget: what may be spent in high precision.

    Attributes:
        cost: what one comparison in 50 digits takes, a multiplication counting 1.
    """

    def __init__(self, function, result, variable, stand_ins=None, over=None, budget=0, both=None):
        self.result, self._variable, self._stand_ins = result, variable, stand_ins or {}
        self._functions = Plan(function) if over is None else Plan(function, over)
        self._derivative, self._left = both or Plan(result), budget
        self.cost = 2 * _cost(self._functions) + _cost(self._derivative)

    def in_floats(self, points) -> list[Outcome]:
        """The result, and the step that the function carries along, in floats and at all points at once.

        There is no pair outside the domain, and none where rounding decides: where either moves by a tenth of the
        tolerance with a very small change of the variable.
        """
        if not points:
            return []
        both = _with_moved(points, self._variable)
        given = self._derivative(both, self._stand_ins, ARRAYS)[-1]
        return _outcomes(points, given, *_carried(self._functions, both, {self._variable: 1}, self._stand_ins))

    def in_digits(self, point) -> Outcome | None:
        """The result and a central difference, in high precision: no pair outside the domain.

        None where the budget does not allow for it.
        """
        pair, tried = None, False
        for digits in _DIGITS:
            if not self._affords(digits):
                break
            tried = True
            kind = high_precision(digits)
            pair, noise = self._difference(kind, point)
            if pair is None:
                continue
            if max(map(abs, pair)) <= noise:
                pair = kind.mp.zero, kind.mp.zero  # as good as zero; more digits may tell
            elif _relative(*pair) <= _TOLERANCE["differences"] or not self._affords(digits):
                break
            else:
                finer, _ = self._difference(kind, point, finer=1000)
                if finer is None or _relative(pair[1], finer[1]) > _SETTLED:
                    pair = None  # the difference itself has not settled: it says nothing
        return Outcome(point, pair, "differences") if tried else None

    def _affords(self, digits):
        """Whether another comparison can be paid for, which is then done."""
        price = self.cost * digits / _DIGITS[0]
        if price > self._left:
            return False
        self._left -= price
        return True

    def _difference(self, kind, point, finer=1):
        """`((given, measured), noise)`: below the noise a difference in so many digits says nothing."""
        mp = kind.mp
        step = kind.power_of_ten(-mp.dps // 3) * max(1, abs(point[self._variable])) / finer
        x = mp.mpf(point[self._variable])
        above, below = (
            self._functions(point | {self._variable: x + sign * step}, self._stand_ins, kind) for sign in (1, -1)
        )
        given = self._derivative(point, self._stand_ins, kind)[-1]
        changes = [one - other for one, other in zip(above, below)]
        rise, run = changes if len(changes) > 1 else (*changes, 2 * step)
        if not all(mp.isfinite(one) for one in (given, rise, run)) or not run:
            return None, 0
        noise = kind.power_of_ten(5 - mp.dps) * (1 + abs(above[0])) / abs(run)
        return (given, rise / run), noise


def _cost(plan):
    return sum(HighPrecision.cost(node.primitive) if type(node) is Apply else 1 for node in plan.nodes)


def _with_moved(points, variable):
    """Points as arrays by name, and after them the same ones with the variable changed very little."""
    at = {name: numpy.array([point[name] for point in points]) for name in points[0]}
    moved = at | {variable: at[variable] * (1 + _A_LITTLE)}
    return {name: numpy.concatenate([at[name], moved[name]]) for name in at}


def _carried(plan, at, steps, stand_ins=None):
    """What the values of a plan move by, for steps of the variables (by name) times `_STEP`."""
    stepped = at | {name: at[name] + 1j * _STEP * step for name, step in steps.items()}
    return [numpy.imag(value) for value in plan(stepped, stand_ins, COMPLEX_STEPS)]


def _outcomes(points, given, rise, run=_STEP) -> list[Outcome]:
    """An Outcome for each point, from values at the points and then at those moved a little."""
    with numpy.errstate(all="ignore"):
        given, rise, run, _ = numpy.broadcast_arrays(given, rise, run, numpy.empty(2 * len(points)))
        good = numpy.isfinite(given) & numpy.isfinite(rise) & numpy.isfinite(run) & (run != 0)
        good &= numpy.maximum(abs(rise), abs(run)) <= math.sqrt(_STEP)  # else the value itself is complex
        measured = rise / run
        nothing = numpy.maximum(abs(given), abs(measured)) < _NOISE
    pairs = [
        None if not good[i] else (0.0, 0.0) if nothing[i] else (float(given[i]), float(measured[i]))
        for i in range(2 * len(points))
    ]
    steady, found = _TOLERANCE["complex-step"] / 10, []
    for point, pair, near in zip(points, pairs, pairs[len(points) :]):
        if pair is None or near is None:
            found.append(Outcome(point, None, "complex-step", pair is not near))
        elif all(_relative(*one) <= steady for one in zip(pair, near)):
            found.append(Outcome(point, pair, "complex-step"))
        else:
            found.append(Outcome(point, None, "complex-step", rounded=True))
    return found


def _checked(outcomes, reason="check.reason.no-points") -> Check:
    """The Check of Outcomes, None among them for points that could not be afforded.

    In high precision every point must agree. In floats the last digits may be lost to rounding at a few points,
    since nothing tells how many a composition costs: such a point is not counted as tried.

    Args:
        reason: the key of what is said where no point could be tried.
    """
    worst, tried, lost, methods = 0.0, [], [], []
    rounded = 0
    for one in outcomes:
        if one is None or one.pair is None:
            rounded += one is not None and one.rounded
            continue
        error = _relative(*one.pair)
        if error <= _TOLERANCE[one.method]:
            worst = max(worst, error)
            tried.append(one.point)
            methods.append(one.method)
        elif one.method in _IN_FLOATS and (error < _LAST_DIGITS or max(map(abs, one.pair)) < _TINY):
            lost.append(one)
        else:
            raise disagreement(one.point, *one.pair)
    if len(lost) > len(tried) / 2:
        raise disagreement(lost[0].point, *lost[0].pair)
    if not tried:
        return Check(0, math.nan, "", reason=reason)
    method = methods[0] if len(set(methods)) == 1 else "both"
    return Check(len(tried), float(worst), method, tuple(tried), rounded=rounded + len(lost))


def _relative(given, measured):
    scale = max(abs(given), abs(measured))
    return float(abs(given - measured) / scale) if scale else 0.0


def disagreement(point, given, measured):
    """The error for a derivation that its check contradicts."""
    where = ", ".join(f"{name} = {value:.6g}" for name, value in point.items())
    return DerivationError(
        f"the derivation gives {float(given):.8g} at {where}, and the function itself has slope {float(measured):.8g}",
        "nothing is shown, since one of the two is wrong; please report the expression",
    )


def compared_on_curve(derivative, curve) -> Check:
    """The derivative along an implicit curve compared with differences along it.

    Args:
        derivative: the `Implicit` itself, or a derivation of its derivative.
        curve: the `Implicit`.

    Raises: DerivationError where they disagree.
    """
    along = None if derivative is curve else derivative.function
    gap, result = Plan(curve.gap), Plan(derivative.result)
    ends = None if along is None else Plan(along)
    cost = _SECANTS * _cost(gap) + _cost(result) + (_cost(ends) if ends else 0)
    if cost * POINTS > _BUDGET:
        return _checked(_stepped_on_curve(gap, result, ends, curve))
    precise = importlib.util.find_spec("mpmath") is not None
    method = "curve" if precise else "curve-in-floats"
    return _checked(Outcome(point, _on_curve(gap, result, ends, curve, point, precise), method)
                    for point in curve.points)  # fmt: skip


def _stepped_on_curve(gap, result, along, curve):
    """An Outcome for each point, by complex steps of what is zero on the curve: nothing is solved for y."""
    if not curve.points:
        return []
    x, y = curve.variable.name, curve.output.name
    both = _with_moved(curve.points, x)
    (given,) = result(both, kind=ARRAYS)
    (rise,), (run,) = (_carried(gap, both, {name: 1}) for name in (x, y))
    if along is None:
        return _outcomes(curve.points, given, -rise, run)
    with numpy.errstate(all="ignore"):
        slope = -rise / run
    return _outcomes(curve.points, given, *_carried(along, both, {x: 1, y: slope}))


def _on_curve(gap, result, along, curve, point, precise):
    """The result, and a difference along the curve: of y, or of the function `along`."""
    kind: Any = high_precision() if precise else FLOATS
    x, y = curve.variable.name, curve.output.name
    start = {name: kind.number(value) for name, value in point.items()}
    step = start[x] * 0 + (kind.mp.mpf(10) ** (-kind.mp.dps // 3) if precise else 1e-5)
    start[y] = _settled(lambda at: gap(start | {y: at}, kind=kind)[0], start[y], step)
    ends = []
    for sign in (1, -1):
        moved = start | {x: start[x] + sign * step}
        moved[y] = _settled(lambda at: gap(moved | {y: at}, kind=kind)[0], start[y], step)  # noqa: B023
        ends.append(moved[y] if along is None else along(moved, kind=kind)[0])
    pair = result(start, kind=kind)[0], (ends[0] - ends[1]) / (2 * step)
    return pair if all(math.isfinite(float(one)) for one in pair) else None


def _settled(gap, start, step):
    """The zero of a function near a start, by secants."""
    before, here = start, start + step
    high, low = gap(before), gap(here)
    for _ in range(60):
        if high == low or here == before:
            break
        before, here, high = here, here - low * (here - before) / (low - high), low
        low = gap(here)
    return here
