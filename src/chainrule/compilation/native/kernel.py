"""A stretch of a program as one native function: `int kernel(void **inputs, void **outputs, void *workspace)`.

It returns -1, or the number of the first guard that does not hold.
"""

import contextlib
import ctypes
import math
from typing import Any

import numpy

from chainrule.compilation.native import gathers, ir, lapack, loops, parallel, products, repeats, running
from chainrule.compilation.native.loops import Access, load, store
from chainrule.compilation.native.machine import machine
from chainrule.compilation.native.numbers import BIT, BYTE, LONG, TYPES, WORD, Numbers, is_products, loop_dtypes
from chainrule.compilation.native.outlining import outlined
from chainrule.compilation.native.vector_math import FUNCTIONS
from chainrule.compilation.native.workspace import Workspace
from chainrule.compilation.program import Constant, Variable, spelled
from chainrule.compilation.scans import shape_of
from chainrule.compilation.schedule import (
    REDUCTIONS,
    Decomposition,
    Gather,
    Guard,
    Loop,
    Move,
    Pack,
    Product,
    Repeat,
    Running,
    Scalar,
    Schedule,
    Unsupported,
    View,
    contiguous,
    place,
)
from chainrule.compilation.work import effort, is_long

_POINTER = BYTE.as_pointer()
_LONGEST_FUNCTION = 400  # instructions on numbers; LLVM's time grows faster than a function


