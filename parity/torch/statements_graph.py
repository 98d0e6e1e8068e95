"""Leaves, backward, .grad, retain_grad and hooks."""

import copy
import warnings

from parity.torch.table import says, statement, warned

LEAF = "Leaves and grad_fn"


@statement(LEAF, "is_leaf is True for user tensors and for whatever requires no gradient", [True, True, True, False])
def leaves(torch):
    w = torch.tensor(1.0, requires_grad=True)
    with torch.no_grad():
        quiet = w * 2
    return [w.is_leaf, (torch.tensor(1.0) * 2).is_leaf, quiet.is_leaf, (w * 2).is_leaf]


@statement(
    LEAF,
    "grad_fn is None on leaves; names end in Backward0",
    [None, "MulBackward0", "AddBackward0", "ExpBackward0"],
)
def names_of_grad_fn(torch):
    w = torch.tensor(1.0, requires_grad=True)
    return [w.grad_fn, (w * 2).grad_fn.name(), (w + 1).grad_fn.name(), w.exp().grad_fn.name()]


@statement(
    LEAF,
    "more names",
    [
        "SubBackward0",
        "DivBackward0",
        "NegBackward0",
        "PowBackward0",
        "SumBackward0",
        "MeanBackward0",
        "SigmoidBackward0",
        "MmBackward0",
        "SumBackward1",
        "ReluBackward0",
    ],
)
def more_names(torch):
    w = torch.ones(2, 2, requires_grad=True)
    made = [w - 1, w / 2, -w, w**2, w.sum(), w.mean(), w.sigmoid(), w @ w, w.sum(0), w.relu()]
    return [each.grad_fn.name() for each in made]


@statement(
    LEAF,
    "next_functions ends in one shared AccumulateGrad, repeated for a leaf used twice",
    [True, "AccumulateGrad", 2],
)
def next_functions(torch):
    w = torch.tensor(1.0, requires_grad=True)
    y = w * w
    (one, _), (two, _) = y.grad_fn.next_functions
    return [one is two, one.name().split("::")[-1], len(y.grad_fn.next_functions)]


@statement(LEAF, "AccumulateGrad knows its leaf", 3.0)
def accumulate_grad_variable(torch):
    w = torch.tensor(3.0, requires_grad=True)
    return (w * 2).grad_fn.next_functions[0][0].variable.item()


@statement(
    LEAF,
    "only floating point and complex may require a gradient",
    "Only Tensors of floating point and complex dtype can require gradients",
)
def integers_refuse(torch):
    return says(
        RuntimeError,
        "Only Tensors of floating point and complex dtype can require gradients",
        lambda: torch.tensor(1, requires_grad=True),
    )


@statement(LEAF, "no_grad does not stop factories", True)
def factories_under_no_grad(torch):
    with torch.no_grad():
        return torch.tensor(1.0, requires_grad=True).requires_grad


@statement(
    LEAF,
    "requires_grad=False on a computed value raises",
    "you can only change requires_grad flags of leaf variables",
)
def switch_off_computed(torch):
    y = torch.tensor(1.0, requires_grad=True) * 2

    def switch():
        y.requires_grad = False

    return says(RuntimeError, "you can only change requires_grad flags of leaf variables", switch)


@statement(LEAF, "requires_grad_() after an operation does not record it afterwards", False)
def late_requires_grad(torch):
    w = torch.tensor(1.0)
    y = w * 2
    w.requires_grad_()
    return y.requires_grad


