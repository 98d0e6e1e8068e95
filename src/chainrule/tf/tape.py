"""`tf.GradientTape`: TensorFlow's tape over the engine's graph and its backward walk."""

import enum
import logging
from typing import Any

import numpy

from chainrule.core import reverse, tree
from chainrule.core.modes import STATE
from chainrule.core.node import leaf_node
from chainrule.core.record import TENSORS, constant
from chainrule.core.spec import dtype_of, is_differentiable, shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.tf import why
from chainrule.tf.closures import sizes
from chainrule.tf.errors import ArgumentError, KindError, MixedExamplesError, ShapeError, TapeError
from chainrule.tf.recording import Recorder, check_watchable, original, recording
from chainrule.tf.tensor import Tensor, as_value, convert_to_tensor

_log = logging.getLogger("chainrule.tf")


class UnconnectedGradients(enum.Enum):
    """What `gradient` gives for a source that does not lead to the target: None, or zeros of its shape."""

    NONE = "none"
    ZERO = "zero"


def _zeros_wanted(unconnected_gradients):
    if unconnected_gradients is UnconnectedGradients.NONE:
        return False
    try:
        return UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
    except ValueError:
        raise ArgumentError(
            f"Unknown value for unconnected_gradients: {unconnected_gradients!r}", "choose 'none' or 'zero'"
        ) from None


