"""Random programs for the compiler: operations on a stack of values, chosen by numbers.

Run as a script, it runs many of them, with every buffer of native code ending at a page that cannot be
touched: `python random_programs.py FIRST COUNT`, or `make fuzz`. A read or a write too far then kills the process;
every other difference is printed, with the number of the program.
"""

import ctypes
import faulthandler
import mmap
import sys
import warnings

import numpy as np

import chainrule as cr
from chainrule.compilation.plan import NativeStep
from chainrule.compilation.program import Variable

SHAPES = [(), (3,), (4,), (3, 4), (4, 3), (4, 4), (1, 4), (3, 1), (2, 3, 4), (17,), (33, 5), (0, 3), (64,), (1,)]


class Skip(Exception):
    """The operation does not fit the values."""


def needs(condition):
    if not condition:
        raise Skip


UNARY = {
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "exp": lambda x: np.exp(np.sin(x)),
    "negative": np.negative,
    "square": np.square,
    "arctan": np.arctan,
    "absolute": np.abs,
    "sqrt": lambda x: np.sqrt(np.abs(x) + 0.1),
    "log": lambda x: np.log(np.abs(x) + 0.1),
    "log1p": lambda x: np.log1p(np.abs(x)),
    "expm1": lambda x: np.expm1(np.sin(x)),
    "sigmoid": cr.sigmoid,
    "softplus": cr.softplus,
    "mean": np.mean,
    "norm": lambda x: np.linalg.norm(np.reshape(x, (-1,))),
    "transpose": np.transpose,
    "column": lambda x: np.reshape(x, (-1, 1)),
    "flat": lambda x: np.reshape(x, (-1,)),
    "clip": lambda x: np.clip(x, -0.5, 0.7),
    "arcsin": lambda x: np.arcsin(np.sin(x) * 0.9),
    "arccos": lambda x: np.arccos(np.cos(x) * 0.9),
    "arcsinh": np.arcsinh,
    "arctanh": lambda x: np.arctanh(np.sin(x) * 0.9),
    "cube": lambda x: np.sin(x) ** 3,
    "cbrt": lambda x: np.cbrt(np.abs(x) + 0.1),
    "where": lambda x: np.where(np.greater(x, 0.1), x * 2, np.cos(x)),
    "stacked": lambda x: np.broadcast_to(x, (2, *np.shape(x))),
}
OF_ARRAYS = {
    "sum": lambda x: np.sum(x, axis=0),
    "sum of rows": lambda x: np.sum(x, axis=-1, keepdims=True),
    "max": lambda x: np.max(x, axis=-1),
    "every other": lambda x: x[::2],
    "reversed": lambda x: x[::-1],
    "last": lambda x: x[..., -1],
    "first": lambda x: x[0],
    "picked": lambda x: x[np.array([0, -1, 0])],
    "picked from columns": lambda x: x[..., np.array([[0, -1], [-1, 0]])],
    "rolled": lambda x: np.roll(x, 1, axis=0),
    "padded": lambda x: np.pad(x, 1),
    "cumsum": lambda x: np.cumsum(x, axis=0),
    "cumprod": lambda x: np.cumprod(np.sin(x) * 0.05 + 1.0, axis=-1),
    "sorted": lambda x: np.sort(x, axis=-1),
    "std": lambda x: np.std(x, axis=0),
    "prod": lambda x: np.prod(np.sin(x) * 0.05 + 1.0, axis=-1),
    "logsumexp": lambda x: cr.logsumexp(x, axis=-1),
    "float32": lambda x: x.astype(np.float32),
}
BINARY = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": lambda x, y: np.sin(x) * y,
    "divide": lambda x, y: x / (np.abs(y) + 0.5),
    "maximum": np.maximum,
    "minimum": np.minimum,
    "choose": lambda x, y: np.where(np.less(x, y), x, y * 0.5),
    "power": lambda x, y: np.power(np.abs(np.sin(x)) + 0.2, np.cos(y)),
    "remainder": lambda x, y: np.remainder(np.sin(x), np.abs(y) + 1.5),
    "arctan2": lambda x, y: np.arctan2(x, np.abs(y) + 0.1),
    "hypot": lambda x, y: np.hypot(x, np.abs(y) + 0.1),
}
OF_MATRICES = {
    "trace": np.trace,
    "diagonal": np.diagonal,
    "triangle": np.tril,
    "solve": lambda x: np.linalg.solve(_square(x), x),
    "cholesky": lambda x: np.linalg.cholesky(_square(x)),
    "slogdet": lambda x: np.linalg.slogdet(_square(x))[1],
    "inv": lambda x: np.linalg.inv(_square(x)),
}
OF_TWO = ("matmul", "concatenate", "stack", "outer")
NAMES = [*UNARY, *OF_ARRAYS, *OF_MATRICES, *BINARY, *OF_TWO]


