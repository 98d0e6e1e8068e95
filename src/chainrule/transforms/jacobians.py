"""jacobian, hessian and hvp: whole matrices of derivatives, and their products with a vector."""

import functools
import math
from typing import Any

import numpy

from chainrule.core import tree
from chainrule.core.record import TENSORS, plain_value
from chainrule.core.reverse import weak
from chainrule.core.rows import as_array, somewhere
from chainrule.core.spec import WEAK, dtype_of, shape_of
from chainrule.errors import ArgumentError, DtypeError
from chainrule.ops import NAMESPACE as ops
from chainrule.transforms.derivatives import grad, jvp
from chainrule.transforms.trace import Trace, check_callable, choose


def jacobian(function, argnums=0, has_aux=False, mode=None):
    """A function that returns all first derivatives of `function`.

    Args:
        function: takes and returns numbers, arrays or trees of them.
        argnums, has_aux: as in `value_and_grad`; with has_aux, `(jacobian, aux)` is returned.
        mode: "forward" (one walk for each input number) or "reverse" (one for each output number); by
            default whichever is fewer.

    Returns:
        a function. Its result has the structure of the output, each leaf of which holds the structure
        of the argument, each leaf of which has shape `output.shape + argument.shape`. Of a real output
        by a complex argument it holds the gradient as `grad` gives it; of a complex output by a complex
        argument, the derivative of a holomorphic function.

    Raises (when called): as `value_and_grad`; DtypeError where the derivative of a complex output by a
        complex argument is no one complex number.

    >>> import numpy as np, chainrule as cr
    >>> cr.jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    check_callable(function)
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


def _turns(value):
    """The units of a value's numbers: a complex number can also move along i."""
    return (1, 1j) if dtype_of(value).kind == "c" else (1,)


def units(value, turn: complex = 1):
    """Every direction in which one entry of the value moves alone, along the unit `turn`."""
    if type(value) in WEAK or type(value) is complex:
        yield turn * (1.0 if type(value) in WEAK else complex(1))
        return
    for i in range(math.prod(shape_of(value))):
        unit = numpy.zeros(shape_of(value), numpy.result_type(value))  # in C order, so that reshape is a view
        unit.reshape(-1)[i : i + 1] = turn
        yield unit[()]


def _by_rows(trace, outputs):
    """One backward walk for each entry of each output; two where the output is complex."""
    blocks = []
    for out in outputs:
        value = plain_value(out)
        tracked = type(out) in TENSORS and out.node.tracked
        turned = [
            [trace.pull_back([(out.node, unit)] if tracked else []) for unit in units(value, turn)]
            for turn in _turns(value)
        ]
        row = []
        for i, leaf in enumerate(trace.leaves):
            shapes = shape_of(value), shape_of(leaf.value)
            parts = [_assembled([one[i] for one in rows], *shapes, 0, leaf.value) for rows in turned]
            if len(parts) == 1:
                row.append(parts[0])
            elif len(_turns(leaf.value)) == 1:
                row.append(parts[0] + 1j * parts[1])
            else:  # the pullback of 1 is the conjugate (see `times`)
                row.append(ops.conj(_holomorphic(parts[0], parts[1])))
        blocks.append(row)
    return blocks


def _by_columns(trace, outputs):
    """One forward walk for each entry of each leaf; two where the leaf is complex."""
    nodes = [out.node if type(out) in TENSORS and out.node.tracked else None for out in outputs]
    blocks = [[] for _ in outputs]
    for i, leaf in enumerate(trace.leaves):
        turned = [[[] for _ in _turns(leaf.value)] for _ in outputs]
        for t, turn in enumerate(_turns(leaf.value)):
            for unit in units(leaf.value, turn):
                rates = [unit if j == i else None for j in range(len(trace.leaves))]
                moved = iter(trace.push_forward([node for node in nodes if node is not None], rates))
                for k, out in enumerate(outputs):
                    change = next(moved) if nodes[k] is not None else None
                    turned[k][t].append(numpy.zeros_like(plain_value(out))[()] if change is None else change)
        for k, out in enumerate(outputs):
            value = plain_value(out)
            parts = [_assembled(one, shape_of(leaf.value), shape_of(value), -1, value) for one in turned[k]]
            if len(parts) == 1:
                block = parts[0]
            elif len(_turns(value)) == 1:  # the gradient, as `grad` gives it
                block = parts[0] + 1j * parts[1]
            else:
                block = _holomorphic(parts[0], parts[1])
            blocks[k].append(trace._result(i, _as_in_rows(block, leaf.value, value), set()))
    return blocks


def _holomorphic(along_one, along_i):
    """The one complex number that a derivative is, from the changes along 1 and along i."""
    slope, rest = (along_one - 1j * along_i) / 2, (along_one + 1j * along_i) / 2
    size = numpy.max(abs(as_array(plain_value(slope))), initial=0.0)
    if somewhere(abs(as_array(plain_value(rest))) > 1e-6 * size):
        raise DtypeError(
            "a complex output depends on a complex argument in a way that no one complex number describes: "
            "the function is not holomorphic (it conjugates, or takes a real part or an absolute value)",
            "differentiate in the real and the imaginary part as two real arguments",
        )
    return slope


def _as_in_rows(block, given, value):
    """A block in the dtype that rows would have: that of the argument, complex for a complex output."""
    if type(block) in TENSORS:
        return block
    if type(given) in WEAK and not shape_of(block):
        return complex(block) if dtype_of(value).kind == "c" else weak(block, given)
    dtype = numpy.result_type(dtype_of(given), numpy.complex64) if dtype_of(value).kind == "c" else dtype_of(given)
    return block if dtype_of(block) == dtype else as_array(block).astype(dtype)[()]


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
    return numpy.stack([as_array(part) for part in parts], axis).reshape(shape)


def hessian(function, argnums=0, has_aux=False):
    """A function that returns all second derivatives of `function`, which returns one number.

    Returns: as `jacobian` of `grad`: for an array of shape s, an array of shape s + s.

    >>> import numpy as np, chainrule as cr
    >>> cr.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacobian(grad(function, argnums, has_aux), argnums, has_aux)


def hvp(function, primals=None, tangents: Any = None, argnums: Any = 0, has_aux=False):
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

    check_callable(function)

    def evaluate(*args_and_vector, **kwargs):
        if not args_and_vector:
            raise ArgumentError("hvp(function) was called with no argument", "pass the arguments and, last, the vector")
        *args, vector = args_and_vector
        chosen = choose(function, args, kwargs, argnums)
        gradient = grad(function, argnums, has_aux)
        picked = [kwargs[p] if isinstance(p, str) else args[p] for p in chosen.places]

        def along(*moving):
            new_args, new_kwargs = chosen.put(args, kwargs, moving)
            return gradient(*new_args, **new_kwargs)

        if not chosen.single and not isinstance(vector, (tuple, list)):
            raise ArgumentError(
                f"hvp was given a {type(vector).__name__} as the vector for several arguments",
                "pass a tuple with one part for each argument in argnums",
            )
        rates = (vector,) if chosen.single else tuple(vector)
        _, product, *aux = jvp(along, tuple(picked), rates, has_aux)
        return (product, aux[0]) if has_aux else product

    if primals is None:
        return evaluate
    if tangents is None:
        raise ArgumentError("hvp was given primals and no tangents", "write hvp(f, (x,), (v,)) or hvp(f)(x, v)")
    args = primals if isinstance(primals, tuple) else (primals,)
    single = isinstance(tangents, tuple) and len(tangents) == 1 and not isinstance(argnums, (tuple, list))
    return evaluate(*args, tangents[0] if single else tangents)
