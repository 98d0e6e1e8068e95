"""Sums and products of the entries up to each one, along an axis, in NumPy's order."""

import math

from chainrule.compilation.native import ir
from chainrule.compilation.native.loops import counting
from chainrule.compilation.native.numbers import LONG
from chainrule.compilation.native.products import over_front
from chainrule.compilation.program import Variable
from chainrule.compilation.schedule import Unsupported


def emit(kernel, one):
    """Write a `cumsum` or a `cumprod` at the end of a kernel."""
    (x,), (y,) = one.inputs, one.outputs
    if type(x) is not Variable or x in kernel.schedule.filled or x.dtype != y.dtype or x.dtype.kind != "f":
        raise Unsupported(f"{one.name} of these kinds")
    if not math.prod(y.shape):
        return
    builder, axis = kernel.builder, one.params["axis"]
    combine = builder.fadd if one.name == "cumsum" else builder.fmul
    source, target = kernel.access(x, x.shape), kernel.access(y, y.shape)
    along = [access.strides[axis] for access in (source, target)]
    around = [access.strides[:axis] + access.strides[axis + 1 :] for access in (source, target)]
    total = kernel.local(target.pointer.type.pointee)

    def write(*offsets):
        first, out = (builder.gep(a.pointer, [o]) for a, o in zip((source, target), offsets))
        value = builder.load(first)
        builder.store(value, out)
        builder.store(value, total)
        if y.shape[axis] == 1:
            return
        with counting(builder, y.shape[axis] - 1) as i:
            place = builder.add(i, ir.Constant(LONG, 1))
            entry, here = (
                builder.gep(pointer, [builder.mul(place, ir.Constant(LONG, stride))])
                for pointer, stride in zip((first, out), along)
            )
            value = combine(builder.load(total), builder.load(entry))
            builder.store(value, here)
            builder.store(value, total)

    over_front(kernel, y.shape[:axis] + y.shape[axis + 1 :], around, write)
