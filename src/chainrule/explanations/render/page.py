"""The report as one HTML page: self-contained, no script, nothing loaded from elsewhere."""

from html import escape

from chainrule.explanations.collect.record import Local
from chainrule.explanations.collect.spine import folds_of
from chainrule.explanations.render import picture
from chainrule.explanations.render.report import gain_of, shape, share_of

_MOST = 4000  # links that are written out
STYLE = """
body.chainrule{margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1c1c1c;background:#fff}
.chainrule{font:15px/1.45 system-ui,sans-serif}
h1{font-size:1.25rem}.verdict{padding:.6rem .9rem;border-radius:8px;background:#eef6ee;border:1px solid #bcd8bc}
.verdict.bad{background:#fbeeee;border-color:#e2bcbc}.finding{margin:.5rem 0 .5rem 1rem}.finding b{font-weight:600}
pre{background:#f6f6f6;padding:.8rem;border-radius:8px;overflow-x:auto;font-size:12.5px;line-height:1.35}
details{margin:.2rem 0 .2rem .8rem}summary{cursor:pointer}table{border-collapse:collapse;font-size:13px}
td,th{padding:.15rem .6rem;text-align:left;border-bottom:1px solid #e4e4e4;vertical-align:top}code{font-size:12.5px}
svg rect{fill:#f4f4f8;stroke:#8a8a9a}svg .leaf rect{fill:#eef6ee;stroke:#7aa37a}svg text{font-size:12px;fill:#1c1c1c}
.picture{overflow:auto;max-height:40rem;border:1px solid #e4e4e4;border-radius:8px}
@media(prefers-color-scheme:dark){body.chainrule{background:#16171a;color:#e6e6e6}pre{background:#202226}
.verdict{background:#1d2a1d;border-color:#3a5a3a}.verdict.bad{background:#331f1f;border-color:#6a3a3a}
td,th{border-color:#333}svg rect{fill:#26282e;stroke:#777}svg .leaf rect{fill:#1d2a1d}svg text{fill:#e6e6e6}}
"""


def page(explanation):
    """The whole page."""
    title = f"∂{explanation.of}/∂{explanation.wrt}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f'<body class="chainrule">{fragment(explanation)}</body></html>\n'
    )


def fragment(explanation):
    """The body of the page, as a notebook shows it."""
    text = str(explanation)
    bad = " bad" if explanation.findings else ""
    parts = [
        f"<h1>{escape(text.splitlines()[0])}</h1>",
        f'<p class="verdict{bad}">{escape(explanation.verdict)}</p>',
        *(_finding(found) for found in explanation.findings),
        *(f"<p>{escape(note)}</p>" for note in explanation.notes),
    ]
    if explanation.sources:
        parts += [
            f'<details open><summary>graph</summary><div class="picture">{picture.svg(explanation)}</div>'
            "<p>Width of an edge: its share of the gradient. Colour: blue where the signal shrinks, red where it "
            "grows.</p></details>",
            f"<details><summary>as text</summary><pre>{escape(text)}</pre></details>",
            *_tree(explanation),
        ]
    return "\n".join(parts)


def _finding(found):
    place = f" <code>{escape(str(found.where))}</code>" if str(found.where) else ""
    return (
        f'<p class="finding"><b>{found.kind}</b>{place}: {escape(found.evidence)}<br>what to do: '
        f"{escape(found.repair)}</p>"
    )


def _tree(explanation):
    """Folds, their blocks, their links; what belongs to no block last."""
    links, written = explanation.links(all=True), 0
    inside = {link for block in explanation.blocks for link in block.links}
    for fold in folds_of(explanation.blocks):
        name = f"blocks {fold.blocks[0].number}..{fold.blocks[-1].number}" if len(fold.blocks) > 1 else "block"
        yield f"<details><summary>{name}: {fold.times} × {escape(fold.blocks[0].title)}</summary>"
        for block in fold.blocks:
            gain = "unknown" if block.gain is None else f"{block.gain:.3g}"
            scope = f" <code>{escape(block.scope)}</code>" if block.scope else ""
            yield f"<details><summary>block {block.number}{scope}, gain {gain}</summary>"
            if written < _MOST:
                yield table(block.links)
            written += len(block.links)
            yield "</details>"
        yield "</details>"
    rest = [link for link in links if link not in inside]
    shown = rest[: max(0, _MOST - written)]
    opened = "" if explanation.blocks else " open"
    yield f"<details{opened}><summary>{len(rest):,} links</summary>{table(shown)}</details>"
    if max(written, _MOST) > _MOST or len(shown) < len(rest):
        yield f"<p>Left out: what goes beyond {_MOST:,} links; links(all=True) has all {len(links):,}.</p>"


def table(links):
    """Links as rows of a table."""
    head = "<tr><th>link</th><th>shapes</th><th>|G| →</th><th>gain</th><th>share</th><th>rule</th><th>where</th></tr>"
    return f"<table>{head}{''.join(map(_row, links))}</table>"


def _row(link):
    sizes = " → ".join("?" if s is None else f"{s.norm:.4g}" for s in (link.arriving, link.passed))
    local = f"<br>{escape(str(link.local))}" if isinstance(link.local, Local) else ""
    cells = [
        f'<span title="{escape(link.expression)}">{escape(str(link))}</span>',
        f"{shape(link.shape)} → {shape(link.into_shape)}",
        sizes,
        f'<span style="color:{picture.colour(link.gain)}">{gain_of(link)}</span>',
        share_of(link),
        f"<code>{escape(link.formula or link.op)}</code>{local}",
        f"<code>{escape(link.where.at)}</code>",
    ]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
