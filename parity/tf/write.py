"""Write docs/tf-semantics.md from the table: python -m parity.tf.write"""

import pathlib

from parity.tf.statements import STATEMENTS

PATH = pathlib.Path(__file__).parents[2] / "docs" / "tf-semantics.md"

HEAD = """# The semantics of chainrule.tf

Generated from the statements in `parity/tf/` by `python -m parity.tf.write`; change those, not this. Each
statement is a program that is run against TensorFlow and against `chainrule.tf`
(`python -m pytest parity/tf`); what it gives stands in the table. Numbers agree to float32's rounding.

{count} statements: {same} the same, {different} deliberately different.

Not in the table because a program cannot state it: random numbers. The same seed gives the same numbers
here each time, and not TensorFlow's.
"""


def _shown(value):
    return f"“{value}”" if isinstance(value, str) else repr(value)


def document():
    """The document's text."""
    return STATEMENTS.document(HEAD, "TensorFlow", _shown)


if __name__ == "__main__":
    PATH.write_text(document(), encoding="utf-8")
