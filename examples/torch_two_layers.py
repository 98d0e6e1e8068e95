"""A network of two layers on the exclusive or, without torch.nn."""

import chainrule.torch as torch

X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = torch.tensor([[0.0], [1.0], [1.0], [0.0]])

W1 = torch.tensor([[0.9, -0.8, 0.4], [-0.7, 0.6, 0.5]], requires_grad=True)
b1 = torch.zeros(3, requires_grad=True)
W2 = torch.tensor([[0.8], [0.9], [-0.6]], requires_grad=True)
b2 = torch.zeros(1, requires_grad=True)
parameters = [W1, b1, W2, b2]

for epoch in range(301):
    hidden = torch.tanh(X @ W1 + b1)
    output = torch.sigmoid(hidden @ W2 + b2)
    loss = ((output - Y) ** 2).mean()
    if epoch % 100 == 0:
        print(f"epoch {epoch}: loss {loss.item():.6f}")
    for p in parameters:
        p.grad = None
    loss.backward()
    with torch.no_grad():
        for p in parameters:
            p -= 0.5 * p.grad

print(output.detach())
