"""The view Explain in a browser: reports from disk, a training that is watched, and a report as a page of its own."""

import io
import json
import re

import numpy as np
import pytest

import chainrule as cr


def network(depth, shut=None):
    """The explanation of a network of tanh layers; one of rectifiers with a bias that shuts it, where one is named."""
    rng = np.random.default_rng(0)
    W = {f"W{i}": cr.tensor(rng.normal(0, 0.6, (6, 6)), requires_grad=True) for i in range(depth)}
    h = rng.normal(size=(8, 6))
    for i in range(depth):
        z = h @ W[f"W{i}"]
        h = np.tanh(z) if i != shut else np.maximum(z - 50.0, 0.0)
    loss = ((h - 1.0) ** 2).mean()
    return cr.explain(loss, wrt=W, show=False)


def until(locator, text):
    from playwright.sync_api import expect

    expect(locator).to_have_text(re.compile(text), timeout=15_000)


def opened_from_disk(page, path):
    page.locator("#report-file").set_input_files(path)
    page.locator(".folded .box").first.wait_for()


@pytest.mark.parametrize("name", ["report.json", "report.html"])
def test_a_report_from_disk(visit, tmp_path, name):
    explanation = network(12)
    explanation.save(tmp_path / name)
    page = visit("explain").page
    opened_from_disk(page, tmp_path / name)
    assert page.locator(".report h1").inner_text() == explanation.headline
    assert page.locator(".verdict").inner_text() == f"✓ {explanation.verdict}"
    assert page.locator(".report-source").inner_text() == name
    fold = page.locator(".box.part").first
    assert "11 × [matmul, tanh] 6" in fold.text_content() and page.locator(".box").count() < 8
    page.get_by_role("button", name="Open all parts").click()
    lines = page.locator(".link-line[data-link]").evaluate_all(
        "all => all.map(line => [line.dataset.link, line.dataset.share, line.getAttribute('stroke-width')].map(Number))"
    )
    links = explanation.links(all=True)
    assert sorted(int(index) for index, _, _ in lines) == list(range(len(links)))
    fills = page.locator(".link-line").evaluate_all("all => all.map(line => getComputedStyle(line).fill)")
    assert set(fills) == {"none"}
    for index, share, width in lines:
        assert share == pytest.approx(links[int(index)].share, rel=1e-12)
        assert width == pytest.approx(1.2 + 8 * share, abs=0.006)


def test_a_finding_jumps_to_its_link_and_its_line(visit, tmp_path):
    explanation = network(12, shut=5)
    explanation.save(tmp_path / "report.json")
    page = visit("explain").page
    opened_from_disk(page, tmp_path / "report.json")
    page.locator(".box", has_text="loss").first.click()  # somewhere else
    assert page.locator(".link-title").inner_text().startswith("loss")
    page.locator(".findings .jump").first.click()
    found = explanation.findings[0]
    link = next(link for link in explanation.links(all=True) if link.where == found.where)
    assert found.kind == "dead" and page.locator(".link-title").get_attribute("data-link") == str(link.index)
    assert page.evaluate("document.activeElement.className") == "panel link-panel"
    assert page.locator(f".link-line.now[data-link='{link.index}']").count() == 1  # its part was opened
    assert page.locator(".program .line.now").text_content().strip().endswith("np.maximum(z - 50.0, 0.0)")
    assert f"test_explain_page.py:{found.where.line}" in page.locator(".program figcaption").inner_text()
    assert page.locator("[data-fact=formula]").inner_text() == link.formula
    assert page.locator("[data-fact=gain]").inner_text() == "✕ 0 – 0: nothing passes"
    assert page.locator(".item[aria-selected=true]").get_attribute("data-item") == f"l{link.index}"


def test_a_link_tells_its_factor_gain_and_share(visit):
    page = visit("explain?example=neuron").page
    page.locator(".report .factor").nth(1).click()
    a = cr.sigmoid(1.0)
    assert page.locator(".link-title").inner_text() == "a → z"
    assert page.locator("[data-fact=formula]").inner_text() == "G·a·(1 − a)"
    assert float(page.locator("[data-fact=local]").inner_text()) == pytest.approx(a * (1 - a), rel=1e-7)
    assert page.locator("[data-fact=share]").inner_text() == "100 %"
    assert page.locator("[data-fact=gain]").inner_text().startswith("▼ 0.197")
    assert page.locator("[data-fact=shape]").inner_text() == "one number → one number"
    assert page.locator(".report .factor b").all_inner_texts() == ["−0.5379", "0.1966", "2"]
    page.get_by_role("button", name="The next link towards the input").click()
    assert page.locator(".link-title").inner_text() == "z → w·x"
    assert "link=3" in page.url and "example=neuron" in page.url
    page.reload()  # the state is in the address
    until(page.locator(".link-title"), "^z → w·x$")


