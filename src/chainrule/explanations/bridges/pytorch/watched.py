"""A module watched during training: the look happens inside its backward pass, on the graph that is there."""

import torch

from chainrule.explanations.bridges.pytorch import inputs


def attach(watcher):
    """Count the module's forward passes, and look at every so many of them when their gradient comes."""

    def forward(module, args, output):
        value = next((one for one in _tensors(output) if one.requires_grad and one.grad_fn is not None), None)
        if value is None or not (module.training and torch.is_grad_enabled()):
            return
        node, slot = value.grad_fn, value.output_nr
        watcher.step += 1
        if (watcher.step - 1) % watcher.every == 0:
            _once(value, lambda gradient: _look(watcher, node, slot, gradient))

    watcher.handles.append(watcher.model.register_forward_hook(forward))


def _once(value, look):
    """Call `look` with the gradient of a value, the first time there is one: looking differentiates it again."""
    looked = []

    def hook(gradient):
        if not looked:
            looked.append(True)
            look(gradient)

    value.register_hook(hook)


def _look(watcher, node, slot, gradient):
    """Explain the model from the gradient that arrives at its output."""
    watcher.seen(inputs.explained_from(node, slot, gradient.detach(), watcher.model))


def _tensors(output):
    if torch.is_tensor(output):
        yield output
    elif isinstance(output, (list, tuple)):
        for item in output:
            yield from _tensors(item)
    elif isinstance(output, dict):
        yield from _tensors(list(output.values()))
