"""Every derivation is compared with an independent evaluation of its function before it is shown.

The function is evaluated through its rooms' `forward` only, never their slopes. With mpmath, central
differences in 50 digits leave about 30 digits to compare; without it, a complex step through the function
leaves 15. The points are drawn from the domain, always the same ones for the same function.
"""

import importlib.util
import math
from typing import Any

import numpy

from chainrule.derivations.model import Check
from chainrule.derivations.points import StandIns, sampled
from chainrule.derivations.precision import ComplexSteps, high_precision
from chainrule.errors import DerivationError
from chainrule.expressions import walk
from chainrule.expressions.evaluate import FLOATS, Prepared, Values

POINTS = 12
_DIGITS = (50, 150, 500)  # more only where the function loses so many that the first do not settle it
_WORK = 12_000  # nodes times points that may be evaluated: larger functions are tried at fewer points
_A_LITTLE = 2.0**-50  # a relative change that rounding may show in, and hardly a derivative
_IN_FLOATS = ("complex-step", "curve-in-floats")
_LAST_DIGITS = 1e-3  # a disagreement that rounding may explain at a point or two
_TINY = 1e-10  # a slope of which floats may have no digit right
_SETTLED = 1e-6  # how far the slope may change with a smaller step, to count as measured
_NOISE = 1e-13  # a slope that floats cannot tell from zero
_TOLERANCE = {"differences": 1e-12, "complex-step": 1e-7, "curve": 1e-10, "curve-in-floats": 1e-4}


