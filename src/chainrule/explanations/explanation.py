"""The result of `explain`: the answer, the verdict, the findings, and the way down to every link."""

import json
import math
import os
from typing import Any

import numpy

from chainrule.explanations import findings
from chainrule.explanations.collect import paths
from chainrule.explanations.collect.spine import blocks_of
from chainrule.explanations.collect.steps import replayed
from chainrule.explanations.collect.sweep import Flow
from chainrule.explanations.render import data, layout, page, report
from chainrule.explanations.render.equations import Equations
from chainrule.explanations.rules.symbols import compact


class Explanation:
    """One gradient, explained. Prints as text.

    Attributes:
        of, wrt: the names of the value and of the input (of several, the names together).
        framework: "chainrule", "torch", "jax" or "tensorflow".
        gradient: the derivative, as the framework gives it; for several inputs a dict from names.
        path_count: how many paths lead from the value to the inputs (exact).
        verdict: one line.
        findings: what is wrong, each with `.kind`, `.where`, `.evidence` and `.repair`; causes first.
        blocks: the blocks of the network, the one nearest to the input first.
        notes: what could not be seen, and how to make it visible.
        sentence: what the gradient means.
        paths: of a chain of numbers of ours, its paths, the largest product first; else empty.
    """

    paths: Any = ()

    def __init__(self, bridge, *, of, wrt, width=100, check=lambda flow: None):
        self._bridge, self._width = bridge, width
        self.framework, self.of, self.wrt = bridge.framework, of, wrt
        self.notes = bridge.notes
        if bridge.joints and not bridge.joints[0].name:
            bridge.joints[0].name = of
        self._flow: Any = Flow(bridge) if bridge.sources else None
        if self._flow:
            check(self._flow)  # while every gradient is at hand
            self._flow.lighten()
        self.blocks = blocks_of(self._flow) if self._flow else []
        self.findings = findings.find(self._flow, self.blocks, bridge)
        self.path_count = self._flow.path_count if self._flow else 0

    @property
    def sources(self):
        return self._flow.sources if self._flow else []

    @property
    def gradient(self) -> Any:
        """The gradient, as the framework's own array; of several inputs, a dict by name; None where there is none."""
        if not self._flow:
            return None
        found = {joint.label: g for joint, g in self._flow.gradients.items()}
        return next(iter(found.values())) if len(found) == 1 else found

    @property
    def size(self):
        """The norm of the gradient, of all inputs together."""
        return math.hypot(*(joint.arriving.norm for joint in self.sources if joint.arriving is not None))

    @property
    def strongest(self):
        """The index and slope of the entry that matters most, of one array; else None."""
        if len(self.sources) != 1 or self.gradient is None or not self.sources[0].shape:
            return None
        array = numpy.asarray(self._bridge.as_numpy(self.gradient))
        if not array.size:
            return None
        index = tuple(int(i) for i in numpy.unravel_index(abs(array).argmax(), array.shape))
        return index, array[index]

    @property
    def why_no_shares(self):
        return "" if self._flow is None or not self._flow.why_not else f"No shares: {self._flow.why_not}"

    @property
    def verdict(self):
        """One line: the first finding, or that nothing was found."""
        if self.findings:
            first, more = self.findings[0], len(self.findings) - 1
            also = f"; {more} more finding{'s' if more > 1 else ''}" if more else ""
            place = f" ({first.where.at})" if first.where.at else ""
            return f"{first.kind}: {first.evidence}{place}{also}"
        return report.healthy(self)

    def links(self, all=False):
        """The links, from the value back.

        Args:
            all: every link; else those that the report shows: all of a short chain, the ones that stand out of
                a long one.
        """
        every = self._flow.links if self._flow else []
        return list(every) if all or len(every) <= report._ROWS else report.odd_links(self)

    def block(self, number):
        """One block of the network, counted from the input on. Prints as its links."""
        if not -len(self.blocks) <= number < len(self.blocks):
            raise IndexError(f"there are {len(self.blocks)} blocks, numbered from 0")
        return self.blocks[number]

    def path(self, number):
        """The path that contributes the `number`-th most, from 0: its links, and its share, weighed exactly."""
        if not isinstance(number, int) or not 0 <= number < self.path_count:
            raise IndexError(f"there are {counted(self.path_count)} paths, numbered from 0")
        return paths.largest(self._flow, number + 1)[number]

    def formula(self):
        """Backpropagation as equations, with the names of the user's code; `.latex` has the same in LaTeX."""
        return Equations(self, *(self._bridge.checked_by_differences(self._flow) if self._flow else (0, 0)))

    def steps(self):
        """The computation replayed, forward and backward, link by link."""
        return replayed(self._flow) if self._flow else []

    def as_dict(self):
        """Everything, in dicts and lists."""
        return data.as_dict(self)

    def json(self):
        """Everything, as a JSON text."""
        return json.dumps(self.as_dict(), ensure_ascii=False, allow_nan=False)

    def save(self, filename):
        """Write the report: a page for a name that ends in .html, JSON for .json, text otherwise.

        The page is whole in itself: the graph that folds, every link, the findings. The studio opens it too, and
        the JSON: `chainrule studio --open report.json`.
        """
        suffix = os.path.splitext(filename)[1].lower()
        text = {".html": self._page, ".htm": self._page, ".json": self.json}.get(suffix, lambda: str(self) + "\n")()
        with open(filename, "w", encoding="utf-8") as file:
            file.write(text)

    def _page(self):
        return page.page(self)

    def __str__(self):
        return "\n".join(self._lines())

    __repr__ = __str__

    def _repr_mimebundle_(self, include=None, exclude=None):
        html = f'<style>{page.STYLE}</style><div class="chainrule">{page.fragment(self)}</div>'
        return {"text/plain": str(self), "text/html": html}

    def _lines(self):
        width = self._width
        yield from layout.paragraph(self._headline(), width)
        yield from layout.paragraph(f"VERDICT  {self.verdict}", width)
        for found in self.findings[:4]:
            yield from layout.paragraph(f"  {found.kind}: {found.repair}", width)
        for note in self.notes[:3]:
            yield from layout.paragraph(f"note: {note}", width)
        if not self._flow:
            return
        yield from layout.paragraph(self._origin(), width)
        yield ""
        body = list(self._body(width))
        yield from body
        text = self.sentence
        yield from self._legend("\n".join([*body, text]), width)
        yield ""
        yield from layout.paragraph(text, width)

    def _body(self, width):
        return report.lines(self, width)

    def _legend(self, text, width):
        return ()

    @property
    def sentence(self):
        return report.sentence(self)

    @property
    def headline(self):
        """What is explained, and what it comes to."""
        return self._headline()

    def _headline(self):
        name = f"∂{self.of}/∂{self.wrt}"
        if not self._flow:
            return f"{name}: there is none"
        count = "" if self.path_count == 1 else f", the sum over {counted(self.path_count)} paths"
        only = self.sources[0] if len(self.sources) == 1 else None
        if only is None:
            return f"{name}: {len(self.sources)} inputs, size {self.size:.6g} together{count}"
        if only.shape == ():
            return f"{name} = {compact(numpy.asarray(self._bridge.as_numpy(self.gradient))[()])}{count}"
        return f"{name} has shape {report.shape(only.shape)} and size {self.size:.6g}{count}"

    def _origin(self):
        """The value: its number, its line, and what was read."""
        top = self._flow.joints[0]
        number = "" if top.value is None or top.value.shape else f" = {top.value.most:.6g}"
        at = f", computed at {top.where.at}" if top.where.at else ""
        return f"{self.of}{number}{at}; {self.framework}, {len(self._flow.links):,} links"


def counted(count):
    """A number of paths, however large."""
    if count < 10**15:
        return f"{count:,}"
    return f"about 10^{int(count.bit_length() * math.log10(2))}"
