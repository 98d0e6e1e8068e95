"""Write docs/torch-semantics.md from the table: python -m parity.torch.write"""

import pathlib

from parity.torch.statements import STATEMENTS

PATH = pathlib.Path(__file__).parents[2] / "docs" / "torch-semantics.md"

HEAD = """# The semantics of chainrule.torch

Generated from the statements in `parity/torch/` by `python -m parity.torch.write`; change those, not
this. Each statement is a program that is run against PyTorch and against `chainrule.torch`
(`python -m pytest parity/torch`); what it gives stands in the table. Numbers agree to float32's rounding.

{count} statements: {same} the same, {different} deliberately different.

Not in the table because a program cannot state it: random numbers. The same seed gives the same numbers
here each time, and not PyTorch's.
"""


def _shown(value):
    if isinstance(value, str):
        return f"“{value}”" if " " in value else value
    return repr(value)


def document():
    """The document's text."""
    return STATEMENTS.document(HEAD, "PyTorch", _shown)


if __name__ == "__main__":
    PATH.write_text(document(), encoding="utf-8")
