"""The two programs that the lesson on the chain rule ends with, beside ours."""

import numpy
import pytest

import chainrule as cr

SINGLE = 1e-6  # the frameworks compute in float32


def by_hand():
    """2 (a - y) sigma'(z) x, the product that the lesson arrives at."""
    a = 1 / (1 + numpy.exp(-(0.5 * 2.0 + 0.0)))
    return 2 * (a - 1.0) * a * (1 - a) * 2.0


def test_the_pytorch_program():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed here")
    w = torch.tensor(0.5, requires_grad=True)
    x_val = torch.tensor(2.0)
    b = torch.tensor(0.0)
    y = torch.tensor(1.0)
    z = w * x_val + b
    a = torch.sigmoid(z)
    loss = (a - y) ** 2
    loss.backward()
    theirs = w.grad.item()

    w = cr.tensor(0.5, requires_grad=True)
    x_val = cr.tensor(2.0)
    b = cr.tensor(0.0)
    y = cr.tensor(1.0)
    z = w * x_val + b
    a = cr.sigmoid(z)
    loss = (a - y) ** 2
    loss.backward()
    assert w.grad.item() == pytest.approx(theirs, rel=SINGLE)
    assert w.grad.item() == pytest.approx(by_hand(), rel=1e-15)


def test_the_tensorflow_program():
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed here")
    w = tf.Variable(0.5)
    x_val = tf.constant(2.0)
    y = tf.constant(1.0)
    with tf.GradientTape() as tape:
        z = w * x_val
        a = tf.sigmoid(z)
        loss = (a - y) ** 2
    theirs = tape.gradient(loss, w).numpy()

    w = cr.tensor(0.5)
    x_val = cr.tensor(2.0)
    y = cr.tensor(1.0)
    with cr.GradientTape() as tape:
        tape.watch(w)
        z = w * x_val
        a = cr.sigmoid(z)
        loss = (a - y) ** 2
    ours = tape.gradient(loss, w).numpy()
    assert ours == pytest.approx(theirs, rel=SINGLE)
    assert ours == pytest.approx(by_hand(), rel=1e-15)
