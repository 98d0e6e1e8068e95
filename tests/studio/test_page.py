"""The page in a browser: what stands on it is what the engine computed."""

import html
import json
import math
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.exercises import Practice, Walkthrough
from chainrule.expressions.text import text as plain
from chainrule.studio import programs, training
from chainrule.studio.deriving import derived
from chainrule.studio.lesson import TENSORFLOW, TORCH


def gradients(page):
    boxes = page.locator(".graph .node").evaluate_all("all => all.map(box => [box.dataset.node, box.dataset.gradient])")
    return {name: json.loads(gradient) if gradient else None for name, gradient in boxes}


def until(locator, text):
    """Wait until an element's text matches."""
    from playwright.sync_api import expect

    expect(locator).to_have_text(re.compile(text), timeout=15_000)


def test_the_first_sight(visit):
    seen = visit("derive")
    page = seen.page
    page.locator(".slope-now").wait_for()
    assert "token" not in page.url
    assert page.title() == "Derive – chainrule studio"
    assert all(url.startswith(seen.address) for url in seen.requests)
    for view in ("lesson", "practice", "train", "explain", "backward", "derive"):
        seen.open(view)
    assert 30_000 < seen.bytes < 300_000


def test_step_by_step_to_the_right_products(visit):
    page = visit("backward?program=neuron").page
    page.locator(".graph .node[data-node=w][data-value='0.5']").wait_for()
    page.get_by_role("button", name="To the start").click()
    assert page.locator(".graph .node.known").count() == 0
    replay = programs.run("neuron")
    for step in replay["forward"] + replay["backward"]:
        page.get_by_role("button", name="One step on").click()
        assert page.locator(".step-formula").inner_text() == step["formula"]
        assert page.locator(".step-sentence").inner_text() == step["sentence"]
    expected = cr.grad(lambda w, x, b, y: (cr.sigmoid(w * x + b) - y) ** 2, argnums=(0, 1, 2, 3))(0.5, 2.0, 0.0, 1.0)
    found = gradients(page)
    assert [found[name] for name in "wxby"] == pytest.approx(expected, rel=1e-14)
    factors = page.locator(".factor b").all_inner_texts()
    assert factors == ["−0.5379", "0.1966", "2"]
    page.get_by_role("button", name="One step back").click()
    assert gradients(page)["x"] is None


def test_a_change_is_followed_at_once(visit):
    page = visit("backward?program=neuron&step=18").page
    page.get_by_label("w", exact=True).fill("1.25")
    page.locator(".graph .node[data-node=w][data-value='1.25']").wait_for()
    page.get_by_label("Activation").select_option("tanh")
    page.locator(".line", has_text="np.tanh(z)").wait_for()
    page.get_by_label("y, slider").press("Home")
    page.locator(".graph .node[data-node=y][data-value='-3']").wait_for()
    expected = cr.grad(lambda w: (np.tanh(w * 2.0) + 3.0) ** 2)(1.25)
    assert gradients(page)["w"] == pytest.approx(expected, rel=1e-14)
    page.reload()  # the state is in the address
    page.locator(".graph .node[data-node=y][data-value='-3']").wait_for()
    assert gradients(page)["w"] == pytest.approx(expected, rel=1e-14)


def test_sums_add_at_a_fork(visit):
    page = visit("backward?program=shared&step=99").page
    page.locator(".graph .node[data-node=w]").click()
    chosen = page.locator(".chosen-gradient")
    expected = next(node for node in programs.run("shared")["nodes"] if node["name"] == "w")["gradient"]
    assert json.loads(chosen.get_attribute("data-value")) == expected
    assert page.locator(".ways .product").count() == 2
    said = page.locator(".ways").inner_text()
    assert "sum over 2 ways" in said and "= 0.02656" in said


def test_matrices_by_rules(visit):
    page = visit("backward?program=matrices&step=99").page
    page.get_by_label("W1, row 1, column 2").fill("2")
    page.locator(".graph .node[data-node=W1]", has_text="3×2").wait_for()
    page.locator('.graph .node[data-node=W1][data-value*="[0.6,2]"]').wait_for()
    W1 = [[0.6, 2.0], [0.3, 0.8], [-0.5, 0.2]]
    expected = next(n for n in programs.run("matrices", values={"W1": W1})["nodes"] if n["name"] == "W1")["gradient"]
    assert gradients(page)["W1"] == expected


