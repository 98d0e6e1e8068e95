"""Watching a training run: one verdict a check, and the findings when they change."""

import sys

from chainrule.errors import ArgumentError
from chainrule.explanations.render import layout


class Watch:
    """A model that is looked at every so many steps.

    Attributes:
        checks: `(step, verdict)` of each check so far; only these texts are kept.
        findings: the findings of the last check.
        nodes: how many links the graph had at each check; one that grows without end is said.
    """

    def __init__(self, model, every, out=None):
        self.model, self.every, self.out = model, every, out
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
        lines = [f"step {self.step}: {verdict}"]
        kinds = [(found.kind, found.where.name) for found in self.findings]
        if self._kinds is not None and kinds != self._kinds:
            lines += [f"  new: {found}" for found in self.findings if (found.kind, found.where.name) not in self._kinds]
            lines += [f"  gone: {kind} at {name}" for kind, name in self._kinds if (kind, name) not in kinds]
        elif self._kinds is None:
            lines += [f"  {found}" for found in self.findings]
        self._kinds = kinds
        stream = self.out or sys.stdout
        print(layout.fitting("\n".join(lines), stream), file=stream)

    def remove(self):
        """Stop watching."""
        for handle in self.handles:
            handle.remove()
        self.handles = []


def watch(model, every=100, out=None):
    """Look at a model's gradients every so many training steps, and print one verdict a check.

    Findings are printed when they change. A module of PyTorch's is watched from now on: nothing else is to be
    done in the training loop, and the looking happens inside `backward`. Anything else (a dict or list of
    Tensors of ours, say) gives an object to call with each loss, before backward.

    Args:
        model: a module, or what `explain` takes as `wrt`.
        every: how many steps lie between two checks.
        out: where to print; standard output unless given.

    Returns: a Watch; its `remove` ends it.
    Raises: ArgumentError for a number of steps that makes no sense.

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
    watcher = Watch(model, every, out)
    if hasattr(model, "register_forward_hook"):
        from chainrule.explanations.bridges.pytorch.watched import attach

        attach(watcher)
    return watcher
