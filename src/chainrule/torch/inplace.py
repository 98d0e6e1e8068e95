"""In-place operations, on values that never change.

The engine's values are immutable: a graph that has read a value keeps it. So an in-place operation
computes a new value and hands it to the same tensor, and to every tensor that shares its memory in
PyTorch: a view remembers what it is a view of (`_base`) and how to read itself from there (`_step`),
and a base remembers its views. What a graph recorded before the change stays right for the values it
recorded, where PyTorch has to raise "modified by an inplace operation".
"""

import weakref
from typing import Any

import numpy

from chainrule.compilation.handles import SHARING
from chainrule.core import record
from chainrule.core.modes import STATE, enable_grad, no_grad
from chainrule.core.node import leaf_node
from chainrule.core.reverse import earlier
from chainrule.core.rows import Rows, as_array, keep_inside
from chainrule.core.spec import dtype_of, shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.torch import gradfn
from chainrule.torch.errors import DtypeError, InPlaceError, ShapeError
from chainrule.torch.versions import CHANGES


def view(base, result, step):
    """Note that `result` shares memory with `base`, from which `step` (on arrays) reads it."""
    if result is base:
        return result
    result._base, result._step, result._cut = base, step, False
    _remember(base, result)
    return result


def cut(base, result, counted=True):
    """Note that `result` shares memory with `base` and has none of its history: `detach()` and `.data`.

    What is changed through `.data` is not `counted` as a change of the base.

    A detached value must not keep the graph of what it was detached from, so it knows that only weakly.
    """
    step = _same
    if base.node.primitive is None:
        result._base = base
    else:
        while (above := base_of(base)) is not None and not base._cut:
            step = _after(step, base._step)
            base = above
        result._base = weakref.ref(base)
    result._step, result._cut = step, True if counted else _UNCOUNTED
    _remember(base, result)
    return result


_UNCOUNTED = "data"


def _same(array):
    return array


def _after(second, first):
    return lambda array: second(first(array))


def _remember(base, result):
    views = getattr(base, "_views", None)
    if views is None:
        base._views = [weakref.ref(result)]
        return
    views.append(weakref.ref(result))
    if len(views) >= 64 and len(views) & (len(views) - 1) == 0:  # now and then, forget those that are gone
        views[:] = [each for each in views if each() is not None]


def base_of(tensor) -> Any:
    """What a tensor is a view of; None for a tensor with memory of its own."""
    base = getattr(tensor, "_base", None)
    return base() if isinstance(base, weakref.ref) else base


def root(tensor):
    """The tensor whose memory this one reads."""
    while (base := base_of(tensor)) is not None:
        tensor = base
    return tensor


def check(tensor):
    """Raise where an in-place operation would change what a gradient is to be taken in."""
    if not STATE.recording:
        return
    step, above = tensor, False
    while step is not None:
        node = step.node
        if node.tracked and node.primitive is None:
            raise InPlaceError(
                ("a view of " if above else "")
                + "a leaf Variable that requires grad is being used in an in-place operation.",
                "change it under torch.no_grad() (as an optimiser does), or write x = x + ... to make a new value",
            )
        base = base_of(step)
        step, above = (None if base is None or step._cut else base), True


def change(tensor, new, check_first=True, began=None):
    """Give `tensor` the value and the history of `new`, brought to its shape and dtype; the tensor itself.

    `began`: an order number from before `new` was computed.
    """
    if check_first:
        check(tensor)
    value = tensor.node.value
    if shape_of(new.node.value) != shape_of(value):
        try:
            new = ops.broadcast_to(new, tuple(shape_of(value)))
        except ValueError:
            raise ShapeError(
                f"output with shape {list(shape_of(value))} doesn't match the broadcast shape "
                f"{list(shape_of(new.node.value))}",
                "an in-place operation keeps the shape of its tensor",
            ) from None
    kind = dtype_of(value)
    if dtype_of(new.node.value) != kind:
        if "biufc".index(dtype_of(new.node.value).kind.replace("u", "i")) > "biufc".index(kind.kind.replace("u", "i")):
            raise DtypeError(
                f"result type {_named(new)} can't be cast to the desired output type {_named(tensor)}",
                "an in-place operation keeps the dtype of its tensor; convert it first, with .float() say",
            )
        new = _as(new, kind)
    _spread(tensor, new, began=began)
    return tensor


_NAMES = gradfn._TYPES


def _named(tensor):
    return _NAMES.get(dtype_of(tensor.node.value).str[1:], str(tensor.dtype))


def _as(tensor, kind):
    if kind.kind in "fc":
        return ops.astype(tensor, kind)
    return record.constant(as_array(tensor.node.value).astype(kind)[()], type(tensor))


def overwrite(tensor, value):
    """Give `tensor` a new bare value, unrecorded; where a leaf's shape changes, its gradient is forgotten."""
    value = as_array(value)[()]
    with no_grad():
        if shape_of(value) != shape_of(tensor.node.value) or dtype_of(value) != dtype_of(tensor.node.value):
            if tensor.node.primitive is None:
                tensor.node.value = value
            else:
                _assign(tensor, record.constant(value, type(tensor)), False)
            return
        _spread(tensor, record.constant(value, type(tensor)), counted=False)


def rebind(tensor, value):
    """As `overwrite`, for a value of the same shape and dtype, such as a gradient that grows."""
    if getattr(tensor, "_views", None) is None and getattr(tensor, "_base", None) is None:
        tensor.node = leaf_node(value, tensor.node.tracked)
    else:
        overwrite(tensor, value)


