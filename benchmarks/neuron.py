"""The lesson's neuron: make the inputs, run forward, run backward, read the gradient."""

from benchmarks.peers import OURS, Adapters

adapters = Adapters()
CASES = (None,)


def title(case):
    return "w*x + b, sigmoid, square"


@adapters.add(OURS, "chainrule")
def chainrule(case):
    import numpy as np

    import chainrule as cr

    def step():
        w = cr.tensor(0.5, requires_grad=True)
        x, b, y = cr.tensor(2.0), cr.tensor(0.0), cr.tensor(1.0)
        a = 1 / (1 + np.exp(-(w * x + b)))
        loss = (a - y) ** 2
        loss.backward()
        return w.grad.item()

    return step


def _sigmoid_loss(np):
    def loss(w, x, b, y):
        a = 1 / (1 + np.exp(-(w * x + b)))
        return (a - y) ** 2

    return loss


@adapters.add("chainrule grad", "chainrule")
def chainrule_grad(case):
    import numpy as np

    import chainrule as cr

    gradient = cr.grad(_sigmoid_loss(np))
    return lambda: gradient(0.5, 2.0, 0.0, 1.0)


@adapters.add("PyTorch eager", "torch")
def torch_eager(case):
    import torch

    torch.set_num_threads(1)

    def step():
        w = torch.tensor(0.5, requires_grad=True)
        x, b, y = torch.tensor(2.0), torch.tensor(0.0), torch.tensor(1.0)
        a = 1 / (1 + torch.exp(-(w * x + b)))
        loss = (a - y) ** 2
        loss.backward()
        return w.grad.item()

    return step


def tensorflow_step(tf):
    """The neuron in TensorFlow, or in what is spelled like it."""

    def step():
        w = tf.Variable(0.5)
        x, b, y = tf.constant(2.0), tf.constant(0.0), tf.constant(1.0)
        with tf.GradientTape() as tape:
            a = 1 / (1 + tf.exp(-(w * x + b)))
            loss = (a - y) ** 2
        return float(tape.gradient(loss, w).numpy())

    return step


@adapters.add("TensorFlow eager", "tensorflow")
def tensorflow_eager(case):
    import tensorflow as tf

    return tensorflow_step(tf)


@adapters.add("TensorFlow tf.function", "tensorflow")
def tensorflow_function(case):
    import tensorflow as tf

    @tf.function
    def gradient(w, x, b, y):
        with tf.GradientTape() as tape:
            tape.watch(w)
            a = 1 / (1 + tf.exp(-(w * x + b)))
            loss = (a - y) ** 2
        return tape.gradient(loss, w)

    return lambda: float(
        gradient(tf.constant(0.5), tf.constant(2.0), tf.constant(0.0), tf.constant(1.0))
    )


@adapters.add("JAX eager", "jax")
def jax_eager(case):
    import jax

    gradient = jax.grad(_sigmoid_loss(jax.numpy))
    return lambda: float(gradient(0.5, 2.0, 0.0, 1.0))


@adapters.add("JAX jit", "jax")
def jax_jit(case):
    import jax

    gradient = jax.jit(jax.grad(_sigmoid_loss(jax.numpy)))
    return lambda: float(gradient(0.5, 2.0, 0.0, 1.0))


@adapters.add("autograd", "autograd")
def autograd(case):
    from autograd import grad
    from autograd import numpy as np

    gradient = grad(_sigmoid_loss(np))
    return lambda: float(gradient(0.5, 2.0, 0.0, 1.0))


@adapters.add("CasADi, built once", "casadi")
def casadi(case):
    import casadi as ca

    inputs = w, *_ = [ca.SX.sym(name) for name in "wxby"]
    gradient = ca.Function("gradient", inputs, [ca.gradient(_sigmoid_loss(ca)(*inputs), w)])
    return lambda: float(gradient(0.5, 2.0, 0.0, 1.0))
