"""The parts that a drawing is folded into: every value lies in one, and no path leaves a part and comes back."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.explanations.render.folding import Folding


def layers(depth, shared=False):
    rng = np.random.default_rng(0)
    W = [cr.tensor(rng.normal(size=(4, 4)), requires_grad=True) for _ in range(1 if shared else depth)]
    h = rng.normal(size=(3, 4))
    for i in range(depth):
        h = np.tanh(h @ W[i % len(W)] + 0.1)
    return cr.explain((h**2).mean(), wrt={f"W{i}": w for i, w in enumerate(W)}, show=False)


def residual(blocks):
    rng = np.random.default_rng(1)
    h = x = cr.tensor(rng.normal(size=(4, 6)), requires_grad=True)
    for _ in range(blocks):
        h = h + 0.2 * np.tanh(h @ cr.tensor(rng.normal(size=(6, 6)) / 2.5))
    return cr.explain((h**2).mean(), wrt=x, show=False)


def tangled(length, seed):
    """A graph without layers: each value is made of two of the last few."""
    rng = np.random.default_rng(seed)
    values = [cr.tensor(np.linspace(0, 1, 3), requires_grad=True, name="x")]
    for _ in range(length):
        one, other = (values[rng.integers(max(0, len(values) - 6), len(values))] for _ in range(2))
        values.append(np.sin(one) * 0.7 + other)
    return cr.explain(values[-1].sum(), wrt=values[0], show=False)


def closed(folding, opened=frozenset()):
    """The box that each joint is seen in, while only some parts are open."""
    boxes = {}
    for joint in folding.joints:
        chain, part = [], folding.inside.get(joint)
        while part is not None:
            chain.append(part)
            part = folding.parts[part].parent
        boxes[joint] = next((f"p{part}" for part in reversed(chain) if part not in opened), joint)
    return boxes


def is_without_circles(pairs):
    below = {}
    for upper, lower in pairs:
        below.setdefault(upper, set()).add(lower)
    waiting = {}
    for lowers in below.values():
        for lower in lowers:
            waiting[lower] = waiting.get(lower, 0) + 1
    ready = [box for box in below if box not in waiting]
    while ready:
        for lower in below.pop(ready.pop(), ()):
            waiting[lower] -= 1
            if not waiting[lower]:
                ready.append(lower)
    return not below


GRAPHS = {
    "layers": lambda: layers(30),
    "loop": lambda: layers(30, shared=True),
    "long loop": lambda: layers(200, shared=True),
    "residual": lambda: residual(40),
    "many": lambda: layers(150),
    **{f"tangled {seed}": lambda seed=seed: tangled(120, seed) for seed in range(3)},
}


@pytest.mark.parametrize("name", GRAPHS)
def test_folded_boxes_have_no_circles_and_are_few(name):
    explanation = GRAPHS[name]()
    folding = Folding(explanation)
    links = explanation.links(all=True)
    assert {link.joint for link in links} | {link.parent for link in links} == set(folding.joints)
    rng = np.random.default_rng(0)
    every = range(len(folding.parts))
    for opened in ({*()}, set(every), *({p for p in every if rng.random() < 0.5} for _ in range(6))):
        boxes = closed(folding, opened)
        pairs = [(boxes[link.joint], boxes[link.parent]) for link in links]
        assert is_without_circles([pair for pair in pairs if pair[0] != pair[1]])
    assert len(set(closed(folding).values())) <= 60
    sizes = {}
    for joint in folding.joints:
        sizes.setdefault(folding.inside.get(joint), []).append(joint)
    assert all(len(some) <= 60 for some in sizes.values())


def test_equal_layers_are_one_fold_with_a_gain_each():
    explanation = layers(30)
    folding = Folding(explanation)
    fold = next(part for part in folding.parts if part.kind == "fold")
    blocks = [part for part in folding.parts if part.parent == fold.number]
    assert fold.title.startswith("29 × [matmul, add, tanh]") and len(blocks) == 29
    gains = [block.gain for block in explanation.blocks][-29:]
    assert fold.gains == gains and fold.gain == pytest.approx(np.prod(gains), rel=1e-12)
    weights = [joint for joint in folding.joints if joint.leaf]
    assert all(joint in folding.inside for joint in weights)  # each lies beside the layer that reads it


def test_a_shared_weight_lies_outside_of_the_layers_that_read_it():
    explanation = layers(30, shared=True)
    folding = Folding(explanation)
    (weight,) = [joint for joint in folding.joints if joint.leaf]
    assert not explanation.blocks and weight not in folding.inside
    fold = next(part for part in folding.parts if part.kind == "fold")
    turns = [part.title for part in folding.parts if part.parent == fold.number]
    assert fold.title == "30 × [matmul, add, tanh]"
    assert turns == [f"turn {i}: [matmul, add, tanh]" for i in range(30, 0, -1)]


def test_a_small_graph_is_not_folded():
    w = cr.tensor(0.5, requires_grad=True)
    assert not Folding(cr.explain(np.sin(w) * w, wrt=w, show=False)).parts


def test_a_thousand_layers_are_opened_in_stretches():
    data = json.loads(layers(200).json())
    inner = {}
    for part in data["parts"]:
        inner.setdefault(part["parent"], []).append(part["title"])
    assert max(map(len, inner.values())) <= 64
    assert any(title.startswith("blocks ") for titles in inner.values() for title in titles)


def test_findings_lead_to_their_link_and_its_line():
    w = cr.tensor([-3.0, -2.0], requires_grad=True, name="w")
    h = np.maximum(w, 0.0)
    data = json.loads(cr.explain(h.sum(), wrt=w, show=False).json())
    found = data["findings"][0]
    link = data["links"][found["link"]]
    assert found["kind"] == "dead" and link["op"] == "maximum" and link["line"] == found["where"]["line"]
    assert data["program"][link["file"]][str(link["line"])].strip() == "h = np.maximum(w, 0.0)"


def test_a_chain_of_numbers_has_its_factors_with_their_links():
    w = cr.tensor(0.5, requires_grad=True)
    z = w * 2.0 + 0.25
    a = np.tanh(z)
    loss = (a - 1.0) ** 2
    data = json.loads(cr.explain(loss, wrt=w, show=False).json())
    (path,) = data["paths"]
    assert [factor["name"] for factor in path["factors"]] == ["∂loss/∂a", "∂a/∂z", "∂z/∂w"]
    loss.backward()
    assert path["product"] == pytest.approx(w.grad.item(), rel=1e-14)
    for factor in path["factors"]:
        product = np.prod([data["links"][index]["local"] for index in factor["links"]])
        assert product == pytest.approx(factor["value"], rel=1e-14)
    assert sorted(index for factor in path["factors"] for index in factor["links"]) == list(range(len(data["links"])))


def test_an_explanation_of_nothing_is_a_report_too():
    w, other = cr.tensor(1.0, requires_grad=True), cr.tensor(2.0, requires_grad=True)
    data = json.loads(cr.explain(other * 1.0, wrt=w, show=False).json())
    assert data["findings"][0]["kind"] == "disconnected" and data["findings"][0]["link"] is None
    assert data["links"] == data["joints"] == data["parts"] == []
