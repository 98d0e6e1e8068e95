"""The order of native work: which instructions share a loop, and what has to be kept in memory.

Elementwise instructions over one shape, and the reductions that eat what they make, become one loop. A value
that nothing outside its loop reads stays in a register.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy

from chainrule.compilation.calls import Call
from chainrule.compilation.canonical import getitem
from chainrule.compilation.program import LOOPS, Constant, Instruction, Variable, spelled
from chainrule.compilation.recompute import CHEAP, Recomputing
from chainrule.compilation.scans import shape_of

_VIEWS = frozenset("reshape transpose broadcast_to getitem diagonal sliding_window_view".split())
_SHAPING = ("diagonal", "sliding_window_view", "broadcast_to", "reshape", "transpose", "getitem")
_FILLING = ("full", *_SHAPING)
_HEAVIEST = 300  # a loop of more work is cut in two: LLVM's time grows faster than a loop
SMALL = 8  # rows and columns of matrices whose product is written out
_RUNNING = frozenset({"cumsum", "cumprod"})
_GATHERED = frozenset({"taken", "added"})
_DECOMPOSED = frozenset("solve inv cholesky det sign_of_determinant log_of_determinant".split())
_MOVING = ("concatenate", "scattered", "assembled", "reshape", "diag")


class Unsupported(Exception):
    """An operation that native code does not have; NumPy computes it. `instruction` is the one, where known."""

    instruction: Any = None


REDUCTIONS = frozenset("sum prod max min any all".split())
_DTYPES = ("float64", "float32", "bool", "int64")


@dataclass(eq=False)
class View:
    """A variable that is another one's entries in other places: no code, only an address."""

    base: Variable
    offset: int
    strides: tuple  # in entries


@dataclass(eq=False)
class Step:
    """What does the work of one instruction."""

    instruction: Instruction


class Scalar(Step):
    """One instruction on numbers, in registers."""


class Guard(Step):
    """One guard."""


class Product(Step):
    """One matrix product."""

    @property
    def weight(self):
        """Its instructions on numbers: a small product is written out."""
        m, k, n = product_lengths(self.instruction)
        return 2 * min(m, n) * k if max(m, k, n) <= SMALL else 1


class Decomposition(Step):
    """One solve, inverse, determinant or Cholesky factor."""


class Gather(Step):
    """Entries read at a list of places, or added there."""


class Running(Step):
    """Sums or products of the entries up to each one along an axis."""


@dataclass(eq=False)
class Move(Step):
    """Entries copied to their places in the result; before, zeros everywhere if `clear`.

    Attributes:
        pieces: pairs of an operand and the index of its place (or a View of the result); None for the whole result,
            in the operand's shape.
    """

    pieces: list
    clear: bool


class Pack(Step):
    """Numbers put side by side as an array (see `unpacking`)."""


class Repeat(Step):
    """A loop of the program: its body has a schedule of its own (see `native.repeats`)."""


@dataclass(eq=False)
class Loop:
    """Instructions over one shape, and reductions of what they make."""

    shape: tuple
    instructions: list = field(default_factory=list)
    reductions: list = field(default_factory=list)
    weight: int = 0


