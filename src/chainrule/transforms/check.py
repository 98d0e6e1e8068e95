"""check_grads: are the derivatives of a function right? Differences and adjointness say.

Differences are central, extrapolated twice to vanishing step (Richardson 1911), which leaves an error
near 1e-12 in float64; their own error is estimated from the last extrapolation and never mistaken for
an error of the derivative.
"""

import numpy

from chainrule.core import tree
from chainrule.core.modes import no_grad
from chainrule.core.record import plain_value
from chainrule.core.spec import shape_of
from chainrule.errors import ArgumentError, GradientCheckError
from chainrule.transforms.derivatives import jvp, vjp

_STEP = 4e-3
_MODES = ("forward", "reverse")


def check_grads(function, args, order=2, modes=_MODES, rtol=1e-6, atol=1e-8, directions=3, seed=0):
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
        rtol, atol: how far derivative and differences may part, relative to the larger one, and in all.
        directions: how many random directions.
        seed: of the random directions, so that a failure can be repeated.

    Raises:
        GradientCheckError: a derivative and its differences disagree, or the differences do not settle
            (a kink, a jump or noise at the point).
        ArgumentError: args is not a tuple, or a mode is not known.

    >>> import numpy as np, chainrule as cr
    >>> cr.check_grads(lambda x, y: np.sin(x) * y, (0.5, np.array([1.0, 2.0])))
    """
    if not isinstance(args, (tuple, list)):
        raise ArgumentError(f"args is a {type(args).__name__}", "pass a tuple of arguments: check_grads(f, (x,))")
    if not modes or any(mode not in _MODES for mode in modes):
        raise ArgumentError(f"modes={modes!r}", "choose from 'forward' and 'reverse'")
    leaves, rebuild = tree.flatten(list(args))
    rng = numpy.random.default_rng(seed)
    _check(_Flat(function, rebuild), [_double(leaf) for leaf in leaves], order, modes, rtol, atol, directions, rng, 1)


class _Flat:
    """The function from a flat list of leaves to a flat list of outputs."""

    def __init__(self, function, rebuild):
        self.function, self.rebuild = function, rebuild

    def __call__(self, *leaves):
        return tree.flatten(self.function(*self.rebuild(list(leaves))))[0]


def _check(function, leaves, order, modes, rtol, atol, directions, rng, level):
    for _ in range(directions):
        v = [_direction(rng, leaf) for leaf in leaves]
        measured, noise = _differences(function, leaves, v, level)
        values, tangents = jvp(lambda *xs: tuple(function(*xs)), tuple(leaves), tuple(v))
        if "forward" in modes:
            for i, (ours, theirs, error) in enumerate(zip(tangents, measured, noise)):
                _compare(ours, theirs, error, rtol, atol, f"forward derivative of order {level}, output {i}")
        if "reverse" in modes:
            u = [_like(rng, value) for value in values]
            _, pullback = vjp(lambda *xs: tuple(function(*xs)), *leaves)
            gradients = pullback(tuple(u))
            left = sum(_inner(one, t) for one, t in zip(u, measured))
            error = sum(numpy.sum(abs(numpy.asarray(one)) * e) for one, e in zip(u, noise))
            right = sum(_inner(g, one) for g, one in zip(gradients, v))
            _compare(right, left, error, rtol, atol, f"reverse derivative of order {level}")
            left = sum(_inner(one, t) for one, t in zip(u, tangents))
            size = sum(numpy.sum(abs(numpy.asarray(one) * numpy.asarray(t))) for one, t in zip(u, tangents))
            if "forward" in modes and not abs(left - right) <= 1e-9 * size + 1e-12:
                raise GradientCheckError(
                    f"forward and reverse derivatives of order {level} are not adjoint: <u, J v> = {left:.12g}, "
                    f"<Jᵀ u, v> = {right:.12g}",
                    "compare the vjp and the jvp of the primitives in the function",
                )
    if order > 1:
        with no_grad():
            u = [_like(rng, plain_value(value)) for value in function(*leaves)]

        def gradient(*xs):
            _, pullback = vjp(lambda *ys: tuple(function(*ys)), *xs)
            return list(pullback(tuple(u)))

        _check(gradient, leaves, order - 1, modes, rtol, atol, 1, rng, level + 1)


def _double(leaf):
    value = plain_value(leaf)
    if type(value) in (float, int):
        return float(value)
    wide = numpy.asarray(value)
    return wide.astype(complex if wide.dtype.kind == "c" else float)[()] if wide.dtype.kind in "fc" else value


def _direction(rng, leaf):
    """A random direction whose steps are small beside each entry, so that they stay in the domain."""
    scale = numpy.clip(abs(numpy.asarray(leaf)), 0.1, None)
    direction = rng.uniform(0.5, 1.0, shape_of(leaf)) * rng.choice([-1.0, 1.0], shape_of(leaf)) * scale
    return float(direction) if type(leaf) is float else numpy.asarray(direction)[()]


def _like(rng, value):
    u = rng.uniform(0.5, 1.0, shape_of(value)) * rng.choice([-1.0, 1.0], shape_of(value))
    return float(u) if type(value) is float else numpy.asarray(u)[()]


def _inner(a, b):
    return float(numpy.sum((numpy.conj(plain_value(a)) * plain_value(b)).real))


def _differences(function, leaves, v, level):
    """Extrapolated central differences along v, and an estimate of their error, for each output."""

    def at(h):
        moved = [leaf + h * rate for leaf, rate in zip(leaves, v)]
        return [numpy.asarray(plain_value(out)) for out in function(*moved)]

    with numpy.errstate(all="ignore"):
        middle = at(0.0)
        columns = []
        for k in range(3):
            h = _STEP / 2**k
            up, down = at(h), at(-h)
            columns.append([(a - b) / (2 * h) for a, b in zip(up, down)])
            bends = [abs((a - m) - (m - b)) / h for a, m, b in zip(up, middle, down)]
            if k == 0:
                first_bends = bends
        measured, noise = [], []
        for i, (d0, d1, d2) in enumerate(zip(*columns)):
            e0, e1 = d1 + (d1 - d0) / 3, d2 + (d2 - d1) / 3
            best = e1 + (e1 - e0) / 15
            measured.append(best)
            noise.append(abs(best - e1) + 1e-13 * abs(middle[i]) / (_STEP / 4))
            _check_smooth(first_bends[i], bends[i], best, noise[-1], level, i)
    return measured, noise


def _check_smooth(wide, narrow, slope, noise, level, i):
    """One-sided slopes must draw together as the step shrinks; at a kink they stay apart."""
    size = abs(slope) + abs(wide)
    kink = (narrow > 0.6 * wide) & (wide > 1e-3 * size + 1e-9)
    unsettled = noise > 1e-4 * (abs(slope) + 1e-3) + 1e-9
    if numpy.any(kink | unsettled):
        raise GradientCheckError(
            f"the differences for the derivative of order {level}, output {i}, do not settle: "
            "the function has a kink, a jump or noise at this point",
            "move the point away from the kink",
        )


def _compare(ours, theirs, error, rtol, atol, what):
    ours, theirs = numpy.asarray(plain_value(ours)), numpy.asarray(theirs)
    allowed = rtol * numpy.maximum(abs(ours), abs(theirs)) + atol + 3 * numpy.asarray(error)
    wrong = ~(abs(ours - theirs) <= allowed)
    if numpy.any(wrong):
        place = tuple(int(i) for i in numpy.argwhere(wrong)[0]) if wrong.ndim else ()
        raise GradientCheckError(
            f"{what}{f', entry {place}' if place else ''}: {ours[place]:.10g}, and differences give "
            f"{theirs[place]:.10g}",
            "check the local derivatives of the primitives in the function",
        )


