"""Small broken programs, one fault each, and healthy ones: each returns its explanation.

Several are public complaints: the silent (n, 1) with (n,) of pytorch #16413, the root under `where` of jax #1052,
the parameter that is never used of pytorch #57776, the state that is not cut between batches.
"""

import numpy as np

import chainrule as cr

FAULTS, HEALTHY = [], []


def fault(kind):
    def keep(program):
        FAULTS.append((kind, program))
        return program

    return keep


def healthy(program):
    HEALTHY.append(program)
    return program


def leaf(*shape, scale=1.0, seed=0, dtype=float):
    array = (np.random.default_rng(seed).normal(size=shape) * scale).astype(dtype)
    return cr.tensor(array if shape else float(array), requires_grad=True)


def data(*shape, seed=100):
    return np.random.default_rng(seed).normal(size=shape)


def sigma(z):
    return 1 / (1 + np.exp(-z))


def explained(loss, wrt):
    return cr.explain(loss, wrt=wrt, show=False)


@fault("vanishing")
def thirty_layers_of_sigmoids():
    h, Ws = data(16, 12), [leaf(12, 12, scale=0.3, seed=i) for i in range(30)]
    for W in Ws:
        h = cr.sigmoid(h @ W)
    loss = (h**2).mean()
    return explained(loss, Ws[0])


@fault("vanishing")
def weights_that_start_too_small():
    h, Ws = data(16, 12), [leaf(12, 12, scale=0.1, seed=i) for i in range(20)]
    for W in Ws:
        h = np.tanh(h @ W)
    loss = ((h - 1) ** 2).mean()
    return explained(loss, Ws[0])


@fault("vanishing")
def a_recurrent_state_over_sixty_steps():
    h, W, U = np.zeros((4, 8)), leaf(8, 8, scale=0.2), leaf(3, 8, seed=1)
    x = data(60, 4, 3)
    first = h = np.tanh(x[0] @ U)
    for t in range(1, 60):
        h = np.tanh(h @ W + x[t] @ U)
    loss = (h**2).mean()
    return explained(loss, first)


@fault("exploding")
def twenty_linear_layers_too_large():
    h, Ws = data(16, 12), [leaf(12, 12, seed=i) for i in range(20)]
    for W in Ws:
        h = h @ W
    loss = (h**2).mean()
    return explained(loss, Ws[0])


@fault("exploding")
def rectifiers_too_large():
    h, Ws = data(16, 32), [leaf(32, 32, scale=1.0, seed=i) for i in range(12)]
    for W in Ws:
        h = np.maximum(h @ W, 0.0)
    loss = h.mean()
    return explained(loss, Ws[0])


@fault("saturated")
def inputs_that_were_not_scaled():
    x, W, v = data(32, 4) * 1000, leaf(4, 8), leaf(8, 1, seed=1)
    h = np.tanh(x @ W)
    loss = ((h @ v - 1.0) ** 2).mean()
    return explained(loss, W)


@fault("saturated")
def a_sigmoid_written_out():
    x, W, v = data(32, 4) * 50, leaf(4, 8), leaf(8, 1, seed=1)
    h = sigma(x @ W)
    loss = ((h @ v) ** 2).mean()
    return explained(loss, W)


@fault("saturated")
def one_saturated_neuron():
    w = cr.tensor(30.0, requires_grad=True)
    a = cr.sigmoid(w * 2.0)
    loss = (a - 0.0) ** 2
    return explained(loss, w)


@fault("dead")
def a_bias_that_kills_every_unit():
    W, b = leaf(5, 9), cr.tensor(np.full(9, -50.0), requires_grad=True)
    h = np.maximum(data(20, 5) @ W + b, 0)
    loss = ((h.sum(axis=1) - 1) ** 2).mean()
    return explained(loss, W)


@fault("dead")
def most_units_dead():
    W, b = leaf(5, 40), cr.tensor(np.where(np.arange(40) < 30, -50.0, 0.0), requires_grad=True)
    z = data(64, 5) @ W + b
    h = np.where(z > 0, z, 0.0)
    loss = ((h.sum(axis=1) - 1) ** 2).mean()
    return explained(loss, W)


@fault("dead")
def one_dead_neuron():
    w = cr.tensor(-1.5, requires_grad=True)
    y = np.maximum(w * 2.0, 0.0) * 3.0
    return explained(y, w)


