"""The Tensor of the PyTorch front: the engine's handle under PyTorch's names.

What is particular to PyTorch and has no other room stands here: the attributes, the rules for leaves,
hooks, and the ways out of the library. Operations are attached by `chainrule.torch.methods`.
"""

import math
import warnings
import weakref
from typing import Any

import numpy

from chainrule.core import cuts
from chainrule.core import tensor as engine
from chainrule.core.node import leaf_node
from chainrule.core.record import TENSORS, plain_value
from chainrule.core.rows import as_array
from chainrule.core.spec import dtype_of, is_differentiable, shape_of
from chainrule.errors import NoGraphError
from chainrule.torch import dtypes, gradfn, inplace, printing
from chainrule.torch.errors import DtypeError, LostDerivativeError, NotScalarError, ShapeError, UsageError


class Size(tuple):
    """A shape: a tuple that knows how many entries it makes.

    >>> import chainrule.torch as torch
    >>> torch.zeros(2, 3).shape, torch.zeros(2, 3).shape.numel()
    (torch.Size([2, 3]), 6)
    """

    def numel(self):
        return math.prod(self)

    def __getitem__(self, index):
        part = tuple.__getitem__(self, index)
        return Size(part) if isinstance(index, slice) else part

    def __add__(self, other):
        return Size(tuple(self) + tuple(other))

    def __repr__(self):
        return f"torch.Size([{', '.join(map(str, self))}])"


