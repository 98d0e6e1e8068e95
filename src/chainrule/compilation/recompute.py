"""Values that are cheaper to compute twice than to keep in memory.

A comparison or a product that one loop makes and another reads costs a store and a load of the whole array.
Where it is a few operations on what the other loop can read anyhow, the other loop computes it anew.
"""

from chainrule.compilation.program import Variable

CHEAP = frozenset(
    """
    add subtract multiply negative positive absolute square maximum minimum where astype copysign sign
    equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor logical_not
    bitwise_and bitwise_or bitwise_xor invert isnan isfinite isinf
    """.split()
)
_DEAR = {"divide": 4, "reciprocal": 4, "sqrt": 4}  # in additions
_MOST = 8  # additions; a store and a load cost about as much


class Recomputing:
    """Moves work into the loops of a schedule that read its results.

    Args:
        schedule: whose `stored` and loops are changed.
        readers: variable -> the steps that read it.
        made: variable -> the number of the step that makes it.
    """

    def __init__(self, schedule, readers, made):
        self.schedule, self.readers, self.made = schedule, readers, made
        self._by = {y: one for step in self._loops() for one in step.instructions for y in one.outputs}
        self._pinned = {schedule.base(x) for x in schedule.outputs}
        self._pinned.update(schedule.base(x) for x in (*schedule.views, *schedule.windows))

    def _loops(self):
        return [step for step in self.schedule.steps if hasattr(step, "instructions")]

    def run(self):
        for x in sorted(self.schedule.stored, key=lambda one: one.number):
            if x in self._by and x not in self._pinned:
                self._consider(x)
        for step in self._loops():
            self._prune(step)
        self.schedule.steps = [
            step
            for step in self.schedule.steps
            if not hasattr(step, "instructions") or step.instructions or step.reductions
        ]

    def _prune(self, step):
        """Leave out what nothing needs any more."""
        needed = {x for one in step.reductions for x in self.schedule.operands(one)}
        kept = []
        for one in reversed(step.instructions):
            if one.outputs[0] in needed or one.outputs[0] in self.schedule.stored:
                needed.update(self.schedule.operands(one))
                kept.append(one)
        step.instructions = kept[::-1]

    def _consider(self, x):
        home = self.schedule.steps[self.made[x]]
        others = [step for step in self.readers.get(x, ()) if step is not home]
        if not all(hasattr(step, "instructions") and step.shape == home.shape for step in others):
            return
        found = self._needed(x, {})
        if found is None or sum(_DEAR.get(one.name, 1) for one in found) > _MOST:
            return
        for step in others:
            step.instructions = found + [one for one in step.instructions if one not in found]
            for leaf in self._leaves(found):
                self.readers.setdefault(leaf, set()).add(step)
        self._pinned.update(self._leaves(found))
        self.schedule.stored.discard(x)

    def _needed(self, x, seen):
        """The instructions that make x of what is in memory, in order; None where one is not cheap."""
        if x in seen:
            return []
        one = seen[x] = self._by[x]
        if one.name not in CHEAP and one.name not in _DEAR or len(seen) > _MOST:
            return None
        found = []
        for leaf in self.schedule.operands(one):
            if self._is_at_hand(leaf):
                continue
            before = self._needed(leaf, seen) if leaf in self._by else None
            if before is None:
                return None
            found += before
        return [*found, one]

    def _is_at_hand(self, leaf):
        """Whether any later loop can read it: an input, a number, or what stays in memory."""
        base = self.schedule.base(leaf)
        return base not in self.made or leaf.shape == () or base in self.schedule.stored

    def _leaves(self, instructions):
        own = {one.outputs[0] for one in instructions}
        leaves = {x for one in instructions for x in self.schedule.operands(one) if type(x) is Variable}
        return {self.schedule.base(leaf) for leaf in leaves - own}
