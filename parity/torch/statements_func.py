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