def _square(x):
    """A positive definite matrix."""
    small = np.sin(x)
    return np.matmul(small, np.transpose(small)) * 0.1 + np.eye(np.shape(x)[0], dtype=x.dtype)


def apply(name, x, y):
    shape, other = np.shape(x), np.shape(y)
    if name in UNARY:
        needs(name != "stacked" or len(shape) < 3)
        return UNARY[name](x)
    if name in OF_ARRAYS:
        needs(shape and all(shape))
        return OF_ARRAYS[name](x)
    if name in OF_MATRICES:
        needs(len(shape) == 2 and all(shape))
        return OF_MATRICES[name](x)
    if name in BINARY:
        try:
            together = np.broadcast_shapes(shape, other)
        except ValueError:
            raise Skip from None
        needs(np.prod(together) <= 5000)
        return BINARY[name](x, y)
    if name == "outer":
        needs(len(shape) == len(other) == 1 and shape[0] * other[0] < 2000)
        return np.reshape(x, (-1, 1)) * np.reshape(y, (1, -1))
    if name == "matmul":
        needs(len(shape) in (1, 2) and len(other) in (1, 2))
        if len(shape) == 2 and shape == other:
            y = np.transpose(y)
        needs(shape[-1] == np.shape(y)[0])
        return np.matmul(x, y) * 0.1
    needs(shape == other and shape)
    return np.concatenate([x, y]) if name == "concatenate" else np.stack([x, y])


def function(steps, branch):
    """The function of the steps `(name, i, j)`: of the values so far, the i-th and the j-th go in."""

    def program(*args):
        values = list(args)
        for name, i, j in steps:
            try:
                values.append(apply(name, values[i % len(values)], values[j % len(values)]))
            except Skip:
                continue
        if branch and np.sum(values[-1]) > 0.3:
            values.append(values[-1] * 2.0)
        total = 0.0
        for value in values[len(args) :]:
            total = total + np.sum(np.sin(value))
        return total + np.sum(values[0]) * 0.5

    return program


def arguments(kinds, shapes, seed):
    """Arguments of kinds "float64", "float32" or "float", in the order of memory that the seed picks."""
    rng = np.random.default_rng(seed)
    made = []
    for kind, shape in zip(kinds, shapes):
        if kind == "float":
            made.append(float(rng.uniform(-2, 2)))
            continue
        x = np.asarray(rng.uniform(-2, 2, shape)).astype(kind)
        made.append(np.asfortranarray(x) if seed % 2 and x.ndim > 1 else x[()] if not x.ndim else x)
    return made


def drawn(rng):
    """`(steps, branch, kinds, shapes, differentiated)` of a random program."""
    count = rng.integers(2, 14)
    steps = [(NAMES[rng.integers(len(NAMES))], int(rng.integers(99)), int(rng.integers(99))) for _ in range(count)]
    kinds = [str(kind) for kind in rng.choice(["float64", "float64", "float32", "float"], rng.integers(1, 4))]
    shapes = [SHAPES[rng.integers(len(SHAPES))] for _ in kinds]
    return steps, bool(rng.random() < 0.3), kinds, shapes, bool(rng.random() < 0.7)


