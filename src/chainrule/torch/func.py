"""`torch.func`: derivatives of functions, as functions.

Each runs the function once on fresh leaves, so it works inside another and under `no_grad`.
"""

from chainrule.core import tree
from chainrule.core.record import TENSORS
from chainrule.errors import NotScalarError as EngineNotScalar
from chainrule.torch.errors import NotScalarError
from chainrule.torch.tensor import as_value, of_value
from chainrule.transforms import derivatives, jacobians

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp"]


def _tensors(value):
    """A tree with tensors for numbers: what a transform of the engine returns for a number is a number."""
    return tree.map(lambda leaf: leaf if type(leaf) in TENSORS else of_value(as_value(leaf)), value)


def grad_and_value(func, argnums=0, has_aux=False):
    """A function that returns the gradient of `func` and its value.

    With `has_aux`, `func` returns `(value, aux)`, and so does the second part of the result.

    >>> import chainrule.torch as torch
    >>> torch.func.grad_and_value(lambda x: x**2)(torch.tensor(3.0))
    (tensor(6.), tensor(9.))
    """
    both = derivatives.value_and_grad(func, argnums, has_aux)

    def evaluate(*args, **kwargs):
        try:
            value, gradient = both(*args, **kwargs)
        except EngineNotScalar as error:
            raise NotScalarError(
                f"Expected f(*args) to return a scalar Tensor, got "
                f"{error.what.removeprefix('grad needs one number, and ')}",
                "return a sum or a mean, or use vjp (a weighted sum of gradients) or jacrev (all of them)",
            ) from None
        return _tensors(gradient), _tensors(value)

    return evaluate


def grad(func, argnums=0, has_aux=False):
    """A function that returns the gradient of `func`; with `has_aux`, the gradient and the aux.

    >>> import chainrule.torch as torch
    >>> from chainrule.torch.func import grad
    >>> grad(grad(torch.sin))(torch.tensor(0.0))
    tensor(-0.)
    """
    both = grad_and_value(func, argnums, has_aux)

    def evaluate(*args, **kwargs):
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return evaluate


def vjp(func, *primals, has_aux=False):
    """The value, and the function from its cotangent to those of the primals.

    >>> import chainrule.torch as torch
    >>> value, pullback = torch.func.vjp(lambda x, y: x * y, torch.tensor(2.0), torch.tensor(5.0))
    >>> pullback(torch.tensor(1.0))
    (tensor(5.), tensor(2.))
    """
    value, pullback, *aux = derivatives.vjp(func, *primals, has_aux=has_aux)

    def back(*cotangents):
        return _tensors(pullback(cotangents[0] if len(cotangents) == 1 else cotangents))

    return (value, back, *aux)


def jvp(func, primals, tangents, *, strict=False, has_aux=False):
    """The value, and its rate of change when the primals move along the tangents.

    >>> import chainrule.torch as torch
    >>> torch.func.jvp(torch.sin, (torch.tensor(0.0),), (torch.tensor(2.0),))
    (tensor(0.), tensor(2.))
    """
    value, tangent, *aux = derivatives.jvp(func, primals, tangents, has_aux)
    return (value, _tensors(tangent), *aux)


def _jacobian(mode, func, argnums, has_aux):
    whole = jacobians.jacobian(func, argnums, has_aux, mode)

    def evaluate(*args, **kwargs):
        if not has_aux:
            return _tensors(whole(*args, **kwargs))
        result, aux = whole(*args, **kwargs)
        return _tensors(result), aux

    return evaluate


def jacrev(func, argnums=0, *, has_aux=False, chunk_size=None):
    """All first derivatives of `func`, one backward walk for each output number.

    >>> import chainrule.torch as torch
    >>> torch.func.jacrev(torch.sin)(torch.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return _jacobian("reverse", func, argnums, has_aux)


def jacfwd(func, argnums=0, has_aux=False, *, randomness="error"):
    """All first derivatives of `func`, one forward walk for each input number."""
    return _jacobian("forward", func, argnums, has_aux)


def hessian(func, argnums=0):
    """All second derivatives of `func`.

    >>> import chainrule.torch as torch
    >>> torch.func.hessian(lambda x: (x**3).sum())(torch.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
