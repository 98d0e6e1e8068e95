"""`autograd.backward` and `autograd.grad`: the engine's walk, with PyTorch's flags and its words."""

import warnings
from typing import Any

import numpy

from chainrule.core import cuts, growth, reverse
from chainrule.core.modes import STATE, enable_grad
from chainrule.core.node import Spent, leaf_node
from chainrule.core.record import TENSORS, constant
from chainrule.core.rows import active, keep_inside
from chainrule.core.spec import dtype_of, shape_of
from chainrule.core.tensor import own
from chainrule.errors import GraphFreedError, NoGraphError
from chainrule.places import here
from chainrule.torch import dtypes, gradfn, inplace, versions
from chainrule.torch.autograd import anomaly
from chainrule.torch.autograd.graph import PENDING, finish
from chainrule.torch.errors import DtypeError, NotScalarError, ShapeError, UsageError
from chainrule.torch.kinks import unmoved
from chainrule.torch.tensor import AFTER, LATE, Tensor, as_value, of_value
from chainrule.torch.versions import CHANGES

_float32 = numpy.float32
_ONE = _float32(1.0)
_LARGE = 4096  # bytes; a smaller value may be kept alive by a graph that needs it no more


def _sequence(given) -> tuple[Any, ...]:
    return (given,) if type(given) in TENSORS or given is None else tuple(given)


def _seed(tensor, gradient, index, create_graph):
    """What the walk starts from at one output."""
    node = tensor.node
    if not node.tracked:
        raise _no_graph(node, index)
    value = node.value
    if gradient is None:
        if value.__class__ is _float32:
            return _ONE
        if tensor.numel() != 1:
            raise NotScalarError(
                "grad can be implicitly created only for scalar outputs",
                f"this one has shape {list(shape_of(value))}: reduce it (.sum(), .mean()) or pass "
                f"gradient= of its shape",
            )
        if dtype_of(value).kind == "c":
            raise NotScalarError(
                f"grad can be implicitly created only for real scalar outputs but got {tensor.dtype}",
                "take its real part or its absolute value, or pass gradient=",
            )
        return numpy.ones_like(value)[()]
    given = gradient.node.value if type(gradient) in TENSORS else as_value(gradient)
    if shape_of(given) != shape_of(value):
        raise ShapeError(
            f"Mismatch in shape: grad_output[{index}] has a shape of {_size(given)} and output[{index}] "
            f"has a "
            f"shape of {_size(value)}.",
            "a gradient has the shape of its tensor",
        )
    if (dtype_of(given).kind == "c") != (dtype_of(value).kind == "c"):
        raise DtypeError(
            f"For complex Tensors, both grad_output and output are required to have the same dtype. "
            f"Mismatch in dtype: "
            f"grad_output[{index}] has a dtype of {dtypes.of(dtype_of(given))} and output[{index}] has "
            f"a dtype of "
            f"{tensor.dtype}.",
            "the gradient of a real value is real",
        )
    if create_graph:
        return gradient if type(gradient) in TENSORS else of_value(given)
    return reverse.fit(given, value)


def _no_graph(node, index):
    """The error for a value that requires no gradient, with the lines where values left the graph before it."""
    places = [f"  the graph was cut here: {cut.place} (by {cut.what})" for cut in cuts.latest(node.order)]
    if not STATE.recording:
        places.insert(0, "  operations are not recorded at this line: it runs under no_grad or inference_mode")
    return NoGraphError(
        "\n".join([f"element {index} of tensors does not require grad and does not have a grad_fn", *places]),
        "compute it from tensors with requires_grad=True, by operations on tensors only; setting requires_grad=True "
        "on the result itself would silence this and train nothing"
        if places
        else "create the inputs with requires_grad=True, and check that nothing cut the graph on the way: detach(), "
        "item(), numpy(), int casts, no_grad",
    )


def _size(value):
    return f"torch.Size([{', '.join(map(str, shape_of(value)))}])"


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None):
    """Add the gradients of `tensors`, weighted with `grad_tensors` and summed, to the `.grad` of leaves.

    Args:
        tensors: a tensor or several.
        grad_tensors: a cotangent for each; None for single numbers.
        retain_graph: keep the graph for another pass; by default as `create_graph`.
        create_graph: record the pass itself.
        inputs: accumulate only into these.

    >>> import chainrule.torch as torch
    >>> x = torch.tensor([1., 2.], requires_grad=True)
    >>> torch.autograd.backward([x.sum(), (x * x).sum()])
    >>> x.grad
    tensor([3., 5.])
    """
    tensors = _sequence(tensors)
    gradients = (None,) * len(tensors) if grad_tensors is None else _sequence(grad_tensors)
    if len(gradients) != len(tensors):
        raise UsageError(
            f"got {len(tensors)} tensors and {len(gradients)} gradients",
            "give one gradient (or None) for each tensor",
        )
    wanted = None
    if inputs is not None:
        chosen = _sequence(inputs.values() if isinstance(inputs, dict) else inputs)
        if not chosen:
            raise UsageError("`inputs` argument to `backward()` cannot be empty.", "leave inputs= away")
        wanted = {each.node for each in chosen}
    seeds = [
        (tensor.node, _seed(tensor, gradient, i, create_graph))
        for i, (tensor, gradient) in enumerate(zip(tensors, gradients))
    ]
    if seeds and seeds[0][0].primitive is None:
        _check_leaves([node for node, _ in seeds])
    found = _walk(seeds, wanted, retain_graph, create_graph)
    _accumulate(found, seeds, create_graph)


