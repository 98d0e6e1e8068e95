"""Jacobians, Hessians and their products, composed from transforms of functions."""

import chainrule.torch as torch
from chainrule.torch.func import hessian, jacfwd, jacrev, jvp, linearize, vjp, vmap

weight = torch.tensor([[0.5, -0.2, 0.1], [0.3, 0.8, -0.5]], dtype=torch.float64)
bias = torch.tensor([0.1, -0.3], dtype=torch.float64)
x = torch.tensor([0.2, -0.7, 1.1], dtype=torch.float64)


def predict(weight, bias, x):
    return torch.tanh(weight @ x + bias)


print("jacrev:", jacrev(predict, argnums=2)(weight, bias, x))
print("jacfwd:", jacfwd(predict, argnums=2)(weight, bias, x))

# row by row, with vmap over the rows of the identity
value, pullback = vjp(lambda x: predict(weight, bias, x), x)
print("by rows:", vmap(pullback)(torch.eye(2, dtype=torch.float64))[0])

# column by column
_, along = linearize(lambda x: predict(weight, bias, x), x)
print("by columns:", vmap(along)(torch.eye(3, dtype=torch.float64)).T)

print("hessian:", hessian(predict, argnums=2)(weight, bias, x))


def energy(x):
    return predict(weight, bias, x).pow(2).sum()


v = torch.tensor([1.0, 0.0, -1.0], dtype=torch.float64)
product = jvp(torch.func.grad(energy), (x,), (v,))[1]
print("hvp:", product, torch.allclose(product, hessian(energy)(x) @ v))
_, product = torch.autograd.functional.vhp(energy, x, v)
print("vhp:", product)

# of a batch: one Jacobian an example
batch = torch.stack([x, 2 * x, -x])
print("batch:", vmap(jacrev(predict, argnums=2), in_dims=(None, None, 0))(weight, bias, batch).shape)