def test_folding_by_mouse(visit):
    page = visit("explain?example=dead").page
    page.locator(".box.part").first.click()
    assert page.locator(".box.part").count() == 12  # eleven blocks, and the first
    block = page.locator(".box.part", has_text="block 3:")
    links = int(re.search(r"(\d+) links", block.text_content())[1])
    before = page.locator(".link-line").count()
    block.click()
    assert page.locator(".link-line").count() == before + links - 1  # all but the one that led out of it already
    page.locator(".frame-head", has_text="block 3:").click()
    assert page.locator(".link-line").count() == before
    page.get_by_role("button", name="Fold all parts").click()
    assert page.locator(".box.part").count() == 2


def test_the_tree_by_keyboard_alone(visit):
    page = visit("explain?example=dead", reduced_motion="reduce").page
    page.locator(".item").first.wait_for()
    assert page.locator(".item[tabindex='0']").count() == 1
    focused = lambda: page.evaluate("document.activeElement.textContent")
    page.locator(".item").first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert "11 ×" in focused()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.ariaExpanded") == "true"
    page.keyboard.press("ArrowRight")
    assert "block 11:" in focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator(".link-title").inner_text() == "h₁₂ → z₁₂"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert "block 11:" in focused() and page.evaluate("document.activeElement.ariaExpanded") == "false"
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert page.locator(".link-title").inner_text().startswith("loss →")
    page.keyboard.press("End")
    assert "block 0:" in focused()


def test_the_drawing_by_keyboard_alone(visit):
    page = visit("explain?example=deep").page
    page.locator(".box").first.wait_for()
    assert page.locator(".folded [tabindex='0']").count() == 1
    page.locator(".folded [tabindex='0']").focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert "49 ×" in page.evaluate("document.activeElement.ariaLabel")
    page.keyboard.press("Enter")
    assert page.locator(".box.part").count() == 50
    assert page.evaluate("document.activeElement.ariaLabel").startswith("Fold 49 ×")  # focus stays on the part
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator(".link-title").inner_text() == "h₅₀ → z₅₀"
    page.keyboard.press("ArrowLeft")
    assert "block 49:" in page.evaluate("document.activeElement.ariaLabel") or page.locator(".box.part").count() == 50


def test_links_are_found_by_words(visit):
    page = visit("explain?example=deep").page
    page.locator("#find").fill("sigmoid z₇")
    until(page.locator(".results .jump").first, "h₇ → z₇")
    page.locator(".results .jump").first.click()
    assert page.locator(".link-title").inner_text() == "h₇ → z₇"
    page.locator("#find").fill("nothing of the kind")
    until(page.locator(".results"), "no link has that")


def test_thousands_of_links_stay_usable(visit, tmp_path):
    rng = np.random.default_rng(0)
    values = [cr.tensor(np.linspace(0, 1, 3), requires_grad=True, name="x")]
    for _ in range(900):
        one, other = (values[rng.integers(max(0, len(values) - 6), len(values))] for _ in range(2))
        values.append(np.sin(one) * 0.7 + other)
    explanation = cr.explain(values[-1].sum(), wrt=values[0], show=False)
    explanation.save(tmp_path / "report.json")
    assert len(explanation.links(all=True)) > 2000
    page = visit("explain").page
    opened_from_disk(page, tmp_path / "report.json")
    assert page.locator(".box").count() <= 60 and page.locator(".item").count() <= 120
    page.locator("#find").fill("x")
    page.locator(".results .jump").first.click()
    index = int(page.locator(".link-title").get_attribute("data-link"))
    assert page.locator(f".link-line.now[data-link='{index}']").count() == 1
    assert page.locator(".box").count() <= 200


