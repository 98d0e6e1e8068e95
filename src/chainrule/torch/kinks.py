"""The rooms that only this front needs.

Most have PyTorch's slope at a kink and not the minimum-norm one of `chainrule.ops.compare`; one multiplies
in PyTorch's order, so that float32 results agree to the last digit; one says that a value does not move.
"""

from chainrule.core.primitive import Elementwise
from chainrule.core.samples import reals
from chainrule.core.selection import times
from chainrule.ops import compare, exponential, one_sided, trigonometric


class Clamp(one_sided.Clip):
    """y = x held between two constants; the slope at an edge is 1, as PyTorch has it."""

    latex = r"\operatorname{{clamp}}({0}, {1}, {2})"


class ClampMin(one_sided.Maximum):
    """y = x, at least low; at the edge the slope is all x's."""


class ClampMax(one_sided.Minimum):
    """y = x, at most high; at the edge the slope is all x's."""


class Fmax(compare.Fmax):
    """y = max(a, b) where a NaN loses; a tie goes to a."""

    partials = (
        lambda xp, y, a, b: xp.logical_not((a < b) | (a != a)),
        lambda xp, y, a, b: (a < b) | (a != a),
    )


class Fmin(compare.Fmin):
    """y = min(a, b) where a NaN loses; a tie goes to a."""

    partials = (
        lambda xp, y, a, b: xp.logical_not((a > b) | (a != a)),
        lambda xp, y, a, b: (a > b) | (a != a),
    )


class Arctan2(trigonometric.Arctan2):
    """y = the angle of the point (b, a); the slopes at the origin are 0."""

    partials = (lambda xp, y, a, b: b / _square_size(xp, a, b), lambda xp, y, a, b: -a / _square_size(xp, a, b))


def _square_size(xp, a, b):
    size = a * a + b * b
    return xp.where(size == 0, 1.0, size)


class BinaryCrossEntropy(Elementwise):
    """y = -(t ln x + (1 - t) ln(1 - x)), with logarithms not below -100.

    The slope divides by x (1 - x), not below 1e-12, so that a saturated probability still moves.
    """

    latex, samples = r"H({1}, {0})", (reals(0.2, 0.8), reals(0.2, 0.8))
    partials = (
        lambda xp, y, x, t: (x - t) / xp.maximum(x * (1 - x), 1e-12),
        lambda xp, y, x, t: xp.maximum(xp.log1p(-x), -100.0) - xp.maximum(xp.log(x), -100.0),
    )

    def forward(self, xp, x, t):
        return (t - 1) * xp.maximum(xp.log1p(-x), -100.0) - t * xp.maximum(xp.log(x), -100.0)


class Sigmoid(exponential.Sigmoid):
    """y = σ(x), with the cotangent multiplied by 1 - y first and by y then."""

    def vjp(self, xp, g, i, y, *xs):
        return times(xp, times(xp, g, 1 - y), y)


class Unmoved(Elementwise):
    """y = a, whatever b is: connected to b, with no slope. The gradient of a linear function is one."""

    latex, samples = r"{0}", (reals(-3, 3), reals(-3, 3))
    partials = (1, False)

    def forward(self, xp, a, b):
        return a


clamp, relu, sigmoid, unmoved = Clamp(), one_sided.Relu(), Sigmoid(), Unmoved().apply
fmax, fmin, clamp_min, clamp_max, arctan2 = Fmax(), Fmin(), ClampMin(), ClampMax(), Arctan2()
binary_cross_entropy = BinaryCrossEntropy()
