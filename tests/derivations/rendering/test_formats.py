"""Every kind of derivation in every format: valid, self-contained, and the same content everywhere."""

import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

import chainrule as cr
from chainrule.derivations.messages import LANGUAGES
from chainrule.derivations.rendering import html
from chainrule.derivations.rendering.json import schema
from chainrule.errors import ArgumentError
from tests.derivations.rendering.samples import SOURCES

MATHML = "{http://www.w3.org/1998/Math/MathML}"
# https://www.w3.org/TR/mathml-core/, section 1.2: the elements of MathML Core that are laid out
CORE = """math merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle
    msub msubsup msup mtable mtd mtext mtr munder munderover""".split()
CHILDREN = {"mfrac": 2, "msup": 2, "msub": 2, "mroot": 2, "msubsup": 3}
EMPTY = ("meta",)


@pytest.fixture(scope="module", params=SOURCES, ids=[str(source)[:25] for source, _ in SOURCES])
def derivation(request):
    source, options = request.param
    return cr.derive(source, **options)


def _check_mathml(element, prefix=""):
    """Only elements of MathML Core, each with as many children as it needs."""
    for node in element.iter():
        name = node.tag.removeprefix(prefix)
        assert name in CORE, name
        assert len(node) == CHILDREN.get(name, len(node)), name
        if name in ("mi", "mn", "mo", "mtext"):
            assert len(node) == 0 and node.text, name
        if name in ("mrow", "msqrt", "mfrac"):
            assert not (node.text or "").strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_mathml_is_xml_and_core(derivation, language):
    root = ElementTree.fromstring(derivation.mathml(language=language))
    assert root.tag == MATHML + "math"
    _check_mathml(root, MATHML)


def test_mathml_reads_well(derivation):
    """After the name of a function there is U+2061, so that f(x) is not read as a product."""
    root = ElementTree.fromstring(derivation.mathml())
    for row in root.iter(MATHML + "mrow"):
        children = list(row)
        for one, other in zip(children, children[1:]):
            name = "".join(one.itertext())
            assert not (one.tag == MATHML + "mi" and len(name) > 1 and other.tag == MATHML + "mrow"), name
        names = [child for child in children if child.tag == MATHML + "mi" and len(child.text) > 2]
        for name in names:
            after = children.index(name) + 1
            assert after >= len(children) or children[after].text == "\u2061", name.text
    intents = [node.get("intent") for node in root.iter() if node.get("intent")]
    assert any("derivative(" in intent for intent in intents)


def _inside(text, left, right):
    depth = 0
    for token in re.findall(re.escape(left) + "|" + re.escape(right), text):
        depth += 1 if token == left else -1
        assert depth >= 0
    return depth


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("document", [False, True])
def test_latex_is_balanced(derivation, document, language):
    text = derivation.latex(document=document, language=language)
    unescaped = re.sub(r"\\[{}]", "", text)
    for left, right in (("{", "}"), (r"\left", r"\right"), (r"\[", r"\]"), (r"\(", r"\)")):
        body = re.sub(r"\\\\\[1\.5ex\]", r"\\\\", unescaped)
        body = re.sub(r"\\left\b|\\right\b", lambda found: found[0] + " ", body)
        assert _inside(body, left, right) == 0, left
    opened = []
    for kind, name in re.findall(r"\\(begin|end)\{([a-z*]+)\}", text):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    assert text.startswith(r"\documentclass{article}") == document
    assert not re.search(r"[^\x00-\x7fäöüÄÖÜß“”„]", text), "a sign that LaTeX would need a package for"
    if not document:
        assert r"\usepackage" not in text


def test_latex_rows_have_as_many_cells_as_their_table(derivation):
    for table in re.findall(r"\\begin\{array\}\{rlll\}\n(.*?)\\end\{array\}", derivation.latex(), re.DOTALL):
        for row in table.split(r" \\[1.5ex]"):
            row = re.sub(r"\\begin\{cases\}.*?\\end\{cases\}", "", row)
            assert row.count("&") == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_needs_nothing_else(derivation, language):
    page = derivation.html(language=language)
    assert page.startswith("<!DOCTYPE html>\n") and f'lang="{language}"' in page
    root = ElementTree.fromstring(page.split("\n", 1)[1])
    names = {node.tag for node in root.iter()}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    for node in root.iter():
        assert not {"src", "href", "action", "srcset"} & set(node.attrib)
        assert not any(name.startswith("on") for name in node.attrib)
        assert not any(re.search("//|javascript", value) for value in node.attrib.values())
        if node.tag == "math":
            _check_mathml(node)
    style = root.find("head/style").text
    assert "url(" not in style and "@import" not in style and "prefers-color-scheme: dark" in style
    assert root.find("head/title").text


