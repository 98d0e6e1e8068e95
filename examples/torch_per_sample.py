"""Per-sample gradients and an ensemble: vmap over grad, over models, and over both."""

import chainrule.torch as torch
from chainrule.torch.func import grad, jacrev, vmap

inputs = torch.linspace(-1.0, 1.0, 12).reshape(4, 3)
targets = torch.tensor([0.0, 1.0, 1.0, 0.0])


def predict(weights, bias, x):
    return torch.sigmoid(torch.dot(x, weights) + bias)


def loss(weights, bias, x, y):
    return (predict(weights, bias, x) - y) ** 2


weights, bias = torch.tensor([0.5, -1.0, 2.0]), torch.tensor(0.1)

# one gradient for each example, in one pass
each = vmap(grad(loss, argnums=(0, 1)), in_dims=(None, None, 0, 0))(weights, bias, inputs, targets)
print("per sample:", each[0].shape, each[0].norm(dim=1))

# their mean is the gradient of the mean loss
mean = grad(lambda w: vmap(loss, in_dims=(None, None, 0, 0))(w, bias, inputs, targets).mean())(weights)
print("mean:", mean, torch.allclose(mean, each[0].mean(0)))

# an ensemble of three models, every one on every example
ensemble = torch.stack([weights, weights * 2, -weights])
every = vmap(vmap(predict, in_dims=(None, None, 0)), in_dims=(0, None, None))(ensemble, bias, inputs)
print("ensemble:", every.shape, every.mean(0))

# clipped per-sample gradients, as differentially private training needs them
clipped = vmap(lambda g: g * torch.clamp(0.1 / g.norm(), max=1.0))(each[0])
print("clipped:", clipped.norm(dim=1))

# the neural tangent kernel of the predictions
jacobian = vmap(jacrev(predict), in_dims=(None, None, 0))(weights, bias, inputs)
print("kernel:", jacobian @ jacobian.T)
