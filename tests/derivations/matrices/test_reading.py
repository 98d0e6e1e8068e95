"""How people type vectors and matrices, and the LaTeX they paste."""

import pytest

import chainrule as cr
from chainrule.derivations.parsing.matrices import shows_matrices
from chainrule.errors import DerivationError, ParseError


@pytest.mark.parametrize(
    "text",
    r"""0.5*x'*A*x; xᵀ A x; x^T A x; x.T @ A @ x; A@x; y.*x; tr(A); det(A); norm2(x); ‖x‖; w.x+b; x^\top A x; \|x\|;
    \operatorname{tr}(A); X^{-T}; f(x) = x'A x; cross_entropy(softmax(z), k); max(x); u ⊙ v;
    mean(x); X⁻ᵀ""".split("; "),
)
def test_a_text_shows_that_it_means_matrices(text):
    assert shows_matrices(text.strip())


@pytest.mark.parametrize(
    "text", ["x^2 sin x", "f'(x)", "g''(x) + f′(x)", "2.5x", "np.sin(x)", "max(x, y)", "x*y", "|x|", "3. * x"]
)
def test_a_text_of_numbers_does_not(text):
    assert not shows_matrices(text)


@pytest.mark.parametrize(
    "text, read",
    [
        ("x'Ax", "xᵀ A x"),
        ("x.T @ A @ x", "xᵀ A x"),
        ("x^T A x", "xᵀ A x"),
        (r"\mathbf{x}^{\top} A^{-1} \mathbf{x}", "xᵀ A⁻¹ x"),
        (r"\frac{x^T A x}{x^T x}", "xᵀ A x/(xᵀ x)"),
        (r"\|Ax-y\|_2^2", "‖A x − y‖²"),
        (r"\left\lVert A x - y \right\rVert^2", "‖A x − y‖²"),
        ("||A x||^2", "‖A x‖²"),
        ("‖A x − y‖₂²", "‖A x − y‖²"),
        ("‖x‖₁ + ‖x‖", "sum(|x|) + ‖x‖"),
        ("‖x‖_∞", "max(|x|)"),
        (r"x^\top \left(y \odot x\right)", "xᵀ (y ⊙ x)"),
        ("x.^2", "x²"),
        ("sum(x./y)", "sum(x ⊘ y)"),
        ("sum(X.^3)", "sum(X∘³)"),
        ("relu(w.x+b)", "relu(wᵀ x + b)"),
        ("sum(max(x, 0))", "sum(max(x, 0))"),
        ("x*y'", "x yᵀ"),
        ("outer(x, y)", "x yᵀ"),
        ("diag(x)*A", "diag(x) A"),
        ("X^-1", "X⁻¹"),
        ("X⁻ᵀ", "X⁻ᵀ"),
        ("X^{-T}", "X⁻ᵀ"),
        (r"\ln\det X", "ln(det(X))"),
        ("tr(X^3)", "tr(X X X)"),
        ("x'*eye(n)*x", "xᵀ I x"),
        ("exp(A*x)", "exp(A x)"),
        ("x*(x'*x)", "x (xᵀ x)"),
        ("norm1(x)", "sum(|x|)"),
        ("solve(A, x)", "A⁻¹ x"),
        ("hadamard(x, y)", "x ⊙ y"),
        ("cross_entropy(softmax(x), k)", "−sum(onehot(k) ⊙ ln(softmax(x)))"),
    ],
)
def test_what_is_typed_is_what_is_read(text, read):
    wrt = "X" if "X" in text else "x"
    assert str(cr.derive(text, wrt=wrt, shapes={}).expression) == read


@pytest.mark.parametrize("text", ["x'*A*x", "norm2(A*x-y)^2", "tr(A*X'*B*X*C)", "sum(log(1+exp(-y.*(X*w))))", "X⁻ᵀ"])
def test_what_is_printed_is_read_back(text):
    wrt = "X" if "X" in text else "x"
    first = cr.derive(text, wrt=wrt)
    again = cr.derive(str(first.expression), wrt=wrt)
    assert str(again.expression) == str(first.expression)
    assert str(again.result) == str(first.result)


def test_parts_with_a_name_keep_it():
    d = cr.derive("f = norm2(r)^2; r = A*x - y", wrt="x")
    assert str(d.output) == "f" and str(d.result) == "2 Aᵀ (A x − y)"
    assert [str(factor.by) for factor in d.factors][1] == "r"
    assert "r = A x − y" in str(d)


def test_a_text_that_goes_on_after_a_comma():
    d = cr.derive("W2@tanh(W1@x+b1)+b2, L=sum((.-y)^2)", wrt="W1")
    assert str(d.output) == "L"
    assert str(d.expression) == "sum((W₂ tanh(W₁ x + b₁) + b₂ − y)²)"


def test_shapes_and_a_cotangent_that_stand_after_the_text():
    d = cr.derive("D = W@X (5x10)@(10x3), dD given", wrt=("W", "X"))
    assert [str(result) for result in d.result] == ["dD Xᵀ", "Wᵀ dD"]
    assert [part.variable.shape for part in d.parts.values()] == [(5, 10), (10, 3)]


def test_the_variable_is_asked_for():
    with pytest.raises(DerivationError, match="several variables, A, x and y, and none was named") as caught:
        cr.derive("norm2(A*x-y)")
    assert "wrt='A'" in caught.value.do
    assert str(cr.derive("norm2(x)").result) == "x/‖x‖"
    assert str(cr.derive("f(x) = x'*A*x").result) == "(A + Aᵀ) x"
    with pytest.raises(DerivationError, match="q is no variable of the expression"):
        cr.derive("norm2(x)", wrt="q")


def test_what_is_no_expression_is_refused():
    with pytest.raises(DerivationError, match="an equation or a curve of vectors and matrices"):
        cr.derive("x'*A*x = 3", wrt="x")
    with pytest.raises(ParseError, match="there is no function eig"):
        cr.derive("eig(A)'*x", wrt="x")
    with pytest.raises(ParseError, match="never closed"):
        cr.derive("tr(A*X", wrt="X")
    with pytest.raises(DerivationError, match="in terms of itself"):
        cr.derive("norm2(r); r = s + x; s = r", wrt="x")
