"""Tensors as arguments, from outside, changed and returned: what a compiled function does with them is what it does."""

import copy

import numpy as np
import pytest

import chainrule as cr
import chainrule.torch as torch
from chainrule.compilation.function import NotCompiledError, RunsEagerlyWarning
from chainrule.compilation.handles import PLACES

RNG = np.random.default_rng(3)


def tensor(*shape, grad=True):
    return torch.tensor(RNG.normal(size=shape).astype("f4"), requires_grad=grad)


class Net:
    """A layer with parameters."""

    def __init__(self):
        self.w, self.b = tensor(4, 3), tensor(3)

    def __call__(self, x):
        return torch.softmax(torch.tanh(x @ self.w + self.b), dim=1)

    def parameters(self):
        return [self.w, self.b]


def gradients(function, net, x):
    for each in (*net.parameters(), x):
        each.grad = None
    y = function(x)
    (y * y).sum().backward()
    return [y.detach().numpy(), *(each.grad.numpy() for each in (*net.parameters(), x))]


def test_a_gradient_flows_through_the_call_to_arguments_and_parameters():
    net, x = Net(), tensor(5, 4)
    fast = torch.compile(net)
    for _ in range(3):
        for ours, theirs in zip(gradients(fast, net, x), gradients(net, net, x)):
            np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6)
    assert fast.traces == 1 and fast.eager_calls == 0 and fast.w is net.w
    y = fast(x)
    assert y.grad_fn.name() == "CompiledFunctionBackward" and not y.is_leaf
    y.sum().backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.sum().backward()
    with torch.no_grad():
        assert not fast(x).requires_grad
    x = x.detach()
    fast(x).sum().backward()
    assert x.grad is None


def train(step, net, data, times):
    losses = [step(*data) for _ in range(times)]
    return [loss.item() for loss in losses], [each.detach().numpy().copy() for each in net.parameters()]


