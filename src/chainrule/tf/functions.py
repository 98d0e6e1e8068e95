"""Functions of functions: `custom_gradient`, `stop_gradient`, and control flow."""

import functools
import inspect

import numpy

from chainrule.core import tree
from chainrule.core.modes import STATE, no_grad
from chainrule.core.parts import Output, Parts
from chainrule.core.primitive import Primitive
from chainrule.core.record import TENSORS, link
from chainrule.core.selection import plain
from chainrule.core.spec import shape_of
from chainrule.errors import VmapError
from chainrule.tf import recording
from chainrule.tf.errors import GradientFunctionError
from chainrule.tf.recording import Recorder
from chainrule.tf.tensor import Tensor, convert_to_tensor, of_value
from chainrule.transforms.checkpoint import checkpoint
from chainrule.transforms.vmap import vmap


class _Watcher(Recorder):
    """Sees which trainable Variables are read, and records nothing."""

    silent = True


class _Call(Primitive, kind=True):
    """One call of a function with a gradient of its own: the link from its results to its arguments."""

    latex, words = r"f({0})", "through the function's own gradient"

    def __init__(self, function, gradient, variables, like):
        self.name = getattr(function, "__name__", "custom_gradient")
        self.gradient, self.variables, self.like = gradient, variables, like

    def pull(self, xp, g, y, xs, parents, params):
        """One cotangent for each argument and Variable, as the function's own gradient returns them."""
        recorded = xp is not numpy
        upstream = []
        for place, value in enumerate(self.like):
            part = plain(g.get(place)) if type(g) is Parts else plain(g)
            part = numpy.zeros_like(value)[()] if part is None else part
            upstream.append(part if type(part) in TENSORS else of_value(part))
        if recorded:
            results = self._results(upstream, len(xs))
        else:
            with no_grad():
                results = self._results(upstream, len(xs))
        cotangents = []
        for result, parent in zip(results, parents):
            if parent is None or result is None:
                cotangents.append(None)
                continue
            result = convert_to_tensor(result, None)
            cotangents.append(result if recorded else result.node.value)
        return cotangents

    def _results(self, upstream, count):
        held, wanted = self.variables, count - len(self.variables)
        own = ()
        if held:
            returned = self.gradient(*upstream, variables=list(held))
            if not isinstance(returned, tuple) or len(returned) != 2:
                raise GradientFunctionError(
                    f"the gradient function of {self.name} uses Variables and did not return a pair",
                    "return (gradients of the arguments, list of gradients of the variables)",
                )
            returned, own = returned
            own = list(own)
            if len(own) != len(held):
                raise GradientFunctionError(
                    "Must return gradient for each variable from @custom_gradient grad_fn.",
                    f"return {len(held)} gradients, in the order of `variables`",
                )
        else:
            returned = self.gradient(*upstream)
        given = list(returned) if isinstance(returned, (tuple, list)) else [returned]
        if len(given) != wanted:
            raise GradientFunctionError(
                f"custom_gradient function expected to return {wanted} gradients, but returned {len(given)} instead.",
                "return one gradient for each positional argument, None for one that has none",
            )
        return [*given, *own]

    def push(self, xp, tangents, y, xs, params):
        raise GradientFunctionError(
            f"{self.name} has a gradient of its own (tf.custom_gradient) and no forward rule",
            "use tf.GradientTape for it in place of ForwardAccumulator",
        )


