"""The lesson's PyTorch program, with one line changed."""

import chainrule.torch as torch

w = torch.tensor(0.5, requires_grad=True)
x_val = torch.tensor(2.0)
b = torch.tensor(0.0)
y = torch.tensor(1.0)
z = w * x_val + b
a = torch.sigmoid(z)
loss = (a - y) ** 2
loss.backward()
print(w.grad.item())
# PyTorch computed dL/dw = 2(a-y) · σ(z)(1-σ(z)) · x automatically
