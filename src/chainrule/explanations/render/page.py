"""The report as one HTML page that loads nothing: the interactive view, and below it, for where no script runs, a
fragment without one, which notebooks show too."""

from html import escape
from pathlib import Path

from chainrule.explanations.collect.record import Local
from chainrule.explanations.collect.spine import folds_of
from chainrule.explanations.render import data, picture
from chainrule.explanations.render.report import gain_of, shape, share_of
from chainrule.pages import bundle

FOLDER = Path(__file__).parent / "interactive"  # the modules and the style of the view; the studio shows the same
_MOST = 4000  # links that are written out without a script
# Of the fragment only; see-through, so that it reads on any notebook's background, light or dark.
STYLE = """
.chainrule{font:15px/1.45 system-ui,sans-serif}.chainrule h1{font-size:1.25rem}.chainrule summary{cursor:pointer}
.chainrule .verdict{padding:.6rem .9rem;border-radius:8px;background:rgba(60,150,70,.12);border:1px solid #3c9646}
.chainrule .verdict.bad{background:rgba(200,50,50,.12);border-color:#c83232}
.chainrule details{margin:.2rem 0 .2rem .8rem}
.chainrule .finding{margin:.5rem 0 .5rem 1rem}.chainrule .finding b{font-weight:600}.chainrule code{font-size:12.5px}
.chainrule pre{background:rgba(127,127,127,.12);padding:.8rem;border-radius:8px;overflow-x:auto;font-size:12.5px}
.chainrule table{border-collapse:collapse;font-size:13px}
.chainrule td,.chainrule th{padding:.15rem .6rem;text-align:left;border-bottom:1px solid #7774;vertical-align:top}
.chainrule svg rect{fill:rgba(127,127,127,.12);stroke:#8a8a9a}.chainrule svg text{font-size:12px;fill:currentColor}
.chainrule svg .leaf rect{fill:rgba(60,150,70,.12);stroke:#7aa37a}
.chainrule .picture{overflow:auto;max-height:40rem;border:1px solid #7774;border-radius:8px}
"""


def page(explanation):
    """The whole page."""
    still = f'<style>{STYLE}</style><div class="chainrule">{fragment(explanation)}</div>'
    return from_data(data.as_dict(explanation), still)


def from_data(report, still=""):
    """The page of a report as `as_dict` has it; `still` is markup for where no script runs."""
    return bundle.document(f"∂{report['of']}/∂{report['wrt']}", report, "file", [FOLDER], ["report"], still)


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
