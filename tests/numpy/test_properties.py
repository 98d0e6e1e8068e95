"""Random programs, indices, einsums and reductions: NumPy's value, and derivatives that differences confirm."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr

UNARY = [
    np.sin,
    np.tanh,
    np.arctan,
    np.exp,
    np.square,
    np.negative,
    np.arcsinh,
    np.expm1,
    np.sinh,
    abs,
    lambda x: 1 / (2 + x * x),
    lambda x: np.sqrt(x * x + 1),
    lambda x: np.where(x > 0.05, x, x**3),
    lambda x: np.log1p(x * x),
    lambda x: np.cbrt(x + 2),
    lambda x: np.maximum(x, -0.31),
    lambda x: np.clip(x, -0.77, 0.83),
    lambda x: (x > 0.01) * x,
    lambda x: 2**x,
    lambda x: x**3 - x,
    cr.sigmoid,
    cr.softplus,
    lambda x: x - np.mean(x),
    lambda x: x * np.sum(x, axis=-1, keepdims=True),
    lambda x: np.cumsum(x, axis=0),
    np.transpose,
    lambda x: np.flip(x, 0),
    lambda x: np.roll(x, 1, axis=-1),
    lambda x: np.concatenate([x, x * x], axis=-1),
    lambda x: np.pad(x, ((0, 1), (0, 0))),
    lambda x: x[::-1],
    lambda x: x[:, :1],
    lambda x: np.repeat(x, 2, axis=0)[1:],
    lambda x: np.reshape(x, (1, -1)),
    lambda x: x / (1 + np.linalg.norm(x)),
    lambda x: np.exp(x - np.max(x)),
    lambda x: x @ x.T,
    lambda x: np.sort(x, axis=0),
    lambda x: x - cr.logsumexp(x, axis=1, keepdims=True),
    lambda x: np.prod(x + 2, axis=0)[None],
]
BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    np.hypot,
    np.logaddexp,
    lambda a, b: np.arctan2(a, b + 2),
    np.maximum,
    np.minimum,
    lambda a, b: a / (1 + b * b),
    lambda a, b: np.where(a > b, a, b * 2),
    lambda a, b: a.T @ b,
    lambda a, b: np.einsum("ij,ik->jk", a, b),
    lambda a, b: np.concatenate([a.ravel(), b.ravel()])[None],
    lambda a, b: np.outer(a, b),
    lambda a, b: np.copysign(a, b),
    lambda a, b: (a + 2) ** b,
    lambda a, b: np.stack([a.sum(0), b.sum(0)]),
]
REDUCE = [
    np.sum,
    np.mean,
    np.var,
    cr.logsumexp,
    lambda x: np.linalg.norm(x - 3),
    lambda x: np.sum(x, axis=0)[0],
    lambda x: np.max(x) * 2,
]
STEPS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=7)
SHAPE = st.tuples(st.integers(1, 3), st.integers(1, 3))


def settled(f, args):
    """Check the gradient where the differences settle: a random point may lie on a kink."""
    try:
        cr.check_grads(f, args, order=2, directions=1)
    except cr.errors.GradientCheckError as error:
        if "do not settle" not in str(error) and "not finite" not in str(error):
            raise


@settings(max_examples=150, deadline=None)
@given(STEPS, SHAPE, SHAPE, st.sampled_from(REDUCE), st.integers(0, 2**32 - 1), st.booleans())
def test_random_programs(steps, shape, other, final, seed, narrow):
    rng = np.random.default_rng(seed)

    def program(a, b):
        values = [np.tanh(a), np.tanh(b)]
        for kind, i, j in steps:
            x, y = values[i % len(values)], values[j % len(values)]
            try:
                new = UNARY[kind % len(UNARY)](x) if kind % 2 else BINARY[kind // 2 % len(BINARY)](x, y)
            except ValueError:  # shapes that do not go together, in NumPy and here
                continue
            if np.size(new) <= 60:
                values.append(np.tanh(new))  # keeps values, and so differences, in reach
        return final(values[-1])

    a, b = rng.normal(size=shape), rng.normal(size=other)
    if narrow:
        a = a.astype(np.float32)
        (value, pullback), expected = cr.vjp(program, a, b), program(a, b)
        assert value.dtype == expected.dtype and pullback(np.ones_like(value))[0].dtype == np.float32
        np.testing.assert_allclose(value, expected, rtol=1e-5)
        return
    np.testing.assert_allclose(cr.value_and_grad(program)(a, b)[0], program(a, b), rtol=1e-12)
    settled(program, (a, b))


BASIC = st.one_of(st.integers(-3, 2), st.slices(3), st.just(Ellipsis), st.none(), st.just(slice(None, None, -1)))
FANCY = st.one_of(
    st.lists(st.integers(-3, 2), max_size=3),
    st.lists(st.integers(-3, 2), min_size=2, max_size=2).map(lambda rows: [[rows[0]], [rows[1]]]),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3).map(np.array),
    st.lists(st.booleans(), min_size=9, max_size=9).map(lambda flags: np.array(flags).reshape(3, 3)),
    st.integers(-3, 2).map(np.int64),
    st.integers(-3, 2).map(np.array),
    st.lists(st.integers(-3, 2), min_size=3, max_size=3).map(cr.tensor),
)


def bare(part):
    return part.numpy() if isinstance(part, cr.Tensor) else part


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(BASIC, FANCY), min_size=1, max_size=4), st.booleans())
def test_random_indices(parts, alone):
    index = parts[0] if alone else tuple(parts)
    plain = bare(index) if alone else tuple(map(bare, index))
    x = np.random.default_rng(len(parts)).normal(size=(3, 3, 3))
    try:
        expected = x[plain]
    except (IndexError, ValueError):
        return
    f = lambda x: x[index] if isinstance(x, cr.Tensor) else x[plain]
    value, pullback = cr.vjp(f, x)
    np.testing.assert_array_equal(value, expected)
    g, counts = np.arange(np.size(expected), dtype=float).reshape(np.shape(expected)) + 1, np.zeros_like(x)
    np.add.at(counts, plain, g)
    np.testing.assert_array_equal(pullback(g)[0], counts)
    np.testing.assert_array_equal(cr.jvp(f, (x,), (counts,))[1], counts[plain])
    squared = cr.grad(lambda x: np.sum(f(x) ** 2) + np.sum(f(x)))(x)  # the same entries read twice
    twice = np.zeros_like(x)
    np.add.at(twice, plain, 2 * np.asarray(expected) + 1)
    np.testing.assert_allclose(squared, twice, atol=1e-15)
    hessian = cr.hessian(lambda x: np.sum(f(x) ** 3))(x).reshape(27, 27)
    reads = np.zeros_like(x)
    np.add.at(reads, plain, 1.0)
    np.testing.assert_allclose(np.diag(hessian), (6 * x * reads).ravel(), atol=1e-14)
    assert np.count_nonzero(hessian) == np.count_nonzero(reads)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_random_einsums(data):
    letters = "abcd"
    lengths = dict(zip(letters, data.draw(st.tuples(*[st.integers(1, 3)] * 4))))
    terms = data.draw(st.lists(st.text(letters, max_size=3), min_size=1, max_size=3))
    available = sorted(set("".join(terms)))
    output = "".join(data.draw(st.permutations(available))[: data.draw(st.integers(0, len(available)))])
    explicit = data.draw(st.booleans())
    subscripts = ",".join(terms) + (f"->{output}" if explicit else "")
    rng = np.random.default_rng(0)
    args = tuple(np.asarray(rng.normal(size=[lengths[label] for label in term]))[()] for term in terms)
    np.testing.assert_allclose(
        cr.vjp(lambda *xs: np.einsum(subscripts, *xs), *args)[0], np.einsum(subscripts, *args), rtol=1e-12, atol=1e-13
    )
    cr.check_grads(lambda *xs: np.einsum(subscripts, *xs), args, directions=1)


AXES = st.one_of(st.none(), st.integers(-3, 2), st.lists(st.integers(-3, 2), min_size=1, max_size=3).map(tuple))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from("sum mean prod max min var std median ptp nansum nanmean".split()),
    AXES,
    st.booleans(),
    st.integers(0, 9),
)
def test_random_reductions(name, axis, keepdims, seed):
    x = np.random.default_rng(seed).permutation(np.linspace(-1.9, 2, 12)).reshape(2, 3, 2)
    f = lambda x: getattr(np, name)(x, axis=axis, keepdims=keepdims)
    try:
        expected = f(x)
    except ValueError:
        return
    value, _ = cr.vjp(f, x)
    assert np.shape(value) == np.shape(expected)
    np.testing.assert_allclose(value, expected, rtol=1e-13, atol=1e-15)
    cr.check_grads(f, (x,), directions=1)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 3), max_size=3),
    st.lists(st.integers(1, 3), max_size=3),
    st.sampled_from(["@", "*", "dot", "inner"]),
)
def test_random_products(left, right, how):
    rng = np.random.default_rng(1)
    a, b = (np.asarray(rng.normal(size=shape))[()] for shape in (left, right))
    f = {"@": lambda a, b: a @ b, "*": np.multiply, "dot": np.dot, "inner": np.inner}[how]
    try:
        expected = f(np.asarray(a), np.asarray(b))
    except (ValueError, TypeError):
        return
    np.testing.assert_allclose(cr.vjp(f, a, b)[0], expected, rtol=1e-13, atol=1e-15)
    cr.check_grads(f, (a, b), directions=1)
