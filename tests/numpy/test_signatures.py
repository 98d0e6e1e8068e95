"""NumPy's functions in the forms that NumPy allows: positions, keywords by NumPy's names, defaults, lists, scalars.

A row is a kind of arguments and calls of them, evaluated with a, b, c as ndarrays (or numbers) and as
Tensors: the same value, shape and dtype as NumPy's, a Tensor wherever the result can move, derivatives that
differences confirm to second order, and float32 gradients for float32 arguments.
"""

import re

import numpy as np
import pytest

import chainrule as cr

RNG = np.random.default_rng(0)
S, V3, V4 = 0.7, RNG.normal(size=3), RNG.uniform(0.2, 0.9, 4)
W4 = np.array([0.62, 0.15, 0.87, 0.4])
D = RNG.permutation(np.linspace(-2, 2, 12)).reshape(3, 4)  # no two entries are equal or opposite
M, T = D[:2, :3].copy(), RNG.permutation(np.linspace(-2.1, 2, 24)).reshape(2, 3, 4)
A = RNG.normal(size=(3, 3)) + 3 * np.eye(3)
P = A @ A.T
PP, C = np.stack([A, P]), V4 + 1j * W4
O5 = RNG.normal(size=(5, 3))
MASK = np.array([[True, False, True], [False, True, True]])
E, E3 = np.zeros(0), np.zeros((0, 3))

