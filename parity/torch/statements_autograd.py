"""autograd.grad, autograd.Function, the modes."""

from parity.torch.table import says, statement

GRAD = "autograd.grad"


@statement(GRAD, "gives a tuple and leaves .grad alone", [True, 6.0, None])
def tuple_out(torch):
    x = torch.tensor(3.0, requires_grad=True)
    result = torch.autograd.grad(x * x, x)
    return [isinstance(result, tuple), result[0].item(), x.grad]


@statement(GRAD, "inputs in a dict give a dict", {"x": 6.0})
def dict_out(torch):
    x = torch.tensor(3.0, requires_grad=True)
    return {name: g.item() for name, g in torch.autograd.grad(x * x, {"x": x}).items()}


@statement(
    GRAD,
    "an unused input raises and is numbered",
    "The differentiated Tensor at index 1 appears to not have been used in the graph. Set allow_unused=True",
)
def unused(torch):
    x, y = torch.tensor(1.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    return says(
        RuntimeError,
        "The differentiated Tensor at index 1 appears to not have been used in the graph. Set allow_unused=True",
        lambda: torch.autograd.grad(x * x, [x, y]),
    )


@statement(GRAD, "allow_unused=True gives None", [2.0, None])
def allow_unused(torch):
    x, y = torch.tensor(1.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    one, two = torch.autograd.grad(x * x, [x, y], allow_unused=True)
    return [one.item(), two]


@statement(GRAD, "materialize_grads=True gives zeros", [2.0, 0.0])
def materialize(torch):
    x, y = torch.tensor(1.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    return [g.item() for g in torch.autograd.grad(x * x, [x, y], materialize_grads=True)]


@statement(
    GRAD,
    "materialize_grads with allow_unused=False is refused",
    "Expected allow_unused to be True or not passed",
)
def materialize_and_not_unused(torch):
    x = torch.tensor(1.0, requires_grad=True)
    return says(
        ValueError,
        "Expected allow_unused to be True or not passed",
        lambda: torch.autograd.grad(x * x, x, allow_unused=False, materialize_grads=True),
    )


@statement(
    GRAD,
    "an input that requires no gradient raises",
    "One of the differentiated Tensors does not require grad",
)
def input_without_grad(torch):
    x, y = torch.tensor(1.0, requires_grad=True), torch.tensor(1.0)
    return says(
        RuntimeError,
        "One of the differentiated Tensors does not require grad",
        lambda: torch.autograd.grad(x * y, y),
    )


@statement(GRAD, "is_grads_batched takes rows of cotangents", [[2.0, 0.0], [0.0, 4.0]])
def batched(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    return torch.autograd.grad(x * x, x, torch.eye(2), is_grads_batched=True)[0].tolist()


@statement(GRAD, "second derivatives through create_graph", 12.0)
def second_derivative(torch):
    x = torch.tensor(2.0, requires_grad=True)
    (first,) = torch.autograd.grad(x**3, x, create_graph=True)
    return torch.autograd.grad(first, x)[0].item()


@statement(
    GRAD,
    "the second derivative of a linear function",
    "element 0 of tensors does not require grad",
    ours=0.0,
    why="it is zero; `grad(..., create_graph=True, strict=True)` raises as PyTorch does",
)
def linear_second(torch):
    x = torch.tensor(2.0, requires_grad=True)
    (first,) = torch.autograd.grad(3 * x, x, create_graph=True)
    try:
        return torch.autograd.grad(first, x)[0].item()
    except RuntimeError as error:
        return "element 0 of tensors does not require grad" if "element 0" in str(error) else str(error)


@statement(GRAD, "the gradient with regard to a computed value", 6.0)
def grad_of_intermediate(torch):
    x = torch.tensor(1.0, requires_grad=True)
    y = x * 3
    return torch.autograd.grad(y * y, y)[0].item()


FUNCTION = "autograd.Function"


def _cube(torch):
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    return Cube


@statement(
    FUNCTION,
    "forward(ctx, ...) and backward, also twice; grad_fn carries the class's name",
    [12.0, 12.0, "CubeBackward"],
)
def function(torch):
    x = torch.tensor(2.0, requires_grad=True)
    y = _cube(torch).apply(x)
    (first,) = torch.autograd.grad(y, x, create_graph=True)
    return [first.item(), torch.autograd.grad(first, x)[0].item(), y.grad_fn.name()]


@statement(FUNCTION, "forward without ctx and setup_context, under torch.func.grad", 12.0)
def setup_context(torch):
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x**3

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, g):
            return g * 3 * ctx.saved_tensors[0] ** 2

    return torch.func.grad(Cube.apply)(torch.tensor(2.0)).item()


@statement(
    FUNCTION,
    "a Function with ctx in forward under torch.func.grad",
    "RuntimeError",
    ours=12.0,
    why="there is one graph, so both forms work everywhere",
)
def ctx_under_func(torch):
    try:
        return torch.func.grad(_cube(torch).apply)(torch.tensor(2.0)).item()
    except RuntimeError as error:
        return type(error).__name__


@statement(
    FUNCTION,
    "saved outputs, several outputs, needs_input_grad, arguments that are no tensors",
    [2.0, True, [True, False, False]],
)
def several(torch):
    seen = []

    class Split(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, scale):
            seen.append(list(ctx.needs_input_grad))
            out = (x * scale, y * scale)
            ctx.save_for_backward(out[0])
            ctx.scale = scale
            return out

        @staticmethod
        def backward(ctx, g1, g2):
            seen.append(bool((g2 == 0).all()))
            return g1 * ctx.scale, None, None

    x = torch.tensor(1.0, requires_grad=True)
    one, _ = Split.apply(x, torch.tensor(1.0), 2.0)
    one.backward()
    return [x.grad.item(), seen[1], seen[0]]


@statement(FUNCTION, "set_materialize_grads(False) gives None for unused outputs", True)
def no_materialize(torch):
    seen = []

    class Two(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 1, x * 2

        @staticmethod
        def backward(ctx, g1, g2):
            seen.append(g2 is None)
            return g1

    Two.apply(torch.tensor(1.0, requires_grad=True))[0].backward()
    return seen[0]


@statement(FUNCTION, "mark_non_differentiable", [True, False])
def non_differentiable(torch):
    class Sort(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            values, places = x.sort()
            ctx.mark_non_differentiable(places)
            return values, places

        @staticmethod
        def backward(ctx, g, _):
            return g

    values, places = Sort.apply(torch.tensor([2.0, 1.0], requires_grad=True))
    return [values.requires_grad, places.requires_grad]


@statement(FUNCTION, "mark_dirty returns the same object", [True, 2.0])
def dirty(torch):
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2

    w = torch.tensor(3.0, requires_grad=True)
    x = w * 1
    y = Double.apply(x)
    y.backward()
    return [y is x, w.grad.item()]


@statement(FUNCTION, "too many gradients", "returned an incorrect number of gradients (expected 1, got 2)")
def too_many(torch):
    class Bad(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g, g

    y = Bad.apply(torch.tensor(1.0, requires_grad=True))
    return says(RuntimeError, "returned an incorrect number of gradients (expected 1, got 2)", y.backward)


@statement(
    FUNCTION,
    "a gradient of the wrong shape",
    "returned an invalid gradient at index 0 - got [5] but expected shape compatible with [3]",
)
def wrong_shape(torch):
    class Bad(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.sum()

        @staticmethod
        def backward(ctx, g):
            return torch.ones(5)

    y = Bad.apply(torch.ones(3, requires_grad=True))
    return says(
        RuntimeError,
        "returned an invalid gradient at index 0 - got [5] but expected shape compatible with [3]",
        y.backward,
    )


@statement(FUNCTION, "no backward", "You must implement either the backward or vjp method")
def no_backward(torch):
    class Bad(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

    y = Bad.apply(torch.tensor(1.0, requires_grad=True))
    return says(NotImplementedError, "You must implement either the backward or vjp method", y.backward)


@statement(FUNCTION, "grad mode is off in backward unless create_graph=True", [False, True])
def mode_in_backward(torch):
    seen = []

    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            seen.append(torch.is_grad_enabled())
            return g

    x = torch.tensor(1.0, requires_grad=True)
    Same.apply(x).backward()
    torch.autograd.grad(Same.apply(x), x, create_graph=True)
    return seen


@statement(
    FUNCTION,
    "once_differentiable refuses a second derivative",
    "appears to not have been used in the graph",
    ours="trying to differentiate twice a function that was marked with @once_differentiable",
    why="the message names the decorator",
)
def once(torch):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, g):
            return g * 2 * ctx.saved_tensors[0]

    x = torch.tensor(2.0, requires_grad=True)
    (first,) = torch.autograd.grad(Square.apply(x) ** 2, x, create_graph=True)
    try:
        torch.autograd.grad(first, x)
    except RuntimeError as error:
        known = (
            "appears to not have been used in the graph",
            "trying to differentiate twice a function that was marked with @once_differentiable",
        )
        return next((fragment for fragment in known if fragment in str(error)), str(error))


@statement(FUNCTION, "jvp is used by forward mode", 12.0)
def function_jvp(torch):
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x**3

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def jvp(ctx, t):
            return t * 3 * ctx.saved_tensors[0] ** 2

    return torch.func.jvp(Cube.apply, (torch.tensor(2.0),), (torch.tensor(1.0),))[1].item()


MODES = "Modes"


@statement(MODES, "no_grad as block and decorator (with and without parentheses)", [False, False, False, True])
def no_grad(torch):
    w = torch.tensor(1.0, requires_grad=True)
    with torch.no_grad():
        inside = (w * 2).requires_grad

    @torch.no_grad()
    def decorated():
        return (w * 2).requires_grad

    @torch.no_grad
    def bare():
        return (w * 2).requires_grad

    return [inside, decorated(), bare(), (w * 2).requires_grad]


@statement(MODES, "no_grad on a generator function records nothing inside, and all outside", [False, True, False])
def no_grad_generator(torch):
    w = torch.ones(1, requires_grad=True)

    @torch.no_grad()
    def values():
        yield (w * 2).requires_grad
        yield (w * 2).requires_grad

    generator = values()
    first = next(generator)
    return [first, (w * 2).requires_grad, next(generator)]


@statement(MODES, "enable_grad inside no_grad records", True)
def enable_grad(torch):
    w = torch.tensor(1.0, requires_grad=True)
    with torch.no_grad(), torch.enable_grad():
        return (w * 2).requires_grad


@statement(MODES, "set_grad_enabled as call, block and decorator", [False, True, True, False, True])
def set_grad_enabled(torch):
    w = torch.tensor(1.0, requires_grad=True)
    torch.set_grad_enabled(False)
    called = (w * 2).requires_grad
    torch.set_grad_enabled(True)
    again = (w * 2).requires_grad
    with torch.set_grad_enabled(False):
        inside = (w * 2).requires_grad

    @torch.set_grad_enabled(False)
    def decorated():
        return (w * 2).requires_grad

    return [called, again, (w * 2).requires_grad, inside or decorated(), torch.is_grad_enabled()]


@statement(
    MODES,
    "inference_mode: enable_grad inside records nothing; inference_mode(False) does",
    [False, False, True, True],
)
def inference_mode(torch):
    w = torch.tensor(1.0, requires_grad=True)
    with torch.inference_mode():
        plain = (w * 2).requires_grad
        on = torch.is_inference_mode_enabled()
        with torch.enable_grad():
            inside = (w * 2).requires_grad
        with torch.inference_mode(False):
            back = (w * 2).requires_grad
    return [plain, inside, back, on]


@statement(
    MODES,
    "a value made in inference_mode, used in a graph",
    "Inference tensors cannot be saved for backward",
    ours=6.0,
    why="values are immutable here, so nothing can go wrong",
)
def inference_tensor(torch):
    w = torch.tensor(2.0, requires_grad=True)
    with torch.inference_mode():
        x = torch.tensor(2.0) * 3
    try:
        (w * x).backward()
    except RuntimeError as error:
        return str(error)[:46]
    return w.grad.item()
