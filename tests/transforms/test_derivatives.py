"""grad, value_and_grad, vjp and jvp: arguments, trees, kinds of number, nesting, and bad input."""

import dataclasses
import functools
import operator
from typing import Any, NamedTuple

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import (
    ArgumentError,
    ChainruleError,
    DtypeError,
    LostDerivativeError,
    NotScalarError,
    ShapeError,
    UnsupportedFunctionError,
)


def same(ours, expected):
    """Equal in structure, in type, dtype and shape, and in numbers."""
    assert type(ours) is type(expected), (ours, expected)
    if isinstance(expected, dict):
        assert list(ours) == list(expected)
        for key in expected:
            same(ours[key], expected[key])
    elif isinstance(expected, (list, tuple)):
        assert len(ours) == len(expected)
        for one, other in zip(ours, expected):
            same(one, other)
    elif dataclasses.is_dataclass(expected):
        same(vars(ours), vars(expected))
    elif expected is not None:
        assert (np.shape(ours), np.asarray(ours).dtype) == (np.shape(expected), np.asarray(expected).dtype)
        np.testing.assert_allclose(ours, expected, rtol=1e-12)


def product(x, y, z=1.0):
    return np.sum(x * x * y * z)


ARGNUMS = [
    (0, (2.0, 3.0), {}, 12.0),
    (1, (2.0, 3.0), {}, 4.0),
    (-1, (2.0, 3.0), {}, 4.0),
    (-2, (2.0, 3.0), {}, 12.0),
    ((0, 1), (2.0, 3.0), {}, (12.0, 4.0)),
    ((1, 0), (2.0, 3.0), {}, (4.0, 12.0)),
    ((1,), (2.0, 3.0), {}, (4.0,)),
    ([0, 1], (2.0, 3.0), {}, (12.0, 4.0)),
    ((), (2.0, 3.0), {}, ()),
    ("x", (2.0, 3.0), {}, 12.0),
    ("y", (2.0,), {"y": 3.0}, 4.0),
    ("z", (2.0, 3.0), {"z": 2.0}, 12.0),
    ((0, "z"), (2.0, 3.0), {"z": 2.0}, (24.0, 12.0)),
    (2, (2.0, 3.0, 4.0), {}, 12.0),
    (np.int64(1), (2.0, 3.0), {}, 4.0),
    (0, (2.0,), {"y": 3.0, "z": 2.0}, 24.0),
]


@pytest.mark.parametrize("argnums, args, kwargs, expected", ARGNUMS, ids=[repr(a[0]) for a in ARGNUMS])
def test_argnums(argnums, args, kwargs, expected):
    same(cr.grad(product, argnums)(*args, **kwargs), expected)
    value, gradient = cr.value_and_grad(product, argnums)(*args, **kwargs)
    same(gradient, expected)
    assert value == product(*args, **kwargs)
    if not kwargs:
        same(cr.vjp(product, *args, argnums=argnums)[1](1.0), expected)
        same(cr.jacobian(product, argnums)(*args), expected)


BAD_ARGNUMS = [
    [[0]],
    {},
    {0},
    1.5,
    None,
    True,
    (True,),
    (0, None),
    "nope",
    ("x", "nope"),
    (0, 0),
    (0, -2),
    (0, "x"),
    2,
    -3,
    np.True_,
    range(1),
    "more",
    object(),
]


@pytest.mark.parametrize("argnums", BAD_ARGNUMS, ids=repr)
def test_argnums_that_name_no_argument(argnums):
    def function(x, y, *more):
        return x * y

    calls = [
        lambda: cr.grad(function, argnums)(1.0, 2.0),
        lambda: cr.jacobian(function, argnums)(1.0, 2.0),
        lambda: cr.hessian(function, argnums)(1.0, 2.0),
        lambda: cr.hvp(function, argnums=argnums)(1.0, 2.0, 1.0),
    ]
    if argnums is not None:
        calls.append(lambda: cr.vjp(function, 1.0, 2.0, argnums=argnums))
    for call in calls:
        with pytest.raises(ArgumentError, match="argnums=.*(\n.*)*where: .*test_derivatives.py"):
            call()


