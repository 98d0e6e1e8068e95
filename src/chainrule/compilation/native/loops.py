"""Loops over arrays: elementwise instructions and reductions, fused, in vector registers."""

import math
from dataclasses import dataclass

import numpy

from chainrule.compilation.native import ir
from chainrule.compilation.native.numbers import BIT, BYTE, LONG, TYPES, WORD, Numbers, declare, either, mangled
from chainrule.compilation.native.vector_math.formats import shuffled
from chainrule.compilation.program import Instruction, Variable, spelled
from chainrule.compilation.schedule import Loop

_BLOCK = 2048  # entries of a long row that are summed in registers before the sum goes to memory
_UNROLLED = 4  # accumulators of a short loop body
_TOGETHER = 3  # vectors that a long body computes side by side
_LONG = 100  # instructions; the values of a longer body do not fit the registers even of one vector


@dataclass(eq=False)
class Access:
    """Where a loop finds the entries of an operand, or puts those of a result.

    Attributes:
        pointer: to the first entry (LLVM's).
        dtype: of the entries ("float64"); booleans are bytes.
        strides: in entries, one for each axis of the loop.
    """

    pointer: object
    dtype: str
    strides: tuple


def emit(kernel, loop):
    """Write one loop of a schedule at the end of the kernel."""
    Nest(kernel, loop).emit()


def move(kernel, shape, source, target):
    """Write a copy of entries over a shape from one Access to another, whose dtype they are brought to."""
    _Copy(kernel, shape, source, target).emit()


def clear(kernel, access, size):
    """Write `size` zero bytes."""
    function = declare(kernel.module, "llvm.memset.p0.i64", ir.VoidType(), [BYTE.as_pointer(), BYTE, LONG, BIT])
    pointer = kernel.builder.bitcast(access.pointer, BYTE.as_pointer())
    kernel.builder.call(function, [pointer, ir.Constant(BYTE, 0), ir.Constant(LONG, size), ir.Constant(BIT, 0)])


