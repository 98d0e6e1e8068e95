"""Whole programs, of several arguments, under every transform, against PyTorch and JAX."""

import numpy
import pytest

from parity.libraries import TRANSFORMS
from parity.test_primitives import assert_close


def neuron(xp, w, x, b, y):
    a = 1 / (1 + xp.exp(-(w * x + b)))
    return (a - y) ** 2


def two_layers(xp, w1, w2, x, y):
    h = 1 / (1 + xp.exp(-(w1 @ x)))
    return xp.mean((w2 @ h - y) ** 2)


def rosenbrock(xp, x):
    return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def cross_entropy(xp, logits, targets):
    shifted = logits - xp.log(xp.sum(xp.exp(logits), -1))[:, None]
    return -xp.sum(targets * shifted) / logits.shape[0]


def paths_that_meet(xp, x, y):
    u = xp.sin(x * y)
    v = xp.exp(u) * x
    return u * v + v / (1 + u**2) - xp.sqrt(1 + v * v)


def a_loop(xp, x, a):
    for _ in range(30):
        x = xp.tanh(a * x + 0.1)
    return xp.sum(x)


def guarded(xp, x):
    return xp.sum(xp.where(x > 0, xp.log1p(xp.abs(x)), x * x))


def gaussian(xp, m, x):
    a = m @ m.T + 2 * xp.diag(xp.ones_like(x))
    return x @ xp.linalg.solve(a, x) + xp.linalg.slogdet(a)[1]


# A program of one number, and the shapes of its arguments.
PROGRAMS = {
    neuron: ((), (), (), ()),
    two_layers: ((3, 2), (2, 3), (2, 4), (2, 4)),
    rosenbrock: ((5,),),
    cross_entropy: ((3, 4), (3, 4)),
    paths_that_meet: ((), ()),
    a_loop: ((3,), ()),
    guarded: ((2, 3),),
    gaussian: ((3, 3), (3,)),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_program(program, transform, ours, peer):
    for seed in range(2):
        rng = numpy.random.default_rng(seed)
        args = [numpy.asarray(rng.uniform(-1, 1, shape)) for shape in PROGRAMS[program]]
        tangents = [numpy.asarray(rng.uniform(-1, 1, shape)) for shape in PROGRAMS[program]]
        if transform == "vjp":
            extra = (numpy.float64(0.7),)
        else:
            extra = (tangents,) if transform in ("jvp", "hvp") else ()
        mine, other = (
            getattr(lib, transform)(lambda *xs, lib=lib: program(lib.numpy, *xs), args, *extra)
            for lib in (ours, peer)
        )
        assert_close(mine, other, "float64")


@pytest.mark.parametrize("transform", ["jacobian", "jvp", "vjp"])
def test_vector_valued(transform, ours, peer):
    def polar(xp, z):
        return xp.stack([z[0] * xp.cos(z[1]), z[0] * xp.sin(z[1]), z[0] * z[0]])

    z, dz, g = numpy.array([1.3, 0.4]), numpy.array([0.2, -0.5]), numpy.array([1.0, -2.0, 0.5])
    extra = {"jvp": ([dz],), "vjp": (g,)}.get(transform, ())
    mine, other = (
        getattr(lib, transform)(lambda z, lib=lib: polar(lib.numpy, z), [z], *extra) for lib in (ours, peer)
    )
    assert_close(mine, other, "float64")
