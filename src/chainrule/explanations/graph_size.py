"""What a graph keeps in memory, line by line."""

import sys

import numpy

from chainrule.core.record import TENSORS
from chainrule.errors import ArgumentError
from chainrule.explanations.missing import ancestors
from chainrule.places import Place

__all__ = ["GraphReport", "graph_report"]


class Line:
    """What one line of a program keeps.

    Attributes:
        place: the line; None for leaves and what no user's line made.
        nodes: how many nodes it made.
        bytes: what these hold: the values that no earlier node holds, and the links.
    """

    def __init__(self, place):
        self.place, self.nodes, self.bytes = place, 0, 0


class GraphReport:
    """The nodes and bytes behind a value, by line. Prints as a table.

    Attributes:
        nodes, bytes: in all.
        lines: a `Line` each, the largest first.
    """

    def __init__(self, lines):
        self.lines: list[Line] = sorted(lines, key=lambda line: -line.bytes)
        self.nodes, self.bytes = sum(line.nodes for line in lines), sum(line.bytes for line in lines)

    def __repr__(self):
        rows = [f"{'nodes':>9} {'bytes':>13}  line"]
        for line in self.lines:
            rows.append(f"{line.nodes:>9,} {line.bytes:>13,}  {line.place or '(leaves)'}")
        return "\n".join([*rows, f"{self.nodes:>9,} {self.bytes:>13,}  in all"])


def graph_report(target):
    """What the graph behind a Tensor keeps in memory: nodes and bytes, by the line that made them.

    Args:
        target: a Tensor of any front, or a list of them (kept losses, say).

    Returns: a `GraphReport`, which prints as a table.
    Raises: ArgumentError for what holds no Tensor.

    >>> import numpy as np, chainrule as cr
    >>> x = cr.tensor(np.ones(1000), requires_grad=True)
    >>> report = cr.graph_report(np.sum(np.exp(x)))
    >>> report.nodes, report.bytes > 16_000
    (3, True)
    """
    targets = target if isinstance(target, (list, tuple)) else [target]
    if not targets or any(type(one) not in TENSORS for one in targets):
        kind = next((type(one).__name__ for one in targets if type(one) not in TENSORS), "empty list")
        raise ArgumentError(f"graph_report was given a {kind}, not a Tensor", "give the Tensor, or a list of them")
    nodes = {node for one in targets for node in ancestors(one.node)}
    lines: dict = {}
    counted: set = set()
    for node in sorted(nodes, key=lambda node: node.order):
        place = None if node.code is None else Place(node.code, node.instruction)
        key = None if place is None else (place.filename, place.line)
        line = lines.setdefault(key, Line(place))
        line.nodes += 1
        line.bytes += sum(sys.getsizeof(part) for part in (node, node.values, node.params) if part is not None)
        line.bytes += sys.getsizeof(node.link) if type(node.link) is tuple else 0
        line.bytes += sum(_new_bytes(value, counted) for value in (node.value, *node.values))
    return GraphReport(list(lines.values()))


def _new_bytes(value, counted):
    """The bytes of a value's memory, if nothing counted yet owns it."""
    while isinstance(value, numpy.ndarray) and isinstance(value.base, numpy.ndarray):
        value = value.base
    if id(value) in counted:
        return 0
    counted.add(id(value))
    return value.nbytes if isinstance(value, numpy.ndarray) else sys.getsizeof(value)
