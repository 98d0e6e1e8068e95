"""Pictures of every view, light and dark, for the documentation: `make screenshots`."""

import pytest

VIEWS = {
    "lesson": ("lesson", "section[aria-labelledby=neuron] .graph"),
    "derive": ("derive?text=sqrt(1%2Bsin(e%5E(x%5E2)))&from=-1.2&to=1.2&x=0.5", ".slope-now"),
    "derive-ways": ("derive?text=x%5E2*sin%20x%20%2B%20e%5Ex&x=1&picture=tree", ".tree"),
    "backward-neuron": ("backward?program=neuron&step=99", ".graph .node.reached"),
    "backward-network": ("backward?program=network&step=30", ".graph .node.reached"),
    "backward-own": ("backward?program=own", ".graph .node"),
    "practice": ("practice?topic=polynomial&seed=1", "#answer-0"),
    "train-vanishing": ("train", "#verdict >> text=vanishing"),
    "explain-neuron": ("explain?example=neuron", ".folded .box"),
    "explain-deep": ("explain?example=deep", ".folded .box"),
    "explain-dead": ("explain?example=dead", ".box.now"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", VIEWS)
def test_a_picture(request, name, scheme):
    folder = request.config.getoption("--screenshots", default=None)
    if folder is None:
        pytest.skip("`make screenshots` writes the pictures")
    view, there = VIEWS[name]
    visit = request.getfixturevalue("visit")
    page = visit(view, color_scheme=scheme, viewport={"width": 1280, "height": 800}).page
    if name.startswith("train"):
        page.get_by_role("button", name="Vanishing").click()
    if name.endswith("own"):
        page.get_by_role("button", name="Run it").click()
    if name == "explain-dead":
        page.locator(".findings .jump").first.click()
    page.locator(there).first.wait_for()
    page.locator(there).first.scroll_into_view_if_needed()
    page.screenshot(path=f"{folder}/{name}-{scheme}.jpg", full_page=name != "lesson", animations="disabled", quality=75)
