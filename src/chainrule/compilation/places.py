"""Entries read at places that arrays name, and shares added there: `x[[2, 0, 2]]` and its transpose.

An index made of numbers and slices reads entries that lie at regular distances, which costs nothing. One with arrays
in it becomes a list of places, one for each entry of the result, in the order of memory: `taken` reads there, `added`
adds there. Where the index is known beforehand, so is the list; else the places are worked out by the program, under
a guard that each of them is inside.
"""

import math
from typing import Any

import numpy

from chainrule.compilation.calls import Call, Slot, mapped
from chainrule.compilation.canonical import getitem
from chainrule.compilation.program import Constant, Instruction, Variable, guard
from chainrule.compilation.scans import shape_of

_NAMES = ("getitem", "scattered at values")


def taken(x, places):
    """The entries of x at places counted along all its axes."""
    return numpy.ravel(x)[places]


def added(x, places, shape):
    """Zeros of a shape, with the entries of x added at places counted along all its axes."""
    y = numpy.zeros(math.prod(shape), numpy.result_type(x))
    numpy.add.at(y, places, x)
    return y.reshape(shape)


def places(program):
    """The program with reads and scatters at arrays of places written as `taken` and `added`."""
    if not any(map(_is_known, program.instructions)):
        return program
    work = _Work(program)
    for one in program.instructions:
        work.instructions += work.visit(one) or [one]
    return program.replaced(work.instructions)


def _is_known(one):
    return one.name in _NAMES if type(one.function) is Call else one.name == "folded"


class _Work:
    """One pass: the instructions so far, and numbers for new variables."""

    def __init__(self, program):
        self.instructions, self.place = [], None
        numbers = [y.number for one in program.instructions for y in one.outputs]
        self.number = max([*numbers, *(x.number for x in program.inputs())], default=0)
        self.found = []

    def visit(self, one):
        """What stands for an instruction; None where it stays."""
        if not _is_known(one):
            return None
        if one.name == "folded":
            found = Constant(_windows(one.inputs[0].shape, one.outputs[0].shape, **one.params))
            return [Instruction("added", added, (*one.inputs, found), {"shape": one.outputs[0].shape}, one.outputs)]
        args, kwargs = one.function.template
        if one.function.function is getitem and one.name == _NAMES[0]:
            source, index, shape = args[0], args[1], None
        elif one.name == _NAMES[1] and set(kwargs) == {"index", "shape"} and len(args) == 1:
            source, index, shape = args[0], kwargs["index"], kwargs["shape"]
        else:
            return None
        if type(source) is not Slot or type(one.inputs[source.place]) is not Variable:
            return None
        x = one.inputs[source.place]
        self.found, self.place = [], one.place
        index = mapped(index, lambda each: one.inputs[each.place] if type(each) is Slot else each)
        found = self.places(index, x.shape if shape is None else shape)
        if found is None:
            return None
        if shape is None:
            return [*self.found, Instruction("taken", taken, (x, found), {}, one.outputs, one.place)]
        if x.shape != shape_of(found) or x.dtype != one.outputs[0].dtype:
            return None
        return [*self.found, Instruction("added", added, (x, found), {"shape": shape}, one.outputs, one.place)]

    def places(self, index, shape):
        """The places that an index names: a Constant, or a Variable made on the way; None for other indices."""
        parts = index if type(index) is tuple else (index,)
        if all(type(part) is not Variable for part in parts):
            index = mapped(index, lambda each: each.value if type(each) is Constant else each)
            return Constant(numpy.ascontiguousarray(numpy.arange(math.prod(shape)).reshape(shape)[index]))
        parts = _along_every_axis(parts, len(shape))
        if parts is None or not math.prod(shape):
            return None
        arrays = [axis for axis, part in enumerate(parts) if type(part) is not slice]
        first, end = arrays[0], arrays[-1] + 1
        total = None
        for axis in arrays:
            own = self.inside(parts[axis], shape[axis])
            step = math.prod(shape[axis + 1 :])
            own = own if step == 1 else self.write("multiply", numpy.multiply, own, Constant(numpy.int64(step)))
            total = own if total is None else self.write("add", numpy.add, total, own)
        if first == 0 and end == len(shape):
            return total
        standing = numpy.arange(math.prod(shape)).reshape(shape)
        among = standing[(*parts[:first], *(0,) * (end - first), *parts[end:])]  # of the slices around
        spread = among.shape[:first] + (1,) * len(shape_of(total)) + among.shape[first:]
        if len(among.shape) > first:
            own = shape_of(total) + (1,) * (len(among.shape) - first)
            total = self.instruction("reshape", numpy.reshape, (total,), {"shape": own}, own, numpy.int64)
        return self.write("add", numpy.add, total, Constant(among.reshape(spread)))

    def inside(self, part, n):
        """An index along one axis as places from 0 to n - 1, under a guard."""
        if type(part) is not Variable:
            value = numpy.asarray(part.value if type(part) is Constant else part)
            return Constant(numpy.where(value < 0, value + n, value).astype(numpy.int64))
        low, high = Constant(numpy.int64(-n)), Constant(numpy.int64(n))
        above = self.write("greater_equal", numpy.greater_equal, part, low, dtype=bool)
        below = self.write("less", numpy.less, part, high, dtype=bool)
        within = self.write("logical_and", numpy.logical_and, above, below, dtype=bool)
        if part.shape:
            axes = {"axis": tuple(range(len(part.shape))), "keepdims": False}
            within = self.instruction("all", numpy.all, (within,), axes, (), bool)
        self.found.append(guard(within, True, self.place))
        negative = self.write("less", numpy.less, part, Constant(numpy.int64(0)), dtype=bool)
        from_start = self.write("add", numpy.add, part, high)
        return self.write("where", numpy.where, negative, from_start, part)

    def write(self, name, function, *inputs, dtype: Any = numpy.int64):
        return self.instruction(name, function, inputs, {}, numpy.broadcast_shapes(*map(shape_of, inputs)), dtype)

    def instruction(self, name, function, inputs, params, shape, dtype):
        self.number += 1
        output = Variable(self.number, shape, numpy.dtype(dtype), "array" if shape else "scalar")
        self.found.append(Instruction(name, function, inputs, params, (output,), self.place))
        return output


