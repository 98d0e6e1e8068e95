"""Which kinks a run hit: the points where a slope was a matter of choice, and what was chosen.

A function has a kink where its sides meet with different slopes (relu at 0), a jump where it is a staircase
(floor at a whole number), or an infinite slope (sqrt at 0). At a kink there is no one derivative; the subgradient
that was taken is the room's convention, or that of the front whose operation it was.
"""

import numpy

from chainrule.core.node import Spent
from chainrule.core.primitive import Elementwise
from chainrule.core.record import TENSORS
from chainrule.core.reverse import freed
from chainrule.core.selection import plain
from chainrule.core.spec import shape_of
from chainrule.errors import ArgumentError
from chainrule.explanations.missing import ancestors
from chainrule.ops.reduce import Reduction
from chainrule.places import Place

__all__ = ["Kink", "kinks"]


class Kink:
    """One operation of a run that stood at a kink.

    Attributes:
        name: of the primitive.
        at: the arguments there (the first such entry).
        count, size: at how many entries, of how many.
        slopes: the slope that was taken for each argument that a gradient flows to, by its number.
        place: the line.
    """

    def __init__(self, node, at, count, size, slopes):
        self.name, self.at, self.count, self.size, self.slopes = node.primitive.name, at, count, size, slopes
        self.place = None if node.code is None else Place(node.code, node.instruction)

    def __repr__(self):
        at = ", ".join(f"{value:.6g}" if isinstance(value, float) else str(value) for value in self.at)
        many = f" ({self.count} of {self.size} entries)" if self.size > 1 else ""
        which = {i: f" in argument {i}" if len(self.slopes) > 1 else "" for i in self.slopes}
        taken = " and ".join(f"{slope:.6g}{which[i]}" for i, slope in self.slopes.items())
        where = f"\n  where: {self.place}" if self.place is not None else ""
        return f"{self.name} at {at}{many}: slope {taken} was taken{where}"


class Kinks(list):
    """The kinks of a run, in the order of the program. Prints as text."""

    def __repr__(self):
        return "\n".join(map(repr, self)) or "no kinks"


def kinks(target):
    """The kinks that the computation of a Tensor stood at.

    Args:
        target: a Tensor of any front, before a backward pass has freed its graph.

    Returns: a list of `Kink`, which prints as text.
    Raises: ArgumentError for what is no Tensor; GraphFreedError where a backward pass freed the graph.

    >>> import numpy as np, chainrule as cr
    >>> x = cr.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    >>> found = cr.kinks(np.sum(np.maximum(x, 0.0)))
    >>> found[0].name, found[0].count, found[0].slopes
    ('maximum', 1, {0: 0.5})
    """
    if type(target) not in TENSORS:
        raise ArgumentError(f"kinks was given a {type(target).__name__}, not a Tensor", "give the Tensor itself")
    found = Kinks()
    for node in sorted(ancestors(target.node), key=lambda node: node.order):
        if node.primitive is None:
            continue
        if node.primitive.__class__ is Spent:
            raise freed(node, "ask before backward, or call backward(retain_graph=True)")
        kink = _kink(node)
        if kink is not None:
            found.append(kink)
    return found


def _kink(node):
    primitive, values, params = node.primitive, node.values, node.params or {}
    with numpy.errstate(all="ignore"):
        if isinstance(primitive, Elementwise):
            arrays = [numpy.asarray(value) for value in values]
            if any(array.dtype.kind not in "biuf" for array in arrays):
                return None
            return _elementwise(node, arrays)
        if isinstance(primitive, Reduction):
            hit = primitive.at_kink(numpy.asarray(node.value), numpy.asarray(values[0]), **params)
            return None if hit is None or not hit.any() else _reduction(node, hit, params)
    return None


def _elementwise(node, arrays):
    primitive, shape = node.primitive, shape_of(node.value)
    hit = numpy.zeros(shape, bool)
    for one, other in primitive.kinks(numpy, *arrays):
        hit = hit | (one == other)
    slopes = {}
    for i, parent in enumerate(node.parents):
        if parent is not None:
            slope = plain(primitive.slope(numpy, i, numpy.asarray(node.value), *arrays))
            slopes[i] = numpy.broadcast_to(numpy.asarray(slope, float), shape)
            finite = numpy.isfinite(node.value) & numpy.isfinite(arrays[i])
            hit = hit | (numpy.isinf(slopes[i]) & finite)
    if not hit.any():
        return None
    first = tuple(int(k) for k in numpy.argwhere(hit)[0]) if hit.ndim else ()
    at = [numpy.broadcast_to(array, shape)[first].item() for array in arrays]
    return Kink(node, at, int(hit.sum()), hit.size, {i: float(slope[first]) for i, slope in slopes.items()})


def _reduction(node, hit, params):
    from chainrule.ops.reduce import kept

    x = numpy.asarray(node.values[0])
    own = {name: value for name, value in params.items() if name != "keepdims"}
    slope = plain(node.primitive.slope(numpy, kept(numpy, numpy.asarray(node.value), x, params["axis"]), x, **own))
    first = tuple(int(k) for k in numpy.argwhere(hit)[0]) if hit.ndim else ()
    taken = float(numpy.broadcast_to(slope, x.shape)[first])
    return Kink(node, [x[first].item()], int(hit.sum()), hit.size, {0: taken})
