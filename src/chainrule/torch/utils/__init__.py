"""`torch.utils`: checkpointing."""

from chainrule.torch.utils import checkpoint

__all__ = ["checkpoint"]
