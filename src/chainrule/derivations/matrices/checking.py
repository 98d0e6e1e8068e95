"""Every closed form is compared with the function at random matrices of the stated shapes, before it is shown.

The function is evaluated through its rooms' `forward` only. It is moved along a random direction, by a
complex step where it can take one (no digits are lost), else by differences extrapolated to step zero; what
moves must be what the closed form says. Letters for sizes get several different numbers, so that a transpose
in the wrong place does not fit.
"""

import math

import numpy

from chainrule.derivations.model import Check
from chainrule.errors import DerivationError
from chainrule.expressions import Apply, Symbol, evaluate, symbols_of, walk
from chainrule.expressions.evaluate import Floats, Values
from chainrule.expressions.instances import instance, size_letters

POINTS = 12
_STEP = 1e-30
_TOLERANCE = {"complex-step": 1e-9, "differences": 1e-6}
_ATTEMPTS = 8  # draws of each sort before another sort of matrices is tried
_INVERTED = frozenset(["inv", "solve", "det", "logabsdet"])
_WORK = 20_000  # nodes times points: larger functions are tried at fewer points
_WORST = 1e4  # the worst condition of a matrix that is inverted
_SIZES = ((2, 3, 4, 5, 6, 7, 8, 9), (4, 2, 5, 3, 7, 6, 9, 8))


class Numbers(Floats):
    """NumPy's numbers, complex ones too."""

    def number(self, value):
        return value if isinstance(value, (numpy.ndarray, numpy.generic, complex)) else super().number(value)


_NUMBERS = Numbers()


def value(expression, at):
    """An expression at a point whose values may be complex."""
    return Values(at, kind=_NUMBERS)[expression]


