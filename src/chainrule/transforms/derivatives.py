"""grad, value_and_grad, vjp and jvp."""

import functools
from typing import Any

import numpy

from chainrule.core import tree
from chainrule.core.record import TENSORS, is_standing, plain_value
from chainrule.core.reverse import fit, fitting
from chainrule.core.spec import dtype_of, one_like, shape_of
from chainrule.core.tensor import own
from chainrule.errors import ArgumentError, NotScalarError, ShapeError
from chainrule.transforms.trace import Trace, check_callable, plain_unless_tracked


def value_and_grad(function, argnums=0, has_aux=False):
    """A function that returns the value and the gradient of `function`.

    Args:
        function: takes numbers, arrays or trees of them, and returns one real number.
        argnums: the argument to differentiate in: a position or a name, or a tuple of them. An array given
            here is read where it is, so the function must not change it through another name.
        has_aux: the function returns `(value, aux)`; so does the result's first part.

    Returns:
        a function with the same arguments. The gradient has the structure of the argument (a tuple of
        such for several), with a Python float for a Python float.

    Raises (when called):
        NotScalarError: the value is not one real number.
        DtypeError: a chosen argument is not floating point. A Python int counts as a float.
        ArgumentError: argnums names no argument.

    >>> import numpy as np, chainrule as cr
    >>> cr.value_and_grad(lambda w, x: np.sin(w * x), argnums=(0, 1))(0.0, 2.0)
    (0.0, (2.0, 0.0))
    """
    check_callable(function)

    @functools.wraps(function, assigned=("__doc__", "__name__", "__module__"), updated=())
    def evaluate(*args, **kwargs):
        trace = Trace(function, args, kwargs, argnums, has_aux)
        out = trace.output
        _check_scalar(out)
        if type(out) in TENSORS and out.node.tracked:
            gradients = trace.pull_back([(out.node, one_like(out.node.value))])
        else:
            gradients = trace.pull_back([])
        trace.close()
        value = trace.released(out)
        return ((value, trace.released(trace.aux)) if has_aux else value), trace.rebuild(gradients)

    return evaluate


def grad(function, argnums=0, has_aux=False):
    """A function that returns the gradient of `function`; see `value_and_grad`.

    With `has_aux` it returns `(gradient, aux)`. Gradients of gradients to any order:

    >>> import numpy as np, chainrule as cr
    >>> cr.grad(np.sin)(0.0)
    1.0
    >>> cr.grad(cr.grad(lambda x: x**3))(2.0)
    12.0
    """
    both = value_and_grad(function, argnums, has_aux)

    @functools.wraps(function, assigned=("__doc__", "__name__", "__module__"), updated=())
    def evaluate(*args, **kwargs):
        value, gradient = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return evaluate


def vjp(function, *args, argnums=None, has_aux=False) -> Any:
    """The value, and the pullback: from a cotangent of the value to the cotangents of the arguments.

    Args:
        function, args: the function and where it is evaluated.
        argnums: the arguments to differentiate in; all of them by default.
        has_aux: the function returns `(value, aux)`, and `(value, pullback, aux)` is returned.

    Returns:
        `(value, pullback)`. The pullback takes a cotangent of the value's structure and shapes and
        returns a tuple with one cotangent an argument (bare where argnums is one number). It may be
        called more than once.

    Raises: as `value_and_grad`; the pullback raises ShapeError for a cotangent that does not fit.

    >>> import numpy as np, chainrule as cr
    >>> value, pullback = cr.vjp(np.multiply, 2.0, 5.0)
    >>> value, pullback(1.0)
    (10.0, (5.0, 2.0))
    """
    argnums = tuple(range(len(args))) if argnums is None else argnums
    trace = Trace(function, args, {}, argnums, has_aux, keep=True)
    outputs, _ = tree.flatten(trace.output)
    tracked = [out.node if type(out) in TENSORS and out.node.tracked else None for out in outputs]
    trace.nested = trace.depends_on_others([node for node in tracked if node is not None])
    trace.close()

    def pullback(cotangent):
        given, _ = tree.flatten(cotangent)
        difference = tree.difference(cotangent, trace.output)
        if difference:
            raise ShapeError(
                f"the pullback was given cotangents of another structure than the output: {difference}",
                "pass one cotangent for each output, in the same structure",
            )
        what = "the pullback was given a cotangent"
        fitted = [_fitted(one, plain_value(out), what) for one, out in zip(given, outputs)]
        seeds = [(node, one) for node, one in zip(tracked, fitted) if node is not None]
        return trace.rebuild(trace.pull_back(seeds))

    value = trace.released(trace.output)
    return (value, pullback, trace.released(trace.aux)) if has_aux else (value, pullback)


