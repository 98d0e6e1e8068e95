"""Rows of columns replaced by others."""

import numpy

from chainrule.compilation.canonical import getitem
from chainrule.compilation.program import Instruction, Variable
from chainrule.compilation.rolling.columns import Columns, form, index_form, index_of, offsets


class Edit:
    """New rows for columns, and other operands for the rows that stay.

    New values have numbers after all others until `columns` numbers all anew.

    Args:
        columns: stay as they are.

    Attributes:
        dropped: which rows are left out. positions: twice the place of each row, and one more.
        operands: of the old rows. instead: old value -> the value to read, where it is an operand.
    """

    def __init__(self, columns):
        self.old, self.tables = columns, columns.tables
        self.count = int(columns.made[-1])
        self.dropped = numpy.zeros(len(columns), bool)
        self.positions = 2 * numpy.arange(len(columns)) + 1
        self.instead, self.operands = numpy.arange(self.count), columns.operands.copy()
        self._types = []  # of new values
        self._blocks = []  # (positions, key, sources, operands, integers) of rows of one key

    def type_of(self, value):
        """The number of a value's type."""
        return self.old.type_of(value) if value < self.count else self._types[value - self.count]

    def described(self, value):
        """The `(shape, dtype, kind)` of a value."""
        return self.tables.types[self.type_of(value)]

    def kinds(self, operands):
        """The kinds of operands, as keys hold them."""
        return tuple(
            [
                self.type_of(x) if x >= 0 else -1 - self.tables.constant(self.tables.constants[-1 - x])[1]
                for x in operands
            ]
        )

    def constant(self, one):
        """A Constant as an operand."""
        return -1 - self.tables.constant(one)[0]

    def rows(self, positions, key, sources, operands, integers):
        """Rows of one key that make one value each; the values.

        Args:
            positions: the old rows before which they stand, where new rows stand for the loop there, or rather
                twice these, and one more to stand after what such a loop reads.
            sources: one for each, or one for all.
            operands: those of all. integers: a row of numbers for each.
        """
        self._blocks.append((positions, key, sources, operands, integers))
        count = len(positions) * len(self.tables.protos[key].outputs)
        made = numpy.arange(self.count + len(self._types), self.count + len(self._types) + count)
        self._types += list(self.tables.protos[key].outputs) * len(positions)
        return made

    def row(self, position, key, source, operands, integers=()):
        """One row; the values it makes."""
        found = self.rows(numpy.array([position]), key, source, list(operands), numpy.array([integers], numpy.int64))
        return found.tolist()

    def make(self, position, name, function, params, operands, output, place):
        """A row of an instruction that makes one value of the type `(shape, dtype, kind)`; the value."""
        given = [Variable(0, *self.described(x)) if x >= 0 else self.tables.constants[-1 - x] for x in operands]
        source = Instruction(name, function, tuple(given), params, (Variable(0, *output),), place)
        marks, integers = form(source)
        key = self.tables.key(name, function, marks, self.kinds(operands), (self.tables.type(*output),))
        return self.row(position, key, source, operands, integers)[0]

    def read(self, position, x, index, place):
        """A row that reads an array; x itself where all of it is read."""
        shape, dtype, _ = self.described(x)
        found = index_form(index, shape)
        if found is not None and all(mark == ":" for mark in found[0]):
            return x
        if found is not None:
            index = index_of(*found)
        shape = numpy.broadcast_to(0, shape)[index].shape
        return self.make(position, "getitem", getitem, {"index": index}, [x], (shape, dtype, "array"), place)

    def reshape(self, position, x, shape, place):
        """A row that gives an array another shape."""
        own, dtype, _ = self.described(x)
        if own == tuple(shape):
            return x
        params = {"shape": tuple(shape)}
        return self.make(position, "reshape", numpy.reshape, params, [x], (tuple(shape), dtype, "array"), place)

    def transpose(self, position, x, axes, place):
        """A row that puts the axes of an array in another order."""
        own, dtype, _ = self.described(x)
        if list(axes) == sorted(axes):
            return x
        output = tuple(own[i] for i in axes), dtype, "array"
        return self.make(position, "transpose", numpy.transpose, {"axes": tuple(axes)}, [x], output, place)

    def columns(self):
        """The columns after all this."""
        old = self.old
        staying = numpy.flatnonzero(~self.dropped)
        operands, integers, sources = [self.operands], [old.integers], [old.sources]
        keys, positions = [old.keys[staying]], [self.positions[staying]]
        reads, places = [old.starts[:-1][staying]], [old.places[:-1][staying]]
        arities, counts = [numpy.diff(old.starts)[staying]], [numpy.diff(old.places)[staying]]
        which, base, number, rows = [staying], len(old.operands), len(old.integers), len(old)
        made = [old.made[:-1][staying]]
        first = self.count
        for at, key, source, given, numbers in self._blocks:
            n, outputs = len(at), len(self.tables.protos[key].outputs)
            keys.append(numpy.full(n, key))
            positions.append(at)
            operands.append(numpy.array(given, numpy.int64))
            reads.append(numpy.full(n, base))
            arities.append(numpy.full(n, len(given)))
            base += len(given)
            integers.append(numpy.reshape(numbers, -1))
            width = len(integers[-1]) // n
            places.append(number + numpy.arange(n) * width)
            counts.append(numpy.full(n, width))
            number += n * width
            own = numpy.empty(1, object)
            own[0] = source
            sources.append(source if type(source) is numpy.ndarray else own)
            which.append(rows + numpy.arange(n) if type(source) is numpy.ndarray else numpy.full(n, rows))
            rows += len(sources[-1])
            made.append(first + numpy.arange(n) * outputs)
            first += n * outputs
        order = numpy.argsort(numpy.concatenate(positions), kind="stable")
        keys = numpy.concatenate(keys)[order]
        starts, operands = _gathered(reads, arities, operands, order)
        places, integers = _gathered(places, counts, integers, order)
        sources = numpy.concatenate(sources)[numpy.concatenate(which)[order]]
        found = Columns(self.tables, old.inputs, keys, starts, operands, places, integers, sources, old.results)
        self._renumber(found, numpy.concatenate(made)[order])
        return found

    def _renumber(self, found, made):
        """Give values their numbers in the new order; `made`: the first value of each row, as numbered now."""
        inputs, total = len(found.inputs), self.count + len(self._types)
        fresh = numpy.full(total, -1, numpy.int64)
        fresh[:inputs] = numpy.arange(inputs)
        counts = numpy.diff(found.made)
        owners = numpy.arange(counts.sum()) + numpy.repeat(made - found.made[:-1] + inputs, counts)
        fresh[owners] = numpy.arange(inputs, found.made[-1])
        through = numpy.concatenate([self.instead, numpy.arange(self.count, total)])
        for name in ("operands", "results"):
            own = getattr(found, name)
            setattr(found, name, numpy.where(own >= 0, fresh[through[numpy.where(own >= 0, own, 0)]], own))


