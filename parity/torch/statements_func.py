"""torch.func, autograd.functional, gradcheck and anomaly detection."""

import warnings

from parity.torch.table import says, statement

FUNC = "torch.func"


@statement(FUNC, "grad, nested", [2.0, 12.0])
def func_grad(torch):
    f = torch.func.grad(lambda x: x**3)
    return [
        torch.func.grad(lambda x: x**2)(torch.tensor(1.0)).item(),
        torch.func.grad(f)(torch.tensor(2.0)).item(),
    ]


@statement(FUNC, "grad_and_value gives (grad, value); has_aux", [6.0, 9.0, 6.0, 9.0, "aux"])
def func_grad_and_value(torch):
    x = torch.tensor(3.0)
    g, v = torch.func.grad_and_value(lambda x: x**2)(x)
    g2, (v2, aux) = torch.func.grad_and_value(lambda x: (x**2, {"aux": x}), has_aux=True)(x)
    return [g.item(), v.item(), g2.item(), v2.item(), next(iter(aux))]


@statement(FUNC, "argnums", [5.0, 2.0])
def func_argnums(torch):
    return [g.item() for g in torch.func.grad(lambda x, y: x * y, argnums=(0, 1))(torch.tensor(2.0), torch.tensor(5.0))]


@statement(FUNC, "vjp and jvp", [4.0, 4.0])
def func_vjp(torch):
    x = torch.tensor(2.0)
    _, pullback = torch.func.vjp(lambda x: x**2, x)
    return [
        pullback(torch.tensor(1.0))[0].item(),
        torch.func.jvp(lambda x: x**2, (x,), (torch.tensor(1.0),))[1].item(),
    ]


@statement(
    FUNC,
    "jacrev, jacfwd, hessian",
    [[[2.0, 0.0], [0.0, 4.0]], [[2.0, 0.0], [0.0, 4.0]], [[6.0, 0.0], [0.0, 12.0]]],
)
def func_jacobians(torch):
    x = torch.tensor([1.0, 2.0])
    return [
        torch.func.jacrev(lambda x: x**2)(x).tolist(),
        torch.func.jacfwd(lambda x: x**2)(x).tolist(),
        torch.func.hessian(lambda x: (x**3).sum())(x).tolist(),
    ]


@statement(FUNC, "an outer no_grad is ignored, an inner one respected", [4.0, 0.0])
def func_no_grad(torch):
    def inner(x):
        with torch.no_grad():
            y = x * x
        return y + 0 * x

    with torch.no_grad():
        outer = torch.func.grad(lambda x: x * x)(torch.tensor(2.0)).item()
    return [outer, torch.func.grad(inner)(torch.tensor(2.0)).item()]


@statement(FUNC, "grad of a function that returns no single number", "to return a scalar Tensor")
def func_not_scalar(torch):
    return says(RuntimeError, "to return a scalar Tensor", lambda: torch.func.grad(lambda x: x * 2)(torch.ones(2)))


@statement(FUNC, "vmap: per-sample gradients", [[2.0, 0.0], [0.0, 8.0]])
def func_per_sample(torch):
    gradient = torch.func.grad(lambda w, x: (w @ x) ** 2)
    weights, rows = torch.tensor([1.0, 2.0]), torch.tensor([[1.0, 0.0], [0.0, 1.4142135]])
    return torch.func.vmap(gradient, in_dims=(None, 0))(weights, rows).tolist()


@statement(FUNC, "vmap: in_dims, out_dims, trees, nested, chunk_size", [[2, 3], [3, 4], 20.0, [3.0, 12.0]])
def func_vmap_dims(torch):
    x = torch.arange(6.0).reshape(3, 2)
    doubled = torch.func.vmap(lambda r: r * 2, in_dims=1, out_dims=0)(x)
    table = torch.vmap(torch.vmap(torch.mul, (None, 0)), (0, None))(torch.ones(3), torch.ones(4))
    mixed = torch.vmap(lambda d, k: d["a"] * k, in_dims=({"a": 0}, None))({"a": x}, torch.tensor(2.0))
    parts = torch.vmap(lambda r: r.sum() * 1.0, in_dims=1, chunk_size=1)(x)
    sums = [parts[0].item() / 2, parts[1].item() + 3]
    return [list(doubled.shape), list(table.shape), mixed[2].sum().item() + 2, sums]


