"""Gradients in complex numbers follow PyTorch: JAX's are their conjugates."""

import numpy
import pytest

from parity import counterparts
from parity.calls import draw

# Maps of a real gradient to JAX's convention and back are the same conjugate.
SIGN = {"PyTorch": lambda z: z, "JAX": numpy.conj}


@pytest.mark.parametrize("name", counterparts.COMPLEX)
def test_complex_gradient(name, ours, peer):
    rng, theirs, turn = numpy.random.default_rng(0), peer.function(name), SIGN[peer.name]
    for drawn in draw(name, rng):
        for i in drawn.which:
            drawn.values[i] = drawn.values[i] + 0.5j * rng.uniform(-1, 1, numpy.shape(drawn.values[i]))
        mine = drawn.program(ours, ours.function(name), view=lambda xp, y: y)
        other = drawn.program(peer, theirs, view=lambda xp, y: y)
        value = numpy.asarray(mine(*drawn.chosen))
        weights = rng.normal(size=value.shape)
        if value.dtype.kind == "c":
            weights = weights + 1j * rng.normal(size=value.shape)
        found = ours.vjp(mine, drawn.chosen, weights)
        theirs_value, *expected = peer.vjp(other, drawn.chosen, turn(weights))
        for one, two in zip(found, [theirs_value, *map(turn, expected)], strict=True):
            assert one.shape == two.shape
            numpy.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-9)
