"""Of equal steps a loop: what each value that a step reads is to the loop, and the loop's body.

A step may read what the same step made, what an earlier step made (a carry), what is the same for all steps
(fixed), a place of an array that moves on by the same amount each step (a stack), or a constant of its own (a
stack of constants). An array to which each step adds something at its own place is added to after the loop, with
all that the steps gave as a stack: the same sum, entry by entry, in the same order.
"""

import numpy

from chainrule.compilation.rolling.columns import Loop
from chainrule.compilation.rolling.periods import FEWEST

LEAST = 100  # rows that rolling saves, at least: fewer are compiled as fast, and run faster, as they are
_LARGEST = 1 << 27  # bytes of a stack of constants
_SCATTERS = 8  # that one running sum takes in


class NoLoop(Exception):
    """The steps are no loop; the message says why (for tests)."""


class Region:
    """Rows `start` to `start + trips * period` of columns, as trips of one body.

    Attributes:
        first, values: trip t makes the values `first + t * values` to `first + (t + 1) * values`.
        reads: `[trip, operand]`, the operands row after row. `places`: the same for the numbers in indices.
    """

    def __init__(self, columns, start, period, trips):
        self.columns, self.start, self.period, self.trips = columns, start, period, trips
        self.end = start + trips * period
        self.first, last = int(columns.made[start]), int(columns.made[self.end])
        self.values = (last - self.first) // trips
        self.reads = columns.operands[columns.starts[start] : columns.starts[self.end]].reshape(trips, -1)
        self.places = columns.integers[columns.places[start] : columns.places[self.end]].reshape(trips, -1)

    def weight(self):
        """How many rows a trip is worth."""
        sources = self.columns.sources[self.start : self.start + self.period]
        return self.period + sum(one.weight for one in sources if type(one) is Loop)

    def earlier(self):
        """The Region that begins a trip earlier; None where the rows before are no such trip."""
        columns, start = self.columns, self.start - self.period
        if start < 0 or (columns.keys[start : self.start] != columns.keys[self.start : self.start + self.period]).any():
            return None
        return Region(columns, start, self.period, self.trips + 1)


def region(columns, stretch):
    """The Region of a Stretch: cut between trips where the fewest values live, begun as early as possible.

    Raises: NoLoop.
    """
    rows = Region(columns, stretch.start, stretch.period, 2)
    if (stretch.end - stretch.start) // stretch.period < FEWEST - 2 or _saved(rows, stretch) < LEAST:
        raise NoLoop("too few trips")
    start = stretch.start + _boundary(columns, stretch)
    trips = (stretch.end - start) // stretch.period
    if trips < 2:
        raise NoLoop("too few trips")
    found = Region(columns, start, stretch.period, trips)
    while (longer := found.earlier()) is not None and longer.trips <= trips + 8 and _is_loop(longer):
        found = longer
    while not _is_loop(found) or not _agrees(found):  # an early trip reads what later ones take from elsewhere
        if found.trips <= FEWEST:
            raise NoLoop("too few trips")
        found = Region(columns, found.start + found.period, found.period, found.trips - 1)
    if found.trips < FEWEST or (found.trips - 1) * found.weight() < LEAST:
        raise NoLoop("too few trips")
    return found


