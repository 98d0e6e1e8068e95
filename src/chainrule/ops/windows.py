"""Sliding windows, and the convolutions and poolings that are products and reductions over them."""

from itertools import product
from typing import Any

import numpy

from chainrule.core.primitive import Structural
from chainrule.core.record import plain_value
from chainrule.core.rows import as_one_step, zeros
from chainrule.core.samples import array, call
from chainrule.core.spec import shape_of
from chainrule.errors import ShapeError
from chainrule.ops.index import getitem, take_along_axis
from chainrule.ops.linalg import tensordot
from chainrule.ops.reduce import mean
from chainrule.ops.shape import concatenate, moveaxis, pad, reshape


def _places(lengths, size, stride, dilation):
    """How many windows fit along each axis."""
    return tuple((n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(lengths, size, stride, dilation))


def _strips(counts, size, stride, dilation):
    """For each place in a window: the place, and the entries that stand there in all windows."""
    for place in product(*map(range, size)):
        yield (
            place,
            tuple(slice(k * d, k * d + s * (n - 1) + 1, s) for k, n, s, d in zip(place, counts, stride, dilation)),
        )


class Windows(Structural):
    """All windows of a size over the last axes: their places take these axes, their entries new ones at the end."""

    latex, words = r"\operatorname{{windows}} {0}", "the cotangents of all windows, each added where it was read"
    samples = (
        call(array(2, 5), size=(3,), stride=(1,), dilation=(1,)),
        call(array(5, 6), size=(2, 2), stride=(2, 1), dilation=(1, 3)),
    )
    reads = True

    def shape(self, own, size, stride, dilation):
        n = len(size)
        return own[: len(own) - n] + _places(own[len(own) - n :], size, stride, dilation) + tuple(size)

    def forward(self, xp, x, size, stride, dilation):
        if xp is not numpy:
            return windows(x, size, stride, dilation)
        axes = tuple(range(-len(size), 0))
        wide = tuple(d * (k - 1) + 1 for k, d in zip(size, dilation))
        every = numpy.lib.stride_tricks.sliding_window_view(x, wide, axes)
        steps = tuple(slice(None, None, s) for s in stride), tuple(slice(None, None, d) for d in dilation)
        return every[(Ellipsis, *steps[0], *steps[1])]

    def transpose(self, xp, g, i, x, size, stride, dilation):
        return _fold(g, lengths=shape_of(x)[len(shape_of(x)) - len(size) :], stride=stride, dilation=dilation)


class Fold(Structural):
    """Windows added back where they stand: the transpose of `Windows`."""

    latex, words = r"\operatorname{{fold}} {0}", "the windows of the cotangent"
    samples = (
        call(array(2, 3, 3), lengths=(5,), stride=(1,), dilation=(1,)),
        call(array(2, 3, 2, 2), lengths=(5, 6), stride=(2, 1), dilation=(1, 3)),
    )

    def shape(self, own, lengths, stride, dilation):
        return own[: len(own) - 2 * len(lengths)] + tuple(lengths)

    def forward(self, xp, x, lengths, stride, dilation):
        if xp is not numpy:
            return _fold(x, lengths=lengths, stride=stride, dilation=dilation)
        return as_one_step(_folded, x, lengths=lengths, stride=stride, dilation=dilation)

    def transpose(self, xp, g, i, x, lengths, stride, dilation):
        return windows(g, shape_of(x)[len(shape_of(x)) - len(lengths) :], stride, dilation)


def _folded(x, lengths, stride, dilation):
    n = len(lengths)
    shape = shape_of(x)
    counts, size = shape[len(shape) - 2 * n : len(shape) - n], shape[len(shape) - n :]
    y = zeros(shape[: len(shape) - 2 * n] + tuple(lengths), numpy.result_type(x), x)
    for place, strip in _strips(counts, size, stride, dilation):
        y[(Ellipsis, *strip)] += x[(Ellipsis, *place)]
    return y


_windows, _fold = Windows(), Fold()


def windows(x, size, stride, dilation):
    """All windows of `size` over the last axes, `stride` apart, with entries `dilation` apart."""
    return _windows(x, size=tuple(size), stride=tuple(stride), dilation=tuple(dilation))


def fold(x, lengths, stride, dilation):
    """Windows, as `windows` makes them, added up over last axes of the given lengths."""
    return _fold(x, lengths=tuple(lengths), stride=tuple(stride), dilation=tuple(dilation))


def _check(x, weight, groups, lengths):
    channels, own = shape_of(x)[1], shape_of(weight)[1]
    if channels != own * groups or shape_of(weight)[0] % groups:
        raise ShapeError(
            f"convolve: {channels} channels and {groups} groups do not go with a weight of shape {shape_of(weight)}",
            "the weight has shape (channels out, channels in / groups, *window)",
        )
    if any(n < 1 for n in lengths):
        raise ShapeError(
            f"convolve: a window of {shape_of(weight)[2:]} does not fit into {shape_of(x)[2:]}", "add padding"
        )


def convolve(x, weight, stride, padding, dilation, groups=1):
    """The correlation of x (batch, channels, *lengths) with a weight (channels out, channels in / groups, *window).

    `padding` holds pairs (before, after) for each of the last axes.
    """
    n = len(shape_of(x)) - 2
    if any(before or after for before, after in padding):
        x = pad(x, [(0, 0), (0, 0), *padding])
    size = shape_of(weight)[2:]
    _check(x, weight, groups, _places(shape_of(x)[2:], size, stride, dilation))
    seen = windows(x, size, stride, dilation)
    summed = (1, *range(2 + n, 2 + 2 * n)), tuple(range(1, 2 + n))
    if groups == 1:
        return moveaxis(tensordot(seen, weight, summed), -1, 1)
    own, out = shape_of(weight)[1], shape_of(weight)[0] // groups
    parts = [
        tensordot(getitem(seen, (slice(None), slice(k * own, (k + 1) * own))),
                  getitem(weight, slice(k * out, (k + 1) * out)), summed)
        for k in range(groups)
    ]  # fmt: skip
    return moveaxis(concatenate(parts, -1), -1, 1)


def convolve_transposed(x, weight, stride, padding, more, dilation, groups=1):
    """The transpose of `convolve` in its first argument; `more` lengthens the result at the end.

    The weight has shape (channels in, channels out / groups, *window); `padding` is cut from both ends.
    """
    size = shape_of(weight)[2:]
    n, own = len(size), shape_of(weight)[0] // groups
    if shape_of(x)[1] != shape_of(weight)[0]:
        raise ShapeError(
            f"convolve: {shape_of(x)[1]} channels do not go with a weight of shape {shape_of(weight)}",
            "the weight has shape (channels in, channels out / groups, *window)",
        )
    parts = []
    for k in range(groups):
        mine = getitem(x, (slice(None), slice(k * own, (k + 1) * own)))
        spread = tensordot(mine, getitem(weight, slice(k * own, (k + 1) * own)), ((1,), (0,)))  # b, *l, out, *window
        parts.append(moveaxis(spread, 1 + n, 1))
    spread = parts[0] if groups == 1 else concatenate(parts, 1)
    whole = [(m - 1) * s + d * (k - 1) + 1 for m, k, s, d in zip(shape_of(x)[2:], size, stride, dilation)]
    y = fold(spread, whole, stride, dilation)
    y = pad(y, [(0, 0), (0, 0), *((0, m) for m in more)]) if any(more) else y
    cut = tuple(slice(p, n + m - p) for n, m, p in zip(whole, more, padding))
    return getitem(y, (slice(None), slice(None), *cut)) if any(padding) else y


def _flat_windows(x, size, stride, dilation):
    """Windows with their entries along one last axis."""
    seen = windows(x, size, stride, dilation)
    return reshape(seen, (*shape_of(seen)[: -len(size)], int(numpy.prod(size, dtype=int))))


def largest_in_windows(x, size, stride, dilation):
    """The largest entry of each window over the last axes; the first of equal ones has the slope."""
    seen: Any = _flat_windows(x, size, stride, dilation)
    places = numpy.expand_dims(numpy.argmax(plain_value(seen), -1), -1)
    return take_along_axis(seen, places, -1)[..., 0], places[..., 0]


def mean_of_windows(x, size, stride):
    """The mean of each window over the last axes."""
    return mean(_flat_windows(x, size, stride, (1,) * len(size)), axis=-1)
