"""What can be asked of a derivative of arrays."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.derivations.matrices import wording
from chainrule.derivations.messages import message, places
from chainrule.errors import ArgumentError, DerivationError, ShapeError
from chainrule.expressions import EXPRESSIONS, Symbol

A, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, -1.0])


def note_ids(derivation):
    return [note.id for note in derivation.notes]


def test_numbers_at_a_point():
    numbers = cr.derive("norm2(A*x-y)^2", wrt="x").at(A=A, x=x, y=np.zeros(2))
    np.testing.assert_allclose(numbers.value, 2 * A.T @ A @ x)
    np.testing.assert_allclose(numbers.function, 2.0)
    np.testing.assert_allclose(numbers.letters["u2"], A @ x)
    np.testing.assert_allclose(numbers.factors[0], 2 * np.sqrt(2))
    assert numbers.product is numbers.value


def test_the_point_is_shown():
    shown = str(cr.derive("x'*A*x", wrt="x", at={"A": A, "x": x}))
    assert "∂y/∂x = [−3. −3.]" in shown and "x = [ 1. −1.]" in shown


def test_values_must_have_the_stated_shapes():
    d = cr.derive("x'*A*x", wrt="x")
    with pytest.raises(ArgumentError, match="x has no value at the point"):
        d.at(A=A)
    with pytest.raises(ShapeError, match=r"A has shape \(2, 2\), and \(n, n\) was stated") as caught:
        d.at(A=A, x=np.ones(3))
    assert "the same number for the same letter" in caught.value.do
    with pytest.raises(ShapeError, match=r"x has shape \(2, 1\)"):
        d.at(A=A, x=x[:, None])
    with pytest.raises(ArgumentError, match="k is the number of a class, from 0"):
        cr.derive("cross_entropy(softmax(z), k)", wrt="z").at(z=x, k=5)


@pytest.mark.parametrize(
    "text, wrt, options, expected",
    [
        ("x'*A*x", "x", {}, ["note.shapes-deduced", "note.layout-gradient"]),
        ("x'*A*x", "x", {"shapes": {"x": "n", "A": ("n", "n")}}, ["note.layout-gradient"]),
        ("A*x", "x", {"shapes": {"A": (2, 3), "x": 3}}, ["note.layout-jacobian"]),
        ("A*X", "X", {"shapes": {"A": (2, 3), "X": (3, 4)}}, ["note.layout-cotangent"]),
        ("x'*A*x", "x", {"shapes": {"x": 2}, "symmetric": "A"},
         ["note.shapes-deduced", "note.layout-gradient", "note.symmetric"]),
        ("norm(x)", "x", {"shapes": {"x": 2}}, ["note.layout-gradient", "note.norm-zero"]),
        ("log(det(X))", "X", {"shapes": {"X": (2, 2)}}, ["note.layout-gradient", "note.domain"]),
        ("tr(inv(X))", "X", {"shapes": {"X": (2, 2)}}, ["note.layout-gradient", "note.invertible"]),
        ("sum(log(x))", "x", {"shapes": {"x": 2}}, ["note.layout-gradient", "note.domain-entries"]),
        ("norm1(x)", "x", {"shapes": {"x": 2}}, ["note.layout-gradient", "note.sides-meet"]),
        ("max(x)", "x", {"shapes": {"x": 2}}, ["note.layout-gradient", "note.one-extreme"]),
        ("sum(A^2)", "A", {"shapes": {"A": (2, 3)}}, ["note.entries-power", "note.layout-gradient"]),
    ],
)  # fmt: skip
def test_notes(text, wrt, options, expected):
    derivation = cr.derive(text, wrt=wrt, **options)
    assert note_ids(derivation) == expected
    for note in derivation.notes:
        assert {name for _, name in places(message(note.id)) if name} <= note.values.keys()


def test_every_word_is_in_both_languages():
    assert wording.ENGLISH.keys() == wording.GERMAN.keys()
    rules = {key for key in wording.ENGLISH if key.startswith("rule.") and not key.endswith(".says")}
    assert {f"{rule}.says" for rule in rules} <= wording.ENGLISH.keys()
    german = cr.derive("norm2(A*x-y)^2", wrt="x").render("text", language="de")
    assert "Formen:" in german and "Anordnung:" in german and "Norm" in german


def test_symmetric_matrices():
    d = cr.derive("0.5*x'*A*x", wrt="x", symmetric="A")
    assert str(d.result) == "A x" and d.check.passed
    d = cr.derive("logdet(S) + tr(inv(S)*C)", wrt="S", positive="S")
    assert str(d.result) == "S⁻¹ − S⁻¹ Cᵀ S⁻¹" and d.check.points == 12


def test_the_hessian():
    d = cr.derive("norm2(A*x-y)^2", wrt="x", order=2)
    assert str(d.result) == "2 Aᵀ A" and d.order == 2 and d.layout == "jacobian"
    assert "∂²f/∂x² = 2 Aᵀ A" in str(d)
    mixed = cr.derive("a'*x*exp(b'*x)", wrt="x").derivative(wrt="b")
    at = {"a": np.ones(2), "x": x, "b": np.array([0.5, 0.25])}
    expected = np.exp(at["b"] @ x) * (np.outer(at["a"], x) + (at["a"] @ x) * (np.eye(2) + np.outer(at["b"], x)))
    np.testing.assert_allclose(mixed.at(**at).value, expected)
    assert mixed.check.passed
    with pytest.raises(DerivationError, match="only a gradient is differentiated once more"):
        d.derivative()
    with pytest.raises(ArgumentError, match="order=3 of arrays has too many axes"):
        cr.derive("x'*x", wrt="x", order=3)


def test_several_variables():
    d = cr.derive("norm2(A*x-y)^2", wrt=("A", "x", "y"))
    assert [str(result) for result in d.result] == ["2 (A x − y) xᵀ", "2 Aᵀ (A x − y)", "−2 (A x − y)"]
    values = eval(d.python, {"np": np, "A": A, "x": x, "y": x})
    for value, numbers in zip(values, d.at(A=A, x=x, y=x)):
        np.testing.assert_allclose(value, numbers.value)
    assert d.check.passed and "linear" in d.rules
    assert "The partial derivatives of" in str(d)
    shown = json.loads(d.render("json"))
    assert shown


def test_expressions_with_shapes_are_sources_too():
    m, n = Symbol("m"), Symbol("n")
    matrix, vector = Symbol("A", (m, n)), Symbol("x", (n,))
    d = cr.derive(EXPRESSIONS.norm(matrix @ vector, axis=None, keepdims=False), wrt="x")
    assert str(d.result) == "Aᵀ A x/‖A x‖" and d.check.passed


def test_a_notebook_shows_it():
    assert set(cr.derive("norm(x)", wrt="x")._repr_mimebundle_()) >= {"text/plain", "text/html"}


@pytest.mark.parametrize("text", ["tr(" + "*".join(["A"] * 3000) + ")*x", " + ".join(f"a{i}'*x" for i in range(900))])
def test_what_nobody_could_read_is_refused(text):
    with pytest.raises(DerivationError, match="closed forms of matrices are worked out for at most"):
        cr.derive(text, wrt="x")


def test_a_jacobian_of_many_layers_is_refused():
    text = "tanh(W*" * 150 + "x" + ")" * 150
    with pytest.raises(DerivationError, match="a product of more than 100 diagonal matrices") as caught:
        _ = cr.derive(text, wrt="x", shapes={"W": ("n", "n")}).result
    assert "cotangent" in caught.value.do


def test_what_has_no_closed_form_says_so():
    from chainrule.errors import UnsupportedFunctionError

    with pytest.raises(UnsupportedFunctionError, match="cholesky has no rule in closed form") as caught:
        _ = cr.derive("tr(chol(A))", wrt="A").result
    assert "chainrule.grad" in caught.value.do
