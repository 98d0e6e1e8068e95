"""Programs of functions that take, read, change or return Tensors.

Values are arguments of the program, and so are the values of Tensors that the function reads from outside. What
it changes there is a result, put in its place after each call. Where a gradient flows to a result, the walk back
is traced together with the run and becomes a second program: a call makes one link, whose pullback runs it on
what the first program has kept.
"""

from dataclasses import dataclass
from typing import Any

import numpy

from chainrule.compilation.calls import is_traced
from chainrule.compilation.handles import FRONTS, SHARING, Overlay, bare, liftable, place_of, unwatched
from chainrule.compilation.inside import parted
from chainrule.compilation.options import Options
from chainrule.compilation.plan import Plan
from chainrule.compilation.program import GuardFailed, Instruction, Program, Variable
from chainrule.compilation.rolling.roll import rolled
from chainrule.compilation.simplify import ready
from chainrule.compilation.values import values
from chainrule.core import forward, reverse, tree
from chainrule.core.modes import enable_grad
from chainrule.core.node import Spent, leaf_node, next_order
from chainrule.core.parts import Output, Parts
from chainrule.core.primitive import Primitive
from chainrule.core.record import TENSORS, link
from chainrule.core.rows import Rows
from chainrule.core.selection import Selected, plain
from chainrule.core.spec import dtype_of, shape_of
from chainrule.errors import CheckpointError, GraphFreedError
from chainrule.ops import NAMESPACE as ops


@dataclass
class Made:
    """A node that the function makes and that outlives it.

    Attributes:
        cls: the class of its Tensor.
        place: among the results of the program.
        moving: its place among the results of the link, or None where no gradient flows to it.
        tracked: whether it requires a gradient as a leaf.
        spent: what stands in place of a link that the function's own backward pass has freed.
    """

    cls: Any
    place: int
    moving: Any = None
    tracked: bool = False
    spent: Any = None


@dataclass
class Outside:
    """A Tensor from outside that the program reads.

    Attributes:
        at: its place among the Tensors of the arguments; None for `handle`, one that the function finds by itself.
        handle: that one.
        read: the Variable of its value.
        gradient: the Variable of its gradient's value; None where there is none, or nobody asks.
        touched: whether its gradient was asked for.
        tracked: whether a gradient flows to it.
        leaves: how many nodes of the trace its gradients are found at.
        becomes: the Made that replaces its node, or whose value replaces the node's (`inside`); None.
        growth: "keeps", "none", or the Made of its new gradient.
    """

    at: Any
    handle: Any
    read: Any
    gradient: Any
    touched: bool
    tracked: bool
    kind: Any
    leaves: list
    becomes: Any = None
    inside: bool = False
    growth: Any = "keeps"


