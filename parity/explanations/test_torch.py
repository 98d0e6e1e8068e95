"""A finished PyTorch loss: its own gradient, shares conserved, nothing changed, and what cannot be seen."""

import json
import math

import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, ExplanationError, GraphFreedError, NoGraphError, NotScalarError
from parity.explanations.flow import conserved, product

torch = pytest.importorskip("torch", reason="PyTorch is not installed here")
nn = torch.nn


@pytest.fixture(autouse=True)
def double():
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def explained(loss, wrt):
    return cr.explain(loss, wrt=wrt, show=False)


def test_the_neuron():
    w = torch.tensor(0.5, requires_grad=True)
    z = w * 2.0 + 0.0
    a = torch.sigmoid(z)
    loss = (a - 1.0) ** 2
    explanation = explained(loss, w)
    loss.backward()
    assert product(explanation) == pytest.approx(w.grad.item(), rel=1e-14)
    assert explanation.gradient.item() == w.grad.item()
    assert [link.op for link in explanation.links()] == ["power", "subtract", "sigmoid", "add", "multiply"]
    assert explanation.links()[2].formula == "G·a·(1 − a)" and explanation.links()[2].where.file == __file__
    assert explanation.findings == []


def test_two_layers_and_nothing_changes():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    x, y = torch.randn(5, 3), torch.randn(5, 1)
    loss = ((net(x) - y) ** 2).mean()
    explanation = explained(loss, net[0].weight)
    assert net[0].weight.grad is None
    loss.backward()
    assert torch.equal(explanation.gradient, net[0].weight.grad)
    gains = math.prod(link.gain for link in explanation.links())
    assert gains == pytest.approx(net[0].weight.grad.norm().item(), rel=1e-12)
    assert explanation.wrt == "0.weight" and explanation.links()[-1].into == "0.weight"


def test_all_parameters_of_a_module():
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    loss = net(torch.randn(9, 3)).pow(2).mean()
    explanation = explained(loss, net)
    assert conserved(explanation) < 1e-12
    loss.backward()
    for name, parameter in net.named_parameters():
        assert torch.equal(explanation.gradient[name], parameter.grad)


def test_fifty_residual_blocks():
    layers, w, x = [nn.Linear(16, 16) for _ in range(50)], torch.ones(16, requires_grad=True), torch.randn(8, 16)
    h = x * w
    for layer in layers:
        h = h + 0.3 * torch.tanh(layer(h))
    loss = (h**2).mean()
    explanation = explained(loss, w)
    assert explanation.path_count == 2**50
    assert conserved(explanation) < 1e-12
    assert len(explanation.blocks) == 50 and explanation.findings == []
    text = str(explanation).splitlines()
    assert len(text) <= 40 and max(map(len, text)) <= 100


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_transformer_block(norm_first):
    block = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0, batch_first=True, norm_first=norm_first)
    x = torch.randn(2, 5, 16, requires_grad=True)
    loss = block(x).pow(2).mean()
    explanation = explained(loss, x)
    assert conserved(explanation) < 1e-12
    loss.backward()
    assert torch.allclose(explanation.gradient, x.grad, rtol=1e-14, atol=0)


def test_an_intermediate_value():
    w = torch.randn(3, requires_grad=True)
    z = w * 2
    loss = torch.sin(z).sum()
    explanation = explained(loss, z)
    assert torch.allclose(explanation.gradient, torch.cos(z))
    assert explanation.links()[-1].into == "z"


def test_capture_adds_expressions_lines_and_scopes():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
    with cr.capture(net):
        h = net(torch.randn(5, 3))
        loss = (h * 2.0).sum()
    explanation = explained(loss, net[0].weight)
    first = explanation.links(all=True)[0]
    assert first.expression == "(h * 2.0).sum()" and first.where.file == __file__ and first.where.line
    assert {link.scope for link in explanation.links(all=True)} >= {"0", "1"}
    assert explanation.notes == []


def test_several_outputs_of_one_node():
    a = torch.randn(3, 3, requires_grad=True)
    q, r = torch.linalg.qr(a)
    loss = (q * 0.5).sum() + r.sum()
    explanation = explained(loss, a)
    assert conserved(explanation) < 1e-12


def test_a_function_of_ones_own():
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            ctx.save_for_backward(a)
            return a * a

        @staticmethod
        def backward(ctx, g):
            (a,) = ctx.saved_tensors
            return 2 * a * g

    a = torch.randn(3, requires_grad=True)
    b = Square.apply(a)
    loss = (b + torch.sin(b)).sum()
    explanation = explained(loss, a)
    assert conserved(explanation) < 1e-12 and explanation.path_count == 2