KINDS = [
    (2.0, 4.0),
    (2, 4.0),
    (np.float64(2), np.float64(4)),
    (np.float32(2), np.float32(4)),
    (np.array(2.0), np.float64(4)),
    (np.array([2.0]), np.array([4.0])),
    (np.array([2.0, 1.0], np.float32), np.array([4.0, 2.0], np.float32)),
    (np.ones((0, 3)), np.ones((0, 3))),
    (np.ones((1, 1)), 2 * np.ones((1, 1))),
    (np.float16(2), np.float16(4)),
    (np.longdouble(2), np.longdouble(4)),
    (1 + 2j, np.complex128(2 + 4j)),
    (np.complex64(1 + 2j), np.complex64(2 + 4j)),
    (np.array([1 + 2j]), np.array([2 + 4j])),
    ([1.0, 2.0], [2.0, 4.0]),
    (True and 3.0, 6.0),
]


@pytest.mark.parametrize("value, expected", KINDS, ids=[repr(k[0]) for k in KINDS])
def test_a_gradient_is_of_the_kind_of_its_argument(value, expected):
    function = lambda x: sum(abs(a) ** 2 for a in x) if isinstance(x, list) else np.sum(abs(x) ** 2)
    same(cr.grad(function)(value), expected)


@pytest.mark.parametrize(
    "value", [2.0, 3, np.float32(2), np.array(2.0), np.array([2.0]), np.ones((2, 0), np.float32), 1j], ids=repr
)
def test_constants_and_ignored_arguments_have_zero_gradients(value):
    zero = 0.0 if type(value) in (int, float) else np.zeros_like(np.asarray(value))[()]
    for constant in (1.0, 3, True, np.float32(2), np.ones(1), np.int64(4), cr.tensor(1.0)):
        same(cr.grad(lambda x: constant)(value), zero)
    same(cr.grad(lambda x, y: y)(value, 2.0), zero)
    same(cr.grad(lambda x, y: y, (0, 1))(value, 2.0), (zero, 1.0))
    constant, pullback = cr.vjp(lambda x: np.arange(3), value)
    same(pullback(np.zeros(3)), (zero,))


@pytest.mark.parametrize(
    "value, one",
    [
        (2.0, 1.0),
        (np.float32(2), np.float32(1)),
        (np.array([2.0]), np.ones(1)),
        (3, 1.0),
        (np.array(2.0), np.float64(1)),
    ],
    ids=repr,
)
def test_the_argument_itself(value, one):
    result, gradient = cr.value_and_grad(lambda x: x)(value)
    same(gradient, one)
    same(result, one * np.asarray(value) if np.ndim(value) else type(one)(value))
    same(cr.jvp(lambda x: x, (value,), (one,))[1], one)


def test_outputs_without_a_slope():
    x = np.array([3.0, 1.0, 2.0])
    order, pullback = cr.vjp(np.argsort, x)
    same(order, np.array([1, 2, 0]))
    same(pullback(np.zeros(3)), (np.zeros(3),))
    assert cr.jvp(lambda x: (x > 2, np.argmax(x), 5, True), (x,), (x,))[1][2:] == (0.0, 0.0)
    assert cr.grad(lambda x: int(x.sum()))(x).tolist() == [0.0, 0.0, 0.0]
    assert cr.grad(lambda x: x * np.floor(x))(2.5) == 2.0


# Trees


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclasses.dataclass
class Layer:
    w: Any
    b: Any


def square_sum(tree):
    return sum(np.sum(leaf * leaf) for leaf in cr.core.tree.flatten(tree)[0])


ARRAY = np.array([1.0, 2.0])
TREES = [
    ({"w": ARRAY, "b": 3.0}, {"w": 2 * ARRAY, "b": 6.0}),
    ([ARRAY, 3.0], [2 * ARRAY, 6.0]),
    ((1.0, (2.0,)), (2.0, (4.0,))),
    (Pair(1.0, ARRAY), Pair(2.0, 2 * ARRAY)),
    (Layer(ARRAY, 1.0), Layer(2 * ARRAY, 2.0)),
    ({"w": [Layer(1.0, None)], "b": None}, {"w": [Layer(2.0, None)], "b": None}),
    ([], []),
    (None, None),
    ({}, {}),
    ({"b": 1.0, "a": np.float32(2)}, {"b": 2.0, "a": np.float32(4)}),
    ({2: 1.0, 1: 3.0}, {2: 2.0, 1: 6.0}),
]


