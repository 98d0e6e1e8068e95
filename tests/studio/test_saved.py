"""A view as a file: it opens from disk, asks nothing of anybody, and still moves."""

import json

import pytest

import chainrule as cr
from chainrule.pages import bundle
from chainrule.studio import programs, saved


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
    for path in [path for folder in (*saved.FOLDERS, bundle.SHARED) for path in folder.glob("*.js")]:
        source = path.read_text(encoding="utf-8")
        imports = [line for line in source.splitlines() if line.startswith("import ")]
        exports = [line for line in source.splitlines() if line.startswith("export")]
        assert len(imports) == len(bundle.IMPORT.findall(source)), path.name
        assert len(exports) == len(bundle.EXPORT.findall(source)), path.name


def test_modules_of_all_rooms_have_names_of_their_own():
    names = [path.name for folder in (*saved.FOLDERS, bundle.SHARED) for path in folder.iterdir()]
    assert len(names) == len(set(names))
