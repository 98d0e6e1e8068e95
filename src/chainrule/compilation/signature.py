"""What a call looks like: the key under which its compiled variant is kept."""

import types

import numpy

from chainrule.compilation.calls import is_traced
from chainrule.core import tree
from chainrule.core.record import TENSORS

_STATIC = {bool, int, str, bytes, complex, type(None), type, types.FunctionType, types.BuiltinFunctionType, numpy.ufunc}
_SCALARS = {kind for kind in set(numpy.sctypeDict.values()) if issubclass(kind, (numpy.number, numpy.bool_))}
_SCALARS.discard(numpy.timedelta64)


class Uncompiled(Exception):
    """An argument is nothing that a program can take; the message says what. `inline`: it is traced already."""

    def __init__(self, reason, inline=False):
        self.inline = inline
        super().__init__(reason)


def signature(args, kwargs):
    """`(key, leaves)`: the structure, shapes and dtypes of a call, and its numbers and arrays.

    Numbers with a decimal point and arrays are what a program is a function of; whole numbers, booleans,
    texts and functions are part of the key, so that another one is another variant.

    Raises: Uncompiled for an argument that is none of these.
    """
    leaves = []
    key = tuple([_part(arg, leaves) for arg in args])
    return (key, tuple([(name, _part(value, leaves)) for name, value in kwargs.items()]) if kwargs else ()), leaves


def _part(value, leaves):
    kind = type(value)
    if kind is float:
        leaves.append(value)
        return float
    if kind is numpy.ndarray:
        if value.dtype.kind not in "biufc" or not value.dtype.isnative:
            raise Uncompiled(f"an argument is an array of dtype {value.dtype}")
        leaves.append(value)
        return value.dtype.char, value.shape, None if value.flags.c_contiguous else value.strides
    if kind in _STATIC:
        return kind, value
    if kind in _SCALARS:
        leaves.append(value)
        return kind
    if kind is tuple or kind is list:
        return kind, tuple([_part(item, leaves) for item in value])
    if kind is dict:
        return kind, tuple([(name, _part(item, leaves)) for name, item in value.items()])
    if kind in TENSORS:
        if is_traced(value.node.value):
            raise Uncompiled("", inline=True)
        raise Uncompiled("an argument is a Tensor, whose operations are recorded one by one")
    if is_traced(value):
        raise Uncompiled("", inline=True)
    inner = tree.children(value)
    if inner is None:
        raise Uncompiled(f"an argument is a {kind.__name__}, and not a number, an array or a tree of them")
    names, items, _ = inner
    return kind, tuple(names), tuple([_part(item, leaves) for item in items])


def replaced(value, replace):
    """The same structure with `replace` applied to each leaf of `signature`, in its order."""
    kind = type(value)
    if kind is float or kind is numpy.ndarray or kind in _SCALARS:
        return replace(value)
    if kind in _STATIC:
        return value
    if kind is dict:
        return {name: replaced(item, replace) for name, item in value.items()}
    if kind is tuple or kind is list:
        return kind([replaced(item, replace) for item in value])
    _, items, rebuild = tree.children(value)  # pyright: ignore[reportGeneralTypeIssues]
    return rebuild([replaced(item, replace) for item in items])


def difference(key, others):
    """In words, how a call differs from the earlier ones that it is most like."""

    def named(one):
        return {**dict(enumerate(one[0])), **{repr(name): part for name, part in one[1]}}

    def apart(other):
        mine, theirs = named(key), named(other)
        if list(mine) != list(theirs):
            return [f"{len(mine)} arguments, where there were {len(theirs)}"]
        return [f"argument {i} is {_words(a)}, and was {_words(theirs[i])}" for i, a in mine.items() if a != theirs[i]]

    return "; ".join(min((apart(other) for other in others), key=len))


def _words(part):
    if part is float:
        return "a float"
    if isinstance(part, type):
        return f"a {part.__name__}"
    if isinstance(part[0], str) and len(part) == 3:
        layout = "" if part[2] is None else " (not contiguous)"
        return f"{numpy.dtype(part[0])}[{','.join(map(str, part[1]))}]{layout}"
    if part[0] in _STATIC:
        return repr(part[1])
    return f"another {getattr(part[0], '__name__', 'structure')}"
