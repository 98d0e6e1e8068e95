"""Functions of vectors of numbers, in vector registers.

Each takes a `Numbers` and vectors, and writes code without branches for the usual arguments; the few others
(a sine of 1e30) are called in the C library, lane by lane, behind one test of the whole vector. Measured against
mpmath, exp, log, hypot and their kin are within 2 units in the last place, the others within 4.

Sources: the reductions and the polynomials of log, sine, cosine, arcsine and the cube root are those of FreeBSD's
msun (Sun Microsystems, 1993); the arctangent's are Cephes's (Moshier 1984-2000); those of exp and of the power's
long logarithm were fitted by Chebyshev interpolation.

Reading order: `formats` (what formulas are written with), `exponential`, `power`, `circular`, `hyperbolic`,
`division`.
"""

from chainrule.compilation.native.vector_math import circular, division, exponential, hyperbolic, power

FUNCTIONS = {
    name: getattr(module, name)
    for module, names in (
        (exponential, "exp exp2 expm1 log log2 log10 log1p"),
        (power, "power cbrt hypot"),
        (circular, "sin cos tan arcsin arccos arctan arctan2"),
        (hyperbolic, "sinh cosh tanh arcsinh arccosh arctanh"),
        (division, "fmod"),
    )
    for name in names.split()
}
