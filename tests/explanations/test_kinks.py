"""Which kinks a run hit, in every spelling, and what the graph weighs."""

import numpy as np
import pytest

import chainrule as cr
import chainrule.tf as tf
import chainrule.torch as torch

X = [-1.0, 0.0, 2.0]


@pytest.mark.parametrize(
    ("program", "name", "at", "slope"),
    [
        (lambda x: np.abs(x).sum(), "absolute", [0.0], 0.0),
        (lambda x: np.maximum(x, 0.0).sum(), "maximum", [0.0, 0.0], 0.5),
        (lambda x: np.minimum(0.0, x).sum(), "minimum", [0.0, 0.0], 0.5),
        (lambda x: np.clip(x, -1.0, 3.0).sum(), "clip", [-1.0, -1.0, 3.0], 0.0),
        (lambda x: np.sqrt(x + 1.0).sum(), "sqrt", [0.0], np.inf),
        (lambda x: np.max(x * 0.0), "max", [-0.0], 1 / 3),
        (lambda x: np.linalg.norm(x * 0.0), "norm", [-0.0], 0.0),
        (lambda x: np.std(x * 0.0), "std", [-0.0], 0.0),
        (lambda x: np.floor(x).sum(), "floor", [-1.0], 0.0),
        (lambda x: np.sign(x).sum(), "sign", [0.0], 0.0),
        (lambda x: np.cbrt(x).sum(), "cbrt", [0.0], np.inf),
    ],
)
def test_kinks_of_rooms(program, name, at, slope):
    (found,) = cr.kinks(program(cr.tensor(X, requires_grad=True)))
    assert found.name == name and found.at == pytest.approx(at)
    assert next(iter(found.slopes.values())) == pytest.approx(slope)
    assert "was taken" in repr(found) and "lambda x" in str(found.place)


def test_away_from_kinks_there_are_none():
    x = cr.tensor([-1.5, 0.5, 2.2], requires_grad=True)
    y = np.abs(x).sum() + np.maximum(x, 0.0).max() + np.clip(x, -1.0, 1.0).sum() + np.sqrt(np.abs(x)).sum()
    assert not cr.kinks(y) and repr(cr.kinks(y)) == "no kinks"


def test_each_front_says_what_it_took():
    x = torch.tensor(X, requires_grad=True)
    y = torch.relu(x).sum() + torch.clamp(x, -1, 2).sum() + torch.maximum(x, torch.zeros(3)).sum() + x.abs().sum()
    taken = {kink.name: kink.slopes[0] for kink in cr.kinks(y)}
    assert taken == {"relu": 0.0, "clamp": 1.0, "maximum": 0.5, "absolute": 0.0}
    v = tf.Variable(X)
    with tf.GradientTape():
        y = tf.reduce_sum(tf.nn.relu(v)) + tf.reduce_sum(tf.maximum(v, 0.0)) + tf.reduce_sum(tf.clip_by_value(v, -1, 2))
    taken = {kink.name: kink.slopes[0] for kink in cr.kinks(y)}
    assert taken == {"relu": 0.0, "maximum": 1.0, "clip_by_value": 1.0}


def test_counts_and_text():
    x = torch.tensor([[0.0, 1.0], [0.0, -1.0]], requires_grad=True)
    (found,) = cr.kinks(torch.relu(x).sum())
    assert (found.count, found.size) == (2, 4)
    assert repr(found).startswith("relu at 0 (2 of 4 entries): slope 0 was taken\n  where: ")


def test_a_freed_graph_and_no_tensor():
    x = torch.tensor(X, requires_grad=True)
    y = torch.relu(x).sum()
    y.backward()
    with pytest.raises(cr.errors.GraphFreedError, match="ask before backward"):
        cr.kinks(y)
    with pytest.raises(cr.errors.ArgumentError, match="not a Tensor"):
        cr.kinks(1.0)


def test_the_graph_line_by_line():
    x = torch.ones(1000, requires_grad=True)
    total = 0.0
    for _ in range(10):
        hidden = torch.exp(x)
        total = total + hidden.sum()
    report = cr.graph_report(total)
    by_text = {line.place.text: line for line in report.lines if line.place}
    assert by_text["hidden = torch.exp(x)"].nodes == 10
    assert by_text["total = total + hidden.sum()"].nodes == 20
    assert 40_000 < by_text["hidden = torch.exp(x)"].bytes < 50_000
    assert report.nodes == 31 and report.bytes == sum(line.bytes for line in report.lines)
    assert "hidden = torch.exp(x)" in repr(report).splitlines()[1] and "in all" in repr(report)


def test_a_list_of_kept_losses():
    x = torch.ones(10, requires_grad=True)
    losses = [(x * i).sum() for i in range(5)]
    assert cr.graph_report(losses).nodes == 11
    with pytest.raises(cr.errors.ArgumentError):
        cr.graph_report([])
    with pytest.raises(cr.errors.ArgumentError):
        cr.graph_report([1.0])
