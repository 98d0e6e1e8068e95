"""The fronts against the engine below them and the framework whose programs they run: the same values, float32."""

import numpy as np

from benchmarks import network, neuron
from benchmarks.peers import OURS, Adapters

adapters = Adapters()
ENGINE_TAPE = "chainrule GradientTape"
# front -> what of the engine it is held against, and the framework whose programs it runs
FRONTS = {
    "chainrule.torch": (OURS, "PyTorch eager"),
    "chainrule.tf": (ENGINE_TAPE, "TensorFlow eager"),
}
NEURON = "the lesson's neuron, float32"
CASES = (NEURON, network.CASES[0], network.CASES[1])


def title(case):
    return case if case == NEURON else network.title(case)


def _neuron(tensor, exp, number):
    """One step in the manner of PyTorch, for the engine, for the front and for PyTorch."""

    def step():
        w = tensor(number(0.5), requires_grad=True)
        x, b, y = tensor(number(2.0)), tensor(number(0.0)), tensor(number(1.0))
        a = 1 / (1 + exp(-(w * x + b)))
        loss = (a - y) ** 2
        loss.backward()
        return w.grad.item()

    return step


def _network(case, tensor, maximum, mean):
    arrays, x, y = network.data(case)
    parameters = [tensor(array, requires_grad=True) for array in arrays]
    x, y = tensor(x), tensor(y)
    loss = network.loss_of(maximum, mean)

    def step():
        for p in parameters:
            p.grad = None
        loss(parameters, x, y).backward()
        return [p.grad.numpy() for p in parameters]

    return step


@adapters.add(OURS, "chainrule")
def engine(case):
    import chainrule as cr

    if case == NEURON:
        return _neuron(cr.tensor, np.exp, np.float32)
    return _network(case, cr.tensor, np.maximum, np.mean)


@adapters.add(ENGINE_TAPE, "chainrule")
def engine_tape(case):
    import chainrule as cr

    if case == NEURON:

        def step():
            w = cr.tensor(np.float32(0.5))
            x, b, y = cr.tensor(np.float32(2.0)), cr.tensor(np.float32(0.0)), cr.tensor(np.float32(1.0))
            with cr.GradientTape() as tape:
                tape.watch(w)
                a = 1 / (1 + np.exp(-(w * x + b)))
                loss = (a - y) ** 2
            return tape.gradient(loss, w).item()

        return step
    arrays, x, y = network.data(case)
    parameters = [cr.tensor(array) for array in arrays]
    x, y = cr.tensor(x), cr.tensor(y)
    loss = network.loss_of(np.maximum, np.mean)

    def step():
        with cr.GradientTape() as tape:
            tape.watch(parameters)
            value = loss(parameters, x, y)
        return [g.numpy() for g in tape.gradient(value, parameters)]

    return step


def _torch(case, torch):
    if case == NEURON:
        return _neuron(torch.tensor, torch.exp, float)
    return _network(case, torch.tensor, lambda h, _: torch.relu(h), torch.mean)


@adapters.add("chainrule.torch", "chainrule")
def torch_front(case):
    import chainrule.torch as torch

    return _torch(case, torch)


@adapters.add("PyTorch eager", "torch")
def torch_eager(case):
    import torch

    torch.set_num_threads(1)
    return _torch(case, torch)


def _tensorflow(case, tf):
    if case == NEURON:
        return neuron.tensorflow_step(tf)
    arrays, x, y = network.data(case)
    parameters = [tf.Variable(array) for array in arrays]
    x, y = tf.constant(x), tf.constant(y)
    loss = network.loss_of(lambda h, _: tf.nn.relu(h), tf.reduce_mean)

    def step():
        with tf.GradientTape() as tape:
            value = loss(parameters, x, y)
        return [g.numpy() for g in tape.gradient(value, parameters)]

    return step


@adapters.add("chainrule.tf", "chainrule")
def tensorflow_front(case):
    import chainrule.tf as tf

    return _tensorflow(case, tf)


@adapters.add("TensorFlow eager", "tensorflow")
def tensorflow_eager(case):
    import tensorflow as tf

    return _tensorflow(case, tf)
