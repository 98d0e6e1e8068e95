"""A statement on semantics: a program that takes the module, and what it gives there and here."""

from parity.torch.table import Statement, equal, says

__all__ = ["STATEMENTS", "equal", "numbers", "says", "statement"]

STATEMENTS = []
_SAME = object()


def statement(section, text, gives, ours=_SAME, why=""):
    """Add the decorated program to the table. `gives` is TensorFlow's result, `ours` ours where it differs."""

    def add(program):
        assert (ours is _SAME) == (why == ""), "a difference has a reason"
        STATEMENTS.append(Statement(section, text, program, gives, gives if ours is _SAME else ours, why))
        return program

    return add


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
