"""`torch.linalg`: solves, inverses, determinants, norms.

>>> import chainrule.torch as torch
>>> torch.linalg.det(torch.tensor([[2., 0.], [0., 3.]]))
tensor(6.)
"""

import math
from collections import namedtuple

from chainrule.core.spec import shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.ops import linalg as rooms
from chainrule.torch import pointwise, products, reductions, shapes
from chainrule.torch.closures import quietly
from chainrule.torch.errors import ShapeError, UsageError
from chainrule.torch.tensor import of_value

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "multi_dot",
    "norm",
    "slogdet",
    "solve",
    "vecdot",
    "vector_norm",
]

matmul, cross, multi_dot = products.matmul, products.cross, lambda tensors: products.chain_matmul(*tensors)
_slogdet = namedtuple("linalg_slogdet", ["sign", "logabsdet"])


def solve(A, B, *, left=True):
    """The X with A X = B (X A = B where `left` is False).

    B is a vector, a batch of vectors (of shape `A.shape[:-1]`), or a batch of matrices.
    """
    a, b = tuple(shape_of(A)), tuple(shape_of(B))
    if len(a) < 2 or a[-1] != a[-2]:
        raise ShapeError(f"linalg.solve: A must be batches of square matrices, but they have shape {list(a)}",
                         "A has shape (*, n, n)")  # fmt: skip
    vectors = len(b) == 1 or len(a) - 1 == len(b) and a[:-1] == b
    if not left:
        if vectors:
            raise UsageError("linalg.solve: Vector broadcasting of the left hand side is not supported for left=False.",
                             "give B as matrices, B[..., None, :]")  # fmt: skip
        return shapes.transpose(solve(shapes.transpose(A, -1, -2), shapes.transpose(B, -1, -2)), -1, -2)
    if not vectors:
        return quietly(rooms.solve, A, B)
    return shapes.squeeze(quietly(rooms.solve, A, shapes.unsqueeze(B, -1)), -1)


def inv(A):
    """The inverse."""
    return quietly(rooms.inv, A)


def det(A):
    """The determinant; its slope is right also where A is singular."""
    return quietly(rooms.det, A)


def slogdet(A):
    """The sign of the determinant, which has no slope, and the logarithm of its size."""
    sign, size = quietly(rooms.slogdet, A)
    return _slogdet(of_value(sign), size)


def cholesky(A):
    """The lower triangular L with L Lᵀ = A."""
    return quietly(rooms.cholesky, A)


def matrix_power(A, n):
    """A times itself n times."""
    return quietly(rooms.matrix_power, A, n)


def diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonals of (a stack of) matrices."""
    return shapes.diagonal(A, offset, dim1, dim2)


def vecdot(x, y, *, dim=-1):
    """The inner products of vectors along a dimension."""
    return reductions.sum(pointwise.mul(ops.conj(x), y), dim)


def vector_norm(x, ord=2, dim=None, keepdim=False):
    """The norm of all entries, or of vectors along dimensions."""
    return reductions.norm(x, ord, dim, keepdim)


def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False):
    """The Frobenius norm of matrices, or the largest sum of sizes in a column (1) or a row (inf)."""
    if ord == "fro":
        return reductions.norm(A, "fro", dim, keepdim)
    if ord in (1, math.inf):
        first, second = (dim[0], dim[1]) if ord == 1 else (dim[1], dim[0])
        sums = reductions.sum(pointwise.abs(A), first, keepdim=True)
        largest = reductions.amax(sums, second, keepdim=True)
        return largest if keepdim else shapes.squeeze(largest, tuple(dim))
    raise UsageError(f"linalg.matrix_norm: ord={ord} has no rule here", "use 'fro', 1 or inf")


def norm(A, ord=None, dim=None, keepdim=False):
    """The norm of vectors or matrices: the Euclidean norm of all entries by default."""
    if ord is None or not isinstance(dim, (tuple, list)) and (A.dim() != 2 or dim is not None):
        return vector_norm(A, 2 if ord is None else ord, dim, keepdim)
    return matrix_norm(A, ord, dim or (-2, -1), keepdim)
