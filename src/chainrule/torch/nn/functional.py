"""`torch.nn.functional`: activations and losses.

>>> import chainrule.torch as torch
>>> import chainrule.torch.nn.functional as F
>>> F.mse_loss(F.relu(torch.tensor([-1., 2.])), torch.tensor([0., 1.]))
tensor(0.5000)
"""

import math
import warnings

import numpy

from chainrule.core.record import plain_value
from chainrule.core.rows import Rows, as_array, everywhere, read, somewhere
from chainrule.core.spec import dtype_of, shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.torch import kinks, pointwise, products, reductions, shapes
from chainrule.torch.closures import binary, quietly
from chainrule.torch.errors import DtypeError, ShapeError, UsageError
from chainrule.torch.factories import drawn
from chainrule.torch.nn.convolution import (
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    unfold,
)
from chainrule.torch.pointwise import relu, sigmoid, tanh
from chainrule.torch.products import cosine_similarity
from chainrule.torch.reductions import log_softmax, softmax
from chainrule.torch.shapes import one_hot
from chainrule.torch.tensor import of_value

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_similarity",
    "cross_entropy",
    "dropout",
    "elu",
    "gelu",
    "hardtanh",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softmin",
    "softplus",
    "softsign",
    "tanh",
    "tanhshrink",
    "unfold",
]


def linear(input, weight, bias=None):
    """input weightᵀ + bias."""
    product = products.matmul(input, shapes.t(weight) if len(shape_of(weight)) == 2 else weight)
    return product if bias is None else pointwise._add(product, bias)


def leaky_relu(input, negative_slope=0.01):
    """x for positive entries, a small multiple of x for the others."""
    return pointwise.where(plain_value(input) > 0, input, pointwise.mul(input, negative_slope))


def elu(input, alpha=1.0):
    """x for positive entries, α (eˣ - 1) for the others."""
    return pointwise.where(plain_value(input) > 0, input, pointwise.mul(pointwise.expm1(input), alpha))


def selu(input):
    """The self-normalising form of `elu`."""
    return pointwise.mul(elu(input, 1.6732632423543772), 1.0507009873554805)


def silu(input):
    """x σ(x)."""
    return pointwise.mul(input, sigmoid(input))


def gelu(input, approximate="none"):
    """x Φ(x), Φ being the normal distribution; with approximate="tanh", its usual approximation."""
    if approximate == "tanh":
        inner = pointwise.mul(pointwise._add(input, pointwise.mul(pointwise.pow(input, 3), 0.044715)), _ROOT)
        return pointwise.mul(pointwise.mul(input, 0.5), pointwise._add(tanh(inner), 1.0))
    if approximate != "none":
        raise UsageError("approximate argument must be either none or tanh.", "choose one of the two")
    return pointwise.mul(pointwise.mul(input, 0.5), pointwise._add(pointwise.erf(pointwise.mul(input, _HALF)), 1.0))


_ROOT, _HALF = math.sqrt(2 / math.pi), math.sqrt(0.5)


def softplus(input, beta=1.0, threshold=20.0):
    """ln(1 + e^(βx)) / β, exact also for large x."""
    if beta == 1:
        return pointwise.softplus(input)
    return pointwise._divide(pointwise.softplus(pointwise.mul(input, beta)), beta)


def logsigmoid(input):
    """ln σ(x)."""
    return pointwise.neg(pointwise.softplus(pointwise.neg(input)))


def softsign(input):
    """x / (1 + |x|)."""
    return pointwise._divide(input, pointwise._add(pointwise.abs(input), 1))


def tanhshrink(input):
    """x - tanh x."""
    return pointwise._sub(input, tanh(input))


def softmin(input, dim=None):
    """`softmax` of the negative."""
    return softmax(pointwise.neg(input), dim)


def hardtanh(input, min_val=-1.0, max_val=1.0):
    """x held between two numbers; unlike `clamp`, PyTorch gives it the slope 0 at an edge."""
    kind = dtype_of(plain_value(input))
    return quietly(ops.clip, input, kind.type(min_val), kind.type(max_val))


def relu6(input):
    """x held between 0 and 6; slope 0 at an edge."""
    return hardtanh(input, 0.0, 6.0)


