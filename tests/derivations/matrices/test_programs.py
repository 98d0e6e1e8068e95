"""Closed forms of the user's own NumPy functions, run once at example arrays."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.derivations.matrices.programs import read
from chainrule.errors import ArgumentError, DerivationError

RNG = np.random.default_rng(0)
X, W, V, B = RNG.normal(size=(5, 3)), RNG.normal(size=3), RNG.normal(size=5), RNG.normal(size=(3, 3))
LABELS = np.sign(RNG.normal(size=5))


def logistic(X, w):
    return np.sum(np.log1p(np.exp(-LABELS * (X @ w))))


def network(W1, b1, W2, b2, x, t):
    hidden = np.tanh(W1 @ x + b1)
    out = W2 @ hidden + b2
    return np.sum((out - t) ** 2) / 2


NETWORK = {
    "W1": RNG.normal(size=(4, 3)),
    "b1": RNG.normal(size=4),
    "W2": RNG.normal(size=(2, 4)),
    "b2": RNG.normal(size=2),
    "x": RNG.normal(size=3),
    "t": RNG.normal(size=2),
}
FUNCTIONS = [
    (logistic, {"X": X, "w": W}),
    (network, NETWORK),
    (lambda x, A: 0.5 * x @ A @ x, {"x": W, "A": B}),
    (lambda x, A: x.T @ np.linalg.inv(A) @ x, {"x": W, "A": B}),
    (lambda A: np.linalg.slogdet(A)[1] + np.trace(A), {"A": B}),
    (lambda A: np.linalg.det(A), {"A": B}),
    (lambda A, x: np.linalg.norm(np.linalg.solve(A, x)), {"A": B, "x": W}),
    (lambda X, w: np.mean((X @ w - V) ** 2), {"X": X, "w": W}),
    (lambda X, w: np.sum(np.maximum(X @ w, 0.0)), {"X": X, "w": W}),
    (lambda X: np.sum(X.sum(axis=0) ** 2), {"X": X}),
    (lambda X: np.sum(X.mean(axis=1, keepdims=True) * X), {"X": X}),
    (lambda x, y: np.sum(np.outer(x, y) ** 2), {"x": W, "y": V}),
    (lambda x, y: np.dot(x, y) / (np.linalg.norm(x) * np.linalg.norm(y)), {"x": W, "y": W[::-1].copy()}),
    (lambda x: np.sum(np.diag(x) @ B @ x), {"x": W}),
    (lambda A: np.sum(np.diagonal(A) * np.diag(A)), {"A": B}),
    (lambda x: np.log(np.sum(np.exp(x - x.max()))) + x.max(), {"x": W}),
    (lambda x: np.prod(x) + np.var(x), {"x": W}),
    (lambda x: np.sum(x[:, None] * B * x[None, :]), {"x": W}),
    (lambda s, x: s * np.sum(np.sin(s * x)), {"s": 0.7, "x": W}),
]


@pytest.mark.parametrize("function, examples", FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_the_closed_form_is_the_gradient(function, examples):
    names = list(examples)
    gradients = cr.grad(function, tuple(range(len(names))))(*examples.values())
    for name, gradient in zip(names, gradients):
        derivation = cr.derive(function, wrt=name, at=examples)
        assert derivation.layout == "gradient" and derivation.check.passed
        value = derivation.at(**examples).value
        assert np.shape(value) == np.shape(gradient)
        np.testing.assert_allclose(value, gradient, rtol=1e-9, atol=1e-12)


def test_names_of_the_program_are_the_letters():
    d = cr.derive(network, wrt="W1", at=NETWORK)
    assert str(d.output) == "network"
    assert {str(factor.by) for factor in d.factors} >= {"hidden", "out"} - {"out"}
    assert "hidden = tanh(W₁ x + b₁)" in str(d)
    assert [factor.step.place.filename for factor in d.factors if factor.step.place] != []
    assert "test_programs.py" in str(d)


def test_arrays_that_the_program_uses_are_named():
    d = cr.derive(lambda X, w: np.sum((X @ w - V) ** 2), wrt="w", at={"X": X, "w": W})
    assert "V" in d.known and str(d.result) == "2 Xᵀ (X w − V)"
    assert any(note.id == "note.arrays-used" for note in d.notes)
    np.testing.assert_allclose(eval(d.python, {"np": np, "X": X, "w": W, "V": V}), 2 * X.T @ (X @ W - V))


def test_a_mask_is_said_to_be_chosen_at_the_example():
    d = cr.derive(lambda x: np.sum(np.where(x > 0, x**2, -x)), wrt="x", at={"x": W})
    np.testing.assert_allclose(d.at(x=W).value, np.where(W > 0, 2 * W, -1))
    assert any(note.id == "note.mask" for note in d.notes)


def test_a_vector_valued_program_has_a_jacobian():
    d = cr.derive(lambda x: np.tanh(B @ x), wrt="x", at={"x": W})
    np.testing.assert_allclose(d.at(x=W).value, cr.jacobian(lambda x: np.tanh(B @ x))(W))


def test_what_is_missing_is_asked_for():
    with pytest.raises(ArgumentError, match="w has no example value"):
        cr.derive(logistic, wrt="w", at={"X": X})
    with pytest.raises(ArgumentError, match="no argument q"):
        cr.derive(logistic, wrt="w", at={"X": X, "w": W, "q": W})
    with pytest.raises(DerivationError, match="several variables, X, w, and none was named"):
        cr.derive(lambda X, w: np.sum(X @ w), at={"X": X, "w": W})
    with pytest.raises(DerivationError, match="q is no variable of it"):
        cr.derive(logistic, wrt="q", at={"X": X, "w": W})
    with pytest.raises(DerivationError, match="does not depend on its arguments"):
        read(lambda x: 3.0, {"x": W})
    with pytest.raises(DerivationError, match="picks entries by an array of places"):
        cr.derive(lambda x: np.sum(x[np.array([0, 0, 1])]), wrt="x", at={"x": W})
