"""Links with several results: one link for the call, and one for each result to read its own part."""

import numpy

from chainrule.core.primitive import Primitive
from chainrule.core.selection import plain


class Parts(dict):
    """The cotangents of a call's results, by place; they add place by place."""

    shape, dtype = (), numpy.dtype(object)

    def __add__(self, other):
        total = Parts(self)
        for place, gradient in other.items():
            total[place] = total[place] + gradient if place in total else gradient
        return total


class Output(Primitive, kind=True):
    """One of the results of a call."""

    latex, words = r"{0}", "the cotangent of this result"

    def __init__(self, place, name):
        self.place, self.name, self.torch_name = place, name, name

    def pull(self, xp, g, y, xs, parents, params):
        return [self.vjp(xp, g, 0, y)]

    def vjp(self, xp, g, i, y, *xs, **params):
        return Parts({self.place: plain(g)})

    def push(self, xp, tangents, y, xs, params):
        return tangents[0][self.place]
