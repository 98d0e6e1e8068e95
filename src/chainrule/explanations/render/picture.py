"""The graph as inline SVG: layers from the value down, width of an edge = share, colour = gain.

A small graph is drawn joint by joint. A large one is drawn by its folds, one box for each run of equal blocks,
so that it can be read for ten joints and for ten thousand. The drawing needs a longest-path layering and one
sort by barycentre, which is less than a dependency would ask for.
"""

import math
from html import escape

from chainrule.explanations.collect.spine import folds_of

_MOST = 60  # joints that are drawn one by one
_WIDTH, _HEIGHT, _GAP = 150, 30, 34


def svg(explanation):
    """The picture of a whole explanation."""
    links = explanation.links(all=True)
    joints = {joint for link in links for joint in (link.joint, link.parent)}
    if len(joints) <= _MOST or not explanation.blocks:
        shown = links if len(joints) <= _MOST else links[:_MOST]
        return _graph(shown) + (_left_out(len(links) - len(shown)) if len(shown) < len(links) else "")
    return _folded(explanation)


def _left_out(count):
    return f"<p>{count:,} links are not drawn.</p>"


def _graph(links):
    order, depth = [], {}
    for link in links:
        for joint in (link.joint, link.parent):
            if joint not in depth:
                depth[joint] = 0
                order.append(joint)
    order.sort(key=lambda joint: joint.number)
    for link in sorted(links, key=lambda link: link.joint.number):
        depth[link.parent] = max(depth[link.parent], depth[link.joint] + 1)
    layers = {}
    for joint in order:
        layers.setdefault(depth[joint], []).append(joint)
    place = {}
    for level in sorted(layers):
        above = {j: [place[l.joint] for l in links if l.parent is j and l.joint in place] for j in layers[level]}
        layers[level].sort(key=lambda j: sum(above[j]) / len(above[j]) if above[j] else 0.0)
        middle = (len(layers[level]) - 1) / 2
        for i, joint in enumerate(layers[level]):
            place[joint] = i - middle
    spread = max(len(layer) for layer in layers.values())
    width, height = spread * (_WIDTH + 20) + 20, (max(layers) + 1) * (_HEIGHT + _GAP) + 10
    at = {j: (width / 2 + place[j] * (_WIDTH + 20), depth[j] * (_HEIGHT + _GAP) + 5) for j in order}
    lines = [_edge(link, at) for link in links]
    boxes = [_box(joint.label, f"{joint.op} {joint.shape or ''}", *at[joint], joint.leaf) for joint in order]
    return _framed(width, height, [*lines, *boxes])


def _framed(width, height, parts):
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">{"".join(parts)}</svg>'


def _box(label, under, x, y, leaf=False):
    shown = label if len(label) <= 20 else label[:18] + "…"
    kind = "leaf" if leaf else "joint"
    return (
        f'<g class="{kind}"><title>{escape(f"{label}: {under}")}</title>'
        f'<rect x="{x - _WIDTH / 2:.1f}" y="{y:.1f}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>'
        f'<text x="{x:.1f}" y="{y + 19:.1f}" text-anchor="middle">{escape(shown)}</text></g>'
    )


def _edge(link, at):
    (x1, y1), (x2, y2) = at[link.joint], at[link.parent]
    share = 1.0 if link.share is None else min(1.0, abs(link.share))
    y1 += _HEIGHT
    bend = max(20.0, (y2 - y1) / 2)
    said = f"{link}: {link.op}, gain {_number(link.gain)}, share {_number(link.share)}"
    curve = f"M{x1:.1f},{y1:.1f} C{x1:.1f},{y1 + bend:.1f} {x2:.1f},{y2 - bend:.1f} {x2:.1f},{y2:.1f}"
    return (
        f'<path d="{curve}" fill="none" '
        f'stroke="{colour(link.gain)}" stroke-width="{1 + 6 * share:.1f}"><title>{escape(said)}</title></path>'
    )


def _number(value):
    return "unknown" if value is None else f"{value:.3g}"


def colour(gain):
    """Blue where the signal shrinks, red where it grows, grey where it stays."""
    if gain is None or gain != gain:
        return "#888888"
    if gain == 0:
        return "#1b3a8a"
    strength = max(-1.0, min(1.0, math.log10(gain) if gain < math.inf else 1.0))
    start, end = (150, 150, 150), (200, 40, 40) if strength > 0 else (40, 80, 200)
    mixed = [round(a + (b - a) * abs(strength)) for a, b in zip(start, end)]
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def _folded(explanation):
    """One box for each fold, the value at the top."""
    folds = folds_of(explanation.blocks)[::-1]
    parts, y, width = [], 5.0, 460
    parts.append(_box(explanation.of, "the value", width / 2, y))
    for fold in folds:
        spread = fold.spread()
        gain = None if spread is None else spread[0]
        y += _HEIGHT + _GAP
        parts.append(
            f'<path d="M{width / 2:.1f},{y - _GAP:.1f} V{y:.1f}" stroke="{colour(gain)}" stroke-width="5" fill="none"/>'
        )
        title = " + ".join(block.title for block in fold.blocks[: fold.period])
        label = f"{fold.times} × {title}" if fold.times > 1 else title
        numbers = f"blocks {fold.blocks[0].number}..{fold.blocks[-1].number}, gain each {_number(gain)}"
        parts.append(
            f'<g class="joint"><title>{escape(f"{label}: {numbers}")}</title><rect x="20" y="{y:.1f}" width="420" '
            f'height="{_HEIGHT}" rx="6"/><text x="230" y="{y + 19:.1f}" text-anchor="middle">'
            f"{escape(label[:52])}</text></g>"
        )
    y += _HEIGHT + _GAP
    parts.append(f'<path d="M{width / 2:.1f},{y - _GAP:.1f} V{y:.1f}" stroke="#888888" stroke-width="3" fill="none"/>')
    parts.append(_box(explanation.wrt, "the input", width / 2, y, leaf=True))
    return _framed(width, y + _HEIGHT + 5, parts)
