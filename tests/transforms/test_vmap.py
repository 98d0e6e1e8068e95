"""vmap against a loop: every room, derivatives inside and outside, nesting, and what it refuses."""

import zlib

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.primitive import Elementwise
from chainrule.core.rows import Rows
from chainrule.core.samples import Booleans, Domain
from chainrule.ops import CATALOGUE

ROWS = 3
X = np.linspace(-1.0, 2.0, 12).reshape(4, 3)
W = np.array([0.5, -1.0, 2.0])


def calls(primitive):
    """Functions of the arguments that may move, and rows of these arguments."""
    rng = np.random.default_rng(zlib.crc32(primitive.name.encode()))
    if isinstance(primitive, Elementwise):
        sources = [(primitive.samples, {}, shape) for shape in ((), (2,))]
    else:
        sources = [(sample.args, sample.params, None) for sample in primitive.samples]
    for args, params, shape in sources:
        rows = [[a.draw(rng, shape) if isinstance(a, Domain) else a for a in args] for _ in range(ROWS)]
        may = [i for i, a in enumerate(args) if isinstance(a, Domain) and not isinstance(a, Booleans)]
        if isinstance(primitive, Elementwise):
            may = [i for i in may if primitive.partials[i] is not None]

        def function(*moved, fixed=tuple(rows[0]), may=tuple(may), params=params):
            values = list(fixed)
            for place, value in zip(may, moved):
                values[place] = value
            return primitive(*values, **params)

        yield function, [np.stack([row[i] for row in rows]) for i in may]


def weighted(function):
    """A real number made of the function's value, whose entries all count."""

    def number(*args):
        value = function(*args)
        value = np.real(value) + np.imag(value) if value.dtype.kind == "c" else value
        return np.sum(value * np.cos(np.arange(np.size(value))).reshape(np.shape(value)))

    return number


def looped(function, *rows):
    results = [function(*own) for own in zip(*rows)]
    return np.stack(results) if not isinstance(results[0], tuple) else tuple(map(np.stack, zip(*results)))


