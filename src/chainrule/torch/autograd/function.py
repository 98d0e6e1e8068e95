"""`torch.autograd.Function`: a link with a value and a derivative of one's own."""

import functools
import weakref

import numpy

from chainrule.core.modes import STATE, enable_grad, no_grad
from chainrule.core.parts import Output, Parts
from chainrule.core.primitive import Primitive
from chainrule.core.record import TENSORS, link
from chainrule.core.selection import plain
from chainrule.core.spec import is_differentiable, shape_of
from chainrule.torch.errors import FunctionError, UsageError
from chainrule.torch.tensor import Tensor, of_value


class FunctionCtx:
    """What `forward` leaves for `backward`.

    Attributes:
        saved_tensors: what `save_for_backward` kept.
        needs_input_grad: for each argument of `apply`, whether a gradient flows to it.
    """

    def __init__(self, needs_input_grad):
        self.needs_input_grad = needs_input_grad
        self.materialize_grads = True
        self._saved, self._outputs = (), ()
        self._flat, self._dirty = (), ()

    def save_for_backward(self, *tensors):
        """Keep tensors for `backward`; a value that is changed in place later is kept as it is now."""
        self._saved = tuple(each if each is None else (each, each.node) for each in tensors)

    save_for_forward = save_for_backward

    @property
    def saved_tensors(self):
        return tuple(None if each is None else self._unpacked(*each) for each in self._saved)

    def _unpacked(self, tensor, node):
        if isinstance(tensor, int):  # an output: held by its place, so that the graph holds no cycle
            return self._outputs[tensor]
        return tensor if tensor.node is node else Tensor._of(node)

    def mark_non_differentiable(self, *tensors):
        """No gradient is to flow to these outputs."""
        self._flat = tensors

    def mark_dirty(self, *tensors):
        """These inputs were changed in place by `forward`; they become outputs."""
        self._dirty = tensors

    def set_materialize_grads(self, value):
        """Whether `backward` receives zeros (True) or None for outputs that were not used."""
        self.materialize_grads = value


class _Call(Primitive, kind=True):
    """One call of a Function: the link from its outputs, as one value, to its arguments."""

    latex, words = r"f({0})", "through the function's own backward"

    def __init__(self, function, ctx, values):
        self.name = self.torch_name = f"{function.__name__}Backward"
        self.function, self.ctx, self.like = function, ctx, values
        self.outputs: list = []

    def saved_values(self):
        """What `save_for_backward` kept, of the arguments."""
        return [each[1].value for each in self.ctx._saved if each is not None and each[1] is not None]

    def pull(self, xp, g, y, xs, parents, params):
        """One cotangent for each argument, from the function's `backward`."""
        recorded = xp is not numpy
        gradients = []
        for place, value in enumerate(self.like):
            gradient = g.get(place)
            if gradient is None and self.ctx.materialize_grads:
                gradient = numpy.zeros_like(value)[()]
            gradient = plain(gradient)
            gradients.append(gradient if gradient is None or type(gradient) in TENSORS else of_value(gradient))
        self.ctx._outputs = self._handles(recorded)
        try:
            with enable_grad() if recorded else no_grad():
                results = self.function.backward(self.ctx, *gradients)
        finally:
            self.ctx._outputs = ()
        return self._checked(results, xs, parents, recorded)

    def _handles(self, recorded):
        """The outputs as tensors, connected to the graph where the pass is recorded."""
        nodes = [each() if recorded and each is not None else None for each in self.outputs]
        return [of_value(value) if node is None else Tensor._of(node) for node, value in zip(nodes, self.like)]

    def _checked(self, results, xs, parents, recorded):
        if not isinstance(results, (tuple, list)):
            results = (results,)
        results = list(results)
        while len(results) > len(xs) and results[-1] is None:
            results.pop()
        if len(results) != len(xs):
            raise FunctionError(
                f"function {self.name} returned an incorrect number of gradients (expected {len(xs)}, got "
                f"{len(results)})",
                "return one gradient for each argument of forward (without ctx), None for those that have none",
            )
        cotangents = []
        for i, (result, x, parent) in enumerate(zip(results, xs, parents)):
            if parent is None or result is None:
                cotangents.append(None)
                continue
            if type(result) not in TENSORS:
                raise FunctionError(
                    f"function {self.name} returned a {type(result).__name__} as gradient {i}",
                    "return a tensor or None",
                )
            try:
                fits = numpy.broadcast_shapes(shape_of(result), shape_of(x)) == shape_of(result)
            except ValueError:
                fits = False
            if not fits:
                raise FunctionError(
                    f"Function {self.name} returned an invalid gradient at index {i} - got "
                    f"{list(shape_of(result))} but expected shape compatible with {list(shape_of(x))}",
                    "a gradient has the shape of its argument",
                )
            cotangents.append(result if recorded else result.node.value)
        return cotangents

    def push(self, xp, tangents, y, xs, params):
        """The tangents of the outputs, from the function's `jvp`, where it has one."""
        if self.function.jvp is Function.jvp:
            raise FunctionError(
                f"{self.function.__name__} has no forward rule: it defines backward and no jvp",
                "write a static jvp(ctx, *tangents), or use reverse mode (grad, vjp, jacrev)",
            )
        given = [t if t is None or type(t) in TENSORS else of_value(t) for t in tangents]
        self.ctx._outputs = self._handles(xp is not numpy)
        with enable_grad() if xp is not numpy else no_grad():
            results = self.function.jvp(self.ctx, *given)
        results = results if isinstance(results, (tuple, list)) else (results,)
        return Parts({i: t if xp is not numpy else t.node.value for i, t in enumerate(results) if t is not None})


