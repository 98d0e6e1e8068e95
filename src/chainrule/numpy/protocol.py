"""NumPy's two dispatch calls, attached to Tensor.

`__array_ufunc__` (NEP 13) answers for ufuncs and all of their methods, `__array_function__` (NEP 18)
for the other functions. Each gives a right value with its derivative, or raises and names the
function, the line and the nearest function that has a rule. Nothing becomes an object array.
"""

import inspect
from typing import Any

import numpy

from chainrule.core.modes import STATE
from chainrule.core.record import TENSORS, raised_by_call, refusal
from chainrule.core.spec import number_dtype
from chainrule.core.tensor import Tensor
from chainrule.errors import ArgumentError, DtypeError, ImmutableError, UnsupportedFunctionError
from chainrule.numpy.functions import FUNCTIONS
from chainrule.numpy.functions import WITHOUT_SLOPE as FUNCTIONS_WITHOUT_SLOPE
from chainrule.numpy.ufuncs import ACCUMULATE, REDUCE, UFUNCS, outer
from chainrule.numpy.ufuncs import WITHOUT_SLOPE as UFUNCS_WITHOUT_SLOPE
from chainrule.ops import NAMESPACE as ops

_HARMLESS = {"casting", "order", "subok"}
_REDUCING = ("axis", "keepdims", "initial", "where")
_CALLING = {getattr(numpy, name): ("axis",) for name in ("vecdot",) if hasattr(numpy, name)}

# What to use in place of a function, where the function of the most similar name would not help.
_NORMAL = "linalg.solve (of a.T @ a and a.T @ b, for columns that are independent)"
_INSTEAD = {
    "linalg.lstsq": _NORMAL,
    "linalg.pinv": _NORMAL,
    "polyfit": "linalg.solve (of v.T @ v and v.T @ y, with v = np.vander(x, degree + 1))",
    "linalg.qr": "linalg.cholesky (of a.T @ a, which is R transposed, up to signs)",
    "linalg.cond": "linalg.norm (of a times that of its inverse)",
    **dict.fromkeys(("linalg.svd", "linalg.svdvals"), "linalg.norm (the root of the sum of squared singular values)"),
    **dict.fromkeys(("linalg.eig", "linalg.eigvals"), "linalg.det (the product of the eigenvalues)"),
    **dict.fromkeys(("linalg.eigh", "linalg.eigvalsh"), "linalg.det (the product of the eigenvalues)"),
    "nanmedian": "median (of t[~np.isnan(t)])",
    **dict.fromkeys(("nanquantile", "nanpercentile"), "quantile (of t[~np.isnan(t)])"),
    **dict.fromkeys(("setdiff1d", "intersect1d", "setxor1d"), "unique (and a mask)"),
    "histogram2d": "bincount (with weights=)",
    "histogramdd": "bincount (with weights=)",
    "add.reduceat": "add.reduce (of each slice)",
    "i0": "exp",
}


def array_ufunc(self, ufunc, method, *inputs, **kwargs):
    """NEP 13: a ufunc, or one of its methods, was called with a Tensor."""
    rule = UFUNCS.get(ufunc)
    if rule is not None and not kwargs and method == "__call__":
        result = rule(*inputs)
        if result is NotImplemented:
            raise _not_numbers(ufunc.__name__, inputs)
        return result
    outputs = [out for out in kwargs.pop("out", ()) if out is not None]
    if outputs and (_tracked(inputs) or any(type(out) in TENSORS for out in outputs)):
        raise ImmutableError(
            f"numpy.{ufunc.__name__} was to write a value that carries a derivative into an existing array",
            "write a = a + t instead of a += t, and leave out= away",
        )
    if ufunc in UFUNCS_WITHOUT_SLOPE or not _tracked((inputs, kwargs)):
        kwargs |= {"out": outputs[0] if len(outputs) == 1 else tuple(outputs)} if outputs else {}
        return getattr(ufunc, method)(*_bare(inputs), **_bare(kwargs))
    if method == "at":
        raise ImmutableError(
            f"numpy.{ufunc.__name__}.at writes in place, and an array written in place cannot carry a derivative",
            "build a new value: np.where, or a sum over np.take",
        )
    rule = _method_rule(ufunc, method)
    if rule is None:
        raise _unsupported(f"{ufunc.__name__}" + ("" if method == "__call__" else f".{method}"))
    inputs, kwargs = _options(ufunc, method, inputs, kwargs)
    try:
        result = rule(*inputs, **kwargs)
    except (ValueError, IndexError, TypeError) as error:
        raise refusal(f"numpy.{ufunc.__name__}", inputs, error) from None
    if result is NotImplemented:
        raise _not_numbers(ufunc.__name__, inputs)
    return result


