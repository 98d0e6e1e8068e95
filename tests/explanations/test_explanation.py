"""What an explanation can be asked: paths, equations, steps, data, pages, differences, and a watch over training."""

import json
import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, ExplanationError


def network(scale=1.0, dtype=np.float64):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(5, 3)).astype(dtype), rng.normal(size=(5, 1)).astype(dtype)
    W1 = cr.tensor(rng.normal(size=(3, 4)).astype(dtype), requires_grad=True)
    b1 = cr.tensor(np.zeros(4, dtype), requires_grad=True)
    W2 = cr.tensor(rng.normal(size=(4, 1)).astype(dtype), requires_grad=True)
    Z = X @ W1 + b1
    H = np.tanh(Z) * dtype(scale)
    P = H @ W2
    L = ((P - Y) ** 2).mean()
    return cr.explain(L, wrt={"W1": W1, "b1": b1, "W2": W2}, show=False)


def residual(blocks=12):
    rng = np.random.default_rng(1)
    h = x = cr.tensor(rng.normal(size=(4, 6)), requires_grad=True)
    for _ in range(blocks):
        h = h + 0.2 * np.tanh(h @ cr.tensor(rng.normal(size=(6, 6)) / 2.5))
    return cr.explain((h**2).mean(), wrt=x, show=False)


def test_every_path_of_a_small_graph_and_their_shares_add_up():
    explanation = network()
    shares = [explanation.path(i).share for i in range(explanation.path_count)]
    assert sum(shares) == pytest.approx(1, abs=1e-12)
    assert shares == sorted(shares, key=abs, reverse=True)
    sizes = {name: np.linalg.norm(g) ** 2 for name, g in explanation.gradient.items()}
    assert explanation.path(0).share == pytest.approx(max(sizes.values()) / sum(sizes.values()), rel=1e-12)
    with pytest.raises(IndexError, match="there are 3 paths"):
        explanation.path(3)


def test_the_path_of_all_skips_of_a_residual_network():
    explanation = residual()
    first = explanation.path(0)
    assert [link.op for link in first.links] == ["mean", "square"] + ["add"] * 12
    assert 0 < first.share < 1 and "path of" in str(first)


def test_paths_of_a_scalar_graph_have_products():
    w = cr.tensor(0.5, requires_grad=True)
    y = np.sin(w * 2.0) * w
    explanation = cr.explain(y, wrt=w, show=False)
    products = [explanation.path(i).product for i in range(2)]
    assert sum(products) == pytest.approx(explanation.gradient, rel=1e-14)
    assert products == sorted(products, key=abs, reverse=True)


def test_backpropagation_as_equations():
    equations = network().formula()
    text = str(equations)
    assert "G_P = G_(P − Y)" in text and "G_H·tanh(Z)" not in text
    assert "G_W2 = Hᵀ G_P" in text and "G_W1 = Xᵀ G_(X @ W1)" in text
    assert equations.checked == len(network().links(all=True)) and equations.unchecked == 0
    assert r"G_{W_{1}} &= X^{\top} G_{\mathrm{X @ W1}}" in equations.latex
    assert equations.latex.count("{") == equations.latex.count("}")


def test_a_value_that_is_used_twice_has_a_sum():
    w = cr.tensor(0.5, requires_grad=True)
    y = np.sin(w * 2.0) * w
    assert "G_w = G_y·sin(w·2) + G_(w·2)·2" in str(cr.explain(y, wrt=w, show=False).formula())


def test_equations_that_differences_contradict_are_refused(fickle_sine):
    x = cr.tensor([0.5, 0.6], requires_grad=True)
    with pytest.raises(ExplanationError):
        cr.explain(fickle_sine(x).sum(), wrt=x, show=False).formula()


def test_the_replay_goes_forward_then_backward():
    w = cr.tensor(0.5, requires_grad=True)
    z = w * 2.0
    y = np.tanh(z)
    steps = cr.explain(y, wrt=w, show=False).steps()
    assert [(step.phase, step.name) for step in steps] == [
        ("forward", "w"), ("forward", "z"), ("forward", "y"), ("backward", "y"), ("backward", "z"),
    ]  # fmt: skip
    assert steps[2].value.most == math.tanh(1.0)
    assert steps[3].local == pytest.approx(1 - math.tanh(1.0) ** 2) and steps[3].into == "z"
    assert steps[-1].total == pytest.approx(2 * (1 - math.tanh(1.0) ** 2))
    assert "so far 0.839949" in str(steps[-1])


