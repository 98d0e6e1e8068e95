"""A long program as columns of numbers, for passes that would take too long instruction by instruction.

Values are numbered in the order in which they are made, after the inputs. Two rows have the same key where they
do the same thing to operands of the same kinds: only which values they read, which constants, and which places of
an array, may differ.
"""

import itertools
from typing import Any, NamedTuple

import numpy

from chainrule.compilation import canonical
from chainrule.compilation.inside import checks
from chainrule.compilation.program import LOOPS, Instruction, Program, Variable, key_of
from chainrule.compilation.scans import Scan, scan


class Proto(NamedTuple):
    """What rows of one key have in common.

    Attributes:
        params: the parameters as a key; `("index", marks, ...)` where there are numbers in an index.
        operands: the types of the operands; -1 - c for a constant of class c.
        outputs: the types of what it makes.
    """

    name: str
    params: Any
    operands: tuple
    outputs: tuple


class Tables:
    """What the numbers in columns mean: types of values, keys of rows, constants.

    Attributes:
        types: `(shape, dtype, kind)` of values.
        protos: for each key a Proto.
        constants: the Constants, each once.
    """

    def __init__(self):
        self.types, self._types = [], {}
        self.protos, self._keys = [], {}
        self.constants, self._constants = [], {}
        self._classes, self._seen = {}, {}

    def type(self, shape, dtype, kind):
        """The number of a type."""
        key = (shape, dtype, kind)
        found = self._types.get(key)
        if found is None:
            found = self._types[key] = len(self.types)
            self.types.append(key)
        return found

    def constant(self, one):
        """`(number, class)` of a Constant."""
        found = self._seen.get(id(one))
        if found is None:
            value = one.value
            try:
                key = key_of(value)
                place = self._constants.get(key)
            except TypeError:  # it has no hash
                key, place = id(one), None
            if place is None:
                place = self._constants[key] = len(self.constants)
                self.constants.append(one)
            array = isinstance(value, (numpy.ndarray, numpy.generic))
            sort = (type(value), value.dtype, value.shape) if array else (type(value),)
            found = self._seen[id(one)] = (place, self._classes.setdefault(sort, len(self._classes)))
            self._seen[-1 - id(one)] = one  # alive as long as its id is a key
        return found

    def type_of_constant(self, number):
        """The number of the type that a variable of this constant's value has; None where there is none."""
        value = self.constants[number].value
        if type(value) is float:
            return self.type((), numpy.dtype(float), "float")
        if isinstance(value, (numpy.ndarray, numpy.generic)):
            return self.type(value.shape, value.dtype, "array" if isinstance(value, numpy.ndarray) else "scalar")
        return None

    def key(self, name, function, params, operands, outputs):
        """The number of a key."""
        key = (name, function, params, operands, outputs)
        found = self._keys.get(key)
        if found is None:
            found = self._keys[key] = len(self.protos)
            self.protos.append(Proto(name, params, operands, outputs))
        return found


class Columns:
    """The rows of a program (or of the body of a loop).

    Attributes:
        tables: what the numbers mean.
        inputs: the types of the inputs.
        keys: one number a row.
        starts, operands: row i reads `operands[starts[i] : starts[i + 1]]`: values, or -1 - c for constant c.
        places, integers: its index is made with `integers[places[i] : places[i + 1]]`.
        made: row i makes the values `made[i]` to `made[i + 1]`.
        sources: the Instruction that a row was, or the Loop that it is.
        results: operands.
    """

    def __init__(self, tables, inputs, keys, starts, operands, places, integers, sources, results):
        self.tables, self.inputs, self.results = tables, inputs, results
        self.keys, self.starts, self.operands = keys, starts, operands
        self.places, self.integers, self.sources = places, integers, sources
        counts = numpy.array([len(proto.outputs) for proto in tables.protos] or [0])[keys]
        self.made = len(inputs) + offsets(counts)

    def __len__(self):
        return len(self.keys)

    def makers(self):
        """The row that makes each value; -1 for inputs."""
        found = numpy.full(self.made[-1], -1)
        found[len(self.inputs) :] = numpy.repeat(numpy.arange(len(self)), numpy.diff(self.made))
        return found

    def rows_of_operands(self):
        """The row that each operand belongs to."""
        return numpy.repeat(numpy.arange(len(self)), numpy.diff(self.starts))

    def type_of(self, value):
        """The number of a value's type."""
        if value < len(self.inputs):
            return self.inputs[value]
        row = int(numpy.searchsorted(self.made, value, side="right")) - 1
        return self.tables.protos[self.keys[row]].outputs[value - self.made[row]]


