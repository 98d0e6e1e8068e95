"""The chain of arrays, link by link."""

import numpy as np

import chainrule as cr
from chainrule.derivations.matrices.hops import MOST_PATHS, barred, ways
from chainrule.expressions import Symbol
from chainrule.expressions.shapes import written

NETWORK = "sum((W2@tanh(W1@x+b1)+b2-y)^2)"


def rows(derivation):
    return [(str(f.of), str(f.outer), str(barred(f.by)), str(f.local)) for f in derivation.factors]


def test_what_each_link_carries_back():
    assert rows(cr.derive(NETWORK, wrt="W1")) == [
        ("f", "sum(u₁)", "ū₁", "𝟏"),
        ("u₁", "u₂²", "ū₂", "2 (ū₁ ⊙ u₂)"),
        ("u₂", "W₂ u₃ + b₂ − y", "ū₃", "W₂ᵀ ū₂"),
        ("u₃", "tanh(u₄)", "ū₄", "ū₃ ⊙ (1 − u₃²)"),
        ("u₄", "W₁ x + b₁", "W̄₁", "ū₄ xᵀ"),
    ]


def test_shapes_meet_at_every_link():
    d = cr.derive(NETWORK, wrt="W1")
    assert [tuple(map(written, f.shapes)) for f in d.factors] == [
        ("a number", "(m,)"), ("(m,)", "(m,)"), ("(m,)", "(n,)"), ("(n,)", "(n,)"), ("(n,)", "(n, k)"),
    ]  # fmt: skip


def test_a_link_says_its_value_where_its_rule_uses_it():
    assert rows(cr.derive("norm(A*x)", wrt="x"))[0][3] == "u₁/y"
    assert rows(cr.derive("det(A*X)^2", wrt="X"))[1][3] == "ū₁·u₁ u₂⁻ᵀ"
    assert rows(cr.derive("softmax(A*x)'*b", wrt="x"))[1][3] == "u₁ ⊙ (ū₁ − ū₁ᵀ u₁)"


def test_jacobians_multiply_where_every_letter_is_a_vector():
    d = cr.derive("W2@tanh(W1@x+b1)+b2", wrt="x")
    assert d.multiplies
    assert [str(f.local) for f in d.factors] == ["W₂", "diag(1 − tanh²(u₂))", "W₁"]
    assert "∂y/∂x = ∂y/∂u₁·∂u₁/∂u₂·∂u₂/∂x" in str(d)


def test_letters_are_none_of_the_users_and_output_too():
    d = cr.derive("norm2(u*y1 - f)^2", wrt="u", shapes={"u": ("m", "n"), "y1": "n", "f": "m"})
    assert not {"u", "y1", "f", "m", "n"} & {d.output.name, *(f.by.name for f in d.factors[:-1])}


def test_bars_compose_with_letters():
    assert barred(Symbol("u12")).name == "ū12"
    assert barred(Symbol("beta")).name == "β̄"
    assert barred(Symbol("x_max")).name == "x̄_max"


def test_paths_add_up():
    d = cr.derive("x'*A*x + b'*x", wrt="x")
    assert [str(path.product) for path in d.paths] == ["A x", "Aᵀ x", "b"]
    assert d.rules[0] == "paths" and str(d.result) == "b + (A + Aᵀ) x"
    numbers = d.at(A=np.arange(4.0).reshape(2, 2), x=np.ones(2), b=np.ones(2))
    np.testing.assert_allclose(sum(path[-1] for path in numbers.paths), numbers.value)


def test_too_many_paths_are_not_listed_one_by_one():
    text = "*".join(["(x'*x)"] * (MOST_PATHS // 2 + 1))
    d = cr.derive(text, wrt="x")
    assert ways(d.expression, d.variable) is None and d.paths == ()
    assert "too many paths" in str(d) and d.check.passed


def test_a_deep_network_costs_its_depth():
    text = "x"
    for _ in range(60):
        text = f"tanh(W*{text})"
    d = cr.derive(f"sum({text})", wrt="x", shapes={"W": ("n", "n")})
    assert len(d.factors) == 121 and d.check.passed
