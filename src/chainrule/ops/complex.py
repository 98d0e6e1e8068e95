"""Parts of complex numbers. Gradients follow PyTorch: that of a real loss points uphill."""

from typing import Any

import numpy

from chainrule.core import record
from chainrule.core.namespace import REGISTRY
from chainrule.core.primitive import Linear
from chainrule.core.rows import as_array
from chainrule.core.samples import array, call
from chainrule.core.spec import dtype_of, number_dtype


class _Part(Linear, kind=True):
    """A real-linear part of a complex number, entry by entry."""

    samples = (call(array(3)),)

    def shape(self, shape):
        return shape

    def alive(self, live, y, i, xs, params):
        return live


class Real(_Part):
    """y = Re x."""

    latex, words = r"\operatorname{{Re}} {0}", "the cotangent, as a real part"

    def forward(self, xp, x):
        return xp.real(x)

    def transpose(self, xp, g, i, x):
        return g


class Imag(_Part):
    """y = Im x; the cotangent lies along the imaginary axis."""

    latex, words = r"\operatorname{{Im}} {0}", "the cotangent times i"

    def forward(self, xp, x):
        return xp.imag(x)

    def transpose(self, xp, g, i, x):
        return g * 1j


class Conjugate(_Part):
    """y = x̄."""

    latex, words = r"\overline{{{0}}}", "the conjugate of the cotangent"

    def forward(self, xp, x):
        return xp.conj(x)

    def transpose(self, xp, g, i, x):
        return xp.conj(g)


class Astype(Linear):
    """y = x in another floating-point dtype."""

    latex, words = r"{0}", "the cotangent in the dtype of the argument"
    samples = (call(array(3), dtype="float32"), call(array(2, 3), dtype="float64"))
    moves = True

    def shape(self, shape, dtype):
        return shape

    def forward(self, xp, x, dtype):
        return as_array(x).astype(dtype)[()] if xp is numpy else xp.astype(x, dtype)

    def transpose(self, xp, g, i, x, dtype):
        return g


_real, _imag, _conjugate, _astype = Real(), Imag(), Conjugate(), Astype()


def real(x) -> Any:
    """The real part."""
    return _real(x) if dtype_of(x).kind == "c" else x


def imag(x):
    """The imaginary part; 0, with no slope, of a real number."""
    if dtype_of(x).kind == "c":
        return _imag(x)
    return REGISTRY.tensors.where(False, x, 0.0) if type(x) in record.TENSORS else numpy.imag(x)


def conjugate(x) -> Any:
    """The complex conjugate; a real number is its own."""
    return _conjugate(x) if dtype_of(x).kind == "c" else x


conj = conjugate


def astype(x, dtype):
    """x in another dtype. To an integer or boolean dtype it is cut: the result is a plain array.

    The derivative of a staircase is zero, so nothing is lost by that.
    """
    dtype = number_dtype(dtype)
    if dtype.kind not in "fc":
        return as_array(record.plain_value(x)).astype(dtype)[()]
    return _astype(x, dtype=dtype.name)
