"""Newton's method with second derivatives, and a look at the graph."""

import chainrule.torch as torch

x = torch.tensor([2.0, -1.5], requires_grad=True)


def f(x):
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


for i in range(6):
    value = f(x)
    (gradient,) = torch.autograd.grad(value, x, create_graph=True)
    hessian = torch.stack([torch.autograd.grad(g, x, retain_graph=True)[0] for g in gradient])
    step = torch.linalg.solve(hessian, gradient.detach())
    print(i, value.item(), gradient.norm().item())
    with torch.no_grad():
        x -= step

print(x)
value = f(x)
print([fn.name() for fn, _ in value.grad_fn.next_functions])
