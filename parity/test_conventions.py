"""The table of conventions is true, of us and of each peer."""

import numpy
import pytest

import chainrule as cr
from parity.conventions import CONVENTIONS
from parity.libraries import PEERS, installed

BY_NAME = pytest.mark.parametrize("row", CONVENTIONS, ids=lambda row: row.what)


def same(found, stated):
    numpy.testing.assert_allclose(numpy.asarray(found), numpy.asarray(stated), rtol=1e-12, atol=1e-15)


def point(row):
    return numpy.asarray(row.at)


@BY_NAME
def test_ours(row):
    program = row.spelled.get("chainrule", row.program)
    _, pullback = cr.vjp(lambda x: program(numpy, x).sum(), point(row))
    same(pullback(1.0)[0], row.chainrule)


@BY_NAME
def test_torch(row):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here")
    x = torch.tensor(point(row), requires_grad=True)
    row.spelled.get("PyTorch", row.program)(torch, x).sum().backward()
    same(x.grad.numpy(force=True), row.torch)


@BY_NAME
def test_jax(row):
    if not installed(PEERS["JAX"]):
        pytest.skip("JAX is not installed here")
    jax = PEERS["JAX"]().library
    program = row.spelled.get("JAX", row.program)
    same(jax.grad(lambda x: program(jax.numpy, x).sum())(jax.numpy.asarray(point(row))), row.jax)


@BY_NAME
def test_tensorflow(row):
    if row.tensorflow == "not compared":
        pytest.skip("no row for TensorFlow")
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed here")
    x = tf.constant(point(row))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(row.spelled.get("TensorFlow", row.program)(tf, x))
    gradient = tape.gradient(y, x)
    if row.tensorflow is None:
        assert gradient is None
    else:
        same(gradient, row.tensorflow)
