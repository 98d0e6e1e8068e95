"""Broken PyTorch programs, post-hoc and captured, and healthy ones."""

import pytest

import chainrule as cr
from parity.faults.table import Table, check_fault, check_sound, name_of

torch = pytest.importorskip("torch", reason="PyTorch is not installed here")
nn = torch.nn
F = nn.functional
TABLE = Table()


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def explained(loss, wrt):
    return cr.explain(loss, wrt=wrt, show=False)


def mlp(depth, width, activation, scale=None):
    layers = []
    for _ in range(depth):
        layer = nn.Linear(width, width)
        if scale is not None:
            nn.init.normal_(layer.weight, std=scale / width**0.5)
        layers += [layer, activation()]
    return nn.Sequential(*layers)


@TABLE.fault("vanishing")
def default_initialisation_over_fifty_layers():
    net = mlp(50, 16, nn.Tanh)
    loss = net(torch.randn(8, 16)).pow(2).mean()
    return explained(loss, net[0].weight)


@TABLE.fault("vanishing")
def sigmoids_without_normalisation():
    net = mlp(12, 32, nn.Sigmoid, 1.0)
    loss = (net(torch.randn(8, 32)) - 1).pow(2).mean()
    return explained(loss, net)


@TABLE.fault("exploding")
def weights_too_large():
    net = mlp(20, 32, nn.Identity, 3.0)
    loss = net(torch.randn(8, 32)).pow(2).mean()
    return explained(loss, net[0].weight)


@TABLE.fault("exploding")
def a_recurrent_net_that_explodes():
    W, x = torch.randn(16, 16, requires_grad=True), torch.randn(4, 16)
    h = first = x * torch.ones(16, requires_grad=True)
    for _ in range(25):
        h = torch.relu(h @ W)
    loss = h.mean()
    return explained(loss, first)


@TABLE.fault("dead")
def dead_rectifiers():
    net = nn.Sequential(nn.Linear(4, 20), nn.ReLU(), nn.Linear(20, 1))
    nn.init.constant_(net[0].bias, -30.0)
    loss = (net(torch.randn(16, 4)) - 1).pow(2).mean()
    return explained(loss, net[0].weight)


@TABLE.fault("dead")
def dead_rectifiers_seen_in_capture():
    net = nn.Sequential(nn.Linear(4, 20), nn.ReLU(), nn.Linear(20, 1))
    nn.init.constant_(net[0].bias, -30.0)
    with cr.capture(net):
        loss = (net(torch.randn(16, 4)) - 1).pow(2).mean()
    return explained(loss, net)


@TABLE.fault("saturated")
def inputs_that_were_not_normalised():
    net = nn.Sequential(nn.Linear(4, 20), nn.Sigmoid(), nn.Linear(20, 1))
    loss = (net(torch.randn(16, 4) * 300) - 1).pow(2).mean()
    return explained(loss, net[0].weight)


@TABLE.fault("saturated")
def attention_without_its_scale():
    q, k, v = (torch.randn(6, 256, requires_grad=True) for _ in range(3))
    scores = torch.softmax(q @ k.T, -1)
    loss = (scores @ v).pow(2).mean()
    return explained(loss, q)


@TABLE.fault("disconnected")
def an_earlier_tensor_of_the_same_name():
    w = torch.randn(3, requires_grad=True)
    loss = (w * 2).sum()
    w = torch.randn(3, requires_grad=True)
    return explained(loss, w)


@TABLE.fault("disconnected")
def a_frozen_parameter():
    net = nn.Linear(3, 1)
    net.bias.requires_grad_(False)
    loss = net(torch.randn(5, 3)).mean()
    return explained(loss, net.bias)


@TABLE.fault("cut")
def detach_on_the_way():
    w = torch.randn(3, 3, requires_grad=True)
    h = torch.tanh(w @ torch.randn(3)).detach()
    loss = (h * torch.randn(3, requires_grad=True)).sum()
    return explained(loss, w)