def compare(steps, branch, kinds, shapes, differentiated):
    """Run a program compiled and as it is, on several arguments; the compiled function."""
    eager = function(steps, branch)
    if differentiated:
        eager = cr.value_and_grad(eager, tuple(range(len(kinds))))
    fast = cr.compile(eager)
    narrow = "float32" in kinds or any(name == "float32" for name, _, _ in steps)
    for seed in range(3):
        given = arguments(kinds, shapes, seed)
        with np.errstate(all="ignore"):
            expected = eager(*given)
        agree(fast(*given), expected, 2e3 * np.finfo(np.float32 if narrow else np.float64).eps)
    return fast


def agree(ours, theirs, tolerance):
    if isinstance(theirs, tuple):
        assert type(ours) is tuple and len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            agree(one, other, tolerance)
        return
    assert type(ours) is type(theirs) and np.shape(ours) == np.shape(theirs)
    assert np.asarray(ours).dtype == np.asarray(theirs).dtype
    size = max(1.0, float(np.max(np.abs(theirs), initial=0.0)))
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * size)


# Guarded memory


class Guarded:
    """Bytes that end where a page begins that cannot be touched, after another such page."""

    def __init__(self, size):
        page = mmap.PAGESIZE
        length = -(-max(size, 1) // page) * page
        self._map = mmap.mmap(-1, length + 2 * page)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        libc = ctypes.CDLL(None)
        for at in (start, start + page + length):
            assert libc.mprotect(ctypes.c_void_p(at), page, 0) == 0
        self.address = start + page + length - size
        self._size = size

    def array(self, shape, dtype):
        raw = (ctypes.c_char * self._size).from_address(self.address)
        return np.frombuffer(raw, dtype, int(np.prod(shape))).reshape(shape)


def guarded(plan, leaves):
    """The results of a plan, with all buffers of native code in guarded memory."""
    values = dict(zip(plan.program.inputs(), [*leaves, *(array for _, array in plan.program.captured)]))
    values.update(plan.held)
    kept = []

    def memory(shape, dtype):
        own = Guarded(int(np.prod(shape)) * np.dtype(dtype).itemsize)
        kept.append(own)
        return own

    for step in plan.steps:
        if type(step) is not NativeStep:
            with np.errstate(all="ignore"):
                step(values)
            continue
        kernel, given, made = step.kernel, [], []
        for x in kernel.inputs:
            own = memory(x.shape, x.dtype)
            own.array(x.shape, x.dtype)[...] = values[x]
            given.append(own.address)
        made = [memory(y.shape, y.dtype) for y in kernel.outputs]
        workspace = Guarded(-(-kernel.memory.size // 64) * 64)
        tables = [(ctypes.c_void_p * max(len(t), 1))(*t) for t in (given, [own.address for own in made])]
        if kernel.call(*tables, workspace.address) >= 0:
            return None
        for y, own in zip(kernel.outputs, made):
            values[y] = y.fit(own.array(y.shape, y.dtype).copy())
    return [values[x] if type(x) is Variable else x.value for x in plan.program.results]


def one(seed):
    """One program: compiled as eager, and the same within guarded memory."""
    program = drawn(np.random.default_rng(seed))
    fast = compare(*program)
    for variant in fast.variants():
        for again in range(3):
            leaves = arguments(*program[2:4], again * 2)
            results = guarded(variant.plan, leaves)
            if results is not None:
                for mine, other in zip(results, variant.plan(leaves)):
                    np.testing.assert_array_equal(mine, other)


def main(first, count):
    warnings.simplefilter("ignore")
    faulthandler.enable()
    different = 0
    for seed in range(first, first + count):
        try:
            one(seed)
        except Exception as raised:
            different += 1
            print(f"program {seed}: {type(raised).__name__}: {str(raised)[:500]}", flush=True)
        if (seed - first + 1) % 1000 == 0:
            print(f"{seed - first + 1} programs, {different} different", flush=True)
    print("different" if different else "whole", different or count)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