class GradientTape(Recorder):
    """Records what is computed, inside its `with` block, from Variables that are read and tensors that are watched.

    Args:
        persistent: allow more than one call of `gradient`, `jacobian` and `batch_jacobian`.
        watch_accessed_variables: watch trainable Variables when they are read.

    A gradient asked for while a tape is active is recorded in its turn, so nested tapes give higher
    derivatives.

    >>> import chainrule.tf as tf
    >>> x = tf.constant(3.0)
    >>> with tf.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x ** 2
    >>> tape.gradient(y, x)
    <tf.Tensor: shape=(), dtype=float32, numpy=6.0>
    """

    def __init__(self, persistent=False, watch_accessed_variables=True):
        super().__init__()
        self._persistent, self.auto = persistent, watch_accessed_variables
        self._used = False

    def __enter__(self):
        if self.active:
            raise TapeError(
                "Tape is still recording, This can happen if you try to re-enter an already-active tape.",
                "leave its with block first, or use a second GradientTape for a second record",
            )
        if self._used and not self._persistent:  # what it had recorded is spent: a new record
            self._forget()
        self.push()
        return self

    def __exit__(self, *exception):
        if self.active:
            self.pop()

    def _forget(self):
        self.sources, self.periods, self.cut_nodes, self._used = {}, [], {}, False

    def watch(self, tensor):
        """Record what is computed from here on from a tensor or a Variable, or from each in a structure of them.

        Raises: ArgumentError for what is no tensor; TapeError outside the `with` block. An integer tensor
            is not watched: it has no derivative; a warning is logged.
        """
        handles = tree.flatten(tensor)[0]
        check_watchable(handles)
        if not self.active:
            raise TapeError(
                "watch was called on a tape that is not recording ('NoneType' object has no attribute '_tape' in "
                "TensorFlow)",
                "call it inside the tape's with block",
            )
        for handle in handles:
            if is_differentiable(handle.node.value):
                self.watch_one(handle)
            else:
                _log.warning("The dtype of the watched tensor must be floating (e.g. tf.float32), got %r", handle.dtype)

    def watched_variables(self):
        """The Variables that were watched, in the order of their construction."""
        variables = [handle for handle, _ in self.sources.values() if hasattr(handle, "_rest")]
        return tuple(sorted(variables, key=lambda variable: variable._number))

    def stop_recording(self):
        """A `with` block inside the tape's own in which it records nothing.

        >>> import chainrule.tf as tf
        >>> x = tf.Variable(3.0)
        >>> with tf.GradientTape() as tape:
        ...     y = x * x
        ...     with tape.stop_recording():
        ...         z = y * y
        >>> print(tape.gradient(z, x))
        None
        """
        return _Stopped(self)

    def reset(self):
        """Forget everything recorded so far, and what was watched; as a new tape entered here."""
        if self.active:
            self.pop()
            self._forget()
            self.push()
            self.partial = True
        else:
            self._forget()

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients=UnconnectedGradients.NONE):
        """The gradient of the target by each source.

        Args:
            target: a tensor or a structure of them; several, and their entries, are summed.
            sources: a tensor or Variable, or a structure of them; the result has the same structure.
            output_gradients: cotangents to start from instead of ones, one for each target.
            unconnected_gradients: what a source gets that does not lead to the target: "none" or "zero"
                (or a tf.UnconnectedGradients). `why_none` says why there is no path.

        Raises: TapeError for a second call on a tape that is not persistent; KindError for what is no tensor.
        """
        zeros = _zeros_wanted(unconnected_gradients)
        handles, rebuild = self._sources(sources)
        targets = self._targets(target)
        seeds = self._seeds(targets, output_gradients)
        self._begin()
        found: list[Any] = self._walk(seeds, handles)
        for i, handle in enumerate(handles):
            if found[i] is None:
                found[i] = _own_gradient(handle, targets, output_gradients)
        self._used = True
        return rebuild([_result(gradient, handle, zeros) for gradient, handle in zip(found, handles)])

    def _begin(self):
        """Check that a gradient may be asked for; a tape that is not persistent stops recording."""
        if not self.periods or self._used and not self._persistent:
            raise TapeError(
                "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)",
                "compute inside `with tf.GradientTape() as tape:` first"
                if not self.periods
                else "ask for all gradients in one call, or use tf.GradientTape(persistent=True)",
            )
        if self.active and not self._persistent:
            self.pop()

    def _sources(self, sources):
        if type(sources) in TENSORS:  # the usual one, at once
            return [sources], _first
        if sources is None or isinstance(sources, (list, tuple)) and any(each is None for each in sources):
            raise KindError(
                "a gradient was asked by None (TensorFlow: Cannot convert the argument `type_value`: None to a "
                "TensorFlow DType.)",
                "give tensors or Variables as sources",
            )
        handles, rebuild = tree.flatten(sources)
        for handle in handles:
            if type(handle) not in TENSORS:
                raise KindError(
                    f"a gradient was asked by {handle!r}, a {type(handle).__name__} (TensorFlow: Cannot convert the "
                    f"argument `type_value`: {handle!r} to a TensorFlow DType.)",
                    "give the Variable or the watched tensor itself as the source",
                )
        return handles, rebuild

    def _targets(self, target):
        if target is None:
            raise KindError(
                "Argument `target` should be a list or nested structure of Tensors, Variables or CompositeTensors to "
                "be differentiated, but received None.",
                "return a tensor from what is computed inside the tape",
            )
        if type(target) in TENSORS:
            return [target]
        targets, _ = tree.flatten(target)
        for each in targets:
            if type(each) not in TENSORS:
                raise KindError(
                    f"a gradient was asked of a {type(each).__name__} (TensorFlow: {_kind(each)!r} object has no "
                    "attribute '_id')",
                    "the target must be a tensor computed inside the tape; .numpy(), float() and NumPy functions on "
                    "its value end the record",
                )
        return targets

    def _node(self, handle):
        """The node of a target: of a Variable its leaf in the record, of what was watched later the value's own."""
        if not hasattr(handle, "_rest"):
            return self._own(handle.node)
        if self.wants(handle) and not self.sources.get(id(handle), (None, ()))[1]:  # read here, for the first time
            self.note(handle, leaf_node(handle._rest.value, tracked=self.session))
        nodes = self.sources.get(id(handle), (None, ()))[1]
        return nodes[-1] if nodes else handle._rest

    def _own(self, node):
        """A node, past those that another record's `watch` put in front of it."""
        return node if self.within(node.order) else original(node)

    def _seeds(self, targets, output_gradients):
        given: list[Any] = [None] * len(targets)
        if output_gradients is not None:
            given = list(tree.flatten(output_gradients)[0])
            if len(given) < len(targets):
                raise ShapeError(
                    f"{len(given)} output_gradients were given for {len(targets)} targets", "give one for each target"
                )
        seeds = []
        for handle, seed in zip(targets, given):
            node = self._node(handle)
            if node.tracked is False or not is_differentiable(node.value):
                continue
            seeds.append((node, _seed(seed, node.value)))
        return seeds

    def _walk(self, seeds, handles):
        """The gradient for each source: a value, a Tensor where it is recorded, None where there is no path."""
        nodes = [self._nodes(handle) for handle in handles]
        wanted = {node for several in nodes for node in several}
        if not wanted or not seeds:
            return [None] * len(handles)
        within = self.within if self.partial else None
        found, _ = reverse.walk(seeds, wanted, Tensor._of if recording() or STATE.traced else None, within=within)
        results = []
        for several in nodes:
            parts = [found[node] for node in several if node in found]
            results.append(sum(parts[1:], parts[0]) if parts else None)
        return results

    def _nodes(self, handle):
        """The leaves of a source in this record, or the node that it is itself."""
        if id(handle) in self.sources:
            return self.sources[id(handle)][1]
        if hasattr(handle, "_rest"):
            return []
        node = self._own(handle.node)  # a result of this record, or what chainrule itself tracks
        recorded = node.primitive is not None and self.within(node.order)
        return [node] if recorded or node.tracked is True else []

    def jacobian(self, target, sources, unconnected_gradients=UnconnectedGradients.NONE, parallel_iterations=None,
                 experimental_use_pfor=True):  # fmt: skip
        """All derivatives of the entries of the target by the entries of each source.

        Each has shape `target.shape + source.shape`; the result has the structure of the sources.
        `parallel_iterations` and `experimental_use_pfor` change nothing here.

        >>> import chainrule.tf as tf
        >>> x = tf.Variable([1.0, 2.0])
        >>> with tf.GradientTape() as tape:
        ...     y = x ** 2
        >>> tape.jacobian(y, x).numpy()
        array([[2., 0.],
               [0., 4.]], dtype=float32)
        """
        zeros = _zeros_wanted(unconnected_gradients)
        handles, rebuild = self._sources(sources)
        node = self._single(target)
        self._begin()
        self._used = True
        value = node.value
        rows = [self._walk([(node, unit)], handles) for unit in _units(value)] if node.tracked is not False else []
        results = []
        for i, handle in enumerate(handles):
            column = [row[i] for row in rows]
            shape = shape_of(value) + shape_of(_value_of(handle))
            if all(part is None for part in column):
                results.append(_zeros(shape, handle) if zeros else None)
                continue
            filled = [numpy.zeros_like(_value_of(handle))[()] if part is None else part for part in column]
            results.append(_assembled(filled, shape, handle))
        return rebuild(results)

    def why_none(self, target, source):
        """Why this tape gives None for the gradient of a target by a source: a `Reason`, which prints as text.

        Its `kind` says which repair is wanted: "disconnected" (the target was not computed from the source where
        this tape recorded it), "cut" (a line took the value out of the record) or "connected".

        >>> import chainrule.tf as tf
        >>> x = tf.constant(3.0)
        >>> with tf.GradientTape() as tape:
        ...     y = x * x
        >>> tape.why_none(y, x)
        disconnected: the source is a tensor that this tape does not watch
          what to do: call tape.watch(x) before computing with it...
        """
        (handle,), _ = self._sources(source)
        node = self._single(target)
        return why.reason(self, node, handle, self._nodes(handle))

    def why_zero(self, target, source):
        """Why the gradient of a target by a source is zero: which link is dead, and at which value.

        >>> import chainrule.tf as tf
        >>> x = tf.Variable(-1.5)
        >>> with tf.GradientTape() as tape:
        ...     y = tf.nn.relu(x)
        >>> tape.why_zero(y, x).text
        'relu has slope 0 at -1.5, so nothing passes'
        """
        (handle,), _ = self._sources(source)
        node, nodes = self._single(target), self._nodes(handle)
        return why.dead(self, node, handle, nodes)

    def _single(self, target):
        targets = self._targets(target)
        if len(targets) != 1:
            raise ArgumentError(
                f"a jacobian was asked of {len(targets)} targets", "ask for that of each, or of tf.concat(targets)"
            )
        return self._node(targets[0])

    def batch_jacobian(self, target, source, unconnected_gradients=UnconnectedGradients.NONE,
                       parallel_iterations=None, experimental_use_pfor=True, sum_over_batch=False):  # fmt: skip
        """For each example its own jacobian: shape `[batch, *target.shape[1:], *source.shape[1:]]`.

        This is right, and cheaper than `jacobian`, where the result for an example depends on that example
        alone. Where examples mix, TensorFlow returns the sum over the batch without a word; this raises, or
        returns the sum with sum_over_batch=True.

        Raises: ArgumentError for a rank below 2 or other batch lengths; MixedExamplesError.

        >>> import chainrule.tf as tf
        >>> x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        >>> with tf.GradientTape() as tape:
        ...     tape.watch(x)
        ...     y = x ** 2
        >>> tape.batch_jacobian(y, x).numpy()
        array([[[2., 0.],
                [0., 4.]],
        <BLANKLINE>
               [[6., 0.],
                [0., 8.]]], dtype=float32)
        """
        _zeros_wanted(unconnected_gradients)
        handles, _ = self._sources(source)
        handle, node = handles[0], self._single(target)
        outer, inner = shape_of(node.value), shape_of(_value_of(handle))
        for shape in (outer, inner):
            if len(shape) < 2:
                raise ArgumentError(
                    f"Shape {shape} must have rank at least 2", "the first axis counts the examples; add one"
                )
        if outer[0] != inner[0]:
            raise ArgumentError(
                f"Need first dimension of target shape ({outer}) and source shape ({inner}) to match.",
                "the first axis of both counts the examples",
            )
        self._begin()
        self._used = True
        shape = outer + inner[1:]
        if node.tracked is False:
            return _zeros(shape, handle)
        places = int(numpy.prod(outer[1:], dtype=int))
        rows = [self._walk([(node, _column(node.value, i))], handles)[0] for i in range(places)]
        if all(row is None for row in rows):
            return _zeros(shape, handle)
        if not sum_over_batch:
            self._check_examples(node, handle, rows)
        blocks = ops.stack([ops.zeros_like(_value_of(handle)) if row is None else row for row in rows], 1)
        return _result(ops.reshape(blocks, shape), handle, False)

    def _check_examples(self, node, handle, rows):
        """Raise where the weights of other examples show in an example's derivative.

        Each example of the target is weighted by a number of its own: what one example passes back to
        itself is then weighted by that number, and anything else comes from another example.
        """
        value = node.value
        rng = numpy.random.default_rng(0)
        weights = rng.uniform(0.5, 1.5, (len(value), *(1,) * (numpy.ndim(value) - 1))).astype(value.dtype)
        mix = rng.uniform(0.5, 1.5, (1, *shape_of(value)[1:])).astype(value.dtype)
        moved = _bare(self._walk([(node, weights * mix)], [handle])[0])
        bare = [numpy.zeros_like(moved) if row is None else _bare(row) for row in rows]
        own_weights = weights.reshape(-1, *(1,) * (numpy.ndim(moved) - 1))
        expected = own_weights * sum(part * row for part, row in zip(mix.ravel(), bare))
        scale = own_weights * sum(abs(part * row) for part, row in zip(mix.ravel(), bare))
        off = abs(moved - expected) > 100 * numpy.finfo(moved.dtype).eps * (scale + abs(moved).max(initial=0))
        if off.any():
            example = int(numpy.argwhere(off)[0][0])
            raise MixedExamplesError(
                "the target mixes examples: what belongs to one example depends on others (the derivative by "
                f"example {example} of the source does), so there is no jacobian for each example alone; "
                "TensorFlow returns the sum over the batch here",
                "use tape.jacobian(target, source), which holds all pairs of examples, or sum_over_batch=True for "
                "TensorFlow's answer",
            )


