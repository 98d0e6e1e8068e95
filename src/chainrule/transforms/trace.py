"""Record a function on fresh leaves: what every transform starts with."""

import inspect
import operator
from functools import partial
from typing import Any

import numpy

from chainrule.core import forward, reverse, tree
from chainrule.core.modes import STATE
from chainrule.core.node import leaf_node
from chainrule.core.record import TENSORS, constant, is_standing, plain_value
from chainrule.core.rows import Rows
from chainrule.core.snapshot import snapshot
from chainrule.core.spec import ARRAYS, WEAK, dtype_of, is_differentiable
from chainrule.core.tensor import Tensor, own
from chainrule.errors import ArgumentError, DtypeError
from chainrule.ops import NAMESPACE as ops


class Trace:
    """One recorded run of a function.

    Attributes:
        leaves: one node for each number or array the function is differentiated in.
        output, aux: what the function returned: trees of Tensors and plain values.
        rebuild: from a list with one entry a leaf to the tree of the chosen arguments.
        nested: whether an outer computation is being recorded through the arguments.
    """

    def __init__(self, function, args, kwargs, argnums, has_aux=False, keep=False):
        check_callable(function)
        chosen = choose(function, args, kwargs, argnums)
        picked = [kwargs[name] if isinstance(name, str) else args[name] for name in chosen.places]
        flat, self._rebuild = tree.flatten(picked)
        self.single = chosen.single
        self.given = flat
        self._outer = STATE.recording  # under no_grad the run is recorded, and its results are not
        tensors = []
        for i, value in enumerate(flat):
            tensors.append(_leaf(value, partial(_name, chosen.places, picked, i), keep, self._outer))
        self.leaves = [tensor.node for tensor in tensors]
        self.nested = self._outer and any(_tracked(value) for value in flat)
        args, kwargs = chosen.put(args, kwargs, self._rebuild(tensors))
        result = _run(function, args, kwargs)
        self.aux = None
        if has_aux:
            if not isinstance(result, tuple) or len(result) != 2:
                raise ArgumentError(
                    "has_aux=True, but the function did not return a pair",
                    "return (value, aux) from the function, or leave has_aux away",
                )
            result, self.aux = result
        self.output = result
        _check_output(result)

    def rebuild(self, leaves):
        """The tree of the chosen arguments around other leaves; bare when argnums was one number."""
        trees = self._rebuild(leaves)
        return trees[0] if self.single else tuple(trees)

    def pull_back(self, seeds):
        """The gradient for each leaf, given cotangents `(node, cotangent)` of outputs."""
        wanted = set(self.leaves)
        recorded, found = self.nested or any(_tracked(seed) for _, seed in seeds), {}
        if not recorded:
            try:
                found, foreign = reverse.walk(seeds, wanted, hooks=False)
            except reverse.HookMet:  # a hook runs once, so it must be known before whether to record
                foreign = forward.between([node for node, _ in seeds], wanted)[1]
                found = {} if foreign and self._outer else reverse.walk(seeds, wanted)[0]
            if foreign and self._outer:  # the function reads a Tensor that requires a gradient: stay connected
                recorded = self.nested = True
        if recorded:
            found, _ = reverse.walk(seeds, wanted, wrap=Tensor._of)
        handed_out = {id(seed) for _, seed in seeds}
        return [self._result(i, _filled(found, leaf), handed_out) for i, leaf in enumerate(self.leaves)]

    def push_forward(self, outputs, tangents):
        """The tangent for each output node, given one tangent (or None) a leaf."""
        nodes, foreign = forward.between(outputs, set(self.leaves))
        moving = {leaf: t for leaf, t in zip(self.leaves, tangents) if t is not None}
        self.nested = self.nested or (self._outer and (foreign or any(map(_tracked, moving.values()))))
        if not self.nested:
            moving = {leaf: plain_value(t) for leaf, t in moving.items()}
        with numpy.errstate(all="ignore"):
            forward.walk(nodes, moving, Tensor._of if self.nested else None)
        return [moving.get(node) for node in outputs]

    def depends_on_others(self, outputs):
        """Whether an output was also computed from a Tensor that is none of the leaves."""
        return self.nested or (self._outer and forward.between(outputs, set(self.leaves))[1])

    def close(self):
        """The run is over: a result that is handed on no longer counts these leaves as its inputs."""
        for leaf in self.leaves:
            if leaf.primitive is None:
                leaf.tracked = False

    def _result(self, i, gradient, handed_out):
        """A gradient as the caller gave the argument: plain for plain, a Tensor for a Tensor."""
        gradient = own(plain_unless_tracked(gradient), handed_out)
        if type(gradient) in ARRAYS and not gradient.ndim:
            gradient = gradient[()]
        given = type(self.given[i])
        if type(gradient) is Rows and given not in TENSORS:
            return constant(gradient, Tensor)
        return constant(gradient, given) if given in TENSORS and type(gradient) not in TENSORS else gradient

    def released(self, value):
        """A returned tree with plain values in place of Tensors, unless an outer computation needs them."""

        def release(leaf):
            if type(leaf) not in TENSORS or (self.nested and leaf.node.tracked):
                return leaf
            bare = leaf.node.value
            return self.as_given(bare.copy() if type(bare) is numpy.ndarray else bare, leaf)

        return tree.map(release, value)

    def as_given(self, bare, out):
        """What belongs to an output: a Tensor like the output where an argument was one, else plain."""
        if type(bare) in TENSORS or type(out) not in TENSORS:
            return bare
        if type(bare) is Rows:
            return constant(bare, type(out))
        return constant(bare, type(out)) if any(type(given) in TENSORS for given in self.given) else bare


