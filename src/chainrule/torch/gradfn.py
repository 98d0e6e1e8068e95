"""What `grad_fn` shows: the engine's nodes under PyTorch's names."""

import weakref

from chainrule.core.node import Spent
from chainrule.core.record import TENSORS
from chainrule.core.spec import shape_of

# Rooms whose name in PyTorch is not ours in capitals.
_NAMES = {
    "multiply": "Mul",
    "subtract": "Sub",
    "divide": "Div",
    "negative": "Neg",
    "power": "Pow",
    "square": "Pow",
    "get_item": "Slice",
    "reshape": "View",
    "broadcast_to": "Expand",
    "concatenate": "Cat",
    "astype": "ToCopy",
    "absolute": "Abs",
    "arcsin": "Asin",
    "arccos": "Acos",
    "arctan": "Atan",
    "arctan2": "Atan2",
    "arcsinh": "Asinh",
    "arccosh": "Acosh",
    "arctanh": "Atanh",
    "positive": "Alias",
    "norm": "LinalgVectorNorm",
    "solve": "LinalgSolveEx",
    "inv": "LinalgInvEx",
    "det": "LinalgDet",
    "logabsdet": "LinalgSlogdet",
    "cholesky": "LinalgCholeskyEx",
    "scatter": "IndexPut",
    "rint": "Round",
    "clip": "Clamp",
    "pad": "ConstantPadNd",
    "logaddexp2": "LogAddExp2",
    "logaddexp": "LogAddExp",
    "hypot": "Hypot",
    "put": "CopySlices",
    "sgn": "Sign",
}


def _title(name):
    return "".join(part.capitalize() for part in name.split("_"))


def _matmul(node):
    a, b = node.values
    ranks = len(shape_of(a)), len(shape_of(b))
    return {(1, 1): "Dot", (2, 1): "Mv", (2, 2): "Mm", (1, 2): "Squeeze"}.get(ranks, "Bmm")


def _reduced(name):
    def choose(node):
        return f"{name}Backward{0 if (node.params or {}).get('axis') is None else 1}"

    return choose


def _transpose(node):
    axes = (node.params or {}).get("axes", ())
    if axes == (1, 0):
        return "Permute"
    moved = sum(i != axis for i, axis in enumerate(axes))
    return "Transpose" if moved == 2 else "Permute"


def _read(node):
    index = (node.params or {}).get("index")
    parts = index if isinstance(index, tuple) else (index,)
    if any(getattr(part, "ndim", 0) for part in parts):
        return "Index"
    last = parts[-1] if parts else None
    if last is None:
        return "Unsqueeze" if parts else "Alias"
    return "Slice" if isinstance(last, slice) or last is Ellipsis else "Select"


_CHOOSE = {
    "matmul": _matmul, "sum": _reduced("Sum"), "mean": _reduced("Mean"), "prod": _reduced("Prod"),
    "max": lambda node: "MaxBackward1" if node.params["axis"] is None else "Amax",
    "min": lambda node: "MinBackward1" if node.params["axis"] is None else "Amin",
    "transpose": _transpose, "get_item": _read,
}  # fmt: skip


def name_of(node):
    """The name PyTorch gives to what made a node."""
    primitive = node.primitive
    if primitive.__class__ is Spent:
        if primitive.made.__class__ is str:  # kept for what a backward pass was called on
            return primitive.made
        primitive = primitive.made
    own = getattr(primitive, "torch_name", None)
    if own is not None:
        return own
    choose = _CHOOSE.get(primitive.name)
    known = node.values and (node.params is not None or primitive.name == "matmul")
    name = choose(node) if choose and known else None
    name = name or _NAMES.get(primitive.name) or _title(primitive.name)
    return name if "Backward" in name else f"{name}Backward0"


class GradFn:
    """One link of the graph, seen as PyTorch shows it."""

    __slots__ = ("_node", "__weakref__")

    def __init__(self, node):
        self._node = node

    def name(self):
        """The name, as `MulBackward0`."""
        return name_of(self._node)

    @property
    def next_functions(self):
        """Pairs of the function that made an argument (None for one that no gradient flows to) and 0."""
        parents = self._node.parents
        if self._node.primitive is not None and getattr(self._node.primitive, "name", "") == "power":
            parents = parents[:1] if self._node.values[1].__class__ in (int, float) else parents
        return tuple((None if parent is None else of(parent), 0) for parent in parents)

    def register_prehook(self, hook):
        """Call `hook` with a tuple of the gradient that arrives; a tuple that it returns replaces it."""
        from chainrule.torch.tensor import Tensor

        def one(gradient):
            replaced = hook((gradient,))
            return None if replaced is None else replaced[0]

        return Tensor._of(self._node).register_hook(one)

    def __eq__(self, other):
        return isinstance(other, GradFn) and other._node is self._node

    def __hash__(self):
        return hash(self._node)

    def __repr__(self):
        return f"<{self.name()} object at 0x{id(self):x}>"


class AccumulateGrad(GradFn):
    """Where a gradient ends: it is added to `variable.grad`."""

    __slots__ = ()

    def name(self):
        return "torch::autograd::AccumulateGrad"

    @property
    def variable(self):
        """The leaf."""
        return TENSORS and _handle(self._node)

    def __repr__(self):
        return f"<AccumulateGrad object at 0x{id(self):x}>"


def _handle(node):
    from chainrule.torch.tensor import Tensor

    return Tensor._of(node)


_SHOWN = weakref.WeakValueDictionary()  # id of a node -> what shows it, so that `is` works while one is held


def of(node):
    """What shows a node: the same object as long as somebody holds it."""
    shown = _SHOWN.get(id(node))
    if shown is None or shown._node is not node:
        shown = (AccumulateGrad if node.primitive is None else GradFn)(node)
        _SHOWN[id(node)] = shown
    return shown
