"""Where a quantity of one variable is zero: found in numbers, and named where it is a number with a name.

A grid from -50 to 50 that contains the numbers people write (every twentieth) is searched for changes of
sign and for places where the quantity touches zero; both are narrowed down. So is what lies beyond the grid
only compared with its ends: whoever uses this says that it was found in numbers.
"""

import importlib.util
import math
from fractions import Fraction

import numpy

from chainrule.derivations.precision import high_precision
from chainrule.expressions import EXPRESSIONS, Constant, Expression, Number, Plan, lift
from chainrule.expressions.evaluate import ARRAYS, Values, evaluate

REACH = 50
_GRID = numpy.arange(-20 * REACH, 20 * REACH + 1) / 20
_PIECES = 65  # into so many a range is cut while a zero in it is narrowed down
_MOST = 40  # more zeros than this are a pattern, not a list


def values_on(expression, name):
    """A function of points (values of one variable): the expression at each of them."""
    plan = Plan(expression)

    def values(points):
        (found,) = plan({name: points}, kind=ARRAYS)
        return numpy.broadcast_to(numpy.asarray(found, dtype=float), numpy.shape(points))

    return values


def zeros(quantity, name):
    """The zeros of the quantity on the grid's range, in order; None where there are too many to list."""
    on = values_on(quantity, name)
    with numpy.errstate(all="ignore"):
        values = on(_GRID)
        found = [float(x) for x in _GRID[values == 0]]
        left, right = values[:-1], values[1:]
        crossing = numpy.nonzero((left * right < 0) & numpy.isfinite(left) & numpy.isfinite(right))[0]
        touching = _nearly_touching(numpy.abs(values))
        edges = numpy.nonzero(numpy.isnan(left) != numpy.isnan(right))[0]
        if len(found) + len(crossing) + len(touching) + len(edges) > _MOST:
            return None
        for i in crossing:
            found += _crossing(on, _GRID[i], _GRID[i + 1])
        for i in touching:
            found += _touching(on, _GRID[i - 1], _GRID[i + 1])
        for i in edges:
            found += _edge(on, _GRID[i], _GRID[i + 1])
    return _distinct(found)


def _nearly_touching(size):
    """Where a size comes down and goes up again, and a parabola through the three points there comes near zero."""
    before, here, after = size[:-2], size[1:-1], size[2:]
    lowest = here - (after - before) ** 2 / (8 * (before - 2 * here + after))
    low = (here < before) & (here < after) & (here > 0) & (lowest < 0.3 * numpy.maximum(before, after))
    return 1 + numpy.nonzero(low)[0]


def _at(on, x):
    return float(on(numpy.float64(x)))


def _narrowed(on, low, high, side):
    """The two neighbouring floats between which `side` (a function of values) changes, and its value at `low`."""
    start = bool(side(on(numpy.array([low])))[0])
    while True:
        points = numpy.linspace(low, high, _PIECES)
        changed = side(on(points)) != start
        changed[-1] = True
        first = int(numpy.argmax(changed))
        if first == 0 or (points[first - 1], points[first]) == (low, high):
            return low, high, start
        low, high = float(points[first - 1]), float(points[first])


def _crossing(on, low, high):
    """A zero between two points of opposite sign; none where the quantity jumps over zero (a pole)."""
    before = max(abs(_at(on, low)), abs(_at(on, high)))
    low, high, _ = _narrowed(on, low, high, lambda values: values > 0)
    size, x = min((abs(_at(on, x)), x) for x in (low, high))
    return [x] if size <= 1e-6 * (1 + before) else []


def _touching(on, low, high):
    """A place where the quantity comes down to zero and goes up again."""
    before = abs(_at(on, low)) + abs(_at(on, high))
    for _ in range(12):
        points = numpy.linspace(low, high, _PIECES)
        least = int(numpy.nanargmin(numpy.abs(on(points))))
        low, high = float(points[max(0, least - 1)]), float(points[min(_PIECES - 1, least + 1)])
    middle = (low + high) / 2
    return [middle] if abs(_at(on, middle)) <= 1e-13 * (1 + before) else []


def _edge(on, low, high):
    """The end of the range where the quantity is a number, where it comes down to zero there."""
    low, high, outside = _narrowed(on, low, high, numpy.isnan)
    end = high if outside else low
    return [end] if abs(_at(on, end)) <= 1e-6 else []


def _distinct(found):
    kept = []
    for x in sorted(found):
        if not kept or abs(x - kept[-1]) > 1e-9 * (1 + abs(x)):
            kept.append(x)
    return kept


def named(x) -> tuple[Expression, bool]:
    """A number as one writes it, and whether that is exact: 1/9, √2, π/4, ln 2; else its first digits.

    >>> [str(named(x)[0]) for x in (0.5, -math.sqrt(2), math.pi / 4, math.log(2), 0.7390851332151607)]
    ['1/2', '−√2', 'π/4', 'ln(2)', '0.739085']
    """
    for unit, symbol in _UNITS:
        share = Fraction(x / unit).limit_denominator(36)
        if abs(float(share) * unit - x) <= 2e-15 * max(1.0, abs(x)) * 8 and (symbol is None or share):
            return _multiple(share, symbol), True
    square = Fraction(x * x).limit_denominator(200)
    if abs(math.sqrt(square) - abs(x)) <= 1e-14 * max(1.0, abs(x)):
        root = EXPRESSIONS.sqrt(lift(square))
        return (-root if x < 0 else root), True
    return lift(float(f"{x:.6g}")), False


def vanishes(quantity, name, at) -> bool:
    """Whether the quantity is zero at an exact number, to as many digits as can be had."""
    if importlib.util.find_spec("mpmath"):
        kind = high_precision()
        value = Values({name: Values({}, kind=kind)[at]}, kind=kind)[quantity]
        return bool(kind.mp.isfinite(value) and abs(value) < 1e-40)
    return abs(evaluate(quantity, {name: evaluate(at, {})})) < 1e-12


_UNITS = (
    (1.0, None),
    (math.pi, Constant("pi")),
    (math.e, Constant("e")),
    (1 / math.e, EXPRESSIONS.exp(-Number(1))),
    (math.log(2), EXPRESSIONS.log(Number(2))),
    (math.log(3), EXPRESSIONS.log(Number(3))),
)


def _multiple(share, symbol):
    if symbol is None:
        return lift(share)
    top = lift(abs(share.numerator)) * symbol if abs(share.numerator) != 1 else symbol
    size = top / share.denominator if share.denominator != 1 else top
    return -size if share < 0 else size
