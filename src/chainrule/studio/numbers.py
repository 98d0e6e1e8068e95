"""Numbers as JSON can carry them: infinities and NaN by name, small arrays as nested lists, long columns as text."""

import base64
import math

import numpy

from chainrule.core.selection import plain

_MOST_ENTRIES = 64  # a larger array is shown by its shape and size


def number(value):
    """A float, or the text "inf", "-inf" or "nan".

    >>> number(0.5), number(float("-inf"))
    (0.5, '-inf')
    """
    value = float(value)
    return value if math.isfinite(value) else str(value)


def value(given):
    """A number as it is; an array as its shape, its norm and, while there are few, its entries.

    >>> value(numpy.array([1.0, 2.0]))
    {'shape': [2], 'norm': 2.23606797749979, 'entries': [1.0, 2.0]}
    """
    array = numpy.asarray(plain(given))
    if array.dtype.kind == "c":
        return {"shape": list(array.shape), "norm": number(numpy.linalg.norm(array)), "entries": None}
    if not array.ndim:
        return number(array)
    with numpy.errstate(all="ignore"):
        norm = number(numpy.sqrt((array.astype(float) ** 2).sum()))
    entries = _nested(array) if array.size <= _MOST_ENTRIES else None
    return {"shape": list(array.shape), "norm": norm, "entries": entries}


def column(values):
    """Many floats as text, which the page unpacks (`column` in page/plot.js): their bytes in base64.

    >>> unpacked(column([0.5, float("nan")]))
    array([0.5, nan])
    """
    return base64.b64encode(numpy.asarray(values, "<f8").tobytes()).decode("ascii")


def unpacked(text):
    """The floats of a `column`."""
    return numpy.frombuffer(base64.b64decode(text), "<f8")


def _nested(array):
    return [number(entry) if array.ndim == 1 else _nested(entry) for entry in array]
