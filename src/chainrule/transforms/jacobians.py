"""jacobian, hessian and hvp: whole matrices of derivatives, and their products with a vector."""

import functools
import math

import numpy

from chainrule.core import tree
from chainrule.core.record import TENSORS, plain_value
from chainrule.core.spec import shape_of
from chainrule.errors import ArgumentError
from chainrule.ops import NAMESPACE as ops
from chainrule.transforms.derivatives import grad, jvp
from chainrule.transforms.trace import Trace, choose


def jacobian(function, argnums=0, has_aux=False, mode=None):
    """A function that returns all first derivatives of `function`.

    Args:
        function: takes and returns numbers, arrays or trees of them.
        argnums, has_aux: as in `value_and_grad`; with has_aux, `(jacobian, aux)` is returned.
        mode: "forward" (one walk for each input number) or "reverse" (one for each output number); by
            default whichever is fewer.

    Returns:
        a function. Its result has the structure of the output, each leaf of which holds the structure
        of the argument, each leaf of which has shape `output.shape + argument.shape`.

    >>> import numpy as np, chainrule as cr
    >>> cr.jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    if mode not in (None, "forward", "reverse"):
        raise ArgumentError(f"mode={mode!r}", "choose mode='forward', mode='reverse', or leave it away")

    @functools.wraps(function, assigned=("__doc__", "__name__", "__module__"), updated=())
    def evaluate(*args, **kwargs):
        trace = Trace(function, args, kwargs, argnums, has_aux)
        outputs, rebuild = tree.flatten(trace.output)
        inputs = sum(math.prod(shape_of(leaf.value)) for leaf in trace.leaves)
        count = sum(math.prod(shape_of(out)) for out in outputs)
        forward = mode == "forward" or (mode is None and inputs < count)
        blocks = (_by_columns if forward else _by_rows)(trace, outputs)
        trace.close()
        result = rebuild([trace.rebuild(row) for row in blocks])
        return (result, trace.released(trace.aux)) if has_aux else result

    return evaluate


def _units(value):
    """Every direction in which one entry of the value moves alone."""
    if type(value) is float:
        yield 1.0
        return
    for i in range(math.prod(shape_of(value))):
        unit = numpy.zeros_like(value)
        unit.reshape(-1)[i : i + 1] = 1
        yield unit[()]


def _by_rows(trace, outputs):
    """One backward walk for each entry of each output."""
    blocks = []
    for out in outputs:
        value = plain_value(out)
        tracked = type(out) in TENSORS and out.node.tracked
        rows = [trace.pull_back([(out.node, unit)] if tracked else []) for unit in _units(value)]
        blocks.append([
            _assembled([row[i] for row in rows], shape_of(value), shape_of(leaf.value), 0, leaf.value)
            for i, leaf in enumerate(trace.leaves)
        ])
    return blocks


def _by_columns(trace, outputs):
    """One forward walk for each entry of each leaf."""
    nodes = [out.node if type(out) in TENSORS and out.node.tracked else None for out in outputs]
    blocks = [[] for _ in outputs]
    for i, leaf in enumerate(trace.leaves):
        columns = [[] for _ in outputs]
        for unit in _units(leaf.value):
            rates = [unit if j == i else None for j in range(len(trace.leaves))]
            moved = iter(trace.push_forward([node for node in nodes if node is not None], rates))
            for k, out in enumerate(outputs):
                change = next(moved) if nodes[k] is not None else None
                columns[k].append(numpy.zeros_like(plain_value(out))[()] if change is None else change)
        for k, out in enumerate(outputs):
            block = _assembled(columns[k], shape_of(leaf.value), shape_of(out), -1, plain_value(out))
            blocks[k].append(trace._result(i, block))
    return blocks


def _assembled(parts, outer, inner, axis, like):
    """Parts (one for each entry of shape `outer`, each of shape `inner`) as one array.

    The counting axis goes first (axis 0: rows) or last (axis -1: columns).
    """
    shape = outer + inner if axis == 0 else inner + outer
    if not shape:
        return parts[0]
    if not parts:
        return numpy.zeros(shape, dtype=numpy.result_type(like))
    if any(type(part) in TENSORS for part in parts):
        return ops.reshape(ops.stack(parts, axis), shape)
    return numpy.stack([numpy.asarray(part) for part in parts], axis).reshape(shape)


def hessian(function, argnums=0, has_aux=False):
    """A function that returns all second derivatives of `function`, which returns one number.

    Returns: as `jacobian` of `grad`: for an array of shape s, an array of shape s + s.

    >>> import numpy as np, chainrule as cr
    >>> cr.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacobian(grad(function, argnums, has_aux), argnums, has_aux)


def hvp(function, primals=None, tangents=None, argnums=0, has_aux=False):
    """The product of the second derivatives with a vector, without the matrix.

    Args:
        function: returns one real number.
        primals, tangents: the arguments (a tuple, or the only one) and the vector, of the structure of
            the argument that argnums names (a tuple of such for several). Without them, a function is
            returned that takes the arguments and, last, the vector.
        argnums, has_aux: as in `value_and_grad`; with has_aux, `(product, aux)` is returned.

    >>> import numpy as np, chainrule as cr
    >>> cr.hvp(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([4., 2.])
    """

    def evaluate(*args_and_vector, **kwargs):
        *args, vector = args_and_vector
        chosen = choose(function, args, kwargs, argnums)
        gradient = grad(function, argnums, has_aux)
        picked = [kwargs[p] if isinstance(p, str) else args[p] for p in chosen.places]

        def along(*moving):
            new_args, new_kwargs = list(args), dict(kwargs)
            for place, value in zip(chosen.places, moving):
                (new_kwargs if isinstance(place, str) else new_args)[place] = value
            return gradient(*new_args, **new_kwargs)

        rates = (vector,) if chosen.single else tuple(vector)
        _, product, *aux = jvp(along, tuple(picked), rates, has_aux)
        return (product, aux[0]) if has_aux else product

    if primals is None:
        return evaluate
    args = primals if isinstance(primals, tuple) else (primals,)
    single = isinstance(tangents, tuple) and len(tangents) == 1 and isinstance(argnums, (int, str))
    return evaluate(*args, tangents[0] if single else tangents)
