"""What a compiled function reads from outside: it is never out of date."""

import numpy as np
import pytest

import chainrule as cr

W = np.ones(3)
BOX = {"a": [np.ones(3)]}


class Model:
    def __init__(self):
        self.w = np.ones(3)

    def loss(self, x):
        return np.sum(self.w * 2 * x)


MODEL = Model()
READERS = {
    "met by an argument": lambda x: W @ x,
    "computed by itself": lambda x: np.sum((W * 2.0) * x),
    "a number of it": lambda x: W.sum() * x,
    "both": lambda x: (W @ x) + (W * W).sum(),
    "an entry": lambda x: x * float(W[0]),
    "a row": lambda x: x * np.array([W[1:] * 3, W[:2]])[0, 0],
    "a branch": lambda x: x * 2 if W[0] > 0 else x,
    "in a gradient": cr.grad(lambda x: np.sum(np.tanh(W * 0.5) * x * x)),
    "its shape only": lambda x: x * len(W),
    "in a container": lambda x: (BOX["a"][0] * 2) @ x,
    "of an object": MODEL.loss,
    "in a loop": lambda x: cr.scan(lambda c, _: (c * np.cos(W), None), x, length=4)[0],
}


@pytest.mark.parametrize("name", READERS)
def test_arrays_that_change_in_place(name):
    function, x = READERS[name], np.arange(3.0) + 1
    compiled = cr.compile(function)
    for value in (1.0, 5.0, -2.0):
        for array in (W, BOX["a"][0], MODEL.w):
            array[:] = value
        for _ in range(2):
            np.testing.assert_array_equal(compiled(x), function(x))
    assert compiled.eager_calls == 0
    assert compiled.traces == 1 if name == "met by an argument" else compiled.traces <= 3


def test_a_reason_names_the_array():
    compiled = cr.compile(READERS["computed by itself"])
    W[:] = 1
    compiled(np.ones(3))
    W[:] = 2
    compiled(np.ones(3))
    assert compiled.why_retraced()[0] == "W has changed"


def test_a_second_kind_of_call_does_not_forget_what_the_first_read():
    def function(x):
        return (W * 2) @ x if x.shape else x * 3

    compiled = cr.compile(function)
    W[:] = 1
    assert compiled(np.ones(3)) == 6
    assert compiled(np.float64(1)) == 3
    W[:] = 2
    assert compiled(np.ones(3)) == 12
