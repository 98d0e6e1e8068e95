"""What was changed in place after a graph had saved it: PyTorch's version counters, entry by entry.

Values never change here, so the gradient would be right for the value that was saved; a program written
for PyTorch is told all the same, as there, and told both lines. Only entries that were in fact changed count:
two slices that do not overlap do not clash. An edit through `.data` is not counted, as in PyTorch, and the
gradient is that of the saved value.
"""

import threading
import weakref

import numpy

from chainrule.core.node import next_order
from chainrule.core.primitive import Bilinear, Elementwise
from chainrule.places import Place, user_frame
from chainrule.torch import gradfn
from chainrule.torch.errors import ModifiedError

_LAST_SCALARS = 1024  # changes of numbers without dimensions that are remembered


class _Switch(threading.local):
    allowed = False


_SWITCH = _Switch()


class allow_mutation_on_saved_tensors:
    """Inside the block, what a graph has saved may be changed in place: the gradient is that of the saved value."""

    def __enter__(self):
        self._before, _SWITCH.allowed = _SWITCH.allowed, True
        return self

    def __exit__(self, *exception):
        _SWITCH.allowed = self._before


class _Change:
    """One in-place change of a value.

    Attributes:
        order: when, among the links of all graphs.
        mask: which entries, a boolean array; None for all.
        version: that of the tensor afterwards.
    """

    __slots__ = ("code", "instruction", "mask", "order", "value", "version")

    def hits(self, array, part, order):
        """Whether it changed entries of an array, of which a part was saved at `order`."""
        return self.order > order and self.value() is array and _overlaps(self.mask, array, part)

    @property
    def place(self):
        return Place(self.code, self.instruction) if self.code is not None else None


class _Changes(dict):
    """id of a value that a tensor no longer holds -> its change; `last` is the order of the latest one."""

    last = -1

    def __init__(self):
        super().__init__()
        self._scalars = []

    def note(self, values, version, began=None):
        """Pairs of a value and a mask: the values that a change at the user's present line has replaced.

        `began` is an order number from before the links that the change itself made: they saved the old value.
        """
        frame = user_frame()
        order = self.last = next_order() if began is None else began
        for value, mask in values:
            change = _Change()
            change.order, change.mask, change.version = order, mask, version
            change.code, change.instruction = (None, 0) if frame is None else (frame.f_code, frame.f_lasti)
            key = id(value)
            if type(value) is numpy.ndarray:
                change.value = weakref.ref(value, lambda _, key=key: self.pop(key, None))
            else:
                change.value = lambda value=value: value
                self._scalars.append(key)
                if len(self._scalars) > _LAST_SCALARS:
                    self.pop(self._scalars.pop(0), None)
            self[key] = change

    def of(self, value, order):
        """The change that a value, saved at `order`, has seen since; None where it has seen none."""
        array = value
        while array is not None:
            change = self.get(id(array))
            if change is not None and change.hits(array, value, order):
                return change
            array = getattr(array, "base", None)
        return None


CHANGES = _Changes()


