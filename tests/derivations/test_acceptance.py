"""The cases that every derivation program is measured by: the answer, the number, the rules, the domain.

`acceptance.json` is a copy of the project's shared acceptance/derivations.json; its matrix cases are tested
with the matrices.
"""

import json
import math
import pathlib

import pytest

import chainrule as cr
from chainrule.errors import DerivationError
from tests.derivations.formula import value

CASES = {case["id"]: case for case in json.loads((pathlib.Path(__file__).parent / "acceptance.json").read_text())}
SCALAR = [case for case in CASES.values() if case["sym"] is not None]

# What the case says in `rules`, as ids and as words of the notes.
RULES = {
    "E02": "sum constant-multiple power constant",
    "E03": "power",
    "E04": "power",
    "E05": "sin",
    "E06": "chain power sum constant",
    "E07": "chain power sum",
    "E08": "chain power",
    "E09": "chain sin constant-multiple power",
    "E10": "chain power",
    "E12": "chain cos",
    "E13": "chain exponential",
    "E14": "chain tan sum constant-multiple exponential",
    "E15": "chain sec",
    "E16": "chain exponential cos",
    "E18": "chain logarithm",
    "E20": "chain arcsin",
    "E22": "chain power",
    "E25": "chain logarithm sum exponential",
    "E27": "chain tanh",
    "E29": "chain logarithm",
    "E31": "chain sin cos power",
    "E32": "chain logarithm power",
    "E33": "chain exponential sin power",
    "E34": "chain power tan",
    "E35": "chain sin logarithm",
    "E37": "chain power logarithm",
    "E38": "chain power sum",
    "E40": "chain sin",
    "E41": "product variable sin",
    "E42": "product",
    "E43": "product sin chain cos",
    "E46": "chain power product",
    "E50": "chain logarithm quotient",
    "E51": "chain power exponential",
    "E52": "chain power",
    "E53": "chain exponential logarithm power",
    "E54": "chain logarithm exponential",
    "E56": "chain sin arcsin",
    "E58": "constant-multiple sum",
    "E59": "chain abs",
    "E60": "chain logarithm abs",
    "E62": "product variable abs",
    "E63": "max",
    "E65": "chain logarithm sin",
    "E66": "chain arcsin",
    "E67": "general-power logarithmic-differentiation product",
    "E70": "general-power logarithmic-differentiation product chain",
    "E72": "product chain",
    "E73": "chain substitution constant-multiple power",
    "E75": "chain",
    "E77": "product",
    "E78": "sum",
    "E79": "product",
    "E80": "chain tanh",
    "E82": "chain power sigmoid",
    "E83": "quotient",
    "E84": "total substitution",
    "E85": "mixed partial",
}
NOTES = {
    "E03": ["x ≠ 0"],
    "E04": ["x ≥ 0", "x = 0", "vertical"],
    "E10": ["x ≥ −5 and x ≤ 5", "x = −5", "x = 5", "Not differentiable"],
    "E18": ["6z + e^z > 0"],
    "E20": ["t ≥ −1/9 and t ≤ 1/9", "inverse function"],
    "E25": ["x > 0"],
    "E31": ["x ≥ 0", "x = 0"],
    "E37": ["x ≤ −√2 or x ≥ √2"],
    "E46": ["x > 0"],
    "E50": ["x > 2"],
    "E53": ["x ≠ 0"],
    "E56": ["x ≥ −1 and x ≤ 1"],
    "E59": ["x = −2: a corner", "x = 2: a corner", "Not differentiable"],
    "E60": ["x ≠ 0"],
    "E62": ["same slope 0"],
    "E63": ["x = 0: a corner, with slope 0 on the left and 1 on the right"],
    "E65": ["no real number"],
    "E66": ["x ≤ −1 or x ≥ 1"],
    "E67": ["x > 0"],
}
FACTORS = {  # the numbers under the factors at the case's point
    "E73": (18 * 3**2, 7),
    "E75": (-4, 1),
    "E80": (0.5, 2),
    "E82": (-1, 0.25, 2),
}
PATHS = {"E77": [2, 3], "E78": [1, 1], "E79": [3, -6]}


def points(case):
    """The case's own point, and others of its neighbourhood."""
    own = case["pt"]
    if own is None:
        return []
    return [own] + [{k: v * factor for k, v in own.items()} for factor in (0.97, 1.01, 1.05)]


