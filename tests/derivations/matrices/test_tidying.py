"""What a textbook line shows, and what it leaves out."""

import pytest

import chainrule as cr
from chainrule.derivations.matrices.tidying import tidied
from chainrule.expressions import EXPRESSIONS, Symbol
from chainrule.expressions.arrays import ARRAYS, Array

M, N = Symbol("m"), Symbol("n")
A, B, C = Symbol("A", (M, N)), Symbol("B", (N, N)), Symbol("C", (N, N))
x, y, u = Symbol("x", (N,)), Symbol("y", (N,)), Symbol("u", (M,))


def turned(matrix):
    return EXPRESSIONS.transpose(matrix, axes=(1, 0))


@pytest.mark.parametrize(
    "expression, shown",
    [
        (turned(turned(B) @ C), "Cᵀ B"),
        (u @ A, "Aᵀ u"),
        (2 * ((3 * B) @ (x * 0.5)), "3 B x"),
        (B @ x + turned(B) @ x, "(B + Bᵀ) x"),
        (C @ B + C @ turned(B), "C (B + Bᵀ)"),
        (B @ x + B @ x, "2 B x"),
        (B @ x - B @ x, "𝟎"),
        (EXPRESSIONS.inv(B) @ B @ x, "x"),
        (B @ C @ EXPRESSIONS.inv(B @ C), "I"),
        (EXPRESSIONS.inv(EXPRESSIONS.inv(B)), "B"),
        (turned(EXPRESSIONS.inv(turned(B))), "B⁻¹"),
        (EXPRESSIONS.solve(B, x), "B⁻¹ x"),
        (EXPRESSIONS.diag(x) @ y, "x ⊙ y"),
        (EXPRESSIONS.diag(x) @ EXPRESSIONS.diag(y), "diag(x ⊙ y)"),
        (EXPRESSIONS.diagonal(EXPRESSIONS.diag(x)), "x"),
        (EXPRESSIONS.sum(x * y, axis=None, keepdims=False), "xᵀ y"),
        (EXPRESSIONS.sum(A, axis=1, keepdims=False), "A 𝟏"),
        (ARRAYS.ones_like(Array.of(x)).expression @ x, "sum(x)"),
        (x * ARRAYS.ones_like(Array.of(x)).expression, "x"),
        ((x * y) / (y * EXPRESSIONS.exp(y)), "x ⊘ exp(y)"),
        (EXPRESSIONS.norm(x, axis=None, keepdims=False) * (x / EXPRESSIONS.norm(x, axis=None, keepdims=False)), "x"),
        ((ARRAYS.expand_dims(Array.of(x), 1) * ARRAYS.expand_dims(Array.of(y), 0)).expression, "x yᵀ"),
        ((ARRAYS.expand_dims(Array.of(x), 1) * Array.of(B)).expression, "diag(x) B"),
        ((Array.of(B) * ARRAYS.expand_dims(Array.of(x), 0)).expression, "B diag(x)"),
        (ARRAYS.trace(ARRAYS.expand_dims(Array.of(x), 1) @ ARRAYS.expand_dims(Array.of(y), 0)).expression, "yᵀ x"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_textbook_line(expression, shown):
    assert str(tidied(expression)) == shown


def test_what_the_user_composed_is_kept():
    squares = (A @ x - u) * (A @ x - u)
    assert str(tidied(turned(A) @ (2 * (A @ x - u)), squares)) == "2 Aᵀ (A x − u)"
    assert str(cr.derive("sum(exp(2*(x + x)))", wrt="x").result) == "4 exp(2 (x + x))"


def test_symmetric_matrices_are_used_as_such():
    assert str(tidied(turned(B) @ x, symmetric=("B",))) == "B x"
    assert str(tidied(turned(EXPRESSIONS.inv(B)) @ x, symmetric=("B",))) == "B⁻¹ x"
    assert str(cr.derive("log(det(X'*X))", wrt="X").result) == "2 X (Xᵀ X)⁻¹"
    assert str(cr.derive("x'*(A+A')*x", wrt="x").result) == "2 (A + Aᵀ) x"


def test_the_result_as_the_rules_gave_it_is_kept():
    d = cr.derive("a'*X*b", wrt="X")
    assert str(d.result) == "a bᵀ" and d.carried.plain is not d.result.plain


def test_one_hot_vectors_add_up_to_one():
    d = cr.derive("cross_entropy(softmax(z), k)", wrt="z")
    assert str(d.result) == "softmax(z) − onehot(k)"
