"""Large loops in chunks, which several threads take one after another.

The chunks of a loop do not depend on how many threads there are, and sums over chunks are added in their order:
so the result does not depend on it either, nor on which thread is faster. Threads live as long as the loop.
"""

import ctypes
import math
import sys

from chainrule.compilation.native import ir
from chainrule.compilation.native.loops import Nest, combine, counting, load, neutral, store
from chainrule.compilation.native.numbers import BYTE, LONG, WORD, Numbers
from chainrule.compilation.work import nanoseconds

_POINTER = BYTE.as_pointer()
_TABLE = _POINTER.as_pointer()
_CHUNK = ir.FunctionType(ir.VoidType(), [_TABLE, _TABLE, _POINTER, LONG])
_WORK = ir.LiteralStructType([_CHUNK.as_pointer(), _TABLE, _TABLE, _POINTER, LONG, LONG])  # the last: next, end
_CHUNKS = 64  # at most, and one for what is left over
_LEAST = 300_000  # nanoseconds of work; a thread takes some 20,000 to begin and to end


def emit(kernel, loop):
    """Write a loop in chunks at the end of a kernel; False where that does not pay or cannot be."""
    if not _divisible(loop) or nanoseconds([*loop.instructions, *loop.reductions]) < _LEAST or not _threads():
        return False
    _settle(kernel, loop)
    single = [one for one in loop.reductions if math.prod(one.outputs[0].shape) == 1]
    places = {one: kernel.memory.take(8 * (_CHUNKS + 1)) for one in single}
    sums = [(one, kernel.accumulator(one, loop.shape)) for one in loop.reductions]
    for one, access in sums:
        kernel.clear(one, access)
    function, count = _chunk(kernel, loop, places)
    b = kernel.builder
    b.call(_spread(kernel), [function, *kernel.function.args[:3], ir.Constant(LONG, count)])
    numbers = Numbers(b, kernel.machine)
    for one, access in sums:
        if one not in places:
            continue
        with counting(b, count) as k:
            found = load(b, _slot(kernel, places[one], access, k), access.dtype)
            store(b, combine(numbers, one, load(b, access.pointer, access.dtype), found), access.pointer)
        kernel.memory.give_back(places[one], 8 * (_CHUNKS + 1))
    return True


def _threads():
    """Whether the C library has POSIX threads."""
    return sys.platform != "win32" and hasattr(ctypes.CDLL(None), "pthread_create")


def _divisible(loop):
    """Whether no sum but those to one number reaches over the first axis."""
    first = next((i for i, n in enumerate(loop.shape) if n != 1), None)
    if first is None or not math.prod(loop.shape):
        return False
    whole = [one for one in loop.reductions if math.prod(one.outputs[0].shape) != 1]
    return all(first not in one.params["axis"] for one in whole)


def _settle(kernel, loop):
    """Numbers and arrays of the loop have places in memory, where another function finds them."""
    for one in [*loop.instructions, *loop.reductions]:
        for x in kernel.schedule.operands(one):
            if x.shape != ():
                kernel.access(x, loop.shape)
            else:
                kernel.keep_number(x)
    for one in loop.instructions:
        if one.outputs[0] in kernel.schedule.stored:
            kernel.access(one.outputs[0], loop.shape)


def _slot(kernel, offset, access, chunk):
    """Where a chunk's part of a sum is."""
    b = kernel.builder
    place = b.add(ir.Constant(LONG, offset), b.mul(chunk, ir.Constant(LONG, 8)))
    return b.bitcast(b.gep(kernel.function.args[2], [place]), access.pointer.type)


def _chunk(kernel, loop, places):
    """A function of the kernel's arguments and the number of a chunk, which runs it; how many there are."""
    with kernel.another(_CHUNK, "chunk") as function:
        nest = _Part(kernel, loop)
        for one in [*loop.instructions, *loop.reductions]:
            for x in kernel.schedule.operands(one):
                if x.shape == ():
                    kernel.number(x)  # here, where all that follows can use it
        for one, access in nest.sums:
            if one in places:
                store(kernel.builder, ir.Constant(access.pointer.type.pointee, neutral(one)), access.pointer)
        count = nest.emit_chunk(function.args[3])
        for one, access in nest.sums:
            if one in places:
                value = load(kernel.builder, access.pointer, access.dtype)
                store(kernel.builder, value, _slot(kernel, places[one], access, function.args[3]))
        kernel.builder.ret_void()
    return function, count


