"""`torch.autograd.graph`: nodes of the graph, and hooks on several tensors at once.

>>> import chainrule.torch as torch
>>> x = torch.tensor(2.0, requires_grad=True)
>>> isinstance((x * x).grad_fn, torch.autograd.graph.Node)
True
"""

import threading
from typing import NamedTuple

from chainrule.core.record import TENSORS
from chainrule.torch import gradfn, versions
from chainrule.torch.errors import UsageError
from chainrule.torch.tensor import RemovableHandle, of_value

__all__ = [
    "GradientEdge", "Node", "allow_mutation_on_saved_tensors", "get_gradient_edge", "register_multi_grad_hook",
]  # fmt: skip

Node = gradfn.GradFn
allow_mutation_on_saved_tensors = versions.allow_mutation_on_saved_tensors


class GradientEdge(NamedTuple):
    """Where a gradient arrives: a node, and which of its results."""

    node: Node
    output_nr: int


def get_gradient_edge(tensor):
    """The edge at which the gradient of a tensor arrives.

    Raises: UsageError for a tensor that requires no gradient.
    """
    if not tensor.node.tracked:
        raise UsageError("It is not possible to get the gradient edge for a Tensor that does not require gradients",
                         "create it with requires_grad=True")  # fmt: skip
    return GradientEdge(gradfn.of(tensor.node), 0)


class _Pending(threading.local):
    """The hooks on several tensors that the present backward pass has begun to serve."""

    def __init__(self):
        self.collected = []


PENDING = _Pending()


class _Collected:
    """The gradients of several tensors in the present pass."""

    def __init__(self, count, hook, first_only):
        self._count, self._hook, self._first_only = count, hook, first_only
        self.forget()

    def forget(self):
        self._found = {}

    def add(self, place, gradient):
        if not self._found:
            PENDING.collected.append(self)
        elif self._first_only:
            return
        self._found[place] = gradient
        if self._first_only:
            self._hook(gradient)
        elif len(self._found) == self._count:
            self.call()

    def call(self):
        """Call the hook with what there is; once a pass."""
        if self._found and not self._first_only:
            found, self._found = self._found, {}
            PENDING.collected.remove(self)
            self._hook([found.get(i) for i in range(self._count)])


def finish():
    """A backward pass is over: call the hooks of which some tensors took no part in it."""
    for collected in list(PENDING.collected):
        collected.call()
        collected.forget()
    PENDING.collected.clear()


def register_multi_grad_hook(tensors, fn, *, mode="all"):
    """Call `fn` once a backward pass for several tensors.

    Args:
        tensors: tensors that require gradients.
        fn: with mode "all", called with the list of their gradients, None for a tensor that took no part, once
            all are there; with mode "any", called with the first of the gradients.

    Returns: a handle with `.remove()`.

    >>> import chainrule.torch as torch
    >>> a, b = (torch.tensor(v, requires_grad=True) for v in (2.0, 3.0))
    >>> handle = torch.autograd.graph.register_multi_grad_hook((a, b), lambda grads: print(grads))
    >>> (a * b).backward()
    [tensor(3.), tensor(2.)]
    """
    tensors = list(tensors)
    if mode not in ("all", "any"):
        raise UsageError(f"Expects mode to be one of ('all', 'any') but got {mode}", "choose one of the two")
    collected = _Collected(len(tensors), fn, mode == "any")

    def at(place):
        return lambda gradient: collected.add(place, gradient if type(gradient) in TENSORS else of_value(gradient))

    handles = [tensor.register_hook(at(place)) for place, tensor in enumerate(tensors)]
    return _Handles(handles)


class _Handles(RemovableHandle):
    """A handle for several hooks."""

    def __init__(self, handles):
        self._handles = handles

    def remove(self):
        for handle in self._handles:
            handle.remove()
