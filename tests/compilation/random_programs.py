"""Random programs for the compiler: operations on a stack of values, chosen by numbers, under every transform.

Run as a script, it runs many of them, with every buffer of native code ending at a page that cannot be
touched, and starting after one: `python -m tests.compilation.random_programs FIRST COUNT`, or `make fuzz`. A read or
a write too far then kills the process; every other difference is printed, with the number of the program.
"""

import faulthandler
import sys
import warnings
from dataclasses import dataclass

import numpy as np

import chainrule as cr
from chainrule.compilation.program import GuardFailed
from chainrule.core import tree
from tests.compilation.guarded_memory import guarded
from tests.compilation.random_operations import EXACT, OPERATIONS

SHAPES = [(), (3,), (4,), (3, 4), (4, 3), (4, 4), (1, 4), (3, 1), (2, 3, 4), (17,), (33, 5), (0, 3), (64,), (1,)]
KINDS = ["float64", "float32", "int64", "bool", "int32", "float", "int", "scalar", "narrow scalar"]
_ODDS = np.array([8, 4, 3, 2, 1, 3, 1, 1, 1]) / 24
LAYOUTS = ["C", "F", "backward", "every other", "read-only", "misaligned", "a view"]
TRANSFORMS = ["none", "value_and_grad", "hvp", "jvp", "jacobian", "hessian", "vmap", "gradients of rows"]
_CHANCES = np.array([8, 6, 1, 1, 1, 1, 2, 1]) / 21
STRUCTURES = ["flat", "tuple", "dict"]
_LARGEST, _MOST = 30, 3000  # what a value of a program may be, and how many entries it may have


@dataclass
class Drawn:
    """A random program.

    Attributes:
        steps: `(name, i, j, k)`: the i-th and j-th value so far go into the operation, in its k-th spelling.
        kinds, shapes, layouts: of the arguments.
        transform, structure: what is made of the function, and how its arguments are held.
    """

    steps: list
    kinds: list
    shapes: list
    layouts: list
    transform: str = "none"
    structure: str = "flat"


def drawn(rng):
    """A random program."""

    def one_of(names, chances=None):
        return names[rng.choice(len(names), p=chances)]

    names = list(OPERATIONS)
    steps = [(one_of(names), *map(int, rng.integers(0, 99, 3))) for _ in range(rng.integers(3, 13))]
    count = rng.integers(1, 4)
    shapes, kinds = [one_of(SHAPES) for _ in range(count)], [one_of(KINDS, _ODDS) for _ in range(count)]
    if rng.random() < 0.4:  # of one shape, so that they meet
        shapes = shapes[:1] * int(count)
    layouts = [one_of(LAYOUTS) if rng.random() < 0.5 else "C" for _ in range(count)]
    return Drawn(steps, kinds, shapes, layouts, one_of(TRANSFORMS, _CHANCES), one_of(STRUCTURES, [0.8, 0.1, 0.1]))


# Arguments


def arguments(program, seed, rows=None):
    """Arguments of the program's kinds, shapes and layouts; with `rows`, so many of each array."""
    rng = np.random.default_rng(seed)
    made = []
    for kind, shape, layout in zip(program.kinds, program.shapes, program.layouts):
        number = float(rng.uniform(-2, 2))
        if kind in _NUMBERS:
            made.append(_NUMBERS[kind](number))
            continue
        x = rng.uniform(-2, 2, shape if rows is None else (rows, *shape))
        x = np.asarray(x > 0 if kind == "bool" else x * 2 if "int" in kind else x).astype(kind)
        made.append(laid(x, layout) if x.ndim else x[()])
    return made


_NUMBERS = {"float": float, "int": lambda x: int(x > 0) + 2, "scalar": np.float64, "narrow scalar": np.float32}


def laid(x, layout):
    """The array in another order of memory."""
    if layout == "F":
        return np.asfortranarray(x)
    if layout == "backward":
        return np.ascontiguousarray(x[::-1])[::-1]
    if layout == "every other":
        return np.repeat(x, 2, axis=-1)[..., ::2]
    if layout == "misaligned":
        return np.frombuffer(b"." + x.tobytes(), x.dtype, x.size, 1).reshape(x.shape)
    if layout == "a view":
        return np.concatenate([x, x])[len(x) :]
    x.flags.writeable = layout != "read-only"
    return x


def held(args, structure):
    if structure == "tuple":
        return ((args[0], tuple(args[1:])),)
    return ({"first": args[0], "rest": list(args[1:])},) if structure == "dict" else tuple(args)


def free(args, structure):
    if structure == "flat":
        return list(args)
    (own,) = args
    return [own[0], *own[1]] if structure == "tuple" else [own["first"], *own["rest"]]


# The function


def fitting(program, args):
    """`(steps, dtype)`: those that NumPy can do, with results that are not too large; the narrowest dtype in them."""
    values, steps = list(args), []
    with np.errstate(all="ignore"):
        for name, i, j, k in program.steps:
            try:
                found = OPERATIONS[name](values[i % len(values)], values[j % len(values)], k)
            except Exception:
                continue
            usual = not np.size(found) or np.max(np.abs(np.asarray(found) * 1.0)) < _LARGEST
            if usual and np.ndim(found) < 5 and np.size(found) < _MOST and np.size(found) * len(values) < 2 * _MOST:
                values.append(found)
                steps.append((name, i, j, k))
    return steps, min((dtype for one in values if (dtype := np.result_type(one)).kind == "f"), default=np.dtype(float))


def function(steps, structure="flat"):
    """The function of the steps, which returns all that it computes."""

    def program(*args):
        values = free(args, structure)
        count = len(values)
        for name, i, j, k in steps:
            values.append(OPERATIONS[name](values[i % len(values)], values[j % len(values)], k))
        return {"last": values[-1], "others": (values[0] * 0.5, *values[count:-1])}

    return program