@pytest.mark.parametrize("case", SCALAR, ids=lambda case: case["id"])
def test_the_answer_the_rules_and_the_notes(case):
    d = cr.derive(case["input"], wrt=case["wrt"])
    for point in points(case):
        expected = value(case["expected"], point)
        numbers = d.at(**point)
        assert numbers.value == pytest.approx(expected, rel=1e-11)
        assert numbers.product == pytest.approx(expected, rel=1e-11)
    if case["value"] is not None:
        assert d.at(**case["pt"]).value == pytest.approx(case["value"], rel=1e-12)
    assert set(RULES[case["id"]].split()) <= set(d.rules)
    shown = " ".join(d.render(simplify=False, width=4000).split())
    for words in NOTES.get(case["id"], ()):
        assert words in shown
    assert d.check.passed or case["id"] == "E65"


@pytest.mark.parametrize("id", FACTORS)
def test_numbers_under_the_factors(id):
    case = CASES[id]
    numbers = cr.derive(case["input"], wrt=case["wrt"]).at(**case["pt"])
    assert numbers.factors == pytest.approx(FACTORS[id])
    assert math.prod(numbers.factors) == pytest.approx(case["value"])


@pytest.mark.parametrize("id", PATHS)
def test_numbers_along_the_paths(id):
    case = CASES[id]
    numbers = cr.derive(case["input"], wrt=case["wrt"]).at(**case["pt"])
    assert [math.prod(path) for path in numbers.paths] == pytest.approx(PATHS[id])
    assert sum(map(math.prod, numbers.paths)) == pytest.approx(case["value"])


def test_six_numbered_factors():
    d = cr.derive(CASES["E40"]["input"])
    assert [factor.number for factor in d.factors] == [1, 2, 3, 4, 5, 6]
    assert [str(factor.by) for factor in d.factors] == ["u₁", "u₂", "u₃", "u₄", "u₅", "x"]
    assert [str(factor.local) for factor in d.factors] == [f"cos({u})" for u in ("u₁", "u₂", "u₃", "u₄", "u₅", "x")]


def test_the_letters_are_none_of_the_users():
    d = cr.derive("sec(u^2-u)")
    assert [str(factor.by) for factor in d.factors] == ["v₁", "u"]


def test_the_other_variables_of_a_circuit():
    assert [n.value for n in cr.derive("(x+y)*z", wrt=("x", "y", "z")).at(x=-2, y=5, z=-4)] == [-4, -4, 3]
    assert [n.value for n in cr.derive("(a+b)*(b+1)", wrt=("a", "b")).at(a=2, b=1)] == [2, 5]
    assert [n.value for n in cr.derive("(a*b)*(a+b)", wrt=("a", "b")).at(a=-2, b=3)] == [-3, -8]


def test_a_composition_is_kept_and_merging_it_is_only_another_form():
    d = cr.derive("(x^2)^3")
    assert str(d.result).replace(" ", "") == "3(x²)²·(2x)"
    assert str(d.simplified) == "6x⁵"
    assert "x⁶" in str(d)


def test_sigmoid_in_its_own_terms():
    d = cr.derive("1/(1+e^(-x))")
    assert [str(form.expression) for form in d.forms] == ["σ(x)·(1 − σ(x))"]


def test_taking_logarithms_is_offered():
    d = cr.derive(CASES["E72"]["input"])
    (form,) = d.forms
    assert form.id == "form.logarithmic"
    from chainrule.expressions.evaluate import evaluate

    for x in (0.5, 1.5):
        assert evaluate(form.expression, {"x": x}) == pytest.approx(value(CASES["E72"]["expected"], {"x": x}))


def test_abstract_functions_keep_every_factor():
    d = cr.derive("f(g(x))", functions=("f", "g"))
    assert str(d.result) == "f′(g(x))·g′(x)"
    assert d.check.passed


def test_it_asks_for_the_variable():
    with pytest.raises(DerivationError, match="a and x") as caught:
        cr.derive("a x^2")
    assert 'wrt="a" or wrt="x"' in caught.value.do


def test_implicit():
    d = cr.derive("x^2+y^2=25")
    assert d.at(x=3, y=4).value == -0.75
    assert str(d.simplified) == "−x/y" and d.rules[0] == "implicit"


def test_implicit_by_logarithms():
    d = cr.derive("x^y=y^x")
    point = {"x": 2.0, "y": 4.0}
    assert d.at(**point).value == pytest.approx(value("(log(y)-y/x)/(log(x)-x/y)", point))
    assert {"implicit", "logarithm-of-both-sides", "product"} <= set(d.rules)


def test_parametric():
    d = cr.derive("x=sin(t), y=cos(t)", wrt="t")
    assert d.at(t=0.3).value == pytest.approx(-math.tan(0.3))
    assert str(d.simplified) == "−tan(t)" and d.rules[0] == "parametric"
