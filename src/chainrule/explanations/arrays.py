"""The chain through arrays: one row a link, with the rule, the shapes, and the size of what passes."""

import re

import numpy

from chainrule.core.spec import shape_of
from chainrule.explanations import collect, formulas, layout, symbols
from chainrule.explanations.links import OfStep
from chainrule.explanations.scalar import effect

_SHOWN = 32  # rows before the middle is folded


class Row(OfStep):
    """One link of a graph of arrays.

    Attributes:
        step, index: the step, and which of its arguments.
        arriving, passed: the norms of the gradient that arrives and of what is passed on.
        value: None; a link between arrays is a matrix, which nobody wants to read.
    """

    value = None

    def __init__(self, message, names, merged):
        super().__init__(message.step, message.index, names)
        self.arriving, self.passed, self.finite = message.size, message.passed, message.finite
        self._formula, self._merged = message.formula, merged

    @property
    def name(self):
        """From where to where, walking backward."""
        return f"{self._names.symbol(self.step)} → {self._names.symbol(self.parent)}"

    @property
    def keeps_shape(self):
        """Whether a loss of size is a loss, and not entries being summed or spread."""
        return shape_of(self.step.value) == shape_of(self.parent.value)

    @property
    def shapes(self):
        return f"{_shape(self.step)} → {_shape(self.parent)}"

    @property
    def numbers(self):
        """The sizes of what arrives and of what is passed on."""
        return f"{self.arriving:.4g} → {self.passed:.4g}"

    @property
    def symbol(self):
        """The rule: what becomes of G, the gradient that arrives."""
        rule = self._formula or self._words()
        if self._merged > 1:
            rule += f"; with this, {self._merged} links add up at {self._names.symbol(self.parent)}"
        return rule

    def _words(self):
        phrase = formulas.words(self.step, self.index)
        texts = [symbols.lift(x).inside(symbols.ATOM) for x in self._names.arguments(self.step)]
        letters = dict(zip("AB", texts)) | {"Y": self._names.symbol(self.step).inside(symbols.ATOM)}
        pattern = r"(?<!\w)([ABY])(?=[ᵀ⁻]| G|$)"
        return re.sub(pattern, lambda found: letters.get(found[1], found[1]), phrase)

    def __repr__(self):
        return f"<{self.name}: {self.symbol}>"


def _rule(step, i, names, g, c):
    """What becomes of G by the room's formula, or "" where there is none."""
    slope = formulas.checked(step, i, names, g, c)
    if slope is None:
        return ""
    if slope.number == 1:
        rule = "G"
    elif slope.opposite is not None:
        rule = "−G" if slope.number == -1 else f"−G·{slope.opposite.inside(symbols.PRODUCT)}"
    else:
        rule = f"G·{slope.inside(symbols.PRODUCT)}"
    copied = shape_of(step.value) != shape_of(step.parents[i].value)
    return rule + (", summed over the entries it was copied to" if copied else "")


def rows_of(graph, names):
    """A Row for every link, from the value back to the input, and the gradient they come to."""
    messages, gradient = collect.sweep(graph, lambda step, i, g, c: _rule(step, i, names, g, c))
    arrivals, last = {}, {}
    for message in messages:
        arrivals[message.parent] = arrivals.get(message.parent, 0) + 1
        last[message.parent] = message
    return [
        Row(message, names, arrivals[message.parent] if last[message.parent] is message else 1)
        for message in messages
    ], gradient


def lines(explanation, width):
    """One line a link."""
    shown, hidden = _folded(explanation.links)
    cells = [("link", "shapes", "size of G", "rule, for the G that arrives")]
    for row in shown:
        if row is None:
            cells.append(("…", "", "", hidden))
        else:
            cells.append((layout.shortened(row.name, 40), row.shapes, row.numbers, row.symbol))
    yield from layout.columns(cells, width)


def _folded(rows):
    if len(rows) <= _SHOWN:
        return rows, ""
    end = _SHOWN // 2
    middle = rows[end:-end]
    sizes = f"sizes go from {middle[0].arriving:.4g} to {middle[-1].passed:.4g}"
    return [*rows[:end], None, *rows[-end:]], f"{len(middle):,} more links, left out here; {sizes}"


def _shape(step):
    return str(shape_of(step.value))


def sentence(explanation):
    """What the gradient means for the array as a whole, its strongest entry, and its weakest link."""
    of, wrt = explanation.of, explanation.wrt
    gradient = numpy.asarray(explanation.gradient)
    if not numpy.isfinite(gradient).all():
        return f"The gradient is not finite: {_where_it_breaks(explanation)}."
    size = collect.norm(gradient)
    if size == 0:
        return f"Moving {wrt} a little does not change {of}, to first order: {_why_zero(explanation)}."
    if not gradient.ndim and gradient.dtype.kind != "c":
        text = effect(of, wrt, float(gradient))
    else:
        text = f"A small step of length h against the gradient lowers {of} by about {size:.4g}·h."
    if gradient.ndim:
        strongest = tuple(int(i) for i in numpy.unravel_index(abs(gradient).argmax(), gradient.shape))
        at, slope = ", ".join(map(str, strongest)), symbols.compact(gradient[strongest])
        text += f" The entry that matters most is {wrt}[{at}], with slope {slope}."
    losing = [row for row in explanation.links if row.keeps_shape and 0 < row.passed < row.arriving]
    if losing:
        weakest = min(losing, key=lambda row: row.passed / row.arriving)
        ratio = weakest.passed / weakest.arriving
        text += f" The gradient shrinks most at {weakest.name}, by a factor of {ratio:.4g}."
    return text


def _where_it_breaks(explanation):
    for row in explanation.links:
        if row.finite == (True, False):
            at = layout.where(row.place)
            return f"it stops being finite at {row.name} ({row.symbol}{'; ' + at if at else ''})"
    return "finite contributions add up to more than a number holds"


def _why_zero(explanation):
    for row in explanation.links:
        if row.arriving and not row.passed:
            at = layout.where(row.place)
            return f"{row.name} passes nothing on ({row.symbol}{'; ' + at if at else ''})"
    return "the contributions cancel, or are too small for a number"
