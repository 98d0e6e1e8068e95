"""Trees of arguments: nested lists, tuples, named tuples, dicts and dataclasses of arrays.

>>> from chainrule.core import tree
>>> leaves, rebuild = tree.flatten({"w": [1.0, 2.0], "b": (3.0,)})
>>> leaves
[3.0, 1.0, 2.0]
>>> rebuild([30.0, 10.0, 20.0])
{'w': [10.0, 20.0], 'b': (30.0,)}
>>> tree.paths({"w": [1.0, 2.0], "b": (3.0,)})
["['b'][0]", "['w'][0]", "['w'][1]"]
"""

import copy
from typing import Any

from chainrule.core.record import TENSORS
from chainrule.core.spec import ARRAYS


def children(value):
    """`(keys, items, rebuild)` of an inner node of a tree; None for a leaf."""
    if type(value) in TENSORS or type(value) in ARRAYS or type(value) is float:
        return None
    if isinstance(value, dict):
        try:
            keys = sorted(value)
        except TypeError:  # keys of several types
            keys = list(value)
        return (
            [f"[{key!r}]" for key in keys],
            [value[key] for key in keys],
            lambda items: _as_dict(value, dict(zip(keys, items))),
        )
    names = getattr(value, "_fields", None)
    if isinstance(value, tuple) and names is not None:
        return [f".{name}" for name in names], list(value), lambda items: type(value)(*items)
    if isinstance(value, (list, tuple)):
        kind = type(value)
        return [f"[{i}]" for i in range(len(value))], list(value), lambda items: kind(items)
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is not None:
        names = [name for name, field in fields.items() if field.init]
        rest = type(value)
        return (
            [f".{name}" for name in names],
            [getattr(value, name) for name in names],
            lambda items: rest(**dict(zip(names, items))),
        )
    return None


def _as_dict(original, items):
    """The items in the original order; a subclass (a defaultdict, say) keeps what else it holds."""
    new = {} if type(original) is dict else copy.copy(original)
    for key in list(original):
        new[key] = items[key]
    return new


def flatten(value) -> tuple[list, Any]:
    """The leaves of a tree, and a function that builds the same tree around other leaves."""
    inner = children(value)
    if value is None:
        return [], lambda leaves: None
    if inner is None:
        return [value], lambda leaves: leaves[0]
    _, items, rebuild = inner
    parts = [flatten(item) for item in items]
    leaves = [leaf for own, _ in parts for leaf in own]

    def build(new):
        rebuilt, start = [], 0
        for own, inner in parts:
            rebuilt.append(inner(new[start : start + len(own)]))
            start += len(own)
        return rebuild(rebuilt)

    return leaves, build


def paths(value):
    """The path of each leaf, in the order of `flatten`: "['w'][0]", ".bias"; "" for a bare leaf."""
    inner = children(value)
    if value is None:
        return []
    if inner is None:
        return [""]
    keys, items, _ = inner
    return [key + rest for key, item in zip(keys, items) for rest in paths(item)]


def difference(one, other):
    """How the structure of one tree differs from another's, in words; "" where it does not."""
    mine, theirs = paths(one), paths(other)
    if mine == theirs:
        return ""
    missing = [path for path in theirs if path not in mine]
    extra = [path for path in mine if path not in theirs]
    parts = [f"nothing stands at {missing[0] or 'its top'}"] if missing else []
    parts += [f"something stands at {extra[0] or 'its top'}"] if extra else []
    return " and ".join(parts) or "their parts stand in another order"


def map(function, value):
    """The tree with `function` applied to each leaf."""
    leaves, rebuild = flatten(value)
    return rebuild([function(leaf) for leaf in leaves])
