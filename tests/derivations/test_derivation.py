"""What is asked of a derivation: notation, letters, numbers, orders, gradients, Python, the check, large inputs."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import chainrule as cr
from chainrule.derivations import Derivation, checking
from chainrule.derivations.precision import ComplexSteps, HighPrecision
from chainrule.errors import ArgumentError, DerivationError, ParseError
from chainrule.expressions import EXPRESSIONS, Symbol
from chainrule.expressions.evaluate import Values, evaluate
from tests.derivations.expressions import X, expressions, nested

# The same examples every time: what a search finds is made a test of its own.
SLOW = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@SLOW
@given(expressions() | nested())
def test_random_expressions_agree_with_differences(expression):
    d = Derivation(expression, X)
    check = d.check  # raises where they disagree
    if check.points:
        assert check.error < 1e-12
    else:
        assert check.reason in ("check.reason.empty", "check.reason.no-points")
    assert all(len(line) <= 100 for line in d.render(simplify=False).splitlines())


@SLOW
@given(nested(6))
def test_a_complex_step_checks_as_well(expression):
    d = Derivation(expression, X)
    slopes = checking.Slopes(d.function, d.result, "x")
    checking._checked(slopes.in_floats(list(d.check.tried)))  # raises where they disagree at many


def test_a_wrong_derivation_is_never_shown():
    d = cr.derive("sin(x^2)")
    d.__dict__["result"] = EXPRESSIONS.cos(Symbol("x") ** 2)
    with pytest.raises(DerivationError, match="the function itself has slope"):
        str(d)


def test_without_mpmath_a_complex_step_checks(monkeypatch):
    monkeypatch.setattr(checking.importlib.util, "find_spec", lambda name: None)
    for text in ("sqrt(1 + sin(e^(x^2)))", "|x^2 - 4| + max(x, 1)", "x^(1/3) + cbrt(x) + arctan2(x, 2)", "erf(x)"):
        check = cr.derive(text).check
        assert check.method == "complex-step" and check.points == 12 and check.error < 1e-9
    assert cr.derive("x^2 + y^2 = 25").check.method == "curve-in-floats"
    with pytest.raises(DerivationError):
        d = cr.derive("tan(x)")
        d.__dict__["result"] = EXPRESSIONS.cos(Symbol("x"))
        _ = d.check


@pytest.mark.parametrize(
    "text, apart",
    [
        ("ln(e^x (x^2-4)/sqrt(x))", "x + ln(x² − 4) − (1/2)·ln(x)"),
        ("ln((x+1)^3/(x^2 (2x+5)))", "3 ln(x + 1) − (2 ln(x) + ln(2x + 5))"),
        ("x ln(5x) + ln(sin(x)^4)", "x·(ln(5) + ln(x)) + 4 ln(sin(x))"),
    ],
)
def test_a_logarithm_is_taken_apart_as_another_form(text, apart):
    d = cr.derive(text)
    (form,) = [form for form in d.forms if form.id == "form.laws-of-logarithms"]
    assert [str(meaning) for meaning in form.where.values()] == [apart]
    assert evaluate(form.expression, {"x": 2.3}) == pytest.approx(d.at(x=2.3).value, rel=1e-12)
    assert f"= {apart}" in str(d)


def test_a_logarithm_of_a_sum_stays_whole():
    assert not cr.derive("ln(x^2 + 1)").forms


def test_both_notations():
    text = str(cr.derive("sin(ln(x^2 + 1))"))
    assert "dy/dx = dy/du₁·du₁/du₂·du₂/dx = f₁′(u₁)·f₂′(u₂)·f₃′(x)" in text
    leibniz = cr.derive("sin(x^2)").render(notation="leibniz")
    lagrange = cr.derive("sin(x^2)").render(notation="lagrange")
    assert "f₁" not in leibniz and "dy/du₁" in leibniz
    assert "dy/du₁" not in lagrange and "f₁′(u₁)" in lagrange


def test_colours_only_where_they_are_asked_for():
    d = cr.derive("sin(x^2)")
    assert "\x1b[" not in str(d) and "\x1b[" in d.render(colour=True)


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_line_is_wider_than_asked(width):
    for text in ("ln(e^x (x^2-4)/sqrt(x))", "(sin x)^(x^2)", "sin(cos(tan(sec(x^2 + e^(3x - ln(x))))))"):
        assert all(len(line) <= width for line in cr.derive(text).render(width=width, simplify=False).splitlines())


def test_letters_avoid_what_is_written():
    d = cr.derive("sin(u^2 + v^2) y", wrt="u")
    names = {letter.name for letter in d.letters.meaning} | {d.output.name}
    assert not names & {"u", "v", "y"} and not any(name.startswith(("u", "v")) for name in names)


def test_python_runs():
    for text in ("sqrt(1 + sin(e^(x^2)))", "|x|^3 max(x, 2)", "sec(x) + arccot(x)", "{x^2 if x < 1; 3x otherwise}"):
        d = cr.derive(text)
        assert eval(d.python, {"np": np, "x": 0.6}) == pytest.approx(d.at(x=0.6).value, rel=1e-12)


@pytest.mark.parametrize(
    "at, words",
    [({}, "x has no value"), ({"x": 1, "t": 2}, "t is no variable of it"), ({"x": "one"}, "is not a number")],
)
def test_points_that_make_no_sense(at, words):
    with pytest.raises(ArgumentError, match=words):
        cr.derive("sin(x^2)").at(**at)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: cr.derive("x", order=0), "order=0"),
        (lambda: cr.derive("x", order=True), "order=True"),
        (lambda: cr.derive(3), "a int cannot be differentiated"),
        (lambda: cr.derive("x", wrt=()), "names no variable"),
        (lambda: cr.derive("x y", wrt=("x", "x")), "names a variable twice"),
        (lambda: cr.derive("x y", wrt=("x", "y"), order=2), "one variable at a time"),
        (lambda: cr.derive("x", at=3), "is no point"),
        (lambda: cr.derive("x").render("pdf"), "format='pdf'"),
        (lambda: cr.derive("x").derivative(0), "order=0"),
        (lambda: cr.derive("x^2 + y^2 = 25").at(x=1, y=1), "not on the curve"),
    ],
)
def test_arguments_that_make_no_sense(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()


def test_a_letter_that_is_defined_by_itself():
    with pytest.raises((DerivationError, ParseError)):
        cr.derive("y = u; u = v + 1; v = 2u", wrt="x")


def test_at_a_kink_both_slopes_are_given():
    numbers = cr.derive("|x|").at(x=0)
    assert math.isnan(numbers.value) and numbers.one_sided == (-1, 1)
    assert cr.derive("x|x|").at(x=0).value == 0
    assert cr.derive("sqrt(x)").at(x=0).one_sided[1] == math.inf


def test_joints_are_compared_from_both_sides():
    smooth = cr.derive("{x^2 if x < 1; 2x - 1 otherwise}")
    corner = cr.derive("{x^2 if x < 1; 3x - 2 otherwise}")
    jump = cr.derive("{x^2 if x < 1; 3x otherwise}")
    assert [note.id for d in (smooth, corner, jump) for note in d.notes] == ["note.smooth", "note.corner", "note.jump"]
    assert smooth.at(x=1).value == 2 and corner.at(x=1).one_sided == (2, 3)


@pytest.mark.parametrize("text", ["arcsin(2x/(1+x^2))", "arccos((1-x^2)/(1+x^2))", "sqrt((x^2-1)^2)"])
def test_a_corner_at_the_edge_of_a_rooms_domain_is_no_vertical_tangent(text):
    ids = {note.id for note in cr.derive(text).notes if note.kind == "kink" or "vertical" in note.id}
    assert not any("vertical" in id for id in ids)


def test_a_slope_that_settles_to_no_value_is_not_given_one():
    for text in ("{x^2 sin(1/x) if x != 0; 0 otherwise}", "{x sin(ln|x|) if x != 0; 0 otherwise}"):
        d = cr.derive(text)
        assert "note.unsettled" in {note.id for note in d.notes} and "settles to no value" in str(d)
        assert math.isnan(d.at(x=0).value)


def test_odd_roots_are_real():
    for text in ("cbrt(x)", "x^(1/3)"):
        assert cr.derive(text).at(x=-8).value == pytest.approx(1 / 12)
    assert any(note.id == "note.vertical" for note in cr.derive("cbrt(x)").notes)


def test_mixed_orders_from_text():
    d = cr.derive("d2/dxdy: x^2 y^3")
    assert d.at(x=1, y=2).value == 24 and str(d.differential.by[0]) != str(d.differential.by[1])


def test_second_derivative_of_an_implicit_function():
    d = cr.derive("x^2 + y^2 = 25", order=2)
    assert d.at(x=3, y=4).value == pytest.approx(-25 / 64) and d.check.passed


def test_second_derivative_of_a_curve():
    d = cr.derive("x = t^2, y = t^3", order=2)
    assert d.at(t=2).value == pytest.approx(3 / (4 * 2)) and d.check.passed


def test_a_gradient():
    d = cr.derive("2*(x*y + max(z,w))", wrt=("x", "y", "z", "w"), at={"x": 3, "y": -4, "z": 2, "w": -1})
    assert [n.value for n in d.at(x=3, y=-4, z=2, w=-1)] == [-8, 6, 2, 0]
    assert eval(d.python, {"np": np, "x": 3, "y": -4, "z": 2, "w": -1}) == (-8, 6, 2, 0)
    assert "The partial derivatives of f" in str(d) and d.check.passed


def _composed(n):
    expression = X
    for _ in range(n):
        expression = EXPRESSIONS.sin(expression)
    return expression


def test_a_hundredfold_composition():
    d = Derivation(_composed(100), X)
    assert len(d.factors) == 100 and [f.number for f in d.factors] == list(range(1, 101))
    slope, h = 1.0, 0.9
    for _ in range(100):
        slope, h = slope * math.cos(h), math.sin(h)
    assert d.at(x=0.9).value == pytest.approx(slope, rel=1e-12)
    assert d.check.passed and "88 more factors, left out here" in str(d)


def _tangled(n):
    expression = X
    for _ in range(n):
        expression = EXPRESSIONS.tanh(expression) + expression
    return expression


@pytest.mark.parametrize(
    "build",
    [
        lambda n: X + EXPRESSIONS.sin(_composed(n)),
        _tangled,
        lambda n: _folded(n, lambda e: e * e),
        lambda n: _folded(n, lambda e: e + e),
        lambda n: _folded(n, lambda e: X + EXPRESSIONS.sin(e)),
        lambda n: _folded(n, lambda e: 1 / (1 + e)),
        lambda n: _folded(n, lambda e: e * EXPRESSIONS.cos(X + n)),
    ],
)
def test_depth_and_sharing_cost_no_more_than_their_size(build):
    d = Derivation(build(150), X)
    assert d.check.points > 0
    assert len(d.render(simplify=False)) < 40_000


def _folded(n, link):
    expression = X
    for _ in range(n):
        expression = link(expression)
    return expression


def test_deep_nesting_needs_no_recursion():
    d = Derivation(_folded(3000, lambda e: X + EXPRESSIONS.sin(e)), X)
    assert math.isfinite(d.at(x=0.5).value)


@given(st.floats(-3, 3).filter(lambda x: abs(x) > 1e-3))
def test_kinds_of_numbers_agree(x):
    expression = EXPRESSIONS.cbrt(Symbol("x")) * EXPRESSIONS.maximum(Symbol("x"), 0.5) + abs(Symbol("x"))
    expected = evaluate(expression, {"x": x})
    precise = Values({"x": x}, kind=HighPrecision(30))[expression]
    carried = Values({"x": x}, kind=ComplexSteps())[expression]
    assert float(precise) == pytest.approx(expected, rel=1e-14)
    assert float(np.real(carried)) == pytest.approx(expected, rel=1e-12)
