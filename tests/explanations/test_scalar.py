"""The scalar chain as it is printed: the lesson's factors, sums over paths, zeros, infinities, folds."""

import math
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ExplanationError


def neuron(w):
    x, b, y = cr.tensor(2.0), cr.tensor(0.0), cr.tensor(1.0)
    z = w * x + b
    a = 1 / (1 + np.exp(-z))
    loss = (a - y) ** 2
    return loss


def explained_neuron():
    w = cr.tensor(0.5, requires_grad=True)
    loss = neuron(w)
    return cr.explain(loss, wrt=w)


def test_the_neuron_has_the_three_factors_of_the_lesson():
    explanation = explained_neuron()
    assert [factor.name for factor in explanation.factors] == ["∂loss/∂a", "∂a/∂z", "∂z/∂w"]
    wrong, sensitive, influence = (factor.value for factor in explanation.factors)
    a = 1 / (1 + math.exp(-1.0))
    assert wrong == pytest.approx(2 * (a - 1), rel=1e-14)
    assert sensitive == pytest.approx(a * (1 - a), rel=1e-14)
    assert influence == 2.0
    assert explanation.product == pytest.approx(-0.2115083711370669, rel=1e-14)
    assert explanation.gradient == pytest.approx(explanation.product, rel=1e-14)


def test_the_neuron_prints_symbol_numbers_value_and_product():
    text = str(explained_neuron())
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]
    assert lines[0] == "∂loss/∂w = -0.21150837"
    assert "∂loss/∂a = 2·(a − y) = 2·(0.731059 − 1) = -0.53788284" in lines
    assert "∂z/∂w = x = 2" in lines
    assert "product = -0.53788284 · 0.19661193 · 2 = -0.21150837" in lines
    assert "Raising w lowers loss: a small step h changes loss by about -0.2115·h" in text
    assert "The smallest factor in size is ∂a/∂z = 0.19661193." in lines[-1]
    assert max(map(len, text.splitlines())) <= 100


def test_beneath_a_factor_stand_the_links_it_is_made_of():
    sensitive = explained_neuron().factors[1]
    assert [link.op for link in sensitive.links] == ["divide", "add", "exp", "negative"]
    assert [link.symbol for link in sensitive.links] == ["−a/(1 + exp(−z))", "1", "exp(−z)", "-1"]
    assert math.prod(link.value for link in sensitive.links) == pytest.approx(sensitive.value, rel=1e-14)
    exp = sensitive.links[2]
    assert (exp.name, exp.expression, exp.numbers) == ("∂exp(−z)/∂(−z)", "np.exp(-z)", "exp(−1)")
    assert exp.place.text == "a = 1 / (1 + np.exp(-z))"


def test_the_result_shows_itself():
    explanation = explained_neuron()
    assert repr(explanation) == str(explanation) == explanation._repr_mimebundle_()["text/plain"]


def test_several_paths_are_shown_each_and_summed():
    x = cr.tensor(1.5, requires_grad=True)
    p = np.sin(x)
    q = np.exp(-x)
    y = p * q
    explanation = cr.explain(y, wrt=x)
    assert explanation.path_count == 2
    assert [path.product for path in explanation.paths] == pytest.approx(
        [-math.sin(1.5) * math.exp(-1.5), math.cos(1.5) * math.exp(-1.5)], rel=1e-14
    )
    text = str(explanation)
    assert "the sum over 2 paths" in text
    assert "path 1 of 2" in text and "path 2 of 2" in text
    assert "sum = -0.22257122 + 0.015783603 = -0.20678761" in text


def test_of_many_paths_the_largest_are_shown_and_the_rest_is_accounted_for():
    h = x = cr.tensor(0.9, requires_grad=True)
    for _ in range(12):
        h = h * 0.5 + np.sin(h)
    explanation = cr.explain(h, wrt=x, paths=3)
    assert explanation.path_count == 2**12
    products = [path.product for path in explanation.paths]
    assert products == sorted(products, key=abs, reverse=True)
    assert sum(products) + explanation.left_out == pytest.approx(explanation.gradient, rel=1e-12)
    assert "left out: the 4,093 paths of smaller product, which add up to" in str(explanation)


def test_the_largest_paths_are_the_largest_of_all():
    h = x = cr.tensor(0.9, requires_grad=True)
    slopes = [1.0]
    for k in range(6):
        h = h * (0.3 + k) + h * -(1.7 - 0.2 * k)
        slopes = [s * f for s in slopes for f in (0.3 + k, -(1.7 - 0.2 * k))]
    explanation = cr.explain(h, wrt=x, paths=5)
    best = sorted(map(abs, slopes), reverse=True)[:5]
    assert [abs(path.product) for path in explanation.paths] == pytest.approx(best, rel=1e-12)


