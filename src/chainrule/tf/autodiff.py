"""`tf.autodiff`: the tape and the forward accumulator."""

from chainrule.tf.forward import ForwardAccumulator
from chainrule.tf.tape import GradientTape

__all__ = ["ForwardAccumulator", "GradientTape"]
