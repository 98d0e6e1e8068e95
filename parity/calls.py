"""Calls of a primitive to compare: drawn from its own samples, at random shapes."""

import copy

import numpy

from chainrule.core.samples import Array, Call, WellConditioned
from chainrule.ops import CATALOGUE

# Their parameters name lengths, so that the lengths of their samples cannot be changed.
_FIXED = {"broadcast_to", "fold", "get_item", "reshape", "scatter", "windows"}


def realified(xp, y):
    """A complex value as one real number for each entry, in which neither part can hide."""
    return xp.real(y) + 2 * xp.imag(y) if "complex" in str(y.dtype) else y


class Drawn:
    """One call: values of the arguments, which of them are differentiated, and parameters."""

    def __init__(self, values, which, params):
        self.values, self.which, self.params = values, which, params

    @property
    def chosen(self):
        return [numpy.asarray(self.values[i]) for i in self.which]

    def program(self, library, function, view=realified):
        """The call as a function of the differentiated arguments, real-valued by default."""
        constants = [library.array(value) for value in self.values]

        def program(*chosen):
            args = list(constants)
            for i, value in zip(self.which, chosen):
                args[i] = value
            return view(library.numpy, function(*args, **self.params))

        return program


def draw(name, rng, dtype=float):
    """One `Drawn` for each sample of a primitive, of random lengths."""
    primitive = CATALOGUE[name]
    for sample in _samples(primitive):
        if isinstance(sample, Call):
            args = sample.args if name in _FIXED else _relengthed(sample.args, rng)
            values, params = Call(args, sample.params).draw(rng, dtype)
            which = [i for i, value in enumerate(values) if _is_float(value)]
        else:
            shapes = _broadcastable(len(sample), rng)
            values, params = [domain.draw(rng, shape, dtype) for domain, shape in zip(sample, shapes)], {}
            which = [i for i, v in enumerate(values) if primitive.partials[i] is not None and _is_float(v)]
        yield Drawn(values, which, params)


def _samples(primitive):
    """The sample calls; an elementwise room, which gives one domain an argument, is one call."""
    samples = primitive.samples
    return samples if isinstance(samples[0], Call) else [samples]


def _is_float(value):
    return getattr(value, "dtype", numpy.dtype(int)).kind == "f"


def _broadcastable(count, rng):
    """Shapes that broadcast: of rank 0 to 3, some axes of length 1 or left out."""
    full = tuple(int(n) for n in rng.integers(1, 4, rng.integers(0, 4)))
    shapes = [full]
    for _ in range(count - 1):
        shape = tuple(1 if rng.random() < 0.3 else n for n in full)
        shapes.append(shape[int(rng.integers(0, len(shape) + 1)) :] if rng.random() < 0.5 else shape)
    order = rng.permutation(count)
    return [shapes[i] for i in order]


def _relengthed(args, rng):
    """Arguments with other lengths: equal ones stay equal, and 1 stays 1."""
    other = {n: 1 if n == 1 else int(rng.integers(2, 5)) for arg in args for n in getattr(arg, "shape", ())}
    return [_with_shape(arg, other) if isinstance(arg, (Array, WellConditioned)) else arg for arg in args]


def _with_shape(domain, other):
    domain = copy.copy(domain)
    domain.shape = tuple(other[n] for n in domain.shape)
    return domain
