"""Whether two expressions are the same function, decided by their values at points that both have.

Real points come first, because abs, sign and max mean something only there, and because a root or a
logarithm has one value there. Where the common domain has no real points to speak of, complex points settle
it for functions that are analytic. A difference that may be rounding is looked at with more digits; without
mpmath it passes where it is small: rather let a wrong digit pass than a right answer fail.
"""

import importlib.util

import numpy

from chainrule.derivations.points import StandIns, sampled
from chainrule.derivations.precision import HighPrecision
from chainrule.errors import ArgumentError
from chainrule.expressions import Abstract, Apply, Comparison, Expression, Piecewise, exact, symbols_of, walk
from chainrule.expressions.evaluate import Values

ENOUGH = 6  # points that must agree
_KEPT = 24  # points at which expressions are compared
_DIGITS = 340  # as many as a float has places, so that the sine of its largest numbers is right
_SAME, _DOUBT = 1e-9, 1e-4  # relative differences: below the first the same, between the two perhaps rounding
_IN_DIGITS = 1e-14  # the same, worked out to more digits: as near as decimals that a calculator shows
_ROUNDED = 2e-3  # and below this, the same but for decimals that were cut off
_HUGE = 1e12
_REAL_ONLY = frozenset(
    """absolute sign maximum minimum fmax fmin clip where floor ceil trunc rint floor_divide remainder fmod
    arctan2 hypot cbrt erf heaviside copysign softplus sigmoid logaddexp logaddexp2""".split()
)


class Points:
    """Points of the common domain of some expressions, and the values of any expression there.

    Args:
        expressions: what must be a number at each point.
        given: points to choose from, as dicts from names to numbers; else they are found.

    Attributes:
        count: how many there are.
        real: whether they are real.
    """

    def __init__(self, *expressions, given=None):
        self._names = [symbol.name for symbol in symbols_of(*expressions)]
        self._functions = StandIns(*expressions)
        self.at, self.count, self.real = {}, 0, True
        if given is None:
            self._find(expressions)
        else:
            self._choose(expressions, given)
        self._values = Values(self.at, self._functions)

    def _choose(self, expressions, given):
        at = {name: numpy.array([point[name] for point in given]) for name in self._names}
        good = _are_numbers(expressions, Values(at, self._functions), len(given))
        self.at, self.count = {name: numbers[good] for name, numbers in at.items()}, int(good.sum())

    def _find(self, expressions):
        for seed in range(4):  # a thin domain is missed by one set of candidates, not by four
            points = sampled(expressions, self._names, _KEPT, self._functions, seed=seed)
            if len(points) > self.count:
                self.at = {name: numpy.array([point[name] for point in points]) for name in self._names}
                self.count = len(points)
            if self.count >= ENOUGH:
                break
        if self.count < ENOUGH and all(is_analytic(expression) for expression in expressions):
            self._try_complex(expressions)

    def _try_complex(self, expressions):
        rng = numpy.random.default_rng(0)
        at = {name: rng.uniform(0.2, 2, _KEPT) + 1j * rng.uniform(0.1, 1, _KEPT) for name in self._names}
        good = _are_numbers(expressions, Values(at, self._functions), _KEPT)
        if good.sum() > self.count:
            self.at = {name: numbers[good] for name, numbers in at.items()}
            self.count, self.real = int(good.sum()), False

    def values(self, expression) -> numpy.ndarray:
        """The values of an expression at the points; NaN where it has none."""
        return _evaluated(self._values, expression, self.count)

    def point(self, i):
        """One of the points: a dict from names to numbers."""
        return {name: self.at[name][i].item() for name in self._names}


def _are_numbers(expressions, values, count):
    """At which points all of the expressions are finite numbers."""
    good = numpy.ones(count, bool)
    for expression in expressions:
        found = _evaluated(values, expression, count)
        good &= numpy.isfinite(found) & (numpy.abs(found) < _HUGE)
    return good


