"""A view as a file: it opens from disk, asks nothing of anybody, and still moves."""

import json

import pytest

import chainrule as cr
from chainrule.studio import programs, saved


@pytest.fixture
def opened(chromium, tmp_path):
    """Opens a file's text from disk, and sees to it that it loads nothing and complains of nothing."""
    contexts, asked, complaints = [], [], []

    def open_(text):
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        contexts.append(chromium.new_context(offline=True))
        page = contexts[-1].new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.goto(path.as_uri())
        page.locator("main[data-view]").wait_for()
        return page

    yield open_
    for context in contexts:
        context.close()
    assert len(asked) == 1 and not complaints


def test_a_derivation(client, opened):
    answer = client.get("/api/saved/derive?text=sin(x%5E2)&from=-2&to=2")
    assert answer.headers["content-disposition"] == "attachment"
    page = opened(answer.text)
    page.locator(".place").press("End")
    page.locator(".at", has_text="x = 2").wait_for()
    shown = float(page.locator(".slope-now").get_attribute("data-value"))
    assert shown == pytest.approx(cr.derive("sin(x^2)").at(x=2.0).value, rel=1e-9)
    assert page.locator(".derivation math").count() > 3 and page.locator(".ring").count() == 3


def test_a_derivation_without_numbers(client, opened):
    page = opened(client.get("/api/saved/derive?text=x%5E2%2By%5E2%3D25").text)
    assert page.locator(".derivation math").count() > 2 and page.locator(".place").is_hidden()


def test_a_graph(client, opened):
    values = {"w": -0.75}
    answer = client.get("/api/saved/backward", params={"program": "neuron", "values": json.dumps(values)})
    page = opened(answer.text)
    page.get_by_role("button", name="To the end").click()
    boxes = page.locator(".node").evaluate_all("all => all.map(box => [box.dataset.node, box.dataset.gradient])")
    expected = {node["name"]: node["gradient"] for node in programs.run("neuron", values=values)["nodes"]}
    assert {name: json.loads(gradient) for name, gradient in boxes} == expected
    assert page.locator(".inputs").is_hidden() and page.locator(".save").is_hidden()


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("derive?text=sin(x", "this ( is never closed"),
        ("derive?text=x&from=a&to=1", "from is 'a', not a number"),
        ("derive?text=x&fixed=[1]", "fixed is not a JSON object"),
        ("backward?program=x", "there is no program 'x'"),
        ("backward?values={", "values is not a JSON object"),
    ],
)
def test_what_cannot_be_saved(client, address, what):
    answer = client.get(f"/api/saved/{address}")
    assert answer.status_code == 400 and what in answer.json()["error"]["what"]


def test_every_module_is_read_as_the_bundle_expects():
    """A module with another form of import or export would be lost in a file."""
    for path in saved._PAGE.glob("*.js"):
        source = path.read_text(encoding="utf-8")
        imports = [line for line in source.splitlines() if line.startswith("import ")]
        exports = [line for line in source.splitlines() if line.startswith("export")]
        assert len(imports) == len(saved._IMPORT.findall(source)), path.name
        assert len(exports) == len(saved._EXPORT.findall(source)), path.name