def test_the_users_own_program(visit):
    seen = visit("backward")
    page = seen.page
    page.get_by_label("Program", exact=True).select_option("own")
    assert page.locator(".graph").count() == 0  # nothing is run unasked
    page.get_by_role("button", name="Run it").click()
    until(page.locator(".printed"), "printed:\n-0.2115083485841751\n")
    page.get_by_role("button", name="To the end").click()
    assert gradients(page)["w"] == pytest.approx(-0.21150834)
    page.locator("#source").fill(TORCH + "1 / 0\n")
    page.get_by_role("button", name="Run it").click()
    problem = page.get_by_role("alert")
    problem.wait_for()
    assert "line 14: ZeroDivisionError" in problem.inner_text() and "What to do" in problem.inner_text()
    assert ["400" in complaint for complaint in seen.complaints] == [True]  # Chromium notes the refusal
    seen.complaints.clear()


OWN = {
    "torch": TORCH,
    "tensorflow": TENSORFLOW,
    "numpy": "import numpy as np\nimport chainrule as cr\n\nw = cr.tensor(0.5, requires_grad=True)\n"
    "x, b, y = 2.0, 0.0, 1.0\nz = w * x + b\na = 1 / (1 + np.exp(-z))\nloss = (a - y) ** 2\n",
}


@pytest.mark.parametrize("spelling", OWN)
def test_a_number_of_the_users_program_is_changed_and_everything_follows(visit, spelling):
    page = visit("backward?program=own").page
    page.locator("#source").fill(OWN[spelling])
    page.locator("#source").press("Control+Enter")
    page.locator(".graph .node[data-node=w]").wait_for()
    page.get_by_role("button", name="To the end").click()
    for value in (1.25, -2.0):
        page.get_by_label("w", exact=True).fill(str(value))
        page.locator(f".graph .node[data-node=w][data-value='{value:g}']").wait_for()
        expected = cr.grad(lambda w: (cr.sigmoid(w * 2.0) - 1.0) ** 2)(value)
        assert gradients(page)["w"] == pytest.approx(expected, rel=1e-6)
        assert f"({value:.6g}" in page.locator("#source").input_value().replace(".0,", ",").replace(".0)", ")")
    page.reload()  # the program is kept in this window, and not run
    assert page.locator("#source").input_value().count("w = ") == 1
    assert page.locator(".graph").count() == 0


def test_keyboard_and_pace(visit):
    page = visit("backward?program=neuron&step=0", reduced_motion="reduce").page
    page.locator(".graph .node").first.wait_for()
    page.get_by_role("button", name="Play").focus()
    for key, count in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 18), ("Home", 0)):
        page.keyboard.press(key)
        assert page.locator(".scrub").input_value() == str(count)
    page.keyboard.press("Enter")
    until(page.locator(".transport output"), r"forward [2-9] of 9|backward")
    page.keyboard.press("Enter")
    assert page.get_by_role("button", name="Play").inner_text() == "Play"


def test_a_training_run_to_a_falling_loss(visit):
    page = visit("train?data=circles&depth=2&rate=1&width=6").page
    page.locator("#start").click()
    until(page.locator("[data-read=step]"), r"\d{3,}")
    page.locator("#start").click()
    losses = page.locator("svg[data-last]").evaluate("plot => [plot.dataset.first, plot.dataset.last].map(Number)")
    run = training.Run(training.Setting(data="circles", depth=2, rate=1.0, width=6))
    assert losses[0] == pytest.approx(float(run.loss), rel=1e-12) and losses[1] < losses[0]
    first = json.loads(page.locator("svg[data-first][data-sizes]").get_attribute("data-first"))
    assert first == pytest.approx(run.first_sizes, rel=1e-12)
    run.advance(int(page.locator("[data-read=step]").inner_text()))
    assert losses[1] == pytest.approx(float(run.loss), rel=1e-9)


def test_a_training_is_told_by_a_verdict(visit):
    page = visit("train?steps=100").page
    page.get_by_role("button", name="Vanishing").click()
    until(page.locator("#verdict"), "Before the first step: vanishing")
    assert page.locator(".bar-of").count() == 9


@pytest.mark.parametrize(
    "view",
    [
        "lesson",
        "derive?text=sqrt(1%2Bsin(e%5E(cos(x%5E2))))",
        "derive?text=x%5E2*sin(x)%2Bln%20x&picture=tree",
        "backward?program=own",
        "practice?seed=1",
        "backward?program=shared&step=99",
        "train",
    ],
)
def test_nothing_serious_for_axe(visit, view):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = visit(view).page
    if view == "train":
        page.locator("#start").click()
        page.locator(".bar-of").first.wait_for()
    elif view.startswith("derive"):
        page.locator(".slope-now").wait_for()
    elif view.endswith("own"):
        page.get_by_role("button", name="Run it").click()
        page.locator(".graph .node").first.wait_for()
    elif view == "lesson":
        page.locator(".lesson .slope-now").nth(4).wait_for(state="attached")
        page.locator(".lesson .graph").nth(1).wait_for()
    elif view.startswith("practice"):
        page.locator("#answer-0").wait_for()
    else:
        page.locator(".graph .node.reached").first.wait_for()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = axe.Axe().run(page).response["violations"]
        serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
        assert not serious, scheme


