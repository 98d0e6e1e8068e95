"""check_grads: are the derivatives of a function right? Differences and adjointness say.

Differences are central, extrapolated twice to vanishing step (Richardson 1911), which leaves an error
near 1e-12 in float64. Their own error is estimated, from a second run with other steps, so that it is
never mistaken for an error of the derivative. Where they do not settle, smaller and larger steps are
tried before the function is blamed.

What one direction hides another shows: outputs are weighted so that none outshines the rest, and
entries whose share in a directional derivative is small are moved once more on their own.
"""

import numpy

from chainrule.core import tree
from chainrule.core.record import plain_value
from chainrule.core.spec import dtype_of, is_differentiable, shape_of
from chainrule.errors import ArgumentError, DtypeError, GradientCheckError
from chainrule.transforms.derivatives import jvp, vjp
from chainrule.transforms.trace import check_callable

_STEP = 4e-3
_OTHER_STEPS = (2.5e-4, 6e-2, 1.5e-5)
_MODES = ("forward", "reverse")
_ROUNDING = 1e-14  # of a function's value, relative: some tens of units in the last place
_NOTHING = 1e-13  # slopes below this are taken for what rounding leaves of larger numbers
_SETTLED = 1e-5  # how large the error of differences may be, relative
_SAFETY = 10  # times the estimated error is allowed; still far less than 0.05 %


def check_grads(function, args, order=2, modes=_MODES, rtol=1e-7, atol=0.0, directions=3, seed=0):
    """Check the derivatives of a function at a point; return None when they are right.

    Along random directions: the tangent against differences (forward), the pullback against the
    tangent (reverse: `<u, J v> = <Jᵀ u, v>`), and the same again for the pullback's own derivative up
    to `order`. A rule wrong by 0.05 % is found.

    Args:
        function: returns numbers, arrays or trees of them.
        args: a tuple of arguments: floating point numbers, arrays or trees of them. float32 is checked
            in float64.
        order: 1 for first derivatives, 2 for second ones too, and so on.
        modes: which of "forward" and "reverse" to check.
        rtol, atol: how far derivative and differences may part, relative to the larger one, and in all,
            beyond the error of the differences.
        directions: how many random directions.
        seed: of the random directions, so that a failure can be repeated.

    Raises:
        GradientCheckError: a derivative and its differences disagree, or the differences do not settle
            (a kink, a jump or noise at the point).
        ArgumentError: args is not a tuple, or a mode is not known.
        DtypeError: an argument is not floating point.

    >>> import numpy as np, chainrule as cr
    >>> cr.check_grads(lambda x, y: np.sin(x) * y, (0.5, np.array([1.0, 2.0])))
    """
    check_callable(function)
    if not isinstance(args, (tuple, list)):
        raise ArgumentError(f"args is a {type(args).__name__}", "pass a tuple of arguments: check_grads(f, (x,))")
    modes = (modes,) if isinstance(modes, str) else modes
    if not modes or any(mode not in _MODES for mode in modes):
        raise ArgumentError(f"modes={modes!r}", "choose from 'forward' and 'reverse'")
    leaves, rebuild = tree.flatten(list(args))
    leaves = [_double(leaf, path) for leaf, path in zip(leaves, tree.paths(list(args)))]

    def flat(*moved):
        return tuple(tree.flatten(function(*rebuild(list(moved))))[0])

    rng = numpy.random.default_rng(seed)
    for level in range(1, order + 1):
        check = _Check(flat, leaves, modes, rtol, atol, rng, level)
        check.run(directions if level == 1 else 1)
        flat = check.pulled_back()


