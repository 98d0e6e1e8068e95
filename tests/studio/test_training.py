"""The training is the engine's, and its verdicts are what happened."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.studio.datasets import DATASETS, dataset
from chainrule.studio.training import ACTIVATIONS, INITIALISATIONS, Run, Setting


@pytest.mark.parametrize("name", DATASETS)
def test_data_sets(name):
    points, labels = dataset(name, seed=4)
    assert points.shape == (160, 2) and abs(points).max() <= 1
    assert 40 < labels.sum() < 120
    again, _ = dataset(name, seed=4)
    assert (points == again).all()


@pytest.mark.parametrize("name", ["circles", "moons", "quadrants", "spirals"])
def test_it_learns(name):
    run = Run(Setting(data=name, depth=2, rate=1.0))
    first = run.loss
    run.advance(1000)
    assert run.loss < 0.2 * first
    assert run.state()["accuracy"] > 0.95


def test_the_gradient_is_that_of_the_loss():
    run = Run(Setting(depth=2, width=3))
    cr.check_grads(lambda W: run._loss([(W, run.weights[0][1]), *run.weights[1:]]), (run.weights[0][0],))
    weights = [tuple(part.copy() for part in layer) for layer in run.weights]
    run.advance(1)
    dW = cr.grad(lambda W: run._loss([(W, weights[0][1]), *weights[1:]]))(weights[0][0])
    np.testing.assert_allclose(run.weights[0][0], weights[0][0] - 2.0 * dW, rtol=1e-12)


def test_a_gradient_vanishes_and_is_repaired():
    run = Run(Setting(activation="sigmoid", depth=8, rate=0.5))
    assert run.first_sizes[0] < 1e-4 * run.first_sizes[-1]
    assert run.verdict().startswith("Before the first step: vanishing: the signal loses a factor")
    assert "What to do: scale the initial weights" in run.verdict()
    run = Run(Setting(activation="tanh", depth=8, rate=0.3))
    assert run.first_sizes[0] > 0.1 * run.first_sizes[-1]
    assert run.verdict().startswith("Before the first step: sound")


def test_a_gradient_explodes_and_its_units_die():
    run = Run(Setting(activation="relu", initialisation="wide", depth=5, rate=0.5))
    assert run.verdict().startswith("Before the first step: exploding: the signal grows by a factor")
    run.advance(20)
    assert "After 20 steps: dead: " in run.verdict()


def test_a_run_that_leaves_the_numbers_stops():
    run = Run(Setting(activation="none", initialisation="wide", depth=12, rate=100.0))
    run.advance(50)
    assert not run.finite and run.step < 50
    state = run.state()
    assert state["finite"] is False and state["loss"] in ("inf", "nan")
    assert f"After {run.step} steps: nonfinite" in run.verdict()


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initialisation", INITIALISATIONS)
def test_every_setting_gives_a_verdict(activation, initialisation):
    run = Run(Setting(activation=activation, initialisation=initialisation, depth=3, rate=0.1))
    run.advance(5)
    assert ".py" not in run.verdict() and run.state()["surface"]