@statement(LEAF, "requires_grad turned off after the forward pass: .grad stays None", None)
def switched_off_later(torch):
    w, v = torch.tensor(1.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    y = w * v
    w.requires_grad = False
    y.backward()
    return w.grad


@statement(
    LEAF,
    "printing shows requires_grad or grad_fn, also after backward",
    ["tensor(0.5000, requires_grad=True)", "tensor(1., grad_fn=<MulBackward0>)", "tensor([1.5000, 2.0000])"],
)
def printing(torch):
    w = torch.tensor(0.5, requires_grad=True)
    y = w * 2
    y.backward()
    return [repr(w), repr(y), repr(torch.tensor([1.5, 2.0]))]


BACKWARD = "backward"


@statement(
    BACKWARD,
    "a value that is no single number needs gradient=",
    "grad can be implicitly created only for scalar outputs",
)
def not_scalar(torch):
    x = torch.ones(2, requires_grad=True)
    return says(RuntimeError, "grad can be implicitly created only for scalar outputs", (x * 2).backward)


@statement(
    BACKWARD,
    "a complex number needs gradient=",
    "grad can be implicitly created only for real scalar outputs but got torch.complex64",
)
def complex_output(torch):
    z = torch.tensor(1 + 2j, requires_grad=True)
    return says(
        RuntimeError,
        "grad can be implicitly created only for real scalar outputs but got torch.complex64",
        (z * 2).backward,
    )


@statement(
    BACKWARD,
    "the gradient of a real function of a complex number is that of PyTorch's convention",
    [2.0, 4.0],
)
def complex_gradient(torch):
    z = torch.tensor(1 + 2j, requires_grad=True)
    (z * z.conj()).real.backward()
    return [z.grad.real.item(), z.grad.imag.item()]


@statement(
    BACKWARD,
    "a wrong shape of gradient= names both shapes",
    "grad_output[0] has a shape of torch.Size([3]) and output[0] has a shape of torch.Size([2])",
)
def wrong_gradient_shape(torch):
    x = torch.ones(2, requires_grad=True)
    return says(
        RuntimeError,
        "grad_output[0] has a shape of torch.Size([3]) and output[0] has a shape of torch.Size([2])",
        lambda: (x * 2).backward(torch.ones(3)),
    )


@statement(BACKWARD, "gradient= weights the entries", [2.0, 20.0])
def weighted(torch):
    x = torch.ones(2, requires_grad=True)
    (x * 2).backward(torch.tensor([1.0, 10.0]))
    return x.grad.tolist()


@statement(BACKWARD, "it works under no_grad", 6.0)
def backward_under_no_grad(torch):
    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    with torch.no_grad():
        y.backward()
    return x.grad.item()


@statement(BACKWARD, "inputs=[x] accumulates only there", [2.0, None])
def backward_inputs(torch):
    x, y = torch.tensor(1.0, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    (x * y).backward(inputs=[x])
    return [x.grad.item(), y.grad]


@statement(BACKWARD, "autograd.backward of several outputs adds", [7.0])
def several_outputs(torch):
    x = torch.tensor([2.0], requires_grad=True)
    torch.autograd.backward([x * 3, x * x], [torch.tensor([1.0]), torch.tensor([1.0])])
    return x.grad.tolist()


@statement(
    BACKWARD,
    "a second backward raises where a value was kept",
    "Trying to backward through the graph a second time",
)
def second_backward(torch):
    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward()
    return says(RuntimeError, "Trying to backward through the graph a second time", y.backward)


@statement(BACKWARD, "a second backward through links that keep nothing adds again", 2.0)
def second_linear_backward(torch):
    x = torch.tensor(3.0, requires_grad=True)
    y = x + 1
    y.backward()
    y.backward()
    return x.grad.item()


@statement(BACKWARD, "two losses that share only a sum can each be walked", [7.0, 7.0])
def shared_sum(torch):
    x, y = torch.tensor(1.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    z = x + y
    (z**2).backward()
    (z * 3).backward()
    return [x.grad.item(), y.grad.item()]


@statement(BACKWARD, "retain_graph=True keeps the graph", 12.0)
def retain_graph(torch):
    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    return x.grad.item()


@statement(BACKWARD, "backward of something that requires no gradient", "element 0 of tensors does not require grad")
def nothing_to_walk(torch):
    return says(RuntimeError, "element 0 of tensors does not require grad", torch.tensor(1.0).backward)


@statement(BACKWARD, "backward of a leaf gives it 1", 1.0)
def backward_of_a_leaf(torch):
    x = torch.tensor(3.0, requires_grad=True)
    x.backward()
    return x.grad.item()


GRAD = ".grad"


@statement(GRAD, "None until the first pass", None)
def none_at_first(torch):
    return torch.tensor(1.0, requires_grad=True).grad


@statement(GRAD, "accumulates into the same tensor object", [True, 4.0])
def same_object(torch):
    x = torch.tensor(1.0, requires_grad=True)
    (x * 2).backward()
    first = x.grad
    (x * 2).backward()
    return [first is x.grad, first.item()]


@statement(GRAD, "create_graph=True makes .grad part of a graph, and replaces it the next time", [True, False])
def grad_with_graph(torch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = torch.tensor(1.0, requires_grad=True)
        (x * x).backward(create_graph=True)
        first = x.grad
        (x * x).backward(create_graph=True)
    return [first.requires_grad, first is x.grad]


@statement(GRAD, "has the dtype of the leaf", ["torch.float32", 2.0])
def grad_dtype(torch):
    x = torch.tensor(1.0, requires_grad=True)
    (x * torch.tensor(2.0, dtype=torch.float64)).double().backward()
    return [str(x.grad.dtype), x.grad.item()]


@statement(GRAD, "broadcasts are summed back", [3.0])
def broadcasts(torch):
    x = torch.ones(1, requires_grad=True)
    (x * torch.ones(3)).sum().backward()
    return x.grad.tolist()


@statement(GRAD, "an entry read twice receives both", [2.0, 0.0, 1.0])
def read_twice(torch):
    x = torch.ones(3, requires_grad=True)
    x[torch.tensor([0, 0, 2])].sum().backward()
    return x.grad.tolist()


@statement(GRAD, "reading that of a value that is no leaf warns and gives None", [True, None])
def grad_of_computed(torch):
    y = torch.tensor(1.0, requires_grad=True) * 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        held = y.grad
    return [warned(lambda: y.grad), held]


@statement(
    GRAD,
    "a wrong shape cannot be assigned",
    "attempting to assign a gradient of size '[3]' to a tensor of size '[2]'",
)
def assign_wrong_grad(torch):
    x = torch.ones(2, requires_grad=True)

    def assign():
        x.grad = torch.ones(3)

    return says(RuntimeError, "attempting to assign a gradient of size '[3]' to a tensor of size '[2]'", assign)


@statement(GRAD, "x.grad = None and x.grad.zero_() both reset it", [4.0, 6.0])
def resetting(torch):
    x = torch.tensor(1.0, requires_grad=True)
    (x * 2).backward()
    x.grad = None
    (x * 4).backward()
    first = x.grad.item()
    x.grad.zero_()
    (x * 6).backward()
    return [first, x.grad.item()]


RETAIN = "retain_grad"


@statement(RETAIN, "on a leaf it does nothing", False)
def retain_on_leaf(torch):
    x = torch.tensor(1.0, requires_grad=True)
    x.retain_grad()
    return x.retains_grad


@statement(
    RETAIN,
    "on a tensor that requires no gradient it raises",
    "can't retain_grad on Tensor that has requires_grad=False",
)
def retain_without_grad(torch):
    return says(
        RuntimeError,
        "can't retain_grad on Tensor that has requires_grad=False",
        torch.tensor(1.0).retain_grad,
    )


@statement(RETAIN, "the gradient of a computed value is kept", [True, 6.0])
def retained(torch):
    x = torch.tensor(1.0, requires_grad=True)
    y = x * 3
    y.retain_grad()
    (y * y).backward()
    return [y.retains_grad, y.grad.item()]


@statement(RETAIN, "it keeps the value after all hooks, also those registered later", 60.0)
def retained_after_hooks(torch):
    x = torch.tensor(1.0, requires_grad=True)
    y = x * 3
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    (y * y).backward()
    return y.grad.item()


HOOKS = "Hooks"


@statement(HOOKS, "called once, with the summed gradient", [[7.0]])
def summed_once(torch):
    x = torch.tensor(2.0, requires_grad=True)
    y = x * 1
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    (y * 3 + y * y).backward()
    return [seen]


@statement(HOOKS, "in order of registration; what one returns goes on to the next", [[1.0, 2.0], 20.0])
def hooks_in_order(torch):
    x = torch.tensor(2.0, requires_grad=True)
    seen = []

    def double(g):
        seen.append(g.item())
        return g * 2

    def ten(g):
        seen.append(g.item())
        return g * 10

    x.register_hook(double)
    x.register_hook(ten)
    (x * 1).backward()
    return [seen, x.grad.item()]


@statement(HOOKS, "on a leaf they run before accumulation, and also for autograd.grad", [[4.0, 4.0], 8.0])
def hooks_on_leaves(torch):
    x = torch.tensor(2.0, requires_grad=True)
    seen = []

    def double(g):
        seen.append(g.item())
        return g * 2

    x.register_hook(double)
    (x * x).backward()
    (only,) = torch.autograd.grad(x * x, x)
    return [seen, only.item()]


@statement(HOOKS, "a handle takes the hook away", 1.0)
def removed(torch):
    x = torch.tensor(2.0, requires_grad=True)
    handle = x.register_hook(lambda g: g * 10)
    handle.remove()
    (x * 1).backward()
    return x.grad.item()


@statement(
    HOOKS,
    "on a tensor that requires no gradient they raise",
    "cannot register a hook on a tensor that doesn't require gradient",
)
def hook_without_grad(torch):
    return says(
        RuntimeError,
        "cannot register a hook on a tensor that doesn't require gradient",
        lambda: torch.tensor(1.0).register_hook(print),
    )


@statement(HOOKS, "a hook registered before an in-place operation sees the gradient of the old value", [[6.0]])
def hook_before_in_place(torch):
    x = torch.tensor(1.0, requires_grad=True)
    y = x * 1
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    y.mul_(2)
    (y * 3).backward()
    return [seen]


@statement(HOOKS, "register_post_accumulate_grad_hook runs when .grad has grown", [[True, 2.0], 2.0])
def post_accumulate(torch):
    x = torch.tensor(1.0, requires_grad=True)
    seen = []
    x.register_post_accumulate_grad_hook(lambda p: seen.extend([p is x, p.grad.item()]))
    (x * 2).backward()
    return [seen, x.grad.item()]


@statement(HOOKS, "Node.register_prehook gets a tuple of what arrives", 30.0)
def prehook(torch):
    x = torch.tensor(1.0, requires_grad=True)
    y = x * 3
    y.grad_fn.register_prehook(lambda gradients: (gradients[0] * 10,))
    y.backward()
    return x.grad.item()


@statement(HOOKS, "Node.register_hook gets what the link passes on and what arrives", [[[6.0, None], [1.0]], 60.0])
def node_hook(torch):
    x = torch.tensor(3.0, requires_grad=True)
    y = x * torch.tensor(6.0)
    seen = []

    def hook(inputs, outputs):
        seen.extend([[g and g.item() for g in inputs], [g.item() for g in outputs]])
        return tuple(g and g * 10 for g in inputs)

    handle = y.grad_fn.register_hook(hook)
    y.backward(retain_graph=True)
    handle.remove()
    first = x.grad.item()
    return [seen, first]


@statement(HOOKS, "register_multi_grad_hook runs once, with None for a tensor that took no part", [[2.0, 3.0, None], 1])
def multi_grad_hook(torch):
    a, b, c = (torch.tensor(v, requires_grad=True) for v in (3.0, 2.0, 1.0))
    seen = []
    torch.autograd.graph.register_multi_grad_hook((a, b, c), lambda grads: seen.append(grads))
    (a * b).backward()
    return [[g and g.item() for g in seen[0]], len(seen)]


@statement(HOOKS, "register_multi_grad_hook(mode='any') gets the first gradient", [1])
def multi_grad_hook_any(torch):
    a, b = (torch.tensor(v, requires_grad=True) for v in (3.0, 2.0))
    seen = []
    torch.autograd.graph.register_multi_grad_hook((a, b), seen.append, mode="any")
    (a * b).backward()
    return [len(seen)]


@statement(HOOKS, "copy.deepcopy of a computed value raises", "Only Tensors created explicitly by the user")
def deepcopy_computed(torch):
    y = torch.tensor(1.0, requires_grad=True) * 2
    return says(RuntimeError, "Only Tensors created explicitly by the user", lambda: copy.deepcopy(y))