def dropout(input, p=0.5, training=True):
    """Entries set to 0 with probability p, and the others scaled up; nothing where not training."""
    if not 0 <= p <= 1:
        raise UsageError(f"dropout probability has to be between 0 and 1, but got {p}", "choose p in [0, 1]")
    if not training or p == 0:
        return input
    kept = drawn("dropout", lambda numbers, shape: numbers.random(shape), shape_of(input)) >= p
    scale = 1 / (1 - p) if p < 1 else 0.0
    return pointwise.mul(pointwise.mul(input, of_value(as_array(kept)[()])), scale)


def normalize(input, p=2.0, dim=1, eps=1e-12):
    """Vectors along a dimension divided by their length."""
    length = pointwise.clamp(reductions.norm(input, p, dim, keepdim=True), min=eps)
    return pointwise._divide(input, length)


# Losses


def _reduced(loss, reduction):
    if reduction == "mean":
        return reductions.mean(loss)
    if reduction == "sum":
        return reductions.sum(loss)
    if reduction == "none":
        return loss
    raise UsageError(f"{reduction} is not a valid value for reduction", "choose 'mean', 'sum' or 'none'")


def _same_size(name, input, target):
    if shape_of(input) != shape_of(target):
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). "
            f"This will likely "
            "lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            UserWarning,
            stacklevel=3,
        )


def mse_loss(input, target, reduction="mean"):
    """The mean of (input - target)²."""
    _same_size("mse_loss", input, target)
    return _reduced(pointwise.square(pointwise._sub(input, target)), reduction)


def l1_loss(input, target, reduction="mean"):
    """The mean of |input - target|."""
    _same_size("l1_loss", input, target)
    return _reduced(pointwise.abs(pointwise._sub(input, target)), reduction)


def huber_loss(input, target, reduction="mean", delta=1.0):
    """Quadratic within delta of the target, linear beyond."""
    size = pointwise.abs(pointwise._sub(input, target))
    near, far = (
        pointwise.mul(pointwise.square(size), 0.5),
        pointwise.mul(pointwise._sub(size, 0.5 * delta), delta),
    )
    return _reduced(pointwise.where(plain_value(size) <= delta, near, far), reduction)


def smooth_l1_loss(input, target, reduction="mean", beta=1.0):
    """`huber_loss` divided by beta."""
    if beta == 0:
        return l1_loss(input, target, reduction)
    return pointwise._divide(huber_loss(input, target, reduction, beta), beta)


def kl_div(input, target, reduction="mean", log_target=False):
    """The Kullback-Leibler divergence of a target from logarithms of probabilities."""
    if log_target:
        loss = pointwise.mul(pointwise.exp(target), pointwise._sub(target, input))
    else:
        entropy = pointwise.mul(target, pointwise.log(pointwise.where(plain_value(target) == 0, 1.0, target)))
        loss = pointwise._sub(entropy, pointwise.mul(target, input))
    if reduction == "batchmean":
        return pointwise._divide(reductions.sum(loss), shape_of(input)[0])
    return _reduced(loss, reduction)


def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """Minus the entry of each row (logarithms of probabilities) at the class that the target names."""
    places = as_array(plain_value(target))
    if places.dtype.kind not in "iu":
        raise DtypeError(f"expected scalar type Long but found {target.dtype}", "targets are class numbers (int64)")
    shape = shape_of(input)
    axis = 1 if len(shape) > 1 else 0
    classes = shape[axis]
    ignored = places == ignore_index
    wrong = ((places < 0) | (places >= classes)) & ~ignored
    if somewhere(wrong):
        raise _OutOfRange(
            f"Target {_first(places, wrong)} is out of bounds.", f"there are {classes} classes, from 0 on"
        )
    chosen = numpy.where(ignored, 0, places)
    picked = ops.take_along_axis(input, numpy.expand_dims(chosen, axis), axis)
    loss = pointwise.neg(ops.squeeze(picked, axis))
    weights = numpy.ones(classes, dtype_of(plain_value(input))) if weight is None else plain_value(weight)
    each = numpy.where(ignored, 0, read(weights, chosen)).astype(dtype_of(plain_value(input)))[()]
    if weight is not None or somewhere(ignored):
        loss = pointwise.mul(loss, of_value(each))
    if reduction == "mean":
        return pointwise._divide(reductions.sum(loss), of_value(each.sum()))
    return _reduced(loss, reduction)


def _first(places, wrong):
    """A class number that there is not, for a message."""
    return numpy.asarray(places)[wrong].flat[0] if type(places) is not Rows else "of some row"


class _OutOfRange(ShapeError, IndexError):
    """A class number that there is not; PyTorch raises an IndexError."""


