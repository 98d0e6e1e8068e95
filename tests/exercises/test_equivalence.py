"""When two expressions count as the same function."""

import pytest

from chainrule.derivations.parsing import parse
from chainrule.exercises import equivalence
from chainrule.exercises.equivalence import Compared, Points, is_analytic, same


def _read(text):
    return parse(text).expression


SAME = [
    ("sin(2x)", "2 sin x cos x"),
    ("tan^2 x + 1", "sec^2 x"),
    ("ln(x^2)", "2 ln|x|"),
    ("(x+1)^2", "x^2 + 2x + 1"),
    ("(x^2-1)/(x-1)", "x + 1"),
    ("arcsin(5x+3)", "pi/2 - arccos(5x+3)"),  # a thin domain
    ("ln(ln(sin x)) + ln(x)", "ln(x) + ln(ln(sin x))"),  # no real domain: complex points
    ("max(x, y)", "(x + y + |x - y|)/2"),
    ("e^(1000x)/e^(999x)", "e^x"),  # overflows at most points
    ("(1 - cos x)/x^2", "2 sin^2(x/2)/x^2"),  # cancellation: settled with more digits
    ("cos(e^(e^(5x)) + 3)", "cos(3 + 1/e^(-e^(5x)))"),  # so large that the cosine of a float says nothing
    ("3", "9/3"),
]
DIFFERENT = [
    ("sqrt(x^2)", "x"),
    ("|x|", "x"),
    ("x^2", "x^2 + 10^(-3)"),
    ("sin x", "x"),
    ("ln(ln(sin x))", "2 ln(ln(sin x))"),
    ("0.333 x", "x/3"),
    ("0.33333333 x", "x/3"),  # only more digits tell
    ("3", "4"),
    ("(e^(x^2+7) + 1)^2", "(e^(x^2+7) + 1)^2 + x^2/9"),  # a small term beside a large one
    ("cos(1000000 x)", "cos(1000000 x + 0.001)"),
    ("max(x, y)", "x"),
    ("sqrt(-1-x^2)", "x"),  # nothing in common
]


@pytest.mark.parametrize("a, b", SAME)
def test_same(a, b):
    assert same(_read(a), _read(b)) and same(_read(b), _read(a))


@pytest.mark.parametrize("a, b", DIFFERENT)
def test_different(a, b):
    assert not same(_read(a), _read(b)) and not same(_read(b), _read(a))


def test_rounded_decimals_are_told_apart():
    assert Compared(_read("0.333 x"), _read("x/3")).rounded
    assert not Compared(_read("0.3 x"), _read("x/3")).rounded
    assert not Compared(_read("x/3"), _read("x/3")).rounded


def test_without_mpmath_a_difference_of_rounding_passes(monkeypatch):
    monkeypatch.setattr(equivalence.importlib.util, "find_spec", lambda name: None)
    assert same(_read("(1 - cos x)/x^2"), _read("2 sin^2(x/2)/x^2"))
    assert not same(_read("0.33 x"), _read("x/3"))


def test_points_are_always_the_same_ones():
    first, second = (Points(_read("ln x + y")) for _ in range(2))
    assert first.count == second.count >= 6 and first.real
    assert first.point(0) == second.point(0) and set(first.point(0)) == {"x", "y"}


def test_where_complex_numbers_can_be_put_in():
    assert is_analytic(_read("sin(sqrt(x))^2 + x^pi"))
    for text in ("|x|", "max(x, 1)", "x^(1/3)", "cbrt(x)", "erf x"):
        assert not is_analytic(_read(text)), text
