"""Sample inputs of a room: where to draw them from, so that every test point lies in the domain.

An elementwise room gives one domain for each argument. Every other room gives a tuple of calls:

>>> import numpy
>>> one = call(array(2, 3), axis=1)
>>> values, params = one.draw(numpy.random.default_rng(0))
>>> values[0].shape, params
((2, 3), {'axis': 1})
"""

import numpy


class Domain:
    """An interval of real numbers, keeping clear of the points in `avoid` (kinks, poles)."""

    shape = None

    def __init__(self, low, high, avoid=(), margin=0.15):
        self.low, self.high, self.avoid, self.margin = low, high, avoid, margin

    def draw(self, rng, shape=None, dtype=float):
        """Random points of the given shape; the domain's own shape where it has one."""
        shape = self.shape if shape is None else shape
        points = rng.uniform(self.low, self.high, shape or ())
        for point in self.avoid:
            close = abs(points - point) < self.margin
            points = numpy.where(close, point + numpy.where(points < point, -1, 1) * self.margin * 1.5, points)
        return numpy.asarray(points).astype(dtype)[()]


class Booleans(Domain):
    """Random booleans."""

    def __init__(self):
        super().__init__(0, 1)

    def draw(self, rng, shape=None, dtype=float):
        return (rng.random(shape or ()) < 0.5)[()]


class Array(Domain):
    """Random real numbers of a fixed shape; `distinct` keeps entries apart (for max and sort)."""

    def __init__(self, shape, low, high, distinct):
        super().__init__(low, high)
        self.shape, self.distinct = shape, distinct

    def draw(self, rng, shape=None, dtype=float):
        size = int(numpy.prod(self.shape, dtype=int))
        if not self.distinct:
            return super().draw(rng, None, dtype)
        grid = numpy.linspace(self.low, self.high, size + 2)[1:-1]
        return rng.permutation(grid).reshape(self.shape).astype(dtype)[()]


class WellConditioned(Domain):
    """Square matrices far from singular, symmetric positive definite on request."""

    def __init__(self, shape, definite):
        super().__init__(-1, 1)
        self.shape, self.definite = shape, definite

    def draw(self, rng, shape=None, dtype=float):
        a = rng.uniform(-1, 1, self.shape)
        a = a @ numpy.swapaxes(a, -1, -2) if self.definite else a
        return (a + 2 * numpy.eye(self.shape[-1])).astype(dtype)


class Call:
    """One sample call of a primitive: a source for each argument, and the keyword parameters."""

    def __init__(self, args, params):
        self.args, self.params = args, params

    def draw(self, rng, dtype=float):
        """`(values, params)`; arguments that are not domains are passed as they are."""
        values = [arg.draw(rng, None, dtype) if isinstance(arg, Domain) else arg for arg in self.args]
        return values, self.params


def reals(low, high, avoid=()):
    """Real numbers between low and high, away from the kinks in `avoid`."""
    return Domain(low, high, avoid)


def booleans():
    """True or False."""
    return Booleans()


def array(*shape, low=-2.0, high=2.0, distinct=False):
    """An array of real numbers."""
    return Array(shape, low, high, distinct)


def invertible(*shape):
    """A square matrix (or a stack of them) far from singular."""
    return WellConditioned(shape, definite=False)


def positive_definite(*shape):
    """A symmetric positive definite matrix (or a stack of them)."""
    return WellConditioned(shape, definite=True)


def call(*args, **params):
    """One sample call."""
    return Call(args, params)
