"""Making tensors: from data, filled, counted, and at random."""

import builtins
import math

import numpy

from chainrule.core import cuts
from chainrule.core.node import leaf_node
from chainrule.core.record import TENSORS, holds_tensor
from chainrule.core.rows import as_array, wrapped
from chainrule.core.spec import dtype_of, is_differentiable, shape_of
from chainrule.torch import dtypes
from chainrule.torch.errors import DtypeError, ShapeError, UsageError
from chainrule.torch.tensor import Size, Tensor, as_value, of_value
from chainrule.torch.tensor import device as _device
from chainrule.transforms.checkpoint import SOURCES
from chainrule.transforms.vmap import randomness

_float32 = numpy.float32


def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of a number, an array or nested lists of them; the data is copied.

    A Python float becomes the default dtype (float32), an int int64, as in PyTorch.

    Raises: DtypeError for data that is not numbers, or integers that are to require a gradient.

    >>> import chainrule.torch as torch
    >>> torch.tensor([[1.0, 2.0]], requires_grad=True)
    tensor([[1., 2.]], requires_grad=True)
    """
    if data.__class__ is float and dtype is None and dtypes._DEFAULT.kind is dtypes.float32 and device is None:
        result = Tensor()
        result.node = leaf_node(_float32(data), requires_grad)
        return result
    if type(data) in TENSORS:
        _warn_copy()
        if data.node.tracked:
            cuts.remember(data.node, "torch.tensor()")
    elif isinstance(data, (list, tuple)) and holds_tensor(data):
        data = _numbers(data)
    return _made(_copied(_value(data, dtype), dtype), device, requires_grad)


def _warn_copy():
    import warnings

    warnings.warn(
        "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
        "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
        UserWarning,
        stacklevel=3,
    )


def _numbers(nested):
    """Nested lists with numbers in place of tensors, each warning as `float(t)` does."""
    if isinstance(nested, (list, tuple)):
        return [_numbers(item) for item in nested]
    if type(nested) not in TENSORS:
        return nested
    return float(nested) if nested.node.tracked else nested.item()


def _value(data, dtype=None):
    try:
        exact = dtype is not None and isinstance(data, (float, int, builtins.complex, list, tuple))
        value = numpy.asarray(data) if exact else as_value(data)
    except ValueError as error:
        raise ShapeError(f"expected sequences of equal lengths: {error}", "make all rows equally long") from None
    if value is NotImplemented:
        raise DtypeError(
            f"Could not infer dtype of {type(data).__name__} (invalid data type '{type(data).__name__}')",
            "give a number, an array or lists of numbers",
        )
    return value


def _copied(value, dtype):
    array = numpy.array(value, dtype=None if dtype is None else dtypes.of(dtype).dtype)
    if array.dtype not in dtypes.ALL:
        raise DtypeError(
            f"can't convert data of dtype {array.dtype}", "use floats, integers, booleans or complex numbers"
        )
    return array[()]


def _made(value, device, requires_grad):
    if device is not None:
        _device(device)
    if requires_grad and not is_differentiable(value):
        raise DtypeError(
            "Only Tensors of floating point and complex dtype can require gradients; this one has dtype "
            f"{dtypes.ALL[dtype_of(value)]}",
            "write it with a decimal point (1.0, not 1), or pass dtype=torch.float32",
        )
    return of_value(value, bool(requires_grad))


def as_tensor(data, dtype=None, device=None):
    """The tensor itself where it is one of this dtype, with its history; else a tensor of the data."""
    if type(data) is Tensor:
        return data if dtype is None or data.dtype == dtypes.of(dtype) else data.to(dtypes.of(dtype))
    if type(data) in TENSORS:  # of another front: the same node
        return Tensor._of(data.node)
    return tensor(data, dtype=dtype, device=device)


asarray = as_tensor


def from_numpy(ndarray):
    """A tensor of an array's dtype, with a copy of its contents: later writes to the array are not seen."""
    if not isinstance(ndarray, numpy.ndarray):
        raise DtypeError(f"expected np.ndarray (got {type(ndarray).__name__})", "use torch.tensor for other data")
    return _made(_copied(ndarray, None), None, False)


def legacy(data, kind="f4"):
    """The node of `torch.Tensor(*data)`: sizes as separate integers, or one list, array or tensor of entries."""
    if all(isinstance(one, (int, numpy.integer)) and not isinstance(one, bool) for one in data):
        return leaf_node(numpy.zeros(_shape(data), kind)[()])
    if len(data) > 1 or isinstance(data[0], Size):
        return leaf_node(numpy.zeros(_shape(data), kind)[()])
    value = _value(_numbers(data[0]), kind) if isinstance(data[0], (list, tuple)) else _value(data[0])
    if not shape_of(value):
        raise DtypeError(
            f"new(): data must be a sequence (got {type(data[0]).__name__})", "use torch.tensor(...) for a number"
        )
    return leaf_node(numpy.array(value, kind))