class TensorRun:
    """One run of a function under an overlay, while it is traced: what becomes of Tensors."""

    def __init__(self, recording, tensors):
        self.recording = recording
        self.places = {id(handle): i for i, handle in reversed(list(enumerate(tensors)))}
        self.front = FRONTS[-1]()
        self.token = self.front.token()
        self.overlay = Overlay(self._lift, self._argument)
        self._variables = {}

    def __enter__(self):
        self.front.__enter__()
        self.overlay.__enter__()
        return self

    def __exit__(self, *exception):
        self.overlay.__exit__(*exception)
        self.front.__exit__(*exception)

    def _argument(self, value):
        if not liftable(value):
            self.recording.refuse(f"it reads a Tensor from outside that holds a {type(value).__name__}")
        return self.recording.argument(value).engine_value()

    def _lift(self, handle, node):
        value = self._argument(node.value)
        return leaf_node(value, tracked=self.front.tracked(node), name=node.name)

    def settle(self, leaves, known):
        """`(values, side)`: what the program returns, given the leaves of what the function returned.

        known: ids of objects that the function finds by itself.
        """
        self.results, self.nodes = [], {}
        specs = [self._leaf(leaf) for leaf in leaves]
        outside = [self._outside(held, known) for held in self.overlay.held.values()]
        if not outside and all(type(spec) is int for spec in specs):
            return self.results, None
        pullback = self._pullback(outside)
        return self.results, TensorSide(specs, outside, pullback, self.token, type(self.front))

    def _leaf(self, leaf):
        """What a call hands out for a leaf of the result: a Made, a Tensor from outside, or a plain result's place."""
        if type(leaf) not in TENSORS:
            self.results.append(leaf)
            return len(self.results) - 1
        held = self.overlay.held.get(id(leaf))
        if held is None and self.overlay.is_outside(leaf):
            with unwatched():
                return _Same(self.places.get(id(leaf)), leaf)
        if held is not None:
            return _Same(self.places.get(id(leaf)), leaf)
        made = self._made(leaf.node, type(leaf))
        for share in SHARING:
            view = share.view(leaf, lambda base: id(base) in self.overlay.held)
            if view is not None:
                base, how = view
                return _View(made, _Same(self.places.get(id(base)), base), share, how)
        return made

    def _made(self, node, cls):
        if id(node) not in self.nodes:
            if node.hooks:
                self.recording.refuse("it registers a hook on what it returns")
            self.results.append(node.value)
            made = Made(cls, len(self.results) - 1)
            if node.primitive is None:
                made.tracked = bool(node.tracked)
            elif node.tracked:
                made.spent = _spent(node)
            self.nodes[id(node)] = node, made
        return self.nodes[id(node)][1]

    def _outside(self, held, known):
        refuse = self.recording.refuse
        handle, given, node = held.handle, held.given, held.node
        at = self.places.get(id(handle))
        if at is not None and id(handle) in known:
            refuse("an argument is a Tensor that it also finds by itself")
        variable = held.value.variable
        one = Outside(at, handle, variable, None, held.touched, held.was_tracked, type(handle), self.front.leaves(held))
        if node is not given and node.value is not held.value:
            one.becomes = self._made(node, type(handle))
        elif given.value is not held.value:
            one.becomes, one.inside = self._made(given, type(handle)), True
        elif bool(node.tracked) != held.was_tracked and node.primitive is None:
            refuse("it changes requires_grad of a Tensor from outside")
        if one.becomes is not None and self.front.shared(handle):
            refuse("it changes a tensor that shares its memory with another one")
        if given.hooks or node.hooks:
            refuse("it registers a hook on a Tensor from outside")
        if held.touched:
            self._gradient(one, held)
        return one

    def _gradient(self, one, held):
        given = held.given
        if held.original.primitive is not None:
            self.recording.refuse("it asks for the gradient of a Tensor that is no leaf")
        if held.original.hooks:
            self.recording.refuse("a Tensor from outside has a hook")
        gradient = given.grad
        if held.gradient is not None:
            stand, node = held.gradient
            one.gradient = node.value.variable
            if any(other.handle is held.original.grad for other in self.overlay.held.values()):
                self.recording.refuse("it finds the gradient of a Tensor by itself")
            if gradient is stand and stand.node.value is node.value:
                return
        elif gradient is None:
            return
        one.growth = "none" if gradient is None else self._made(gradient.node, type(gradient))

    def _pullback(self, outside):
        """The walk back from every result that a gradient flows to, traced; None where there is none."""
        moving = [(node, made) for node, made in self.nodes.values() if node.primitive is not None and node.tracked]
        moving = [(node, made) for node, made in moving if made.spent is None and is_traced(node.value)]
        if not moving:
            return None
        wanted = {node for one in outside for node in one.leaves}
        cut = len(self.recording.instructions)
        given = len(self.recording.arguments)
        seeds = []
        for place, (node, made) in enumerate(moving):
            made.moving = place
            seed = numpy.ones(shape_of(node.value), dtype_of(node.value))[()]
            seed = 1.0 if node.value.variable.kind == "float" else seed
            seeds.append((node, self.recording.argument(seed).engine_value()))
        hooks = [(node, node.hooks) for node in wanted]
        for node, _ in hooks:
            node.hooks = None
        try:
            found, _ = reverse.walk(seeds, wanted, within=lambda order: order > self.overlay.start)
        except GraphFreedError:
            self.recording.refuse("it frees part of the graph of what it returns")
            raise
        finally:
            for node, held in hooks:
                node.hooks = held
        gradients = []
        for one in outside:
            parts = [found[node] for node in one.leaves if node in found]
            gradients.append(sum(parts[1:], parts[0]) if parts else None)
        arguments = self.recording.arguments[given:]
        del self.recording.arguments[given:]
        instructions = self.recording.instructions[cut:]
        del self.recording.instructions[cut:]
        return Pullback(arguments, instructions, gradients, self.recording)


def _spent(node):
    """What stands for the link of a node whose graph has been freed; None where it has not."""
    seen, stack = {node}, [node]
    while stack:
        one = stack.pop()
        if one.primitive.__class__ is Spent:
            return Spent(one.primitive.place, one.primitive.made, None, one.primitive.order)
        for parent in one.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return None


