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
from chainrule.expressions.evaluate import FLOATS, Values

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
    slopes = _differences if method == "differences" else _complex_steps
    pairs = ((point, slopes((function, over), result, variable, point, stand_ins or {})) for point in points)
    return _checked(pairs, method)


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


def _differences(functions, result, variable, point, stand_ins):
    """The result and a central difference of the function, in high precision; None outside the domain."""
    pair = None
    for digits in _DIGITS:
        kind = high_precision(digits)
        pair, noise = _difference(kind, functions, result, variable, point, stand_ins)
        if pair is None:
            continue
        if max(map(abs, pair)) <= noise:
            pair = kind.mp.zero, kind.mp.zero  # as good as zero; more digits may tell
        elif _relative(*pair) <= _TOLERANCE["differences"]:
            return pair
        else:
            finer, _ = _difference(kind, functions, result, variable, point, stand_ins, finer=1000)
            if finer is None or _relative(pair[1], finer[1]) > _SETTLED:
                pair = None  # the difference itself has not settled: it says nothing
    return pair


def _difference(kind, functions, result, variable, point, stand_ins, finer=1):
    """`((given, measured), noise)`: below the noise a difference in so many digits says nothing."""
    mp = kind.mp
    step = mp.mpf(10) ** (-mp.dps // 3) * max(1, abs(point[variable])) / finer
    x = mp.mpf(point[variable])
    above, below = (Values(point | {variable: x + sign * step}, stand_ins, kind) for sign in (1, -1))
    given = Values(point, stand_ins, kind)[result]
    rise, run = (2 * step if one is None else above[one] - below[one] for one in functions)
    if not all(mp.isfinite(one) for one in (given, rise, run)) or not run:
        return None, 0
    noise = mp.mpf(10) ** (5 - mp.dps) * (1 + abs(above[functions[0]])) / abs(run)
    return (given, rise / run), noise


def _complex_steps(functions, result, variable, point, stand_ins):
    """The result and the step that the function carries along, in floats; None outside the domain.

    None also where rounding decides: where either moves by a tenth of the tolerance with a very small change
    of the variable.
    """
    pair = _complex_step(functions, result, variable, point, stand_ins)
    near = _complex_step(functions, result, variable, _moved(point, variable), stand_ins)
    steady = _TOLERANCE["complex-step"] / 10
    if pair is None or near is None or not all(_relative(*both) <= steady for both in zip(pair, near)):
        return None
    return pair


def _moved(point, variable):
    return point | {variable: point[variable] * (1 + _A_LITTLE)}


def _complex_step(functions, result, variable, point, stand_ins):
    step = 1e-100
    with numpy.errstate(all="ignore"):
        given = float(Values(point, stand_ins)[result])
        values = Values(point | {variable: point[variable] + 1j * step}, stand_ins, ComplexSteps())
        rise, run = (step if one is None else float(numpy.imag(values[one])) for one in functions)
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
