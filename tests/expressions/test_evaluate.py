"""Values at a point."""

import warnings

import numpy as np
import pytest

from chainrule.errors import ArgumentError
from chainrule.expressions import EXPRESSIONS as xp
from chainrule.expressions import Abstract, Constant, Number, Piecewise, Symbol, Values, evaluate

x, y = Symbol("x"), Symbol("y")


def test_floats_and_arrays():
    value = evaluate(xp.sin(x) / y, {"x": 0.5, "y": 2})
    assert type(value) is float and value == np.sin(0.5) / 2
    grid = np.linspace(-1, 1, 5)
    np.testing.assert_array_equal(evaluate(x**2 + 1, {"x": grid}), grid**2 + 1)
    assert evaluate(Constant("pi") + Number(1), {}) == np.pi + 1


@pytest.mark.parametrize(
    "expression, at, expected",
    [
        (xp.log(x), -1.0, np.nan),
        (xp.log(x), 0.0, -np.inf),
        (1 / x, 0.0, np.inf),
        (xp.sqrt(x), -1.0, np.nan),
        (x**0.5, -1.0, np.nan),
        (xp.exp(x), 1e4, np.inf),
        (x ** (Number(1) / 3), -8.0, -2.0),
        (x ** (Number(2) / 3), -8.0, 4.0),
        (x ** (-Number(1) / 3), -8.0, -0.5),
        (xp.cbrt(x), -8.0, -2.0),
        (x ** Number(10**400), 2.0, np.inf),
    ],
)
def test_outside_the_domain_and_at_its_edge(expression, at, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert evaluate(expression, {"x": at}) == pytest.approx(expected, nan_ok=True)
        assert evaluate(expression, {"x": np.array([at, at])})[1] == pytest.approx(expected, nan_ok=True)


def test_piecewise():
    hat = Piecewise((((x > 0) & (x <= 1), x), ((x > 1) & ~(x >= 2), 2 - x)), 0)
    assert [evaluate(hat, {"x": at}) for at in (-1.0, 0.5, 1.5, 3.0)] == [0, 0.5, 0.5, 0]
    np.testing.assert_array_equal(evaluate(hat, {"x": np.array([-1.0, 0.5, 1.5, 3.0])}), [0, 0.5, 0.5, 0])
    open_ended = Piecewise((((x > 0) | (x < -5), x),))
    assert np.isnan(evaluate(open_ended, {"x": -1.0})) and evaluate(open_ended, {"x": -6.0}) == -6


def test_abstract_functions_are_given():
    f = Abstract("f", (x,), (1,))
    assert evaluate(f + 1, {"x": 3.0}, {"f": lambda orders, value: value * 10 if orders == (1,) else 0}) == 31
    with pytest.raises(ArgumentError, match="f is only declared, so it has no value"):
        evaluate(f, {"x": 3.0})


def test_a_variable_without_a_value():
    with pytest.raises(ArgumentError, match="y has no value: the point gives x"):
        evaluate(x + y, {"x": 1.0})


def test_values_are_worked_out_once():
    calls = []

    def f(orders, value):
        calls.append(value)
        return value

    values = Values({"x": 2.0}, {"f": f})
    once = Abstract("f", (x,))
    assert values[once * once] == 4 and values[xp.sin(once)] == np.sin(2.0) and calls == [2.0]


def test_deep_expressions():
    expression = x
    for _ in range(20_000):
        expression = xp.sin(expression)
    assert 0 < evaluate(expression, {"x": 1.0}) < 0.1
