"""Watching a training run: one verdict a check, the findings when they change, and a report that follows it."""

import contextlib
import json
import os
import sys
import tempfile

from chainrule.errors import ArgumentError
from chainrule.explanations.render import data, layout, page

_HISTORY = 1000  # checks that are kept


class Watch:
    """A model that is looked at every so many steps.

    Attributes:
        checks: `(step, verdict)` of each check so far; only these texts are kept.
        findings: the findings of the last check.
        nodes: how many links the graph had at each check; one that grows without end is said.
        history: of each check (of a long run, of fewer of the older ones) a dict of `step`, `verdict`, `value` (the
            loss), `size` (of the gradient) and `links`.
        report: the last check's report with the history, as data; None until there is one, and somebody who reads it.
        listeners: functions that are called with each new report.
    """

    def __init__(self, model, every, out=None, save=None):
        self.model, self.every, self.out, self.save = model, every, out, save
        self.history, self.report, self.listeners = [], None, []
        self.step, self.checks, self.findings, self.nodes = 0, [], [], []
        self._kinds, self.handles = None, []

    def __call__(self, loss):
        """Count one step, and look at its loss where it is time to. Call it before backward."""
        self.step += 1
        if (self.step - 1) % self.every == 0:
            from chainrule.explanations import explain

            self.seen(explain(loss, wrt=self.model, show=False))

    def seen(self, explanation):
        """Take in one explanation, and print what is new."""
        self.findings = explanation.findings
        self.nodes.append(len(explanation.links(all=True)))
        verdict = explanation.verdict
        if len(self.nodes) > 2 and self.nodes[-1] > self.nodes[-2] > self.nodes[-3]:
            grown = f"the graph grew from {self.nodes[-3]:,} to {self.nodes[-1]:,} links over three checks"
            verdict = f"accumulated: {grown}; detach the state that is carried over"
        self.checks.append((self.step, verdict))
        self._remember(explanation, verdict)
        lines = [f"step {self.step}: {verdict}", *self._saved()]
        kinds = [(found.kind, found.where.name) for found in self.findings]
        if self._kinds is not None and kinds != self._kinds:
            lines += [f"  new: {found}" for found in self.findings if (found.kind, found.where.name) not in self._kinds]
            lines += [f"  gone: {kind} at {name}" for kind, name in self._kinds if (kind, name) not in kinds]
        elif self._kinds is None:
            lines += [f"  {found}" for found in self.findings]
        self._kinds = kinds
        stream = self.out or sys.stdout
        print(layout.fitting("\n".join(lines), stream), file=stream)

    def _remember(self, explanation, verdict):
        """Add to the history, and make the report where one is wanted."""
        links = explanation.links(all=True)
        top = links[0].value if links else None
        value = top.most if top is not None and not top.shape else None
        size = explanation.size if explanation.sources else None
        check = {"step": self.step, "verdict": verdict, "value": value, "size": size, "links": len(links)}
        self.history.append({name: data.plain(number) for name, number in check.items()})
        if len(self.history) > _HISTORY:
            del self.history[1 : -_HISTORY // 2 : 2]  # a long run keeps every other of its older checks
        if self.save is None and not self.listeners:
            return
        self.report = explanation.as_dict() | {"history": [*self.history], "verdict": verdict}
        for listener in self.listeners:
            listener(self.report)

    def _saved(self):
        """Write the report where one is wanted; a disk that is full does not end a training, and is said."""
        if self.save is None:
            return
        html = os.fspath(self.save).lower().endswith((".html", ".htm"))
        text = page.from_data(self.report) if html else json.dumps(self.report, ensure_ascii=False, allow_nan=False)
        try:
            written_whole(self.save, text)
        except OSError as error:
            yield f"  the report could not be written: {error}"

    def remove(self):
        """Stop watching."""
        for handle in self.handles:
            handle.remove()
        self.handles = []


def written_whole(filename, text):
    """Write a file so that whoever reads it meanwhile finds the old text or the new one, whole."""
    folder, name = os.path.split(os.path.abspath(filename))
    handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, filename)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def watch(model, every=100, out=None, save=None):
    """Look at a model's gradients every so many training steps, and print one verdict a check.

    Findings are printed when they change. A module of PyTorch's is watched from now on: nothing else is to be
    done in the training loop, and the looking happens inside `backward`. Anything else (a dict or list of
    Tensors of ours, say) gives an object to call with each loss, before backward.

    Args:
        model: a module, or what `explain` takes as `wrt`.
        every: how many steps lie between two checks.
        out: where to print; standard output unless given.
        save: a file that holds the report of the last check and how the training has gone; JSON, or a page where the
            name ends in .html. `chainrule studio --open FILE` shows it, and follows it while it changes.

    Returns: a Watch; its `remove` ends it.
    Raises: ArgumentError for a number of steps that makes no sense, or a file in a folder that is not there.

    >>> import numpy as np, chainrule as cr
    >>> params = {"w": cr.tensor([1.0, -2.0], requires_grad=True)}
    >>> look = cr.watch(params, every=2)
    >>> for step in range(3):
    ...     loss = (params["w"] ** 2).sum()
    ...     look(loss)
    step 1: sound: every link passes something on, and every number is finite
    step 3: sound: every link passes something on, and every number is finite
    """
    if not isinstance(every, int) or isinstance(every, bool) or every < 1:
        raise ArgumentError(f"every={every!r} makes no sense", "give a whole number of steps, 100 say")
    if save is not None and not os.path.isdir(folder := os.path.dirname(os.path.abspath(save))):
        raise ArgumentError(
            f"save={os.fspath(save)!r} lies in no folder: there is no {folder}", "make the folder first"
        )
    watcher = Watch(model, every, out, save)
    if hasattr(model, "register_forward_hook"):
        from chainrule.explanations.bridges.pytorch.watched import attach

        attach(watcher)
    return watcher
