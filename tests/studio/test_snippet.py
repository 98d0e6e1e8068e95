"""A typed program runs elsewhere, within limits, and its mistakes come back as sentences."""

import asyncio

import pytest

from chainrule.errors import ArgumentError
from chainrule.studio import snippet
from chainrule.studio.lesson import TORCH


def run(source, **limits):
    return asyncio.run(snippet.run(source, **limits))


def gradients(replay):
    return {node["name"]: node["gradient"] for node in replay["nodes"]}


def test_the_lessons_program_for_torch():
    replay = run(TORCH)
    assert replay["printed"] == "-0.2115083485841751\n"
    assert gradients(replay)["w"] == pytest.approx(-0.21150834)
    assert "∂loss/∂w" in replay["backward"][-1]["formula"]


def test_the_lessons_program_for_tensorflow():
    replay = run(
        "import tensorflow as tf\nw = tf.Variable(0.5)\nwith tf.GradientTape() as tape:\n"
        "    z = w * 2.0\n    a = tf.sigmoid(z)\n    loss = (a - 1.0) ** 2\nprint(tape.gradient(loss, w).numpy())\n"
    )
    assert gradients(replay)["w"] == pytest.approx(-0.21150834, rel=1e-6)


def test_numpy_and_the_last_number_where_none_is_called_loss():
    replay = run(
        "import numpy as np, chainrule as cr\nx = cr.tensor([1.0, 2.0], requires_grad=True)\ny = np.sum(np.sin(x))\n"
    )
    assert replay["nodes"][replay["value"]]["name"] == "y"
    assert gradients(replay)["x"]["entries"] == pytest.approx([0.5403023, -0.41614684])


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("x = (\n", "line 1: SyntaxError"),
        ("a = 1\nb = a / 0\n", "line 2: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("x = 1.0", "the program computes no number"),
        ("import chainrule as cr\nx = cr.tensor([1.0, 2.0], requires_grad=True)\nx.backward()", "backward needs one"),
        ("import numpy\nnumpy.ones((30000, 30000))", "more memory than the limit"),
        ("with open('file', 'w') as file:\n    file.write('x' * 10)", "File too large"),
        ("import os\nos._exit(7)", "exit code 7"),
    ],
)
def test_mistakes(source, what):
    with pytest.raises(ArgumentError) as caught:
        run(source)
    assert what in caught.value.what and caught.value.do


def test_a_program_without_end():
    with pytest.raises(ArgumentError, match=r"longer than 1 seconds\n(.|\n)*make it shorter"):
        run("while True: pass", seconds=1.0)


def test_what_it_prints_is_bounded():
    replay = run(
        "import chainrule as cr\nx = cr.tensor(1.0, requires_grad=True)\n"
        "for i in range(100_000): print('words')\nloss = x * x"
    )
    assert 10_000 < len(replay["printed"]) <= 20_000


def test_the_numbers_that_a_program_starts_from():
    source = "import chainrule as cr\n'𝜎 stands before'; w = cr.tensor(-0.5, requires_grad=True)\nσ = 2.0\nn = 3\n"
    source += "y = cr.tensor(1e-3)\nloss = (w * σ - y) ** 2\n"
    given = run(source)["given"]
    assert [(one["name"], one["role"], one["value"]) for one in given] == [
        ("w", "weight", -0.5),
        ("σ", "number", 2.0),
        ("y", "number", 0.001),
    ]
    units = source.encode("utf-16-le")
    written = [units[2 * start : 2 * end].decode("utf-16-le") for start, end in (one["span"] for one in given)]
    assert written == ["-0.5", "2.0", "1e-3"]


def test_the_next_process_is_started_ahead_and_ended():
    async def three_and_the_end():
        programs = snippet.Programs(ahead=True)
        found = [await programs.run(f"{TORCH}# {number}") for number in range(3)]
        waiting, _ = await programs._next
        await programs.close()
        return found, waiting.returncode

    found, code = asyncio.run(three_and_the_end())
    assert [gradients(one)["w"] for one in found] == pytest.approx([-0.21150834] * 3)
    assert code == -9
