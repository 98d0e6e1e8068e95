"""Whatever NumPy has: fed a Tensor, it gives NumPy's value with its derivative, or raises.

The functions of NumPy's namespaces are found by looking, so those of a later NumPy are tried too. Each is
called in many ways. A call that NumPy itself refuses says nothing; of the others none may give a value that
differs from NumPy's, nor a plain number where the derivative is not zero, nor an object array.
"""

import inspect
import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError

M = np.random.default_rng(0).normal(size=(3, 3)) + 3 * np.eye(3)
V, S = np.array([0.3, 0.5, 0.9, 0.7]), 0.7
LEAVES = {"M": M, "V": V, "S": S, "V3": V[:3], "V2": V[:2], "sorted": np.sort(V)}
CONSTANTS = {"int": np.array([0, 1, 0]), "bool": np.array([True, False, True]), "f": lambda x: (x * x).sum()}
CALLS = [
    ("M",), ("V",), ("S",), ("M", "M"), ("V", "V"), ("S", "S"), ("M", "V3"), ("V3", "M"), (["V", "V"],), (("M", "M"),),
    ("M", 1), ("V", 1), ("V", 2), ("S", 2), (1, "S"), ("M", [0]), ("int", "M"), ("int", "V3"), ("int", ["M", "M"]),
    ("bool", "V3"), ("V3", "bool"), ("V3", "V3", "V3"), ("M", (1, 1)), ("V", (2, 2)), ("M", 1, 0), ("M", (0, 1), (1, 0)),
    ((2, 2), "S"), ("S", 3.0, 4), (3.0, "S", 4), ("f", "V"), ("f", 0, "M"), ("f", "M", [0]), ("V", [0.2, 0.5], [1.0, 2.0]),
    ([0.2, 0.5], "V2", "V2"), ([0.2, 0.5], [0.1, 0.8], "V2"), ("ii", "M"), ("ij,jk->ik", "M", "M"),
    (["bool", "bool"], ["V3", "V3"]), ("sorted", "V"), ("V", "sorted"), ("V", [0, 1, 1, 0]), ([0, 1, 1, 0], "V"),
]  # fmt: skip
MODULES = [np, np.linalg, np.fft, np.emath, np.lib.stride_tricks, np.lib.array_utils, np.ma, np.strings]
FILES = """
    save savez savez_compressed savetxt load fromfile genfromtxt loadtxt fromregex memmap seed set_state shuffle info
    as_strided show_config show_runtime setbufsize seterr seterrcall set_printoptions test get_include
""".split()

# Results of these are plain, and rightly so.
WITHOUT_SLOPE = {
    "angle": "the angle of plain numbers; the Tensor asks for degrees",
    "array2string array_repr array_str base_repr binary_repr format_float_positional": "text",
    "empty_like ones_like zeros_like masked_all_like": "only the shape is read",
    "full_like": "filled with a plain number",
    "atleast_1d atleast_2d atleast_3d broadcast_arrays meshgrid": "the arrays among the results that were plain already",
    "diff trapezoid polyint unwrap nan_to_num unique cov corrcoef dot": "plain numbers; the Tensor stands for an option",
    "histogram histogram_bin_edges": "the edges that were given, or counts",
    "slogdet": "the sign of a real determinant",
    "where": "plain numbers; the Tensor is the condition",
    "svd": "plain numbers; the Tensor stands for an option",
    "common_fill_value default_fill_value maximum_fill_value minimum_fill_value": "what a dtype is filled with",
    "masked_inside masked_outside masked_values": "plain numbers; the Tensor is a bound",
}
PLAIN = {name for names in WITHOUT_SLOPE for name in names.split()}


def functions():
    for module in MODULES:
        for name in dir(module):
            function = getattr(module, name)
            if not name.startswith("_") and callable(function) and not isinstance(function, type) and name not in FILES:
                yield pytest.param(name, function, id=f"{module.__name__}.{name}")


def built(part, leaf):
    """A part of a call, with `leaf(name)` in place of the names of leaves."""
    if isinstance(part, (list, tuple)):
        return type(part)(built(item, leaf) for item in part)
    if not isinstance(part, str):
        return part
    return leaf(part) if part in LEAVES else CONSTANTS.get(part, part)


