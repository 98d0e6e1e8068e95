"""How PyTorch and JAX spell each primitive, or why they have none.

A spelling is a name, looked up in `torch` or in `jax.numpy`, or a function of the library (`torch` or
`jax`) and the primitive's arguments. Every primitive is in both tables; a new one that is not fails
`test_every_primitive_is_listed`.
"""

import math

import numpy


class Missing(str):
    """Why a peer has no counterpart."""


def _named(text):
    return {name: name for name in text.split()}


def _axes(x, axis):
    """An axis, a tuple of axes or None as a tuple, the last axis first."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(sorted((a % x.ndim for a in axes), reverse=True))


def _torch_prod(torch, x, axis, keepdims):
    for one in _axes(x, axis):
        x = torch.prod(x, one, keepdim=keepdims)
    return x


def _torch_softmax(torch, x, axis):
    order = _axes(x, axis)
    rest = [i for i in range(x.ndim) if i not in order]
    moved = torch.permute(x, (*rest, *order))
    shares = torch.softmax(moved.flatten(len(rest)), -1).reshape(moved.shape)
    return torch.permute(shares, tuple(numpy.argsort((*rest, *order)).tolist()))


def _torch_pad(torch, x, widths):
    return torch.nn.functional.pad(x, [n for pair in reversed(widths) for n in pair])


def _torch_scatter(torch, x, index, shape):
    places = numpy.arange(math.prod(shape)).reshape(shape)[index].ravel()
    flat = torch.zeros(math.prod(shape), dtype=x.dtype)
    return flat.index_add(0, torch.tensor(places), x.reshape(-1)).reshape(shape)


def _torch_solve(torch, a, b):
    if b.ndim == 1:
        return torch.linalg.solve(a, b)
    return torch.linalg.solve(a, b.expand(*a.shape[:-2], *b.shape[-2:]))


def _torch_windows(torch, x, size, stride, dilation):
    for axis, (k, s, d) in enumerate(zip(size, stride, dilation), x.ndim - len(size)):
        x = x.unfold(axis, d * (k - 1) + 1, s)[..., ::d]
    return x


def _torch_fold(torch, x, lengths, stride, dilation):
    n = len(lengths)
    y = torch.zeros((*x.shape[: x.ndim - 2 * n], *lengths), dtype=x.dtype, requires_grad=True)
    seen = _torch_windows(torch, y, x.shape[x.ndim - n :], stride, dilation)
    return torch.autograd.grad(seen, y, x, create_graph=True)[0]


def _lower(a, tril, matrix_transpose):
    """The symmetric matrix of which only the lower triangle is read, which is what NumPy factors."""
    return tril(a) + matrix_transpose(tril(a, -1))


TORCH = _named(
    """add subtract multiply divide negative positive square reciprocal sqrt remainder fmod exp exp2
    expm1 log log2 log10 log1p logaddexp logaddexp2 sigmoid sin cos tan arcsin arccos arctan arctan2 hypot
    sinc sinh cosh tanh arcsinh arccosh arctanh maximum minimum fmax fmin sign copysign floor ceil trunc
    absolute where clip real reshape matmul"""
) | {
    "cbrt": Missing("torch has no real cube root: x ** (1/3) is NaN for a negative x"),
    "power": "pow",
    "floor_divide": Missing("torch.floor_divide has no derivative at all; here it is 0"),
    "heaviside": Missing("torch.heaviside has no derivative; here it is that of the value at 0"),
    "softplus": lambda torch, x: torch.nn.functional.softplus(x),
    "rint": "round",
    "nan_to_num": Missing("torch.nan_to_num fills with numbers, not with arrays that broadcast"),
    "imag": lambda torch, x: torch.imag(x) if x.is_complex() else torch.zeros_like(x),
    "conjugate": "conj",
    "astype": lambda torch, x, dtype: x.to(getattr(torch, dtype)),
    "sum": lambda torch, x, axis, keepdims: torch.sum(x, axis, keepdim=keepdims),
    "mean": lambda torch, x, axis, keepdims: torch.mean(x, axis, keepdim=keepdims),
    "prod": _torch_prod,
    "max": lambda torch, x, axis, keepdims: torch.amax(x, _axes(x, axis), keepdim=keepdims),
    "min": lambda torch, x, axis, keepdims: torch.amin(x, _axes(x, axis), keepdim=keepdims),
    "var": lambda torch, x, axis, keepdims, ddof: torch.var(x, axis, correction=ddof, keepdim=keepdims),
    "std": lambda torch, x, axis, keepdims, ddof: torch.std(x, axis, correction=ddof, keepdim=keepdims),
    "logsumexp": lambda torch, x, axis, keepdims: torch.logsumexp(x, _axes(x, axis), keepdim=keepdims),
    "norm": lambda torch, x, axis, keepdims: torch.linalg.vector_norm(x, dim=axis, keepdim=keepdims),
    "cumsum": lambda torch, x, axis: torch.cumsum(x, axis),
    "cumprod": lambda torch, x, axis: torch.cumprod(x, axis),
    "transpose": lambda torch, x, axes: torch.permute(x, axes),
    "broadcast_to": lambda torch, x, shape: torch.broadcast_to(x, shape),
    "concatenate": lambda torch, *xs, axis: torch.concatenate(xs, axis),
    "pad": _torch_pad,
    "get_item": lambda torch, x, index: x[index],
    "scatter": _torch_scatter,
    "einsum": lambda torch, *xs, subscripts: torch.einsum(subscripts, *xs),
    "solve": _torch_solve,
    "inv": lambda torch, a: torch.linalg.inv(a),
    "det": lambda torch, a: torch.linalg.det(a),
    "logabsdet": lambda torch, a: torch.linalg.slogdet(a)[1],
    "cholesky": lambda torch, a: torch.linalg.cholesky(_lower(a, torch.tril, lambda m: m.mT)),
    "windows": _torch_windows,
    "fold": _torch_fold,
    "fft": lambda torch, x, axis, norm: torch.fft.fft(x, dim=axis, norm=norm),
    "ifft": lambda torch, x, axis, norm: torch.fft.ifft(x, dim=axis, norm=norm),
    "sec": lambda torch, x: 1 / torch.cos(x),
    "csc": lambda torch, x: 1 / torch.sin(x),
    "cot": lambda torch, x: 1 / torch.tan(x),
    "arcsec": lambda torch, x: torch.arccos(1 / x),
    "arccsc": lambda torch, x: torch.arcsin(1 / x),
    "arccot": lambda torch, x: math.pi / 2 - torch.arctan(x),
    "sech": lambda torch, x: 1 / torch.cosh(x),
    "csch": lambda torch, x: 1 / torch.sinh(x),
    "coth": lambda torch, x: 1 / torch.tanh(x),
    "arcsech": lambda torch, x: torch.arccosh(1 / x),
    "arccsch": lambda torch, x: torch.arcsinh(1 / x),
    "arccoth": lambda torch, x: torch.arctanh(1 / x),
    "erf": "erf",
    "erfc": "erfc",
    "softmax": _torch_softmax,
    "trace": lambda torch, x: torch.trace(x),
    "diagonal": lambda torch, x: torch.diagonal(x),
    "diag": lambda torch, x: torch.diag(x),
    "log_base": lambda torch, x, b: torch.log(x) / torch.log(b),
}

JAX = _named(
    """add subtract multiply divide negative positive square reciprocal sqrt cbrt remainder fmod power exp
    exp2 expm1 log log2 log10 log1p logaddexp logaddexp2 sin cos tan arcsin arccos arctan arctan2 hypot
    sinc sinh cosh tanh arcsinh arccosh arctanh maximum minimum fmax fmin sign copysign heaviside floor
    ceil trunc rint floor_divide absolute where clip real imag conjugate sum mean prod max min var
    std cumsum cumprod reshape transpose broadcast_to matmul"""
) | {
    "astype": lambda jax, x, dtype: x.astype(dtype),
    "softplus": lambda jax, x: jax.nn.softplus(x),
    "sigmoid": lambda jax, x: jax.nn.sigmoid(x),
    "nan_to_num": lambda jax, x, nan, high, low: jax.numpy.nan_to_num(x, nan=nan, posinf=high, neginf=low),
    "sec": lambda jax, x: 1 / jax.numpy.cos(x),
    "csc": lambda jax, x: 1 / jax.numpy.sin(x),
    "cot": lambda jax, x: 1 / jax.numpy.tan(x),
    "arcsec": lambda jax, x: jax.numpy.arccos(1 / x),
    "arccsc": lambda jax, x: jax.numpy.arcsin(1 / x),
    "arccot": lambda jax, x: math.pi / 2 - jax.numpy.arctan(x),
    "sech": lambda jax, x: 1 / jax.numpy.cosh(x),
    "csch": lambda jax, x: 1 / jax.numpy.sinh(x),
    "coth": lambda jax, x: 1 / jax.numpy.tanh(x),
    "arcsech": lambda jax, x: jax.numpy.arccosh(1 / x),
    "arccsch": lambda jax, x: jax.numpy.arcsinh(1 / x),
    "arccoth": lambda jax, x: jax.numpy.arctanh(1 / x),
    "erf": lambda jax, x: jax.scipy.special.erf(x),
    "erfc": lambda jax, x: jax.scipy.special.erfc(x),
    "windows": Missing("JAX has no function that gives windows"),
    "fold": Missing("JAX has no function that adds up windows"),
    "softmax": lambda jax, x, axis: jax.nn.softmax(x, axis),
    "trace": lambda jax, x: jax.numpy.trace(x),
    "diagonal": lambda jax, x: jax.numpy.diagonal(x),
    "diag": lambda jax, x: jax.numpy.diag(x),
    "log_base": lambda jax, x, b: jax.numpy.log(x) / jax.numpy.log(b),
    "logsumexp": lambda jax, x, axis, keepdims: jax.nn.logsumexp(x, axis, keepdims=keepdims),
    "norm": lambda jax, x, axis, keepdims: jax.numpy.linalg.vector_norm(x, axis=axis, keepdims=keepdims),
    "concatenate": lambda jax, *xs, axis: jax.numpy.concatenate(xs, axis),
    "pad": lambda jax, x, widths: jax.numpy.pad(x, widths),
    "get_item": lambda jax, x, index: x[index],
    "scatter": lambda jax, x, index, shape: jax.numpy.zeros(shape).at[index].add(x),
    "einsum": lambda jax, *xs, subscripts: jax.numpy.einsum(subscripts, *xs),
    "solve": lambda jax, a, b: jax.numpy.linalg.solve(a, b),
    "inv": lambda jax, a: jax.numpy.linalg.inv(a),
    "det": lambda jax, a: jax.numpy.linalg.det(a),
    "logabsdet": lambda jax, a: jax.numpy.linalg.slogdet(a)[1],
    "cholesky": lambda jax, a: jax.numpy.linalg.cholesky(
        _lower(a, jax.numpy.tril, jax.numpy.matrix_transpose)
    ),
    "fft": lambda jax, x, axis, norm: jax.numpy.fft.fft(x, axis=axis, norm=norm),
    "ifft": lambda jax, x, axis, norm: jax.numpy.fft.ifft(x, axis=axis, norm=norm),
}

# Primitives of complex numbers too: their gradients are compared in test_complex.
COMPLEX = tuple(
    _named(
        """add subtract multiply divide negative square reciprocal sqrt exp log sin cos tan sinh cosh tanh
        real imag conjugate sum mean prod var std logsumexp cumsum cumprod reshape transpose concatenate
        get_item matmul einsum solve inv det fft ifft"""
    )
)