def test_html_headings_do_not_skip_a_level(derivation):
    root = ElementTree.fromstring(derivation.html().split("\n", 1)[1])
    levels = [int(node.tag[1]) for node in root.iter() if re.fullmatch("h[1-6]", node.tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(levels, levels[1:]))


def test_a_letter_keeps_its_colour():
    page = cr.derive("sqrt(1 + sin(e^(x^2)))").html()
    root = ElementTree.fromstring(page.split("\n", 1)[1])
    colours = {}
    for node in root.iter("mrow"):
        shown = "".join(node.itertext())
        if node.get("class") and re.fullmatch(r"u\d", shown):
            colours.setdefault(shown, set()).add(node.get("class"))
    assert colours == {"u1": {"u1"}, "u2": {"u2"}, "u3": {"u3"}}
    heading = root.find(".//h1")
    classes = {node.get("class"): "".join(node.itertext()) for node in heading.iter("mrow") if node.get("class")}
    assert list(classes) == ["u1", "u2", "u3"] and classes["u3"] == "x2" and classes["u2"] == "ex2"


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(a, b):
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_read():
    """Contrast of at least 4.5 : 1 (WCAG 2.2, 1.4.3), in the light and in the dark."""
    for light, dark in (*html.COLOURS, (html.LIGHT[1], html.DARK[1])):
        assert _contrast(light, html.LIGHT[0]) >= 4.5 and _contrast(dark, html.DARK[0]) >= 4.5


def test_a_notebook_gets_a_piece_of_a_page(derivation):
    bundle = derivation._repr_mimebundle_()
    assert list(bundle) == ["text/plain", "text/latex", "text/html"]
    assert "<html" not in bundle["text/html"] and bundle["text/html"] == derivation._repr_html_()
    assert ElementTree.fromstring(bundle["text/html"]).tag == "div"
    assert bundle["text/latex"] == derivation._repr_latex_() == derivation.latex()
    assert list(derivation._repr_mimebundle_(include=["text/html"])) == ["text/html"]
    assert "text/html" not in derivation._repr_mimebundle_(exclude=["text/html"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_json_conforms_to_its_schema(derivation, language):
    jsonschema = pytest.importorskip("jsonschema")
    data = json.loads(derivation.json(language=language))
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(data, schema())


def test_json_says_what_is_asked_of_a_derivation():
    data = json.loads(cr.derive("sin(x^2)", at={"x": 0.5}).json())
    assert data["format"] == "chainrule-derivation" and data["version"] == 1
    assert data["question"]["text"] == "sin(x²)" and data["result"]["latex"].startswith(r"\cos")
    assert data["numbers"]["point"] == {"x": 0.5} and data["numbers"]["value"] == pytest.approx(0.9689124217106447)
    table = next(item for block in data["blocks"] for item in block["items"] if item["type"] == "factors")
    assert [factor["rule"] for factor in table["factors"]] == ["sin", "power"]
    assert [factor["inner"]["text"] for factor in table["factors"]] == ["x²", "x"]
    undefined = json.loads(cr.derive("|x|", at={"x": 0.0}).json())
    assert undefined["numbers"]["value"] is None and undefined["numbers"]["one_sided"] == [-1.0, 1.0]


def test_ids_are_the_same_in_every_language(derivation):
    def ids(value):
        if isinstance(value, dict):
            keys = ("id", "rule", "message", "kind", "type")
            return [value.get(key) for key in keys], [ids(one) for one in value.values()]
        return [ids(one) for one in value] if isinstance(value, list) else None

    texts = {language: json.loads(derivation.json(language=language)) for language in LANGUAGES}
    assert ids(texts["en"]) == ids(texts["de"])
    assert texts["en"]["blocks"][-1] != texts["de"]["blocks"][-1]


def test_formats_agree_in_content(derivation):
    """Each heading and sentence of the outline is in every format; each equation has a row."""
    data = json.loads(derivation.json())
    page = "".join(ElementTree.fromstring(derivation.html().split("\n", 1)[1]).itertext())
    formula = "".join(ElementTree.fromstring(derivation.mathml()).itertext()).replace("\xa0", " ")
    equations = 0
    stack = list(data["blocks"])
    while stack:
        item = stack.pop()
        if item["type"] == "block":
            stack.extend(item["items"])
            stack.extend([item["heading"]] if item["heading"] else [])
        elif item["type"] == "equation":
            equations += 1
        elif item["type"] == "sentence" and not any(
            value["type"] != "text" and value["type"] != "number" for value in item["values"].values()
        ):
            assert item["text"] in page and item["text"] in formula
    aligned = re.findall(r"\\begin\{align\*\}(.*?)\\end\{align\*\}", derivation.latex(), re.DOTALL)
    starts = [line for block in aligned for line in block.split("\n") if re.match(r"\S", line)]
    assert len(starts) >= equations * 0.9  # a few rows are continued by cases


def test_languages_change_words_and_nothing_else():
    derivation = cr.derive("max(x, x^2) + sqrt(x)")
    german = derivation.latex(language="de")
    assert r"\text{falls }" in german and r"\text{if }" not in german and "Ergebnis" in german
    assert "<mtext>falls" in derivation.mathml(language="de")
    assert "falls" in derivation.render("text", language="de")
    with pytest.raises(ArgumentError, match="language='fr' is not known"):
        derivation.html(language="fr")
    with pytest.raises(ArgumentError, match="format='pdf' is not known"):
        derivation.render("pdf")