@pytest.mark.parametrize("value, expected", TREES, ids=[str(i) for i in range(len(TREES))])
def test_trees_as_arguments_and_outputs(value, expected):
    empty = not cr.core.tree.flatten(value)[0]
    same(cr.grad(lambda t: square_sum(t) + (0.0 if empty else 0))(value), expected)
    ones = cr.core.tree.map(lambda x: x * 0 + 1, value)
    doubled, pullback = cr.vjp(lambda t: cr.core.tree.map(lambda x: 2 * x, t), value)
    same(doubled, cr.core.tree.map(lambda x: 2 * x, value))
    same(pullback(ones), (cr.core.tree.map(lambda x: 2 * x, ones),))
    result, change = cr.jvp(lambda t: cr.core.tree.map(lambda x: x * x, t), (value,), (ones,))
    same(change, expected)


def test_has_aux():
    function = lambda x: (x * x, {"twice": 2 * x, "name": "a", "none": None})
    aux = {"twice": 6.0, "name": "a", "none": None}
    assert cr.grad(function, has_aux=True)(3.0) == (6.0, aux)
    assert cr.value_and_grad(function, has_aux=True)(3.0) == ((9.0, aux), 6.0)
    value, pullback, given = cr.vjp(function, 3.0, has_aux=True)
    assert (value, pullback(1.0), given) == (9.0, (6.0,), aux)
    assert cr.jvp(function, (3.0,), (1.0,), has_aux=True) == (9.0, 6.0, aux)
    assert cr.jacobian(function, has_aux=True)(3.0) == (6.0, aux)
    assert cr.hessian(function, has_aux=True)(3.0) == (2.0, aux)
    assert cr.hvp(function, has_aux=True)(3.0, 1.0) == (2.0, aux)
    for wrong in (lambda x: x, lambda x: (x,), lambda x: [x, 1], lambda x: (x, 1, 2), lambda x: None):
        with pytest.raises(ArgumentError, match="pair"):
            cr.grad(wrong, has_aux=True)(3.0)


# Whatever can be called


class Scaled:
    def __init__(self, scale):
        self.scale = scale

    def __call__(self, x):
        return self.scale * x * x

    def method(self, x):
        return self(x) + 1

    @classmethod
    def of_class(cls, x):
        return x * x

    @staticmethod
    def static(x):
        return x**3


@pytest.mark.parametrize(
    "function, expected",
    [
        (functools.partial(product, 3.0), 9.0),
        (functools.partial(product, y=2.0), 8.0),
        (Scaled(2.0), 8.0),
        (Scaled(2.0).method, 8.0),
        (Scaled.of_class, 4.0),
        (Scaled(1.0).static, 12.0),
        (operator.neg, -1.0),
        (abs, 1.0),
        (np.sin, np.cos(2.0)),
        (np.square, 4.0),
        (functools.partial(operator.mul, 3.0), 3.0),
        (functools.partial(pow, 2.0), None),
        (functools.lru_cache(lambda x: x * x), 4.0),
        (np.sum, 1.0),
        (cr.softplus, None),
        (lambda *a: a[0] * a[0], 4.0),
        (functools.partial(lambda a, *, k: a * k, k=3.0), 3.0),
        (float.__neg__ if False else operator.pos, 1.0),
    ],
)
def test_whatever_can_be_called(function, expected):
    if expected is None:
        expected = (function(2.0 + 1e-6) - function(2.0 - 1e-6)) / 2e-6
    result = cr.grad(function)(2.0)
    np.testing.assert_allclose(result, expected, rtol=1e-8)
    assert type(result) is float
    np.testing.assert_allclose(cr.jvp(function, (2.0,), (1.0,))[1], expected, rtol=1e-8)


def test_the_result_keeps_name_and_words():
    def area(r):
        """The area."""
        return 3.14 * r * r

    for transform in (cr.grad, cr.value_and_grad, cr.jacobian, cr.hessian):
        assert transform(area).__name__ == "area" and transform(area).__doc__ == "The area."
    assert cr.grad(functools.partial(area))(1.0) == cr.grad(area)(1.0)


# Tensors in, Tensors out; what is captured stays connected


def test_plain_in_plain_out_and_tensors_for_tensors():
    x, w = np.array([1.0, 2.0]), cr.tensor([1.0, 2.0])
    f, total = (lambda x: x * x), (lambda x: (x * x).sum())
    for ours in (
        cr.grad(total)(x),
        cr.vjp(f, x)[0],
        cr.vjp(f, x)[1](x)[0],
        cr.jvp(f, (x,), (x,))[0],
        cr.jvp(f, (x,), (x,))[1],
        cr.jacobian(f)(x),
        cr.hessian(total)(x),
        cr.hvp(total)(x, x),
    ):
        assert type(ours) is np.ndarray
    for ours in (
        cr.grad(total)(w),
        cr.vjp(f, w)[0],
        cr.vjp(f, w)[1](x)[0],
        cr.jvp(f, (w,), (x,))[0],
        cr.jvp(f, (w,), (x,))[1],
        cr.jacobian(f)(w),
        cr.hessian(total)(w),
        cr.hvp(total)(w, x),
        cr.jacobian(f, mode="forward")(w),
        cr.value_and_grad(total)(w)[0],
    ):
        assert type(ours) is cr.Tensor and not ours.requires_grad


