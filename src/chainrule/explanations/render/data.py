"""An explanation as plain data, for JSON and for pages."""

import linecache
import math
from dataclasses import fields

from chainrule.explanations.collect.record import Local
from chainrule.explanations.render import layout
from chainrule.explanations.render.folding import Folding

FORMAT = "chainrule report"  # how a file says what it is
_AROUND = 2  # lines of the program before and after one that is shown
_FACTORS = 200  # of one path, that are written out
_LONGEST_LINE = 400


def as_dict(explanation):
    """Everything an explanation knows, in dicts, lists, numbers and texts; numbers that JSON lacks are texts."""
    links = explanation.links(all=True)
    folding = Folding(explanation)
    return {
        "format": FORMAT,
        "of": explanation.of,
        "wrt": explanation.wrt,
        "framework": explanation.framework,
        "headline": explanation.headline,
        "size": plain(explanation.size) if explanation.sources else None,
        "path_count": explanation.path_count,
        "verdict": explanation.verdict,
        "findings": [found.as_dict() | {"link": link_of(found, links)} for found in explanation.findings],
        "sentence": explanation.sentence if explanation.sources else "",
        "notes": [note for note in (*explanation.notes, explanation.why_no_shares) if note],
        "paths": [path_dict(path, links) for path in explanation.paths],
        "links": [link_dict(link) for link in links],
        "joints": [joint_dict(joint, folding.inside.get(joint)) for joint in folding.joints],
        "parts": [record(part) for part in folding.parts],
        "blocks": [
            {"number": block.number, "title": block.title, "scope": block.scope, "gain": plain(block.gain),
             "links": [link.index for link in block.links]}
            for block in explanation.blocks
        ],
        "program": program_lines([*links, *explanation.findings]),
        "cells": {file: cell for file in _files(links) if (cell := layout.cell_of(file)) is not None},
    }  # fmt: skip


def _files(links):
    return sorted({link.where.file for link in links if link.where.file is not None})


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


def joint_dict(joint, part):
    """One value of the graph, and the part that it lies in."""
    return {
        "number": joint.number, "op": joint.op, "name": joint.label, "expression": joint.expression,
        "shape": list(joint.shape), "leaf": joint.leaf, "part": part, "value": record(joint.value),
        "arriving": record(joint.arriving),
    }  # fmt: skip


def path_dict(path, links):
    """One path of a chain of numbers: its factors between variables, each with the links it is made of."""
    numbers = {(link.joint.origin, link.argument): link.index for link in links}
    factors = path.factors if len(path.factors) <= _FACTORS else []
    return {
        "product": plain(float(path.product)),
        "factors": [
            {
                "name": factor.name,
                "symbol": factor.symbol,
                "numbers": factor.numbers,
                "value": plain(float(factor.value)),
                "links": [numbers[link.step, link.index] for link in factor.links],
            }
            for factor in factors
        ],
    }


def link_of(found, links):
    """The index of the link that a finding is about: where its value was made, or the link that leads to it."""
    for matches in (
        lambda link: link.where == found.where,
        lambda link: link.parent.where == found.where,
        lambda link: found.where.name and found.where.name in (link.name, link.into),
        lambda link: link.where.line is not None and link.where.at == found.where.at,
    ):
        index = next((link.index for link in links if matches(link)), None)
        if index is not None:
            return index
    return None


def program_lines(placed):
    """File -> line -> text, of every line that a link or a finding is at, and of those around it."""
    found = {}
    wanted = {(one.where.file, one.where.line) for one in placed if one.where.file is not None}
    for file, line in sorted(wanted):
        lines = linecache.getlines(file)
        for number in range(max(1, line - _AROUND), min(len(lines), line + _AROUND) + 1):
            found.setdefault(file, {})[str(number)] = lines[number - 1].rstrip()[:_LONGEST_LINE]
    return {file: dict(sorted(lines.items(), key=lambda item: int(item[0]))) for file, lines in found.items()}


def record(summary):
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
