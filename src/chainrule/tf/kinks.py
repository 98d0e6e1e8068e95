"""The rooms that only this front needs: those whose slope TensorFlow chooses otherwise at a kink."""

from chainrule.core.primitive import Elementwise
from chainrule.core.samples import reals


class Maximum(Elementwise):
    """y = max(a, b); a tie goes to a, as TensorFlow has it."""

    latex, samples = r"\max({0}, {1})", (reals(-3, 0.9), reals(1.1, 3))
    partials = (lambda xp, y, a, b: xp.logical_not(a < b), lambda xp, y, a, b: a < b)

    def forward(self, xp, a, b):
        return xp.maximum(a, b)

    def kinks(self, xp, a, b):
        return ((a, b),)


class Minimum(Elementwise):
    """y = min(a, b); a tie goes to a, as TensorFlow has it."""

    latex, samples = r"\min({0}, {1})", (reals(-3, 0.9), reals(1.1, 3))
    partials = (lambda xp, y, a, b: xp.logical_not(a > b), lambda xp, y, a, b: a > b)

    def forward(self, xp, a, b):
        return xp.minimum(a, b)

    def kinks(self, xp, a, b):
        return ((a, b),)


class ClipByValue(Elementwise):
    """y = x held between two constants; the slope at an edge is 1, as TensorFlow has it."""

    latex, samples = r"\operatorname{{clip}}({0}, {1}, {2})", (reals(-0.8, 0.8), reals(-2, -1), reals(1, 2))
    partials = (lambda xp, y, x, low, high: xp.logical_not((x < low) | (x > high)), None, None)

    def forward(self, xp, x, low, high):
        return xp.minimum(xp.maximum(x, low), high)

    def kinks(self, xp, x, low, high):
        return ((x, low), (x, high))


class Relu(Elementwise):
    """y = max(x, 0); the slope at 0 is 0."""

    latex, samples = r"\operatorname{{relu}} {0}", (reals(-3, 3, avoid=(0,)),)
    partials = (lambda xp, y, x: x > 0,)

    def forward(self, xp, x):
        return xp.maximum(x, x.dtype.type(0) if hasattr(x, "dtype") and hasattr(x.dtype, "type") else 0.0)

    def kinks(self, xp, x):
        return ((x, 0),)


class MultiplyNoNan(Elementwise):
    """y = a b, and 0 where b is 0 whatever a is; there the slope in b is a, if that is finite."""

    latex, samples = r"{0} \cdot {1}", (reals(-3, 3), reals(0.3, 3))
    partials = (
        lambda xp, y, a, b: xp.where(b != 0, b, 0.0),
        lambda xp, y, a, b: a,
    )

    def forward(self, xp, a, b):
        return xp.where(b != 0, a * b, 0.0 * b)


maximum, minimum, relu, multiply_no_nan = Maximum(), Minimum(), Relu(), MultiplyNoNan()
clip_by_value = ClipByValue()
