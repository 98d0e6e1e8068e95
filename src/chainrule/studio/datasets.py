"""Points in the plane with two labels, for a network to tell apart. All lie in the square from -1 to 1."""

import numpy

from chainrule.errors import ArgumentError

POINTS = 160
_NOISE = 0.05


def circles(rng, n):
    """A disc inside a ring."""
    labels = numpy.arange(n) % 2
    radius = numpy.where(labels == 0, rng.uniform(0, 0.4, n), rng.uniform(0.65, 0.95, n))
    angle = rng.uniform(0, 2 * numpy.pi, n)
    return numpy.stack([radius * numpy.cos(angle), radius * numpy.sin(angle)], 1), labels


def moons(rng, n):
    """Two half circles, each reaching into the other."""
    labels = numpy.arange(n) % 2
    angle = rng.uniform(0, numpy.pi, n)
    x = numpy.where(labels == 0, numpy.cos(angle) - 0.5, 0.5 - numpy.cos(angle)) * 0.55
    y = numpy.where(labels == 0, numpy.sin(angle) - 0.25, 0.25 - numpy.sin(angle)) * 0.55
    return (numpy.stack([x, y], 1) + rng.normal(0, _NOISE, (n, 2))).clip(-1, 1), labels


def quadrants(rng, n):
    """Exclusive or: opposite quarters of the square share a label."""
    points = rng.uniform(0.08, 0.9, (n, 2)) * rng.choice([-1, 1], (n, 2))
    return points, (points[:, 0] * points[:, 1] > 0).astype(int)


def spirals(rng, n):
    """Two spirals, one inside the other."""
    labels = numpy.arange(n) % 2
    along = numpy.sqrt(rng.uniform(0.01, 1, n))
    angle = along * 1.5 * numpy.pi + labels * numpy.pi
    points = 0.9 * along[:, None] * numpy.stack([numpy.cos(angle), numpy.sin(angle)], 1)
    return points + rng.normal(0, _NOISE / 3, (n, 2)), labels


def halves(rng, n):
    """Two clouds that a line separates."""
    labels = numpy.arange(n) % 2
    centre = numpy.where(labels == 0, -0.4, 0.4)[:, None]
    return rng.normal(0, 0.18, (n, 2)).clip(-0.6, 0.6) + centre, labels


DATASETS = {made.__name__: made for made in (circles, moons, quadrants, spirals, halves)}


def dataset(name, seed=0, n=POINTS):
    """`(points, labels)` of a data set: an array of shape (n, 2), and n zeros and ones.

    Raises: ArgumentError for an unknown name.

    >>> points, labels = dataset("circles")
    >>> points.shape, set(labels.tolist())
    ((160, 2), {0, 1})
    """
    if name not in DATASETS:
        raise ArgumentError(f"there is no data set {name!r}", f"choose one of {', '.join(DATASETS)}")
    return DATASETS[name](numpy.random.default_rng(seed), n)
