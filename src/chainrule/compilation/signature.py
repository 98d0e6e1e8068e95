"""What a call looks like: the key under which its compiled variant is kept."""

import inspect
import types
from typing import Any

import numpy

from chainrule.compilation.calls import is_traced
from chainrule.compilation.handles import liftable, place_of
from chainrule.compilation.surroundings import fingerprint
from chainrule.core import tree
from chainrule.core.record import TENSORS
from chainrule.errors import ArgumentError

_STATIC = {bool, int, str, bytes, type(None), type, types.FunctionType, types.BuiltinFunctionType, numpy.ufunc}
_SCALARS = {kind for kind in set(numpy.sctypeDict.values()) if issubclass(kind, (numpy.number, numpy.bool_))}
_SCALARS.discard(numpy.timedelta64)


class Uncompiled(Exception):
    """An argument is nothing that a program can take; the message says what. `inline`: it is traced already."""

    def __init__(self, reason, inline=False):
        self.inline = inline
        super().__init__(reason)


class _Known:
    """An object among the arguments: equal while it is the same one, with the same attributes."""

    __slots__ = ("_kept", "_state", "name")

    def __init__(self, value):
        self.name, self._kept = type(value).__name__, []
        self._state = fingerprint(value, self._kept)

    def __eq__(self, other):
        return isinstance(other, _Known) and self._state == other._state

    def __hash__(self):
        return hash(self._state)


def signature(args, kwargs, fixed=False):
    """`(key, leaves)`: the structure, shapes and dtypes of a call, and its numbers and arrays.

    Numbers with a decimal point and arrays are what a program is a function of; whole numbers, booleans,
    texts and functions are part of the key, so that another one is another variant. A Tensor stands in the key
    with its class, the shape and dtype of its value, whether a gradient flows to it, and which one of the leaves
    is the same Tensor. An object with attributes is a constant as long as they are what they were.

    Args:
        fixed: take numbers with a decimal point for constants too.

    Raises: Uncompiled for an argument that is none of these.
    """
    leaves: list[Any] = []
    key = tuple([_part(arg, leaves, fixed) for arg in args])
    named = tuple([(name, _part(value, leaves, fixed)) for name, value in kwargs.items()]) if kwargs else ()
    return (key, named), leaves


def _part(value, leaves, fixed=False):
    kind = type(value)
    if kind is float:
        if fixed:
            return kind, value.hex()
        leaves.append(value)
        return float
    if kind is numpy.ndarray:
        if value.dtype.kind not in "biufc" or not value.dtype.isnative:
            raise Uncompiled(f"an argument is an array of dtype {value.dtype}")
        leaves.append(value)
        return value.dtype.char, value.shape, None if value.flags.c_contiguous else value.strides
    if kind in _STATIC:
        return kind, value
    if kind is complex:
        return kind, repr(value)  # in which 0j is not -0j
    if kind in _SCALARS:
        leaves.append(value)
        return kind
    if kind is tuple or kind is list:
        return kind, tuple([_part(item, leaves, fixed) for item in value])
    if kind is dict:
        return kind, tuple([(name, _part(item, leaves, fixed)) for name, item in value.items()])
    if kind in TENSORS:
        return _tensor(value, leaves)
    if is_traced(value):
        raise Uncompiled("", inline=True)
    inner = tree.children(value)
    if inner is None and _has_attributes(value):
        return kind, _Known(value)
    if inner is None:
        raise Uncompiled(f"an argument is a {kind.__name__}, and not a number, an array or a tree of them")
    names, items, _ = inner
    return kind, tuple(names), tuple([_part(item, leaves, fixed) for item in items])


def _has_attributes(value):
    standing = (types.FunctionType, types.ModuleType, types.MethodType, type, numpy.ndarray, tuple, list, dict, float)
    return type(getattr(value, "__dict__", None)) is dict and not isinstance(value, standing)


def _tensor(tensor, leaves):
    node = place_of(tensor).member.__get__(tensor)
    if not liftable(node.value):
        raise Uncompiled("", inline=True)
    part = _part(node.value, [])
    first = next(i for i, leaf in enumerate([*leaves, tensor]) if leaf is tensor)
    leaves.append(tensor)
    return type(tensor), part[:2] if type(part) is tuple else part, bool(node.tracked), first


def replaced(value, replace, fixed=False):
    """The same structure with `replace` applied to each leaf of `signature`, in its order."""
    kind = type(value)
    if kind is float and fixed:
        return value
    if kind is float or kind is numpy.ndarray or kind in _SCALARS:
        return replace(value)
    if kind in _STATIC or kind is complex or kind in TENSORS:
        return value
    if kind is dict:
        return {name: replaced(item, replace, fixed) for name, item in value.items()}
    if kind is tuple or kind is list:
        return kind([replaced(item, replace, fixed) for item in value])
    inner = tree.children(value)
    if inner is None:
        return value
    _, items, rebuild = inner
    return rebuild([replaced(item, replace, fixed) for item in items])


def checked(function, donate):
    """What was given as `donate`, as a tuple; raises ArgumentError for a name or a position that is not there."""
    chosen = (donate,) if isinstance(donate, (str, int)) else tuple(donate)
    names = _names(function)
    for one in chosen:
        known = names is None or (one in names if isinstance(one, str) else 0 <= one < len(names))
        if type(one) not in (str, int) or not known:
            raise ArgumentError(
                f"donate={one!r} names no argument of {getattr(function, '__name__', 'the function')}",
                f"give names or positions: {', '.join(map(repr, names or ()))}",
            )
    return chosen


def _names(function):
    """The names of a function's arguments in order; None where they are not known."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    several = any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in parameters)
    return None if several else [one.name for one in parameters]


def places(function, key, chosen):
    """The numbers of the leaves that belong to the chosen arguments of a call."""
    if not chosen:
        return ()
    names = _names(function) or []
    found, count = [], 0
    for i, part in [*enumerate(key[0]), *key[1]]:
        other = names[i] if isinstance(i, int) and i < len(names) else names.index(i) if i in names else i
        own = _leaves(part)
        if i in chosen or other in chosen:
            found += range(count, count + own)
        count += own
    return tuple(found)


def _leaves(part):
    """How many numbers and arrays a part of a key stands for."""
    if part is float or isinstance(part, type) or isinstance(part[0], str):
        return 1
    if part[0] is dict:
        return sum(_leaves(inner) for _, inner in part[1])
    if part[0] in (tuple, list):
        return sum(map(_leaves, part[1]))
    return sum(map(_leaves, part[2])) if len(part) == 3 else 0


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
    if part[0] is complex:
        return part[1]
    if part[0] in _STATIC or part[0] is float:
        return repr(part[1])
    if type(part[1]) is _Known:
        return f"a {part[1].name} with these attributes"
    if part[0] in TENSORS:
        shape = f"[{','.join(map(str, part[1][1]))}]" if type(part[1]) is tuple else ""
        dtype = numpy.dtype(part[1][0] if type(part[1]) is tuple else part[1])
        return f"a tensor {dtype}{shape}" + (" that requires a gradient" if part[2] else "")
    return f"another {getattr(part[0], '__name__', 'structure')}"
