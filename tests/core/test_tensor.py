"""The handle: what it is made of, its ways out, and what it refuses."""

import copy
import pickle

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import (
    ArgumentError,
    ChainruleError,
    DtypeError,
    ImmutableError,
    LostDerivativeError,
    NotScalarError,
    ShapeError,
)


def leaf(value, **options):
    return cr.tensor(value, requires_grad=True, **options)


MADE = [
    (1.0, float, ()),
    (1, int, ()),
    (True, bool, ()),
    (1j, complex, ()),
    (np.float32(1), np.float32, ()),
    (np.float64(1), np.float64, ()),
    (np.array(1.0), np.float64, ()),
    ([1.0, 2.0], np.ndarray, (2,)),
    ([[1], [2]], np.ndarray, (2, 1)),
    ((1.0, np.float32(2)), np.ndarray, (2,)),
    ([], np.ndarray, (0,)),
    (np.ones((0, 3), np.float32), np.ndarray, (0, 3)),
    (np.float16(1), np.float16, ()),
    (np.longdouble(1), np.longdouble, ()),
    ([cr.tensor(1.0), cr.tensor(2.0)], np.ndarray, (2,)),
]


@pytest.mark.parametrize("given, kind, shape", MADE, ids=[repr(m[0])[:30] for m in MADE])
def test_what_a_tensor_is_made_of(given, kind, shape):
    t = cr.tensor(given)
    assert type(t.value) is kind and t.shape == shape and t.ndim == len(shape)
    assert t.size == np.prod(shape, dtype=int) and t.dtype == np.asarray(t.value).dtype
    assert t.is_leaf and not t.requires_grad and t.grad is None and t.name is None


def test_dtype_and_name():
    assert cr.tensor(1, dtype=float, requires_grad=True).dtype == np.float64
    assert type(cr.tensor(1.0, dtype=float).value) is float  # still weak
    assert cr.tensor([1.0], dtype="float32").dtype == np.float32
    assert cr.tensor([1.5], dtype=int).tolist() == [1]
    assert leaf(1.0, name="w").name == "w"


BAD = [
    (lambda: cr.tensor([1, 2], requires_grad=True), DtypeError),
    (lambda: cr.tensor(3, requires_grad=True), DtypeError),
    (lambda: cr.tensor(True, requires_grad=True), DtypeError),
    (lambda: cr.tensor(1.0, requires_grad=True, dtype=int), DtypeError),
    (lambda: cr.tensor("abc"), DtypeError),
    (lambda: cr.tensor(None), DtypeError),
    (lambda: cr.tensor([1, "a"]), DtypeError),
    (lambda: cr.tensor([None, 1.0]), DtypeError),
    (lambda: cr.tensor({"a": 1.0}), DtypeError),
    (lambda: cr.tensor(object()), DtypeError),
    (lambda: cr.tensor(np.array([1, None])), DtypeError),
    (lambda: cr.tensor(np.array(["a"])), DtypeError),
    (lambda: cr.tensor(10**30), DtypeError),
    (lambda: cr.tensor([10**30]), DtypeError),
    (lambda: cr.tensor(np.datetime64("2020-01-01")), DtypeError),
    (lambda: cr.tensor(range(3)), DtypeError),
    (lambda: cr.tensor([[1.0, 2.0], [3.0]]), ShapeError),
    (lambda: cr.tensor(np.ma.masked_array([1.0], [True])), DtypeError),
    (lambda: cr.tensor([1.0], dtype="nope"), DtypeError),
    (lambda: cr.tensor([1.0], dtype=object), DtypeError),
    (lambda: cr.tensor(1.0, dtype=object), DtypeError),
    (lambda: cr.tensor([1.0], dtype=str), DtypeError),
    (lambda: cr.tensor([1j], dtype=float), DtypeError),
    (lambda: cr.tensor(1.0, name=["w"]), ArgumentError),
    (lambda: cr.tensor(1.0, name={}), ArgumentError),
    (lambda: cr.tensor(1.0, name=3), ArgumentError),
    (lambda: cr.tensor([leaf(1.0), 2.0]), LostDerivativeError),
    # ways out that would drop the derivative
    (lambda: float(leaf(1.0)), LostDerivativeError),
    (lambda: complex(leaf(1.0)), LostDerivativeError),
    (lambda: np.array([leaf(1.0), leaf(2.0)]), LostDerivativeError),
    (lambda: np.asarray(leaf([1.0])), LostDerivativeError),
    (lambda: leaf([1.0]).numpy(), LostDerivativeError),
    (lambda: leaf([1.0]).tolist(), LostDerivativeError),
    (lambda: pickle.dumps(leaf(1.0) * 2), LostDerivativeError),
    (lambda: copy.deepcopy(leaf(1.0) * 2), LostDerivativeError),
    # one number, or none
    (lambda: leaf([1.0, 2.0]).item(), NotScalarError),
    (lambda: leaf([]).item(), NotScalarError),
    (lambda: int(leaf([1.0, 2.0])), NotScalarError),
    (lambda: bool(leaf([1.0, 2.0])), NotScalarError),
    (lambda: bool(leaf([])), NotScalarError),
    (lambda: 1.0 if leaf([1.0, 2.0]) else 2.0, NotScalarError),
    (lambda: len(leaf(1.0)), ShapeError),
    (lambda: list(leaf(1.0)), ShapeError),
    (lambda: [*leaf(np.float32(1.0))], ShapeError),
    (lambda: range(leaf(3.0)), DtypeError),
    (lambda: [1, 2][leaf(1.0)], DtypeError),
    (lambda: int(leaf(1j)), DtypeError),
    # in place
    (lambda: leaf([1.0, 2.0]).__setitem__(0, 5.0), ImmutableError),
    (lambda: leaf([1.0, 2.0]).__delitem__(0), ImmutableError),
    (lambda: leaf([2.0, 1.0]).sort(), ImmutableError),
    (lambda: leaf([2.0, 1.0]).fill(0.0), ImmutableError),
    # gradients that do not fit
    (lambda: setattr(leaf([1.0, 2.0]), "grad", 1.0), ShapeError),
    (lambda: setattr(leaf([1.0, 2.0]), "grad", np.ones(3)), ShapeError),
    (lambda: setattr(leaf([1.0, 2.0]), "grad", [1j, 1.0]), DtypeError),
    (lambda: setattr(leaf([1.0, 2.0]), "grad", "ab"), DtypeError),
    (lambda: setattr(leaf(1.0), "grad", "a"), DtypeError),
]


