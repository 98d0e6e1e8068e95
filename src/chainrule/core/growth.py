"""Graphs that grow from one iteration to the next: a value kept where its number was meant.

A loop that runs backward passes from one line is looked at now and then: after 8, 16, 32 ... passes. Where the
graph behind one of its variables has grown by a link or more an iteration each time, a warning names the
variable and the line that extends it. Looking costs nothing between these passes.
"""

import warnings
from typing import Any

from chainrule.core.node import Spent
from chainrule.core.record import TENSORS
from chainrule.places import Place, user_frame

_FIRST, _MOST = 8, 1 << 20  # passes from one line: looked at from the first on, until the last
_FRAMES, _ITEMS, _LINKS = 4, 10_000, 200_000  # how far a look goes
_PASSES = {}  # (id of the code, instruction) -> [how many passes ran from there, the code]
_SIZES = {}  # (the same, id of the code that holds a variable, its name) -> the sizes found so far


def passed(code, instruction):
    """A backward pass has run from a line of the user's."""
    key = id(code), instruction
    held = _PASSES.get(key)
    if held is None:
        held = _PASSES[key] = [0, code]
    count = held[0] = held[0] + 1
    if count >= _FIRST and count & (count - 1) == 0 and count <= _MOST:
        _look(key, count)


def _look(key, count):
    if len(_PASSES) > 1000:
        _PASSES.clear()
        _SIZES.clear()
    frame, looked = user_frame(), 0
    while frame is not None and looked < _FRAMES:
        for name, value in list(frame.f_locals.items()):
            for own, node in _held(name, value):
                _measure((*key, id(frame.f_code), own), own, node, count)
        frame, looked = frame.f_back, looked + 1


def _held(name, value):
    """Names and nodes of the tracked Tensors that a variable holds, itself or in a container or an object."""
    kind = type(value)
    if kind in TENSORS:
        if value.node.tracked and value.node.primitive is not None:
            yield name, [value.node]
    elif kind in (list, tuple):
        nodes = [one.node for one in value[-_ITEMS:] if type(one) in TENSORS and one.node.tracked]
        if nodes:
            yield name, nodes
    elif kind is dict:
        for key, one in list(value.items())[:_ITEMS]:
            if type(one) in TENSORS or type(one) is list:
                yield from _held(f"{name}[{key!r}]", one)
    elif name == "self":
        for key, one in list(getattr(value, "__dict__", {}).items()):
            if type(one) in TENSORS or type(one) is list:
                yield from _held(f"self.{key}", one)


def _measure(key, name, nodes, count):
    sizes = _SIZES.setdefault(key, [])
    sizes.append(_size(nodes))
    if len(sizes) < 3:
        return
    before, middle, now = sizes[-3:]
    steady = 1.6 * before <= middle <= 2.5 * before and 1.6 * middle <= now <= 2.5 * middle
    if steady and now - middle >= count // 2:  # a link or more an iteration, from the start on
        _SIZES[key] = [-_LINKS * 4] * 3  # said once
        _warn(name, nodes[-1], now, count)


def _size(nodes):
    """How many links are kept by some nodes."""
    seen: set[Any] = set(nodes)
    stack = list(nodes)
    while stack and len(seen) < _LINKS:
        node = stack.pop()
        if node.primitive is None or node.primitive.__class__ is Spent and not node.link:
            continue
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return len(seen)


def _warn(name, node, size, count):
    where = f"\n  where: {Place(node.code, node.instruction)}" if node.code is not None else ""
    frame: Any = user_frame()
    warnings.warn_explicit(
        f"the graph behind {name!r} grows with every iteration: it has {size} links after {count} backward passes from "
        f"one line, and memory grows with it{where}\n  what to do: keep the number (loss.item()) where only that is "
        "wanted, or cut the value with detach() (stop_gradient) before the next iteration",
        UserWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
    )
