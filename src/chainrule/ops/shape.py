"""Shape: the same entries in another arrangement."""

from typing import Any

import numpy

from chainrule.core import record
from chainrule.core.primitive import Linear, Structural
from chainrule.core.rows import as_array
from chainrule.core.samples import array, call
from chainrule.core.selection import Selected, plain
from chainrule.core.spec import normal_axes, normal_axis, shape_of
from chainrule.errors import ShapeError, UnsupportedFunctionError
from chainrule.ops.compare import where
from chainrule.ops.complex import astype
from chainrule.ops.index import gather, getitem


class Reshape(Structural):
    """The entries in the same order, in another shape."""

    latex, words = r"\operatorname{{reshape}} {0}", "the cotangent, back in the argument's shape"
    samples = (call(array(2, 3), shape=(3, 2)), call(array(6), shape=(2, -1)), call(array(2, 1), shape=(2,)))

    def shape(self, own, shape):
        return numpy.empty(own).reshape(shape).shape

    def forward(self, xp, x, shape):
        return xp.reshape(x, shape)

    def transpose(self, xp, g, i, x, shape):
        return xp.reshape(g, shape_of(x))


class Transpose(Structural):
    """The axes in another order."""

    latex, words = r"{0}^\top", "the cotangent, with its axes back in order"
    samples = (call(array(2, 3), axes=(1, 0)), call(array(2, 3, 4), axes=(2, 0, 1)))

    def shape(self, own, axes):
        return tuple(own[i] for i in axes)

    def forward(self, xp, x, axes):
        return xp.transpose(x, axes)

    def transpose(self, xp, g, i, x, axes):
        return xp.transpose(g, tuple(int(j) for j in numpy.argsort(axes)))


class BroadcastTo(Linear):
    """Entries repeated along new or stretched axes; the walk sums them back."""

    latex, words = r"{0}", "the cotangents of all copies, summed"
    samples = (call(array(3), shape=(2, 3)), call(array(2, 1), shape=(4, 2, 3)))

    def shape(self, own, shape):
        return shape

    def forward(self, xp, x, shape):
        return xp.broadcast_to(x, shape)

    def transpose(self, xp, g, i, x, shape):
        return g

    def alive(self, live, y, i, xs, params):
        return live


class Concatenate(Structural):
    """Arrays joined along an axis; each takes back its own piece."""

    latex, words = r"[{0}, {1}]", "this argument's piece of the cotangent"
    samples = (call(array(2, 3), array(2, 1), axis=1), call(array(2), array(3), array(1), axis=0))

    def shape(self, *shapes, axis):
        joined = list(shapes[0])
        joined[axis] = sum(shape[axis] for shape in shapes)
        return tuple(joined)

    def forward(self, xp, *xs, axis):
        return xp.concatenate(xs, axis=axis)

    def transpose(self, xp, g, i, *xs, axis):
        axis = axis % len(shape_of(g))
        start = sum(shape_of(x)[axis] for x in xs[:i])
        return g[(slice(None),) * axis + (slice(start, start + shape_of(xs[i])[axis]),)]

    def pull(self, xp, g, y, xs, parents, params):
        """As `transpose` for each argument, with their places counted once: n arrays cost n steps."""
        axis = params["axis"] % len(shape_of(y))
        live = numpy.broadcast_to(g.live, shape_of(y)) if type(g) is Selected else None
        whole, pieces, end = plain(g), [], 0
        for x, parent in zip(xs, parents):
            start, end = end, end + shape_of(x)[axis]
            piece = (*(slice(None),) * axis, slice(start, end))
            if parent is None:
                pieces.append(None)
            else:
                pieces.append(whole[piece] if live is None else Selected(whole[piece], live[piece]))
        return pieces

    def push(self, xp, tangents, y, xs, params):
        filled = [numpy.zeros_like(_plain(x)) if t is None else t for t, x in zip(tangents, xs)]
        return xp.concatenate(filled, **params)


class Pad(Structural):
    """Zeros around the entries."""

    latex, words = r"\operatorname{{pad}} {0}", "the inner part of the cotangent"
    samples = (call(array(3), widths=((1, 2),)), call(array(2, 3), widths=((0, 1), (2, 0))))

    def shape(self, own, widths):
        return tuple(n + before + after for n, (before, after) in zip(own, widths))

    def forward(self, xp, x, widths):
        return xp.pad(x, widths)

    def transpose(self, xp, g, i, x, widths):
        return g[tuple(slice(before, before + n) for n, (before, _) in zip(shape_of(x), widths))]


def _plain(x):
    return as_array(record.plain_value(x))


_reshape, _transpose, _broadcast_to = Reshape(), Transpose(), BroadcastTo()
_concatenate, _pad = Concatenate(), Pad()


def reshape(x, shape):
    """The entries of x, in C order, in another shape; one length may be -1."""
    shape = tuple(int(n) for n in shape) if isinstance(shape, (tuple, list)) else (int(shape),)
    return _reshape(x, shape=shape)


def whole(x):
    """x, where a nested list or tuple is made one array: a Tensor where it holds one."""
    if isinstance(x, record.LISTS):
        return stacked(x) if record.holds_tensor(x) else numpy.asarray(x)
    return x


def ravel(x):
    """All entries in one axis."""
    return reshape(x, (-1,))


def transpose(x, axes=None):
    """The axes of x in another order, reversed by default."""
    ndim = len(shape_of(x))
    axes = tuple(range(ndim))[::-1] if axes is None else tuple(normal_axis(i, ndim) for i in axes)
    return _transpose(x, axes=axes)


