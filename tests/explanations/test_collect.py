"""What is explained: kept and freed graphs, cut paths, bad arguments, and that nothing changes."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.modes import keep_graphs
from chainrule.errors import ArgumentError, GraphFreedError, NotScalarError


@pytest.fixture
def w():
    return cr.tensor(0.5, requires_grad=True)


def test_a_freed_graph_says_what_to_do(w):
    y = np.exp(w * 2.0)
    y.backward()
    with pytest.raises(GraphFreedError, match=r"explain before backward, or call backward\(retain_graph=True\)"):
        cr.explain(y, wrt=w)


def test_a_retained_graph_can_be_explained(w):
    y = np.exp(w * 2.0)
    y.backward(retain_graph=True)
    assert cr.explain(y, wrt=w).gradient == w.grad.item()


def test_a_graph_that_was_kept_readable_can_be_explained(w):
    with keep_graphs():
        y = np.exp(w * 2.0)
        y.backward()
    explanation = cr.explain(y, wrt=w)
    assert explanation.gradient == w.grad.item()
    assert [link.op for link in explanation.links()] == ["exp", "multiply"]


def test_explaining_changes_nothing(w):
    calls = []
    z = w * 2.0
    z.register_hook(calls.append)
    y = np.exp(z)
    cr.explain(y, wrt=w)
    assert w.grad is None and calls == []
    y.backward()
    assert len(calls) == 1


def test_an_intermediate_value_can_be_the_input(w):
    z = w * 2.0
    y = np.exp(z)
    assert cr.explain(y, wrt=z).factors[0].name == "∂y/∂z"


def test_other_inputs_are_left_out(w):
    other = cr.tensor(3.0, requires_grad=True)
    y = w * np.exp(other) + other
    assert [link.op for link in cr.explain(y, wrt=w).links()] == ["add", "multiply"]


def test_a_value_that_does_not_depend_on_the_input(w):
    other = cr.tensor(3.0, requires_grad=True)
    first = other * 2.0
    for y in (first, cr.stop_gradient(w) * other, cr.stop_gradient(w) * 2.0):
        found = cr.explain(y, wrt=w).findings[0]
        assert found.kind == ("cut" if y is not first else "disconnected")
        assert "no path leads from the value to w" in found.evidence


def test_a_value_that_is_not_one_number(w):
    with pytest.raises(NotScalarError, match=r"explain needs one real number, and this value has shape \(2,\)"):
        cr.explain(w * np.ones(2), wrt=w)


def test_one_number_in_an_array_will_do():
    a = cr.tensor([2.0], requires_grad=True)
    y = a * 3.0
    explanation = cr.explain(y, wrt=a)
    assert explanation.gradient == 3.0 and explanation.factors[0].name == "∂y/∂a"


@pytest.mark.parametrize(
    ("wrt", "message"),
    [
        ([1.0], r"wrt\[0\] is a float, not a Tensor"),
        ([], "wrt is a list, not a Tensor"),
        ("w", "wrt is a str, not a Tensor"),
        (cr.tensor(1.0), "wrt does not require a gradient"),
    ],
)
def test_an_input_that_is_none(w, wrt, message):
    with pytest.raises(ArgumentError, match=message):
        cr.explain(w * 2.0, wrt=wrt)


def test_other_arguments_that_make_no_sense(w):
    y = w * 2.0
    with pytest.raises(ArgumentError, match="value is a float, not a Tensor"):
        cr.explain(3.0, wrt=w)
    with pytest.raises(ArgumentError, match="width=3 makes no sense"):
        cr.explain(y, wrt=w, width=3)
    with pytest.raises(ArgumentError, match="paths=0 makes no sense"):
        cr.explain(y, wrt=w, paths=0)
    with pytest.raises(ArgumentError, match="names is a list"):
        cr.explain(y, wrt=w, names=["w"])
