"""Linear algebra: products, traces, solves and determinants, for stacks of matrices too.

A cotangent may come back with the extra axes of broadcast batches; the walk sums them away.
Sources: Giles 2008, "An extended collection of matrix derivative results"; Murray 2016
(arXiv 1602.07527) for Cholesky.
"""

import math
from collections import namedtuple
from typing import Any

import numpy

from chainrule.core import record
from chainrule.core.primitive import Bilinear, Custom, Structural
from chainrule.core.record import binary
from chainrule.core.samples import array, call, invertible, positive_definite
from chainrule.core.selection import certain
from chainrule.core.spec import dtype_of, shape_of
from chainrule.errors import ShapeError
from chainrule.ops import complex as parts
from chainrule.ops.arithmetic import divide, multiply
from chainrule.ops.compare import absolute, where
from chainrule.ops.index import diagonal, is_square, scatter
from chainrule.ops.reduce import nowhere_zero, sum
from chainrule.ops.shape import expand_dims, moveaxis, ravel, reshape, stack, swapaxes, transpose, whole

SlogdetResult = namedtuple("SlogdetResult", ["sign", "logabsdet"])


def adjoint(xp, a):
    """The conjugate transpose of a (stack of) matrices."""
    a = xp.swapaxes(a, -1, -2)
    return xp.conj(a) if dtype_of(a).kind == "c" else a


def _conj(xp, a):
    return xp.conj(a) if dtype_of(a).kind == "c" else a


class Matmul(Bilinear):
    """Y = A B for vectors, matrices and stacks of matrices; linear in A and in B."""

    latex, words = r"{0} {1}", ("G Bᵀ", "Aᵀ G")
    samples = (
        call(array(2, 3), array(3, 4)),
        call(array(3), array(3)),
        call(array(2, 3), array(3)),
        call(array(3), array(3, 2)),
        call(array(2, 1, 2, 3), array(4, 3, 2)),
        call(array(2, 4, 3), array(3, 2)),
        call(array(4, 2, 3), array(3)),
        call(array(3), array(4, 3, 2)),
    )

    def shape(self, a, b):
        return numpy.matmul(numpy.broadcast_to(0.0, a), numpy.broadcast_to(0.0, b)).shape

    def forward(self, xp, a, b):
        return xp.matmul(a, b)

    def transpose(self, xp, g, i, a, b):
        a_ndim, b_ndim = len(shape_of(a)), len(shape_of(b))
        if a_ndim == 1 and b_ndim == 1:
            return g * _conj(xp, b if i == 0 else a)
        if b_ndim == 1:  # rows of A against a vector
            if i == 0:
                return xp.expand_dims(g, -1) * _conj(xp, b)
            return xp.matmul(xp.expand_dims(g, -2), _conj(xp, a))[..., 0, :]
        if a_ndim == 1:  # a vector against columns of B
            if i == 0:
                return xp.matmul(_conj(xp, b), xp.expand_dims(g, -1))[..., 0]
            return xp.expand_dims(_conj(xp, a), -1) * xp.expand_dims(g, -2)
        if i == 0:
            return xp.matmul(g, adjoint(xp, b))
        if b_ndim == 2 and a_ndim > 2:  # one matrix for the whole batch: one product, not a stack of them
            a, g = (xp.reshape(m, (math.prod(shape_of(m)[:-1]), shape_of(m)[-1])) for m in (a, g))
        return xp.matmul(adjoint(xp, a), g)

    def alive(self, live, y, i, xs, params):
        """A row of A is dead where its whole row of Y is, a column of B where its column is."""
        live = numpy.broadcast_to(live, shape_of(y))
        a_ndim, b_ndim = len(shape_of(xs[0])), len(shape_of(xs[1]))
        if b_ndim > 1 and a_ndim > 1 and i == 1:
            alive = live.any(axis=-2, keepdims=True) if b_ndim > 2 else live.any(axis=tuple(range(live.ndim - 1)))
        elif i == 0 and a_ndim > 1:
            alive = live.any(axis=-1, keepdims=True) if b_ndim > 1 else live[..., None]
        elif i == 1 and b_ndim > 1:
            alive = live[..., None, :]
        else:
            alive = live.any(axis=-1, keepdims=True) if live.ndim else live
        return None if certain(alive) else alive


