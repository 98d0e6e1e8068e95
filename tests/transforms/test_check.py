"""check_grads: accepts what is right, rejects rules made wrong by 0.05 % and points without a derivative."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.primitive import Custom, Elementwise
from chainrule.core.samples import array, call, reals
from chainrule.core.spec import broadcast_shapes, shape_of
from chainrule.errors import ArgumentError, DtypeError, GradientCheckError

OFF = 1.0005  # a rule wrong by 0.05 %


def accept(function, *args, **options):
    assert cr.check_grads(function, args, **options) is None


def reject(function, *args, match=None, **options):
    with pytest.raises(GradientCheckError, match=match):
        cr.check_grads(function, args, **options)


# Right functions

X, Y = np.array([0.3, -1.2, 2.5]), np.array([[1.1], [0.4]])
RIGHT = {
    "sin": (np.sin, X),
    "a number": (np.sin, 0.3),
    "an int": (lambda x: x * x, 3),
    "product": (np.multiply, X, Y),
    "matmul": (lambda a, b: a @ b, np.ones((2, 3)), np.arange(6.0).reshape(3, 2)),
    "norm": (np.linalg.norm, X),
    "solve": (np.linalg.solve, np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([1.0, -1.0])),
    "softmax": (lambda x: np.exp(x) / np.exp(x).sum(), X),
    "logsumexp": (cr.logsumexp, X),
    "power": (np.power, abs(X), Y),
    "identity": (lambda x: x, X),
    "constant": (lambda x: 3.0, X),
    "an ignored argument": (lambda x, y: np.sin(x), X, Y),
    "integers beside": (lambda x: (np.sin(x), np.argsort(x), 3, x > 0), X),
    "a stairway": (np.floor, X),
    "a sum of squares that is one": (lambda x: np.sin(x) ** 2 + np.cos(x) ** 2, X),
    "that, minus one": (lambda x: np.sin(x) ** 2 + np.cos(x) ** 2 - 1, X),
    "zero": (lambda x: x - x, X),
    "a flat point": (np.cos, 0.0),
    "a cubic at zero": (lambda x: x**3, np.zeros(2)),
    "a flat maximum": (lambda x: np.exp(-x * x), 0.0),
    "an offset": (lambda x: 1e6 + x, X),
    "a large offset": (lambda x: 1e9 + np.sin(x), X),
    "a lost offset": (lambda x: (1e8 + x) - 1e8, X),
    "large": (lambda x: 1e12 * np.exp(x), X),
    "small": (lambda x: 1e-12 * np.exp(x), X),
    "fast": (lambda x: np.sin(300 * x), X),
    "very fast": (lambda x: np.sin(5000 * x), 0.7),
    "slow": (lambda x: np.sin(1e-5 * x), X),
    "steep": (lambda x: np.tanh(200 * x), np.array([0.01])),
    "near a pole": (lambda x: 1 / x, 0.01),
    "near the edge of a domain": (np.log, 1e-6),
    "beyond a near kink": (abs, 1e-4),
    "a wide range": (lambda x: x * x, np.array([1e-6, 1.0, 1e6])),
    "a wide range, summed": (lambda x: np.sum(x**3), np.array([1e-6, 1.0, 1e6])),
    "log of a wide range": (np.log, np.array([1e-6, 1.0, 1e6])),
    "sin of small ones": (np.sin, np.array([0.0, 1e-12, 1e-6, 1.0])),
    "outputs of a wide range": (lambda x: (1e6 * np.sin(x), 1e-6 * np.cos(x)), X),
    "sqrt of a wide range": (np.sqrt, np.array([1e-8, 1e8])),
    "unequal arguments": (lambda a, b: 1e6 * np.sin(a) + 1e-6 * np.cos(b), 0.3, 0.4),
    "empty": (np.sin, np.zeros((0, 2))),
    "float32": (np.exp, X.astype(np.float32)),
    "a float32 number": (np.exp, np.float32(0.3)),
    "a Tensor": (np.exp, cr.tensor(X, requires_grad=True)),
    "tree": (lambda p: {"y": p["w"] @ p["x"], "z": [p["w"].sum()]}, {"w": np.ones((2, 3)), "x": X}),
    "no argument": (lambda: 3.0,),
    "complex": (lambda z: z * z * (1 + 2j), 0.3 - 0.7j),
    "complex arrays": (lambda z: abs(np.exp(z) - z) ** 2, np.array([0.3 - 0.7j, 1 + 1j])),
    "real to complex": (lambda x: np.exp(1j * x), X),
    "conj": (lambda z: np.conj(z) * z * z, np.array([1 + 2j])),
    "fft": (np.fft.fft, X),
    "where": (lambda x: np.where(x > 0, np.exp(x), x * x), X),
    "maximum": (lambda x: np.maximum(x, 2 * x) ** 2, X),
    "inside": (lambda x: cr.grad(lambda y: np.sum(np.sin(x * y)))(2.0), X),
    "many": (lambda *xs: sum(x * x for x in xs), *np.arange(1.0, 13.0)),
    "backward inside": (lambda x: np.sin(x) * _backward_inside(), X),
    "cumsum": (np.cumsum, X),
    "large array": (np.tanh, np.linspace(-2, 2, 20000)),
}


def _backward_inside():
    w = cr.tensor(2.0, requires_grad=True)
    (w * w).backward()
    return w.grad.item()


@pytest.mark.parametrize("name", RIGHT)
def test_right_functions_are_accepted(name):
    function, *args = RIGHT[name]
    accept(function, *args)
    with cr.no_grad() if name != "backward inside" else cr.enable_grad():
        accept(function, *args, order=1, directions=1, seed=1)


def test_orders_and_modes():
    for order in (1, 2, 3, 4):
        accept(lambda x, y: np.exp(x) * np.sin(y), 0.3, 0.4, order=order)
    for modes in (("forward",), ("reverse",), "forward", ["reverse", "forward"]):
        accept(np.sin, X, modes=modes)


def random_function(seed):
    """A smooth function of two arrays, made at random, and a point."""
    rng = np.random.default_rng(seed)
    units = [
        np.sin,
        np.cos,
        np.tanh,
        np.arctan,
        cr.sigmoid,
        cr.softplus,
        lambda a: np.exp(0.5 * np.tanh(a)),
        lambda a: a * a,
        lambda a: np.log1p(a * a),
        lambda a: np.sqrt(1 + a * a),
        lambda a: 1 / (1 + a * a),
        lambda a: a - a.mean(),
    ]
    joins = [
        np.add,
        np.subtract,
        np.multiply,
        lambda a, b: a / (1.5 + b * b),
        np.logaddexp,
        lambda a, b: np.hypot(a, b + 4),
        lambda a, b: np.arctan2(a, 2 + b * b),
        lambda a, b: (2 + np.tanh(a)) ** np.tanh(b),
    ]
    scales = np.exp(rng.normal(size=8))
    plan = [
        (rng.integers(len(units)), rng.integers(len(joins)), rng.integers(0, 2 + i)) for i in range(rng.integers(1, 6))
    ]

    def function(x, y):
        values = [x, y]
        for i, (unit, join, place) in enumerate(plan):
            values.append(joins[join](units[unit](scales[i] * values[place]), values[-1]))
        return values[-1] if seed % 3 else (values[-1].sum(), values[len(values) // 2])

    return function, rng.normal(size=3), rng.normal(size=(2, 1) if seed % 2 else ())


@pytest.mark.parametrize("block", range(10))
def test_no_false_alarms_over_random_smooth_functions(block):
    for seed in range(20 * block, 20 * block + 20):
        function, x, y = random_function(seed)
        accept(function, x, y, directions=2, seed=seed)


# Rules made wrong


def elementwise(*slopes):
    """y = sin(a) * exp(b), or sin(a), with the given slopes."""

    class Wrong(Elementwise):
        latex, samples, partials = "f", (reals(-1, 1),) * len(slopes), slopes

        def forward(self, xp, *xs):
            return xp.sin(xs[0]) if len(xs) == 1 else xp.sin(xs[0]) * xp.exp(xs[1])

    return Wrong().apply


def by_hand(vjp_rule, jvp_rule, value=lambda xp, *xs: xp.sin(xs[0]), shape_rule=lambda own: own):
    """Rules `vjp(xp, g, i, y, *xs)` and `jvp(xp, t, i, y, *xs)` written apart."""

    class ByHand(Custom):
        latex, words, samples = "f", "f", (call(array(3)),)
        forward, vjp, jvp, shape = map(staticmethod, (value, vjp_rule, jvp_rule, shape_rule))

    return ByHand()


def right(xp, g, i, y, x):
    return g * xp.cos(x)


def mask(n, entry, factor):
    """Ones, but for one entry."""
    one = np.ones(n)
    one[entry] = factor
    return one


def frozen(xp, g, i, y, x):
    """Right to first order: the slope is cut from what it depends on."""
    return g * cr.stop_gradient(xp.cos(x))


N = 100_000
LARGE = np.linspace(-1.2, 1.2, N)
WRONG = {
    "a partial": (elementwise(lambda xp, y, x: OFF * xp.cos(x)), X),
    "a partial, at a number": (elementwise(lambda xp, y, x: OFF * xp.cos(x)), 0.3),
    "a partial, for float32": (elementwise(lambda xp, y, x: OFF * xp.cos(x)), X.astype(np.float32)),
    "a sign": (elementwise(lambda xp, y, x: -xp.cos(x)), X),
    "another function": (elementwise(lambda xp, y, x: xp.exp(x)), X),
    "a slope of zero": (elementwise(False), X),
    "a slope of one": (elementwise(1), X),
    "one of two partials": (elementwise(lambda xp, y, a, b: xp.cos(a) * xp.exp(b), lambda xp, y, a, b: OFF * y), X, Y),
    "the other of two partials": (
        elementwise(lambda xp, y, a, b: OFF * xp.cos(a) * xp.exp(b), lambda xp, y, a, b: y),
        X,
        Y,
    ),
    "exchanged partials": (elementwise(lambda xp, y, a, b: y, lambda xp, y, a, b: xp.cos(a) * xp.exp(b)), X, Y),
    "the vjp": (by_hand(lambda *a: OFF * right(*a), right), X),
    "the jvp": (by_hand(right, lambda *a: OFF * right(*a)), X),
    "both rules": (by_hand(lambda *a: OFF * right(*a), lambda *a: OFF * right(*a)), X),
    "a sign in the vjp": (by_hand(lambda *a: -right(*a), right), X),
    "a sign in the jvp": (by_hand(right, lambda *a: -right(*a)), X),
    "the vjp, zero": (by_hand(lambda *a: 0 * right(*a), right), X),
    "the second order": (by_hand(frozen, frozen), X),
    "the second order, of the vjp": (by_hand(frozen, right), X),
    "one entry, of the vjp": (by_hand(lambda *a: right(*a) * mask(N, 777, OFF), right), LARGE),
    "one entry, of the jvp": (by_hand(right, lambda *a: right(*a) * mask(N, 777, OFF)), LARGE),
    "one entry, of both": (
        by_hand(lambda *a: right(*a) * mask(N, 777, OFF), lambda *a: right(*a) * mask(N, 777, OFF)),
        LARGE,
    ),
    "one entry among large ones, of the vjp": (
        by_hand(lambda xp, g, i, y, x: g * xp.cos(x) * mask(4, 0, OFF), right),
        np.array([1e-6, 1.0, 1e3, 1e6]),
    ),
    "one entry among large ones, of both": (
        by_hand(lambda *a: right(*a) * mask(3, 0, OFF), lambda *a: right(*a) * mask(3, 0, OFF)),
        np.array([1e-6, 1.0, 1e6]),
    ),
    "one entry, of a large sum": (
        lambda x: np.sum(
            by_hand(lambda *a: right(*a) * mask(1000, 7, OFF), lambda *a: right(*a) * mask(1000, 7, OFF))(x)
        ),
        np.linspace(0.1, 1.2, 1000),
    ),
    "one of several outputs": (
        lambda x: (1e6 * np.cos(x), 1e-6 * elementwise(lambda xp, y, x: OFF * xp.cos(x))(x), x),
        X,
    ),
    "the vjp, in a faint output": (
        lambda x: (1e6 * np.cos(x), 1e-6 * by_hand(lambda *a: OFF * right(*a), right)(x)),
        X,
    ),
    "one of several arguments": (
        lambda a, b: 1e3 * np.cos(a) + 1e-3 * elementwise(lambda xp, y, x: OFF * xp.cos(x))(b),
        0.3,
        0.4,
    ),
    "the vjp, by a faint argument": (
        lambda a, b: 1e3 * np.cos(a) + 1e-3 * by_hand(lambda *a: OFF * right(*a), right)(b),
        0.3,
        0.4,
    ),
    "the jvp, by a faint argument": (
        lambda a, b: 1e3 * np.cos(a) + 1e-3 * by_hand(right, lambda *a: OFF * right(*a))(b),
        0.3,
        0.4,
    ),
    "a faint argument left out": (
        lambda a, b: np.cos(a) + 1e-5 * by_hand(lambda *a: 0 * right(*a), lambda *a: 0 * right(*a))(b),
        0.3,
        0.4,
    ),
    "one of many arguments": (
        lambda *xs: sum(map(np.cos, xs)) + elementwise(lambda xp, y, x: OFF * xp.cos(x))(xs[7]),
        *np.arange(1.0, 13.0),
    ),
    "in a tree": (
        lambda p: {"a": np.sin(p["w"]), "b": elementwise(lambda xp, y, x: OFF * xp.cos(x))(p["b"])},
        {"w": X, "b": 0.3},
    ),
    "small values": (lambda x: 1e-9 * elementwise(lambda xp, y, x: OFF * xp.cos(x))(x), X),
    "large values": (lambda x: 1e12 * elementwise(lambda xp, y, x: OFF * xp.cos(x))(x), X),
    "behind an offset": (lambda x: 1e6 + elementwise(lambda xp, y, x: OFF * xp.cos(x))(x), X),
    "a broadcast not undone": (
        by_hand(
            lambda xp, g, i, y, *xs: g[..., :1] * xs[1 - i][..., :1] + 0 * xs[i],
            lambda xp, t, i, y, *xs: t * xs[1 - i],
            lambda xp, a, b: a * b,
            broadcast_shapes,
        ),
        Y,
        np.array([[2.0, 3.0]]),
    ),
    "a mean for a sum": (
        by_hand(
            lambda xp, g, i, y, x: g / 3 * xp.ones_like(x),
            lambda xp, t, i, y, x: xp.sum(t),
            lambda xp, x: xp.sum(x),
            lambda own: (),
        ),
        X,
    ),
    "a transpose forgotten": (
        by_hand(
            lambda xp, g, i, y, a, b: (g @ b, a @ g)[i],
            lambda xp, t, i, y, a, b: t @ b if i == 0 else a @ t,
            lambda xp, a, b: a @ b,
            lambda a, b: a,
        ),
        np.array([[1.0, 2.0], [3.0, 5.0]]),
        np.array([[0.3, 1.0], [-1.0, 0.7]]),
    ),
    "conj forgotten in the vjp": (
        by_hand(lambda xp, g, i, y, z: g * 2 * z, lambda xp, t, i, y, z: t * 2 * z, lambda xp, z: z * z),
        np.array([1 + 2j, 0.5j]),
    ),
    "conj too many in the jvp": (
        by_hand(
            lambda xp, g, i, y, z: g * xp.conj(2 * z), lambda xp, t, i, y, z: t * xp.conj(2 * z), lambda xp, z: z * z
        ),
        1 + 2j,
    ),
    "a constant's conj": (
        by_hand(lambda xp, g, i, y, z: g * (1 + 2j), lambda xp, t, i, y, z: t * (1 + 2j), lambda xp, z: z * (1 + 2j)),
        1 + 0j,
    ),
    "the imaginary part lost": (
        by_hand(lambda xp, g, i, y, x: xp.real(g), lambda xp, t, i, y, x: t * (1 + 1j), lambda xp, x: x * (1 + 1j)),
        X,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_rules_made_wrong_are_rejected(name):
    function, *args = WRONG[name]
    reject(function, *args)
    if "order" not in name:
        reject(function, *args, order=1)


def test_the_same_rules_made_right_are_accepted():
    accept(elementwise(lambda xp, y, x: xp.cos(x)), X)
    accept(elementwise(lambda xp, y, a, b: xp.cos(a) * xp.exp(b), lambda xp, y, a, b: y), X, Y)
    accept(by_hand(right, right), X)
    accept(by_hand(right, right), np.array([1e-6, 1.0, 1e3]))
    accept(
        by_hand(lambda xp, g, i, y, z: g * xp.conj(2 * z), lambda xp, t, i, y, z: t * 2 * z, lambda xp, z: z * z),
        1 + 2j,
    )
    accept(by_hand(frozen, frozen), X, order=1)


def test_modes_check_only_what_they_name():
    wrong_vjp, wrong_jvp = by_hand(lambda *a: OFF * right(*a), right), by_hand(right, lambda *a: OFF * right(*a))
    accept(wrong_vjp, X, modes=("forward",), order=1)
    accept(wrong_jvp, X, modes=("reverse",), order=1)
    reject(wrong_vjp, X, modes=("reverse",), order=1)
    reject(wrong_jvp, X, modes=("forward",), order=1)


KINKS = {
    "abs": (abs, 0.0),
    "abs in an array": (abs, np.array([1.0, 0.0, -1.0])),
    "maximum": (lambda x: np.maximum(x, 3 * x), 0.0),
    "a tie": (np.max, np.array([1.0, 2.0, 2.0])),
    "a norm": (np.linalg.norm, np.zeros(3)),
    "clip": (lambda x: np.clip(x, 0, 1), 1.0),
    "a small kink": (lambda x: 1e-12 * abs(x), 0.0),
    "a large kink": (lambda x: 1e12 * abs(x), 0.0),
    "sqrt": (lambda x: np.sqrt(abs(x)), 0.0),
    "a kink on a slope": (lambda x: 5 * x + 0.1 * abs(x), 0.0),
    "a jump": (lambda x: np.where(x > 0, 1.0, 0.0) + x, 0.0),
    "a small jump": (lambda x: np.where(x > 0, 1e-3, 0.0) + x, 0.0),
    "a stairway": (np.floor, np.array([0.5, 2.0])),
    "a kink in the slope": (lambda x: x * abs(x), 0.0),
    "relu squared": (lambda x: np.maximum(x, 0.0) ** 2, np.array([0.0, 1.0])),
    "one argument": (lambda x, y: np.sin(x) + abs(y), 1.0, 0.0),
    "infinite": (lambda x: 1 / x, 0.0),
    "outside the domain": (np.log, -1.0),
    "at the edge": (np.sqrt, 0.0),
    "wild": (lambda x: np.sin(1 / x), 1e-9),
}


@pytest.mark.parametrize("name", KINKS)
def test_points_without_a_derivative_are_rejected(name):
    function, *args = KINKS[name]
    reject(function, *args, match="what to do")


@pytest.mark.parametrize("size", [1.0, 1e-3, 1e-6])
def test_noise_is_rejected(size):
    rng = np.random.default_rng(0)
    reject(lambda x: np.sin(x) + size * rng.normal(), 0.3, match="differences")


def test_messages_name_the_rule_the_entry_and_the_line():
    with pytest.raises(GradientCheckError) as raised:
        cr.check_grads(by_hand(right, lambda *a: right(*a) * mask(3, 1, OFF)), (X,))
    message = str(raised.value)
    assert "forward derivative of output 0, entry (1,)" in message and __file__ in message and "jvp" in message
    with pytest.raises(GradientCheckError, match="reverse derivative.*(\n.*)*vjp"):
        cr.check_grads(by_hand(lambda *a: OFF * right(*a), right), (X,))
    with pytest.raises(GradientCheckError, match="order 2"):
        cr.check_grads(by_hand(frozen, frozen), (X,))


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: cr.check_grads(np.sin, 0.5), ArgumentError),
        (lambda: cr.check_grads(np.sin, X), ArgumentError),
        (lambda: cr.check_grads(3.0, (0.5,)), ArgumentError),
        (lambda: cr.check_grads(np.sin, (0.5,), modes=()), ArgumentError),
        (lambda: cr.check_grads(np.sin, (0.5,), modes="sideways"), ArgumentError),
        (lambda: cr.check_grads(np.sin, ("a",)), DtypeError),
        (lambda: cr.check_grads(np.sin, (np.array([1, 2]),)), DtypeError),
        (lambda: cr.check_grads(lambda x: "a", (1.0,)), DtypeError),
    ],
)
def test_bad_input(call, error):
    with pytest.raises(error) as raised:
        call()
    assert f"{__file__}:{call.__code__.co_firstlineno}" in str(raised.value)


def test_arguments_are_not_changed_and_the_result_repeats():
    x = X.copy()
    messages = set()
    for _ in range(2):
        with pytest.raises(GradientCheckError) as raised:
            cr.check_grads(elementwise(lambda xp, y, x: OFF * xp.cos(x)), (x,), seed=3)
        messages.add(str(raised.value))
    assert len(messages) == 1
    np.testing.assert_array_equal(x, X)
    assert shape_of(x) == (3,)
