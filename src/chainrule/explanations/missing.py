"""Why a gradient is missing: no path at all, a path that was cut, or a path with a dead link.

Three different words for three different repairs. *Disconnected*: the target was not computed from the
source. *Cut*: it was, and something on the way dropped the derivative. *Zero*: the path is whole, and a
link on it has slope 0 at the values it met.
"""

import numpy

from chainrule.core import cuts
from chainrule.core.node import Spent
from chainrule.core.record import TENSORS
from chainrule.core.reverse import freed
from chainrule.core.selection import add, plain
from chainrule.core.spec import dtype_of, is_differentiable
from chainrule.errors import ArgumentError
from chainrule.explanations import collect
from chainrule.places import Place

__all__ = ["Reason", "why_none", "why_zero"]


class Reason:
    """Why a gradient is None or zero. Prints as text.

    Attributes:
        kind: "disconnected", "cut", "zero", or "connected" where nothing is missing.
        text: the reason in words.
        places: the lines that made it so, most likely first.
        do: what to do about it.
    """

    def __init__(self, kind, text, places=(), do=""):
        self.kind, self.text, self.places, self.do = kind, text, list(places), do

    def __repr__(self):
        lines = [f"{self.kind}: {self.text}"]
        lines += [f"  where: {place}" for place in self.places]
        lines += [f"  what to do: {self.do}"] if self.do else []
        return "\n".join(lines)


def why_none(target, source):
    """Why there is no gradient of the target by the source.

    Args:
        target, source: Tensors of any front.

    Returns: a `Reason`, which prints as text; its `kind` is "disconnected", "cut" or "connected".
    Raises: ArgumentError for what is no Tensor; GraphFreedError where a backward pass freed the graph.

    >>> import numpy as np, chainrule as cr
    >>> x = cr.tensor(3.0, requires_grad=True)
    >>> y = np.sin(cr.stop_gradient(x))
    >>> cr.why_none(y, x).kind
    'cut'
    >>> cr.why_none(x * 2.0, x).kind
    'connected'
    """
    _check(target, source)
    return reason(target.node, [collect.node_of(source)])


def reason(target, sources):
    """As `why_none`, from the node of the target to any of the nodes of the source."""
    if not any(is_differentiable(node.value) for node in sources):
        kind = dtype_of(sources[0].value)
        return Reason("disconnected", f"the source has dtype {kind}, and only floating point has derivatives",
                      do="make it a floating point value")  # fmt: skip
    found = _cuts_between(target, sources)
    if reaches(target, sources, strict=not found):
        return Reason("connected", "a path leads from the source to the target, so there is a gradient",
                      do="ask why_zero where it is 0")  # fmt: skip
    if found:
        return _cut(found)
    late = [node for node in sources if node.order > target.order]
    if late and target.primitive is None and not target.tracked:
        return _late(late[0])
    if len(late) == len(sources) and late[0].primitive is not None:
        return _rebound(late[0])
    if not any(node.tracked is not False for node in sources):
        return Reason("disconnected", "the source does not require a gradient, so nothing was recorded for it",
                      do="make it with requires_grad=True, or watch it on a tape, before computing")  # fmt: skip
    if not is_differentiable(target.value):
        return Reason("cut", f"the target has dtype {dtype_of(target.value)}, and only floating point has derivatives",
                      do="differentiate a floating point value that is computed before the conversion")  # fmt: skip
    if target.tracked is False:
        return Reason("disconnected", "nothing was recorded for the target: it was computed from constants, under "
                      "no_grad, outside the tape, or from values that had left the graph",
                      do="compute it from the source, where operations are recorded")  # fmt: skip
    return _no_path(target)


_REPAIRS = {
    "detach": "leave detach or stop_gradient away where the derivative is wanted",
    "stop_gradient": "leave stop_gradient away where the derivative is wanted",
    "detach_": "leave detach_ away where the derivative is wanted",
    "no_grad": "compute it outside of no_grad where the derivative is wanted",
    "item()": "keep the tensor itself: item() gives a bare number",
    ".data": "use the tensor itself: .data is its value without its history",
    "torch.tensor()": "use the tensor itself, or clone(): torch.tensor() copies the bare value",
    "cast": "keep the value in floating point: an integer does not move",
    "conversion": "keep the value in floating point: an integer does not move",
    **dict.fromkeys(("gt()", "lt()", "ge()", "le()", "eq()", "ne()"),
                    "a comparison has no slope: train by a smooth score (a probability, a margin) instead"),
    "assign()": "use the computed value itself: a derivative does not pass through a Variable's state",
    **dict.fromkeys(("floor", "ceil", "rint", "floor_divide", "argmax", "argmin", "argsort"),
                    "use a smooth function instead: a staircase has no slope"),
}  # fmt: skip


def _cut(found):
    """The reason for a path that was cut, from its cuts, the latest first."""
    found = list({str(cut.place): cut for cut in reversed(found)}.values())[::-1][:3]
    whats = list(dict.fromkeys(cut.what for cut in found))
    several = " (several places are possible)" if len(found) > 1 else ""
    return Reason(
        "cut",
        f"a value computed from the source left the graph by {' and '.join(whats)}{several}, and no other path "
        "leads to the target",
        [cut.place for cut in found],
        _REPAIRS.get(whats[0].split(" ")[0], "compute the target with operations on tensors only"),
    )


def _late(node):
    places = [] if node.code is None else [Place(node.code, node.instruction)]
    return Reason("disconnected", "the source was watched only after the target had been computed", places,
                  "watch it first: only operations after watch are recorded")  # fmt: skip