class Function:
    """A function with a derivative of one's own; `apply` calls it.

    Write `forward(ctx, *args)`, or `forward(*args)` and `setup_context(ctx, inputs, output)`; and
    `backward(ctx, *gradients)`, which returns one gradient (or None) for each argument.

    >>> import chainrule.torch as torch
    >>> class Exp(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         y = x.exp()
    ...         ctx.save_for_backward(y)
    ...         return y
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         y, = ctx.saved_tensors
    ...         return g * y
    >>> x = torch.tensor(0.0, requires_grad=True)
    >>> Exp.apply(x).backward()
    >>> x.grad
    tensor(1.)
    """

    def __init__(self, *args, **kwargs):
        raise UsageError(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so "
            f"you should "
            "invoke them on the class itself.",
            f"call {type(self).__name__}.apply(...)",
        )

    @staticmethod
    def forward(*args, **kwargs):
        """The value."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx, inputs, output):
        """Leave what `backward` needs, for a `forward` that takes no ctx."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx, *grad_outputs):
        """The gradients of the arguments, from those of the outputs."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to "
            "use it with "
            "backward mode AD."
        )

    @staticmethod
    def jvp(ctx, *grad_inputs):
        """The tangents of the outputs, from those of the arguments."""
        raise NotImplementedError("You must implement the jvp function for custom autograd.Function to "
                                  "use it with "
                                  "forward mode AD.")  # fmt: skip

    @classmethod
    def apply(cls, *args):
        """Call the function."""
        tracked = [type(arg) in TENSORS and arg.node.tracked for arg in args]
        ctx = FunctionCtx(tuple(tracked))
        nodes = [arg.node if type(arg) in TENSORS else None for arg in args]
        values = [node.value if node is not None else arg for node, arg in zip(nodes, args)]
        with no_grad():
            if cls.setup_context is Function.setup_context:
                output = cls.forward(ctx, *args)
            else:
                output = cls.forward(*args)
                cls.setup_context(ctx, args, output)
        several = isinstance(output, tuple)
        outputs = output if several else (output,)
        if not any(tracked) or not STATE.recording:
            return output
        results = cls._linked(ctx, args, nodes, values, tracked, outputs)
        return tuple(results) if several else results[0]

    @classmethod
    def _linked(cls, ctx, args, nodes, values, tracked, outputs):
        """The outputs as results of one link."""
        moving = [
            type(out) in TENSORS and is_differentiable(out.node.value) and not any(out is each for each in ctx._flat)
            for out in outputs
        ]
        like = [out.node.value if type(out) in TENSORS else numpy.float32(0) for out in outputs]
        call = _Call(cls, ctx, like)
        parents = tuple(node if wanted else None for node, wanted in zip(nodes, tracked))
        hub = link(call, Parts(), tuple(values), parents, None, Tensor)
        results, weak = [], []
        for place, (out, moves) in enumerate(zip(outputs, moving)):
            if not moves:
                results.append(out)
                weak.append(None)
                continue
            result = link(Output(place, call.name), out.node.value, (hub.node.value,), (hub.node,), None, Tensor)
            if any(out is each for each in ctx._dirty):
                out.node = result.node  # changed in place: the same tensor, with a new history
                result = out
            results.append(result)
            weak.append(weakref.ref(result.node))
        call.outputs = weak
        ctx._saved = tuple(_by_place(each, outputs, moving) for each in ctx._saved)
        ctx._flat = ctx._dirty = ()
        return results


def _by_place(saved, outputs, moving):
    """A saved output by its place; a saved input as it is."""
    if saved is None:
        return None
    for place, (out, moves) in enumerate(zip(outputs, moving)):
        if moves and out is saved[0] and out.node.primitive is None:
            return place, None
    return saved


class _Once(Primitive, kind=True):
    """Stands at a gradient that must not be differentiated again."""

    latex, name = r"{0}", "once_differentiable"

    def __init__(self):
        pass

    def pull(self, *_):
        raise FunctionError(
            "trying to differentiate twice a function that was marked with @once_differentiable",
            "write its backward in differentiable operations, and take the decorator away",
        )

    def push(self, *_):
        return self.pull()


def once_differentiable(backward):
    """Decorate a `backward` that must not be differentiated again: doing so raises."""

    @functools.wraps(backward)
    def decorated(ctx, *gradients):
        with no_grad():
            results = backward(ctx, *gradients)
        sources = [g for g in gradients if g is not None and g.node.tracked]
        if not STATE.recording:
            return results
        sources += [each for each in ctx.saved_tensors if each is not None and each.node.tracked]
        if not sources:
            return results
        several = isinstance(results, tuple)
        marked = tuple(
            each
            if each is None
            else link(_Once(), each.node.value, (each.node.value,), (sources[0].node,), None, Tensor)
            for each in (results if several else (results,))
        )
        return marked if several else marked[0]

    return decorated
