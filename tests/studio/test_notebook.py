"""The widget: Python answers what is typed, and the page's modules draw it in a shadow tree."""

import io
import json
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, MissingPackageError, ParseError

pytest.importorskip("anywidget", reason='anywidget is not installed: pip install "chainrule[notebook]"')

from chainrule.studio.notebook import Studio, widget

# A model as a notebook's front end has it, with what Python would answer put in by the test.
MODEL = """
window.model = {
  state: %s, listeners: {},
  get(name) { return this.state[name]; },
  set(name, value) { this.state[name] = value; },
  on(name, work) { this.listeners[name] = work; },
  save_changes() { this.saved = this.state.text; },
  answer(name, value) { this.state[name] = value; this.listeners[`change:${name}`](); },
};
window.view.render({ model: window.model, el: document.querySelector("div") });
"""


@pytest.fixture
def drawn(chromium):
    """Draws a widget on an empty page."""
    context = chromium.new_context()

    def draw(shown):
        page = context.new_page()
        page.set_content("<body><div></div></body>")
        state = json.dumps({name: getattr(shown, name) for name in ("view", "text", "found", "problem")})
        source = Studio._esm.replace("export default", "window.view =")
        page.add_script_tag(type="module", content=source + MODEL % state)
        return page

    yield draw
    context.close()


def test_typed_text_is_derived_again():
    shown = widget("sin(x^2)")
    shown.text = "sin("
    assert shown.problem["message"] and shown.problem["advice"]
    assert shown.found["title"] == "y = sin(x²)"  # the last that was right stays
    shown.text = "cos(3x)"
    assert shown.problem == {} and shown.found["title"] == "y = cos(3x)"


def test_a_derivation_in_a_notebook(drawn):
    shown = widget("sin(x^2)", window=(-2.0, 2.0))
    page = drawn(shown)
    page.locator(".place").press("End")
    page.locator(".at", has_text="x = 2").wait_for()
    value = float(page.locator(".slope-now").get_attribute("data-value"))
    assert value == pytest.approx(cr.derive("sin(x^2)").at(x=2.0).value, rel=1e-9)
    page.locator(".typed").fill("cos(3x)")
    assert page.evaluate("window.model.saved") == "cos(3x)"
    shown.text = "cos(3x)"
    page.evaluate("found => window.model.answer('found', found)", shown.found)
    page.locator(".ring text", has_text="u₁ = 3x").wait_for()
    page.evaluate("window.model.answer('problem', { message: 'wrong', advice: 'mend it' })")
    assert "mend it" in page.get_by_role("alert").inner_text()


def test_a_graph_in_a_notebook(drawn):
    w = cr.tensor(0.5, requires_grad=True)
    loss = (np.tanh(w * 2.0) - 1.0) ** 2
    page = drawn(widget(loss))
    page.get_by_role("button", name="To the end").click()
    shown = page.locator(".node[data-node=w]").get_attribute("data-gradient")
    loss.backward()
    assert json.loads(shown) == pytest.approx(w.grad.item(), rel=1e-12)


def test_an_explanation_in_a_notebook(drawn):
    w = {f"W{i}": cr.tensor(np.eye(3) * 0.5, requires_grad=True) for i in range(12)}
    h = np.ones((2, 3))
    for i in range(12):
        h = np.maximum(h @ w[f"W{i}"] - (9.0 if i == 4 else 0.0), 0.0)
    explanation = cr.explain(((h - 1.0) ** 2).sum(), wrt=w, show=False)
    shown = widget(explanation)
    assert shown.view == "explain" and shown.found == explanation.as_dict()
    page = drawn(shown)
    page.locator(".findings .jump").first.click()
    assert "np.maximum(h @ w" in page.locator(".program .line.now").text_content()
    page.get_by_role("button", name="Open all parts").click()
    assert page.locator(".link-line[data-link]").count() == len(explanation.links(all=True))
    page.locator(".folded [tabindex='0']").focus()  # the keys work inside the shadow tree too
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator(".link-title").inner_text() != ""
    other = widget(cr.explain(h.sum(), wrt=w["W11"], show=False))
    page.evaluate("found => window.model.answer('found', found)", other.found)  # a new report is shown
    page.locator(".report h1", has_text=other.found["headline"]).wait_for()


def test_a_training_in_a_notebook(drawn):
    look = cr.watch({"w": cr.tensor([1.0, -2.0], requires_grad=True)}, every=1, out=io.StringIO())
    shown = widget(look)
    assert shown.found == {}
    page = drawn(shown)
    page.locator(".waiting").wait_for()
    assert page.locator(".report").is_hidden()
    for step in (1, 2):
        loss = (look.model["w"] ** 2).sum()
        look(loss)
        assert shown.found["history"][-1]["step"] == step and shown.found["joints"][0]["value"]["most"] == 5.0
        page.evaluate("found => window.model.answer('found', found)", shown.found)
        page.locator(".step-now", has_text=str(step)).wait_for()
    assert page.locator(".waiting").is_hidden()


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "chainrule.studio.notebook")
    monkeypatch.delitem(vars(cr), "widget", raising=False)
    with pytest.raises(MissingPackageError, match=r"(.|\n)*pip install \"chainrule\[notebook\]\""):
        _ = cr.widget


def test_what_has_no_view():
    with pytest.raises(ArgumentError, match=r"no view of a list\n(.|\n)*give .* what explain or watch returns"):
        widget([1, 2])
    with pytest.raises(ParseError):
        widget("sin(")
