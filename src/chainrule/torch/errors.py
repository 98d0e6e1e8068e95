"""The errors of `chainrule.errors` where PyTorch raises a RuntimeError: both are caught as what they are.

Each message begins with the words PyTorch uses, so that a search finds what others wrote about it.
"""

from chainrule import errors


class ShapeError(errors.ShapeError, RuntimeError):
    """Two shapes do not go together.

    >>> import chainrule.torch as torch
    >>> torch.ones(2) + torch.ones(3)
    Traceback (most recent call last):
    chainrule.torch.errors.ShapeError: The size of tensor a (2) must match the size of tensor b (3)...

    >>> torch.ones(2) + torch.ones(3, 1)
    tensor([[2., 2.],
            [2., 2.],
            [2., 2.]])
    """


class DtypeError(errors.DtypeError, RuntimeError):
    """A dtype cannot carry a gradient, or an operation has no meaning for it.

    >>> import chainrule.torch as torch
    >>> torch.tensor([1, 2]).mean()
    Traceback (most recent call last):
    chainrule.torch.errors.DtypeError: mean(): could not infer output dtype. Input dtype must be either...

    >>> torch.tensor([1., 2.]).mean()
    tensor(1.5000)
    """


class NotScalarError(errors.NotScalarError, RuntimeError):
    """A gradient, or a Python number, was asked of a tensor with several entries.

    >>> import chainrule.torch as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> (x * x).backward()
    Traceback (most recent call last):
    chainrule.torch.errors.NotScalarError: grad can be implicitly created only for scalar outputs...

    >>> (x * x).sum().backward()
    """


class LostDerivativeError(errors.LostDerivativeError, RuntimeError):
    """A conversion would have dropped the derivative.

    >>> import chainrule.torch as torch
    >>> torch.ones(2, requires_grad=True).numpy()
    Traceback (most recent call last):
    chainrule.torch.errors.LostDerivativeError: Can't call numpy() on Tensor that requires grad...

    >>> torch.ones(2, requires_grad=True).detach().numpy()
    array([1., 1.], dtype=float32)
    """


class InPlaceError(errors.ImmutableError, RuntimeError):
    """A tensor that the graph starts from was to be changed in place.

    >>> import chainrule.torch as torch
    >>> w = torch.ones(2, requires_grad=True)
    >>> w += 1
    Traceback (most recent call last):
    chainrule.torch.errors.InPlaceError: a leaf Variable that requires grad is being used in an in-...

    >>> with torch.no_grad():
    ...     w += 1
    >>> w
    tensor([2., 2.], requires_grad=True)
    """


class ModifiedError(errors.ImmutableError, RuntimeError):
    """A value that a graph had saved was changed in place before the backward pass.

    >>> import chainrule.torch as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> y = x.exp()
    >>> z = y.sum()
    >>> y.add_(1)
    tensor([3.7183, 3.7183], grad_fn=<AddBackward0>)
    >>> z.backward()
    Traceback (most recent call last):
    chainrule.torch.errors.ModifiedError: one of the variables needed for gradient computation has been...

    >>> y = x.exp()
    >>> z = y.sum()
    >>> y = y + 1
    >>> z.backward()
    """


class UsageError(errors.ArgumentError, RuntimeError):
    """Arguments that do not go together, where PyTorch raises a RuntimeError.

    >>> import chainrule.torch as torch
    >>> x, unused = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    >>> torch.autograd.grad(x.sum(), [x, unused])
    Traceback (most recent call last):
    chainrule.torch.errors.UsageError: The differentiated Tensor at index 1 appears to not have been used...

    >>> torch.autograd.grad(x.sum(), [x, unused], allow_unused=True)
    (tensor([1., 1.]), None)
    """


class GradcheckError(errors.GradientCheckError, RuntimeError):
    """`gradcheck` found a derivative that differences contradict.

    >>> import chainrule.torch as torch
    >>> x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(torch.sin, (x,))
    True
    """


class FunctionError(errors.ChainruleError, RuntimeError):
    """A `torch.autograd.Function` does not keep its side of the contract.

    >>> import chainrule.torch as torch
    >>> class Twice(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return 2 * x
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         return g, g
    >>> Twice.apply(torch.ones(1, requires_grad=True)).backward()
    Traceback (most recent call last):
    chainrule.torch.errors.FunctionError: function TwiceBackward returned an incorrect number of gradients...
    """
