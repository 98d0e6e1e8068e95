"""`torch.nn`, of which this front has `functional`."""

from chainrule.torch.nn import functional

__all__ = ["functional"]
