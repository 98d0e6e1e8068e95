"""Memory whose end and whose start cannot be overstepped, and native code run within it."""

import ctypes
import mmap

import numpy as np

from chainrule.compilation.plan import NativeStep
from chainrule.compilation.program import Variable


class Guarded:
    """Bytes between two pages that cannot be touched: they end where the second begins, or start where the first ends.

    at_start: which of the two.
    """

    def __init__(self, size, at_start=False):
        page = mmap.PAGESIZE
        length = -(-max(size, 1) // page) * page
        self._map = mmap.mmap(-1, length + 2 * page)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        libc = ctypes.CDLL(None)
        for at in (start, start + page + length):
            assert libc.mprotect(ctypes.c_void_p(at), page, 0) == 0
        self.address = start + page + (0 if at_start else length - size)
        self._size = size

    def array(self, shape, dtype):
        raw = (ctypes.c_char * self._size).from_address(self.address)
        return np.frombuffer(raw, dtype, int(np.prod(shape))).reshape(shape)


def guarded(plan, leaves, at_start=False):
    """The results of a plan, with all buffers of native code in guarded memory; None where a guard fails."""
    values = dict(zip(plan.program.inputs(), [*leaves, *(array for _, array in plan.program.captured)]))
    values.update(plan.held)
    kept = []

    def memory(shape, dtype):
        own = Guarded(int(np.prod(shape)) * np.dtype(dtype).itemsize, at_start)
        kept.append(own)
        return own

    for step in plan.steps:
        if type(step) is not NativeStep:
            with np.errstate(all="ignore"):
                step(values)
            continue
        kernel, given, made = step.kernel, [], []
        for x in kernel.inputs:
            own = memory(x.shape, x.dtype)
            own.array(x.shape, x.dtype)[...] = values[x]
            given.append(own.address)
        made = [memory(y.shape, y.dtype) for y in kernel.outputs]
        workspace = Guarded(-(-kernel.memory.size // 64) * 64, at_start)
        tables = [(ctypes.c_void_p * max(len(t), 1))(*t) for t in (given, [own.address for own in made])]
        if kernel.call(*tables, workspace.address) >= 0:
            return None
        for y, own in zip(kernel.outputs, made):
            values[y] = y.fit(own.array(y.shape, y.dtype).copy())
    return [values[x] if type(x) is Variable else x.value for x in plan.program.results]
