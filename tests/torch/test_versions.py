"""What a graph had saved and was changed in place: both lines, entry by entry, and what does not count."""

import gc

import pytest

import chainrule.torch as torch
from chainrule.torch import versions


def message(call):
    with pytest.raises(RuntimeError, match="modified by an inplace operation") as caught:
        call()
    return str(caught.value)


def test_both_lines_are_named():
    x = torch.ones(3, requires_grad=True)
    hidden = torch.exp(x)
    loss = hidden.sum()
    hidden.mul_(2)
    text = message(loss.backward)
    assert "[torch.FloatTensor [3]], which is output 0 of Exp, is at version 1; expected version 0" in text
    saved, changed = text.index("saved here: "), text.index("changed there: ")
    assert "hidden = torch.exp(x)" in text[saved:changed] and "hidden.mul_(2)" in text[changed:]
    assert __file__.rpartition("/")[2] in text and x.grad is None and "allow_mutation_on_saved_tensors" in text


def test_the_state_is_as_before():
    x = torch.ones(3, requires_grad=True)
    hidden = torch.exp(x)
    loss = hidden.sum()
    hidden.mul_(2)
    message(loss.backward)
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        loss.backward()
    assert x.grad.tolist() == pytest.approx([2.7182817] * 3)


@pytest.mark.parametrize(
    ("read", "write", "clashes"),
    [
        (lambda x: x[0] ** 2, lambda x: x[1].mul_(2), False),
        (lambda x: x[0] ** 2, lambda x: x[0].mul_(2), True),
        (lambda x: (x[:2] ** 2).sum(), lambda x: x[1:].mul_(2), True),
        (lambda x: (x[::2] ** 2).sum(), lambda x: x[1::2].mul_(2), False),
        (lambda x: (x.reshape(2, 2)[0] ** 2).sum(), lambda x: x.__setitem__(3, 7.0), False),
        (lambda x: (x.reshape(2, 2)[:, 1] ** 2).sum(), lambda x: x.__setitem__(3, 7.0), True),
        (lambda x: (x**2).sum(), lambda x: x.__setitem__(x > 100, 7.0), False),
        (lambda x: (x * 2).sum(), lambda x: x.mul_(3), False),
        (lambda x: torch.relu(x).sum(), lambda x: x.mul_(3), False),
    ],
)
def test_entries(read, write, clashes):
    w = torch.arange(1.0, 5.0).requires_grad_()
    x = w * 1
    y = read(x)
    expected = torch.autograd.grad(read(w * 1), w)[0].tolist()
    write(x)
    if clashes:
        message(y.backward)
    else:
        y.backward()
        assert w.grad.tolist() == expected


def test_what_an_optimiser_does_is_no_change_of_the_next_graph():
    w = torch.ones(3, requires_grad=True)
    for _ in range(3):
        (w * w).sum().backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
            w.grad.zero_()
    assert w.tolist() == pytest.approx([0.512] * 3)


def test_a_data_edit_keeps_the_gradient_of_what_was_saved():
    w = torch.full((2,), 3.0, requires_grad=True)
    y = (w * w).sum()
    w.data.fill_(100.0)
    w.data[0] = 5.0
    y.backward()
    assert w.grad.tolist() == [6.0, 6.0] and w.tolist() == [5.0, 100.0]


def test_a_saved_tensor_of_a_function():
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return 2 * ctx.saved_tensors[0] * g

    w = torch.ones(2, requires_grad=True)
    x = w * 1
    y = Square.apply(x).sum()
    x.add_(1)
    assert "SquareBackward" in message(y.backward)


def test_changes_are_forgotten_with_their_values():
    before = len(versions.CHANGES)
    for _ in range(100):
        x = torch.zeros(5)
        x.add_(1)
        x[2] = 3.0
    total = torch.tensor(0.0)
    for _ in range(3000):
        total += 1.0
    del x, total
    gc.collect()
    assert len(versions.CHANGES) - before <= 1100
