"""Convolutions and poolings under the names of `torch.nn.functional`."""

import math

import numpy

from chainrule.core.spec import dtype_of, shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.ops import windows as rooms
from chainrule.torch import pointwise, shapes
from chainrule.torch.closures import quietly
from chainrule.torch.errors import DtypeError, ShapeError, UsageError
from chainrule.torch.tensor import of_value


def _each(value, n):
    return (int(value),) * n if isinstance(value, int) else tuple(int(one) for one in value)


def _batched(input, n, name):
    """The input with a batch dimension, and whether that was put there."""
    ndim = len(shape_of(input))
    if ndim not in (n + 1, n + 2):
        raise ShapeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input of size: "
            f"{list(shape_of(input))}",
            "the dimensions are batch, channels, and then the lengths",
        )
    return (shapes.unsqueeze(input, 0), True) if ndim == n + 1 else (input, False)


def _same_padding(size, stride, dilation):
    if any(s != 1 for s in stride):
        raise UsageError("padding='same' is not supported for strided convolutions", "give numbers")
    total = [d * (k - 1) for k, d in zip(size, dilation)]
    return [(t // 2, t - t // 2) for t in total]


def _convolution(n):
    name = f"conv{n}d"

    def convolve(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        x, single = _batched(input, n, name)
        one, two = dtype_of(x.node.value), dtype_of(weight.node.value)
        if one != two:
            raise DtypeError(
                f"Input type ({input.dtype}) and weight type ({weight.dtype}) should be the same", "convert one of them"
            )
        if len(shape_of(weight)) != n + 2 or shape_of(x)[1] != shape_of(weight)[1] * groups:
            raise ShapeError(
                f"Given groups={groups}, weight of size {list(shape_of(weight))}, expected input{list(shape_of(x))} to "
                f"have {shape_of(weight)[1] * groups} channels, but got {shape_of(x)[1]} channels instead",
                "a weight has shape (channels out, channels in / groups, *window)",
            )
        stride, dilation, size = _each(stride, n), _each(dilation, n), shape_of(weight)[2:]
        if padding == "same":
            around = _same_padding(size, stride, dilation)
        else:
            around = [(p, p) for p in _each(0 if padding == "valid" else padding, n)]
        _check_size(shape_of(x)[2:], around, size, dilation)
        y = quietly(rooms.convolve, x, weight, stride, around, dilation, groups)
        return _finished(y, bias, n, single)

    convolve.__name__ = convolve.__qualname__ = name
    convolve.__doc__ = f"""The correlation of (batch, channels, *lengths) with windows over the last {n} dimension(s).

    `padding` is a number, one for each dimension, "valid" or "same".
    """
    return convolve


def _check_size(lengths, around, size, dilation):
    wide = [d * (k - 1) + 1 for k, d in zip(size, dilation)]
    padded = [length + before + after for length, (before, after) in zip(lengths, around)]
    if any(w > p for w, p in zip(wide, padded)):
        raise ShapeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel size: "
            f"({' x '.join(map(str, wide))}). Kernel size can't be greater than actual input size",
            "add padding, or use a smaller window",
        )


def _finished(y, bias, n, single):
    if bias is not None:
        y = pointwise._add(y, ops.reshape(bias, (-1,) + (1,) * n))
    return y[0] if single else y


def _transposed(n):
    name = f"conv_transpose{n}d"

    def convolve(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        x, single = _batched(input, n, name)
        options = [_each(one, n) for one in (stride, padding, output_padding, dilation)]
        y = quietly(rooms.convolve_transposed, x, weight, *options, groups)
        return _finished(y, bias, n, single)

    convolve.__name__ = convolve.__qualname__ = name
    convolve.__doc__ = f"The transpose of `conv{n}d` in its input: each entry spreads a window."
    return convolve


conv1d, conv2d, conv3d = map(_convolution, (1, 2, 3))
conv_transpose1d, conv_transpose2d, conv_transpose3d = map(_transposed, (1, 2, 3))


def _around(input, n, name, size, stride, padding):
    size = _each(size, n)
    stride = size if stride is None or stride == () else _each(stride, n)
    padding = _each(padding, n)
    if any(2 * p > k for p, k in zip(padding, size)):
        raise UsageError(f"{name}: pad should be at most half of effective kernel size", "use less padding")
    x, single = _batched(input, n, name)
    return x, single, size, stride, padding


def _max_pool(n):
    name = f"max_pool{n}d"

    def pool(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        x, single, size, stride, padding = _around(input, n, name, kernel_size, stride, padding)
        dilation = _each(dilation, n)
        lengths = shape_of(x)[2:]
        after = _ceiled(lengths, size, stride, padding, dilation) if ceil_mode else padding
        if any(padding) or any(after):
            widths = [(0, 0), (0, 0), *zip(padding, after)]
            inside = numpy.pad(numpy.ones(shape_of(x), bool), widths)
            low = numpy.array(-numpy.inf, dtype_of(x.node.value))[()]
            x = pointwise.where(of_value(inside), ops.pad(x, widths), of_value(low))
        values, places = quietly(rooms.largest_in_windows, x, size, stride, dilation)
        if not return_indices:
            return values[0] if single else values
        found = of_value(_whole_places(places, lengths, size, stride, padding, dilation))
        return (values[0], found[0]) if single else (values, found)

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = "The largest entry of each window; the first of equal ones has the slope."
    return pool


def _ceiled(lengths, size, stride, padding, dilation):
    """The padding after the entries that makes room for a last, incomplete window."""
    after = []
    for n, k, s, p, d in zip(lengths, size, stride, padding, dilation):
        count = math.ceil((n + 2 * p - d * (k - 1) - 1) / s) + 1
        count -= (count - 1) * s >= n + p  # a window must start inside
        after.append(max(p, (count - 1) * s + d * (k - 1) + 1 - n - p))
    return tuple(after)


def _whole_places(places, lengths, size, stride, padding, dilation):
    """Places within windows as places in the flattened lengths."""
    n = len(lengths)
    within = numpy.unravel_index(places, size)
    grid = numpy.indices(places.shape[places.ndim - n :], sparse=True)
    own = [g * s + w * d - p for g, s, w, d, p in zip(grid, stride, within, dilation, padding)]
    return numpy.ravel_multi_index(tuple(own), lengths)


def _avg_pool(n):
    name = f"avg_pool{n}d"

    def pool(
        input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
    ):
        x, single, size, stride, padding = _around(input, n, name, kernel_size, stride, padding)
        if ceil_mode:
            raise UsageError(f"{name} with ceil_mode=True has no rule here", "pad the input with F.pad first")
        widths = [(0, 0), (0, 0), *((p, p) for p in padding)]
        y = quietly(rooms.mean_of_windows, ops.pad(x, widths) if any(padding) else x, size, stride)
        count = math.prod(size)
        if divisor_override is not None:
            y = pointwise.mul(y, count / divisor_override)
        elif any(padding) and not count_include_pad:
            inside = numpy.pad(numpy.ones(shape_of(x)[2:], dtype_of(x.node.value)), widths[2:])
            y = pointwise._divide(y, of_value(rooms.mean_of_windows(inside, size, stride)))
        return y[0] if single else y

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = "The mean of each window."
    return pool


max_pool1d, max_pool2d, max_pool3d = map(_max_pool, (1, 2, 3))
avg_pool1d, avg_pool2d, avg_pool3d = map(_avg_pool, (1, 2, 3))


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """The windows of (batch, channels, rows, columns) as columns: (batch, channels * window, windows)."""
    x, single = _batched(input, 2, "unfold")
    size, dilation, padding, stride = (_each(one, 2) for one in (kernel_size, dilation, padding, stride))
    x = ops.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)]) if any(padding) else x
    seen = ops.moveaxis(quietly(rooms.windows, x, size, stride, dilation), (4, 5), (2, 3))
    batch, channels = shape_of(seen)[:2]
    y = ops.reshape(seen, (batch, channels * math.prod(size), -1))
    return y[0] if single else y