REDUCTIONS = """
    np.{f}(a) | np.{f}(a, 1) | np.{f}(a, axis=-1) | np.{f}(a, axis=None) | np.{f}(a=a) | np.{f}(a, out=None)
    np.{f}(a, axis=np.int64(0)) | np.{f}(a, keepdims=True) | np.{f}(a, axis=0, keepdims=False) | np.{f}(a, axis=(0, 1))
    np.{f}(a, axis=(-1, 0), keepdims=True)
"""
TABLE = [
    *(
        ("D", REDUCTIONS.replace("{f}", f))
        for f in """
        sum prod mean max min amax amin std var median ptp nansum nanprod nanmean nanvar nanstd nanmax nanmin average
      """.split()
        if f != "average"
    ),
    *(("T", f"np.{f}(a, axis=(0, 2)) | np.{f}(a, axis=(0, -1), keepdims=True)") for f in "sum mean max std".split()),
    *(("S", f"np.{f}(a)") for f in "sum prod mean max min median ptp nansum cumsum cumprod".split()),
    (
        "D",
        "np.sum(a, 0, None, None, True) | np.sum(a, dtype=float) | np.mean(a, 0, float) | np.sum(a, dtype=complex).real",
    ),
    ("D", "np.sum(a, axis=()) | np.prod(a, axis=()) | np.max(a, axis=()) | np.max(a, 1, None, True)"),
    (
        "M",
        """np.sum(a, where=MASK) | np.sum(a, axis=1, where=MASK) | np.sum(a, initial=0.3) | np.prod(a, where=MASK)
             np.prod(a, 0, initial=0.3) | np.mean(a, where=MASK) | np.mean(a, axis=1, where=MASK, keepdims=True)
             np.var(a, axis=1, where=MASK) | np.std(a, where=MASK, ddof=1) | np.max(a, initial=0.1) | np.sum(a, where=True)
             np.max(a, axis=1, where=MASK, initial=-9.0) | np.min(a, where=MASK, initial=9.0) | np.nansum(a, initial=0.3)
             np.var(a, axis=1, mean=np.mean(a, axis=1, keepdims=True)) | np.std(a, mean=0.5) | np.nanmean(a, where=MASK)""",
    ),
    ("M S", "np.sum(a, initial=b) | np.prod(a, initial=b) | np.max(a, initial=b + 3) | np.min(a, initial=b)"),
    (
        "D",
        "np.std(a, ddof=1) | np.std(a, axis=1, correction=1) | np.std(a, 0, None, None, 1) | np.var(a, ddof=2, axis=0)",
    ),
    ("C", "np.sum(a) | np.mean(a) | np.prod(a) | np.var(a) | np.std(a) | np.cumsum(a) | np.cumprod(a)"),
    ("E", "np.sum(a) | np.prod(a) | np.cumsum(a) | np.concatenate([a, a]) | a * 2"),
    ("E3", "np.sum(a, axis=0) | np.sum(a, axis=1) | np.prod(a, axis=0) | a @ np.ones((3, 2)) | np.exp(a)"),
    *(
        ("D", f"np.{f}(a) | np.{f}(a, 1) | np.{f}(a, axis=0) | np.{f}(a, axis=None) | np.{f}(a, -1, float)")
        for f in "cumsum cumprod nancumsum nancumprod".split()
    ),
    (
        "V4",
        """np.cumulative_sum(a) | np.cumulative_prod(a) | np.cumulative_sum(a, include_initial=True)
              np.bincount([0, 1, 1, 3], a) | np.bincount([0, 1, 1, 3], weights=a, minlength=6) | np.histogram(a, 3)[1]""",
    ),
    (
        "M",
        """np.average(a) | np.average(a, axis=0) | np.average(a, 1, [1, 2, 3.0]) | np.average(a, weights=MASK + 1.0)
             np.average(a, axis=0, weights=[1.0, 2], keepdims=True) | np.average(a, axis=(0, 1), weights=MASK + 1.0)
             np.average(a, returned=True)[0] | np.average(a, axis=1, weights=[1, 2, 3], returned=True)[0]""",
    ),
    ("T", "np.average(a, axis=(2, 0), weights=np.arange(8.0).reshape(4, 2) + 1)"),
    ("V4 W4", "np.average(a, weights=b) | np.average(a, weights=b, returned=True)"),
    # shape
    (
        "M",
        """np.reshape(a, shape=(3, 2)) | np.reshape(a, 6) | np.reshape(a, [2, -1], order="F") | np.reshape(a, (3, 2), "F")
             np.reshape(a, (3, 2), order="A") | np.reshape(a.T, (2, 3), order="A") | np.reshape(a, -1, copy=True)
             np.ravel(a, "F") | np.ravel(a, order="K") | np.ravel(a.T, order="K") | np.ravel(a.T, order="A")
             np.transpose(a, axes=(1, 0)) | np.transpose(a) | np.permute_dims(a, (1, 0)) | np.expand_dims(a, -2)
             np.squeeze(a[None, :, None], (0, 2)) | np.squeeze(a[..., None], axis=-1) | np.rot90(a, k=-1) | np.flip(a, -1)
             np.rot90(a, 3, (0, 1)) | np.flip(m=a, axis=(0, 1)) | np.roll(a, shift=1, axis=0) | np.roll(a, -1, axis=1)
             np.roll(a, (1, 2), axis=(1, 0)) | np.repeat(a, repeats=2, axis=-1) | np.tile(A=a, reps=[1, 2]) | np.tile(a, ())
             np.resize(a, (3, 3)) | np.resize(a, new_shape=4) | np.broadcast_to(array=a, shape=(4, 2, 3)) | np.atleast_3d(a)
             np.diagonal(a, 1) | np.trace(a, 1) | np.tril(m=a, k=1) | np.triu(a, k=-1) | np.diagflat(a, 1) | np.copy(a, order="C")
             np.diag(a, 1) | np.diag(a, -1) | np.diag(a, 5) | np.take(a, 3) | np.delete(arr=a, obj=0, axis=1) | np.delete(a, 1)""",
    ),
    (
        "T",
        """np.transpose(a, axes=(-1, 0, 1)) | np.matrix_transpose(a) | np.linalg.matrix_transpose(a) | np.swapaxes(a, -1, 0)
             np.swapaxes(a, axis1=1, axis2=2) | np.moveaxis(a, [0, 1], [-1, -2]) | np.moveaxis(a, source=0, destination=1)
             np.rollaxis(a, 2) | np.rollaxis(a, 0, 3) | np.rollaxis(a, -1, 1) | np.rollaxis(a, axis=1, start=-1)
             np.diagonal(a, offset=1, axis1=1, axis2=2) | np.linalg.diagonal(a, offset=-1) | np.diagonal(a, 0, -1, -2)
             np.trace(a, axis1=2, axis2=1) | np.linalg.trace(a, offset=1) | np.tril(a) | np.rot90(a, 2, axes=(1, 2))
             np.concatenate(a) | np.dsplit(a, 2) | np.unstack(a, axis=1) | np.stack(a, axis=-1)""",
    ),
    (
        "V3",
        """np.transpose(a) | np.atleast_3d(a) | np.atleast_1d(a) | np.tile(a, (2, 1)) | np.tile(a, 0) | np.repeat(a, [1, 0, 2])
              np.flip(a) | np.diag(v=a, k=2) | np.diag(a, -2) | np.tril(a) | np.triu(a) | np.resize(a, 7) | np.unstack(a)""",
    ),
    (
        "S",
        """np.ravel(a) | np.transpose(a) | np.expand_dims(a, axis=-1) | np.expand_dims(a, [0, 1]) | np.squeeze(a) | np.tile(a, 3)
             np.broadcast_to(a, 3) | np.broadcast_to(a, (2, 0)) | np.atleast_1d(a) | np.atleast_2d(a) | np.atleast_3d(a)
             np.repeat(a, 3) | np.roll(a, 1) | np.resize(a, 3) | np.diagflat(a) | np.copy(a) | np.reshape(a, (1, 1))""",
    ),
    (
        "V3",
        """np.concatenate([a, [1.0, 2]], axis=0) | np.concatenate([a, np.array([1, 2])]) | np.concatenate([a, E]) | np.concat([a, a])
              np.stack((a, [1, 2, 3])) | np.stack(arrays=[a, V3], axis=1) | np.stack([a, a], -2) | np.hstack([a, 1.0])
              np.hstack([a, [1.0]]) | np.vstack([a, [1, 2, 3]]) | np.dstack([a, a]) | np.dstack([a, [1, 2, 3]])
              np.column_stack([a, [1, 2, 3]]) | np.column_stack([A, a]) | np.block([a, a]) | np.block([[A, a[:, None]], [a, 1.0]])
              np.append(a, [1, 2.0]) | np.append([1, 2.0], a) | np.append(a, 1.0) | np.ediff1d(a, to_end=[1.0, 2.0], to_begin=0.0)
              np.meshgrid(a) | np.meshgrid(a, [1.0, 2.0])[0] | np.meshgrid(a, 2.0, sparse=True)[0] | np.broadcast_arrays(a, 1.0)[0]
              np.split(a, [1]) | np.hsplit(a, [1]) | np.array_split(a, 5) | np.hstack([a, a], dtype=float)
              np.stack([a[0], 1.0, a[1]]) | np.stack([[a[0], 1.0], [2.0, a[1]]][0]) | np.concatenate(tuple(x[None] for x in a))""",
    ),
    (
        "M",
        """np.concatenate((a, a), 1) | np.concatenate([a, a], axis=None) | np.concatenate([a, a], dtype=float) | np.hstack(a)
             np.vstack(a) | np.stack(a) | np.append(arr=a, values=a, axis=1) | np.append(a, [[1, 2, 3.0]], 0) | np.vsplit(a, [1])
             np.split(a, 3, axis=-1) | np.split(a, indices_or_sections=2) | np.array_split(a, [1, 2], axis=1) | np.block(a)""",
    ),
    (
        "V4",
        "np.split(a, 2) | np.split(a, [1, 3]) | np.split(a, [3, 1]) | np.split(a, [-1]) | np.split(a, np.array([2]))",
    ),
    (
        "S",
        "np.stack((a, 1.0)) | np.hstack((a, a)) | np.vstack([a, 1.0]) | np.block([[a, 1.0], [2.0, a]]) | np.dstack([a, 1.0])",
    ),
    (
        "V3 V4",
        "np.meshgrid(a, b) | np.meshgrid(a, b, [1.0, 2.0], indexing='ij')[0] | np.broadcast_arrays(a[:, None], b)",
    ),
    (
        "V3",
        """np.pad(a, (1, 2), mode="constant", constant_values=(3, 4)) | np.pad(a, [[1, 1]]) | np.pad(a, (2,)) | np.pad(a, {0: 1})
              np.pad(a, 1, constant_values=a[0]) | np.pad(a, 2, "wrap") | np.pad(a, 1, "reflect", reflect_type="even")
              np.insert(a, 1, 5.0) | np.insert(a, [0, 2], [5.0, 6.0]) | np.insert(a, slice(0, 2), 9.0) | np.insert(a, -1, 9.0)
              np.insert(a, 1, [7.0, 8.0]) | np.insert(a, 3, a[0]) | np.delete(a, np.array([True, False, True]))
              np.delete(a, [0, -1]) | np.delete(a, slice(1, 3)) | np.full_like(a, 2.0) * a""",
    ),
    (
        "M",
        """np.pad(a, ((1, 0), (0, 2)), "constant", constant_values=((1, 2), (3, 4))) | np.pad(a, {-1: (1, 2)}, mode="edge")
             np.pad(a, 1, "symmetric") | np.insert(a, 1, [1.0, 2.0], axis=1) | np.insert(a, 0, V3, axis=0)
             np.insert(a, [1], [[1.0], [2.0]], axis=1)""",
    ),
    (
        "V3 S",
        "np.pad(a, 1, constant_values=b) | np.insert(a, 1, b) | np.full_like(a, b) | np.append(a, b) | np.diff(a, append=b)",
    ),
    # products
    ("S V3", "np.dot(a, b) | np.multiply(a, b) | np.outer(a, b) | np.inner(a, b) | np.kron(a, b)"),
    (
        "V3",
        """np.dot([1, 2, 3.0], a) | np.dot(a, [1, 2, 3]) | np.dot(a=a, b=A) | a @ [1, 2, 3] | [1, 2, 3] @ a | np.matmul(a, A)
              np.outer(a=a, b=[1, 2]) | np.outer([1.0, 2], a) | np.inner(a, [1, 2, 3]) | np.kron([1, 2.0], a) | np.vdot(a, [1, 2, 3])
              np.cross([1.0, 0, 0], a) | np.cross(a, A, axisa=0, axisb=1, axisc=0) | np.linalg.multi_dot((a, A))
              np.einsum("i,->i", a, 2.0) | np.einsum("i,i,i->", a, a, a) | np.einsum(a, [0], a, [0]) | np.einsum("i,j", a, [1, 2.0])
              np.einsum("i,i->i", a, a, dtype=float, casting="safe", order="K", out=None) | np.tensordot(a, a, 1)
              np.linalg.multi_dot([a, A, a]) | np.linalg.outer(a, V4)""",
    ),
    (
        "M",
        """np.dot(a, [1, 2, 3.0]) | np.matmul(a, A.astype(int)) | np.linalg.matmul(a, a.T) | np.tensordot(a, D, 1)
             np.linalg.tensordot(a, A, axes=1) | np.tensordot(a, a) | np.tensordot(a, A, axes=[1, 0]) | np.kron(a, 2.0)
             np.einsum("ij->ji", a) | np.einsum("ij", a) | np.einsum("ji", a) | np.einsum(" i j , j -> i ", a, V3)
             np.einsum("ij,j", a, V3, optimize=True) | np.einsum(a, [0, 1], A, [1, 2], [0, 2]) | np.einsum(a, [1, 0])
             np.einsum("ij,jk,kl->il", a, A, D, optimize="greedy") | np.einsum("ij,jk", a, [[1.0], [2], [3]])
             np.vecdot(a, a) | np.vecdot(a, M, axis=0) | np.linalg.vecdot(a, a, axis=0) | np.matvec(a, V3) | np.vecmat([1.0, 2.0], a)""",
    ),
    (
        "T",
        """np.einsum("...ij->...ji", a) | np.einsum("i...->...", a) | np.einsum("...i,...i->...", a, V4) | np.einsum("ijk->", a)
             np.einsum(a, [Ellipsis, 0], [0, Ellipsis]) | np.dot(a, V4) | np.dot(V4, a.transpose(0, 2, 1)) | np.matmul(a, D.T)
             np.inner(a, V4) | np.tensordot(a, a, ([1, 2], [1, 2])) | np.kron(V3, a) | a.transpose(0, 2, 1) @ A | np.matvec(a, V4)""",
    ),
    ("A", "np.einsum('ii', a) | np.einsum('ii->i', a) | np.einsum('ii,ij->j', a, A) | np.einsum('ij,ij->j', a[:1], A)"),
    ("A A", "np.einsum('ij,ij->j', a[:1], b) | np.cross(a, b, axis=0) | np.linalg.cross(a, b[::-1]) | np.vdot(a, b)"),
    (
        "T D",
        "np.matmul(a, b.T) | np.dot(a, b.T) | np.tensordot(a, b, axes=([1, 2], [0, 1])) | np.einsum('bij,ij->b', a, b)",
    ),
    ("V3 D", "a @ b | np.dot(a, b) | np.einsum('i,ij', a, b) | np.outer(a, b) | np.vecmat(a, b)"),
    (
        "C C",
        "np.vdot(a, b * 1j) | np.vecdot(a, b * 1j) | np.dot(a, b) | np.correlate(a, b[:2] * 1j) | np.convolve(a, b)",
    ),
    ("C", "np.angle(a) | np.angle(a, deg=True) | np.abs(a) | np.conj(a) | np.correlate(a[:2], V4 * 1j, 'full')"),
    # linear algebra
    (
        "A",
        """np.linalg.inv(a) | np.linalg.det(a) | np.linalg.slogdet(a)[1] | np.linalg.slogdet(a).logabsdet | np.linalg.solve(a, [1, 2, 3.0])
             np.linalg.solve(a, V3) | np.linalg.solve(a=A, b=a) | np.linalg.matrix_power(a, 0) | np.linalg.matrix_power(a, 5)
             np.linalg.matrix_power(a, n=-2) | np.linalg.tensorsolve(a, V3) | np.linalg.tensorinv(a, 1) | np.linalg.inv(a + 1j)
             np.linalg.cholesky(a @ a.T) | np.linalg.cholesky(a @ a.T, upper=True) | np.linalg.det(a + 1j)
             np.linalg.norm(a, 1) | np.linalg.norm(a, -1) | np.linalg.norm(a, np.inf) | np.linalg.norm(a, ord=-np.inf)
             np.linalg.norm(a, "fro", keepdims=True) | np.linalg.matrix_norm(a) | np.linalg.slogdet(a + 1j)[0]""",
    ),
    (
        "PP",
        "np.linalg.inv(a) | np.linalg.det(a) | np.linalg.solve(a, np.eye(3)) | np.linalg.cholesky(a @ a.transpose(0, 2, 1))",
    ),
    *(
        ("V3", f"np.linalg.norm(a, {o}) | np.linalg.vector_norm(a, ord={o})")
        for o in ("1", "2", "3", "-1", "0.5", "np.inf", "-np.inf")
    ),
    *(
        ("M", f"np.linalg.norm(a, {o}, 1) | np.linalg.norm(a, ord={o}, axis=0, keepdims=True)")
        for o in ("None", "2", "1", "2.5")
    ),
    (
        "T",
        """np.linalg.norm(x=a, axis=(0, 2)) | np.linalg.norm(a, 1, axis=(1, 2)) | np.linalg.norm(a, np.inf, (2, 0), True)
             np.linalg.vector_norm(a, axis=(0, 1), ord=3) | np.linalg.vector_norm(a, keepdims=True) | np.linalg.norm(a)
             np.linalg.vector_norm(a, axis=-1) | np.linalg.matrix_norm(a, keepdims=True, ord=1) | np.linalg.norm(a, axis=-1)""",
    ),
    ("C", "np.linalg.norm(a) | np.linalg.norm(a, 1)"),
    ("S", "np.linalg.norm(a) | np.abs(a)"),
    # statistics and order
    (
        "W4",
        """np.quantile(a, 0.3) | np.quantile(a, [0.1, 0.9]) | np.percentile(a, q=50) | np.quantile(a, 0) | np.quantile(a, 1.0)
              np.sort(a, kind="stable") | np.sort(a, stable=True) | np.partition(a, 2)[2] | np.unique(a) | np.unique_values(a)
              np.partition(a, (1, 2))[1:3] | np.unique(a, return_counts=True)[0] | np.median(a) | np.trim_zeros(a) | np.union1d(a, [9.0, 9.0])""",
    ),
    (
        "D",
        """np.quantile(a, 0.3, axis=0, keepdims=True) | np.quantile(a, [[0.1, 0.2], [0.3, 0.4]], axis=1) | np.percentile(a, [30, 60], 1)
             np.quantile(a, [0.1, 0.9], axis=0, keepdims=True) | np.quantile(a, 0.25, axis=(0, 1)) | np.median(a, axis=1)
             np.sort(a, axis=0) | np.sort(a, -1) | np.sort(a, axis=None) | np.partition(a, kth=1, axis=0)[1] | np.unique(a)
             np.cov(a) | np.cov(a, rowvar=False) | np.cov(a, bias=True) | np.cov(m=a, ddof=0) | np.cov(a, D[::-1])
             np.cov(a, fweights=[1, 2, 3, 4]) | np.cov(a, aweights=W4) | np.cov(a, fweights=[1, 2, 3, 4], aweights=W4, ddof=0)""",
    ),
    ("O5", "np.corrcoef(a, rowvar=False) | np.corrcoef(a.T)"),
    ("V4 W4", "np.cov(a, b) | np.corrcoef(a, b) | np.cov(np.stack([a, b])) | np.cov(a, aweights=b)"),
    ("T", "np.median(a, axis=(0, 2)) | np.sort(a, axis=1)"),
    (
        "V3",
        """np.select([a < 0, a < 0.5], [a**2, 2 * a], default=a) | np.select(condlist=[a < 0], choicelist=[a])
              np.choose([0, 5, 1], [a, 2 * a], mode="clip") | np.choose([0, 5, -1], [a, 2 * a], mode="wrap")
              np.choose([2, 1, 0], [a, 2 * a, 3.0]) | np.choose([[0, 1, 0]], [a, V3]) | np.piecewise(a, a < 0, [np.negative, np.exp])
              np.piecewise(a, [a < 0, a > 0.5], [np.sin, np.cos, 2.0]) | np.piecewise(a, [a > 0], [lambda t, k: k * t], 3.0)
              np.piecewise(a, [a > 0, a > -9], [np.sin, np.square]) | np.piecewise(a, [a > -9], [lambda t: t - t.mean()])
              np.take(a, -1) | np.take(a, [[0, 1], [2, 0]]) | np.take(a, [0, 5], mode="clip") | np.take(a, [-4, 5], mode="wrap")
              np.take(a, [True, False, True]) | np.compress([1, 0, 1], a) | np.extract([1, 0, 1], a) | np.where(True, a, 0)
              np.where([1, 0, 2], a, a * 2) | np.where(a > 0, a, -a) | np.where(a > 0, [1, 2, 3], a)
              np.take_along_axis(a, np.argsort(a, None), None)""",
    ),
    (
        "M",
        """np.where(MASK, a, V3) | np.where(MASK, a, [[1], [2]]) | np.compress([0, 1], a, axis=0) | np.extract(MASK, a)
             np.take(a, indices=[0, 2], axis=-1) | np.take(a, [0], axis=None) | np.take_along_axis(a, np.array([[0], [1]]), 1)
             np.apply_along_axis(lambda r: (r * r).sum(), 1, a) | np.apply_along_axis(np.cumsum, axis=0, arr=a)""",
    ),
    # differences, integrals, polynomials, interpolation, signals
    (
        "V4",
        """np.diff(a, 2) | np.diff(a, append=1.0) | np.diff(a, n=0) | np.diff(a, 5) | np.diff(a, prepend=[0.0, 1.0]) | np.ediff1d(a)
              np.trapezoid(a) | np.trapezoid(a, [0, 1, 3, 4]) | np.gradient(a, 0.5) | np.gradient(a, [0.0, 1, 3, 4], edge_order=2)
              np.gradient(a, np.array([0.0, 1, 3, 4])) | np.gradient(a, edge_order=2) | np.unwrap(a * 9) | np.interp(a, [0, 0.5, 1], [1, 3, 2.0])
              np.interp(x=a, xp=[0, 1], fp=[0, 2]) | np.interp(a, [0, 0.5, 1.0], [1, 3, 2.0], left=-1) | np.vander(a, N=5, increasing=True)
              np.interp(a + 0.1, [0, 0.5, 0.8], [1, 3, 2.0], period=0.6) | np.convolve(a, [1, 2.0]) | np.convolve(a=[1.0, 2], v=a)
              np.polyder(a) | np.polyder(a, 2) | np.polyint(a) | np.polyint(a, 2, [1.0, 2.0]) | np.polymul(a, [0, 1, 2.0]) | np.vander(a, 2)
              np.polyval([1, 2, 3], a) | np.interp(a, [0, 0.5, 1], [1, 3j, 2.0]) | np.sinc(x=a) | np.sinc(a * 0)""",
    ),
    (
        "D",
        """np.diff(a, axis=0) | np.diff(a, prepend=[[0.0], [1.0], [2.0]], axis=1) | np.diff(a, axis=-2, n=2) | np.gradient(a)
             np.gradient(a, 0.5, axis=1) | np.gradient(a, 0.5, 2.0) | np.gradient(a, 2.0, np.arange(4.0) ** 2, axis=(0, 1)) | np.ediff1d(a)
             np.gradient(a, axis=(1, 0)) | np.trapezoid(a, dx=0.1, axis=0) | np.trapezoid(a, x=[0, 1, 3, 4]) | np.unwrap(a, axis=0)""",
    ),
    (
        "V4 W4",
        "np.trapezoid(a, b) | np.convolve(a, b, 'same') | np.correlate(a, b, mode='full') | np.polyadd(a, b[:2]) | np.polysub(a[:1], b)",
    ),
    ("D V3", "np.trapezoid(a, b, axis=0) | np.trapezoid(a, a + 1, axis=0) | np.gradient(a, b, axis=0)"),
    (
        "V3 V4",
        "np.convolve(a, b) | np.convolve(a, b, 'valid') | np.correlate(a, b) | np.correlate(b, a, 'same') | np.polymul(a, b)",
    ),
    (
        "V3 S",
        "np.polyval(a, b) | np.gradient(a, b) | np.trapezoid(a, dx=b) | np.linspace(a, b, 3) | np.interp(0.3, [0, 0.5, 1], a) * b",
    ),
    (
        "V3",
        "np.interp([0.1, 0.6], [0, 0.5, 1.0], a) | np.interp(0.3, np.abs(np.cumsum(np.abs(a))), [1.0, 2, 3]) | np.polyval(a, [1, 2])",
    ),
    (
        "S",
        """np.linspace(a, 2.0) | np.linspace(0, a, 4) | np.linspace(start=a, stop=3.0, num=3, retstep=True) | np.linspace(a, 1.0, 1)
             np.linspace(a, 2, 0) | np.linspace(a, 2.0, 3, dtype=float) | np.linspace(a, 1, 4, endpoint=False) | np.logspace(a, 2.0, 3)
             np.logspace(a, 1, 3, base=2.0) | np.geomspace(a, 2.0, 3)""",
    ),
    ("V3", "np.linspace(a, 1.0, 3, axis=-1) | np.linspace(0.0, a, 3)"),
    (
        "V4",
        """np.fft.{f}(a) | np.fft.{f}(a, 6) | np.fft.{f}(a, n=3, norm="ortho") | np.fft.{f}(a, norm="forward") | np.fft.{f}(a, out=None)
              np.fft.{f}(a, norm="backward")""",
        "fft ifft rfft irfft hfft ihfft",
    ),
    ("C", "np.fft.{f}(a) | np.fft.{f}(a, 5)", "fft ifft irfft hfft"),
    (
        "D",
        """np.fft.{f}(a) | np.fft.{f}(a, s=(4, 2), axes=(0, 1)) | np.fft.{f}(a, axes=(1, 0), norm="ortho")""",
        "fft2 ifft2 rfft2 irfft2 fftn ifftn rfftn irfftn",
    ),
    (
        "D",
        "np.fft.fft(a, axis=0) | np.fft.irfft(a, axis=0) | np.fft.fftshift(a) | np.fft.ifftshift(a, axes=0) | np.fft.fftshift(a, axes=(1,))",
    ),
    # elementwise, by function
    (
        "M",
        """np.clip(a, 0, 1) | np.clip(a, a_min=None, a_max=0.2) | np.clip(a, [0.0, 1, 2], 9) | np.clip(a, min=-0.1, max=0.3) | np.nan_to_num(a)
             np.round(a, 2) + a | np.around(a) + a | np.round(a, decimals=-1) * a | np.fix(a) + a | np.real_if_close(a) | np.real(a) | np.i0(0.5) * a
             np.imag(a) + a | np.angle(a + 1j) | np.add(a, 1, dtype=float) | np.add(a, 1, where=True) | np.astype(a, complex).real
             np.multiply(a, 2, casting="same_kind", order="C") | np.float_power(np.abs(a), 1.5) | np.ldexp(a, 3) | np.sqrt(np.fabs(a))""",
    ),
    (
        "S S",
        "np.clip(M, a - 1, b) | np.hypot(a, b + 1) | np.clip(0.9, a, b + 1) | np.divmod(a, b + 1)[1] + a | np.logaddexp2(a, b + 1)",
    ),
    (
        "V3",
        "np.nan_to_num(a * np.array([1.0, np.nan, np.inf]), nan=3.0, posinf=5) | np.modf(a)[0] | np.positive(a) | np.heaviside(a, 0.5) + a",
    ),
]


