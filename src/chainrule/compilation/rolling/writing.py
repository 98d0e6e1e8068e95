"""Bodies written as loops, in place of the rows that they were."""

import numpy

from chainrule.compilation.canonical import concatenate, full, getitem
from chainrule.compilation.program import Constant, Instruction
from chainrule.compilation.rolling.columns import Loop, Writer
from chainrule.compilation.rolling.edits import Edit
from chainrule.compilation.rolling.trips import CARRIED, FIXED, OWN, SAME, axis_of

_FROM_THE_END = slice(None, None, -1)


def written(columns, bodies, reading):
    """The columns with these bodies as loops."""
    edit = Edit(columns)
    writings = [_Writing(edit, body, reading, i) for i, body in enumerate(bodies)]
    found = numpy.full(len(reading.values), -1)
    for writing in writings:
        writing.loop()
        writing.sums()
        writing.entries(found)
    edit.operands[reading.flat] = found[reading.entry]
    edit.instead[reading.values[~reading.alone]] = found[~reading.alone]
    for row, pieces in reading.joined:
        _join(edit, writings, row, pieces)
    return edit.columns()


class _Writing:
    """One body being written.

    Operands of the body are pairs until they are numbered: `("carry", (slot, distance))`, `("slice", which
    stack)`, `("fixed", value)`, `("own", slot)`, `("constant", operand)`. A carry of distance 0 is read after the
    last trip only.

    Attributes:
        same: slot -> the value, for what is the same in all trips.
        stacks: the values that are taken slice by slice, `slices` their slices' types.
        last: carry -> its last value. kept: slot -> the stack of what the trips made.
        given: column of a scatter -> the stack of what is scattered. totals: slot -> a running sum's last value.
    """

    def __init__(self, edit, body, reading, number):
        self.edit, self.body, self.reading, self.number = edit, body, reading, number
        self.region, self.place = body.region, body.place()
        self.position = 2 * self.region.start + 1
        self.needed, self.whole = reading.needed[number], reading.whole[number]
        edit.dropped[self.region.start : self.region.end] = True
        self.same, self.last, self.kept, self.given, self.totals = {}, {}, {}, {}, {}
        self.stacks, self.slices, self._which, self._slot_slices = [], [], {}, {}
        self.fixed = {}  # value -> its number

    def type_of(self, slot):
        """The number of the type of what a trip makes."""
        body = self.body
        row = body.maker[slot]
        return body.protos[row].outputs[slot - body.made[row]]

    # The loop

    def loop(self):
        """The loop, and what comes before it."""
        body, edit = self.body, self.edit
        for row, role in enumerate(body.roles):
            if role == "before":
                self._before(row)
            elif role == "slice":
                self._slice(row)
        rows = [row for row, role in enumerate(body.roles) if role == "body"]
        scattered = [body.operands[row] for row, role in enumerate(body.roles) if role == "scatter"]
        read = [column for row in rows for column in body.columns_of(row)] + scattered
        operands = {column: self._operand(column) for column in read}
        carried = {x[1] for x in operands.values() if x[0] == "carry"}
        self.carries = sorted({(slot, i) for slot, distance in carried for i in range(1, distance + 1)})
        kept = self._kept()
        results = [self._slot(slot) if i < 2 else ("carry", (slot, i - 1)) for slot, i in self.carries]
        results += [self._slot(slot) for slot in kept] + [operands[column] for column in scattered]
        inner = self._inner(rows, operands, results)
        initial = [body.reads.initial[one] if one[1] else self._zero(one[0]) for one in self.carries]
        operands = [*initial, *self.stacks, *self.fixed]
        loop = Loop(inner, self.region.trips, len(initial), len(self.stacks), body.reverse, self.place)
        found = edit.row(self.position, loop.key(edit.kinds(operands)), loop, operands)
        self.last = dict(zip(self.carries, found))
        self.kept = dict(zip(kept, found[len(initial) :]))
        self.given = dict(zip(scattered, found[len(initial) + len(kept) :]))

    def _kept(self):
        """The slots that become stacks; what only the last trip hands on becomes a carry."""
        kept, last = set(self.whole), self.region.trips - 1
        for slot, trips in self.needed.items():
            if self.body.roles[self.body.maker[slot]] != "body" or slot in self.whole:
                continue
            if all((slot, last + 1 - trip) in self.carries for trip in trips.tolist()):
                continue
            if trips.tolist() == [last]:
                self.carries.append((slot, 0))
            else:
                kept.add(slot)
        return sorted(kept)

    def _inner(self, rows, operands, results):
        """The columns of the body."""
        edit, body = self.edit, self.body
        inputs = [self.type_of(slot) for slot, _ in self.carries] + self.slices
        inputs += [edit.tables.type(*edit.described(x)) if x >= 0 else self._constant_type(x) for x in self.fixed]
        slots = [slot for row in rows for slot in range(body.made[row], body.made[row + 1])]
        order = [("carry", one) for one in self.carries] + [("slice", i) for i in range(len(self.stacks))]
        order += [("fixed", x) for x in self.fixed] + [("own", slot) for slot in slots]
        numbers = {one: i for i, one in enumerate(order)}

        def number(operand):
            return operand[1] if operand[0] == "constant" else numbers[operand]

        writer = Writer(edit.tables, inputs)
        keys = self.region.columns.keys[self.region.start : self.region.start + self.region.period].tolist()
        for row in rows:
            low, high = body.numbers[row], body.numbers[row + 1]
            given = [number(operands[column]) for column in body.columns_of(row)]
            writer.row(keys[row], given, self.region.places[0, low:high].tolist(), body.sources[row])
        return writer.columns([number(one) for one in results])

    # What the body reads

    def _outer(self, column):
        """An operand that is the same in all trips, as it is outside."""
        body = self.body
        return self.same[body.slots[column]] if body.sorts[column] == OWN else int(self.region.reads[-1, column])

    def _operand(self, column):
        """An operand, inside the body."""
        body = self.body
        sort = body.sorts[column]
        if sort == OWN:
            return self._slot(body.slots[column])
        if sort == CARRIED:
            return "carry", (body.slots[column], int(body.reads.distances[column]))
        x = int(self.region.reads[-1, column])
        if sort == FIXED:
            return self._fixed(x)
        if sort == SAME:
            return self._fixed(x) if self._constant_type(x) is not None else ("constant", x)
        return self._constants(column)

    def _slot(self, slot):
        """What a trip made, inside the body."""
        if slot in self.same:
            return self._fixed(self.same[slot])
        return ("slice", self._slot_slices[slot]) if slot in self._slot_slices else ("own", slot)

    def _fixed(self, x):
        self.fixed.setdefault(x, len(self.fixed))
        return "fixed", x

    def _constant_type(self, x):
        """The number of the type of a constant that a variable could hold; None for another one."""
        return self.edit.tables.type_of_constant(-1 - x)

    def _constants(self, column):
        """A stack of the constants that an operand is."""
        numbers = [-1 - x for x in self.region.reads[:, column].tolist()]
        numbers = numbers[::-1] if self.body.reverse else numbers
        found = self._which.get(("constants", *numbers))
        if found is None:
            stack, sort = stacked_constants(self.edit.tables, numbers)
            found = self._stack(("constants", *numbers), self.edit.constant(Constant(stack)), sort)
        return "slice", found

    def _stack(self, key, value, sort):
        self._which[key] = len(self.stacks)
        self.stacks.append(value)
        self.slices.append(sort)
        return len(self.stacks) - 1

    def _zero(self, slot):
        """What a carry is before the first trip if no trip reads it."""
        shape, dtype, kind = self.edit.tables.types[self.type_of(slot)]
        if kind != "array":
            return self.edit.constant(Constant(0.0 if kind == "float" else dtype.type(0)))
        params = {"shape": shape, "value": 0, "dtype": dtype}
        return self.edit.make(self.position, "full", full, params, [], (shape, dtype, kind), self.place)

    # What comes before

    def _before(self, row):
        """A row that is the same in all trips."""
        body = self.body
        low, high = body.numbers[row], body.numbers[row + 1]
        operands = [self._outer(column) for column in body.columns_of(row)]
        key = int(self.region.columns.keys[self.region.start + row])
        numbers = self.region.places[0, low:high]
        made = self.edit.row(self.position, key, body.sources[row], operands, numbers)
        self.same.update(zip(range(body.made[row], body.made[row + 1]), made))

    def _slice(self, row):
        """A row that reads a place of an array which moves on: a stack."""
        body, low, high = self.body, self.body.numbers[row], self.body.numbers[row + 1]
        x = self._outer(body.operands[row])
        numbers = tuple(self.region.places[0, low:high].tolist())
        key = (x, body.protos[row].params, numbers, tuple(body.moves[low:high].tolist()))
        found = self._which.get(key)
        if found is None:
            found = self._stack(key, self._taken(row, x, list(numbers)), self.type_of(body.made[row]))
        self._slot_slices[body.made[row]] = found

    def _moving(self, row):
        """`(index that covers all trips, axis of the result, step, width)` of a row whose place moves on."""
        body, trips = self.body, self.region.trips
        moves = body.moving(row)
        axis, width = axis_of(body.protos[row], moves)
        _, first, step = moves[0]
        begin = min(first, first + step * (trips - 1))
        marks = body.protos[row].params[1]
        low, index, place = body.numbers[row], [], 0
        numbers = iter(self.region.places[0, low : body.numbers[row + 1]].tolist())
        for i, mark in enumerate(marks):
            given = [] if mark == ":" else [next(numbers)] if mark == "number" else [next(numbers), next(numbers)]
            if i == axis:
                end = begin + (trips * width if width else abs(step) * (trips - 1) + 1)
                index.append(slice(begin, end, 1 if width else abs(step)))
                place = sum(not isinstance(part, int) for part in index[:-1])
            else:
                sliced = slice(given[0], given[-1], int(mark)) if len(given) == 2 else slice(None)
                index.append(given[0] if mark == "number" else sliced)
        return tuple(index), place, step, width

    def _taken(self, row, x, numbers):
        """The stack of the places that a row reads, trip by trip (from the last to the first, in reverse)."""
        index, axis, step, width = self._moving(row)
        edit, at, place = self.edit, self.position, self.body.sources[row].place
        x = edit.read(at, x, index, place)
        shape = edit.described(x)[0]
        if width:
            x = edit.reshape(at, x, (*shape[:axis], self.region.trips, width, *shape[axis + 1 :]), place)
        count = len(edit.described(x)[0])
        x = edit.transpose(at, x, (axis, *(i for i in range(count) if i != axis)), place)
        return x if (step > 0) != self.body.reverse else edit.read(at, x, _FROM_THE_END, place)

    # What comes after

    def sums(self):
        """The running sums of scatters, with what all trips scatter at once.

        At each entry zeros are added before and after; but for the sign of a zero they change nothing.
        """
        for one in self.body.sums:
            parts = list(map(self._scattered, one.scatters))
            if one.turns is not None:
                parts = [self._in_turn(parts, turn, one.axis) for turn in one.turns]
            total = one.initial
            for x in [*parts, self.edit.constant(Constant(0.0))]:
                output = self.edit.described(parts[0])
                total = self.edit.make(self.position, "add", numpy.add, {}, [total, x], output, self.place)
            self.totals[one.slot] = total

    def _scattered(self, row):
        """What all trips scatter by one row, in one array."""
        body, edit, at = self.body, self.edit, self.position
        index, axis, step, width = self._moving(row)
        place = body.sources[row].place
        x = self.given[body.operands[row]]
        if (step > 0) == body.reverse:
            x = edit.read(at, x, _FROM_THE_END, place)
        count = len(edit.described(x)[0])
        x = edit.transpose(at, x, (*range(1, axis + 1), 0, *range(axis + 1, count)), place)
        if width:
            shape = edit.described(x)[0]
            x = edit.reshape(at, x, (*shape[:axis], self.region.trips * width, *shape[axis + 2 :]), place)
        output = edit.tables.types[self.type_of(body.made[row])]
        params = {**body.sources[row].params, "index": index}
        return edit.make(at, "scattered", body.sources[row].function, params, [x], output, place)

    def _in_turn(self, parts, turn, axis):
        """At each place along an axis the entries of the array whose turn it is there."""
        output, found = self.edit.described(parts[0]), parts[0]
        for i, part in enumerate(parts[1:], 1):
            mask = numpy.reshape(turn == i, (-1,) + (1,) * (len(output[0]) - axis - 1))
            operands = [self.edit.constant(Constant(mask)), part, found]
            found = self.edit.make(self.position, "where", numpy.where, {}, operands, output, self.place)
        return found

    def entries(self, found):
        """What later rows read of single trips: `found` receives the value for each entry of the reading."""
        mine = self.reading.body == self.number
        for slot in numpy.unique(self.reading.slot[mine]).tolist():
            here = numpy.flatnonzero(mine & (self.reading.slot == slot))
            trips, at = self.reading.trip[here], self.reading.at[here]
            found[here] = self.totals[slot] if slot in self.totals else self._entries(slot, trips, at)

    def _entries(self, slot, trips, at):
        """The values that stand for what these trips made, read at these positions."""
        body, edit, region = self.body, self.edit, self.region
        row = body.maker[slot]
        if slot in self.same:
            return numpy.full(len(trips), self.same[slot])
        if slot in self._slot_slices:
            rows = region.start + trips * region.period + row
            low, high = body.numbers[row], body.numbers[row + 1]
            key = int(region.columns.keys[region.start + row])
            operands = [self._outer(body.operands[row])]
            return edit.rows(at, key, region.columns.sources[rows], operands, region.places[trips, low:high])
        if slot in self.kept:
            stack = self.kept[slot]
            key = edit.tables.key(
                "getitem", getitem, ("index", ("number",)), edit.kinds([stack]), (self.type_of(slot),)
            )
            source = Instruction("getitem", getitem, (), {"index": 0}, (), body.sources[row].place)
            return edit.rows(at, key, source, [stack], self.order(trips)[:, None])
        ends = [(slot, region.trips - trip) for trip in trips.tolist()]
        return numpy.array([self.last[one] if one in self.last else self.last[slot, 0] for one in ends])

    def order(self, trips):
        """The places of trips in a stack that the loop keeps."""
        return self.region.trips - 1 - trips if self.body.reverse else trips