@TABLE.fault("cut")
def detach_seen_in_capture():
    encoder, head = nn.Linear(3, 4), nn.Linear(4, 1)
    with cr.capture(encoder, head):
        h = encoder(torch.randn(5, 3))
        gate = h.detach()
        loss = head(gate).mean()
    return explained(loss, encoder.weight)


@TABLE.fault("cut")
def a_round_trip_through_numpy():
    w, v = torch.randn(3, requires_grad=True), torch.randn(3, requires_grad=True)
    h = torch.from_numpy((w * 2).detach().numpy())
    loss = (h * v).sum()
    return explained(loss, w)


@TABLE.fault("cut")
def a_block_without_gradient():
    w, v = torch.randn(3, requires_grad=True), torch.randn(3, requires_grad=True)
    with torch.no_grad():
        h = w * 2
    loss = (h * v).sum()
    return explained(loss, w)


@TABLE.fault("cut")
def item_in_the_loss():
    w, v = torch.randn(3, requires_grad=True), torch.randn(3, requires_grad=True)
    scale = w.sum().item()
    loss = (v * scale).sum()
    return explained(loss, w)


@TABLE.fault("cut")
def argmax_instead_of_softmax():
    W, values = torch.randn(3, 5, requires_grad=True), torch.randn(5, requires_grad=True)
    with cr.capture():
        best = (torch.randn(4, 3) @ W).argmax(1)
        loss = values[best].sum()
    return explained(loss, W)


@TABLE.fault("zero")
def rounding():
    w = torch.randn(4, requires_grad=True)
    loss = (torch.round(w * 3) * 2).sum()
    return explained(loss, w)


@TABLE.fault("zero")
def a_head_that_starts_at_zero():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    nn.init.zeros_(net[2].weight)
    loss = (net(torch.randn(6, 3)) - 1).pow(2).mean()
    return explained(loss, net[0].weight)


@TABLE.fault("nonfinite")
def the_root_under_where():
    x = torch.tensor([0.0, 1.0, 4.0], requires_grad=True)
    loss = torch.where(x > 0.5, x.sqrt(), x * 0 + 1).sum()
    return explained(loss, x)


@TABLE.fault("nonfinite")
def the_root_of_what_is_zero():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = torch.sqrt(x * 0).sum()
    return explained(loss, x)


@TABLE.fault("nonfinite")
def an_overflow_of_exp():
    x = torch.tensor([100.0, 1.0], requires_grad=True)
    loss = (torch.exp(x) / torch.exp(x).sum()).sum()
    return explained(loss, x)


@TABLE.fault("nonfinite")
def a_gradient_that_overflows():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * 1e38 * 10.0).sum() * 1e-30
    scaled = loss * 1e30
    return explained(scaled, x)


@TABLE.fault("nonfinite")
def the_logarithm_of_a_probability_of_zero():
    p = torch.tensor([0.0, 1.0], requires_grad=True)
    with cr.capture():
        loss = -(torch.tensor([1.0, 0.0]) * torch.log(p)).sum()
    return explained(loss, p)


@TABLE.fault("broadcast")
def a_column_minus_a_row():
    net = nn.Linear(3, 1)
    prediction, target = net(torch.randn(10, 3)), torch.randn(10)
    loss = ((prediction - target) ** 2).mean()
    return explained(loss, net.weight)


@TABLE.fault("broadcast")
def a_column_minus_a_row_in_capture():
    net = nn.Linear(3, 1)
    target = torch.randn(10)
    with cr.capture(net):
        loss = ((net(torch.randn(10, 3)) - target) ** 2).mean()
    return explained(loss, net)


@TABLE.fault("unused")
def a_layer_that_forward_forgets():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.forgotten = nn.Linear(3, 1), nn.Linear(3, 1)

        def forward(self, x):
            return self.used(x)

    net = Net()
    loss = net(torch.randn(4, 3)).pow(2).mean()
    return explained(loss, net)


@TABLE.fault("stale")
def no_zero_grad():
    net = nn.Linear(3, 1)
    (net(torch.randn(5, 3)) * 7).mean().backward()
    loss = net(torch.randn(5, 3)).pow(2).mean()
    return explained(loss, net)


