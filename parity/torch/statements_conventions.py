"""Dtypes, shapes, and the conventions at kinks."""

import numpy

from parity.torch.table import says, statement

DTYPE = "Dtypes"


@statement(
    DTYPE,
    "float32 by default; ints are int64",
    ["torch.float32", "torch.int64", "torch.bool", "torch.float32", "torch.float64"],
)
def defaults(torch):
    made = [
        torch.tensor(1.0),
        torch.tensor(1),
        torch.tensor(True),
        torch.zeros(2),
        torch.from_numpy(numpy.ones(2)),
    ]
    return [str(each.dtype) for each in made]


@statement(
    DTYPE,
    "numbers and tensors without dimensions do not widen tensors with some",
    ["torch.float32", "torch.float32", "torch.float64", "torch.float32", "torch.float32", "torch.int64"],
)
def promotion(torch):
    wide, narrow, whole = torch.tensor(1.0, dtype=torch.float64), torch.ones(2), torch.tensor([1, 2])
    made = [
        wide * narrow,
        2.5 * narrow,
        wide * torch.tensor(1.0),
        whole * 0.5,
        whole / 2,
        whole * torch.tensor([True, False]),
    ]
    return [str(each.dtype) for each in made]


@statement(DTYPE, "cat, stack and where promote", ["torch.float32", "torch.float64", "torch.float32"])
def joining(torch):
    whole, half, wide = torch.tensor([1, 2]), torch.ones(2), torch.ones(2, dtype=torch.float64)
    made = [torch.cat([whole, half]), torch.stack([half, wide]), torch.where(whole > 1, half, 0.0)]
    return [str(each.dtype) for each in made]


@statement(DTYPE, "gradients through a join of two dtypes keep each one's own", ["torch.float32", "torch.float64"])
def joined_gradients(torch):
    one = torch.ones(2, requires_grad=True)
    two = torch.ones(2, dtype=torch.float64, requires_grad=True)
    torch.cat([one, two]).sum().backward()
    return [str(one.grad.dtype), str(two.grad.dtype)]


@statement(
    DTYPE,
    "real functions of integers are float32; mean of integers is refused",
    ["torch.float32", "torch.int64", "could not infer output dtype"],
)
def integers(torch):
    whole = torch.tensor([1, 4])
    return [
        str(torch.sqrt(whole).dtype),
        str(whole.sum().dtype),
        says(RuntimeError, "could not infer output dtype", whole.mean),
    ]


@statement(DTYPE, "matmul does not mix dtypes", "expected m1 and m2 to have the same dtype, but got: float != double")
def matmul_dtypes(torch):
    return says(
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: float != double",
        lambda: torch.ones(1, 1) @ torch.ones(1, 1, dtype=torch.float64),
    )


@statement(
    DTYPE,
    "shapes that do not broadcast",
    "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0",
)
def broadcasting(torch):
    return says(
        RuntimeError,
        "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0",
        lambda: torch.ones(2) + torch.ones(3),
    )


@statement(DTYPE, "shapes that do not multiply", "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)")
def multiplying(torch):
    return says(
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
        lambda: torch.ones(2, 3) @ torch.ones(2, 3),
    )


@statement(DTYPE, "var and std are those of a sample", [1.0, 1.0])
def sample_spread(torch):
    x = torch.tensor([1.0, 2.0, 3.0])
    return [x.var().item(), x.std().item()]


@statement(DTYPE, "max(dim) gives values and indices", [[5.0, 7.0], [1, 0]])
def max_with_places(torch):
    result = torch.tensor([[1.0, 5.0], [7.0, 2.0]]).max(dim=1)
    return [result.values.tolist(), result.indices.tolist()]


KINKS = "Kinks and edges"


def _slope(torch, f, at):
    x = torch.tensor(at, requires_grad=True)
    y = f(x)
    (y.sum() if y.dim() else y).backward()
    return x.grad.tolist()


@statement(KINKS, "abs'(0), relu'(0), sign', round', floor'", [0.0, 0.0, 0.0, 0.0, 0.0])
def zeros(torch):
    return [_slope(torch, f, 0.0) for f in (torch.abs, torch.relu, torch.sign, torch.round, torch.floor)]


