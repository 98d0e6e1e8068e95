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


def _children(value):
    """`(keys, items, rebuild)` of an inner node of a tree; None for a leaf."""
    if isinstance(value, dict):
        try:
            keys = sorted(value)
        except TypeError:  # keys of several types
            keys = list(value)
        original = list(value)
        kind = type(value)
        return (
            [f"[{key!r}]" for key in keys],
            [value[key] for key in keys],
            lambda items: _as_dict(kind, original, dict(zip(keys, items))),
        )
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [f".{name}" for name in value._fields], list(value), lambda items: type(value)(*items)
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


def _as_dict(kind, original, items):
    ordered = {key: items[key] for key in original}
    return ordered if kind is dict else kind(ordered)


def flatten(value):
    """The leaves of a tree, and a function that builds the same tree around other leaves."""
    children = _children(value)
    if value is None:
        return [], lambda leaves: None
    if children is None:
        return [value], lambda leaves: leaves[0]
    _, items, rebuild = children
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
    children = _children(value)
    if value is None:
        return []
    if children is None:
        return [""]
    keys, items, _ = children
    return [key + rest for key, item in zip(keys, items) for rest in paths(item)]


def map(function, value):
    """The tree with `function` applied to each leaf."""
    leaves, rebuild = flatten(value)
    return rebuild([function(leaf) for leaf in leaves])