def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """`nll_loss` of `log_softmax`: scores against class numbers, or against rows of probabilities.

    >>> import chainrule.torch as torch
    >>> import chainrule.torch.nn.functional as F
    >>> F.cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3]))
    tensor(1.3863)
    """
    axis = 1 if len(shape_of(input)) > 1 else 0
    logs = log_softmax(input, axis)
    classes = shape_of(input)[axis]
    if dtype_of(plain_value(target)).kind == "f":
        if label_smoothing:
            target = pointwise._add(pointwise.mul(target, 1 - label_smoothing), label_smoothing / classes)
        if weight is not None:
            logs = pointwise.mul(logs, ops.reshape(weight, (-1,) + (1,) * (len(shape_of(input)) - axis - 1)))
        loss = pointwise.neg(reductions.sum(pointwise.mul(logs, target), axis))
        return _reduced(loss, reduction)
    if not label_smoothing:
        return nll_loss(logs, target, weight, ignore_index, reduction)
    places = as_array(plain_value(target))
    kept = (places != ignore_index)[..., None] if axis == 1 else as_array(places != ignore_index)
    if weight is not None or not everywhere(kept) or len(shape_of(input)) > 2:
        raise UsageError("label_smoothing with weight, ignore_index or more dimensions has no rule here",
                         "pass rows of probabilities as the target")  # fmt: skip
    rows = read(numpy.eye(classes, dtype=dtype_of(plain_value(input))), places)
    return cross_entropy(input, of_value(rows), None, ignore_index, reduction, label_smoothing)


_entropy = binary(kinks.binary_cross_entropy)


class _WrongSize(ShapeError):
    """What PyTorch raises as a ValueError."""


def binary_cross_entropy(input, target, weight=None, reduction="mean"):
    """-(t ln p + (1 - t) ln(1 - p)), with logarithms not below -100, as PyTorch has it."""
    value = plain_value(input)
    if somewhere((value < 0) | (value > 1)):
        raise UsageError(
            "all elements of input should be between 0 and 1",
            "pass probabilities (torch.sigmoid of scores), or use binary_cross_entropy_with_logits",
        )
    if shape_of(input) != shape_of(target):
        raise _WrongSize(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is deprecated. "
            "Please ensure they have the same size.",
            "reshape one of them",
        )
    loss = _entropy(input, target)
    return _reduced(loss if weight is None else pointwise.mul(loss, weight), reduction)


def binary_cross_entropy_with_logits(input, target, weight=None, reduction="mean", pos_weight=None):
    """`binary_cross_entropy` of σ(input), exact for large inputs."""
    negative = pointwise.softplus(input)  # -ln(1 - σ(x))
    positive = pointwise._sub(negative, input)  # -ln σ(x)
    if pos_weight is not None:
        positive = pointwise.mul(positive, pos_weight)
    loss = pointwise._add(pointwise.mul(target, positive), pointwise.mul(pointwise._sub(1.0, target), negative))
    return _reduced(loss if weight is None else pointwise.mul(loss, weight), reduction)


_PAD_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input, pad, mode="constant", value=None):
    """Entries added around the last dimensions: `pad` is (before, after) of the last one, then of the one before.

    >>> import chainrule.torch as torch
    >>> import chainrule.torch.nn.functional as F
    >>> F.pad(torch.tensor([1., 2.]), (1, 0))
    tensor([0., 1., 2.])
    """
    ndim = len(shape_of(input))
    if len(pad) % 2 or len(pad) > 2 * ndim:
        raise UsageError(
            f"Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} and input of dimension {ndim}",
            "give (before, after) for each dimension, from the last one on",
        )
    widths = [(0, 0)] * (ndim - len(pad) // 2) + [(pad[i], pad[i + 1]) for i in range(len(pad) - 2, -1, -2)]
    if any(n < 0 for width in widths for n in width):
        raise UsageError("negative padding has no rule here", "cut with an index: x[..., 1:]")
    if mode == "constant":
        padded = ops.pad(input, widths)
        if not value:
            return padded
        inside = numpy.pad(numpy.ones(shape_of(input), bool), widths)
        return pointwise.where(of_value(inside), padded, value)
    if mode not in _PAD_MODES:
        raise UsageError(f"Unrecognised padding mode {mode}", "choose 'constant', 'reflect', 'replicate' or 'circular'")
    return ops.pad(input, widths, mode=_PAD_MODES[mode])
