"""`tf.nn`: activations and losses."""

import math
from typing import Any

import numpy

from chainrule.core.rows import as_array
from chainrule.core.spec import shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.tf import random as _random
from chainrule.tf.arrays import gather
from chainrule.tf.closures import sizes
from chainrule.tf.errors import ArgumentError, ShapeError
from chainrule.tf.linalg import l2_normalize
from chainrule.tf.pointwise import (
    clip_by_value,
    exp,
    expm1,
    log_sigmoid,
    relu,
    rsqrt,
    sigmoid,
    softplus,
    square,
    tanh,
    where,
)
from chainrule.tf.reductions import reduce_logsumexp, reduce_mean, reduce_sum, reduce_variance, top_k
from chainrule.tf.tensor import as_tensors, convert_to_tensor, of_value, plain

# fmt: off
__all__ = [
    "batch_normalization", "bias_add", "dropout", "elu", "embedding_lookup", "gelu", "l2_loss", "l2_normalize",
    "leaky_relu", "log_poisson_loss", "log_sigmoid", "log_softmax", "moments", "relu", "relu6", "selu", "sigmoid",
    "sigmoid_cross_entropy_with_logits", "silu", "softmax", "softmax_cross_entropy_with_logits", "softplus",
    "softsign", "sparse_softmax_cross_entropy_with_logits", "swish", "tanh", "top_k",
    "weighted_cross_entropy_with_logits",
]
# fmt: on


def relu6(features, name=None):
    """max(0, x), at most 6; the slope at both edges is 0."""
    features = convert_to_tensor(features)
    bare = features.node.value
    return where((bare > 0) & (bare < 6), features, clip_by_value(of_value(bare), 0, 6))


def leaky_relu(features, alpha=0.2, name=None):
    """x, and alpha x below 0; the slope at 0 is alpha."""
    features = convert_to_tensor(features)
    return where(features.node.value > 0, features, features * alpha)


def elu(features, name=None):
    """x, and eˣ - 1 below 0."""
    features = convert_to_tensor(features)
    return where(features.node.value > 0, features, expm1(features))


def selu(features, name=None):
    """The scaled `elu` that keeps means and variances (Klambauer 2017)."""
    features = convert_to_tensor(features)
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return where(features.node.value >= 0, features * scale, expm1(features) * (scale * alpha))


def silu(features, beta=1.0):
    """x σ(βx), also called swish."""
    features = convert_to_tensor(features)
    return features * sigmoid(features if beta == 1.0 else features * beta)


swish = silu


def gelu(features, approximate=True, name=None):
    """x Φ(x), by the formula with tanh. (TensorFlow's default is the exact one, which needs erf.)

    Raises: ArgumentError for approximate=False.
    """
    if not approximate:
        raise ArgumentError(
            "gelu with approximate=False needs erf, which has no rule here yet", "pass approximate=True"
        )
    x = convert_to_tensor(features)
    return 0.5 * x * (1.0 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))))


def softsign(features, name=None):
    """x / (1 + |x|)."""
    features = convert_to_tensor(features)
    return features / (1 + abs(features))


def softmax(logits, axis=-1, name=None):
    """eˣ over its sum along an axis, without overflow.

    >>> import chainrule.tf as tf
    >>> tf.nn.softmax([0.0, 0.0]).numpy()
    array([0.5, 0.5], dtype=float32)
    """
    return exp(log_softmax(logits, axis))


def log_softmax(logits, axis=-1, name=None):
    """x - ln Σ eˣ along an axis."""
    logits = convert_to_tensor(logits)
    return logits - reduce_logsumexp(logits, -1 if axis is None else axis, keepdims=True)


def softmax_cross_entropy_with_logits(labels, logits, axis=-1, name=None):
    """-Σ labels ln softmax(logits) along an axis.

    >>> import chainrule.tf as tf
    >>> tf.nn.softmax_cross_entropy_with_logits(labels=[0.0, 1.0], logits=[0.0, 0.0])
    <tf.Tensor: shape=(), dtype=float32, numpy=0.6931472>
    """
    logits, labels = as_tensors(logits, labels)
    if shape_of(logits) != shape_of(labels):
        try:
            numpy.broadcast_shapes(shape_of(logits), shape_of(labels))
        except ValueError:
            raise ShapeError(
                f"logits and labels must be broadcastable: logits_size={sizes(shape_of(logits))} "
                f"labels_size={sizes(shape_of(labels))}",
                "give one row of labels for each row of logits",
            ) from None
    return -reduce_sum(labels * log_softmax(logits, axis), axis)