def flat(value):
    return [part for item in value for part in flat(item)] if isinstance(value, (list, tuple)) else [value]


def numpys(function, call):
    """NumPy's own answer; None where it refuses or warns of a wrong use."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error")
            return flat(function(*built(call, lambda name: np.copy(LEAVES[name]) if name != "S" else S)))
    except (Exception, np.exceptions.AxisError):
        return None


def is_dispatched(function):
    return isinstance(function, np.ufunc) or hasattr(function, "__wrapped__") or function in (np.where, np.dot)


@pytest.mark.parametrize("name, function", list(functions()))
def test_right_or_an_error(name, function):
    for call in CALLS:
        expected = numpys(function, call)
        leaves = []

        def leaf(name, leaves=leaves):
            leaves.append(cr.tensor(LEAVES[name], requires_grad=True))
            return leaves[-1]

        args = built(call, leaf)
        if expected is None or not leaves:
            continue
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                ours = flat(function(*args))
        except ChainruleError:
            continue
        except (ValueError, TypeError, AttributeError, NotImplementedError) as error:
            # What NumPy does not hand to us refuses a Tensor in its own words, if it does not take ours.
            caused = isinstance(error.__cause__, ChainruleError) or isinstance(error.__context__, ChainruleError)
            assert caused or not is_dispatched(function) or "output array is read-only" in str(error), f"{name}{call}"
            continue
        for one, other in zip(ours, expected):
            if isinstance(one, cr.Tensor):
                assert one.shape == np.shape(other), f"{name}{call}: shape"
                np.testing.assert_allclose(one.value, other, rtol=1e-10, atol=1e-12, err_msg=f"{name}{call}")
            elif isinstance(one, (np.ndarray, np.generic, float, complex)):
                kind = np.asarray(one).dtype.kind
                assert kind != "O" or np.asarray(other).dtype.kind == "O", f"{name}{call}: an object array"
                assert kind not in "fc" or name in PLAIN, f"{name}{call}: a plain value"


# Functions that NumPy does not hand to us, since they make arrays of their arguments.
MAKING = {
    "np.array([x[0], x[1]])": "np.stack",
    "np.array(x)": "np.stack",
    "np.asarray(x)": "np.stack",
    "np.asanyarray(x)": "np.stack",
    "np.ascontiguousarray(x)": "np.stack",
    "np.asfortranarray(x)": "np.stack",
    "np.require(x)": "np.stack",
    "np.asarray_chkfinite(x)": "np.stack",
    "np.full(3, x[0])": "",
    "np.full((2, 3), x)": "",
    "np.arange(0, x[0], 0.1)": "",
    "np.vectorize(lambda v: v * v)(x)": "",
    "np.polynomial.polynomial.polyfit([0, 1, 2], x, 1)": "",
    "np.polynomial.chebyshev.chebval(0.3, x)": "",
    "np.polynomial.Polynomial(x)": "",
    "np.ma.array(x)": "",
    "np.ma.masked_where([True, False, True], x)": "",
    "np.random.normal(x)": "",
    "np.random.default_rng(0).normal(x)": "",
    "np.random.default_rng(0).permutation(x)": "",
    "np.emath.sqrt(x)": "",
    "np.testing.assert_allclose(x, 1.0)": "",
    "np.float64(x[0])": "",
    "np.float32(x[0])": "",
    "np.sum([x[0], x[1]])": "",
    "np.mean([x, x], axis=0)": "",
    "np.where([True, False, True], [x[0], x[1], x[2]], 0.0)": "",
    "np.save('/dev/null', x)": "",
    "np.diag([x[0], x[1]])": "",
    "np.piecewise(np.ones(3), [[True, False, True]], [x[0], 0.0])": "",
    "np.lib.stride_tricks.sliding_window_view(x, 2)": "",
    "np.frompyfunc(lambda v: v * v, 1, 1)(x)": "",
    "np.apply_over_axes(np.sum, x, [0])": "",
    "np.nditer(x)": "",
    "np.ndindex(*x)": "",
    "np.matrix(x)": "",
    "np.polynomial.Polynomial([1.0, 2, 3])(x)": "",
    "np.char.array(x)": "",
}


@pytest.mark.parametrize("call", MAKING)
@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_what_makes_arrays_says_how_to_do_without(call):
    x = cr.tensor([0.3, 0.5, 0.9], requires_grad=True)
    with pytest.raises(ChainruleError) as error:
        eval(call, {"np": np}, {"x": x})
    assert "what to do" in str(error.value) and MAKING[call] in str(error.value)


KEEPING = {
    "np.polynomial.polynomial.polyval(x, [1.0, 2, 3])": [2, 8],
    "np.linspace(x[0], x[1], 3)": [1.5, 1.5],
    "np.eye(2) * x": [1, 1],
    "[v * v for v in x]": [0, 2],
    "[v * x[i] for (i,), v in np.ndenumerate(np.ones(2))]": [1, 1],
}


@pytest.mark.parametrize("call", KEEPING)
def test_what_is_made_of_operations_just_works(call):
    def f(x):
        result = eval(call, {"np": np, "x": x})
        return sum(result) if isinstance(result, list) else np.sum(result)

    np.testing.assert_allclose(cr.grad(f)(np.array([0.0, 1.0])), KEEPING[call])


def test_signatures_are_numpys():
    """The names of parameters, for the functions that are our own under NumPy's name."""
    from chainrule.numpy import FUNCTIONS

    missing = {}
    for function, rule in FUNCTIONS.items():
        try:
            theirs = inspect.signature(function).parameters
            ours = inspect.signature(rule).parameters
        except (ValueError, TypeError):
            continue
        if any(p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in ours.values()):
            continue
        lost = {
            name
            for name, p in theirs.items()
            if p.kind is p.KEYWORD_ONLY or name in ("axis", "keepdims", "dtype", "out")
        }
        lost -= set(ours)
        if lost:
            missing[function.__name__] = lost
    missing = {name: lost - {"device", "like", "weights"} for name, lost in missing.items()}
    missing = {name: lost for name, lost in missing.items() if lost}
    assert missing == {}