CONNECTED = {  # with f(x, w) = sin(x w) x at x, w numbers: what each transform gives, as a function of w
    "grad": lambda f, x, w: cr.grad(lambda a: f(a, w))(x),
    "value_and_grad": lambda f, x, w: cr.value_and_grad(lambda a: f(a, w))(x)[0],
    "value": lambda f, x, w: cr.value_and_grad(lambda a: f(a, w))(x)[1],
    "vjp": lambda f, x, w: cr.vjp(lambda a: f(a, w), x)[1](2.0)[0],
    "vjp value": lambda f, x, w: cr.vjp(lambda a: f(a, w), x)[0],
    "jvp": lambda f, x, w: cr.jvp(lambda a: f(a, w), (x,), (2.0 + 0 * x,))[1],
    "jvp value": lambda f, x, w: cr.jvp(lambda a: f(a, w), (x,), (2.0 + 0 * x,))[0],
    "jacobian reverse": lambda f, x, w: cr.jacobian(lambda a: f(a, w), mode="reverse")(x),
    "jacobian forward": lambda f, x, w: cr.jacobian(lambda a: f(a, w), mode="forward")(x),
    "hessian": lambda f, x, w: cr.hessian(lambda a: f(a, w))(x),
    "hvp": lambda f, x, w: cr.hvp(lambda a: f(a, w))(x, 2.0 + 0 * x),
    "aux": lambda f, x, w: cr.grad(lambda a: (f(a, w), w * a), has_aux=True)(x)[1],
    "an argument": lambda f, x, w: cr.grad(f, 1)(x, w),
    "both arguments": lambda f, x, w: sum(cr.grad(f, (0, 1))(x, w)),
    "a cotangent": lambda f, x, w: cr.vjp(lambda a: f(a, 3.0), x)[1](w)[0],
    "a tangent": lambda f, x, w: cr.jvp(lambda a: f(a, 3.0), (x,), (w,))[1],
    "jvp of an argument": lambda f, x, w: cr.jvp(f, (x, w), (1.0 + 0 * x, 2.0 + 0 * x))[1],
    "a closure of a closure": lambda f, x, w: cr.grad(lambda a: cr.grad(lambda b: f(b * a, w))(x))(x),
    "forward over reverse": lambda f, x, w: cr.jvp(cr.grad(lambda a: f(a, w)), (x,), (1.0 + 0 * x,))[1],
    "reverse over forward": lambda f, x, w: cr.grad(lambda a: cr.jvp(lambda b: f(b, w), (a,), (1.0 + 0 * x,))[1])(x),
    "forward over forward": lambda f, x, w: cr.jvp(
        lambda a: cr.jvp(lambda b: f(b, w), (a,), (1.0 + 0 * x,))[1], (x,), (1.0 + 0 * x,)
    )[1],
    "a linear function": lambda f, x, w: cr.grad(lambda a: a * w)(x),
}
POINT = {"numbers": (0.7, 0.4), "arrays": (np.array([0.7]), np.array([0.4]))}


@pytest.mark.parametrize("name", CONNECTED)
@pytest.mark.parametrize("kind", POINT)
def test_a_captured_tensor_stays_connected(name, kind):
    (x, w), transform = POINT[kind], CONNECTED[name]
    f = lambda x, w: np.sum(np.sin(x * w) * x)
    if name == "a cotangent":
        w = 0.4  # for a value that is one number
    value = lambda w: np.sum(np.asarray(transform(f, x, w)))
    h = 1e-4
    expected = (8 * (value(w + h) - value(w - h)) - (value(w + 2 * h) - value(w - 2 * h))) / (12 * h)
    outer = cr.tensor(w, requires_grad=True)
    result = transform(f, x, outer)
    assert type(result) is cr.Tensor and result.requires_grad
    result.sum().backward()
    np.testing.assert_allclose(np.sum(outer.grad.value), expected, rtol=1e-8)
    np.testing.assert_allclose(np.sum(cr.grad(lambda w: np.sum(transform(f, x, w)))(w)), expected, rtol=1e-8)
    np.testing.assert_allclose(
        np.sum(cr.jvp(lambda w: np.sum(transform(f, x, w)), (w,), (1.0 + 0 * w,))[1]), expected, rtol=1e-8
    )


