"""jacobian, hessian and hvp: every shape, both directions, trees, complex numbers."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.core import tree
from chainrule.errors import DtypeError

SHAPES = [(), (1,), (3,), (2, 3), (1, 1), (0,), (2, 0)]


def differences(function, x):
    """The Jacobian of an array by an array."""
    x = np.asarray(x, float)
    columns, h = [], 1e-5
    for i in range(x.size):
        step = np.zeros(x.size)
        step[i] = h
        step = step.reshape(x.shape)
        columns.append((np.asarray(function(x + step)) - np.asarray(function(x - step))) / (2 * h))
    out = np.shape(function(x))
    return np.stack(columns, -1).reshape(out + x.shape) if columns else np.zeros(out + x.shape)


FUNCTIONS = {
    "elementwise": lambda x: np.sin(x) * x,
    "to one number": lambda x: np.sum(np.exp(x)),
    "reshaped": lambda x: np.ravel(x * x)[::-1],
    "larger": lambda x: np.multiply.outer(np.array([1.0, 2.0]), np.tanh(x)),
    "constant": lambda x: np.ones((2, 2)),
    "itself": lambda x: x,
    "mixed": lambda x: np.cumsum(np.ravel(x)) * np.sum(x),
    "integers": lambda x: np.argsort(np.ravel(x)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.dtype(float), np.dtype(np.float32)], ids=str)
def test_both_directions_agree_with_each_other_and_with_differences(name, shape, dtype):
    function, single = FUNCTIONS[name], dtype == np.dtype(np.float32)
    x = np.linspace(-1, 1.5, int(np.prod(shape))).reshape(shape).astype(dtype)
    modes = [cr.jacobian(function, mode=mode)(x) for mode in ("forward", "reverse", None)]
    for one in modes:
        assert np.shape(one) == np.shape(function(x)) + shape and one.dtype == dtype
        np.testing.assert_allclose(one, modes[0], rtol=1e-6 if single else 1e-12, atol=1e-7 if single else 0)
    if not single and name != "integers":
        np.testing.assert_allclose(modes[0], differences(function, x), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_numbers(mode):
    for value in (2.0, 2):
        result = cr.jacobian(lambda x: np.float64(3) * x * x, mode=mode)(value)
        assert result == 12.0 and type(result) is float
    assert cr.jacobian(lambda x: 3.0, mode=mode)(2.0) == 0.0
    np.testing.assert_array_equal(cr.jacobian(lambda x: x * np.arange(3.0), mode=mode)(2.0), np.arange(3.0))


@pytest.mark.parametrize("mode", ["forward", "reverse", None])
def test_trees(mode):
    function = lambda p, s: {"y": p["w"] @ p["x"] * s, "z": [p["w"].sum(), s * s]}
    p = {"w": np.arange(6.0).reshape(2, 3), "x": np.array([1.0, 2.0, 3.0])}
    jacobian = cr.jacobian(function, argnums=(0, 1), mode=mode)(p, 2.0)
    assert tree.paths(jacobian) == [
        f"{out}[{i}]{path}"
        for out in ("['y']", "['z'][0]", "['z'][1]")
        for i, path in ((0, "['w']"), (0, "['x']"), (1, ""))
    ]
    by_w, by_x = jacobian["y"][0]["w"], jacobian["y"][0]["x"]
    np.testing.assert_allclose(by_w, differences(lambda w: w @ p["x"] * 2.0, p["w"]), atol=1e-8)
    np.testing.assert_allclose(by_x, 2 * p["w"])
    np.testing.assert_allclose(jacobian["y"][1], p["w"] @ p["x"])
    np.testing.assert_allclose(jacobian["z"][0][0]["x"], np.zeros(3))
    assert jacobian["z"][1][1] == 4.0 and cr.jacobian(lambda x: {}, mode=mode)(1.0) == {}
    assert cr.jacobian(lambda x: (x, None), mode=mode)(1.0) == (1.0, None)


def test_holomorphic_functions():
    z = np.array([1 + 2j, -0.5j])
    for mode in ("forward", "reverse"):
        result = cr.jacobian(lambda z: z * z * z, mode=mode)(z)
        np.testing.assert_allclose(result, np.diag(3 * z * z), atol=1e-14)
        assert cr.jacobian(lambda z: np.exp(z) * (1 + 2j), mode=mode)(0j) == 1 + 2j
        np.testing.assert_allclose(cr.jacobian(lambda x: x * (1 + 2j), mode=mode)(np.array([3.0])), [[1 + 2j]])
        np.testing.assert_allclose(cr.jacobian(lambda x: np.exp(1j * x), mode=mode)(0.5), 1j * np.exp(0.5j))
        matrix = cr.jacobian(np.fft.fft, mode=mode)(z)
        np.testing.assert_allclose(matrix, np.fft.fft(np.eye(2)), atol=1e-14)
        assert cr.jacobian(lambda x: x * np.complex64(1j), mode=mode)(np.ones(1, np.float32)).dtype == np.complex64


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_real_functions_of_complex_arguments_have_the_gradient_of_grad(mode):
    function = lambda z: np.sum(abs(z) ** 2 + np.real(z * z))
    z = np.array([1 + 2j, -0.5j])
    np.testing.assert_allclose(cr.jacobian(function, mode=mode)(z), cr.grad(function)(z))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    "function", [np.conj, lambda z: np.real(z) + 0j, lambda z: abs(z) * (1 + 0j), lambda z: z * np.conj(z)]
)
def test_what_is_not_holomorphic_is_refused(mode, function):
    with pytest.raises(DtypeError, match="holomorphic"):
        cr.jacobian(function, mode=mode)(np.array([1 + 2j]))


SCALAR_FUNCTIONS = {
    "cubic": lambda x: np.sum(x**3) * np.sum(x),
    "softmax": lambda x: cr.logsumexp(np.ravel(x)),
    "linear": lambda x: 3 * np.sum(x),
    "mixed": lambda x: np.sum(np.sin(np.ravel(x)[::-1] * np.ravel(x))) + np.prod(np.tanh(x)),
}


@pytest.mark.parametrize("name", SCALAR_FUNCTIONS)
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 2)], ids=str)
def test_hessians_are_symmetric_and_multiply_vectors_as_hvp_does(name, shape):
    function, size = SCALAR_FUNCTIONS[name], int(np.prod(shape))
    x, v = np.linspace(0.3, 1.1, size).reshape(shape), np.linspace(1, -2, size).reshape(shape)
    x, v = (float(x), float(v)) if shape == () else (x, v)
    hessian = np.reshape(cr.hessian(function)(x), (size, size))
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-12)
    np.testing.assert_allclose(
        hessian, np.reshape(differences(cr.grad(function), x), (size, size)), rtol=1e-7, atol=1e-8
    )
    expected = np.reshape(hessian @ np.ravel(v), shape)
    for product in (cr.hvp(function)(x, v), cr.hvp(function, (x,), (v,)), cr.hvp(function, x, v)):
        np.testing.assert_allclose(product, expected, rtol=1e-12, atol=1e-14)
        assert isinstance(product, type(x))


def test_hessian_and_hvp_of_trees_and_several_arguments():
    function = lambda p, s: np.sum(p["w"] ** 2 * p["b"]) * s
    p, s = {"w": np.array([1.0, 2.0]), "b": 3.0}, 2.0
    vector = ({"w": np.array([1.0, -1.0]), "b": 0.5}, 0.25)
    hessian = cr.hessian(function, (0, 1))(p, s)
    product = cr.hvp(function, argnums=(0, 1))(p, s, vector)
    again = cr.hvp(function, (p, s), vector, argnums=(0, 1))
    rows, columns = tree.flatten(product)[0], tree.flatten(vector)[0]
    blocks = [tree.flatten(block)[0] for block in (hessian[0]["b"], hessian[0]["w"], hessian[1])]
    for ours, row, other in zip(rows, blocks, tree.flatten(again)[0]):
        expected = sum(np.tensordot(block, v, np.ndim(v)) for block, v in zip(row, columns))
        np.testing.assert_allclose(ours, expected, rtol=1e-12)
        np.testing.assert_allclose(other, expected, rtol=1e-12)
    np.testing.assert_allclose(cr.hvp(function, argnums=1)(p, s, 1.0), 0.0)
    np.testing.assert_allclose(
        cr.hvp(lambda x, k: np.sum(x**2) * k, argnums="x")(np.ones(2), np.ones(2), k=3.0), [6.0, 6.0]
    )
    np.testing.assert_allclose(cr.hvp(lambda x: x[0] * x[1], [2.0, 3.0], [1.0, 0.0]), [0.0, 1.0])
