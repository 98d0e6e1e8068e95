"""chainrule, PyTorch and JAX behind one interface: functions of arrays in, NumPy arrays out.

Every transform takes a function of the library's own arrays, the arguments as NumPy arrays, and, where
it needs one, a cotangent or a list of tangents. It returns a flat list of NumPy arrays.
"""

from importlib.util import find_spec

import numpy

import chainrule as cr
from chainrule.core import tree
from chainrule.ops import CATALOGUE
from parity import counterparts

TRANSFORMS = ("grad", "value_and_grad", "vjp", "jvp", "jacobian", "hessian", "hvp")


class Library:
    """What all have in common.

    Attributes:
        numpy: the library's functions in NumPy's spelling, as far as it has them.
    """

    def flat(self, value):
        """The leaves of a tree, as NumPy arrays."""
        return [self.plain(leaf) for leaf in tree.flatten(value)[0]]

    def plain(self, leaf):
        return numpy.asarray(leaf)


class Chainrule(Library):
    """The library under test; the peers below have the same methods."""

    name, needs, numpy = "chainrule", "chainrule", numpy

    def function(self, primitive):
        return CATALOGUE[primitive]

    def array(self, value):
        return value

    def grad(self, f, args):
        return self.flat(cr.grad(f, tuple(range(len(args))))(*args))

    def value_and_grad(self, f, args):
        return self.flat(cr.value_and_grad(f, tuple(range(len(args))))(*args))

    def vjp(self, f, args, cotangent):
        value, pullback = cr.vjp(f, *args)
        return self.flat((value, pullback(cotangent)))

    def jvp(self, f, args, tangents):
        return self.flat(cr.jvp(f, tuple(args), tuple(tangents)))

    def jacobian(self, f, args):
        return self.flat(cr.jacobian(f, tuple(range(len(args))))(*args))

    def hessian(self, f, args):
        return self.flat(cr.hessian(f, tuple(range(len(args))))(*args))

    def hvp(self, f, args, tangents):
        return self.flat(cr.hvp(f, argnums=tuple(range(len(args))))(*args, tuple(tangents)))


class Peer(Library):
    """What PyTorch's torch.func and JAX spell alike."""

    def function(self, primitive):
        """The counterpart of a primitive as a function, or a `Missing`."""
        spelling = self.spellings[primitive]
        if isinstance(spelling, counterparts.Missing):
            return spelling
        if isinstance(spelling, str):
            return getattr(self.numpy, spelling)
        return lambda *args, **params: spelling(self.library, *args, **params)

    def arrays(self, values):
        return tuple(self.array(value) for value in values)

    def grad(self, f, args):
        return self.flat(self.func.grad(f, tuple(range(len(args))))(*self.arrays(args)))

    def vjp(self, f, args, cotangent):
        value, pullback = self.func.vjp(f, *self.arrays(args))
        return self.flat((value, pullback(self.array(cotangent))))

    def jvp(self, f, args, tangents):
        return self.flat(self.func.jvp(f, self.arrays(args), self.arrays(tangents)))

    def jacobian(self, f, args):
        return self.flat(self.func.jacrev(f, tuple(range(len(args))))(*self.arrays(args)))

    def hessian(self, f, args):
        chosen = tuple(range(len(args)))
        return self.flat(self.func.jacrev(self.func.jacrev(f, chosen), chosen)(*self.arrays(args)))

    def hvp(self, f, args, tangents):
        gradient = self.func.grad(f, tuple(range(len(args))))
        return self.flat(self.func.jvp(gradient, self.arrays(args), self.arrays(tangents))[1])


class Torch(Peer):
    name, needs, spellings = "PyTorch", "torch", counterparts.TORCH

    def __init__(self):
        import torch

        self.library = self.numpy = torch
        self.func = torch.func

    def array(self, value):
        return self.library.tensor(value) if isinstance(value, (numpy.ndarray, numpy.generic)) else value

    def plain(self, leaf):
        return leaf.numpy(force=True)  # also of the conjugate and zero tensors that are not stored as such

    def value_and_grad(self, f, args):
        gradients, value = self.func.grad_and_value(f, tuple(range(len(args))))(*self.arrays(args))
        return self.flat((value, gradients))


class Jax(Peer):
    name, needs, spellings = "JAX", "jax", counterparts.JAX

    def __init__(self):
        import jax

        jax.config.update("jax_enable_x64", True)
        self.library = self.func = jax
        self.numpy = jax.numpy

    def array(self, value):
        return self.numpy.asarray(value) if isinstance(value, (numpy.ndarray, numpy.generic)) else value

    def value_and_grad(self, f, args):
        return self.flat(self.func.value_and_grad(f, tuple(range(len(args))))(*self.arrays(args)))


PEERS = {kind.name: kind for kind in (Torch, Jax)}


def installed(kind):
    return find_spec(kind.needs) is not None
