"""PyTorch's nodes and tensors: walking them, calling one, and summaries of tensors."""

import math
import re
from typing import Any

import torch

from chainrule.explanations.collect import numbers
from chainrule.explanations.collect.record import Summary
from chainrule.explanations.rules import rooms

_SAMPLE = 2**17  # entries that a local derivative is judged by, at most


class InPlace(Exception):
    """A value that the graph needs was changed in place since it was recorded."""


def topological(root):
    """Every node behind a root, each before its parents; iterative, so depth is free."""
    out, seen, stack = [], set(), [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            out.append(node)
            continue
        if node in seen:
            continue
        seen.add(node)
        stack.append((node, True))
        stack += [(parent, False) for parent, _ in node.next_functions if parent is not None and parent not in seen]
    return out[::-1]


def address(tensor, order):
    """The node and output that a tensor is in a graph; (None, 0) where it is not in it."""
    if tensor.grad_fn is not None:
        return (tensor.grad_fn, tensor.output_nr) if tensor.grad_fn in set(order) else (None, 0)
    for node in order:
        if getattr(node, "variable", None) is tensor:
            return node, 0
    return None, 0


def operation(node):
    """Our name for what a node does."""
    name = node.name().split("::")[-1]
    if name == "AccumulateGrad":
        return "input"
    name = re.sub(r"Backward\d*$", "", name)
    name = re.sub(r"^(Native|Slow|Mkldnn|Cudnn)", "", name).lstrip("_")
    op = rooms.same(rooms.snake(name))
    if op == "threshold":
        return "relu"
    return {"scaled_dot_product_flash_attention_for_cpu": "attention"}.get(op, op)


def called(node, args):
    """What a node's backward gives for these gradients of its outputs, as a tuple."""
    results = node(*args) if callable(node) else node.apply(*args)  # a Function of the user's has only `apply`
    return results if isinstance(results, tuple) else (results,)


def fitted(gradient, like):
    """A gradient in the shape and dtype of the value it belongs to, as the engine makes it."""
    if tuple(gradient.shape) != tuple(like.shape):
        gradient = gradient.sum_to_size(like.shape)
    return gradient.to(like.dtype) if gradient.dtype != like.dtype else gradient


@torch.no_grad()
def summarised(array):
    """The Summary of a tensor, in three passes and without a copy."""
    if array is None:
        return None
    array = array.detach()
    if array.layout != torch.strided:
        array = array.coalesce().values() if array.is_sparse else array.to_dense()
    shape, dtype = tuple(array.shape), str(array.dtype).replace("torch.", "")
    if not array.numel():
        return Summary(shape, dtype, 0.0, 0.0, 0.0, 0.0)
    if array.is_complex():
        array = array.abs()
    if not array.dtype.is_floating_point:
        array = array.double()
    low, high = torch.aminmax(array)
    least, most = float(low), float(high)
    if not (math.isfinite(least) and math.isfinite(most)):
        return _renamed(array.float() if array.dtype == torch.bfloat16 else array, dtype)
    wide = torch.float64 if array.dtype == torch.float64 else torch.float32
    norm = float(torch.linalg.vector_norm(array, dtype=wide))
    bound = max(abs(least), abs(most))
    if bound and (norm == 0 or math.isinf(norm) or bound < 1e-18):
        norm = bound * float(torch.linalg.vector_norm(array.to(wide) / bound))
    zeros = 1.0 - float(torch.count_nonzero(array)) / array.numel()
    limits = torch.finfo(array.dtype)
    tiny = 0.0
    if bound and (bound <= 1e6 * limits.tiny or dtype == "float16"):
        tiny = float(((array != 0) & (array.abs() < limits.tiny)).float().mean())
    return Summary(shape, dtype, norm, least, most, zeros, tiny)


def _renamed(array, dtype):
    summary = numbers.summarised(array.cpu().numpy())
    summary.dtype = dtype
    return summary


def sampled(tensor):
    """A tensor as a NumPy array; of a large one, some of its units, on the whole batch."""
    if not torch.is_tensor(tensor):
        return None
    tensor = tensor.detach()
    if tensor.numel() > _SAMPLE and tensor.dim() > 1:
        flat = tensor.flatten(1)
        units = max(1, _SAMPLE // flat.shape[0])
        tensor = flat[:, :: max(1, flat.shape[1] // units)]
        tensor = tensor[:: max(1, tensor.numel() // _SAMPLE)] if tensor.numel() > 2 * _SAMPLE else tensor
    elif tensor.numel() > _SAMPLE:
        tensor = tensor[:: tensor.numel() // _SAMPLE]
    return tensor.float().cpu().numpy() if tensor.dtype in (torch.bfloat16, torch.float16) else tensor.cpu().numpy()


def saved(node, name) -> Any:
    try:
        return getattr(node, name, None)
    except RuntimeError:  # freed
        return None


def saved_shape(node, argument):
    value = saved(node, ("_saved_self", "_saved_other")[argument] if argument < 2 else "_saved_target")
    if value is None and argument == 1:
        value = saved(node, "_saved_target")
    return tuple(value.shape) if torch.is_tensor(value) else None


def constant_name(joint, argument):
    """A constant operand as it may be called: its number, or a letter."""
    value = saved(joint.origin, ("_saved_self", "_saved_other")[argument] if argument < 2 else "_saved_exponent")
    if torch.is_tensor(value) and value.numel() == 1:
        return f"{value.item():.4g}"
    return {"addmm": "βXW"}.get(joint.op, "ABCDE")[argument] if argument < 3 else "c"


def further_names(joint):
    """Operands that are no edge: an exponent."""
    value = saved(joint.origin, "_saved_exponent")
    if isinstance(value, (int, float)):
        return [f"{value:g}"]
    return ["c"] if len(joint.edges) == 1 and joint.op in ("add", "subtract", "multiply", "divide", "maximum") else []


def selecting(node, joint, edge):
    """The slopes of a link that selects: what it passes on of ones."""
    like = node._input_metadata[0]
    if math.prod(like.shape) > 8 * _SAMPLE:
        return None
    try:
        with torch.no_grad():
            results = called(node, [torch.ones(like.shape, dtype=like.dtype, device=like.device)])
    except (RuntimeError, TypeError):
        return None
    got = results[joint.edges.index(edge)]
    return None if got is None else numbers.local_of(sampled(got), 1.0)


def attention(node, tangents):
    """The tangent of fused attention, which has no second derivative of its own, through its definition."""
    inputs = [saved(node, f"_saved_{name}") for name in ("query", "key", "value")]
    if not all(torch.is_tensor(x) for x in inputs) or saved(node, "_saved_dropout_p"):
        return None
    mask, causal, scale = (saved(node, f"_saved_{name}") for name in ("attn_mask", "is_causal", "scale"))

    def attend(q, k, v):
        scores = q @ k.transpose(-1, -2) * (scale if scale is not None else 1 / math.sqrt(q.shape[-1]))
        if causal:
            hidden = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
            scores = scores.masked_fill(hidden, -math.inf)
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
        return torch.softmax(scores, -1) @ v

    with torch.enable_grad():  # forward by reverse twice; torch.func.jvp would warn of torch.jit
        primal = [x.detach().requires_grad_() for x in inputs]
        out = attend(*primal)
        seed = torch.zeros_like(out, requires_grad=True)
        back = torch.autograd.grad((out * seed).sum(), primal, create_graph=True)
        total = sum((g * t).sum() for g, t in zip(back, tangents) if t is not None)
        (tangent,) = torch.autograd.grad(total, [seed])
    return [tangent, *(None for _ in node._input_metadata[1:])]


def freed(node):
    """Whether a backward pass has freed what a node saved; None where it saved nothing."""
    for name in dir(node):
        if name.startswith("_saved_"):
            try:
                value = getattr(node, name)
            except RuntimeError:
                return True
            if torch.is_tensor(value):
                return False
    return None
