"""What `grad_fn` shows: the engine's nodes under PyTorch's names."""

import weakref

import numpy

from chainrule.core.namespace import SCALARS
from chainrule.core.node import Spent
from chainrule.core.record import TENSORS
from chainrule.core.selection import plain
from chainrule.core.spec import dtype_of, shape_of

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


_TYPES = {"f4": "Float", "f8": "Double", "f2": "Half", "i8": "Long", "i4": "Int", "i2": "Short", "i1": "Char",
          "u1": "Byte", "b1": "Bool", "c8": "ComplexFloat", "c16": "ComplexDouble"}  # fmt: skip


def type_name(value):
    """The name of a tensor's type, as FloatTensor."""
    return f"{_TYPES.get(dtype_of(value).str[1:], 'Float')}Tensor"


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

    def register_hook(self, hook):
        """Call `hook(grad_inputs, grad_outputs)` when this link has passed a gradient on.

        Both are tuples; a tuple that it returns replaces the gradients of the link's inputs.
        Returns: a handle with `.remove()`.
        """
        from chainrule.torch.tensor import RemovableHandle

        node = self._node
        if type(node.primitive) is not _Hooked:
            node.primitive = _Hooked(node.primitive)
        node.primitive.hooks.append(hook)
        return RemovableHandle(node.primitive.hooks, hook)

    def __eq__(self, other):
        return isinstance(other, GradFn) and other._node is self._node

    def __hash__(self):
        return hash(self._node)

    def __repr__(self):
        return f"<{self.name()} object at 0x{id(self):x}>"


class _Hooked:
    """A primitive of one link, with hooks that see what it passes on."""

    reads = adds_back = scalar = False

    def __init__(self, made):
        self.made, self.hooks = made, []

    def __getattr__(self, name):
        return getattr(self.made, name)

    def pull(self, xp, g, y, xs, parents, params):
        cotangents = list(self.made.pull(xp, g, y, xs, parents, params))
        shown = tuple(_shown(c) for c, _ in zip(cotangents, parents))
        arrived = (_shown(g),)
        for hook in list(self.hooks):
            replaced = hook(shown, arrived)
            if replaced is not None:
                shown = replaced if isinstance(replaced, tuple) else (replaced,)
                bare = xp is numpy
                cotangents = [c if c is None else c.node.value if bare else c for c in shown]
        return cotangents

    def vjp(self, xp, g, i, y, *xs):
        parents = [True if j == i else None for j in range(len(xs))]
        return self.pull(numpy if xp is SCALARS else xp, g, y, xs, parents, {})[i]


def _shown(cotangent):
    """A cotangent as a hook sees it: a tensor, or None."""
    from chainrule.torch.tensor import of_value

    cotangent = plain(cotangent)
    return cotangent if cotangent is None or type(cotangent) in TENSORS else of_value(cotangent)


class AccumulateGrad(GradFn):
    """Where a gradient ends: it is added to `variable.grad`."""

    __slots__ = ()

    def name(self):
        return "torch::autograd::AccumulateGrad"

    @property
    def variable(self):
        """The leaf."""
        return TENSORS and _handle(self._node)

    def register_hook(self, hook):
        """Call `hook((), (gradient,))` when the gradient has been added to `variable.grad`."""
        from chainrule.torch.tensor import AFTER, RemovableHandle

        arrived = []

        def after(leaf):
            hook((), (arrived.pop(),)) if arrived else None

        seen = _handle(self._node).register_hook(lambda gradient: arrived.append(gradient))
        hooks = AFTER.setdefault(self._node, (lambda: None, []))[1]
        hooks.append(after)
        return _Both(RemovableHandle(hooks, after), seen)

    def __repr__(self):
        return f"<AccumulateGrad object at 0x{id(self):x}>"


class _Both:
    """One handle for two hooks."""

    def __init__(self, *handles):
        self._handles = handles

    def remove(self):
        for handle in self._handles:
            handle.remove()


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