def _overlaps(mask, array, part):
    """Whether a part of an array's memory holds an entry of the mask."""
    if mask is None:
        return True
    if part is not array and array.flags.c_contiguous and array.itemsize:
        start = part.__array_interface__["data"][0] - array.__array_interface__["data"][0]
        strides = tuple(stride // array.itemsize for stride in part.strides)
        flat = numpy.ascontiguousarray(mask).reshape(-1)[start // array.itemsize :]
        mask = numpy.lib.stride_tricks.as_strided(flat, part.shape, strides)
    return bool(mask.any())


# What a link saves. By default what its rules read; where PyTorch computes the same slope from other
# values, what those are: for each argument that a gradient flows to, the places of arguments, -1 the result.
_SAVED = {
    "divide": ((1,), (0, 1)),
    "logaddexp": ((0, 1), (0, 1)),
    "logaddexp2": ((0, 1), (0, 1)),
    "softplus": ((0,),),
    "prod": ((0, -1),),
    "max": ((0, -1),),
    "min": ((0, -1),),
    "var": ((0,),),
    "std": ((0, -1),),
    "logsumexp": ((0, -1),),
    "norm": ((0, -1),),
    "cumprod": ((0, -1),),
    "inv": ((-1,),),
}


def check(visited):
    """Raise where a link that a backward pass went through had saved what was changed in place since.

    `visited` are its nodes, the latest first.
    """
    if _SWITCH.allowed or not visited or CHANGES.last < visited[-1].order:
        return
    for node in visited:
        if node.order > CHANGES.last or not node.values:
            continue
        for i, value in _saved(node):
            change = CHANGES.of(value, node.order) or _change_of_entry(node, i, value)
            if change is not None:
                raise _modified(node, i, value, change)


def _change_of_entry(node, i, value):
    """The change of a number that was read from a tensor, of which NumPy keeps no memory of its own."""
    parent = node.parents[i] if 0 <= i < len(node.parents) else None
    if parent is None or type(value) is numpy.ndarray or getattr(parent.primitive, "name", "") != "get_item":
        return None
    change = CHANGES.get(id(parent.values[0]))
    if change is None or change.order <= node.order or change.value() is not parent.values[0]:
        return None
    return change if change.mask is None or numpy.any(change.mask[parent.params["index"]]) else None


def _saved(node):
    """Pairs of a place and a value that a link keeps for its backward pass; place -1 is the result."""
    primitive, values = node.primitive, node.values
    if hasattr(primitive, "saved_values"):  # a Function of the user's
        return list(enumerate(primitive.saved_values()))
    moving = [i for i, parent in enumerate(node.parents) if parent is not None]
    table = _SAVED.get(primitive.name)
    if table is not None:
        places = {j for i in moving for j in table[i]}
    elif isinstance(primitive, Elementwise):
        places = _read(primitive, moving, values)
    elif isinstance(primitive, Bilinear):
        places = {j for i in moving for j in range(len(values)) if j != i}
    else:
        return []
    return [(j, node.value if j == -1 else values[j]) for j in places]


def _read(primitive, moving, values):
    """Which values the partials of a primitive read, found by handing them probes."""
    found = set()
    for i in moving:
        partial = primitive.partials[i]
        if not callable(partial):
            continue
        probes = [value if type(value) in (int, float) else _Probe(found, j) for j, value in enumerate(values)]
        try:
            result = partial(_PROBES, _Probe(found, -1), *probes)
        except Exception:  # a rule that looks into its arguments: then it reads them
            found.update(range(len(values)))
            continue
        if type(result) is _Probe:
            result.seen()
    return found


class _Probe:
    """Stands for a value, and notes that it was used."""

    __array_ufunc__ = None

    def __init__(self, found, place):
        self.found, self.place = found, place

    def seen(self, *_):
        self.found.add(self.place)
        return self

    def __bool__(self):
        raise TypeError


for _name in ("add radd sub rsub mul rmul truediv rtruediv pow rpow neg abs lt le gt ge eq ne and rand or ror xor "
              "invert mod rmod floordiv rfloordiv").split():  # fmt: skip
    setattr(_Probe, f"__{_name}__", lambda *values: _seen(*values))


def _seen(*values, **options):
    """A probe that has used all probes among the values."""
    probes = [value for value in values if type(value) is _Probe]
    for probe in probes:
        probe.seen()
    return probes[0] if probes else values[0]


class _Probes:
    """A namespace whose functions use what they are given."""

    def __getattr__(self, name):
        return _seen


_PROBES = _Probes()


def _modified(node, place, value, change):
    saved = Place(node.code, node.instruction) if node.code is not None else None
    name = gradfn.name_of(node)
    maker = node if place == -1 else node.parents[place] if place < len(node.parents) else None
    made = ""
    if maker is not None and maker.primitive is not None:
        made = f", which is output 0 of {gradfn.name_of(maker).partition('Backward')[0]},"
    kind = f"[torch.{gradfn.type_name(value)} {list(numpy.shape(value))}]"
    return ModifiedError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"{kind}{made} is at version {change.version}; expected version {change.version - 1} instead.\n"
        f"  saved here: {saved} (for {name})\n"
        f"  changed there: {change.place}",
        "change it after the backward pass, or write x = x + ... (a new tensor) in place of the in-place operation; "
        "torch.autograd.graph.allow_mutation_on_saved_tensors() allows it, for the gradient of the saved value",
        change.place,
    )
