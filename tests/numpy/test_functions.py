"""NumPy functions fed a Tensor: NumPy's value, and derivatives that differences confirm."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError

RNG = np.random.default_rng(0)
v3, v4, v4p = RNG.normal(size=3), RNG.uniform(0.2, 0.9, 4), RNG.permutation([0.15, 0.4, 0.62, 0.87])
m23, m33, t234 = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 3)) + 3 * np.eye(3), RNG.normal(size=(2, 3, 4))
spd, obs = m33 @ m33.T, RNG.normal(size=(3, 5))
knots = np.array([0.0, 0.45, 1.0])

# The 37 functions that other libraries lose derivatives in, each in a few of its forms.
CALLS = {
    "dot": [(np.dot, v3, m33), (np.dot, m23, m33), (np.dot, v3, v3), (np.dot, t234, v4), (np.dot, 2.0, v3)],
    "matmul": [(np.matmul, m23, m33), (lambda a, b: a @ b, t234, RNG.normal(size=(4, 2)))],
    "einsum": [
        (lambda a, b: np.einsum("ij,jk->ik", a, b), m23, m33),
        (lambda a: np.einsum("ii", a), m33),
        (lambda a, b: np.einsum("...j,jk", a, b), t234[..., :3], m33),
        (lambda a, b, c: np.einsum("i,ij,j->", a, b, c), v3, m33, v3),
        (lambda a: np.einsum("ijk->kji", a), t234),
        (lambda a: np.einsum("ii->i", a), m33),
    ],
    "tensordot": [
        (lambda a, b: np.tensordot(a, b, 1), m23, m33),
        (lambda a, b: np.tensordot(a, b, axes=([0, 1], [1, 0])), m23, m23.T),
    ],
    "outer": [(np.outer, v3, v4), (np.outer, m23, v3)],
    "concatenate": [
        (lambda a, b: np.concatenate([a, b]), v3, v4),
        (lambda a: np.concatenate([a, m23], axis=1), m23),
        (lambda a: np.concatenate((a, a), axis=None), m23),
    ],
    "stack": [(lambda a: np.stack([a, 2 * a], axis=1), v3), (lambda a: np.stack([a[0], a[1], 1.0]), v3)],
    "where": [(lambda a: np.where(a > 0, a**2, np.sin(a)), v3), (lambda a: np.where([True, False, True], a, 0), v3)],
    "cumsum": [(np.cumsum, m23), (lambda a: np.cumsum(a, axis=1), m23), (lambda a: np.cumsum(a, 0), m23)],
    "sort": [(np.sort, v4p), (lambda a: np.sort(a, axis=0), m33), (lambda a: np.sort(a, axis=None), m33)],
    "roll": [(lambda a: np.roll(a, 2), m23), (lambda a: np.roll(a, (1, -1), axis=(0, 1)), m23)],
    "pad": [
        (lambda a: np.pad(a, 1), m23),
        (lambda a: np.pad(a, ((1, 2), (0, 1)), mode="reflect"), m23),
        (lambda a: np.pad(a, (1, 2), constant_values=3.0), v3),
        (lambda a: np.pad(a, 2, "edge"), v3),
        (lambda a: np.pad(a, 2, mode="wrap"), v4),
        (lambda a: np.pad(array=a, pad_width=1), v3),
    ],
    "tile": [(lambda a: np.tile(a, 2), v3), (lambda a: np.tile(a, (2, 2)), m23)],
    "repeat": [(lambda a: np.repeat(a, 2), m23), (lambda a: np.repeat(a, [1, 2, 0], axis=1), m23)],
    "diff": [(np.diff, v4), (lambda a: np.diff(a, n=2, axis=-1), m33), (lambda a: np.diff(a, prepend=0.0), v4)],
    "clip": [
        (lambda a: np.clip(a, -0.5, 0.5), m23),
        (lambda a: np.clip(a, None, 0.1), m23),
        (lambda a: np.clip(a, min=0.0), m23),
        (lambda a, lo: np.clip(a, lo, 2.0), m23, -0.3),
    ],
    "sum": [
        (np.sum, m23),
        (lambda a: np.sum(a, axis=(0, 2), keepdims=True), t234),
        (lambda a: np.sum(a, -1), m23),
        (lambda a: np.sum(a=a, axis=0), m23),
        (lambda a: np.sum(a, 0, None, None, True), m23),
    ],
    "reshape": [(lambda a: np.reshape(a, (3, 2)), m23), (lambda a: np.reshape(a, -1, order="F"), m23)],
    "transpose": [(np.transpose, m23), (lambda a: np.transpose(a, (2, 0, 1)), t234), (lambda a: a.T @ a, m23)],
    "broadcast_to": [(lambda a: np.broadcast_to(a, (2, 3)), v3), (lambda a: np.broadcast_to(a, (2, 2)), 0.7)],
    "kron": [(np.kron, m23, m33), (np.kron, v3, m23)],
    "diag": [(np.diag, v3), (np.diag, m33), (lambda a: np.diag(a, 1), v3), (lambda a: np.diag(a, k=-1), m33)],
    "maximum": [(lambda a: np.maximum(a, 0.1), m23), (np.maximum, m23, v3)],
    "exp": [(np.exp, m23), (np.exp, 0.3)],
    "flip": [(np.flip, m23), (lambda a: np.flip(a, 1), m23), (np.fliplr, m23), (np.flipud, m23)],
    "expand_dims": [(lambda a: np.expand_dims(a, 1), m23), (lambda a: np.expand_dims(a, (0, -1)), v3)],
    "squeeze": [(lambda a: np.squeeze(a[None, :, None]), m23), (lambda a: np.squeeze(a[None], axis=0), m23)],
    "ravel": [(np.ravel, m23), (lambda a: np.ravel(a, order="F"), m23), (lambda a: a.flatten(), m23)],
    "meshgrid": [(np.meshgrid, v3, v4), (lambda a, b: np.meshgrid(a, b, indexing="ij"), v3, v4)],
    "vstack": [(lambda a: np.vstack([a, 2 * a]), v3), (lambda a: np.vstack((a, m23)), m23)],
    "hstack": [(lambda a: np.hstack([a, 2 * a]), v3), (lambda a: np.hstack([a, a]), m23)],
    "append": [
        (lambda a: np.append(a, 2 * a), v3),
        (lambda a: np.append(a, 1.0), v3),
        (lambda a: np.append(a, a, axis=0), m23),
    ],
    "linalg.solve": [
        (np.linalg.solve, m33, v3),
        (np.linalg.solve, m33, m23.T),
        (np.linalg.solve, np.stack([m33, spd]), np.stack([m23.T, m23.T])),
    ],
    "real(fft.fft)": [(lambda a: np.real(np.fft.fft(a)), v4), (lambda a: np.fft.fft(a, n=6).real, v4)],
    "interp": [
        (lambda x, f: np.interp(x, knots, f), v4, v3),
        (np.interp, v4, knots, v3),
        (lambda x: np.interp(x, knots, v3, left=-1.0, right=2.0), np.array([-0.5, 0.3, 1.5])),
    ],
    "cross": [(np.cross, v3, m23), (lambda a, b: np.cross(a, b, axis=0), m33, m33.T)],
}
MORE = {
    "linalg": [
        (np.linalg.inv, m33),
        (np.linalg.det, m33),
        (lambda a: np.linalg.slogdet(a)[1], m33),
        (np.linalg.cholesky, spd),
        (lambda a: np.linalg.cholesky(a @ a.T + np.eye(3)), m33),
        (np.linalg.det, np.array([[1.0, 2.0], [2.0, 4.0]])),
        (lambda a: np.linalg.matrix_power(a, 3), m33),
        (lambda a: np.linalg.matrix_power(a, -2), m33),
        (lambda a: np.linalg.multi_dot([a, a, a]), m33),
    ],
    "norm": [
        (np.linalg.norm, m23),
        (lambda a: np.linalg.norm(a, axis=1, keepdims=True), m23),
        (lambda a: np.linalg.norm(a, 3), v3),
        (lambda a: np.linalg.norm(a, 1, axis=0), m23),
        (lambda a: np.linalg.norm(a, np.inf), m33),
        (lambda a: np.linalg.norm(a, ord="fro"), m33),
    ],
    "statistics": [
        (lambda a: np.var(a, axis=1, ddof=1), m23),
        (np.std, m23),
        (np.mean, m23),
        (np.ptp, v4),
        (lambda a: np.average(a, weights=v4), v4),
        (lambda a, w: np.average(a, weights=w), v4, v4p),
        (np.median, v4),
        (np.median, v3),
        (lambda a: np.percentile(a, [30, 60]), v4),
        (np.cov, obs),
        (lambda a: np.quantile(a, 0.3, axis=0), m33),
        (np.corrcoef, obs),
        (np.nansum, m23),
    ],
    "products": [
        (np.prod, m23),
        (lambda a: np.prod(a, axis=1), m23),
        (np.cumprod, v4),
        (np.prod, np.array([0.0, 2.0, 3.0])),
        (np.prod, np.array([0.0, 0.0, 3.0])),
        (np.cumprod, np.array([2.0, 0.0, 3.0, 4.0])),
        (np.inner, m23, m33),
        (np.vdot, m23, m23 + 1),
    ],
    "signals": [
        (lambda a, b: np.convolve(a, b, "same"), v4, v3),
        (np.convolve, v4, v3),
        (lambda a, b: np.correlate(a, b, "full"), v4, v3),
        (np.gradient, v4),
        (np.ediff1d, v4),
        (lambda y: np.trapezoid(y, dx=0.1), v4),
        (lambda a: np.abs(np.fft.fft(a)) ** 2, v4),
        (lambda a: np.fft.irfft(np.fft.rfft(a) * np.exp(-1j * np.arange(3))), v4),
        (lambda a: np.fft.fft2(a).imag, m23),
        (lambda a: np.fft.fftshift(a), v4),
        (np.sinc, v3),
    ],
    "selecting": [
        (lambda a: np.select([a < 0], [a**2], np.sin(a)), v3),
        (lambda a: np.choose([0, 1, 0], [a, 2 * a]), v3),
        (lambda a: np.piecewise(a, [a < 0, a >= 0], [lambda t: t**2, np.sin]), v3),
        (lambda a: np.take(a, [0, 2, 2]), v4),
        (lambda a: np.take(a, [1, 0], axis=1), m23),
        (lambda a: np.take_along_axis(a, np.argsort(a, axis=1), axis=1), m23),
        (lambda a: np.compress([True, False, True], a), v3),
        (lambda a: np.extract(a > 0, a), m23),
        (lambda a: np.unique(a), v4),
        (lambda a: np.delete(a, 1), v4),
        (lambda a: np.insert(a, 1, a[0]), v4),
    ],
    "splitting": [
        (lambda a: np.split(a, 3, axis=1), m23),
        (lambda a: np.array_split(a, 3), v4),
        (lambda a: np.hsplit(a, 3), m23),
        (lambda a: np.vsplit(a, 2), m23),
    ],
    "shaping": [
        (lambda a: np.moveaxis(a, 0, -1), t234),
        (lambda a: np.swapaxes(a, 0, 2), t234),
        (np.rot90, m23),
        (lambda a: np.rollaxis(a, 2), t234),
        (lambda a: np.block([[a, a * 2], [a * 3, a]]), m33),
        (np.atleast_2d, v3),
        (lambda a: np.column_stack([a, 2 * a]), v3),
        (lambda a: np.dstack([a, a]), m23),
        (np.tril, m33),
        (lambda a: np.triu(a, 1), m33),
        (np.trace, m33),
        (lambda a: np.diagonal(a, 1), m33),
    ],
    "grids": [(lambda a, b: np.linspace(a, b, 5), 0.3, 2.0), (lambda a: np.linspace(a, 1.0, 4, endpoint=False), v3)],
    "polynomials": [(np.polyval, v3, v4), (np.vander, v3)],
    "rounding": [
        (lambda a: np.round(a, 1) + a, v4),
        (lambda a: np.mod(a, 0.3), v4),
        (lambda a: a // 0.3 * a, v4),
        (lambda a: np.divmod(a, 0.3)[1], v4),
        (lambda a: np.fmod(a, 0.3), v4),
        (lambda a: np.modf(a)[0], v3),
    ],
    "complex": [
        (lambda a: np.abs(a * (1 + 2j)).sum(), v4),
        (lambda a: np.angle(a * (1 + 2j) + 1j), v4),
        (lambda a: np.real(np.exp(1j * a) * np.conj(a + 1j)), v4),
    ],
}
ROWS = [
    (name, i, f, args) for table in (CALLS, MORE) for name, rows in table.items() for i, (f, *args) in enumerate(rows)
]


def flat(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


@pytest.mark.parametrize("name, i, f, args", ROWS, ids=[f"{name}-{i}" for name, i, *_ in ROWS])
def test_value_and_derivatives(name, i, f, args):
    recorded, _ = cr.vjp(f, *args)
    for ours, theirs in zip(flat(recorded), flat(f(*args)), strict=True):
        assert np.shape(ours) == np.shape(theirs)
        assert np.asarray(ours).dtype == np.asarray(theirs).dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-13)
    cr.check_grads(f, tuple(args), order=2)


def test_all_37_functions_are_right_or_say_so():
    assert len(CALLS) == 36
    with pytest.raises(ChainruleError, match="making an ndarray") as error:
        cr.grad(lambda x: np.array([x[0], x[1]]).sum())(v3)
    assert "np.stack" in str(error.value) and "test_functions.py" in str(error.value)


def test_an_unsupported_function_names_itself_the_line_and_the_nearest():
    t = cr.tensor(v3, requires_grad=True)
    with pytest.raises(cr.errors.UnsupportedFunctionError) as error:
        np.nanmedian(t)
    message = str(error.value)
    assert "numpy.nanmedian has no derivative rule" in message
    assert "test_functions.py" in message and "np.nanmedian(t)" in message
    assert "numpy.median (of t[~np.isnan(t)])" in message
    for call, instead in (
        (lambda: np.linalg.lstsq(np.eye(3), t), "linalg.solve"),
        (lambda: np.polyfit([0.0, 1, 2], t, 1), "np.vander"),
        (lambda: np.linalg.eigvalsh(t * np.eye(3)), "linalg.det"),
        (lambda: np.spacing(t), "write it with functions that have one"),
    ):
        with pytest.raises(cr.errors.UnsupportedFunctionError, match="has no derivative rule") as error:
            call()
        assert instead in str(error.value)


def test_options_without_a_rule_are_named():
    t = cr.tensor(m23, requires_grad=True)
    for call, words in [
        (lambda: np.mean(t, out=np.zeros(())), "out="),
        (lambda: np.add(t, 1, where=m23 > 0), "where="),
        (lambda: np.add(t, 1, dtype=int, casting="unsafe"), "dtype="),
        (lambda: np.add(t, 1, signature="dd->d"), "signature="),
        (lambda: np.max(t, where=m23 > 0), "initial="),
        (lambda: np.logaddexp.reduce(t, where=m23 > 0), "where"),
        (lambda: np.matmul(t, t.T, axes=[(0, 1), (0, 1), (0, 1)]), "axes="),
        (lambda: np.pad(t, 1, mode="mean"), "mode='mean'"),
        (lambda: np.pad(t, 1, mode="reflect", reflect_type="odd"), "reflect_type='odd'"),
        (lambda: np.quantile(t, 0.5, method="lower"), "'linear'"),
        (lambda: np.quantile(t, 0.5, weights=m23), "weights"),
        (lambda: np.histogram(t, weights=t), "weights="),
        (lambda: np.linalg.norm(t, "nuc"), "nuc"),
        (lambda: np.average(t, weights=[1.0, 2.0]), "weights"),
    ]:
        with pytest.raises(ChainruleError, match=words):
            call()


def test_where_and_initial_of_reductions():
    for f in (
        lambda a: np.sum(a, where=m23 > 0),
        lambda a: np.max(a, initial=0.05),
        lambda a: np.prod(a, axis=1, initial=2.0),
        lambda a: np.mean(a, where=m23 > 0),
    ):
        np.testing.assert_allclose(cr.vjp(f, m23)[0], f(m23), rtol=1e-14)
        cr.check_grads(f, (m23,))
    t = cr.tensor(1.3, requires_grad=True)
    np.testing.assert_allclose(np.var([0.0, 1, 1, 2], mean=t).value, np.var([0.0, 1, 1, 2], mean=1.3))


def test_one_vector_for_a_stack_of_matrices():
    stack = np.stack([m33, spd, m33.T, spd + 1])
    cr.check_grads(np.linalg.solve, (stack, v3))
    cr.check_grads(np.linalg.solve, (stack[:3], v3))


def test_functions_on_untracked_tensors_are_numpys():
    t = cr.tensor(m23)
    assert np.nanmedian(t) == np.nanmedian(m23)
    w = m23.copy()
    w -= 0.1 * t
    np.testing.assert_allclose(w, 0.9 * m23)
    np.testing.assert_allclose(t, m23)
