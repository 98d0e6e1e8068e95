"""All Jacobian blocks of a bundle of camera projections: 15 parameters in, 2 coordinates out, float64."""

from benchmarks.peers import OURS, Adapters

adapters = Adapters()
CASES = (10_000,)
TOLERANCE = 1e-9


def title(n):
    return f"{n:,} projections, 15 in, 2 out, float64"


def project(np, p):
    """A point seen by a camera.

    Args:
        p: rotation (axis times angle), translation, point, focal lengths, centre, and two coefficients of
            radial distortion; 15 numbers, or 15 arrays of them.
    """
    w0, w1, w2, t0, t1, t2, x, y, z, fx, fy, cx, cy, k1, k2 = [p[i] for i in range(15)]
    square = w0 * w0 + w1 * w1 + w2 * w2
    angle = np.sqrt(square)
    s, c = np.sin(angle), np.cos(angle)
    a, b = s / angle, (1 - c) / square
    d = w0 * x + w1 * y + w2 * z
    X = x * c + a * (w1 * z - w2 * y) + b * d * w0 + t0
    Y = y * c + a * (w2 * x - w0 * z) + b * d * w1 + t1
    Z = z * c + a * (w0 * y - w1 * x) + b * d * w2 + t2
    u, v = X / Z, Y / Z
    r = u * u + v * v
    m = 1 + r * (k1 + r * k2)
    return np.stack([fx * u * m + cx, fy * v * m + cy], -1)


def data(n):
    """The parameters, `(n, 15)`."""
    import numpy as np

    usual = np.array([0.1, 0.2, 0.3, 0, 0, 5, 0, 0, 1, 500, 500, 320, 240, 0.1, 0.01])
    return np.random.default_rng(0).normal(size=(n, 15)) * 0.1 + usual


@adapters.add(OURS, "llvmlite")
def chainrule(n):
    import numpy as np

    import chainrule as cr

    fast, parameters = cr.compile(cr.vmap(cr.jacobian(lambda p: project(np, p)))), data(n)
    fast(parameters)
    return lambda: fast(parameters)


def _torch(n, mode, wrap):
    import torch

    torch.set_num_threads(1)
    jacobian = getattr(torch.func, mode)
    fast, parameters = wrap(torch.func.vmap(jacobian(lambda p: project(torch, p)))), torch.tensor(data(n))
    return lambda: fast(parameters)


@adapters.add("PyTorch eager, jacrev", "torch")
def torch_eager(n):
    return _torch(n, "jacrev", lambda jacobian: jacobian)


@adapters.add("PyTorch eager, jacfwd", "torch")
def torch_eager_forward(n):
    return _torch(n, "jacfwd", lambda jacobian: jacobian)


def _torch_compiled(n, mode):
    import torch

    step = _torch(n, mode, torch.compile)
    step()
    return step


@adapters.add("torch.compile, jacrev", "torch")
def torch_compile(n):
    return _torch_compiled(n, "jacrev")


@adapters.add("torch.compile, jacfwd", "torch")
def torch_compile_forward(n):
    return _torch_compiled(n, "jacfwd")


def _jax(n, mode):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    fast, parameters = jax.jit(jax.vmap(getattr(jax, mode)(lambda p: project(jnp, p)))), jnp.asarray(data(n))
    return lambda: jax.block_until_ready(fast(parameters))


@adapters.add("JAX jit, jacrev", "jax")
def jax_jit(n):
    return _jax(n, "jacrev")


@adapters.add("JAX jit, jacfwd", "jax")
def jax_jit_forward(n):
    return _jax(n, "jacfwd")


def _tensorflow(n, **options):
    import tensorflow as tf

    @tf.function(**options)
    def jacobians(parameters):
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            seen = project(tf, tf.unstack(parameters, axis=1))
        return tape.batch_jacobian(seen, parameters)

    parameters = tf.constant(data(n))
    return lambda: jacobians(parameters).numpy()


@adapters.add("TensorFlow tf.function", "tensorflow")
def tensorflow_function(n):
    return _tensorflow(n)


@adapters.add("TensorFlow tf.function, jit_compile", "tensorflow")
def tensorflow_xla(n):
    return _tensorflow(n, jit_compile=True)


@adapters.add("CasADi, built once", "casadi")
def casadi(n):
    from types import SimpleNamespace

    import casadi as ca

    p = ca.SX.sym("p", 15)
    spelled = SimpleNamespace(sqrt=ca.sqrt, sin=ca.sin, cos=ca.cos, stack=lambda parts, _: ca.vertcat(*parts))
    one = ca.Function("jacobian", [p], [ca.densify(ca.jacobian(project(spelled, p), p))])
    every, parameters = one.map(n), ca.DM(data(n).T)
    return lambda: every(parameters).full().reshape(2, n, 15).swapaxes(0, 1)


@adapters.add("hand-written C", "numpy")
def by_hand(n):
    import ctypes

    import numpy as np

    from benchmarks.native_c import library, pointer

    both, parameters = library("camera").both, data(n)

    def step():
        jacobians = np.empty((n, 2, 15))
        both(pointer(parameters), pointer(jacobians), ctypes.c_long(n))
        return jacobians

    return step
