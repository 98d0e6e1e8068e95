"""The check at random matrices: it finds what is wrong, and says what it cannot try."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.derivations.matrices.checking import Sampler, check
from chainrule.errors import DerivationError
from chainrule.expressions import EXPRESSIONS, Symbol
from chainrule.expressions.arrays import ARRAYS, Array

M, N = Symbol("m"), Symbol("n")
A, B, x, v = Symbol("A", (M, N)), Symbol("B", (N, N)), Symbol("x", (N,)), Symbol("v", (N,))


def transposed(matrix):
    return EXPRESSIONS.transpose(matrix, axes=(1, 0))


def checked(function, gradient, variable, **about):
    return check(function, lambda along: ARRAYS.sum(Array.of(gradient) * Array.of(along)).expression, variable,
                 Sampler([], **about))  # fmt: skip


def test_what_is_right_passes_to_the_last_digits():
    found = checked(x @ B @ x, (B + transposed(B)) @ x, x)
    assert found.points == 12 and found.error < 1e-13 and found.method == "complex-step"


@pytest.mark.parametrize(
    "wrong", [B @ x, 2 * (B @ x), 2 * (transposed(B) @ x), (B + transposed(B)) @ x * 1.0001, (B + B) @ x + 0 * x]
)
def test_what_is_wrong_is_never_shown(wrong):
    with pytest.raises(DerivationError, match="the derivation says that the function moves by") as caught:
        checked(x @ B @ x, wrong, x)
    assert "n = " in str(caught.value) and "nothing is shown" in caught.value.do


def test_a_wrong_derivation_does_not_print(monkeypatch):
    derivation = cr.derive("x'*A*x", wrt="x")
    derivation.__dict__["result"] = derivation.result * 1.001
    with pytest.raises(DerivationError):
        str(derivation)


def test_differences_where_there_is_no_complex_step():
    found = checked(EXPRESSIONS.sum(abs(x), axis=None, keepdims=False), EXPRESSIONS.sign(x), x)
    assert found.passed and found.error < 1e-9 and found.method == "differences-of-arrays"
    assert "extrapolated to step zero" in str(cr.derive("norm1(x)", wrt="x"))


def test_matrices_are_drawn_where_the_function_lives():
    log_det = EXPRESSIONS.log(EXPRESSIONS.det(B))
    assert checked(log_det, transposed(EXPRESSIONS.inv(B)), B).points == 12
    gram = EXPRESSIONS.inv(transposed(A) @ A)  # singular where A is wide
    assert checked(v @ gram @ v, 2 * (gram @ v), v).points > 4


def test_what_is_defined_nowhere_is_not_checked():
    nowhere = EXPRESSIONS.sum(EXPRESSIONS.log(-EXPRESSIONS.square(x)), axis=None, keepdims=False)
    found = checked(nowhere, x, x)
    assert not found.passed and found.reason == "check.reason.no-points"


def test_symmetric_and_definite_matrices_are_drawn_as_such():
    sampler = Sampler([B @ x], symmetric=("B",))
    for _, at, _ in sampler.points(3):
        np.testing.assert_array_equal(at["B"], at["B"].T)
    for _, at, _ in Sampler([B @ x], positive=("B",)).points(3):
        assert np.linalg.eigvalsh(at["B"]).min() > 0


def test_letters_have_several_sizes_and_known_arrays_their_value():
    known = np.arange(3.0)
    sizes = [sizes for sizes, at, _ in Sampler([A @ x]).points(4)]
    assert all(s["m"] != s["n"] for s in sizes) and len({tuple(s.items()) for s in sizes}) == 2
    for _, at, _ in Sampler([Symbol("c", (3,)) * Symbol("d", (3,))], given={"c": known}).points(2):
        assert at["c"] is known