def _evaluated(values, expression, count):
    with numpy.errstate(all="ignore"):
        try:
            found = numpy.asarray(values[expression])
        except (TypeError, ValueError, ArithmeticError):
            found = numpy.asarray(numpy.nan)
    return numpy.broadcast_to(found, (count,))


def is_analytic(expression):
    """Whether complex numbers can be put in: no absolute values, maxima, branches or odd roots."""
    for node in walk(expression):
        if type(node) in (Piecewise, Comparison, Abstract):
            return False
        if type(node) is Apply and node.name in _REAL_ONLY:
            return False
        if type(node) is Apply and node.name == "power":
            exponent = exact(node.arguments[1])
            if exponent is not None and exponent.denominator % 2 and exponent.denominator > 1:
                return False
    return True


def difference(a, b):
    """The relative difference of two arrays of values, entry by entry; NaN where one of them is."""
    with numpy.errstate(all="ignore"):
        return numpy.abs(a - b) / numpy.maximum(1e-6, numpy.maximum(numpy.abs(a), numpy.abs(b)))


def agree(a, b, enough=ENOUGH):
    """Whether two arrays of values agree wherever both are numbers, at enough points."""
    apart = difference(a, b)
    apart = apart[~numpy.isnan(apart)]
    return len(apart) >= min(enough, len(a)) and len(apart) > 0 and bool((apart <= _SAME).all())


class Compared:
    """Two expressions compared at common points, or at some that are `given`.

    Attributes:
        points: the `Points`.
        agree: at which of the points they agree, as an array of booleans.
        same: whether they agree at all of them.
        rounded: whether they do, but for decimals that were cut off.
    """

    def __init__(self, a: Expression, b: Expression, given=None):
        self.points = Points(a, b, given=given)
        left, right = self.points.values(a), self.points.values(b)
        apart = difference(left, right)
        self.agree = apart <= _SAME
        if self.points.real:
            self._look_again(a, b, apart)
            if self.points.count and self.agree.all():
                worst = int(numpy.argmax(apart))  # a small term beside a large one
                self.agree[worst] = _agree_in_digits(a, b, self.points.point(worst), True)
        self.same = bool(self.agree.all()) if self.points.count else a.plain is b.plain
        self.rounded = bool(self.points.count and (apart <= _ROUNDED).all()) and not self.same

    def _look_again(self, a, b, apart):
        """More digits for differences that may be rounding, and for larger ones until one of them is real."""
        confirmed = False
        for i in numpy.nonzero(~self.agree)[0]:
            if confirmed and not apart[i] <= _DOUBT:
                continue
            self.agree[i] = _agree_in_digits(a, b, self.points.point(i), bool(apart[i] <= _DOUBT))
            confirmed = confirmed or not self.agree[i]


def _agree_in_digits(a, b, point, unknown):
    """Whether two expressions agree at a point when both are worked out to many digits.

    Args:
        unknown: what is answered where that cannot be done, as without mpmath.
    """
    if importlib.util.find_spec("mpmath") is None:
        return unknown
    kind = HighPrecision(_DIGITS)
    try:
        left, right = (Values(point, kind=kind)[expression] for expression in (a, b))
    except (NotImplementedError, TypeError, AttributeError, ArgumentError):
        return unknown
    if left != left or right != right:  # no point of the common domain after all
        return True
    return bool(abs(left - right) <= _IN_DIGITS * (abs(left) + abs(right)) + kind.number(10) ** (-_DIGITS // 2))


def same(a: Expression, b: Expression) -> bool:
    """Whether two expressions have the same values wherever both have one.

    >>> from chainrule.expressions import EXPRESSIONS, Symbol
    >>> x = Symbol("x")
    >>> same(EXPRESSIONS.sin(2 * x), 2 * EXPRESSIONS.sin(x) * EXPRESSIONS.cos(x))
    True
    >>> same(EXPRESSIONS.sqrt(x**2), x)
    False
    """
    return Compared(a, b).same
