"""Every primitive, from its own samples: written once, run for each room in the catalogue."""

import math
import zlib

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.namespace import SCALARS
from chainrule.core.primitive import Elementwise, Primitive
from chainrule.core.samples import Booleans, Domain
from chainrule.core.tensor import Tensor
from chainrule.ops import CATALOGUE, FUNCTIONS

ELEMENTWISE = [p for p in CATALOGUE.values() if isinstance(p, Elementwise)]
OTHERS = [(p, i) for p in CATALOGUE.values() if not isinstance(p, Elementwise) for i in range(len(p.samples))]
REFERENCE = {  # what NumPy has under no name
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "nan_to_num": lambda x, nan, high, low: np.nan_to_num(x, nan=nan, posinf=high, neginf=low),
    "sec": lambda x: 1 / np.cos(x),
    "csc": lambda x: 1 / np.sin(x),
    "cot": lambda x: 1 / np.tan(x),
    "arcsec": lambda x: np.arccos(1 / x),
    "arccsc": lambda x: np.arcsin(1 / x),
    "arccot": lambda x: np.arctan2(1, x),
    "sech": lambda x: 2 / (np.exp(x) + np.exp(-x)),
    "csch": lambda x: 1 / np.sinh(x),
    "coth": lambda x: 1 + 2 / np.expm1(2 * x),
    "arcsech": lambda x: np.log((1 + np.sqrt(1 - x * x)) / x),
    "arccsch": lambda x: np.arcsinh(1 / x),
    "arccoth": lambda x: np.arctanh(1 / x),
    "erf": np.vectorize(math.erf),
    "log_base": lambda x, b: np.log2(x) / np.log2(b),
}

elementwise = pytest.mark.parametrize("primitive", ELEMENTWISE, ids=lambda p: p.name)
others = pytest.mark.parametrize("primitive, sample", OTHERS, ids=[f"{p.name}-{i}" for p, i in OTHERS])


def rng_of(primitive):
    return np.random.default_rng(zlib.crc32(primitive.name.encode()))


def points(primitive, *shapes, dtype=float):
    """One sample array of each given shape for each argument (the last shape serves the rest)."""
    rng = rng_of(primitive)
    return [domain.draw(rng, shapes[min(i, len(shapes) - 1)], dtype) for i, domain in enumerate(primitive.samples)]


def moving(primitive):
    """Which arguments of an elementwise room may carry a gradient."""
    return [
        i
        for i, (domain, partial) in enumerate(zip(primitive.samples, primitive.partials))
        if partial is not None and not isinstance(domain, Booleans)
    ]


def in_arguments(primitive, values, places, **params):
    """The primitive as a function of the arguments at `places` only."""

    def function(*moved):
        args = list(values)
        for place, value in zip(places, moved):
            args[place] = value
        return primitive(*args, **params)

    return function, tuple(values[i] for i in places)


def call_of(primitive, sample, dtype=float):
    values, params = primitive.samples[sample].draw(rng_of(primitive), dtype)
    places = [i for i, source in enumerate(primitive.samples[sample].args) if isinstance(source, Domain)]
    return values, params, places


def test_the_catalogue_is_whole():
    assert len(CATALOGUE) > 70
    named = {
        getattr(f, "primitive", f).name
        for f in FUNCTIONS.values()
        if hasattr(f, "primitive") or isinstance(f, Primitive)
    }
    assert named <= set(CATALOGUE)


@elementwise
def test_value_against_numpy(primitive):
    reference = REFERENCE.get(primitive.name) or getattr(np, primitive.name)
    values = points(primitive, (3, 4))
    np.testing.assert_allclose(primitive(*values), reference(*values), rtol=1e-14)


@elementwise
def test_python_floats_give_the_same_value_and_slope(primitive):
    values = [v if isinstance(v, (bool, np.bool_)) else float(v) for v in points(primitive, ())]
    values = [bool(v) if isinstance(v, np.bool_) else v for v in values]
    assert type(primitive(*values)) is float
    np.testing.assert_allclose(primitive(*values), primitive.forward(np, *map(np.asarray, values)), rtol=1e-14)
    function, args = in_arguments(primitive, values, moving(primitive))
    arrays, array_args = in_arguments(primitive, [np.asarray([v]) for v in values], moving(primitive))
    for i in range(len(args)):
        ours = cr.grad(function, i)(*args)
        assert type(ours) is float
        np.testing.assert_allclose(ours, cr.grad(arrays, i)(*array_args)[0], rtol=1e-13)
    primitive.forward(SCALARS, *values)


