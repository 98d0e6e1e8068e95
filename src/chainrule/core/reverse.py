"""The backward walk: the chain rule in reverse, written once.

Multiply along links, add over paths. A node is visited after everything that was computed from it,
by order number, so a heap that holds only the frontier is enough: no recursion, no list of the whole
graph, and a chain of a million links costs a frontier of one. This is also the only place where
broadcasting is undone.
"""

from heapq import heappop, heappush
from typing import Any

import numpy

from chainrule.core.namespace import REGISTRY, SCALAR_TROUBLE, SCALARS
from chainrule.core.node import Node, Spent, leaf_node, next_order
from chainrule.core.record import TENSORS
from chainrule.core.rows import Rows, innermost, leave, summed
from chainrule.core.selection import Selected, add, plain
from chainrule.core.spec import ARRAYS, REAL, WEAK, dtype_of, shape_of
from chainrule.errors import DtypeError, GraphFreedError, ShapeError
from chainrule.places import Place

_ndarray = numpy.ndarray


def walk(seeds, wanted=None, wrap=None, visited=None, hooks=True, within=None, needed=None):
    """Cotangents of leaves, or of the wanted nodes.

    Args:
        seeds: pairs of a node and its cotangent.
        wanted: nodes whose cotangents are asked for; every tracked leaf when None.
        wrap: a function from a node to its Tensor, to record the walk itself (so that the result can
            be differentiated again); None to compute on plain values.
        visited: a list that receives every node passed through, or None.
        hooks: False to raise HookMet in place of running one.
        within: whether a node of this order number counts; one that does not is taken for a leaf.
        needed: the only nodes to visit, and whether to pass through each (see `leading`); all when None.

    Returns:
        a dict from node to cotangent, and whether the walk met tracked nodes older than everything
        wanted (so that the result depends on an outer computation).
    """
    with _Quiet() as quiet:
        try:
            return _walk(seeds, wanted, wrap, visited, quiet, hooks, within, needed)
        except GraphFreedError as error:
            if error.node is None:
                raise
            raise _diagnosed(error.node, [node for node, _ in seeds]) from None


class HookMet(Exception):
    """A walk that was to run no hooks came to one."""


class _Quiet:
    """NumPy's warnings off, once an array is met: a walk on Python floats never pays for it.

    A slope may overflow or divide by zero where its value did not; the result says so by itself.
    """

    __slots__ = ("_errstate",)

    def __enter__(self):
        self._errstate = None
        return self

    def __call__(self):
        if self._errstate is None:
            self._errstate = numpy.errstate(all="ignore")
            self._errstate.__enter__()

    def __exit__(self, *exception):
        if self._errstate is not None:
            self._errstate.__exit__(*exception)


