"""Exact gradients of the Python you already write, and the chain rule that produced them.

>>> import numpy as np, chainrule as cr
>>> cr.grad(np.sin)(0.0)
1.0
"""

from typing import TYPE_CHECKING

import chainrule.numpy  # noqa: F401  (teaches NumPy about Tensors)
from chainrule.core.collector import mind_the_collector
from chainrule.core.memory import keep_freed_memory
from chainrule.core.modes import enable_grad, no_grad
from chainrule.core.tensor import Tensor, stop_gradient, tensor
from chainrule.ops.exponential import sigmoid, softplus
from chainrule.ops.reduce import logsumexp
from chainrule.transforms.check import check_grads
from chainrule.transforms.derivatives import grad, jvp, value_and_grad, vjp
from chainrule.transforms.jacobians import hessian, hvp, jacobian
from chainrule.transforms.tape import GradientTape

if TYPE_CHECKING:
    from chainrule.explanations import capture, explain
    from chainrule.explanations.missing import why_none, why_zero

keep_freed_memory()
mind_the_collector()

__version__ = "0.1.0"

__all__ = [
    "GradientTape",
    "Tensor",
    "capture",
    "check_grads",
    "enable_grad",
    "explain",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "logsumexp",
    "no_grad",
    "sigmoid",
    "softplus",
    "stop_gradient",
    "tensor",
    "value_and_grad",
    "vjp",
    "why_none",
    "why_zero",
]


def __getattr__(name):
    """Load what is only needed on request: `explain` reads source files, which an import need not."""
    if name in ("capture", "explain"):
        from chainrule import explanations

        globals()[name] = getattr(explanations, name)
        return globals()[name]
    if name in ("why_none", "why_zero"):
        from chainrule.explanations import missing

        globals()[name] = getattr(missing, name)
        return globals()[name]
    raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
