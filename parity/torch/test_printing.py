"""What tensors print, character for character."""

import pytest

import chainrule.torch as ours

EXPRESSIONS = """
torch.tensor(0.5) | torch.tensor(3) | torch.tensor(True) | torch.tensor(1.5, dtype=torch.float64)
torch.tensor([]) | torch.tensor([1.0, 2.0]) | torch.tensor([1, 20, -3]) | torch.tensor([1.5, -2.25])
torch.tensor([True, False]) | torch.zeros(2, 3) | torch.zeros(0, 3) | torch.zeros(2, 1, 2)
torch.ones(2, dtype=torch.int32) | torch.arange(2000) | torch.zeros(60, 60)
torch.arange(120.0).reshape(2, 3, 20) / 7 | torch.tensor([1e-5, 1.0]) | torch.tensor([1e9, 1.0])
torch.tensor([float("nan"), 1.0]) | torch.tensor([float("inf"), 1.5]) | torch.tensor(float("nan"))
torch.tensor(1e10) | torch.tensor([1000.0, 0.5]) | torch.tensor([10000.0, 0.5])
torch.tensor([1 + 2j, -0.5j]) | torch.tensor(1 - 1j) | torch.ones(2, requires_grad=True)
torch.ones(2, requires_grad=True) * 2 | torch.linspace(0, 1, 40, requires_grad=True)
torch.ones(3, dtype=torch.float16) | torch.tensor([[1e-8, 1.0], [2.0, 3.0]]) | torch.tensor([123456.0, 1.0])
torch.Size([2, 3]) | torch.float32 | torch.zeros(2).shape | torch.zeros(1).device | torch.tensor(7).dtype
torch.tensor([[3.0, 1.0]]).sort() | torch.tensor([[3.0, 1.0]]).max(1) | torch.tensor([0.0, -0.0])
torch.tensor(-1.5) | torch.ones(2, 2, requires_grad=True).sum() | torch.ones(2, requires_grad=True).exp()
torch.eye(3) | torch.full((2,), 7) | f"{torch.tensor(0.123456):.3f}" | str(torch.tensor([0.1]))
f"{torch.tensor([0.5])}" | torch.tensor([0.1]).tolist() | torch.randn(1, generator=None).dtype
torch.tensor(0.1).item() | torch.tensor([1, 2]).float().mean() | torch.tensor([[]])
"""
ALL = [one.strip() for line in EXPRESSIONS.strip().splitlines() for one in line.split(" | ")]


@pytest.mark.parametrize("expression", ALL)
def test_repr(expression):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here")
    assert repr(eval(expression, {"torch": ours})) == repr(eval(expression, {"torch": torch}))
