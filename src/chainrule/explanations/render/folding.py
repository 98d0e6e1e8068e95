"""The graph as a tree of parts that a reader opens: loops and layers, their blocks, and what stands beside them.

Every part is a run of the backward order (a turn of a loop, where lines repeat), or a block of the spine with the
inputs that only it reads. So no path leaves a part and comes back, and a drawing in which each part is one box has
no circles.
"""

import itertools
import math
from dataclasses import dataclass, field

from chainrule.explanations.collect.record import Joint
from chainrule.explanations.collect.spine import folds_of

_OPEN = 48  # joints that are shown side by side before they are parted
_PARTS = 24  # into how many parts a long run is cut
_BLOCKS = 64  # blocks of one fold that are shown side by side
_LONGEST_TURN = 96  # values in one turn of a loop


@dataclass(slots=True)
class Part:
    """One part of the drawing.

    Attributes:
        number: its own; `parent`, the part it lies in, or None.
        kind: "fold" (blocks that repeat), "block" (a layer, or one turn of a loop) or "run" (a stretch of links).
        title: what it is.
        gain: what it does to the size of the gradient; None where that is not known, or means nothing.
        gains: of a fold, the gain of each repeat, the one nearest to the input first.
        where: file and line of its first link, None where unknown.
    """

    number: int
    parent: int | None
    kind: str
    title: str
    gain: float | None = None
    gains: list = field(default_factory=list)
    where: tuple = (None, None)


