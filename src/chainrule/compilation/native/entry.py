"""The way in from Python: arguments taken apart and results put together by native code.

A call of a compiled function is a call of machine code (see `vectorcall`). The code looks at the type of every
argument, reads numbers and the addresses of arrays, runs the kernel, and makes the results. Whatever it does not
expect, it hands on: to the code of another variant, and last to `slow`, which is Python.
"""

import ctypes
import sys
import sysconfig
import types
from typing import Any

import numpy

from chainrule.compilation.native import ir
from chainrule.compilation.native.donation import reused
from chainrule.compilation.native.loops import counting
from chainrule.compilation.native.machine import machine
from chainrule.compilation.native.numbers import BYTE, LONG, WORD, declare
from chainrule.compilation.work import nanoseconds

_POINTER = BYTE.as_pointer()
_DOUBLE = ir.DoubleType()
_TYPE, _DIGITS, _ITEM = 8, 16, 24  # bytes from an object's start: its type; a float's number; a tuple's first item
_ARRAY = {"data": 16, "nd": 24, "dimensions": 32, "descr": 56, "flags": 64}
_FLAGS = 0x0001 | 0x0100  # C order, aligned
_STRIDES = 40  # bytes from an array's start to where its strides are
_ALIGNED = 0x0100
_NEW, _ARRAY_TYPE, _SCALAR = 93, 2, 60  # places in NumPy's table of C functions
_SCALARS = (numpy.float64, numpy.float32, numpy.int64, numpy.bool_)
_WRITEABLE = 0x0400
_MOST = 256  # numbers and arrays that a call takes and gives; code for more takes LLVM too long
_LONG = 100_000  # nanoseconds of work, from where on other threads of Python run meanwhile


class Unenterable(Exception):
    """Arguments or results that native code does not take apart or make; Python does."""


def available():
    """Whether objects lie in memory as this module takes for granted."""
    if sysconfig.get_config_var("Py_GIL_DISABLED") or hasattr(sys, "gettotalrefcount"):
        return False
    number, several, array = 1.5, (1, 2), numpy.zeros((2, 3))
    cell = types.CellType(number)
    single, double, whole, turned = numpy.float32(2.5), numpy.float64(number), numpy.int64(77), array.T
    word = ctypes.c_void_p.from_address
    return (
        sys.implementation.name == "cpython"
        and ctypes.sizeof(ctypes.c_void_p) == 8
        and ctypes.c_double.from_address(id(number) + _DIGITS).value == number
        and word(id(number) + _TYPE).value == id(float)
        and ctypes.c_float.from_address(id(single) + _DIGITS).value == single
        and ctypes.c_double.from_address(id(double) + _DIGITS).value == number
        and ctypes.c_long.from_address(id(whole) + _DIGITS).value == 77
        and ctypes.c_byte.from_address(id(numpy.True_) + _DIGITS).value == 1
        and ctypes.c_long.from_address((word(id(turned) + _STRIDES).value or 0) + 8).value == 24
        and word(id(cell) + _DIGITS).value == id(number)
        and word(id(several) + _ITEM + 8).value == id(several[1])
        and word(id(array) + _ARRAY["data"]).value == array.ctypes.data
        and ctypes.c_int.from_address(id(array) + _ARRAY["nd"]).value == 2
        and word(id(array) + _ARRAY["descr"]).value == id(array.dtype)
        and ctypes.c_int.from_address(id(array) + _ARRAY["flags"]).value & 0x0FFF == array.flags.num & 0x0FFF
        and ctypes.c_long.from_address((word(id(array) + _ARRAY["dimensions"]).value or 0) + 8).value == 3
        and _numpy_function(_ARRAY_TYPE) == id(numpy.ndarray)
    )


def _numpy_function(place):
    """An entry of NumPy's table of C functions."""
    from numpy._core import _multiarray_umath  # pyright: ignore[reportAttributeAccessIssue]

    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table: Any = get(vars(_multiarray_umath)["_ARRAY_API"], None)
    return ctypes.c_void_p.from_address(table + 8 * place).value


