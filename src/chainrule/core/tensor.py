"""The handle that users hold: a value that remembers how it was made.

A Tensor holds one thing, its node. Arithmetic and NumPy's functions are attached by the layers above
(`chainrule.ops.operators`, `chainrule.numpy`), since the core knows no primitive by name.
"""

import math
import threading
from typing import TYPE_CHECKING, Any

import numpy

from chainrule.core import cuts, growth, reverse
from chainrule.core.modes import STATE
from chainrule.core.namespace import REGISTRY
from chainrule.core.node import Node, leaf_node
from chainrule.core.record import TENSORS, constant
from chainrule.core.rows import Rows, as_array, keep_inside
from chainrule.core.spec import dtype_of, is_differentiable, number_dtype, shape_of
from chainrule.core.told import told_class
from chainrule.errors import (
    ArgumentError,
    DtypeError,
    ImmutableError,
    LostDerivativeError,
    NoGraphError,
    NotScalarError,
    ShapeError,
)
from chainrule.places import here

_accumulating = threading.Lock()  # two threads may run backward to the same leaf


class Tensor:
    """A number or an array that remembers how it was made. Make one with `chainrule.tensor`.

    Values are immutable: an operation makes a new Tensor. What is written with NumPy functions,
    operators or ndarray methods is recorded where an argument requires a gradient.
    """

    __slots__ = ("node", "__weakref__")
    __class__ = property(told_class)
    node: Node

    if TYPE_CHECKING:  # attached by chainrule.ops.operators, chainrule.ops.methods and chainrule.numpy

        def __getattr__(self, name: str) -> Any: ...
        def __add__(self, other: Any) -> "Tensor": ...
        def __radd__(self, other: Any) -> "Tensor": ...
        def __sub__(self, other: Any) -> "Tensor": ...
        def __rsub__(self, other: Any) -> "Tensor": ...
        def __mul__(self, other: Any) -> "Tensor": ...
        def __rmul__(self, other: Any) -> "Tensor": ...
        def __truediv__(self, other: Any) -> "Tensor": ...
        def __rtruediv__(self, other: Any) -> "Tensor": ...
        def __pow__(self, other: Any) -> "Tensor": ...
        def __rpow__(self, other: Any) -> "Tensor": ...
        def __matmul__(self, other: Any) -> "Tensor": ...
        def __rmatmul__(self, other: Any) -> "Tensor": ...
        def __neg__(self) -> "Tensor": ...
        def __getitem__(self, index: Any) -> "Tensor": ...

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        TENSORS[cls] = len(cls.__mro__)

    # What it is

    @property
    def value(self):
        """The bare value: a Python float, a NumPy scalar, or a read-only view of the array."""
        value = self.node.value
        if type(value) is numpy.ndarray:
            value = value.view()
            value.flags.writeable = False
        return value

    @property
    def shape(self):
        return shape_of(self.node.value)

    @property
    def dtype(self):
        return dtype_of(self.node.value)

    @property
    def ndim(self):
        return len(shape_of(self.node.value))

    @property
    def size(self):
        return math.prod(shape_of(self.node.value))

    @property
    def requires_grad(self):
        """Whether a gradient flows to this value."""
        return bool(self.node.tracked)

    @property
    def is_leaf(self):
        """Whether no recorded operation made this value."""
        return self.node.primitive is None

    @property
    def name(self):
        """The name the leaf was given, or None."""
        return self.node.name

    @property
    def grad(self):
        """The gradient accumulated by `backward`, a Tensor; None before the first pass."""
        return self.node.grad

    @grad.setter
    def grad(self, gradient):
        if gradient is not None:
            value = reverse.fitting(gradient, self.node.value, "a gradient was assigned that")
            if type(gradient) not in TENSORS or not gradient.node.tracked:
                gradient = constant(_copied(reverse.fit(value, self.node.value)), type(self))
        self.node.grad = gradient

    # The backward pass

    def backward(self, gradient=None, retain_graph=None, create_graph=None):
        """Add the gradient of this value to the `.grad` of every leaf it was computed from.

        Args:
            gradient: the cotangent to start from, of this value's shape; 1 for a single number.
            retain_graph: keep the graph for another pass; by default as `create_graph`.
            create_graph: record the pass itself, so that `.grad` can be differentiated again; by
                default only inside a function that `grad`, say, is differentiating.

        Raises:
            NoGraphError: nothing this value was computed from requires a gradient.
            NotScalarError: the value is not one number and `gradient` is not given.
            ShapeError, DtypeError: `gradient` does not fit the value.
            GraphFreedError: an earlier pass freed the graph. All errors leave everything as it was.

        >>> import chainrule as cr
        >>> w = cr.tensor(3.0, requires_grad=True)
        >>> (w * w).backward()
        >>> w.grad
        tensor(6.)
        """
        node = self.node
        create_graph = STATE.traced if create_graph is None else create_graph
        seed = self._seed(gradient, create_graph)
        retain = create_graph if retain_graph is None else retain_graph
        visited = None if retain else []
        wrap = type(self)._of if create_graph else None
        found, _ = reverse.walk([(node, seed)], wrap=wrap, visited=visited)
        self._accumulate(found, seed)
        if visited:
            place = here()
            reverse.free(visited, place, STATE.keep_graphs)
            if place is not None:
                growth.passed(place.code, place.instruction)

    def _seed(self, gradient, create_graph):
        node = self.node
        if not node.tracked:
            raise NoGraphError(
                "this value was not computed from anything that requires a gradient",
                "create the inputs with requires_grad=True (or watch them on the tape), and check that "
                "the computation did not run under no_grad or through stop_gradient, item() or int()",
            )
        if gradient is None:
            if type(node.value) is float:
                return 1.0
            if self.size != 1 or self.dtype.kind == "c":
                kind = f"shape {self.shape}" if self.size != 1 else f"the complex dtype {self.dtype}"
                raise NotScalarError(
                    f"backward needs one number, and this value has {kind}",
                    "reduce it first (.sum() or .mean()), or pass backward(gradient=...) of its shape",
                )
            return numpy.ones_like(node.value)[()]
        value = reverse.fitting(gradient, node.value, "backward was given a gradient that")
        if create_graph and type(gradient) in TENSORS:
            return gradient
        return reverse.fit(value, node.value)

    def _accumulate(self, found, seed):
        given, cls = {id(seed)}, type(self)
        fresh = []
        for node, gradient in found.items():
            if gradient.__class__ is numpy.ndarray:
                gradient = own(gradient, given)
            tensor: Any = gradient if type(gradient) in TENSORS else constant(gradient, cls)
            keep_inside(node, tensor.node.value, "backward()")
            fresh.append((node, tensor))
        with _accumulating:
            for node, gradient in fresh:
                node.grad = gradient if node.grad is None else node.grad + gradient

    @classmethod
    def _of(cls, node):
        """The Tensor of an existing node."""
        result = cls()
        result.node = node
        return result

    def zero_grad(self):
        """Forget the accumulated gradient."""
        self.node.grad = None

    def detach(self):
        """The same value with no history; also `chainrule.stop_gradient`."""
        if self.node.tracked:
            cuts.remember(self.node, "detach")
        return constant(self.node.value, type(self))

    def register_hook(self, hook):
        """Call `hook` with the gradient of this value during a backward pass.

        Hooks run once a pass, in order of registration, with the summed gradient as a bare value (a
        Tensor when the pass is recorded); what a hook returns, unless None, takes its place.

        Returns: a handle with `.remove()`.
        Raises: NoGraphError where no gradient flows to the value.
        """
        if not callable(hook):
            raise ArgumentError(
                f"a {type(hook).__name__} was registered as a hook", "register a function of one argument"
            )
        if not self.node.tracked:
            raise NoGraphError(
                "a hook was registered on a value that no gradient flows to",
                "register it on a value computed from something with requires_grad=True",
            )
        if self.node.hooks is None:
            self.node.hooks = []
        self.node.hooks.append(hook)
        return HookHandle(self.node, hook)

    # Ways out, each of which keeps the derivative, drops it on request, or raises

    def item(self):
        """The value as a Python number, without its derivative.

        Raises: NotScalarError where the value is not one number.
        """
        if self.size != 1:
            raise NotScalarError(
                f"item() needs one number, and this value has shape {self.shape}",
                "take one entry by index, or use .numpy() for the whole array",
            )
        value = self.node.value
        if self.node.tracked:
            cuts.remember(self.node, "item()")
        return value if type(value) in (float, int, bool, complex) else value.item()

    def numpy(self):
        """The value as an array (read-only, shared), without its derivative.

        Raises: LostDerivativeError where a gradient flows to the value; detach() it first.
        """
        self._refuse("numpy()", "use .detach().numpy() or .value where the derivative is not wanted")
        return numpy.asarray(self.value)

    def tolist(self):
        """The value as nested lists of Python numbers; as `numpy`, refused where a gradient flows."""
        self._refuse("tolist()", "use .detach().tolist(), or index or unpack the Tensor")
        return as_array(self.node.value).tolist()

    def _refuse(self, what, repair):
        if self.node.tracked:
            raise LostDerivativeError(f"{what} of a Tensor would drop its derivative", repair)

    def __array__(self, dtype=None, copy=None):
        self._refuse(
            "making an ndarray",
            "keep working with np functions on the Tensor itself (np.stack([...]) instead of "
            "np.array([...]), np.block for nested lists, and no assignment into an ndarray); or, where the "
            "derivative is not wanted, use .detach()",
        )
        return numpy.array(self.value, dtype=dtype, copy=copy)

    def __float__(self):
        self._refuse(
            "float()",
            "use the NumPy function instead of the math one (np.sin, not math.sin), np.stack instead of "
            "filling an array; or, where the derivative is not wanted, .item() or stop_gradient",
        )
        return float(self.item())

    def __complex__(self):
        self._refuse("complex()", "keep the Tensor, or use .item() where the derivative is not wanted")
        return complex(self.item())

    def __int__(self):
        if self.dtype.kind == "c":
            raise DtypeError("int() of a complex Tensor", "take .real or .imag, or its absolute value, first")
        return int(self.item())  # piecewise constant: its derivative is zero, so nothing is lost

    def __index__(self):
        if self.dtype.kind not in "iu" or self.ndim:
            raise DtypeError(
                f"a Tensor of dtype {self.dtype} was used as an index or a count",
                "use int(...) for a count that depends on the value; its derivative is zero",
            )
        return int(self.item())

    def __bool__(self):
        if self.size != 1:
            raise NotScalarError(
                f"a Tensor of shape {self.shape} was used as one truth value (in `if`, `and`, `or`, `in`)",
                "say which: (x > 0).all(), (x > 0).any(), or np.where(x > 0, a, b) entry by entry",
            )
        return bool(self.node.value)

    def __len__(self):
        if not self.ndim:
            raise ShapeError("len() of a Tensor with no dimension", "a single number has no length")
        return self.shape[0]

    def __iter__(self):
        if not self.ndim:
            raise ShapeError("a Tensor with no dimension cannot be unpacked", "a single number has no entries")
        return (self[i] for i in range(self.shape[0]))

    def __setitem__(self, index, value):
        raise ImmutableError(
            "a Tensor cannot be changed in place",
            "build a new value: np.where(mask, new, old), np.concatenate or np.stack of the parts",
        )

    def __delitem__(self, index):
        raise ImmutableError("a Tensor cannot be changed in place", "select what is to stay: np.delete or a mask")

    def __format__(self, spec):
        return format(self.item(), spec) if spec and self.size == 1 else str(self)

    def __repr__(self):
        if type(self.node.value) is Rows:  # inside vmap
            return f"tensor({self.node.value!r})"
        text = numpy.array2string(numpy.asarray(self.node.value), separator=", ", prefix="tensor(", precision=6)
        dtype = "" if self.dtype in (numpy.float64, numpy.int64, numpy.bool_) else f", dtype={self.dtype}"
        return f"tensor({text}{dtype}{', requires_grad=True' if self.requires_grad else ''})"

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        if self.node.primitive is not None:
            raise LostDerivativeError(
                "a deep copy of a computed Tensor would drop its derivative",
                "copy the leaves, or use .detach() first",
            )
        return type(self)._of(leaf_node(_copied(self.node.value), self.node.tracked, self.node.name))

    def __reduce__(self):
        if self.node.tracked and self.node.primitive is not None:
            raise LostDerivativeError(
                "pickling a computed Tensor would drop its derivative", "pickle the leaves, or .detach() first"
            )
        return _restored, (type(self), _copied(self.node.value), self.node.tracked, self.node.name)


