"""Small arrays taken apart: an array of a few entries becomes as many numbers, which stay in registers.

A point in space, a 2 x 2 matrix, the state of three differential equations: a loop over three entries in memory costs
more than what it computes. Where a program, or the body of a loop, does nothing else with its small arrays than
what can be said entry by entry, each of their entries becomes a variable of its own. Every entry is computed as NumPy
computes it; sums are added up in NumPy's order for so few.
"""

import itertools
import math

import numpy

from chainrule.compilation.canonical import getitem
from chainrule.compilation.program import LOOPS, Constant, Instruction, Program, Variable, with_inputs
from chainrule.compilation.scans import dtype_of, scan, shape_of
from chainrule.compilation.schedule import supported

_SMALL = 8  # entries; more are better served by vector registers
_PRODUCTS = 64  # of a matrix product that is written out
_MOST = 3000  # instructions that a program may grow to


def packed(*entries, shape, dtype):
    """An array of these entries."""
    return numpy.array(entries, dtype).reshape(shape)


def unpack(program):
    """The program with small arrays taken apart: in the bodies of its loops, and in itself where it has no others."""
    program = _with_loops_unpacked(program)
    arrays = {x for one in program.instructions for x in (*one.variables(), *one.outputs) if x.shape != ()}
    loops = any(one.name in LOOPS for one in program.instructions)
    if not arrays or loops or not all(map(_is_small, arrays)):
        return program
    try:
        return program.replaced(*_Unpacking(program.inputs()).run(program))
    except _Unwieldy:
        return program


def _with_loops_unpacked(program):
    """The program with small arrays taken apart in the bodies of its loops."""
    if not any(one.name in LOOPS for one in program.instructions):
        return program
    return program.replaced([part for one in program.instructions for part in _inside(one)])


def _inside(one):
    """A loop with its body's small arrays taken apart, and what that needs before and after it."""
    if one.name not in LOOPS:
        return [one]
    programs = list(map(_with_loops_unpacked, one.function.programs()))
    if one.name == "while":
        programs = list(map(unpack, programs))
    function = one.function.with_programs(programs)
    one = Instruction(one.name, function, one.inputs, one.params, one.outputs, one.place)
    try:
        return _loop(one) if one.name == "scan" else [one]
    except _Unwieldy:
        return [one]


def _is_small(x):
    shape = shape_of(x)
    return shape == () or 0 < math.prod(shape) <= _SMALL


class _Unwieldy(Exception):
    """The program is not to be taken apart: it would grow too long, or has what native code has not."""


def _loop(one):
    """The instructions for a `scan` whose body is taken apart."""
    function, body = one.function, one.function.body
    count = function.carried
    small = [x.shape != () and _is_small(x) for x in body.arguments[:count]]
    if not any(x.shape != () and _is_small(x) for each in body.instructions for x in each.outputs):
        return [one]
    work = _Unpacking([x for x, apart in zip(body.arguments, [*small, *[False] * len(body.arguments)]) if not apart])
    arguments = []
    for x, apart in zip(body.arguments, small):
        if apart:
            work.parts[x] = [work.number(x.dtype) for _ in range(math.prod(x.shape))]
        arguments += work.parts[x] if apart else [x]
    instructions, results = work.run(body, small)
    free = Program([*arguments, *body.arguments[count:]], [], instructions, results)
    return _around(one, small, function.with_body(free, len(arguments)))


def _around(one, small, function):
    """The loop with its new carries, what they start from before it, and the arrays that they make after it."""
    outside, count = _Unpacking(()), one.function.carried
    inputs, outputs, after = [], [], []
    for x, y, apart in zip(one.inputs, one.outputs, small):
        if not apart:
            inputs.append(x)
            outputs.append(y)
            continue
        inputs += outside.entries(x)
        own = [outside.number(y.dtype) for _ in range(math.prod(y.shape))]
        outputs += own
        after.append(Instruction("packed", packed, tuple(own), {"shape": y.shape, "dtype": y.dtype}, (y,), one.place))
    inputs += one.inputs[count:]
    outputs += one.outputs[count:]
    return [*outside.instructions, scan(function, inputs, outputs, one.place), *after]


