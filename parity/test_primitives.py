"""Every primitive against PyTorch and JAX, under every transform."""

import numpy
import pytest

from chainrule.ops import CATALOGUE
from parity import counterparts
from parity.calls import draw
from parity.libraries import TRANSFORMS

SCALAR = ("grad", "value_and_grad", "hessian", "hvp")


def weighted(program, weights, library):
    """The program's value as one number, every entry with a weight of its own."""
    weights = library.array(weights)
    return lambda *args: library.numpy.sum(program(*args) * weights)


def results(library, transform, function, drawn, weights, tangents):
    """What a transform of the drawn call returns in a library."""
    program = drawn.program(library, function)
    if transform in SCALAR:
        program = weighted(program, weights, library)
    extra = {"vjp": (weights,), "jvp": (tangents,), "hvp": (tangents,)}.get(transform, ())
    return getattr(library, transform)(program, drawn.chosen, *extra)


def assert_close(mine, theirs, dtype):
    tolerance = {"float32": 1e-5}.get(str(dtype), 1e-9)
    assert len(mine) == len(theirs)
    for one, other in zip(mine, theirs):
        assert one.shape == other.shape
        numpy.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("table", ["TORCH", "JAX"])
def test_every_primitive_is_listed(table):
    listed = set(getattr(counterparts, table))
    unlisted, gone = sorted(set(CATALOGUE) - listed), sorted(listed - set(CATALOGUE))
    assert not unlisted, f"give these a counterpart, or a reason, in parity/counterparts.py: {unlisted}"
    assert not gone, f"these are listed and are no primitives: {gone}"


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("name", CATALOGUE)
def test_primitive(name, transform, ours, peer):
    theirs = peer.function(name)
    if isinstance(theirs, counterparts.Missing):
        pytest.skip(theirs)
    seeds = range(3) if transform == "vjp" else range(1)
    for seed in seeds:
        rng = numpy.random.default_rng(seed)
        for drawn in draw(name, rng):
            value = drawn.program(ours, ours.function(name))(*drawn.chosen)
            dtype = numpy.asarray(value).dtype
            weights = rng.uniform(0.5, 1.5, numpy.shape(value)).astype(dtype)
            tangents = [rng.uniform(-1, 1, x.shape) for x in drawn.chosen]
            mine = results(ours, transform, ours.function(name), drawn, weights, tangents)
            other = results(peer, transform, theirs, drawn, weights, tangents)
            assert_close(mine, other, dtype)