class Sampler:
    """Random values for symbols, of their shapes and with their properties.

    Args:
        expressions: what must be finite at a point.
        given: name -> value, for symbols whose values are known.
        symmetric: names of matrices that are symmetric.
        positive: names of matrices that are symmetric and positive definite.
    """

    def __init__(self, expressions, given=None, symmetric=(), positive=()):
        self.expressions, self.given = expressions, given or {}
        self.symmetric, self.positive = frozenset(symmetric) | frozenset(positive), frozenset(positive)
        self.letters = size_letters(*expressions)

    def points(self, count, seed=0):
        """Triples: sizes, values of the symbols, and the expressions in numbers for these sizes."""
        rng = numpy.random.default_rng(seed)
        found, chosen = 0, [self._sized(numbers) for numbers in (_SIZES if self.letters else _SIZES[:1])]
        for i in range(2 * count):
            if found == count:
                return
            sizes, ready = chosen[i % len(chosen)]
            at = self._point(rng, ready)
            if at is not None:
                found += 1
                yield sizes, at, ready

    def _sized(self, numbers):
        """Numbers for the letters of sizes, and the expressions with them."""
        sizes = {name: numbers[j % len(numbers)] + j // len(numbers) for j, name in enumerate(self.letters)}
        return sizes, [instance(expression, sizes) for expression in self.expressions]

    def _point(self, rng, ready):
        symbols = symbols_of(*ready)
        for draw in (_anything, _positive, _definite, _definite_and_positive, _small):
            for _ in range(_ATTEMPTS):
                at = {symbol.name: self.drawn(rng, symbol, draw) for symbol in symbols}
                with numpy.errstate(all="ignore"):
                    if _is_usable(ready, at):
                        return at
        return None

    def drawn(self, rng, symbol, draw=None):
        """A random value for one symbol."""
        if symbol.name in self.given:
            return self.given[symbol.name]
        shape = symbol.shape
        if symbol.name.startswith("onehot("):
            return numpy.eye(shape[0])[rng.integers(shape[0])]
        drawn = (_definite if symbol.name in self.positive else draw or _anything)(rng, shape)
        if symbol.name in self.symmetric:
            drawn = (drawn + numpy.swapaxes(drawn, -1, -2)) / 2
        return drawn if shape else float(drawn)


def _anything(rng, shape):
    return rng.uniform(-1.5, 1.5, shape)


def _positive(rng, shape):
    return rng.uniform(0.3, 2.0, shape)


def _small(rng, shape):
    return rng.uniform(0.02, 0.3, shape)


def _definite(rng, shape, others=_anything):
    if len(shape) < 2 or shape[-1] != shape[-2]:
        return others(rng, shape)
    root = rng.uniform(-1.0, 1.0, shape)
    return root @ numpy.swapaxes(root, -1, -2) + 0.5 * numpy.eye(shape[-1])


def _definite_and_positive(rng, shape):
    return _definite(rng, shape, _positive)


def _is_usable(expressions, at):
    """Whether all are finite at a point, and no matrix in them is close to having no inverse."""
    values = Values(at)
    try:
        if not all(numpy.all(numpy.isfinite(values[expression])) for expression in expressions):
            return False
        for node in walk(*expressions):
            if type(node) is Apply and node.name in _INVERTED and _condition(values[node.arguments[0]]) > _WORST:
                return False
    except (numpy.linalg.LinAlgError, ZeroDivisionError):
        return False
    return True


def _condition(matrix):
    return numpy.max(numpy.linalg.cond(matrix))


def check(function, moved, variable, sampler, count=POINTS) -> Check:
    """What a closed form says compared with how the function moves.

    Args:
        function: an expression.
        moved: `moved(direction)`: the expression for how the function moves when the variable moves along the
            Symbol `direction`.
        sampler: a `Sampler` of both.

    Raises: DerivationError where they disagree: what is wrong is never shown.
    """
    direction = Symbol(f"{variable.name} moves", variable.shape)
    said = moved(direction)
    symmetric = sampler.symmetric | _same(sampler, direction)
    sampler = Sampler([*sampler.expressions, said, function], sampler.given, symmetric, sampler.positive)
    count = max(2, min(count, _WORK // sum(1 for _ in walk(said, function))))
    worst, tried, methods = 0.0, [], set()
    for sizes, at, (*_, ready, own) in sampler.points(count):
        claimed = numpy.asarray(evaluate(ready, at))
        try:
            found, method = _measured(own, variable.name, at, at[direction.name], claimed)
        except numpy.linalg.LinAlgError:
            continue
        error = _relative(claimed, found)
        if not error <= _TOLERANCE[method]:
            raise _disagreement(sizes, claimed, found)
        worst = max(worst, error)
        methods.add(method)
        tried.append(sizes)
    if not tried:
        return Check(0, math.nan, "", reason="check.reason.no-points")
    return Check(len(tried), worst, "differences-of-arrays" if "differences" in methods else "complex-step")


def _same(sampler, direction):
    """A symmetric matrix moves along symmetric ones."""
    return {direction.name} if direction.name.removesuffix(" moves") in sampler.symmetric else set()


def _measured(function, name, at, along, claimed):
    """How the function moves along a direction, and how that was found."""
    try:
        found = value(function, at | {name: numpy.asarray(at[name]) + 1j * _STEP * numpy.asarray(along)})
        found = numpy.imag(found) / _STEP
        if _relative(claimed, found) <= _TOLERANCE["complex-step"]:
            return found, "complex-step"
    except (TypeError, ValueError, numpy.linalg.LinAlgError):
        pass  # a room that has no complex values
    return _differences(function, name, at, along), "differences"


def _differences(function, name, at, along, step=1e-2, rows=6):
    """The slope at 0 of t -> f(x + t v): central differences, extrapolated (Ridders 1982)."""

    def slope(t):
        ahead, behind = (evaluate(function, at | {name: at[name] + sign * t * along}) for sign in (1, -1))
        return (numpy.asarray(ahead) - numpy.asarray(behind)) / (2 * t)

    best, error, table = None, math.inf, []
    with numpy.errstate(all="ignore"):
        for i in range(rows):
            row = [slope(step / 2**i)]
            for j, above in enumerate(table[-1] if table else []):
                factor = 4.0 ** (j + 1)
                row.append((factor * row[j] - above) / (factor - 1))
                change = float(numpy.max(abs(row[-1] - above), initial=0.0))
                if change < error:
                    best, error = row[-1], change
            table.append(row)
    return table[-1][-1] if best is None else best


def _relative(claimed, found):
    scale = float(max(numpy.max(abs(claimed), initial=0.0), numpy.max(abs(found), initial=0.0)))
    return float(numpy.max(abs(claimed - found), initial=0.0)) / scale if scale > 1e-9 else 0.0


def _disagreement(sizes, claimed, found):
    where = ", ".join(f"{name} = {size}" for name, size in sizes.items()) or "the given shapes"
    return DerivationError(
        f"with {where} the derivation says that the function moves by {numpy.array2string(claimed, precision=6)}, "
        f"and it moves by {numpy.array2string(numpy.asarray(found), precision=6)}",
        "nothing is shown, since one of the two is wrong; please report the expression",
    )
