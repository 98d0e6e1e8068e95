"""Whole texts: substitutions, equations, curves, derivatives that are asked for, points."""

import pytest

from chainrule.derivations.parsing import parse
from chainrule.errors import ArgumentError, ParseError
from chainrule.expressions import Symbol

x, y, t, u = (Symbol(name) for name in "xytu")


@pytest.mark.parametrize(
    "text",
    [
        "y=6u^3; u=7x-4",
        "y = 6u^3, u = 7x - 4",
        "y = 6u^3 where u = 7x - 4",
        "y = 6u^3 with u = 7x - 4",
        "y = 6u^3 and u = 7x - 4",
        "y = 6u^3\nu = 7x - 4\n",
        "y := 6u^3; u := 7x - 4;",
        r"y = 6u^{3}, \quad u = 7x - 4",
    ],
)
def test_substitutions(text):
    parsed = parse(text)
    assert parsed.kind == "expression" and parsed.name == y
    assert parsed.expression.plain is (6 * u**3).plain
    assert [(symbol, value.plain) for symbol, value in parsed.substitutions] == [(u, 7 * x - 4)]
    assert str(parsed) == "y = 6u³; u = 7x − 4"


def test_several_letters_and_numbers_for_them():
    parsed = parse("z=x^2-2x y^2; x=r cos(t); y=r sin(t); r=3")
    assert [str(symbol) for symbol, _ in parsed.substitutions] == ["x", "y"]
    assert parsed.at == {"r": 3.0}


def test_an_expression_without_a_name():
    parsed = parse("6u^3; u = 7x - 4")
    assert parsed.name is None and str(parsed) == "6u³; u = 7x − 4"


@pytest.mark.parametrize(
    "text, wrt",
    [
        ("d2/dxdy: x^2 y^3", ("x", "y")),
        ("d^2/dxdy x^2 y^3", ("x", "y")),
        ("∂²/∂x∂y x^2 y^3", ("x", "y")),
        ("d/dx (x^2 sin x)", ("x",)),
        ("d/dx: x", ("x",)),
        ("d2/dx2 sin x", ("x", "x")),
        ("d³/dx³ sin x", ("x", "x", "x")),
        ("d^3/dx^2dy: x", ("x", "x", "y")),
        ("d/dx_1 (x_1^2)", ("x1",)),
        (r"\frac{d}{dx} \sin x", ("x",)),
        (r"\frac{\mathrm{d}^2}{\mathrm{d}x^2} \sin x", ("x", "x")),
        (r"\frac{\partial^2}{\partial x \partial y} x^2 y^3", ("x", "y")),
        (r"\frac{\partial}{\partial \theta} \theta^2", ("theta",)),
    ],
)
def test_the_derivative_that_is_asked_for(text, wrt):
    assert parse(text).wrt == wrt


def test_implicit():
    parsed = parse("implicit: x^2+y^2=25 at (3,4)")
    assert parsed.kind == "implicit" and parsed.at == {"x": 3.0, "y": 4.0}
    left, right = parsed.equation
    assert left.plain is (x**2 + y**2).plain and str(right) == "25"
    assert str(parsed) == "x² + y² = 25"
    assert parse("x^y = y^x").kind == "implicit"
    assert parse("y = x y + 1").kind == "implicit"
    assert parse("dy/dx: x^2 + y^2 = 25").wrt == ("x",)
    assert parse("x^2 + y^2 = 25 at x=3, y=-4").at == {"x": 3.0, "y": -4.0}


def test_parametric():
    for text in ("parametric: x=sin(t), y=cos(t)", "x = sin t, y = cos t", "y = cos t; x = sin t"):
        parsed = parse(text)
        assert parsed.kind == "parametric"
        assert [str(symbol) for symbol, _ in parsed.curve] == ["x", "y"]
        assert str(parsed) == "x = sin(t); y = cos(t)"
    assert parse("parametric: x = t^2, y = t^3 at t=pi/2").at["t"] == pytest.approx(1.5707963267948966)


def test_a_function_with_a_name():
    parsed = parse("f(x, y) = x^2 y")
    assert str(parsed.name) == "f" and parsed.arguments == (x, y)
    assert str(parsed) == "f(x, y) = x²·y"


def test_points_of_expressions():
    assert parse("x^2 at x=3").at == {"x": 3.0}
    assert parse("x y at the point (3, 1/2)").at == {"x": 3.0, "y": 0.5}
    assert str(parse("1/2 at^2").expression) == "(1/2)·a·t²"


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "there is nothing to read"),
        ("  ;; ", "there is nothing to read"),
        ("x^2; 3x", "what follows the first statement gives letters their meaning"),
        ("1,5x", "use a point for decimals"),
        ("u^2; u=x; u=2x", "u is given a second time"),
        ("x > 0", "a condition is no function"),
        ("implicit: x^2", "needs an equation"),
        ("parametric: x=t", "gives x and y"),
        ("x^2 + d/dx x", "inside an expression is not read"),
        (r"x + \frac{d}{dx} x^2", "inside an expression is not read"),
        ("d2/dx: x", "of order 2 above and of order 1 below"),
        ("x y at (1, 2, 3)", "the point has 3 numbers, and the variables are x, y"),
        ("x at x=1/0", "is no finite number"),
        ("x^2; y=1/0", "is no finite number"),
    ],
)
def test_refused(text, words):
    with pytest.raises(ParseError, match=words):
        parse(text)


def test_arguments_that_make_no_sense():
    with pytest.raises(ArgumentError, match="is no text"):
        parse(3)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="is no base"):
        parse("x", log=2)