class Schedule:
    """Steps of native work for a stretch of instructions.

    Args:
        instructions: all of them supported (see `supported`).
        outputs: the variables that are needed afterwards.
        views, filled: what is known of variables from outside, in the form of the attributes.

    Attributes:
        steps: Scalars, Guards, Products, Moves, Loops and Repeats, in order.
        views: variable -> View.
        stored: the array variables that are kept in memory.
        filled: variable -> Constant or number, for arrays of one value.
    """

    def __init__(self, instructions, outputs, views=None, filled=None):
        self.steps: list[Any] = []
        self.views, self.filled, self._made = dict(views or {}), dict(filled or {}), {}
        self.stored, self.outputs = set(), outputs
        self._reads = {}  # variable -> steps that read it
        for one in instructions:
            self._place(one)
        self._keep()
        Recomputing(self, self._reads, self._made).run()
        self._let_pieces_lie()

    def base(self, x):
        """The variable whose memory an operand's entries lie in."""
        while x in self.views:
            x = self.views[x].base
        return x

    def operand(self, x):
        """What an operand is: a variable in memory or a register, or a constant."""
        return self.filled.get(x, x) if type(x) is Variable else x

    def operands(self, one):
        """The variables that an instruction reads."""
        return [x for x in map(self.operand, one.inputs) if type(x) is Variable]

    def readers(self, x):
        """The steps that read a variable."""
        return self._reads.get(x, ())

    def touched(self, step):
        """The variables whose memory a step reads or writes."""
        if type(step) is Loop:
            instructions = [*step.instructions, *step.reductions]
        else:
            instructions = [step.instruction]
        for one in instructions:
            for x in (*one.outputs, *self.operands(one)):
                yield self.base(x)

    def _ready(self, x):
        """The number of the first step that may read an operand from memory or a register."""
        return self._made.get(self.base(x), -1) + 1

    def _place(self, one):
        if one.name == "guard":
            self._append(Guard(one), one.inputs)
        elif one.name in _FILLING and self._is_filled(one):
            if one.outputs[0] in self.outputs:
                self._into_loop(one, one.outputs[0].shape, reduces=False)
        elif (view := view_of(one, self._layout)) is not None:
            self.views[one.outputs[0]] = view
        elif one.name == "matmul":
            self._append(Product(one), one.inputs, one.outputs)
        elif one.name in _RUNNING:
            self._append(Running(one), one.inputs, one.outputs)
        elif one.name in _GATHERED:
            self._append(Gather(one), one.inputs, one.outputs)
        elif one.name in _DECOMPOSED:
            self._append(Decomposition(one), one.inputs, one.outputs)
        elif one.name in _MOVING and (move := self._move(one)) is not None:
            self._append(move, one.inputs, one.outputs)
        elif one.name in _SHAPING or one.name in _MOVING:
            refused = Unsupported(f"{one.name} that moves entries")
            refused.instruction = one
            raise refused
        elif one.name == "packed":
            self._append(Pack(one), one.inputs, one.outputs)
        elif one.name in LOOPS:
            self._append(Repeat(one), one.inputs, one.outputs)
        elif one.name in REDUCTIONS:
            self._into_loop(one, one.inputs[0].shape, reduces=True)
        elif one.outputs[0].shape == ():
            self._append(Scalar(one), one.inputs, one.outputs)
        else:
            self._into_loop(one, one.outputs[0].shape, reduces=False)

    def _move(self, one):
        """The Move of a concatenation, a scatter to regular places, or a reshape that has to copy."""
        (y,) = one.outputs
        if not math.prod(y.shape):
            return None
        if one.name == "reshape":
            return Move(one, [(one.inputs[0], None)], False)
        if one.name == "scattered":
            index = one.params["index"]
            return Move(one, [(one.inputs[0], index)], True) if is_basic(index) else None
        if one.name == "assembled":
            pieces = list(zip(one.inputs, one.params["indices"]))
            filled = sum(math.prod(place(y, index).shape) for _, index in pieces)
            return Move(one, pieces, filled < math.prod(y.shape))
        if one.name == "diag":
            k, n = one.params["k"], y.shape[0]
            return Move(one, [(one.inputs[0], View(y, k if k > 0 else -k * n, (n + 1,)))], True)
        pieces, start, axis = [], 0, one.params["axis"] % len(y.shape)
        for x in one.inputs:
            end = start + shape_of(x)[axis]
            pieces.append((x, (slice(None),) * axis + (slice(start, end),)))
            start = end
        return Move(one, pieces, False)

    def _is_filled(self, one):
        """Whether an array is all one value (or nothing at all), which then is read instead of it."""
        if not math.prod(one.outputs[0].shape):
            self.filled[one.outputs[0]] = Constant(one.outputs[0].dtype.type(0))
        elif one.name == "full":
            self.filled[one.outputs[0]] = Constant(one.outputs[0].dtype.type(one.params["value"]))
        elif (x := one.inputs[0]) in self.filled:
            self.filled[one.outputs[0]] = self.filled[x]
        elif one.name == "broadcast_to" and type(x) is Constant and numpy.size(x.value) == 1:
            self.filled[one.outputs[0]] = Constant(one.outputs[0].dtype.type(numpy.asarray(x.value).item()))
        elif type(x) is Variable and x.shape == ():
            self.filled[one.outputs[0]] = x
        return one.outputs[0] in self.filled

    def _layout(self, x):
        """Offset and strides of a variable in its base's memory."""
        view = self.views.get(x)
        return (0, contiguous(x.shape)) if view is None else (view.offset, view.strides)

    def _append(self, step, inputs, outputs=()):
        self.steps.append(step)
        for x in map(self.operand, inputs):
            self._reads.setdefault(x, set()).add(step)
        for y in outputs:
            self._made[y] = len(self.steps) - 1

    def _let_pieces_lie(self):
        """What is made only to be a piece of an array is made where that piece lies: nothing is left to be moved."""
        views, makers = {}, {}
        for x, view in self.views.items():
            views.setdefault(view.base, []).append(x)
        for step in self.steps:
            for one in step.instructions if type(step) is Loop else [step.instruction]:
                makers.update(dict.fromkeys(one.outputs, step))
        for step in reversed(self.steps):
            if type(step) is Move and not step.clear:
                step.pieces = [(x, i) for x, i in step.pieces if not self._lies(x, i, step, views, makers)]
        self.steps = [step for step in self.steps if type(step) is not Move or step.pieces or step.clear]

    def _lies(self, x, index, step, views, makers):
        """Let x lie at an index of a Move's result, if it is free to."""
        (y,) = step.instruction.outputs
        if index is None or type(x) is not Variable or x.shape == () or x in self.filled or x.dtype != y.dtype:
            return False
        whole, at = x, place(y, index, *self._layout(y))
        strides = at.strides
        if at.shape != x.shape:
            return False
        if x in self.views:  # another shape of something whole
            whole, offset, own = self.views[x].base, self.views[x].offset, self.views[x].strides
            alone = views.get(whole) == [x] and whole not in self.views  # not so, if x lies elsewhere already
            strides = _reshaped(x.shape, at.strides, whole.shape)
            in_order = all(n == 1 or s == t for n, s, t in zip(x.shape, own, contiguous(x.shape)))
            same = in_order and not offset and math.prod(whole.shape) == math.prod(x.shape)
            if not alone or not same or whole.shape == () or strides is None:
                return False
        elif x in views:
            return False
        if whole not in self.stored or whole in self.outputs or not _writes_anywhere(makers.get(whole), whole):
            return False
        self.views[whole] = View(y, at.offset, strides)
        self.views[x] = View(y, at.offset, at.strides)
        return True

    def _into_loop(self, one, shape, reduces):
        inputs = self.operands(one)
        earliest, place = 0, None
        for x in inputs:
            made = self._made.get(x)
            step = self.steps[made] if made is not None else None
            inside = isinstance(step, Loop) and step.shape == shape == x.shape and x not in _reduced(step)
            earliest = max(earliest, made if made is not None and inside else self._ready(x))
        for i in range(earliest, len(self.steps)):
            step = self.steps[i]
            if isinstance(step, Loop) and step.shape == shape and step.weight < _HEAVIEST:
                place = i
                break
        if place is None:
            self.steps.append(Loop(shape))
            place = len(self.steps) - 1
        loop = self.steps[place]
        (loop.reductions if reduces else loop.instructions).append(one)
        loop.weight += 1 if one.name in CHEAP else 6
        for x in inputs:
            self._reads.setdefault(x, set()).add(loop)
        self._made[one.outputs[0]] = place

    def _keep(self):
        """Which values made in loops have to be in memory."""
        needed = set(self.outputs)
        for x, steps in self._reads.items():
            if type(x) is not Variable:
                continue
            base = self.base(x)
            if x is not base:
                needed.add(base)
            made = self._made.get(base)
            if made is not None and any(step is not self.steps[made] for step in steps):
                needed.add(base)
        for x in needed | {self.base(x) for x in self.outputs}:
            made = self._made.get(self.base(x))
            if made is not None:
                self.stored.add(self.base(x))
        for step in self.steps:
            if isinstance(step, (Product, Decomposition, Gather, Running, Move, Pack, Repeat)):
                self.stored.update(y for y in step.instruction.outputs if y.shape)


