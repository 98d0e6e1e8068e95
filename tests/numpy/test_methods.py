"""ndarray's methods and attributes on a Tensor: NumPy's names, orders and defaults, and right derivatives."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError, ImmutableError, LostDerivativeError

RNG = np.random.default_rng(1)
M = RNG.permutation(np.linspace(-2, 2, 12)).reshape(3, 4)  # entries apart: no ties for max and sort
T = RNG.normal(size=(2, 3, 4))
C = M[0] + 1j * M[1]
MASK = M[:, :1] > 0

# One string a call, evaluated with x an ndarray and with x a Tensor.
CALLS = {
    "M": """
        x.sum() | x.sum(0) | x.sum(axis=1, keepdims=True) | x.sum((0, 1)) | x.sum(1, None, None, True)
        x.sum(dtype=float) | x.sum(0, float) | x.sum(initial=0.5) | x.sum(axis=0, where=MASK) | x.sum(axis=-1)
        x.mean() | x.mean(1) | x.mean(axis=(0, 1), keepdims=True) | x.mean(0, None, None, True) | x.mean(where=MASK)
        x.prod() | x.prod(axis=1) | x.prod(0, None, None, True) | x.prod(initial=2.0)
        x.var() | x.var(1, None, None, 1) | x.var(axis=0, ddof=1, keepdims=True) | x.var(where=MASK)
        x.std() | x.std(ddof=1) | x.std(axis=1, ddof=2) | x.std(0, None, None, 1, True) | x.std(where=MASK)
        x.max() | x.max(0) | x.max(axis=1, keepdims=True) | x.max(1, None, True) | x.max(initial=-9.0, where=MASK)
        x.min() | x.min(axis=0) | x.min(initial=0.1) | x.min((0, 1))
        x.cumsum() | x.cumsum(axis=1) | x.cumsum(0, float) | x.cumprod() | x.cumprod(axis=0)
        x.reshape(2, 6) | x.reshape((6, -1)) | x.reshape(-1) | x.reshape([12]) | x.reshape(2, -1, order="F")
        x.reshape((4, 3), order="A") | x.reshape(12, copy=True) | x.reshape(np.int64(12))
        x.ravel() | x.ravel("F") | x.ravel(order="K") | x.flatten() | x.flatten("F") | x.T.ravel("K") | x.T.flatten("A")
        x.T | x.T.T | x.mT | x.transpose() | x.transpose(1, 0) | x.transpose((1, 0)) | x.transpose(None)
        x.transpose([-1, 0]) | x.swapaxes(0, 1) | x.swapaxes(-1, 0) | x[None].squeeze() | x[None].squeeze(axis=0)
        x.repeat(2) | x.repeat([1, 0, 2], axis=0) | x.repeat(2, 1) | x.take([0, 5]) | x.take([[0], [2]], axis=1)
        x.take([0, 9], 1, None, "clip") | x.take([-5, 4], axis=0, mode="wrap") | x.take(3)
        x.diagonal() | x.diagonal(1) | x.diagonal(offset=-1, axis1=1, axis2=0) | x.trace() | x.trace(offset=1)
        x.dot(x.T) | x.dot([1, 2, 3, 4]) | x.dot(2.0) | x.dot(b=np.ones(4)) | x @ x.T | x.T @ [1.0, 2.0, 3.0]
        x.clip(-0.5, 0.5) | x.clip(min=0.1) | x.clip(max=0.3) | x.clip(None, 0.2) | x.clip(-1, None)
        x.round(1) + x | x.round() + x | x.round(decimals=2) + x | round(x[0, 0], 1) + x
        x.copy() | x.copy("F") | x.astype(float) | x.astype("complex128").real | x.astype(float, copy=False)
        x.compress([1, 0, 1], axis=0) | x.compress([True, False, True]) | x.conj() | x.conjugate() | x.real
        x.flat[3] | x.flat[2:5] | x.imag + x | x[::2, 1] | x[..., -1] | x[x > 0] | x[[0, 1], [1, 2]]
    """,
    "T": """
        x.sum(axis=(0, -1)) | x.mean(axis=(1, 2)) | x.max(axis=(0, 2)) | x.transpose(2, 0, 1) | x.mT
        x.diagonal(0, 1, 2) | x.trace(0, 1, 2) | x.trace(axis1=-1, axis2=-2) | x.swapaxes(0, 2) | x.cumsum(axis=1)
        x.std(axis=(0, 1)) | x.reshape(6, 4) | x.T | x.squeeze() | x.transpose(-1, 1, 0).ravel("K")
    """,
    "C": "x.real | x.imag | x.conj() | x.sum() | x.mean() | x.dot(x) | x.var() | x.std() | x.prod() | x.cumsum()",
}
ROWS = [
    (arg, call.strip()) for arg, calls in CALLS.items() for call in calls.replace("\n", "|").split("|") if call.strip()
]


@pytest.mark.parametrize("arg, call", ROWS, ids=[f"{arg}: {call}" for arg, call in ROWS])
def test_methods_as_ndarrays_have_them(arg, call):
    code = compile(call, "call", "eval")

    def f(x):
        return eval(code, {"np": np, "MASK": MASK}, {"x": x})

    value = globals()[arg]
    expected, ours = f(value), f(cr.tensor(value, requires_grad=True))
    assert isinstance(ours, cr.Tensor) and ours.requires_grad
    assert ours.shape == np.shape(expected) and ours.dtype == expected.dtype
    np.testing.assert_allclose(ours.value, expected, rtol=1e-13, atol=1e-14)
    cr.check_grads(f, (value,), order=2, directions=1)


PLAIN = """
    x.argmax() | x.argmax(1) | x.argmin(axis=0) | x.argsort() | x.argsort(axis=0) | x.argpartition(1) | x.any()
    x.all(axis=1) | x.nonzero() | x.item(3) | x.item(0, 1) | x.item((1, 2)) | x[0, 0].item() | x.ndim | x.shape
    x.size | x.dtype | x.nbytes | x.itemsize | len(x) | x.astype(int) | x.astype(bool) | x > 0 | x == x | x[0] < x[1]
    x[0].searchsorted(0.5) | bool(x[0, 0]) | int(x[0, 0]) | x[0, 0] in x | 7.0 in x | (x > 0) & (x < 1)
    [v.item() for v in x.flat] | np.argmax(x, axis=1) | np.isnan(x) | np.shape(x) | np.size(x, 0) | np.ndim(x)
    round(x[0, 0]) | x[0, 0].__floor__() | np.sign(x) == 1 | sorted(x[0])[0].item() | max(x[0]).item()