class device:
    """Where a tensor lives: here, always the CPU.

    >>> import chainrule.torch as torch
    >>> torch.zeros(1).device
    device(type='cpu')
    """

    def __init__(self, type: Any = "cpu", index=None):
        kind = type.type if isinstance(type, device) else str(type).partition(":")[0]
        if kind != "cpu":
            raise UsageError(f"device {type!r} is not available: chainrule computes on the CPU", "use device='cpu'")
        self.type, self.index = kind, index

    def __eq__(self, other):
        return isinstance(other, device) and other.type == self.type

    def __hash__(self):
        return hash(self.type)

    def __str__(self):
        return self.type

    def __repr__(self):
        return f"device(type='{self.type}')"


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook away; also a context manager."""

    def __init__(self, hooks, hook):
        self._hooks, self._hook = hooks, hook

    def remove(self):
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.remove()


class _Retain:
    """The hook that keeps the gradient of a value that is no leaf; it runs after all others."""

    def __init__(self, node):
        self._node = weakref.ref(node)

    def __call__(self, gradient):
        node = self._node()
        if node is None:
            return
        gradient = gradient if type(gradient) in TENSORS else of_value(gradient)
        if node.grad is None or gradient.node.tracked:
            node.grad = gradient if node.grad is None else node.grad + gradient
        else:
            inplace.rebind(node.grad, node.grad.node.value + gradient.node.value)


LATE = weakref.WeakSet()  # leaves that were made to require a gradient only after they had a value
AFTER = weakref.WeakKeyDictionary()  # leaf node -> (weak handle, hooks) to run once its .grad has grown


class Tensor(engine.Tensor):
    """A number or an array that remembers how it was made, in PyTorch's spelling.

    Make one with `torch.tensor`. It is a Tensor of `chainrule` in every other respect: NumPy functions,
    `chainrule.explain` and the transforms take it.

    >>> import chainrule.torch as torch
    >>> w = torch.tensor(0.5, requires_grad=True)
    >>> loss = (torch.sigmoid(w * 2.0) - 1.0) ** 2
    >>> loss
    tensor(0.0723, grad_fn=<PowBackward0>)
    >>> loss.backward()
    >>> w.grad
    tensor(-0.2115)
    """

    __slots__ = ("_base", "_cut", "_edits", "_step", "_views")

    def __init__(self, *data):
        """`torch.Tensor(data)` and `torch.Tensor(2, 3)`, PyTorch's older spellings: float32 whatever the data."""
        if data:
            from chainrule.torch.factories import legacy

            self.node = legacy(data)

    # What it is

    @property
    def shape(self):
        return Size(shape_of(self.node.value))

    @property
    def dtype(self):
        return dtypes.ALL[dtype_of(self.node.value)]

    @property
    def device(self):
        return device()

    def size(self, dim=None):
        """The shape, or one length of it."""
        return self.shape if dim is None else self.shape[dim]

    def numel(self):
        """The number of entries."""
        return math.prod(shape_of(self.node.value))

    nelement = numel

    def dim(self):
        """The number of dimensions."""
        return len(shape_of(self.node.value))

    ndimension = dim

    def element_size(self):
        """Bytes in one entry."""
        return dtype_of(self.node.value).itemsize

    def is_floating_point(self):
        return dtype_of(self.node.value).kind == "f"

    def is_complex(self):
        return dtype_of(self.node.value).kind == "c"

    def is_contiguous(self):
        return bool(numpy.asarray(self.node.value).flags.c_contiguous)

    @property
    def is_cuda(self):
        return False

    # The graph

    @property
    def requires_grad(self):
        """Whether a gradient flows to this value; settable on leaves."""
        return self.node.tracked

    @requires_grad.setter
    def requires_grad(self, wanted):
        node = self.node
        if node.primitive is not None and not wanted:
            raise UsageError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed "
                "variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach().",
                "detach() it, or compute it under no_grad",
            )
        if wanted and not is_differentiable(node.value):
            raise DtypeError(
                "only Tensors of floating point dtype can require gradients (Only Tensors of floating "
                "point and "
                f"complex dtype can require gradients); this one has dtype {self.dtype}",
                "write it with a decimal point (1.0, not 1), or pass dtype=torch.float32",
            )
        if wanted and not node.tracked:
            LATE.add(node)
        node.tracked = bool(wanted) or node.primitive is not None

    def requires_grad_(self, requires_grad=True):
        """Let gradients flow to this leaf; the tensor itself."""
        self.requires_grad = requires_grad
        return self

    @property
    def grad_fn(self):
        """What made this value, as PyTorch shows it; None for a leaf."""
        return None if self.node.primitive is None else gradfn.of(self.node)

    @property
    def grad(self):
        """The accumulated gradient; None before the first backward pass, and for values that are no leaves
        unless `retain_grad` was called."""
        node = self.node
        if node.grad is None and node.primitive is not None:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
                "attribute "
                "won't be populated during autograd.backward(). If you indeed want the .grad field to "
                "be populated "
                "for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor.",
                UserWarning,
                stacklevel=2,
            )
        return node.grad

    @grad.setter
    def grad(self, gradient):
        if gradient is None:
            self.node.grad = None
            return
        if type(gradient) not in TENSORS:
            raise DtypeError(
                f"assigned grad expected to be a Tensor or None but got grad of type {type(gradient).__name__}",
                "assign a tensor of the same shape, or None",
            )
        if gradient.shape != self.shape:
            raise ShapeError(
                f"attempting to assign a gradient of size '{list(gradient.shape)}' to a tensor of size "
                f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size",
                "a gradient has the shape of its tensor",
            )
        if dtype_of(gradient.node.value) != dtype_of(self.node.value):
            raise DtypeError(
                f"attempting to assign a gradient with dtype {gradient.dtype} to a tensor with grad_dtype {self.dtype}",
                f"convert it: gradient.to({self.dtype})",
            )
        self.node.grad = gradient

    @grad.deleter
    def grad(self):
        self.node.grad = None

    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        """Add the gradient of this value to the `.grad` of the leaves it was computed from.

        Args:
            gradient: the cotangent to start from, of this value's shape; 1 for a single number.
            retain_graph: keep the graph for another pass; by default as `create_graph`.
            create_graph: record the pass itself, so that `.grad` can be differentiated again.
            inputs: tensors; accumulate only into these.

        Raises: NotScalarError, NoGraphError, ShapeError, GraphFreedError, as PyTorch's RuntimeErrors.
        """
        from chainrule.torch.autograd.engine import backward

        backward((self,), None if gradient is None else (gradient,), retain_graph, create_graph, inputs=inputs)

    def retain_grad(self):
        """Keep the gradient of this value in `.grad` although it is no leaf."""
        node = self.node
        if not node.tracked:
            raise NoGraphError(
                "can't retain_grad on Tensor that has requires_grad=False", "no gradient flows to this value"
            )
        if node.primitive is not None and not self.retains_grad:
            self._hooks().append(_Retain(node))

    @property
    def retains_grad(self):
        """Whether `retain_grad` was called on a value that is no leaf."""
        hooks = self.node.hooks
        return bool(hooks) and isinstance(hooks[-1], _Retain)

    def _hooks(self):
        if self.node.hooks is None:
            self.node.hooks = []
        return self.node.hooks

    def register_hook(self, hook):
        """Call `hook` with the gradient of this value in each backward pass.

        Hooks run in order of registration with the summed gradient, a tensor; a tensor that one returns
        takes its place.

        Returns: a handle with `.remove()`.

        >>> import chainrule.torch as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> handle = x.register_hook(lambda g: g * 10)
        >>> (x * x).backward()
        >>> x.grad
        tensor(60.)
        """
        if not self.node.tracked:
            raise NoGraphError(
                "cannot register a hook on a tensor that doesn't require gradient",
                "register it on a value computed from something with requires_grad=True",
            )

        def run(gradient):
            return hook(gradient if type(gradient) in TENSORS else of_value(gradient))

        hooks = self._hooks()
        hooks.insert(len(hooks) - 1 if self.retains_grad else len(hooks), run)
        return RemovableHandle(hooks, run)

    def register_post_accumulate_grad_hook(self, hook):
        """Call `hook` with this leaf each time its `.grad` has been added to.

        Returns: a handle with `.remove()`.
        """
        if not self.node.tracked or self.node.primitive is not None:
            raise NoGraphError(
                "post accumulate grad hooks cannot be registered on non-leaf tensors",
                "register it on a leaf with requires_grad=True; use register_hook for other values",
            )
        hooks = AFTER.setdefault(self.node, (weakref.ref(self), []))[1]
        hooks.append(hook)
        return RemovableHandle(hooks, hook)

    # The same value elsewhere

    def detach(self):
        """The same value with no history. In-place changes of either are seen by both."""
        self._leaves_the_graph("detach")
        return inplace.cut(self, of_value(self.node.value))

    def _leaves_the_graph(self, by):
        if self.node.tracked:
            cuts.remember(self.node, by)

    def detach_(self):
        """Drop this tensor's history."""
        self._leaves_the_graph("detach_")
        if inplace.base_of(self) is not None and not self._cut:
            raise UsageError(
                "Can't detach views in-place. Use detach() instead.",
                "assign x = x.detach(), or detach the tensor that x is a view of",
            )
        self.node = leaf_node(self.node.value)
        return self

    @property
    def data(self):
        """As `detach()`, for changes that no graph is to complain about; assigning sets the value unrecorded."""
        if self.node.primitive is not None:  # of a leaf it is what optimisers do
            self._leaves_the_graph(".data")
        return inplace.cut(self, of_value(self.node.value), counted=False)

    @data.setter
    def data(self, value):
        inplace.overwrite(self, value.node.value if type(value) in TENSORS else plain_value(value))

    @property
    def _version(self):
        """How often the tensor was changed in place."""
        return getattr(inplace.root(self), "_edits", 0)

    # Ways out

    def item(self):
        """The value as a Python number."""
        value = self.node.value
        if self.node.tracked:
            cuts.remember(self.node, "item()")
        if value.__class__ is numpy.float32 or value.__class__ is float:
            return float(value)
        if self.numel() != 1:
            raise NotScalarError(
                f"a Tensor with {self.numel()} elements cannot be converted to Scalar",
                "take one entry by index, or use .tolist()",
            )
        return as_array(value).item()

    def tolist(self):
        """The value as nested lists of Python numbers."""
        self._leaves_the_graph("tolist()")
        return as_array(self.node.value).tolist()

    def numpy(self, *, force=False):
        """The value as a read-only array.

        Raises: LostDerivativeError where a gradient flows to the value, unless `force`.
        """
        if self.node.tracked and not force:
            raise LostDerivativeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
                "use .detach().numpy() where the derivative is not wanted, and np functions on the tensor where it is",
            )
        self._leaves_the_graph("numpy()")
        array = numpy.asarray(self.node.value).view()
        array.flags.writeable = False
        return array

    def cpu(self):
        return self

    def __array__(self, dtype=None, copy=None):
        return numpy.array(self.numpy(), dtype=dtype, copy=copy)

    def __dlpack__(self, **options):
        if self.node.tracked:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        return numpy.asarray(self.node.value).copy().__dlpack__(**options)

    def __dlpack_device__(self):
        return numpy.asarray(self.node.value).__dlpack_device__()

    def _number(self, kind):
        if self.node.tracked:
            warnings.warn(
                "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
                "Consider using tensor.detach() first.",
                UserWarning,
                stacklevel=3,
            )
        return kind(self.item())

    def __float__(self):
        return self._number(float)

    def __complex__(self):
        return self._number(complex)

    def __int__(self):
        return int(self.item())

    def __index__(self):
        if self.node.value.__class__ is float or dtype_of(self.node.value).kind not in "iub" or self.numel() != 1:
            raise DtypeError(
                "only integer tensors of a single element can be converted to an index",
                "use int(...) for a place",
            )
        return int(self.item())

    def __bool__(self):
        if self.numel() != 1:
            raise NotScalarError(
                "Boolean value of Tensor with "
                + ("no values is ambiguous" if not self.numel() else "more than one value is ambiguous"),
                "use .all() or .any(), or compare single entries",
            )
        return bool(self.node.value)

    def __len__(self):
        if not shape_of(self.node.value):
            raise _NoLength("len() of a 0-d tensor", "a single number has no length")
        return shape_of(self.node.value)[0]

    def __iter__(self):
        if not shape_of(self.node.value):
            raise _NoLength("iteration over a 0-d tensor", "a single number has no entries")
        return iter([self[i] for i in range(len(self))])

    def __contains__(self, item):
        return bool((self == item).any())

    def __format__(self, spec):
        return format(self.item(), spec) if spec and self.numel() == 1 else str(self)

    def __repr__(self):
        return printing.show(self, "tensor")

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        if self.node.primitive is not None:
            raise LostDerivativeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol at the moment",
                "copy the leaves, or use .detach() first",
            )
        return of_value(_copied(self.node.value), self.node.tracked)

    def __reduce__(self):
        if self.node.primitive is not None and self.node.tracked:
            raise LostDerivativeError(
                "pickling a computed tensor would silently make it a leaf",
                "pickle the leaves, or .detach() first",
            )
        return of_value, (_copied(self.node.value), self.node.tracked)