def offsets(counts):
    """Where each of consecutive stretches of these lengths begins, and where the last one ends."""
    found = numpy.zeros(len(counts) + 1, numpy.int64)
    numpy.cumsum(counts, out=found[1:])
    return found


class Writer:
    """Columns that are written row by row."""

    def __init__(self, tables, inputs):
        self.tables, self.inputs = tables, inputs
        self.keys, self.operands, self.integers, self.sources = [], [], [], []
        self.arities, self.counts = [], []

    def row(self, key, operands, integers, source):
        self.keys.append(key)
        self.operands += operands
        self.arities.append(len(operands))
        self.integers += integers
        self.counts.append(len(integers))
        self.sources.append(source)

    def columns(self, results):
        sources = numpy.empty(len(self.sources), object)
        sources[:] = self.sources
        return Columns(
            self.tables, self.inputs, numpy.array(self.keys, numpy.int64), offsets(self.arities),
            numpy.array(self.operands, numpy.int64), offsets(self.counts), numpy.array(self.integers, numpy.int64),
            sources, numpy.array(results, numpy.int64),
        )  # fmt: skip


def columns(inputs, instructions, results):
    """The Columns of a program; what its results and guards do not need is left out.

    Args:
        inputs: Variables.
        instructions: in the order of the run.
        results: operands.
    """
    tables = Tables()
    numbers, kinds = _Operands(tables, 0), _Operands(tables, 1)  # of operands
    for x in inputs:
        numbers[x], kinds[x] = len(numbers), tables.type(x.shape, x.dtype, x.kind)
    number, kind = numbers.__getitem__, kinds.__getitem__
    types, count = [kinds[x] for x in inputs], len(inputs)
    chosen = _needed(instructions, results)
    keys, operands, integers, counts = [], [], [], numpy.zeros(len(chosen), numpy.int64)
    known = {}  # (function, kinds of operands, types of outputs), of rows without parameters -> key
    sorts = {}  # (shape, id of the dtype, kind) -> type
    for i, one in enumerate(chosen):
        operands.extend(map(number, one.inputs))
        made = []
        for y in one.outputs:
            sort = y.shape, id(y.dtype), y.kind
            if sort not in sorts:
                sorts[sort] = tables.type(y.shape, y.dtype, y.kind)
            made.append(sorts[sort])
            numbers[y], kinds[y] = count, made[-1]
            count += 1
        given = tuple(map(kind, one.inputs))
        if one.params:
            params, places = form(one)
            integers += places
            counts[i] = len(places)
            keys.append(tables.key(one.name, _hashable(one.function), params, given, tuple(made)))
            continue
        short = one.function, given, *made
        if short not in known:
            known[short] = tables.key(one.name, _hashable(one.function), (), given, tuple(made))
        keys.append(known[short])
    starts = offsets(numpy.array([len(one.inputs) for one in chosen], numpy.int64))
    sources = numpy.empty(len(chosen), object)
    sources[:] = chosen
    operands, integers = numpy.array(operands, numpy.int64), numpy.array(integers, numpy.int64)
    results = numpy.array(list(map(number, results)), numpy.int64)
    keys = numpy.array(keys, numpy.int64)
    return Columns(tables, types, keys, starts, operands, offsets(counts), integers, sources, results)


class _Operands(dict):
    """Operands -> their numbers, or their kinds; what is not known is a Constant."""

    def __init__(self, tables, which):
        self.tables, self.which = tables, which

    def __missing__(self, x):
        found = self[x] = -1 - self.tables.constant(x)[self.which]
        return found


def _needed(instructions, results):
    """The instructions that a result or a guard needs, or that check something, in order."""
    needed, kept = set(results), []
    for one in reversed(instructions):
        if needed.isdisjoint(one.outputs) and one.name not in LOOPS and not checks(one):
            continue
        kept.append(one)
        needed.update(one.inputs)
    kept.reverse()
    return kept


def _hashable(function):
    try:
        hash(function)
    except TypeError:
        return id(function)
    return function