class _Part(Nest):
    """One chunk of a loop nest."""

    def emit_chunk(self, chunk):
        """Write it; how many chunks there are."""
        accesses, n = self._accesses(), self.shape[0]
        if len(self.shape) > 1:
            each = -(-n // _CHUNKS)
            count = -(-n // each)
            self._rows(chunk, each, n)
            return count
        length = n // _CHUNKS
        left = n - length * _CHUNKS
        self.shape = [_CHUNKS, length]
        for access in accesses:
            access.strides = (access.strides[0] * length, access.strides[0])
        if not left:
            self._rows(chunk, 1, _CHUNKS)
            return _CHUNKS
        last = self.kernel.builder.icmp_unsigned("==", chunk, ir.Constant(LONG, _CHUNKS))
        with self.kernel.builder.if_else(last) as (rest, usual):
            with usual:
                self._rows(chunk, 1, _CHUNKS)
            with rest:
                self.shape = [_CHUNKS, left]
                self._outer(1, [ir.Constant(LONG, _CHUNKS * access.strides[0]) for access in accesses])
        return _CHUNKS + 1

    def _rows(self, chunk, each, n):
        """The part of axis 0 that belongs to a chunk."""
        b = self.kernel.builder
        first = b.mul(chunk, ir.Constant(LONG, each))
        left = b.sub(ir.Constant(LONG, n), first)
        count = b.select(b.icmp_unsigned("<", left, ir.Constant(LONG, each)), left, ir.Constant(LONG, each))
        with counting(b, count) as i:
            place = b.add(first, i)
            offsets = [b.mul(place, ir.Constant(LONG, access.strides[0])) for access in self._accesses()]
            self._outer(1, offsets)


def _spread(kernel):
    """The function that starts threads, lets them and itself take chunks, and waits for them."""
    module, symbol = kernel.module, "spread"
    if symbol in module.globals:
        return module.globals[symbol]
    worker = _worker(module)
    kind = ir.FunctionType(ir.VoidType(), [_CHUNK.as_pointer(), _TABLE, _TABLE, _POINTER, LONG])
    function = ir.Function(module, kind, symbol)
    function.linkage = "internal"
    b = ir.IRBuilder(function.append_basic_block("entry"))
    work = b.alloca(_WORK)
    values = [*function.args[:4], ir.Constant(LONG, 0), function.args[4]]
    for i, value in enumerate(values):
        b.store(value, b.gep(work, [ir.Constant(WORD, 0), ir.Constant(WORD, i)]))
    given = b.bitcast(work, _POINTER)
    create = _posix(kernel, "pthread_create", [LONG.as_pointer(), _POINTER, worker.type, _POINTER])
    join = _posix(kernel, "pthread_join", [LONG, _TABLE])
    handles = [b.alloca(LONG) for _ in range(kernel.threads - 1)]
    begun = [b.call(create, [handle, ir.Constant(_POINTER, None), worker, given]) for handle in handles]
    b.call(worker, [given])
    for handle, failed in zip(handles, begun):
        with b.if_then(b.icmp_signed("==", failed, ir.Constant(WORD, 0))):
            b.call(join, [b.load(handle), ir.Constant(_TABLE, None)])
    b.ret_void()
    return function


def _worker(module):
    """What a thread does: chunk after chunk, until none is left."""
    function = ir.Function(module, ir.FunctionType(_POINTER, [_POINTER]), "worker")
    function.linkage = "internal"
    b = ir.IRBuilder(function.append_basic_block("entry"))
    work = b.bitcast(function.args[0], _WORK.as_pointer())
    parts = [b.gep(work, [ir.Constant(WORD, 0), ir.Constant(WORD, i)]) for i in range(6)]
    chunk, *given = [b.load(part) for part in parts[:4]]
    end = b.load(parts[5])
    again, run, done = (function.append_basic_block(name) for name in ("again", "run", "done"))
    b.branch(again)
    b.position_at_end(again)
    k = b.atomic_rmw("add", parts[4], ir.Constant(LONG, 1), "monotonic")
    b.cbranch(b.icmp_unsigned("<", k, end), run, done)
    b.position_at_end(run)
    b.call(chunk, [*given, k])
    b.branch(again)
    b.position_at_end(done)
    b.ret(ir.Constant(_POINTER, None))
    return function


def _posix(kernel, name, kinds):
    address = ctypes.cast(getattr(ctypes.CDLL(None), name), ctypes.c_void_p).value
    symbol = kernel.machine.address(name, address)
    found = kernel.module.globals.get(symbol)
    return found or ir.Function(kernel.module, ir.FunctionType(WORD, kinds), symbol)