def _join(edit, writings, row, pieces):
    """A concatenation of what trips made, with stretches of trips as one operand each."""
    old, at = edit.old, 2 * row + 1
    source = old.sources[row]
    axis, value = source.params["axis"], int(old.made[row])
    shape, dtype, kind = edit.described(value)
    axis %= len(shape)
    operands = []
    for piece in pieces:
        if type(piece) is int:
            operands.append(piece)
            continue
        writing, slot = writings[piece[0]], piece[1]
        first, last = writing.order(numpy.array(piece[2:])).tolist()
        x = edit.read(at, writing.kept[slot], slice(min(first, last), max(first, last) + 1), source.place)
        if first > last:
            x = edit.read(at, x, _FROM_THE_END, source.place)
        own = edit.described(x)[0]
        x = edit.transpose(at, x, (*range(1, axis + 1), 0, *range(axis + 1, len(own))), source.place)
        own = edit.described(x)[0]
        merged = (*own[:axis], own[axis] * own[axis + 1], *own[axis + 2 :])
        operands.append(edit.reshape(at, x, merged, source.place))
    edit.dropped[row] = True
    if len(operands) > 1:
        output = shape, dtype, kind
        operands = [edit.make(at, "concatenate", concatenate, {"axis": axis}, operands, output, source.place)]
    edit.instead[value] = operands[0]


def stacked_constants(tables, numbers):
    """`(array, type number of a slice)` of constants, one a trip."""
    values = [tables.constants[i].value for i in numbers]
    if type(values[0]) in (int, float):
        return numpy.array(values, float), tables.type((), numpy.dtype(float), "float")
    kind = "array" if type(values[0]) is numpy.ndarray else "scalar"
    return numpy.stack(values), tables.type(values[0].shape, values[0].dtype, kind)
