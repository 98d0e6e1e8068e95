"""The public names: one explicit list, documented, and light to import."""

import inspect
import subprocess
import sys

import pytest

import chainrule as cr


def test_the_list_is_whole_and_sorted():
    assert sorted(cr.__all__) == list(cr.__all__)
    for name in cr.__all__:
        assert getattr(cr, name) is not None
    assert {
        "grad",
        "value_and_grad",
        "vjp",
        "jvp",
        "jacobian",
        "hessian",
        "hvp",
        "check_grads",
        "GradientTape",
        "tensor",
        "Tensor",
        "no_grad",
        "enable_grad",
        "stop_gradient",
        "explain",
    } <= set(cr.__all__)
    with pytest.raises(AttributeError, match="nope"):
        _ = cr.nope


@pytest.mark.parametrize("name", cr.__all__)
def test_every_public_name_is_documented(name):
    thing = getattr(cr, name)
    assert inspect.getdoc(thing)
    if inspect.isclass(thing):
        for key, member in vars(thing).items():
            if (
                not key.startswith("_")
                and inspect.isfunction(member)
                and member.__module__.startswith("chainrule.core")
            ):
                assert inspect.getdoc(member), f"{name}.{key}"


def test_importing_it_imports_no_dependency_but_numpy():
    code = (
        "import sys, numpy; before = set(sys.modules); import chainrule;"
        "roots = {name.split('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(roots - set(sys.stdlib_module_names) - {'chainrule', 'numpy'}),"
        "'chainrule.explanations' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[] False"


def test_the_neuron_of_the_issue():
    import numpy as np

    def loss(w, x, b, y):
        a = 1 / (1 + np.exp(-(w * x + b)))
        return (a - y) ** 2

    expected = -0.21150837
    assert abs(cr.grad(loss)(0.5, 2.0, 0.0, 1.0) - expected) < 1e-8
    value, (by_w, by_b) = cr.value_and_grad(loss, argnums=(0, 2))(0.5, 2.0, 0.0, 1.0)
    assert abs(by_w - expected) < 1e-8 and abs(by_b - expected / 2) < 1e-8 and value == loss(0.5, 2.0, 0.0, 1.0)
    w = cr.tensor(0.5, requires_grad=True)
    lost = loss(w, 2.0, 0.0, 1.0)
    lost.backward()
    assert abs(w.grad.item() - expected) < 1e-8
    w = cr.tensor(0.5)
    with cr.GradientTape() as tape:
        tape.watch(w)
        lost = loss(w, 2.0, 0.0, 1.0)
    assert abs(tape.gradient(lost, w).item() - expected) < 1e-8
