"""Compiled functions: value and gradient as native code, against the compilers of the peers and against C."""

from benchmarks import native_c
from benchmarks.native_programs import PROGRAMS, TITLES, data
from benchmarks.peers import OURS, Adapters

adapters = Adapters()
THREADED = "chainrule, 2 threads"
CASES = tuple(PROGRAMS)


def title(case):
    return TITLES[case]


def flat(value, gradient):
    """The value and the parts of the gradient, to be compared."""
    return [value, *gradient] if isinstance(gradient, (list, tuple)) else [value, gradient]


def _chainrule(case, **options):
    import numpy as np

    import chainrule as cr

    program, arguments = PROGRAMS[case], data(case)

    def loss(*arguments):
        return program(np, *arguments)

    fast = cr.compile(cr.value_and_grad(loss), **options)
    fast(*arguments)
    if case == "neuron":
        w, x, b, y = arguments
        return lambda: fast(w, x, b, y)
    return lambda: flat(*fast(*arguments))


@adapters.add(OURS, "llvmlite")
def chainrule(case):
    return _chainrule(case)


@adapters.add(THREADED, "llvmlite")
def chainrule_threaded(case):
    if case != "chain":
        raise NotImplementedError("its loops are short, or products")
    return _chainrule(case, threads=2)


@adapters.add("its matrix products alone", "numpy")
def products(case):
    from benchmarks.native_programs import NETWORKS

    if case not in NETWORKS:
        raise NotImplementedError("not a network")
    parameters, x, _ = data(case)
    layers, forward = parameters[::2], [x]
    for weights in layers:
        forward.append(forward[-1] @ weights)
    expected = chainrule(case)()

    def step():
        h = x
        for weights in layers:
            h = h @ weights
        for i in range(len(layers) - 1, -1, -1):
            forward[i].T @ forward[i + 1]
            if i:
                forward[i + 1] @ layers[i].T
        return expected  # its own numbers mean nothing

    return step


def _torch(case, wrap):
    from types import SimpleNamespace

    import torch

    torch.set_num_threads(1)

    def over(function):
        def reduce(x, axis=None, keepdims=False):
            return function(x) if axis is None else function(x, dim=axis, keepdim=keepdims)

        return reduce

    names = "sin cos exp tanh log log1p abs".split()
    spelled = SimpleNamespace(
        **{name: getattr(torch, name) for name in names},
        sum=over(torch.sum),
        mean=over(torch.mean),
        max=over(torch.amax),
        maximum=lambda x, _: torch.relu(x),
    )
    first, *rest = data(case)
    program = wrap(lambda *arguments: PROGRAMS[case](spelled, *arguments))
    many = isinstance(first, list)
    leaves = [torch.tensor(one, requires_grad=True) for one in (first if many else [first])]
    rest = [torch.tensor(one) for one in rest]

    def step():
        for leaf in leaves:
            leaf.grad = None
        value = program(leaves if many else leaves[0], *rest)
        value.backward()
        return [value.detach(), *(leaf.grad for leaf in leaves)]

    return step


@adapters.add("PyTorch eager", "torch")
def torch_eager(case):
    return _torch(case, lambda program: program)


@adapters.add("torch.compile", "torch")
def torch_compile(case):
    import torch

    step = _torch(case, torch.compile)
    step()
    return step


@adapters.add("JAX jit", "jax")
def jax_jit(case):
    import jax
    import jax.numpy as jnp

    fast = jax.jit(jax.value_and_grad(lambda *arguments: PROGRAMS[case](jnp, *arguments)))
    arguments = data(case) if case == "neuron" else jax.tree.map(jnp.asarray, data(case))
    return lambda: flat(*jax.block_until_ready(fast(*arguments)))


def _tensorflow(case, **options):
    from types import SimpleNamespace

    import tensorflow as tf

    spelled = SimpleNamespace(
        **{name: getattr(tf, name) for name in "sin cos exp tanh abs maximum".split()},
        log=tf.math.log,
        log1p=tf.math.log1p,
        sum=tf.reduce_sum,
        mean=tf.reduce_mean,
        max=tf.reduce_max,
    )
    spelled.sum = lambda x, axis=None, keepdims=False: tf.reduce_sum(x, axis, keepdims)
    first, *rest = tf.nest.map_structure(tf.constant, list(data(case)))

    @tf.function(**options)
    def gradient(first, *rest):
        with tf.GradientTape() as tape:
            tape.watch(first)
            value = PROGRAMS[case](_with_products(spelled), *_matrices(case, first, rest))
        return value, tape.gradient(value, first)

    def step():
        return [part.numpy() for part in tf.nest.flatten(gradient(first, *rest))]

    return step


def _with_products(spelled):
    return spelled


def _matrices(case, first, rest):
    """TensorFlow's @ takes matrices only, and its tensors have no .T."""
    if case in ("mixture", "logistic"):
        raise NotImplementedError("spelled for NumPy's matrices")
    return (first, *rest)


@adapters.add("TensorFlow tf.function", "tensorflow")
def tensorflow_function(case):
    return _tensorflow(case)


@adapters.add("TensorFlow tf.function, jit_compile", "tensorflow")
def tensorflow_xla(case):
    return _tensorflow(case, jit_compile=True)


@adapters.add("autograd", "autograd")
def autograd(case):
    from autograd import numpy as np
    from autograd import value_and_grad

    gradient = value_and_grad(lambda *arguments: PROGRAMS[case](np, *arguments))
    arguments = data(case)
    return lambda: flat(*gradient(*arguments))


@adapters.add("CasADi, built once", "casadi")
def casadi(case):
    import casadi as ca

    if case != "neuron":
        raise NotImplementedError("numbers only")
    inputs = w, *_ = [ca.SX.sym(name) for name in "wxby"]
    value = PROGRAMS[case](ca, *inputs)
    function = ca.Function("both", inputs, [value, ca.gradient(value, w)])
    arguments = data(case)
    return lambda: [float(part) for part in function(*arguments)]


@adapters.add("hand-written C", "numpy")
def by_hand(case):
    return native_c.build(case)


@adapters.add("an empty native call", "numpy")
def empty(case):
    return native_c.empty(case)