def test_no_perturbation_confusion():
    inner = lambda x: cr.grad(lambda y: x * y)(2.0)
    assert cr.grad(lambda x: x * inner(x))(3.0) == 6.0
    assert cr.jvp(lambda x: x * cr.jvp(lambda y: x + y, (1.0,), (1.0,))[1], (1.0,), (1.0,))[1] == 1.0
    assert cr.grad(lambda x: x * cr.grad(lambda y: x)(1.0))(3.0) == 0.0
    swapped = lambda x: cr.grad(lambda y: cr.grad(lambda z: x * y * z)(1.0) * y)(x)
    np.testing.assert_allclose(cr.grad(swapped)(3.0), 4 * 3.0)


def test_a_tensor_kept_from_inside_is_a_constant_afterwards():
    kept = []
    cr.grad(lambda x: (kept.append(x * x), x * x)[1])(3.0)
    cr.grad(lambda x: x * kept[0])(2.0)
    assert kept[0].item() == 9.0


# Bad input


def at_user_line(error, call):
    with pytest.raises(error) as raised:
        call()
    message = str(raised.value)
    assert isinstance(raised.value, ChainruleError) and "what to do: " in message
    assert f"{__file__}:{call.__code__.co_firstlineno}" in message, message
    return message


double = lambda x: x * 2
NOT_CALLED_RIGHT = [
    (lambda: cr.grad(5.0), ArgumentError),
    (lambda: cr.grad(double(1.0)), ArgumentError),
    (lambda: cr.vjp(5.0, 1.0), ArgumentError),
    (lambda: cr.jvp(None, (1.0,), (1.0,)), ArgumentError),
    (lambda: cr.jacobian("f"), ArgumentError),
    (lambda: cr.hessian(5.0), ArgumentError),
    (lambda: cr.hvp(5.0), ArgumentError),
    (lambda: cr.check_grads(5.0, (1.0,)), ArgumentError),
    (lambda: cr.grad(double)(), ArgumentError),
    (lambda: cr.hvp(double)(), ArgumentError),
    (lambda: cr.hvp(double)(1.0), ArgumentError),
    (lambda: cr.hvp(double, (1.0,)), ArgumentError),
    (lambda: cr.hvp(double, (1.0,), (None,)), ArgumentError),
    (lambda: cr.hvp(double, argnums=(0,))(1.0, 1.0), ArgumentError),
    (lambda: cr.jacobian(double, mode="sideways"), ArgumentError),
    (lambda: cr.jvp(double, 1.0, 1.0), ArgumentError),
    (lambda: cr.jvp(double, (1.0,), 1.0), ArgumentError),
    (lambda: cr.jvp(double, (1.0,), (1.0, 2.0)), ArgumentError),
    (lambda: cr.jvp(double, (1.0,), (None,)), ArgumentError),
    (lambda: cr.jvp(double, (np.ones(2),), ([1.0, 1.0],)), ArgumentError),
    (lambda: cr.jvp(square_sum, ({"a": 1.0},), ({"b": 1.0},)), ArgumentError),
    (lambda: cr.jvp(square_sum, ({"a": 1.0, "b": 2.0},), ([1.0, 2.0],)), ArgumentError),
    (lambda: cr.jvp(double, (np.ones(2),), (np.ones(3),)), ShapeError),
    (lambda: cr.jvp(double, (np.ones(2),), (1.0,)), ShapeError),
    (lambda: cr.jvp(double, (1.0,), (1j,)), DtypeError),
    (lambda: cr.jvp(double, (1.0,), ("a",)), DtypeError),
    (lambda: cr.jvp(double, (np.ones(1),), (np.array([None]),)), DtypeError),
    (lambda: cr.grad(double)("a"), DtypeError),
    (lambda: cr.grad(double)(object()), DtypeError),
    (lambda: cr.grad(double)(True), DtypeError),
    (lambda: cr.grad(double)(np.array([1, 2])), DtypeError),
    (lambda: cr.grad(double)(np.int64(1)), DtypeError),
    (lambda: cr.grad(double)(cr.tensor([1])), DtypeError),
    (lambda: cr.grad(double)(10**400), DtypeError),
    (lambda: cr.grad(double)(np.array([1.0, None])), DtypeError),
    (lambda: cr.vjp(double, np.array([True])), DtypeError),
    (lambda: cr.jacobian(double)(np.array(["a"])), DtypeError),
    (lambda: cr.grad(square_sum)({"w": [1.0, "a"]}), DtypeError),
    (lambda: cr.grad(lambda x: [x])(1.0), NotScalarError),
    (lambda: cr.grad(lambda x: {"a": x})(1.0), NotScalarError),
    (lambda: cr.grad(lambda x: None)(1.0), NotScalarError),
    (lambda: cr.grad(lambda x: x * 1j)(1.0), NotScalarError),
    (lambda: cr.grad(lambda x: 1j)(1.0), NotScalarError),
    (lambda: cr.grad(double)(np.ones(2)), NotScalarError),
    (lambda: cr.grad(double)(np.ones(0)), NotScalarError),
    (lambda: cr.hessian(double)(np.ones(2)), NotScalarError),
    (lambda: cr.hvp(double)(np.ones(2), np.ones(2)), NotScalarError),
    (lambda: cr.grad(lambda x: (x, x))(1.0), NotScalarError),
    (lambda: cr.hvp(square_sum)(np.ones(2), np.ones(3)), ShapeError),
    (lambda: cr.hvp(square_sum)({"a": 1.0}, [1.0]), ArgumentError),
    (lambda: cr.grad(lambda x: "a")(1.0), DtypeError),
    (lambda: cr.vjp(lambda x: {x}, 1.0), DtypeError),
    (lambda: cr.grad(lambda x: np.str_("a"))(1.0), DtypeError),
    (lambda: cr.vjp(lambda x: [x, "a"], 1.0), DtypeError),
    (lambda: cr.jacobian(lambda x: np.array([None]))(1.0), DtypeError),
    (lambda: cr.jvp(lambda x: object(), (1.0,), (1.0,)), DtypeError),
    (lambda: cr.grad(np.vectorize(lambda x: x * x))(2.0), LostDerivativeError),
    (lambda: cr.grad(float)(2.0), LostDerivativeError),
    (lambda: cr.grad(np.nanmedian)(np.ones(3)), UnsupportedFunctionError),
]