def _assign(tensor, new, recorded):
    """Hand one tensor its new value: in place for a leaf, as a new value of the same history without "
    "recording."""
    node = tensor.node
    if node.tracked and node.primitive is None:
        node.value = new.node.value
    elif node.tracked and not recorded:
        past = earlier(node, node.value)
        past.value = new.node.value
        tensor.node = past
    else:
        tensor.node = new.node


def _spread(tensor, new, mask=None, counted=True, began=None):
    """Assign to a tensor, to what it is a view of, and to every other view of that.

    `mask` says which entries of the tensor change, None that all do. A change that is `counted` is one that a
    graph which had saved the value complains about.
    """
    recorded = STATE.recording
    if type(new.node.value) is Rows:
        keep_inside(root(tensor).node, new.node.value, "an in-place operation")
    chain, replaced = [], []
    while True:
        chain.append(tensor)
        base = base_of(tensor)
        replaced.append((tensor.node.value, mask))
        _assign(tensor, new, recorded)
        if base is None:
            break
        counted = counted and tensor._cut is not _UNCOUNTED
        if tensor._cut:
            new, recorded = record.constant(new.node.value, type(base)), False
        places = _places(base, tensor._step)
        with enable_grad() if recorded else no_grad():
            new = put(base, places, new)
        mask = _masked(base, places, mask)
        tensor = base
    tensor._edits = getattr(tensor, "_edits", 0) + 1
    _refresh(tensor, chain, mask, replaced)
    if counted:
        CHANGES.note(replaced, tensor._edits, began)


def _masked(base, places, mask):
    """Which entries of a base change where those of a view at `places` do."""
    whole = numpy.zeros(int(numpy.prod(shape_of(base.node.value), dtype=int)), bool)
    whole[as_array(places if mask is None else places[mask])] = True
    return whole.reshape(shape_of(base.node.value))


def _refresh(base, done, mask, replaced):
    """Give every other view its new value; `replaced` collects the values they had, and which entries changed."""
    for weak in getattr(base, "_views", None) or ():
        each = weak()
        if each is None:
            continue
        own = None if mask is None else as_array(each._step(mask))
        if not any(each is one for one in done):
            replaced.append((each.node.value, own))
            if each._cut:
                _assign(each, record.constant(_read(base, each), type(each)), False)
            elif base.node.tracked and (STATE.recording or each.node.tracked):
                with enable_grad():
                    each.node = ops.getitem(ops.reshape(base, (-1,)), _places(base, each._step)).node
            else:
                each.node = leaf_node(_read(base, each))
        _refresh(each, done, own, replaced)


def strided(tensor):
    """The tensor's value with the strides it has in PyTorch: as a view of what it is a view of."""
    base = base_of(tensor)
    return as_array(tensor.node.value if base is None else tensor._step(strided(base)))


def _read(base, each):
    return as_array(each._step(as_array(base.node.value)))[()]


def _places(base, step):
    """Where in the flattened base the entries of a view lie."""
    shape = shape_of(base.node.value)
    return step(numpy.arange(int(numpy.prod(shape, dtype=int))).reshape(shape))


def put(base, places, entries):
    """`base` with other entries at the given places of its flattened self; the last one counts where "
    "two meet."""
    shape = shape_of(base.node.value)
    places = as_array(places)
    if not places.size:
        return base
    if places.size > numpy.prod(shape, dtype=int):
        raise InPlaceError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory "
            "location. Please clone() the tensor before performing the operation.",
            "an expanded tensor repeats entries; clone() it first",
        )
    by_row = type(base.node.value) is Rows or type(getattr(entries, "node", leaf_node(entries)).value) is Rows
    if not by_row and not base.node.tracked and not (getattr(entries, "node", None) and entries.node.tracked):
        value = numpy.array(base.node.value, order="C")
        value.reshape(-1)[places] = getattr(entries, "node", entries).value if hasattr(entries, "node") else entries
        return record.constant(value[()], type(base))
    source = numpy.full(int(numpy.prod(shape, dtype=int)), -1)
    source[places.ravel()] = numpy.arange(places.size)
    source = source.reshape(shape)
    if not hasattr(entries, "node"):
        entries = record.constant(entries, type(base))
    flat = ops.reshape(ops.broadcast_to(entries, places.shape), (-1,))
    return ops.where(source >= 0, ops.getitem(flat, numpy.maximum(source, 0)), base)


class Sharing:
    """What `compile` has to know of tensors that share their memory."""

    @staticmethod
    def shared(tensor):
        """Whether a tensor is a view, or has views."""
        return base_of(tensor) is not None or any(weak() is not None for weak in getattr(tensor, "_views", None) or ())

    @staticmethod
    def view(tensor, is_outside):
        """What a tensor is a view of, if that was there before: `(base, how)`; else None."""
        base, step, cuts, weak = base_of(tensor), getattr(tensor, "_step", None), False, False
        while base is not None:
            cuts = cuts or tensor._cut
            weak = weak or isinstance(tensor._base, weakref.ref)
            if is_outside(base):
                return base, (step, cuts, weak)
            tensor, base = base, base_of(base)
            if base is not None:
                step = _after(step, tensor._step)
        return None

    @staticmethod
    def as_view(base, tensor, how):
        """Note that a tensor shares memory with another one, as `view` has found it."""
        tensor._step, tensor._cut, weak = how
        tensor._base = weakref.ref(base) if weak else base
        _remember(base, tensor)


SHARING.append(Sharing)