def _check_leaves(nodes):
    """Warn where backward is called on values that only pretend to have been computed from parameters."""
    found = [cut for node in nodes if node in LATE for cut in cuts.latest(node.order, 1)]
    if found:
        warnings.warn(
            "backward was called on a tensor that no recorded operation made, and whose requires_grad was set "
            f"afterwards: no parameter receives a gradient. The graph was cut at {found[0].place} (by {found[0].what})",
            UserWarning,
            stacklevel=4,
        )


def _walk(seeds, wanted, retain_graph, create_graph):
    """The gradients by node; the graph is freed behind the walk unless it is to be kept."""
    retain = create_graph if retain_graph is None else retain_graph
    visited = [] if not retain or CHANGES.last >= 0 else None
    needed = None
    if wanted is not None:  # nothing runs that does not lead there: no hook, no link that is gone
        needed = reverse.leading([node for node, _ in seeds], wanted)
        for node, seed in seeds:
            if node not in needed and node.hooks:  # those of the outputs run, as PyTorch has it
                reverse.run_hooks(node, seed, Tensor._of if create_graph else None)
        seeds = [seed for seed in seeds if seed[0] in needed]
    checks = anomaly.watch([node for node, _ in seeds]) if anomaly.STATE.on else ()
    try:
        if create_graph:
            with enable_grad():
                found, _ = reverse.walk(seeds, wanted, wrap=Tensor._of, visited=visited, needed=needed)
        else:
            found, _ = reverse.walk(seeds, wanted, visited=visited, needed=needed)
    except GraphFreedError as error:
        raise _freed(error) from None
    finally:
        for node, check in checks:
            node.hooks.remove(check)
        if PENDING.collected:
            finish()
    if visited:
        versions.check(visited)
    if visited and not retain:
        _release(visited, [node for node, _ in seeds])
    return found


def _freed(error):
    """The engine's error with PyTorch's words before its own."""
    return GraphFreedError(
        "Trying to backward through the graph a second time (or directly access saved tensors after "
        f"they have already been freed): {error.what}",
        f"{error.do} (Specify retain_graph=True if you need to backward through the graph a second time)",
    )


def _release(visited, roots):
    """Free what a pass went through, as PyTorch does: links whose rules kept a value.

    A link that kept none (a sum, a reshape) can be walked again, since PyTorch programs rely on it; it
    lets go of large values it only needs the shape of.
    """
    names = [(node, gradfn.name_of(node)) for node in roots if node.params is not None]
    place = here()
    reverse.free([node for node in visited if node.primitive.keeps_inputs], place, STATE.keep_graphs)
    if place is not None:
        growth.passed(place.code, place.instruction)
    for node in visited:
        if not node.values or node.values[0].__class__ is _float32 or STATE.keep_graphs:
            continue
        if any(getattr(value, "nbytes", 0) > _LARGE for value in node.values):
            node.parents = tuple(parent and _lightened(parent) for parent in node.parents)
            node.values = tuple(_hollow(value) for value in node.values)
    for node, name in names:
        if node.primitive.__class__ is Spent and node.primitive.kept is None:
            node.primitive = Spent(node.primitive.place, name, None, node.primitive.order)


def _hollow(value):
    """An array of the same shape and dtype that takes no memory."""
    if getattr(value, "nbytes", 0) <= _LARGE:
        return value
    return numpy.broadcast_to(value.dtype.type(0), value.shape)


def _lightened(parent):
    """A freed parent without its value; any other parent as it is."""
    if parent.primitive.__class__ is not Spent:
        return parent
    stub = leaf_node(_hollow(parent.value), True)
    stub.primitive, stub.order = parent.primitive, parent.order
    return stub