@fault("disconnected")
def the_weight_of_another_layer():
    W1, W2 = leaf(3, 3), leaf(3, 3, seed=1)
    loss = np.tanh(data(4, 3) @ W1).mean()
    return explained(loss, W2)


@fault("disconnected")
def a_new_tensor_of_the_same_name():
    w = leaf(3)
    loss = (w * 2.0).sum()
    w = leaf(3)
    return explained(loss, w)


@fault("cut")
def a_stopped_gradient():
    W = leaf(3, 3)
    h = cr.stop_gradient(np.tanh(data(4, 3) @ W))
    loss = (h * leaf(3, seed=1)).sum()
    return explained(loss, W)


@fault("cut")
def a_value_taken_with_item():
    w, v = leaf(), leaf(seed=1)
    scale = (w * 2.0).item()
    loss = v * scale
    return explained(loss, w)


@fault("cut")
def an_argmax_on_the_way():
    W, table = leaf(3, 5), leaf(5, seed=1)
    best = np.argmax(data(4, 3) @ W, axis=1)
    loss = table[best].sum()
    return explained(loss, W)


@fault("zero")
def a_staircase():
    w = leaf(4)
    loss = (np.floor(w * 3.0) * 2.0).sum()
    return explained(loss, w)


@fault("zero")
def weights_that_start_at_zero():
    W1, W2 = leaf(3, 4), cr.tensor(np.zeros((4, 1)), requires_grad=True)
    loss = ((np.tanh(data(6, 3) @ W1) @ W2 - 1.0) ** 2).mean()
    return explained(loss, W1)


@fault("zero")
def paths_that_cancel():
    w = leaf(4)
    loss = (w * 2.0 - w - w).sum()
    return explained(loss, w)


@fault("zero")
def values_outside_the_range_of_clip():
    w = cr.tensor(np.array([3.0, 4.0, -7.0]), requires_grad=True)
    loss = (np.clip(w, -1.0, 1.0) ** 2).sum()
    return explained(loss, w)


@fault("nonfinite")
def the_root_of_zero():
    x = cr.tensor(np.array([1.0, 2.0]), requires_grad=True)
    loss = np.sqrt(x * 0.0).sum()
    return explained(loss, x)


@fault("nonfinite")
def the_logarithm_of_zero():
    p = cr.tensor(np.array([0.2, 0.0, 0.8]), requires_grad=True)
    loss = -(np.array([0.0, 1.0, 0.0]) * np.log(p)).sum()
    return explained(loss, p)


@fault("nonfinite")
def an_exponential_that_overflows():
    z = cr.tensor(np.array([800.0, 1.0]), requires_grad=True)
    e = np.exp(z)
    loss = (e / e.sum())[1]
    return explained(loss, z)


@fault("nonfinite")
def the_length_of_a_zero_vector():
    w = cr.tensor(np.zeros((3,)), requires_grad=True)
    loss = np.sqrt((w**2).sum()) + w.sum()
    return explained(loss, w)


@fault("nonfinite")
def a_division_by_zero():
    w = cr.tensor(np.array([1.0, 0.0]), requires_grad=True)
    loss = (1.0 / w).sum()
    return explained(loss, w)


@fault("broadcast")
def a_column_and_a_row():
    W = leaf(3, 1)
    prediction = data(10, 3) @ W
    target = data(10)
    loss = ((prediction - target) ** 2).mean()
    return explained(loss, W)


@fault("broadcast")
def a_target_that_is_a_column():
    w = leaf(3)
    loss = abs(data(10, 1, seed=5) - data(10, 3) @ w).mean()
    return explained(loss, w)


@fault("unused")
def a_parameter_that_is_never_used():
    params = {"W": leaf(3, 3), "bias": leaf(3, seed=1)}
    loss = np.tanh(data(4, 3) @ params["W"]).mean()
    return explained(loss, params)


@fault("stale")
def gradients_left_from_the_last_step():
    w = leaf(3)
    (np.sin(w) * 5.0).sum().backward()
    loss = (w**2).sum()
    return explained(loss, w)


@fault("accumulated")
def a_state_carried_over_from_the_last_batch():
    W = leaf(3, 3, scale=0.5)
    h = data(2, 3)
    for _ in range(2):
        h = np.tanh(h @ W)
        loss = (h**2).mean()
        if _ == 0:
            loss.backward()
    return explained(loss, W)