_VIEWS = ("getitem", "reshape", "transpose", "broadcast_to", "item", "astype")


def late(columns):
    """The columns with each read of an entry, or a new shape, directly before the row that reads it first.

    A program of equal steps may read what the steps need all at once, before them or after them.
    """
    views = numpy.array([proto.name in _VIEWS for proto in columns.tables.protos])[columns.keys]
    if not views.any():
        return columns
    variable = columns.operands >= 0
    makers = columns.makers()[numpy.where(variable, columns.operands, 0)]
    readers = columns.rows_of_operands()
    chosen = variable & (makers >= 0)
    chosen &= views[numpy.maximum(makers, 0)]
    makers, readers = makers[chosen], readers[chosen]
    order = numpy.argsort(makers, kind="stable")
    bounds = numpy.searchsorted(makers[order], numpy.arange(len(columns) + 1))
    readers, bounds = readers[order].tolist(), bounds.tolist()
    target = list(range(len(columns)))
    for row in numpy.flatnonzero(views)[::-1].tolist():
        found = readers[bounds[row] : bounds[row + 1]]
        if found:
            target[row] = min(map(target.__getitem__, found))
    edit = Edit(columns)
    target = numpy.array(target)
    edit.positions = 2 * target + (target == numpy.arange(len(columns)))
    return edit.columns()


def _gathered(begins, counts, flat, order):
    """`(starts, numbers)` of rows in an order, each of which has `counts` numbers from `begins` in `flat` on."""
    begins, counts = numpy.concatenate(begins)[order], numpy.concatenate(counts)[order]
    starts, flat = offsets(counts), numpy.concatenate(flat)
    return starts, flat[numpy.repeat(begins - starts[:-1], counts) + numpy.arange(starts[-1])]
