"""The matrix cases of the project's shared acceptance list: the input as it stands there, the answer as NumPy.

`tests/derivations/acceptance.json` is a copy of the shared acceptance/derivations.json.
"""

import json
import pathlib

import numpy as np
import pytest

import chainrule as cr

CASES = {case["id"]: case for case in json.loads((pathlib.Path(__file__).parents[1] / "acceptance.json").read_text())}
SOFTMAX = "np.exp(z)/np.sum(np.exp(z))"
# The answer, the chain's rules (outermost first), a point.
ANSWERS = {
    "E94": ("2*A.T @ (A @ x - y)", "entrywise norm linear", {"A": (4, 3), "x": (3,), "y": (4,)}),
    "E95": (
        "-X.T @ (y*np.exp(-y*(X @ w))/(np.exp(-y*(X @ w)) + 1))",
        "sum-of-entries entrywise linear entrywise linear",
        {"X": (4, 3), "w": (3,), "y": (4,)},
    ),
    "E96": ("B @ X @ C @ A + B.T @ X @ A.T @ C.T", "paths trace linear",
            {"A": (2, 3), "X": (4, 3), "B": (4, 4), "C": (3, 2)}),
    "E99": ("(w @ x + b > 0)*x", "entrywise linear", {"w": (3,), "x": (3,), "b": ()}),
    "E100": (f"{SOFTMAX} - np.eye(4)[int(k)]", "linear sum-of-entries linear entrywise array-function",
             {"z": (4,), "k": ()}),
    "E101": (
        "np.outer((W2.T @ (2*(W2 @ np.tanh(W1 @ x + b1) + b2 - y)))*(1 - np.tanh(W1 @ x + b1)**2), x)",
        "sum-of-entries entrywise linear entrywise linear",
        {"W2": (2, 4), "W1": (4, 3), "x": (3,), "b1": (4,), "b2": (2,), "y": (2,)},
    ),
}  # fmt: skip


def arrays(shapes):
    rng = np.random.default_rng(1)
    return {name: 1.0 if name == "k" else rng.normal(size=shape)[()] for name, shape in shapes.items()}


@pytest.mark.parametrize("case", sorted(ANSWERS))
def test_answer(case):
    formula, rules, shapes = ANSWERS[case]
    d = cr.derive(CASES[case]["input"], wrt=CASES[case]["wrt"])
    at = arrays(shapes)
    numbers = d.at(**at)
    answer = eval(formula, {"np": np, "int": int}, dict(at))
    np.testing.assert_allclose(numbers.value, answer, rtol=1e-12)
    assert np.shape(numbers.value) == shapes[CASES[case]["wrt"]]
    assert d.check.points == 12 and d.check.error < 1e-9
    ids = [*(["paths"] if len(d.paths) > 1 else []), *(factor.step.rule for factor in d.paths[0].factors)]
    assert " ".join(ids) == rules
    assert "Checked at 12 points" in str(d)


def test_two_gradients_of_a_product_with_its_shapes():
    d = cr.derive(CASES["E98"]["input"], wrt=CASES["E98"]["wrt"].split(","))
    rng = np.random.default_rng(2)
    at = {"W": rng.normal(size=(5, 10)), "X": rng.normal(size=(10, 3)), "dD": rng.normal(size=(5, 3))}
    by_w, by_x = d.at(**at)
    np.testing.assert_allclose(by_w.value, at["dD"] @ at["X"].T)
    np.testing.assert_allclose(by_x.value, at["W"].T @ at["dD"])
    shown = str(d)
    assert "(5 × 3)(3 × 10) → (5, 10)" in shown and "(10 × 5)(5 × 3) → (10, 3)" in shown


def test_two_paths_are_two_blocks():
    d = cr.derive(CASES["E96"]["input"], wrt="X")
    assert [str(path.product) for path in d.paths] == ["B X C A", "Bᵀ X Aᵀ Cᵀ"]
    assert "Path 1 of 2" in str(d) and "Path 2 of 2" in str(d)
    assert d.factors == ()
