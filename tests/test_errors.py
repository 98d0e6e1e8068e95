"""Every error says what, where (the user's own line) and what to do, and changes nothing."""

import inspect
import pickle
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule import errors
from chainrule.core.modes import STATE
from chainrule.errors import (
    ArgumentError,
    ChainruleError,
    DtypeError,
    ImmutableError,
    LostDerivativeError,
    ShapeError,
    UnsupportedFunctionError,
)

CLASSES = [c for c in vars(errors).values() if inspect.isclass(c) and issubclass(c, ChainruleError)]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_every_error_has_the_three_parts_and_an_example(cls):
    error = cls("what happened", "what helps")
    lines = str(error).split("\n")
    assert lines[0] == "what happened" and lines[-1] == "  what to do: what helps"
    assert f"where: {__file__}:" in lines[1] and "cls(" in lines[1]
    assert (error.what, error.do) == ("what happened", "what helps")
    assert cls is ChainruleError or ">>>" in cls.__doc__


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_an_error_survives_pickling(cls):
    """Worker processes hand errors back pickled."""
    error = cls("what happened", "what helps")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cls and str(again) == str(error) and again.do == error.do


@pytest.mark.parametrize(
    "cls, base",
    [
        (ShapeError, ValueError),
        (DtypeError, TypeError),
        (ImmutableError, TypeError),
        (LostDerivativeError, RuntimeError),
        (errors.OutOfRangeError, IndexError),
        (errors.SingularError, np.linalg.LinAlgError),
        (UnsupportedFunctionError, TypeError),
        (ArgumentError, ValueError),
        (errors.NotScalarError, ValueError),
        (errors.NoGraphError, RuntimeError),
        (errors.GraphFreedError, RuntimeError),
        (errors.TapeError, RuntimeError),
        (errors.GradientCheckError, AssertionError),
    ],
)
def test_errors_are_also_what_python_calls_them(cls, base):
    assert issubclass(cls, base) and issubclass(cls, ChainruleError)


# Operations on values that do not go together

