"""vmap: a function of one row, applied to all rows of a batch at once."""

import functools
from typing import Any

import numpy

from chainrule.core import row_rules, tree  # noqa: F401  (NumPy's functions for all rows at once)
from chainrule.core.modes import STATE
from chainrule.core.namespace import REGISTRY
from chainrule.core.primitive import Primitive
from chainrule.core.record import TENSORS, constant, general, is_standing, plain_value
from chainrule.core.rows import Level, Rows, active, enter, holds, leave
from chainrule.core.spec import ARRAYS, shape_of
from chainrule.core.tensor import Tensor
from chainrule.errors import ArgumentError, VmapError
from chainrule.transforms.trace import check_callable

_RANDOMNESS = ("error", "same", "different")


def vmap(function, in_dims: Any = 0, out_dims: Any = 0, randomness="error", chunk_size=None):
    """A function that applies `function`, written for one row, to every row of its arguments at once.

    Args:
        function: takes and returns arrays, or trees of them; keyword arguments go to every row as they are.
        in_dims: the axis of each argument along which its rows lie, or None for one that every row shares: a
            number for all arguments, or a tuple with one for each (a number, None, or a tree of them).
        out_dims: where the rows go in each result; likewise.
        randomness: what random numbers of a front are inside: "error" refuses them, "same" draws once for
            all rows, "different" draws for each.
        chunk_size: at most so many rows at once, to save memory; all by default.

    Returns:
        a function of the same arguments. Gradients flow through it, and derivatives may be taken inside:

    >>> import numpy as np, chainrule as cr
    >>> w, rows = np.array([1.0, 2.0]), np.array([[1.0, 0.0], [0.0, 3.0]])
    >>> cr.vmap(cr.grad(lambda w, x: (w @ x) ** 2), in_dims=(None, 0))(w, rows)  # one gradient for each row
    array([[ 2.,  0.],
           [ 0., 36.]])

    Raises (when called):
        ArgumentError: in_dims, out_dims or randomness do not fit.
        VmapError: the function does what has no one answer for all rows (an `if` on a value, `item()`, a
            result whose shape depends on values, a function without a rule); the message names it.
    """
    check_callable(function)
    if randomness not in _RANDOMNESS:
        raise ArgumentError(
            f"vmap: only allows randomness to be 'error', 'different' or 'same', and this is {randomness!r}",
            "choose one of the three",
        )
    if chunk_size is not None and chunk_size < 1:
        raise ArgumentError(f"vmap: chunk_size should be None or greater than 0, and is {chunk_size}", "give 1 or more")

    @functools.wraps(function, assigned=("__doc__", "__name__", "__module__"), updated=())
    def evaluate(*args, **kwargs):
        leaves, rebuild = tree.flatten(list(args))
        paths = tree.paths(list(args))
        dims = _dims(in_dims, args, leaves, paths)
        size = _size(dims, leaves, paths)
        if chunk_size is None or size <= chunk_size:
            return _run(function, leaves, dims, size, rebuild, kwargs, out_dims, randomness)
        parts = []
        for start in range(0, size, chunk_size):
            piece = slice(start, min(start + chunk_size, size))
            own = [leaf if dim is None else _cut(leaf, dim, piece) for leaf, dim in zip(leaves, dims)]
            parts.append(_run(function, own, dims, piece.stop - start, rebuild, kwargs, out_dims, randomness))
        return _joined(parts, out_dims)

    return evaluate


def _run(function, leaves, dims, size, rebuild, kwargs, out_dims, randomness):
    """The function's results for rows that are computed together."""
    level = Level(size, randomness)
    inside = [leaf if dim is None else _inside(leaf, dim, level) for leaf, dim in zip(leaves, dims)]
    with level:
        result = function(*rebuild(inside), **kwargs)
    outputs, again = tree.flatten(result)
    given = any(type(leaf) in TENSORS for leaf in leaves)
    places = _spread(out_dims, result, tree.paths(result), "out_dims", "the function's results")
    return again([_outside(out, dim, level, given) for out, dim in zip(outputs, places)])


# Arguments


