"""`chainrule derive`: text and functions, options, and one readable message with exit code 1 where it fails."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from chainrule.cli import main

PROGRAM = """
import numpy as np

def loss(w, x):
    z = w * x
    return np.tanh(z) ** 2

value = 3
"""


def run(*arguments):
    return CliRunner().invoke(main, ["derive", *arguments])


def test_numbers_under_every_factor():
    result = run("tan^2 3x", "--at", "x=0.2")
    assert result.exit_code == 0
    assert "dy/du₁ = f₁′(u₁) = 2u₁" in result.stdout and "= 6.026054" in result.stdout
    assert "Checked at 12 points" in result.stdout


def test_notation_and_substitution():
    result = run("6u^3; u = 7x - 4", "--notation", "leibniz", "--no-simplify")
    assert result.exit_code == 0
    assert "dy/dx = dy/du·du/dx = 18u²·7" in result.stdout and "′" not in result.stdout
    assert "SymPy" not in result.stdout


def test_several_variables_at_a_point():
    result = run("2*(x*y + max(z,w))", "--wrt", "x,y,z,w", "--at", "x=3,y=-4,z=2,w=-1")
    assert result.exit_code == 0
    for line in ("∂f/∂x = 2y = −8", "∂f/∂y = 2x = 6"):
        assert line in result.stdout


def test_order_functions_width_and_formats():
    assert "d²y/dx²" in run("sin(2x)", "--order", "2").stdout
    assert "f′(g(x))·g′(x)" in run("f(g(x))", "--functions", "f,g").stdout
    assert all(len(line) <= 50 for line in run("ln(e^x (x^2-4)/sqrt(x))", "--width", "50").stdout.splitlines())
    assert run("sin(x^2)", "--format", "latex").exit_code == 0


@pytest.mark.parametrize("shapes", ["A=mxn,x=n", "A=(m, n), x=(n)", "A = 3×2, x = 2", "A=3x2"])
def test_shapes_of_matrices(shapes):
    result = run("norm2(A*x - y)^2", "--wrt", "x", "--shapes", shapes)
    assert result.exit_code == 0 and "2 Aᵀ (A x − y)" in result.stdout
    assert ("A (3, 2)" if "3" in shapes else "A (m, n)") in result.stdout


def test_symmetric_and_positive_matrices():
    assert "A x" in run("0.5*x'*A*x", "--wrt", "x", "--symmetric", "A").stdout
    assert run("log(det(X))", "--wrt", "X", "--positive", "X").exit_code == 0


@pytest.mark.parametrize("shapes", ["A", "A=", "A=2y3-", "=3", "A=3x2;x"])
def test_shapes_that_cannot_be_read(shapes):
    result = run("norm2(A*x - y)^2", "--wrt", "x", "--shapes", shapes)
    assert result.exit_code == 2 and "write A=mxn,x=n" in result.output


def test_a_function_of_a_file(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    result = run(f"{path}:loss", "--wrt", "w", "--at", "w=0.5,x=2")
    assert result.exit_code == 0
    assert "z" in result.stdout and "program.py:" in result.stdout


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        (("tan^2 3x + foo(x)",), 1, "tan^2 3x + foo(x)\n           ^^^"),
        (("a x^2",), 1, 'wrt="a" or wrt="x"'),
        (("sin x", "--at", "x"), 2, "write x=0.5,y=2"),
        (("sin x", "--at", "t=1"), 1, "t is no variable of it"),
        (("sin x", "--format", "pdf"), 2, "is not one of"),
        (("missing.py:loss",), 2, "was not found"),
        (("__import__('os').getpid()",), 1, "^"),
    ],
)
def test_failures_say_what_to_do(arguments, code, words):
    result = run(*arguments)
    assert result.exit_code == code
    assert words in result.output and "Traceback" not in result.output


def test_failures_of_a_file(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    assert "Its functions are: loss" in run(f"{path}:lost").output
    assert run(f"{path}:value").exit_code == 1
    path.write_text("1 / 0")
    assert "raised ZeroDivisionError" in run(f"{path}:loss").output


def test_a_terminal_that_knows_ascii_only():
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "chainrule", "derive", "sqrt(x^2 + 1)", "--no-simplify"]
    result = subprocess.run(command, capture_output=True, env=environment, check=True)
    text = result.stdout.decode("ascii")
    assert "dy/du_1" in text and "?" not in text