def sparse_softmax_cross_entropy_with_logits(labels, logits, name=None):
    """-ln softmax(logits) at the place that each label names."""
    logits, places = convert_to_tensor(logits), as_array(plain(labels))
    own = shape_of(logits)
    if places.shape != own[:-1]:
        raise ShapeError(
            f"`labels.shape` must equal `logits.shape` except for the last dimension. Received: labels.shape="
            f"{places.shape} and logits.shape={tuple(own)}",
            "give one class number for each row of logits",
        )
    picked = ops.take_along_axis(log_softmax(logits), places[..., None].astype(int), -1)
    return -ops.squeeze(picked, -1)


def sigmoid_cross_entropy_with_logits(labels=None, logits=None, name=None):
    """-labels ln σ(logits) - (1 - labels) ln(1 - σ(logits)), without overflow."""
    logits, labels = as_tensors(logits, labels)
    _same_shapes(logits, labels)
    return softplus(logits) - logits * labels


def weighted_cross_entropy_with_logits(labels=None, logits=None, pos_weight: Any = None, name=None):
    """As `sigmoid_cross_entropy_with_logits`, with positive examples weighted."""
    logits, labels = as_tensors(logits, labels)
    _same_shapes(logits, labels)
    return (1 - labels) * logits + (1 + (pos_weight - 1) * labels) * softplus(-logits)


def _same_shapes(logits, labels):
    if shape_of(logits) != shape_of(labels):
        raise ArgumentError(
            f"`logits` and `labels` must have the same shape, received ({shape_of(logits)} vs {shape_of(labels)}).",
            "reshape one of them",
        )


def log_poisson_loss(targets, log_input, compute_full_loss=False, name=None):
    """exp(log_input) - log_input targets, of counts."""
    if compute_full_loss:
        raise ArgumentError("compute_full_loss=True is not supported here", "add the constant term yourself")
    log_input, targets = as_tensors(log_input, targets)
    return exp(log_input) - log_input * targets


def l2_loss(t, name=None):
    """Half the sum of squares."""
    return reduce_sum(square(t)) / 2


def bias_add(value, bias, data_format=None, name=None):
    """value + bias, along the last axis ("N...C") or the second ("NC...")."""
    value, bias = as_tensors(value, bias)
    if (data_format or "").startswith("NC"):
        bias = ops.reshape(bias, (-1, *(1,) * (len(shape_of(value)) - 2)))
    return value + bias


def dropout(x, rate, noise_shape=None, seed=None, name=None):
    """Entries set to 0 with probability `rate`, the others over 1 - rate. The numbers are not TensorFlow's."""
    x = convert_to_tensor(x)
    if not 0 <= rate < 1:
        raise ArgumentError(f"rate must be a scalar tensor or a float in the range [0, 1). Got {rate}", "choose one")
    kept = _random._numbers(seed).random(tuple(noise_shape or shape_of(x))) >= rate
    return where(numpy.broadcast_to(kept, shape_of(x)), x * (1 / (1 - rate)), ops.zeros_like(x))


def moments(x, axes, shift=None, keepdims=False, name=None):
    """The mean and the variance over axes."""
    return reduce_mean(x, axes, keepdims), reduce_variance(x, axes, keepdims)


def batch_normalization(x, mean, variance, offset, scale, variance_epsilon, name=None):
    """(x - mean) / √(variance + epsilon), times scale, plus offset (each may be None)."""
    factor = rsqrt(convert_to_tensor(variance) + variance_epsilon)
    factor = factor if scale is None else factor * scale
    result = (convert_to_tensor(x) - mean) * factor
    return result if offset is None else result + offset


def embedding_lookup(params, ids, max_norm=None, name=None):
    """The rows that ids name."""
    if max_norm is not None:
        raise ArgumentError("max_norm= is not supported here", "tf.clip_by_norm the rows yourself")
    return gather(params, ids)
