"""The rooms' own rules on expressions of arrays, against the same rules on numbers."""

import numpy as np
import pytest

from chainrule.core.primitive import Elementwise
from chainrule.core.reverse import unbroadcast
from chainrule.derivations.matrices.checking import value
from chainrule.derivations.matrices.walk import pulled_once
from chainrule.errors import UnsupportedFunctionError
from chainrule.expressions import Apply, Symbol
from chainrule.expressions.arrays import ARRAYS, Array, indicator
from chainrule.expressions.shapes import shape_of
from chainrule.ops import CATALOGUE

ROOMS = """matmul solve inv det logabsdet trace diagonal diag transpose reshape broadcast_to concatenate sum mean
    prod max min var std logsumexp softmax norm""".split()
CALLS = [
    (CATALOGUE[name], i, j)
    for name in ROOMS
    for i, sample in enumerate(CATALOGUE[name].samples)
    for j in range(len(sample.args))
]


@pytest.mark.parametrize("primitive, sample, which", CALLS, ids=lambda one: getattr(one, "name", str(one)))
def test_the_rule_on_expressions_is_the_rule_on_numbers(primitive, sample, which):
    rng = np.random.default_rng(3)
    values, params = primitive.samples[sample].draw(rng)
    names = "abcd"[: len(values)]
    symbols = [Symbol(name, np.shape(one)) for name, one in zip(names, values)]
    node = Apply(primitive, symbols, params)
    y = primitive.forward(np, *values, **params)
    g = np.asarray(rng.normal(size=np.shape(y)))
    cotangent = Symbol("g", np.shape(y))
    expected = primitive.vjp(np, g, which, y, *values, **params)
    expected = getattr(expected, "value", expected)
    found = pulled_once(node, which, Array.of(cotangent))
    assert found.shape == np.shape(values[which])
    at = {**dict(zip(names, map(np.asarray, values))), "g": g}
    got = value(found.expression, at)
    np.testing.assert_allclose(got, unbroadcast(np, np.asarray(expected), np.shape(got)), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", [n for n, p in CATALOGUE.items() if isinstance(p, Elementwise) and n != "where"])
def test_entrywise_rules(name):
    primitive = CATALOGUE[name]
    rng = np.random.default_rng(4)
    values = [np.asarray(domain.draw(rng, (3,))) for domain in primitive.samples]
    symbols = [Symbol(letter, (3,)) for letter in "abcd"[: len(values)]]
    g = rng.normal(size=3)
    for i, partial in enumerate(primitive.partials):
        if partial is None:
            continue
        expected = primitive.vjp(np, g, i, primitive.forward(np, *values), *values)
        expected = np.asarray(getattr(expected, "value", expected)) * np.ones(3)
        found = pulled_once(Apply(primitive, symbols), i, Array.of(Symbol("g", (3,))))
        at = {**dict(zip("abcd", values)), "g": g}
        np.testing.assert_allclose(value(found.expression, at) * np.ones(3), expected, rtol=1e-12, atol=1e-14)


def test_conditions_of_arrays():
    x = Array.of(Symbol("x", (3,)))
    chosen = ARRAYS.where((x > 0) & ~(x > 2), x, 0.0)
    at = {"x": np.array([-1.0, 1.0, 3.0])}
    np.testing.assert_array_equal(value(chosen.expression, at), [0.0, 1.0, 0.0])
    assert (x > 0).dtype == np.dtype(bool) and (x == x) is True and (x != x) is False
    assert ARRAYS.where(True, x, 0.0) is x
    either = indicator(((x > 2) | (x < 0)).expression)
    np.testing.assert_array_equal(value(either, at), [1.0, 0.0, 1.0])


def test_shapes_move_as_numpys():
    a = Array.of(Symbol("a", (2, 3)))
    rng = np.random.default_rng(0)
    at = {"a": rng.normal(size=(2, 3))}
    for ours, numpys in [
        (ARRAYS.swapaxes(a, 0, 1), np.swapaxes(at["a"], 0, 1)),
        (ARRAYS.moveaxis(a, 0, 1), np.moveaxis(at["a"], 0, 1)),
        (ARRAYS.squeeze(ARRAYS.expand_dims(a, 1)), at["a"]),
        (ARRAYS.ones_like(a) + ARRAYS.zeros_like(a), np.ones((2, 3))),
        (a.T, at["a"].T),
        (2 - a / 2, 2 - at["a"] / 2),
    ]:
        assert ours.shape == numpys.shape == shape_of(ours.expression)
        np.testing.assert_array_equal(value(ours.expression, at), numpys)


def test_what_has_no_closed_form_says_so():
    x = Symbol("x", (3,))
    with pytest.raises(UnsupportedFunctionError, match="cumsum has no rule in closed form") as caught:
        pulled_once(Apply(CATALOGUE["cumsum"], (x,), {"axis": 0}), 0, Array.of(Symbol("g", (3,))))
    assert "chainrule.grad" in caught.value.do
