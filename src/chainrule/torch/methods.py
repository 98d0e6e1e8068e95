"""Methods and operators of Tensor, attached from the functions of this front.

In-place methods (`add_`, `+=`, `x[i] = v`) compute the value by the function without the underscore
and hand it to the same tensor (`chainrule.torch.inplace`).
"""

import numpy

from chainrule.core.node import next_order
from chainrule.core.record import TENSORS, constant, plain_value
from chainrule.core.rows import as_array
from chainrule.core.spec import dtype_of, shape_of
from chainrule.ops import NAMESPACE as ops
from chainrule.torch import dtypes, factories, inplace, pointwise, products, reductions, shapes
from chainrule.torch.tensor import Tensor, as_value, device, of_value


def _attach(**methods):
    for name, method in methods.items():
        setattr(Tensor, name, method)


def _reflected(function):
    def method(self, other):
        return function(other, self)

    return method


# Operators

for _name, _function in (
    ("add", pointwise._add),
    ("sub", pointwise._sub),
    ("mul", pointwise.mul),
    ("truediv", pointwise._divide),
    ("floordiv", pointwise._floor_divide),
    ("mod", pointwise.remainder),
    ("and", pointwise._and),
    ("or", pointwise._or),
    ("xor", pointwise._xor),
    ("matmul", products._multiply),
):
    _attach(**{f"__{_name}__": _function, f"__r{_name}__": _reflected(_function)})
for _name in "eq ne lt le gt ge".split():
    _attach(**{f"__{_name}__": getattr(pointwise, _name), _name: getattr(pointwise, _name)})


def _power(self, other, modulus=None):
    return NotImplemented if modulus is not None else pointwise.pow(self, other)


def _divmod(self, other):
    return pointwise._floor_divide(self, other), pointwise.remainder(self, other)


def _divided(self, other):
    """other / self, as PyTorch computes it: the reciprocal times other."""
    inverse = pointwise.reciprocal(self)
    return inverse if other.__class__ in (int, float) and other == 1 else pointwise.mul(inverse, other)


_attach(
    __rtruediv__=_divided,
    __pow__=_power,
    __rpow__=_reflected(pointwise._power),
    __divmod__=_divmod,
    __rdivmod__=_reflected(_divmod),
    __neg__=pointwise.neg,
    __pos__=pointwise.positive,
    __abs__=pointwise.abs,
    __invert__=pointwise._invert,
    __getitem__=shapes.getitem,
    __setitem__=shapes.setitem,
    __hash__=object.__hash__,
    __round__=lambda self, ndigits=None: pointwise.round(self, decimals=ndigits or 0),
)

# Functions that are methods under the same name

for _module, _names in (
    (
        pointwise,
        """abs acos acosh add addcdiv addcmul allclose angle asin asinh atan atan2 atanh ceil clamp erf erfc
        clamp_max clamp_min clip conj copysign cos cosh deg2rad div equal exp exp2 expm1
        float_power floor floor_divide fmax fmin fmod frac heaviside hypot isclose
        isfinite isinf isnan lerp log log10 log1p log2 logaddexp logaddexp2 logical_and
        logical_not logical_or logical_xor logit maximum minimum mul nan_to_num neg
        nonzero positive pow rad2deg reciprocal relu remainder round rsqrt sigmoid sign
        sin sinc sinh sqrt square sub tan tanh trunc""",
    ),
    (
        reductions,
        """all amax amin any argmax argmin argsort bincount count_nonzero cumprod cumsum diff dist
        kthvalue log_softmax logsumexp max mean median min nanmean nansum norm prod quantile softmax sort
        std sum topk unique var""",
    ),
    (
        shapes,
        """chunk clone diag diagonal expand expand_as flatten flip fliplr flipud gather index_add
        index_select masked_fill masked_select movedim narrow permute repeat_interleave
        reshape roll scatter scatter_add select split squeeze t take
        take_along_dim tensor_split tile transpose tril triu unbind unflatten unsqueeze""",
    ),
    (products, "addmm addmv baddbmm bmm cross dot inner kron matmul mm mv outer trace vdot"),
):
    for _name in _names.split():
        setattr(Tensor, _name, getattr(_module, _name))

