"""Closed forms against answers worked out by hand, at random arrays, as values and as printed."""

import xml.dom.minidom

import numpy as np
import pytest

import chainrule as cr
from chainrule.derivations.matrices.checking import Sampler
from tests.derivations.matrices.cookbook import CARRIED, GRADIENTS, JACOBIANS

cookbook_ids = dict(ids=lambda value: value if isinstance(value, str) else "")


def arrays(derivation, tall=None, label=None):
    """Values for all variables: the first point that the check would use, or one where a matrix is tall."""
    sampler = Sampler([derivation.expression, derivation.result], {}, derivation.symmetric, derivation.positive)
    for _, at, _ in sampler.points(8, seed=5):
        if tall is None or at[tall].shape[0] > at[tall].shape[1]:
            at = {name: value for name, value in at.items() if not name.startswith("onehot(")}
            return at | ({label: 1} if label else {})
    raise AssertionError("no point")


def derived(text, wrt, options):
    options = {"shapes": {}, **options}
    tall, label = options.pop("tall", None), options.pop("class", None)
    derivation = cr.derive(text, wrt=wrt, **options)
    return derivation, arrays(derivation, tall, label)


def expected(formula, at):
    names = {"lambda_" if name == "lambda" else name: value for name, value in at.items()}
    return eval(formula, {"np": np, "len": len, "int": int}, names), names


@pytest.mark.parametrize("text, wrt, formula, options", GRADIENTS, **cookbook_ids)
def test_gradient(text, wrt, formula, options):
    derivation, at = derived(text, wrt, options)
    answer, names = expected(formula, at)
    assert derivation.layout == "gradient"
    assert derivation.check.passed and derivation.check.points >= 6
    value = derivation.at(**at).value
    assert np.shape(value) == np.shape(at[wrt])
    np.testing.assert_allclose(value, answer, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(eval(derivation.python, {"np": np}, names), answer, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(sum(path[-1] for path in derivation.at(**at).paths), answer, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("text, wrt, formula, options", JACOBIANS, **cookbook_ids)
def test_jacobian(text, wrt, formula, options):
    derivation, at = derived(text, wrt, options)
    answer, names = expected(formula, at)
    assert derivation.layout == "jacobian" and derivation.check.passed
    np.testing.assert_allclose(derivation.at(**at).value, answer, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(eval(derivation.python, {"np": np}, names), answer, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("text, wrt, formula, options", CARRIED, **cookbook_ids)
def test_what_a_gradient_by_the_value_becomes(text, wrt, formula, options):
    derivation, at = derived(text, wrt, {**options, "cotangent": "G"})
    answer, names = expected(formula, at)
    assert derivation.layout == "cotangent" and derivation.check.passed
    np.testing.assert_allclose(derivation.at(**at).value, answer, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(eval(derivation.python, {"np": np}, names), answer, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "text, wrt, formula, options", [*GRADIENTS[::4], *JACOBIANS[::3], *CARRIED[::4]], **cookbook_ids
)
def test_every_format_shows_it(text, wrt, formula, options):
    derivation, at = derived(text, wrt, options)
    shown = derivation.render("text", width=80)
    assert "Checked at" in shown and "Layout:" in shown and "Shapes:" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "symbol" not in shown.lower() and "axes=" not in shown
    xml.dom.minidom.parseString(derivation.render("mathml"))
    assert "\\" in derivation.render("latex")
    assert "<script" not in derivation.render("html")
    assert derivation.render("json")
    assert derivation.render("text", language="de")


def test_there_are_as_many_cases_as_the_kinds_need():
    assert len(GRADIENTS) + len(JACOBIANS) + len(CARRIED) > 100