TENSORS[Tensor] = len(Tensor.__mro__)


class HookHandle:
    """What `register_hook` returns; `remove()` takes the hook away (once is enough)."""

    __slots__ = ("_node", "_hook")

    def __init__(self, node, hook):
        self._node, self._hook = node, hook

    def remove(self):
        if self._node is not None and self._hook in (self._node.hooks or ()):
            self._node.hooks.remove(self._hook)
        self._node = None


def _restored(cls, value, tracked, name):
    return cls._of(leaf_node(value, tracked, name))


def _copied(value):
    return value.copy() if type(value) is numpy.ndarray else value


def own(gradient, given):
    """A gradient that shares no memory with another one; `given` collects the ids handed out."""
    if type(gradient) is numpy.ndarray:
        if gradient.base is not None or id(gradient) in given or not gradient.flags.writeable:
            gradient = gradient.copy()
        given.add(id(gradient))
    return gradient


def tensor(value, requires_grad=False, dtype=None, name=None, cls=Tensor):
    """A Tensor of a number, an array, or nested lists of them. The value is copied.

    Args:
        value: a real or complex number, an array or nested lists; a Tensor gives a detached copy.
        requires_grad: whether gradients of results should flow here. Floating point only.
        dtype: the NumPy dtype; that of the value by default. A Python float is a weak float64, as in
            NumPy and JAX: it does not widen a float32 array.
        name: a name (a string) that explanations use.

    Raises:
        DtypeError: not a number, or an integer that is to require a gradient.
        ArgumentError: a name that is not a string.

    >>> import chainrule as cr
    >>> cr.tensor([1.0, 2.0], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
    """
    if value.__class__ is float and dtype is None and name is None:  # the usual number, at once
        return cls._of(leaf_node(value, bool(requires_grad)))
    if name is not None and not isinstance(name, str):
        raise ArgumentError(f"name={name!r} is a {type(name).__name__}", "give the name as a string")
    bare = _bare(value)
    wanted = None if dtype is None else number_dtype(dtype)
    if wanted is not None and (type(bare) is not float or wanted != numpy.float64):
        if dtype_of(bare).kind == "c" and wanted.kind != "c":
            raise DtypeError(
                f"a Tensor of dtype {wanted} cannot be made of complex numbers", "take their .real or .imag part"
            )
        bare = numpy.asarray(bare).astype(wanted)[()]
    elif type(bare) is numpy.ndarray:
        bare = bare.copy()
    if requires_grad and not is_differentiable(bare):
        raise DtypeError(
            f"a value of dtype {dtype_of(bare)} cannot require a gradient: only floating point moves smoothly",
            "write it with a decimal point (1.0, not 1), or pass dtype=float",
        )
    return cls._of(leaf_node(bare, bool(requires_grad), name))


def _bare(value):
    """The bare value of whatever a user makes a Tensor of."""
    if type(value) in TENSORS:
        return value.node.value
    try:
        bare = REGISTRY.tensors.plain_value(value)
    except ValueError as error:  # lists of unequal lengths
        raise ShapeError(
            f"a Tensor cannot be made of this {type(value).__name__}: {error}",
            "make the inner lists equally long",
        ) from None
    if bare is NotImplemented or dtype_of(bare).kind not in "biufc":
        kind = type(value).__name__ if bare is NotImplemented else f"{type(value).__name__} of dtype {dtype_of(bare)}"
        raise DtypeError(f"a Tensor cannot be made of a {kind}", "give a number, an array or lists of numbers")
    return bare


def stop_gradient(value):
    """The same value with no history: no gradient flows through it. Plain values pass unchanged.

    >>> import chainrule as cr
    >>> cr.grad(lambda x: x * cr.stop_gradient(x))(3.0)
    3.0
    """
    return value.detach() if type(value) in TENSORS else value
