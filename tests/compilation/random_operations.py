"""Operations for random programs: each takes two values and a number that picks among its spellings.

An operation that does not fit its values raises, as NumPy does, and is then left out (see `random_programs`).
"""

import numpy as np

import chainrule as cr

_NUMBERS = (2, 0.5, -1.5, np.float32(0.25), np.float64(1.25), np.int64(3), True, 3)
_SLICES = (
    np.s_[::-1], np.s_[::2], np.s_[1:], np.s_[:-1], np.s_[..., 0], np.s_[None], np.s_[0], np.s_[-1], np.s_[::-2],
    np.s_[..., ::-1], np.s_[..., None], np.s_[:, 0], np.s_[1:, :-1], np.s_[:0], np.s_[0:1], np.s_[::-1, ::2],
)  # fmt: skip
_PLACES = (
    np.array([0, -1, 0]), np.array([], int), np.array([[0], [-1]]), [0, 0, 1], (slice(None), np.array([0, -1])),
    (np.array([0, 1]), np.array([1, 0])), (Ellipsis, np.array([[0, -1], [-1, 0]])), (np.array([0, 1]), None),
)  # fmt: skip


def whole(x):
    """Small whole numbers of x: of its own dtype where it has whole numbers."""
    x = np.asarray(x) if isinstance(x, (bool, int)) else x
    return x % 4 if np.result_type(x).kind in "iu" else np.floor(np.abs(np.sin(x)) * 4).astype(int)


def _square(x):
    """A positive definite matrix."""
    small = np.sin(x)
    return np.matmul(small, np.transpose(small)) * 0.1 + np.eye(np.shape(x)[0], dtype=small.dtype)


def _axis(x, k):
    return (None, 0, -1, tuple(range(np.ndim(x))))[k % 4]


def _reduction(function):
    return lambda x, y, k: function(x, axis=_axis(x, k), keepdims=bool(k % 3 == 0))


def _of_one(function):
    return lambda x, y, k: function(x)


def _of_two(function):
    return lambda x, y, k: function(x, y)


def _matmul(x, y, k):
    if np.ndim(x) == 2 and np.shape(x) == np.shape(y):
        y = np.transpose(y) if k % 2 else y
    return np.matmul(x, y) if k % 3 else x @ y


