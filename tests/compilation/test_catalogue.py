"""Every primitive, compiled: the value and the gradient that it has eagerly, for each sample, shape and dtype."""

import zlib

import numpy as np
import pytest

import chainrule as cr
from chainrule.compilation.program import verify
from chainrule.compilation.simplify import PASSES
from chainrule.core.primitive import Elementwise
from chainrule.core.samples import Booleans, Domain
from chainrule.ops import CATALOGUE

ELEMENTWISE = [p for p in CATALOGUE.values() if isinstance(p, Elementwise)]
OTHERS = [(p, i) for p in CATALOGUE.values() if not isinstance(p, Elementwise) for i in range(len(p.samples))]
SHAPES = {
    np.float64: [((),), ((2, 3), (3,)), ((1, 3), (2, 1)), ((0, 3),), ((67,),)],
    np.float32: [((3,),), ((2, 2, 9), (2, 1, 9))],
}

elementwise = pytest.mark.parametrize("primitive", ELEMENTWISE, ids=lambda p: p.name)
others = pytest.mark.parametrize("primitive, sample", OTHERS, ids=[f"{p.name}-{i}" for p, i in OTHERS])
dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])


def moving(primitive):
    return tuple(
        i
        for i, (domain, partial) in enumerate(zip(primitive.samples, primitive.partials))
        if partial is not None and not isinstance(domain, Booleans)
    )


def weighted(primitive, params, seed):
    """A number made of the primitive's value, so that each entry has a cotangent of its own."""

    def total(*values):
        y = primitive(*values, **params)
        if y.dtype.kind == "c":
            y = np.real(y) + 0.5 * np.imag(y)
        weights = np.linspace(0.5, 1.5, max(y.size, 1))[: y.size].reshape(y.shape).astype(y.dtype)
        return np.sum(y * weights)

    return total


def agree(ours, theirs, exact):
    """The same structure, types and shapes, and values within `exact` units in the last place (0: every bit)."""
    if isinstance(theirs, (tuple, list)):
        assert type(ours) is type(theirs) and len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            agree(one, other, exact)
        return
    assert type(ours) is type(theirs)
    assert np.shape(ours) == np.shape(theirs)
    assert np.asarray(ours).dtype == np.asarray(theirs).dtype
    if exact == 0:
        np.testing.assert_array_equal(ours, theirs)
    else:
        scale = np.finfo(np.asarray(theirs).dtype).eps * exact
        size = np.max(np.abs(np.asarray(theirs)), initial=0.0, where=np.isfinite(theirs))
        np.testing.assert_allclose(ours, theirs, rtol=scale, atol=scale * max(1.0, float(size)))


def check(function, argnums, values, ulp=64):
    eager = cr.value_and_grad(function, argnums)
    fast = cr.compile(eager)
    first, second, expected = fast(*values), fast(*values), eager(*values)
    assert fast.eager_calls == 0, fast.report()
    assert fast.traces == 1, fast.why_retraced()
    agree(first, expected, ulp)
    agree(second, expected, ulp)
    (variant,) = fast.variants()
    program = verify(variant.traced)
    for one in PASSES:
        program = verify(one(program))


@elementwise
@dtypes
def test_elementwise(primitive, dtype):
    rng = np.random.default_rng(zlib.crc32(primitive.name.encode()))
    for shapes in SHAPES[dtype]:
        values = [
            domain.draw(rng, shapes[min(i, len(shapes) - 1)], dtype) for i, domain in enumerate(primitive.samples)
        ]
        if moving(primitive):
            check(weighted(primitive, {}, 0), moving(primitive), values)


@elementwise
def test_python_floats(primitive):
    rng = np.random.default_rng(zlib.crc32(primitive.name.encode()))
    values = [domain.draw(rng, ()) for domain in primitive.samples]
    values = [bool(v) if isinstance(v, np.bool_) else float(v) for v in values]
    if moving(primitive):
        check(lambda *xs: primitive(*xs), moving(primitive), values)


@others
@dtypes
def test_others(primitive, sample, dtype):
    rng = np.random.default_rng(zlib.crc32(primitive.name.encode()))
    values, params = primitive.samples[sample].draw(rng, dtype)
    places = tuple(i for i, source in enumerate(primitive.samples[sample].args) if isinstance(source, Domain))

    def function(*moved):
        args = list(values)
        for place, value in zip(places, moved):
            args[place] = value
        return weighted(primitive, params, 0)(*args)

    check(function, tuple(range(len(places))), [values[i] for i in places])
