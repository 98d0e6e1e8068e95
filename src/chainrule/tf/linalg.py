"""`tf.linalg`: products and decompositions of matrices, for stacks of them too."""

import builtins
from collections import namedtuple

import numpy

from chainrule.core.quiet import quietly
from chainrule.core.rows import as_array
from chainrule.core.spec import dtype_of, shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.tf.arrays import expand_dims, eye
from chainrule.tf.closures import answered, sizes
from chainrule.tf.errors import ShapeError
from chainrule.tf.operators import product
from chainrule.tf.reductions import norm
from chainrule.tf.tensor import as_tensors, convert_to_tensor, plain

# fmt: off
__all__ = [
    "adjoint", "band_part", "cholesky", "cross", "det", "diag", "diag_part", "einsum", "eye", "global_norm", "inv",
    "l2_normalize", "logdet", "matmul", "matrix_transpose", "matvec", "norm", "set_diag", "slogdet", "solve",
    "tensor_diag", "tensor_diag_part", "tensordot", "trace", "triangular_solve",
]
# fmt: on


def matmul(a, b, transpose_a=False, transpose_b=False, adjoint_a=False, adjoint_b=False, a_is_sparse=False,
           b_is_sparse=False, output_type=None, grad_a=False, grad_b=False, name=None):  # fmt: skip
    """The product of (stacks of) matrices, each transposed or conjugate-transposed first where asked.

    >>> import chainrule.tf as tf
    >>> tf.matmul([[1.0, 2.0]], [[3.0, 4.0]], transpose_b=True).numpy()
    array([[11.]], dtype=float32)
    """
    a, b = as_tensors(a, b)
    a = adjoint(a) if adjoint_a else matrix_transpose(a) if transpose_a else a
    b = adjoint(b) if adjoint_b else matrix_transpose(b) if transpose_b else b
    return product(a, b)


def matvec(a, b, transpose_a=False, adjoint_a=False, a_is_sparse=False, b_is_sparse=False, name=None):
    """The product of (stacks of) matrices and vectors."""
    a, b = as_tensors(a, b)
    return ops.squeeze(matmul(a, expand_dims(b, -1), transpose_a=transpose_a, adjoint_a=adjoint_a), -1)


def matrix_transpose(a, name="matrix_transpose", conjugate=False):
    """The last two axes exchanged."""
    a = ops.swapaxes(convert_to_tensor(a), -1, -2)
    return ops.conj(a) if conjugate else a


def adjoint(matrix, name=None):
    """The last two axes exchanged, conjugated."""
    return matrix_transpose(matrix, conjugate=True)


def tensordot(a, b, axes, name=None):
    """Sums of products over axes of both: a number of axes, or a pair of lists.

    >>> import chainrule.tf as tf
    >>> tf.tensordot([1.0, 2.0], [3.0, 4.0], 1)
    <tf.Tensor: shape=(), dtype=float32, numpy=11.0>
    """
    a, b = as_tensors(a, b)
    axes = numpy.asarray(plain(axes)).tolist() if not isinstance(axes, (list, tuple)) else axes
    return quietly(ops.tensordot, a, b, axes)


def einsum(equation, *inputs, **options):
    """Sums of products over named axes.

    >>> import chainrule.tf as tf
    >>> tf.einsum("ij,j->i", [[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0]).numpy()
    array([3., 7.], dtype=float32)
    """
    return quietly(ops.einsum, equation, *as_tensors(*inputs))


def inv(input, adjoint=False, name=None):
    """The inverse."""
    inverse = _square(ops.inv, input)
    return globals()["adjoint"](inverse) if adjoint else inverse


def det(input, name=None):
    """The determinant."""
    return _square(ops.det, input)


def logdet(matrix, name=None):
    """ln det of a positive definite matrix."""
    return slogdet(matrix).log_abs_determinant


LogDet = namedtuple("LogMatrixDeterminant", ["sign", "log_abs_determinant"])


