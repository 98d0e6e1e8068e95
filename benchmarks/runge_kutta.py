"""Steps of the classical Runge-Kutta method for the Lorenz system; value, and gradient by the initial state.

The state is three numbers, or an array of three; the loop is a scan where a library has one, or Python's own.
"""

from benchmarks.peers import OURS, Adapters

adapters = Adapters()
CASES = (1_000, 10_000)
H, START = 1e-3, (1.0, 1.0, 1.0)
TOLERANCE = 1e-9  # the system is chaotic: over ten units of time a rounding error grows some 1e4-fold


def title(steps):
    return f"{steps:,} steps"


def slope(x, y, z):
    return 10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z


def advance(x, y, z):
    """One step, of numbers of any library."""
    a, b, c = slope(x, y, z)
    d, e, f = slope(x + H / 2 * a, y + H / 2 * b, z + H / 2 * c)
    i, j, k = slope(x + H / 2 * d, y + H / 2 * e, z + H / 2 * f)
    p, q, r = slope(x + H * i, y + H * j, z + H * k)
    return x + H / 6 * (a + 2 * d + 2 * i + p), y + H / 6 * (b + 2 * e + 2 * j + q), z + H / 6 * (c + 2 * f + 2 * k + r)


def advance_array(np, u):
    """One step, of an array of three."""

    def along(u):
        return np.stack(slope(u[0], u[1], u[2]))

    a = along(u)
    b = along(u + H / 2 * a)
    c = along(u + H / 2 * b)
    d = along(u + H * c)
    return u + H / 6 * (a + 2 * b + 2 * c + d)


def in_python(x, y, z, steps):
    for _ in range(steps):
        x, y, z = advance(x, y, z)
    return x + y * z


def scanned(scan, steps):
    """The loss of three numbers by a library's scan."""

    def loss(x, y, z):
        (x, y, z), _ = scan(lambda state, _: (advance(*state), None), (x, y, z), None, length=steps)
        return x + y * z

    return loss


def scanned_array(np, scan, steps):
    """The loss of an array by a library's scan."""

    def loss(u):
        u, _ = scan(lambda u, _: (advance_array(np, u), None), u, None, length=steps)
        return u[0] + u[1] * u[2]

    return loss


def flat(value, gradient):
    return [value, *gradient]


@adapters.add(OURS, "llvmlite")
def chainrule(steps):
    import chainrule as cr

    fast = cr.compile(cr.value_and_grad(scanned(cr.scan, steps), argnums=(0, 1, 2)))
    fast(*START)
    return lambda: flat(*fast(*START))


@adapters.add("chainrule, an array", "llvmlite")
def chainrule_array(steps):
    import numpy as np

    import chainrule as cr

    fast, start = cr.compile(cr.value_and_grad(scanned_array(np, cr.scan, steps))), np.array(START)
    fast(start)
    return lambda: flat(*fast(start))


@adapters.add("chainrule, Python's loop", "llvmlite")
def chainrule_loop(steps):
    import chainrule as cr

    fast = cr.compile(cr.value_and_grad(lambda *state: in_python(*state, steps), argnums=(0, 1, 2)))
    fast(*START)
    return lambda: flat(*fast(*START))


@adapters.add("PyTorch eager", "torch")
def torch_eager(steps):
    import torch

    torch.set_num_threads(1)
    leaves = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in START]

    def step():
        for leaf in leaves:
            leaf.grad = None
        value = in_python(*leaves, steps)
        value.backward()
        return [value.detach(), *(leaf.grad for leaf in leaves)]

    return step


@adapters.add("JAX jit", "jax")
def jax_jit(steps):
    import jax

    jax.config.update("jax_enable_x64", True)
    fast = jax.jit(jax.value_and_grad(scanned(jax.lax.scan, steps), argnums=(0, 1, 2)))
    return lambda: flat(*jax.block_until_ready(fast(*START)))


@adapters.add("JAX jit, an array", "jax")
def jax_jit_array(steps):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    fast, start = jax.jit(jax.value_and_grad(scanned_array(jnp, jax.lax.scan, steps))), jnp.array(START)
    return lambda: flat(*jax.block_until_ready(fast(start)))


@adapters.add("hand-written C", "numpy")
def by_hand(steps):
    import ctypes

    import numpy as np

    from benchmarks.native_c import library, pointer

    both, start = library("runge_kutta").both, np.array(START)
    n, h = ctypes.c_long(steps), ctypes.c_double(H)

    def step():
        states, out = np.empty((steps, 3)), np.empty(4)
        both(pointer(start), n, h, pointer(states), pointer(out))
        return out

    return step
