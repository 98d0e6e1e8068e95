"""Where a derivative is a matter of choice: what we chose, what the peers chose, and why.

Each row is a program at a point. `test_conventions` computes all four gradients and checks that they are
the ones stated here, so a peer that changes its mind is noticed. NaN is what the library returns; None is
a gradient that TensorFlow says does not exist.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf, nan


@dataclass(frozen=True)
class Convention:
    """One choice.

    Attributes:
        what: the program and the point, in words.
        why: the reason for our choice where it is not everybody's.
        at: the point: a number, a list or a nested list; complex for a complex point.
        program: a function of a library's NumPy-spelled functions and the point.
        chainrule, torch, jax, tensorflow: the gradients; a missing one is not compared.
        spelled: the same program for a library that spells it otherwise, by name.
    """

    what: str
    why: str
    at: object
    program: Callable
    chainrule: object
    torch: object
    jax: object
    tensorflow: object = "not compared"
    spelled: dict = field(default_factory=dict)


LEAST_NORM = "The minimum-norm subgradient: the shortest slope that touches the kink, so 0 at a minimum."
STRUCTURAL = "What was not selected contributes a structural zero, whatever its slope is (decision 5)."

CONVENTIONS = (
    Convention(
        "|x| at 0",
        LEAST_NORM,
        0.0,
        lambda xp, x: xp.abs(x),
        chainrule=0.0,
        torch=0.0,
        jax=1.0,
        tensorflow=0.0,
    ),
    Convention(
        "maximum(x, 1) at 1",
        "Equal arguments share the slope; " + LEAST_NORM,
        1.0,
        lambda xp, x: xp.maximum(x, xp.ones_like(x)),
        chainrule=0.5,
        torch=0.5,
        jax=0.5,
        tensorflow=1.0,
    ),
    Convention(
        "max of [1, 3, 3]",
        "Equal entries share the slope.",
        [1.0, 3.0, 3.0],
        lambda xp, x: xp.max(x),
        chainrule=[0.0, 0.5, 0.5],
        torch=[0.0, 0.5, 0.5],
        jax=[0.0, 0.5, 0.5],
        tensorflow=[0.0, 0.5, 0.5],
        spelled={"PyTorch": lambda torch, x: torch.amax(x), "TensorFlow": lambda tf, x: tf.reduce_max(x)},
    ),
    Convention(
        "clip(x, 0, 1) at 0 and at 1",
        "As a function of x it is constant on one side of each edge; " + LEAST_NORM,
        [0.0, 1.0],
        lambda xp, x: xp.clip(x, 0.0, 1.0),
        chainrule=[0.0, 0.0],
        torch=[1.0, 1.0],
        jax=[0.5, 0.5],
        tensorflow=[1.0, 1.0],
        spelled={"TensorFlow": lambda tf, x: tf.clip_by_value(x, 0.0, 1.0)},
    ),
    Convention(
        "the Euclidean norm of [0, 0]",
        LEAST_NORM,
        [0.0, 0.0],
        lambda xp, x: xp.linalg.norm(x),
        chainrule=[0.0, 0.0],
        torch=[0.0, 0.0],
        jax=[nan, nan],
        tensorflow=[nan, nan],
        spelled={"TensorFlow": lambda tf, x: tf.norm(x)},
    ),
    Convention(
        "hypot(x, y) at (0, 0)",
        LEAST_NORM,
        [0.0, 0.0],
        lambda xp, x: xp.hypot(x[0], x[1]),
        chainrule=[0.0, 0.0],
        torch=[nan, nan],
        jax=[0.5, 0.5],
    ),
    Convention(
        "the standard deviation of [2, 2, 2]",
        LEAST_NORM,
        [2.0, 2.0, 2.0],
        lambda xp, x: xp.std(x),
        chainrule=[0.0, 0.0, 0.0],
        torch=[0.0, 0.0, 0.0],
        jax=[nan, nan, nan],
        spelled={"PyTorch": lambda torch, x: torch.std(x, correction=0)},
    ),
    Convention(
        "x ** 0.0 at 0",
        "x ** 0 is 1 everywhere, NumPy and C agree, so it has the slope of a constant.",
        0.0,
        lambda xp, x: x**0.0,
        chainrule=0.0,
        torch=0.0,
        jax=nan,
        tensorflow=nan,
    ),
    Convention(
        "sqrt(x) at 0",
        "The slope is unbounded, and inf says so; there is no convention to choose.",
        0.0,
        lambda xp, x: xp.sqrt(x),
        chainrule=inf,
        torch=inf,
        jax=inf,
        tensorflow=inf,
    ),
    Convention(
        "arctan2(0, 0) in both arguments",
        "The angle has no slope at the centre; NaN says so, where 0 would look like an answer.",
        [0.0, 0.0],
        lambda xp, x: xp.arctan2(x[0], x[1]),
        chainrule=[nan, nan],
        torch=[0.0, 0.0],
        jax=[nan, nan],
    ),
    Convention(
        "the product of [0, 2, 3]",
        "The slope in an entry is the product of the others, also where the entry is 0.",
        [0.0, 2.0, 3.0],
        lambda xp, x: xp.prod(x),
        chainrule=[6.0, 0.0, 0.0],
        torch=[6.0, 0.0, 0.0],
        jax=[6.0, 0.0, 0.0],
        tensorflow=[6.0, 0.0, 0.0],
        spelled={"TensorFlow": lambda tf, x: tf.reduce_prod(x)},
    ),
    Convention(
        "floor(x) at 0.5",
        "The slope of a staircase is 0, which is a gradient; None is kept for values without a path.",
        0.5,
        lambda xp, x: xp.floor(x),
        chainrule=0.0,
        torch=0.0,
        jax=0.0,
        tensorflow=None,
    ),
    Convention(
        "where(x < 0, exp(x), x + 1) at 1000",
        STRUCTURAL,
        1000.0,
        lambda xp, x: xp.where(x < 0, xp.exp(x), x + 1),
        chainrule=1.0,
        torch=nan,
        jax=nan,
        tensorflow=nan,
    ),
    Convention(
        "maximum(sqrt(x), 1e-10) at 0",
        STRUCTURAL,
        0.0,
        lambda xp, x: xp.maximum(xp.sqrt(x), 1e-10 * xp.ones_like(x)),
        chainrule=0.0,
        torch=nan,
        jax=nan,
        tensorflow=0.0,
    ),
    Convention(
        "clip(exp(x), 0, 1) at 1000",
        STRUCTURAL,
        1000.0,
        lambda xp, x: xp.clip(xp.exp(x), 0.0, 1.0),
        chainrule=0.0,
        torch=nan,
        jax=nan,
        tensorflow=nan,
        spelled={"TensorFlow": lambda tf, x: tf.clip_by_value(tf.exp(x), 0.0, 1.0)},
    ),
    Convention(
        "(x > 0) * sqrt(|x|) at 0",
        "A boolean mask selects. " + STRUCTURAL,
        0.0,
        lambda xp, x: (x > 0) * xp.sqrt(xp.abs(x)),
        chainrule=0.0,
        torch=nan,
        jax=nan,
        tensorflow=0.0,
        spelled={"TensorFlow": lambda tf, x: tf.cast(x > 0, x.dtype) * tf.sqrt(tf.abs(x))},
    ),
    Convention(
        "the lower left entry of cholesky(A)",
        "NumPy reads the lower triangle of A and nothing else, so nothing else has a slope. The peers give "
        "the gradient in the space of symmetric matrices, where both triangles move together.",
        [[4.0, 2.0], [2.0, 3.0]],
        lambda xp, x: xp.linalg.cholesky(x)[1, 0],
        chainrule=[[-0.125, 0.0], [0.5, 0.0]],
        torch=[[-0.125, 0.25], [0.25, 0.0]],
        jax=[[-0.125, 0.25], [0.25, 0.0]],
        tensorflow=[[-0.125, 0.25], [0.25, 0.0]],
    ),
    Convention(
        "Re z ** 2 at 1 + 2i",
        "The gradient of a real loss points uphill, as in PyTorch and TensorFlow, so that a step against it "
        "descends; JAX returns its conjugate.",
        1.0 + 2.0j,
        lambda xp, z: xp.real(z * z),
        chainrule=2.0 - 4.0j,
        torch=2.0 - 4.0j,
        jax=2.0 + 4.0j,
        tensorflow=2.0 - 4.0j,
        spelled={"TensorFlow": lambda tf, z: tf.math.real(z * z)},
    ),
    Convention(
        "Re sign(z) at 1 + 2i",
        "NumPy's sign of a complex number is z / |z|, which moves as z turns; JAX gives it no slope.",
        1.0 + 2.0j,
        lambda xp, z: xp.real(xp.sign(z)),
        chainrule=(4.0 - 2.0j) / 5**1.5,
        torch=(4.0 - 2.0j) / 5**1.5,
        jax=0.0,
        spelled={"PyTorch": lambda torch, z: torch.real(torch.sgn(z))},
    ),
    Convention(
        "the median of [1, 1, 2, 3]",
        "The mean of the two middle entries, as NumPy computes it; PyTorch's median is the lower one.",
        [1.0, 1.0, 2.0, 3.0],
        lambda xp, x: xp.median(x),
        chainrule=[0.0, 0.5, 0.5, 0.0],
        torch=[0.5, 0.5, 0.0, 0.0],
        jax=[0.0, 0.5, 0.5, 0.0],
    ),
)
