"""The spine of a graph and its blocks: what every path goes through, cut into layers, equal ones folded.

A joint is on the spine when no edge leads around it. Between two joints of the spine lies a piece: one
operation of a plain chain, the two branches of a residual block. Pieces are gathered into blocks, each
from one product with a matrix (or convolution) to the next, and blocks that repeat are one fold.
"""

import math
import statistics
from dataclasses import dataclass, field

from chainrule.explanations.collect.record import Joint

PRODUCTS = frozenset(
    "matmul dot_general einsum tensordot dot addmm mm bmm baddbmm linear convolution conv conv2d mv".split()
)
_LONGEST_PERIOD = 12


@dataclass(slots=True, eq=False)
class Block:
    """A piece of the network between two joints of the spine.

    Attributes:
        number: counted from the input on.
        top, bottom: the joints at its ends, the top nearer to the value.
        links: the links inside.
        signature: the operations and shapes, the same for equal blocks.
        scope: the module all of it lies in, "" where there is none.
    """

    top: Joint
    bottom: Joint
    links: list
    signature: tuple = ()
    scope: str = ""
    number: int = 0

    @property
    def gain(self):
        """What the block does to the size of the gradient; None where nothing arrives."""
        top, bottom = self.top.arriving, self.bottom.arriving
        return bottom.norm / top.norm if top and bottom and top.norm else None

    @property
    def title(self):
        """The operations in the order of the forward pass."""
        names = list(dict.fromkeys(link.op for link in reversed(self.links) if not link.size_effect))
        shown = names[:5] + (["…"] if len(names) > 5 else [])
        sizes = " → ".join(dict.fromkeys(_size(joint.shape) for joint in (self.bottom, self.top)))
        return f"[{', '.join(shown)}]" + (f" {sizes}" if sizes else "")

    def __str__(self):
        where = f" ({self.scope})" if self.scope else ""
        gain = "unknown" if self.gain is None else f"{self.gain:.3g}"
        lines = [f"block {self.number}{where}: {self.title}, gain {gain}"]
        for link in self.links:
            rule = f"   {link.formula}" if link.formula else ""
            lines.append(f"  {link}: {link.op}, gain {_said(link.gain)}, share {_said(link.share)}{rule}")
        return "\n".join(lines)

    __repr__ = __str__


def _said(number):
    return "unknown" if number is None else f"{number:.3g}"


def _size(shape):
    return str(shape[-1]) if shape else ""


@dataclass(slots=True)
class Fold:
    """A run of blocks that repeat with some period.

    Attributes:
        blocks: all of them, the one nearest to the input first.
        period: how many blocks one repeat is made of.
    """

    blocks: list
    period: int = 1
    gains: list = field(default_factory=list)

    def __post_init__(self):
        units = [self.blocks[i : i + self.period] for i in range(0, len(self.blocks), self.period)]
        gains = [[block.gain for block in unit] for unit in units]
        self.gains = [math.prod(g) if None not in g else None for g in gains]

    @property
    def times(self):
        return len(self.blocks) // self.period

    def spread(self):
        """Median, least and most of the gains, with the number of the block of each extreme; or None."""
        known = [(gain, i) for i, gain in enumerate(self.gains) if gain is not None and math.isfinite(gain)]
        if not known:
            return None
        (least, first), (most, second) = min(known), max(known)
        number = lambda i: self.blocks[i * self.period].number
        return statistics.median(gain for gain, _ in known), least, number(first), most, number(second)


def blocks_of(flow):
    """The blocks on the way to the deepest source, the one nearest to the input first.

    Where there are products with weights, each starts a block; what stands before the first and what the last
    has more than the one before it (the loss) is left aside. Where there are none, a block is what repeats.
    """
    chain = _spine(flow)
    if len(chain) < 3:
        return []
    pieces = list(zip(chain, chain[1:], _inside(flow, chain)))[::-1]  # from the input on
    weighted = [any(link.op in PRODUCTS for link in links) for _, _, links in pieces]
    groups = _by_products(pieces, weighted) if sum(weighted) > 1 else _by_repeats(pieces)
    blocks = [_block(group) for group in groups]
    for number, block in enumerate(blocks):
        block.number = number
    return blocks


def _by_products(pieces, weighted):
    """Groups of pieces, each from one product to the next."""
    groups = []
    for piece, starts in zip(pieces, weighted):
        if starts:
            groups.append([])
        if groups:
            groups[-1].append(piece)
    return [*groups[:-1], _like(groups[-1], groups[-2])]