def form(one):
    """The parameters of an instruction as a key, and the numbers in its index, which may differ between rows."""
    params = one.params
    if one.name == "getitem" and one.function is canonical.getitem and type(one.inputs[0]) is Variable:
        found = index_form(params["index"], one.inputs[0].shape)
        if found is not None:
            return ("index", found[0]), found[1]
    if one.name == "scattered" and len(params) == 2:
        found = index_form(params["index"], params["shape"])
        if found is not None:
            return ("index", found[0], params["shape"]), found[1]
    try:
        key = tuple([(name, key_of(value)) for name, value in params.items()])
        hash(key)
    except TypeError:
        key = id(params)
    return key, ()


def index_form(index, shape):
    """`(marks, numbers)` of an index made of numbers and slices; None for another one.

    A mark is "number" (one number: the place), the step of a slice (two numbers: start and stop), or ":".
    """
    if type(index) is int:
        return ("number",), (index % shape[0],)
    if type(index) is slice or isinstance(index, numpy.integer):
        index = (index,)
    if type(index) is not tuple or len(index) > len(shape):
        return None
    marks, numbers = [], []
    for part, n in zip(index, shape):
        if type(part) is slice:
            start, stop, step = part.indices(n)
            if step < 1:
                return None
            if (start, stop, step) == (0, n, 1):
                marks.append(":")
                continue
            marks.append(step)
            numbers += (start, max(stop, start))
        elif type(part) is int or isinstance(part, numpy.integer):
            marks.append("number")
            numbers.append(int(part) % n)
        else:
            return None
    return tuple(marks), tuple(numbers)


def index_of(marks, numbers):
    """The index of such a form."""
    numbers, parts = iter(numbers), []
    for mark in marks:
        if mark == ":":
            parts.append(slice(None))
        else:
            parts.append(next(numbers) if mark == "number" else slice(next(numbers), next(numbers), mark))
    return parts[0] if len(parts) == 1 else tuple(parts)


class Loop:
    """A loop among columns; what a Scan is among instructions. Its operands are those of a `scan`.

    Attributes:
        body: Columns.
        trips, carried, sliced, reverse: as in Scan.
        place: of the user's program.
        weight: how many rows it is worth, to whoever counts.
    """

    def __init__(self, body, trips, carried, sliced, reverse, place):
        self.body, self.trips, self.carried, self.sliced = body, trips, carried, sliced
        self.reverse, self.place = reverse, place
        self.weight = 10 + len(body) + sum(one.weight for one in body.sources if type(one) is Loop)

    def key(self, kinds):
        """The number of its key, given the kinds of its operands."""
        body, tables = self.body, self.body.tables
        arrays = (body.keys, body.operands, body.integers, body.results)
        params = (self.trips, self.carried, self.sliced, self.reverse, *(x.tobytes() for x in arrays))
        kept = []
        for x in body.results[self.carried :]:
            shape, dtype, _ = tables.types[body.type_of(x)]
            kept.append(tables.type((self.trips, *shape), dtype, "array"))
        carries = tuple(body.inputs[: self.carried])
        return tables.key("scan", Loop, params, kinds, (*carries, *kept))


def instructions_of(columns, inputs, counter: Any = None):
    """Columns as `(instructions, results)`, reading these Variables."""
    counter = counter or itertools.count(max((x.number for x in inputs), default=-1) + 1)
    values: list[Any] = list(inputs)
    types, protos, constants = columns.tables.types, columns.tables.protos, columns.tables.constants
    operands, starts = columns.operands.tolist(), columns.starts.tolist()
    integers, places = columns.integers.tolist(), columns.places.tolist()
    found = []

    def operand(x):
        return values[x] if x >= 0 else constants[-1 - x]

    for i, (key, source) in enumerate(zip(columns.keys.tolist(), columns.sources)):
        given = tuple([operand(x) for x in operands[starts[i] : starts[i + 1]]])
        proto = protos[key]
        made = tuple([Variable(next(counter), *types[y]) for y in proto.outputs])
        values += made
        if type(source) is Loop:
            found.append(scan(_scan(source, counter), given, made, source.place))
            continue
        params = source.params
        if places[i] < places[i + 1]:
            params = {**params, "index": index_of(proto.params[1], integers[places[i] : places[i + 1]])}
        found.append(Instruction(source.name, source.function, given, params, made, source.place))
    return found, [operand(x) for x in columns.results.tolist()]


def _scan(loop, counter):
    arguments = [Variable(next(counter), *loop.body.tables.types[x]) for x in loop.body.inputs]
    instructions, results = instructions_of(loop.body, arguments, counter)
    return Scan(Program(arguments, [], instructions, results), loop.trips, loop.carried, loop.sliced, loop.reverse)
