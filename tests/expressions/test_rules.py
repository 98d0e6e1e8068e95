"""A room's rule run on expressions has the value of the rule run on numbers."""

import zlib

import numpy as np
import pytest

from chainrule.core.primitive import Elementwise
from chainrule.core.selection import plain, times
from chainrule.errors import UnsupportedFunctionError
from chainrule.expressions import EXPRESSIONS as xp
from chainrule.expressions import (
    Abstract,
    Apply,
    Number,
    Piecewise,
    Symbol,
    evaluate,
    generic,
    lift,
    local_derivative,
    tidy,
    walk,
)
from chainrule.ops import CATALOGUE

x, n = Symbol("x"), Symbol("n")
ROOMS = [
    (primitive, i)
    for primitive in CATALOGUE.values()
    if isinstance(primitive, Elementwise) and primitive.name != "where"
    for i, partial in enumerate(primitive.partials)
    if partial is not None
]


@pytest.mark.parametrize("primitive, i", ROOMS, ids=[f"{primitive.name}-{i}" for primitive, i in ROOMS])
def test_every_elementwise_rule_runs_on_expressions(primitive, i):
    rng = np.random.default_rng(zlib.crc32(primitive.name.encode()))
    names = "abcd"[: primitive.arity]
    node = Apply(primitive, [Symbol(name) for name in names])
    slope = local_derivative(node, i)
    for formula in (slope, generic(slope)):
        for _ in range(10):
            values = [float(domain.draw(rng)) for domain in primitive.samples]
            y = primitive.forward(np, *map(np.float64, values))
            expected = plain(times(np, 1.0, primitive.slope(np, i, y, *map(np.float64, values))))
            assert evaluate(formula, dict(zip(names, values))) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize(
    "expression, i, slope",
    [
        (x**5, 0, "5x⁴"),
        (x**2, 0, "2x"),
        (x**1, 0, "1"),
        (x**-2, 0, "−2x⁻³"),
        (x ** (Number(1) / 3), 0, "(1/3)·x^(−2/3)"),
        (x**2.5, 0, "2.5x^1.5"),
        (xp.power(7, x), 1, "7^x·ln(7)"),
        (xp.sqrt(x), 0, "1/(2√x)"),
        (xp.tanh(x), 0, "1 − tanh²(x)"),
        (xp.csc(x), 0, "−csc(x)·cot(x)"),
        (xp.erf(x), 0, "2e^(−x²)/√π"),
        (xp.log_base(x, 2), 0, "1/(x·ln(2))"),
        (xp.arcsin(x**2), 0, "1/√(1 − (x²)²)"),
        (abs(x), 0, "sign(x)"),
        (xp.maximum(0, x), 1, "{1 if x > 0; 0.5 if x = 0; 0 otherwise}"),
        (Abstract("f", (x, n), (1, 0)), 1, "f^(1, 1)(x, n)"),
    ],
)
def test_slopes_read_as_in_a_textbook(expression, i, slope):
    assert str(local_derivative(expression, i)) == slope


def test_the_generic_slope_leaves_out_single_points():
    assert "if" in str(local_derivative(x**n, 0))
    assert str(generic(local_derivative(x**n, 0))) == "n·x^(n − 1)"
    assert str(generic(local_derivative(x**n, 1))) == "x^n·ln(x)"
    assert str(generic(local_derivative(xp.maximum(x, n), 0))) == "{1 if x > n; 0 otherwise}"


def test_names_can_stand_for_the_value_and_the_arguments():
    u, v = Symbol("u"), Symbol("v")
    assert str(local_derivative(xp.tanh(x), 0, value=v)) == "1 − v²"
    assert str(local_derivative(xp.sin(x**2), 0, arguments=(u,))) == "cos(u)"


def test_what_the_user_composed_is_not_merged():
    inner = (x**2) ** 3
    assert inner in set(walk(local_derivative(xp.sin(inner), 0)))
    assert str(local_derivative(inner**2, 0)) == "2(x²)³"


def test_a_room_without_such_a_rule_says_so():
    matrix = Symbol("A", (2, 2))
    with pytest.raises(UnsupportedFunctionError, match="no local derivative that is one expression"):
        local_derivative(xp.inv(matrix), 0)


@pytest.mark.parametrize(
    "before, after",
    [
        (0 + x, "x"),
        (x - 0, "x"),
        (0 - x, "−x"),
        (x + -n, "x − n"),
        (x - -n, "x + n"),
        (1 * x, "x"),
        (x * 0, "0"),
        (x * 3, "3x"),
        (-x * -n, "x·n"),
        (-x * n, "−x·n"),
        (x * x, "x²"),
        (x / 1, "x"),
        (-x / n, "−x/n"),
        (lift(0.5) / x, "1/(2x)"),
        (Number(2) * (3 * x), "6x"),
        (x ** lift(1), "x"),
        (xp.negative(-x), "x"),
        (Number(2) + 3, "5"),
        (lift(0.5) * 3, "1.5"),
        (Number(1) / 2 - Number(1) / 3, "1/6"),
        (xp.log(lift(float(np.e))), "ln(2.718281828459045)"),
        (Piecewise(((x < 1, n),), n), "n"),
        (Piecewise(((Number(1) < 2, n),), x), "n"),
        (Piecewise(((x < 1, n),), Piecewise(((x < 2, 1),), 0)), "{n if x < 1; 1 if x < 2; 0 otherwise}"),
        (x / 0, "x/0"),
        ((x**2) ** 3, "(x²)³"),
        (xp.exp(xp.log(x)), "e^ln(x)"),
    ],
)
def test_tidy(before, after):
    assert str(tidy(before)) == after


def test_a_slope_that_divides_by_zero_stays_as_written():
    x = Symbol("x")
    assert str(local_derivative(x / 0, 0)) == "1/0"
    assert str(local_derivative(x / 0, 1)) == "−(x/0)/0"
