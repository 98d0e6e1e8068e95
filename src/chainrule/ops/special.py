"""Functions that NumPy does not have: the error function, and the logarithm to any base."""

import math

import numpy

from chainrule.core.primitive import Elementwise
from chainrule.core.samples import reals

_ENTRYWISE = numpy.frompyfunc(math.erf, 1, 1)
_ROOT_OF_PI = math.sqrt(math.pi)


class Erf(Elementwise):
    """y = erf x = 2/√π ∫₀ˣ exp(-t²) dt; its slope is 2/√π exp(-x²)."""

    latex, samples = r"\operatorname{{erf}} {0}", (reals(-2, 2),)
    partials = (lambda xp, y, x: 2 * xp.exp(-(x * x)) / _ROOT_OF_PI,)

    def forward(self, xp, x):
        if type(x) is float:
            return math.erf(x)
        if hasattr(xp, "erf"):  # high precision, complex steps
            return xp.erf(x)
        value = _ENTRYWISE(x)
        return numpy.asarray(value, dtype=x.dtype if x.dtype.kind == "f" else float)[()]


class LogBase(Elementwise):
    """y = log_b x = ln x / ln b, by the name log_base(x, b)."""

    latex, samples = r"\log_{{{1}}} {0}", (reals(0.2, 4), reals(1.5, 4))
    partials = (lambda xp, y, x, b: 1 / (x * xp.log(b)), lambda xp, y, x, b: -(y / (b * xp.log(b))))

    def forward(self, xp, x, b):
        return xp.log(x) / xp.log(b)

    def domain(self, xp, x, b):
        return ((x, ">", 0), (b, ">", 0), (b, "!=", 1))


erf, log_base = Erf().apply, LogBase().apply
