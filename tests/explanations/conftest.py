"""Primitives that are wrong on purpose, to see them refused."""

import numpy
import pytest

from chainrule.core.primitive import Elementwise
from chainrule.core.samples import reals
from chainrule.explanations.rules.symbols import SYMBOLS


class Sine(Elementwise):
    """y = sin x, with a rule to be replaced."""

    latex, samples = r"\sin {0}", (reals(-1, 1),)
    partials = (lambda xp, y, x: numpy.cos(x),)

    def forward(self, xp, x):
        return numpy.sin(x)


@pytest.fixture
def wrong_sine():
    """Its formula reads 2 cos x, and it multiplies by cos x."""

    class WrongSine(Sine):
        partials = (lambda xp, y, x: 2 * xp.cos(x) if xp is SYMBOLS else numpy.cos(x),)

    return WrongSine().apply


@pytest.fixture
def fickle_sine():
    """Its slope is one per cent larger at every call."""
    calls = []

    class FickleSine(Sine):
        partials = (lambda xp, y, x: calls.append(1) or numpy.cos(x) * 1.01 ** len(calls),)

    return FickleSine().apply