def test_a_training_is_watched_while_it_runs(visit, opening, tmp_path):
    path = tmp_path / "run.json"
    address = opening(path)
    seen = visit("explain", address)
    page = seen.page
    assert "#explain" in address
    until(page.get_by_role("alert"), "there is no file(.|\n)*wait until it is written")
    w = {"w": cr.tensor([1.0, -2.0], requires_grad=True)}
    look = cr.watch(w, every=1, out=io.StringIO(), save=path)

    def step():
        loss = (np.tanh(w["w"]) ** 2).sum()
        look(loss)
        loss.backward()
        w["w"] = cr.tensor(w["w"].value - 0.3 * w["w"].grad.value, requires_grad=True)

    step()
    until(page.locator(".step-now"), "^1$")
    assert page.get_by_role("alert").count() == 0
    page.locator(".item").nth(1).click()
    chosen = page.locator(".link-title").inner_text()
    losses = [look.history[-1]["value"]]
    for number in range(2, 6):
        step()
        until(page.locator(".step-now"), f"^{number}$")
        losses.append(float(page.locator(".trend-line").first.get_attribute("data-last")))
    assert losses == [check["value"] for check in look.history] and losses[-1] < losses[0]
    assert page.locator(".link-title").inner_text() == chosen  # what was chosen stays
    page.get_by_role("button", name="Pause").click()
    step()
    page.wait_for_timeout(600)
    until(page.locator(".step-now"), "^5$")
    page.get_by_role("button", name="Follow again").click()
    until(page.locator(".step-now"), "^6$")
    until(page.locator(".report-source"), "Following run.json, step 6")


def test_what_is_no_report_is_refused(visit, tmp_path):
    page = visit("explain").page
    deep = json.loads(network(3).json())
    deep["links"][0]["to"] = 999
    for text, what in (
        ("{}", "not a report"), ("<html></html>", "not a report"), (json.dumps(deep), "damaged"),
        (json.dumps(deep | {"links": [None]}), "damaged"),
    ):  # fmt: skip
        (tmp_path / "other.json").write_text(text)
        page.locator("#report-file").set_input_files(tmp_path / "other.json")
        until(page.get_by_role("alert"), what)
        assert "What to do" in page.get_by_role("alert").inner_text()
    explanation = network(3)
    explanation.save(tmp_path / "report.json")
    opened_from_disk(page, tmp_path / "report.json")
    assert page.get_by_role("alert").count() == 0


def test_nothing_of_a_report_is_run(visit, tmp_path):
    w = cr.tensor(0.5, requires_grad=True, name="<img src=x onerror=document.title='run'>")
    cr.explain(w * 2.0, wrt=w, show=False).save(tmp_path / "report.html")
    page = visit("explain").page
    opened_from_disk(page, tmp_path / "report.html")
    assert page.locator("main img").count() == 0 and page.title() == "Explain – chainrule studio"
    assert "<img" in page.locator(".report h1").inner_text()


def test_a_file_is_dropped(visit, tmp_path):
    page = visit("explain").page
    page.evaluate(
        """text => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([text], "dropped.json"));
          const drop = new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
          document.querySelector(".explain").dispatchEvent(drop);
        }""",
        network(3).json(),
    )
    until(page.locator(".report-source"), "dropped.json")
    assert page.locator(".box").count() > 5


def test_a_saved_page_opens_from_disk(opened, tmp_path):
    explanation = network(12, shut=5)
    explanation.save(tmp_path / "report.html")
    page = opened((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.locator(".report h1").inner_text() == explanation.headline
    page.locator(".findings .jump").first.click()
    assert page.locator(".program .line.now").text_content().strip().endswith("np.maximum(z - 50.0, 0.0)")
    page.get_by_role("button", name="Open all parts").click()
    assert page.locator(".link-line[data-link]").count() == len(explanation.links(all=True))


def test_a_saved_page_is_read_without_scripts(chromium, tmp_path):
    explanation = network(12)
    explanation.save(tmp_path / "report.html")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    assert explanation.verdict in page.locator("main").inner_text() and page.locator("main svg rect").count() > 3
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["explain", "explain?example=neuron", "explain?example=dead"])
def test_nothing_serious_for_axe(visit, view, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = visit(view, color_scheme=scheme).page
    if "?" in view:
        page.locator(".box").first.wait_for()
        page.get_by_role("button", name="Open all parts").click()
    found = axe.Axe().run(page).response["violations"]
    assert not [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("width", [360, 1024, 2560])
def test_from_phone_to_projector(visit, width):
    page = visit("explain?example=dead", viewport={"width": width, "height": 740}).page
    page.locator(".box").first.wait_for()
    page.get_by_role("button", name="Open all parts").click()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0  # the drawing scrolls in its frame, the page does not
