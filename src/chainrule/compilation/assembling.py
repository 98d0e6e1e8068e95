"""Sums of arrays that are zero where the others are not: the entries are put side by side instead.

The gradient by x of a function that reads x[0], x[1], ... is a sum of arrays, one for each read, each with one entry
that is not zero. Adding them costs as many passes over the whole array as there are reads.
"""

import itertools
import math
from typing import Any

import numpy

from chainrule.compilation.program import Constant, Instruction, Variable
from chainrule.compilation.scans import dtype_of, shape_of

_MOST_COMPARED = 4096  # places along an axis; longer steps are not looked into
_MOST_CONSTANT = 32  # entries of a constant that become pieces
_MOST_PIECES = 256


def assembled(*pieces, indices, shape, dtype):
    """Zeros of a shape, with each piece at its index."""
    found = numpy.zeros(shape, dtype)
    for piece, index in zip(pieces, indices):
        found[index] = piece
    return found


def assemble(program):
    """The program with such sums put together from their pieces."""
    if sum(one.name == "scattered" for one in program.instructions) < 2:
        return program
    return _Assembling(program).run()


class _Piece:
    """One part of an array: what lies there, and where.

    Attributes:
        terms: operands of one shape that are added up there, in order.
        index: an index of numbers and slices. ranges: the same, a range for each axis.
    """

    def __init__(self, terms, index, ranges):
        self.terms, self.index, self.ranges = terms, index, ranges

    @property
    def size(self):
        return math.prod(map(len, self.ranges))

    def meets(self, other):
        """Whether the two may share an entry."""
        return all(map(_meet, self.ranges, other.ranges))

    def with_terms(self, other):
        """This piece with those of another of the same place; None where the two are not alike."""
        if self.ranges != other.ranges or shape_of(self.terms[0]) != shape_of(other.terms[0]):
            return None
        return _Piece([*self.terms, *other.terms], self.index, self.ranges)


def _together(pieces, others):
    """The pieces of a sum, those of one place added up; None where some meet otherwise."""
    found = list(pieces)
    for other in others:
        meeting = [i for i, piece in enumerate(found) if piece.meets(other)]
        if not meeting:
            found.append(other)
            continue
        merged = found[meeting[0]].with_terms(other) if len(meeting) == 1 else None
        if merged is None:
            return None
        found[meeting[0]] = merged
    return found


def _meet(one, other):
    if one.start >= other.stop or other.start >= one.stop:
        return False
    if one.step == other.step == 1:
        return True
    return max(len(one), len(other)) > _MOST_COMPARED or not set(one).isdisjoint(other)


class _Assembling:
    """One pass over a program.

    Attributes:
        pieces: variable -> the Pieces that it is the sum of, no two of which share an entry.
    """

    def __init__(self, program):
        self.program, self.pieces, self.uses = program, {}, {}
        made = [y.number for one in program.instructions for y in one.outputs]
        self.numbers = itertools.count(max(made, default=0) + 1)
        for x in [x for one in program.instructions for x in one.inputs] + program.results:
            self.uses[x] = self.uses.get(x, 0) + 1

    def run(self):
        inside = set()
        for one in self.program.instructions:
            if one.name == "scattered":
                self._scattered(one)
            elif one.name == "add":
                self._sum(one, inside)
        kept = []
        for one in self.program.instructions:
            y = one.outputs[0] if one.outputs else None
            if one.name == "add" and y in self.pieces and y not in inside:
                kept += self._written(one)
            else:
                kept.append(one)
        return self.program.replaced(kept)

    def _scattered(self, one):
        (y,), index = one.outputs, one.params["index"]
        ranges = _ranges(index, y.shape)
        if ranges is not None and dtype_of(one.inputs[0]) == y.dtype:
            self.pieces[y] = [_Piece([one.inputs[0]], index, ranges)]

    def _sum(self, one, inside):
        (y,) = one.outputs
        parts: list[Any] = [self._parts(x, y) for x in one.inputs]
        if None in parts or sum(map(len, parts)) > _MOST_PIECES:
            return
        found = _together(*parts)
        if found is None:
            return
        self.pieces[y] = found
        inside.update(x for x in one.inputs if type(x) is Variable)

    def _parts(self, x, y):
        """The pieces of one operand of a sum y; None where it has others, or is read elsewhere too."""
        if dtype_of(x) != y.dtype:
            return None
        if type(x) is Constant:
            return _pieces_of_constant(x.value, y.shape)
        if x not in self.pieces or x.shape != y.shape or self.uses[x] != 1:
            return None
        return self.pieces[x]

    def _written(self, one):
        """The instructions that put a sum together. Adding 0 makes of -0.0 the 0.0 that the sum has."""
        (y,), zero = one.outputs, Constant(one.outputs[0].dtype.type(0))
        instructions, inputs = [], []
        for piece in self.pieces[y]:
            total, *others = piece.terms
            for x in [*others, zero] if type(total) is Variable or others else ():
                made = Variable(next(self.numbers), shape_of(total), y.dtype, "array" if shape_of(total) else "scalar")
                instructions.append(Instruction("add", numpy.add, (total, x), {}, (made,), one.place))
                total = made
            inputs.append(total)
        params = {"indices": tuple(piece.index for piece in self.pieces[y]), "shape": y.shape, "dtype": y.dtype}
        return [*instructions, Instruction("assembled", assembled, tuple(inputs), params, (y,), one.place)]


def _pieces_of_constant(value, shape):
    """The entries of a constant, along its last axis, that are not zero; None where there are many."""
    if not isinstance(value, numpy.ndarray) or value.size > _MOST_COMPARED:
        return None
    if not shape or value.shape[-1:] != shape[-1:] or math.prod(value.shape[:-1]) != 1:
        return None
    row = value.reshape(-1)
    places = numpy.flatnonzero(row)
    if len(places) > _MOST_CONSTANT:
        return None
    before = (slice(None),) * (len(shape) - 1)
    found = []
    for place in places.tolist():
        index = (*before, place)
        found.append(_Piece([Constant(row[place])], index, _ranges(index, shape)))
    return found


def _ranges(index, shape):
    """A range for each axis of what an index of numbers and slices reads; None for any other index."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(type(part) is bool or not isinstance(part, (int, slice, numpy.integer)) for part in parts):
        return None
    found = []
    for part, n in zip((*parts, *[slice(None)] * (len(shape) - len(parts))), shape):
        own = range(*part.indices(n)) if isinstance(part, slice) else range(int(part) % n, int(part) % n + 1)
        found.append(own if own.step > 0 else own[::-1])
    return found
