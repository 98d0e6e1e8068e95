"""As many exercises again, of every kind that textbooks set: the answer at several points, the rules, the check."""

import math

import pytest

import chainrule as cr
from tests.derivations import exercises
from tests.derivations.formula import value

PARAMETERS = {"a": 1.7, "b": -0.6, "c": 2.2, "A": 0.9, "w": 1.3, "p": 0.4, "k": 0.8, "m": 0.25, "s": 1.4, "n": 2.5}
OTHERS = {"y": 1.15, "z": 0.65}
TRIED = (0.12, 0.31, 0.77, 1.4, 2.3, -0.45, -1.8)


def agreeing(d, answer, variable, at_least=2):
    """The numbers of the derivation agree with the answer wherever the answer is a number."""
    agreed = 0
    for x in TRIED:
        point = {s.name: (PARAMETERS | OTHERS).get(s.name, x) for s in d.variables} | {variable: x}
        try:
            expected = value(answer, point)
        except (ValueError, ZeroDivisionError):
            continue
        if not math.isfinite(expected) or not math.isfinite(d.at(**point).function):
            continue
        numbers = d.at(**point)
        assert numbers.value == pytest.approx(expected, rel=1e-10, abs=1e-13), point
        assert numbers.product == pytest.approx(expected, rel=1e-10, abs=1e-13), point
        agreed += 1
    assert agreed >= at_least


@pytest.mark.parametrize("text, variable, answer, rules", exercises.ONE_VARIABLE, ids=lambda x: str(x)[:24])
def test_one_variable(text, variable, answer, rules):
    d = cr.derive(text, wrt=variable)
    agreeing(d, answer, variable)
    assert rules <= set(d.rules)
    assert d.check.passed
    assert str(d)


@pytest.mark.parametrize("text, variable, answer, rules", exercises.SUBSTITUTIONS, ids=lambda x: str(x)[:24])
def test_substitutions_and_total_derivatives(text, variable, answer, rules):
    d = cr.derive(text)
    assert d.variable.name == variable
    agreeing(d, answer, variable)
    assert rules <= set(d.rules) and d.check.passed


@pytest.mark.parametrize("text, point, answer", exercises.IMPLICIT, ids=lambda x: str(x)[:24])
def test_implicit(text, point, answer):
    d = cr.derive(text)
    point = dict(zip("xy", map(float, point)))
    assert d.at(**point).value == pytest.approx(value(answer, point), rel=1e-9)
    assert d.check.passed and "implicit" in d.rules
    assert str(d)


@pytest.mark.parametrize("text, answer", exercises.PARAMETRIC)
def test_parametric(text, answer):
    d = cr.derive(text)
    agreeing(d, answer, "t")
    assert d.check.passed and "parametric" in d.rules
    assert str(d)


@pytest.mark.parametrize("text, variable, order, answer", exercises.ORDERS)
def test_higher_orders(text, variable, order, answer):
    d = cr.derive(text, order=order)
    assert d.order == order and d.previous.order == order - 1
    agreeing(d, answer, variable)
    assert d.check.passed and ("second" if order == 2 else "higher") in d.rules
    assert str(d)


@pytest.mark.parametrize("text, variables, answer", exercises.MIXED)
def test_mixed_orders(text, variables, answer):
    d = cr.derive(text, wrt=variables[0])
    for name in variables[1:]:
        d = d.derivative(wrt=name)
    agreeing(d, answer, variables[-1])
    assert d.check.passed and "mixed" in d.rules
