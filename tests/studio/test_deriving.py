"""The tables of the page hold what the derivation gives; nothing is shown where there is no value."""

import math

import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, ParseError
from chainrule.studio import numbers
from chainrule.studio.deriving import PLACES, derived


@pytest.mark.parametrize(
    "text", ["sin(x^2)", "sqrt(1 + sin(e^(x^2)))", "1/(1+e^(-x))", "x sin x", "y = u^3; u = x^2 + 1"]
)
def test_the_numbers_are_the_derivations(text):
    shown, derivation = derived(text, window=(-1.0, 1.0)), cr.derive(text)
    table = unpacked(shown["table"])
    assert len(table["x"]) == PLACES
    for place in (0, 77, 300, 450, 600):
        at = derivation.at(x=table["x"][place])
        assert table["function"][place] == pytest.approx(at.function, rel=1e-12)
        assert table["slope"][place] == pytest.approx(at.value, rel=1e-12)
        paths = [[factor[place] for factor in path] for path in table["paths"]]
        assert paths == [pytest.approx(path, rel=1e-12) for path in at.paths]
        assert sum(map(math.prod, paths)) == pytest.approx(at.value, rel=1e-12, abs=1e-12)
        for name, column in table["letters"].items():
            assert column[place] == pytest.approx(derivation.at(x=table["x"][place]).letters[_ascii(name)], rel=1e-12)


def unpacked(table):
    """A table with its columns as lists of numbers; NaN is no value."""
    if isinstance(table, str):
        return numbers.unpacked(table).tolist()
    if isinstance(table, list):
        return [unpacked(entry) for entry in table]
    if not isinstance(table, dict):
        return table
    return {name: part if name in ("marks", "fixed") else unpacked(part) for name, part in table.items()}


def _ascii(name):
    return name.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))


def test_every_letter_keeps_its_colour():
    shown = derived("sqrt(1 + sin(e^(x^2)))")
    factors = shown["paths"][0]
    assert [factor["colour"] for factor in factors] == [1, 2, 3, None]
    assert [factor["colour_of"] for factor in factors] == [None, 1, 2, 3]
    for colour in (1, 2, 3):
        assert f'class="u{colour}"' in shown["body"]
    for factor in factors[:-1]:
        assert f'class="u{factor["colour"]}"' in factor["leibniz"]
    named = derived("y = u^3; u = x^2 + 1")["paths"][0]
    assert [factor["colour"] for factor in named] == [1, None]


def test_gaps_and_kinks():
    shown = unpacked(derived("ln x", window=(-1.0, 2.0))["table"])
    assert math.isnan(shown["function"][0]) and shown["function"][-1] == pytest.approx(math.log(2))
    assert [(mark["at"], mark["kind"]) for mark in shown["marks"]] == [(0.0, "pole")]
    shown = unpacked(derived("|x^2-1|")["table"])
    assert [(mark["at"], mark["kind"], mark["slopes"]) for mark in shown["marks"]] == [
        (-1.0, "corner", [-2.0, 2.0]),
        (1.0, "corner", [-2.0, 2.0]),
    ]
    assert math.isnan(shown["slope"][shown["x"].index(1.0)])  # the rule gives 0 there, and there is no derivative


def test_several_variables():
    shown = derived("(σ(wx+b)-y)^2", window=(0.0, 1.0), fixed={"w": 0.5, "b": 0.25, "y": 1.0})
    assert shown["variables"] == ["w", "x", "b", "y"] and shown["variable"] == "x"
    assert shown["others"] == ["w", "b", "y"] and shown["table"]["fixed"] == {"w": 0.5, "b": 0.25, "y": 1.0}
    at = cr.derive("(σ(wx+b)-y)^2", wrt="x").at(x=0.5, w=0.5, b=0.25, y=1.0)
    assert unpacked(shown["table"])["slope"][300] == pytest.approx(at.value, rel=1e-12)
    assert derived("(σ(wx+b)-y)^2", "w")["variable"] == "w"
    assert derived("(σ(wx+b)-y)^2", "q")["variable"] == "x"  # a variable of what was typed before


@pytest.mark.parametrize("text", ["x^2 + y^2 = 25", "x = cos t, y = sin t", "f(x^2)"])
def test_what_has_no_table(text):
    shown = derived(text)
    assert shown["table"] is None and "<math" in shown["body"] and shown["copies"]["LaTeX"]


def test_vectors_and_matrices():
    shown = derived("norm2(A*x - y)^2")
    assert (shown["variables"], shown["variable"]) == (["A", "x", "y"], "x")
    assert shown["copies"]["plain text"] == "2 Aᵀ (A x − y)" and shown["table"] is None
    assert derived("x^T A x", "A")["copies"]["Python"] == "np.outer(x, x)"
    assert derived("x^T A x")["variables"] == ["x", "A"]
    assert derived("logdet(X)")["variable"] == "X"


def test_outside_the_domain_there_is_no_slope():
    shown = unpacked(derived("ln(cos x)")["table"])
    assert [math.isnan(slope) for slope in shown["slope"]] == [math.isnan(value) for value in shown["function"]]
    assert math.isnan(shown["slope"][0]) and not math.isnan(shown["slope"][300])


def test_copies_in_other_languages():
    copies = derived("sin(x^2)")["copies"]
    assert copies["Python"] == cr.derive("sin(x^2)").python
    assert copies["LaTeX"].startswith(r"\frac{\mathrm{d}y}{\mathrm{d}x} = ")
    assert copies["MathML"].startswith('<math xmlns="http://www.w3.org/1998/Math/MathML">')
    assert copies["plain text"] == "cos(x²)·(2x)"


def test_a_mistake_has_its_place(client):
    answer = client.post("/api/derive", json={"text": "sin(x^2"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["kind"] == "ParseError" and error["span"] == [3, 4] and error["do"]
    with pytest.raises(ParseError):
        derived("__import__('os').getpid()")


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        ({"text": "x", "window": [1, 0]}, "the window is not from a number to a larger one"),
        ({"text": "x", "window": [0, 1e9]}, "the window is not from a number to a larger one"),
        ({"text": "x", "window": [0, 10**400]}, "the window is not from a number to a larger one"),
        ({"text": "a x", "variable": "x", "fixed": {"a": 10**400}}, "a has the value 1000"),
        ({"text": "x", "window": [0]}, "the window is not two numbers"),
        ({"text": "x", "window": "x"}, "window is a str, not a list"),
        ({"text": "a x", "variable": "x", "fixed": {"a": "b"}}, "a has the value 'b'"),
        ({"text": "x+" * 1500}, "the text has 3000 letters"),
    ],
)
def test_requests_that_make_no_sense(client, request_, what):
    answer = client.post("/api/derive", json=request_)
    assert answer.status_code == 400 and answer.json()["error"]["what"].startswith(what)


def test_a_window_is_checked_before_anything_is_parsed():
    with pytest.raises(ArgumentError, match="the window is not"):
        derived("(", window=(float("nan"), 1.0))