_attach(
    T=property(shapes._reversed),
    mT=property(shapes._matrix_transposed),
    real=property(pointwise.real),
    imag=property(pointwise.imag),
    swapaxes=shapes.transpose,
    swapdims=shapes.transpose,
    repeat=shapes._repeat,
    ravel=lambda self: shapes.flatten(self),
    multiply=pointwise.mul,
    subtract=pointwise.sub,
    divide=pointwise.div,
    true_divide=pointwise.div,
    negative=pointwise.neg,
    absolute=pointwise.abs,
    greater=pointwise.gt,
    less=pointwise.lt,
    ger=products.outer,
    det=lambda self: ops.det(self),
    where=lambda self, condition, other: pointwise.where(condition, self, other),
    view_as=lambda self, other: shapes.reshape(self, tuple(other.shape)),
    reshape_as=lambda self, other: shapes.reshape(self, tuple(other.shape)),
    type_as=lambda self, other: to(self, other.dtype),
    contiguous=lambda self: self,
    new_tensor=lambda self, data, **options: factories.tensor(data, **{"dtype": self.dtype, **options}),
    new_zeros=lambda self, *size, **options: factories.zeros(*size, **{"dtype": self.dtype, **options}),
    new_ones=lambda self, *size, **options: factories.ones(*size, **{"dtype": self.dtype, **options}),
    new_full=lambda self, size, value, **options: factories.full(size, value, **{"dtype": self.dtype, **options}),
    new_empty=lambda self, *size, **options: factories.empty(*size, **{"dtype": self.dtype, **options}),
)


def view(self, *shape):
    """The same entries in another shape (see `reshape`)."""
    if len(shape) == 1 and isinstance(shape[0], dtypes.dtype):
        raise inplace.DtypeError("view(dtype) reads bits as other numbers, and has no derivative", "use .to(dtype)")
    return shapes.reshape(self, *shape)


# Dtypes


def to(self, *args, dtype=None, device=None, copy=False, non_blocking=False, memory_format=None):
    """The tensor in another dtype: `to(torch.float64)`, `to(other)`, `to("cpu")`.

    To an integer or boolean dtype the history ends: a staircase has no slope.
    """
    for arg in args:
        if isinstance(arg, (str, _Device)):
            device = arg
        elif type(arg) in TENSORS:
            dtype = arg.dtype
        elif not isinstance(arg, bool):
            dtype = arg
    if device is not None:
        _Device(device)
    kind = dtype_of(self.node.value) if dtype is None else dtypes.of(dtype).dtype
    if kind == dtype_of(self.node.value):
        return shapes.clone(self) if copy else self
    if kind.kind in "fc" and dtype_of(self.node.value).kind in "fc":
        return ops.astype(self, kind)
    self._leaves_the_graph(f"conversion to {dtypes.ALL[kind]}")
    return constant(as_array(self.node.value).astype(kind)[()], type(self))


_Device = device


def type_(self, dtype=None):
    """The name of the tensor's type, as "torch.FloatTensor"; or the tensor in a dtype."""
    if dtype is None:
        names = {"ComplexFloat": "ComplexFloat"}
        name = inplace._named(self)
        return f"torch.{names.get(name, name)}Tensor"
    if isinstance(dtype, str):
        name = dtype.removeprefix("torch.").removesuffix("Tensor")
        kind = next((code for code, word in inplace._NAMES.items() if word == name), None)
        dtype = dtypes.of(numpy.dtype(kind)) if kind else getattr(dtypes, name, dtype)
    return to(self, dtype)


