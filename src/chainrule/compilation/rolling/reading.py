"""What is read, after loops, of the values that single trips made."""

import math

import numpy

from chainrule.compilation.rolling.periods import FEWEST

_LARGEST = 1 << 24  # bytes that are kept for the sake of a few


class Reading:
    """What rows outside of the bodies, and the loops themselves, read of what trips made.

    Attributes:
        values: of each entry, the value that is read; `at`, where; `body`, the body that makes it, with `trip`
            and `slot`; `alone`, whether it is read by one row (and not by results, or loops).
        flat, entry: which operand of the columns reads which entry.
        needed: for each body `slot -> the trips`. whole: for each body the slots that `joined` names.
        joined: concatenations of what trips made: `(row, [operand, or (body, slot, first trip, last trip)])`.
    """

    def __init__(self, found, bodies):
        self.bodies, regions = bodies, [body.region for body in bodies]
        self.firsts = numpy.array([one.first for one in regions])
        self.lasts = numpy.array([one.first + one.trips * one.values for one in regions])
        self.sizes = numpy.array([max(one.values, 1) for one in regions])
        outside = numpy.ones(len(found), bool)
        for one in regions:
            outside[one.start : one.end] = False
        self.joined = self._joined(found, outside)
        for row, _ in self.joined:
            outside[row] = False
        self._entries(found, outside)
        self.body = self.owner(self.values)
        self.trip, self.slot = numpy.divmod(self.values - self.firsts[self.body], self.sizes[self.body])
        self.needed = [{} for _ in bodies]
        for i in range(len(bodies)):
            mine = self.body == i
            slots, trips = self.slot[mine], self.trip[mine]
            for slot in numpy.unique(slots).tolist():
                self.needed[i][slot] = numpy.unique(trips[slots == slot])
        stretches = [piece for _, pieces in self.joined for piece in pieces if type(piece) is tuple]
        self.whole = [{piece[1] for piece in stretches if piece[0] == i} for i in range(len(bodies))]

    def _entries(self, found, outside):
        """Fill what is read where."""
        rows = found.rows_of_operands()
        flat = numpy.flatnonzero(outside[rows])
        flat = flat[self.owner(found.operands[flat]) >= 0]
        values, rows = found.operands[flat], rows[flat]
        order = numpy.lexsort((rows, values))
        values, rows, self.flat = values[order], rows[order], flat[order]
        new = numpy.ones(len(flat), bool)
        new[1:] = (values[1:] != values[:-1]) | (rows[1:] != rows[:-1])
        self.entry = numpy.cumsum(new) - 1
        others = [(found.results, 2 * len(found))]
        others += [(body.outside, 2 * body.region.start) for body in self.bodies]
        others += [([x for x in pieces if type(x) is int], 2 * row) for row, pieces in self.joined]
        known = numpy.concatenate([numpy.array(x, numpy.int64) for x, _ in others])
        at = numpy.repeat([place for _, place in others], [len(x) for x, _ in others])
        inside = self.owner(known) >= 0
        known, at = known[inside], at[inside]
        known, at = (one[numpy.lexsort((at, known))] for one in (known, at))
        first = numpy.ones(len(known), bool)
        first[1:] = known[1:] != known[:-1]
        self.values = numpy.concatenate([values[new], known[first]])
        self.at = numpy.concatenate([2 * rows[new], at[first]])
        self.alone = numpy.arange(len(self.values)) < new.sum()

    def owner(self, values):
        """The number of the body that makes each value; -1 where none does."""
        found = numpy.searchsorted(self.firsts, values, side="right") - 1
        return numpy.where((found >= 0) & (values < self.lasts[numpy.maximum(found, 0)]), found, -1)

    def _joined(self, found, outside):
        """Concatenations of long stretches of one value trip by trip."""
        wide = numpy.flatnonzero(outside & (numpy.diff(found.starts) >= FEWEST))
        joined = []
        for row in wide.tolist():
            if found.tables.protos[found.keys[row]].name != "concatenate":
                continue
            pieces = self._pieces(found.operands[found.starts[row] : found.starts[row + 1]])
            if any(type(piece) is tuple for piece in pieces):
                joined.append((row, pieces))
        return joined

    def _pieces(self, operands):
        """Operands, with `(body, slot, first trip, last trip)` in place of long stretches of trips."""
        owner = self.owner(operands)
        size = self.sizes[numpy.maximum(owner, 0)]
        steps = numpy.diff(operands)
        linked = (owner[1:] >= 0) & (owner[1:] == owner[:-1]) & (numpy.abs(steps) == size[1:])
        pieces, i = [], 0
        while i < len(operands):
            end = i
            while end + 1 < len(operands) and linked[end] and steps[end] == steps[i]:
                end += 1
            if end + 1 - i < FEWEST:
                pieces.append(int(operands[i]))
                i += 1
                continue
            base, own = self.firsts[owner[i]], int(size[i])
            first, last = int(operands[i] - base), int(operands[end] - base)
            pieces.append((int(owner[i]), first % own, first // own, last // own))
            i = end + 1
        return pieces

    def trips(self, i):
        """How many trips of body i belong in one loop: fewer than it has where a large value of one of them is read
        later, which would have to be kept with those of all others.
        """
        body = self.bodies[i]
        trips, types = body.region.trips, body.region.columns.tables.types
        for slot, read in self.needed[i].items():
            row = body.maker[slot]
            shape, dtype, _ = types[body.protos[row].outputs[slot - body.made[row]]]
            inner = [trip for trip in read.tolist() if trip < body.region.trips - 1]
            large = math.prod(shape) * dtype.itemsize * body.region.trips > _LARGEST
            if body.roles[row] == "body" and large and 0 < len(inner) < body.region.trips // 4:
                trips = min(trips, inner[0] + 1)
        return trips

    def allows(self, i):
        """Whether body i can be a loop, given what is needed of its trips."""
        body, needed = self.bodies[i], self.needed[i]
        last, sums = body.region.trips - 1, {one.slot for one in body.sums}
        for slot in self.whole[i] | set(needed):
            row = body.maker[slot]
            role = body.roles[row]
            ends = slot in sums and slot not in self.whole[i] and needed[slot].tolist() == [last]
            if role == "scatter" or role == "sum" and not ends:
                return False
            if role == "slice":
                base = int(body.region.reads[-1, body.operands[row]])
                if 0 <= base < body.region.first and self.owner(numpy.array([base]))[0] >= 0:
                    return False  # an entry of what another loop makes: the next round's
        return True