def _windows(shape, whole, lengths, stride, dilation):
    """Where the entries of windows over the last axes of an array stand in it (see `chainrule.ops.windows`)."""
    n = len(lengths)
    axes = tuple(range(len(whole) - n, len(whole)))
    wide = [(size - 1) * apart + 1 for size, apart in zip(shape[-n:], dilation)]
    standing = numpy.arange(math.prod(whole)).reshape(whole)
    every = numpy.lib.stride_tricks.sliding_window_view(standing, wide, axes)
    starts = [slice(None, count * step, step) for count, step in zip(shape[-2 * n : -n], stride)]
    return every[(Ellipsis, *starts, *(slice(None, None, apart) for apart in dilation))].copy()


def _along_every_axis(parts, count):
    """An index as one part for each axis; None where arrays are not side by side, or it has other parts."""
    parts = list(parts)
    if sum(part is Ellipsis for part in parts) == 0:
        parts.append(Ellipsis)
    at = next(i for i, part in enumerate(parts) if part is Ellipsis)
    parts[at : at + 1] = [slice(None)] * (count - len(parts) + 1)
    arrays = [i for i, part in enumerate(parts) if type(part) is not slice]
    usual = len(parts) == count and all(_counts(parts[i]) for i in arrays)
    return parts if usual and arrays and arrays == list(range(arrays[0], arrays[-1] + 1)) else None


def _counts(part):
    """Whether a part of an index counts along its axis: a whole number, or an array of them."""
    if type(part) is Variable:
        return part.dtype == numpy.int64
    value = part.value if type(part) is Constant else part
    kind = numpy.asarray(value).dtype.kind if isinstance(value, (int, numpy.integer, numpy.ndarray)) else "O"
    return kind in "iu" and type(value) is not bool
