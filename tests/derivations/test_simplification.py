"""SymPy as the last step only: built from our tree, read back into it, the same function, and optional."""

import sys

import pytest
from hypothesis import HealthCheck, given, settings

import chainrule as cr
from chainrule.derivations import simplification
from chainrule.derivations.points import sampled
from chainrule.errors import MissingPackageError
from chainrule.expressions.evaluate import evaluate
from tests.derivations.expressions import expressions


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions(5))
def test_the_simplified_form_is_the_same_function(expression):
    simplified = simplification.merged(expression)
    if simplified is None:
        return
    for point in sampled((expression, simplified), ["x"], 5):
        assert evaluate(simplified, point) == pytest.approx(evaluate(expression, point), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    "text, form",
    [
        ("(x^2+1)^5", "10x·(x² + 1)⁴"),
        ("ln(e^x)", "1"),
        ("sin(arcsin x)", "1"),
        ("x^x", "x^x·(ln(x) + 1)"),
        ("sqrt(25 - x^2)", "−x/√(25 − x²)"),
        ("1/x^2", "−2/x³"),
    ],
)
def test_textbook_forms(text, form):
    assert str(cr.derive(text).simplified) == form


def test_the_result_itself_is_left_as_it_fell_out():
    d = cr.derive("exp(log(x^2))")
    before = str(d.result)
    assert str(d.simplified) == "2x" and str(d.result) == before and "ln(x²)" in before


def test_abstract_functions_pass_through():
    d = cr.derive("f(x)^2", functions=("f",))
    assert str(d.simplified).replace(" ", "") == "2f(x)·f′(x)"


def test_without_sympy_everything_but_the_simplified_form_is_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "sympy", None)
    d = cr.derive("sin(x^2)")
    with pytest.raises(MissingPackageError, match="SymPy is not installed") as caught:
        _ = d.simplified
    assert caught.value.do == 'pip install "chainrule[cas]"'
    assert "dy/dx = cos(x²)·(2x)" in str(d) and 'pip install "chainrule[cas]"' in str(d)
