"""Shapes with letters for sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.core.primitive import Elementwise
from chainrule.errors import ShapeError, UnsupportedFunctionError
from chainrule.expressions import EXPRESSIONS, Piecewise, Symbol
from chainrule.expressions.arrays import ARRAYS, Array
from chainrule.expressions.instances import instance, size_letters
from chainrule.expressions.shapes import SIZES, applied_shape, kind_of, shape_of, written
from chainrule.ops import CATALOGUE

M, N = Symbol("m"), Symbol("n")
A, B, X = Symbol("A", (M, N)), Symbol("B", (N, N)), Symbol("x", (N,))
DRAWN = [
    (primitive, sample)
    for primitive in CATALOGUE.values()
    if not isinstance(primitive, Elementwise)
    for sample in primitive.samples
]


@pytest.mark.parametrize("primitive, sample", DRAWN, ids=lambda one: getattr(one, "name", ""))
def test_the_shape_is_the_one_of_the_value(primitive, sample):
    values, params = sample.draw(np.random.default_rng(0))
    shapes = [np.shape(value) for value in values]
    assert applied_shape(primitive, shapes, params, SIZES) == np.shape(primitive.forward(np, *values, **params))


def test_sizes_may_be_letters():
    assert written(shape_of(A @ X)) == "(m,)"
    assert written(shape_of(X @ B @ X)) == "a number"
    assert written(shape_of(EXPRESSIONS.transpose(A, axes=(1, 0)))) == "(n, m)"
    assert written(shape_of(EXPRESSIONS.trace(B))) == "a number"
    assert written(shape_of(EXPRESSIONS.diag(X))) == "(n, n)"
    assert written(shape_of(Piecewise(((X > 0, X),), 0))) == "(n,)"
    assert kind_of((M, N)) == "a matrix (m, n)" and kind_of((1, M, N)) == "an array (1, m, n)"


def test_lengths_that_are_joined_are_added():
    joined = EXPRESSIONS.concatenate(X, Symbol("y", (M,)), axis=0)
    assert str(shape_of(joined)[0]) == "n + m"
    assert shape_of(EXPRESSIONS.concatenate(Symbol("a", (2, 3)), Symbol("b", (2, 4)), axis=1)) == (2, 7)


@pytest.mark.parametrize(
    "wrong, says",
    [
        (lambda: A @ Symbol("y", (M,)), "a matrix (m, n) cannot be multiplied by a vector (m,)"),
        (lambda: X + Symbol("y", (M,)), "a vector (n,) and a vector (m,) do not go together"),
        (lambda: EXPRESSIONS.inv(A), "a matrix (m, n) does not go in there"),
        (lambda: EXPRESSIONS.reshape(A, shape=(N,)), "does not go in there"),
    ],
)
def test_what_does_not_fit_is_refused(wrong, says):
    with pytest.raises(ShapeError) as caught:
        shape_of(wrong())
    assert says in str(caught.value) and "transpose" in caught.value.do


def test_part_of_an_axis_needs_a_number():
    with pytest.raises(UnsupportedFunctionError, match="not a number"):
        shape_of(EXPRESSIONS.get_item(X, index=slice(0, 2)))
    assert shape_of(EXPRESSIONS.get_item(A, index=0)) == (N,)
    assert shape_of(EXPRESSIONS.get_item(A, index=(Ellipsis, None, 0))) == (M, 1)


def test_letters_are_replaced_by_numbers():
    gradient = ARRAYS.expand_dims(Array.of(A @ X), 1) * Array.of(X) / N
    assert size_letters(gradient.expression) == ["m", "n"]
    there = instance(gradient.expression, {"m": 3, "n": 2})
    assert shape_of(there) == (3, 2) and size_letters(there) == []
    assert "/2" in str(there)


@given(st.lists(st.integers(1, 3), max_size=3), st.lists(st.integers(1, 3), max_size=3))
def test_broadcasting_is_numpys(one, other):
    try:
        expected = np.broadcast_shapes(tuple(one), tuple(other))
    except ValueError:
        expected = None
    assert SIZES.broadcast(tuple(one), tuple(other)) == expected
