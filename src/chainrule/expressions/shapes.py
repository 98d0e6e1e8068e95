"""Shapes of expressions, with sizes that may be letters: (m, n) is as good as (5, 3).

A size is an int, or an expression such as the Symbol n. A room's own `shape` says what it makes of its
arguments' shapes wherever it only moves sizes about; the few that compute with them (broadcasting, the
matrix product) are spelled here, so that they also work where a size has no number yet.

>>> from chainrule.expressions import Symbol
>>> m, n = Symbol("m"), Symbol("n")
>>> print(*shape_of(Symbol("A", (m, n)) @ Symbol("x", (n,))))
m
>>> shape_of(Symbol("A", (m, n)) @ Symbol("y", (m,)))
Traceback (most recent call last):
chainrule.errors.ShapeError: ...: a matrix (m, n) cannot be multiplied by a vector (m,)...
"""

import weakref
from typing import Any

import numpy

from chainrule.core.primitive import Elementwise
from chainrule.core.spec import normal_axis
from chainrule.errors import ShapeError, UnsupportedFunctionError
from chainrule.expressions.tree import Apply, Expression, Symbol, lift

_KNOWN: Any = weakref.WeakKeyDictionary()  # plain node -> its shape


class Sizes:
    """When two sizes are the same: these never learn anything; `chainrule.derivations.matrices` has some that do."""

    def same(self, one, other):
        """The size that both are, or None where they differ."""
        return one if same_size(one, other) else None

    def product(self, a, b):
        """The shape of a matrix product, or None where inner sizes differ."""
        if not a or not b:
            return None
        inner = self.same(a[-1], b[0] if len(b) == 1 else b[-2])
        stacks = self.broadcast(a[:-2], b[:-2])
        if inner is None or stacks is None:
            return None
        return (*stacks, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))

    def broadcast(self, *shapes):
        """The shape of entries combined one with one, or None where that is impossible."""
        longest = max((len(shape) for shape in shapes), default=0)
        result = []
        for place in range(-longest, 0):
            size = 1
            for shape in shapes:
                if len(shape) < -place or is_one(shape[place]):
                    continue
                size = shape[place] if is_one(size) else self.same(size, shape[place])
                if size is None:
                    return None
            result.append(size)
        return tuple(result)

    def square(self, shape):
        """The shape of a square matrix, or None where it is none."""
        if len(shape) < 2:
            return None
        size = self.same(shape[-2], shape[-1])
        return None if size is None else (*shape[:-2], size, size)


SIZES = Sizes()


def same_size(one, other):
    """Whether two sizes are known to be the same."""
    if isinstance(one, Expression) and isinstance(other, Expression):
        return one.plain is other.plain
    return not isinstance(one, Expression) and not isinstance(other, Expression) and one == other


def is_one(size):
    return not isinstance(size, Expression) and size == 1


def is_small(shape):
    """Whether an array of this shape has one entry."""
    return all(is_one(size) for size in shape)


def same_shape(one, other):
    """Whether two shapes are known to be the same."""
    return len(one) == len(other) and all(same_size(a, b) for a, b in zip(one, other))


def written(shape):
    """A shape as text: (m, n), (n,), or "a number"."""
    sizes = [str(size) for size in shape]
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})" if sizes else "a number"


def kind_of(shape):
    """A shape in words: "a matrix (m, n)", "a vector (n,)", "a number", "an array (k, m, n)"."""
    word = ("", "a vector ", "a matrix ")[len(shape)] if len(shape) < 3 else "an array "
    return word + written(shape)


def shape_of(expression) -> tuple:
    """The shape of an expression, from the shapes of its symbols.

    Raises: ShapeError where shapes do not fit together.
    """
    stack = [expression.plain]
    while stack:
        node = stack[-1]
        if node in _KNOWN:
            stack.pop()
            continue
        missing = [child.plain for child in node.children if child.plain not in _KNOWN]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        _KNOWN[node] = _shape(node)
    return _KNOWN[expression.plain]


def rank(expression):
    """How many axes an expression has: 0 for a number, 1 for a vector, 2 for a matrix."""
    return len(shape_of(expression))


def _shape(node):
    if type(node) is Symbol:
        return node.shape
    shapes = [_KNOWN[child.plain] for child in node.children]
    if type(node) is Apply:
        return applied_shape(node.primitive, shapes, node.params or {}, SIZES, node)
    shape = SIZES.broadcast(*shapes)
    if shape is None:
        raise misfit(node, shapes)
    return shape