class _Stopped:
    """A pause of a tape."""

    def __init__(self, tape):
        self._tape = tape

    def __enter__(self):
        if not self._tape.active:
            raise TapeError(
                "Trying to stop recording a tape which is not recording. (Tape is not recording.)",
                "use stop_recording inside the tape's with block",
            )
        self._tape.pop()

    def __exit__(self, *exception):
        self._tape.push()


def _kind(value):
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _bare(value) -> Any:
    return value.node.value if type(value) in TENSORS else value


def _value_of(handle):
    return handle._rest.value if hasattr(handle, "_rest") else handle.node.value


_ONE = numpy.float32(1.0)


def _first(results):
    return results[0]


def _seed(given, value) -> Any:
    """The cotangent to start from: ones, or what was given, brought to the value's shape and dtype."""
    if given is None:
        if value.__class__ is numpy.float32:
            return _ONE
        return 1.0 if type(value) is float else numpy.ones_like(value)[()]
    kind = dtype_of(value)
    tensor = given if type(given) in TENSORS else convert_to_tensor(as_value(given, kind))
    bare = tensor.node.value
    if shape_of(bare) != shape_of(value):
        if shape_of(bare):
            raise ShapeError(
                f"Incompatible shapes: {sizes(shape_of(bare))} vs. {sizes(shape_of(value))} (output_gradients)",
                "give output_gradients of the shape of the target they belong to",
            )
        tensor = ops.broadcast_to(tensor, shape_of(value))
    return tensor if tensor.node.tracked else reverse.fit(tensor.node.value, value)