PHONE = {"width": 360, "height": 740}
READY = {
    "lesson": ".lesson .graph .node",
    "derive?text=x%5E2*sin(x)%2Be%5Ex&picture=tree": ".slope-now",
    "backward?program=network": ".graph .node",
    "backward?program=matrices": ".graph .node",
    "practice": "#answer-0",
    "train": "#start",
}


@pytest.mark.parametrize("view", READY)
def test_a_phone(visit, view):
    page = visit(view, viewport=PHONE).page
    page.locator(READY[view]).first.wait_for()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0  # the drawing scrolls in its frame, the page does not


def test_typed_input_to_rendered_formula(visit):
    page = visit("derive").page
    page.locator(".derivation math").first.wait_for()
    page.locator("#typed").fill("(3x^2+1)^5")
    page.locator("#understood", has_text="y = (3x² + 1)⁵").wait_for()
    result = page.locator(".derivation .result math")
    assert result.count() == 1 and result.locator("mfrac").count() == 1
    shown = derived("(3x^2+1)^5")
    assert result.text_content() == _text(shown["result"])
    button = page.get_by_role("button", name="LaTeX")
    button.click()
    assert button.get_attribute("data-copy") == shown["copies"]["LaTeX"]
    rings = page.locator(".ring text").evaluate_all("all => all.map(text => text.textContent)")
    assert rings == ["y = u₁⁵", "u₁ = 3x² + 1", "x"]


def _text(markup):
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def test_slider_to_numbers(visit):
    page = visit("derive?text=sin(x%5E2)&from=-2&to=2&x=1").page
    page.locator(".slope-now").wait_for()
    derivation = cr.derive("sin(x^2)")
    for key, x in ((None, 1.0), ("Home", -2.0), ("ArrowRight", -1.993), ("End", 2.0)):
        if key:
            page.locator(".place").press(key)
            until(page.locator(".at"), f"x = {str(x).replace('-', '−').removesuffix('.0')}")
        numbers = derivation.at(x=x)
        assert float(page.locator(".slope-now").get_attribute("data-value")) == pytest.approx(numbers.value, rel=1e-9)
        cells = page.locator(".chain .factor > b").evaluate_all("all => all.map(cell => Number(cell.dataset.value))")
        assert cells == pytest.approx(numbers.factors, rel=1e-9)
    page.wait_for_url(re.compile(r"text=sin.*x=2\b"))  # once it rests


def test_several_ways_in_every_picture(visit):
    page = visit("derive?text=x%5E2*sin(x)%2Be%5Ex&x=1").page
    page.locator(".slope-now").wait_for()
    derivation = cr.derive("x^2*sin(x) + e^x")
    numbers = derivation.at(x=1.0)
    assert page.locator(".chain .product").count() == len(numbers.paths) == 3
    says = page.locator(".ring text").all_text_contents()
    assert says == ["y = x²·sin(x) + u₄", "u₁ = x²·u₃", "u₂ = x²", "x", "u₃ = sin(x)", "x", "u₄ = e^x", "x"]
    page.get_by_role("button", name="Tree").click()
    edges = page.locator(".tree .edge:not(.name)").all_text_contents()
    factors = sorted({f"× {factor:.3g}" for path in numbers.paths for factor in path})
    assert sorted(set(edges)) == factors and len(edges) == 7  # the link from y to u₁ is on two ways
    lines = page.locator("svg.lines[aria-label]")
    lines.nth(2).wait_for()
    for path, words in zip(numbers.paths, (lines.nth(i).get_attribute("aria-label") for i in range(3)), strict=True):
        assert f"dy = {0.5 * math.prod(path):.3g}" in words
    together = page.locator(".together").inner_text()
    assert together.endswith(f"= {0.5 * numbers.value:.4g}")
    page.locator(".place").press("End")
    until(page.locator(".together"), f"= {0.5 * derivation.at(x=3.0).value:.4g}".replace("-", "−"))
    assert page.locator(".tree .edge", has_text="× 6").count() == 1  # 2x
    page.reload()  # which picture is in the address
    page.locator(".tree").wait_for()


