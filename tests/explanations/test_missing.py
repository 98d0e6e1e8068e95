"""why_none and why_zero on chainrule's own Tensors."""

import gc
import weakref

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import GraphFreedError


def test_connected():
    x = cr.tensor(3.0, requires_grad=True)
    assert cr.why_none(np.sin(x) * 2.0, x).kind == "connected"
    assert cr.why_none(x, x).kind == "connected"


def test_cut_by_detach_and_item():
    x = cr.tensor(3.0, requires_grad=True)
    y = x * x
    found = cr.why_none(y.detach() * 2.0, x)
    assert found.kind == "cut" and "detach" in found.text and "y.detach() * 2.0" in str(found)
    z = cr.tensor(y.item()) * 2.0
    assert "item()" in cr.why_none(z, x).text


def test_not_required():
    x = cr.tensor(3.0)
    found = cr.why_none(x * 2.0, x)
    assert found.kind == "connected" or "does not require" in found.text


def test_no_grad():
    x = cr.tensor(3.0, requires_grad=True)
    with cr.no_grad():
        y = x * x
    assert "no_grad" in cr.why_none(y, x).text


def test_disconnected():
    x, other = cr.tensor(3.0, requires_grad=True), cr.tensor(2.0, requires_grad=True, name="other")
    found = cr.why_none(other * 2.0, x)
    assert found.kind == "disconnected" and "'other'" in found.text and "other * 2.0" in str(found)


def test_an_integer_source():
    assert "int64" in cr.why_none(cr.tensor(1.0), cr.tensor([1, 2])).text


def test_zero_by_a_selection():
    x = cr.tensor([1.0, 2.0], requires_grad=True)
    y = np.where([False, False], x, 0.0).sum()
    found = cr.why_zero(y, x)
    assert found.kind == "zero" and found.text.startswith("where has slope 0")


def test_not_zero():
    x = cr.tensor(3.0, requires_grad=True)
    assert cr.why_zero(x * x, x).text == "the gradient is not zero: 6.0"


def test_a_graph_that_was_freed():
    x = cr.tensor(3.0, requires_grad=True)
    y = x * 2.0
    y.backward()
    for question in (cr.why_none, cr.why_zero):
        with pytest.raises(GraphFreedError):
            question(y * 0.0, x)


def test_what_is_no_tensor():
    x = cr.tensor(3.0, requires_grad=True)
    for call in (lambda: cr.why_none(3.0, x), lambda: cr.why_zero(x, "x")):
        with pytest.raises(ValueError, match="not a Tensor"):
            call()


def test_cuts_hold_no_graph_alive():
    x = cr.tensor(3.0, requires_grad=True)
    y = x * x
    node = weakref.ref(y.node)
    y.detach()
    del y
    gc.collect()
    assert node() is None
