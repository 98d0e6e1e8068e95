"""Record a function on fresh leaves: what every transform starts with."""

import inspect

import numpy

from chainrule.core import forward, reverse, tree
from chainrule.core.modes import enable_grad
from chainrule.core.node import leaf_node
from chainrule.core.record import TENSORS, constant, plain_value
from chainrule.core.snapshot import snapshot
from chainrule.core.spec import dtype_of, is_differentiable
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
        chosen = choose(function, args, kwargs, argnums)
        picked = [kwargs[name] if isinstance(name, str) else args[name] for name in chosen.places]
        flat, self._rebuild = tree.flatten(picked)
        names = [
            f"argument {place!r}{path}" for place, one in zip(chosen.places, picked) for path in tree.paths(one)
        ]
        self.single = chosen.single
        self.given = flat
        tensors = [_leaf(value, name, keep) for value, name in zip(flat, names)]
        self.leaves = [tensor.node for tensor in tensors]
        self.nested = any(type(value) in TENSORS and value.node.tracked for value in flat)
        replaced = self._rebuild(tensors)
        args, kwargs = list(args), dict(kwargs)
        for place, new in zip(chosen.places, replaced):
            (kwargs if isinstance(place, str) else args)[place] = new
        with enable_grad(), _quiet():
            result = function(*args, **kwargs)
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
        if not self.nested:
            found, foreign = reverse.walk(seeds, wanted)
            if not foreign:
                handed_out = {id(seed) for _, seed in seeds}
                return [self._result(i, own(_filled(found, leaf), handed_out)) for i, leaf in enumerate(self.leaves)]
            self.nested = True  # the function reads a Tensor that requires a gradient: stay connected to it
        found, _ = reverse.walk(seeds, wanted, wrap=Tensor._of)
        return [self._result(i, _filled(found, leaf)) for i, leaf in enumerate(self.leaves)]

    def push_forward(self, outputs, tangents):
        """The tangent for each output node, given one tangent (or None) a leaf."""
        nodes, foreign = forward.between(outputs, set(self.leaves))
        self.nested = self.nested or foreign
        moving = {leaf: t for leaf, t in zip(self.leaves, tangents) if t is not None}
        self.nested = self.nested or any(type(t) in TENSORS and t.node.tracked for t in moving.values())
        if not self.nested:
            moving = {leaf: plain_value(t) for leaf, t in moving.items()}
        with numpy.errstate(all="ignore"):
            forward.walk(nodes, moving, Tensor._of if self.nested else None)
        return [moving.get(node) for node in outputs]

    def depends_on_others(self, outputs):
        """Whether an output was also computed from a Tensor that is none of the leaves."""
        return self.nested or forward.between(outputs, set(self.leaves))[1]

    def close(self):
        """The run is over: a result that is handed on no longer counts these leaves as its inputs."""
        for leaf in self.leaves:
            if leaf.primitive is None:
                leaf.tracked = False

    def _result(self, i, gradient):
        """A gradient as the caller gave the argument: plain for plain, a Tensor for a Tensor."""
        if type(gradient) in TENSORS and not gradient.node.tracked:
            gradient = gradient.node.value
        given = type(self.given[i])
        return constant(gradient, given) if given in TENSORS and type(gradient) not in TENSORS else gradient

    def released(self, value):
        """A returned tree with plain values in place of Tensors, unless an outer computation needs them."""
        if self.nested:
            return value
        any_tensor = any(type(given) in TENSORS for given in self.given)

        def release(leaf):
            if type(leaf) not in TENSORS:
                return leaf
            bare = leaf.node.value
            bare = bare.copy() if type(bare) is numpy.ndarray else bare
            return constant(bare, type(leaf)) if any_tensor else bare

        return tree.map(release, value)


def _quiet():
    """NumPy's warnings off, as in PyTorch and JAX: a branch that is not selected may overflow.

    What the caller made an error stays one.
    """
    return numpy.errstate(**{kind: "ignore" for kind, action in numpy.geterr().items() if action == "warn"})


class choose:
    """The arguments that `argnums` names: places (positions or keyword names), and whether it was one."""

    def __init__(self, function, args, kwargs, argnums):
        self.single = isinstance(argnums, (int, str)) and not isinstance(argnums, bool)
        places = (argnums,) if self.single else argnums
        if not isinstance(places, (tuple, list)) or not all(
            isinstance(place, (int, str)) and not isinstance(place, bool) for place in places
        ):
            raise ArgumentError(
                f"argnums={argnums!r} is not a position or a name of an argument, nor a tuple of them",
                "write argnums=0, argnums=(0, 2) or argnums='w'",
            )
        self.places = [self._place(function, args, kwargs, place) for place in places]
        if len(set(self.places)) != len(self.places):
            raise ArgumentError(f"argnums={argnums!r} names an argument twice", "name each argument once")

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
            names = list(inspect.signature(function).parameters)
        except (TypeError, ValueError):
            names = []
        if place in names and names.index(place) < given:
            return names.index(place)
        raise ArgumentError(
            f"argnums={place!r}, but the call has no argument of that name",
            f"the function's arguments are {', '.join(names) or 'not known by name'}",
        )


def _leaf(value, name, keep):
    """A Tensor that stands for one argument inside the function."""
    if type(value) in TENSORS:
        if value.node.tracked:
            return ops.positive(value)  # a new link, so that this run can be told from the outer one
        value, cls = value.node.value, type(value)
    else:
        cls = Tensor
    bare = plain_value(value)
    if type(bare) is int:
        bare = float(bare)
    if bare is NotImplemented or not is_differentiable(bare):
        kind = type(value).__name__ if bare is NotImplemented else f"value of dtype {dtype_of(bare)}"
        raise DtypeError(
            f"{name} is a {kind}, and only floating point numbers have derivatives",
            "pass floats (np.asarray(x, dtype=float)), or choose other arguments with argnums",
        )
    return cls._of(leaf_node(snapshot(bare) if keep and type(bare) is numpy.ndarray else bare, tracked=True))


def _filled(found, leaf):
    """The cotangent of a leaf; zero where the output does not depend on it."""
    gradient = found.get(leaf)
    if gradient is not None:
        return gradient
    return 0.0 if type(leaf.value) is float else numpy.zeros_like(leaf.value)[()]


def _check_output(result):
    for leaf in tree.flatten(result)[0]:
        if getattr(leaf, "dtype", None) == object:
            raise DtypeError(
                "the function returned an array of Python objects, which may hide derivatives",
                "build the result with np.stack or np.concatenate",
            )