class _Check:
    """The check of one function's first derivative at one point."""

    def __init__(self, function, leaves, modes, rtol, atol, rng, level):
        self.function, self.leaves, self.modes, self.level = function, leaves, modes, level
        self.rtol, self.atol, self.rng = rtol, atol, rng
        values, self.pullback = vjp(function, *leaves)
        self.middle = [_floating(value) for value in values]
        for i, value in enumerate(self.middle):
            if not numpy.all(numpy.isfinite(value)):
                raise GradientCheckError(
                    f"the {self._order()}value number {i} is not finite at this point",
                    "choose a point inside the function's domain",
                )

    def at(self, h, v):
        """The outputs after a step h along v, as arrays of floating point numbers."""
        with numpy.errstate(all="ignore"):
            moved = [leaf + numpy.float64(h) * rate for leaf, rate in zip(self.leaves, v)]
            return [_floating(out) for out in self.function(*moved)]

    def pulled_back(self):
        """The next function to check: the gradient of the outputs, weighted to be of like size."""
        function, weights = self.function, []
        for value in self.middle:
            size = numpy.where(abs(value) > 1e-12, abs(value), 1.0)
            weights.append(_kind_of(value, _signs(self.rng, value) / size))
        return lambda *xs: vjp(function, *xs)[1](tuple(weights))

    def run(self, directions):
        """Random directions; then each part that was hidden behind larger ones, alone."""
        signs, shares = [], []
        for _ in range(directions):
            signs = [_signs(self.rng, leaf) for leaf in self.leaves]
            shares = self._compare(*self._measured(signs, None))
        for parts in _hidden(shares):
            self._compare(*self._measured(signs, parts))

    def _measured(self, signs, parts):
        """A direction and the differences along it, taking steps of a size that suits the function."""
        for least in (0.1, 0.0):  # of an entry's size: absolute at first, then strictly relative
            v = [_scaled(one, leaf, least) for one, leaf in zip(signs, self.leaves)]
            if parts is not None:
                v = [_kind_of(leaf, rate * part) for leaf, rate, part in zip(self.leaves, v, parts)]
            differences = _Differences(self.at, v, self.middle)
            if not differences.unsettled:
                return v, differences
        raise GradientCheckError(
            f"the differences for the {self._order()}derivative of output {differences.unsettled[0]} do not "
            "settle: the function has a kink, a jump or noise at this point",
            "move the point away from the kink, and take randomness out of the function",
        )

    def _compare(self, v, differences):
        """Tangents and pullback against the differences; the share of each entry in the total."""
        measured, error, floor = differences.measured, differences.error, differences.floor
        _, tangents = jvp(self.function, tuple(self.leaves), tuple(v))
        tangents = [numpy.asarray(plain_value(t)) for t in tangents]
        if "forward" in self.modes:
            for i, (ours, theirs) in enumerate(zip(tangents, measured)):
                self._compare_entries(ours, theirs, _SAFETY * error[i] + floor[i], i)
        signs = [_signs(self.rng, value) for value in self.middle]
        least = 1e-14 * _largest(measured) + 1e-30
        weights = [  # that make every term of <u, J v> of size one, unless it drowns in rounding
            _kind_of(value, sign / numpy.maximum(abs(t), 1e7 * (e + f) + least))
            for value, sign, t, e, f in zip(self.middle, signs, measured, error, floor)
        ]
        gradients = [plain_value(g) for g in self.pullback(tuple(weights))]
        if "reverse" in self.modes:
            right = [_terms(g, rate) for g, rate in zip(gradients, v)]
            size = _norm([*right, *signs])
            # estimated errors may all point the same way; roundings do not
            estimated = sum(numpy.sum(abs(u) * e) for u, e in zip(weights, error))
            rounding = _norm([u * f for u, f in zip(weights, floor)])
            allowed = self.rtol * size + _SAFETY * estimated + 3 * rounding
            self._compare_sums(right, weights, measured, allowed, "differences give")
            if "forward" in self.modes:
                self._compare_sums(right, weights, tangents, 1e-9 * size, "the forward derivative gives")
        return [abs(numpy.asarray(g) * rate) for g, rate in zip(gradients, v)]

    def _compare_entries(self, ours, theirs, error, i):
        allowed = self.rtol * numpy.maximum(abs(ours), abs(theirs)) + self.atol + error
        wrong = ~(abs(ours - theirs) <= allowed)
        if numpy.any(wrong):
            place = tuple(int(k) for k in numpy.argwhere(wrong)[0]) if wrong.ndim else ()
            raise GradientCheckError(
                f"the forward {self._order()}derivative of output {i}{f', entry {place}' if place else ''} is "
                f"{ours[place]:.10g}, and differences give {theirs[place]:.10g}",
                "check the jvp, or the partials, of the primitives in the function",
            )

    def _compare_sums(self, right, weights, tangents, allowed, words):
        """`<Jᵀ u, v>` against `<u, J v>`."""
        one = sum(numpy.sum(terms) for terms in right)
        other = sum(numpy.sum(_terms(u, t)) for u, t in zip(weights, tangents))
        if not abs(one - other) <= allowed + self.atol:
            raise GradientCheckError(
                f"the reverse {self._order()}derivative gives <Jᵀ u, v> = {one:.10g}, and {words} "
                f"<u, J v> = {other:.10g}",
                "check the vjp, or the partials, of the primitives in the function",
            )

    def _order(self):
        return "" if self.level == 1 else f"order {self.level} "


