"""grad, value_and_grad, vjp and jvp."""

import functools

import numpy

from chainrule.core import tree
from chainrule.core.record import TENSORS, plain_value
from chainrule.core.reverse import fit
from chainrule.core.spec import dtype_of, shape_of
from chainrule.errors import ArgumentError, DtypeError, NotScalarError, ShapeError
from chainrule.transforms.trace import Trace


def value_and_grad(function, argnums=0, has_aux=False):
    """A function that returns the value and the gradient of `function`.

    Args:
        function: takes numbers, arrays or trees of them, and returns one real number.
        argnums: the argument to differentiate in: a position or a name, or a tuple of them.
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
    if not callable(function):
        raise ArgumentError(
            f"a {type(function).__name__} cannot be differentiated: it is not a function",
            "pass the function itself: grad(f)(x), not grad(f(x))",
        )

    @functools.wraps(function, assigned=("__doc__", "__name__", "__module__"), updated=())
    def evaluate(*args, **kwargs):
        trace = Trace(function, args, kwargs, argnums, has_aux)
        out = trace.output
        _check_scalar(out)
        if type(out) in TENSORS and out.node.tracked:
            value = out.node.value
            seed = 1.0 if type(value) is float else numpy.ones_like(value)[()]
            gradients = trace.pull_back([(out.node, seed)])
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


def vjp(function, *args, argnums=None, has_aux=False):
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
    outputs, rebuild = tree.flatten(trace.output)
    tracked = [out.node for out in outputs if type(out) in TENSORS and out.node.tracked]
    trace.nested = trace.depends_on_others(tracked)

    def pullback(cotangent):
        given, _ = tree.flatten(cotangent)
        if len(given) != len(outputs):
            raise ShapeError(
                f"the pullback was given {len(given)} cotangents for {len(outputs)} outputs",
                "pass one cotangent for each output, in the same structure",
            )
        seeds = [
            (out.node, _cotangent(one, out)) for one, out in zip(given, outputs)
            if type(out) in TENSORS and out.node.tracked
        ]
        return trace.rebuild(trace.pull_back(seeds))

    value = trace.released(trace.output)
    return (value, pullback, trace.released(trace.aux)) if has_aux else (value, pullback)


def _cotangent(given, out):
    value = given if type(given) in TENSORS else plain_value(given)
    _check_fits("cotangent", value, out.node.value)
    if type(value) in TENSORS:
        return value if value.node.tracked else value.node.value
    return fit(value, out.node.value)


def jvp(function, primals, tangents, has_aux=False):
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
    flat, _ = tree.flatten(list(tangents))
    trace = Trace(function, tuple(primals), {}, tuple(range(len(primals))), has_aux)
    if len(flat) != len(trace.leaves):
        raise ArgumentError(
            f"jvp was given {len(flat)} tangents for {len(trace.leaves)} primals",
            "pass one tangent for each primal, in the same structure",
        )
    rates = [_tangent(tangent, leaf.value) for tangent, leaf in zip(flat, trace.leaves)]
    outputs, rebuild = tree.flatten(trace.output)
    nodes = [out.node for out in outputs if type(out) in TENSORS and out.node.tracked]
    moved = iter(trace.push_forward(nodes, rates))
    changes = []
    for out in outputs:
        change = next(moved) if type(out) in TENSORS and out.node.tracked else None
        value = plain_value(out)
        if change is None:
            change = 0.0 if type(value) is float else numpy.zeros_like(value)[()]
        changes.append(trace.released(change))
    trace.close()
    value, tangent = trace.released(trace.output), rebuild(changes)
    return (value, tangent, trace.released(trace.aux)) if has_aux else (value, tangent)


def _tangent(given, primal):
    value = given if type(given) in TENSORS else plain_value(given)
    _check_fits("tangent", value, primal)
    if type(value) in TENSORS:
        return value
    return fit(value, primal)


def _check_fits(what, value, primal):
    if value is NotImplemented or dtype_of(value).kind not in "biufc":
        raise DtypeError(f"a {what} is not a number or an array", f"pass a {what} of the value's shape")
    if shape_of(value) != shape_of(primal):
        raise ShapeError(
            f"a {what} of shape {shape_of(value)} was given for a value of shape {shape_of(primal)}",
            f"a {what} has the shape of the value it belongs to",
        )
    if dtype_of(value).kind == "c" and dtype_of(primal).kind != "c":
        raise DtypeError(
            f"a {what} of dtype {dtype_of(value)} was given for a value of dtype {dtype_of(primal)}",
            f"the {what} of a real value is real",
        )


def _check_scalar(out):
    if type(out) in TENSORS or type(out) is float or isinstance(out, (numpy.ndarray, numpy.generic, int)):
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
