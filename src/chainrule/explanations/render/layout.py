"""Lines of plain text in columns, no wider than asked."""

import os
import re
import sys
import textwrap

_RAISED, _LOWERED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"
_PLAIN = {"∂": "d", "·": "*", "−": "-", "√": "sqrt ", "→": "->", "…": "...", "≤": "<=", "≥": ">=", "≠": "!="}
_PLAIN |= {"′": "'", "″": "''", "‴": "'''", "∛": "cbrt ", "π": "pi", "σ": "sigmoid", "∞": "inf", "‖": "||"}
_PLAIN |= dict(zip(_RAISED, "-0123456789")) | dict(zip(_LOWERED, "0123456789")) | {"ᵀ": "'"}


class Row:
    """One equation: what = formula = numbers = value, indented; parts that repeat are left out."""

    def __init__(self, indent, what, formula, numbers, value):
        self.indent, self.what, self.value = indent, what, value
        self.parts = []
        for part in (formula, numbers):
            if part and part not in self.parts and part.replace("−", "-") != value:
                self.parts.append(part)

    def left(self, label):
        """All but the value."""
        what = (" " * self.indent + self.what).ljust(label if self.parts else 0)
        return " = ".join([what, *self.parts])


def table(rows, width):
    """The rows under each other: names padded by indent, values in one column; texts stand as they are."""
    equations = [row for row in rows if isinstance(row, Row)]
    last = width - 3 - max(len(row.value) for row in equations)
    labels = {
        indent: min(30, max(indent + len(row.what) for row in equations if row.indent == indent))
        for indent in {row.indent for row in equations}
    }
    lefts = [len(row.left(labels[row.indent])) for row in equations]
    values = max((n for n in lefts if n <= last), default=0)
    for row in rows:
        if isinstance(row, Row):
            yield from _equation(row, labels[row.indent], values, width)
        else:
            yield row


def _equation(row, label, values, width):
    left = row.left(label)
    if len(left) <= values:
        yield f"{left.ljust(values)} = {row.value}"
        return
    line, margin = " " * row.indent + shortened(row.what, width - row.indent), " " * (row.indent + 4)
    for part in (*row.parts, row.value):
        if len(line) + 3 + len(part) > width:
            yield line.rstrip()
            line = margin + "= " + shortened(part, width - len(margin) - 2)
        else:
            line += " = " + part
    yield line


def shortened(text, width):
    """The text, its middle left out where it is longer than the width."""
    if len(text) <= width:
        return text
    half = (width - 3) // 2
    return f"{text[: width - 3 - half]} … {text[len(text) - half :]}"


def paragraph(text, width, indent=0):
    """Running text, filled."""
    return textwrap.fill(
        text, width, initial_indent=" " * indent, subsequent_indent=" " * indent, break_long_words=True
    ).splitlines()


def columns(rows, width, rule=-1, most=10):
    """Rows of cells in aligned columns; the cell numbered `rule` takes the width that is left, in `most` lines."""
    rule %= len(rows[0])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    left = max(24, width - sum(widths) + widths[rule] - 2 * len(widths))
    widths[rule] = min(widths[rule], left)
    for row in rows:
        pieces = textwrap.wrap(row[rule], widths[rule], max_lines=most, placeholder=" …") or [""]
        for number, piece in enumerate(pieces):
            cells = [piece if i == rule else cell if number == 0 else "" for i, cell in enumerate(row)]
            yield ("  " + "  ".join(cell.ljust(n) for cell, n in zip(cells, widths))).rstrip()


def plain_letters(text):
    """The text for a terminal that knows ASCII only: x^2 for x², d for ∂."""
    text = re.sub(f"(?=[{_RAISED}])(?<![{_RAISED}])", "^", text)
    text = re.sub(f"(?=[{_LOWERED}])(?<![{_LOWERED}])", "_", text)
    return text.translate(str.maketrans(_PLAIN))


def where(place):
    """A place as file:line, the file as it is nearest to the present directory."""
    return "" if place is None else near(place.filename, place.line)


def near(filename, line):
    """file:line, the file as it is nearest to the present directory; or the cell of a notebook."""
    cell = cell_of(filename)
    if cell is not None:
        return f"cell {cell}, line {line}"
    try:
        relative = os.path.relpath(filename)
    except ValueError:  # another drive
        relative = filename
    name = relative if len(relative) < len(filename) and not filename.startswith("<") else filename
    return f"{name}:{line}"


def cell_of(filename):
    """The number of the notebook's cell whose code goes by this name for a file; None where it is none."""
    running = sys.modules.get("IPython")
    shell = None if running is None else running.get_ipython()
    return getattr(getattr(shell, "compile", None), "_filename_map", {}).get(filename)


def fitting(text, stream):
    """The text as a stream can take it: in plain letters where its encoding lacks the signs of formulas."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = plain_letters(text).encode(encoding, "replace").decode(encoding)
    return text
