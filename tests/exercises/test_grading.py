"""`grade`: right answers in any form, and what went wrong in wrong ones."""

import pytest

from chainrule.errors import ArgumentError, ParseError
from chainrule.exercises import Grader, grade
from chainrule.exercises.messages import LANGUAGES
from tests.exercises.answers import AS_A_WHOLE, FROM_LITERATURE, OTHERS, RIGHT, TOGETHER


def _place(question, where):
    """A part of the question as its text has it; a part without a place as it is printed."""
    return str(where) if where.place is None else question[slice(*where.place)]


@pytest.mark.parametrize("question, answer, id, where", FROM_LITERATURE + OTHERS)
def test_the_misconception_and_its_place(question, answer, id, where):
    result = grade(question, answer)
    assert not result.correct
    assert result.misconception == id, result.message
    assert _place(question, result.where) == where


@pytest.mark.parametrize("question, answer, ids", TOGETHER)
def test_several_slips_at_once(question, answer, ids):
    assert list(grade(question, answer).together) == ids


@pytest.mark.parametrize("question, wrt, answer, id", AS_A_WHOLE)
def test_answers_that_are_wrong_as_a_whole(question, wrt, answer, id):
    assert grade(question, answer, wrt=wrt).misconception == id


@pytest.mark.parametrize("question, answer", RIGHT)
def test_right_answers_in_any_form(question, answer):
    result = grade(question, answer, wrt="x")
    assert result.correct and result.misconception is None, result.message


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_is_commented_in_words(language):
    for question, answer, *_ in FROM_LITERATURE + OTHERS + TOGETHER:
        result = grade(question, answer, language=language)
        assert result.message and result.hint and "{" not in result.message + result.hint


def test_the_words():
    result = grade("sin(x^2)", "cos(2x)")
    assert str(result) == (
        "not right: the derivative of the outer function was taken at the derivative of x², as f′(g′), "
        "and not at x² itself."
    )
    assert result.hint == "leave x² alone inside the outer derivative, then multiply by its own"
    german = grade("sin(x^2)", "cos(x^2)", language="de")
    assert german.message == "nicht richtig: der Faktor der inneren Funktion fehlt: x² hat eine eigene Ableitung."


def test_log_to_base_10():
    result = grade("log_10(x)", "1/x log(e)")
    assert result.correct and "base 10" in result.message


def test_answers_that_cannot_be_read():
    with pytest.raises(ParseError):
        grade("x^2", "2x +")
    with pytest.raises(ArgumentError, match="the answer contains t, which the question does not"):
        grade("x^2", "2t")
    with pytest.raises(ArgumentError, match="an answer is text or an expression"):
        grade("x^2", 2)
    with pytest.raises(ArgumentError, match="language='fr' is not known"):
        grade("x^2", "2x", language="fr")


def test_substitutions_and_several_paths():
    assert grade("y = u^3; u = x^2 + 1", "6x(x^2+1)^2").correct
    assert grade("y = u^3; u = x^2 + 1", "6x u^2").correct
    assert grade("y = u^3; u = x^2 + 1", "3(x^2+1)^2").misconception == "missing-inner-factor"
    left_out = grade("w = x y; x = t^2; y = sin t", "2t sin t")
    assert left_out.misconception in ("path-missing", "one-factor-only")


def test_one_grader_for_many_answers():
    grader = Grader("(3x+1)^4")
    ids = [grader.grade(answer).misconception for answer in ("12(3x+1)^3", "4(3x+1)^3", "12(3x+1)^4", "4*3^3")]
    assert ids == [None, "missing-inner-factor", "exponent-not-lowered", "outer-at-inner-derivative"]


CURVES = [
    ("x^2 + y^2 = 25", "-x/y", None),
    ("x^2 + y^2 = 25", "-2x/(2y)", None),
    ("x^2 + y^2 = 25", "x/y", "factor-wrong"),
    ("x^2 + y^2 = 25", "x^2 y", "unknown"),
    ("x^y = y^x", "(ln y - y/x)/(ln x - x/y)", None),
    ("x = sin t, y = cos t", "-tan t", None),
    ("x = sin t, y = cos t", "cot t", "unknown"),
]


@pytest.mark.parametrize("question, answer, id", CURVES)
def test_curves_are_compared_on_the_curve(question, answer, id):
    result = grade(question, answer)
    assert (result.correct, result.misconception) == (id is None, id) and (result.correct or result.hint)


def test_abstract_functions():
    assert grade("f(x^2)", "2x f'(x^2)").correct
    assert grade("f(x^2)", "f'(x^2)").misconception == "missing-inner-factor"
    assert grade("f(x^2)", "f'(2x)").misconception == "outer-at-inner-derivative"


def test_questions_for_more_than_one_number():
    with pytest.raises(ArgumentError, match="asks for more than one number"):
        grade("x y", "y", wrt=("x", "y"))
    with pytest.raises(ArgumentError, match="asks for more than one number"):
        grade("norm2(A*x - y)^2", "2", wrt="x")
