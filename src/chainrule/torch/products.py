"""Products of vectors and matrices under `torch.*`."""

from typing import Any

import numpy

from chainrule.core import record
from chainrule.core.record import plain_value
from chainrule.core.spec import dtype_of, shape_of
from chainrule.ops import CATALOGUE
from chainrule.ops import NAMESPACE as ops
from chainrule.torch import pointwise
from chainrule.torch.closures import _LOCAL, quietly
from chainrule.torch.errors import DtypeError, ShapeError


def _word(kind):
    return {"f4": "float", "f8": "double", "i8": "long long", "f2": "c10::Half"}.get(kind.str[1:], kind.name)


def _forward(xp, x, y):
    """The product; PyTorch does not promote dtypes here."""
    one, two = dtype_of(x), dtype_of(y)
    if one != two:
        raise DtypeError(
            f"expected m1 and m2 to have the same dtype, but got: {_word(one)} != {_word(two)}",
            "convert one of them: a product of matrices does not mix dtypes",
        )
    try:
        return _LOCAL.run(numpy.matmul, x, y)
    except ValueError:
        raise _mismatch(shape_of(x), shape_of(y)) from None


def _mismatch(a: Any, b: Any):
    if not a or not b:
        what = f"both arguments to matmul need to be at least 1D, but they are {len(a)}D and {len(b)}D"
        return ShapeError(what, "multiply by a number with *")
    inner = b[-2] if len(b) > 1 else b[0]
    if len(a) == len(b) == 1:
        what = f"inconsistent tensor size, expected tensor {list(a)} and src {list(b)} to have the same number "
        what += "of elements"
    elif len(a) <= 2 and len(b) == 1:
        what = f"size mismatch, got input ({a[0]}), mat ({a[0]}x{a[-1]}), vec ({b[0]})"
    elif a[-1] != inner:
        rows, columns = (a if len(a) > 1 else (1, *a))[-2:]
        what = f"mat1 and mat2 shapes cannot be multiplied ({rows}x{columns} and {inner}x{b[-1]})"
    else:
        what = f"The batch sizes of {list(a)} and {list(b)} do not broadcast"
    return ShapeError(what, "the last length of the first must be the next to last of the second")


_multiply = record.binary(CATALOGUE["matmul"], _forward)


def matmul(input, other):
    """The product of vectors, matrices, or stacks of matrices.

    >>> import chainrule.torch as torch
    >>> torch.matmul(torch.ones(2, 3), torch.ones(3))
    tensor([3., 3.])
    """
    return _multiply(input, other)


def _ranked(name, first, second):
    def product(input, other):
        ranks = len(shape_of(plain_value(input))), len(shape_of(plain_value(other)))
        if ranks != (first, second):
            if name == "dot":
                raise ShapeError(
                    f"1D tensors expected, but got {ranks[0]}D and {ranks[1]}D tensors", "use torch.matmul"
                )
            raise ShapeError(
                f"{name}: expected tensors of {first} and {second} dimensions, but got {ranks[0]} and {ranks[1]}",
                "use torch.matmul for other shapes",
            )
        if name == "bmm" and shape_of(plain_value(input))[0] != shape_of(plain_value(other))[0]:
            raise ShapeError("bmm: batch1 and batch2 must have same number of batches", "make the first lengths equal")
        return matmul(input, other)

    product.__name__ = product.__qualname__ = name
    product.__doc__ = f"`matmul` of tensors of {first} and {second} dimensions."
    return product


mm, mv, bmm, dot = _ranked("mm", 2, 2), _ranked("mv", 2, 1), _ranked("bmm", 3, 3), _ranked("dot", 1, 1)


def inner(input, other):
    """The sum of products over the last dimensions."""
    return quietly(ops.inner, input, other)


def vdot(input, other):
    """The inner product of two vectors, conjugating the first."""
    return quietly(ops.vdot, input, other)


def outer(input, vec2):
    """All products of an entry of one vector with one of the other."""
    return pointwise.mul(ops.reshape(input, (-1, 1)), ops.reshape(vec2, (1, -1)))


ger = outer


def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """beta input + alpha mat1 mat2."""
    product = mm(mat1, mat2)
    return pointwise._add(_scaled(input, beta), _scaled(product, alpha))


def addmv(input, mat, vec, *, beta=1, alpha=1):
    """beta input + alpha mat vec."""
    return pointwise._add(_scaled(input, beta), _scaled(mv(mat, vec), alpha))


def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta input + alpha batch1 batch2, for stacks of matrices."""
    return pointwise._add(_scaled(input, beta), _scaled(bmm(batch1, batch2), alpha))


def _scaled(x, factor):
    return x if factor == 1 else pointwise.mul(x, factor)


def einsum(equation, *operands):
    """Sums of products over named dimensions.

    >>> import chainrule.torch as torch
    >>> torch.einsum("ij,j->i", torch.ones(2, 3), torch.ones(3))
    tensor([3., 3.])
    """
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = operands[0]
    return quietly(ops.einsum, equation, *operands)


def tensordot(a, b, dims=2):
    """Sums of products over dimensions of both."""
    return quietly(ops.tensordot, a, b, dims)


def kron(input, other):
    """The Kronecker product."""
    return quietly(ops.kron, input, other)


def cross(input, other, dim=-1):
    """The vector product in three dimensions."""
    return quietly(ops.cross, input, other, axis=dim)


def trace(input):
    """The sum of a matrix's diagonal."""
    return quietly(ops.trace, input)


def chain_matmul(*matrices):
    """The product of several matrices."""
    result = matrices[0]
    for matrix in matrices[1:]:
        result = matmul(result, matrix)
    return result


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """The cosine of the angle between vectors along a dimension."""
    from chainrule.torch.reductions import norm, sum

    lengths = pointwise.clamp(norm(x1, dim=dim), min=eps) * pointwise.clamp(norm(x2, dim=dim), min=eps)
    return sum(x1 * x2, dim) / lengths
