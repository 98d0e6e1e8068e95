"""Logistic regression, by torch.nn.functional and by .data updates."""

import chainrule.torch as torch
import chainrule.torch.nn.functional as F

X = torch.tensor([[0.5, 1.0], [1.5, 2.0], [2.0, 0.5], [3.0, 2.5], [3.5, 1.0], [0.2, 0.3]])
labels = torch.tensor([0, 0, 1, 1, 1, 0])

W = torch.zeros(2, 2, requires_grad=True)
bias = torch.zeros(2, requires_grad=True)
for step in range(201):
    logits = F.linear(X, W, bias)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    for p in (W, bias):
        p.data -= 0.5 * p.grad.data
        p.grad.zero_()
    if step % 50 == 0:
        accuracy = (logits.argmax(dim=1) == labels).float().mean()
        print(f"{step}: {loss.item():.5f}, {accuracy.item():.2f}")

print(W)
print(torch.softmax(logits, dim=1)[0])