class _Unpacking:
    """The new instructions of one program.

    Args:
        whole: the arrays that are there as they are.

    Attributes:
        parts: small array -> its entries, in C order: variables without dimensions and constants.
        same: variable without dimensions -> what it is.
    """

    def __init__(self, whole):
        self.instructions, self.parts, self.same, self.there = [], {}, {}, set(whole)

    def run(self, program, apart=()):
        """`(instructions, results)`; `apart` says for each of the first results whether its entries are asked for."""
        for one in program.instructions:
            self._take(one)
        results = []
        for x, by_entry in itertools.zip_longest(program.results, apart, fillvalue=False):
            results += self.entries(x) if by_entry else [self._result(x)]
        return self.instructions, results

    def number(self, dtype):
        return Variable(next(_NUMBERS), (), dtype, "scalar")

    def write(self, name, function, inputs, params, dtype, place):
        made = self.number(dtype)
        self._append(Instruction(name, function, tuple(inputs), params, (made,), place))
        return made

    def entries(self, x):
        """The entries of an operand in C order; they are read from it where it was not taken apart."""
        if type(x) is Constant:
            value = numpy.asarray(x.value)
            return [x] if value.ndim == 0 else [Constant(one) for one in value.reshape(-1)]
        if x.shape == ():
            return [self.same.get(x, x)]
        if x not in self.parts:
            places = itertools.product(*map(range, x.shape))
            self.parts[x] = [self.write("getitem", getitem, [x], {"index": at}, x.dtype, None) for at in places]
        return self.parts[x]

    def _append(self, one):
        self.instructions.append(one)
        if len(self.instructions) > _MOST:
            raise _Unwieldy

    def _whole(self, x):
        """An operand as it is, put together where it was taken apart."""
        if type(x) is Constant:
            return x
        if x.shape == ():
            return self.same.get(x, x)
        if x in self.parts and x not in self.there:
            params = {"shape": x.shape, "dtype": x.dtype}
            self._append(Instruction("packed", packed, tuple(self.parts[x]), params, (x,)))
            self.there.add(x)
        return x

    def _result(self, x):
        """A result as it is; an array without dimensions is no number."""
        found = self._whole(x)
        if type(x) is Variable and (x.shape, x.kind) == ((), "array") and found is not x:
            self._append(Instruction("packed", packed, (found,), {"shape": (), "dtype": x.dtype}, (x,)))
            self.same.pop(x)
            return x
        return found

    def _take(self, one):
        """One instruction: entry by entry where it makes a small array or eats one, else as it is."""
        arrays = [x for x in (*one.inputs, *one.outputs) if shape_of(x) != ()]
        if arrays and all(map(_is_small, arrays)) and len(one.outputs) == 1:
            found = _by_entry(one)(self, one, one.outputs[0])
            if found is not None:
                (self.parts if one.outputs[0].shape else self.same).update(_named(one.outputs[0], found))
                return
        if arrays and not supported(one):
            raise _Unwieldy
        self._append(with_inputs(one, map(self._whole, one.inputs)))
        self.there.update(one.outputs)


def _named(y, found):
    return {y: found if y.shape else found[0]}


_NUMBERS = itertools.count(-1, -1)


def _by_entry(one):
    """How an instruction is said entry by entry: from it and its output to the entries, or None where it is not."""
    if one.name in _BY_NAME:
        return _BY_NAME[one.name]
    ufunc = isinstance(one.function, numpy.ufunc) and one.function.signature is None and one.function.nout == 1
    return _elementwise if ufunc else lambda work, one, y: None


def _places(x):
    """The places of an operand's entries, in its shape."""
    return numpy.arange(math.prod(shape_of(x))).reshape(shape_of(x))


def _elementwise(work, one, y):
    columns = []
    for x in one.inputs:
        entries = work.entries(x)
        columns.append([entries[i] for i in numpy.broadcast_to(_places(x), y.shape).reshape(-1)])
    return [work.write(one.name, one.function, each, one.params, y.dtype, one.place) for each in zip(*columns)]


def _moved(rearranged):
    """Entries in other places: `rearranged` does to an array of places what the instruction does to one of values."""

    def method(work, one, y):
        places = rearranged(one, _places(one.inputs[0]))
        if places is None:
            return None
        entries = work.entries(one.inputs[0])
        return [entries[i] for i in numpy.asarray(places).reshape(-1)]

    return method


def _indexed(one, places):
    return places[one.params["index"]] if one.function is getitem else None


def _taken(one, places):
    known = type(one.inputs[1]) is Constant
    return places.reshape(-1)[one.inputs[1].value] if known else None


def _as(work, x, dtype, place):
    """The entries of an operand in a dtype."""
    entries = work.entries(x)
    if dtype_of(x) == dtype:
        return entries
    return [work.write("astype", _converted, [entry], {"dtype": dtype}, dtype, place) for entry in entries]


