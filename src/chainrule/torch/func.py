"""`torch.func`: derivatives of functions, as functions.

Each runs the function once on fresh leaves, so it works inside another and under `no_grad`.
"""

from typing import Any

from chainrule.core import tree
from chainrule.core.record import TENSORS
from chainrule.errors import ArgumentError
from chainrule.errors import NotScalarError as EngineNotScalar
from chainrule.torch.errors import NotScalarError, UsageError
from chainrule.torch.tensor import Tensor, as_value, of_value
from chainrule.transforms import derivatives, jacobians
from chainrule.transforms import vmap as engine

__all__ = [
    "functional_call", "functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize",
    "stack_module_state", "vjp", "vmap",
]  # fmt: skip


def _tensors(value):
    """A tree with tensors of this front for numbers and for what the engine has recorded itself."""
    return tree.map(_tensor, value)


def _tensor(leaf):
    if type(leaf) is Tensor:
        return leaf
    return Tensor._of(leaf.node) if type(leaf) in TENSORS else of_value(as_value(leaf))


def _in_range(transform, argnums, args, kwargs):
    """What a transform returns; PyTorch's words where `argnums` names an argument that is not there."""
    try:
        return transform(*args, **kwargs)
    except ArgumentError as error:
        if not error.what.startswith("argnums="):
            raise
        raise UsageError(f"Got argnum={argnums}, but only {len(args)} positional inputs", error.do) from None


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
            value, gradient = _in_range(both, argnums, args, kwargs)
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

    def watched(*args):
        result = func(*args)
        for out in tree.flatten(result[0] if has_aux else result)[0] if strict else ():
            if type(out) not in TENSORS or not out.node.tracked:
                raise UsageError(
                    "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not "
                    "allowed with strict=True.",
                    "leave strict away to get zeros",
                )
        return result

    value, tangent, *aux = derivatives.jvp(watched, primals, tangents, has_aux)
    return (value, _tensors(tangent), *aux)


def _jacobian(mode, func, argnums, has_aux):
    whole = jacobians.jacobian(func, argnums, has_aux, mode)

    def evaluate(*args, **kwargs):
        if not has_aux:
            return _tensors(_in_range(whole, argnums, args, kwargs))
        result, aux = _in_range(whole, argnums, args, kwargs)
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


def linearize(func, *primals):
    """The value, and the derivative at this point as a function of tangents; `func` runs once.

    >>> import chainrule.torch as torch
    >>> value, derivative = torch.func.linearize(torch.sin, torch.tensor(0.0))
    >>> derivative(torch.tensor(2.0)), derivative(torch.tensor(3.0))
    (tensor(2.), tensor(3.))
    """
    value, derivative = derivatives.linearize(func, *primals)
    return value, lambda *tangents: _tensors(derivative(*tangents))


def vmap(func, in_dims: Any = 0, out_dims: Any = 0, randomness="error", *, chunk_size=None):
    """A function that applies `func`, written for one example, to a batch of them at once.

    Args, errors: as `chainrule.vmap`. In place of a mask or an `if`, use torch.where.

    >>> import chainrule.torch as torch
    >>> from chainrule.torch.func import grad, vmap
    >>> per_sample = vmap(grad(lambda w, x: (w @ x) ** 2), in_dims=(None, 0))
    >>> per_sample(torch.tensor([1., 2.]), torch.eye(2))
    tensor([[2., 0.],
            [0., 4.]])
    """

    def checked(*args, **kwargs):
        result = func(*args, **kwargs)
        for leaf in tree.flatten(result)[0]:
            if type(leaf) not in TENSORS:
                raise ArgumentError(
                    f"vmap({getattr(func, '__name__', 'f')}, ...): `f` must only return Tensors, got type "
                    f"{type(leaf).__name__} as a return.",
                    "return torch.tensor(...) of it, or leave it out",
                )
        return result

    checked.__name__ = getattr(func, "__name__", "f")
    return engine.vmap(checked, in_dims, out_dims, randomness, chunk_size)


def functional_call(module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """Call a module with other parameters and buffers in place of its own, which are put back afterwards.

    Args:
        module: what is called; its parameters are found by their dotted names ("layer.weight").
        parameter_and_buffer_dicts: the values by name, in a dict or several.
        args, kwargs: of the call; a single argument need not be in a tuple.
        strict: raise where a parameter of the module is given no value.

    Raises: UsageError for a name that the module does not have.
    """
    given: dict = {}
    several = isinstance(parameter_and_buffer_dicts, (tuple, list))
    for one in parameter_and_buffer_dicts if several else (parameter_and_buffer_dicts,):
        given.update(one)
    if strict and hasattr(module, "named_parameters"):
        missing = sorted({name for name, _ in module.named_parameters()} - set(given))
        if missing:
            raise UsageError(f"Missing key(s): {', '.join(missing)}.", "give a value for each, or leave strict away")
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    held = []
    try:
        for name, value in given.items():
            held.append(_exchanged(module, name, value))
        return module(*args, **(kwargs or {}))
    finally:
        for space, key, value in reversed(held):
            space[key] = value


def _exchanged(module, name, value):
    """Put a value in the place of a parameter: where it stood, and what stood there."""
    *above, last = name.split(".")
    owner: Any = module
    for part in above:
        owner = owner[int(part)] if part.isdigit() and hasattr(owner, "__getitem__") else getattr(owner, part, None)
    for kind in ("_parameters", "_buffers", "__dict__"):
        space = getattr(owner, kind, None)
        if isinstance(space, dict) and last in space:
            before = space[last]
            space[last] = value
            return space, last, before
    raise UsageError(f"Unexpected key(s): {name}: the module has no parameter or buffer of that name",
                     "names are as in module.named_parameters(): 'layer.weight'")  # fmt: skip


def stack_module_state(models):
    """The parameters and the buffers of several equal modules, each stacked along a new first dimension.

    With `functional_call` and `vmap` they make an ensemble of one call. Returns: two dicts by name.
    """
    from chainrule.torch.shapes import stack

    if not models:
        raise UsageError("stack_module_state: Expected at least one model, got 0.", "give a list of modules")
    parameters = [dict(model.named_parameters()) for model in models]
    buffers = [dict(model.named_buffers()) if hasattr(model, "named_buffers") else {} for model in models]
    fresh = {name: stack([one[name].detach() for one in parameters]) for name in parameters[0]}
    for name, value in fresh.items():
        value.requires_grad_(parameters[0][name].requires_grad)
    return fresh, {name: stack([one[name] for one in buffers]) for name in buffers[0]}


def functionalize(func, *, remove="mutations"):
    """The function itself: in-place operations are new values underneath, so there is nothing to remove."""
    return func
