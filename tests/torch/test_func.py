"""torch.func, checkpointing and the graph's hooks: what the table of semantics does not say."""

import numpy as np
import pytest

import chainrule as cr
import chainrule.torch as torch
from chainrule.torch.utils.checkpoint import checkpoint, checkpoint_sequential


class Linear:
    """A module, as far as functional_call needs one."""

    def __init__(self, n, m):
        self._parameters = {"weight": torch.ones(m, n, requires_grad=True), "bias": torch.zeros(m, requires_grad=True)}
        self._buffers = {"scale": torch.tensor(2.0)}

    def named_parameters(self):
        return self._parameters.items()

    def named_buffers(self):
        return self._buffers.items()

    def __call__(self, x, shift=0.0):
        return (x @ self._parameters["weight"].T + self._parameters["bias"]) * self._buffers["scale"] + shift


class Pair:
    def __init__(self):
        self.first, self.layers = Linear(2, 3), [Linear(3, 1)]

    def __call__(self, x):
        return self.layers[0](torch.relu(self.first(x)))


X = torch.tensor([[1.0, 2.0], [0.5, -1.0]])


def test_functional_call():
    model = Linear(2, 3)
    own = model._parameters["weight"]
    given = {"weight": torch.zeros(3, 2), "bias": torch.ones(3), "scale": torch.tensor(1.0)}
    assert torch.func.functional_call(model, given, (X,)).tolist() == [[1.0] * 3] * 2
    shifted = torch.func.functional_call(model, [{"scale": torch.tensor(0.0)}], X, {"shift": 5.0})
    assert shifted.tolist() == [[5.0] * 3] * 2
    assert model._parameters["weight"] is own and model._buffers["scale"].item() == 2.0
    with pytest.raises(RuntimeError, match="Unexpected key"):
        torch.func.functional_call(model, {"weigth": torch.zeros(3, 2)}, X)
    with pytest.raises(RuntimeError, match="Missing key.*bias"):
        torch.func.functional_call(model, {"weight": torch.zeros(3, 2)}, X, strict=True)
    assert model._parameters["weight"] is own


def test_functional_call_of_nested_modules_and_per_sample_gradients():
    model = Pair()
    names = {"first.weight": model.first._parameters["weight"], "layers.0.bias": model.layers[0]._parameters["bias"]}
    parameters = {name: value.detach() for name, value in names.items()}

    def loss(parameters, x):
        return torch.func.functional_call(model, parameters, (x,)).sum() ** 2

    each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(parameters, X)
    for i in range(2):
        one = torch.func.grad(loss)(parameters, X[i])
        for name in parameters:
            np.testing.assert_allclose(each[name][i].detach().numpy(), one[name].detach().numpy(), rtol=1e-6)


def test_an_ensemble():
    models = [Linear(2, 3), Linear(2, 3)]
    with torch.no_grad():
        models[1]._parameters["weight"].mul_(3.0)
    parameters, buffers = torch.func.stack_module_state(models)
    assert parameters["weight"].shape == (2, 3, 2) and parameters["weight"].requires_grad
    out = torch.func.vmap(lambda p, b, x: torch.func.functional_call(models[0], (p, b), (x,)), in_dims=(0, 0, None))(
        parameters, buffers, X
    )
    for i, model in enumerate(models):
        np.testing.assert_allclose(out[i].detach().numpy(), model(X).detach().numpy())
    out.sum().backward()
    assert parameters["weight"].grad.shape == (2, 3, 2)
    with pytest.raises(RuntimeError, match="at least one model"):
        torch.func.stack_module_state([])


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpoint_with_dropout(reentrant):
    F = torch.nn.functional
    w = torch.ones(100, requires_grad=True)
    torch.manual_seed(0)
    y = checkpoint(lambda w: F.dropout(w * w, 0.5), w, use_reentrant=reentrant)
    y.sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), 2 * y.detach().numpy())


def test_checkpoint_sequential_and_contexts():
    functions = [torch.sin, torch.exp, lambda x: x * x, torch.tanh]
    x, z = (torch.tensor([0.3, 0.7], requires_grad=True) for _ in range(2))
    checkpoint_sequential(functions, 2, x, use_reentrant=False).sum().backward()
    y = z
    for function in functions:
        y = function(y)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), z.grad.numpy())
    entered = []

    class Context:
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            entered.append(self.name)

        def __exit__(self, *exception):
            pass

    out = checkpoint(torch.sin, x, use_reentrant=False, context_fn=lambda: (Context("first"), Context("second")))
    out.sum().backward()
    assert entered == ["first", "second"]