def _saved(rows, stretch):
    """How many rows a loop could save, if two more trips belonged to it."""
    return ((stretch.end - stretch.start) // stretch.period + 1) * rows.weight()


def _boundary(columns, stretch):
    """Where in the period trips begin: where the fewest values are read later, and of such places the first."""
    start, period = stretch.start, stretch.period
    low, high = columns.starts[start], columns.starts[start + period]
    ahead = columns.starts[start + period] - low
    reads = columns.operands[low:high]
    moving = (reads >= 0) & (columns.operands[low + ahead : high + ahead] != reads)
    rows = numpy.repeat(numpy.arange(start, start + period), numpy.diff(columns.starts[start : start + period + 1]))
    reads, rows = reads[moving], rows[moving]
    span = rows - (numpy.searchsorted(columns.made, reads, side="right") - 1)
    longest = {}
    for place, length, slot in zip(((rows - span - start) % period).tolist(), span.tolist(), reads.tolist()):
        key = place, slot - int(columns.made[numpy.searchsorted(columns.made, slot, side="right") - 1])
        longest[key] = max(longest.get(key, 0), length)
    live = numpy.zeros(period + 1, int)
    for (place, _), length in longest.items():
        live[0] += length // period
        live[place + 1] += 1
        if place + length % period >= period:
            live[0] += 1
            live[place + length % period - period + 1] -= 1
        else:
            live[place + length % period + 1] -= 1
    return int(numpy.argmin(numpy.cumsum(live)[:period]))


def _agrees(region):
    try:
        Reads(region)
    except NoLoop:
        return False
    return True


def _is_loop(region):
    """Whether every trip reads what it should: the first ones may take carries from anywhere before the loop.

    The later trips of a Stretch do.
    """
    few = numpy.arange(min(region.trips, 12))[:, None]
    moves = region.places[-1] - region.places[-2]
    if (region.places[few[:, 0]] != region.places[-1] - (region.trips - 1 - few) * moves).any():
        return False
    last, before = region.reads[-1], region.reads[-2]
    variable = last >= 0
    reads, last, steps = region.reads[: len(few), variable], last[variable], (last - before)[variable]
    fixed = steps == 0
    if (last[fixed] >= region.first).any() or (reads[:, fixed] != last[fixed]).any():
        return False
    reads, last = reads[:, ~fixed], last[~fixed]
    base = region.first + (region.trips - 1) * region.values
    distances = numpy.maximum(0, -((last - base) // max(region.values, 1)))
    expected = last - (region.trips - 1 - few) * region.values
    return bool(numpy.where(few < distances, reads < region.first, reads == expected).all())


OWN, CARRIED, FIXED, SAME, VARYING = range(5)  # what a step reads


class Reads:
    """What each operand of a step is.

    Attributes:
        sorts: one of OWN, CARRIED, FIXED, SAME (a constant), VARYING (another constant in each trip).
        slots: the number of the value, among those that a trip makes, of what is OWN or CARRIED.
        distances: how many trips earlier it was made.
        initial: `(slot, distance)` -> the value before the first trip, for distances 1 to the longest.
    """

    def __init__(self, region):
        reads, base = region.reads, region.first + (region.trips - 1) * region.values
        last, steps = reads[-1], reads[-1] - reads[-2]
        constant = last < 0
        own = ~constant & (last >= base)
        carried = ~constant & ~own & (steps != 0)
        self.sorts = numpy.full(len(last), FIXED)
        self.sorts[own], self.sorts[carried] = OWN, CARRIED
        self.sorts[constant] = numpy.where((reads[:, constant] == last[constant]).all(axis=0), SAME, VARYING)
        values = max(region.values, 1)
        self.distances = numpy.where(own | carried, -((last - base) // values), 0)
        self.slots = numpy.where(own | carried, last - base + self.distances * values, -1)
        self.initial = {}
        if (self.distances > region.trips).any():
            raise NoLoop("every trip reads another value from before the first")
        for column in numpy.flatnonzero(carried).tolist():
            slot, distance = int(self.slots[column]), int(self.distances[column])
            for i in range(1, distance + 1):
                value = int(reads[distance - i, column])
                if self.initial.setdefault((slot, i), value) != value:
                    raise NoLoop("two values before the first trip for one")


class Body:
    """What the rows of a trip become.

    Attributes:
        region, reads: what it is made of.
        roles: for each row of the period "body", "before" (the same in all trips), "slice" (a place of an array
            that moves on), "scatter" (its transpose), "sum" (an addition of such).
        outside: the values of the columns that it reads from outside.
    """

    def __init__(self, region):
        self.region, self.reads = region, Reads(region)
        columns, start, period = region.columns, region.start, region.period
        self.protos = [columns.tables.protos[key] for key in columns.keys[start : start + period].tolist()]
        self.sources = columns.sources[start : start + period]
        self.operands = (columns.starts[start : start + period + 1] - columns.starts[start]).tolist()
        self.numbers = (columns.places[start : start + period + 1] - columns.places[start]).tolist()
        self.made = (columns.made[start : start + period + 1] - columns.made[start]).tolist()
        self.moves = region.places[-1] - region.places[-2]
        self.sorts, self.slots = self.reads.sorts.tolist(), self.reads.slots.tolist()
        self.maker = [row for row in range(period) for _ in range(self.made[row], self.made[row + 1])]
        self.roles = ["body"] * period
        self._assign_roles()
        self.sums = [_Sum(self, scatters) for scatters in self._chains()]
        self.reverse = self._direction() < 0
        known = [x for x in (*region.reads[-1].tolist(), *self.reads.initial.values()) if 0 <= x < region.first]
        self.outside = sorted(set(known))

    def place(self):
        """Where in the user's program the steps are: not every row knows."""
        rows = self.region.columns.sources[self.region.start : self.region.start + 20 * self.region.period]
        return next((one.place for one in rows if one.place is not None), None)

    def columns_of(self, row):
        """The operands of a row."""
        return range(self.operands[row], self.operands[row + 1])

    def moving(self, row):
        """The numbers in the index of a row that move on from trip to trip: `(which, first value, step)`."""
        low, high = self.numbers[row], self.numbers[row + 1]
        return [(i - low, int(self.region.places[0, i]), int(self.moves[i])) for i in range(low, high) if self.moves[i]]

    def is_fixed(self, column):
        """Whether an operand is the same in all trips."""
        sort = self.sorts[column]
        return sort in (FIXED, SAME) or sort == OWN and self.roles[self.maker[self.slots[column]]] == "before"

    def _assign_roles(self):
        for row, proto in enumerate(self.protos):
            fixed = all(map(self.is_fixed, self.columns_of(row)))
            moves = self.moving(row)
            if not moves:
                self.roles[row] = "before" if fixed else "body"
            elif proto.name == "getitem" and fixed:
                self.roles[row] = "slice"
            elif proto.name == "scattered":
                self.roles[row] = "scatter"
            else:
                raise NoLoop(f"{proto.name} at a place that moves on")
            if moves:
                axis_of(proto, moves)
            for column in self.columns_of(row):
                if self.sorts[column] == VARYING and not self._stackable(row, column):
                    raise NoLoop("constants that are others in each trip, and no numbers or arrays")

    def _stackable(self, row, column):
        """Whether constants may be a stack; whole numbers only among floats, where 2 is as 2.0."""
        values = [self.region.columns.tables.constants[-1 - x].value for x in self.region.reads[:, column].tolist()]
        if type(values[0]) is float:
            return True
        if type(values[0]) is int:
            types = self.region.columns.tables.types
            floats = any(x >= 0 and types[x][1].kind == "f" for x in self.protos[row].operands)
            exact = all(-(2**53) <= value <= 2**53 for value in values)
            return floats and exact and isinstance(self.sources[row].function, numpy.ufunc)
        size = getattr(values[0], "nbytes", _LARGEST)
        return isinstance(values[0], (numpy.ndarray, numpy.generic)) and size * len(values) < _LARGEST

    def _chains(self):
        """Lists of scatters that one running sum takes in; these and the additions are given their roles."""
        if "scatter" not in self.roles:
            return []
        readers, carriers = {}, {}
        for column, (sort, slot) in enumerate(zip(self.sorts, self.slots)):
            if sort == OWN:
                readers.setdefault(slot, []).append(column)
            elif sort == CARRIED:
                carriers.setdefault(slot, []).append(column)
        row_of = [row for row in range(len(self.protos)) for _ in self.columns_of(row)]
        additions = {}  # row of an addition -> (the scatter, the column of the running sum)
        for row, role in enumerate(self.roles):
            if role != "scatter":
                continue
            found = readers.get(self.made[row], [])
            if len(found) != 1 or carriers.get(self.made[row]) or self.protos[row_of[found[0]]].name != "add":
                raise NoLoop("a scatter that is not only added up")
            addition = row_of[found[0]]
            other = next(column for column in self.columns_of(addition) if column != found[0])
            additions[addition] = row, other
        chains = []
        for addition, (_, other) in additions.items():
            if self.sorts[other] == CARRIED:
                chains.append(self._chain(addition, additions, readers, carriers, row_of))
        if sum(map(len, chains)) != len(additions):
            raise NoLoop("scatters that are not only added up")
        return chains

    def _chain(self, addition, additions, readers, carriers, row_of):
        """The additions from one that takes the last trip's sum to the one that hands it on."""
        begin = additions[addition][1]
        chain = [addition]
        while True:
            slot = self.made[chain[-1]]
            mine, later = readers.get(slot, []), carriers.get(slot, [])
            self.roles[chain[-1]] = "sum"
            if not mine and later == [begin] and self.reads.distances[begin] == 1:
                return [(row, additions[row][0]) for row in chain]
            if later or len(mine) != 1 or row_of[mine[0]] not in additions:
                raise NoLoop("a running sum that is read otherwise")
            following = row_of[mine[0]]
            if additions[following][1] != mine[0]:
                raise NoLoop("a running sum that is read otherwise")
            chain.append(following)

    def _direction(self):
        """How many more stacks are taken from the front than from the end."""
        ways = 0
        for row, role in enumerate(self.roles):
            if role in ("slice", "scatter"):
                ways += 1 if self.moving(row)[0][2] > 0 else -1
        return ways


def axis_of(proto, moves):
    """`(axis, width)` of the one axis along which an index moves on by this much.

    The axis is counted in the index; the width is None where one place is read, else that of a slice as wide as
    the step. Raises: NoLoop where it moves on otherwise.
    """
    at = 0
    for axis, mark in enumerate(proto.params[1]):
        count = 0 if mark == ":" else 1 if mark == "number" else 2
        here = [move for move in moves if at <= move[0] < at + count]
        at += count
        if here and len(here) == len(moves) and mark == "number":
            return axis, None
        if len(here) == len(moves) == 2 and mark == 1:
            (_, start, step), (_, stop, other) = here
            if step == other and stop - start == abs(step):
                return axis, abs(step)
    raise NoLoop(f"{proto.name} at a place that moves on otherwise than by one axis")


class _Sum:
    """A running sum of scatters.

    Attributes:
        scatters: their rows, in the order in which they come to any one entry; where there is no such order, in
            that of a trip.
        turns: None, or `[turn, place along the axis]`: which scatter comes to an entry first, second ...
        axis: along which the places move on.
        slot: of the sum after the last of them. initial: the sum before the first trip.
    """

    def __init__(self, body, chain):
        self.slot = body.made[chain[-1][0]]
        self.initial = body.reads.initial[self.slot, 1]
        self.scatters, self.turns = [scatter for _, scatter in chain], None
        found = [axis_of(body.protos[row], body.moving(row)) for row in self.scatters]
        self.axis = found[0][0]
        if len(found) == 1:
            return
        if len(found) > _SCATTERS or any(axis != self.axis for axis, _ in found):
            raise NoLoop("scatters at places that move on along several axes")
        times = numpy.array([self._times(body, row, width) for row, (_, width) in zip(self.scatters, found)])
        times = times * len(found) + numpy.arange(len(found))[:, None]
        earlier = (times[:, None] < times[None]) & (times[:, None] >= 0) & (times[None] >= 0)
        before = numpy.logical_or.reduce(earlier, axis=2)  # whether one comes to an entry before another
        order = numpy.argsort(before.sum(axis=0), kind="stable")
        if numpy.tril(before[order][:, order]).any():
            self.turns = numpy.argsort(times, axis=0, kind="stable")
        else:
            self.scatters = [self.scatters[i] for i in order]

    def _times(self, body, row, width):
        """The trip that comes to each place along the axis; a negative number where none does."""
        _, first, step = body.moving(row)[0]
        size = body.protos[row].params[2][self.axis]
        trips = body.region.trips
        found = numpy.full(size, -1)
        for i in range(width or 1):
            found[first + i + step * numpy.arange(trips)] = numpy.arange(trips)
        return found