def _walk(seeds, wanted, wrap, visited, quiet, hooks, within, needed):
    """The loop of `walk`, longer than a function should be, since each call more for a link would add a
    tenth to the walk: take the next node, pull its cotangent through, deliver to its parents.
    """
    floor = min((node.order for node in wanted), default=0) if wanted is not None else 0
    found, cotangents, heap, owned, foreign = {}, {}, [], set(), False
    only = None  # the frontier while it is a single node, which then needs no heap
    for node, seed in seeds:
        if node in cotangents:
            cotangents[node] = add(cotangents[node], seed)
        else:
            cotangents[node] = seed
            heappush(heap, (-node.order, node))
    while True:
        if only is not None:
            node, only = only, None
        elif heap:
            node = heappop(heap)[1]
        else:
            break
        g = cotangents.pop(node)
        if node.order < floor:
            foreign = True
            break
        if node.hooks:
            if not hooks:
                raise HookMet
            g = run_hooks(node, g, wrap)
        primitive = node.primitive
        if wanted is None:
            if primitive is None:
                found[node] = plain(g)
                continue
        elif node in wanted:
            found[node] = plain(g)
            if len(found) == len(wanted) and node.order == floor:
                foreign = foreign or bool(heap)
                break
        if primitive is None or within is not None and not within(node.order):
            continue
        if needed is not None and not needed[node]:
            continue
        if visited is not None:
            visited.append(node)
        link = node.link
        if primitive.adds_back and wrap is None and link in owned and plain(g).__class__ is not Rows:
            added = _add_back(primitive, node.params, g, cotangents[link])
            if added is not None:
                cotangents[link] = added
                continue
        if wrap is None and node.value.__class__ is float:
            try:
                if link.__class__ is Node:
                    pulled = ((link, primitive.vjp(SCALARS, g, node.which, node.value, *node.values)),)
                else:
                    pulled = zip(link, primitive.pull(SCALARS, g, node.value, node.values, link, None))
            except SCALAR_TROUBLE:
                pulled = _pull_carefully(node, g, quiet)
        elif wrap is None and link.__class__ is Node and primitive.scalar:
            quiet()
            pulled = ((link, primitive.vjp(numpy, g, node.which, node.value, *node.values)),)
        else:
            quiet()
            pulled = _pull(node, g, wrap)
        for parent, c in pulled:
            if c is None or needed is not None and parent not in needed:
                continue
            value = parent.value
            kind = c.__class__
            if kind is not value.__class__ or (
                kind not in REAL and (kind is Rows or c.shape != value.shape or c.dtype != value.dtype)
            ):
                c = fit(c, value, wrap)
            if parent not in cotangents:
                cotangents[parent] = c
                if primitive.adds_back and wrap is None and _adds(plain(c)):
                    owned.add(parent)  # a scatter has just made it
                if only is None and not heap:
                    only = parent
                else:
                    if only is not None:
                        heappush(heap, (-only.order, only))
                        only = None
                    heappush(heap, (-parent.order, parent))
            elif parent in owned and c.__class__ is cotangents[parent].__class__ is _ndarray:
                cotangents[parent] += c
            else:
                total = cotangents[parent] = add(cotangents[parent], c)
                if total.__class__ is _ndarray:
                    owned.add(parent)
    return found, foreign


def leading(roots, wanted):
    """The nodes on the ways from the roots back to the wanted ones; True for those that a way goes through."""
    floor = min((node.order for node in wanted), default=0)
    seen, stack = set(roots), list(roots)
    while stack:
        node = stack.pop()
        if node.primitive is None or node.order < floor:
            continue
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    found = {}
    for node in sorted(seen, key=lambda node: node.order):
        through = node.primitive is not None and any(parent in found for parent in node.parents)
        if through or node in wanted:
            found[node] = through
    return found


def _adds(c):
    """Whether something can be added in place to a cotangent; of what stands for a value, only by `with_added`."""
    return hasattr(c, "with_added") or not hasattr(innermost(c), "recorded")


def _add_back(primitive, params, g, held):
    """A cotangent with g added at the entries that were read, in place: a loop over x[i] stays linear.

    None where that cannot be: of what stands for a value in a plain array, or where which entries are alive is not
    known beforehand.
    """
    if hasattr(innermost(plain(g)), "recorded") and not hasattr(plain(held), "with_added"):
        return None
    if type(held) is not Selected:
        return primitive.add_back(held, plain(g), **params)
    live = g.live if type(g) is Selected else True
    if hasattr(innermost(held.live), "recorded") or hasattr(innermost(live), "recorded"):
        return None
    held.live[params["index"]] |= live
    return Selected(primitive.add_back(held.value, plain(g), **params), held.live)


def _pull(node, g, wrap):
    """Pairs of a parent and its cotangent: on arrays, or on Tensors where the walk is recorded."""
    primitive, y, xs, parents = node.primitive, node.value, node.values, node.parents
    if primitive.__class__ is Spent:
        raise freed(node)
    if wrap is None:
        return zip(parents, primitive.pull(numpy, g, y, xs, parents, node.params or {}))
    xs = [
        x if parent is None else wrap(parent if parent.value is x else earlier(parent, x))
        for x, parent in zip(xs, parents)
    ]
    return zip(parents, primitive.pull(REGISTRY.tensors, g, wrap(node), xs, parents, node.params or {}))


