"""Gradients in complex numbers follow PyTorch: JAX's are their conjugates."""

import numpy
import pytest

from parity import counterparts
from parity.calls import draw

# From our convention to the peer's, and back: conjugating is its own inverse.
SIGN = {"PyTorch": lambda z: z, "JAX": numpy.conj}


@pytest.mark.parametrize("name", counterparts.COMPLEX)
def test_complex_gradient(name, ours, peer):
    rng, theirs = numpy.random.default_rng(0), peer.function(name)
    for drawn in draw(name, rng):
        for i in drawn.which:
            drawn.values[i] = drawn.values[i] + 0.5j * rng.uniform(-1, 1, numpy.shape(drawn.values[i]))
        mine = drawn.program(ours, ours.function(name), view=lambda xp, y: y)
        other = drawn.program(peer, theirs, view=lambda xp, y: y)
        assert_same_derivatives(rng, ours, peer, mine, other, drawn.chosen)


# Functions that are compositions for complex numbers: of the real and the imaginary part, not of z alone.
FUNCTIONS = {
    "abs": lambda xp, z: xp.abs(z),
    "angle": lambda xp, z: xp.angle(z),
    "norm": lambda xp, z: xp.linalg.norm(z),
    "var": lambda xp, z: xp.mean(xp.abs(z - xp.mean(z)) ** 2),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_complex_function(name, ours, peer):
    rng = numpy.random.default_rng(0)
    z = rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3))
    mine, other = (lambda z, lib=lib: FUNCTIONS[name](lib.numpy, z) for lib in (ours, peer))
    assert_same_derivatives(rng, ours, peer, mine, other, [z])


def assert_same_derivatives(rng, ours, peer, mine, other, args):
    """The value, the pullback of a cotangent in PyTorch's convention, and a tangent, which needs none."""
    turn = SIGN[peer.name]
    value = numpy.asarray(mine(*args))
    weights = rng.normal(size=value.shape)
    if value.dtype.kind == "c":
        weights = weights + 1j * rng.normal(size=value.shape)
    weights = numpy.asarray(weights)
    found = ours.vjp(mine, args, weights)
    theirs, *expected = peer.vjp(other, args, numpy.asarray(turn(weights)))
    for one, two in zip(found, [theirs, *map(turn, expected)], strict=True):
        assert one.shape == two.shape
        numpy.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-9)
    tangents = [rng.normal(size=x.shape) + 1j * rng.normal(size=x.shape) for x in args]
    for one, two in zip(ours.jvp(mine, args, tangents), peer.jvp(other, args, tangents), strict=True):
        assert one.shape == two.shape
        numpy.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-9)