def _own_gradient(handle, targets, output_gradients):
    """The gradient of a target by itself, which TensorFlow knows without a record; None for any other source."""
    if not is_differentiable(_value_of(handle)):
        return None
    given = [None] * len(targets) if output_gradients is None else tree.flatten(output_gradients)[0]
    own = [_seed(seed, _value_of(handle)) for target, seed in zip(targets, given) if target is handle]
    return sum(own[1:], own[0]) if own else None


def _units(value):
    """Every direction in which one entry of the value moves alone."""
    for i in range(numpy.size(value)):
        unit = numpy.zeros(shape_of(value), dtype_of(value))
        unit.reshape(-1)[i : i + 1] = 1
        yield unit[()] if type(value) is not float else 1.0


def _column(value, i):
    """One at place i of every example, 0 elsewhere."""
    unit = numpy.zeros(shape_of(value), dtype_of(value))
    unit.reshape(len(unit), -1)[:, i] = 1
    return unit


def _result(gradient, handle, zeros):
    """A gradient as a Tensor; zeros, or None, where there is none."""
    if gradient is None:
        return _zeros(shape_of(_value_of(handle)), handle) if zeros else None
    return gradient if type(gradient) in TENSORS else constant(gradient, Tensor)


def _zeros(shape, handle):
    return constant(numpy.zeros(shape, dtype_of(_value_of(handle)))[()], Tensor)


def _assembled(parts, shape, handle):
    if not shape_of(parts[0]) and not shape:
        return _result(parts[0], handle, False)
    if any(type(part) in TENSORS for part in parts):
        return ops.reshape(ops.stack(parts), shape)
    return constant(numpy.stack([numpy.asarray(part) for part in parts]).reshape(shape), Tensor)
