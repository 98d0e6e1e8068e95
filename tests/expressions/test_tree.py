"""The nodes: what was written is kept, equal is the same object, nothing is deep."""

import copy
import gc
import pickle
import threading
from fractions import Fraction

import numpy as np
import pytest

from chainrule.errors import ArgumentError
from chainrule.expressions import (
    EXPRESSIONS as xp,
)
from chainrule.expressions import (
    Abstract,
    Apply,
    Comparison,
    Constant,
    Number,
    Piecewise,
    Symbol,
    exact,
    lift,
    rebuilt,
    replaced,
    symbols_of,
    walk,
)
from chainrule.expressions.tree import _ONLY
from chainrule.ops import CATALOGUE

x, y = Symbol("x"), Symbol("y")


def test_nothing_is_simplified():
    assert str((x**2) ** 3) == "(x²)³"
    assert str(2 * (x + 1)) == "2(x + 1)"
    assert str(xp.exp(xp.log(x))) == "e^ln(x)"
    assert str(x / x + 0 * x) == "x/x + 0x"


def test_equal_expressions_are_one_object():
    assert x + 1 is x + 1
    assert Symbol("x") is x and Symbol("x", (2,)) is not x
    assert hash(x + 1) == hash(x + 1) and len({x + 1, x + 1, 1 + x}) == 2
    assert bool(x == x) and not bool(x == y) and bool(x != y)
    assert (x + 1) in [y, x + 1] and {x + 1: 5}[x + 1] == 5


def test_spelling_and_place_do_not_count():
    written = Apply(CATALOGUE["exp"], (Symbol("x", place=(4, 5)),), None, "exp", (0, 6))
    assert written.plain is xp.exp(x) and bool(written == xp.exp(x)) and hash(written) == hash(xp.exp(x))
    assert written.spelling == "exp" and written.place == (0, 6) and written.arguments[0].place == (4, 5)
    assert written.plain.spelling is None and written.plain.arguments[0].place is None
    assert Number(Fraction(1, 2), "0.50").plain is Number(0.5)
    assert written.of(y).spelling == "exp"


def test_params_and_shapes_count():
    matrix = Symbol("A", (2, 3))
    assert xp.sum(matrix, axis=0) is xp.sum(matrix, axis=0)
    assert xp.sum(matrix, axis=0) is not xp.sum(matrix, axis=1)


def test_expressions_cannot_be_changed_nor_pickled_but_copied():
    with pytest.raises(AttributeError, match="cannot be changed"):
        x.name = "y"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(x)
    assert copy.copy(x) is x and copy.deepcopy([x])[0] is x


def test_numbers_are_written_out():
    assert lift(3) is Number(3) and lift(np.int64(3)) is Number(3) and lift(True) is Number(1)
    assert lift(-2).plain is -Number(2)
    assert lift(Fraction(-1, 3)).plain is -(Number(1) / 3)
    assert lift(0.1).value == Fraction(1, 10) and lift(0.1).text == "0.1"
    assert lift(np.float32(0.1)).value == Fraction(1, 10)
    assert lift(np.pi) is Constant("pi") and lift(float(np.log(2))) is xp.log(2)
    assert lift(2.0) is Number(2) and lift(float("inf")) is Constant("infinity")
    assert x.__array_ufunc__ is None and str(np.float64(2.0) * x) == "2x"


@pytest.mark.parametrize("value", ["x", None, float("nan"), 1j, [1]])
def test_what_is_no_real_number(value):
    with pytest.raises(ArgumentError, match="is no real number"):
        lift(value)


def test_what_no_node_can_be():
    with pytest.raises(ArgumentError, match="a Number cannot be -1"):
        Number(-1)
    with pytest.raises(ArgumentError, match="a Number cannot be 1/3"):
        Number(Fraction(1, 3))
    with pytest.raises(ArgumentError, match="no constant 'tau'"):
        Constant("tau")
    with pytest.raises(ArgumentError, match="1 arguments and orders"):
        Abstract("f", (x,), (1, 1))
    with pytest.raises(ArgumentError, match="no branch"):
        Piecewise(())
    assert (x == "x") is False and (x != "x") is True
    with pytest.raises(TypeError):
        x + "x"


def test_exact():
    assert exact(Number(2)) == 2 and exact(-Number(2) / 4) == Fraction(-1, 2)
    assert exact(x) is None and exact(x / 2) is None and exact(Number(1) / 0) is None
    assert type(exact(Number(4) / 2)) is int


def test_walk_visits_children_first_and_each_once():
    shared = xp.sin(x)
    nodes = list(walk(shared * shared + y))
    assert [str(node) for node in nodes] == ["x", "sin(x)", "sin(x)·sin(x)", "y", "sin(x)·sin(x) + y"]
    assert symbols_of(y * x + y) == [y, x]


def test_replaced_and_rebuilt():
    assert replaced(xp.sin(x) + xp.sin(x) * y, {xp.sin(x): y}).plain is y + y * y
    assert replaced(x, {y: 1}) is x
    assert str(replaced(x**2, {x: 3})) == "3²"
    negated = rebuilt(x + y, lambda node: -node if type(node) is Symbol else node)
    assert negated is -x + -y
    assert rebuilt(xp.sin(x) + x, lambda node: y if node is x else node, kept=(xp.sin(x),)) is xp.sin(x) + y


def test_a_repeated_part_is_walked_once():
    expression = x
    for _ in range(200):
        expression = expression * expression
    assert len(list(walk(expression))) == 201
    assert len(list(walk(replaced(expression, {x: y})))) == 201


def test_no_depth_is_too_deep():
    expression = x
    for _ in range(20_000):
        expression = xp.sin(expression)
    assert len(list(walk(expression))) == 20_001
    assert str(expression).count("(") == 20_000
    assert replaced(expression, {x: y}) is not expression
    del expression


def test_what_nobody_holds_is_forgotten():
    before = len(_ONLY)
    kept = [xp.sin(x + number) for number in range(500)]
    assert len(_ONLY) >= before + 1000
    del kept
    gc.collect()
    assert len(_ONLY) <= before + 2


def test_threads_agree_on_the_one_object():
    found = [None] * 8

    def build(i):
        found[i] = [xp.cos(x + number) for number in range(300)]

    threads = [threading.Thread(target=build, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len({id(row[k]) for row in found}) == 1 for k in range(300))


def test_conditions():
    assert str((x < 1) & (y >= 2)) == "x < 1 and y ≥ 2"
    assert str(~((x < 1) & (y >= 2))) == "x ≥ 1 or y < 2"
    assert bool(Comparison("<", 1, 2)) and not bool(Comparison(">=", 1, 2)) and bool(Constant("e") < 3)
    assert str(xp.where(x < 1, x, y)) == "{x if x < 1; y otherwise}"
    assert xp.where(Number(1) < 2, x, y) is x and xp.where(Number(1) > 2, x, y) is y
    assert ((x < 1) | (Number(1) < 2)) is True and ((x < 1) & (Number(1) < 2)).plain is (x < 1)
    assert (x < 1) * y is Piecewise((((x < 1), 1),), 0) * y
    with pytest.raises(TypeError, match="whether x < 1 holds depends on its variables"):
        bool(x < 1)


def test_a_fraction_of_fractions_of_any_depth_is_asked_without_recursion():
    deep = Number(1)
    for _ in range(5000):
        deep = 1 / deep
    assert exact(deep) is None and exact(1 / (1 / Number(3))) == 3