def _options(ufunc, method, inputs, kwargs):
    """The inputs in the dtype asked for, and the options that a rule knows; raises for the others."""
    kwargs = {name: value for name, value in kwargs.items() if name not in _HARMLESS}
    if kwargs.get("where") is True:
        del kwargs["where"]
    dtype = kwargs.pop("dtype", None)
    if dtype is not None:
        if number_dtype(dtype).kind not in "fc":
            raise DtypeError(f"numpy.{ufunc.__name__} with dtype={dtype!r} has no slope", "ask for floating point")
        inputs = [ops.astype(ops.whole(x), dtype) for x in inputs]
    accepted = {"reduce": _REDUCING, "accumulate": ("axis",), "__call__": _CALLING.get(ufunc, ())}.get(method, ())
    kwargs = {name: value for name, value in kwargs.items() if value is not None or name in accepted}
    for name in kwargs:
        if name not in accepted:
            raise UnsupportedFunctionError(
                f"numpy.{ufunc.__name__} with {name}= has no derivative rule here",
                f"leave {name}= away; np.where selects",
            )
    return inputs, kwargs


def _method_rule(ufunc, method):
    """What a ufunc's method is here; None where it has no rule."""
    if method == "__call__":
        return UFUNCS.get(ufunc)
    if method == "outer":
        return outer(ufunc) if ufunc in UFUNCS and ufunc.nin == 2 else None
    return {"reduce": REDUCE, "accumulate": ACCUMULATE}.get(method, {}).get(ufunc)


def array_function(self, function, types, args, kwargs):
    """NEP 18: another NumPy function was called with a Tensor somewhere in its arguments."""
    rule = FUNCTIONS.get(function)
    if rule is None:
        if function in FUNCTIONS_WITHOUT_SLOPE or not _tracked((args, kwargs)):
            return function(*_bare(args), **_bare(kwargs))
        raise _unsupported(_full_name(function))
    if kwargs:
        args, kwargs = _renamed(function, rule, args, kwargs)
    try:
        return rule(*args, **kwargs)
    except Exception as error:
        if not _tracked((args, kwargs)):  # no derivative is at stake: NumPy's own answer, or its own error
            return function(*_bare(args), **_bare(kwargs))
        reworded = _reworded(f"numpy.{_full_name(function)}", args, error)
        if reworded is error:
            raise
        raise reworded from error


def _reworded(name, args, error):
    """What a rule refused, in the user's terms; an error of the user's own code as it is."""
    if isinstance(error, TypeError) and "argument" in str(error) and raised_by_call(error):
        return ArgumentError(  # from calling the rule, not from inside it
            f"{name} was called with arguments that have no derivative rule here: {error}",
            "use the function's main arguments only",
        )
    return refusal(name, args, error)


def _renamed(function, rule, args, kwargs):
    """Arguments given by NumPy's names, by position where our name for them differs."""
    code = getattr(rule, "__code__", None)
    if code is None or all(name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] for name in kwargs):
        return args, kwargs
    parameters = list(inspect.signature(function).parameters)
    args, kwargs = list(args), dict(kwargs)
    while len(args) < len(parameters) and parameters[len(args)] in kwargs:
        args.append(kwargs.pop(parameters[len(args)]))
    return args, {name: value for name, value in kwargs.items() if value is not None}


def _full_name(function):
    module = function.__module__ or ""
    return f"{module.removeprefix('numpy').lstrip('.')}.{function.__name__}".lstrip(".")


def _names():
    return [ufunc.__name__ for ufunc in UFUNCS] + [_full_name(function) for function in FUNCTIONS]


def _unsupported(name):
    import difflib  # not needed by programs that work

    near = [_INSTEAD[name]] if name in _INSTEAD else difflib.get_close_matches(name, _names(), n=1, cutoff=0.6)
    nearest = (
        f"the nearest function that has one is numpy.{near[0]}" if near else "write it with functions that have one"
    )
    return UnsupportedFunctionError(
        f"numpy.{name} has no derivative rule here",
        f"{nearest}; where its derivative is not wanted, pass stop_gradient(t)",
    )


def _not_numbers(name, inputs):
    kinds = ", ".join(type(x).__name__ for x in inputs)
    return DtypeError(f"numpy.{name} was called with {kinds}", "pass numbers, arrays or Tensors")


def _tracked(value):
    """Whether a gradient flows to a Tensor anywhere in nested arguments, and is being recorded."""
    if isinstance(value, (list, tuple)):
        return any(_tracked(item) for item in value)
    if isinstance(value, dict):
        return any(_tracked(item) for item in value.values())
    return type(value) in TENSORS and value.node.tracked and STATE.recording


def _bare(value) -> Any:
    """Nested arguments with bare values in place of Tensors."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if isinstance(value, tuple):
        return tuple(_bare(item) for item in value)
    if isinstance(value, dict):
        return {name: _bare(item) for name, item in value.items()}
    return value.value if type(value) in TENSORS else value


for _name, _value in (
    ("__array_ufunc__", array_ufunc),
    ("__array_function__", array_function),
    ("__array_priority__", 100.0),
):
    setattr(Tensor, _name, _value)