def _joined(work, one, y):
    entries, places = [], []
    for x in one.inputs:
        places.append(_places(x) + len(entries))
        entries += _as(work, x, y.dtype, one.place)
    return [entries[i] for i in numpy.concatenate(places, axis=one.params["axis"]).reshape(-1)]


def _scattered(work, one, y):
    """Zeros, and at the places of an index the entries, added up in order."""
    return _added_at(work, one, y, numpy.arange(math.prod(y.shape)).reshape(y.shape)[one.params["index"]])


def _added(work, one, y):
    """The same, at places that are listed."""
    at = one.inputs[1]
    return _added_at(work, one, y, numpy.asarray(at.value)) if type(at) is Constant else None


def _added_at(work, one, y, places):
    found = [Constant(y.dtype.type(0))] * math.prod(y.shape)
    entries = work.entries(one.inputs[0])
    given = numpy.broadcast_to(_places(one.inputs[0]), places.shape)
    for at, i in zip(places.reshape(-1), given.reshape(-1)):
        found[at] = work.write("add", numpy.add, [found[at], entries[i]], {}, y.dtype, one.place)
    return found


def _assembled(work, one, y):
    found = [Constant(y.dtype.type(0))] * math.prod(y.shape)
    for x, index in zip(one.inputs, one.params["indices"]):
        places = _places(y)[index]
        entries = work.entries(x)
        for at, i in zip(places.reshape(-1), numpy.broadcast_to(_places(x), places.shape).reshape(-1)):
            found[at] = entries[i]
    return found


def _full(work, one, y):
    return [Constant(y.dtype.type(one.params["value"]))] * math.prod(y.shape)


def _packed(work, one, y):
    return list(one.inputs)


def _reduced(ufunc):
    """A reduction, added up from the first entry on."""

    def method(work, one, y):
        x, axes = one.inputs[0], one.params["axis"]
        entries = _as(work, x, y.dtype, one.place)
        kept = [i for i in range(len(shape_of(x))) if i not in axes]
        rows = _places(x).transpose([*kept, *axes]).reshape(math.prod(y.shape), -1)
        found = []
        for row in rows:
            total = entries[row[0]]
            for i in row[1:]:
                total = work.write(ufunc.__name__, ufunc, [total, entries[i]], {}, y.dtype, one.place)
            found.append(total)
        return found

    return method


def _converted(x, dtype):
    return numpy.asarray(x).astype(dtype)[()]


def _product(work, one, y):
    a, b = one.inputs
    if not (1 <= len(shape_of(a)) <= 2 and 1 <= len(shape_of(b)) <= 2) or y.dtype.kind != "f":
        return None
    rows = _places(a).reshape(-1, shape_of(a)[-1])
    columns = _places(b).reshape(shape_of(b)[0], -1).T
    if dtype_of(a) != y.dtype or dtype_of(b) != y.dtype or len(rows) * len(columns) * rows.shape[1] > _PRODUCTS:
        return None
    left, right = work.entries(a), work.entries(b)

    def times(i, j):
        return work.write("multiply", numpy.multiply, [left[i], right[j]], {}, y.dtype, one.place)

    found = []
    for row in rows:
        for column in columns:
            total = times(row[0], column[0])
            for i, j in zip(row[1:], column[1:]):
                total = work.write("add", numpy.add, [total, times(i, j)], {}, y.dtype, one.place)
            found.append(total)
    return found


_BY_NAME = {
    "where": _elementwise,
    "astype": _elementwise,
    "reshape": _moved(lambda one, places: places),
    "transpose": _moved(lambda one, places: numpy.transpose(places, **one.params)),
    "broadcast_to": _moved(lambda one, places: numpy.broadcast_to(places, **one.params)),
    "diagonal": _moved(lambda one, places: numpy.diagonal(places, **one.params)),
    "getitem": _moved(_indexed),
    "taken": _moved(_taken),
    "concatenate": _joined,
    "scattered": _scattered,
    "added": _added,
    "assembled": _assembled,
    "full": _full,
    "packed": _packed,
    "matmul": _product,
    "sum": _reduced(numpy.add),
    "prod": _reduced(numpy.multiply),
    "max": _reduced(numpy.maximum),
    "min": _reduced(numpy.minimum),
    "any": _reduced(numpy.logical_or),
    "all": _reduced(numpy.logical_and),
}
