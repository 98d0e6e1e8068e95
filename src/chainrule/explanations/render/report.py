"""The report of a network: the answer, the verdict, the evidence; forty lines of a hundred columns at most.

A short chain is a table with one row a link. A long one is a sparkline by block, equal blocks folded into one
row, the links that stand out, the merges by share, and what was left out.
"""

import math

from chainrule.explanations.collect.record import Local
from chainrule.explanations.collect.spine import folds_of, total_gain
from chainrule.explanations.render import layout
from chainrule.explanations.rules.symbols import compact

_ROWS = 18  # links of a table
_LINES = 40
_BARS = "▁▂▃▄▅▆▇█"


def lines(explanation, width):
    """Everything between the findings and the sentence."""
    links = explanation.links(all=True)
    if len(links) <= _ROWS:
        yield from _table(links, width)
        return
    yield from _sparkline(explanation.blocks, explanation.of, width)
    yield from _folds(explanation, width)
    yield from _odd(explanation, width)
    yield from _merges(explanation, width)
    yield from _sources(explanation, width)
    yield from layout.paragraph(_left_out(explanation), width, 1)


def _table(links, width):
    shares = any(link.share is not None and abs(link.share - 1) > 1e-9 for link in links)
    head = ["link", "shapes", "|G| →", "gain"] + (["share"] if shares else []) + ["rule, for the G that arrives"]
    rows = [head]
    for link in links:
        row = [layout.shortened(str(link), 36), f"{shape(link.shape)} → {shape(link.into_shape)}",
               f"{_size(link.arriving)} → {_size(link.passed)}", gain_of(link)]  # fmt: skip
        row += [share_of(link)] if shares else []
        rows.append([*row, _rule(link, links)])
    yield from layout.columns(rows, width, most=1 if len(links) > 9 else 3)


def _size(summary):
    return "?" if summary is None else f"{summary.norm:.4g}"


def shape(dimensions):
    return f"({', '.join(map(str, dimensions))}{',' if len(dimensions) == 1 else ''})"


def gain_of(link):
    """The gain in words; in brackets where it is an effect of size only."""
    if link.gain is None:
        return "-"
    return f"({link.gain:.3g})" if link.size_effect else f"{link.gain:.3g}"


def share_of(link):
    return "?" if link.share is None else f"{link.share:.3f}"


def _rule(link, links):
    rule = link.formula or link.op
    same = [other for other in links if other.parent is link.parent]
    if len(same) > 1 and same[-1] is link:
        rule += f"; with this, {len(same)} links add up at {link.into}"
    if isinstance(link.local, Local) and link.local.zero and not link.size_effect:
        rule += f"; slope 0 at {link.local.zero:.0%}"
    return rule


def _sparkline(blocks, of, width):
    sizes = [block.bottom.arriving.norm for block in blocks if block.bottom.arriving is not None]
    if len(sizes) < 3:
        return
    positive = [size for size in sizes if 0 < size < math.inf]
    if not positive:
        return
    low, high = min(positive), max(positive)
    yield f" |∂{of}/∂h| by block, log scale {low:.1e} .. {high:.1e} (block 0 left, {len(blocks) - 1} right)"
    bars = [_bar(size, low, high) for size in _thinned(sizes, width - 2)]
    yield " " + "".join(bars)


def _bar(size, low, high):
    if not 0 < size < math.inf:
        return "·" if size == 0 else "!"
    span = math.log(high / low) if high > low else 0.0
    return _BARS[min(7, int(8 * math.log(size / low) / span))] if span > 0.05 else _BARS[3]


