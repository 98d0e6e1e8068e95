"""Slips: each malrule at each step, carried through to the end."""

import pytest

import chainrule as cr
from chainrule.derivations.parsing import parse
from chainrule.exercises.equivalence import same
from chainrule.exercises.malrules import MALRULES
from chainrule.exercises.slips import sites, slips, with_derivative
from chainrule.expressions import Symbol
from tests.exercises.answers import FROM_LITERATURE, OTHERS


def _read(text):
    return parse(text).expression


CARRIED = [
    ("x^2 sin(3x)", "missing-inner-factor", "2x sin(3x) + x^2 cos(3x)"),
    ("(sin(2x) + 1)^4", "missing-inner-factor", "4 (sin(2x)+1)^3"),
    ("e^(x^2)/x", "missing-inner-factor", "(e^(x^2) x - e^(x^2))/x^2"),
    ("x^(sin(2x))", "missing-inner-factor", "x^(sin(2x)) (cos(2x) ln x + sin(2x)/x)"),
    ("5/(3x+1)^2", "exponent-not-lowered", "-30/(3x+1)^2"),
    ("max(sin(2x), x)", "missing-inner-factor", "cos(2x) (1 + sign(sin(2x)-x))/2 + (1 - sign(sin(2x)-x))/2"),
]


@pytest.mark.parametrize("question, id, wrong", CARRIED)
def test_a_slip_is_carried_through_right_steps(question, id, wrong):
    found = [slip.derivative for slip in slips(cr.derive(question).step) if slip.id == id]
    assert any(same(derivative, _read(wrong)) for derivative in found), [str(one) for one in found]


def test_the_derivative_of_a_part_can_be_given():
    x = Symbol("x")
    expression = _read("x sin(x^2)")
    found = with_derivative(expression, x, {expression.arguments[1]: _read("7")})
    assert same(found, _read("sin(x^2) + 7x"))


def test_sites_are_the_steps_that_differentiate_something():
    found = [site.step.rule for site in sites(cr.derive("3 + x^2 sin(e^x)").step)]
    assert found == ["sum", "product", "power", "chain", "sin", "exponential"]


def test_every_malrule_applies_somewhere():
    questions = {question for question, *_ in FROM_LITERATURE + OTHERS} | {"w = x y; x = t^2; y = sin t"}
    used = {slip.id for question in questions for slip in slips(cr.derive(question).step)}
    assert used == {malrule.id for malrule in MALRULES}


def test_a_slip_says_where_it_happened_in_the_words_of_the_question():
    for slip in slips(cr.derive("ln(sin(x^2)) + 1/x").step):
        assert "u" not in str(slip.where) and "□" not in str(slip.derivative), slip.id
