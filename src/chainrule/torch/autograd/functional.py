"""`torch.autograd.functional`: Jacobians, Hessians and their products, of a function at a point.

`inputs` is a tensor or a tuple, and so is what comes back. With `create_graph` the results can be
differentiated again; `strict` raises where an output does not depend on an input.
"""

from typing import Any

from chainrule.core.modes import enable_grad
from chainrule.core.spec import shape_of
from chainrule.torch.autograd import engine
from chainrule.torch.errors import ShapeError, UsageError
from chainrule.torch.shapes import reshape, stack
from chainrule.torch.tensor import of_value

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def _given(inputs, create_graph):
    """The inputs as a tuple that requires gradients: copies, or new links of the same where a graph is "
    "wanted."""
    inputs = inputs if isinstance(inputs, tuple) else (inputs,)
    if create_graph:
        return tuple(each.view_as(each) if each.requires_grad else each.detach().requires_grad_() for each in inputs)
    return tuple(each.detach().requires_grad_() for each in inputs)


def _run(func, inputs, create_graph):
    given = _given(inputs, create_graph)
    with enable_grad():
        output = func(*given)
    outputs = output if isinstance(output, tuple) else (output,)
    return given, outputs, not isinstance(output, tuple), not isinstance(inputs, tuple)


def _bare(values, create_graph):
    return values if create_graph else tuple(each.detach() for each in values)


_SECOND = "While computing the hessian, found that the jacobian of the user-provided function is"


def _constant():
    return UsageError(
        "Output 0 of the user-provided function does not require gradients. The outputs must be computed "
        "in a differentiable manner from the input when running in strict mode.",
        "leave strict away to get zeros",
    )


def _independent(what, place):
    return UsageError(
        f"{what} independent of input {place}. This is not allowed in strict mode.", "leave strict away to get zeros"
    )


def _gradient(output, given, weight, create_graph, strict, order=1):
    """The gradient of one output, zeros where it does not depend on an input; `order` 2 for that of a gradient."""
    if not output.requires_grad:
        if strict:
            raise _constant() if order == 1 else _independent(_SECOND, 0)
        return tuple(each.detach() * 0 for each in given)
    results = engine.grad(
        output, given, weight, retain_graph=True, create_graph=create_graph, allow_unused=True, strict=strict
    )
    if strict and any(each is None for each in results):
        place = next(i for i, each in enumerate(results) if each is None)
        raise _independent("Output 0 of the user-provided function is" if order == 1 else _SECOND, place)
    return tuple(x.detach() * 0 if g is None else g for g, x in zip(results, given))


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"):
    """All first derivatives: for each output and input, shape output.shape + input.shape.

    >>> import chainrule.torch as torch
    >>> torch.autograd.functional.jacobian(lambda x: x**2, torch.tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    given, outputs, one_output, one_input = _run(func, inputs, create_graph)
    rows = []
    for output in outputs:
        parts = [_gradient(output, given, unit, create_graph, strict) for unit in engine.units(output)]
        blocks = tuple(
            reshape(stack([part[i] for part in parts]), tuple(shape_of(output)) + tuple(shape_of(x)))
            for i, x in enumerate(given)
        )
        blocks = _bare(blocks, create_graph)
        rows.append(blocks[0] if one_input else blocks)
    return rows[0] if one_output else tuple(rows)


def hessian(func, inputs, create_graph=False, strict=False, vectorize=False, outer_jacobian_strategy="reverse-mode"):
    """All second derivatives of a function that returns one number.

    >>> import chainrule.torch as torch
    >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def first(*given):
        with enable_grad():
            output = func(*given)
        _scalar(output, "hessian")
        results = _gradient(output, given, None, True, strict)
        return results if isinstance(inputs, tuple) else results[0]

    return jacobian(first, inputs, create_graph, strict)