class Kernel:
    """The code of a stretch of instructions.

    Args:
        inputs: the variables that it is given, in memory.
        instructions: what it computes.
        outputs: the variables that it leaves in memory.
        precise: whether functions are the C library's also in loops over arrays.
        threads: how many share a large loop.

    Attributes:
        memory: the Workspace.
        compact: whether it is so long that each vector function (exp, sin ...) is one function that is called, and
            loops take one vector at a time.
        functions: these functions' modules, by their symbols.

    Raises: Unsupported where an instruction has no native form.
    """

    def __init__(self, inputs, instructions, outputs, precise=False, threads=1):
        self.machine, self.threads = machine(), threads
        self.inputs, self.instructions, self.outputs, self.precise = inputs, instructions, outputs, precise
        self.schedule = Schedule(instructions, [y for y in outputs if type(y) is Variable])
        self.module, self.functions = ir.Module(), {}
        self.memory, self.guards = Workspace(), []
        self._frame, self._regions, self._copies = {}, {}, []
        self._whole = self.schedule
        self.compact = is_long(instructions, FUNCTIONS)
        self.engine: Any = None
        self._run: Any = None
        self._plan_memory()
        self._emit()

    def build(self, cache=None):
        """Make the code, or take it from a cache."""
        self.engine = self.machine.build(self.module, cache, self.functions.values(), effort(self.instructions))
        pointers = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p
        self._run = ctypes.CFUNCTYPE(ctypes.c_int, *pointers)(self.engine.get_function_address("kernel"))

    def call(self, inputs, outputs, workspace):
        """Run the code, once it is built, on tables of addresses."""
        return self._run(inputs, outputs, workspace)

    def again(self):
        """The same kernel, afresh."""
        return Kernel(self.inputs, self.instructions, self.outputs, self.precise, self.threads)

    # Functions: one, or for long programs one that calls the others in turn

    def _emit(self):
        chunks = self._chunks()
        if len(chunks) == 1:
            self._begin("kernel")
            for step in chunks[0]:
                self._step(step)
            self._results()
            self._end()
            return
        parts = []
        for i, chunk in enumerate(chunks):
            parts.append(self._begin(f"part{i}"))
            for step in chunk:
                self._step(step)
            self._keep_numbers(chunk)
            self._end()
        parts.append(self._begin("results"))
        self._results()
        self._end()
        self._begin("kernel")
        for part in parts:
            part.linkage = "internal"
            part.attributes.add("noinline")
            code = self.builder.call(part, self.function.args)
            with self.builder.if_then(self.builder.icmp_signed(">=", code, ir.Constant(WORD, 0)), likely=False):
                self.builder.ret(code)
        self._end()

    def _chunks(self):
        """The steps in stretches that LLVM compiles in a time that does not grow with the whole."""
        chunks, weight = [[]], 0
        for step in self.schedule.steps:
            own = 4 * len(step.instructions) if type(step) is Loop else 1
            if type(step) is Product:
                own = step.weight
            elif type(step) is Repeat:
                own = sum(len(inside.instructions) for inside in step.instruction.function.programs())
            if chunks[-1] and weight + own > _LONGEST_FUNCTION:
                chunks.append([])
                weight = 0
            chunks[-1].append(step)
            weight += own
        return chunks

    def _begin(self, name):
        """A function of the kernel's arguments, which the code that follows goes into."""
        kind = ir.FunctionType(WORD, [_POINTER.as_pointer(), _POINTER.as_pointer(), _POINTER])
        self.function = ir.Function(self.module, kind, name)
        self.function.attributes.add("nounwind")
        self.entry = self.function.append_basic_block("entry")  # for locals
        self.builder = ir.IRBuilder(self.function.append_basic_block("body"))
        self._numbers, self._memory = {}, {}
        return self.function

    @contextlib.contextmanager
    def another(self, kind, name):
        """The code of a function beside the present one, whose first arguments are the same."""
        outer = self.function, self.entry, self.builder, self._numbers, self._memory
        self.function = ir.Function(self.module, kind, self.module.get_unique_name(name))
        self.function.linkage = "internal"
        self.function.attributes.add("nounwind")
        self.entry = self.function.append_basic_block("entry")
        self.builder = ir.IRBuilder(self.function.append_basic_block("body"))
        self._numbers, self._memory = {}, {}
        try:
            yield self.function
            ir.IRBuilder(self.entry).branch(self.function.blocks[1])
        finally:
            self.function, self.entry, self.builder, self._numbers, self._memory = outer

    def keep_number(self, x):
        """Let a number that is in a register be in memory, too."""
        elsewhere = x in self._given or x in self._frame or x in self.schedule.views
        if x in self._numbers and not elsewhere:
            self._frame[x] = self.memory.take(8)
            store(self.builder, self._numbers[x], self.workspace(self._frame[x], x.dtype))

    def _end(self):
        self.builder.ret(ir.Constant(WORD, -1))
        ir.IRBuilder(self.entry).branch(self.function.blocks[1])

    def _keep_numbers(self, chunk):
        """Numbers that a later function reads go to memory."""
        own = set(chunk)
        for x in list(self._numbers):
            if x in self._places or any(step not in own for step in self.schedule.readers(x)):
                self.keep_number(x)

    def _results(self):
        for y, places in self._places.items():
            for i in places:
                pointer = self._argument(self.function.args[1], i, y.dtype)
                if y.shape == ():
                    store(self.builder, self.number(y), pointer)
                elif self._own.get(y) != i:
                    self._copy(y, pointer)

    # Memory

    def _plan_memory(self):
        """Which variables come from outside and which go there; when each is read for the last time."""
        self._given = {x: i for i, x in enumerate(self.inputs)}
        self._places = {}
        for i, y in enumerate(self.outputs):
            self._places.setdefault(y, []).append(i)
        stored, views = self.schedule.stored, self.schedule.views
        self._own = {y: at[0] for y, at in self._places.items() if y.shape != () and y in stored and y not in views}
        self._last = {}
        self._plan_releases(self.schedule, self._places)

    def _plan_releases(self, schedule, results):
        """After which step of a schedule nothing reads a variable any more."""
        last, kept = {}, {schedule.base(y) for y in results}
        for step in schedule.steps:
            for x in schedule.touched(step):
                last[x] = step
        for x, step in last.items():
            if x in schedule.stored and x not in kept:
                self._last.setdefault(step, []).append(x)

    def _argument(self, table, i, dtype):
        pointer = self.builder.load(self.builder.gep(table, [ir.Constant(LONG, i)]))
        return self.builder.bitcast(pointer, _memory_type(dtype).as_pointer())

    def workspace(self, offset, dtype):
        """A part of the workspace, as a pointer to entries."""
        here = self.builder.gep(self.function.args[2], [ir.Constant(LONG, offset)])
        return self.builder.bitcast(here, _memory_type(dtype).as_pointer())

    def _release(self, step):
        """What nothing reads after this step makes room."""
        for x in self._last.get(step, ()):
            self.release(x)

    def release(self, x):
        """The memory of a variable, if it is a part of the workspace, is free."""
        if x in self._regions:
            self.memory.give_back(self._regions.pop(x), math.prod(x.shape) * x.dtype.itemsize)

    def _copy(self, y, pointer):
        """A result that is no loop's own memory: a view, an input, or a second place for one result."""
        if math.prod(y.shape):
            target = Access(pointer, spelled(y.dtype), contiguous(y.shape))
            loops.move(self, y.shape, self.access(y, y.shape), target)

    def pointer(self, x):
        """Where a variable's entries lie: what the kernel was given, or a part of the workspace."""
        if x not in self._memory:
            if x in self._given:
                self._memory[x] = self._argument(self.function.args[0], self._given[x], x.dtype)
            elif x in self._own:
                self._memory[x] = self._argument(self.function.args[1], self._own[x], x.dtype)
            else:
                if x not in self._regions:
                    self._regions[x] = self.memory.take(math.prod(x.shape) * x.dtype.itemsize)
                self._memory[x] = self.workspace(self._regions[x], x.dtype)
        return self._memory[x]

    def access(self, x, shape):
        """Where a loop over `shape` finds the entries of an operand."""
        own, dtype, view = x.shape, x.dtype, self.layout(x)
        pointer = self.pointer(self.schedule.base(x))
        if view[0]:
            pointer = self.builder.gep(pointer, [ir.Constant(LONG, view[0])])
        added = len(shape) - len(own)
        strides = [0] * added + [0 if n == 1 and m != 1 else s for n, m, s in zip(own, shape[added:], view[1])]
        return Access(pointer, spelled(dtype), tuple(strides))

    def layout(self, x):
        """Offset and strides of a variable in its base's memory."""
        view = self.schedule.views.get(x)
        return (0, contiguous(x.shape)) if view is None else (view.offset, view.strides)

    def accumulator(self, one, shape):
        """Where a reduction puts its result: memory of the result's shape, or one number."""
        output, axes = one.outputs[0], one.params["axis"]
        kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
        strides = tuple(0 if i in axes else s for i, s in enumerate(contiguous(kept)))
        if math.prod(kept) == 1:
            wide = "float64" if spelled(output.dtype) == "float32" and one.name == "sum" else spelled(output.dtype)
            return Access(self.local(_memory_type(wide)), wide, (0,) * len(shape))
        return Access(self.pointer(output), spelled(output.dtype), strides)

    def clear(self, one, access):
        """Let a reduction start."""
        output = one.outputs[0]
        kind = _memory_type(access.dtype)
        value = ir.Constant(kind, loops.neutral(one))
        count = math.prod(output.shape)
        if count == 1:
            self.builder.store(value, access.pointer)
            if output.shape == ():
                self._numbers[output] = access
            else:
                self._copies.append((one, access))
            return
        if count:
            with loops.counting(self.builder, count) as i:
                self.builder.store(value, self.builder.gep(access.pointer, [i]))

    def local(self, kind):
        """A place on the stack for one value."""
        return ir.IRBuilder(self.entry).alloca(kind)

    # Steps

    def _step(self, step):
        self._write(step)
        self._release(step)

    @contextlib.contextmanager
    def inside(self, schedule, results):
        """The code of a loop's body: steps of another schedule, whose numbers and addresses end with it."""
        outer = self.schedule, dict(self._numbers), dict(self._memory)
        self.schedule = schedule
        self._plan_releases(schedule, results)
        try:
            yield
        finally:
            self.schedule, self._numbers, self._memory = outer

    def steps(self):
        """Write every step of the present schedule."""
        for step in self.schedule.steps:
            self._step(step)

    def place(self, x, pointer):
        """Let an array lie at a pointer."""
        self._memory[x] = pointer

    def _write(self, step):
        if type(step) is Loop:
            shared = self.threads > 1 and self.schedule is self._whole
            if not shared or not parallel.emit(self, step):
                loops.emit(self, step)
            self._finish(step)
        elif type(step) is Scalar:
            numbers = Numbers(self.builder, self.machine)
            one = step.instruction
            with self.doing(one):
                self._numbers[one.outputs[0]] = self.compute(numbers, one, {})
        elif type(step) is Guard:
            self._guard(step.instruction)
        elif type(step) is Pack:
            self._pack(step.instruction)
        elif type(step) is Repeat:
            repeats.emit(self, step.instruction)
        elif type(step) is Move:
            with self.doing(step.instruction):
                self._move(step)
        else:
            with self.doing(step.instruction):
                _WRITERS[type(step)].emit(self, step.instruction)

    def _move(self, step):
        (y,) = step.instruction.outputs
        pointer = self.pointer(self.schedule.base(y))
        if step.clear:
            loops.clear(self, self.access(y, y.shape), math.prod(y.shape) * y.dtype.itemsize)
        for x, index in step.pieces:
            offset, shape, strides = 0, shape_of(x), contiguous(shape_of(x))
            if type(index) is View:
                offset, strides = index.offset, index.strides
            elif index is not None:
                at = place(y, index, *self.layout(y))
                offset, shape, strides = at.offset, at.shape, at.strides
            if not math.prod(shape):
                continue
            target = Access(self.builder.gep(pointer, [ir.Constant(LONG, offset)]), spelled(y.dtype), strides)
            if type(x) is Constant or x.shape == () or x in self.schedule.filled:
                loops.fill(self, shape, x, target)
            else:
                loops.move(self, shape, self.access(x, shape), target)

    def _pack(self, one):
        (y,) = one.outputs
        pointer, numbers = self.pointer(y), Numbers(self.builder, self.machine)
        for i, x in enumerate(one.inputs):
            at = self.builder.gep(pointer, [ir.Constant(LONG, i)])
            store(self.builder, self.operand(numbers, x, {}, spelled(y.dtype)), at)

    def _finish(self, loop):
        """Reductions to one number: bring it to its dtype, and to memory where it is an array of one entry."""
        numbers = Numbers(self.builder, self.machine)
        for one in loop.reductions:
            output = one.outputs[0]
            held = self._numbers.get(output)
            if type(held) is Access:
                value = load(self.builder, held.pointer, held.dtype)
                self._numbers[output] = numbers.convert(value, held.dtype, output.dtype)
        for one, access in self._copies:
            value = load(self.builder, access.pointer, access.dtype)
            value = numbers.convert(value, access.dtype, one.outputs[0].dtype)
            store(self.builder, value, self.pointer(one.outputs[0]))
        self._copies = []

    def _guard(self, one):
        b = self.builder
        (x,) = one.inputs
        expected, value = one.params["is"], self.operand(Numbers(b, self.machine), x, {}, None)
        if type(expected) is float:
            wide = Numbers(b, self.machine).convert(value, self._dtype(x), "float64")
            bits = b.bitcast(wide, LONG)
            holds = b.icmp_unsigned("==", bits, ir.Constant(LONG, int(numpy.float64(expected).view("u8"))))
        elif value.type in (BIT, LONG):
            holds = b.icmp_unsigned("==", value, ir.Constant(value.type, int(expected)))
        else:
            holds = b.fcmp_ordered("==", value, ir.Constant(value.type, float(expected)))
        with b.if_else(holds, likely=True) as (then, otherwise):
            with then:
                pass
            with otherwise:
                self.leave(one)

    def leave(self, one):
        """End the kernel: a guard does not hold."""
        self.builder.ret(ir.Constant(WORD, len(self.guards)))
        self.guards.append(one)

    def _dtype(self, x):
        return spelled(x.dtype) if type(x) is Variable else spelled(numpy.result_type(x.value))

    # Operands and operations

    def number(self, x):
        """A variable without dimensions, in a register."""
        if x not in self._numbers:
            if x in self._frame:
                pointer = self.workspace(self._frame[x], x.dtype)
            else:
                pointer = self.access(x, ()).pointer
            self._numbers[x] = load(self.builder, pointer, spelled(x.dtype))
        return self._numbers[x]

    def set_number(self, x, value):
        """The value of a variable without dimensions."""
        self._numbers[x] = value

    def operand(self, numbers, x, values, dtype):
        """An operand in the dtype of the operation (as it is where that is None)."""
        x = self.schedule.operand(x)
        if type(x) is Constant:
            if numpy.size(x.value) != 1:
                raise Unsupported("a constant array")
            return numbers.constant(dtype or numpy.result_type(x.value), numpy.asarray(x.value).item())
        value = values[x] if x in values else numbers.spread(self.number(x))
        return value if dtype is None else numbers.convert(value, x.dtype, dtype)

    def compute(self, numbers, one, values):
        """One elementwise instruction, in registers."""
        if one.outputs[0] in self.schedule.filled:
            return self.operand(numbers, one.outputs[0], values, one.outputs[0].dtype)
        if one.name in REDUCTIONS:
            raise Unsupported(one.name)
        dtypes, result = loop_dtypes(one)
        args = [self.operand(numbers, x, values, dtype) for x, dtype in zip(one.inputs, dtypes)]
        if one.name in ("astype", "item"):
            return numbers.convert(args[0], dtypes[0], result)
        vector = numbers.deferred is not None and numbers.lanes is not None and not is_products(one.name, args)
        if self.compact and one.name in FUNCTIONS and vector:
            return outlined(numbers, self.functions, one.name, args, dtypes)
        return numbers.apply(one.name, args, dtypes)

    @contextlib.contextmanager
    def doing(self, instruction):
        """What is refused inside is this instruction."""
        try:
            yield
        except Unsupported as refused:
            refused.instruction = refused.instruction or instruction
            raise


_WRITERS = {Product: products, Decomposition: lapack, Gather: gathers, Running: running}


def _memory_type(dtype):
    """LLVM's type for an entry in memory."""
    kind = TYPES.get(spelled(dtype))
    if kind is None:
        raise Unsupported(f"dtype {dtype}")
    return BYTE if kind == BIT else kind
