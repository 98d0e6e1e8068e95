"""The BLAS and the LAPACK inside NumPy's wheel (or that of scipy-openblas32), as native code calls them."""

import ctypes
import glob
import os
from typing import Any

import numpy

from chainrule.compilation.native.numbers import LONG, WORD

# The patterns of their names, and LLVM's type of their lengths.
_NAMES = (
    ("scipy_cblas_{}64_", LONG, "scipy_{}_64_"),
    ("cblas_{}64_", LONG, "{}_64_"),
    ("scipy_cblas_{}", WORD, "scipy_{}_"),
)


class _Blas:
    """The library, and how its functions are called.

    Attributes:
        whole: LLVM's type of its lengths.
        fortran: the pattern of its LAPACK's names; None where there is none.
    """

    def __init__(self, library, pattern, whole, fortran):
        self.library, self.pattern, self.whole = library, pattern, whole
        self.fortran: Any = fortran if hasattr(library, fortran.format("dgesv")) else None

    def symbol(self, machine, name):
        function = getattr(self.library, self.pattern.format(name))
        return machine.address(f"blas_{name}", ctypes.cast(function, ctypes.c_void_p).value)

    def routine(self, machine, name):
        """The symbol of one of LAPACK's routines."""
        function = getattr(self.library, self.fortran.format(name))
        return machine.address(f"lapack_{name}", ctypes.cast(function, ctypes.c_void_p).value)


def _find():
    """NumPy's own copy, else scipy-openblas32's; None where there is neither."""
    beside = os.path.dirname(os.path.dirname(numpy.__file__))
    for path in sorted(glob.glob(os.path.join(beside, "numpy.libs", "*openblas*"))):
        found = _opened(ctypes.CDLL(path))
        if found is not None:
            return found
    try:
        import scipy_openblas32  # pyright: ignore[reportMissingImports]
    except ImportError:
        return None
    return _opened(ctypes.CDLL(os.path.join(scipy_openblas32.get_lib_dir(), scipy_openblas32.get_library(True))))


def _opened(library):
    for pattern, whole, fortran in _NAMES:
        if hasattr(library, pattern.format("dgemm")):
            return _Blas(library, pattern, whole, fortran)
    return None


_found = []


def blas():
    """The one BLAS, looked for on first use; None where there is none."""
    if not _found:
        _found.append(_find())
    return _found[0]