class Einsum(Bilinear):
    """Sums of products over named axes; linear in each operand."""

    latex, words = r"\operatorname{{einsum}}({0})", "the cotangent, contracted with the other operands"
    samples = (
        call(array(2, 3), array(3, 4), subscripts="ij,jk->ik"),
        call(array(3, 3), subscripts="ii->i"),
        call(array(3, 3), subscripts="ii->"),
        call(array(2, 3), subscripts="ij->j"),
        call(array(2, 3), array(4), array(3, 4), subscripts="ij,k,jk->i"),
        call(array(3, 3), array(3), subscripts="ii,i->i"),
    )

    def shape(self, *shapes, subscripts):
        return numpy.einsum(subscripts, *(numpy.broadcast_to(0.0, shape) for shape in shapes)).shape

    def forward(self, xp, *xs, subscripts):
        return xp.einsum(subscripts, *xs, optimize=len(xs) > 2)

    def transpose(self, xp, g, i, *xs, subscripts):
        inputs, output = subscripts.split("->")
        inputs = inputs.split(",")
        own, shape = inputs[i], shape_of(xs[i])
        others = [(labels, _conj(xp, x)) for j, (labels, x) in enumerate(zip(inputs, xs)) if j != i]
        available = set(output).union(*(labels for labels, _ in others))
        reached = "".join(label for label in dict.fromkeys(own) if label in available)
        terms = ",".join([output, *(labels for labels, _ in others)])
        return self._spread(xp, xp.einsum(f"{terms}->{reached}", g, *(x for _, x in others)), reached, own, shape)

    def alive(self, live, y, i, xs, params):
        """An entry is dead where all entries of y that it goes into are."""
        inputs, output = params["subscripts"].split("->")
        own, shape = inputs.split(",")[i], shape_of(xs[i])
        reached = "".join(label for label in dict.fromkeys(own) if label in output)
        counts = numpy.einsum(f"{output}->{reached}", numpy.broadcast_to(live, shape_of(y)).astype(float))
        alive = self._spread(numpy, counts, reached, own, shape) > 0
        return None if certain(alive) else alive

    def _spread(self, xp, cotangent, reached, own, shape):
        """A cotangent of the axes named in `reached`, laid over all axes of an operand."""
        unique = "".join(dict.fromkeys(own))
        lengths = dict(zip(own, shape))
        sizes = dict(zip(reached, shape_of(cotangent)))
        stretched = tuple(i for i, label in enumerate(reached) if lengths[label] == 1 != sizes[label])
        if stretched:  # einsum broadcasts axes of length 1
            cotangent = xp.sum(cotangent, axis=stretched, keepdims=True)
        sizes = dict(zip(reached, shape_of(cotangent)))
        cotangent = xp.reshape(cotangent, tuple(sizes.get(label, 1) for label in unique))
        cotangent = xp.broadcast_to(cotangent, tuple(lengths[label] for label in unique))
        if unique == own:
            return cotangent
        # An axis named twice reads a diagonal: only entries on it receive anything.
        places = {label: numpy.arange(lengths[label]) for label in unique}
        on_diagonal = numpy.einsum(
            f"{','.join(unique)}->{unique}", *(places[label] * 0 + 1 for label in unique)
        ).astype(bool)
        grids = dict(zip(unique, numpy.nonzero(on_diagonal)))
        index = tuple(grids[label].reshape(on_diagonal.shape) for label in own)
        return getattr(xp, "scatter", scatter)(cotangent, index, shape)


class Trace(Structural):
    """y = Σ aᵢᵢ of a square matrix."""

    latex, words = r"\operatorname{{tr}} {0}", "the cotangent times the identity"
    samples = (call(array(3, 3)), call(array(1, 1)))
    reads = True

    def shape(self, own):
        return own[:-2]

    def forward(self, xp, x):
        return xp.trace(x)

    def transpose(self, xp, g, i, x):
        return xp.diag(xp.broadcast_to(g, shape_of(x)[:1]))

    def add_back(self, cotangent, g):
        """Add g in place to the entries that were read."""
        numpy.einsum("ii->i", cotangent)[...] += g


