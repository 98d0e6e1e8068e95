"""Points: where to try a derivation, and its numbers at a point."""

import functools
import math
from typing import Any

import numpy

from chainrule.derivations.model import Numbers
from chainrule.errors import ArgumentError
from chainrule.expressions import Abstract, Plan, walk
from chainrule.expressions.evaluate import ARRAYS, Values

_CANDIDATES, _AROUND_ONE = 512, 64
_TINY = 1e-9


def numbers(derivation, point) -> Numbers:
    """The numbers of a derivation at one point."""
    given = complete(point, [symbol.name for symbol in derivation.variables])
    values = Values(given)
    written_out = derivation.written_out
    factors = tuple(float(values[written_out(factor.written)]) for factor in derivation.factors)
    paths = tuple(tuple(float(values[written_out(f.written)]) for f in path.factors) for path in derivation.paths)
    value, one_sided = float(values[derivation.result]), None
    function = float(values[derivation.function])
    sides = derivation.domain.slopes_at(given)
    if sides is not None:
        one_sided = sides
        value = sides[0] if sides[0] == sides[1] else math.nan
    letters = {s.name: float(values[written_out(meaning)]) for s, meaning in derivation.letters.meaning.items()}
    letters |= {s.name: float(values[written_out(s)]) for s in derivation.definitions.meaning}
    product = math.prod(factors) if len(paths) < 2 else math.fsum(math.prod(path) for path in paths)
    return Numbers(given, value, function, factors, letters, paths, product if paths else value, one_sided)


def complete(point, names):
    """The point, with a float for every variable and for nothing else.

    Raises: ArgumentError where one has no value, or no number for a value.
    """
    unknown = [name for name in point if name not in names]
    missing = [name for name in names if name not in point]
    if unknown or missing:
        said = f"{unknown[0]} is no variable of it" if unknown else f"{missing[0]} has no value"
        raise ArgumentError(f"at: {said}", f"give a number for each of {', '.join(names)}: at({names[0]}=0.5)")
    for name, value in point.items():
        try:
            point = point | {name: float(value)}
        except (TypeError, ValueError):
            raise ArgumentError(f"at: {name}={value!r} is not a number", f"write {name}=0.5, say") from None
    return point


def sampled(expressions, names, count, functions=None, accept=None, seed=0, plan=None):
    """Points at which all of the expressions are finite real numbers: up to `count` dicts from names to floats.

    Args:
        expressions: what must be finite; where there are enough of them, at half of the points the last is not tiny.
        names: the variables.
        functions: what stands for abstract functions, as for `evaluate`.
        accept: a function of the candidates (name -> array) that says which of them to keep, or None.
        plan: the `Plan` of the expressions, where there is one.
    """
    candidates = dict(zip(names, _candidates(seed, len(names))))
    good, moderate, telling = (numpy.ones(_CANDIDATES, bool) for _ in range(3))
    with numpy.errstate(all="ignore"):
        for value in (plan or Plan(*expressions))(candidates, functions, ARRAYS):
            good &= numpy.isfinite(value)
            moderate &= numpy.abs(value) < 1e12
            telling = numpy.abs(value) > _TINY
        if accept is not None:
            good &= accept(candidates)
    chosen = [*numpy.nonzero(good & moderate)[0], *numpy.nonzero(good & ~moderate)[0]][:count]
    telling = good & moderate & telling
    missing = count // 2 - int(numpy.sum(telling[chosen]))
    telling[chosen] = False
    chosen = [*numpy.nonzero(telling)[0][: max(0, missing)], *chosen][:count]
    return [{name: float(candidates[name][i]) for name in names} for i in chosen]


@functools.lru_cache(32)  # drawing them takes longer than trying them
def _candidates(seed, count):
    """For each variable numbers of the sizes that textbooks use, in random order, then ever larger and smaller ones.

    The last are close to 1 and -1, of which also a high power is neither huge nor tiny.
    """
    rng = numpy.random.default_rng(seed)
    rows = [_row_of_candidates(rng) for _ in range(count)]
    for row in rows:
        row.setflags(write=False)  # they are handed out again
    return rows


def _row_of_candidates(rng):
    near = numpy.concatenate([rng.uniform(0.1, 2, 64), rng.uniform(-2, 2, 64), rng.uniform(-4, 4, 128)])
    rng.shuffle(near)
    signs = rng.choice([-1.0, 1.0], _CANDIDATES - len(near))
    far = signs * 10 ** rng.uniform(-3, 3, _CANDIDATES - len(near))
    far[-_AROUND_ONE:] = numpy.sign(far[-_AROUND_ONE:]) * rng.uniform(0.996, 1.004, _AROUND_ONE)
    return numpy.concatenate([near, far])


class StandIns(dict):
    """A smooth function in the place of each abstract one: f(x, y) = exp(a x + b y) with its own a and b."""

    def __init__(self, *expressions):
        found = {node.name: len(node.arguments) for node in walk(*expressions) if type(node) is Abstract}
        super().__init__({name: _exponential(number, count) for number, (name, count) in enumerate(found.items(), 1)})


def _exponential(number, count):
    weights = [0.3 + 0.17 * number + 0.11 * i for i in range(count)]

    def function(orders, *arguments):
        slope: Any = 1
        total: Any = 0
        for weight, order, argument in zip(weights, orders, arguments):
            total = total + weight * argument
            slope = slope * weight**order
        return slope * (total.context.exp(total) if hasattr(total, "context") else numpy.exp(total))

    return function