@pytest.mark.parametrize("primitive", CATALOGUE.values(), ids=CATALOGUE)
def test_every_room_is_a_loop(primitive):
    for function, rows in calls(primitive):
        np.testing.assert_allclose(cr.vmap(function)(*rows), looped(function, *rows), rtol=1e-13, atol=1e-15)
        places = tuple(range(len(rows)))
        gradient = cr.grad(weighted(function), places)
        expected = looped(gradient, *rows)
        for mine, one in zip(cr.vmap(gradient)(*rows), expected):
            np.testing.assert_allclose(mine, one, rtol=1e-12, atol=1e-14)

        def total(*rows, function=function):
            return np.sum(cr.vmap(weighted(function))(*rows))

        for mine, one in zip(cr.grad(total, places)(*rows), expected):
            np.testing.assert_allclose(mine, one, rtol=1e-12, atol=1e-14)
        _, mine = cr.jvp(cr.vmap(function), tuple(rows), tuple(map(np.ones_like, rows)))
        along = looped(lambda *own: cr.jvp(function, own, tuple(map(np.ones_like, own)))[1], *rows)
        np.testing.assert_allclose(mine, along, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("primitive", CATALOGUE.values(), ids=CATALOGUE)
def test_one_argument_that_every_row_shares(primitive):
    for function, rows in calls(primitive):
        for shared in range(len(rows) if len(rows) > 1 else 0):
            dims = tuple(None if i == shared else 0 for i in range(len(rows)))
            given = [own[0] if i == shared else own for i, own in enumerate(rows)]
            repeated = [np.stack([own] * ROWS) if i == shared else own for i, own in enumerate(given)]
            mine, one = cr.vmap(function, dims)(*given), looped(function, *repeated)
            np.testing.assert_allclose(mine, one, rtol=1e-13, atol=1e-15)
            gradient = cr.grad(weighted(function), shared)
            np.testing.assert_allclose(
                cr.vmap(gradient, dims)(*given), looped(gradient, *repeated), rtol=1e-12, atol=1e-14
            )

            def total(one, given=given, dims=dims, shared=shared, function=function):
                own = [one if i == shared else g for i, g in enumerate(given)]
                return np.sum(cr.vmap(weighted(function), dims)(*own))

            np.testing.assert_allclose(
                cr.grad(total)(given[shared]), looped(gradient, *repeated).sum(0), rtol=1e-12, atol=1e-13
            )


FUNCTIONS = [
    lambda x: np.sort(x)[::-1] * x,
    lambda x: np.where(x > 0, np.sqrt(abs(x)), x),
    lambda x: np.linalg.norm(x) * np.prod(x),
    lambda x: np.einsum("i,j->ij", x, x)[np.tril_indices(3)].sum(),
    lambda x: np.concatenate([x, x[:1] * 2, W]),
    lambda x: np.stack([x, W]).mean(axis=0),
    lambda x: np.median(x),
    lambda x: np.outer(x, W) @ x,
    lambda x: np.linalg.solve(np.outer(x, x) + np.eye(3), x),
    lambda x: np.linalg.det(np.outer(x, x)),
    lambda x: np.cumsum(np.flip(x)) / np.std(x),
    lambda x: np.pad(x, 1)[np.array([0, 2, 2, 1])],
    lambda x: cr.logsumexp(x) + cr.sigmoid(x).max(),
    lambda x: np.real(np.fft.fft(x) * 1j),
    lambda x: (x[x.argmax()] if False else x[0]) * x[..., None],
    lambda x: np.take_along_axis(x, np.argsort(-x), 0),
    lambda x: np.clip(x, -0.5, 0.5) + np.maximum(x, 0.0) + np.minimum(x, W),
    lambda x: np.cumprod(x * np.array([1.0, 0.0, 1.0])),
    lambda x: np.tile(x, 2).reshape(2, 3).T,
]


@pytest.mark.parametrize("i", range(len(FUNCTIONS)))
def test_functions_are_loops(i):
    function = FUNCTIONS[i]
    np.testing.assert_allclose(cr.vmap(function)(X), looped(function, X), rtol=1e-12, atol=1e-14)
    jacobian = cr.jacobian(function)
    np.testing.assert_allclose(cr.vmap(jacobian)(X), looped(jacobian, X), rtol=1e-11, atol=1e-13)
    outside = cr.jacobian(lambda x: cr.vmap(function)(x).sum(0))(X)
    np.testing.assert_allclose(np.moveaxis(outside, -2, 0), looped(jacobian, X), rtol=1e-11, atol=1e-13)


def test_per_sample_gradients():
    gradients = cr.vmap(cr.grad(lambda w, x: np.tanh(w @ x) ** 2), in_dims=(None, 0))(W, X)
    t = np.tanh(X @ W)
    np.testing.assert_allclose(gradients, (2 * t * (1 - t * t))[:, None] * X, rtol=1e-13)


def test_second_derivatives_inside_and_outside():
    def loss(w):
        return cr.vmap(lambda x: np.exp(w @ x * 0.1))(X).sum()

    expected = sum(np.exp(x @ W * 0.1) * 0.01 * np.outer(x, x) for x in X)
    np.testing.assert_allclose(cr.hessian(loss)(W), expected, rtol=1e-12)
    inside = cr.vmap(cr.hessian(lambda x: np.exp(W @ x * 0.1)))(X)
    np.testing.assert_allclose(inside, [np.exp(x @ W * 0.1) * 0.01 * np.outer(W, W) for x in X], rtol=1e-12)


def test_axes_trees_and_chunks():
    tree = {"a": X.T, "b": (2.0, X)}
    out = cr.vmap(lambda d, k: {"sum": d["a"] * k, "pair": [d["b"][1].sum(), d["b"][0] * d["a"]]},
                  in_dims=({"a": 1, "b": (None, 0)}, None),
                  out_dims={"sum": 1, "pair": [0, -1]})(tree, 3.0)  # fmt: skip
    np.testing.assert_allclose(out["sum"], X.T * 3)
    np.testing.assert_allclose(out["pair"][0], X.sum(1))
    np.testing.assert_allclose(out["pair"][1], 2 * X.T)
    for size in (1, 3, 4, 9):
        np.testing.assert_allclose(cr.vmap(lambda x: x.sum(), chunk_size=size)(X), X.sum(1))


def test_nested():
    both = cr.vmap(cr.vmap(lambda a, b: np.tanh(a @ b), (None, 0)), (0, None))(X, X)
    np.testing.assert_allclose(both, np.tanh(X @ X.T), rtol=1e-13)
    three = cr.vmap(cr.vmap(cr.vmap(lambda a, b, c: a * b + np.maximum(c, a), (0, None, None)), (None, 0, None)))
    a, b = np.arange(8.0).reshape(4, 2), np.arange(12.0).reshape(4, 3)
    c = np.arange(4.0)
    expected = [[[a[i, k] * b[i, j] + max(c[i], a[i, k]) for k in range(2)] for j in range(3)] for i in range(4)]
    np.testing.assert_allclose(three(a, b, c), expected)
    sums = cr.grad(lambda x: cr.vmap(cr.vmap(lambda a, b: np.sin(a * b), (None, 0)), (0, None))(x, x).sum())(W)
    np.testing.assert_allclose(sums, 2 * (np.cos(np.outer(W, W)) @ W), rtol=1e-12)


def test_rows_of_cotangents_for_a_graph_from_outside():
    def function(w):
        return np.sin(w) * w.sum()

    pullback = cr.vjp(function, W)[1]
    np.testing.assert_allclose(cr.vmap(lambda v: pullback(v)[0])(np.eye(3)), cr.jacobian(function)(W))


def test_gradients_reach_tensors_from_outside():
    w = cr.tensor(W, requires_grad=True)
    cr.vmap(lambda x: (w * x).sum() ** 2)(X).sum().backward()
    np.testing.assert_allclose(w.grad.value, 2 * X.T @ (X @ W), rtol=1e-13)


def test_structural_zeros_are_those_of_each_row():
    def function(x):
        return np.where(x < 0, np.exp(x), x + 1)

    np.testing.assert_array_equal(cr.vmap(cr.grad(function))(np.array([1000.0, -1.0])), [1.0, np.exp(-1.0)])
    root = cr.vmap(cr.grad(lambda x: (np.sqrt(x) * np.array([True, False]))[1]))
    np.testing.assert_array_equal(root(np.array([0.0, 1.0])), [0.0, 0.0])


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x if x.sum() > 0 else -x, "used as one truth value under vmap"),
        (lambda x: x.sum().item(), ".item()"),
        (lambda x: [1, 2, 3][x[0]], "an index or a count"),
        (lambda x: x[x > 0], "dynamic shapes"),
        (lambda x: np.unique(np.round(x)), "has no rule under vmap"),
        (lambda x: float(x[0]), ".item() or float()"),
        (lambda x: np.nonzero(x > 0)[0], "dynamic shapes"),
        (lambda x: "text", "must only return Tensors"),
    ],
)
def test_what_has_no_one_answer_raises(function, words):
    with pytest.raises((cr.errors.VmapError, cr.errors.ArgumentError, TypeError)) as caught:
        cr.vmap(function)(X)
    assert words in str(caught.value) and __file__.rpartition("/")[2] in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((X, X[:2]), {}, "Expected all tensors to have the same size in the mapped dimension, got sizes 4 for args[0]"),
        ((X, 1.0), {}, "of type float. We cannot vmap over non-Tensor arguments"),
        ((X, X), {"in_dims": (0, 5)}, "a Tensor of dimensionality 2, so expected in_dim to satisfy -2 <= in_dim < 2"),
        ((X, X), {"in_dims": None}, "at least one must be mapped over"),
        ((X, X), {"in_dims": (0,)}, "is not compatible with the structure of inputs"),
        ((X, X), {"in_dims": (0, {"a": 0})}, "is not compatible with the structure"),
        ((X, X), {"out_dims": 7}, "out_dim=7"),
        ((X, X), {"out_dims": None}, "it differs from row to row"),
    ],
)
def test_arguments_that_do_not_fit(arguments, options, words):
    with pytest.raises((cr.errors.ArgumentError, cr.errors.VmapError)) as caught:
        cr.vmap(lambda a, b: a + b, **options)(*arguments)
    assert words in str(caught.value)