class _NoLength(ShapeError, TypeError):
    """What Python expects of something that has no length."""


def _copied(value):
    return value.copy() if type(value) is numpy.ndarray else value


def of_value(value, requires_grad=False):
    """A leaf for a NumPy value."""
    result = Tensor()
    result.node = leaf_node(value, requires_grad)
    return result


def as_value(value) -> Any:
    """The bare NumPy value of a tensor, a number, an array or nested lists, in PyTorch's default dtypes."""
    if type(value) in TENSORS:
        value = value.node.value
        return numpy.asarray(value).astype(dtypes.default_float())[()] if value.__class__ is float else value
    kind = value.__class__
    if kind is float:
        return dtypes.default_float().type(value)
    if kind is int:
        return numpy.int64(value)
    if kind is bool:
        return numpy.bool_(value)
    if kind in (list, tuple):
        array = numpy.asarray(value)
        if array.dtype == numpy.float64 and not _holds(value, (numpy.ndarray, numpy.float64)):
            return array.astype(dtypes.default_float())
        if array.dtype == numpy.complex128 and not _holds(value, (numpy.ndarray, numpy.complex128)):
            return array.astype(numpy.result_type(dtypes.default_float(), numpy.complex64))
        return array
    if kind is complex:
        return numpy.result_type(dtypes.default_float(), numpy.complex64).type(value)
    return plain_value(value)


def _holds(nested, kinds):
    if isinstance(nested, (list, tuple)):
        return any(_holds(item, kinds) for item in nested[:1])
    return type(nested) in kinds
