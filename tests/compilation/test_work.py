import numpy as np
import pytest

import chainrule as cr
from chainrule.compilation import work


def instructions(function, *arguments):
    fast = cr.compile(function)
    fast(*arguments)
    return fast.variants()[0].program.instructions


def varied(x, count):
    for turn in np.random.default_rng(0).integers(0, 3, count).tolist():  # in an order without loops
        x = np.sin(x) if turn == 0 else x * 0.5 if turn == 1 else 1.0 - x
    return x


def test_the_effort_follows_the_length_and_the_time():
    assert work.effort(instructions(lambda x: x * np.tanh(x), np.ones(8))) == "usual"
    assert work.effort(instructions(lambda x: x * np.tanh(x), np.ones(2_000_000))) == "best"
    assert work.effort(instructions(lambda x: varied(x, 1_100), np.ones(8))) == "quick"
    assert work.effort(instructions(lambda x: varied(x, 1_100), np.ones(2_000))) == "usual"


@pytest.mark.parametrize("count", [300, 1_300])
def test_a_longer_program_takes_longer_to_compile(count):
    short, long = (instructions(lambda x, n=n: varied(x, n), np.ones(8)) for n in (count, count + 200))
    assert 0 < work.seconds_to_compile(short) < work.seconds_to_compile(long) < 2 * work.seconds_to_compile(short)


def test_matrix_products_and_loops_count():
    product = instructions(lambda a, b: a @ b, np.ones((100, 200)), np.ones((200, 300)))
    assert work.nanoseconds(product) == pytest.approx(0.1 * 100 * 200 * 300, rel=0.2)

    def loop(x):
        for _ in range(1_000):
            x = x + 0.001 * np.sin(x)
        return x

    assert 1_000 < work.nanoseconds(instructions(loop, 0.5)) < 100_000