def _spread(dims, value, paths, name, what):
    """One dim for each leaf of a tree, from one for all of it, or for each of its branches."""
    if dims is None or isinstance(dims, int) and not isinstance(dims, bool):
        return [dims] * len(paths)
    if isinstance(value, (tuple, list)) and isinstance(dims, (tuple, list)) and len(dims) == len(value):
        pairs = list(zip(dims, value))
    elif isinstance(value, dict) and isinstance(dims, dict) and dims.keys() == value.keys():
        order = [path for path, _ in sorted_items(value)]
        pairs = [(dims[key], value[key]) for key in order]
    else:
        raise ArgumentError(
            f"vmap: {name}={dims!r} is not compatible with the structure of {what}",
            f"{name} is a number, None, or has the structure of {what}",
        )
    return [dim for own, branch in pairs for dim in _spread(own, branch, tree.paths(branch), name, what)]


def sorted_items(value):
    """The items of a dict in the order in which `tree` takes them."""
    try:
        return sorted(value.items(), key=lambda item: item[0])
    except TypeError:
        return list(value.items())


def _dims(in_dims, args, leaves, paths):
    """The axis of each leaf, counted from 0."""
    if isinstance(in_dims, (tuple, list)) and len(in_dims) != len(args):
        raise ArgumentError(
            f"vmap: in_dims={in_dims!r} is not compatible with the structure of inputs: it names {len(in_dims)} "
            f"arguments, and the function was called with {len(args)}",
            "give one for each argument, None for those that every row shares",
        )
    dims = _spread(in_dims, tuple(args), paths, "in_dims", "inputs")
    if not args:
        raise ArgumentError("vmap: the function was called without arguments", "map over at least one argument")
    found = []
    for leaf, dim, path in zip(leaves, dims, paths):
        if dim is None:
            found.append(None)
            continue
        if type(leaf) not in TENSORS and type(leaf) not in ARRAYS and not isinstance(leaf, (numpy.ndarray, Rows)):
            raise ArgumentError(
                f"vmap: got in_dim={dim} for the input at args{path}, which is of type {type(leaf).__name__}. We "
                "cannot vmap over non-Tensor arguments",
                "use None as its in_dim: every row then gets it as it is",
            )
        ndim = len(shape_of(leaf))
        if not -ndim <= dim < ndim:
            raise ArgumentError(
                f"vmap: got in_dim={dim} for the input at args{path}, a Tensor of dimensionality {ndim}, so expected "
                f"in_dim to satisfy -{ndim} <= in_dim < {ndim}",
                "use None for an input that every row shares",
            )
        found.append(dim % ndim)
    return found


def _size(dims, leaves, paths):
    sizes = {f"args{path}": shape_of(leaf)[dim] for leaf, dim, path in zip(leaves, dims, paths) if dim is not None}
    if not sizes:
        raise ArgumentError(
            "vmap: in_dims has None for every input: at least one must be mapped over",
            "give the axis along which the rows of one argument lie",
        )
    if len(set(sizes.values())) > 1:
        raise ArgumentError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            + ", ".join(f"{size} for {path}" for path, size in sizes.items()),
            "the mapped axes must be equally long; use None for an input that every row shares",
        )
    return next(iter(sizes.values()))


def _inside(leaf, dim, level):
    if type(leaf) not in TENSORS:
        leaf = constant(plain_value(leaf), Tensor)
    if leaf.node.tracked and STATE.recording:
        return general(_Enter(level), (leaf,), {"axis": dim})
    return constant(_entered(leaf.node.value, dim, level), type(leaf))


def _cut(leaf, dim, piece):
    return leaf[(slice(None),) * dim + (piece,)]


# Results


def _outside(out: Any, dim, level, given):
    if type(out) not in TENSORS and not _is_number(out):
        raise ArgumentError(
            f"vmap: the function must only return Tensors (or numbers and arrays), got type {type(out).__name__} as a "
            "return",
            "return the values themselves, in tuples, lists or dicts",
        )
    ndim = len(shape_of(out))
    if dim is None:
        if holds(plain_value(out), level):
            raise VmapError(
                "vmap: a result has out_dim=None, and it differs from row to row", "give the axis for its rows"
            )
        return out
    if not -ndim - 1 <= dim <= ndim:
        raise ArgumentError(f"vmap: out_dim={dim} for a result of {ndim} dimensions", "count from 0")
    axis = dim % (ndim + 1)
    if type(out) in TENSORS and out.node.tracked and STATE.recording:
        return general(_Leave(level), (out,), {"axis": axis})
    value = _left(plain_value(out), axis, level)
    value = value.copy() if isinstance(value, numpy.ndarray) else value
    cls = type(out) if type(out) in TENSORS else Tensor
    return constant(value, cls) if given or type(value) is Rows else value