def custom_gradient(f=None):
    """A function with a gradient of one's own: `f` returns its value and a function from upstream gradients to
    the gradients of its positional arguments.

    A function that reads Variables that are no arguments needs a gradient function with a keyword argument
    `variables`, which returns `(gradients of the arguments, gradients of the variables)`. Second derivatives
    go through what the gradient function computes.

    Raises: GradientFunctionError where the gradient function returns another number of gradients.

    >>> import chainrule.tf as tf
    >>> @tf.custom_gradient
    ... def log1pexp(x):
    ...     e = tf.exp(x)
    ...     return tf.math.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + e))
    >>> x = tf.constant(100.0)
    >>> with tf.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = log1pexp(x)
    >>> tape.gradient(y, x)
    <tf.Tensor: shape=(), dtype=float32, numpy=1.0>
    """
    if f is None:
        return custom_gradient

    @functools.wraps(f)
    def decorated(*args, **kwargs):
        args = [tree.map(convert_to_tensor, arg) if _numeric(arg) else arg for arg in args]
        watcher = _Watcher()
        watcher.push()
        try:
            returned = f(*args, **kwargs)
        finally:
            watcher.pop()
        if not isinstance(returned, tuple) or len(returned) != 2 or not callable(returned[1]):
            raise GradientFunctionError(
                f"{f.__name__} under tf.custom_gradient did not return a pair of its value and a gradient function",
                "return value, grad",
            )
        value, gradient = returned
        inputs = [leaf for arg in args for leaf in tree.flatten(arg)[0] if type(leaf) in TENSORS]
        nodes = [leaf.node for leaf in inputs]
        variables = [
            handle
            for handle, _ in watcher.sources.values()
            if all(handle is not each and handle.node is not each.node for each in inputs)
        ]
        if variables and not _takes_variables(gradient):
            raise GradientFunctionError(
                "@tf.custom_gradient grad_fn must accept keyword argument 'variables', since function uses variables: "
                f"{variables}",
                "write def grad(upstream, variables=None): return gradients, [gradient for each variable]",
            )
        nodes += [variable.node for variable in variables]
        outputs, rebuild = tree.flatten(value)
        outputs = [convert_to_tensor(out) for out in outputs]
        if not any(node.tracked for node in nodes) or not STATE.recording:
            return rebuild([of_value(out.node.value) for out in outputs])
        return rebuild(_linked(f, gradient, variables, nodes, outputs))

    return decorated


def _linked(f, gradient, variables, nodes, outputs):
    """The results as results of one link."""
    like = [out.node.value for out in outputs]
    call = _Call(f, gradient, variables, like)
    values, parents = tuple(node.value for node in nodes), tuple(node if node.tracked else None for node in nodes)
    if len(outputs) == 1:
        return [link(call, like[0], values, parents, None, Tensor)]
    hub = link(call, Parts(), values, parents, None, Tensor).node
    return [link(Output(i, call.name), value, (hub.value,), (hub,), None, Tensor) for i, value in enumerate(like)]


def _numeric(arg):
    leaves = tree.flatten(arg)[0]
    return bool(leaves) and all(type(leaf) in TENSORS or isinstance(leaf, (float, int, numpy.ndarray, numpy.generic))
                                for leaf in leaves)  # fmt: skip


def _takes_variables(gradient):
    parameters = inspect.signature(gradient).parameters.values()
    return any(each.name == "variables" or each.kind is each.VAR_KEYWORD for each in parameters)


def stop_gradient(input, name=None):
    """The same value with no history: no gradient flows through it.

    >>> import chainrule.tf as tf
    >>> x = tf.Variable(3.0)
    >>> with tf.GradientTape() as tape:
    ...     y = x * tf.stop_gradient(x)
    >>> tape.gradient(y, x)
    <tf.Tensor: shape=(), dtype=float32, numpy=3.0>
    """
    tensor = convert_to_tensor(input)
    if tensor.node.tracked:
        recording.cut(tensor.node, "stop_gradient")
    return of_value(tensor.node.value)


def cond(pred, true_fn=None, false_fn=None, name=None):
    """What one of two functions returns: `true_fn()` where the predicate holds, else `false_fn()`.

    >>> import chainrule.tf as tf
    >>> tf.cond(tf.constant(1.0) > 0, lambda: 1.0, lambda: 2.0)
    1.0
    """
    return true_fn() if bool(pred) else false_fn()  # type: ignore[misc]


