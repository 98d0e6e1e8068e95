"""numpy.einsum as what it is made of: diagonals, sums, and one matrix product for each further operand."""

import math
import string
from typing import Any

import numpy


def einsum(subscripts, *operands, out=None, optimize=False, dtype=None, order="K", casting="safe"):
    """On traced values: the parts are what is written down. None where it is not known how."""
    if out is not None or dtype is not None or not isinstance(subscripts, str) or not operands:
        return None
    given, result = _letters(subscripts, [len(numpy.shape(x)) for x in operands])
    if given is None:
        return None
    total, letters = _alone(operands[0], given[0])
    for i, (x, own) in enumerate(zip(operands[1:], given[1:]), 2):
        x, own = _alone(x, own)
        wanted = set(result).union(*given[i:])
        total, letters = _together(total, letters, x, own, wanted)
    return _arranged(total, letters, result)


def _letters(subscripts, ranks) -> Any:
    """The letters of each operand and of the result; an ellipsis becomes letters of its own."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        return None, None
    free = [letter for letter in string.ascii_letters if letter not in subscripts]
    counts = [rank - len(term.replace("...", "")) if "..." in term else 0 for term, rank in zip(terms, ranks)]
    if max(counts) > len(free) or min(counts) < 0:
        return None, None
    spread = "".join(free[: max(counts)])
    terms = [term.replace("...", spread[len(spread) - n :]) for term, n in zip(terms, counts)]
    if any(len(term) != rank for term, rank in zip(terms, ranks)):
        return None, None
    if arrow:
        return terms, right.replace("...", spread)
    named = "".join(terms)
    return terms, spread + "".join(sorted(letter for letter in set(named) - set(spread) if named.count(letter) == 1))


def _alone(x, letters):
    """An operand with every letter once: of a letter that stands twice, the diagonal."""
    while len(set(letters)) < len(letters):
        i = next(i for i, letter in enumerate(letters) if letter in letters[i + 1 :])
        j = letters.index(letters[i], i + 1)
        if numpy.shape(x)[i] != numpy.shape(x)[j]:
            raise ValueError(f"einsum: axes of one name have {numpy.shape(x)[i]} and {numpy.shape(x)[j]} entries")
        x = numpy.diagonal(x, 0, i, j)
        letters = letters[:i] + letters[i + 1 : j] + letters[j + 1 :] + letters[i]
    return x, letters


def _summed(x, letters, wanted):
    """Sums over the letters that nothing asks for any more."""
    axes = tuple(i for i, letter in enumerate(letters) if letter not in wanted)
    if not axes:
        return x, letters
    return numpy.sum(x, axis=axes), "".join(letter for letter in letters if letter in wanted)


def _together(a, first, b, second, wanted):
    """The product of two operands, summed over what is in both and is not wanted."""
    a, first = _summed(a, first, wanted | set(second))
    b, second = _summed(b, second, wanted | set(first))
    sizes = {letter: n for x, own in ((a, first), (b, second)) for letter, n in zip(own, numpy.shape(x)) if n != 1}
    both = [letter for letter in first if letter in second]
    inner = [letter for letter in both if letter not in wanted]
    front = [letter for letter in both if letter in wanted]
    left = [letter for letter in first if letter not in second]
    right = [letter for letter in second if letter not in first]
    letters = "".join([*front, *left, *right])
    if not inner:
        a = _arranged(a, first, [*front, *left], len(right))
        b = _arranged(b, second, [*front, *right])
        if left:
            shape = numpy.shape(b)
            b = numpy.reshape(b, (*shape[: len(front)], *(1,) * len(left), *shape[len(front) :]))
        return numpy.multiply(a, b), letters
    stacks = [sizes.get(letter, 1) for letter in front]
    count = math.prod(sizes.get(letter, 1) for letter in inner)
    rows = [sizes.get(letter, 1) for letter in left]
    columns = [sizes.get(letter, 1) for letter in right]
    a = _whole(_arranged(a, first, [*front, *left, *inner]), [*stacks, *rows, *(sizes.get(x, 1) for x in inner)])
    b = _whole(_arranged(b, second, [*front, *inner, *right]), [*stacks, *(sizes.get(x, 1) for x in inner), *columns])
    a = numpy.reshape(a, (*stacks, math.prod(rows), count))
    b = numpy.reshape(b, (*stacks, count, math.prod(columns)))
    return numpy.reshape(numpy.matmul(a, b), (*stacks, *rows, *columns)), letters


def _arranged(x, letters, order, added=0):
    """The axes in an order; what is not in it is summed; then axes of length 1."""
    x, letters = _summed(x, letters, set(order))
    axes = [letters.index(letter) for letter in order]
    if axes != list(range(len(axes))):
        x = numpy.transpose(x, axes)
    return numpy.reshape(x, (*numpy.shape(x), *(1,) * added)) if added else x


def _whole(x, shape):
    """Axes of length 1 that stand for longer ones, made as long."""
    return x if list(numpy.shape(x)) == list(shape) else numpy.broadcast_to(x, shape)