def _typed(name, kind):
    def make(*data):
        return Tensor._of(legacy(data, kind) if data else leaf_node(numpy.zeros(0, kind)))

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"As `torch.Tensor`, for entries of dtype {numpy.dtype(kind)}."
    return make


FloatTensor, DoubleTensor, LongTensor, IntTensor, BoolTensor = (
    _typed(f"{name}Tensor", kind)
    for name, kind in (("Float", "f4"), ("Double", "f8"), ("Long", "i8"), ("Int", "i4"), ("Bool", "?"))
)


def scalar_tensor(s, *, dtype=None, device=None, requires_grad=False):
    """A tensor of no dimension, of the default dtype."""
    return tensor(s, dtype=dtype or dtypes.get_default_dtype(), device=device, requires_grad=requires_grad)


def _shape(size):
    if len(size) == 1 and not isinstance(size[0], (int, numpy.integer, Tensor)):
        size = size[0]
    shape = tuple(int(n) for n in size)
    if any(n < 0 for n in shape):
        raise ShapeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}",
                         "sizes count entries")  # fmt: skip
    return shape


def _kind(dtype):
    return dtypes.default_float() if dtype is None else dtypes.of(dtype).dtype


def zeros(*size, dtype=None, device=None, requires_grad=False):
    """A tensor of zeros.

    >>> import chainrule.torch as torch
    >>> torch.zeros(2, 2)
    tensor([[0., 0.],
            [0., 0.]])
    """
    return _made(numpy.zeros(_shape(size), _kind(dtype))[()], device, requires_grad)


def ones(*size, dtype=None, device=None, requires_grad=False):
    """A tensor of ones."""
    return _made(numpy.ones(_shape(size), _kind(dtype))[()], device, requires_grad)


empty = zeros  # what it holds is not specified; here, zeros


def full(size, fill_value, *, dtype=None, device=None, requires_grad=False):
    """A tensor with one value everywhere; its dtype is that of the value unless given.

    >>> import chainrule.torch as torch
    >>> torch.full((2,), 7)
    tensor([7, 7])
    """
    value = _value(fill_value, dtype)
    kind = dtype_of(value) if dtype is None else dtypes.of(dtype).dtype
    return _made(numpy.full(_shape((size,)), value, kind)[()], device, requires_grad)


def _like(make):
    def like(input, *, dtype=None, device=None, requires_grad=False):
        return make(tuple(shape_of(input)), dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)

    like.__name__ = like.__qualname__ = f"{make.__name__}_like"
    like.__doc__ = f"As `{make.__name__}`, in the shape and dtype of a tensor."
    return like


def full_like(input, fill_value, *, dtype=None, device=None, requires_grad=False):
    """As `full`, in the shape and dtype of a tensor."""
    return full(tuple(input.shape), fill_value, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad)


def arange(start, end=None, step=1, *, dtype=None, device=None, requires_grad=False):
    """The numbers from start up to, and without, end.

    >>> import chainrule.torch as torch
    >>> torch.arange(3), torch.arange(0.0, 1.0, 0.5)
    (tensor([0, 1, 2]), tensor([0.0000, 0.5000]))
    """
    if end is None:
        start, end = 0, start
    start, end, step = (x.item() if isinstance(x, Tensor) else x for x in (start, end, step))
    count = max(0, math.ceil((end - start) / step))
    values = start + step * numpy.arange(count)
    if dtype is None:
        dtype = dtypes.int64 if all(isinstance(x, (int, numpy.integer)) for x in (start, end, step)) else None
    return _made(values.astype(_kind(dtype)), device, requires_grad)


def linspace(start, end, steps, *, dtype=None, device=None, requires_grad=False):
    """`steps` numbers from start to end, evenly spaced, both ends included."""
    start, end = (x.item() if isinstance(x, Tensor) else x for x in (start, end))
    return _made(numpy.linspace(start, end, steps).astype(_kind(dtype)), device, requires_grad)


def logspace(start, end, steps, base=10.0, *, dtype=None, device=None, requires_grad=False):
    """`steps` powers of the base, with exponents from start to end."""
    return _made(numpy.logspace(start, end, steps, base=base).astype(_kind(dtype)), device, requires_grad)


def eye(n, m=None, *, dtype=None, device=None, requires_grad=False):
    """Ones on the diagonal, zeros elsewhere."""
    return _made(numpy.eye(n, m, dtype=_kind(dtype)), device, requires_grad)


