"""What was not selected contributes nothing, whatever its slope is, through whatever stands in between.

Each program reads x = [dead, alive]: the slope of what it does to the first entry is infinite or NaN,
and the program does not use it. All ways to differentiate must give the gradient of what it does use.
"""

import numpy as np
import pytest

import chainrule as cr

LAST, INF = np.array([False, True]), np.inf
LOG = ([0.0, 2.0], [0, 1 / 2], [0, -1 / 4])  # x, the gradient, the sum of the Hessian's rows: those of log
LOG_NEGATIVE = ([-1.0, 2.0], *LOG[1:])
TWICE = ([0.0, 2.0], [0, 1], [0, -1 / 2])  # two logs
SQRT = ([0.0, 4.0], [0, 1 / 4], [0, -1 / 32])
INVERSE = ([0.0, 2.0], [0, -1 / 4], [0, 1 / 4])

PROGRAMS = {
    # what selects
    "np.where(x < 0, np.exp(x), x + 1)": ([1000.0, -1.0], [1, np.exp(-1)], [0, np.exp(-1)]),
    "np.where(x > 0, np.log(x), 0)": LOG,
    "np.where(x > 0, 1 / x, 0)": INVERSE,
    "np.where(x > 0, x**0.5, 0)": SQRT,
    "np.where(x > 0, x**-1, 0)": INVERSE,
    "np.where(x > 0, x * x / x, 0)": ([0.0, 2.0], [0, 1], [0, 0]),
    "np.where(x > 1, np.where(x > 0, np.log(x), -7.0), np.where(x == 0, 0.0, 1 / x))": LOG,
    "np.where(x > 0, np.exp(np.sin(np.log(x))) * 2 + 1, 0)": ([0.0, 1.0], [0, 2], [0, 0]),
    "np.where(x > 0, -np.log(x) - (1 - np.log(x)) + x, 0)": ([0.0, 2.0], [0, 1], [0, 0]),
    "np.where(x > 0, np.hypot(np.log(x), 1.0), 0)": ([0.0, 1.0], [0, 0], [0, 1]),
    "np.where(x > 0, np.arctan2(x * 0, x) + x, 0.0)": ([0.0, 2.0], [0, 1], [0, 0]),
    "np.log(np.where(x > 0, x, 1.0))": LOG,
    "np.maximum(np.sqrt(x), 1e-10)": SQRT,
    "np.maximum(np.log(np.sqrt(x)), -9.0) * 2": LOG,
    "np.fmax(np.sqrt(x), 0.1)": ([-1.0, 4.0], *SQRT[1:]),
    "np.minimum(1 / x, 1.0)": INVERSE,
    "np.fmin(1 / x, 1.0)": INVERSE,
    "np.clip(np.exp(x), 0, 1)": ([1000.0, -1.0], [0, np.exp(-1)], [0, np.exp(-1)]),
    "np.log(x).clip(min=-5)": LOG,
    "np.clip(np.log(x), x * 0 - 5, None)": LOG,
    "(x > 0) * np.sqrt(np.abs(x))": SQRT,
    "np.sqrt(np.abs(x)) * (x > 0)": SQRT,
    "np.nan_to_num(np.log(x))": LOG_NEGATIVE,
    "np.nan_to_num(1 / x, posinf=3.0)": INVERSE,
    "np.select([x > 0], [np.log(x)], 0.0)": LOG,
    "np.choose((x > 0).astype(int), [x * 0, np.log(x)])": LOG,
    "np.piecewise(x, [x > 0], [np.log, 0.0])": LOG,
    "np.interp(np.sqrt(x), [1.0, 3.0], [0.0, 2.0])": SQRT,
    # what reads
    "np.log(x)[x > 0]": LOG,
    "np.log(x)[1:]": LOG,
    "np.log(x)[-1]": LOG,
    "np.log(x)[[1, 1]]": TWICE,
    "[np.log(v) for v in x][1]": LOG,
    "np.take(np.log(x), [1])": LOG,
    "np.take_along_axis(np.log(x), np.array([1]), 0)": LOG,
    "np.compress([0, 1], np.log(x))": LOG,
    "np.extract(x > 0, np.log(x))": LOG,
    "np.delete(np.log(x), 0)": LOG,
    "np.split(np.log(x), 2)[1]": LOG,
    "np.max(-1 / x)": ([0.0, 2.0], [0, 1 / 4], [0, -1 / 4]),
    "np.sort(np.sqrt(x))[1:]": SQRT,
    "np.partition(np.sqrt(x), 1)[1]": SQRT,
    "np.quantile(np.sqrt(x), 1.0)": SQRT,
    "np.triu(np.stack([x * 0, np.log(x)]))": LOG,
    "np.diag(np.ones((2, 2)) * np.log(x))[1:]": LOG,
    # what skips
    "np.sum(np.log(x), where=x > 0)": LOG,
    "np.mean(np.log(x), where=x > 0)": LOG,
    "np.nansum(np.log(x))": LOG_NEGATIVE,
    "np.nanmean(np.log(x))": LOG_NEGATIVE,
    "np.nanmax(np.log(x))": LOG_NEGATIVE,
    "cr.logsumexp(np.where(LAST, 1 / x, -INF))": INVERSE,
    # what may stand in between
    "np.where(LAST[:, None], np.log(x).reshape(2, 1), 0.0)": LOG,
    "np.where(LAST[:, None], np.log(x)[None].T, 0.0)": LOG,
    "np.where(LAST, np.log(x).astype(np.float64), 0)": LOG,
    "np.where(LAST[[0, 1, 0, 1]], np.concatenate([np.log(x), x]), 0.0)": ([0.0, 2.0], [0, 3 / 2], [0, -1 / 4]),
    "np.where(LAST, np.stack([np.log(x), np.log(x)]), 0.0)": TWICE,
    "np.where(LAST[[0, 0, 1, 0]], np.pad(np.log(x), 1), 0.0)": LOG,
    "np.where(LAST, np.broadcast_to(np.log(x), (2, 2)), 0)": TWICE,
    "np.where([LAST, LAST], np.log(x), 0)": TWICE,
    "np.where(LAST, np.sum(np.log(np.stack([x, x])), axis=0), 0)": TWICE,
    "np.where(LAST, np.mean(np.log(np.stack([x, x])), axis=0), 0)": LOG,
    "np.where(LAST, np.linalg.norm(np.stack([np.log(x), x * 0]), axis=0), 0)": LOG,
    "np.where(LAST, np.prod(np.stack([np.sqrt(x), x]), axis=0), 0)": ([0.0, 4.0], [0, 3], [0, 3 / 8]),
    "np.where(LAST, np.einsum('ij->i', np.log(np.stack([x, x], axis=1))), 0.0)": TWICE,
    "np.where(LAST, np.stack([np.log(x), np.log(x)], axis=1) @ np.ones(2), 0.0)": TWICE,
    "np.where(LAST, np.einsum('ij,j->i', np.log(x)[:, None], np.ones(1)), 0.0)": LOG,
    "np.where(LAST, np.ones(2) @ np.stack([np.log(x), np.log(x)]), 0.0)": TWICE,
    "np.flip(np.log(x))[0]": LOG,
    "np.roll(np.log(x), 1)[0]": LOG,
    "np.tile(np.log(x), 2)[[1, 3]]": TWICE,
    "np.repeat(np.log(x), 2)[2:]": TWICE,
    "np.insert(np.log(x), 0, 1.0)[2]": LOG,
    "np.meshgrid(np.log(x), [1.0])[0][0, 1]": LOG,
    "np.swapaxes(np.log(x)[None], 0, 1)[1]": LOG,
    "np.ravel(np.stack([np.log(x), np.log(x)]), 'F')[2:]": TWICE,
    "np.cumsum(np.flip(np.log(x)))[0]": LOG,
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_way_to_differentiate(program):
    x, gradient, curvature = map(np.array, PROGRAMS[program])
    code, ones, units = compile(program, "program", "eval"), np.ones(2), np.eye(2)

    def f(x):
        return np.sum(eval(code, {"np": np, "cr": cr, "LAST": LAST, "INF": INF}, {"x": x}))

    def along(x):
        return cr.jvp(f, (x,), (ones,))[1]

    leaf = cr.tensor(x, requires_grad=True)
    with np.errstate(all="ignore"):
        f(leaf).backward(create_graph=True)
    first = {
        "reverse": cr.grad(f)(x),
        "forward": [cr.jvp(f, (x,), (unit,))[1] for unit in units],
        "recorded": leaf.grad.value,
    }
    second = {
        "reverse over reverse": cr.grad(lambda x: np.sum(cr.grad(f)(x)))(x),
        "forward over reverse": cr.jvp(cr.grad(f), (x,), (ones,))[1],
        "reverse over forward": cr.grad(along)(x),
        "forward over forward": [cr.jvp(along, (x,), (unit,))[1] for unit in units],
    }
    for expected, found in ((gradient, first), (curvature, second)):
        for way, value in found.items():
            np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12, err_msg=way)