_SERIES = {
    "polynomial": "polyval",
    "chebyshev": "chebval",
    "legendre": "legval",
    "hermite": "hermval",
    "hermite_e": "hermeval",
    "laguerre": "lagval",
}


@pytest.mark.parametrize("shape", [(3,), (3, 2), (3, 3)])
@pytest.mark.parametrize("name", [*_SERIES, "roots"])
def test_several_series_at_several_points(name, shape):
    """numpy.polynomial asks for an ndarray itself before it tells the axes of x and of the coefficients apart."""
    module = getattr(np.polynomial, name if name in _SERIES else "polynomial")
    function = getattr(module, _SERIES.get(name, "polyvalfromroots"))
    x, c = np.array([0.3, 0.5, 0.7]), np.arange(float(np.prod(shape))).reshape(shape) + 1
    plain = function(x, c)
    weights = np.arange(1.0, 1 + plain.size).reshape(plain.shape)
    value, gradient = cr.value_and_grad(lambda x: np.sum(function(x, c) * weights))(x)
    np.testing.assert_allclose(value, np.sum(plain * weights), rtol=1e-13)
    step = 1e-6
    slopes = [np.sum((function(x + h, c) - function(x - h, c)) * weights) / (2 * step) for h in step * np.eye(3)]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6)
    rows = cr.vmap(lambda x: function(x, c))(np.stack([x, x + 0.1]))
    np.testing.assert_allclose(rows, np.stack([plain, function(x + 0.1, c)]), rtol=1e-13)
    fast = cr.compile(lambda x: function(x, c))
    for _ in range(2):
        np.testing.assert_allclose(fast(x), plain, rtol=1e-13)


def test_a_tensor_is_a_tensor_elsewhere():
    assert isinstance(cr.tensor(1.0), cr.Tensor) and not isinstance(cr.tensor([1.0]), np.ndarray)
    assert cr.tensor(1.0).__class__ is cr.Tensor