def test_a_freed_graph_says_what_to_do():
    w = torch.randn(3, requires_grad=True)
    loss = torch.tanh(w).sum()
    loss.backward()
    with pytest.raises(GraphFreedError, match=r"explain before backward, or call backward\(retain_graph=True\)"):
        explained(loss, w)


def test_what_has_no_graph_says_how_to_make_one():
    w = torch.randn(3, requires_grad=True)
    with pytest.raises(NoGraphError, match="results, values computed under no_grad"):
        explained(torch.func.grad(lambda v: (v * v).sum())(torch.ones(3)).sum(), torch.ones(3))
    with pytest.raises(NotScalarError, match="needs one real number"):
        explained(w * 2, w)
    with pytest.raises(ArgumentError, match="is no input of this value"):
        explained((w * 2).sum(), "nothing")


def test_a_compiled_part_is_one_link_and_the_note_says_so():
    w = torch.randn(3, requires_grad=True)
    loss = torch.compile(lambda v: torch.tanh(v).sin().sum(), backend="aot_eager")(w)
    explanation = explained(loss, w)
    assert any("torch.compile" in note for note in explanation.notes)


def test_a_reentrant_checkpoint_is_refused_with_its_repair():
    from torch.utils.checkpoint import checkpoint

    w = torch.randn(3, requires_grad=True)
    loss = checkpoint(lambda v: torch.tanh(v).sin(), w, use_reentrant=True).sum()
    with pytest.raises(ExplanationError, match="use_reentrant=False"):
        explained(loss, w)
    other = checkpoint(lambda v: torch.tanh(v).sin(), w, use_reentrant=False).sum()
    assert [link.op for link in explained(other, w).links()] == ["sum", "sin", "tanh"]


def test_the_largest_path_of_a_residual_network_goes_by_the_skips():
    layers, x = [nn.Linear(8, 8) for _ in range(10)], torch.randn(4, 8, requires_grad=True)
    h = x
    for layer in layers:
        h = h + 0.2 * torch.tanh(layer(h))
    explanation = explained((h**2).mean(), x)
    first = explanation.path(0)
    assert [link.op for link in first.links] == ["mean", "power"] + ["add"] * 10
    assert 0.1 < first.share < 1


def test_a_finished_explanation_outlives_its_graph():
    w = torch.randn(3, requires_grad=True)
    loss = torch.tanh(w).sum()
    explanation = explained(loss, w)
    loss.backward()
    assert str(explanation).startswith("∂loss/∂w") and '"link' in explanation.json()
    assert "G_w = G_(tanh(w))" in str(explanation.formula())


def test_two_dtypes_agree_and_an_edit_is_found():
    def run(dtype, scale=1.0):
        torch.manual_seed(0)
        w = torch.randn(3, 3).to(dtype).requires_grad_()
        with cr.capture():
            z = w @ torch.ones(3, dtype=dtype)
            h = torch.tanh(z) * scale
            loss = h.sum()
        return explained(loss, w)

    assert cr.diff(run(torch.float64), run(torch.float32)).kind == "same"
    found = cr.diff(run(torch.float64), run(torch.float64, 1.1))
    assert found.kind == "value" and found.where.name == "h" and found.where.line


def test_a_module_is_watched_during_training(capsys, tmp_path):
    net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1))
    look = cr.watch(net, every=2, save=tmp_path / "run.json")
    optimiser = torch.optim.SGD(net.parameters(), 0.01)
    for step in range(5):
        if step == 4:
            nn.init.constant_(net[0].bias, -50.0)
        optimiser.zero_grad()
        loss = net(torch.randn(16, 3)).pow(2).mean()
        loss.backward()
        optimiser.step()
    look.remove()
    net(torch.randn(16, 3)).pow(2).mean().backward()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("step")] == ["step 1", "step 3", "step 5"]
    assert lines[0].startswith("step 1: sound") and any("new: dead" in line for line in lines)
    assert len(look.checks) == 3
    report = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert [check["step"] for check in report["history"]] == [1, 3, 5] and report["framework"] == "torch"
    assert report["findings"][0]["kind"] == "dead" and report["links"][report["findings"][0]["link"]]["op"] == "relu"


def test_watching_leaves_the_gradients_as_they_are():
    torch.manual_seed(0)
    net, x = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)), torch.randn(5, 3)
    net(x).pow(2).mean().backward()
    expected = [p.grad.clone() for p in net.parameters()]
    net.zero_grad()
    cr.watch(net, every=1)
    net(x).pow(2).mean().backward()
    assert all(torch.equal(p.grad, g) for p, g in zip(net.parameters(), expected))
