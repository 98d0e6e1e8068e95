"""The lesson's formulas say what the derivations say, and its programs print what they should."""

import asyncio
import html
import re

import pytest

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.studio import lesson


def text(markup):
    return re.sub(r"[\u2061\u2062]", "", html.unescape(re.sub(r"<[^>]*>", "", markup)))


def test_the_formulas():
    formulas = {name: text(formula) for name, formula in lesson.facts()["formulas"].items()}
    assert formulas["rule"] == "dydx=f′(g(x))⋅g′(x)"
    assert formulas["three-rule"] == "dydx=f′(g(h(x)))⋅g′(h(x))⋅h′(x)"
    assert formulas["neuron-chain"] == "∂L∂w=∂L∂a⋅∂a∂z⋅∂z∂w"


def test_the_neurons_factors_are_those_of_its_derivation():
    formulas = {name: text(formula).split("=")[1] for name, formula in lesson.facts()["formulas"].items()}
    derivation = cr.derive("L = (a - y)^2; a = σ(z); z = w x + b", wrt="w")
    said = [str(factor.local).replace(" ", "") for factor in derivation.factors]
    assert [formulas[name] for name in ("factor-loss", "factor-sigmoid", "factor-input")] == said


@pytest.mark.parametrize(("name", "printed"), [("torch", "-0.2115083485841751"), ("tensorflow", "-0.21150835")])
def test_the_programs_with_one_line_changed(name, printed):
    assert asyncio.run(lesson.run(name, ours=True)) == {"printed": printed}


def test_a_framework_that_is_not_there(client, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert not client.get("/api/lesson").json()["programs"]["torch"]["installed"]
    with pytest.raises(ArgumentError, match=r"PyTorch is not installed beside the studio\n(.|\n)*pip install torch"):
        asyncio.run(lesson.run("torch", ours=False))


def test_a_program_that_is_not_there(client):
    answer = client.post("/api/lesson/run", json={"program": "os"})
    assert answer.status_code == 400 and "choose one of torch, tensorflow" in answer.json()["error"]["do"]