class Folding:
    """The parts of an explanation's graph.

    Attributes:
        parts: every Part, parents first.
        inside: joint -> the number of the innermost part it lies in; a joint that lies in none is missing.
        joints: every joint, the value first.
    """

    def __init__(self, explanation):
        links = explanation.links(all=True)
        self.parts, self.inside = [], {}
        self.joints = sorted({joint for link in links for joint in (link.joint, link.parent)}, key=_order)
        self._links: dict[Joint, list] = {}
        for link in links:
            self._links.setdefault(link.joint, []).append(link)
        if len(self.joints) > 12:
            self._folds(explanation.blocks, links)

    def _folds(self, blocks, links):
        home = self._homes(blocks, links)
        rest = [joint for joint in self.joints if joint not in home]
        first = min((joint.number for joint in home), default=math.inf)
        self._run([joint for joint in rest if joint.number < first], None)
        members: dict[int, list] = {}
        for joint in self.joints:
            if joint in home:
                members.setdefault(home[joint], []).append(joint)
        for fold in reversed(folds_of(blocks)):
            if fold.times > 1:
                self._fold(fold, members)
            else:
                for block in reversed(fold.blocks):
                    self._block(block, members, None)
        self._run([joint for joint in rest if joint.number > first], None)

    def _homes(self, blocks, links):
        """Joint -> the number of its block: those inside it, and inputs that nothing outside reads."""
        home = {link.joint: block.number for block in blocks for link in block.links}
        readers: dict[Joint, set] = {}
        for link in links:
            readers.setdefault(link.parent, set()).add(link.joint)
        for joint in self.joints:  # readers come before what they read
            if joint not in home and joint in readers:
                of = {home.get(reader) for reader in readers[joint]}
                if len(of) == 1 and None not in of:
                    home[joint] = of.pop()
        return home

    def _fold(self, fold, members):
        """A fold, its blocks in stretches where they are many."""
        gain = _product(fold.gains)
        title = " + ".join(block.title for block in fold.blocks[: fold.period])
        number = self._part(None, "fold", f"{fold.times} × {title}", gain, fold.gains, _where(fold.blocks[0].links))
        blocks = fold.blocks[::-1]
        if len(blocks) <= _BLOCKS:
            for block in blocks:
                self._block(block, members, number)
            return
        for some in _cut(blocks, max(2, math.ceil(len(blocks) / _BLOCKS))):
            title = f"blocks {some[-1].number} to {some[0].number}"
            gains = [block.gain for block in reversed(some)]
            stretch = self._part(number, "fold", title, _product(gains), gains, _where(some[0].links))
            for block in some:
                self._block(block, members, stretch)

    def _block(self, block, members, parent):
        scope = f" ({block.scope})" if block.scope else ""
        title = f"block {block.number}{scope}: {block.title}"
        number = self._part(parent, "block", title, block.gain, (), _where(block.links))
        self._run(members[block.number], number)

    def _run(self, joints, parent):
        """A stretch of joints: as it is where it is short; else by the turns of its longest loop, else cut."""
        if len(joints) <= _OPEN:
            for joint in joints:
                if parent is not None:
                    self.inside[joint] = parent
            return
        start, period, times = _loop([(joint.op, joint.shape, joint.where.file, joint.where.line) for joint in joints])
        if times > 2 and period > 1 and period * times > len(joints) / 3:
            self._run(joints[:start], parent)
            self._turns([joints[start + i * period :][:period] for i in range(times)], parent)
            self._run(joints[start + times * period :], parent)
            return
        for some in _cut(joints, _PARTS if len(joints) > _PARTS * _OPEN else math.ceil(len(joints) / (_OPEN // 2))):
            number = self._part(parent, "run", _title(some), None, (), _where(self._of(some)))
            self._run(some, number)

    def _turns(self, turns, parent, first=None):
        """A loop by its turns, the last first; in stretches where they are many."""
        last = len(turns) if first is None else first
        where = _where(self._of(turns[0]))
        if first is None:
            title = f"{len(turns)} × [{_done(turns[0])}]"
            parent = self._part(parent, "fold", title, None, (), where)
        if len(turns) > _BLOCKS:
            for some in _cut(turns, math.ceil(len(turns) / _BLOCKS)):
                title = f"turns {last - len(some) + 1} to {last}"
                self._turns(some, self._part(parent, "fold", title, None, (), _where(self._of(some[0]))), last)
                last -= len(some)
            return
        for i, joints in enumerate(turns):
            self._run(joints, self._part(parent, "block", f"turn {last - i}: [{_done(joints)}]", None, (), where))

    def _of(self, joints):
        return [link for joint in joints for link in self._links.get(joint, ())]

    def _part(self, parent, kind, title, gain, gains, where):
        self.parts.append(Part(len(self.parts), parent, kind, title, gain, list(gains), where))
        return len(self.parts) - 1


def _order(joint):
    return joint.number


def _cut(items, pieces):
    """The items in so many stretches, as equal as can be."""
    ends = [len(items) * i // pieces for i in range(pieces + 1)]
    return [items[a:b] for a, b in itertools.pairwise(ends) if a < b]


def _product(gains):
    """What the gains multiply to; None where one is not known."""
    return None if None in gains or not gains else math.prod(gains)


def _loop(signs):
    """`(start, period, times)` of the stretch that repeats and is longest; `times` is 1 where nothing repeats."""
    best = (0, 1, 1)
    for period in range(1, min(_LONGEST_TURN, len(signs) // 2) + 1):
        same = 0
        for i in range(len(signs) - period + 1):
            if i + period < len(signs) and signs[i] == signs[i + period]:
                same += 1
                continue
            times = same // period + 1
            if times > 1 and times * period > best[1] * best[2]:
                best = (i - same, period, times)
            same = 0
    return best


def _done(joints):
    """What is done in a stretch, in the order of the forward pass."""
    names = list(dict.fromkeys(joint.op for joint in reversed(joints) if not joint.leaf))
    return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")


def _title(joints):
    """A stretch by its two ends and what is done in it."""
    done = _done(joints)
    return f"{len(joints):,} values, {joints[0].label} … {joints[-1].label}" + (f": {done}" if done else "")


def _where(links):
    known = [link.where for link in links if link.where.file is not None]
    return (known[-1].file, known[-1].line) if known else (None, None)