@pytest.mark.parametrize("options", [{"randomness": "often"}, {"chunk_size": 0}])
def test_options_are_checked_at_once(options):
    with pytest.raises(cr.errors.ArgumentError, match="vmap"):
        cr.vmap(np.sin, **options)


@pytest.mark.parametrize("front", ["chainrule", "chainrule.torch"])
def test_backward_inside_to_a_leaf_from_outside(front):
    import importlib

    module = importlib.import_module(front)
    w = module.tensor([1.0, 2.0, 3.0], requires_grad=True)

    def inside(x):
        (w * x).sum().backward()
        return x

    with pytest.raises(cr.errors.VmapError, match=r"backward\(\) is not possible"):
        cr.vmap(inside)(X)
    assert w.grad is None

    def own(x):
        leaf = module.tensor([1.0, 2.0, 3.0], requires_grad=True)
        (leaf * leaf * x).sum().backward()
        return leaf.grad

    np.testing.assert_allclose(np.asarray(cr.vmap(own)(X)), 2 * np.array([1.0, 2.0, 3.0]) * X, rtol=1e-6)


def test_nothing_of_a_map_is_left_after_an_error():
    from chainrule.core.rows import active

    with pytest.raises(ValueError):
        cr.vmap(lambda x: [][0] if False else int("x"))(X)
    assert not active()


def test_it_prints_inside():
    seen = []
    cr.vmap(lambda x: seen.append(repr(x)) or x)(X)
    assert "Rows of a vmap over 4, each of shape (3,)" in seen[0] and type(seen[0]) is str
    assert type(cr.vmap(lambda x: x)(X)) is np.ndarray and Rows.__name__ == "Rows"