def rows():
    for names, calls, *functions in TABLE:
        for function in functions[0].split() if functions else [""]:
            for call in calls.replace("\n", "|").split("|"):
                call = call.strip().replace("{f}", function)
                if call and all(
                    hasattr(np, name) for name in re.findall(r"np\.(\w+)", call)
                ):  # some are newer than 2.0
                    yield names.split(), call


ROWS = list(rows())
WEAK = (
    "np.dot(a, b)",
    "np.inner(a, b)",
    "np.polyval(a, b)",
    "np.geomspace",
    "np.clip(0.9",
)  # a Python number is weak here, not in NumPy


def flat(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def program(call):
    code = compile(call, "call", "eval")
    return lambda *args: eval(code, globals(), dict(zip("abc", args)))


@pytest.mark.parametrize("names, call", ROWS, ids=[f"{' '.join(names)}: {call}" for names, call in ROWS])
def test_as_numpy_has_it(names, call):
    f, args = program(call), [globals()[name] for name in names]
    expected, ours = flat(f(*args)), flat(f(*[cr.tensor(arg, requires_grad=True) for arg in args]))
    assert len(ours) == len(expected)
    for one, other in zip(ours, expected):
        assert isinstance(one, cr.Tensor) and one.requires_grad
        assert one.shape == np.shape(other) and one.dtype == np.asarray(other).dtype
        np.testing.assert_allclose(one.value, other, rtol=1e-11, atol=1e-13)
    cr.check_grads(f, tuple(args), order=2, directions=1)


@pytest.mark.parametrize("names, call", ROWS, ids=[f"{' '.join(names)}: {call}" for names, call in ROWS])
def test_narrow_dtypes_as_numpy_has_them(names, call):
    f, args = program(call), [globals()[name] for name in names]
    args = [np.asarray(arg, np.complex64 if np.iscomplexobj(arg) else np.float32)[()] for arg in args]
    tensors = [cr.tensor(arg, requires_grad=True) for arg in args]
    for one, other in zip(flat(f(*tensors)), flat(f(*args))):
        assert one.dtype == np.asarray(other).dtype or call.startswith(WEAK)
        np.testing.assert_allclose(one.value, other, rtol=1e-3, atol=1e-4)
        (abs(one) ** 2).sum().backward(retain_graph=True)
    assert all(t.grad.dtype == t.dtype and t.grad.shape == t.shape for t in tensors if t.grad is not None)