@statement(FUNC, "vmap over rows of cotangents of a graph from outside", [[2.0, 0.0], [0.0, 4.0]])
def func_vmap_cotangents(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    rows = torch.vmap(lambda v: torch.autograd.grad(y, x, v, retain_graph=True)[0])(torch.eye(2))
    return rows.tolist()


@statement(
    FUNC,
    "gradients flow through vmap, to what the function closes over too",
    [[2.0, 4.0], [[1.0, 1.0], [1.0, 1.0]]],
)
def func_through_vmap(torch):
    w = torch.ones(2, requires_grad=True)
    x = torch.tensor([[1.0, 3.0], [1.0, 1.0]], requires_grad=True)
    torch.vmap(lambda r: (r * w).sum())(x).sum().backward()
    return [w.grad.tolist(), x.grad.tolist()]


VMAP_REFUSES = [".item()", "data-dependent control flow", "random operation while in randomness error mode",
                "dynamic shape", "must only return Tensors", "same size in the mapped dimension",
                "We cannot vmap over non-Tensor arguments", "expected in_dim to satisfy"]  # fmt: skip


@statement(FUNC, "vmap refuses what has no one answer for all rows", VMAP_REFUSES)
def func_vmap_refuses(torch):
    x = torch.arange(6.0).reshape(3, 2)
    calls = [
        lambda: torch.vmap(lambda r: r.sum().item())(x),
        lambda: torch.vmap(lambda r: r if r.sum() > 0 else -r)(x),
        lambda: torch.vmap(lambda r: r + torch.rand(2))(x),
        lambda: torch.vmap(lambda r: r[r > 0])(x),
        lambda: torch.vmap(lambda r: 1.0)(x),
        lambda: torch.vmap(torch.add)(x, x[:2]),
        lambda: torch.vmap(torch.add)(x, 1.0),
        lambda: torch.vmap(torch.sin, in_dims=5)(x),
    ]
    return [says((RuntimeError, ValueError), words, call) for words, call in zip(VMAP_REFUSES, calls)]


@statement(FUNC, "vmap: randomness='same' and 'different'", [True, False])
def func_vmap_random(torch):
    x = torch.zeros(2, 3)
    same = torch.vmap(lambda r: r + torch.rand(3), randomness="same")(x)
    different = torch.vmap(lambda r: r + torch.rand(3), randomness="different")(x)
    return [bool((same[0] == same[1]).all()), bool((different[0] == different[1]).any())]


@statement(FUNC, "vmap: an in-place change of a tensor from outside by rows is refused", True)
def func_vmap_in_place(torch):
    outside = torch.zeros(2)
    try:
        torch.vmap(lambda r: outside.add_(r))(torch.ones(3, 2))
    except RuntimeError:
        return outside.tolist() == [0.0, 0.0]


@statement(FUNC, "linearize gives the value and the derivative at the point", [1.0, 6.0, 2.0])
def func_linearize(torch):
    value, derivative = torch.func.linearize(lambda x: x**2, torch.tensor(1.0))
    return [value.item(), derivative(torch.tensor(3.0)).item(), derivative(torch.tensor(1.0)).item()]


@statement(FUNC, "checkpoint: values and gradients as without", [0.9092974, 0.4161468, 1])
def func_checkpoint(torch):
    from importlib import import_module

    checkpoint = import_module(torch.__name__ + ".utils.checkpoint").checkpoint
    runs = []

    def inside(x, w):
        runs.append(1)
        return torch.sin(x * w)

    x, w = torch.tensor(2.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    y = checkpoint(inside, x, w, use_reentrant=False)
    y.backward()
    return [y.item(), -x.grad.item(), len(runs) - 1]


FUNCTIONAL = "autograd.functional"


@statement(
    FUNCTIONAL,
    "jacobian, hessian, vjp, jvp, hvp, vhp",
    [[[2.0, 0.0], [0.0, 4.0]], [[6.0, 0.0], [0.0, 12.0]], [2.0, 4.0], [2.0, 4.0], [6.0, 12.0], [6.0, 12.0]],
)
def functional(torch):
    F, x, v = torch.autograd.functional, torch.tensor([1.0, 2.0]), torch.ones(2)

    def square(x):
        return x**2

    def cubes(x):
        return (x**3).sum()

    results = [
        F.jacobian(square, x),
        F.hessian(cubes, x),
        F.vjp(square, x, v)[1],
        F.jvp(square, x, v)[1],
        F.hvp(cubes, x, v)[1],
        F.vhp(cubes, x, v)[1],
    ]
    return [each.tolist() for each in results]


@statement(FUNCTIONAL, "tuples in, tuples out; create_graph keeps the connection", [[4.0, 2.0], True, False])
def functional_tuples(torch):
    x, y = torch.tensor(2.0, requires_grad=True), torch.tensor(4.0, requires_grad=True)
    rows = torch.autograd.functional.jacobian(lambda x, y: x * y, (x, y), create_graph=True)
    plain = torch.autograd.functional.jacobian(lambda x, y: x * y, (x, y))
    return [[each.item() for each in rows], rows[0].requires_grad, plain[0].requires_grad]


@statement(
    FUNCTIONAL,
    "strict=True refuses an output that depends on nothing",
    "does not require gradients. The outputs must be",
)
def functional_strict(torch):
    return says(
        RuntimeError,
        "does not require gradients. The outputs must be",
        lambda: torch.autograd.functional.jacobian(lambda x: torch.ones(1), torch.ones(1), strict=True),
    )


CHECK = "gradcheck and anomalies"


@statement(CHECK, "gradcheck and gradgradcheck of a right function", [True, True])
def gradcheck(torch):
    x = torch.tensor([0.3, 0.7], dtype=torch.float64, requires_grad=True)
    f = lambda x: torch.sin(x) * x
    return [torch.autograd.gradcheck(f, (x,)), torch.autograd.gradgradcheck(f, (x,))]


@statement(CHECK, "gradcheck of a wrong one", ["Jacobian mismatch for output 0 with respect to input 0,", False])
def gradcheck_wrong(torch):
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2.1

    x = torch.tensor([0.3], dtype=torch.float64, requires_grad=True)
    return [
        says(
            RuntimeError,
            "Jacobian mismatch for output 0 with respect to input 0,",
            lambda: torch.autograd.gradcheck(Wrong.apply, (x,)),
        ),
        torch.autograd.gradcheck(Wrong.apply, (x,), raise_exception=False),
    ]


@statement(
    CHECK,
    "detect_anomaly names the function that returned NaN",
    "Function 'SqrtBackward0' returned nan values in its 0th output.",
)
def anomaly(torch):
    x = torch.tensor(0.0, requires_grad=True)

    def run():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with torch.autograd.detect_anomaly():
                (torch.sqrt(x) * 0).backward()

    return says(RuntimeError, "Function 'SqrtBackward0' returned nan values in its 0th output.", run)


@statement(CHECK, "an infinite gradient passes unnoticed", float("inf"))
def anomaly_inf(torch):
    x = torch.tensor(0.0, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.autograd.detect_anomaly():
            torch.sqrt(x).backward()
    return x.grad.item()


STRICT = ["does not require gradients. The outputs must be", "independent of input 1", "While computing the hessian",
          "The output of f is independent of the inputs", "Got argnum=3, but only 2 positional inputs"]  # fmt: skip


@statement(FUNCTIONAL, "strict flags refuse what is independent, each in its words", STRICT)
def strict_flags(torch):
    F, x = torch.autograd.functional, torch.tensor([1.0, 2.0])
    calls = [
        lambda: F.jvp(lambda x: torch.ones(2), x, x, strict=True),
        lambda: F.jvp(lambda x, y: x.sum(), (x, x), (x, x), strict=True),
        lambda: F.hvp(lambda x: x.sum(), x, x, strict=True),
        lambda: torch.func.jvp(lambda x: torch.ones(2), (x,), (x,), strict=True),
        lambda: torch.func.jacrev(lambda x, y: x * y, argnums=3)(x, x),
    ]
    return [says(RuntimeError, words, call) for words, call in zip(STRICT, calls)]


@statement(CHECK, "gradcheck in forward mode, of a right function and of a wrong one", [True, False])
def forward_checks(torch):
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x * x

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx, g):
            return 2 * g * ctx.saved_tensors[0]

        @staticmethod
        def jvp(ctx, t):
            return 3 * t * ctx.saved_tensors[0]

    x = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)
    check = torch.autograd.gradcheck
    right = check(torch.sin, (x,), check_forward_ad=True)
    return [right, check(Wrong.apply, (x,), check_forward_ad=True, raise_exception=False)]
