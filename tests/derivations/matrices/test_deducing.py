"""What letters stand for, and how large they are, deduced from the expression; what is not clear is asked for."""

import pytest

import chainrule as cr
from chainrule.derivations.matrices.deducing import conventional
from chainrule.errors import ArgumentError, DerivationError, ParseError
from chainrule.expressions.shapes import written


def shapes(text, **options):
    wrt = options.pop("wrt", None) or next(letter for letter in "xXwWzA" if letter in text)
    found = cr.derive(text, wrt=wrt, **{"shapes": {}, **options}).shapes
    return {name: written(shape) if shape else "()" for name, shape in found.items()}


def test_letters_have_the_rank_of_custom():
    ranks = {name: conventional(name) for name in ("A", "W1", "x", "b1", "lambda", "Sigma", "k", "n", "X_max")}
    assert ranks == {"A": 2, "W1": 2, "x": 1, "b1": 1, "lambda": 0, "Sigma": 0, "k": 0, "n": 0, "X_max": 2}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("norm2(A*x-y)^2", {"A": "(m, n)", "x": "(n,)", "y": "(m,)"}),
        ("x'*A*x", {"x": "(n,)", "A": "(n, n)"}),
        ("tr(A*X'*B*X*C)", {"A": "(m, n)", "X": "(k, n)", "B": "(k, k)", "C": "(n, m)"}),
        ("W2@tanh(W1@x+b1)+b2", {"W2": "(m, n)", "W1": "(n, k)", "x": "(k,)", "b1": "(n,)", "b2": "(m,)"}),
        ("relu(w.x+b)", {"w": "(n,)", "x": "(n,)", "b": "()"}),
        ("tanh(w'*x+b)", {"w": "(n,)", "x": "(n,)", "b": "()"}),
        ("log(det(X))", {"X": "(n, n)"}),
        ("sum((X*w-y)^2)/n + lambda*norm(w)^2", {"X": "(k, m)", "w": "(m,)", "y": "(k,)", "n": "()", "lambda": "()"}),
        ("c*x'*x", {"c": "()", "x": "(n,)"}),
        ("x'*inv(A'*A)*x", {"x": "(n,)", "A": "(m, n)"}),
        ("sum(X, 1)'*y", {"X": "(m, n)", "y": "(m,)"}),
        ("ones(k)'*x", {"x": "(k,)"}),
    ],
)
def test_shapes_are_deduced(text, expected):
    assert shapes(text) == expected


def test_shapes_that_are_given_are_kept():
    given = {"A": (5, "q"), "x": "q"}
    assert shapes("norm2(A*x-y)^2", shapes=given) == {"A": "(5, q)", "x": "(q,)", "y": "(5,)"}
    assert shapes("norm2(A*x-y)^2", shapes={"x": 3})["A"] == "(n, 3)"
    assert shapes("a*x'*x", shapes={"a": ()})["a"] == "()"


def test_what_is_read_is_said():
    derivation = cr.derive("norm2(A*x-y)^2", wrt="x", shapes={"A": ("m", "n")})
    (said,) = [note for note in derivation.notes if note.id == "note.shapes-deduced"]
    assert said.values["shapes"] == "x (n,), y (m,)"


def test_two_ways_that_are_as_good_are_asked_about():
    with pytest.raises(DerivationError) as caught:
        cr.derive("x*y", wrt="x", shapes={})
    assert "not clear what x and y are" in str(caught.value)
    assert "shapes={'x': (...), 'y': (...)}" in caught.value.do
    assert str(cr.derive("x*y", wrt="x", shapes={"x": "n", "y": ()}).result) == "y I"


@pytest.mark.parametrize(
    "text, given, says",
    [
        ("x'*y'", {"x": "n", "y": "n"}, "two rows cannot be multiplied"),
        ("x*y", {"x": "n", "y": "n"}, "two columns cannot be multiplied"),
        ("A*x", {"A": ("m", "n"), "x": "m"}, "the inner sizes differ"),
        ("A + x", {"A": ("m", "n"), "x": "n"}, "do not go together entry by entry"),
        ("x*A", {"x": "n", "A": ("n", "n")}, "a column times a matrix is no product"),
        ("x/y", {"x": "n", "y": "n"}, "/ divides by a number"),
        ("x + x'", {"x": "n"}, "a row and a column do not go together"),
        ("tr(A)", {"A": ("m", "n")}, "tr does not take a matrix (m, n)"),
        ("A^0.5", {"A": ("n", "n")}, "a power of a matrix has a whole exponent"),
        ("norm2(A)", {"A": (2, 2)}, "the largest singular value has no rule here"),
        ("softmax(A)", {"A": (2, 3)}, "softmax of a matrix is along an axis"),
        ("sum(A, 2)", {}, "the second argument is an axis"),
        ("outer(A, B)", {"A": (2, 3)}, "outer takes two vectors"),
        ("dot(x)", {}, "dot takes 2 arguments, not 1"),
        ("x@3", {}, "@ multiplies vectors and matrices"),
        ("norm(t)", {"t": ()}, "a norm is of a vector or a matrix"),
        ("sum(t)", {"t": ()}, "sum is of a vector or a matrix"),
    ],
)
def test_what_does_not_fit_is_pointed_at(text, given, says):
    with pytest.raises(ParseError) as caught:
        cr.derive(text, wrt="x", shapes=given)
    assert says in caught.value.what
    assert "^" in str(caught.value) and caught.value.do


def test_shapes_that_make_no_sense_are_refused():
    for shape in ((1.5,), "m n", (0,), (True, 2)):
        with pytest.raises(ArgumentError, match="is no size of A"):
            cr.derive("tr(A)", wrt="A", shapes={"A": shape})
    with pytest.raises(ArgumentError, match="A has 3 axes"):
        cr.derive("tr(A)", wrt="A", shapes={"A": (2, 2, 2)})
    with pytest.raises(DerivationError, match="A is said to be symmetric, and is no square matrix"):
        cr.derive("norm(A*x)", wrt="x", shapes={"A": (2, 3)}, symmetric="A")


def test_many_letters_do_not_take_long():
    letters = [letter for letter in "abcdefghpqrstuvwyz" if letter != "e"]
    derivation = cr.derive("x'*x + " + " + ".join(f"norm({letter})" for letter in letters), wrt="x")
    assert str(derivation.result) == "2x"