def slogdet(input, name=None):
    """The sign of the determinant, which has no slope, and ln |det|."""
    sign, size = _square(ops.linalg.slogdet, input)
    return LogDet(answered(as_array(sign).astype(dtype_of(size.node.value))), size)


def cholesky(input, name=None):
    """The lower triangular factor of a positive definite matrix."""
    return _square(ops.cholesky, input)


def _square(function, input):
    input = convert_to_tensor(input)
    own = shape_of(input)
    if len(own) < 2 or own[-1] != own[-2]:
        raise ShapeError(f"Input matrix must be square, got {sizes(own)}", "give (stacks of) square matrices")
    return quietly(function, input)


def solve(matrix, rhs, adjoint=False, name=None):
    """X with matrix X = rhs; both are (stacks of) matrices."""
    matrix, rhs = as_tensors(matrix, rhs)
    if len(shape_of(rhs)) < 2:
        raise ShapeError(
            f"solve: the right-hand side has shape {sizes(shape_of(rhs))}; input rhs must have rank >= 2",
            "add an axis: rhs[:, tf.newaxis]",
        )
    return quietly(ops.solve, globals()["adjoint"](matrix) if adjoint else matrix, rhs)


def triangular_solve(matrix, rhs, lower=True, adjoint=False, name=None):
    """X with matrix X = rhs, where only a triangle of the matrix counts."""
    matrix, rhs = as_tensors(matrix, rhs)
    triangle = ops.tril(matrix) if lower else ops.triu(matrix)
    return solve(triangle, rhs, adjoint)


def trace(x, name=None):
    """The sum of the diagonal of (stacks of) matrices."""
    x = convert_to_tensor(x)
    return ops.sum(ops.diagonal(x, 0, -2, -1), axis=-1)


def diag(diagonal, name="diag"):
    """(Stacks of) matrices with these entries on the diagonal."""
    diagonal = convert_to_tensor(diagonal)
    n = shape_of(diagonal)[-1]
    return ops.where(numpy.eye(n, dtype=bool), ops.expand_dims(diagonal, -1), diagonal.dtype.dtype.type(0))


def diag_part(input, name="diag_part"):
    """The diagonal of (stacks of) matrices."""
    return ops.diagonal(convert_to_tensor(input), 0, -2, -1)


tensor_diag, tensor_diag_part = diag, diag_part


def set_diag(input, diagonal, name="set_diag"):
    """(Stacks of) matrices with another diagonal."""
    input, diagonal = as_tensors(input, diagonal)
    mask = numpy.eye(*shape_of(input)[-2:], dtype=bool)
    return ops.where(mask, ops.expand_dims(diagonal, -1), input)


def band_part(input, num_lower, num_upper, name=None):
    """Zeros outside a band around the diagonal; -1 keeps the whole triangle."""
    input = convert_to_tensor(input)
    rows, columns = shape_of(input)[-2:]
    below = numpy.arange(rows)[:, None] - numpy.arange(columns)
    lower, upper = int(plain(num_lower)), int(plain(num_upper))
    inside = ((below <= lower) | (lower < 0)) & ((-below <= upper) | (upper < 0))
    return ops.where(inside, input, input.dtype.dtype.type(0))


def cross(a, b, name=None):
    """The vector product in three dimensions."""
    return quietly(ops.cross, *as_tensors(a, b))


def global_norm(t_list, name=None):
    """The Euclidean length of several tensors together."""
    squares = [ops.sum(ops.multiply(t, t)) for t in map(convert_to_tensor, t_list) if t is not None]
    return quietly(ops.sqrt, builtins.sum(squares[1:], squares[0]))


def l2_normalize(x, axis=None, epsilon=1e-12, name=None):
    """x over its Euclidean length along an axis, or over √epsilon where that is longer."""
    from chainrule.tf.pointwise import maximum, rsqrt
    from chainrule.tf.reductions import reduce_sum

    x = convert_to_tensor(x)
    return x * rsqrt(maximum(reduce_sum(x * x, axis, keepdims=True), epsilon))