def _like(last, before):
    """The pieces of the last group as far as the operations are those of the group before."""
    same = 0
    while same < min(len(last), len(before)) and _ops(last[same]) == _ops(before[same]):
        same += 1
    return last[: max(same, 1)]


def _ops(piece):
    return sorted(link.op for link in piece[2])


def _by_repeats(pieces):
    """The longest run of pieces that repeats at least three times, one group for each repeat; else nothing."""
    folds = folds_of([_block([piece]) for piece in pieces])
    longest = max(folds, key=lambda fold: fold.times * fold.period if fold.times > 2 else 0)
    if longest.times < 3:
        return []
    start = sum(len(fold.blocks) for fold in folds[: folds.index(longest)])
    ends = range(start, start + len(longest.blocks), longest.period)
    return [pieces[i : i + longest.period] for i in ends]


def _block(pieces):
    """One Block of adjacent pieces, given from the input on."""
    links = [link for _, _, inside in reversed(pieces) for link in inside]
    signature = tuple(sorted((link.op, link.shape, link.into_shape) for link in links))
    scopes = {link.scope for link in links if link.scope}
    scope = _common(scopes) if scopes else ""
    return Block(pieces[-1][0], pieces[0][1], links, signature, scope)


def _common(scopes):
    parts = [scope.split(".") for scope in scopes]
    shared = []
    for names in zip(*parts):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    return ".".join(shared)


def _spine(flow):
    """The joints that every path to the deepest source goes through, the value first."""
    deepest = _deepest(flow)
    reaching = {deepest}
    for joint in reversed(flow.joints):
        if any(joint.edges[k].parent in reaching for k in flow.onward[joint]):
            reaching.add(joint)
    joints = [joint for joint in flow.joints if joint in reaching]
    place = {joint: i for i, joint in enumerate(joints)}
    chain, furthest = [], 0
    for i, joint in enumerate(joints):
        if furthest <= i:
            chain.append(joint)
        for k in flow.onward[joint]:
            furthest = max(furthest, place.get(joint.edges[k].parent, 0))
    return chain


def _deepest(flow):
    """The source that the longest path leads to."""
    depth = {flow.joints[0]: 0}
    for joint in flow.joints:
        for k in flow.onward[joint]:
            parent = joint.edges[k].parent
            depth[parent] = max(depth.get(parent, 0), depth[joint] + 1)
    return max(flow.sources, key=lambda joint: depth[joint])


def _inside(flow, chain):
    """The links between each joint of the spine and the next."""
    number = {joint: i for i, joint in enumerate(chain)}
    piece, inside = {}, [[] for _ in chain[1:]]
    for link in flow.links:
        own = number.get(link.joint, piece.get(link.joint))
        if own is None or own >= len(inside):
            continue
        if link.parent not in number:
            piece.setdefault(link.parent, own)
        inside[own].append(link)
    return [_onto(links, chain[i + 1]) for i, links in enumerate(inside)]


def _onto(links, bottom):
    """Those of the links that lead to the bottom of their piece, and not to a weight beside it."""
    reaching, kept = {bottom}, []
    for link in reversed(links):
        if link.parent in reaching:
            reaching.add(link.joint)
            kept.append(link)
    return kept[::-1]


def folds_of(blocks):
    """The blocks with what repeats folded, the one nearest to the input first."""
    folds, start = [], 0
    while start < len(blocks):
        period, times = _repeat(blocks, start)
        folds.append(Fold(blocks[start : start + period * times], period))
        start += period * times
    return folds


def _repeat(blocks, start):
    """The period and number of repeats that fold the most blocks from here on."""
    best = (1, 1)
    for period in range(1, min(_LONGEST_PERIOD, (len(blocks) - start) // 2) + 1):
        times = 1
        while all(
            start + (times + 1) * period <= len(blocks)
            and blocks[start + i].signature == blocks[start + times * period + i].signature
            for i in range(period)
        ):
            times += 1
        if times > 1 and period * times > best[0] * best[1]:
            best = (period, times)
    return best


def total_gain(blocks):
    """The gain over all blocks, and its geometric mean; None where it is not known."""
    if not blocks:
        return None
    top, bottom = blocks[-1].top.arriving, blocks[0].bottom.arriving
    if not (top and bottom and top.norm and math.isfinite(top.norm) and math.isfinite(bottom.norm)):
        return None
    total = bottom.norm / top.norm
    return total, total ** (1 / len(blocks)) if total else 0.0
