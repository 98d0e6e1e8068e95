"""`gradcheck` and `gradgradcheck`: derivatives against central differences."""

import warnings

import numpy

from chainrule.core import forward
from chainrule.core.modes import enable_grad, no_grad
from chainrule.core.record import TENSORS
from chainrule.torch.autograd.engine import grad, units
from chainrule.torch.errors import GradcheckError, UsageError
from chainrule.torch.tensor import of_value


def _tuple(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _numerical(function, inputs, i, outputs, eps):
    """d output / d input i for each output, by central differences: rows are entries of the input."""
    value = inputs[i].node.value
    base = numpy.asarray(value)
    turns = (1, 1j) if base.dtype.kind == "c" else (1,)
    blocks = [numpy.zeros((base.size, numpy.asarray(out.node.value).size), complex) for out in outputs]
    for k in range(base.size):
        for turn in turns:
            ends = []
            for step in (eps, -eps):
                moved = base.copy()
                moved.reshape(-1)[k : k + 1] += step * turn
                changed = list(inputs)
                changed[i] = of_value(moved[()])
                with no_grad():
                    ends.append([numpy.asarray(out.node.value).ravel() for out in _tuple(function(*changed))])
            for block, up, down in zip(blocks, *ends):
                block[k] += (up - down) / (2 * eps) * (turn if turn == 1 else 1j)
    return blocks


def _analytical(output, inputs, i):
    """The same from backward passes, one for each entry of the output."""
    value = numpy.asarray(output.node.value)
    size = numpy.asarray(inputs[i].node.value).size
    block = numpy.zeros((size, value.size), complex)
    for k, unit in enumerate(units(output)):
        (gradient,) = grad(output, [inputs[i]], [unit], retain_graph=True, allow_unused=True)
        if gradient is not None:
            block[:, k] = numpy.asarray(gradient.node.value).ravel()
    return block


def _pushed(output, inputs, i):
    """The same from forward walks, one for each entry of the input."""
    node, value = inputs[i].node, numpy.asarray(inputs[i].node.value)
    nodes, _ = forward.between([output.node], {node})
    block = numpy.zeros((value.size, numpy.asarray(output.node.value).size), complex)
    for k, unit in enumerate(units(inputs[i])):
        moved = {node: unit.node.value}
        with numpy.errstate(all="ignore"):
            forward.walk(nodes, moved)
        if output.node in moved:
            block[k] = numpy.asarray(moved[output.node]).ravel()
    return block


def gradcheck(
    func,
    inputs,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    raise_exception=True,
    nondet_tol=0.0,
    check_undefined_grad=True,
    check_grad_dtypes=False,
    check_batched_grad=False,
    check_forward_ad=False,
    check_backward_ad=True,
    fast_mode=False,
    masked=None,
):
    """Whether the derivatives of `func` at `inputs` agree with differences; raises where they do not.

    Args:
        func: takes tensors and returns one or several.
        inputs: a tensor or a tuple; those that require a gradient are checked, in float64.
        eps, atol, rtol: the step, and how far derivative and differences may part.
        raise_exception: raise GradcheckError instead of returning False.

        check_forward_ad, check_backward_ad: compare forward walks, backward walks, or both.

    The other flags are accepted for compatibility and change nothing here.

    >>> import chainrule.torch as torch
    >>> x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(lambda x: torch.exp(x).sum(), x)
    True
    """
    inputs = _tuple(inputs)
    checked = _checkable(inputs)
    with enable_grad():
        outputs = _tuple(func(*inputs))
        try:
            for i in checked:
                for k, (output, numerical) in enumerate(zip(outputs, _numerical(func, inputs, i, outputs, eps))):
                    if not output.node.tracked:
                        continue
                    if check_backward_ad:
                        analytical = _analytical(output, inputs, i)
                        _compare("Jacobian", "backward", analytical, numerical, (k, i, inputs[i]), rtol, atol)
                    if check_forward_ad:
                        pushed = _pushed(output, inputs, i)
                        said = "Jacobian computed with forward mode"
                        _compare(said, "jvp", pushed, numerical, (k, i, inputs[i]), rtol, atol)
        except GradcheckError:
            if raise_exception:
                raise
            return False
    return True


def _checkable(inputs):
    """The numbers of the inputs that require a gradient; a warning for those in less than double precision."""
    checked = [i for i, each in enumerate(inputs) if type(each) in TENSORS and each.node.tracked]
    if not checked:
        raise UsageError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True.",
            "create the inputs with requires_grad=True",
        )
    for i in checked:
        if numpy.asarray(inputs[i].node.value).dtype not in (numpy.float64, numpy.complex128):
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. "
                f"This check "
                "will likely fail if all the inputs are not of double precision floating point or complex.",
                UserWarning,
                stacklevel=3,
            )
    return checked


def _compare(said, rule, analytical, numerical, where, rtol, atol):
    """Raise where a derivative of output k by input i is not what differences say."""
    k, i, like = where
    if not numpy.allclose(analytical, numerical, rtol, atol):
        raise GradcheckError(
            f"{said} mismatch for output {k} with respect to input {i},\n"
            f"numerical:{_shown(numerical, like)}\n"
            f"analytical:{_shown(analytical, like)}",
            f"the {rule} of a function in it is wrong, or the point lies at a kink",
        )


def _shown(block, like):
    kind = numpy.asarray(like.node.value).dtype
    return of_value(block.real.astype(kind) if kind.kind == "f" else block)


def gradgradcheck(
    func,
    inputs,
    grad_outputs=None,
    *,
    eps=1e-6,
    atol=1e-5,
    rtol=1e-3,
    gen_non_contig_grad_outputs=False,
    raise_exception=True,
    nondet_tol=0.0,
    check_undefined_grad=True,
    check_grad_dtypes=False,
    check_batched_grad=False,
    check_fwd_over_rev=False,
    check_rev_over_rev=True,
    fast_mode=False,
    masked=False,
):
    """Whether second derivatives agree with differences of first ones; see `gradcheck`.

    >>> import chainrule.torch as torch
    >>> x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(torch.sin, (x,))
    True
    """
    inputs = _tuple(inputs)
    with enable_grad():
        outputs = _tuple(func(*inputs))
    if grad_outputs is None:
        rng = numpy.random.default_rng(0)
        grad_outputs = tuple(
            of_value(
                numpy.asarray(rng.standard_normal(tuple(out.shape))).astype(numpy.asarray(out.node.value).dtype)[()],
                True,
            )
            for out in outputs
        )
    grad_outputs = _tuple(grad_outputs)
    chosen = [i for i, each in enumerate(inputs) if type(each) in TENSORS and each.node.tracked]

    def first(*both):
        arguments, weights = list(both[: len(inputs)]), both[len(inputs) :]
        for i in chosen:
            if not arguments[i].node.tracked:
                arguments[i] = arguments[i].detach().requires_grad_()
        with enable_grad():
            return grad(_tuple(func(*arguments)), [arguments[i] for i in chosen], weights, create_graph=True,
                        allow_unused=True, materialize_grads=True)  # fmt: skip

    return gradcheck(first, inputs + grad_outputs, eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception)
