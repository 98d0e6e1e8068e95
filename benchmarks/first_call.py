"""The first call: what it takes to trace a function, compile it, and run it once.

Each is made in a fresh process, and timed from making the function to the result in hand. Imports, and whatever
a library starts once only, are not counted: x -> x + 1 was compiled before. No library has a cache on disk.
"""

import random
from types import SimpleNamespace

from benchmarks.native_programs import PROGRAMS, data
from benchmarks.peers import OURS, Adapters

adapters = Adapters()
NEURON, NETWORK = "the neuron, value and gradient", "network step, batch 64, 784-128-10"
LONG, LONG_GRADIENT = "5,000 different operations", "5,000 different operations, value and gradient"
LOOP, LOOP_GRADIENT = "a loop of 20,000 steps", "a loop of 20,000 steps, value and gradient"
CASES = (NEURON, NETWORK, LONG, LONG_GRADIENT, LOOP, LOOP_GRADIENT)
OPERATIONS, STEPS = 5_000, 20_000


def title(case):
    return case


def tolerance(case):
    """The first two are in float32 somewhere."""
    return 1e-4 if case in (NEURON, NETWORK) else 1e-9


def _inputs():
    """Three numbers and three arrays."""
    import numpy as np

    rng = np.random.default_rng(0)
    return [*rng.uniform(0.2, 0.8, 3).tolist(), *rng.uniform(-1, 1, (3, 64))]


def _operations(count):
    """`(name, operands)` of each operation on the values before it: random, every result used.

    A fifth are of numbers, the rest of arrays, some of both. A sum, a product or a maximum takes inputs and results
    of sin, cos and tanh only, so that all values stay between -2 and 2.
    """
    chance, made = random.Random(0), []
    numbers, arrays = ([0, 1, 2], []), ([3, 4, 5], [])  # of either: what is bounded by 1, and what by 2
    for place in range(6, 6 + count):
        small, large = numbers if chance.random() < 0.2 else arrays
        if large and chance.random() < 0.5:
            made.append((chance.choice(("sin", "cos", "tanh")), (large.pop(chance.randrange(len(large))),)))
            small.append(place)
        else:
            one = small.pop(0) if len(small) > 8 else chance.choice(small)
            other = chance.choice((*small, *numbers[0], 0) if small is numbers[0] else (*small, *numbers[0], *range(6)))
            made.append((chance.choice(("add", "subtract", "multiply", "maximum")), (one, other)))
            large.append(place)
    return made


def long(np, made, values):
    values, used = list(values), set()
    for name, operands in made:
        values.append(getattr(np, name)(*(values[i] for i in operands)))
        used.update(operands)
    return np.sum(sum(value for i, value in enumerate(values) if i not in used))


def loop(np, x, h):
    for _ in range(STEPS):
        x = x + h * np.sin(x)
    return x


def _program(case):
    """What is called, its arguments, and the positions of those that the gradient is by; None for no gradient."""
    if case in (NEURON, NETWORK):
        name = "neuron" if case == NEURON else "network"
        return PROGRAMS[name], data(name), 0
    if case in (LONG, LONG_GRADIENT):
        made, arguments = _operations(OPERATIONS), _inputs()
        by = tuple(range(len(arguments))) if case == LONG_GRADIENT else None
        return lambda np, *values: long(np, made, values), arguments, by
    return loop, (0.3, 1e-4), (0, 1) if case == LOOP_GRADIENT else None


def _leaves(result):
    """The numbers and arrays of a result, in order."""
    if isinstance(result, (list, tuple)):
        return [leaf for part in result for leaf in _leaves(part)]
    return [result]


@adapters.add(OURS, "llvmlite")
def chainrule(case):
    import numpy as np

    import chainrule as cr

    program, arguments, by = _program(case)
    cr.compile(cr.value_and_grad(lambda x: x + 1))(1.0)

    def step():
        def function(*arguments):
            return program(np, *arguments)

        fast = cr.compile(function if by is None else cr.value_and_grad(function, argnums=by), fullgraph=True)
        return _leaves(fast(*arguments))

    return step


@adapters.add("JAX jit", "jax")
def jax_jit(case):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    program, arguments, by = _program(case)
    jax.jit(jax.value_and_grad(lambda x: x + 1))(1.0)

    def step():
        def function(*arguments):
            return program(jnp, *arguments)

        fast = jax.jit(function if by is None else jax.value_and_grad(function, argnums=by))
        return _leaves(jax.block_until_ready(fast(*arguments)))

    return step


@adapters.add("torch.compile", "torch")
def torch_compile(case):
    if case not in (NEURON, NETWORK):
        raise NotImplementedError("takes many minutes")
    import torch

    torch.set_num_threads(1)
    torch._inductor.config.force_disable_caches = True
    program, (first, *rest), _ = _program(case)
    spelled = SimpleNamespace(exp=torch.exp, mean=torch.mean, maximum=lambda x, _: torch.relu(x))
    many, rest = isinstance(first, list), [torch.tensor(one) for one in rest]
    leaves = [torch.tensor(one, requires_grad=True) for one in (first if many else [first])]
    torch.compile(lambda x: x + 1)(torch.ones((), requires_grad=True)).backward()

    def step():
        fast = torch.compile(lambda *arguments: program(spelled, *arguments))
        value = fast(leaves if many else leaves[0], *rest)
        value.backward()
        return [value.detach(), *(leaf.grad for leaf in leaves)]

    return step