def test_a_training_step_changes_parameters_and_gradients():
    data = tensor(6, 4, grad=False), tensor(6, 3, grad=False)

    def steps(net):
        def step(x, t):
            loss = ((net(x) - t) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                for each in net.parameters():
                    each -= 0.5 * each.grad
                    each.grad = None
            return loss

        return step

    one = Net()
    other = copy.deepcopy(one)
    fast = torch.compile(steps(other))
    before = other.w
    losses, weights = train(steps(one), one, data, 6)
    found, ours = train(fast, other, data, 6)
    np.testing.assert_allclose(found, losses, rtol=1e-4)
    for a, b in zip(ours, weights):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    assert other.w is before and other.w.is_leaf and other.w.requires_grad and other.w.grad is None
    assert fast.traces == 1 and fast.eager_calls == 0
    with pytest.raises(RuntimeError, match="second time"):
        fast(*data).backward()


def test_gradients_grow_over_calls_in_the_same_tensor():
    w, x = tensor(3), tensor(3, grad=False)

    def f(x):
        loss = (torch.sin(w) * x).sum()
        loss.backward()
        return loss.detach()

    fast = torch.compile(f)
    fast(x)
    held = w.grad
    for _ in range(3):
        fast(x)
    assert w.grad is held and fast.traces == 2
    np.testing.assert_allclose(held.numpy(), 4 * np.cos(w.detach().numpy()) * x.numpy(), rtol=1e-5)
    assert fast.why_retraced() == ["the gradient of a Tensor was None"]


def test_what_is_a_leaf_now_and_which_tensors_are_the_same_are_kinds_of_call():
    fast = torch.compile(lambda a, b: a * b + a)
    a, b = tensor(2), tensor(2)
    for left, right in ((a, b), (a, a), (a, b.detach()), (b, b)):
        for each in (a, b):
            each.grad = None
        fast(left, right).sum().backward()
        found = [each.grad for each in (a, b)]
        for each in (a, b):
            each.grad = None
        (left * right + left).sum().backward()
        for ours, each in zip(found, (a, b)):
            assert (ours is None) == (each.grad is None)
            if ours is not None:
                np.testing.assert_allclose(ours.numpy(), each.grad.numpy(), rtol=1e-6)
    assert fast.traces == 3


def test_higher_derivatives_and_tangents():
    def f(x):
        return np.sin(x) ** 3

    fast = cr.compile(f)
    assert cr.grad(cr.grad(fast))(0.7) == pytest.approx(cr.grad(cr.grad(f))(0.7), rel=1e-14)
    assert cr.jvp(fast, (0.7,), (1.0,)) == pytest.approx(cr.jvp(f, (0.7,), (1.0,)), rel=1e-14)
    x = np.array([0.1, 0.7])
    np.testing.assert_allclose(cr.jacobian(fast)(x), cr.jacobian(f)(x), rtol=1e-14)
    np.testing.assert_allclose(cr.vmap(fast)(x), f(x), rtol=1e-14)


def test_a_higher_derivative_of_what_has_changed_in_between_is_refused():
    scale = np.ones(2)
    fast = cr.compile(lambda x: (x**3 * scale).sum())
    x = cr.tensor(np.ones(2), requires_grad=True)
    y = fast(x)
    scale *= 2.0
    with pytest.raises(cr.errors.CheckpointError, match="other values"):
        y.backward(create_graph=True)


def test_a_branch_on_a_tensor_and_an_argument_that_is_returned():
    def f(x):
        return (x * 2.0 if x.sum() > 0 else -x), x

    fast = torch.compile(f)
    for sign in (1.0, -1.0, 1.0):
        x = torch.ones(2) * sign
        ours, same = fast(x)
        np.testing.assert_array_equal(ours.numpy(), f(x)[0].numpy())
        assert same is x
    assert fast.traces == 2 and fast.eager_calls == 0


@pytest.mark.parametrize(
    "function, why",
    [
        (lambda x: torch.rand(2) + x[0], "random numbers"),
        (lambda x: f"{x}", "ndarray is made"),
        (lambda x: x.requires_grad_().sum().detach(), "changes requires_grad"),
    ],
)
def test_what_cannot_be_compiled_runs_as_it_is(function, why):
    x = torch.ones(2, 2)
    fast = torch.compile(function)
    torch.manual_seed(0)
    with pytest.warns(RunsEagerlyWarning, match=why):
        ours = fast(x)
    torch.manual_seed(0)
    theirs = function(torch.ones(2, 2))
    assert str(ours) == str(theirs)
    with pytest.raises(NotCompiledError, match=why):
        torch.compile(function, fullgraph=True)(torch.ones(2, 2))


def test_a_view_that_is_returned_shares_memory():
    fast = torch.compile(lambda x: (x.T.reshape(2, 2)[0], x.detach(), (x * 2.0)[1]))
    for _ in range(2):
        x, y = torch.ones(2, 2), torch.ones(2, 2)
        found, expected = fast(x), (y.T[0], y.detach(), (y * 2.0)[1])
        x[0, 0] = 5.0
        y[0, 0] = 5.0
        found[0][1] = 7.0
        expected[0][1] = 7.0
        for one, other in zip((x, *found), (y, *expected)):
            np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert fast.traces == 1


def test_a_trace_that_is_given_up_leaves_everything_as_it_was():
    w, seen = tensor(2), []

    def f(x):
        with torch.no_grad():
            w.add_(x)
        seen.append(1)
        return torch.rand(1) + w.sum().detach()

    expected = w.detach().numpy() + 1
    with pytest.warns(RunsEagerlyWarning):
        torch.compile(f)(torch.ones(2))
    np.testing.assert_array_equal(w.detach().numpy(), expected)
    assert seen == [1]
    for place in PLACES:
        assert vars(place.cls)[place.name] is place.member


def test_a_tensor_changed_outside_is_read_anew():
    w = torch.tensor([1.0, 2.0])
    fast = cr.compile(lambda x: (w * x).sum())
    assert fast(torch.ones(2)).item() == 3.0
    w *= 2.0
    assert fast(torch.ones(2)).item() == 6.0
    w = torch.tensor([5.0, 5.0, 5.0])
    assert fast(torch.ones(3)).item() == 15.0
    plain = cr.compile(lambda x: x * w.sum().item())
    assert plain(2.0) == 30.0
    w += 1.0
    assert plain(2.0) == 36.0


def test_methods_and_objects_among_the_arguments():
    class Layer:
        def __init__(self, k):
            self.k = torch.tensor(k)

        @torch.compile
        def forward(self, x):
            return self.k * x

    one, two, x = Layer(2.0), Layer(3.0), torch.tensor(4.0)
    assert [one.forward(x).item(), two.forward(x).item(), one.forward(x).item()] == [8.0, 12.0, 8.0]
    assert copy.deepcopy(one).forward(x).item() == 8.0
    fast = torch.compile(lambda layer, x: layer.k * x)
    assert [fast(one, x).item(), fast(two, x).item(), fast(one, x).item()] == [8.0, 12.0, 8.0]
    assert fast.traces == 2
    one.k = torch.tensor(5.0)
    assert fast(one, x).item() == 20.0


def test_one_compiled_function_in_another():
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    inner = torch.compile(lambda: (w * w).sum())
    outer = torch.compile(lambda x: inner() * x)
    assert inner().item() == 5.0 and outer(torch.tensor(2.0)).item() == 10.0
    with torch.no_grad():
        w += 1.0
    outer(torch.tensor(2.0)).backward()
    assert outer(torch.tensor(2.0)).item() == 26.0
    np.testing.assert_array_equal(w.grad.numpy(), [8.0, 12.0])


def test_disabled_and_as_a_decorator_with_arguments():
    def f(x):
        return x + 1

    assert torch.compile(f, disable=True) is f
    fast = torch.compile(mode="max-autotune", dynamic=True, backend="eager")(f)
    assert fast(torch.tensor(1.0)).item() == 2.0 and fast.__name__ == "f"