def _accumulate(found, seeds, create_graph):
    """Add gradients to `.grad`, in the same tensor object unless the pass was recorded."""
    given = {id(seed) for _, seed in seeds}
    if active():
        for node, gradient in found.items():
            keep_inside(node, gradient.node.value if type(gradient) in TENSORS else gradient, "backward()")
    for node, gradient in found.items():
        if not node.tracked:  # requires_grad was turned off after the forward pass
            continue
        held = node.grad
        if gradient.__class__ is numpy.ndarray:
            gradient = own(gradient, given)
        if held is None:
            node.grad = gradient if type(gradient) in TENSORS else constant(gradient, Tensor)
        elif create_graph or type(gradient) in TENSORS:
            with enable_grad():
                node.grad = held + gradient
        elif type(held) is Tensor:
            inplace.rebind(held, held.node.value + gradient)
        else:
            node.grad = held + gradient
        if AFTER and node in AFTER:
            weak, hooks = AFTER[node]
            leaf = weak()
            for hook in list(hooks):
                hook(Tensor._of(node) if leaf is None else leaf)


def grad(
    outputs,
    inputs,
    grad_outputs=None,
    retain_graph=None,
    create_graph=False,
    only_inputs=True,
    allow_unused=None,
    is_grads_batched=False,
    materialize_grads=False,
    strict=False,
):
    """The gradients of outputs, weighted and summed, in each of the inputs; `.grad` is left alone.

    Args:
        outputs, inputs: a tensor or several (inputs also a dict, which gives a dict).
        grad_outputs: a cotangent for each output; None for single numbers.
        retain_graph, create_graph: as in `backward`.
        allow_unused: give None for an input that no output depends on, instead of raising.
        is_grads_batched: each cotangent has a first dimension more; so do the results.
        materialize_grads: give zeros in place of None.
        strict: as in PyTorch, a gradient recorded by `create_graph` that turns out constant (that of a linear
            function) requires no gradient, and differentiating it raises. By default its derivative is
            what mathematics says, zero.

    Returns: a tuple with one gradient for each input.

    >>> import chainrule.torch as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> first, = torch.autograd.grad(x**3, x, create_graph=True)
    >>> torch.autograd.grad(first, x)
    (tensor(18.),)
    """
    if materialize_grads and allow_unused is False:
        raise _Value(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False.",
            "leave allow_unused away",
        )
    names = list(inputs) if isinstance(inputs, dict) else None
    chosen = _sequence(inputs.values() if isinstance(inputs, dict) else inputs)
    outputs = _sequence(outputs)
    gradients = (None,) * len(outputs) if grad_outputs is None else _sequence(grad_outputs)
    for each in chosen:
        if not each.node.tracked:
            raise NoGraphError(
                "One of the differentiated Tensors does not require grad",
                "create it with requires_grad=True before the outputs are computed from it",
            )
    missing = {"allow_unused": allow_unused, "materialize_grads": materialize_grads}
    if is_grads_batched:
        options = {"create_graph": create_graph, "strict": strict, **missing}
        results = _batched(outputs, chosen, gradients, retain_graph, options)
    else:
        seeds = [
            (output.node, _seed(output, gradient, i, create_graph))
            for i, (output, gradient) in enumerate(zip(outputs, gradients))
        ]
        found = _walk(seeds, {each.node for each in chosen}, retain_graph, create_graph)
        given = {id(seed) for _, seed in seeds}
        recorded = create_graph and not strict
        results = [_handed(found.get(each.node), i, each, given, recorded, **missing) for i, each in enumerate(chosen)]
    return tuple(results) if names is None else dict(zip(names, results))


def _batched(outputs, inputs, gradients, retain_graph, options):
    """`grad` for each row of the cotangents; the rows of each result stacked."""
    from chainrule.torch.shapes import stack

    count = len(next(g for g in gradients if g is not None))
    rows = []
    for k in range(count):
        part = [None if g is None else g[k] for g in gradients]
        rows.append(grad(outputs, inputs, part, True if k + 1 < count else retain_graph, **options))
    return [None if column[0] is None else stack(column) for column in zip(*rows)]


def _handed(gradient, i, each, given, recorded, allow_unused, materialize_grads):
    """The gradient by the i-th input as `grad` hands it out: a tensor, or None for an unused input."""
    if gradient is None:
        if materialize_grads:
            gradient = numpy.zeros_like(each.node.value)[()]
        elif allow_unused:
            return None
        else:
            raise UsageError(
                f"The differentiated Tensor at index {i} appears to not have been used in the graph. "
                "Set allow_unused=True if this is the desired behavior.",
                "check that the outputs are computed from this very tensor (not from a copy or a detached one)",
            )
    if type(gradient) not in TENSORS:
        gradient = constant(own(gradient, given), Tensor)
    if recorded and not gradient.node.tracked:
        with enable_grad():
            gradient = unmoved(gradient, each)
    return gradient


def units(output):
    """Every cotangent that picks one entry of an output."""
    value = numpy.asarray(output.node.value)
    for k in range(value.size):
        unit = numpy.zeros(value.shape, value.dtype)
        unit.reshape(-1)[k : k + 1] = 1
        yield of_value(unit[()])


class _Value(UsageError):
    """What PyTorch raises as a ValueError."""
