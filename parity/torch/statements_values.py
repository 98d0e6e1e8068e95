"""In-place operations and conversions."""

import warnings

import numpy

from parity.torch.table import says, statement, warned

PLACE = "In place"
OLD = "values are immutable here: the graph still holds what it read, so the gradient is right for that value"


@statement(
    PLACE,
    "a leaf that requires grad refuses",
    "a leaf Variable that requires grad is being used in an in-place operation.",
)
def leaf_refuses(torch):
    w = torch.ones(2, requires_grad=True)
    return says(
        RuntimeError,
        "a leaf Variable that requires grad is being used in an in-place operation.",
        lambda: w.add_(1),
    )


@statement(
    PLACE,
    "a view of one refuses, with its own words",
    "a view of a leaf Variable that requires grad is being used in an in-place operation.",
)
def view_of_leaf_refuses(torch):
    w = torch.ones(2, requires_grad=True)

    def assign():
        w[0] = 5.0

    fragment = "a view of a leaf Variable that requires grad is being used in an in-place operation."
    first, second = says(RuntimeError, fragment, lambda: w[0].mul_(2)), says(RuntimeError, fragment, assign)
    return first if first == second else [first, second]


@statement(PLACE, "under no_grad it is allowed and counts a version", [[2.0, 2.0], 1, True, True])
def leaf_under_no_grad(torch):
    w = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        same = w.add_(1) is w
    return [w.tolist(), w._version, w.is_leaf, same]


@statement(
    PLACE,
    "an optimiser's steps: w -= lr * w.grad, w.grad.zero_(), and the next gradient",
    [[0.8, 0.6], [1.6, 1.2]],
)
def optimiser_steps(torch):
    w = torch.tensor([1.0, 0.75], requires_grad=True)
    (w * w).sum().backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        w.grad.zero_()
    (w * w).sum().backward()
    return [w.tolist(), w.grad.tolist()]


@statement(PLACE, "the same through .data", [[0.8, 0.6], [1.6, 1.2]])
def optimiser_steps_by_data(torch):
    w = torch.tensor([1.0, 0.75], requires_grad=True)
    (w * w).sum().backward()
    w.data -= 0.1 * w.grad.data
    w.grad = None
    (w * w).sum().backward()
    return [w.tolist(), w.grad.tolist()]


@statement(PLACE, "a.add_(b) with b requiring grad makes a a computed value", [True, False, 1.0])
def becomes_computed(torch):
    a, b = torch.tensor(1.0), torch.tensor(2.0, requires_grad=True)
    a.add_(b)
    a.backward()
    return [a.requires_grad, a.is_leaf, b.grad.item()]