def total(f):
    """The function as one number."""

    def summed(*args):
        found, sum_ = f(*args), 0.0
        for one in tree.flatten(found)[0]:
            if np.result_type(one).kind == "f":
                sum_ = sum_ + np.sum(np.sin(one))
        return sum_

    return summed


def transformed(program):
    """The function to compile, and whether its arguments are rows; None where it has no slope to take."""
    f = function(program.steps, program.structure)
    floating = [i for i, kind in enumerate(program.kinds) if kind in ("float64", "float32", "float", "scalar")]
    if program.transform in ("vmap", "gradients of rows"):
        rows = [None if kind in _NUMBERS else 0 for kind in program.kinds]
        if not any(one == 0 for one in rows):
            return None
        if program.transform == "gradients of rows":
            f = cr.grad(total(f), floating[0]) if floating and program.structure == "flat" else None
        return f and cr.vmap(f, held(rows, program.structure))
    if program.transform == "none":
        return f
    if not floating or program.structure != "flat":
        return None
    number, first = total(f), floating[0]
    size = np.prod(program.shapes[first], dtype=int)
    if program.transform == "value_and_grad":
        return cr.value_and_grad(number, tuple(floating))
    if program.transform == "hvp":
        return lambda *args: cr.hvp(number, argnums=first)(*args, args[first] * 0.5)
    if program.transform == "jvp":
        return lambda *args: cr.jvp(
            lambda x: number(*args[:first], x, *args[first + 1 :]), (args[first],), (args[first] * 0.5,)
        )
    if size > 20:
        return None
    return cr.jacobian(f, first) if program.transform == "jacobian" else cr.hessian(number, first)


# Comparison


def outcome(f, args):
    """What the function returns, or the error that it raises."""
    with np.errstate(all="ignore"):
        try:
            return f(*args)
        except Exception as raised:
            return raised


def compare(program):
    """Run a program compiled and as it is, on several arguments; the compiled function."""
    rows = 3 if program.transform in ("vmap", "gradients of rows") else None
    program.steps, narrowest = fitting(program, arguments(program, 0))
    eager = transformed(program)
    if eager is None:
        program.transform, rows = "none", None
        eager = transformed(program)
    names = {name for name, *_ in program.steps}
    exact = program.transform in ("none", "vmap") and names <= set(EXACT)
    of_zeros = exact and not names & {"max", "maximum", "clip", "number"}  # which take either of two zeros
    tolerance = 0 if exact else 2e3 * np.finfo(narrowest).eps
    fast = cr.compile(eager)
    for seed in (0, 1, 2, 1):
        args = held(arguments(program, seed, rows), program.structure)
        before = [np.copy(one) for one in tree.flatten(args)[0]]
        expected = outcome(eager, args)
        found = outcome(fast, args)
        if isinstance(expected, Exception):
            assert type(found) is type(expected), f"{found!r} instead of {expected!r}"
            continue
        if isinstance(found, Exception):
            raise found
        agree(found, expected, tolerance, of_zeros, program.transform == "hvp")
        for one, other in zip(tree.flatten(args)[0], before):
            np.testing.assert_array_equal(one, other)
    return fast


def agree(ours, theirs, tolerance, of_zeros=False, weakly=False):
    """Raise AssertionError unless one result is of the other's structure, types and dtypes, and as near as it must be.

    tolerance: relative to the largest entry; 0 for the same numbers.
    of_zeros: whether zeros are to have the same signs.
    weakly: whether a Python float may stand for NumPy's, which is one.
    """
    assert not tree.difference(ours, theirs), tree.difference(ours, theirs)
    for one, other in zip(tree.flatten(ours)[0], tree.flatten(theirs)[0]):
        same = type(one) is type(other) or weakly and isinstance(one, float) and isinstance(other, float)
        assert same, f"{type(one)} instead of {type(other)}"
        assert np.shape(one) == np.shape(other), f"{np.shape(one)} instead of {np.shape(other)}"
        assert np.result_type(one) == np.result_type(other), f"{one!r} instead of {other!r}"
        if tolerance and np.result_type(one).kind == "f":
            size = max(1.0, float(np.max(np.abs(other), initial=0.0)))
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * size)
        else:
            np.testing.assert_array_equal(one, other)
            if of_zeros and np.result_type(one).kind == "f":
                assert np.all((np.signbit(one) == np.signbit(other)) | np.isnan(one)), "zeros of other signs"


def one(seed):
    """One program: compiled as eager, and the same within guarded memory. Returns whether it ran eagerly at all."""
    program = drawn(np.random.default_rng(seed))
    fast = compare(program)
    rows = 3 if program.transform in ("vmap", "gradients of rows") else None
    for variant in fast.variants():
        leaves = [x for x in arguments(program, 1, rows) if type(x) is not int]
        try:
            wanted = variant.plan(leaves)
        except GuardFailed:
            continue
        for at_start in (False, True):
            for mine, other in zip(guarded(variant.plan, leaves, at_start), wanted):
                np.testing.assert_array_equal(mine, other)
    return fast.eager_calls > 0


def main(first, count):
    warnings.simplefilter("ignore")
    faulthandler.enable()
    different = eagerly = 0
    for seed in range(first, first + count):
        try:
            eagerly += one(seed)
        except Exception as raised:
            different += 1
            print(f"program {seed}: {type(raised).__name__}: {str(raised)[:500]}", flush=True)
        if (seed - first + 1) % 1000 == 0:
            print(f"{seed - first + 1} programs, {different} different, {eagerly} not compiled", flush=True)
    print("different" if different else "whole", different or count)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
