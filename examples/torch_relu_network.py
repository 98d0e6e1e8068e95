"""A network of two layers with a ReLU, its gradients written by hand and by autograd beside each other."""

import chainrule.torch as torch

n, d_in, hidden, d_out = 8, 5, 6, 2
x = torch.sin(torch.arange(n * d_in, dtype=torch.float32)).reshape(n, d_in)
y = torch.cos(torch.arange(n * d_out, dtype=torch.float32)).view(n, d_out)
w1 = (0.1 * torch.arange(d_in * hidden).float() - 1.4).reshape(d_in, hidden).requires_grad_()
w2 = torch.linspace(-1, 1, hidden * d_out).view(hidden, d_out).requires_grad_()

for t in range(50):
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    y_pred = h_relu.mm(w2)
    loss = (y_pred - y).pow(2).sum()
    if t % 10 == 0:
        print(t, loss.item())
    loss.backward()

    with torch.no_grad():
        grad_y_pred = 2.0 * (y_pred - y)
        grad_w2 = h_relu.t().mm(grad_y_pred)
        grad_h = grad_y_pred.mm(w2.t()).clone()
        grad_h[h < 0] = 0
        grad_w1 = x.t().mm(grad_h)
        assert torch.allclose(w1.grad, grad_w1, atol=1e-4) and torch.allclose(w2.grad, grad_w2, atol=1e-4)
        w1 -= 1e-3 * w1.grad
        w2 -= 1e-3 * w2.grad
        w1.grad.zero_()
        w2.grad.zero_()
