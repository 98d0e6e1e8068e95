"""The steps of a replay come to the engine's gradients, and its words say what happens."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.errors import ArgumentError, ExplanationError, GraphFreedError, NotScalarError
from chainrule.studio import programs
from chainrule.studio.replay import replayed


def gradients(replay):
    return {node["name"]: node["gradient"] for node in replay["nodes"]}


def test_the_lessons_neuron():
    replay = programs.run("neuron")
    steps = [step["formula"] for step in replay["backward"]]
    assert steps[0] == "∂loss/∂loss = 1"
    assert "∂loss/∂z = ∂loss/∂a · ∂a/∂z = −0.5379 · 0.1966 = −0.1058" in steps
    assert "∂loss/∂w = ∂loss/∂(w·x) · ∂(w·x)/∂w = −0.1058 · 2 = −0.2115" in steps
    assert "a·(1 − a) = 0.731059·(1 − 0.731059) = 0.1966" in replay["backward"][4]["sentence"]
    assert replay["forward"][5]["formula"] == "z = w·x + b = 0.5·2 + 0 = 1"
    assert [replay["nodes"][step["node"]]["line"] for step in replay["forward"]][-1] == 3


def test_sums_at_a_fork():
    replay = programs.run("shared", "tanh")
    (fork,) = [step for step in replay["backward"] if step["kind"] == "sum"]
    assert replay["nodes"][fork["node"]]["name"] == "w" and replay["nodes"][fork["node"]]["uses"] == 2
    assert fork["formula"].startswith("∂loss/∂w = ") and "over several ways we add" in fork["sentence"]
    assert fork["total"] == replay["nodes"][fork["node"]]["gradient"]
    assert "used 2 times" in replay["forward"][fork["node"]]["sentence"]


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["neuron", "network", "shared"]),
    st.sampled_from(list(programs.ACTIVATIONS)),
    st.lists(st.floats(-3, 3), min_size=9, max_size=9),
)
def test_every_program_at_any_point(name, activation, values):
    inputs = [put.name for put in programs.PROGRAMS[name].inputs]
    replay = programs.run(name, activation, dict(zip(inputs, values)))
    source = programs.written(name, activation)

    def loss(*arguments):
        scope = {"np": np, "cr": cr} | dict(zip(inputs, arguments))
        exec(source, scope)
        return scope["loss"]

    expected = cr.grad(loss, argnums=tuple(range(len(inputs))))(*values[: len(inputs)])
    found = gradients(replay)
    assert [found[key] for key in inputs] == pytest.approx(expected, rel=1e-9, abs=1e-300)
    totals = {step["node"]: step["total"] for step in replay["backward"]}  # the last total is the gradient
    assert totals == {i: node["gradient"] for i, node in enumerate(replay["nodes"])}


def test_arrays_pass_by_rules():
    replay = programs.run("matrices", "tanh")
    formulas = [step["formula"] for step in replay["backward"]]
    assert "∂loss/∂W1 = G xᵀ, with G = ∂loss/∂z1" in formulas
    assert "∂loss/∂z1 = G·(1 − h²), with G = ∂loss/∂h" in formulas
    W1 = gradients(replay)["W1"]
    x, W2 = np.array([1.0, -0.5]), np.array([[0.9, -0.7, 0.4]])

    def loss(W):
        return np.sum((np.tanh(W2 @ np.tanh(W @ x)) - 1.0) ** 2)

    expected = cr.grad(loss)(np.array([[0.6, -0.4], [0.3, 0.8], [-0.5, 0.2]]))
    assert W1["shape"] == [3, 2]
    np.testing.assert_allclose(W1["entries"], expected, rtol=1e-12)


def test_infinities_have_names():
    x = cr.tensor(0.0, requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        replay = replayed(np.sqrt(x))
    assert gradients(replay)["x"] == "inf"


def test_a_branch_that_was_not_taken_passes_zero():
    replay = programs.run("neuron", "relu", {"w": -1.0})
    assert gradients(replay)["w"] == 0.0
    assert "0" in next(link["formula"] for link in replay["links"] if link["name"] == "∂a/∂z")


def test_complaints():
    x = cr.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(NotScalarError, match=r"this value has shape \(2,\)\n(.|\n)*\.sum\(\)"):
        replayed(x * x)
    with pytest.raises(ArgumentError, match="not computed from anything that requires a gradient"):
        replayed(cr.tensor(1.0))
    with pytest.raises(ArgumentError, match="the value is a float, not a Tensor"):
        replayed(3.0)
    y = x = cr.tensor(1.0, requires_grad=True)
    for _ in range(200):
        y = y * 1.1
    with pytest.raises(ArgumentError, match="too many for a picture"):
        replayed(y)
    z = x * x
    z.backward()
    with pytest.raises(GraphFreedError, match="leave out backward"):
        replayed(z)


def test_a_rule_at_odds_with_itself_is_not_played():
    from chainrule.core.primitive import Elementwise
    from chainrule.core.samples import reals

    calls = []

    class Fickle(Elementwise):
        """Its slope grows with every call."""

        latex, samples = "{0}", (reals(-1, 1),)
        partials = (lambda xp, y, x: calls.append(1) or 1.01 ** len(calls),)

        def forward(self, xp, x):
            return +x

    with pytest.raises(ExplanationError):
        replayed(Fickle().apply(cr.tensor(1.0, requires_grad=True)) * 2.0)