def _run(function, args, kwargs):
    """The function's result, recorded, under a note that it is being differentiated."""
    before = STATE.recording, STATE.traced
    STATE.recording = STATE.traced = True
    try:
        with _quiet():
            return function(*args, **kwargs)
    finally:
        STATE.recording, STATE.traced = before


def _quiet():
    """NumPy's warnings off, as in PyTorch and JAX: a branch that is not selected may overflow.

    What the caller made an error stays one.
    """
    silenced: Any = {kind: "ignore" for kind, action in numpy.geterr().items() if action == "warn"}
    return numpy.errstate(**silenced)


class choose:
    """The arguments that `argnums` names: places (positions or keyword names), and whether it was one."""

    def __init__(self, function, args, kwargs, argnums):
        self.single = not isinstance(argnums, (tuple, list))
        places = [_position_or_name(place) for place in ((argnums,) if self.single else argnums)]
        if None in places:
            raise ArgumentError(
                f"argnums={argnums!r} is not a position or a name of an argument, nor a tuple of them",
                "write argnums=0, argnums=(0, 2) or argnums='w'",
            )
        self.places = [self._place(function, args, kwargs, place) for place in places]
        if len(set(self.places)) != len(self.places):
            raise ArgumentError(f"argnums={argnums!r} names an argument twice", "name each argument once")

    def put(self, args, kwargs, values):
        """`(args, kwargs)` with other values in the places."""
        args, kwargs = list(args), dict(kwargs)
        for place, value in zip(self.places, values):
            if isinstance(place, str):
                kwargs[place] = value
            else:
                args[place] = value
        return args, kwargs

    def _place(self, function, args, kwargs, place):
        given = len(args)
        if isinstance(place, int):
            if not -given <= place < given:
                plural = "" if given == 1 else "s"
                raise ArgumentError(
                    f"argnums={place}, but the function was called with {given} positional argument{plural}",
                    "count from 0, or name a keyword argument by its name",
                )
            return place % given
        if place in kwargs:
            return place
        try:
            parameters = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            parameters = ()
        names = [one.name for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
        if place in names and names.index(place) < given:
            return names.index(place)
        raise ArgumentError(
            f"argnums={place!r}, but the call has no argument of that name",
            f"the function's arguments are {', '.join(names) or 'not known by name'}",
        )


def check_callable(function):
    """Raise ArgumentError for what is not a function: grad(f(x)) in place of grad(f)(x)."""
    if not callable(function):
        raise ArgumentError(
            f"a {type(function).__name__} cannot be differentiated: it is not a function",
            "pass the function itself: grad(f)(x), not grad(f(x))",
        )


def _position_or_name(place):
    """A position as an int, a name as it is; None for anything else (True is no position)."""
    if isinstance(place, str):
        return place
    if isinstance(place, (bool, numpy.bool_)):
        return None
    try:
        return operator.index(place)
    except TypeError:
        return None


def plain_unless_tracked(value):
    """The bare value of a Tensor that no gradient flows to; anything else as it is."""
    return value.node.value if type(value) in TENSORS and not value.node.tracked else value


def _tracked(value):
    return type(value) in TENSORS and value.node.tracked


def _name(places, picked, i):
    """The i-th leaf's name for a message: "argument 0['w']"."""
    return [f"argument {place!r}{path}" for place, one in zip(places, picked) for path in tree.paths(one)][i]


def _leaf(value, name, keep, outer):
    """A Tensor that stands for one argument inside the function; `name()` names it."""
    if type(value) in TENSORS:
        if value.node.tracked and outer:
            return ops.positive(value)  # a new link, so that this run can be told from the outer one
        value, cls = value.node.value, type(value)
    else:
        cls = Tensor
    bare = plain_value(value)
    if type(bare) is int and abs(bare) < 2**1023:
        bare = float(bare)
    if bare is NotImplemented or not is_differentiable(bare):
        kind = type(value).__name__ if bare is NotImplemented else f"value of dtype {dtype_of(bare)}"
        raise DtypeError(
            f"{name()} is a {kind}, and only floating point numbers have derivatives",
            "pass floats (np.asarray(x, dtype=float)), or choose other arguments with argnums",
        )
    return cls._of(leaf_node(snapshot(bare) if keep and type(bare) is numpy.ndarray else bare, tracked=True))


def _filled(found, leaf):
    """The cotangent of a leaf; zero where the output does not depend on it."""
    gradient = found.get(leaf)
    if gradient is not None:
        return gradient
    return 0.0 if type(leaf.value) in WEAK else numpy.zeros_like(leaf.value)[()]


def _check_output(result):
    leaves, _ = tree.flatten(result)
    for leaf, path in zip(leaves, tree.paths(result)):
        if type(leaf) in TENSORS or type(leaf) in (float, int, bool, complex, Rows) or is_standing(leaf):
            continue
        dtype = getattr(leaf, "dtype", None) if isinstance(leaf, (numpy.ndarray, numpy.generic)) else None
        if dtype is None or dtype.kind not in "biufc":
            raise DtypeError(
                f"the function returned a {type(leaf).__name__}{f' of dtype {dtype}' if dtype else ''}"
                f"{f' at {path}' if path else ''}, and only numbers have derivatives",
                "return numbers, arrays or trees of them (np.stack builds an array of Tensors); with "
                "has_aux=True other values can be returned beside them",
            )
