"""Derivations of the user's own Python: traced, loops unrolled, the program's own letters, each step with its line."""

import math

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DerivationError


def neuron(w, x, b, y):
    z = w * x + b
    a = 1 / (1 + np.exp(-z))
    return (a - y) ** 2


def unrolled(x):
    h = x
    for _ in range(4):
        h = np.sin(h) + h
    return h


def branching(x):
    if x > 0:
        return x**2
    return -x


def test_a_lambda():
    d = cr.derive(lambda x: np.sin(x**2))
    assert str(d.result) == str(cr.derive("sin(x^2)").result)
    assert d.at(x=0.5).value == pytest.approx(math.cos(0.25))


def test_the_letters_are_those_of_the_program():
    d = cr.derive(neuron, wrt="w")
    assert [str(factor.leibniz.of) for factor in d.factors] == ["neuron", "a", "z"]
    numbers = d.at(w=0.5, x=2.0, b=-1.0, y=1.0)
    assert numbers.factors == pytest.approx((-1, 0.25, 2)) and numbers.value == pytest.approx(-0.5)
    assert numbers.letters["z"] == 0 and numbers.letters["a"] == 0.5
    assert d.check.passed


def test_every_step_has_its_line():
    d = cr.derive(neuron, wrt="w")
    lines = {factor.step.place.line - neuron.__code__.co_firstlineno for factor in d.factors}
    assert lines == {1, 2, 3}
    assert all(factor.step.place.filename == __file__ for factor in d.factors)


def test_the_same_number_as_the_gradient():
    for name in "wxby":
        point = {"w": 0.3, "x": 1.7, "b": 0.2, "y": 0.6}
        number = cr.derive(neuron, wrt=name).at(**point).value
        assert number == pytest.approx(cr.grad(neuron, argnums=name)(*point.values()), rel=1e-12)


def test_loops_are_unrolled():
    d = cr.derive(unrolled)
    assert len(d.factors) == 4
    assert d.at(x=0.7).value == pytest.approx(cr.grad(unrolled)(0.7), rel=1e-12)
    assert d.check.passed


def test_all_arguments_at_once():
    d = cr.derive(neuron, wrt=("w", "b"))
    by_w, by_b = d.at(w=0.5, x=2.0, b=-1.0, y=1.0)
    assert (by_w.value, by_b.value) == pytest.approx((-0.5, -0.25))


def test_a_default_that_is_not_differentiated_stays():
    def power(x, n=3):
        return x**n

    d = cr.derive(power)
    assert d.at(x=2.0).value == 12


def test_functions_whose_usual_points_lie_outside():
    d = cr.derive(lambda x: np.arcsin(x / 5) + np.log(x - 1))
    assert d.at(x=2.0).value == pytest.approx(1 / math.sqrt(21) + 1)


def test_a_branch_is_noted():
    d = cr.derive(branching, at={"x": 2.0})
    assert any(note.id == "note.branch" for note in d.notes)
    assert d.at(x=2.0).value == 4


def test_where_takes_the_branch_it_took():
    d = cr.derive(lambda x: np.where(x > 0, x**2, -x), at={"x": 2.0})
    assert d.at(x=3.0).value == 6 and any(note.id == "note.branch" for note in d.notes)


@pytest.mark.parametrize(
    "function, words",
    [
        (lambda x: 3.0, "does not depend on its arguments"),
        (lambda x: x * np.ones(3), "an array of shape"),
        (lambda: 3.0, "it has no argument"),
    ],
)
def test_what_is_no_function_of_numbers(function, words):
    with pytest.raises(DerivationError, match=words):
        cr.derive(function)


def test_it_asks_by_which_argument():
    with pytest.raises(DerivationError, match="w, x, b and y"):
        cr.derive(neuron)
