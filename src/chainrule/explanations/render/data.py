"""An explanation as plain data, for JSON and for pages."""

import math
from dataclasses import fields

from chainrule.explanations.collect.record import Local, Summary


def as_dict(explanation):
    """Everything an explanation knows, in dicts, lists, numbers and texts; numbers that JSON lacks are texts."""
    return {
        "of": explanation.of,
        "wrt": explanation.wrt,
        "framework": explanation.framework,
        "size": plain(explanation.size) if explanation.sources else None,
        "path_count": explanation.path_count,
        "verdict": explanation.verdict,
        "findings": [found.as_dict() for found in explanation.findings],
        "sentence": explanation.sentence if explanation.sources else "",
        "notes": list(explanation.notes),
        "links": [link_dict(link) for link in explanation.links(all=True)],
        "blocks": [
            {"number": block.number, "title": block.title, "scope": block.scope, "gain": plain(block.gain),
             "links": [link.index for link in block.links]}
            for block in explanation.blocks
        ],
    }  # fmt: skip


def link_dict(link):
    """One link."""
    local = link.local
    return {
        "index": link.index, "op": link.op, "name": link.name, "into": link.into, "expression": link.expression,
        "file": link.where.file, "line": link.where.line, "scope": link.scope, "shape": list(link.shape),
        "into_shape": list(link.into_shape), "formula": link.formula, "gain": plain(link.gain),
        "size_effect": link.size_effect, "share": plain(link.share), "status": link.status,
        "from": link.joint.number, "to": link.parent.number,
        "local": record(local) if isinstance(local, Local) else plain(local),
        "value": record(link.value), "arriving": record(link.arriving), "passed": record(link.passed),
    }  # fmt: skip


def record(summary: Summary | Local | None):
    """A dataclass of numbers as a dict."""
    if summary is None:
        return None
    return {field.name: plain(getattr(summary, field.name)) for field in fields(summary)}


def plain(value):
    """A number as JSON has it."""
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, complex):
        return {"real": plain(value.real), "imag": plain(value.imag)}
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    return value