@statement(PLACE, "x[i] = w in a new tensor: the gradient arrives", [[0.0, 5.0, 0.0], 2.0])
def index_assignment(torch):
    a, w = torch.zeros(3), torch.tensor(5.0, requires_grad=True)
    a[1] = w
    (a * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    return [a.tolist(), w.grad.item()]


@statement(
    PLACE,
    "a changed view changes its base, and the other way round",
    [[5.0, 2.0, 2.0], [12.0, 12.0], [6.0, 12.0, 12.0]],
)
def views_share(torch):
    x = torch.tensor([1.0, 2.0, 2.0])
    x[:1] += 4
    first = x.tolist()
    v = x[1:]
    x.add_(torch.tensor([1.0, 10.0, 10.0]))
    return [first, v.tolist(), x.tolist()]


@statement(PLACE, "gradients through a changed view of a computed value", [2.0, 20.0])
def gradient_through_view(torch):
    w = torch.tensor([1.0, 1.0], requires_grad=True)
    x = w * 2
    x[1].mul_(10)
    x.sum().backward()
    return w.grad.tolist()


@statement(PLACE, "gradients through reshaped, transposed and expanded views", [[1.0, 1.0], [1.0, 3.0]])
def gradient_through_reshaped_view(torch):
    w = torch.ones(4, requires_grad=True)
    x = w * 1
    x.view(2, 2).t()[1, 1] *= 3
    (x.reshape(2, 2)).sum().backward()
    return w.grad.reshape(2, 2).tolist()


@statement(PLACE, "a view sees what happens to its base later, with its gradient", [[6.0], [0.0, 3.0]])
def later_base_change(torch):
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    x = w * 1
    v = x[1:]
    x.mul_(3)
    v.sum().backward()
    return [v.tolist(), w.grad.tolist()]


@statement(
    PLACE,
    "a value that the graph has saved was changed",
    "modified by an inplace operation",
)
def saved_value_changed(torch):
    x = torch.tensor(0.0, requires_grad=True)
    y = x.exp()
    z = y * 1.0
    y.add_(5)
    try:
        y.backward(retain_graph=True)
    except RuntimeError as error:
        return "modified by an inplace operation" if "modified by an inplace operation" in str(error) else str(error)
    return [z.item() - 1, x.grad.item()]


@statement(
    PLACE,
    "a parameter changed between forward and backward",
    "modified by an inplace operation",
)
def parameter_changed(torch):
    w = torch.tensor(3.0, requires_grad=True)
    y = w * w
    with torch.no_grad():
        w.fill_(10)
    try:
        y.backward()
    except RuntimeError as error:
        return "modified by an inplace operation" if "modified by an inplace operation" in str(error) else str(error)
    return w.grad.item()


@statement(
    PLACE,
    "second derivatives after a parameter was changed",
    "modified by an inplace operation",
)
def parameter_changed_second(torch):
    w = torch.tensor(3.0, requires_grad=True)
    y = w**3
    with torch.no_grad():
        w.fill_(10)
    try:
        (first,) = torch.autograd.grad(y, w, create_graph=True)
        return torch.autograd.grad(first, w)[0].item()
    except RuntimeError as error:
        return "modified by an inplace operation" if "modified by an inplace operation" in str(error) else str(error)


@statement(
    PLACE,
    "a .data edit between forward and backward",
    20.0,
    ours=6.0,
    why="PyTorch is silently wrong here (the gradient of a value that was never squared); " + OLD,
)
def data_edit(torch):
    w = torch.tensor(3.0, requires_grad=True)
    y = w * w
    w.data.fill_(10)
    y.backward()
    return w.grad.item()


@statement(
    PLACE,
    "disjoint slices, one saved and one changed afterwards",
    "modified by an inplace operation",
    ours=[2.0, 0.0],
    why="PyTorch counts one version for all entries; " + OLD,
)
def disjoint_slices(torch):
    w = torch.ones(2, requires_grad=True)
    x = w * 1
    y = x[0] * x[0]
    x[1] = 7.0
    try:
        y.backward()
    except RuntimeError as error:
        return "modified by an inplace operation" if "modified by an inplace operation" in str(error) else str(error)
    return w.grad.tolist()


@statement(PLACE, "an edit through detach() is noticed", "modified by an inplace operation")
def detached_edit(torch):
    w = torch.ones(2, requires_grad=True)
    y = w.exp()
    z = y.sum()
    y.detach().zero_()
    return says(RuntimeError, "modified by an inplace operation", z.backward)


@statement(PLACE, "a constant that the graph has saved was changed", "modified by an inplace operation")
def constant_changed(torch):
    w, c = torch.ones(2, requires_grad=True), torch.ones(2)
    y = (w * c).sum()
    c += 1
    return says(RuntimeError, "modified by an inplace operation", y.backward)


@statement(PLACE, "what no rule reads may be changed", [1.0, 1.0])
def unread_changed(torch):
    w = torch.ones(2, requires_grad=True)
    x = w + 1
    y = (x * 1.0).sum()
    x.mul_(5)
    y.backward()
    return w.grad.tolist()


@statement(PLACE, "allow_mutation_on_saved_tensors gives the gradient of the saved value", [1.0, 1.0])
def mutation_allowed(torch):
    w = torch.zeros(2, requires_grad=True)
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        y = w.exp()
        z = y.sum()
        y.add_(1)
        z.backward()
    return w.grad.tolist()


@statement(
    PLACE,
    "a piece of split() changed in place",
    "is a view and is being modified inplace",
    ours=[2.0, 1.0],
    why="the base is rebuilt from its pieces, so there is nothing to refuse",
)
def split_in_place(torch):
    w = torch.ones(2, requires_grad=True)
    x = w * 1
    try:
        x.split(1)[0].mul_(2)
    except RuntimeError as error:
        return (
            "is a view and is being modified inplace"
            if "is a view and is being modified inplace" in str(error)
            else str(error)
        )
    x.sum().backward()
    return w.grad.tolist()


@statement(
    PLACE,
    "an expanded tensor refuses",
    "more than one element of the written-to tensor refers to a single memory location",
)
def expanded_refuses(torch):
    x = torch.ones(1).expand(3)
    return says(
        RuntimeError,
        "more than one element of the written-to tensor refers to a single memory location",
        lambda: x.add_(torch.arange(3.0)),
    )


@statement(PLACE, "detach() shares the value and the version", [[9.0, 1.0], 1])
def detach_shares(torch):
    x = torch.ones(2)
    d = x.detach()
    d[0] = 9.0
    return [x.tolist(), x._version]


@statement(PLACE, "a kept detach() does not keep the graph", [True])
def detach_frees(torch):
    import gc
    import weakref

    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    gone = weakref.ref(y)
    kept = y.detach()
    del y
    gc.collect()
    return [gone() is None and kept.numel() == 3]


@statement(PLACE, "detach_() on a view raises", "Can't detach views in-place. Use detach() instead.")
def detach_view(torch):
    x = torch.ones(2, requires_grad=True) * 1
    return says(RuntimeError, "Can't detach views in-place. Use detach() instead.", x[0].detach_)


@statement(
    PLACE,
    "an in-place operation keeps the shape",
    "output with shape [1] doesn't match the broadcast shape [3]",
)
def keeps_shape(torch):
    return says(
        RuntimeError,
        "output with shape [1] doesn't match the broadcast shape [3]",
        lambda: torch.ones(1).add_(torch.ones(3)),
    )


@statement(PLACE, "and the dtype", "result type Float can't be cast to the desired output type Long")
def keeps_dtype(torch):
    return says(
        RuntimeError,
        "result type Float can't be cast to the desired output type Long",
        lambda: torch.tensor([1]).add_(0.5),
    )


@statement(
    PLACE,
    "masks and lists of places can be assigned to; the last of equal places counts",
    [[0.0, 2.0, 7.0], [8.0, 1.0, 9.0]],
)
def assign_masks(torch):
    x = torch.tensor([-1.0, 2.0, 7.0])
    x[x < 0] = 0.0
    y = torch.ones(3)
    y[torch.tensor([0, 2])] = torch.tensor([8.0, 9.0])
    return [x.tolist(), y.tolist()]


CONVERT = "Conversions"


@statement(
    CONVERT,
    "numpy() of a tensor that requires grad",
    "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
)
def numpy_refuses(torch):
    w = torch.ones(1, requires_grad=True)
    return says(
        RuntimeError,
        "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
        w.numpy,
    )


@statement(
    CONVERT,
    "np.sin of a tensor that requires grad",
    "Can't call numpy()",
    ours=1.0,
    why="NumPy functions are recorded, as everywhere in chainrule",
)
def numpy_function(torch):
    w = torch.zeros(1, requires_grad=True)
    try:
        numpy.sin(w).sum().backward()
    except RuntimeError as error:
        return str(error)[:18]
    return w.grad.item()


@statement(
    CONVERT,
    "float(t) warns where a gradient flows; item(), int() and bool() do not",
    [True, False, False, False],
)
def number_warnings(torch):
    w = torch.tensor(1.0, requires_grad=True)
    return [warned(lambda: float(w)), warned(w.item), warned(lambda: int(w)), warned(lambda: bool(w))]


@statement(CONVERT, "torch.tensor(t) copies, detaches and warns", [False, True])
def tensor_of_tensor(torch):
    w = torch.tensor(1.0, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copied = torch.tensor(w)
    return [copied.requires_grad, warned(lambda: torch.tensor(w))]


@statement(CONVERT, "torch.tensor([t1, t2]) detaches", [False, [1.0, 1.0]])
def tensor_of_list(torch):
    w = torch.tensor(1.0, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copied = torch.tensor([w, w])
    return [copied.requires_grad, copied.tolist()]


@statement(CONVERT, "DLPack export of a tensor that requires grad", ["Can't export tensors that require gradient", 2.0])
def dlpack(torch):
    w = torch.ones(2, requires_grad=True)
    words = "Can't export tensors that require gradient"
    return [says(BufferError, words, w.__dlpack__), float(numpy.from_dlpack(w.detach()).sum())]


@statement(CONVERT, "torch.asarray keeps requires_grad", True)
def asarray(torch):
    return torch.asarray(torch.tensor(1.0, requires_grad=True)).requires_grad


@statement(
    CONVERT,
    "from_numpy shares the array's memory",
    [5.0],
    ours=[1.0],
    why="the contents are copied: later writes to the array are not seen, and none is lost in a graph",
)
def from_numpy(torch):
    array = numpy.ones(1)
    t = torch.from_numpy(array)
    array[0] = 5
    return t.tolist()


@statement(
    CONVERT,
    "numpy() can be written to",
    True,
    ours=False,
    why="the array is read-only: a write raises instead of changing a value behind the graph",
)
def numpy_writeable(torch):
    return torch.ones(2).numpy().flags.writeable


@statement(CONVERT, "item() of several entries", "a Tensor with 2 elements cannot be converted to Scalar")
def item_of_many(torch):
    return says(RuntimeError, "a Tensor with 2 elements cannot be converted to Scalar", torch.ones(2).item)


@statement(CONVERT, "truth of several entries", "Boolean value of Tensor with more than one value is ambiguous")
def truth_of_many(torch):
    return says(
        RuntimeError,
        "Boolean value of Tensor with more than one value is ambiguous",
        lambda: bool(torch.ones(2)),
    )
