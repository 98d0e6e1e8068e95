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
from chainrule.transforms.derivatives import grad, jvp, linearize, value_and_grad, vjp
from chainrule.transforms.jacobians import hessian, hvp, jacobian
from chainrule.transforms.tape import GradientTape

if TYPE_CHECKING:
    from chainrule.compilation import compile
    from chainrule.derivations import derive
    from chainrule.exercises import grade, practice
    from chainrule.explanations import capture, diff, explain, watch
    from chainrule.explanations.graph_size import graph_report
    from chainrule.explanations.kinks import kinks
    from chainrule.explanations.missing import why_none, why_zero
    from chainrule.transforms.checkpoint import checkpoint
    from chainrule.transforms.loops import scan, while_loop
    from chainrule.transforms.vmap import vmap

keep_freed_memory()
mind_the_collector()

__version__ = "0.1.0"

__all__ = [
    "GradientTape",
    "Tensor",
    "capture",
    "check_grads",
    "checkpoint",
    "compile",
    "derive",
    "diff",
    "enable_grad",
    "explain",
    "grad",
    "grade",
    "graph_report",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "kinks",
    "linearize",
    "logsumexp",
    "no_grad",
    "practice",
    "scan",
    "sigmoid",
    "softplus",
    "stop_gradient",
    "tensor",
    "value_and_grad",
    "vjp",
    "vmap",
    "watch",
    "while_loop",
    "why_none",
    "why_zero",
]


_ON_REQUEST = {  # name -> where it is: what reads source files, or what few programs need
    "capture": "chainrule.explanations",
    "checkpoint": "chainrule.transforms.checkpoint",
    "compile": "chainrule.compilation",
    "derive": "chainrule.derivations",
    "diff": "chainrule.explanations",
    "explain": "chainrule.explanations",
    "grade": "chainrule.exercises",
    "graph_report": "chainrule.explanations.graph_size",
    "kinks": "chainrule.explanations.kinks",
    "practice": "chainrule.exercises",
    "scan": "chainrule.transforms.loops",
    "vmap": "chainrule.transforms.vmap",
    "watch": "chainrule.explanations",
    "while_loop": "chainrule.transforms.loops",
    "why_none": "chainrule.explanations.missing",
    "why_zero": "chainrule.explanations.missing",
    "widget": "chainrule.studio.notebook",  # not in __all__: it needs anywidget
}


def __getattr__(name):
    """Load on request what an import need not."""
    if name not in _ON_REQUEST:
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
    import importlib

    globals()[name] = getattr(importlib.import_module(_ON_REQUEST[name]), name)
    return globals()[name]