def _writes_anywhere(step, x):
    """Whether a step writes x entry by entry, wherever they lie."""
    if type(step) is Loop:
        return any(x in one.outputs for one in step.instructions)
    return type(step) is Move and not step.clear and all(index is not None for _, index in step.pieces)


def place(y, index, offset=0, strides=None):
    """Where an index of an array reads: something with an offset, a shape and strides."""
    return getitem(_Range(offset, y.shape, contiguous(y.shape) if strides is None else strides), index)


def product_lengths(one):
    """Of a matrix product, the rows of the first factor, its columns, and the columns of the second one."""
    a, b = map(shape_of, one.inputs)
    return (a[-2] if len(a) > 1 else 1), a[-1], (b[-1] if len(b) > 1 else 1)


def _reduced(loop):
    return {one.outputs[0] for one in loop.reductions}


def contiguous(shape):
    """The strides, in entries, of an array in C order."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))


def view_of(one, layout):
    """The View that an instruction makes, given the layout of its argument; None where it is none."""
    if one.name not in _VIEWS or type(one.inputs[0]) is not Variable:
        return None
    x, y = one.inputs[0], one.outputs[0]
    if not x.shape:
        return None
    offset, strides = layout(x)
    if math.prod(y.shape) == 0 or math.prod(x.shape) == 0:
        return None
    standing = numpy.lib.stride_tricks.as_strided(_BYTE, x.shape, strides, writeable=False)
    if one.name == "getitem":
        if one.function is not getitem or not is_basic(one.params["index"]):
            return None
        found = getitem(_Range(offset, x.shape, strides), one.params["index"])
        return View(x, found.offset, found.strides)
    if one.name == "reshape":
        found = _reshaped(x.shape, strides, y.shape)
        return None if found is None else View(x, offset, found)
    found = one.function(standing, **one.params)
    moved = found.__array_interface__["data"][0] - standing.__array_interface__["data"][0]
    return View(x, offset + moved, found.strides)


_BYTE = numpy.zeros(1, "i1")


def is_basic(index):
    """Whether an index is made of numbers, slices, None and Ellipsis: its entries lie at regular places."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or isinstance(part, (int, slice, numpy.integer)) and type(part) is not bool
        for part in parts
    )


