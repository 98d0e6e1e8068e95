"""GradientTape: record inside a `with` block what is computed from watched values."""

import threading

import numpy

from chainrule.core import reverse, tree
from chainrule.core.modes import STATE
from chainrule.core.node import leaf_node
from chainrule.core.record import TENSORS, constant
from chainrule.core.spec import dtype_of, is_differentiable, one_like
from chainrule.core.tensor import Tensor, own
from chainrule.errors import ArgumentError, DtypeError, ShapeError, TapeError
from chainrule.ops import NAMESPACE as ops
from chainrule.transforms.jacobians import units


class _Active(threading.local):
    count = 0


_ACTIVE = _Active()


class GradientTape:
    """Records what is computed from watched Tensors inside its `with` block.

    A Tensor with requires_grad=True is watched by itself. A gradient asked for while a tape is active
    is recorded in its turn, so nested tapes give higher derivatives.

    Args:
        persistent: allow more than one call of `gradient`.

    >>> import chainrule as cr
    >>> w = cr.tensor(3.0)
    >>> with cr.GradientTape() as tape:
    ...     tape.watch(w)
    ...     y = w * w
    >>> tape.gradient(y, w)
    tensor(6.)
    """

    def __init__(self, persistent=False):
        self._persistent = persistent
        self._active = self._entered = self._used = False
        self._watched = []  # (handle, the node it had, the node it has while watched)

    def __enter__(self):
        if self._active:
            raise TapeError("this tape is recording already", "use a second GradientTape for a second record")
        self._active = self._entered = True
        _ACTIVE.count += 1
        for handle, before, during in self._watched:  # entered again: recording goes on
            if handle.node is before:
                handle.node = during
        return self

    def __exit__(self, *exception):
        self._active = False
        _ACTIVE.count -= 1
        for handle, before, during in self._watched:
            if handle.node is during:
                handle.node = before

    def watch(self, value):
        """Record from here on what is computed from a Tensor, or from each in a tree of them.

        Raises: TapeError outside the `with` block; DtypeError for what has no derivative.
        """
        if not self._active:
            raise TapeError("watch was called on a tape that is not recording", "call it inside the with block")
        handles = tree.flatten(value)[0]
        for handle in handles:
            if type(handle) not in TENSORS:
                raise DtypeError(
                    f"a tape was to watch a {type(handle).__name__}",
                    "watch Tensors: w = cr.tensor(...) first",
                )
            if not is_differentiable(handle.node.value):
                raise DtypeError(
                    f"a tape was to watch a value of dtype {dtype_of(handle.node.value)}, which has no derivative",
                    "use a floating point Tensor",
                )
        for handle in handles:
            if not handle.node.tracked:
                before = handle.node
                during = leaf_node(before.value, tracked=True, name=before.name)
                before.params = {**(before.params or {}), "watched": during}  # so that it can be explained later
                handle.node = during
                self._watched.append((handle, before, during))

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients="none"):
        """The gradient of the target (a tree is summed) by each source.

        Args:
            target: a Tensor or a tree of them; one that is not a single number is summed.
            sources: a Tensor or a tree of them; the result has the same structure.
            output_gradients: cotangents of the targets instead of ones.
            unconnected_gradients: "none" or "zero": the result for a source with no path to the target.

        Raises: TapeError for a second call on a tape that is not persistent; ArgumentError, ShapeError.
        """
        self._check_use(unconnected_gradients)
        handles, rebuild = tree.flatten(sources)
        nodes = [self._node(handle) for handle in handles]
        seeds = _seeds(target, output_gradients)
        record = _ACTIVE.count > 0 or STATE.traced
        found, _ = reverse.walk(seeds, set(nodes), wrap=Tensor._of if record else None)
        self._used = True
        given, results = set(), []
        for handle, node in zip(handles, nodes):
            gradient = found.get(node)
            if gradient is None and unconnected_gradients == "zero":
                gradient = numpy.zeros_like(node.value)[()]
            if gradient is not None and type(gradient) not in TENSORS:
                gradient = constant(own(gradient, given), type(handle))
            results.append(gradient)
        return rebuild(results)

    def jacobian(self, target, sources, unconnected_gradients="none"):
        """All first derivatives of the target by each source: shape `target.shape + source.shape`.

        Args:
            target: a Tensor.
            sources, unconnected_gradients: as in `gradient`.

        Raises: as `gradient`.

        >>> import numpy as np, chainrule as cr
        >>> x = cr.tensor([1.0, 2.0])
        >>> with cr.GradientTape() as tape:
        ...     tape.watch(x)
        ...     y = x * x
        >>> tape.jacobian(y, x)
        tensor([[2., 0.],
               [0., 4.]])
        """
        if type(target) not in TENSORS:
            raise ArgumentError(f"a jacobian was asked of a {type(target).__name__}", "give one Tensor")
        self._check_use(unconnected_gradients)
        handles, rebuild = tree.flatten(sources)
        nodes = [self._node(handle) for handle in handles]
        record = _ACTIVE.count > 0 or STATE.traced
        rows = []
        for unit in units(target.node.value):
            seeds = [(target.node, unit)] if target.node.tracked else []
            rows.append(reverse.walk(seeds, set(nodes), wrap=Tensor._of if record else None)[0])
        self._used = True
        return rebuild([self._block(target, handle, node, [row.get(node) for row in rows], unconnected_gradients)
                        for handle, node in zip(handles, nodes)])  # fmt: skip

    def _block(self, target, handle, node, parts, unconnected_gradients):
        if all(part is None for part in parts) and unconnected_gradients == "none":
            return None
        parts = [numpy.zeros_like(node.value)[()] if part is None else part for part in parts]
        shape = tuple(target.node.value.shape if hasattr(target.node.value, "shape") else ()) + numpy.shape(node.value)
        stacked = ops.reshape(ops.stack(parts), shape)
        return stacked if type(stacked) in TENSORS else constant(numpy.asarray(stacked)[()], type(handle))

    def _check_use(self, unconnected_gradients):
        """Raise where the tape cannot be asked now."""
        if unconnected_gradients not in ("none", "zero"):
            raise ArgumentError(f"unconnected_gradients={unconnected_gradients!r}", "choose 'none' or 'zero'")
        if not self._entered:
            raise TapeError("this tape has recorded nothing", "compute inside `with GradientTape() as tape:`")
        if self._used and not self._persistent:
            raise TapeError(
                "this tape has already given its gradient",
                "ask for all gradients in one call, or use GradientTape(persistent=True)",
            )

    def _node(self, handle):
        if type(handle) not in TENSORS:
            raise ArgumentError(
                f"a gradient was asked by a {type(handle).__name__}", "give the Tensor that was watched as the source"
            )
        for watched, before, during in self._watched:
            if watched is handle and handle.node in (before, during):
                return during
        return handle.node


def _seeds(target, output_gradients):
    targets, _ = tree.flatten(target)
    given = [None] * len(targets) if output_gradients is None else tree.flatten(output_gradients)[0]
    difference = "" if output_gradients is None else tree.difference(output_gradients, target)
    if difference:
        raise ShapeError(
            f"the tape was given output gradients of another structure than the target: {difference}",
            "give one for each target, in the same structure",
        )
    seeds = []
    for out, seed in zip(targets, given):
        if type(out) not in TENSORS:
            raise ArgumentError(
                f"a gradient was asked of a {type(out).__name__}",
                "the target must be a Tensor computed inside the tape",
            )
        if not out.node.tracked:
            continue
        value = out.node.value
        if seed is None:
            seed = one_like(value)
        else:
            bare = reverse.fitting(seed, value, "the tape was given an output gradient that")
            seed = seed if type(seed) in TENSORS and seed.node.tracked else reverse.fit(bare, value)
        seeds.append((out.node, seed))
    return seeds
