"""`torch.compile`: functions of tensors as native code."""

import functools
from typing import Any


def compile(model=None, *, fullgraph=False, dynamic=None, backend: Any = "inductor", mode=None, options=None,
            disable=False) -> Any:  # fmt: skip
    """The function, or the object that is called as one, as native code; also a decorator.

    It is `chainrule.compile` under PyTorch's name: traced once for each kind of call (shapes, dtypes, what requires
    a gradient), with a guard at every branch, and it gives what the function gives: values, gradients in `.grad`
    of its arguments and of every parameter that it reads, changes in place under `no_grad`, a `backward()` inside.
    What requires a gradient comes out with `grad_fn=<CompiledFunctionBackward>`; its backward pass is native code
    too, and derivatives of it run the function eagerly.

    Args:
        fullgraph: raise NotCompiledError where the function cannot be compiled, in place of running it as it is.
        dynamic: changes nothing: each shape is compiled for itself.
        backend, mode, options: change nothing: there is one compiler.
        disable: True returns the function itself.

    What cannot be compiled (random numbers, printing a value, a view of an argument that is returned) runs as it
    is, and says so once in a RunsEagerlyWarning.

    Raises: ArgumentError for what is no function; MissingPackageError where llvmlite is not installed.

    >>> import chainrule.torch as torch
    >>> w = torch.tensor(0.5, requires_grad=True)
    >>> @torch.compile
    ... def loss(x):
    ...     return (torch.sigmoid(w * x) - 1.0) ** 2
    >>> loss(torch.tensor(2.0)).backward()
    >>> w.grad
    tensor(-0.2115)
    """
    if model is None:
        return functools.partial(compile, fullgraph=fullgraph, dynamic=dynamic, backend=backend, mode=mode,
                                 options=options, disable=disable)  # fmt: skip
    if disable:
        return model
    from chainrule import compilation

    return compilation.compile(model, fullgraph=fullgraph)