class Solve(Custom):
    """Y = A⁻¹ B."""

    latex, words = r"{0}^{{-1}} {1}", ("−(A⁻ᵀ G) Yᵀ", "A⁻ᵀ G")
    samples = (
        call(invertible(3, 3), array(3)),
        call(invertible(3, 3), array(3, 2)),
        call(invertible(2, 3, 3), array(2, 3, 1)),
        call(invertible(2, 3, 3), array(3, 2)),
    )

    def shape(self, a, b):
        return numpy.linalg.solve(numpy.broadcast_to(numpy.eye(a[-1]), a), numpy.broadcast_to(0.0, b)).shape

    def forward(self, xp, a, b):
        return xp.linalg.solve(a, b)

    def vjp(self, xp, g, i, y, a, b):
        solved = xp.linalg.solve(adjoint(xp, a), g)
        if i == 1:
            return solved
        if len(shape_of(b)) == 1:
            return -xp.expand_dims(solved, -1) * xp.expand_dims(_conj(xp, y), -2)
        return -xp.matmul(solved, adjoint(xp, y))

    def jvp(self, xp, t, i, y, a, b):
        return xp.linalg.solve(a, t) if i == 1 else -xp.linalg.solve(a, xp.matmul(t, y))


class Inv(Custom):
    """Y = A⁻¹."""

    latex, words = r"{0}^{{-1}}", "-Yᵀ G Yᵀ"
    samples = (call(invertible(3, 3)), call(invertible(2, 2, 2)))

    def shape(self, a):
        return a

    def forward(self, xp, a):
        return xp.linalg.inv(a)

    def vjp(self, xp, g, i, y, a):
        return -xp.matmul(adjoint(xp, y), xp.matmul(g, adjoint(xp, y)))

    def jvp(self, xp, t, i, y, a):
        return -xp.matmul(y, xp.matmul(t, y))


class Det(Custom):
    """y = det A; its slope is the matrix of cofactors, also where A is singular."""

    latex, words = r"\det {0}", "the cotangent times the cofactors of A"
    samples = (call(invertible(3, 3)), call(invertible(2, 2, 2)))

    def shape(self, a):
        return a[:-2]

    def forward(self, xp, a):
        return xp.linalg.det(a)

    def slope(self, xp, y, a):
        """y A⁻ᵀ, or the minors one by one where A is singular."""
        if nowhere_zero(y):
            return xp.expand_dims(xp.expand_dims(y, -1), -1) * xp.swapaxes(xp.linalg.inv(a), -1, -2)
        n = shape_of(a)[-1]
        rows = []
        for i in range(n):
            keep_i = [k for k in range(n) if k != i]
            row = [
                xp.linalg.det(a[..., keep_i, :][..., [k for k in range(n) if k != j]]) * (-1.0) ** (i + j)
                for j in range(n)
            ]
            rows.append(xp.stack(row, -1))
        return xp.stack(rows, -2)

    def vjp(self, xp, g, i, y, a):
        return xp.expand_dims(xp.expand_dims(g, -1), -1) * _conj(xp, self.slope(xp, y, a))

    def jvp(self, xp, t, i, y, a):
        return xp.sum(self.slope(xp, y, a) * t, axis=(-2, -1))


class Logabsdet(Custom):
    """y = ln |det A|; its slope is A⁻ᵀ."""

    latex, words = r"\ln |\det {0}|", "the cotangent times A⁻ᵀ"
    samples = (call(invertible(3, 3)), call(invertible(2, 2, 2)))

    def shape(self, a):
        return a[:-2]

    def forward(self, xp, a):
        return xp.linalg.slogdet(a)[1]

    def vjp(self, xp, g, i, y, a):
        return xp.expand_dims(xp.expand_dims(g, -1), -1) * adjoint(xp, xp.linalg.inv(a))

    def jvp(self, xp, t, i, y, a):
        return xp.sum(xp.swapaxes(xp.linalg.inv(a), -1, -2) * t, axis=(-2, -1))


class Cholesky(Custom):
    """Y Yᵀ = A, Y lower triangular. NumPy reads the lower triangle of A only, and so does the slope."""

    latex, words = r"\operatorname{{chol}} {0}", "Y⁻ᵀ Φ(Yᵀ G) Y⁻¹, folded into the lower triangle"
    samples = (call(positive_definite(3, 3)), call(positive_definite(2, 2, 2)))

    def shape(self, a):
        return a

    def forward(self, xp, a):
        return xp.linalg.cholesky(a)

    def vjp(self, xp, g, i, y, a):
        phi = _half(xp, xp.matmul(adjoint(xp, y), g))
        inner = xp.linalg.solve(adjoint(xp, y), adjoint(xp, xp.linalg.solve(adjoint(xp, y), adjoint(xp, phi))))
        both = inner + adjoint(xp, inner)
        n = shape_of(a)[-1]
        return both * numpy.tril(numpy.ones((n, n)) - 0.5 * numpy.eye(n)).astype(dtype_of(y))

    def jvp(self, xp, t, i, y, a):
        lower = xp.tril(t, -1)
        t = lower + adjoint(xp, lower) + xp.tril(t) - lower
        inner = xp.linalg.solve(y, adjoint(xp, xp.linalg.solve(y, t)))
        return xp.matmul(y, _half(xp, inner))


