"""What is written down of one run: instructions, constants, guards, and which arrays live on outside."""

import collections
import sys

import numpy

import chainrule.compilation.traced  # noqa: F401  (fills KINDS)
from chainrule.compilation.calls import (
    KINDS,
    STANDING,
    Call,
    Leaves,
    Slot,
    bare,
    inner,
    is_traced,
    is_weak,
    leaves_of,
    rebuilt,
    replaced,
)
from chainrule.compilation.canonical import DETAILED, getitem
from chainrule.compilation.program import Constant, Instruction, Program, Variable, guard
from chainrule.compilation.rolling.roll import rolled, size
from chainrule.core.modes import STATE
from chainrule.core.record import TENSORS
from chainrule.places import here

_LONGEST = 2_000_000  # instructions of a run
_LARGEST = 100_000  # of its program
_ROWS = 4  # parts of one array from outside, from which on they are read from the whole
_PLACED = 16  # of so many instructions one is told the line that it stands in, beside those that may fail
_FLOAT = numpy.dtype(float)
_RETURNED = (float, bool, int, complex, str, numpy.generic, numpy.ndarray)


def part(whole, array):
    """The index of numbers and slices with which an array is a part of a whole one; None where there is none."""
    if not whole.flags.c_contiguous or not array.size or whole.dtype != array.dtype:
        return None
    offset = array.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
    starts, index, axis = numpy.unravel_index(offset // whole.itemsize, whole.shape), [], 0
    for start, n, stride in zip(starts, whole.shape, whole.strides):
        if axis < array.ndim and array.strides[axis] == stride and start + array.shape[axis] <= n:
            index.append(slice(int(start), int(start) + array.shape[axis]))
            axis += 1
        else:
            index.append(int(start))
    found = whole[tuple(index)]
    same = (found.shape, found.strides, found.__array_interface__["data"]) == (
        array.shape, array.strides, array.__array_interface__["data"],
    )  # fmt: skip
    return tuple(index) if same else None


def _is_chosen(params):
    """Whether arrays are among the parts of an index: a mask may select another number of entries."""
    index = params.get("index")
    return type(index) is numpy.ndarray or type(index) is tuple and any([type(x) is numpy.ndarray for x in index])


class Untraceable(Exception):
    """The run does something that a program cannot hold; the message says what."""


class Recording:
    """What is written down of one run."""

    def __init__(self):
        self.instructions, self.count = [], 0
        self.arguments, self.failed = [], None
        self.met = None  # in a loop's body: the example's values of the operands (see `bodies`)
        self.numbers = {}  # id of a number -> its Constant
        self.constants = {}  # id of an array -> (the array, [(its contents when it was met, the Constant)])

    def argument(self, value):
        """A traced value for an argument; the value itself where it is a constant of the program."""
        variable = self.variable(value)
        self.arguments.append(variable)
        return KINDS["given" if type(value) is float else "strong"](self, variable, value)

    def variable(self, value):
        """A fresh variable for something of the shape and dtype of the value."""
        self.count += 1
        if type(value) is float:
            return Variable(self.count - 1, (), numpy.dtype(float), "float")
        value = numpy.bool_(value) if type(value) is bool else value
        kind = "array" if type(value) is numpy.ndarray else "scalar"
        return Variable(self.count - 1, value.shape, value.dtype, kind)

    def refuse(self, reason):
        """Raise Untraceable, and remember it, for a program that catches every exception."""
        self.failed = self.failed or reason
        raise Untraceable(reason)

    def operand(self, value):
        """A traced value's variable, or a constant."""
        if type(value) in STANDING:
            if value.recording is not self:
                self.refuse("it uses a value of another run that is being compiled")
            if self.met is not None:
                self.met[value.variable] = value.value
            return value.variable
        if type(value) is numpy.ndarray:
            return self.constant(value)
        known = self.numbers.get(id(value))
        if known is None:
            known = self.numbers[id(value)] = Constant(value)  # holds the value, so that its id stays its own
        return known

    def constant(self, array):
        """The Constant of an array that was met; `settle` decides later what it is."""
        bits, copied = array.tobytes(), (STATE.copies or {}).get(id(array))
        for known in (array, copied[1] if copied else array):  # a snapshot is what it was taken of
            for seen, held in self.constants.get(id(known), (None, ()))[1]:
                if seen == bits and held.value.shape == array.shape and held.value.dtype == array.dtype:
                    return held
        held, origin = Constant(array.copy(order="K")), copied[1] if copied else array
        self.constants.setdefault(id(origin), (origin, []))[1].append((bits, held))
        return held

    def write(self, name, function, inputs, params, result, cls=None):
        """Write an instruction down; the traced value of its result."""
        if len(self.instructions) > _LONGEST:
            self.refuse(f"it takes more than {_LONGEST} steps")
        operands = []
        for x in inputs:
            if type(x) in STANDING and x.recording is self and self.met is None:
                operands.append(x.variable)
            else:
                operands.append(self.operand(x))
        weak = type(result) is float
        if weak:
            variable = Variable(self.count, (), _FLOAT, "float")
        else:
            kind = "array" if type(result) is numpy.ndarray else "scalar"
            variable = Variable(self.count, result.shape, result.dtype, kind)
        self.count += 1
        seldom = self.count % _PLACED and (name != "getitem" or not _is_chosen(params))
        place = None if seldom else here()  # to look takes as long as the rest
        self.instructions.append(Instruction(name, function, tuple(operands), params, (variable,), place))
        if cls is None:
            cls = KINDS["weak" if weak else "strong"]
        return cls(self, variable, result)

    def unseen(self, name, function, inputs, params, shape, dtype):
        """Write an instruction down of which the example's value is not computed; a traced value without it."""
        operands = tuple([self.operand(x) for x in inputs])
        variable = Variable(self.count, shape, dtype, "array")
        self.count += 1
        self.instructions.append(Instruction(name, function, operands, params, (variable,), None))
        return KINDS["strong"](self, variable, None)

    def guard(self, traced, expected):
        """Write down that a value must be what it is in this run."""
        self.instructions.append(guard(traced.variable, expected, here()))
        return expected

    def compute(self, function, args, kwargs):
        """What NumPy gives for the example's values.

        What it raises for them may depend on them. A function that catches it goes on in a way that no guard
        states, so then it is not compiled.
        """
        try:
            return function(*bare(args), **bare(kwargs))
        except TypeError:
            raise
        except Exception as raised:
            self.failed = self.failed or f"NumPy raises {type(raised).__name__} in it, and it goes on from there"
            raise

    def call(self, function, args, kwargs, name):
        """A call that is not known in detail: written down as it is."""
        given = []

        def place(value):
            given.append(value)
            return Slot(len(given) - 1)

        name = f"{name} as called" if name in DETAILED else name
        template = replaced((args, kwargs), place)
        result = self.compute(function, args, kwargs)
        if type(result) is numpy.float64 and inner(given) and all(map(is_weak, given)):
            return self.write(name, Call(function, template), given, {}, float(result))
        return self._results(name, Call(function, template), given, result)

    def _results(self, name, call, given, result):
        if result is None:
            return None
        leaves, kinds = leaves_of(result)
        operands = tuple(self.operand(x) for x in given)
        outputs = []
        for leaf in leaves:
            if isinstance(leaf, (bool, int)):
                leaf = numpy.asarray(leaf)[()]
            if type(leaf) is not float and not isinstance(leaf, (numpy.ndarray, numpy.generic)):
                self.refuse(f"{name} gives a {type(leaf).__name__}, which depends on values")
            outputs.append((self.variable(leaf), leaf))
        function = call if type(result) not in (list, tuple) and not kinds else Leaves(call)
        self.instructions.append(
            Instruction(name, function, operands, {}, tuple(variable for variable, _ in outputs), here())
        )
        traced = iter(
            [KINDS["given" if type(leaf) is float else "strong"](self, variable, leaf) for variable, leaf in outputs]
        )
        return rebuilt(result, lambda leaf: self._as_given(next(traced), leaf))

    def _as_given(self, traced, leaf):
        """A Python bool or int that came out is not traced further: the program states what it must be."""
        if type(leaf) in (bool, int):
            return self.guard(traced, leaf)
        return traced

    def program(self, leaves, rebuild, pullback=None):
        """The program of the run, with equal steps as loops, given the leaves of what the function returned.

        pullback: a Pullback (see `tensors`) that reads what this program makes.
        """
        program = self.step_by_step(leaves, rebuild)
        program = rolled(program) if pullback is None else pullback.rolled(program, self.settled)
        if size(program) > _LARGEST:
            self.refuse(f"it takes more than {_LARGEST} steps, even with equal steps as loops")
        return program

    def step_by_step(self, leaves, rebuild):
        """The program of the run as it was written down."""
        results = []
        for leaf in leaves:
            if type(leaf) is KINDS["truth"]:
                leaf = bool(leaf)
            if type(leaf) in TENSORS:
                self.refuse("it returns a Tensor made inside")
            if not is_traced(leaf) and not isinstance(leaf, _RETURNED):
                self.refuse(f"it returns a {type(leaf).__name__}")
            results.append(self.operand(leaf))
        STATE.copies = {}
        captured = self.settle()
        variables = {id(constant): variable for constant, variable, _ in captured}

        def settled(x):
            return variables.get(id(x), x)

        self.settled = settled
        for one in self.instructions if variables else ():
            one.inputs = tuple(map(settled, one.inputs))
        results = [settled(x) for x in results]
        outside, reads = self._parts([(variable, array) for _, variable, array in captured])
        return Program(self.arguments, outside, reads + self.instructions, results, rebuild)

    def _parts(self, captured):
        """Arrays from outside, and reads of those that are parts of one array: its rows, or batches of them."""
        count = collections.Counter(id(array.base) for _, array in captured)
        outside, reads, wholes = [], [], {}
        for variable, array in captured:
            whole = array.base
            index = part(whole, array) if count[id(whole)] >= _ROWS and type(whole) is numpy.ndarray else None
            if index is None:
                outside.append((variable, array))
                continue
            if id(whole) not in wholes:
                wholes[id(whole)] = self.variable(whole)
                outside.append((wholes[id(whole)], whole))
            reads.append(Instruction("getitem", getitem, (wholes[id(whole)],), {"index": index}, (variable,), None))
        return outside, reads

    def settle(self):
        """Which of the arrays that were met live on outside: those are read anew at every call."""
        captured, views = [], collections.Counter(id(array.base) for array, _ in self.constants.values())
        for array, versions in self.constants.values():
            alone = sys.getrefcount(array) <= 3  # here, in the tuple, in the call
            if alone and (array.base is None or self._is_known(array.base, views[id(array.base)])):
                continue
            if len(versions) > 1 or versions[0][0] != array.tobytes():
                self.refuse("it changes an array that it does not make itself")
            captured.append((versions[0][1], self.variable(array), array))
        return captured

    def _is_known(self, whole, views):
        """Whether nothing but these views, which are known here, holds on to an array."""
        if type(whole) is not numpy.ndarray or whole.base is not None:
            return False
        return sys.getrefcount(whole) <= views + 3 + (id(whole) in self.constants)  # in two calls, and here
