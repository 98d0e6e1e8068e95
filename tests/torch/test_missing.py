"""Missing gradients in the torch front: where the graph was cut, and what a zero is due to."""

import re

import pytest

import chainrule as cr
import chainrule.torch as torch

HERE = __file__.rpartition("/")[2]


def weight():
    return torch.tensor([2.0, 3.0], requires_grad=True)


def detached(w):
    return (w * 2).detach() * 3


def by_item(w):
    return torch.tensor((w * 2)[0].item(), requires_grad=True) * 3


def by_numpy(w):
    return torch.from_numpy((w * 2).detach().numpy()) * 3


def by_list(w):
    return torch.tensor((w * 2).tolist()) * 3


def by_integer(w):
    return (w * 2).int().float() * 3


def under_no_grad(w):
    with torch.no_grad():
        hidden = w * 2
    return hidden * 3


def by_data(w):
    return (w * 2).data * 3


def by_comparison(w):
    return ((w * 2) > 1).float() * 3


def by_place(w):
    return torch.eye(2)[(w * 2).argmax()] * 3


def by_copy(w):
    return torch.tensor(float((w * 2).sum())) * 3


CUTS = [
    (detached, "detach", "return (w * 2).detach() * 3"),
    (by_item, "item()", "return torch.tensor((w * 2)[0].item(), requires_grad=True) * 3"),
    (by_numpy, "detach", "return torch.from_numpy((w * 2).detach().numpy()) * 3"),
    (by_list, "tolist()", "return torch.tensor((w * 2).tolist()) * 3"),
    (by_integer, "conversion to torch.int32", "return (w * 2).int().float() * 3"),
    (under_no_grad, "no_grad", "hidden = w * 2"),
    (by_data, ".data", "return (w * 2).data * 3"),
    (by_comparison, "gt()", "return ((w * 2) > 1).float() * 3"),
    (by_place, "argmax", "return torch.eye(2)[(w * 2).argmax()] * 3"),
    pytest.param(by_copy, "item()", "return torch.tensor(float((w * 2).sum())) * 3",
                 marks=pytest.mark.filterwarnings("ignore:Converting a tensor")),
]  # fmt: skip


@pytest.mark.parametrize(("program", "what", "line"), CUTS)
def test_why_none_names_the_line(program, what, line):
    w = weight()
    target = program(w)
    found = cr.why_none(target, w)
    text = str(found)
    assert found.kind == "cut" and what in found.text and line in text and HERE in text and "what to do" in text


@pytest.mark.parametrize(("program", "what", "line"), CUTS)
def test_backward_says_where_the_graph_was_cut(program, what, line):
    target = program(weight()).detach()
    with pytest.raises(RuntimeError, match="element 0 of tensors does not require grad") as caught:
        target.sum().backward()
    assert what in str(caught.value) and line in str(caught.value)


def test_where_nothing_was_cut():
    w, other = weight(), weight()
    assert cr.why_none((w * 2).sum(), w).kind == "connected"
    found = cr.why_none((other * 2).sum(), w)
    assert found.kind == "disconnected" and "without the source" in found.text


def test_a_name_that_was_bound_again():
    w = weight()
    loss = (w * w).sum()
    w = w - 0.1
    found = cr.why_none(loss, w)
    assert found.kind == "cut" and "bound to a new value" in found.text and "w = w - 0.1" in str(found)


def test_after_backward_has_freed_the_graph():
    w, v = weight(), weight()
    loss = ((w * 2).detach() * v).sum()
    loss.backward()
    assert w.grad is None and cr.why_none(loss, w).kind == "cut"


def test_why_zero_names_the_dead_link():
    w = torch.tensor([-1.0, -2.0], requires_grad=True)
    found = cr.why_zero((torch.relu(w) * 3).sum(), w)
    assert found.kind == "zero" and "relu has slope 0 at [-1.0, -2.0]" in found.text and "torch.relu(w)" in str(found)


def test_no_grad_at_the_line_of_backward_is_said():
    loss = (weight() * 2).detach().sum()
    with torch.no_grad(), pytest.raises(RuntimeError, match="it runs under no_grad"):
        loss.backward()


def test_a_requirement_that_was_put_on_afterwards_warns():
    loss = (weight() * 2).detach().sum()
    loss.requires_grad = True
    with pytest.warns(UserWarning, match="no parameter receives a gradient. The graph was cut at .*detach"):
        loss.backward()


def test_nothing_is_kept_alive_by_a_cut():
    import gc
    import weakref

    w = weight()
    hidden = w * 2
    node = weakref.ref(hidden.node)
    hidden.detach()
    hidden.sum().item()
    del hidden
    gc.collect()
    assert node() is None


# A second backward pass


def message(call):
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time") as caught:
        call()
    return str(caught.value)


def test_twice_on_one_value():
    w = weight()
    loss = (w * w).sum()
    first = torch.exp(loss)
    first.backward()
    text = message(first.backward)
    assert "which ran at" in text and "first.backward()" in text and "called twice on one value" in text


def test_two_losses():
    w = weight()
    shared = torch.exp(w)
    one, two = shared.sum(), (shared * shared).sum()
    one.backward()
    text = message(two.backward)
    assert "one.backward()" in text and "made at" in text and "shared = torch.exp(w)" in text
    assert "(loss1 + loss2).backward()" in text and "exp made" in text


def test_a_hidden_state():
    w = weight()
    state = w * 1.0
    for step in range(2):
        state = torch.tanh(state * w)
        loss = state.sum()
        if step == 0:
            loss.backward()
    text = message(loss.backward)
    assert "a hidden state" in text and "detach()" in text and "state = torch.tanh(state * w)" in text
    assert re.search(r"which ran at .*loss\.backward\(\)", text)