def earlier(node, value):
    """A node for what `node` held when a link was recorded, where a front has given it a new value since.

    Gradients flow through it to `node` unchanged.
    """
    past = leaf_node(value, tracked=node.tracked)
    past.primitive, past.values, past.link, past.which = REGISTRY.tensors.positive.primitive, (value,), node, 0
    return past


def _pull_carefully(node, g, quiet):
    """On NumPy's scalars, for slopes that Python floats refuse (1 / 0); also where a spent node shows."""
    primitive = node.primitive
    if primitive.__class__ is Spent:
        raise freed(node)
    quiet()
    y, *xs = (numpy.float64(v) if type(v) in (float, int) else v for v in (node.value, *node.values))
    return zip(node.parents, primitive.pull(numpy, g, y, xs, node.parents, node.params or {}))


def freed(node, do=None):
    """The error for a node whose graph an earlier pass freed: which value, and where that pass ran."""
    spent = node.primitive
    made = getattr(spent.made, "name", spent.made)
    at = f" at {Place(node.code, node.instruction)}" if node.code is not None else ""
    error = GraphFreedError(
        "the graph behind this value was freed by an earlier backward pass"
        + (f", which ran at {spent.place}" if spent.place else "")
        + f"\n  what is gone: the link of the value that {made} made{at}",
        do
        or "compute the value again, or pass retain_graph=True to the earlier backward; for two losses "
        "of one network, add them and call backward once; for a state carried over from an earlier "
        "step, cut it with stop_gradient",
    )
    error.node = node
    return error


def _diagnosed(node, roots):
    """The same error, with the repair that suits how the freed node and the present pass are related."""
    if node in roots:
        do = "backward was called twice on one value: compute it again, or pass retain_graph=True to the first call"
    elif max(root.order for root in roots) < node.primitive.order:
        do = (
            "it looks like two losses that share this part: add them and call backward once, "
            "(loss1 + loss2).backward(), or pass retain_graph=True to the first call"
        )
    else:
        do = (
            "it looks like a state carried over from an earlier step (a hidden state): cut it with detach() "
            "(stop_gradient) before the next step; to differentiate through all steps, pass retain_graph=True"
        )
    return freed(node, do)


def run_hooks(node, g, wrap):
    """The cotangent after the node's hooks; each sees its own copy, so none can change another path."""
    for hook in list(node.hooks):
        seen = plain(g)
        replaced = hook(seen.copy() if type(seen) is _ndarray else seen)
        if replaced is not None:
            bare = fitting(replaced, node.value, "a hook returned a gradient that")
            g = fit(replaced if wrap is not None and type(replaced) in TENSORS else bare, node.value, wrap)
            g = g.copy() if type(g) is _ndarray else g
    return g


def fitting(given, value, what) -> Any:
    """The bare value of a cotangent or tangent that a user gave for `value`; raises where it does not fit.

    `what` begins the message: "backward was given a gradient that".
    """
    bare = given.node.value if type(given) in TENSORS else REGISTRY.tensors.plain_value(given)
    if bare is NotImplemented or dtype_of(bare).kind not in "biufc":
        kind = type(given).__name__ if bare is NotImplemented else f"{type(given).__name__} of dtype {dtype_of(bare)}"
        raise DtypeError(f"{what} is a {kind}, not a number or an array", "give numbers of the value's shape")
    if shape_of(bare) != shape_of(value):
        raise ShapeError(
            f"{what} has shape {shape_of(bare)}, for a value of shape {shape_of(value)}",
            "give one of the shape of the value it belongs to",
        )
    if dtype_of(bare).kind == "c" and dtype_of(value).kind != "c":
        raise DtypeError(
            f"{what} has dtype {dtype_of(bare)}, for a value of dtype {dtype_of(value)}",
            "for a real value it must be real",
        )
    return bare