"""


@pytest.mark.parametrize("call", [c.strip() for c in PLAIN.replace("\n", "|").split("|") if c.strip()])
def test_what_has_no_slope_is_plain_and_numpys(call):
    def f(x):
        return eval(call, {"np": np}, {"x": x})

    ours = f(cr.tensor(M, requires_grad=True))
    assert not isinstance(ours, cr.Tensor)
    np.testing.assert_array_equal(ours, f(M))


def test_scalars_have_the_methods_too():
    for call in (
        "x.sum()",
        "x.reshape(1, 1)",
        "x.ravel()",
        "x[None]",
        "x[...]",
        "x[()]",
        "x.repeat(3)",
        "x.T",
        "x.max()",
        "x.flatten()",
        "x.clip(0, 1)",
        "x.squeeze()",
        "x.std()",
        "x.cumsum()",
        "x.conj()",
        "x.dot(x)",
    ):
        for value in (0.7, np.float64(0.7), np.array(0.7), np.float32(0.7)):
            expected = eval(call, {}, {"x": np.asarray(value)})
            ours = eval(call, {}, {"x": cr.tensor(value, requires_grad=True)})
            assert ours.shape == np.shape(expected) and ours.dtype == expected.dtype and ours.requires_grad, call
            np.testing.assert_allclose(ours.value, expected)

        def f(x, call=call):
            return eval(call, {}, {"x": x if isinstance(x, cr.Tensor) else np.asarray(x)})

        cr.check_grads(f, (0.7,), directions=1)


def test_what_would_change_in_place_or_lose_the_derivative_raises():
    t = cr.tensor(M, requires_grad=True)
    for call in (
        "sort()",
        "partition(1)",
        "fill(0)",
        "put([0], 1)",
        "resize(2, 6)",
        "view(int)",
        "setflags(write=True)",
        "setfield(0, float)",
        "sum(out=np.zeros(()))",
        "clip(0, 1, np.zeros((3, 4)))",
        "mean(0, None, np.zeros(4))",
        "take([0], out=np.zeros(1))",
        "dot(np.ones(4), np.zeros(3))",
        "compress([1], 0, np.zeros((1, 4)))",
    ):
        with pytest.raises(ImmutableError):
            eval(f"t.{call}")
    with pytest.raises(ImmutableError):
        t.flat = 0.0
    for call in ("tobytes()", "tolist()", "dumps()", "numpy()"):
        with pytest.raises(LostDerivativeError):
            eval(f"t.{call}")
        assert eval(f"t.detach().{call}") is not None


@pytest.mark.parametrize("name", [n for n in dir(np.ndarray) if not n.startswith("_")])
def test_every_attribute_of_an_ndarray_is_there_or_says_why(name):
    t = cr.tensor(M, requires_grad=True)
    try:
        attribute = getattr(t, name)
    except AttributeError as error:
        assert name in str(error) and f".detach().numpy().{name}" in str(error)
        return
    if callable(attribute):
        try:
            attribute()
        except (ChainruleError, TypeError):
            pass
    else:
        assert not isinstance(attribute, np.ndarray)


def test_a_missing_attribute_is_an_attribute_error():
    t = cr.tensor(1.0)
    assert not hasattr(t, "nothing_like_this") and not hasattr(t, "__array_interface__")
    with pytest.raises(AttributeError, match="a Tensor has no attribute 'nothing_like_this'$"):
        t.nothing_like_this  # noqa: B018


def test_methods_refuse_what_ndarrays_refuse():
    t = cr.tensor(M, requires_grad=True)
    for call in (
        "sum(axis=2)",
        "sum(keepdim=True)",
        "reshape(5)",
        "reshape(5, 5)",
        "transpose(0, 0)",
        "squeeze(0)",
        "take([99])",
        "item()",
        "item(99)",
        "swapaxes(0, 5)",
        "repeat(-1)",
        "max(where=MASK)",
        "astype('nothing')",
        "dot(np.ones(3))",
        "mean(axis=(0, 0))",
        "diagonal(0, 0, 0)",
    ):
        with pytest.raises((ChainruleError, TypeError, ValueError)) as error:
            eval(f"t.{call}")
        assert not isinstance(error.value, RecursionError)