def check(derivation) -> Check:
    """The derivative of a derivation compared at points of its domain; raises where it is wrong."""
    function, result = derivation.function, derivation.result
    if derivation.domain.empty:
        return Check(0, math.nan, "", reason="check.reason.empty")
    nodes = sum(1 for _ in walk(function, result))
    count = max(2, min(POINTS, _WORK // nodes))
    stand_ins = StandIns(function, result)
    names = [symbol.name for symbol in derivation.variables]
    accept = None if stand_ins else derivation.domain.holds
    points = sampled((function, result), names, count, stand_ins, accept)
    return compared(function, result, derivation.variable.name, points, stand_ins)


def compared(function, result, variable, points, stand_ins=None, over=None) -> Check:
    """The result compared with the slope of the function at the points.

    Args:
        over: another function, by whose slope that of the function is divided, or None.

    Raises: DerivationError where they disagree.
    """
    method = "differences" if importlib.util.find_spec("mpmath") else "complex-step"
    kinds = _Differences if method == "differences" else _ComplexSteps
    slopes = kinds((function, over), result, variable, stand_ins or {})
    return _checked(((point, slopes(point)) for point in points), method)


def _checked(pairs, method) -> Check:
    """The Check of `(point, (given, measured))` pairs; a pair may be None.

    In high precision every point must agree. In floats the last digits may be lost to rounding at a few points,
    since nothing tells how many a composition costs: such a point is not counted as tried.
    """
    worst, tried, lost = 0.0, [], []
    for point, pair in pairs:
        if pair is None:
            continue
        error = _relative(*pair)
        if error <= _TOLERANCE[method]:
            worst = max(worst, error)
            tried.append(point)
        elif method in _IN_FLOATS and (error < _LAST_DIGITS or max(map(abs, pair)) < _TINY):
            lost.append((point, pair))
        else:
            raise disagreement(point, *pair)
    if len(lost) > len(tried) / 2:
        raise disagreement(lost[0][0], *lost[0][1])
    if not tried:
        return Check(0, math.nan, method, reason="check.reason.no-points")
    return Check(len(tried), float(worst), method, tuple(tried))


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


class _Differences:
    """The result and a central difference of the function at a point, in high precision.

    Args:
        functions: `(function, over)`: by the slope of the second, where there is one, that of the first is divided.
    """

    def __init__(self, functions, result, variable, stand_ins):
        self._functions, self._result, self._variable, self._stand_ins = functions, result, variable, stand_ins
        self._prepared = {}

    def __call__(self, point):
        """`(given, measured)`; None outside the domain."""
        pair = None
        for digits in _DIGITS:
            kind = high_precision(digits)
            pair, noise = self._difference(kind, point)
            if pair is None:
                continue
            if max(map(abs, pair)) <= noise:
                pair = kind.mp.zero, kind.mp.zero  # as good as zero; more digits may tell
            elif _relative(*pair) <= _TOLERANCE["differences"]:
                return pair
            else:
                finer, _ = self._difference(kind, point, finer=1000)
                if finer is None or _relative(pair[1], finer[1]) > _SETTLED:
                    pair = None  # the difference itself has not settled: it says nothing
        return pair

    def _difference(self, kind, point, finer=1):
        """`((given, measured), noise)`: below the noise a difference in so many digits says nothing."""
        mp, variable = kind.mp, self._variable
        given, functions = self._at(kind)
        step = kind.power_of_ten(-mp.dps // 3) * max(1, abs(point[variable])) / finer
        x = mp.mpf(point[variable])
        above, below = (functions(point | {variable: x + sign * step}) for sign in (1, -1))
        (given,) = given(point)
        rise, run = (above[0] - below[0], above[1] - below[1] if len(above) > 1 else 2 * step)
        if not all(mp.isfinite(one) for one in (given, rise, run)) or not run:
            return None, 0
        noise = kind.power_of_ten(5 - mp.dps) * (1 + abs(above[0])) / abs(run)
        return (given, rise / run), noise

    def _at(self, kind):
        """The result and the functions, to be evaluated in one precision."""
        if kind not in self._prepared:
            functions = [one for one in self._functions if one is not None]
            self._prepared[kind] = [Prepared(some, self._stand_ins, kind) for some in ((self._result,), functions)]
        return self._prepared[kind]


class _ComplexSteps:
    """The result and the step that the function carries along at a point, in floats.

    Args: as for `_Differences`.
    """

    def __init__(self, functions, result, variable, stand_ins):
        self._variable = variable
        self._given = Prepared((result,), stand_ins)
        self._functions = Prepared([one for one in functions if one is not None], stand_ins, ComplexSteps())

    def __call__(self, point):
        """`(given, measured)`; None outside the domain.

        None also where rounding decides: where either moves by a tenth of the tolerance with a very small change
        of the variable.
        """
        moved = point | {self._variable: point[self._variable] * (1 + _A_LITTLE)}
        pair, near = self._step(point), self._step(moved)
        steady = _TOLERANCE["complex-step"] / 10
        if pair is None or near is None or not all(_relative(*both) <= steady for both in zip(pair, near)):
            return None
        return pair

    def _step(self, point):
        step = 1e-100
        with numpy.errstate(all="ignore"):
            given = float(self._given(point)[0])
            values = self._functions(point | {self._variable: point[self._variable] + 1j * step})
            rise, run = [float(numpy.imag(value)) for value in (*values, 1j * step)][:2]
        if not all(map(math.isfinite, (given, rise, run))) or not run:
            return None
        if max(abs(rise), abs(run)) > math.sqrt(step):  # the value itself is complex: rounded out of the domain
            return None
        return (0.0, 0.0) if max(abs(given), abs(rise / run)) < _NOISE else (given, rise / run)


def compared_on_curve(derivative, curve) -> Check:
    """The derivative along an implicit curve compared with differences along it.

    Args:
        derivative: the `Implicit` itself, or a derivation of its derivative.
        curve: the `Implicit`.

    Raises: DerivationError where they disagree.
    """
    precise = importlib.util.find_spec("mpmath") is not None
    along = None if derivative is curve else derivative.function
    pairs = ((point, _on_curve(derivative.result, along, curve, point, precise)) for point in curve.points)
    return _checked(pairs, "curve" if precise else "curve-in-floats")


def _on_curve(result, along, curve, point, precise):
    """The result, and a difference along the curve: of y, or of the function `along`."""
    kind: Any = high_precision() if precise else FLOATS
    x, y = curve.variable.name, curve.output.name
    start = {name: kind.number(value) for name, value in point.items()}
    step = start[x] * 0 + (kind.mp.mpf(10) ** (-kind.mp.dps // 3) if precise else 1e-5)
    start[y] = _settled(lambda at: Values(start | {y: at}, None, kind)[curve.gap], start[y], step)
    ends = []
    for sign in (1, -1):
        moved = start | {x: start[x] + sign * step}
        moved[y] = _settled(lambda at: Values(moved | {y: at}, None, kind)[curve.gap], start[y], step)  # noqa: B023
        ends.append(moved[y] if along is None else Values(moved, None, kind)[along])
    pair = Values(start, None, kind)[result], (ends[0] - ends[1]) / (2 * step)
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