def test_more_paths_than_atoms_are_counted_exactly():
    h = x = cr.tensor(1.0, requires_grad=True)
    for _ in range(300):
        h = h * 0.5 + h * 0.5
    explanation = cr.explain(h, wrt=x, paths=1)
    assert explanation.path_count == 2**300
    assert explanation.gradient == 1.0
    assert "about 10^90 paths" in str(explanation)


def test_a_deep_chain_is_folded_and_needs_no_recursion():
    h = x = cr.tensor(0.9, requires_grad=True)
    for _ in range(20_000):
        h = np.sin(h)
    explanation = cr.explain(h, wrt=x)
    text = str(explanation)
    assert len(explanation.links(all=True)) == len(explanation.paths[0].links) == 20_000
    assert "19,988 more, left out here; together they multiply by" in text
    assert "∂h₁/∂x" in text and "∂h/∂h₁₉₉₉₉" in text
    assert len(text.splitlines()) < 30


def test_a_branch_that_was_not_selected_is_a_zero_and_says_why():
    x = cr.tensor(-1.5, requires_grad=True)
    y = np.maximum(x, 0.0) * 3
    explanation = cr.explain(y, wrt=x)
    assert explanation.gradient == 0
    assert "1 where x ≥ 0, else 0" in str(explanation)
    assert "does not change y, to first order" in explanation.sentence
    assert "its branch was not selected" in explanation.sentence


def test_an_unselected_branch_with_an_infinite_slope_stays_zero():
    x = cr.tensor(0.0, requires_grad=True)
    y = np.where(x > 0.5, np.sqrt(x), 2 * x)
    explanation = cr.explain(y, wrt=x)
    assert explanation.product == explanation.gradient == 2.0
    assert "1 where x ≤ 0.5, else 0" in str(explanation)


def test_clip_reads_as_a_condition():
    x = cr.tensor(0.5, requires_grad=True)
    y = np.clip(x, 0.0, 1.0)
    assert cr.explain(y, wrt=x).paths[0].links[0].symbol == "1 where x > 0 and x < 1, else 0"


def test_a_tie_is_shared_and_reads_as_its_share():
    x = cr.tensor(1.0, requires_grad=True)
    y = np.maximum(x, 1.0)
    explanation = cr.explain(y, wrt=x)
    assert explanation.gradient == 0.5
    assert explanation.paths[0].links[0].symbol.startswith("0.5 where")


def test_a_gradient_that_is_not_finite_names_the_link_where_it_stops_being_so():
    x = cr.tensor(0.0, requires_grad=True)
    y = np.sqrt(x) * 2
    explanation = cr.explain(y, wrt=x)
    assert explanation.gradient == math.inf
    assert "it stops being finite at ∂(√x)/∂x = 0.5/√x" in explanation.sentence


def test_paths_that_cancel_are_said_to():
    x = cr.tensor(0.5, requires_grad=True)
    y = x * 3 - x * 3
    assert "the paths cancel each other" in cr.explain(y, wrt=x).sentence


def test_the_value_itself():
    x = cr.tensor(0.7, requires_grad=True)
    explanation = cr.explain(x, wrt=x)
    assert explanation.gradient == 1
    assert "the value is the input itself" in str(explanation)


def test_float32_is_shown_in_the_digits_it_has():
    w = cr.tensor(np.float32(0.3), requires_grad=True)
    y = np.exp(w)
    assert str(cr.explain(y, wrt=w)).splitlines()[0] == "∂y/∂w = 1.349859"


def test_no_line_is_wider_than_asked():
    w = cr.tensor(0.5, requires_grad=True)
    loss = neuron(w)
    text = str(cr.explain(loss, wrt=w, width=60))
    assert max(map(len, text.splitlines())) <= 60
    assert "-0.21150837" in text


def test_a_rule_that_reads_differently_than_it_runs_is_refused(wrong_sine):
    x = cr.tensor(0.5, requires_grad=True)
    y = wrong_sine(x)
    with pytest.raises(ExplanationError, match="the rule of wrong_sine does not agree with itself") as caught:
        cr.explain(y, wrt=x)
    assert caught.value.place.text == "y = wrong_sine(x)"


def test_a_rule_that_changes_between_two_calls_is_refused(fickle_sine):
    x = cr.tensor(0.5, requires_grad=True)
    y = fickle_sine(x)
    with pytest.raises(ExplanationError, match=r"the links come to .* and the backward walk gives"):
        cr.explain(y, wrt=x)


def test_where_no_formula_holds_the_value_is_shown_alone():
    x = cr.tensor(0.0, requires_grad=True)
    n = cr.tensor(0.0, requires_grad=True)
    y = x**n
    explanation = cr.explain(y, wrt=x)
    assert explanation.gradient == 0
    assert explanation.paths[0].links[0].symbol in ("0", "the slope of power at this point")