@TABLE.fault("accumulated")
def a_hidden_state_of_the_last_batch():
    cell, h = nn.RNNCell(3, 4), torch.zeros(2, 4)
    h = cell(torch.randn(2, 3), h)
    h.pow(2).mean().backward()
    cell.zero_grad()
    h = cell(torch.randn(2, 3), h)
    loss = h.pow(2).mean()
    return explained(loss, cell)


@TABLE.fault("accumulated")
def an_optimiser_step_before_backward():
    net = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1))
    optimiser = torch.optim.SGD(net.parameters(), 0.1)
    loss = net(torch.randn(5, 3)).pow(2).mean()
    loss.backward(retain_graph=True)
    optimiser.step()
    optimiser.zero_grad()
    return explained(loss, net)


@TABLE.fault("underflow")
def half_precision_without_a_scale():
    w = torch.randn(64, dtype=torch.float16, requires_grad=True)
    loss = (torch.sin(w * 1e-3) * 1e-4).mean()
    return explained(loss, w)


@TABLE.sound
def the_neuron():
    w = torch.tensor(0.5, requires_grad=True)
    loss = (torch.sigmoid(w * 2.0) - 1.0) ** 2
    return explained(loss, w)


@TABLE.sound
def a_small_classifier():
    net = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 5))
    loss = F.cross_entropy(net(torch.randn(64, 20)), torch.randint(5, (64,)))
    return explained(loss, net)


@TABLE.sound
def a_transformer_block():
    block = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0, batch_first=True)
    with cr.capture(block):
        loss = block(torch.randn(2, 5, 16)).pow(2).mean()
    return explained(loss, block)


@TABLE.sound
def residual_blocks_with_normalisation():
    layers, x = nn.ModuleList(nn.Sequential(nn.LayerNorm(16), nn.Linear(16, 16), nn.GELU()) for _ in range(24)), None
    x = torch.randn(8, 16)
    for layer in layers:
        x = x + 0.3 * layer(x)
    loss = x.pow(2).mean()
    return explained(loss, layers)


@TABLE.sound
def a_convolution():
    net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(128, 3))
    loss = F.cross_entropy(net(torch.randn(8, 1, 8, 8)), torch.randint(3, (8,)))
    return explained(loss, net)


@TABLE.sound
def distances_of_pairs():
    x = torch.randn(7, requires_grad=True)
    loss = torch.tanh((x[:, None] - x[None, :]).abs()).sum()
    return explained(loss, x)


@TABLE.sound
def a_straight_through_estimator():
    w = torch.randn(6, requires_grad=True)
    rounded = w + (torch.round(w) - w).detach()
    loss = (rounded - 0.3).pow(2).sum()
    return explained(loss, w)


@TABLE.sound
def twelve_layers_of_glorot():
    net = mlp(12, 64, nn.Tanh, 1.0)
    loss = net(torch.randn(32, 64)).pow(2).mean()
    return explained(loss, net)


@TABLE.sound
def a_recurrent_net():
    net = nn.RNN(3, 8, batch_first=True)
    out, _ = net(torch.randn(2, 6, 3))
    loss = out[:, -1].pow(2).mean()
    return explained(loss, net)


@TABLE.sound
def its_own_gradient_is_held():
    net = nn.Linear(3, 1)
    loss = net(torch.randn(5, 3)).pow(2).mean()
    loss.backward(retain_graph=True)
    return explained(loss, net)


@TABLE.sound
def binary_cross_entropy():
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1), nn.Sigmoid())
    loss = F.binary_cross_entropy(net(torch.randn(32, 4)), torch.randint(2, (32, 1)).float())
    return explained(loss, net)


@pytest.mark.parametrize(("kind", "program"), TABLE.faults, ids=name_of)
def test_the_first_finding_names_the_fault(kind, program):
    check_fault(kind, program)


@pytest.mark.parametrize("program", TABLE.healthy, ids=name_of)
def test_a_healthy_program_has_no_finding(program):
    check_sound(program)
