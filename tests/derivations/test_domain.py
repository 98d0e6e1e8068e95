"""Domains: what intervals decide, where zeros are found and how they are called, and what is said of them."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.derivations import Derivation
from chainrule.derivations.conditions import needs_of_branches
from chainrule.derivations.intervals import INTERVALS, Interval
from chainrule.derivations.zeros import named, zeros
from chainrule.expressions import EXPRESSIONS, Symbol
from chainrule.expressions.evaluate import Values
from chainrule.ops import CATALOGUE
from tests.derivations.expressions import expressions, nested

X = Symbol("x")
_UNARY = "exp log sqrt cbrt sin cos tanh arctan arcsin arccos sinh cosh absolute square negative expm1 log1p erf"


@pytest.mark.parametrize("name", _UNARY.split())
@given(low=st.floats(-4, 4), width=st.floats(0, 5), share=st.floats(0, 1))
def test_intervals_hold_every_value(name, low, width, share):
    room, x = CATALOGUE[name], low + share * width
    with np.errstate(all="ignore"):
        value = float(room.forward(np, np.float64(x)))
    bounds = room.forward(INTERVALS, Interval(low, low + width))
    if math.isfinite(value):
        assert bounds.low - 1e-9 <= value <= bounds.high + 1e-9


@given(st.floats(-3, 3), st.floats(0, 3), st.floats(-3, 3), st.floats(0, 3), st.floats(0, 1), st.floats(0, 1))
def test_intervals_of_two_arguments(a, da, b, db, s, t):
    x, y = a + s * da, b + t * db
    left, right = Interval(a, a + da), Interval(b, b + db)
    for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum"):
        if name == "divide" and abs(y) < 1e-9:
            continue
        value = float(CATALOGUE[name].forward(np, np.float64(x), np.float64(y)))
        bounds = CATALOGUE[name].forward(INTERVALS, left, right)
        assert bounds.low - 1e-9 * abs(value) - 1e-9 <= value <= bounds.high + 1e-9 * abs(value) + 1e-9


@pytest.mark.parametrize(
    "quantity, expected",
    [
        (X**2 - 4, [-2, 2]),
        (X**2, [0]),
        (EXPRESSIONS.log(X), [1]),
        ((X - 1.23456) ** 2, [1.23456]),
        (EXPRESSIONS.sqrt(X - 3), [3]),
        (1 / X, []),
        (EXPRESSIONS.exp(X), []),
        (EXPRESSIONS.sin(X), None),
        (X**3 - X - 1, [1.324717957244746]),
    ],
)
def test_zeros(quantity, expected):
    found = zeros(quantity, "x")
    assert found is None if expected is None else found == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    "x, name", [(1 / 9, "1/9"), (-math.sqrt(2), "−√2"), (math.pi / 3, "π/3"), (math.log(3), "ln(3)"), (-0.25, "−1/4")]
)
def test_numbers_are_called_as_one_writes_them(x, name):
    written, exact = named(x)
    assert exact and str(written) == name


@pytest.mark.parametrize(
    "text, words",
    [
        ("sqrt(25 - x^2)", "that is x ≥ −5 and x ≤ 5."),
        ("ln(x^2 - 3)", "that is x < −√3 or x > √3."),
        ("1/(x^3 - x - 1)", "that is about x ≠ 1.32472 (found in numbers)."),
        ("arcsin(x) + arccos(x)", "Defined where x ≥ −1 and x ≤ 1."),
        ("1/(e^x - 1)", "that is x ≠ 0."),
        ("tan x", "Defined where cos(x) ≠ 0."),
        ("sqrt(-1 - x^2)", "There is no real number at which this is defined"),
        ("ln(sin x - 2)", "There is no real number at which this is defined"),
        ("ln(6z + e^z)", "Defined where 6z + e^z > 0"),
        ("sqrt(x y)", "Defined where x·y ≥ 0."),
        ("{ln x if x > 0; 0 otherwise}", "Not differentiable at x = 0: a jump, from 0 to −∞."),
        ("{sqrt(x) if x < 1; 2 otherwise}", "Where x < 1, x ≥ 0 is needed."),
        ("floor(x)", "Two sides meet where x = ⌊x⌋"),
    ],
)
def test_what_is_said(text, words):
    wrt = "x" if "y" in text else None
    assert words in " ".join(cr.derive(text, wrt=wrt).render(simplify=False, width=4000).split())


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions() | nested(6))
def test_where_the_conditions_hold_the_value_is_a_number(expression):
    d, points = Derivation(expression, X), np.concatenate([np.linspace(-5, 5, 201), np.linspace(0.01, 0.99, 30)])
    if d.domain.empty or list(needs_of_branches(expression)):
        return
    holds = d.domain.holds({"x": points})
    with np.errstate(all="ignore"):
        value = np.broadcast_to(np.asarray(Values({"x": points})[expression], dtype=float), points.shape)
        sizes = [np.abs(np.asarray(Values({"x": points})[part], dtype=float)) for part in expression.children]
    overflown = np.any([np.broadcast_to(size > 1e300, points.shape) for size in sizes], axis=0) if sizes else False
    assert not np.any(holds & np.isnan(value) & ~np.asarray(overflown))


def test_what_always_holds_is_not_said():
    for text in ("1/(1 + x^2)", "ln(1 + e^x)", "sqrt(x^2 + 4)", "1/cosh(x)", "ln(2 + sin x)", "x^3", "7"):
        assert not [note for note in cr.derive(text, wrt="x").notes if note.kind == "domain"]
