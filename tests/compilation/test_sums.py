"""numpy.einsum, compiled: the same sums, as products, diagonals and sums in native code."""

import numpy as np
import pytest

import chainrule as cr

SIZES = {"a": 2, "b": 3, "i": 4, "j": 5, "k": 3, "l": 2}
SUBSCRIPTS = """
    i->i i-> ij-> ij->j ij->ji ii->i ii-> iij->j iji->ji ijij->ij iji
    i,i-> i,i->i i,j->ij i,j->ji i,j-> ij,j->i ij,j->ij ij,jk->ik ij,jk->ki ji,jk->ik ij,jk ij,ij->  ij,ij->ij
    aij,ajk->aik aij,jk->aik aij,ajk-> abij,bjk->abik abi,abj->aij ij,k,jk->i ij,jk,kl->il i,j,k->ijk ii,i->i
    ...ij,...jk->...ik ...i->... i...->... ij...,jk...->ik... ,i->i i,->i
""".split()


def drawn(subscripts, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    terms = subscripts.partition("->")[0].split(",")
    shapes = [[n for c in term.replace("...", "ab") for n in [SIZES[c]]] for term in terms]
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("subscripts", SUBSCRIPTS)
def test_as_in_numpy(subscripts, dtype):
    operands = drawn(subscripts, dtype)
    eps = 64 * np.finfo(dtype).eps
    for eager in (
        lambda *xs: np.einsum(subscripts, *xs) * dtype(2),
        cr.value_and_grad(lambda *xs: np.sum(np.sin(np.einsum(subscripts, *xs))), tuple(range(len(operands)))),
    ):
        fast = cr.compile(eager)
        fast(*operands)
        assert fast.eager_calls == 0 and "NumPy call: einsum" not in fast.report(), fast.report()
        ours, theirs = fast(*operands), eager(*operands)
        pairs = [(ours, theirs)] if not isinstance(theirs, tuple) else [(ours[0], theirs[0]), *zip(ours[1], theirs[1])]
        for one, other in pairs:
            assert type(one) is type(other) and np.shape(one) == np.shape(other)
            assert np.asarray(one).dtype == np.asarray(other).dtype
            np.testing.assert_allclose(one, other, rtol=eps, atol=eps)


def test_axes_of_length_1_are_spread():
    x, y = np.random.default_rng(0).normal(size=(4, 1)), np.random.default_rng(1).normal(size=(5, 3))
    fast = cr.compile(lambda x, y: np.einsum("ij,jk->ik", x, y) * 2)
    fast(x, y)
    np.testing.assert_allclose(fast(x, y), np.einsum("ij,jk->ik", x, y) * 2)


@pytest.mark.parametrize("subscripts, shapes", [("ij,jk->ik", [(2, 3), (4, 5)]), ("ii->i", [(2, 3)]), ("ij", [(3,)])])
def test_numpys_errors_are_raised(subscripts, shapes):
    operands = [np.ones(shape) for shape in shapes]
    with pytest.raises(ValueError):
        np.einsum(subscripts, *operands)
    with pytest.raises(ValueError):
        cr.compile(lambda *xs: np.einsum(subscripts, *xs) * 2)(*operands)


def test_other_products():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 4, 5)), rng.normal(size=(4, 3, 2))

    def f(x, y):
        return (
            np.tensordot(x, y, ((1, 0), (0, 1))),
            np.tensordot(x[..., :3], y[..., 0], 2),
            np.outer(x, y[0]),
            np.inner(x[0, 0], x[1, 1]),
            np.vdot(x, x),
            np.linalg.norm(x),
            np.linalg.norm(x, axis=1),
        )

    fast = cr.compile(f)
    fast(x, y)
    for one, other in zip(fast(x, y), f(x, y)):
        assert type(one) is type(other)
        np.testing.assert_allclose(one, other, rtol=1e-13)
    assert "NumPy call" not in fast.report()