def applied_shape(primitive, shapes, params, sizes, node=None) -> tuple:
    """The shape of a primitive's value.

    Args:
        shapes: those of its arguments.
        sizes: `Sizes` to compare sizes by.
        node: for the message, the application, or None.

    Raises: ShapeError where the shapes do not fit.
    """
    rule = _RULES.get(primitive.name)
    if rule is not None:
        shape = rule(sizes, *shapes, **params)
    elif isinstance(primitive, Elementwise):
        shape = sizes.broadcast(*shapes)
    elif all(not isinstance(size, Expression) for own in shapes for size in own):
        shape = _numeric(primitive, shapes, params)
    else:
        shape = primitive.shape(*shapes, **params)
    if shape is None:
        raise misfit(node if node is not None else primitive.name, shapes)
    return tuple(shape)


def _numeric(primitive, shapes, params):
    """The room's own shape, all sizes being numbers; None where it refuses."""
    try:
        return primitive.shape(*shapes, **params)
    except (ValueError, TypeError, IndexError, numpy.linalg.LinAlgError):
        return None


def misfit(what, shapes):
    """The error for shapes that do not fit together."""
    kinds = [kind_of(shape) for shape in shapes]
    name = what.name if type(what) is Apply else ""
    if name == "matmul":
        says = f"{kinds[0]} cannot be multiplied by {kinds[1]}"
    elif len(kinds) == 1:
        says = f"{kinds[0]} does not go in there"
    else:
        says = f"{', '.join(kinds[:-1])} and {kinds[-1]} do not go together"
    return ShapeError(f"{what}: {says}", "give shapes that fit, or transpose one of them")


def _square_in(result):
    """The rule of a room that takes a square matrix; `result` gives its value's shape from that."""

    def rule(sizes, shape, **params):
        square = sizes.square(shape)
        return None if square is None else result(square)

    return rule


def _solve(sizes, a, b):
    square = sizes.square(a)
    return None if square is None else sizes.product(square, b)


def _transposed(sizes, shape, axes):
    return tuple(shape[i] for i in axes) if len(shape) == len(axes) else None


def _reshaped(sizes, own, shape):
    """Another shape; with letters for sizes only axes of length 1 may come and go."""
    if all(isinstance(size, int) for size in (*own, *shape)):
        return numpy.broadcast_to(0, own).reshape(shape).shape
    kept = [size for size in own if not is_one(size)]
    others = [size for size in shape if not is_one(size)]
    return shape if len(kept) == len(others) and all(sizes.same(a, b) for a, b in zip(kept, others)) else None


def _joined(sizes, *shapes, axis):
    """Arrays joined along an axis: the lengths along it are added."""
    axis = normal_axis(axis, len(shapes[0]))
    total: Any = 0
    rest: Any = None
    for shape in shapes:
        total = shape[axis] if isinstance(total, int) and total == 0 else total + shape[axis]
        others = shape[:axis] + shape[axis + 1 :]
        rest = others if rest is None else sizes.broadcast(rest, others)
        if rest is None or len(shape) != len(shapes[0]):
            return None
    return (*rest[:axis], total if isinstance(total, int) else lift(total), *rest[axis:])


def _read(sizes, own, index):
    """Entries read by an index."""
    if all(isinstance(size, int) for size in own):
        return numpy.broadcast_to(0, own)[index].shape
    parts = list(index) if isinstance(index, tuple) else [index]
    used = sum(part is not None and part is not Ellipsis for part in parts)
    if Ellipsis in parts:
        at = parts.index(Ellipsis)
        parts[at : at + 1] = [slice(None)] * (len(own) - used)
    else:
        parts += [slice(None)] * (len(own) - used)
    left, result = list(own), []
    for part in parts:
        if part is None:
            result.append(1)
        elif part == slice(None):
            result.append(left.pop(0))
        elif isinstance(part, int) and left:
            left.pop(0)
        else:
            raise UnsupportedFunctionError(
                f"the index {index!r} reads part of an axis whose length is not a number",
                "give the shapes as numbers, or read whole axes and single entries",
            )
    return (*result, *left)


_RULES = {
    "matmul": lambda sizes, a, b: sizes.product(a, b),
    "solve": _solve,
    "inv": _square_in(lambda square: square),
    "cholesky": _square_in(lambda square: square),
    "det": _square_in(lambda square: square[:-2]),
    "logabsdet": _square_in(lambda square: square[:-2]),
    "trace": _square_in(lambda square: square[:-2]),
    "diagonal": _square_in(lambda square: square[:-1]),
    "diag": lambda sizes, own: (*own, *own) if len(own) == 1 else None,
    "transpose": _transposed,
    "reshape": _reshaped,
    "broadcast_to": lambda sizes, own, shape: shape if sizes.broadcast(own, shape) is not None else None,
    "concatenate": _joined,
    "get_item": _read,
}
