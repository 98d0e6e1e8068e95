"""A chain of n scalar links, float64: record, differentiate, free. Time and bytes a link.

CasADi is not asked: it folds the constants of such a chain into one while building it.
"""

from benchmarks.peers import OURS, Adapters

adapters = Adapters()
CASES = (1_000, 100_000, 1_000_000)
FACTOR = 1.0000001


def title(case):
    return f"{case:,} links"


def _nothing():
    pass


def _linked(n, mark):
    """The chain as a function of its first value; `mark` is called when it is recorded."""

    def chain(y):
        for _ in range(n):
            y = y * FACTOR
        mark()
        return y

    return chain


@adapters.add(OURS, "chainrule")
def chainrule(n):
    import chainrule as cr

    def step(mark=_nothing):
        w = cr.tensor(0.5, requires_grad=True)
        _linked(n, mark)(w).backward()
        return w.grad.item()

    return step


@adapters.add("PyTorch eager", "torch")
def torch_eager(n):
    import torch

    torch.set_num_threads(1)

    def step(mark=_nothing):
        w = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
        _linked(n, mark)(w).backward()
        return w.grad.item()

    return step


@adapters.add("TensorFlow eager", "tensorflow")
def tensorflow_eager(n):
    import tensorflow as tf

    def step(mark=_nothing):
        w = tf.Variable(0.5, dtype=tf.float64)
        with tf.GradientTape() as tape:
            y = _linked(n, mark)(w)
        return float(tape.gradient(y, w))

    return step


@adapters.add("JAX eager", "jax")
def jax_eager(n):
    import jax

    jax.config.update("jax_enable_x64", True)

    def step(mark=_nothing):
        return float(jax.grad(_linked(n, mark))(0.5))

    return step


@adapters.add("autograd", "autograd")
def autograd(n):
    from autograd import grad

    def step(mark=_nothing):
        return float(grad(_linked(n, mark))(0.5))

    return step