@pytest.mark.parametrize("call, error", BAD, ids=range(len(BAD)))
def test_refusals_say_what_where_and_what_to_do(call, error):
    with pytest.raises(error) as raised:
        call()
    message = str(raised.value)
    assert isinstance(raised.value, ChainruleError) and "what to do: " in message
    assert f"{__file__}:{call.__code__.co_firstlineno}" in message


def test_filling_an_array_is_refused_with_the_reason():
    array = np.zeros(2)
    with pytest.raises(ValueError) as raised:  # NumPy's own, which names ours as its cause
        array[0] = leaf(1.0)
    assert isinstance(raised.value.__cause__, LostDerivativeError)
    assert "np.stack" in str(raised.value.__cause__) and __file__ in str(raised.value.__cause__)


def test_in_place_operators_rebind():
    t = first = leaf([1.0, 2.0])
    t *= 3.0
    t += 1.0
    t.sum().backward()
    np.testing.assert_array_equal(first.grad.value, [3.0, 3.0])
    np.testing.assert_array_equal(first.value, [1.0, 2.0])


def test_assigning_a_gradient():
    t = leaf(np.ones(2, np.float32))
    for given in ([1, 2], np.array([1.0, 2.0]), cr.tensor([1.0, 2.0])):
        t.grad = given
        np.testing.assert_array_equal(t.grad.value, [1.0, 2.0])
        assert t.grad.dtype == np.float32
    (t * 1.0).sum().backward()
    np.testing.assert_array_equal(t.grad.value, [2.0, 3.0])
    t.grad = None
    assert t.grad is None


def test_ways_out_that_lose_nothing():
    t = leaf(2.5)
    assert (t.item(), int(t), bool(t), f"{t:.1f}") == (2.5, 2, True, "2.5")
    constant = cr.tensor([1.0, 2.0])
    assert (float(cr.tensor(2.5)), constant.tolist()) == (2.5, [1.0, 2.0])
    np.testing.assert_array_equal(np.asarray(constant), [1.0, 2.0])
    assert type(leaf(np.float32(2)).item()) is float
    assert [1, 2, 3][cr.tensor(1)] == 2 and list(range(cr.tensor(2))) == [0, 1]
    assert [one.item() for one in leaf([1.0, 2.0])] == [1.0, 2.0] and len(leaf([[1.0], [2.0]])) == 2


def test_identity_and_comparison():
    a, b = leaf(1.0), leaf(1.0)
    assert a == b and a is not b and hash(a) != hash(b)
    assert {a: 1, b: 2}[a] == 1 and (a != None) and not (a == "x")  # noqa: E711
    np.testing.assert_array_equal(leaf([1.0, 2.0]) > 1.5, [False, True])
    assert type(a < 2.0) is bool


@pytest.mark.parametrize(
    "make",
    [
        lambda: leaf(1.5, name="w"),
        lambda: leaf(np.array([1.0, 2.0]), name="w"),
        lambda: leaf(np.float32(2)),
        lambda: cr.tensor([1, 2]),
        lambda: leaf(1.0).detach(),
    ],
)
@pytest.mark.parametrize("again", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_leaves_are_copied_whole(make, again):
    t = make()
    other = again(t)
    assert type(other) is cr.Tensor and other.node is not t.node
    assert (other.name, other.requires_grad, other.dtype, other.shape) == (t.name, t.requires_grad, t.dtype, t.shape)
    assert type(other.value) is type(t.value) and np.array_equal(other.value, t.value)
    assert other.ndim == 0 or not np.shares_memory(other.value, t.value)
    if other.requires_grad:
        (other * other).sum().backward()
        assert t.grad is None and other.grad is not None
    assert copy.copy(t) is t
    shared = copy.deepcopy([t, t])
    assert shared[0] is shared[1]


@pytest.mark.parametrize(
    "value, text",
    [
        (1.5, "tensor(1.5, requires_grad=True)"),
        (np.array([1.0, 2.0]), "tensor([1., 2.], requires_grad=True)"),
        (np.float32(2), "tensor(2., dtype=float32, requires_grad=True)"),
        (1j, "tensor(0.+1.j, dtype=complex128, requires_grad=True)"),
    ],
)
def test_repr(value, text):
    assert repr(leaf(value)) == text and str(leaf(value)) == text