@elementwise
def test_derivatives_against_differences(primitive):
    for shapes in [((),), ((3,),), ((2, 3), (3,)), ((1, 3), (2, 1))]:
        values = points(primitive, *shapes)
        function, args = in_arguments(primitive, values, moving(primitive))
        cr.check_grads(function, args, order=2, rtol=1e-7, directions=1)


@elementwise
def test_shape_rule_broadcasting_and_empty_arrays(primitive):
    for shapes in [((),), ((3,),), ((2, 3), (3,)), ((1, 3), (2, 1)), ((0, 3),), ((0,),)]:
        values = points(primitive, *shapes)
        y = primitive(*values)
        assert np.shape(y) == primitive.shape(*map(np.shape, values))
        function, args = in_arguments(primitive, values, moving(primitive))
        _, pullback = cr.vjp(function, *args)
        for g, x in zip(pullback(np.ones(np.shape(y))), args):
            assert np.shape(g) == np.shape(x)


@elementwise
def test_float32_stays_float32(primitive):
    values = points(primitive, (3,), dtype=np.float32)
    function, args = in_arguments(primitive, values, moving(primitive))
    y, pullback = cr.vjp(function, *args)
    assert y.dtype == np.float32
    assert all(g.dtype == np.float32 for g in pullback(np.ones(3, np.float32)))
    _, tangent = cr.jvp(function, args, tuple(np.ones(3, np.float32) for _ in args))
    assert tangent.dtype == np.float32
    y, pullback = cr.vjp(lambda *xs: 2.0 * function(*xs), *args)
    assert y.dtype == np.float32


@elementwise
def test_layout_of_memory_does_not_matter(primitive):
    values = points(primitive, (4, 3))
    strided = [np.asfortranarray(np.repeat(v, 2, axis=0))[::2] for v in values]
    function, args = in_arguments(primitive, values, moving(primitive))
    other, other_args = in_arguments(primitive, strided, moving(primitive))
    np.testing.assert_array_equal(function(*args), other(*other_args))
    ours, theirs = (cr.vjp(f, *a)[1](np.ones((4, 3))) for f, a in ((function, args), (other, other_args)))
    for one, two in zip(ours, theirs):
        np.testing.assert_array_equal(one, two)


@elementwise
def test_nan_and_infinities_pass_as_in_numpy(primitive):
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0])
    reference = REFERENCE.get(primitive.name) or getattr(np, primitive.name)
    usual = points(primitive, special.shape)
    with np.errstate(all="ignore"):
        for i in moving(primitive):
            values = list(usual)
            values[i] = special
            expected = reference(*values)
            ours = primitive(*[Tensor._of(cr.tensor(v).node) for v in values]).value
            if primitive.name != "softplus":  # the textbook form overflows
                np.testing.assert_array_equal(ours, expected)
            scalars = []
            for k in range(len(special)):
                args = [float(v[k]) if v.dtype != bool else bool(v[k]) for v in values]
                scalars.append(primitive(*[cr.tensor(a, requires_grad=j == i) for j, a in enumerate(args)]).item())
            np.testing.assert_allclose(scalars, ours, rtol=1e-14)
            function, args = in_arguments(primitive, values, [i])
            _, pullback = cr.vjp(function, *args)
            (slopes,) = pullback(np.ones_like(special))
            if primitive.partials[i] is not False and np.isnan(expected[0]) and primitive.name not in ("heaviside",):
                assert slopes[0] != 0, "a NaN value with a gradient of zero"


@others
def test_value_shape_and_derivatives(primitive, sample):
    values, params, places = call_of(primitive, sample)
    function, args = in_arguments(primitive, values, places, **params)
    y = function(*args)
    assert np.shape(y) == primitive.shape(*map(np.shape, values), **params)
    recorded, _ = cr.vjp(function, *args)
    np.testing.assert_array_equal(recorded, y)
    if params.get("dtype") == "float32":
        return  # differences would measure rounding
    cr.check_grads(function, args, order=2, rtol=1e-7)


