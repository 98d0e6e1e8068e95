"""Worksheets and their solutions."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

import chainrule as cr
from chainrule.exercises import Worksheet
from chainrule.exercises.messages import LANGUAGES


@pytest.fixture(scope="module", params=LANGUAGES)
def sheet(request):
    return Worksheet(cr.practice("mixed", 2, seed=3, language=request.param), 5)


@pytest.mark.parametrize("solutions", [False, True])
def test_html(sheet, solutions):
    page = sheet.html(solutions=solutions)
    root = ElementTree.fromstring(page.split("\n", 1)[1])
    names = {node.tag for node in root.iter()}
    assert not names & {"script", "link", "img"} and "//" not in page
    assert root.get("lang") == sheet.language
    assert len([node for node in root.iter("h2")]) == 5 and len(list(root.iter("h1"))) == 1
    assert len(list(root.iter("math"))) >= (20 if solutions else 5)


@pytest.mark.parametrize("solutions", [False, True])
def test_latex(sheet, solutions):
    text = sheet.latex(solutions=solutions)
    assert text.startswith(r"\documentclass{article}") and text.rstrip().endswith(r"\end{document}")
    assert text.count(r"\subsection*") == 5
    opened = []
    for kind, name in re.findall(r"\\(begin|end)\{([a-z*]+)\}", text):
        opened.append(name) if kind == "begin" else opened.remove(name)
    assert not opened and text.count("{") == text.count("}")


def test_only_the_solution_sheet_has_the_answers(sheet):
    answer = "mathrm{d}"
    assert answer not in sheet.latex() and answer in sheet.latex(solutions=True)


def test_the_sheet_says_how_to_get_it_again(sheet):
    assert str(sheet.practice.seed) in sheet.latex()