# The code of an entry


class Entry:
    """The native entry of one program.

    Args:
        key: the signature of the calls that it takes.
        program: what it runs.
        objects: `(holder, name, object)` for each name from outside that must be what it was.
        results: the structure of what the function returns, with numbers in place of the program's results.
        slow: what takes every other call, a Python callable.
        donated: the places of the arguments' numbers and arrays whose memory a result may take.

    Attributes: address: where a call goes.
    Raises: Unenterable, Unsupported.
    """

    def __init__(self, key, kernel, program, held, results, objects, slow, donated):
        self.machine, self.kernel, self.module = machine(), kernel, kernel.module
        self._held, self._key, self._slow, self._results = held, key, slow, results
        self._program, self._objects, self._keep = program, objects, [key, slow, results]
        self._addresses = {}
        self._reused = reused(kernel, [program.arguments[i] for i in donated])
        if plan_is_short(kernel):
            kernel.function.attributes.add("alwaysinline")
        signature = ir.FunctionType(_POINTER, [_POINTER, _POINTER.as_pointer(), LONG, _POINTER])
        self.next = ir.GlobalVariable(self.module, signature.as_pointer(), "next")
        self.function = ir.Function(self.module, signature, "enter")
        self._size = kernel.memory.size  # of the workspace, to which copies of arrays that are not contiguous are added
        self._long = nanoseconds(kernel.instructions) > _LONG
        self._locals = self.function.append_basic_block("locals")
        self.builder = ir.IRBuilder(self.function.append_basic_block("enter"))
        self.otherwise = self.function.append_basic_block("otherwise")
        self.out_of_memory = self.function.append_basic_block("memory")
        self._write()

    def build(self, cache):
        """Make the code; returns the address of the entry."""
        self.kernel.build(cache)
        self.engine = self.kernel.engine
        for number, held in self._addresses.items():
            ctypes.c_void_p.from_address(self.engine.get_global_value_address(held.symbol)).value = number
        self.address = self.engine.get_function_address("enter")
        self._next = ctypes.c_void_p.from_address(self.engine.get_global_value_address("next"))
        return self.address

    def hand_on_to(self, other):
        """The Entry that takes what this one does not; None for Python."""
        self._next.value = None if other is None else other.address

    def _write(self):
        self._leaves, self._made, self._copies, self._handed = [], [], [], {}
        self._arguments()
        self._names()
        pointers = dict(zip(self._program.arguments, self._leaves))
        for variable, array in self._program.captured:  # looked at as if they were arguments
            layout = None if array.flags.c_contiguous else array.strides
            self._array((array.dtype.char, array.shape, layout), self._object(array))
            pointers[variable] = self._leaves[-1]
        for variable, array in self._held.items():
            self._keep.append(array)
            pointers[variable] = self._address(array.ctypes.data)
        for x in self._reused.values():
            self._alone(x, pointers)
        outputs = self._allocate()
        workspace = self._workspace()
        for leaf, (pointer, part, offset) in self._copies:
            pointers[self._program.inputs()[leaf]] = self._contiguous(pointer, part, self._at(workspace, offset))
        given = self._table([pointers[x] for x in self.kernel.inputs])
        made = self._table([outputs[y] for y in self.kernel.outputs])
        code = self._run([given, made, workspace])
        if self.kernel.guards:
            self._unless(self.builder.icmp_signed("<", code, ir.Constant(WORD, 0)), self._abandon())
        self._finish(outputs)
        self._hand_on()
        ir.IRBuilder(self._locals).branch(self.function.blocks[1])

    # Running the kernel

    def _workspace(self):
        """Memory for the kernel: always the same, but for a thread that finds another one in it."""
        self._memory = numpy.empty(self._size + 64, "u1")
        start = self._memory.ctypes.data
        own = self._address(start + -start % 64)
        if not self._long:
            return own
        b, zero, one = self.builder, ir.Constant(WORD, 0), ir.Constant(WORD, 1)
        self._taken = ir.GlobalVariable(self.module, WORD, "taken")
        busy = b.icmp_unsigned("!=", b.atomic_rmw("xchg", self._taken, one, "acquire"), zero)
        self._rented = self._local(_POINTER)
        b.store(ir.Constant(_POINTER, None), self._rented)
        with b.if_then(busy, likely=False):
            rented = b.call(self._python("PyMem_RawMalloc", _POINTER, [LONG]), [ir.Constant(LONG, self._size + 64)])
            none = self.function.append_basic_block("none")
            self._unless(b.icmp_unsigned("!=", rented, ir.Constant(_POINTER, None)), none)
            builder = ir.IRBuilder(none)
            builder.call(self._python("PyErr_NoMemory", _POINTER, []), [])
            builder.branch(self._dropping(self.out_of_memory))
            b.store(rented, self._rented)
        rented = b.load(self._rented)
        number = b.and_(b.add(b.ptrtoint(rented, LONG), ir.Constant(LONG, 63)), ir.Constant(LONG, -64))
        return b.select(self._equal(rented, ir.Constant(_POINTER, None)), own, b.inttoptr(number, _POINTER))

    def _run(self, arguments):
        """Call the kernel; a long one lets other threads of Python run meanwhile."""
        b = self.builder
        if not self._long:
            return b.call(self.kernel.function, arguments)
        state = b.call(self._python("PyEval_SaveThread", _POINTER, []), [])
        code = b.call(self.kernel.function, arguments)
        b.call(self._python("PyEval_RestoreThread", ir.VoidType(), [_POINTER]), [state])
        rented = b.load(self._rented)
        with b.if_else(self._equal(rented, ir.Constant(_POINTER, None)), likely=True) as (own, other):
            with own:
                b.atomic_rmw("xchg", self._taken, ir.Constant(WORD, 0), "release")
            with other:
                b.call(self._python("PyMem_RawFree", ir.VoidType(), [_POINTER]), [rented])
        return code

    def _contiguous(self, pointer, part, target):
        """Copy the entries of an array with strides to a place where they lie in C order."""
        character, shape, strides = part
        size = numpy.dtype(character).itemsize
        kind = ir.IntType(8 * size)
        source = self.builder
        target = source.bitcast(target, kind.as_pointer())

        def axis(i, source, place):
            b = self.builder
            if i == len(shape):
                value = b.load(b.bitcast(source, kind.as_pointer()), align=size)
                b.store(value, b.gep(target, [place]))
                return
            with counting(b, shape[i]) as k:
                moved = b.gep(source, [b.mul(k, ir.Constant(LONG, strides[i]))])
                axis(i + 1, moved, b.add(b.mul(place, ir.Constant(LONG, shape[i])), k))

        axis(0, pointer, ir.Constant(LONG, 0))
        return self.builder.bitcast(target, _POINTER)

    # Small parts

    def _at(self, pointer, offset):
        return self.builder.gep(pointer, [ir.Constant(LONG, offset)])

    def _address(self, number, builder=None):
        """An address, which the code finds in a variable of its own: the same code serves another process."""
        if number not in self._addresses:
            self._addresses[number] = ir.GlobalVariable(self.module, _POINTER, f"address{len(self._addresses)}")
        return (builder or self.builder).load(self._addresses[number])

    def _object(self, value, builder=None):
        """A Python object, kept alive here."""
        self._keep.append(value)
        return self._address(id(value), builder)

    def _field(self, pointer, offset, kind):
        b = self.builder
        return b.load(b.bitcast(b.gep(pointer, [ir.Constant(LONG, offset)]), kind.as_pointer()))

    def _python(self, name, result, arguments):
        address = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
        return declare(self.module, self.machine.address(name, address), result, arguments)

    def _local(self, kind, count=1):
        return ir.IRBuilder(self._locals).alloca(kind, count)

    def _table(self, pointers):
        table = self._local(_POINTER, max(len(pointers), 1))
        for i, pointer in enumerate(pointers):
            self.builder.store(pointer, self.builder.gep(table, [ir.Constant(LONG, i)]))
        return table

    def _unless(self, condition, block):
        """Go on where a condition holds, else to a block."""
        on = self.function.append_basic_block("on")
        self.builder.cbranch(condition, on, block)
        self.builder.position_at_end(on)

    def _equal(self, a, b):
        return self.builder.icmp_unsigned("==", a, b)

    def _reference(self, pointer):
        """One reference more to an object."""
        increase = self._python("Py_IncRef", ir.VoidType(), [_POINTER])
        self.builder.call(increase, [pointer])

    # Arguments

    def _arguments(self):
        b, (_, args, count, names) = self.builder, self.function.args
        parts, keywords = self._key
        number = b.and_(count, ir.Constant(LONG, 2**63 - 1))
        self._unless(self._equal(number, ir.Constant(LONG, len(parts))), self.otherwise)
        if keywords:
            self._unless(b.icmp_unsigned("!=", names, ir.Constant(_POINTER, None)), self.otherwise)
            length = self._field(names, 16, LONG)
            self._unless(self._equal(length, ir.Constant(LONG, len(keywords))), self.otherwise)
            for i, (name, _) in enumerate(keywords):
                found = self._field(names, _ITEM + 8 * i, _POINTER)
                self._unless(self._equal(found, self._object(sys.intern(name))), self.otherwise)
        else:
            self._unless(self._equal(names, ir.Constant(_POINTER, None)), self.otherwise)
        for i, part in enumerate([*parts, *(part for _, part in keywords)]):
            self._part(part, b.load(b.gep(args, [ir.Constant(LONG, i)])))

    def _names(self):
        """Look whether the names that the function takes from outside are what they were."""
        b = self.builder
        for holder, name, value in self._objects:
            if type(holder) is dict:
                get = self._python("PyDict_GetItem", _POINTER, [_POINTER, _POINTER])
                found = b.call(get, [self._object(holder), self._object(sys.intern(name))])
            else:
                found = self._field(self._object(holder), _DIGITS, _POINTER)  # of a cell: its contents
            self._unless(self._equal(found, self._object(value)), self.otherwise)

    def _part(self, part, pointer):
        """Look at one argument, or a part of one, and note where its number or entries are."""
        if part is float:
            self._is(pointer, float)
            self._leaves.append(self.builder.gep(pointer, [ir.Constant(LONG, _DIGITS)]))
        elif isinstance(part, type):
            if part not in _SCALARS:
                raise Unenterable(f"a NumPy scalar of type {part.__name__}")
            self._is(pointer, part)
            self._leaves.append(self.builder.gep(pointer, [ir.Constant(LONG, _DIGITS)]))
        elif isinstance(part[0], str):
            self._array(part, pointer)
        elif part[0] in (tuple, list):
            self._sequence(part[0], part[1], pointer)
        elif part[0] is dict:
            self._mapping(part[1], pointer)
        elif len(part) == 2 and part[0] is not complex and not isinstance(part[1], tuple):
            self._unless(self._equal(pointer, self._object(part[1])), self.otherwise)
        else:
            raise Unenterable(f"a {part[0].__name__}")

    def _is(self, pointer, kind):
        self._unless(self._equal(self._field(pointer, _TYPE, _POINTER), self._object(kind)), self.otherwise)

    def _array(self, part, pointer):
        character, shape, strides = part
        self._is(pointer, numpy.ndarray)
        b = self.builder
        same = self._equal(self._field(pointer, _ARRAY["descr"], _POINTER), self._object(numpy.dtype(character)))
        same = b.and_(same, self._equal(self._field(pointer, _ARRAY["nd"], WORD), ir.Constant(WORD, len(shape))))
        wanted = ir.Constant(WORD, _FLAGS if strides is None else _ALIGNED)
        same = b.and_(same, self._equal(b.and_(self._field(pointer, _ARRAY["flags"], WORD), wanted), wanted))
        self._unless(same, self.otherwise)
        if shape:
            lengths = self._field(pointer, _ARRAY["dimensions"], _POINTER)
            same = ir.Constant(ir.IntType(1), 1)
            for i, n in enumerate(shape):
                same = b.and_(same, self._equal(self._field(lengths, 8 * i, LONG), ir.Constant(LONG, n)))
            self._unless(same, self.otherwise)
        self._handed[len(self._leaves)] = pointer
        if strides is not None:
            same, steps = ir.Constant(ir.IntType(1), 1), self._field(pointer, _STRIDES, _POINTER)
            for i, stride in enumerate(strides):
                same = b.and_(same, self._equal(self._field(steps, 8 * i, LONG), ir.Constant(LONG, stride)))
            self._unless(same, self.otherwise)
            size = int(numpy.prod(shape)) * numpy.dtype(character).itemsize
            self._copies.append((len(self._leaves), (self._field(pointer, _ARRAY["data"], _POINTER), part, self._size)))
            self._size += -(-size // 64) * 64
        self._leaves.append(self._field(pointer, _ARRAY["data"], _POINTER))

    def _sequence(self, kind, parts, pointer):
        self._is(pointer, kind)
        self._unless(self._equal(self._field(pointer, 16, LONG), ir.Constant(LONG, len(parts))), self.otherwise)
        items = self.builder.gep(pointer, [ir.Constant(LONG, _ITEM)])
        if kind is list:
            items = self._field(pointer, _ITEM, _POINTER)
        for i, part in enumerate(parts):
            self._part(part, self._field(items, 8 * i, _POINTER))

    def _mapping(self, parts, pointer):
        self._is(pointer, dict)
        b = self.builder
        size = b.call(self._python("PyDict_Size", LONG, [_POINTER]), [pointer])
        self._unless(self._equal(size, ir.Constant(LONG, len(parts))), self.otherwise)
        pair = [_POINTER.as_pointer()] * 2
        following = self._python("PyDict_Next", WORD, [_POINTER, LONG.as_pointer(), *pair])
        place, key, item = self._local(LONG), self._local(_POINTER), self._local(_POINTER)
        b.store(ir.Constant(LONG, 0), place)
        for name, part in parts:  # in their order, in which a function may go through them
            if type(name) is not str:
                raise Unenterable("a dict whose keys are not texts")
            found = b.call(following, [pointer, place, key, item])
            self._unless(b.icmp_signed("!=", found, ir.Constant(WORD, 0)), self.otherwise)
            self._unless(self._equal(b.load(key), self._object(name)), self.otherwise)
            self._part(part, b.load(item))

    # Results

    def _allocate(self):
        """Places for what the kernel makes: fresh arrays, numbers on the stack."""
        places, self._arrays = {}, {}
        for y in self.kernel.outputs:
            if y.kind == "array":
                made = self._donated(y) if y in self._reused else self._new_array(y)
                self._arrays[y] = made
                places[y] = self._field(made, _ARRAY["data"], _POINTER)
            else:
                places[y] = self.builder.bitcast(self._local(_DOUBLE), _POINTER)
        return places

    def _alone(self, x, pointers):
        """Go on where the memory of a donated array may be written to, and is no other argument's."""
        b, count = self.builder, x.dtype.itemsize * int(numpy.prod(x.shape))
        flags = self._field(self._handed[self._program.arguments.index(x)], _ARRAY["flags"], WORD)
        writeable = ir.Constant(WORD, _WRITEABLE)
        self._unless(self._equal(b.and_(flags, writeable), writeable), self.otherwise)
        start = b.ptrtoint(pointers[x], LONG)
        end = b.add(start, ir.Constant(LONG, count))
        for other in self._program.inputs():
            if other is x or other.kind != "array":
                continue
            part = next((part for i, (_, part, _) in self._copies if self._program.inputs()[i] is other), None)
            if part is not None and (part[2] is None or min(part[2]) < 0):
                raise Unenterable("memory that runs backward, beside a donated array")
            length = other.dtype.itemsize * int(numpy.prod(other.shape))
            if part is not None:
                length = sum((n - 1) * s for n, s in zip(part[1], part[2])) + other.dtype.itemsize
            first = b.ptrtoint(pointers[other], LONG)
            last = b.add(first, ir.Constant(LONG, length))
            apart = b.or_(b.icmp_unsigned("<=", end, first), b.icmp_unsigned("<=", last, start))
            self._unless(apart, self.otherwise)

    def _donated(self, y):
        """The array whose memory a result takes, which is the result itself."""
        made = self._handed[self._program.arguments.index(self._reused[y])]
        self._reference(made)
        self._made.append(made)
        return made

    def _new_array(self, y):
        b = self.builder
        lengths = self._local(LONG, max(len(y.shape), 1))
        for i, n in enumerate(y.shape):
            b.store(ir.Constant(LONG, n), b.gep(lengths, [ir.Constant(LONG, i)]))
        symbol = self.machine.address("PyArray_New", _numpy_function(_NEW))
        kinds = [_POINTER, WORD, _POINTER, WORD, _POINTER, _POINTER, WORD, WORD, _POINTER]
        new = declare(self.module, symbol, _POINTER, kinds)
        none, zero = ir.Constant(_POINTER, None), ir.Constant(WORD, 0)
        arguments = [self._object(numpy.ndarray), ir.Constant(WORD, len(y.shape)), b.bitcast(lengths, _POINTER)]
        arguments += [ir.Constant(WORD, y.dtype.num), none, none, zero, zero, none]
        made = b.call(new, arguments)
        self._unless(b.icmp_unsigned("!=", made, none), self._dropping(self.out_of_memory))
        self._made.append(made)
        return made

    def _dropping(self, then):
        """A block that gives up the arrays made so far, and goes on to another."""
        block = self.function.append_basic_block("dropping")
        builder = ir.IRBuilder(block)
        for made in self._made:
            builder.call(self._python("Py_DecRef", ir.VoidType(), [_POINTER]), [made])
        builder.branch(then)
        return block

    def _abandon(self):
        return self._dropping(self.otherwise) if self._made else self.otherwise

    def _finish(self, places):
        """Make the result; a failure on the way leaves what was made to nobody, which only lack of memory can."""
        self._places, self._used = places, set()
        result = self._result(self._results)
        self.builder.ret(result)
        builder = ir.IRBuilder(self.out_of_memory)
        builder.ret(ir.Constant(_POINTER, None))

    def _result(self, structure):
        b = self.builder
        if type(structure) is _Leaf:
            return self._leaf(structure.operand)
        if type(structure) is tuple and not hasattr(structure, "_fields"):
            made = b.call(self._python("PyTuple_New", _POINTER, [LONG]), [ir.Constant(LONG, len(structure))])
            self._checked(made)
            for i, part in enumerate(structure):
                place = b.bitcast(b.gep(made, [ir.Constant(LONG, _ITEM + 8 * i)]), _POINTER.as_pointer())
                b.store(self._result(part), place)
            return made
        if type(structure) is list:
            made = b.call(self._python("PyList_New", _POINTER, [LONG]), [ir.Constant(LONG, len(structure))])
            self._checked(made)
            for i, part in enumerate(structure):
                items = self._field(made, _ITEM, _POINTER)
                place = b.bitcast(b.gep(items, [ir.Constant(LONG, 8 * i)]), _POINTER.as_pointer())
                b.store(self._result(part), place)
            return made
        if type(structure) is dict:
            made = b.call(self._python("PyDict_New", _POINTER, []), [])
            self._checked(made)
            put = self._python("PyDict_SetItem", WORD, [_POINTER, _POINTER, _POINTER])
            for name, part in structure.items():
                value = self._result(part)
                b.call(put, [made, self._object(name), value])
                b.call(self._python("Py_DecRef", ir.VoidType(), [_POINTER]), [value])
            return made
        if structure is None:
            self._reference(self._object(None))
            return self._object(None)
        raise Unenterable(f"a result of type {type(structure).__name__}")

    def _checked(self, made):
        self._unless(self.builder.icmp_unsigned("!=", made, ir.Constant(_POINTER, None)), self.out_of_memory)
        return made

    def _leaf(self, x):
        b = self.builder
        if not hasattr(x, "kind"):  # a constant
            if isinstance(x.value, numpy.ndarray):
                raise Unenterable("a constant array")
            self._reference(self._object(x.value))
            return self._object(x.value)
        if x.kind == "array":
            made = self._arrays.get(x)
            if made is None or x in self._used:
                raise Unenterable("an argument, or one array twice, in the result")
            self._used.add(x)
            return made
        pointer = self._places.get(x)
        if pointer is None:  # an argument itself
            raise Unenterable("an argument in the result")
        if x.kind == "float":
            number = b.load(b.bitcast(pointer, _DOUBLE.as_pointer()))
            return self._checked(b.call(self._python("PyFloat_FromDouble", _POINTER, [_DOUBLE]), [number]))
        symbol = self.machine.address("PyArray_Scalar", _numpy_function(_SCALAR))
        scalar = declare(self.module, symbol, _POINTER, [_POINTER, _POINTER, _POINTER])
        return self._checked(b.call(scalar, [pointer, self._object(x.dtype), ir.Constant(_POINTER, None)]))

    # What this entry does not take

    def _hand_on(self):
        builder = ir.IRBuilder(self.otherwise)
        following = builder.load(self.next)
        other = self.function.append_basic_block("other")
        slow = self.function.append_basic_block("slow")
        arguments = list(self.function.args)
        builder.cbranch(builder.icmp_unsigned("!=", following, ir.Constant(following.type, None)), other, slow)
        builder = ir.IRBuilder(other)
        builder.ret(builder.call(following, arguments))
        builder = ir.IRBuilder(slow)
        kinds = [_POINTER, _POINTER.as_pointer(), LONG, _POINTER]
        call = self._python("PyObject_Vectorcall", _POINTER, kinds)
        count = builder.and_(arguments[2], ir.Constant(LONG, 2**63 - 1))
        builder.ret(builder.call(call, [self._object(self._slow, builder), arguments[1], count, arguments[3]]))


class _Leaf:
    """Stands in the structure of a result for one of the program's results."""

    def __init__(self, operand):
        self.operand = operand


def plan_is_short(kernel):
    """Whether the kernel is worth copying into the entry: a few numbers, which then stay in registers."""
    return all(x.shape == () for x in (*kernel.inputs, *kernel.outputs)) and not kernel.memory.size


def entry(key, plan, objects, slow, donated=(), cache=None, rebuild=None):
    """The Entry of a plan that is one stretch of native code.

    rebuild: from a list of the results to what a call returns; the program's own by default.

    Raises: Unenterable where there is none.
    """
    program = plan.program
    if len(plan.steps) != 1 or not hasattr(plan.steps[0], "kernel") or not available():
        raise Unenterable("NumPy calls")
    if len(program.inputs()) + len(program.results) > _MOST:
        raise Unenterable("many arguments and results")
    structure = (rebuild or program.rebuild)([_Leaf(x) for x in program.results])
    step = plan.steps[0]
    try:
        made = Entry(key, step.kernel, program, plan.held, structure, objects, slow, donated)
    except Unenterable:
        step.kernel = step.kernel.again()  # without the half of an entry
        raise
    made.build(cache)
    return made
