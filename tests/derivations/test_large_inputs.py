"""Texts of up to 10,000 characters: what is done for them grows with their length, and their check stays truthful.

Work is counted (nodes made, parts evaluated), never timed; `benchmarks/worst_inputs.py` has the times.
"""

import math

import numpy as np
import pytest

import chainrule as cr
from chainrule.derivations import checking
from chainrule.derivations.precision import COMPLEX_STEPS
from chainrule.errors import ArgumentError, DerivationError, UnsupportedFunctionError
from chainrule.expressions import Plan, Symbol, tree

X = Symbol("x")

# name -> a text of about so many characters
SHAPES = {
    "sum": lambda n: "+".join(["x^2"] * (n // 4)),
    "differences": lambda n: "-".join(["x"] * (n // 2)),
    "product": lambda n: "*".join(["x"] * (n // 2)),
    "product of sines": lambda n: "".join(f"sin({k}x)" for k in range(1, n // 9)),
    "quotients": lambda n: "/".join(["x"] * (n // 2)),
    "continued fraction": lambda n: "x+1/(" * (n // 6) + "x" + ")" * (n // 6),
    "brackets": lambda n: "(1+" * (n // 6) + "x" + ")^2" * (n // 6),
    "tower": lambda n: "x^" * (n // 4) + "x",
    "sines": lambda n: "sin(" * (n // 5) + "x" + ")" * (n // 5),
    "signs": lambda n: "-" * (n // 5) + "x",
    "roots": lambda n: r"\sqrt{1+" * (n // 9) + "x" + "}" * (n // 9),
    "absolute values": lambda n: "|x|" * (n // 3),
    "absolute values nested": lambda n: "abs(x-" * (n // 7) + "x" + ")" * (n // 7),
    "maximum": lambda n: f"max({','.join(f'x+{k}' for k in range(n // 7))})",
    "kinks": lambda n: "+".join(f"|x-{k}|" for k in range(n // 8)),
    "branches": lambda n: f"{{{'; '.join(f'x^2+{k} if x<{k}' for k in range(n // 18))}; x otherwise}}",
    "definitions": lambda n: ";".join(["u1", *(f"u{k}=sin u{k + 1}" for k in range(1, n // 14)), f"u{n // 14}=x"]),
    "implicit": lambda n: "+".join(f"x^{k} y" for k in range(2, n // 8)) + "=1",
}


class Counted:
    """How many nodes were made, and how many parts were evaluated."""

    def __init__(self, monkeypatch):
        self.count = 0
        made, call = tree._node, Plan.__call__

        def node(*args):
            self.count += 1
            return made(*args)

        def evaluated(plan, *args, **options):
            self.count += len(plan.nodes)
            return call(plan, *args, **options)

        monkeypatch.setattr(tree, "_node", node)
        monkeypatch.setattr(Plan, "__call__", evaluated)


def _everything(text):
    d = cr.derive(text, wrt="x")
    checked, shown = d.check, d.render(simplify=False)
    assert len(shown) < 60_000 and len(d.latex(simplify=False)) < 60_000
    return d, checked


@pytest.mark.parametrize("name", SHAPES)
def test_work_grows_with_the_length(name, monkeypatch):
    counted = Counted(monkeypatch)
    work = []
    for characters in (800, 3_200):
        counted.count = 0
        _everything(SHAPES[name](characters))
        work.append(counted.count)
    assert work[1] < 6 * work[0] < 1_500 * 800


@pytest.mark.parametrize("name", ["product", "implicit"])
def test_ten_thousand_characters(name):
    _, check = _everything(SHAPES[name](9_600))
    assert check.points >= 3 and check.error < 1e-7


@pytest.mark.parametrize("name", ["sum", "product", "quotients", "continued fraction", "branches"])
def test_a_wrong_derivative_of_a_large_function_is_found(name):
    d = cr.derive(SHAPES[name](4_000), wrt="x")
    d.__dict__["result"] = d.result * 1.0001
    with pytest.raises(DerivationError, match="the function itself has slope"):
        _ = d.check


def test_one_wrong_branch_of_a_large_function_is_found():
    below, above = ("+".join(f"{name} {k}x" for k in range(1, 400)) for name in ("sin", "cos"))
    d = cr.derive(f"{{{below} if x < 0; {above} otherwise}}")
    (condition, below), above = d.result.branches[0], d.result.otherwise
    d.__dict__["result"] = tree.Piecewise(((condition, below),), above + X)
    with pytest.raises(DerivationError, match="the function itself has slope"):
        _ = d.check


def test_a_wrong_rule_of_one_room_is_found_in_a_large_function(monkeypatch):
    from chainrule.ops import CATALOGUE

    monkeypatch.setattr(type(CATALOGUE["arctan"]), "partials", (lambda xp, y, x: 1 / (1.001 + x * x),))
    with pytest.raises(DerivationError, match="the function itself has slope"):
        str(cr.derive("+".join(f"arctan({k}x)" for k in range(1, 500))))


def test_where_floats_say_nothing_more_digits_are_asked():
    d = cr.derive(SHAPES["product"](4_000))
    d.check.tried  # noqa: B018
    pair = checking.Slopes(d.function, d.result, "x").in_floats([{"x": 0.3}])[0].pair
    assert pair == (0.0, 0.0)  # an underflow
    check = checking.compared(d.function, d.result, "x", [{"x": 0.3}])
    assert check.points == 1 and check.method == "differences"


def test_what_is_too_large_for_more_digits_is_said():
    d = cr.derive("erf(" * 800 + "x" + ")" * 800)
    check = checking.compared(d.function, d.result, "x", [{"x": 0.01}])
    assert check.points or check.reason == "check.reason.too-large"


def test_points_that_rounding_decides_are_counted_and_said():
    check = checking._checked(
        [
            checking.Outcome({"x": 1.0}, (1.0, 1.0), "complex-step"),
            checking.Outcome({"x": 2.0}, None, "complex-step", rounded=True),
        ]
    )
    assert (check.points, check.rounded) == (1, 1)
    d = cr.derive("sin(x^2)")
    d.__dict__["check"] = check
    assert "At one more point rounding decides, in floats: it is not counted." in str(d)
    assert "An einer weiteren Stelle" in d.render(language="de")


def test_a_complex_step_survives_a_high_power_of_a_negative_number():
    plan = Plan(X**301)
    (value,) = plan({"x": np.array([-0.9 + 1e-100j])}, kind=COMPLEX_STEPS)
    assert value.imag[0] / 1e-100 == pytest.approx(301 * 0.9**300, rel=1e-12)


@pytest.mark.parametrize("name", ["product", "quotients", "sines", "definitions", "branches", "maximum"])
def test_python_names_its_parts_and_runs(name):
    text = SHAPES[name](2_500)
    d = cr.derive(text, wrt="x")
    assert len(d.python) < 60 * len(text)
    with np.errstate(all="ignore"):
        value = eval(d.python, {"np": np, "x": np.float64(0.99)})
    assert value == pytest.approx(d.at(x=0.99).value, rel=1e-9)


def test_python_of_a_part_without_variables_is_a_number_of_numpys():
    d = cr.derive("x/(" + "-".join(["3"] * 100) + "+294)")
    assert eval(d.python, {"np": np, "x": 1.0}) == math.inf if "np.divide" in d.python else True


def test_a_number_larger_than_floats_is_refused_by_python_only():
    d = cr.derive("1" * 390 + "^x")
    assert d.rules == ("exponential",)
    with pytest.raises(UnsupportedFunctionError, match="a number of 390 digits is larger than NumPy's floats"):
        _ = d.python


def test_paths_of_a_long_product_are_counted_without_recursion():
    d = cr.derive(SHAPES["product"](10_000))
    assert len(d.paths) == 6 and d.factors == () and math.isfinite(d.at(x=1).value)


@pytest.mark.parametrize("text", [SHAPES["product"](8_000), SHAPES["continued fraction"](10_000)])
def test_a_further_order_of_what_is_too_large_is_refused(text):
    with pytest.raises(DerivationError, match="the derivative of order 1 has more than 5,000 parts"):
        cr.derive(text, order=2)


def test_a_quadratic_derivative_is_refused_before_it_is_written_down():
    with pytest.raises(DerivationError, match="consists of more than .* products"):
        _ = cr.derive(SHAPES["sines"](1_200), order=2).result
    assert cr.derive("x sin x e^x", order=20).check.points == 12


def test_a_long_equation_is_not_quoted_in_an_error():
    with pytest.raises(ArgumentError, match="the left side = 2.* and 1 = 1"):
        cr.derive("+".join(["x y"] * 60) + "=1").at(x=1, y=1 / 30)