def test_json_has_everything_and_only_numbers_that_json_knows():
    data = json.loads(network().json())
    assert data["verdict"].startswith("sound") and len(data["links"]) == 10 and data["path_count"] == 3
    assert {"name", "into", "op", "formula", "gain", "share", "line", "local"} <= set(data["links"][0])
    x = cr.tensor([0.0, 1.0], requires_grad=True)
    broken = json.loads(cr.explain(np.sqrt(x * 0.0).sum(), wrt=x, show=False).json())
    assert broken["findings"][0]["kind"] == "nonfinite" and broken["findings"][0]["where"]["line"]


def test_a_page_is_whole_in_itself(tmp_path):
    for explanation in (network(), residual(40)):
        explanation.save(str(tmp_path / "report.html"))
        page = (tmp_path / "report.html").read_text(encoding="utf-8")
        assert not re.search(r"<link|<img|src=|href=|https?://(?!www\.w3\.org/(2000/svg|1998/Math))", page)
        found = re.search('<script type="application/json" id="found">(.*?)</script>', page)[1]
        assert json.loads(found) == explanation.as_dict()
        still = re.search("<main.*?</main>", page, re.DOTALL)[0]  # what is seen where no script runs
        assert still.count("<details") == still.count("</details>") > 0
        svg = re.search("<svg.*?</svg>", still, re.DOTALL)[0]
        assert len(ElementTree.fromstring(svg)) >= 5
        assert explanation.verdict.split(":")[0] in still


def test_names_are_escaped_in_a_page(tmp_path):
    w = cr.tensor(0.5, requires_grad=True, name="<b>&")
    cr.explain(w * 2.0, wrt=w, show=False).save(str(tmp_path / "report.html"))
    assert "<b>&<" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_text_and_json_by_the_name_of_the_file(tmp_path):
    explanation = network()
    explanation.save(str(tmp_path / "report.txt"))
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == str(explanation) + "\n"
    explanation.save(str(tmp_path / "report.json"))
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["of"] == "L"


def test_a_notebook_shows_the_page():
    shown = network()._repr_mimebundle_()
    assert set(shown) == {"text/plain", "text/html"} and "<svg" in shown["text/html"]


def test_a_large_graph_is_drawn_by_its_blocks():
    picture = residual(200)._repr_mimebundle_()["text/html"]
    assert picture.count("<rect") < 20 and "200 ×" in picture


def test_two_runs_part_where_they_differ():
    assert not cr.diff(network(), network())
    found = cr.diff(network(1.0), network(1.01))
    assert found.kind == "value" and found.where.name == "H" and "the values part at H" in str(found)
    assert cr.diff(network(), network(dtype=np.float32)).kind == "same"
    with pytest.raises(ArgumentError, match="one is a float, not an explanation"):
        cr.diff(1.0, network())


def test_gradients_can_part_where_values_agree():
    w = cr.tensor(np.array([0.5, -0.5]), requires_grad=True, name="w")

    def run(stop):
        h = np.tanh(w)
        gate = cr.stop_gradient(h) if stop else h
        y = (h * gate).sum()
        return cr.explain(y, wrt=w, names={"y": y, "h": h}, show=False)

    found = cr.diff(run(False), run(True))
    assert found.kind == "gradient" and found.where.name == "h"


def test_large_gradients_of_several_inputs_are_checked_and_let_go():
    rng = np.random.default_rng(0)
    parameters = {name: cr.tensor(rng.normal(size=(1500, 1500)) / 40, requires_grad=True) for name in "AB"}
    loss = np.mean(np.tanh(np.ones(1500) @ parameters["A"]) @ parameters["B"])
    explanation = cr.explain(loss, wrt=parameters, show=False)
    loss.backward()
    for name, one in parameters.items():
        assert np.allclose(explanation.gradient[name], one.grad.value)
    assert explanation.product == {} and "A" in str(explanation)