@fault("accumulated")
def a_running_total_with_its_graph():
    w, total = leaf(3), 0.0
    for step in range(3):
        loss = ((w - step) ** 2).sum()
        total = total + loss
        w.grad = None
        loss.backward()
    return explained(total + (w**2).sum(), w)


@fault("accumulated")
def a_retained_graph():
    w, h = leaf(3), 1.0
    for _ in range(3):
        h = np.tanh(h * w)
        loss = (h**2).sum()
        if _ < 2:
            loss.backward(retain_graph=True)
    return explained(loss, w)


@fault("underflow")
def half_precision_without_a_scale():
    w = leaf(64, dtype=np.float16)
    x = np.full((64,), 1e-3, np.float16)
    loss = (np.sin(w * x) * np.float16(1e-4)).mean()
    return explained(loss, w)


@healthy
def the_neuron():
    w = cr.tensor(0.5, requires_grad=True)
    loss = (cr.sigmoid(w * 2.0) - 1.0) ** 2
    return explained(loss, w)


@healthy
def two_layers():
    W1, W2 = leaf(4, 3), leaf(2, 4, seed=1)
    loss = np.mean((W2 @ sigma(W1 @ data(3, 5)) - data(2, 5, seed=9)) ** 2)
    return explained(loss, W1)


@healthy
def fifty_residual_blocks():
    h, Ws = data(8, 16), [leaf(16, 16, scale=0.25, seed=i) for i in range(50)]
    for W in Ws:
        h = h + 0.1 * np.tanh(h @ W)
    loss = (h**2).mean()
    return explained(loss, Ws[0])


@healthy
def fifty_layers_of_glorot():
    h, Ws = data(32, 64), [leaf(64, 64, scale=1.0 / 8, seed=i) for i in range(20)]
    for W in Ws:
        h = np.tanh(h @ W)
    loss = (h**2).sum()
    return explained(loss, Ws[0])


@healthy
def rectifiers_of_he():
    h, Ws = data(64, 32), [leaf(32, 32, scale=0.25, seed=i) for i in range(8)]
    for W in Ws:
        h = np.maximum(h @ W, 0.0)
    loss = (h**2).mean()
    return explained(loss, {f"W{i}": W for i, W in enumerate(Ws)})


@healthy
def the_root_under_where():
    x = cr.tensor(np.array([0.0, 4.0]), requires_grad=True)
    loss = np.where(x > 0.5, np.sqrt(x), 2 * x).sum()
    return explained(loss, x)


@healthy
def a_straight_through_estimator():
    w = leaf(6)
    rounded = w + cr.stop_gradient(np.rint(w) - w)
    loss = ((rounded - 0.3) ** 2).sum()
    return explained(loss, w)


@healthy
def distances_of_pairs():
    x = leaf(7)
    loss = np.tanh(abs(x[:, None] - x[None, :])).sum()
    return explained(loss, x)


@healthy
def a_bias_for_each_column():
    W, b = leaf(3, 4), leaf(4, seed=1)
    loss = ((data(10, 3) @ W + b) ** 2).mean()
    return explained(loss, {"W": W, "b": b})


@healthy
def a_confident_classifier():
    W = leaf(4, 3, scale=6.0)
    z = data(20, 4) @ W
    loss = (cr.logsumexp(z, axis=1) - z[np.arange(20), np.argmax(cr.stop_gradient(z), axis=1)]).mean()
    return explained(loss, W)


@healthy
def half_precision_with_a_scale():
    w = leaf(64, dtype=np.float16)
    loss = (np.sin(w) * np.float16(1024.0)).mean()
    return explained(loss, w)


@healthy
def the_gradient_of_this_very_loss_is_held():
    w = leaf(3)
    loss = (w**2).sum()
    loss.backward(retain_graph=True)
    return explained(loss, w)


@healthy
def a_recurrent_state_over_ten_steps():
    W, h, x = leaf(8, 8, scale=0.35), np.zeros((4, 8)), data(10, 4, 8)
    for t in range(10):
        h = np.tanh(h @ W + x[t])
    loss = (h**2).mean()
    return explained(loss, W)


@healthy
def a_sum_of_batches():
    w, total = leaf(3), 0.0
    for batch in range(4):
        total = total + ((data(5, 3, seed=batch) @ w - 1.0) ** 2).mean()
    return explained(total, w)