def while_loop(cond, body, loop_vars, shape_invariants=None, parallel_iterations=10, back_prop=True, swap_memory=False,
               maximum_iterations=None, name=None):  # fmt: skip
    """The variables after as many runs of `body` as `cond` asks for; gradients flow through all of them.

    >>> import chainrule.tf as tf
    >>> tf.while_loop(lambda i: i < 3, lambda i: [i + 1], [tf.constant(0)])
    [<tf.Tensor: shape=(), dtype=int32, numpy=3>]
    """
    values, count = list(loop_vars), 0
    while bool(cond(*values)) and (maximum_iterations is None or count < maximum_iterations):
        values = body(*values)
        values = list(values) if isinstance(values, (tuple, list)) else [values]
        count += 1
    return type(loop_vars)(values) if type(loop_vars) in (list, tuple) else values


def map_fn(fn, elems, **options):
    """The results of a function for each entry along the first axis, stacked.

    >>> import chainrule.tf as tf
    >>> tf.map_fn(lambda x: x * x, tf.constant([1.0, 2.0])).numpy()
    array([1., 4.], dtype=float32)
    """
    leaves, rebuild = tree.flatten(elems)
    leaves = [convert_to_tensor(leaf) for leaf in leaves]
    results = [fn(rebuild([leaf[i] for leaf in leaves])) for i in range(shape_of(leaves[0])[0])]
    parts, again = tree.flatten(results[0])
    columns = zip(*(tree.flatten(result)[0] for result in results))
    return again([convert_to_tensor(list(column)) for column, _ in zip(columns, parts)])


def vectorized_map(fn, elems, fallback_to_while_loop=True, warn=True):
    """As `map_fn`, for all entries at once; what differs from entry to entry cannot be asked for its bare value.

    >>> import chainrule.tf as tf
    >>> tf.vectorized_map(lambda x: tf.reduce_sum(x * x), tf.constant([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([ 5., 25.], dtype=float32)
    """
    leaves, rebuild = tree.flatten(elems)
    given = rebuild([convert_to_tensor(leaf) for leaf in leaves])
    try:
        return vmap(lambda own: tree.map(convert_to_tensor, fn(own)))(given)
    except VmapError:
        if not fallback_to_while_loop:
            raise
        return map_fn(fn, elems)


def recompute_grad(f):
    """A function that keeps nothing of what is inside `f`, and runs it again for the gradient.

    >>> import chainrule.tf as tf
    >>> x = tf.Variable(2.0)
    >>> with tf.GradientTape() as tape:
    ...     y = tf.recompute_grad(lambda x: x * x)(x)
    >>> tape.gradient(y, x).numpy()
    np.float32(4.0)
    """
    return checkpoint(f)


def py_function(func=None, inp=None, Tout=None, name=None):
    """What a Python function of tensors returns, as tensors of the dtypes `Tout`; gradients are kept.

    >>> import chainrule.tf as tf
    >>> x = tf.Variable(3.0)
    >>> with tf.GradientTape() as tape:
    ...     y = tf.py_function(lambda t: t * t, [x], tf.float32)
    >>> tape.gradient(y, x)
    <tf.Tensor: shape=(), dtype=float32, numpy=6.0>
    """
    result = func(*[convert_to_tensor(each) for each in inp])  # type: ignore[misc, union-attr]
    if isinstance(result, (list, tuple)):
        return [convert_to_tensor(each, kind) for each, kind in zip(result, Tout)]  # type: ignore[arg-type]
    return convert_to_tensor(result, Tout)


def numpy_function(func=None, inp=None, Tout=None, stateful=True, name=None):
    """What a function of NumPy arrays returns, as tensors of the dtypes `Tout`; gradients end here."""
    result = func(*[convert_to_tensor(each).numpy() for each in inp])  # type: ignore[misc, union-attr]
    if isinstance(result, (list, tuple)):
        return [convert_to_tensor(each, kind) for each, kind in zip(result, Tout)]  # type: ignore[arg-type]
    return convert_to_tensor(result, Tout)
