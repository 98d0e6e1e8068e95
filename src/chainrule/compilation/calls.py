"""NumPy calls with places for their traced arguments, and what stands in trees of arguments."""

from typing import Any

import numpy


class Standing:
    """The base of traced values: what stands for a value in a run that is written down.

    Class attributes:
        standing: "strong" for an array or a NumPy scalar; "weak" for a Python float that the engine holds,
            "given" for one in the user's hands (of which a NumPy function makes a NumPy scalar), "truth" for
            Python's True or False there.
    """

    __slots__ = ()
    standing = "strong"


KINDS = {}  # standing -> the class of traced values (see `traced`)
STANDING = set()  # these classes


def is_traced(value):
    """Whether a value stands for another one. (`isinstance` would ask the value, which answers for the other.)"""
    return issubclass(type(value), Standing)


def is_weak(value):
    """Whether a value is a Python number, or stands for one."""
    return type(value) in (float, int, bool) or is_traced(value) and type(value).standing != "strong"


def inner(values):
    """Whether the engine holds the numbers (and computes with weak ones as Python does)."""
    weak = KINDS["weak"]
    return any([type(x) is weak for x in values])


class Slot:
    """Stands in a template for the i-th operand of a call."""

    __slots__ = ("place",)

    def __init__(self, place):
        self.place = place


class Call:
    """A NumPy call with places for its traced arguments."""

    __slots__ = ("function", "template")

    def __init__(self, function, template):
        self.function, self.template = function, template

    def __call__(self, *values):
        args, kwargs = filled(self.template, values)
        return self.function(*args, **kwargs)


class Leaves:
    """A call whose result is a tuple or a list: its leaves."""

    __slots__ = ("call",)

    def __init__(self, call):
        self.call = call

    def __call__(self, *values):
        found = leaves_of(self.call(*values))[0]
        return found[0] if len(found) == 1 else found


def mapped(value, change) -> Any:
    """Nested arguments with `change` applied to all that is no list, tuple, dict or slice."""
    kind = type(value)
    if kind is list:
        return [mapped(item, change) for item in value]
    if kind is tuple:
        return tuple(mapped(item, change) for item in value)
    if kind is dict:
        return {name: mapped(item, change) for name, item in value.items()}
    if kind is slice:
        return slice(*(mapped(part, change) for part in (value.start, value.stop, value.step)))
    return change(value)


def replaced(value, replace) -> Any:
    """Nested arguments with `replace` applied to traced values and arrays."""
    return mapped(value, lambda one: replace(one) if is_traced(one) or type(one) is numpy.ndarray else one)


def bare(value) -> Any:
    return replaced(value, lambda one: one if type(one) is numpy.ndarray else one.value)


def filled(template, values):
    """A template with values in the places of its slots."""
    return mapped(template, lambda one: values[one.place] if type(one) is Slot else one)


def leaves_of(result):
    """The leaves of a result, and whether it is a tree."""
    if isinstance(result, (list, tuple)):
        return [leaf for item in result for leaf in leaves_of(item)[0]], True
    return [result], False


def rebuilt(result, replace):
    if isinstance(result, tuple):
        items = [rebuilt(item, replace) for item in result]
        return type(result)(*items) if hasattr(result, "_fields") else tuple(items)
    if isinstance(result, list):
        return [rebuilt(item, replace) for item in result]
    return replace(result)


def mentions(value):
    """The first traced value in nested arguments."""
    kind = type(value)
    if kind in STANDING:
        return value
    if kind is slice:
        value = value.start, value.stop, value.step
    elif kind is dict:
        value = list(value.values())
    elif not issubclass(kind, (list, tuple)):
        return None
    for item in value:
        found = mentions(item)
        if found is not None:
            return found
    return None
