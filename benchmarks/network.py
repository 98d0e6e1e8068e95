"""One step of a network of dense layers, float32: forward, and the gradient of every parameter."""

from itertools import pairwise

from benchmarks.peers import OURS, Adapters

adapters = Adapters()
CASES = ((8, (16, 32, 1)), (64, (784, 128, 10)), (256, (784, 512, 512, 10)))


def title(case):
    batch, widths = case
    return f"batch {batch}, {'-'.join(map(str, widths))}"


def data(case):
    """`(parameters, x, y)` as arrays, the same for everybody."""
    import numpy as np

    batch, widths = case
    rng = np.random.default_rng(0)
    parameters = []
    for n, m in pairwise(widths):
        parameters += [rng.normal(0, n**-0.5, (n, m)), rng.normal(0, 0.1, m)]
    arrays = [*parameters, rng.normal(size=(batch, widths[0])), rng.normal(size=(batch, widths[-1]))]
    *parameters, x, y = [array.astype("float32") for array in arrays]
    return parameters, x, y


def loss_of(maximum, mean):
    """The loss, written once for every library that spells matrices as NumPy does."""

    def loss(parameters, x, y):
        h = x
        for i in range(0, len(parameters), 2):
            h = h @ parameters[i] + parameters[i + 1]
            if i + 2 < len(parameters):
                h = maximum(h, 0.0)
        return mean((h - y) ** 2)

    return loss


@adapters.add(OURS, "chainrule")
def chainrule(case):
    import numpy as np

    import chainrule as cr

    arrays, x, y = data(case)
    parameters = [cr.tensor(array, requires_grad=True) for array in arrays]
    loss = loss_of(np.maximum, np.mean)

    def step():
        for p in parameters:
            p.grad = None
        loss(parameters, x, y).backward()
        return [p.grad.value for p in parameters]

    return step


@adapters.add("chainrule grad", "chainrule")
def chainrule_grad(case):
    import numpy as np

    import chainrule as cr

    parameters, x, y = data(case)
    gradient = cr.grad(loss_of(np.maximum, np.mean))
    return lambda: gradient(parameters, x, y)


@adapters.add("PyTorch eager", "torch")
def torch_eager(case):
    import torch

    torch.set_num_threads(1)
    arrays, x, y = data(case)
    parameters = [torch.tensor(array, requires_grad=True) for array in arrays]
    x, y = torch.tensor(x), torch.tensor(y)
    loss = loss_of(lambda h, _: torch.relu(h), torch.mean)

    def step():
        for p in parameters:
            p.grad = None
        loss(parameters, x, y).backward()
        return [p.grad for p in parameters]

    return step


def _tensorflow(case, wrap):
    import tensorflow as tf

    arrays, x, y = data(case)
    parameters = [tf.Variable(array) for array in arrays]
    x, y = tf.constant(x), tf.constant(y)
    loss = loss_of(tf.maximum, tf.reduce_mean)

    def step():
        with tf.GradientTape() as tape:
            value = loss(parameters, x, y)
        return tape.gradient(value, parameters)

    return wrap(step)


@adapters.add("TensorFlow eager", "tensorflow")
def tensorflow_eager(case):
    return _tensorflow(case, lambda step: step)


@adapters.add("TensorFlow tf.function", "tensorflow")
def tensorflow_function(case):
    import tensorflow as tf

    return _tensorflow(case, tf.function)


def _jax(case, wrap):
    import jax
    import jax.numpy as jnp

    parameters, x, y = jax.tree.map(jnp.asarray, data(case))
    gradient = wrap(jax.grad(loss_of(jnp.maximum, jnp.mean)))
    return lambda: jax.block_until_ready(gradient(parameters, x, y))


@adapters.add("JAX eager", "jax")
def jax_eager(case):
    return _jax(case, lambda gradient: gradient)


@adapters.add("JAX jit", "jax")
def jax_jit(case):
    import jax

    return _jax(case, jax.jit)


@adapters.add("autograd", "autograd")
def autograd(case):
    from autograd import grad
    from autograd import numpy as np

    parameters, x, y = data(case)
    gradient = grad(loss_of(np.maximum, np.mean))
    return lambda: gradient(parameters, x, y)
