"""`torch.utils.checkpoint`: a stretch of a computation that is not kept but computed again in backward."""

from chainrule.torch.errors import UsageError
from chainrule.transforms import checkpoint as engine

__all__ = ["checkpoint", "checkpoint_sequential"]


def checkpoint(
    function,
    *args,
    use_reentrant=None,
    context_fn=None,
    determinism_check="default",
    debug=False,
    preserve_rng_state=True,
    **kwargs,
):
    """The value of `function(*args, **kwargs)`, of which the backward pass needs nothing but the arguments.

    There is one way here, for both settings of `use_reentrant`: closures, nested structures, keyword
    arguments and higher derivatives all work, and a second run that gives other values raises.

    Args:
        preserve_rng_state: give the second run the random numbers of the first.
        context_fn: returns two context managers, for the first run and for the second.
        determinism_check, debug: accepted for compatibility; values are always compared.

    >>> import chainrule.torch as torch
    >>> from chainrule.torch.utils.checkpoint import checkpoint
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> checkpoint(lambda x: x * x, x, use_reentrant=False).backward()
    >>> x.grad
    tensor(6.)
    """
    if context_fn is None:
        return engine.checkpoint(function, preserve_rng_state)(*args, **kwargs)
    contexts = iter(context_fn())
    second = []

    def inside(*args, **kwargs):
        if not second:
            first, again = contexts
            second.append(again)
            with first:
                return function(*args, **kwargs)
        with second[0]:
            return function(*args, **kwargs)

    return engine.checkpoint(inside, preserve_rng_state)(*args, **kwargs)


def checkpoint_sequential(functions, segments, input, use_reentrant=None, preserve_rng_state=True, **kwargs):
    """The functions one after the other, in so many stretches, each but the last checkpointed."""
    if kwargs:
        raise UsageError(f"Unexpected keyword arguments: {','.join(kwargs)}", "leave them away")
    functions = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = max(1, len(functions) // segments)

    def stretch(start, end):
        def run(value):
            for function in functions[start:end]:
                value = function(value)
            return value

        return run

    start = 0
    for _ in range(segments - 1):
        input = checkpoint(stretch(start, start + size), input, preserve_rng_state=preserve_rng_state)
        start += size
    return stretch(start, len(functions))(input)