def _scalar(output, name):
    if isinstance(output, tuple) or output.numel() != 1:
        raise ShapeError(
            f"The Tensor returned by the function given to {name} should contain a single element",
            "return a sum",
        )


def _weights(v, like, name):
    if v is None:
        if any(each.numel() != 1 for each in like):
            raise UsageError(
                f"The vector v can only be None if the user-provided function returns a single Tensor "
                f"with a single "
                f"element ({name}).",
                "pass v, of the shape of what it is multiplied with",
            )
        return tuple(of_value(each.node.value * 0 + 1) for each in like)
    v = v if isinstance(v, tuple) else (v,)
    for given, each in zip(v, like):
        if given.shape != each.shape:
            raise ShapeError(
                f"v has invalid size: should be {each.shape} but got {given.shape}.",
                "v has the shape of its counterpart",
            )
    return v


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """The value, and vᵀ J: one backward pass.

    >>> import chainrule.torch as torch
    >>> torch.autograd.functional.vjp(lambda x: x * 2, torch.ones(2), torch.tensor([1., 3.]))[1]
    tensor([2., 6.])
    """
    given, outputs, one_output, one_input = _run(func, inputs, create_graph)
    weights = _weights(v, outputs, "vjp")
    totals: Any = None
    for output, weight in zip(outputs, weights):
        part = _gradient(output, given, weight, create_graph, strict)
        totals = part if totals is None else tuple(a + b for a, b in zip(totals, part))
    outputs, totals = _bare(outputs, create_graph), _bare(totals, create_graph)
    return (outputs[0] if one_output else outputs), (totals[0] if one_input else totals)


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """The value, and J v: by the derivative of vᵀ J in v, as PyTorch computes it.

    >>> import chainrule.torch as torch
    >>> torch.autograd.functional.jvp(lambda x: x**2, torch.tensor([1., 2.]), torch.ones(2))[1]
    tensor([2., 4.])
    """
    given, outputs, one_output, _ = _run(func, inputs, create_graph)
    v = _weights(v, given, "jvp")
    dummies = tuple(of_value(each.node.value * 0, True) for each in outputs)
    totals: Any = None
    with enable_grad():
        for output, dummy in zip(outputs, dummies):
            if strict and not output.requires_grad:
                raise _constant()
            if output.requires_grad:
                part = engine.grad(output, given, dummy, create_graph=True, allow_unused=True)
                unused = [i for i, g in enumerate(part) if g is None]
                if strict and unused:
                    raise _independent("The output of the user-provided function is", unused[0])
                dot = sum((g * w).sum() for g, w in zip(part, v) if g is not None)
                totals = dot if totals is None else totals + dot
        if totals is None or not totals.requires_grad:
            changes = tuple(each.detach() * 0 for each in outputs)
        else:
            changes = engine.grad(totals, dummies, create_graph=create_graph, allow_unused=True, materialize_grads=True)
    outputs, changes = _bare(outputs, create_graph), _bare(changes, create_graph)
    return (outputs[0] if one_output else outputs), (changes[0] if one_output else changes)


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """The value, and vᵀ H of a function that returns one number."""
    given, outputs, _, one_input = _run(func, inputs, create_graph)
    _scalar(outputs[0], "vhp")
    v = _weights(v, given, "vhp")
    with enable_grad():
        first = _gradient(outputs[0], given, None, True, strict)
        dot = sum((g * w).sum() for g, w in zip(first, v))
    second = _gradient(dot, given, None, create_graph, strict, 2)
    second = _bare(second, create_graph)
    return _bare(outputs, create_graph)[0], (second[0] if one_input else second)


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """The value, and H v of a function that returns one number; H is symmetric, so this is `vhp`.

    >>> import chainrule.torch as torch
    >>> torch.autograd.functional.hvp(lambda x: (x**3).sum(), torch.tensor([1., 2.]), torch.ones(2))[1]
    tensor([ 6., 12.])
    """
    return vhp(func, inputs, v, create_graph, strict)
