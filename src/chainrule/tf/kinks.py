"""The rooms that only this front needs: those whose slope TensorFlow chooses otherwise at a kink."""

from chainrule.core.primitive import Elementwise
from chainrule.core.samples import reals
from chainrule.ops import one_sided


class ClipByValue(one_sided.Clip):
    """y = x held between two constants; the slope at an edge is 1, as TensorFlow has it."""


class MultiplyNoNan(Elementwise):
    """y = a b, and 0 where b is 0 whatever a is; there the slope in b is a, if that is finite."""

    latex, samples = r"{0} \cdot {1}", (reals(-3, 3), reals(0.3, 3))
    partials = (
        lambda xp, y, a, b: xp.where(b != 0, b, 0.0),
        lambda xp, y, a, b: a,
    )

    def forward(self, xp, a, b):
        return xp.where(b != 0, a * b, 0.0 * b)


maximum, minimum, relu = one_sided.Maximum(), one_sided.Minimum(), one_sided.Relu()
clip_by_value, multiply_no_nan = ClipByValue(), MultiplyNoNan()
