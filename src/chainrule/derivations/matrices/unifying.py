"""Sizes that are found out: what has to be the same size is made the same."""

from chainrule.expressions import Expression, Symbol
from chainrule.expressions.shapes import Sizes, same_size

_OPEN = "?"  # how the name of a size that is not known yet begins; nobody can write that


class Unifier(Sizes):
    """Sizes of which some are open: comparing an open one with another settles it.

    >>> sizes = Unifier()
    >>> a, b = sizes.open(), sizes.open()
    >>> sizes.same(a, b) is not None, sizes.same(b, 3), sizes.settled(a)
    (True, 3, 3)
    """

    def __init__(self):
        self._known = {}
        self._count = 0

    def open(self):
        """A size that is not known yet."""
        self._count += 1
        return Symbol(f"{_OPEN}{self._count}")

    def all(self):
        """Every size that was open at first."""
        return [Symbol(f"{_OPEN}{number + 1}") for number in range(self._count)]

    def settled(self, size):
        """What is known of a size by now: an int, a letter, or an open size that stands for all its equals."""
        while is_open(size) and size.name in self._known:
            size = self._known[size.name]
        return size

    def same(self, one, other):
        one, other = self.settled(one), self.settled(other)
        if same_size(one, other):
            return one
        if is_open(one):
            self._known[one.name] = other
            return other
        if is_open(other):
            self._known[other.name] = one
            return one
        return None

    def shape(self, shape):
        """A shape with all that is known by now."""
        return tuple(self.settled(size) for size in shape)


def is_open(size):
    """Whether a size is not known yet."""
    return isinstance(size, Expression) and type(size) is Symbol and size.name.startswith(_OPEN)
