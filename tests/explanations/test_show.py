"""explain prints in a script, and leaves showing to a prompt."""

import io
import sys

import numpy as np

import chainrule as cr


def neuron():
    w = cr.tensor(0.5, requires_grad=True)
    return w, (1 / (1 + np.exp(-(w * 2.0))) - 1.0) ** 2


def test_it_prints_once_and_returns_the_same_text(capsys):
    w, loss = neuron()
    explanation = cr.explain(loss, wrt=w)
    printed = capsys.readouterr().out
    assert printed == str(explanation) + "\n" and "-0.21150837" in printed
    assert cr.explain(loss, wrt=w, show=False).gradient == explanation.gradient
    assert capsys.readouterr().out == ""


def test_a_prompt_shows_it_by_itself(capsys, monkeypatch):
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    w, loss = neuron()
    assert "-0.21150837" in repr(cr.explain(loss, wrt=w))
    assert capsys.readouterr().out == ""


def test_a_terminal_without_the_signs_gets_plain_letters(monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    w, loss = neuron()
    cr.explain(loss, wrt=w)
    out.flush()
    assert b"-0.21150837" in out.buffer.getvalue()