class Nest:
    """One loop nest under construction."""

    def __init__(self, kernel, loop):
        self.kernel, self.loop = kernel, loop
        self.module = kernel.module
        made = {one.outputs[0] for one in loop.instructions}
        self.loads, self.stores, self.sums = {}, {}, []
        for one in [*loop.instructions, *loop.reductions]:
            for x in kernel.schedule.operands(one):
                if x not in made and x.shape != ():
                    self.loads.setdefault(x, kernel.access(x, loop.shape))
        for one in loop.instructions:
            if one.outputs[0] in kernel.schedule.stored:
                self.stores[one.outputs[0]] = kernel.access(one.outputs[0], loop.shape)
        for one in loop.reductions:
            with kernel.doing(one):
                self.sums.append((one, kernel.accumulator(one, loop.shape)))
        self.shape = self._collapse()

    def _accesses(self):
        return [*self.loads.values(), *self.stores.values(), *(access for _, access in self.sums)]

    def _collapse(self):
        """The shape with axes of length 1 left out and axes that lie one behind the other made one."""
        shape = [n for n in self.loop.shape if n != 1]
        for access in self._accesses():
            access.strides = tuple(s for n, s in zip(self.loop.shape, access.strides) if n != 1)
        i = 0
        while i + 1 < len(shape):
            if all(a.strides[i] == a.strides[i + 1] * shape[i + 1] for a in self._accesses()):
                shape[i : i + 2] = [shape[i] * shape[i + 1]]
                for access in self._accesses():
                    access.strides = access.strides[:i] + access.strides[i + 1 :]
            else:
                i += 1
        if not shape:
            shape = [1]
            for access in self._accesses():
                access.strides = (0,)
        return shape

    # Code

    def emit(self):
        for one, access in self.sums:
            self.kernel.clear(one, access)
        if math.prod(self.shape):
            self._outer(0, [ir.Constant(LONG, 0)] * len(self._accesses()))

    def _outer(self, axis, offsets):
        """Loops over all axes but the last, then the row."""
        if axis == len(self.shape) - 1:
            self._row([self._at(a, o) for a, o in zip(self._accesses(), offsets)])
            return
        with counting(self.kernel.builder, self.shape[axis]) as i:
            b = self.kernel.builder
            moved = [
                o if a.strides[axis] == 0 else b.add(o, b.mul(i, ir.Constant(LONG, a.strides[axis])))
                for a, o in zip(self._accesses(), offsets)
            ]
            self._outer(axis + 1, moved)

    def _at(self, access, offset):
        return self.kernel.builder.gep(access.pointer, [offset])

    def _row(self, pointers):
        """The last axis: whole vectors first, then what is left of it under a mask."""
        builder, n = self.kernel.builder, self.shape[-1]
        lanes = self._lanes()
        row = _Row(self, pointers, lanes)
        light = len(self.loop.instructions) <= 8
        together = self.loop.weight > 6 and len(self.loop.instructions) <= _LONG
        unrolled = _UNROLLED if row.carries and light else _TOGETHER if together and not self.kernel.compact else 1
        step = lanes * unrolled

        def steps(first, count):
            with counting(builder, count) as i:
                start = builder.mul(builder.add(first, i), ir.Constant(LONG, step))
                row.body([builder.add(start, ir.Constant(LONG, k * lanes)) for k in range(unrolled)])

        whole, each = n // step, _BLOCK // step
        row.begin()
        if row.carries and whole >= 2 * each:
            with counting(builder, -(-whole // each)) as i:
                row.clear()
                first = builder.mul(i, ir.Constant(LONG, each))
                left = builder.sub(ir.Constant(LONG, whole), first)
                short = builder.icmp_unsigned("<", left, ir.Constant(LONG, each))
                steps(first, builder.select(short, left, ir.Constant(LONG, each)))
                row.end()
            row.clear()
        else:
            row.clear()
            if whole:
                steps(ir.Constant(LONG, 0), ir.Constant(LONG, whole))
        for start in range(whole * step, n, lanes):
            left = min(lanes, n - start)
            row.body([ir.Constant(LONG, start)], None if left == lanes else left)
        row.end()

    def _lanes(self):
        sizes = [8 if spelled(y.dtype) in ("float64", "int64") else 4 for y in self._variables() if y.dtype != bool]
        lanes = self.kernel.machine.vector_bits // 8 // max(sizes, default=4)
        return min(lanes, max(2, 1 << (self.shape[-1] - 1).bit_length()))

    def _variables(self):
        for one in self.loop.instructions:
            yield from one.variables()
            yield from one.outputs
        for one, access in self.sums:
            yield from one.variables()
            if not counts(one, access):
                yield from one.outputs


def _flat(results):
    return [one for result in results for one in result]


def fill(kernel, shape, x, target):
    """Write the one value of x (a number, or an array of one value) to the entries of an Access."""
    _Copy(kernel, shape, None, target, x).emit()


class _Copy(Nest):
    """A loop nest that copies, from memory or from the one value of a variable."""

    def __init__(self, kernel, shape, source, target, value=None):
        y = Variable(-1, shape, numpy.dtype(target.dtype), "array")
        x = Variable(-1, shape, numpy.dtype(source.dtype), "array") if value is None else value
        copy = Instruction("astype", None, (x,), {}, (y,))
        self.kernel, self.loop, self.module = kernel, Loop(shape, [copy]), kernel.module
        self.loads, self.stores, self.sums = ({x: source} if value is None else {}), {y: target}, []
        self.shape = self._collapse()


class _Row:
    """The innermost loop: loads, operations, stores, sums."""

    def __init__(self, nest, pointers, lanes):
        self.nest, self.kernel, self.lanes = nest, nest.kernel, lanes
        self.builder = nest.kernel.builder
        pointers = iter(pointers)
        self.loads = [(x, access, next(pointers)) for x, access in nest.loads.items()]
        self.stores = [(y, access, next(pointers)) for y, access in nest.stores.items()]
        self.sums = [(one, access, next(pointers)) for one, access in nest.sums]
        self.numbers = Numbers(self.builder, self.kernel.machine, lanes)
        self.carries = [s for s in self.sums if s[1].strides[-1] == 0]

    def begin(self):
        """What does not change along the row is loaded once."""
        self.steady = {}
        for x, access, pointer in self.loads:
            if access.strides[-1] == 0:
                self.steady[x] = self.numbers.spread(load(self.builder, pointer, access.dtype))
        for one in [*self.nest.loop.instructions, *self.nest.loop.reductions]:
            for x in self.kernel.schedule.operands(one):
                if x.shape == () and x not in self.steady:
                    self.steady[x] = self.numbers.spread(self.kernel.number(x))
        self.held = {}
        for one, access, _ in self.carries:
            kind = self.numbers.wide(WORD) if counts(one, access) else self.numbers.type(one.outputs[0].dtype)
            self.held[one] = [self.kernel.local(kind) for _ in range(_UNROLLED)]

    def clear(self):
        """Sums along the row start anew."""
        for one, slots in self.held.items():
            for slot in slots:
                self.builder.store(self._neutral(one, slot.type.pointee), slot)

    def body(self, places, left=None):
        """A vector's worth at each of some places of the row; `left` lanes of it only, if given.

        The vectors take turns operation by operation, so that the processor need not wait for one.
        """
        tests = []
        loaded = [self._loaded(place, left) for place in places]
        deferred = None if self.kernel.precise else tests
        results = self._computed(Numbers(self.builder, self.kernel.machine, self.lanes, deferred), loaded)
        if tests:
            results = self._unless_rare(tests, results, loaded)
        for k, (place, result) in enumerate(zip(places, results)):
            result = iter(result)
            for _, access, pointer in self.stores:
                self._store(next(result), access, pointer, place, left)
            for one, access, pointer in self.sums:
                self._add_up(one, access, pointer, place, next(result), k, left)

    def _loaded(self, place, left):
        values = dict(self.steady)
        for x, access, pointer in self.loads:
            if x not in values:
                values[x] = self._load(access, pointer, place, left)
        return values

    def _computed(self, numbers, loaded):
        """For each vector, what is stored and what is summed."""
        vectors = [dict(values) for values in loaded]
        for one in self.nest.loop.instructions:
            with self.kernel.doing(one):
                for values in vectors:
                    values[one.outputs[0]] = self.kernel.compute(numbers, one, values)
        return [
            [values[y] for y, _, _ in self.stores]
            + [self._summed(numbers, one, access, values) for one, access, _ in self.sums]
            for values in vectors
        ]

    def _summed(self, numbers, one, access, values):
        if counts(one, access):
            return self.builder.zext(self.kernel.operand(numbers, one.inputs[0], values, None), numbers.wide(WORD))
        return self.kernel.operand(numbers, one.inputs[0], values, one.outputs[0].dtype)

    def _unless_rare(self, tests, results, loaded):
        """The results, computed by the C library instead where some lane has an argument that asks for it."""
        again = iter(either(self.builder, tests, _flat(results), lambda: _flat(self._computed(self.numbers, loaded))))
        return [[next(again) for _ in result] for result in results]

    def _add_up(self, one, access, pointer, place, value, slot, left):
        if left is not None:
            value = self.builder.select(mask(self.lanes, left), value, self._neutral(one, value.type))
        if one in self.held:
            held = self.held[one][slot]
            self.builder.store(combine(self.numbers, one, self.builder.load(held), value), held)
        else:
            self._combine_into(one, access, pointer, place, value, left)

    def _neutral(self, one, kind):
        return self.numbers.splat(kind.element, neutral(one))

    def _combine_into(self, one, access, pointer, place, value, left):
        earlier = self._load(access, pointer, place, left)
        self._store(combine(self.numbers, one, earlier, value), access, pointer, place, left)

    def end(self):
        """Sums along the row go to where they belong."""
        one_number = Numbers(self.builder, self.kernel.machine)
        for one, access, pointer in self.carries:
            slots = [self.builder.load(slot) for slot in self.held[one]]
            while len(slots) > 1:
                slots = [combine(self.numbers, one, a, b) for a, b in zip(slots[::2], slots[1::2])]
            total = across(one_number, self.lanes, one, slots[0])
            total = self.builder.zext(total, LONG) if total.type == WORD else total
            source, target = spelled(one.outputs[0].dtype), access.dtype
            total = one_number.convert(total, source, target)
            earlier = load(self.builder, pointer, target)
            store(self.builder, combine(one_number, one, earlier, total), pointer)

    def _load(self, access, pointer, place, left):
        b, stride = self.builder, access.strides[-1]
        one = BYTE if access.dtype == "bool" else TYPES[access.dtype]
        kind = ir.VectorType(one, self.lanes)
        if stride != 1:
            value = ir.Constant(kind, None)
            for i in range(self.lanes if left is None else left):
                at = b.gep(pointer, [b.mul(b.add(place, ir.Constant(LONG, i)), ir.Constant(LONG, stride))])
                value = b.insert_element(value, b.load(at), ir.Constant(WORD, i))
        else:
            value = load_lanes(b, kind, b.gep(pointer, [place]), left)
        return b.trunc(value, ir.VectorType(BIT, self.lanes)) if access.dtype == "bool" else value

    def _store(self, value, access, pointer, place, left):
        b, stride = self.builder, access.strides[-1]
        if access.dtype == "bool":
            value = b.zext(value, ir.VectorType(BYTE, self.lanes))
        if stride != 1:
            for i in range(self.lanes if left is None else left):
                at = b.gep(pointer, [b.mul(b.add(place, ir.Constant(LONG, i)), ir.Constant(LONG, stride))])
                b.store(b.extract_element(value, ir.Constant(WORD, i)), at)
            return
        store_lanes(b, value, b.gep(pointer, [place]), left)


class counting:
    """`with counting(builder, n) as i:` runs what is written inside for i from 0 to n - 1 (n > 0)."""

    def __init__(self, builder, n):
        self.builder, self.n = builder, ir.Constant(LONG, n) if isinstance(n, int) else n

    def __enter__(self):
        b = self.builder
        before, self.block = b.block, b.append_basic_block("loop")
        b.branch(self.block)
        b.position_at_end(self.block)
        self.i = b.phi(LONG)
        self.i.add_incoming(ir.Constant(LONG, 0), before)
        return self.i

    def __exit__(self, *exception):
        b = self.builder
        following = b.add(self.i, ir.Constant(LONG, 1))
        self.i.add_incoming(following, b.block)
        after = b.append_basic_block("after")
        b.cbranch(b.icmp_unsigned("<", following, self.n), self.block, after)
        b.position_at_end(after)


def load(builder, pointer, dtype):
    """One number from memory."""
    value = builder.load(pointer)
    return builder.trunc(value, BIT) if dtype == "bool" else value


def store(builder, value, pointer):
    """One number to memory; booleans are bytes there."""
    builder.store(builder.zext(value, BYTE) if value.type == BIT else value, pointer)


def mask(lanes, left):
    """True in the first `left` lanes."""
    return ir.Constant(ir.VectorType(BIT, lanes), [ir.Constant(BIT, i < left) for i in range(lanes)])


def load_lanes(builder, kind, pointer, left=None):
    """A vector of a type from memory; only its first `left` lanes, if given, and zeros."""
    at = builder.bitcast(pointer, kind.as_pointer())
    if left is None:
        return builder.load(at, align=1)
    arguments = [at.type, WORD, ir.VectorType(BIT, kind.count), kind]
    function = declare(builder.module, f"llvm.masked.load.{mangled(kind)}.p0", kind, arguments)
    return builder.call(function, [at, ir.Constant(WORD, 1), mask(kind.count, left), ir.Constant(kind, None)])


def store_lanes(builder, value, pointer, left=None):
    """A vector to memory; only its first `left` lanes, if given."""
    at = builder.bitcast(pointer, value.type.as_pointer())
    if left is None:
        builder.store(value, at, align=1)
        return
    arguments = [value.type, at.type, WORD, ir.VectorType(BIT, value.type.count)]
    function = declare(builder.module, f"llvm.masked.store.{mangled(value.type)}.p0", ir.VoidType(), arguments)
    builder.call(function, [value, at, ir.Constant(WORD, 1), mask(value.type.count, left)])


def counts(one, access):
    """Whether a reduction counts truth values along the row: in 32 bits, which a row never fills."""
    return one.name == "sum" and one.inputs[0].dtype == bool and access.strides[-1] == 0


def neutral(one):
    """What a reduction starts from."""
    name, dtype = one.name, spelled(one.outputs[0].dtype)
    if name == "max":
        return -math.inf if dtype.startswith("float") else -(2**63)
    if name == "min":
        return math.inf if dtype.startswith("float") else 2**63 - 1
    return {"sum": 0, "prod": 1, "any": 0, "all": 1}[name]


def combine(numbers, one, a, b):
    """Two parts of a reduction made one."""
    builder, name = numbers.builder, one.name
    whole = isinstance(numbers_element(a), ir.IntType)
    if name == "sum":
        return builder.add(a, b) if whole else builder.fadd(a, b)
    if name == "prod":
        return builder.mul(a, b) if whole else builder.fmul(a, b)
    if name == "any":
        return builder.or_(a, b)
    if name == "all":
        return builder.and_(a, b)
    if whole:
        return builder.select(builder.icmp_signed(">" if name == "max" else "<", a, b), a, b)
    return numbers.do_maximum(a, b) if name == "max" else numbers.do_minimum(a, b)


def numbers_element(x):
    return x.type.element if isinstance(x.type, ir.VectorType) else x.type


def across(numbers, lanes, one, vector):
    """The reduction of a vector's lanes, pairwise: those of its first half with those of the second one, and so on."""
    b = numbers.builder
    while lanes > 1:
        lanes //= 2
        halves = [shuffled(b, vector, range(k, k + lanes)) for k in (0, lanes)]
        vector = combine(Numbers(b, numbers.machine, lanes), one, *halves)
    return b.extract_element(vector, ir.Constant(WORD, 0))