@dataclass
class _Same:
    """A Tensor from outside, returned as it is."""

    at: Any
    handle: Any


@dataclass
class _View:
    """A Tensor that is made, and shares its memory with one from outside."""

    made: Any
    base: Any
    share: Any
    how: Any


class Pullback:
    """The program of the walk back, and what it needs of the first one."""

    def __init__(self, seeds, instructions, gradients, recording):
        self._seeds, self._recording = seeds, recording
        self.options = Options()
        self.live = [i for i, gradient in enumerate(gradients) if gradient is not None]
        self._gradients = [recording.operand(gradients[i]) for i in self.live]
        self._instructions, self._plan = instructions, None

    def rolled(self, program, settled):
        """The first program, with loops that go with those of this one; `settled` gives what operands have become."""
        for one in self._instructions:
            one.inputs = tuple(map(settled, one.inputs))
        self._gradients = list(map(settled, self._gradients))
        count, both = len(program.results), [*program.instructions, *self._instructions]
        arguments, results = [*program.arguments, *self._seeds], [*program.results, *self._gradients]
        whole = Program(arguments, program.captured, both, results, program.rebuild)
        found = rolled(whole)
        if found is whole:
            return program
        first, self._instructions = parted(found.instructions, found.results[:count], self._seeds)
        self._gradients = found.results[count:]
        return program.replaced(first, found.results[:count])

    def close(self, program):
        """Let the first program keep what this one reads."""
        own = {y for one in self._instructions for y in one.outputs} | set(self._seeds)
        read = [x for one in self._instructions for x in one.variables()]
        read += [x for x in self._gradients if type(x) is Variable]
        before = list(dict.fromkeys(x for x in read if x not in own))
        whole = Program([*before, *self._seeds], [], self._instructions, self._gradients, list)
        whole = ready(whole)
        used = {x for one in whole.instructions for x in one.variables()} | set(whole.results)
        kept = [x for x in before if x in used]
        self._program = Program([*kept, *self._seeds], [], whole.instructions, whole.results, list)
        self._recording, self._places = None, []
        for x in kept:
            if x in program.arguments:
                self._places.append((program.arguments.index(x), True))
                continue
            if x not in program.results:
                program.results.append(x)
            self._places.append((program.results.index(x), False))

    def kept(self, arguments, results, plain):
        """The values that it reads, of a call of the first program; the first arguments are the caller's arrays."""
        values = []
        for i, given in self._places:
            value = (arguments if given else results)[i]
            values.append(value.copy() if given and i < plain and type(value) is numpy.ndarray else value)
        return values

    def __call__(self, given):
        """The gradients, of what was kept and the cotangents."""
        if self._plan is None:
            plan = Plan(self._program, self.options.precise, self.options.threads)
            self._plan = values(plan, self.options.cache)
        return self._plan(*given)

    def __str__(self):
        return str(self._program)