def fit(c: Any, value, wrap=None):
    """A cotangent brought to the shape and dtype of the value it belongs to.

    Broadcasting copied entries of the value, so its transpose sums their cotangents; a real value
    takes the real part of a complex cotangent, since it can only move along the real line.
    """
    if type(c) is Selected:
        value_part = fit(c.value, value, wrap)
        live = _fit_live(c.live, shape_of(c.value), shape_of(value))
        for level in summed(live, value) if type(live) is Rows else ():
            live = numpy.any(leave(live, level), axis=0)
        return Selected(value_part, live)
    xp = numpy if wrap is None or not hasattr(c, "node") else REGISTRY.tensors
    shape, own = shape_of(value), shape_of(c)
    if own != shape:
        c = unbroadcast(xp, c, shape)
    if type(value) is Rows or type(c.node.value if xp is not numpy else c) is Rows:
        return _fit_rows(xp, c, value)
    if type(value) in WEAK:
        if xp is not numpy:
            return xp.real(c) if c.dtype.kind == "c" else c
        return weak(c, value)
    if type(c) in ARRAYS and not c.ndim:
        c = c[()]
    if type(c) in (float, int):
        if type(value) is _ndarray or dtype_of(value) != numpy.float64:
            return dtype_of(value).type(c)
        return c
    dtype = dtype_of(value)
    if dtype_of(c) != dtype and dtype.kind in "fc":
        if dtype_of(c).kind == "c" and dtype.kind == "f":
            c = xp.real(c)
        if dtype_of(c) != dtype:
            c = c.astype(dtype)
    return c


def weak(number, like):
    """A number as a weak one, as `like` is: a Python float, or what stands for it; the real part of a complex one."""
    if type(like) is not float:
        return like.weak(number)
    return float(number.real if isinstance(number, (complex, numpy.complexfloating)) else number)


def _fit_rows(xp, c, value):
    """As `fit`, for a cotangent that differs from row to row of a mapped function."""
    for level in summed(c if xp is numpy else c.node.value, value):
        c = _sum_of_rows(c, level) if xp is numpy else REGISTRY.tensors.sum_of_rows(c, level)
    kind = dtype_of(value)
    if dtype_of(c).kind == "c" and kind.kind == "f":
        c = xp.real(c)
    return c.astype(kind) if dtype_of(c) != kind and kind.kind in "fc" and hasattr(c, "astype") else c


def _sum_of_rows(c, level):
    return numpy.sum(leave(c, level), axis=0)


def unbroadcast(xp, c, shape):
    """Sum a cotangent over the axes that broadcasting to its shape had added or stretched."""
    own = shape_of(c)
    if len(own) < len(shape):
        return xp.broadcast_to(c, shape)
    added = len(own) - len(shape)
    stretched = tuple(i + added for i, n in enumerate(shape) if n == 1 and own[i + added] != 1)
    if stretched:
        c = xp.sum(c, axis=stretched, keepdims=True)
    if added:
        c = xp.sum(c, axis=tuple(range(added)))
    return c if shape_of(c) == shape else xp.broadcast_to(c, shape)


def _fit_live(live: Any, own, shape) -> Any:
    """The live entries after `unbroadcast`: a sum is live where any of its terms is."""
    if own == shape:
        return live
    live = numpy.broadcast_to(live, own)
    added = len(own) - len(shape)
    stretched = tuple(i + added for i, n in enumerate(shape) if n == 1 and own[i + added] != 1)
    live = live.any(axis=stretched, keepdims=True) if stretched else live
    return live.any(axis=tuple(range(added))) if added else live


def free(visited, place, keep):
    """Drop the links of nodes a backward pass went through; values that users hold stay.

    Consumers come first in `visited`, so clearing one node never sets off a chain of deallocations.
    """
    spent, order = {}, next_order()
    for node in visited:
        made = node.primitive
        if keep:
            node.primitive = Spent(place, made, (made, node.values, node.parents, node.params), order)
            continue
        if made not in spent:
            spent[made] = Spent(place, made, None, order)
        node.primitive = spent[made]
        node.link = node.values = ()
        node.params = None