# Operations that give the same bits in any order that they are computed in: no sums, no functions by series.
EXACT = {
    "negative": _of_one(np.negative),
    "square": _of_one(np.square),
    "absolute": _of_one(abs),
    "sqrt": lambda x, y, k: np.sqrt(np.abs(x)),
    "sign": _of_one(np.sign),
    "floor": lambda x, y, k: (np.floor, np.ceil, np.trunc, np.rint)[k % 4](x),
    "reciprocal": lambda x, y, k: 1.0 / (np.abs(x) + 0.5),
    "clip": lambda x, y, k: (np.clip(x, -0.5, 0.7), np.clip(x, 0, None), x.clip(-1, 1))[k % 3],
    "numbered": lambda x, y, k: x + _NUMBERS[k % 8] if k % 2 else _NUMBERS[k % 8] * x,
    "taken from": lambda x, y, k: _NUMBERS[k % 8] - x if k % 2 else x / _NUMBERS[k % 6],
    "add": _of_two(np.add),
    "plus": lambda x, y, k: x + y,
    "subtract": _of_two(np.subtract),
    "multiply": lambda x, y, k: x * y,
    "divide": lambda x, y, k: x / (abs(y) + 1),
    "maximum": lambda x, y, k: (np.maximum, np.minimum, np.fmax, np.fmin)[k % 4](x, y),
    "choose": lambda x, y, k: np.where(x < y, x, y * 0.5),
    "where": lambda x, y, k: np.where(x > 0.1, x, 2 if k % 2 else -1.0),
    "compare": lambda x, y, k: (x < y, x <= y, x > y, x >= y, x == y, x != y)[k % 6],
    "masked": lambda x, y, k: (x > 0.2) * y,
    "logical": lambda x, y, k: (np.logical_and, np.logical_or, np.logical_xor)[k % 3](x, y),
    "not": _of_one(np.logical_not),
    "invert": lambda x, y, k: ~(x > 0) if k % 2 else ~x,
    "bits": lambda x, y, k: (np.bitwise_and, np.bitwise_or, np.bitwise_xor)[k % 3](x, y),
    "shift": lambda x, y, k: x << whole(y) if k % 2 else x >> whole(y),
    "floor_divide": lambda x, y, k: x // y if k % 2 else x // 2,
    "remainder": lambda x, y, k: (np.remainder(x, y), x % 3, np.fmod(x, y))[k % 3],
    "whole": _of_one(whole),
    "whole power": lambda x, y, k: whole(x) ** (k % 4),
    "copysign": _of_two(np.copysign),
    "isfinite": lambda x, y, k: (np.isfinite, np.isnan, np.isinf, np.signbit)[k % 4](x),
    "heaviside": lambda x, y, k: np.heaviside(x, 0.5),
    "astype": lambda x, y, k: x.astype((np.float32, np.float64, np.int64, bool, np.int32)[k % 5]),
    "as numbers": lambda x, y, k: np.where(x > 0, 1, 0) if k % 2 else (x > 0).astype(np.float32),
    "transpose": lambda x, y, k: np.transpose(x) if k % 2 else x.T,
    "swapaxes": lambda x, y, k: np.swapaxes(x, 0, -1) if k % 2 else np.moveaxis(x, 0, -1),
    "column": lambda x, y, k: np.reshape(x, (-1, 1)) if k % 2 else np.expand_dims(x, 0),
    "flat": lambda x, y, k: (np.ravel(x), x.flatten(), np.reshape(x, -1))[k % 3],
    "squeeze": _of_one(np.squeeze),
    "stacked": lambda x, y, k: np.broadcast_to(x, (2, *np.shape(x))),
    "slice": lambda x, y, k: x[_SLICES[k % len(_SLICES)]],
    "picked": lambda x, y, k: x[_PLACES[k % len(_PLACES)]],
    "at values": lambda x, y, k: x[whole(y) % len(x)],
    "of mask": lambda x, y, k: x[x > 0.1],
    "rolled": lambda x, y, k: np.roll(x, k % 3, axis=(None, 0, -1)[k % 3]),
    "flipped": lambda x, y, k: np.flip(x, (None, 0, -1)[k % 3]),
    "padded": lambda x, y, k: np.pad(x, k % 3),
    "repeated": lambda x, y, k: (np.repeat(x, 2), np.repeat(x, 2, axis=0), np.tile(x, 2))[k % 3],
    "concatenate": lambda x, y, k: np.concatenate([x, y], axis=(0, -1, None)[k % 3]),
    "stack": lambda x, y, k: np.stack([x, y], axis=(0, -1)[k % 2]),
    "max": lambda x, y, k: _reduction((np.max, np.min)[k % 2])(x, y, k),
    "argmax": lambda x, y, k: (np.argmax, np.argmin)[k % 2](x, axis=(None, 0, -1)[k % 3]),
    "any": lambda x, y, k: _reduction((np.any, np.all)[k % 2])(x > 0, y, k),
    "sorted": lambda x, y, k: np.sort(x, axis=-1) if k % 2 else x[np.argsort(x, axis=-1)],
    "cumsum": lambda x, y, k: np.cumsum(x, axis=(0, -1, None)[k % 3]),
    "diagonal": lambda x, y, k: (np.diagonal(x), np.diag(x), np.tril(x), np.triu(x, 1))[k % 4],
    "like": lambda x, y, k: (np.ones_like(x), np.zeros_like(x), np.full_like(x, 2), x * 0)[k % 4],
    "number": lambda x, y, k: float(np.max(x)) if k % 2 else np.max(x).item(),
    "length": lambda x, y, k: x * x.size + len(np.shape(x)),
}
# Those that are computed by series, or are sums, which NumPy adds up in another order.
INEXACT = {
    "sin": lambda x, y, k: (np.sin, np.cos)[k % 2](x),
    "tanh": lambda x, y, k: (np.tanh, np.arctan, np.arcsinh)[k % 3](x),
    "exp": lambda x, y, k: np.exp(np.sin(x)) if k % 2 else np.expm1(np.sin(x)),
    "log": lambda x, y, k: np.log(np.abs(x) + 0.1) if k % 2 else np.log1p(np.abs(x)),
    "sigmoid": lambda x, y, k: cr.sigmoid(x) if k % 2 else cr.softplus(x),
    "arcsin": lambda x, y, k: (np.arcsin, np.arccos, np.arctanh)[k % 3](np.sin(x) * 0.9),
    "cube": lambda x, y, k: (np.abs(np.sin(x)) + 0.3) ** (3, 2, -2.0, 1.5)[k % 4],
    "cbrt": lambda x, y, k: np.cbrt(np.abs(x) + 0.1),
    "power": lambda x, y, k: np.power(np.abs(np.sin(x)) + 0.2, np.cos(y)),
    "arctan2": lambda x, y, k: np.arctan2(x, np.abs(y) + 0.1) if k % 2 else np.hypot(x, np.abs(y) + 0.1),
    "remainders": lambda x, y, k: np.remainder(np.sin(x), np.abs(y) + 1.5),
    "sum": _reduction(np.sum),
    "mean": lambda x, y, k: _reduction((np.mean, np.std, np.var)[k % 3])(x, y, k),
    "prod": lambda x, y, k: _reduction(np.prod)(np.sin(x) * 0.05 + 1.0, y, k),
    "norm": lambda x, y, k: np.linalg.norm(np.reshape(x, (-1,))),
    "logsumexp": lambda x, y, k: cr.logsumexp(x, axis=-1),
    "cumprod": lambda x, y, k: np.cumprod(np.sin(x) * 0.05 + 1.0, axis=-1),
    "matmul": _matmul,
    "dot": _of_two(np.dot),
    "outer": lambda x, y, k: np.outer(x, y) if k % 2 else np.reshape(x, (-1, 1)) * np.reshape(y, (1, -1)),
    "einsum": lambda x, y, k: np.einsum("ij,ij->i", x, y) if k % 2 else np.einsum("ij,kj->ik", x, y),
    "trace": _of_one(np.trace),
    "solve": lambda x, y, k: np.linalg.solve(_square(x), x),
    "cholesky": lambda x, y, k: np.linalg.cholesky(_square(x)),
    "slogdet": lambda x, y, k: np.linalg.slogdet(_square(x))[1],
    "inv": lambda x, y, k: np.linalg.inv(_square(x)),
}


