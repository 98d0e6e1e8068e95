"""Gains, shares and counts of paths: conserved at every joint, 1 in all, the same as listing every path."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chainrule as cr
from parity.explanations.flow import flow


def residual(blocks=50, width=8, seed=0):
    rng = np.random.default_rng(seed)
    h = x = cr.tensor(rng.normal(size=(4, width)), requires_grad=True)
    for _ in range(blocks):
        W = cr.tensor(rng.normal(size=(width, width)) / math.sqrt(width), requires_grad=True)
        h = h + 0.3 * np.tanh(h @ W)
    return (h**2).mean(), x


def test_shares_of_fifty_residual_blocks_are_conserved():
    loss, x = residual()
    explanation = cr.explain(loss, wrt=x, show=False)
    assert explanation.path_count == 2**50
    worst, top, bottom = flow(explanation)
    assert worst < 1e-12 and top == pytest.approx(1, abs=1e-12) and bottom == pytest.approx(1, abs=1e-12)


def test_a_share_is_the_sum_over_the_paths_through_an_edge():
    """Against listing every path of a small graph, one product of matrices each."""
    rng = np.random.default_rng(3)
    A, B, C = (rng.normal(size=(3, 3)) for _ in range(3))
    x = cr.tensor(rng.normal(size=3), requires_grad=True)
    p = A @ x
    q = np.sin(p)
    r = B @ p
    y = (C @ (q * r)).sum()
    explanation = cr.explain(y, wrt=x, show=False)
    g = explanation.gradient
    u = g / (g @ g)
    top = C.T @ np.ones(3)
    through_q = A.T @ (np.cos(p.value) * top * r.value)
    through_r = A.T @ (B.T @ (top * q.value))
    shares = {link.into: link.share for link in explanation.links() if link.name == "q·r"}
    assert shares["q"] == pytest.approx(through_q @ u, rel=1e-12)
    assert shares["r"] == pytest.approx(through_r @ u, rel=1e-12)


def test_several_inputs_share_one_gradient():
    rng = np.random.default_rng(1)
    W, b = (cr.tensor(rng.normal(size=s), requires_grad=True) for s in ((3, 2), (2,)))
    loss = (np.tanh(np.ones((4, 3)) @ W + b) ** 2).sum()
    explanation = cr.explain(loss, wrt={"W": W, "b": b}, show=False)
    worst, top, _ = flow(explanation)
    assert worst < 1e-12 and top == pytest.approx(1, abs=1e-12)
    sizes = {name: np.linalg.norm(g) ** 2 for name, g in explanation.gradient.items()}
    leaving = {link.into: link.share for link in explanation.links() if link.into in sizes}
    for name, size in sizes.items():
        assert leaving[name] == pytest.approx(size / sum(sizes.values()), rel=1e-12)


@given(st.lists(st.sampled_from(["skip", "scale", "sin", "square"]), min_size=1, max_size=8), st.integers(0, 10**6))
def test_shares_of_random_graphs_are_conserved(shape, seed):
    rng = np.random.default_rng(seed)
    h = x = cr.tensor(rng.normal(size=3), requires_grad=True)
    for kind in shape:
        other = {"skip": h * 1.0, "scale": h * rng.normal(size=3), "sin": np.sin(h), "square": h * h}[kind]
        h = 0.5 * h + 0.25 * other
    explanation = cr.explain(h.sum(), wrt=x, show=False)
    if explanation.size > 1e-6:
        scale = max(1.0, *(abs(link.share) for link in explanation.links(all=True)))
        worst, top, bottom = flow(explanation)
        assert worst < 1e-12 * scale and abs(top - 1) < 1e-12 * scale and abs(bottom - 1) < 1e-12 * scale


def test_gains_multiply_along_a_chain():
    x = cr.tensor(np.array([0.3, -1.2]), requires_grad=True)
    y = (np.exp(np.sin(x * 3.0)) ** 2).sum()
    explanation = cr.explain(y, wrt=x, show=False)
    product = math.prod(link.gain for link in explanation.links())
    assert product == pytest.approx(np.linalg.norm(explanation.gradient), rel=1e-13)


def test_the_local_derivatives_of_a_scalar_chain_multiply_to_the_gradient():
    w = cr.tensor(0.5, requires_grad=True)
    loss = (1 / (1 + np.exp(-(w * 2.0))) - 1.0) ** 2
    explanation = cr.explain(loss, wrt=w, show=False)
    assert math.prod(link.local for link in explanation.links()) == pytest.approx(explanation.gradient, rel=1e-14)


def test_a_gradient_of_zero_has_no_shares():
    x = cr.tensor(np.zeros(3), requires_grad=True)
    explanation = cr.explain((x * x).sum(), wrt=x, show=False)
    assert all(link.share is None for link in explanation.links())
    assert "so no part of it came from anywhere" in explanation.why_no_shares


def test_a_tiny_gradient_has_shares_all_the_same():
    x = cr.tensor(np.array([1e-180, 2e-180]), requires_grad=True)
    y = (x * x * 1e-20 + x * 1e-190).sum()
    worst, top, bottom = flow(cr.explain(y, wrt=x, show=False))
    assert worst < 1e-12 and abs(top - 1) < 1e-12 and abs(bottom - 1) < 1e-12


def test_blocks_are_numbered_from_the_input_and_folded():
    loss, x = residual(blocks=20)
    explanation = cr.explain(loss, wrt=x, show=False)
    assert len(explanation.blocks) == 20
    assert math.prod(block.gain for block in explanation.blocks) == pytest.approx(
        explanation.blocks[0].bottom.arriving.norm / explanation.blocks[-1].top.arriving.norm, rel=1e-12
    )
    assert "20 x [matmul, tanh, multiply, add] 8" in str(explanation)
    assert "block 7: [matmul, tanh, multiply, add] 8" in str(explanation.block(7))
    with pytest.raises(IndexError, match="there are 20 blocks"):
        explanation.block(20)


def test_the_report_fits_forty_lines_of_a_hundred_columns():
    loss, x = residual(blocks=120)
    lines = str(cr.explain(loss, wrt=x, show=False)).splitlines()
    assert len(lines) <= 40 and max(map(len, lines)) <= 100