SCALARS = {
    "np.where(x < 0, np.exp(x), x + 1)": (1000.0, 1.0),
    "np.maximum(np.sqrt(x), 1e-10)": (0.0, 0.0),
    "np.clip(np.exp(x), 0, 1)": (1000.0, 0.0),
    "(x > 0) * np.sqrt(abs(x))": (0.0, 0.0),
    "np.where(x > 0, x / x, 0)": (0.0, 0.0),
    "np.where(x > 0, np.log(x), 0)": (0.0, 0.0),
    "np.where(x > 0, x**-0.5, x)": (0.0, 1.0),
    "np.where(x > 0, np.fmod(1.0, x), x)": (0.0, 1.0),
    "np.stack([np.log(x), x])[1]": (0.0, 1.0),
    "np.nan_to_num(np.log(x)) + x": (-1.0, 1.0),
}


@pytest.mark.parametrize("program", SCALARS)
@pytest.mark.parametrize("kind", [float, np.float64, np.array, np.float32])
def test_numbers(program, kind):
    x, slope = SCALARS[program]
    x, one = kind(x), kind(1.0)

    def f(x):
        return eval(program, {"np": np}, {"x": x})

    assert cr.grad(f)(x) == slope and cr.jvp(f, (x,), (one,))[1] == slope
    assert cr.grad(cr.grad(f))(x) == 0 and cr.jvp(cr.grad(f), (x,), (one,))[1] == 0


@pytest.mark.parametrize("program", ["np.sqrt(x) ** 2", "np.sqrt(x) * 0.0", "(np.sqrt(x) - 2) * x", "0 * np.log(x)"])
def test_an_honest_nan_stays(program):
    """Nothing is deselected here: 0 * inf came out of the numbers, and 0 would be a wrong answer."""
    with np.errstate(all="ignore"):
        gradient = cr.grad(lambda x: np.sum(eval(program, {"np": np}, {"x": x})))(np.array([0.0, 4.0]))
    assert np.isnan(gradient[0]) and np.isfinite(gradient[1])