# Loops, branches, and transforms inside


def _for(x, y, k):
    for i in range(k % 7 + 1):
        x = np.sin(x) * 0.5 + i * 0.1 if k % 2 else x - 0.25 * np.tanh(x)
    return x


def _along(x, y, k):
    total = 0.0
    for i in range(len(x)):
        total = total * 0.5 + x[i] * 0.5
    return total


def _while(x, y, k):
    count = 0
    while np.max(np.abs(x)) > 0.5 and count < 5:
        x, count = x * 0.5, count + 1
    return x + count


def _scan(x, y, k):
    last, kept = cr.scan(lambda c, s: (np.tanh(c + s) * 0.5, c * s), x[0] * 0.0, x, reverse=bool(k % 2))
    return kept if k % 3 else last


def _scan_of_several(x, y, k):
    def body(carry, row):
        low, (count, total) = carry["low"], carry["rest"]
        return {"low": np.minimum(low, row), "rest": (count + 1, total + np.sin(row))}, None

    carry = {"low": x[-1] * 1.0, "rest": (0, x[0] * 0.0)}
    carry, _ = cr.scan(body, carry, x, checkpoint=(None, True, 2)[k % 3])
    return carry["low"] + carry["rest"][0] + carry["rest"][1]


def _while_loop(x, y, k):
    if k % 2:
        return cr.while_loop(lambda c: c[1] < k % 6, lambda c: (np.cos(c[0]) * 0.5, c[1] + 1), (x, 0))[0]
    return cr.while_loop(lambda z: np.sum(z * z) > 0.3, lambda z: z * 0.5, x)


def _branch(x, y, k):
    if np.sum(x) > (0.3, -0.2, 1.0)[k % 3]:
        return x * 2.0
    return np.cos(x)


def _scalar(x):
    return np.sum(np.sin(x) * x)


def _floating(x):
    if np.result_type(x).kind != "f":
        raise TypeError("no slope by whole numbers")
    return x


_MATRIX = (np.arange(16.0).reshape(4, 4) - 7) / 8

WITH_LOOPS = {
    "for": _for,
    "along": _along,
    "while": _while,
    "scan": _scan,
    "scan of several": _scan_of_several,
    "while_loop": _while_loop,
    "branch": _branch,
    "gradient": lambda x, y, k: cr.grad(_scalar)(_floating(x)),
    "second": lambda x, y, k: cr.hvp(_scalar)(_floating(x), x * 0.5),
    "rows": lambda x, y, k: cr.vmap(lambda row: np.tanh(row) * np.sum(row * 0.5))(x),
    "gradients of rows": lambda x, y, k: cr.vmap(cr.grad(_scalar))(_floating(x)),
    "slopes": lambda x, y, k: cr.jacobian(lambda z: np.sin(z) * z[::-1])(_floating(np.ravel(x)[:5])),
    "slopes of rows": lambda x, y, k: cr.vmap(cr.jacobian(lambda z: np.sin(z) * z[::-1]))(_floating(x[..., :3])),
    "tangent": lambda x, y, k: cr.jvp(np.tanh, (_floating(x),), (np.cos(x),))[k % 2],
    "checkpoint": lambda x, y, k: cr.checkpoint(lambda z: np.sin(z * z))(x),
    "layer": lambda x, y, k: np.maximum(x @ _MATRIX.astype(np.result_type(x)) + 0.1, 0),
}
OPERATIONS = {**EXACT, **INEXACT, **WITH_LOOPS}