class _Range:
    """Regular places in memory that take an index."""

    def __init__(self, offset, shape, strides):
        self.offset, self.shape, self.strides = offset, shape, strides

    def __getitem__(self, index):
        parts = list(index) if isinstance(index, tuple) else [index]
        given = sum(part is not None and part is not Ellipsis for part in parts)
        if Ellipsis not in [part for part in parts if part is None or part is Ellipsis]:
            parts.append(Ellipsis)
        place = next(i for i, part in enumerate(parts) if part is Ellipsis)
        parts[place : place + 1] = [slice(None)] * (len(self.shape) - given)
        offset, shape, strides, axis = self.offset, [], [], 0
        for part in parts:
            if part is None:
                shape.append(1)
                strides.append(0)
                continue
            n, stride = self.shape[axis], self.strides[axis]
            axis += 1
            if isinstance(part, slice):
                start, stop, step = part.indices(n)
                offset += start * stride
                shape.append(len(range(start, stop, step)))
                strides.append(stride * step)
            else:
                offset += (int(part) % n) * stride
        return _Range(offset, tuple(shape), tuple(strides))


def _reshaped(shape, strides, target):
    """The strides of the same entries in another shape; None where they have to be copied."""
    old = [(n, s) for n, s in zip(shape, strides) if n != 1]
    merged = []
    for n, s in old:
        if merged and merged[-1][1] == n * s:
            merged[-1] = (merged[-1][0] * n, s)
        else:
            merged.append((n, s))
    result, runs = [], list(merged)
    for n in reversed(target):
        if n == 1:
            result.append(0)
            continue
        if not runs or runs[-1][0] % n:
            return None
        count, stride = runs.pop()
        result.append(stride)
        if count != n:
            runs.append((count // n, stride * n))
    return tuple(reversed(result)) if not runs else None


_KNOWN = (
    REDUCTIONS
    | _DECOMPOSED
    | _GATHERED
    | _RUNNING
    | frozenset((*_FILLING, *_MOVING, "matmul"))
    | {"where", "astype", "item", "packed", "positive"}
)


def supported(one):
    """Whether native code may do an instruction; what it is made of is looked at when code is made."""
    if one.name == "guard":
        x = one.inputs[0]
        return type(x) is Variable and spelled(x.dtype) in _DTYPES and x.shape == ()
    if one.name in LOOPS:
        inside = [each for program in one.function.programs() for each in program.instructions]
        return all(map(supported, inside)) and all(map(_is_known, (*one.inputs, *one.outputs)))
    if len(one.outputs) != 1:
        return False
    ufunc = isinstance(one.function, numpy.ufunc) and one.function.signature is None
    if not ufunc and (one.name not in _KNOWN or type(one.function) is Call):
        return False
    return all(map(_is_known, (*one.inputs, *one.outputs)))


def _is_known(x):
    return spelled(x.dtype if type(x) is Variable else numpy.result_type(x.value)) in _DTYPES