@others
def test_float32_stays_float32_for_arrays(primitive, sample):
    values, params, places = call_of(primitive, sample, np.float32)
    function, args = in_arguments(primitive, values, places, **params)
    y, pullback = cr.vjp(function, *args)
    if np.asarray(y).dtype.kind == "c":
        assert y.dtype == np.complex64
    elif primitive.name != "astype":
        assert y.dtype == np.float32
    for g in pullback(np.ones_like(y)):
        assert g.dtype == np.float32


@others
def test_layout_of_memory_does_not_matter_for_arrays(primitive, sample):
    values, params, places = call_of(primitive, sample)
    function, args = in_arguments(primitive, values, places, **params)
    strided = tuple(np.repeat(np.asfortranarray(a), 2, axis=0)[::2] if np.ndim(a) else a for a in args)
    (y, pull), (other, other_pull) = cr.vjp(function, *args), cr.vjp(function, *strided)
    np.testing.assert_allclose(y, other, rtol=1e-13)
    for one, two in zip(pull(np.ones_like(y)), other_pull(np.ones_like(y))):
        np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-14)


# Rooms that read a part of their argument, or leave a NaN to LAPACK.
PARTIAL = ("imag", "get_item", "solve", "inv", "det", "logabsdet", "cholesky")
WHOLE = [(p, i) for p, i in OTHERS if p.name not in PARTIAL]


@pytest.mark.parametrize("primitive, sample", WHOLE, ids=[f"{p.name}-{i}" for p, i in WHOLE])
def test_a_nan_is_not_lost(primitive, sample):
    values, params, places = call_of(primitive, sample)
    values[places[0]] = np.full_like(values[places[0]], np.nan)
    with np.errstate(all="ignore"):
        assert np.isnan(primitive(*values, **params)).any()


@pytest.mark.parametrize("primitive", CATALOGUE.values(), ids=lambda p: p.name)
def test_recorded_walk_agrees_with_the_plain_one(primitive):
    if isinstance(primitive, Elementwise):
        values, params, places = points(primitive, (2, 3)), {}, moving(primitive)
    else:
        values, params, places = call_of(primitive, 0)
    tensors = [cr.tensor(v, requires_grad=i in places) if i in places else v for i, v in enumerate(values)]
    y = primitive(*tensors, **params)
    total = (y * y if y.dtype.kind != "c" else abs(y) ** 2).sum()
    total.backward(retain_graph=True)
    plain = [tensors[i].grad.value for i in places]
    for i in places:
        tensors[i].zero_grad()
    total.backward(create_graph=True)
    for i, expected in zip(places, plain):
        np.testing.assert_allclose(tensors[i].grad.value, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("primitive", CATALOGUE.values(), ids=lambda p: p.name)
def test_every_room_is_described(primitive):
    assert type(primitive).__doc__ and primitive.latex
    primitive.latex.format(*"abcd")
    if not isinstance(primitive, Elementwise):
        assert primitive.words


_RELATIONS = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal, "!=": np.not_equal}


@elementwise
def test_the_stated_domain_is_where_the_value_is_a_number(primitive):
    if any(isinstance(domain, Booleans) for domain in primitive.samples):
        return
    rng = rng_of(primitive)
    edges = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])  # the edges of domains are among these
    values = [rng.choice(np.concatenate([edges, rng.uniform(-4, 4, 50)]), 400) for _ in primitive.samples]
    with np.errstate(all="ignore"):
        inside = np.isfinite(primitive(*values))
        stated = np.ones(400, bool)
        for quantity, relation, bound in primitive.domain(np, *values):
            stated &= _RELATIONS[relation](quantity, bound)
    # a power with an exponent that is not known to be whole is stated for positive bases only, and the
    # logarithm to base 0, which is none, comes out as 0
    wider = primitive.name in ("power", "log_base")
    assert np.all(inside[stated]) and (wider or np.array_equal(inside, stated))


@elementwise
def test_slopes_differ_only_across_stated_kinks(primitive):
    if any(isinstance(domain, Booleans) for domain in primitive.samples):
        return
    values = points(primitive, (50,))
    assert all(np.all(left != right) for left, right in primitive.kinks(np, *values))
