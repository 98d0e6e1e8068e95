"""The statements on TensorFlow's semantics."""

from parity.semantics import Table, equal, says

__all__ = ["STATEMENTS", "equal", "numbers", "says", "statement"]

STATEMENTS = Table()
statement = STATEMENTS.statement


def numbers(value):
    """A tensor, or a structure of them, as nested lists of Python numbers; None as it is."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, dict):
        return {key: numbers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [numbers(item) for item in value]
    if hasattr(value, "values") and hasattr(value, "indices"):  # TensorFlow's IndexedSlices
        return "IndexedSlices"
    return value.numpy().tolist()
