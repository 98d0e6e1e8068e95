"""What `isinstance` is told of values that stand for arrays."""

import os
import sys

import numpy

_POLYNOMIALS = os.path.join(os.path.dirname(numpy.__file__), "polynomial") + os.sep


def takes_only_arrays(filename):
    """Whether code of this file asks for an ndarray where it should take what stands for one.

    In numpy.polynomial the coefficients get axes for those of x if x is an ndarray, and else values are wrong, in
    silence where the shapes fit; the rest of NumPy hands x to the protocols.
    """
    return filename.startswith(_POLYNOMIALS)


def told_class(value):
    """The `__class__` of a value that stands for an array: its type, but where only arrays are taken."""
    return numpy.ndarray if takes_only_arrays(sys._getframe(1).f_code.co_filename) else type(value)
