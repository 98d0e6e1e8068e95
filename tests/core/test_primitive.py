"""The contract of a room: what each kind needs, and what it supplies."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.primitive import Bilinear, Custom, Elementwise, Linear, Structural
from chainrule.core.samples import array, call, reals
from chainrule.errors import DtypeError, ShapeError, UnfinishedRoomError

KINDS = {
    Elementwise: {"forward", "partials", "latex", "samples"},
    Linear: {"forward", "transpose", "shape", "latex", "words", "samples"},
    Structural: {"forward", "transpose", "shape", "latex", "words", "samples"},
    Bilinear: {"forward", "transpose", "shape", "latex", "words", "samples"},
    Custom: {"forward", "vjp", "jvp", "shape", "latex", "words", "samples"},
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_unfinished_room_fails_at_once_and_says_what_is_missing(kind):
    whole = {name: (reals(-1, 1),) if name in ("samples", "partials") else "f" for name in KINDS[kind]}
    whole["forward"] = lambda self, xp, x: x
    type("Whole", (kind,), dict(whole))
    for name in KINDS[kind]:
        rest = {key: value for key, value in whole.items() if key != name}
        with pytest.raises(UnfinishedRoomError, match=f"Partial is an unfinished room: it lacks {name}"):
            type("Partial", (kind,), rest)
    with pytest.raises(UnfinishedRoomError, match=", ".join(sorted(KINDS[kind]))):
        type("Empty", (kind,), {})


class Softsign(Elementwise):
    """y = x / (1 + |x|)."""

    latex, samples = r"\\frac{{ {0} }}{{1 + |{0}|}}", (reals(-2, 2, avoid=(0,)),)

    def forward(self, xp, x):
        return x / (1 + xp.abs(x))

    partials = (lambda xp, y, x: (1 - xp.abs(y)) ** 2,)


class Twice(Linear):
    """y = 2 x, where it has three entries."""

    latex, words, samples = "2 {0}", "twice the cotangent", (call(array(3)),)

    def shape(self, own):
        return own

    def forward(self, xp, x):
        if np.shape(x) != (3,):
            raise ValueError("three entries are needed")
        return 2 * x

    def transpose(self, xp, g, i, x):
        return 2 * g


def test_a_room_written_outside_works_everywhere():
    softsign, twice = Softsign().apply, Twice()
    x = np.array([0.5, -1.5, 2.0])
    for function in (softsign, twice, lambda x: softsign(twice(x) * x)):
        cr.check_grads(function, (x,), order=3)
    assert type(softsign(0.5)) is float and cr.grad(softsign)(1.0) == 0.25
    assert softsign.__name__ == "softsign" and softsign.__doc__ == "y = x / (1 + |x|)."


def test_a_room_written_outside_refuses_in_the_users_terms():
    w = cr.tensor(np.ones(2), requires_grad=True)
    with pytest.raises(ShapeError, match="twice: cannot take values of shape \\(2,\\): three entries") as raised:
        Twice()(w)
    assert __file__ in str(raised.value)
    with pytest.raises(DtypeError):
        Twice()("abc")

    class Broken(Softsign):
        def forward(self, xp, x):
            return x + None

    with pytest.raises(TypeError, match="NoneType") as raised:
        Broken().apply(w)
    assert not isinstance(raised.value, DtypeError)
