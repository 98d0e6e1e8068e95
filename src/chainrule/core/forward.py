"""The tangent walk: the same graph, the same local derivatives, from the inputs forward."""

import numpy

from chainrule.core.namespace import REGISTRY, SCALAR_TROUBLE, SCALARS
from chainrule.core.node import Spent
from chainrule.core.reverse import earlier, fit, freed
from chainrule.core.spec import shape_of


def between(outputs, inputs):
    """Every node on the way from inputs to outputs, oldest first; and whether others feed in."""
    floor = min((node.order for node in inputs), default=0)
    seen, stack, foreign = set(outputs), list(outputs), False
    nodes = []
    while stack:
        node = stack.pop()
        if node in inputs:
            continue
        if node.order < floor:
            foreign = foreign or bool(node.tracked)
            continue
        if node.primitive is None:
            continue
        if node.primitive.__class__ is Spent:
            raise freed(node)
        nodes.append(node)
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    nodes.sort(key=_order)
    return nodes, foreign


def _order(node):
    return node.order


def walk(nodes, tangents, wrap=None):
    """Push tangents through nodes in order; `tangents` (node -> tangent) is filled as it goes."""
    for node in nodes:
        own = [tangents.get(parent) for parent in node.parents]
        if any(tangent is not None for tangent in own):
            tangents[node] = _push(node, own, wrap)
    return tangents


def _push(node, own, wrap):
    primitive, y, xs = node.primitive, node.value, node.values
    if wrap is not None:
        xs = [
            x if parent is None else wrap(parent if parent.value is x else earlier(parent, x))
            for x, parent in zip(xs, node.parents)
        ]
        return primitive.push(REGISTRY.tensors, own, wrap(node), xs, node.params or {})
    if y.__class__ is float:
        try:
            return primitive.push(SCALARS, own, y, xs, node.params or {})
        except SCALAR_TROUBLE:
            y, *xs = (numpy.float64(v) if type(v) in (float, int) else v for v in (y, *xs))
    tangent = primitive.push(numpy, own, y, xs, node.params or {})
    if shape_of(tangent) != shape_of(y):
        tangent = numpy.broadcast_to(tangent, shape_of(y))
    return fit(tangent, y) if type(y) is not numpy.ndarray else tangent
