"""Loops in Python, some known and some drawn at random, and how their programs are compared."""

import numpy as np

import chainrule as cr
from chainrule.compilation import signature
from chainrule.compilation.program import interpret, verify
from chainrule.compilation.recording import Recording
from chainrule.compilation.rolling.roll import rolled, size
from chainrule.compilation.simplify import simplify
from chainrule.core import tree
from chainrule.core.modes import STATE


def traced(f, *args):
    """The program of a call, step by step."""
    recording = Recording()
    given = signature.replaced(args, recording.argument)
    before, STATE.copies = STATE.copies, {}
    try:
        with np.errstate(all="ignore"):
            leaves, rebuild = tree.flatten(f(*given))
        return recording.step_by_step(leaves, rebuild)
    finally:
        STATE.copies = before


def same_bits(ours, theirs):
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs):
        assert type(one) is type(other) and np.shape(one) == np.shape(other)
        assert np.asarray(one).dtype == np.asarray(other).dtype
        np.testing.assert_array_equal(one, other)
        assert np.array_equal(np.signbit(one), np.signbit(other)) or np.isnan(one).any()


def check(f, *args):
    """The rolled program of a call, after it has given the same bits as the one step by step, simplified too."""
    program = traced(f, *args)
    short = verify(rolled(program))
    shorter = simplify(short, verify)
    inputs = [*tree.flatten(args)[0], *(array for _, array in program.captured)]
    wanted = interpret(program, inputs)
    same_bits(interpret(short, inputs), wanted)
    same_bits(interpret(shorter, inputs), wanted)
    return shorter


def loops(program):
    """The trips of the loops of a program, those inside of others after them."""
    found = []
    for one in program.instructions:
        if one.name == "scan":
            found += [one.function.trips, *loops(one.function.body)]
    return found


class Drawn:
    """A loop drawn at random: `Drawn(numbers)(x, w, xs)` runs it.

    Args:
        seed: of what is drawn.
    """

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        draw = self.rng.integers
        self.trips, self.states = int(draw(18, 40)), int(draw(1, 4))
        self.steps = [tuple(int(n) for n in draw(0, 1000, 4)) for _ in range(draw(4, 12))]
        self.order = [int(i) for i in self.rng.permutation(self.states)]
        self.kept, self.back, self.breaks, self.branch, self.inner = (bool(b) for b in self.rng.random(5) < 0.3)
        self.arrays = bool(self.rng.random() < 0.4)
        self.values = [0.1 * float(n) for n in draw(-9, 10, self.trips)]

    def arguments(self):
        rng = np.random.default_rng(1)
        x = rng.normal(size=3) if self.arrays else 0.4
        return x, 0.7, rng.normal(size=(self.trips, 3) if self.arrays else self.trips)

    def __call__(self, x, w, xs):
        states = [x * (1.0 + k) for k in range(self.states)]
        total, kept, before = 0.0, [], states[0]
        for i in range(self.trips):
            made = list(states)
            for step in self.steps:
                made.append(self.step(i, made, step, w, xs, before))
            before = states[0]
            states = [made[k - self.states] if k else np.tanh(made[-1]) for k in self.order]
            if self.branch and np.sum(states[0]) > 5.0:
                states[0] = states[0] * 0.5
            if self.inner:
                for _ in range(8):
                    states[-1] = np.sin(states[-1]) * w + 0.1
            total = total + np.sum(made[-1]) * 0.1
            if self.kept:
                kept.append(states[0])
            if self.breaks and i == self.trips - 4 and np.sum(total) < 1e9:
                break
        if self.kept:
            total = total + np.sum(np.stack(kept) ** 2) + np.sum(kept[2])
        return total + sum(np.sum(state) for state in states)

    def step(self, i, made, numbers, w, xs, before):
        kind, a, b, c = numbers
        one, other = made[a % len(made)], made[b % len(made)]
        return (
            lambda: np.sin(one) + other,
            lambda: one * w - other,
            lambda: np.cos(one * other),
            lambda: one + xs[i] * w,
            lambda: one * 0.9 + xs[self.trips - 1 - i],
            lambda: one * 0.5 + self.values[i],
            lambda: np.sin(one + i),
            lambda: one * 0.3 + before * 0.5,
            lambda: np.tanh(one) * (w * 2.0),
            lambda: np.where(np.greater(one, 0.1 * (c % 5)), one, other),
            lambda: np.maximum(one, other) * 0.5,
            lambda: np.exp(-one * one) + xs[(i * 2) % 7 if self.back else i],
        )[kind % 12]()


__all__ = ["Drawn", "check", "cr", "loops", "rolled", "same_bits", "size", "traced"]
