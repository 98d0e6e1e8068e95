"""Gradients held to a size."""

import numpy

from chainrule.core.rows import as_array
from chainrule.core.spec import shape_of
from chainrule.tf.linalg import global_norm
from chainrule.tf.pointwise import where
from chainrule.tf.reductions import norm
from chainrule.tf.tensor import convert_to_tensor, plain


def clip_by_norm(t, clip_norm, axes=None, name=None):
    """t, scaled down to Euclidean length `clip_norm` where it is longer.

    >>> import chainrule.tf as tf
    >>> tf.clip_by_norm([3.0, 4.0], 1.0).numpy()
    array([0.6, 0.8], dtype=float32)
    """
    t = convert_to_tensor(t)
    length = norm(t, axis=axes, keepdims=True)
    long = as_array(length.node.value) > plain(clip_norm)
    scaled = t * clip_norm / where(long, length, length * 0 + 1)
    return where(numpy.broadcast_to(long, shape_of(t)), scaled, t)


def clip_by_global_norm(t_list, clip_norm, use_norm=None, name=None):
    """Several tensors scaled down together to Euclidean length `clip_norm`, and their length before."""
    length = global_norm(t_list) if use_norm is None else convert_to_tensor(use_norm)
    scale = where(length > clip_norm, clip_norm / length, length * 0 + 1)
    return [None if t is None else convert_to_tensor(t) * scale for t in t_list], length
