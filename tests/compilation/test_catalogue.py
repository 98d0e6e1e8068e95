"""Every primitive, compiled: the value and the gradient that it has eagerly, for each sample, shape and dtype."""

import warnings
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
    if exact == 0 or np.asarray(theirs).dtype.kind not in "fc":
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


# Each primitive in one layout of memory and in one transform, which the next one has another of.

RUNS = [*((p, None) for p in ELEMENTWISE), *OTHERS]
runs = pytest.mark.parametrize(
    "number", range(len(RUNS)), ids=[p.name if i is None else f"{p.name}-{i}" for p, i in RUNS]
)


def backwards(x):
    return x[(slice(None, None, -1),) * x.ndim].copy()[(slice(None, None, -1),) * x.ndim]


def spread(x):
    wide = np.zeros(tuple(2 * n for n in x.shape), x.dtype)
    view = wide[(slice(1, None, 2),) * x.ndim]
    view[...] = x
    return view


def misaligned(x):
    raw = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    raw[...] = x
    return raw


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


LAYOUTS = [np.asfortranarray, backwards, spread, misaligned, read_only]


def moving_part(number, dtype=np.float64):
    """A primitive of the run as a function of its numbers, and an example of these."""
    primitive, sample = RUNS[number]
    rng = np.random.default_rng(number)
    if sample is None:
        values = [domain.draw(rng, (2, 3), dtype) for domain in primitive.samples]
        places, params = moving(primitive), {}
    else:
        values, params = primitive.samples[sample].draw(rng, dtype)
        args = primitive.samples[sample].args
        places = tuple(i for i, source in enumerate(args) if isinstance(source, Domain))

    def function(*moved):
        args = list(values)
        for place, value in zip(places, moved):
            args[place] = value
        return weighted(primitive, params, 0)(*args)

    return function, [values[i] for i in places]


@runs
def test_layouts(number):
    function, values = moving_part(number)
    if not values:
        pytest.skip("it has no slope")
    laid = [LAYOUTS[number % len(LAYOUTS)](np.asarray(x)) if np.ndim(x) else x for x in values]
    before = [np.array(x) for x in laid]
    check(function, tuple(range(len(laid))), laid)
    for x, known in zip(laid, before):
        np.testing.assert_array_equal(x, known)


def along(function, values):
    """A derivative in a direction."""
    directions = tuple(np.cos(np.arange(float(np.size(x)))).reshape(np.shape(x)) for x in values)
    return lambda *xs: cr.jvp(function, xs, directions)


TRANSFORMS = {
    "jvp": along,
    "jacobian": lambda function, values: cr.jacobian(lambda *xs: function(*xs) * np.ones(2), 0),
    "hessian": lambda function, values: cr.hessian(function, 0),
    "vmap": lambda function, values: cr.vmap(cr.value_and_grad(function, tuple(range(len(values))))),
}


@runs
def test_transforms(number):
    function, values = moving_part(number)
    if not values:
        pytest.skip("it has no slope")
    name = list(TRANSFORMS)[number % len(TRANSFORMS)]
    if name == "vmap":
        values = [np.stack([x, x]) for x in values]
    eager = TRANSFORMS[name](function, values)
    try:
        expected = eager(*values)
    except cr.errors.ChainruleError:
        pytest.skip(f"it has no {name}")
    with warnings.catch_warnings():
        warnings.simplefilter("error" if name != "vmap" else "ignore")  # of rows that go several ways
        fast = cr.compile(eager)
        for found in (fast(*values), fast(*values)):
            agree(found, expected, 256)


@pytest.mark.parametrize("kind", [complex, np.complex64, int, np.int32, bool])
@elementwise
def test_values_of_other_kinds(primitive, kind):
    rng = np.random.default_rng(3)
    values = [np.asarray(domain.draw(rng, (2, 3))) for domain in primitive.samples]
    values = [np.ceil(x * 2).astype(kind) if x.dtype != bool else x for x in values]

    def function(*xs):
        return primitive(*xs)

    with np.errstate(all="ignore"):
        try:
            expected = function(*values)
        except (cr.errors.ChainruleError, TypeError, ValueError):
            pytest.skip("it takes no such numbers")
        fast = cr.compile(function)
        for found in (fast(*values), fast(*values)):
            agree(found, expected, 64)


def test_views_of_one_memory():
    """Arguments that overlap, and results that would be views of an argument."""
    memory = np.linspace(0.1, 0.9, 12)
    x, y = memory[:8], memory[4:]

    def f(x, y):
        return x, y[::2], np.sin(x) * y, np.broadcast_to(x[0], (3,)), x.reshape(2, 4).T

    fast = cr.compile(f)
    for found in (fast(x, y), fast(x, y)):
        for one, other in zip(found, f(x, y)):
            agree(one, np.array(other), 4)
            assert not np.shares_memory(one, memory) and one.flags.writeable
