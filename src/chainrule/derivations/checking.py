"""Every derivation is compared with an independent evaluation of its function before it is shown.

The function is evaluated through its rooms' `forward` only, never their slopes. With mpmath, central
differences in 50 digits leave about 30 digits to compare; without it, a complex step through the function
leaves 15. The points are drawn from the domain, always the same ones for the same function.
"""

import functools
import importlib.util
import math

import numpy

from chainrule.derivations.model import Check
from chainrule.derivations.points import StandIns, sampled
from chainrule.derivations.precision import ComplexSteps, HighPrecision
from chainrule.errors import DerivationError
from chainrule.expressions import walk
from chainrule.expressions.evaluate import Values

POINTS = 12
_DIGITS = 50
_WORK = 40_000  # nodes times points that may be evaluated: larger functions are tried at fewer points
_TOLERANCE = {"differences": 1e-12, "complex-step": 1e-7}


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


def compared(function, result, variable, points, stand_ins=None, along=None) -> Check:
    """The result compared with the slope of the function at the points.

    Args:
        along: for a function given by an equation, how other variables move with this one; else None.

    Raises: DerivationError where they disagree.
    """
    method = "differences" if importlib.util.find_spec("mpmath") else "complex-step"
    slopes = _differences if method == "differences" else _complex_steps
    worst, tried = 0.0, []
    for point in points:
        pair = slopes(function, result, variable, point, stand_ins or {})
        if pair is None:
            continue
        error = _relative(*pair)
        if not error <= _TOLERANCE[method]:
            raise disagreement(point, *pair)
        worst = max(worst, error)
        tried.append(point)
    if not tried:
        return Check(0, math.nan, method, reason="check.reason.no-points")
    return Check(len(tried), float(worst), method, tuple(tried))


def _relative(given, measured):
    scale = max(abs(given), abs(measured))
    return float(abs(given - measured) / scale) if scale > 1e-25 else 0.0


def disagreement(point, given, measured):
    """The error for a derivation that its check contradicts."""
    where = ", ".join(f"{name} = {value:.6g}" for name, value in point.items())
    return DerivationError(
        f"the derivation gives {float(given):.8g} at {where}, and the function itself has slope {float(measured):.8g}",
        "nothing is shown, since one of the two is wrong; please report the expression",
    )


def _differences(function, result, variable, point, stand_ins):
    """The result and a central difference of the function, in high precision; None outside the domain."""
    kind = _high_precision()
    mp = kind.mp
    step = mp.mpf(10) ** (-mp.dps // 3) * max(1, abs(point[variable]))
    x = mp.mpf(point[variable])
    above = Values(point | {variable: x + step}, stand_ins, kind)[function]
    below = Values(point | {variable: x - step}, stand_ins, kind)[function]
    given = Values(point, stand_ins, kind)[result]
    pair = given, (above - below) / (2 * step)
    return pair if all(mp.isfinite(one) for one in pair) else None


@functools.cache
def _high_precision():
    return HighPrecision(_DIGITS)


def _complex_steps(function, result, variable, point, stand_ins):
    """The result and the step that the function carries along, in floats; None outside the domain."""
    step = 1e-100
    with numpy.errstate(all="ignore"):
        given = float(Values(point, stand_ins)[result])
        carried = Values(point | {variable: point[variable] + 1j * step}, stand_ins, ComplexSteps())[function]
    pair = given, float(numpy.imag(carried)) / step
    return pair if all(map(math.isfinite, pair)) else None
