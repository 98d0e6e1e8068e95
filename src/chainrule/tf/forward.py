"""`tf.autodiff.ForwardAccumulator`: Jacobian-vector products, by the engine's tangent walk."""

import numpy

from chainrule.core import forward, tree
from chainrule.core.modes import STATE
from chainrule.core.record import TENSORS, constant
from chainrule.core.spec import dtype_of, is_differentiable, shape_of
from chainrule.tf.dtypes import ALL
from chainrule.tf.errors import ArgumentError, KindError, ShapeError, TapeError
from chainrule.tf.recording import Recorder, original, recording
from chainrule.tf.tape import UnconnectedGradients, _value_of, _zeros_wanted
from chainrule.tf.tensor import Tensor, convert_to_tensor


class ForwardAccumulator(Recorder):
    """Computes, inside its `with` block, how values change when the primals move along tangents.

    Args:
        primals: a tensor or Variable, or a structure of them.
        tangents: the rates, of the same structure and shapes.

    >>> import chainrule.tf as tf
    >>> x = tf.constant([2.0, 3.0])
    >>> with tf.autodiff.ForwardAccumulator(primals=x, tangents=tf.constant([1.0, 0.0])) as acc:
    ...     y = tf.reduce_sum(x ** 2)
    >>> acc.jvp(y)
    <tf.Tensor: shape=(), dtype=float32, numpy=4.0>
    """

    auto = False

    def __init__(self, primals, tangents):
        super().__init__()
        difference = tree.difference(primals, tangents)
        if difference:
            raise ArgumentError(
                f"The two structures don't have the same nested structure: the primals differ from the tangents: "
                f"{difference}",
                "give one tangent for each primal, in the same structure",
            )
        self._primals, self._tangents = tree.flatten(primals)[0], []
        for primal, tangent in zip(self._primals, tree.flatten(tangents)[0]):
            if type(primal) not in TENSORS:
                raise KindError(f"{primal!r} was given as a primal", "give tensors or Variables")
            self._tangents.append(_fitted(primal, tangent))

    def __enter__(self):
        if self.active:
            raise TapeError("Accumulator is already recording.", "leave its with block first")
        self.push()
        for primal in self._primals:
            self.watch_one(primal)
        return self

    def __exit__(self, *exception):
        if self.active:
            self.pop()

    def jvp(self, primals, unconnected_gradients=UnconnectedGradients.NONE):
        """The rate of change of a tensor, or of each in a structure, that was computed in the block.

        What does not depend on the watched primals gives None, or zeros.
        """
        zeros = _zeros_wanted(unconnected_gradients)
        targets, rebuild = tree.flatten(primals)
        moving = {}
        for primal, tangent in zip(self._primals, self._tangents):
            for leaf in self.sources.get(id(primal), (None, ()))[1]:
                moving[leaf] = tangent if tangent.node.tracked else tangent.node.value
        wrap = Tensor._of if recording() or STATE.traced else None
        if wrap is not None:
            moving = {leaf: t if type(t) in TENSORS else constant(t, Tensor) for leaf, t in moving.items()}
        nodes = [self._node(target) for target in targets]
        between, _ = forward.between([node for node in nodes if node.tracked is not False], set(moving))
        with numpy.errstate(all="ignore"):
            forward.walk(between, moving, wrap)
        return rebuild([_rate(moving.get(node), node.value, zeros) for node in nodes])

    def _node(self, target):
        if type(target) not in TENSORS:
            raise KindError(f"a jvp was asked of a {type(target).__name__}", "give tensors computed in the block")
        if hasattr(target, "_rest"):
            nodes = self.sources.get(id(target), (None, ()))[1]
            return nodes[-1] if nodes else target._rest
        return target.node if self.within(target.node.order) else original(target.node)


def _fitted(primal, tangent):
    """A tangent as a tensor of its primal's shape and dtype."""
    value = _value_of(primal)
    if not is_differentiable(value):
        raise ArgumentError(
            f"ForwardAccumulator was given a primal of dtype {ALL[dtype_of(value)].name}, which has no derivative",
            "use a floating point primal",
        )
    tangent = convert_to_tensor(tangent, dtype_of(value))
    if shape_of(tangent) != shape_of(value):
        raise ShapeError(
            f"a tangent has shape {tuple(shape_of(tangent))}, for a primal of shape {tuple(shape_of(value))}",
            "give a tangent of the primal's shape",
        )
    return tangent


def _rate(tangent, value, zeros):
    if tangent is None:
        return constant(numpy.zeros_like(value)[()], Tensor) if zeros else None
    return tangent if type(tangent) in TENSORS else constant(tangent, Tensor)
