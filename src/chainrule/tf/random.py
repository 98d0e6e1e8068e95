"""`tf.random`: random tensors from a generator of our own.

The same seed gives the same numbers each time, and not TensorFlow's numbers.
"""

import threading
from typing import Any

import numpy

from chainrule.core.spec import shape_of
from chainrule.tf import dtypes
from chainrule.tf.arrays import lengths
from chainrule.tf.tensor import convert_to_tensor, of_value, plain
from chainrule.transforms.checkpoint import SOURCES

__all__ = ["Generator", "categorical", "normal", "set_seed", "shuffle", "truncated_normal", "uniform"]


class _Global(threading.local):
    def __init__(self):
        self.numbers = numpy.random.default_rng()


_GLOBAL = _Global()
SOURCES.append((
    lambda: _GLOBAL.numbers.bit_generator.state,
    lambda state: setattr(_GLOBAL.numbers.bit_generator, "state", state),
))  # fmt: skip


def set_seed(seed):
    """Start the random numbers of this thread again from a seed.

    >>> import chainrule.tf as tf
    >>> tf.random.set_seed(3)
    >>> first = tf.random.normal([2]).numpy()
    >>> tf.random.set_seed(3)
    >>> bool((tf.random.normal([2]).numpy() == first).all())
    True
    """
    _GLOBAL.numbers = numpy.random.default_rng(int(seed))


def _numbers(seed=None):
    """The generator; with a seed of the call's own, a fresh one."""
    return _GLOBAL.numbers if seed is None else numpy.random.default_rng(seed)


def _made(values, dtype):
    return of_value(numpy.asarray(values).astype(dtypes.as_dtype(dtype).dtype)[()])


def normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Normal random numbers of a mean and a standard deviation."""
    drawn = _made(_numbers(seed).standard_normal(lengths(shape)), dtype)
    return drawn if (mean, stddev) == (0.0, 1.0) else drawn * stddev + mean


def uniform(shape, minval=0, maxval: Any = None, dtype=dtypes.float32, seed=None, name=None):
    """Random numbers from minval up to, and without, maxval (1 by default); integers for an integer dtype."""
    kind = dtypes.as_dtype(dtype)
    low, high = plain(minval), plain(1 if maxval is None else maxval)
    draw = _numbers(seed).integers if kind.is_integer else _numbers(seed).uniform
    return _made(draw(low, high, lengths(shape)), kind)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Normal random numbers within two standard deviations of the mean."""
    numbers, wanted = _numbers(seed), lengths(shape)
    values = numbers.standard_normal(wanted)
    far = abs(values) > 2
    while numpy.any(far):
        values = numpy.where(far, numbers.standard_normal(wanted), values)
        far = abs(values) > 2
    return _made(values * stddev + mean, dtype)


def shuffle(value, seed=None, name=None):
    """The entries along the first axis in random order."""
    value = convert_to_tensor(value)
    return value[_numbers(seed).permutation(shape_of(value)[0])]


def categorical(logits, num_samples, dtype=dtypes.int64, seed=None, name=None):
    """Places drawn with the probabilities that rows of logits give."""
    rows = numpy.asarray(plain(logits), float)
    noise = _numbers(seed).gumbel(size=(len(rows), int(plain(num_samples)), rows.shape[-1]))
    return _made(numpy.argmax(rows[:, None, :] + noise, -1), dtype)


class Generator:
    """Random numbers of their own: `tf.random.Generator.from_seed(1)`.

    >>> import chainrule.tf as tf
    >>> tf.random.Generator.from_seed(1).normal([2]).shape
    TensorShape([2])
    """

    def __init__(self, numbers):
        self._own = numbers

    @classmethod
    def from_seed(cls, seed, alg=None):
        """A generator that always gives the same numbers."""
        return cls(numpy.random.default_rng(int(seed)))

    @classmethod
    def from_non_deterministic_state(cls, alg=None):
        """A generator that gives other numbers each time."""
        return cls(numpy.random.default_rng())

    def normal(self, shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None):
        """As `tf.random.normal`."""
        return normal(shape, mean, stddev, dtype, self._own)

    def uniform(self, shape, minval=0, maxval=None, dtype=dtypes.float32, name=None):
        """As `tf.random.uniform`."""
        return uniform(shape, minval, maxval, dtype, self._own)

    def truncated_normal(self, shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None):
        """As `tf.random.truncated_normal`."""
        return truncated_normal(shape, mean, stddev, dtype, self._own)