@pytest.mark.parametrize("call, error", NOT_CALLED_RIGHT, ids=range(len(NOT_CALLED_RIGHT)))
def test_bad_input(call, error):
    at_user_line(error, call)


BAD_COTANGENTS = [
    (np.ones(2), ShapeError),
    ([np.ones(2), np.ones(2)], ShapeError),
    ({"a": np.ones(2)}, ShapeError),
    ({"a": np.ones(2), "c": (1.0,)}, ShapeError),
    ({"a": np.ones(2), "b": (1.0, 2.0)}, ShapeError),
    (None, ShapeError),
    ({"a": np.ones(3), "b": (1.0,)}, ShapeError),
    ({"a": 1.0, "b": (1.0,)}, ShapeError),
    ({"a": None, "b": (1.0,)}, ShapeError),
    ({"a": np.ones(2), "b": (1j,)}, DtypeError),
    ({"a": "xy", "b": (1.0,)}, DtypeError),
]


@pytest.mark.parametrize("cotangent, error", BAD_COTANGENTS, ids=range(len(BAD_COTANGENTS)))
def test_a_cotangent_that_does_not_fit(cotangent, error):
    _, pullback = cr.vjp(lambda x: {"a": x * 2, "b": (x.sum(),)}, np.ones(2))
    at_user_line(error, lambda: pullback(cotangent))
    same(pullback({"a": np.ones(2), "b": (1,)}), (np.full(2, 3.0),))


def test_a_function_that_raises_leaves_outer_tensors_alone():
    w = cr.tensor([1.0, 2.0], requires_grad=True)
    y = w * w
    for transform in (lambda f: cr.grad(f)(1.0), lambda f: cr.vjp(f, 1.0), lambda f: cr.jvp(f, (1.0,), (1.0,))):
        with pytest.raises(ShapeError):
            transform(lambda x: (x * y) @ np.ones(3))
    y.sum().backward()
    same(w.grad.value.copy(), np.array([2.0, 4.0]))


def test_backward_inside_a_function_is_its_own():
    w = cr.tensor(2.0, requires_grad=True)

    def function(x):
        (w * w).backward()
        return x * x

    assert cr.grad(function)(3.0) == 6.0 and w.grad.item() == 4.0
