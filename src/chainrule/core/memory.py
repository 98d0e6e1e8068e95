"""Freed arrays stay at hand for the next step.

A training step allocates the same arrays again and again. glibc hands memory above a threshold back to
the system as soon as it is freed, and every step then pays for its pages anew: about 2,000 page faults
and 4 ms of a 10 ms step. The threshold adapts to the largest block freed so far, so one large block,
allocated and freed without being touched, raises it for good (mallopt(3), M_MMAP_THRESHOLD). Other
allocators ignore this, at no cost. At most twice this size stays with the process instead of the system.
"""

import contextlib
import gc
import threading

import numpy

_STAYING = 200_000  # objects made since the last look
_LARGEST = 31 << 20  # bytes, just below the 32 MiB where glibc stops adapting


def keep_freed_memory():
    """Let the allocator keep freed blocks of up to 31 MiB."""
    numpy.empty(_LARGEST, "u1")


class _Collector:
    """How many stretches of code ask for fewer collections now, and what the first threshold was before them."""

    lock = threading.Lock()
    asking, before = 0, 0


@contextlib.contextmanager
def seldom_collected():
    """Where many objects are made that all stay: Python's cyclic collector looks through them less often.

    It would visit all of them again whenever they have grown by a quarter, which costs as much as to make them.
    Nested, and in several threads at once, the first threshold comes back when the last one has ended. The others
    are left alone: `collector` sets the third.
    """
    with _Collector.lock:
        _Collector.asking += 1
        if _Collector.asking == 1:
            _Collector.before, *others = gc.get_threshold()
            gc.set_threshold(max(_Collector.before, _STAYING) if _Collector.before else 0, *others)
    try:
        yield
    finally:
        with _Collector.lock:
            _Collector.asking -= 1
            if not _Collector.asking:
                gc.set_threshold(_Collector.before, *gc.get_threshold()[1:])