def _fitted(given, value, what):
    """A cotangent or tangent in the dtype of its value; raises where it does not fit."""
    bare = fitting(given, value, f"{what} that")
    return given if type(given) in TENSORS and given.node.tracked else fit(bare, value)


def jvp(function, primals, tangents, has_aux=False) -> Any:
    """The value, and its rate of change when the arguments move along tangents.

    Args:
        function: any function of numbers, arrays or trees of them.
        primals, tangents: tuples of the arguments and of their rates, of equal structure.
        has_aux: the function returns `(value, aux)`, and `(value, tangent, aux)` is returned.

    Raises: ArgumentError, ShapeError, DtypeError where a tangent does not fit its primal.

    >>> import numpy as np, chainrule as cr
    >>> cr.jvp(np.multiply, (2.0, 5.0), (1.0, 0.0))
    (10.0, 5.0)
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise ArgumentError("jvp takes tuples of primals and of tangents", "write jvp(f, (x,), (dx,))")
    difference = tree.difference(list(tangents), list(primals))
    if difference:
        raise ArgumentError(
            f"jvp was given tangents of another structure than the primals: {difference}",
            "pass one tangent for each primal, in the same structure",
        )
    trace = Trace(function, tuple(primals), {}, tuple(range(len(primals))), has_aux)
    tangent = _pushed(trace, list(primals), list(tangents), "jvp was given a tangent")
    trace.close()
    value = trace.released(trace.output)
    return (value, tangent, trace.released(trace.aux)) if has_aux else (value, tangent)


def linearize(function, *primals) -> Any:
    """The value, and the derivative at this point: a linear function from tangents to that of the value.

    The function runs once; each call of the second result is one forward walk over what was recorded.

    Raises: as `jvp`.

    >>> import numpy as np, chainrule as cr
    >>> value, derivative = cr.linearize(np.multiply, 2.0, 5.0)
    >>> value, derivative(1.0, 0.0), derivative(0.0, 1.0)
    (10.0, 5.0, 2.0)
    """
    trace = Trace(function, primals, {}, tuple(range(len(primals))), keep=True)
    trace.close()

    def derivative(*tangents):
        return _pushed(trace, list(primals), list(tangents), "the derivative was given a tangent")

    return trace.released(trace.output), derivative


def _pushed(trace, primals, tangents, what):
    """The tangents of a trace's output, for those of its arguments."""
    flat, _ = tree.flatten(tangents)
    difference = tree.difference(tangents, primals)
    if difference:
        raise ArgumentError(
            f"{what} of another structure than the primals: {difference}",
            "pass one tangent for each primal, in the same structure",
        )
    rates = [_fitted(one, leaf.value, what) for one, leaf in zip(flat, trace.leaves)]
    outputs, rebuild = tree.flatten(trace.output)
    nodes = [out.node if type(out) in TENSORS and out.node.tracked else None for out in outputs]
    moved = iter(trace.push_forward([node for node in nodes if node is not None], rates))
    changes, handed_out = [], {id(rate) for rate in rates}
    for out, node in zip(outputs, nodes):
        change = None if node is None else next(moved)
        value = plain_value(out)
        if change is None:
            change = 0.0 if type(value) in (float, int, bool) else numpy.zeros_like(value)[()]
        changes.append(trace.as_given(own(plain_unless_tracked(change), handed_out), out))
    return rebuild(changes)


def _check_scalar(out):
    number = type(out) is float or isinstance(out, (numpy.ndarray, numpy.generic, int))
    if type(out) in TENSORS or number or is_standing(out):
        shape, dtype = shape_of(out), dtype_of(out)
        if dtype.kind == "c":
            raise NotScalarError(
                f"grad needs one real number, and the function returned a complex one ({dtype})",
                "return its real part or its absolute value",
            )
        if numpy.prod(shape, dtype=int) == 1:
            return
        raise NotScalarError(
            f"grad needs one number, and the function returned shape {shape}",
            "return a sum or a mean, or use jacobian (all of them) or vjp (a weighted sum of them)",
        )
    raise NotScalarError(
        f"grad needs one number, and the function returned a {type(out).__name__}",
        "return the number itself; with has_aux=True other values can be returned beside it",
    )
