"""What the table of semantics does not say: printing, kinks against differences, depth, threads, memory."""

import copy
import gc
import pickle
import threading
import weakref

import numpy as np
import pytest

import chainrule as cr
import chainrule.torch as torch
from chainrule.torch import kinks


@pytest.mark.parametrize(
    ("made", "printed"),
    [
        (lambda: torch.tensor(0.5), "tensor(0.5000)"),
        (lambda: torch.tensor([1.0, 20.0]), "tensor([ 1., 20.])"),
        (lambda: torch.tensor([1e-5, 1.0]), "tensor([1.0000e-05, 1.0000e+00])"),
        (lambda: torch.tensor([1.0, float("nan")]), "tensor([1., nan])"),
        (lambda: torch.tensor([1, 2], dtype=torch.int32), "tensor([1, 2], dtype=torch.int32)"),
        (lambda: torch.zeros(0, 3), "tensor([], size=(0, 3))"),
        (lambda: torch.arange(2000), "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])"),
        (lambda: torch.ones(1, requires_grad=True) + 1, "tensor([2.], grad_fn=<AddBackward0>)"),
    ],
)
def test_printing(made, printed):
    assert repr(made()) == printed


@pytest.mark.parametrize("function", [kinks.relu.apply, kinks.sigmoid.apply, lambda x: kinks.clamp(x, -0.5, 0.5)])
def test_rooms_of_the_front(function):
    cr.check_grads(function, (np.array([-1.7, -0.2, 0.3, 1.4]),))


def test_what_does_not_move_has_no_slope():
    assert cr.grad(lambda x: kinks.unmoved(x * x, x))(3.0) == 6.0


def test_a_deep_graph_is_walked_and_freed():
    x = torch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(50_000):
        y = y + 1.0
    y.backward()
    assert x.grad.item() == 1.0
    del y
    gc.collect()


def test_threads():
    wrong = []

    def work():
        try:
            for _ in range(50):
                w = torch.ones(3, requires_grad=True)
                (torch.exp(w) * 1000).sum().backward()
                assert torch.isinf(torch.tensor(1e30) * 1e30)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_no_warnings_for_infinities():
    assert torch.exp(torch.tensor(1000.0)).item() == float("inf")
    assert (torch.tensor([1.0]) / 0).tolist() == [float("inf")]
    assert np.isnan(torch.sqrt(torch.tensor(-1.0)).item())


def test_a_kept_loss_does_not_keep_large_values():
    w = torch.ones(10_000, requires_grad=True)
    hidden = w.exp()
    values = weakref.ref(hidden.node.value)
    loss = (hidden * 2).sum()
    del hidden
    loss.backward()
    gc.collect()
    assert values() is None and loss.item() > 0


def test_a_function_keeps_no_cycle():
    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0]

    gc.disable()
    try:
        y = Exp.apply(torch.ones(3, requires_grad=True))
        node = weakref.ref(y.node)
        del y
        assert node() is None
    finally:
        gc.enable()


def test_pickling_and_copying():
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    for again in (pickle.loads(pickle.dumps(w)), copy.deepcopy(w)):
        assert again.requires_grad and again.tolist() == [1.0, 2.0] and again is not w
    assert pickle.loads(pickle.dumps(torch.float64)) is torch.float64


def test_it_is_chainrules_tensor():
    w = torch.tensor([0.5, 1.0], requires_grad=True)
    out = np.sin(w).sum()
    assert type(out) is torch.Tensor
    out.backward()
    assert np.allclose(w.grad.numpy(), np.cos([0.5, 1.0]))
    assert cr.explain((w * w).sum(), wrt=w) is not None
    assert np.allclose(cr.grad(lambda v: torch.exp(v).sum())(np.array([0.0, 1.0])), np.exp([0.0, 1.0]))


def test_values_of_both_meet():
    mine, plain = torch.tensor(3.0, requires_grad=True), cr.tensor(2.0, requires_grad=True)
    y = mine * plain
    assert type(y) is torch.Tensor
    y.backward()
    assert mine.grad.item() == 2.0 and plain.grad.item() == 3.0


def test_dtypes_are_numpys_too():
    assert np.dtype(torch.float32) == np.float32 and torch.float64 == np.dtype("f8")
    assert torch.float32 != torch.float64 and torch.float32 in {torch.float32: 1}
    assert torch.tensor(0.1, dtype=torch.float64).item() == 0.1


def test_the_default_dtype():
    torch.set_default_dtype(torch.float64)
    try:
        assert torch.tensor([0.1]).dtype is torch.float64 and torch.zeros(1).dtype is torch.float64
        assert repr(torch.tensor(0.5)) == "tensor(0.5000)"
    finally:
        torch.set_default_dtype(torch.float32)


def test_random_numbers_repeat():
    torch.manual_seed(3)
    first = torch.randn(4)
    torch.manual_seed(3)
    assert torch.equal(torch.randn(4), first)
    assert sorted(torch.randperm(5).tolist()) == list(range(5))
    assert torch.rand(100).max() < 1 and torch.randint(2, 5, (50,)).min() >= 2