V = lambda: cr.tensor([1.0, 2.0], requires_grad=True)
M = lambda: cr.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
S = lambda: cr.tensor(3.0, requires_grad=True)
THREE = np.ones(3)
OPERATIONS = [
    # shapes
    (lambda: V() + THREE, ShapeError),
    (lambda: THREE * V(), ShapeError),
    (lambda: V() / cr.tensor(THREE), ShapeError),
    (lambda: np.power(V(), THREE), ShapeError),
    (lambda: np.maximum(V(), [1.0, 2.0, 3.0]), ShapeError),
    (lambda: V() ** THREE, ShapeError),
    (lambda: np.where([True, False, True], V(), 0.0), ShapeError),
    (lambda: np.clip(V(), THREE, 2.0), ShapeError),
    (lambda: M() @ V(), ShapeError),
    (lambda: V() @ M().T, ShapeError),
    (lambda: np.ones((2, 2)) @ M().T, ShapeError),
    (lambda: np.dot(M(), M()), ShapeError),
    (lambda: np.matmul(S(), S()), ShapeError),
    (lambda: M() @ 3.0, ShapeError),
    (lambda: np.inner(V(), THREE), ShapeError),
    (lambda: np.tensordot(M(), M(), 1), ShapeError),
    (lambda: np.vdot(V(), THREE), ShapeError),
    (lambda: np.einsum("ij,jk->ik", M(), M()), ShapeError),
    (lambda: np.einsum("ijk->i", M()), ShapeError),
    (lambda: np.einsum("ii->i", M()), ShapeError),
    (lambda: np.einsum("ij,kl", M()), ShapeError),
    (lambda: np.concatenate([M(), np.ones((2, 2))]), ShapeError),
    (lambda: np.concatenate([M(), V()]), ShapeError),
    (lambda: np.concatenate([S(), S()]), ShapeError),
    (lambda: np.stack([V(), THREE]), ShapeError),
    (lambda: np.vstack([V(), THREE]), ShapeError),
    (lambda: np.hstack([M(), np.ones((3, 1))]), ShapeError),
    (lambda: np.stack([M(), V()]), ShapeError),
    (lambda: V().reshape(3), ShapeError),
    (lambda: M().reshape((4, -1)), ShapeError),
    (lambda: np.reshape(V(), (-1, -1)), ShapeError),
    (lambda: np.broadcast_to(V(), (3,)), ShapeError),
    (lambda: np.squeeze(V(), 0), ShapeError),
    (lambda: np.split(V(), 3), ArgumentError),
    (lambda: np.linalg.solve(M(), V()), ShapeError),
    (lambda: np.linalg.solve(np.eye(2), THREE * S()), ShapeError),
    (lambda: np.linalg.inv(M()), ShapeError),
    (lambda: np.linalg.det(M()), ShapeError),
    (lambda: np.linalg.cholesky(V()), ShapeError),
    (lambda: np.linalg.inv(S()), ShapeError),
    (lambda: np.trace(V()), ShapeError),
    (lambda: np.diag(np.ones((2, 2, 2)) * S()), ShapeError),
    (lambda: np.cross(np.ones(4) * S(), np.ones(4)), ShapeError),
    (lambda: np.outer(V(), V()).reshape(5), ShapeError),
    (lambda: V().T @ np.ones((3, 2)), ShapeError),
    (lambda: V() > THREE, ShapeError),
    (lambda: V() == THREE, ShapeError),
    # axes
    (lambda: np.sum(V(), axis=1), ShapeError),
    (lambda: V().mean(axis=-2), ShapeError),
    (lambda: np.max(M(), axis=(0, 0)), ShapeError),
    (lambda: np.sum(S(), axis=1), ShapeError),
    (lambda: M().transpose(0, 0), ShapeError),
    (lambda: np.transpose(M(), (0, 1, 2)), ShapeError),
    (lambda: np.moveaxis(M(), 0, 5), ShapeError),
    (lambda: np.swapaxes(V(), 0, 1), ShapeError),
    (lambda: np.expand_dims(V(), 5), ShapeError),
    (lambda: np.concatenate([V(), V()], axis=1), ShapeError),
    (lambda: np.stack([V(), V()], axis=3), ShapeError),
    (lambda: np.cumsum(V(), axis=1), ShapeError),
    (lambda: np.flip(V(), 1), ShapeError),
    (lambda: np.roll(V(), 1, axis=1), ShapeError),
    (lambda: np.sum(M(), axis=0.5), ChainruleError),
    (lambda: np.sum(M(), axis="a"), ChainruleError),
    (lambda: np.sort(V(), axis=1), ShapeError),
    (lambda: np.repeat(V(), 2, axis=1), ShapeError),
    (lambda: np.take(V(), [0], axis=1), ShapeError),
    (lambda: np.var(V(), axis=1), ShapeError),
    (lambda: np.linalg.norm(M(), axis=2), ShapeError),
    (lambda: cr.logsumexp(V(), axis=1), ShapeError),
    # indices
    (lambda: V()[2], ChainruleError),
    (lambda: V()[-3], ChainruleError),
    (lambda: V()[0, 0], ChainruleError),
    (lambda: S()[0], ChainruleError),
    (lambda: V()[0.5], ChainruleError),
    (lambda: V()["a"], ChainruleError),
    (lambda: V()[[0, 5]], ChainruleError),
    (lambda: V()[np.array([0.0, 1.0])], ChainruleError),
    (lambda: V()[[True, False, True]], ChainruleError),
    (lambda: V()[S()], ChainruleError),
    (lambda: V()[..., ...], ChainruleError),
    (lambda: np.take(V(), [7]), ChainruleError),
    (lambda: np.take_along_axis(M(), np.array([[9]]), 1), ChainruleError),
    (lambda: M()[:, 3], ChainruleError),
    # kinds of value
    (lambda: V() + np.array(["a", "b"]), DtypeError),
    (lambda: V() * np.array([1, None]), DtypeError),
    (lambda: np.add(V(), ["a", "b"]), DtypeError),
    (lambda: np.array([1, 2], dtype=object) * V(), DtypeError),
    (lambda: np.concatenate([V(), np.array([1], dtype=object)]), DtypeError),
    (lambda: np.where([True, False], V(), np.array(["a", "b"])), DtypeError),
    (lambda: V() @ np.array([1, 2], dtype=object), DtypeError),
    (lambda: np.stack([V(), np.array(["a", "b"])]), DtypeError),
    (lambda: np.maximum(np.array([1, 2], dtype=object), V()), DtypeError),
    (lambda: V() + np.datetime64("2020-01-01"), ChainruleError),
    (lambda: V() * np.ma.masked_array([1.0, 2.0], [0, 1]), DtypeError),
    (lambda: np.multiply(V(), "a"), ChainruleError),
    (lambda: V().astype(object), ChainruleError),
    (lambda: V().astype("nope"), ChainruleError),
    (lambda: V().astype(str), ChainruleError),
    # matrices
    (lambda: np.linalg.inv(np.ones((2, 2)) * S()), errors.SingularError),
    (lambda: np.linalg.solve(np.zeros((2, 2)), V()), errors.SingularError),
    (lambda: np.linalg.cholesky(-np.eye(2) * S()), errors.SingularError),
    # in place, and what has no rule
    (lambda: np.add(V(), 1.0, out=np.zeros(2)), ChainruleError),
    (lambda: np.sin(V(), out=np.zeros(2)), ChainruleError),
    (lambda: np.add.at(V(), [0], 1.0), ChainruleError),
    (lambda: np.put(V(), [0], 1.0), ChainruleError),
    (lambda: np.copyto(np.zeros(2), V()), ChainruleError),
    (lambda: np.fill_diagonal(M(), 0.0), ChainruleError),
    (lambda: np.nanmedian(V()), UnsupportedFunctionError),
    (lambda: np.linalg.eig(np.eye(2) * S()), ChainruleError),
    (lambda: np.spacing(V()), ChainruleError),
]