def test_a_parameter_that_changed_before_the_second_run():
    w = torch.tensor(2.0, requires_grad=True)
    y = checkpoint(lambda: torch.exp(w), use_reentrant=False)
    with torch.no_grad():
        w.add_(1.0)
    with pytest.raises(RuntimeError, match="gave other values when it was computed again"):
        y.backward()


def test_hooks_of_a_leafs_accumulation():
    x = torch.tensor(3.0, requires_grad=True)
    y = x * 2
    seen = []
    handle = y.grad_fn.next_functions[0][0].register_hook(
        lambda inputs, outputs: seen.append((inputs, outputs[0].item(), x.grad.item()))
    )
    y.backward()
    handle.remove()
    (x * 2).backward()
    assert seen == [((), 2.0, 2.0)]


def test_hooks_of_links_replace_gradients():
    a, b = (torch.tensor(v, requires_grad=True) for v in (2.0, 5.0))
    y = a * b
    y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 10, None))
    y.backward()
    assert a.grad.item() == 50.0 and b.grad is None


def test_older_constructors():
    assert torch.Tensor([1, 2]).dtype is torch.float32 and torch.Tensor([[1, 2]]).tolist() == [[1.0, 2.0]]
    assert torch.Tensor(2, 3).shape == (2, 3) and torch.LongTensor([1.0, 2.0]).tolist() == [1, 2]
    assert torch.DoubleTensor([0.1]).item() == 0.1 and torch.FloatTensor(2).shape == (2,)
    assert torch.BoolTensor([0, 1]).tolist() == [False, True] and torch.IntTensor().shape == (0,)
    with pytest.raises(TypeError, match="must be a sequence"):
        torch.Tensor(0.5)


def test_median_and_quantile_with_nan():
    x = torch.tensor([1.0, float("nan"), 3.0])
    assert np.isnan(torch.median(x).item()) and torch.median(x, 0).indices.item() == 1
    assert np.isnan(torch.quantile(x, 0.5).item())
    with pytest.raises(RuntimeError, match=r"in the range \[0, 1\]"):
        torch.quantile(x, 50)
    with pytest.raises(RuntimeError, match="interpolation must be one of"):
        torch.quantile(x, 0.5, interpolation="cubic")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda F: F.conv2d(torch.ones(1, 3, 4, 4), torch.ones(2, 2, 3, 3)), "to have 2 channels, but got 3 channels"),
        (lambda F: F.conv2d(torch.ones(4, 4), torch.ones(1, 1, 3, 3)), "Expected 3D .unbatched. or 4D .batched. input"),
        (lambda F: F.conv1d(torch.ones(1, 1, 2), torch.ones(1, 1, 3)), "Kernel size can't be greater than"),
        (lambda F: F.conv1d(torch.ones(1, 1, 4), torch.ones(1, 1, 3).double()), "should be the same"),
        (lambda F: F.conv1d(torch.ones(1, 1, 4), torch.ones(1, 1, 3), stride=2, padding="same"), "for strided"),
        (lambda F: F.max_pool1d(torch.ones(1, 1, 4), 2, padding=2), "at most half of effective kernel size"),
        (lambda F: torch.linalg.solve(torch.ones(2, 3), torch.ones(2)), "batches of square matrices"),
        (lambda F: torch.linalg.solve(torch.eye(2), torch.ones(2), left=False), "not supported for left=False"),
        (lambda F: F.gelu(torch.ones(1), approximate="erf"), "must be either none or tanh"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(RuntimeError, match=words):
        call(torch.nn.functional)


def test_rooms_below_the_front():
    from chainrule.torch import kinks

    points = np.array([0.3, 0.6, 0.45]), np.array([0.7, 0.2, 0.9])
    for room in (kinks.fmax, kinks.fmin, kinks.clamp_min, kinks.clamp_max, kinks.arctan2, kinks.binary_cross_entropy):
        cr.check_grads(room, points)
