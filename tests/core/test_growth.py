"""Graphs that grow from iteration to iteration: the warning, and loops that deserve none."""

import warnings

import numpy as np
import pytest

import chainrule as cr
import chainrule.torch as torch


def step(w):
    return np.sum(w * w)


def test_a_sum_of_losses_is_named():
    w, total = cr.tensor(np.ones(3), requires_grad=True), 0.0
    with pytest.warns(UserWarning, match="the graph behind 'total' grows with every iteration") as caught:
        for _ in range(40):
            loss = step(w)
            loss.backward()
            total = total + loss
    text = str(caught[0].message)
    assert len(caught) == 1 and "total = total + loss" in text and "loss.item()" in text
    assert caught[0].filename == __file__


def test_a_state_carried_on_is_named():
    w, state = torch.ones(2, requires_grad=True), torch.zeros(2)
    with pytest.warns(UserWarning, match="the graph behind 'state' grows"):
        for _ in range(40):
            state = torch.tanh(state + w)
            state.sum().backward(retain_graph=True)
            torch.ones(1, requires_grad=True).exp().backward()


def test_what_an_object_holds_is_named():
    class Meter:
        def __init__(self):
            self.total = 0.0

        def run(self, w):
            for _ in range(40):
                loss = step(w)
                loss.backward()
                self.total = self.total + loss

    with pytest.warns(UserWarning, match=r"'self\.total' grows"):
        Meter().run(cr.tensor(np.ones(3), requires_grad=True))


def test_loops_that_keep_numbers_are_left_alone():
    w, total, losses = cr.tensor(np.ones(3), requires_grad=True), 0.0, []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(200):
            loss = step(w)
            loss.backward()
            total += loss.item()
            losses.append(loss.item())
        for _ in range(70):
            state = cr.tensor(np.zeros(2))
            for _ in range(10):
                state = np.tanh(state + w[:2])
            state.sum().backward()


def test_nothing_is_said_of_one_long_computation():
    w = cr.tensor(1.0, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = w
        for _ in range(5000):
            y = y * 1.0
        y.backward()
