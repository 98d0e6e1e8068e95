"""The memory between a kernel's steps: parts are taken, and given back for others."""

ALIGNED = 64


class Workspace:
    """Offsets of parts of one piece of memory.

    Attributes:
        size: its bytes.
    """

    def __init__(self):
        self.size, self._free = 0, {}  # bytes of a free part -> offsets

    def take(self, size):
        """The offset of a part of at least so many bytes: the smallest that is free, else a new one."""
        size = aligned(size)
        if size not in self._free:
            larger = [one for one in self._free if one > size]
            if not larger:
                self.size += size
                return self.size - size
            whole = min(larger)
            offset = self._taken(whole)
            self.give_back(offset + size, whole - size)
            return offset
        return self._taken(size)

    def _taken(self, size):
        offsets = self._free[size]
        offset = offsets.pop()
        if not offsets:
            del self._free[size]
        return offset

    def give_back(self, offset, size):
        """Let a part of so many bytes be free."""
        self._free.setdefault(aligned(size), []).append(offset)


def aligned(size):
    """Bytes, rounded up to what a part begins at a multiple of."""
    return -(-size // ALIGNED) * ALIGNED