def _is_number(out):
    return isinstance(out, (int, float, complex, numpy.ndarray, numpy.generic, Rows)) or is_standing(out)


def _joined(parts, out_dims):
    """The results of chunks, put together."""
    columns = zip(*(tree.flatten(part)[0] for part in parts))
    rebuild = tree.flatten(parts[0])[1]
    dims = _spread(out_dims, parts[0], tree.paths(parts[0]), "out_dims", "the function's results")
    return rebuild([
        column[0] if dim is None else REGISTRY.tensors.concatenate(list(column), dim)
        for column, dim in zip(columns, dims)
    ])  # fmt: skip


# The two links


def _entered(array: Any, axis, level):
    """An array with rows along an axis as one value of a row's shape."""
    return enter(numpy.moveaxis(array, axis, 0), level)


def _left(value, axis, level) -> Any:
    """The rows of a value along an axis."""
    rows: Any = leave(value, level)
    return numpy.moveaxis(rows, 0, axis)


class _Enter(Primitive, kind=True):
    """From an array to one value for each row along an axis; its transpose puts the rows back."""

    latex, words, keeps_inputs = r"{0}", "the rows of the cotangent, put back along the axis", False

    def __init__(self, level):
        self.name, self.level = "vmap_in", level

    def forward(self, xp, x, axis):
        return _entered(x, axis, self.level) if xp is numpy else general(self, (x,), {"axis": axis})

    def vjp(self, xp, g, i, y, x, axis):
        return _left(g, axis, self.level) if xp is numpy else general(_Leave(self.level), (g,), {"axis": axis})

    def jvp(self, xp, t, i, y, x, axis):
        return self.forward(xp, t, axis)

    def alive(self, live, y, i, xs, params):
        return _left(numpy.broadcast_to(live, shape_of(y)), params["axis"], self.level)


class _Leave(Primitive, kind=True):
    """From one value for each row to an array with the rows along an axis; the transpose of `_Enter`."""

    latex, words, keeps_inputs = r"{0}", "the cotangent, taken apart into rows", False

    def __init__(self, level):
        self.name, self.level = "vmap_out", level

    def forward(self, xp, x, axis):
        return _left(x, axis, self.level) if xp is numpy else general(self, (x,), {"axis": axis})

    def vjp(self, xp, g, i, y, x, axis):
        return _entered(g, axis, self.level) if xp is numpy else general(_Enter(self.level), (g,), {"axis": axis})

    def jvp(self, xp, t, i, y, x, axis):
        return self.forward(xp, t, axis)

    def alive(self, live, y, i, xs, params):
        return _entered(numpy.broadcast_to(live, shape_of(y)), params["axis"], self.level)


class _SumOfRows(Primitive, kind=True):
    """What all rows together contribute to a value that they share."""

    latex, words, keeps_inputs = r"\sum {0}", "the cotangent, for every row", False

    def __init__(self, level):
        self.name, self.level = "vmap_sum", level

    def forward(self, xp, x):
        return numpy.sum(leave(x, self.level), axis=0) if xp is numpy else general(self, (x,), {})

    def vjp(self, xp, g, i, y, x):
        return g

    def jvp(self, xp, t, i, y, x):
        return self.forward(xp, t)

    def alive(self, live, y, i, xs, params):
        return live


REGISTRY.tensors.sum_of_rows = lambda x, level: general(_SumOfRows(level), (x,), {})


def randomness(what):
    """What random numbers are to be here: the levels for whose rows to draw separately, the outermost first.

    Raises: VmapError inside a function mapped with randomness="error".
    """
    for level in active():
        if level.randomness == "error":
            raise VmapError(
                f"vmap: called random operation while in randomness error mode: {what}",
                "pass randomness='same' (one draw for all rows) or 'different' to vmap, or draw outside of it",
            )
    return [level for level in active() if level.randomness == "different"]