def _half(xp, a):
    """Φ: the lower triangle, with the diagonal halved."""
    n = shape_of(a)[-1]
    return a * (numpy.tril(numpy.ones((n, n))) - 0.5 * numpy.eye(n)).astype(dtype_of(a))


matmul = binary(Matmul())
_einsum, _trace = Einsum(), Trace()
_solve, inv, det, cholesky = Solve(), Inv(), Det(), Cholesky()
_logabsdet = Logabsdet()


def solve(a, b):
    """A⁻¹ B; a vector b is one right-hand side for the whole stack of matrices, as in NumPy 2."""
    if len(shape_of(b)) == 1 and len(shape_of(a)) > 2:  # as a column, so that the rules see matrices only
        return _solve(a, expand_dims(b, -1))[..., 0]
    return _solve(a, b)


def einsum(subscripts, *operands, optimize=None):
    """Sums of products over named axes, in either of NumPy's notations, with or without an ellipsis."""
    if not isinstance(subscripts, str):
        subscripts, operands = _from_lists(subscripts, *operands)
    operands = [whole(x) for x in operands]
    return _einsum(*operands, subscripts=_explicit(subscripts.replace(" ", ""), [len(shape_of(x)) for x in operands]))


def _from_lists(*arguments):
    """einsum(a, [0, 1], b, [1, 2], [0, 2]) as a string of subscripts and the operands."""
    operands, axes = arguments[: len(arguments) // 2 * 2 : 2], arguments[1::2]
    terms = ["".join("..." if i is Ellipsis else chr(ord("a") + i) for i in one) for one in axes]
    output = ""
    if len(arguments) % 2:
        output = "->" + "".join("..." if i is Ellipsis else chr(ord("a") + i) for i in arguments[-1])
    return ",".join(terms) + output, operands


def _explicit(subscripts, ndims):
    """The subscripts with an output and with letters in place of each ellipsis."""
    inputs, arrow, output = subscripts.partition("->")
    inputs = inputs.split(",")
    if len(inputs) != len(ndims):
        raise ShapeError(
            f"einsum {subscripts!r} names {len(inputs)} operands, and {len(ndims)} were given",
            "give one group of letters for each operand",
        )
    free = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in subscripts]
    longest = max((n - len(labels) + 3 for n, labels in zip(ndims, inputs) if "..." in labels), default=0)
    letters = "".join(free[:longest][::-1])
    expanded = [
        labels.replace("...", letters[len(letters) - (n - len(labels) + 3) :]) for n, labels in zip(ndims, inputs)
    ]
    if not arrow:
        joined = "".join(expanded)
        output = letters + "".join(sorted(c for c in set(joined) - set(letters) if joined.count(c) == 1))
    return f"{','.join(expanded)}->{output.replace('...', letters)}"


def dot(a, b):
    """NumPy's dot: a product of numbers, an inner product, a matrix product, or a sum over a's last
    and b's next to last axis."""
    a, b = whole(a), whole(b)
    a_ndim, b_ndim = len(shape_of(a)), len(shape_of(b))
    if a_ndim == 0 or b_ndim == 0:
        return multiply(a, b)
    if a_ndim <= 2 and b_ndim <= 2:
        return matmul(a, b)
    return tensordot(a, b, ((-1,), (-2 if b_ndim > 1 else -1,)))


def vdot(a, b):
    """The inner product of all entries, conjugating the first."""
    return matmul(parts.conjugate(ravel(whole(a))), ravel(whole(b)))


def inner(a, b):
    """Sum products over the last axes."""
    a, b = whole(a), whole(b)
    if not shape_of(a) or not shape_of(b):
        return multiply(a, b)
    return tensordot(a, b, ((-1,), (-1,)))