def _rebound(node):
    return Reason(
        "cut",
        "the source was made after the target: its name was bound to a new value in between, and the target was "
        "computed from the earlier one",
        [] if node.code is None else [Place(node.code, node.instruction)],
        "keep the earlier value under a name of its own, or change it in place (w -= ..., assign_sub)",
    )


def _no_path(target):
    made = [] if target.code is None else [Place(target.code, target.instruction)]
    named = [node.name for node in ancestors(target) if node.primitive is None and node.name]
    others = f" (it was computed from {', '.join(map(repr, named))})" if named else ""
    return Reason("disconnected", f"the target was computed without the source{others}", made,
                  "check that this very Tensor, not an earlier or a later one of the same name, was used")  # fmt: skip


def _check(target, source):
    for name, given in (("target", target), ("source", source)):
        if type(given) not in TENSORS:
            raise ArgumentError(f"{name} is a {type(given).__name__}, not a Tensor", "give the Tensor itself")


def ancestors(node):
    """The node and every node it was computed from."""
    seen, stack = {node}, [node]
    while stack:
        one = stack.pop()
        yield one
        if one.primitive is None or _is_freed(one):
            continue
        parents = one.primitive.kept[2] if one.primitive.__class__ is Spent else one.parents
        for parent in parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)


def _is_freed(node):
    return node.primitive.__class__ is Spent and node.primitive.kept is None


def reaches(target, sources, strict=True):
    """Whether a path leads from one of the sources to the target.

    Raises: GraphFreedError, where `strict`, if a backward pass has freed what would tell.
    """
    wanted, oldest, lost = set(sources), min(node.order for node in sources), None
    for node in ancestors(target):
        if node in wanted:
            return True
        if _is_freed(node) and node.order > oldest:
            lost = node
    if lost is not None and strict:
        raise freed(lost)
    return False


def _cuts_between(target, sources):
    """The cuts of values that come from a source, made before the target was, the latest first."""
    oldest = min(node.order for node in sources)
    wanted = set(sources)
    return [
        cut
        for cut in reversed(cuts.remembered())
        if oldest <= cut.order <= target.order and cut.comes_from(wanted, _reaches)
    ]


def _reaches(node, sources):
    return reaches(node, sources, strict=False)


def why_zero(target, source):
    """Why the gradient of the target by the source is zero: which link on the way is dead, and at which value.

    Args:
        target, source: Tensors of any front; the entries of the target are summed.

    Returns: a `Reason`; its `kind` is "zero", or "connected" where the gradient is not zero, or what
        `why_none` says where there is no path.
    Raises: ArgumentError for what is no Tensor; GraphFreedError where a backward pass freed the graph.

    >>> import numpy as np, chainrule as cr
    >>> x = cr.tensor(-1.5, requires_grad=True)
    >>> y = np.maximum(x, 0.0) * 3.0
    >>> reason = cr.why_zero(y, x)
    >>> reason.kind, reason.text
    ('zero', 'maximum has slope 0 at (-1.5, 0.0), so nothing passes')
    """
    _check(target, source)
    return dead_links(target.node, [collect.node_of(source)])


def dead_links(target, sources):
    """As `why_zero`, from the node of the target to the nodes of the source."""
    reached = [node for node in sources if reaches(target, [node])]
    if not reached:
        return reason(target, sources)
    dead, cancelled = [], False
    for node in reached:
        own, total, moved = _sweep(target, node)
        if numpy.any(total != 0):
            return Reason("connected", f"the gradient is not zero: {_shown(total)}")
        dead += own
        cancelled = cancelled or moved
    if not dead or cancelled:
        return Reason("zero", "several paths lead from the source to the target, and what they pass adds up to 0",
                      do="that is the derivative; `explain` shows each path")  # fmt: skip
    texts = list(dict.fromkeys(text for _, text in dead))
    places = [step.place for step, _ in dead if step.place is not None]
    return Reason("zero", "; ".join(texts[:4]), list({str(place): place for place in places}.values())[:4],
                  "move the values off the flat part, or use a function that has a slope there")  # fmt: skip


def _sweep(target, source):
    """The dead links between two nodes, the gradient, and whether anything that is not 0 arrived on a path."""
    if target is source:
        return [], numpy.ones(1), True
    graph = collect.Graph(target, source)
    arriving, dead, moved = {graph.value: graph.seed}, [], False
    for step in graph.steps[:-1]:
        g = arriving.pop(step)
        cotangents = collect.pulled(step, g)
        alive = numpy.any(numpy.asarray(plain(g)) != 0)
        for i in step.onward:
            parent, c = step.parents[i], cotangents[i]
            c = numpy.zeros_like(parent.value) if c is None else c
            if not numpy.any(numpy.asarray(plain(c)) != 0):
                dead += [(step, _dead(step))] if alive else []
            elif parent is graph.wrt:
                moved = True
            arriving[parent] = c if parent not in arriving else add(arriving[parent], c)
    return dead, numpy.asarray(plain(arriving[graph.wrt])), moved


def _dead(step):
    return f"{step.primitive.name} has slope 0 at {_shown(*step.values)}, so nothing passes"


def _shown(*values):
    """Values in a few words: numbers and short arrays as they are, long ones by their range."""
    words = []
    for value in values:
        array = numpy.asarray(value)
        if array.size <= 4:
            words.append(str(array.tolist()))
        elif array.dtype.kind == "c":
            words.append(f"an array of {array.shape}")
        else:
            words.append(f"an array of {array.shape}, {array.min():.4g} to {array.max():.4g}")
    return words[0] if len(words) == 1 else f"({', '.join(words)})"