def swapaxes(x, axis1, axis2):
    """x with two axes exchanged."""
    axes = list(range(len(shape_of(x))))
    one, other = normal_axis(axis1, len(axes)), normal_axis(axis2, len(axes))
    axes[one], axes[other] = other, one
    return transpose(x, axes)


def moveaxis(x, source, destination):
    """x with axes moved elsewhere, the others in their order."""
    n = len(shape_of(x))
    source, destination = (
        [normal_axis(i, n) for i in (axes if isinstance(axes, (tuple, list)) else (axes,))]
        for axes in (source, destination)
    )
    if not len(source) == len(destination) == len(set(source)) == len(set(destination)):
        raise ShapeError(
            f"moveaxis: the axes {source} cannot go to {destination}", "name as many axes as places, each once"
        )
    axes = [i for i in range(n) if i not in source]
    for place, axis in sorted(zip(destination, source)):
        axes.insert(place, axis)
    return transpose(x, axes)


def broadcast_to(x, shape):
    """x repeated to a larger shape."""
    shape = tuple(int(n) for n in shape) if isinstance(shape, (tuple, list)) else (int(shape),)
    return x if shape == shape_of(x) else _broadcast_to(x, shape=shape)


def expand_dims(x, axis):
    """x with axes of length 1 put in at the given places of the result."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    places = normal_axes(axes, len(shape_of(x)) + len(axes))
    rest = iter(shape_of(x))
    return reshape(x, tuple(1 if i in places else next(rest) for i in range(len(places) + len(shape_of(x)))))


def squeeze(x, axis=None):
    """x without axes of length 1 (all of them, or those given)."""
    return reshape(x, numpy.squeeze(numpy.broadcast_to(0, shape_of(x)), axis).shape)


def concatenate(arrays, axis=0):
    """Arrays joined along an axis that they have; flattened first where axis is None."""
    if axis is None:
        arrays, axis = [ravel(whole(a)) for a in arrays], 0
    return _concatenate(*arrays, axis=axis)


def stack(arrays, axis=0):
    """Arrays of one shape joined along a new axis."""
    arrays = [whole(a) for a in arrays]
    ndim = len(shape_of(arrays[0])) + 1 if arrays else 1
    axis = normal_axes(axis, ndim)[0]
    return concatenate([expand_dims(a, axis) for a in arrays], axis)


def stacked(nested):
    """A nested list of numbers and Tensors as one Tensor."""
    return stack([stacked(item) if isinstance(item, (list, tuple)) else item for item in nested])


_PADDING = {
    "constant": "constant_values",
    "empty": None,
    "edge": None,
    "wrap": None,
    "reflect": "reflect_type",
    "symmetric": "reflect_type",
}


def pad(x, pad_width, mode: Any = "constant", **options):
    """x with entries added around it, by any of NumPy's modes that only repeat entries.

    `constant` (with `constant_values`), `edge`, `reflect`, `symmetric`, `wrap` and `empty`.
    """
    known = isinstance(mode, str) and mode in _PADDING
    numpy_mode: Any = mode
    if not known or set(options) - {_PADDING[mode]} or options.get("reflect_type", "even") != "even":
        given = "".join(f", {name}={value!r}" for name, value in options.items())
        raise UnsupportedFunctionError(
            f"numpy.pad with mode={mode!r}{given} has no derivative rule here",
            f"the modes {', '.join(_PADDING)} have one; np.concatenate joins values that you computed",
        )
    x = whole(x)
    shape = shape_of(x)
    widths = (
        numpy.broadcast_to(numpy.asarray(pad_width, dtype=int), (len(shape), 2))
        if not isinstance(pad_width, dict)
        else numpy.array([_width(pad_width, i, len(shape)) for i in range(len(shape))])
    )
    widths = tuple((int(before), int(after)) for before, after in widths)
    if mode in ("constant", "empty"):
        return _filled(_pad(x, widths=widths), shape, widths, options.get("constant_values", 0))
    return gather(x, lambda places: numpy.pad(places, widths, mode=numpy_mode, **options))


def _filled(padded, shape, widths, values):
    """Zeros of a padding replaced by constants, given as NumPy has it: one, a pair, or a pair an axis."""
    values = whole(values)
    if type(values) not in record.TENSORS and not numpy.any(values):
        return padded
    pairs = numpy.arange(1, 2 * len(shape) + 1).reshape(-1, 2)
    places = numpy.pad(numpy.zeros(shape, dtype=int), widths, constant_values=pairs)  # 0 inside
    edges = ravel(broadcast_to(astype(values, padded.dtype), pairs.shape))
    return where(places > 0, getitem(edges, numpy.maximum(places - 1, 0)), padded)


def _width(pad_width, i, ndim):
    width = pad_width.get(i, pad_width.get(i - ndim, 0))
    return (width, width) if isinstance(width, int) else width


def flip(x, axis=None):
    """x with the order of entries reversed along the axes (all by default)."""
    axes = normal_axes(axis, len(shape_of(x)))
    return getitem(x, tuple(slice(None, None, -1 if i in axes else None) for i in range(len(shape_of(x)))))


def roll(x, shift, axis=None):
    """x with entries shifted along the axes; what leaves at one end comes in at the other."""
    return gather(x, lambda places: numpy.roll(places, shift, axis))


def tile(x, reps):
    """x repeated as a whole."""
    return gather(x, lambda places: numpy.tile(places, reps))


def repeat(x, repeats, axis=None):
    """Each entry of x repeated."""
    return gather(x, lambda places: numpy.repeat(places, repeats, axis))


def rot90(x, k=1, axes=(0, 1)):
    """x turned by quarter turns in the plane of two axes."""
    return gather(x, lambda places: numpy.rot90(places, k, axes))