def _thinned(sizes, most):
    """At most so many of the sizes, evenly chosen."""
    if len(sizes) <= most:
        return sizes
    return [sizes[i * (len(sizes) - 1) // (most - 1)] for i in range(most)]


def _folds(explanation, width):
    folds = folds_of(explanation.blocks)
    for fold in folds[:6]:
        first, last = fold.blocks[0].number, fold.blocks[-1].number
        numbers = f"block {first}" if first == last else f"blocks {first}..{last}"
        spread = fold.spread()
        said = " + ".join(block.title for block in fold.blocks[: fold.period])
        times = "" if fold.times == 1 else f"{fold.times} x "
        if spread is None:
            gains = "gain unknown"
        elif fold.times == 1:
            gains = f"gain {spread[0]:.3g}"
        else:
            median, least, at_least, most, at_most = spread
            ends = f"min {least:.3g} (block {at_least})  max {most:.3g} (block {at_most})"
            gains = f"gain each: median {median:.3g}  {ends}"
        scope = f" in {fold.blocks[0].scope}" if fold.blocks[0].scope and fold.times == 1 else ""
        yield from layout.paragraph(f"{numbers:<14} {times}{layout.shortened(said, 60)}{scope}   {gains}", width, 1)
    if len(folds) > 6:
        yield f" … {sum(len(fold.blocks) for fold in folds[6:])} more blocks; block(i) shows each"


def odd_links(explanation, most=5):
    """The links whose gain stands out most from that of the links of the same operation."""
    groups = {}
    for link in explanation.links(all=True):
        if link.gain and math.isfinite(link.gain) and not link.size_effect:
            groups.setdefault((link.op, link.shape, link.into_shape), []).append(link)
    strange = []
    for links in groups.values():
        logs = sorted(math.log(link.gain) for link in links)
        median = logs[len(logs) // 2]
        strange += [(abs(math.log(link.gain) - median), link) for link in links if len(links) > 2]
    strange.sort(key=lambda pair: -pair[0])
    return [link for distance, link in strange[:most] if distance > math.log(1.2)]


def _odd(explanation, width):
    links = odd_links(explanation)
    if links:
        said = "; ".join(f"{_named(link)} gain {link.gain:.3g}" for link in links)
        yield from layout.paragraph(f"odd links      {said}", width, 1)


def _named(link):
    scope = f"{link.scope}: " if link.scope else ""
    return scope + layout.shortened(str(link), 40)


def _merges(explanation, width):
    """Where the paths part: the joints whose largest and smallest share differ from all and nothing."""
    groups = {}
    for link in explanation.links(all=True):
        if link.share is not None:
            groups.setdefault(link.joint, []).append(link)
    forks = [links for links in groups.values() if len(links) > 1 and sum(abs(l.share) for l in links) > 0.02]
    forks.sort(key=lambda links: -min(abs(link.share) for link in links))
    for links in forks[:4]:
        said = ", ".join(f"{link.into} {link.share:.3f}" for link in sorted(links, key=lambda l: -abs(l.share))[:5])
        yield from layout.paragraph(f"shares at      {links[0].name}: {said}", width, 1)


def _sources(explanation, width):
    joints = explanation.sources
    if len(joints) < 2:
        return
    rows = []
    for joint in joints:
        own = joint.value.norm if joint.value is not None else 0.0
        size = joint.arriving.norm if joint.arriving is not None else 0.0
        rows.append((size / own if own else math.inf if size else 0.0, joint, size))
    rows.sort(key=lambda row: -row[0] if row[0] == row[0] else 0)
    cells = [("input", "shape", "|g|", "|g|/|w|")]
    shown = rows if len(rows) <= 10 else rows[:5] + rows[-4:]
    for ratio, joint, size in shown:
        cells.append((layout.shortened(joint.label, 40), shape(joint.shape), f"{size:.3g}", f"{ratio:.2g}"))
    yield from layout.columns(cells, width)
    if len(rows) > len(shown):
        yield f"  … {len(rows) - len(shown)} inputs of the middle left out"


def _left_out(explanation):
    total = len(explanation.links(all=True))
    shown = len(explanation.links())
    text = f"left out: {total - shown:,} of {total:,} links; links(all=True), block(i) and path(k) show them"
    return text + (f". {explanation.why_no_shares}" if explanation.why_no_shares else "")


def sentence(explanation):
    """What the gradient means for the array as a whole, and its strongest entry."""
    of, wrt, size = explanation.of, explanation.wrt, explanation.size
    if size != size or size == math.inf:
        return "The gradient is not finite: a step along it means nothing."
    if size == 0:
        return f"Moving {wrt} a little does not change {of}, to first order."
    text = f"A small step of length h against the gradient lowers {of} by about {size:.4g}·h."
    strongest = explanation.strongest
    if strongest is not None:
        at = ", ".join(map(str, strongest[0]))
        text += f" The entry that matters most is {wrt}[{at}], with slope {compact(strongest[1])}."
    return text + _weakest(explanation.links(all=True))


def _weakest(links):
    losing = [link for link in links if link.shape == link.into_shape != () and link.gain and link.gain < 1]
    if not losing:
        return ""
    weakest = min(losing, key=lambda link: link.gain)
    return f" The gradient shrinks most at {weakest}, by a factor of {weakest.gain:.4g}."


def healthy(explanation):
    """The verdict where nothing was found."""
    totals = total_gain(explanation.blocks)
    if totals is not None and len(explanation.blocks) > 2:
        total, mean = totals
        return f"sound: {total:.2g} of the signal is left after {len(explanation.blocks)} blocks ({mean:.2f} per block)"
    return "sound: every link passes something on, and every number is finite"
