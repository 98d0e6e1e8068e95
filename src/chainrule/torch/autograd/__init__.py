"""`torch.autograd`: backward passes, functions of one's own, and their checks."""

from chainrule.torch.autograd import functional, graph
from chainrule.torch.autograd.anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from chainrule.torch.autograd.engine import backward, grad
from chainrule.torch.autograd.function import Function
from chainrule.torch.autograd.gradcheck import gradcheck, gradgradcheck
from chainrule.torch.autograd.modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from chainrule.torch.tensor import Tensor as Variable

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_anomaly_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]
