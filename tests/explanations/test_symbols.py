"""Formulas from the rooms' own rules: brackets where they are needed, light tidying, honest values."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.selection import Selected
from chainrule.explanations.rules.symbols import SYMBOLS, evaluated, named, written


@pytest.fixture
def x():
    return named("x", 0.5)


@pytest.fixture
def y():
    return named("y", 3.0)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (lambda x, y: (x + y) * 2, "(x + y)·2"),
        (lambda x, y: 2 * (x - y), "2·(x − y)"),
        (lambda x, y: x - (y - x), "x − (y − x)"),
        (lambda x, y: x / (y * x), "x/(y·x)"),
        (lambda x, y: x * y / x, "x·y/x"),
        (lambda x, y: (x + y) ** 2, "(x + y)²"),
        (lambda x, y: x**-2, "x⁻²"),
        (lambda x, y: x ** (y - 1), "x^(y − 1)"),
        (lambda x, y: -(x + y), "−(x + y)"),
        (lambda x, y: -x * y, "−x·y"),
        (lambda x, y: -x * -y, "x·y"),
        (lambda x, y: x - -y, "x + y"),
        (lambda x, y: x + -y, "x − y"),
        (lambda x, y: -(x * -1), "x"),
        (lambda x, y: 1 * x, "x"),
        (lambda x, y: x**1, "x"),
        (lambda x, y: x / 1, "x"),
        (lambda x, y: x * x, "x²"),
        (lambda x, y: abs(x), "|x|"),
        (lambda x, y: SYMBOLS.sqrt(x + y), "√(x + y)"),
        (lambda x, y: 1 - SYMBOLS.tanh(x), "1 − tanh(x)"),
        (lambda x, y: SYMBOLS.arctan2(x, y), "arctan2(x, y)"),
        (lambda x, y: SYMBOLS.logical_not((x < 0) | (x > 1)), "x ≥ 0 and x ≤ 1"),
        (lambda x, y: -0.5 * x, "−0.5·x"),
    ],
)
def test_text_and_value(formula, text, x, y):
    symbol = formula(x, y)
    assert str(symbol) == text
    if "logical_not" not in text:
        numbers = (
            formula(x.value, y.value) if "√" not in text and "tan" not in text and "≥" not in text else symbol.value
        )
        assert symbol.value == pytest.approx(numbers)


def test_a_condition_reads_as_a_selection(x):
    assert str(written(x > 0)) == "1 where x > 0, else 0"
    assert written(x > 0).value == 1.0
    assert evaluated(x > 0) == np.True_


def test_a_selected_slope_reads_with_its_value(x):
    slope = Selected(2 * x, x > 1)
    assert str(written(slope)) == "2·x where x > 1, else 0"
    assert written(slope).value == 0.0


def test_where_takes_the_branch_that_the_numbers_take(x, y):
    assert str(SYMBOLS.where(x > 0, x, y)) == "x"
    a = named("a", np.array([-1.0, 1.0]))
    assert str(SYMBOLS.where(a > 0, a, 0.0)) == "where(a > 0, a, 0)"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError):
        SYMBOLS.no_such_function  # noqa: B018


def test_every_elementwise_room_has_a_formula_that_agrees_with_its_slope():
    """`explain` itself refuses a formula that disagrees; here each room of the catalogue is asked."""
    from chainrule.core.primitive import Elementwise
    from chainrule.ops import CATALOGUE

    rooms = CATALOGUE.values() if isinstance(CATALOGUE, dict) else CATALOGUE
    rng, seen = np.random.default_rng(1), 0
    for room in rooms:
        if not isinstance(room, Elementwise):
            continue
        values = [domain.draw(rng) for domain in room.samples]
        for i, partial in enumerate(room.partials):
            if partial is None or partial is False or isinstance(values[i], (bool, np.bool_)):
                continue
            arguments = [cr.tensor(v, requires_grad=True) if j == i else v for j, v in enumerate(values)]
            out = room(*arguments)
            if not out.requires_grad or out.dtype.kind == "c":
                continue
            explanation = cr.explain(out, wrt=arguments[i], names={})
            assert explanation.links()[0].formula, room.name
            seen += 1
    assert seen > 60