def outer(a, b):
    """All products of an entry of a with an entry of b."""
    return multiply(expand_dims(ravel(whole(a)), 1), expand_dims(ravel(whole(b)), 0))


def tensordot(a, b, axes: Any = 2):
    """Sum products over the given axes: one matrix product."""
    a, b = whole(a), whole(b)
    a_ndim, b_ndim = len(shape_of(a)), len(shape_of(b))
    if isinstance(axes, int):
        a_axes, b_axes = list(range(a_ndim - axes, a_ndim)), list(range(axes))
    else:
        a_axes, b_axes = ([one] if isinstance(one, int) else list(one) for one in axes)
    a_axes, b_axes = [i % a_ndim for i in a_axes], [i % b_ndim for i in b_axes]
    a_rest = [i for i in range(a_ndim) if i not in a_axes]
    b_rest = [i for i in range(b_ndim) if i not in b_axes]
    summed = [shape_of(a)[i] for i in a_axes]
    if summed != [shape_of(b)[i] for i in b_axes]:
        raise ShapeError(
            f"tensordot: shapes {shape_of(a)} and {shape_of(b)} differ on the summed axes",
            "sum over axes of equal length",
        )
    n = int(numpy.prod(summed, dtype=int))
    shape = tuple(shape_of(a)[i] for i in a_rest) + tuple(shape_of(b)[i] for i in b_rest)
    rows = int(numpy.prod([shape_of(a)[i] for i in a_rest], dtype=int))
    columns = int(numpy.prod([shape_of(b)[i] for i in b_rest], dtype=int))
    left = reshape(transpose(a, a_rest + a_axes), (rows, n))
    right = reshape(transpose(b, b_axes + b_rest), (n, columns))
    return reshape(matmul(left, right), shape)


def kron(a, b):
    """The Kronecker product."""
    a, b = whole(a), whole(b)
    ndim = max(len(shape_of(a)), len(shape_of(b)))
    a, b = (reshape(x, (1,) * (ndim - len(shape_of(x))) + shape_of(x)) for x in (a, b))
    blocks = multiply(
        reshape(a, tuple(n for pair in zip(shape_of(a), (1,) * ndim) for n in pair)),
        reshape(b, tuple(n for pair in zip((1,) * ndim, shape_of(b)) for n in pair)),
    )
    return reshape(blocks, tuple(m * n for m, n in zip(shape_of(a), shape_of(b))))


def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The vector product in three dimensions."""
    a, b = whole(a), whole(b)
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    if shape_of(a)[-1] != 3 or shape_of(b)[-1] != 3:
        raise ShapeError(f"cross: vectors of length {shape_of(a)[-1]} and {shape_of(b)[-1]}", "use three components")
    (a0, a1, a2), (b0, b1, b2) = ([x[..., i] for i in range(3)] for x in (a, b))
    product = stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], axis=-1)
    return moveaxis(product, -1, axisc)


def trace(x, offset=0, axis1=0, axis2=1):
    """The sum of a diagonal."""
    if is_square(x) and offset == 0 and axis1 in (0, -2) and axis2 in (1, -1):
        return _trace(x)
    return sum(diagonal(x, offset, axis1, axis2), axis=-1)


def tril(x, k=0):
    """x with zeros above the k-th diagonal."""
    return where(numpy.tri(*shape_of(x)[-2:], k=k, dtype=bool), x, 0.0)


def triu(x, k=0):
    """x with zeros below the k-th diagonal."""
    return where(~numpy.tri(*shape_of(x)[-2:], k=k - 1, dtype=bool), x, 0.0)


def slogdet(a):
    """The sign of det A, which has no slope, and ln |det A|."""
    sign = numpy.linalg.slogdet(record.plain_value(a))[0]
    if sign.dtype.kind == "c":  # the phase, which moves
        determinant = det(a)
        sign = divide(determinant, absolute(determinant))
    return SlogdetResult(sign, _logabsdet(a))


def matrix_power(a, n):
    """A times itself n times; of the inverse where n is negative."""
    if n < 0:
        return matrix_power(inv(a), -n)
    result = None
    while n:
        if n & 1:
            result = a if result is None else matmul(result, a)
        n >>= 1
        a = matmul(a, a) if n else a
    return result if result is not None else where(numpy.eye(shape_of(a)[-1], dtype=bool), 1.0, a * 0.0)


def matrix_transpose(x):
    """The last two axes exchanged."""
    return swapaxes(x, -1, -2)
