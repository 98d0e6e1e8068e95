"""torch.compile."""

from parity.torch.table import statement

COMPILE = "torch.compile"


def _compiled(torch, function):
    return torch.compile(function, backend="eager")


@statement(COMPILE, "gradients of arguments and of parameters read from outside", [[1.0806, 2.1612], 0.2702])
def compile_gradients(torch):
    w = torch.tensor(2.0, requires_grad=True)
    fast = _compiled(torch, lambda x: (w * x).sin())
    x, found = torch.tensor(0.5, requires_grad=True), []
    for _ in range(2):
        w.grad = None
        fast(x).backward()
        found.append(round(x.grad.item(), 4))
    return [found, round(w.grad.item(), 4)]


@statement(COMPILE, "a backward() inside, and parameters changed under no_grad", [[4.0, 2.56, 1.6384], 1.024, True])
def compile_step(torch):
    w = torch.tensor(2.0, requires_grad=True)

    def step():
        loss = w * w
        loss.backward()
        with torch.no_grad():
            w.sub_(0.1 * w.grad)
        w.grad = None
        return loss.detach()

    fast = _compiled(torch, step)
    return [[round(fast().item(), 4) for _ in range(3)], round(w.item(), 4), w.is_leaf and w.grad is None]


@statement(COMPILE, "gradients grow over calls", [2.0, 4.0, 6.0])
def compile_grows(torch):
    w, found = torch.tensor(1.0, requires_grad=True), []
    fast = _compiled(torch, lambda x: (w * x).sum())
    for _ in range(3):
        fast(torch.tensor([1.0, 1.0])).backward()
        found.append(w.grad.item())
    return found


@statement(COMPILE, "an if on a value takes the right side at each call", [6.0, -3.0, 9.0])
def compile_branch(torch):
    fast = _compiled(torch, lambda x: x * 3 if x.sum() > 0 else x)
    return [fast(torch.tensor(number)).item() for number in (2.0, -3.0, 3.0)]


@statement(COMPILE, "a list that the function appends to grows at each call", [3, 3.0])
def compile_side_effect(torch):
    import warnings

    seen = []

    def f(x):
        seen.append(1)
        return x + len(seen)

    fast = _compiled(torch, f)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(3):
            result = fast(torch.tensor(0.0))
    return [len(seen), result.item()]


@statement(COMPILE, "an object that is called, its attributes, and methods", [[7.0, 7.0], 3.0, 10.0])
def compile_object(torch):
    class Layer:
        def __init__(self):
            self.w = torch.tensor(3.0)

        def __call__(self, x):
            return self.w * x + 1

        def twice(self, x):
            return self.w * x * 2

    layer = Layer()
    fast = _compiled(torch, layer.__call__)
    found = [fast(torch.tensor(2.0)).item() for _ in range(2)]
    layer.w = torch.tensor(5.0)
    return [found, 3.0, _compiled(torch, layer.twice)(torch.tensor(1.0)).item()]


@statement(COMPILE, "a result that requires a gradient is no leaf; under no_grad none does", [True, False, False])
def compile_leaf(torch):
    w = torch.tensor(3.0, requires_grad=True)
    fast = _compiled(torch, lambda: w * 2)
    first = fast()
    with torch.no_grad():
        second = fast()
    return [first.requires_grad, first.is_leaf, second.requires_grad]


@statement(COMPILE, "an argument that is returned is that very tensor; a view shares its memory", [True, 5.0])
def compile_alias(torch):
    x = torch.zeros(2, 2)
    same, view = _compiled(torch, lambda x: (x, x.view(-1)))(x)
    x[0, 1] = 5.0
    return [same is x, view[1].item()]


@statement(COMPILE, "a second derivative through the call", [12.0, 6.0])
def compile_second(torch):
    x = torch.tensor(2.0, requires_grad=True)
    (first,) = torch.autograd.grad(_compiled(torch, lambda x: x**3)(x), x, create_graph=True)
    return [first.item(), torch.autograd.grad(first, x)[0].item() / 2]
