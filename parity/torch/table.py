"""The statements on PyTorch's semantics."""

from parity.semantics import Table, equal, says, warned

__all__ = ["STATEMENTS", "equal", "says", "statement", "warned"]

STATEMENTS = Table()
statement = STATEMENTS.statement
