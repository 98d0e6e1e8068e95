"""Where rows of a program repeat: stretches in which each row is the row of one period before, moved on.

Rows are hashed with how far back their operands were made, as far as a window's width; then windows of rows. Where
the next equal window lies equally far ahead for long enough, that distance is a period. A wider window tells
longer periods apart, and widths double, so the whole costs N log N for each of log N widths. What hashes suggest
is then compared exactly.
"""

from typing import NamedTuple

import numpy

FEWEST = 4  # trips
SHORTEST = 8  # rows of a stretch, besides the last period
WIDEST = 4096  # rows of a window
_WORD = numpy.uint64
_ODD = _WORD(0x9E3779B97F4A7C15)
_BASE = 0xD1342543DE82EF95
_INVERSE = pow(_BASE, -1, 1 << 64)


class Stretch(NamedTuple):
    """Rows `start` to `end`, of which each but the last `period` ones equals the row a period later, moved on."""

    start: int
    end: int
    period: int


def stretches(columns, width):
    """Disjoint Stretches that a window of this width shows, in order; None where no two windows are equal."""
    ahead = _next_equal(_windows(_row_hashes(columns, width), width))
    if not ahead.any():
        return None
    edges = numpy.flatnonzero(numpy.diff(ahead)) + 1
    starts = numpy.concatenate([[0], edges])
    lengths = numpy.diff(numpy.concatenate([starts, [len(ahead)]]))
    periods = ahead[starts]
    likely = numpy.flatnonzero((periods > 0) & (lengths >= numpy.maximum(periods, SHORTEST)))
    found, done = [], 0
    for i in likely:
        start, period = int(starts[i]), int(periods[i])
        end = min(start + int(lengths[i]) + width - 1, len(columns) - period)
        for stretch in _exact(columns, max(start, done), end, period):
            found.append(stretch)
            done = stretch.end
    return found


def _row_hashes(columns, width):
    """A number for each row: its key, and how far back it reads within the width."""
    rows, variable = columns.rows_of_operands(), columns.operands >= 0
    makers = columns.makers()[numpy.where(variable, columns.operands, 0)]
    back = rows - makers
    back[~variable | (makers < 0) | (back > width)] = 0
    slot = numpy.arange(len(rows)) - columns.starts[rows]
    weights = _powers(_BASE, int(slot.max(initial=0)) + 1)[slot]
    read = numpy.zeros(len(rows) + 1, _WORD)
    numpy.cumsum(_mixed(back.astype(_WORD)) * weights, out=read[1:])
    read = read[columns.starts[1:]] - read[columns.starts[:-1]]
    return _mixed(_mixed(columns.keys.astype(_WORD)) + read)


def _mixed(words):
    words = (words + _WORD(1)) * _ODD
    return words ^ (words >> _WORD(29))


def _powers(base, count):
    """base**0, base**1 ... modulo 2**64."""
    factors = numpy.full(count, base, _WORD)
    factors[0] = 1
    return numpy.cumprod(factors, dtype=_WORD)


def _windows(hashes, width):
    """One number for each window of so many rows."""
    if width == 1:
        return hashes
    if len(hashes) < width:
        return hashes[:0]
    sums = numpy.zeros(len(hashes) + 1, _WORD)
    numpy.cumsum(hashes * _powers(_BASE, len(hashes)), out=sums[1:])
    return (sums[width:] - sums[:-width]) * _powers(_INVERSE, len(hashes) - width + 1)


def _next_equal(numbers):
    """How far ahead the next equal number is; 0 where there is none."""
    order = numpy.argsort(numbers, kind="stable")
    equal = numbers[order[1:]] == numbers[order[:-1]]
    ahead = numpy.zeros(len(numbers), numpy.int64)
    ahead[order[:-1][equal]] = numpy.diff(order)[equal]
    return ahead


def _exact(columns, start, end, period):
    """The Stretches of this period among rows start to end, each row of which seems to come again."""
    if end - start < period:
        return
    keys, made = columns.keys, columns.made
    unlike = keys[start:end] != keys[start + period : end + period]
    if unlike.any():
        end = start + int(unlike.argmax())
        if end - start < period:
            return
    values = made[start + period] - made[start]
    parts = [_steps(columns.operands, columns.starts, start, end, period), None]
    parts[1] = _steps(columns.integers, columns.places, start, end, period)
    (steps, rows), (moves, places) = parts
    constant = columns.operands[columns.starts[start] : columns.starts[end]] < 0
    steps[constant] = 0
    bad = numpy.unique(rows[(steps != 0) & (steps != values)])
    uneven = numpy.union1d(
        _uneven(steps, rows, columns.starts, start, end, period),
        _uneven(moves, places, columns.places, start, end, period),
    )
    enough = max(period, SHORTEST)
    for first, last in _between(start, end, bad, enough):
        low, high = numpy.searchsorted(uneven, (first, last - period)).tolist()
        begin = first
        for stop in [*uneven[low:high].tolist(), last - period]:
            if stop + period - begin >= enough:
                yield Stretch(begin, stop + 2 * period, period)
                begin = stop + 2 * period
            else:
                begin = max(begin, stop + 1)


def _steps(flat, starts, start, end, period):
    """How much each number of rows start to end grows within a period, and the row it belongs to."""
    low, high = starts[start], starts[end]
    ahead = starts[start + period] - low
    rows = numpy.repeat(numpy.arange(start, end), numpy.diff(starts[start : end + 1]))
    return flat[low + ahead : high + ahead] - flat[low:high], rows


def _uneven(steps, rows, starts, start, end, period):
    """Rows of which a number grows otherwise than in the row a period later."""
    if end - start <= period:
        return numpy.zeros(0, numpy.int64)
    ahead = starts[start + period] - starts[start]
    count = len(steps) - ahead
    return numpy.unique(rows[:count][steps[:count] != steps[ahead:]])


def _between(start, end, bad, enough):
    """The ranges between bad rows that are long enough."""
    edges = numpy.concatenate([[start - 1], bad, [end]])
    chosen = numpy.flatnonzero(numpy.diff(edges) > enough)
    return zip((edges[chosen] + 1).tolist(), edges[chosen + 1].tolist())