class TensorSide:
    """What a call does with Tensors before and after the program runs.

    Args:
        specs: for each leaf of the result a Made, a Tensor from outside, or the place of a plain result.
        outside: the Tensors that are read.
        pullback: a Pullback or None.
        token, front: what the front said, and which one it is.
    """

    def __init__(self, specs, outside, pullback, token, front):
        self.specs, self.outside, self.pullback, self.token = specs, outside, pullback, token
        self.front = front()

    def close(self, program):
        """Settle the pullback, once the program is complete."""
        if self.pullback is not None:
            self.pullback.close(program)

    def call(self, program, run, leaves, call):
        """The function's result; raises GuardFailed before anything has changed.

        run: from the values of the program's arguments to those of its results.
        call: `(function, args, kwargs)`, to compute higher derivatives by.
        """
        tensors = [leaf for leaf in leaves if type(leaf) in TENSORS]
        handles, values = self._read(tensors)
        arguments = [leaf for leaf in leaves if type(leaf) not in TENSORS]
        arguments += [values[variable] for variable in program.arguments[len(arguments) :]]
        results = run(*arguments)
        kept = [] if self.pullback is None else self.pullback.kept(arguments, results, len(leaves) - len(tensors))
        nodes = self._finish(call, handles, results, kept)
        found = []
        for spec in self.specs:
            if type(spec) is int:
                found.append(results[spec])
            elif type(spec) is _Same:
                found.append(spec.handle if spec.at is None else tensors[spec.at])
            else:
                made = spec.made if type(spec) is _View else spec
                found.append(made.cls._of(nodes(made)))
                if type(spec) is _View:
                    base = spec.base.handle if spec.base.at is None else tensors[spec.base.at]
                    spec.share.as_view(base, found[-1], spec.how)
        return program.rebuild(found)

    def _read(self, tensors):
        """`(handles, values)`: the Tensors read, and Variable -> value; GuardFailed where one is not as it was."""
        if self.front.token() != self.token:
            raise _differs("whether operations are recorded", "is another one now")
        given = {id(tensor) for tensor in tensors}
        handles, values = [], {}
        for one in self.outside:
            handle = one.handle if one.at is None else tensors[one.at]
            if one.at is None and id(handle) in given:
                raise _differs("a Tensor from outside", "is an argument too")
            node = place_of(handle).member.__get__(handle)
            self._check(one, handle, node)
            values[one.read] = node.value
            if one.gradient is not None:
                values[one.gradient] = bare(node.grad)
            handles.append(handle)
        return handles, values

    def _check(self, one, handle, node):
        if not _like(node.value, one.read) or type(handle) is not one.kind:
            raise _differs("a Tensor from outside", f"is {_described(node.value)}, and was {one.read.described}")
        if bool(node.tracked) != one.tracked:
            raise _differs("requires_grad of a Tensor", f"is {bool(node.tracked)}, and was {one.tracked}")
        if one.touched:
            gradient = node.grad
            if node.hooks or node.primitive is not None:
                raise _differs("a Tensor from outside", "has a hook, or is no leaf")
            if (gradient is None) != (one.gradient is None):
                raise _differs("the gradient of a Tensor", "was None" if one.gradient is None else "is None")
            if gradient is not None and not _like(bare(gradient), one.gradient):
                raise _differs("the gradient of a Tensor", "has another shape or dtype")
        if one.becomes is not None and self.front.shared(handle):
            raise _differs("a tensor that is changed", "shares its memory with another one")

    def _finish(self, call, handles, results, kept):
        """A function from a Made to its node; Tensors outside are changed as the function changes them."""
        hub = None if self.pullback is None else self._hub(call, handles, results, kept)
        made = {}

        def nodes(one):
            if id(one) not in made:
                made[id(one)] = self._node(one, results[one.place], hub)
            return made[id(one)]

        for one, handle in zip(self.outside, handles):
            place = place_of(handle)
            before = place.member.__get__(handle)
            if one.inside:
                before.value = results[one.becomes.place]
            elif one.becomes is not None:
                place.member.__set__(handle, nodes(one.becomes))
            if one.growth == "none":
                before.grad = None
            elif type(one.growth) is Made:
                self._grown(before, one, nodes)
        return nodes

    def _grown(self, node, one, nodes):
        fresh = nodes(one.growth)
        if one.gradient is None or not isinstance(node.grad, one.growth.cls):
            node.grad = one.growth.cls._of(fresh)
        else:
            node.grad.node = fresh

    def _node(self, one, value, hub):
        if one.moving is not None and hub is not None:
            output = Output(one.moving, hub.primitive.name)
            output.torch_name = _Call.torch_name
            return link(output, value, (hub.value,), (hub,), None, one.cls).node
        node = leaf_node(value, tracked=one.tracked)
        if one.spent is not None:
            node.primitive, node.tracked = one.spent, True
        return node

    def _hub(self, call, handles, results, kept):
        parents, values = [], []
        for handle in handles:
            own = handle.node
            parents.append(own if own.tracked else None)
            values.append(own.value)
        if not any(parent is not None for parent in parents):
            return None
        moving = sorted((one for one in self._made_ones() if one.moving is not None), key=lambda one: one.moving)
        like = [results[one.place] for one in moving]
        primitive = _Call(self, call, handles, kept, like)
        return link(primitive, Parts(), tuple(values), tuple(parents), None, moving[0].cls).node

    def _returned(self):
        """The Mades among the leaves of the result, in order."""
        specs = [spec.made if type(spec) is _View else spec for spec in self.specs]
        return [spec for spec in specs if type(spec) is Made]

    def _made_ones(self):
        found = self._returned()
        for one in self.outside:
            found += [each for each in (one.becomes, one.growth) if type(each) is Made]
        return {id(one): one for one in found}.values()


