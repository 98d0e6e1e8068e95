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
    text = f"“{value}”" if isinstance(value, str) else repr(value)
    return _bar(text.replace("\n", " "))


def _bar(text):
    return text.replace("|", "\\|")


def document():
    """The document's text."""
    different = [each for each in STATEMENTS if each.why]
    lines = [HEAD.format(count=len(STATEMENTS), same=len(STATEMENTS) - len(different), different=len(different))]
    lines += ["## Deliberately different", "", "| | TensorFlow | here | why |", "|---|---|---|---|"]
    lines += [f"| {_bar(each.text)} | {_shown(each.theirs)} | {_shown(each.ours)} | {each.why} |" for each in different]
    for section in dict.fromkeys(each.section for each in STATEMENTS):
        lines += ["", f"## {section}", "", "| | TensorFlow | here |", "|---|---|---|"]
        lines += [
            f"| {_bar(each.text)} | {_shown(each.theirs)} | {_shown(each.ours) if each.why else 'the same'} |"
            for each in STATEMENTS
            if each.section == section
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PATH.write_text(document(), encoding="utf-8")