@statement(KINKS, "clamp has slope 1 at an edge, hardtanh and relu6 0", [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
def edges(torch):
    F = torch.nn.functional
    return [
        _slope(torch, lambda x: torch.clamp(x, 0, 1), [0.0, 1.0]),
        _slope(torch, lambda x: F.hardtanh(x, 0, 1), [0.0, 1.0]),
        _slope(torch, F.relu6, [0.0, 6.0]),
    ]


@statement(KINKS, "a tie of fmax, fmin and of clamp with a tensor goes to the first", [1.0, 1.0, 1.0, 1.0])
def ties_to_the_first(torch):
    one = torch.tensor(1.0)
    functions = (torch.fmax, torch.fmin, lambda x, y: x.clamp(min=y), lambda x, y: x.clamp(max=y))
    return [_slope(torch, lambda x, f=f: f(x, one), 1.0) for f in functions]


@statement(KINKS, "median shares a tie; atan2 has slope 0 at the origin", [[0.5, 0.5, 0.0], 0.0])
def median_and_angle(torch):
    return [
        _slope(torch, torch.median, [1.0, 1.0, 2.0]),
        _slope(torch, lambda x: torch.atan2(x, torch.tensor(0.0)), 0.0),
    ]


@statement(KINKS, "binary_cross_entropy of a saturated probability still has a slope", [True, True])
def saturated(torch):
    F = torch.nn.functional
    slope = _slope(torch, lambda x: F.binary_cross_entropy(x, torch.tensor([1.0, 0.0])), [0.0, 1.0])
    return [slope[0] < -1e10, slope[1] > 1e10]


@statement(KINKS, "binary_cross_entropy of what is no probability", "all elements of input should be between 0 and 1")
def no_probability(torch):
    entropy = torch.nn.functional.binary_cross_entropy
    return says(RuntimeError, "all elements of input should be between 0 and 1",
                lambda: entropy(torch.tensor([1.5]), torch.tensor([1.0])))  # fmt: skip


@statement(KINKS, "a tie of maximum or max shares equally; max(dim) does not", [0.5, [0.5, 0.5], [1.0, 0.0]])
def ties(torch):
    return [
        _slope(torch, lambda x: torch.maximum(x, torch.tensor(1.0)), 1.0),
        _slope(torch, torch.max, [1.0, 1.0]),
        _slope(torch, lambda x: x.max(dim=0).values, [1.0, 1.0]),
    ]


@statement(
    KINKS,
    "norm'(0) and the std of a constant are 0; sqrt'(0) is infinite",
    [[0.0, 0.0], [0.0, 0.0], float("inf")],
)
def cones(torch):
    return [
        _slope(torch, torch.norm, [0.0, 0.0]),
        _slope(torch, torch.std, [1.0, 1.0]),
        _slope(torch, torch.sqrt, 0.0),
    ]


@statement(KINKS, "x**0 at 0; prod with a zero", [0.0, [6.0, 0.0, 0.0]])
def powers(torch):
    return [_slope(torch, lambda x: x**0, 0.0), _slope(torch, torch.prod, [0.0, 2.0, 3.0])]


@statement(
    KINKS,
    "where(x < 0, exp(x), x + 1) at 1000",
    "nan",
    ours="1.0",
    why="a branch that was not selected contributes a structural zero",
)
def guarded_where(torch):
    return str(_slope(torch, lambda x: torch.where(x < 0, torch.exp(x), x + 1), 1000.0))


@statement(
    KINKS,
    "(x > 0) * sqrt(|x|) at 0, and clamp(sqrt(x), min=1e-3) at 0",
    ["nan", "nan"],
    ours=["0.0", "0.0"],
    why="a mask and a clamp select too",
)
def guarded_masks(torch):
    return [
        str(_slope(torch, lambda x: (x > 0) * torch.sqrt(torch.abs(x)), 0.0)),
        str(_slope(torch, lambda x: torch.clamp(torch.sqrt(x) * 1.0, min=1e-3), 0.0)),
    ]