@pytest.mark.parametrize("call, error", OPERATIONS, ids=range(len(OPERATIONS)))
def test_operations_refuse_what_does_not_go_together(call, error):
    errstate, recording = np.geterr(), STATE.recording
    with pytest.raises(Exception) as raised:
        call()
    message = str(raised.value)
    assert isinstance(raised.value, error), f"{type(raised.value).__name__}: {message}"
    assert f"{__file__}:{call.__code__.co_firstlineno}" in message and "what to do: " in message, message
    assert np.geterr() == errstate and STATE.recording == recording


def test_operators_with_what_is_no_number_are_pythons_own_error():
    for other in ("a", None, {}, object(), len):
        for operation in (
            lambda a, b: a + b,
            lambda a, b: b * a,
            lambda a, b: a @ b,
            lambda a, b: a**b,
            lambda a, b: a < b,
        ):
            with pytest.raises(TypeError, match="unsupported operand|not supported|index or a count|not a number"):
                operation(V(), other)
        assert (V() == other) is False and (V() != other) is True


def test_a_refused_operation_leaves_the_graph_usable():
    w = V()
    y = w * w
    for bad in (lambda: y + THREE, lambda: y @ THREE, lambda: y[5], lambda: y.reshape(7), lambda: float(y.sum())):
        with pytest.raises(ChainruleError):
            bad()
    y.sum().backward()
    np.testing.assert_array_equal(w.grad.value, [2.0, 4.0])


def test_shapes_are_named_in_messages():
    for call, words in [
        (lambda: M() @ V(), r"\(2, 3\) and \(2,\)"),
        (lambda: V() + THREE, r"\(2,\) and \(3,\)"),
        (lambda: V().reshape(3), r"\(2,\)"),
        (lambda: np.concatenate([M(), V()]), r"\(2, 3\) and \(2,\)"),
        (lambda: np.linalg.solve(M(), V()), r"\(2, 3\)"),
    ]:
        with pytest.raises(ShapeError) as raised:
            call()
        assert re.search(words, raised.value.what), raised.value.what
