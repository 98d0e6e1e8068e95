"""The whole table."""

from parity.torch import (  # noqa: F401
    statements_autograd,
    statements_compile,
    statements_conventions,
    statements_func,
    statements_graph,
    statements_values,
)
from parity.torch.table import STATEMENTS

__all__ = ["STATEMENTS"]