# At random. The generator is ours: the same seed gives the same numbers here, and not PyTorch's.


class Generator:
    """A source of random numbers, with `manual_seed`."""

    def __init__(self, device="cpu"):
        self._numbers = numpy.random.default_rng()

    def manual_seed(self, seed):
        """Start again from a seed; the generator itself."""
        self._numbers = numpy.random.default_rng(int(seed) % 2**64)
        return self


default_generator = Generator()
SOURCES.append((
    lambda: default_generator._numbers.bit_generator.state,
    lambda state: setattr(default_generator._numbers.bit_generator, "state", state),
))  # fmt: skip


def manual_seed(seed):
    """Seed the random numbers of this library; the same seed gives other numbers than PyTorch's.

    >>> import chainrule.torch as torch
    >>> _ = torch.manual_seed(0)
    >>> first = torch.rand(2)
    >>> _ = torch.manual_seed(0)
    >>> bool((torch.rand(2) == first).all())
    True
    """
    return default_generator.manual_seed(seed)


def _numbers_of(generator):
    return (generator or default_generator)._numbers


def drawn(name, draw, shape, generator=None):
    """Random numbers of a shape: `draw(numbers, shape)`; under vmap as its `randomness` says."""
    found = randomness(f"torch.{name}")
    return wrapped(draw(_numbers_of(generator), (*(level.size for level in found), *shape)), found)


def _floats(name, draw, size, kind, generator):
    narrow = kind if kind.itemsize in (4, 8) else "f4"
    values = drawn(name, lambda numbers, shape: getattr(numbers, draw)(shape, dtype=narrow), _shape(size), generator)
    return as_array(values, kind)[()]


def rand(*size, generator=None, dtype=None, device=None, requires_grad=False):
    """Uniform random numbers from [0, 1)."""
    return _made(_floats("rand", "random", size, _kind(dtype), generator), device, requires_grad)


def randn(*size, generator=None, dtype=None, device=None, requires_grad=False):
    """Normal random numbers."""
    return _made(_floats("randn", "standard_normal", size, _kind(dtype), generator), device, requires_grad)


def randint(low, high=None, size=None, *, generator=None, dtype=None, device=None, requires_grad=False):
    """Random integers from low up to, and without, high."""
    if size is None:  # randint(high, size)
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None or high is None:
        raise UsageError("randint() was given no size", "write torch.randint(low, high, (n,))")
    values = drawn("randint", lambda numbers, shape: numbers.integers(low, high, shape), _shape((size,)), generator)
    return _made(as_array(values).astype(dtypes.of(dtype or dtypes.int64).dtype)[()], device, requires_grad)


def randperm(n, *, generator=None, dtype=None, device=None, requires_grad=False):
    """The numbers below n in random order."""

    def permuted(numbers, shape):
        return numbers.permuted(numpy.broadcast_to(numpy.arange(n), shape), axis=-1)

    values = drawn("randperm", permuted, (n,), generator)
    return _made(values.astype(dtypes.of(dtype or dtypes.int64).dtype), device, requires_grad)


def normal(mean, std, size=None, *, generator=None):
    """Normal random numbers of a mean and a standard deviation (numbers or tensors)."""
    shape = size if size is not None else numpy.broadcast_shapes(shape_of(mean), shape_of(std))
    return randn(tuple(shape), generator=generator) * std + mean


def bernoulli(input, *, generator=None):
    """1 with the probability that the input gives, else 0."""
    value = as_array(input.node.value)
    numbers = drawn("bernoulli", lambda numbers, shape: numbers.random(shape), value.shape, generator)
    return of_value((numbers < value).astype(value.dtype)[()])


def multinomial(input, num_samples, replacement=False, *, generator=None):
    """Places drawn with the weights that the rows of the input give."""
    randomness("torch.multinomial")
    weights = numpy.asarray(input.node.value, float)
    rows = weights.reshape(-1, weights.shape[-1])
    drawn = [
        _numbers_of(generator).choice(len(row), num_samples, replace=replacement, p=row / row.sum()) for row in rows
    ]
    return of_value(numpy.stack(drawn).reshape(*weights.shape[:-1], num_samples))


zeros_like, ones_like, empty_like, rand_like, randn_like = map(_like, (zeros, ones, empty, rand, randn))
empty_like.__name__ = "empty_like"


def randint_like(input, low, high=None, *, dtype=None):
    """As `randint`, in the shape of a tensor."""
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, tuple(input.shape), dtype=dtype or input.dtype)


def complex(real, imag):
    """A complex tensor of its real and imaginary parts."""
    return real + imag * 1j
