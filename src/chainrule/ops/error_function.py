"""Values of the error function, and of its complement, on arrays.

By the rational approximations of W. J. Cody (1969), in the form and with the coefficients of
FDLIBM's s_erf.c (Sun Microsystems, 1993, freely distributable): within a few units of the last place.
"""

import numpy

from chainrule.core.reverse import weak
from chainrule.core.rows import as_array
from chainrule.core.spec import WEAK

_SMALL = (  # erf(x) = x + x P(x²) / Q(x²) for |x| < 0.84375
    (1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02,
     -5.77027029648944159157e-03, -2.37630166566501626084e-05),
    (1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03,
     1.32494738004321644526e-04, -3.96022827877536812320e-06),
)  # fmt: skip
_MIDDLE = (  # erf(x) = c + P(|x| - 1) / Q(|x| - 1) for 0.84375 <= |x| < 1.25
    (-2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01,
     3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02,
     -2.16637559486879084300e-03),
    (1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02,
     1.26171219808761642112e-01, 1.36370839120290507362e-02, 1.19844998467991074170e-02),
)  # fmt: skip
_MIDDLE_VALUE = 8.45062911510467529297e-01
_LARGE = (  # erfc(x) = exp(-x² - 0.5625 + P(1/x²) / Q(1/x²)) / x for 1.25 <= x < 1 / 0.35
    (-9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e+01,
     -6.23753324503260060396e+01, -1.62396669462573470355e+02, -1.84605092906711035994e+02,
     -8.12874355063065934246e+01, -9.81432934416914548592e+00),
    (1.0, 1.96512716674392571292e+01, 1.37657754143519042600e+02, 4.34565877475229228821e+02,
     6.45387271733267880336e+02, 4.29008140027567833386e+02, 1.08635005541779435134e+02,
     6.57024977031928170135e+00, -6.04244152148580987438e-02),
)  # fmt: skip
_HUGE = (  # the same from 1 / 0.35 on
    (-9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e+01,
     -1.60636384855821916062e+02, -6.37566443368389627722e+02, -1.02509513161107724954e+03,
     -4.83519191608651397019e+02),
    (1.0, 3.03380607434824582924e+01, 3.25792512996573918826e+02, 1.53672958608443695994e+03,
     3.19985821950859553908e+03, 2.55305040643316442583e+03, 4.74528541206955367215e+02,
     -2.24409524465858183362e+01),
)  # fmt: skip


def _quotient(coefficients, x):
    parts = []
    for own in coefficients:
        total = own[-1]
        for c in own[-2::-1]:
            total = total * x + c
        parts.append(total)
    return parts[0] / parts[1]


def _tail(size):
    """erfc of numbers from 1.25 on."""
    inverse = 1 / (size * size)
    ratio = numpy.where(size < 1 / 0.35, _quotient(_LARGE, inverse), _quotient(_HUGE, inverse))
    short = size.astype("f4").astype("f8")  # so that its square is exact
    return numpy.exp(-short * short - 0.5625) * numpy.exp((short - size) * (short + size) + ratio) / size


def erf(x):
    """erf x for an array of real numbers, in its dtype."""
    return _in_own_dtype(_erf, x)


def erfc(x):
    """1 - erf x for an array of real numbers, accurate also where that is small."""
    return _in_own_dtype(_erfc, x)


def _erf(x):
    x = numpy.minimum(numpy.maximum(x, -6.0), 6.0)  # beyond, it is -1 and 1
    size = abs(x)
    small = x + x * _quotient(_SMALL, x * x)
    middle = numpy.copysign(_quotient(_MIDDLE, size - 1) + _MIDDLE_VALUE, x)
    large = numpy.copysign(1 - _tail(numpy.maximum(size, 1.25)), x)
    return numpy.where(size < 0.84375, small, numpy.where(size < 1.25, middle, large))


def _erfc(x):
    x = numpy.minimum(numpy.maximum(x, -6.0), 28.0)  # beyond, it is 2 and 0
    size = abs(x)
    share = x * _quotient(_SMALL, x * x)
    small = numpy.where(x < 0.25, 1 - (x + share), 0.5 - (share + (x - 0.5)))
    ratio = _quotient(_MIDDLE, size - 1)
    middle = numpy.where(x < 0, 1 + (_MIDDLE_VALUE + ratio), (1 - _MIDDLE_VALUE) - ratio)
    tail = _tail(numpy.maximum(size, 1.25))
    large = numpy.where(x < 0, 2 - tail, tail)
    return numpy.where(size < 0.84375, small, numpy.where(size < 1.25, middle, large))


def _in_own_dtype(function, x):
    kind = numpy.result_type(x)
    if kind.kind not in "fiub":
        raise TypeError(f"the error function is for real numbers, and these have dtype {kind}")
    with numpy.errstate(all="ignore"):
        y = function(as_array(x, float))
        if type(x) in WEAK:
            return weak(y, x)
        return (y.astype(kind) if kind.kind == "f" and y.dtype != kind else y)[()]
