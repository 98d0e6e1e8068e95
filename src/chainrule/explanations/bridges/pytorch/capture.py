"""Watching a forward pass: the user's expressions, lines, values and module scopes, for an explanation afterwards.

What is seen is put into the metadata of the graph's own nodes, and lives exactly as long as they do. Of values,
only summaries are kept.
"""

import os
import sys
import weakref
from dataclasses import dataclass

import torch
from torch.nn.modules import module as modules
from torch.overrides import TorchFunctionMode

from chainrule.explanations.bridges.pytorch.nodes import summarised
from chainrule.explanations.collect.record import Summary
from chainrule.explanations.collect.source import Sources
from chainrule.places import INSIDE, Place

_SESSIONS = weakref.WeakSet()
_LEAVING = frozenset("item tolist numpy __float__ __int__ __bool__ __index__ __array__ __complex__".split())
_INNER = 64  # nodes of one call that are marked, at most


@dataclass(slots=True)
class Info:
    """What a call left at the node it made."""

    name: str
    expression: str
    file: str | None
    line: int | None
    scope: str
    operands: tuple
    value: Summary | None
    session: "Capture"


class Capture(TorchFunctionMode):
    """`with cr.capture(model):` around a forward pass.

    Args:
        model: a module, or several; their parameter paths and scopes are used. May be left out.
    """

    def __init__(self, *models):
        super().__init__()
        self.models, self._sources = models, Sources()
        self._scopes = {id(module): path for model in models for path, module in model.named_modules()}
        self._stack, self._handles = [], []
        self._serials, self._next, self._calls, self._left = {}, 0, [], []
        _SESSIONS.add(self)

    def __enter__(self):
        self._handles = [
            modules.register_module_forward_pre_hook(lambda module, args: self._enter(module)),
            modules.register_module_forward_hook(lambda module, args, out: self._leave(), always_call=True),
        ]
        super().__enter__()
        return self

    def __exit__(self, *exception):
        for handle in self._handles:
            handle.remove()
        return super().__exit__(*exception)

    def _enter(self, module):
        self._stack.append(self._scopes.get(id(module)))

    def _leave(self):
        if self._stack:
            self._stack.pop()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        inputs = [x for x in _flat((args, tuple((kwargs or {}).values())))]
        name = getattr(func, "__name__", str(func))
        if name in ("__get__", "__set__") and not self._is_data(func):
            return out
        tracked = [x for x in inputs if x.requires_grad or id(x) in self._serials]
        if not tracked:
            return out
        place = _place()
        for result in _flat((out,)):
            self._result(self._what(func, name), result, inputs, tracked, place)
        if name in _LEAVING and place is not None:
            self._left.append(([self._serial(x) for x in tracked], name.strip("_"), place.filename, place.line))
        return out

    @staticmethod
    def _is_data(func):
        return getattr(getattr(func, "__self__", None), "__name__", "") == "data"

    def _what(self, func, name):
        return "data" if name in ("__get__", "__set__") else name

    def _result(self, what, result, inputs, tracked, place):
        if any(result is x for x in inputs) and result.grad_fn is None:
            return
        cut = not result.requires_grad
        if cut and not torch.is_grad_enabled() and what not in ("detach", "argmax"):
            what = "no_grad"
        file, line = (place.filename, place.line) if place is not None else (None, None)
        self._calls.append((self._serial(result), [self._serial(x) for x in tracked], cut, what, file, line))
        node = result.grad_fn
        if node is None or place is None:
            return
        expression = self._sources.expression(place.code, place.instruction)
        target, text = (expression.target or "", expression.text) if expression is not None else ("", "")
        scope = next((scope for scope in reversed(self._stack) if scope), "")
        shapes = tuple(tuple(x.shape) for x in inputs) if len(inputs) == 2 else ()
        info = Info(target, text, file, line, scope, shapes, summarised(result), self)
        node.metadata["chainrule"] = info
        self._mark_inner(node, inputs, Info("", "", file, line, scope, (), None, self))

    def _mark_inner(self, node, inputs, info):
        """The other nodes that the same call made get its line and scope."""
        ends = {x.grad_fn for x in inputs if x.grad_fn is not None}
        stack, budget = [parent for parent, _ in node.next_functions], _INNER
        while stack and budget:
            inner = stack.pop()
            if inner is None or inner in ends or "chainrule" in inner.metadata or hasattr(inner, "variable"):
                continue
            inner.metadata["chainrule"] = info
            budget -= 1
            stack += [parent for parent, _ in inner.next_functions]

    def _serial(self, tensor):
        """A number for a tensor, its own as long as the tensor lives."""
        key = id(tensor)
        held = self._serials.get(key)
        if held is not None and held[0]() is tensor:
            return held[1]
        self._next += 1
        self._serials[key] = weakref.ref(tensor), self._next
        return self._next

    def knows(self, tensor):
        held = self._serials.get(id(tensor))
        return held is not None and held[0]() is tensor

    def cut_between(self, target, source):
        """`(what, file, line)` of the last cut between two tensors; None where none was seen."""
        if not self.knows(source):
            return None
        tainted: dict = {self._serial(source): None}
        for out, inputs, cut, what, file, line in self._calls:
            reached = [serial for serial in inputs if serial in tainted]
            if not reached:
                continue
            before = next((tainted[s] for s in reached if tainted[s] is not None), None)
            tainted[out] = (what, file, line) if cut and before is None else before
        if self.knows(target) and tainted.get(self._serial(target)) is not None:
            return tainted[self._serial(target)]
        for serials, what, file, line in self._left:
            if any(serial in tainted for serial in serials):
                return what, file, line
        return None


def session_of(tensor):
    """The capture that saw a tensor, or None."""
    return next((session for session in _SESSIONS if session.knows(tensor)), None)


def session_of_graph(root):
    """The capture under which a node was made, or None."""
    info = root.metadata.get("chainrule") if hasattr(root, "metadata") else None
    return info.session if info is not None else None


def _flat(values):
    """The tensors in nested tuples, lists and dicts."""
    for value in values:
        if torch.is_tensor(value):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _flat(value)
        elif isinstance(value, dict):
            yield from _flat(value.values())


_TORCH = os.path.dirname(torch.__file__)


def _place():
    """The user's present line: outside this library and PyTorch."""
    frame = sys._getframe(2)
    while frame is not None:
        filename = frame.f_code.co_filename
        if not (INSIDE[filename] or filename.startswith((_TORCH, "<frozen"))):
            return Place(frame.f_code, frame.f_lasti)
        frame = frame.f_back
    return None