_attach(view=view, to=to, type=type_)
_WORDS = {
    "float": dtypes.float32,
    "double": dtypes.float64,
    "half": dtypes.float16,
    "int": dtypes.int32,
    "long": dtypes.int64,
    "short": dtypes.int16,
    "char": dtypes.int8,
    "byte": dtypes.uint8,
    "bool": dtypes.bool_,
    "cfloat": dtypes.complex64,
    "cdouble": dtypes.complex128,
}


def _conversion(kind):
    def convert(self):
        return to(self, kind)

    convert.__doc__ = f"The tensor as {kind}."
    return convert


_attach(**{name: _conversion(kind) for name, kind in _WORDS.items()})


# In place


def _in_place(function):
    def method(self, *args, **kwargs):
        inplace.check(self)
        began = next_order()
        return inplace.change(self, function(self, *args, **kwargs), False, began)

    method.__doc__ = f"As `{getattr(function, '__name__', '')}`, in place."
    return method


_ENTRYWISE = """abs acos add addcdiv addcmul asin atan ceil clamp clamp_max clamp_min clip copysign cos
        cosh div exp exp2 expm1 floor floor_divide fmod frac lerp log log10 log1p log2 mul
        neg nan_to_num pow reciprocal relu remainder round rsqrt sigmoid sign sin sinh
        sqrt square sub tan tanh trunc"""
for _name in _ENTRYWISE.split():
    setattr(Tensor, f"{_name}_", _in_place(getattr(pointwise, _name)))
for _name in "index_add masked_fill scatter scatter_add tril triu".split():
    setattr(Tensor, f"{_name}_", _in_place(getattr(shapes, _name)))
for _name in "cumsum cumprod".split():
    setattr(Tensor, f"{_name}_", _in_place(getattr(reductions, _name)))
for _name, _function in (
    ("add", pointwise._add), ("sub", pointwise._sub), ("mul", pointwise.mul), ("truediv", pointwise._divide),
    ("floordiv", pointwise._floor_divide), ("mod", pointwise.remainder), ("pow", pointwise.pow),
    ("and", pointwise._and), ("or", pointwise._or), ("xor", pointwise._xor),
):  # fmt: skip
    setattr(Tensor, f"__i{_name}__", _in_place(_function))


def _filled(self, value):
    if type(value) in TENSORS:
        return value
    return of_value(numpy.full(shape_of(self), value, dtype_of(self.node.value))[()])


def _copied(self, src, non_blocking=False):
    kind = dtype_of(self.node.value)
    src = src if type(src) in TENSORS else of_value(as_value(src))
    return src if dtype_of(src.node.value) == kind else to(src, dtypes.of(kind))


def _drawn(name, draw):
    def drawn(self, *args, generator=None, **options):
        def numbers(source, shape):
            return draw(source, shape, *args, **options)

        values = factories.drawn(name, numbers, tuple(shape_of(self)), generator)
        return of_value(as_array(values).astype(dtype_of(self.node.value))[()])

    return drawn


_attach(
    zero_=_in_place(lambda self: _filled(self, 0)),
    fill_=_in_place(_filled),
    copy_=_in_place(_copied),
    uniform_=_in_place(_drawn("uniform_", lambda rng, shape, low=0.0, high=1.0: rng.uniform(low, high, shape))),
    normal_=_in_place(_drawn("normal_", lambda rng, shape, mean=0.0, std=1.0: rng.normal(mean, std, shape))),
    bernoulli_=_in_place(_drawn("bernoulli_", lambda rng, shape, p=0.5: rng.random(shape) < p)),
    index_fill_=_in_place(lambda self, dim, index, value: _index_filled(self, dim, index, value)),
    multiply_=_in_place(pointwise.mul),
    subtract_=_in_place(pointwise.sub),
    divide_=_in_place(pointwise.div),
    negative_=_in_place(pointwise.neg),
)


def _index_filled(self, dim, index, value):
    mask = numpy.zeros(shape_of(self), bool)
    mask[shapes._along(reductions.axis_of(self, dim), as_array(plain_value(index)))] = True
    return shapes.masked_fill(self, of_value(mask), value)