class _Differences:
    """Extrapolated central differences along v, with estimates of their error.

    Attributes:
        measured: for each output its rate of change.
        error, floor: for each output what extrapolation left, and what rounding must leave.
        unsettled: numbers of the outputs with an entry that no step could measure.
    """

    def __init__(self, at, v, middle):
        self.at, self.v, self.middle = at, v, middle
        self.measured, self.error, self.floor, settled = self._with_step(_STEP)
        for h in _OTHER_STEPS:
            if all(map(numpy.all, settled)):
                break
            for i, (measured, error, floor, good) in enumerate(zip(*self._with_step(h))):
                better = good & ~settled[i]
                self.measured[i] = numpy.where(better, measured, self.measured[i])
                self.error[i] = numpy.where(better, error, self.error[i])
                self.floor[i] = numpy.where(better, floor, self.floor[i])
                settled[i] = settled[i] | good
        self.unsettled = [i for i, good in enumerate(settled) if not numpy.all(good)]

    def _with_step(self, h):
        first, second = self._extrapolated(h), self._extrapolated(0.73 * h)
        measured, errors, floors, settled = [], [], [], []
        with numpy.errstate(all="ignore"):
            for one, other, middle in zip(first, second, self.middle):
                slope, own, largest, wide, narrow = one
                error = own + abs(slope - other[0])
                # values may be what is left of larger ones: then the noise shows, and is that of 1
                largest = numpy.where(error >= 1e-6 * abs(slope), numpy.maximum(largest, 1.0), largest)
                floor = _ROUNDING * largest / (h / 4) + _NOTHING
                size = numpy.maximum(abs(slope), 1e-2 * abs(middle))
                # one-sided slopes must draw together as the step shrinks; at a kink they stay apart
                kink = (narrow > 0.6 * wide) & (wide > 1e-3 * (abs(slope) + wide) + 10 * floor)
                measured.append(slope)
                errors.append(error)
                floors.append(floor)
                settled.append((error <= _SETTLED * size + floor) & ~kink & numpy.isfinite(slope))
        return measured, errors, floors, settled

    def _extrapolated(self, h):
        """For each output: slope, its error, the largest value met, and the bend at h and at h / 4."""
        steps = [(h / 2**k, self.at(h / 2**k, self.v), self.at(-h / 2**k, self.v)) for k in range(3)]
        results = []
        with numpy.errstate(all="ignore"):
            for i, middle in enumerate(self.middle):
                d0, d1, d2 = ((up[i] - down[i]) / (2 * size) for size, up, down in steps)
                e0, e1 = d1 + (d1 - d0) / 3, d2 + (d2 - d1) / 3
                slope = e1 + (e1 - e0) / 15
                largest = numpy.maximum(abs(middle), numpy.maximum(abs(steps[0][1][i]), abs(steps[0][2][i])))
                wide, *_, narrow = (abs(up[i] - 2 * middle + down[i]) / size for size, up, down in steps)
                results.append((slope, abs(slope - e1), largest, wide, narrow))
        return results


def _floating(value):
    value = numpy.asarray(plain_value(value))
    return value if value.dtype.kind == "c" else value.astype(float)


def _double(leaf, path):
    value = plain_value(leaf)
    if type(value) in (float, int):
        return float(value)
    if value is NotImplemented or not is_differentiable(value):
        kind = type(leaf).__name__ if value is NotImplemented else f"value of dtype {dtype_of(value)}"
        raise DtypeError(
            f"args{path} is a {kind}, and only floating point numbers have derivatives",
            "pass floats, and close over what is to stay fixed: lambda x: f(x, n)",
        )
    return numpy.asarray(value).astype(complex if dtype_of(value).kind == "c" else float)[()]


def _signs(rng, like):
    """Random numbers of size near one, of either sign (in any direction of the plane, if complex)."""
    shape = shape_of(like)
    size = rng.uniform(0.5, 1.0, shape)
    if dtype_of(like).kind == "c":
        return _kind_of(like, size * numpy.exp(1j * rng.uniform(-numpy.pi, numpy.pi, shape)))
    return _kind_of(like, size * rng.choice([-1.0, 1.0], shape))


def _scaled(signs, leaf, least):
    """Rates in proportion to each entry, so that steps stay in the domain; `least` for small ones."""
    size = abs(numpy.asarray(leaf))
    return _kind_of(leaf, signs * numpy.where(size > 0, numpy.maximum(size, least), 0.1))


def _kind_of(like, value):
    return float(value) if type(like) is float else numpy.asarray(value)[()]


def _terms(a, b):
    """The terms of the real inner product of two values."""
    return numpy.real(numpy.conj(numpy.asarray(a)) * numpy.asarray(b))


def _norm(parts):
    """The root of the sum of the squares of all entries."""
    return numpy.sqrt(sum(numpy.sum(numpy.square(abs(part))) for part in parts))


def _largest(parts):
    return max((numpy.max(abs(part), initial=0.0) for part in parts), default=0.0)


def _hidden(shares):
    """Masks of the entries to move alone: those of one leaf with shares of one order of magnitude.

    Nothing where all entries have a fair share together.
    """
    largest, groups = _largest(shares) or 1.0, {}
    for i, share in enumerate(shares):
        with numpy.errstate(divide="ignore"):
            magnitude = numpy.clip(numpy.floor(numpy.log10(share / largest) / 3), -6, -1)
        for one in numpy.unique(magnitude):
            key = (i if len(shares) <= 8 else None), one
            masks = groups.setdefault(key, [numpy.zeros(numpy.shape(other)) for other in shares])
            masks[i] = numpy.where(magnitude == one, 1.0, 0.0)
    return list(groups.values()) if len(groups) > 1 else []