@pytest.mark.parametrize("name", ["LaTeX", "Python", "MathML", "plain text", "link"])
def test_copies(visit, name):
    page = visit("derive?text=sin(x%5E2)&x=1", permissions=["clipboard-read", "clipboard-write"]).page
    page.locator(".slope-now").wait_for()
    page.get_by_role("button", name=name, exact=True).click()
    until(page.get_by_role("status"), f"{name} copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == (page.url if name == "link" else derived("sin(x^2)")["copies"][name])
    assert name != "link" or "text=sin" in copied


def test_other_variables_are_in_the_address(visit):
    page = visit("derive?text=a%20x%5E2&x=1").page
    page.locator("#other-a").fill("2.5")
    until(page.locator(".slope-now"), "slope 5")
    page.wait_for_url(re.compile("fixed="))
    page.reload()
    until(page.locator(".slope-now"), "slope 5")
    assert page.locator("#other-a").input_value() == "2.5"


def test_where_there_is_no_value_nothing_is_drawn(visit):
    page = visit("derive?text=ln%20x&from=-2&to=2&x=-1").page
    until(page.locator(".reads"), "The function has no value here. no derivative here")
    for plot in range(2):
        drawn = page.locator(".plots .plot").nth(plot)
        assert drawn.locator(".gap").count() == 1 and drawn.locator(".spot").get_attribute("visibility") == "hidden"
    page.locator(".place").press("End")
    until(page.locator(".slope-now"), "slope 0.5")


def test_matrices_are_derived(visit):
    page = visit("derive?text=norm2(A*x-y)%5E2").page
    until(page.locator(".derivation .result"), "f")
    page.get_by_label("Differentiate by").select_option("A")
    page.locator('[data-copy="2*np.outer(A @ x - y, x)"]').wait_for()


def test_a_kink_and_a_mistake_are_shown(visit):
    seen = visit("derive?text=%7Cx%7C&x=0")
    page = seen.page
    until(page.locator(".slope-now"), "no derivative here")
    assert page.locator(".kink text").first.text_content() == "corner"
    page.locator("#typed").fill("|x")
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("alert").locator("mark").inner_text() == "|"
    assert page.locator("#typed").get_attribute("aria-invalid") == "true"
    seen.complaints.clear()


def test_practice_to_a_named_misconception(visit):
    exercise = Practice("polynomial", 1, 1).exercise(1)
    walk = Walkthrough(exercise)
    page = visit("practice?topic=polynomial&seed=1").page
    page.locator("#answer-0").wait_for()
    typed = {}
    while walk.question.id != "whole":
        typed[walk.question.id] = [plain(expression) for expression in walk.question.solution]
        for i, answer in enumerate(typed[walk.question.id]):
            page.locator(f"#answer-{i}").fill(answer)
        page.keyboard.press("Enter")
        walk.give_up()
        until(page.locator(".question label").first, re.escape(walk.question.prompts[0]))
    forgotten = typed["outer-slope"][0].replace("u", f"({typed['take-apart'][1]})")
    page.keyboard.press("Enter")  # nothing typed: a hint
    until(page.locator(".reply"), re.escape(walk.question.hint[1:]))
    page.locator("#answer-0").fill(forgotten)
    page.keyboard.press("Enter")
    until(page.locator(".reply .bad"), "inner factor missing")
    assert "inner factor missing: 1 ×" in page.locator("#progress").inner_text()
    page.locator("#answer-0").fill(plain(exercise.answer))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Next exercise").wait_for()
    assert page.locator(".derivation math").count() > 3
    page.keyboard.press("Enter")
    until(page.locator(".stage > .note").first, "Exercise 2")


def test_the_lesson_is_live(visit):
    page = visit("lesson").page
    for section in ("composed", "the-rule", "examples", "longer", "networks", "neuron", "programs"):
        page.locator(f"section[aria-labelledby={section}]").wait_for()
    first = page.locator('[data-text="sin(x^2)"]').first
    first.locator(".slope-now").wait_for()
    first.locator(".place").press("End")
    until(first.locator(".at"), "x = 2")
    expected = cr.derive("sin(x^2)").at(x=2.0).value
    assert float(first.locator(".slope-now").get_attribute("data-value")) == pytest.approx(expected, rel=1e-9)
    neuron = page.locator("section[aria-labelledby=neuron]")
    neuron.get_by_role("button", name="To the end").click()
    boxes = neuron.locator(".graph .node").evaluate_all(
        "all => all.map(box => [box.dataset.node, box.dataset.gradient])"
    )
    expected = {node["name"]: node["gradient"] for node in programs.run("neuron")["nodes"]}
    assert {name: json.loads(gradient) for name, gradient in boxes} == expected
    page.get_by_role("button", name="Run with chainrule").first.click()
    until(page.locator("[data-run=torch-ours]"), "-0.2115083485841751")
