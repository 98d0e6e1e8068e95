"""Answers that were just given: a class that tries the same example asks for its derivation once."""

from collections import OrderedDict

_MOST = 8 * 2**20  # bytes


class Recent:
    """The latest answers, up to so many bytes of them.

    >>> recent = Recent(most=8)
    >>> recent.keep("a", b"12345")
    >>> recent.keep("b", b"678")
    >>> recent.get("a"), recent.keep("c", b"9"), recent.get("b"), recent.get("a")
    (b'12345', None, None, b'12345')
    """

    def __init__(self, most=_MOST):
        self._most, self._size = most, 0
        self._kept: OrderedDict = OrderedDict()

    def get(self, key):
        """The answer to that question, or None."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def keep(self, key, answer):
        """Keep an answer (anything with a length), and forget those that were not asked for the longest."""
        self._size += len(answer) - len(self._kept.pop(key, b""))
        self._kept[key] = answer
        while self._size > self._most:
            self._size -= len(self._kept.popitem(last=False)[1])