class _Call(Primitive, kind=True):
    """One call of a compiled function: the link from its results to the Tensors it read."""

    latex, words = r"f({0})", "through the compiled function"
    torch_name = "CompiledFunctionBackward"

    def __init__(self, side, call, handles, kept, like):
        self.side, self.call, self.handles, self.kept, self.like = side, call, handles, kept, like
        self.name = f"compiled_{getattr(call[0], '__name__', type(call[0]).__name__)}"

    def pull(self, xp, g, y, xs, parents, params):
        if xp is numpy:
            seeds = self._seeds(g)
            if seeds is not None:
                try:
                    found = self.side.pullback([*self.kept, *seeds])
                except GuardFailed:
                    pass
                else:
                    own = dict(zip(self.side.pullback.live, found))
                    return [None if parent is None else own.get(i) for i, parent in enumerate(parents)]
        return self._pull_again(xp, g, xs, parents)

    def _seeds(self, g):
        """The cotangents of the results in their dtypes; None where they are of another kind."""
        seeds = []
        for place, value in enumerate(self.like):
            given = g.get(place)
            given = plain(given) if type(given) is Selected else given
            if given is None:
                given = numpy.zeros(shape_of(value), dtype_of(value))[()]
            if is_traced(given) or type(given) is Rows or shape_of(given) != shape_of(value):
                return None
            seeds.append(float(given) if type(value) is float else numpy.asarray(given, dtype_of(value))[()])
        return seeds

    def _again(self, xs, recorded):
        """The run once more, eagerly: nodes that stand for the Tensors read, and those of the results.

        recorded: whether the arguments that a gradient flows to are Tensors, so that the run can be differentiated.
        """
        leaves = {
            id(handle): ops.positive(x).node if type(x) in TENSORS else leaf_node(x, tracked=not recorded)
            for handle, x in zip(self.handles, xs)
        }
        start = next_order()
        function, args, kwargs = self.call
        overlay = Overlay(lambda handle, node: leaves.get(id(handle)))
        with type(self.side.front)(again=True), overlay, enable_grad():
            result = function(*args, **kwargs)
            flat = tree.flatten(result)[0]
            nodes = [leaf.node for leaf, spec in zip(flat, self.side.specs) if type(spec) in (Made, _View)]
        made = self.side._returned()
        own = {spec.moving: node for node, spec in zip(nodes, made) if spec.moving is not None}
        if not all(_close(node.value, self.like[place]) for place, node in own.items()):
            raise CheckpointError(
                f"{getattr(function, '__name__', 'the compiled function')} gave other values when it was computed "
                "again for a higher derivative",
                "it must not depend on what has changed in between, such as an array from outside",
            )
        return [leaves[id(handle)] for handle in self.handles], own, start

    @staticmethod
    def _wrap(xs):
        return next(type(x) for x in xs if type(x) in TENSORS)._of

    def _pull_again(self, xp, g, xs, parents):
        recorded = xp is not numpy
        leaves, nodes, start = self._again(xs, recorded)
        seeds = [(nodes[place], plain(own)) for place, own in g.items() if place in nodes]
        wrap = self._wrap(xs) if recorded else None
        found, _ = reverse.walk(seeds, set(leaves), wrap=wrap, within=lambda order: order > start)
        return [None if parent is None else found.get(leaf) for leaf, parent in zip(leaves, parents)]

    def push(self, xp, tangents, y, xs, params):
        recorded = xp is not numpy
        leaves, nodes, _ = self._again(xs, recorded)
        moving = {node: t for node, t in zip(leaves, tangents) if t is not None}
        between, _ = forward.between(list(nodes.values()), set(leaves))
        forward.walk(between, moving, self._wrap(xs) if recorded else None)
        return Parts({
            place: moving[node] if node in moving else numpy.zeros_like(node.value)[()]
            for place, node in nodes.items()
        })  # fmt: skip


def _close(one, other):
    """Whether two values are the same but for rounding."""
    one, other = numpy.asarray(one), numpy.asarray(other)
    rough = 1e-3 if other.dtype.itemsize <= 4 else 1e-6
    with numpy.errstate(all="ignore"):
        scale = numpy.max(abs(other), initial=0.0, where=numpy.isfinite(other))
    return one.shape == other.shape and numpy.allclose(one, other, rough, rough * float(scale), equal_nan=True)


def _like(value, variable):
    """Whether a value is of a variable's kind."""
    if variable.kind == "float":
        return type(value) is float
    if variable.kind == "scalar":
        return isinstance(value, numpy.generic) and value.dtype == variable.dtype
    return type(value) is numpy.ndarray and value.shape == variable.shape and value.dtype == variable.dtype


def _described(value):
    return f"{dtype_of(value)}[{','.join(map(str, shape_of(value)))}]"


def _differs(what, how):
    return GuardFailed(Instruction(what, None, (), {}, ()), how)
