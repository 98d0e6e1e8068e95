"""One exercise question by question, with hints before and remarks after."""

import pytest

import chainrule as cr
from chainrule.derivations.parsing import parse
from chainrule.errors import ArgumentError, ParseError
from chainrule.exercises import DIFFICULTIES, TOPICS, Exercise, Walkthrough
from chainrule.exercises.messages import LANGUAGES


def _walk(question, language="en"):
    return Walkthrough(Exercise(parse(question).expression, "mixed", 1, 0, 1, language))


def test_outer_and_inner_first_then_their_derivatives():
    walk = _walk("sin(x^2)")
    asked = []
    for answers in (("sin u", "x^2"), ("cos u",), ("2x",), ("2x cos(x^2)",)):
        asked.append((walk.question.id, bool(walk.question.hint)))
        assert walk.answer(*answers).correct
    assert asked == [("take-apart", True), ("outer-slope", True), ("inner-slope", True), ("whole", True)]
    assert walk.question is None
    with pytest.raises(ArgumentError, match="all questions of this exercise are answered"):
        walk.answer("x")


@pytest.mark.parametrize(
    "outer, inner",
    [("u^3", "sin(2x)"), ("sin^3(u)", "2x"), ("y = u^3", "u = sin(2x)"), ("(2u)^3/8", "sin(2x)"), ("-u^3", "-sin(2x)")],
)
def test_any_way_to_take_it_apart_is_right(outer, inner):
    walk = _walk("sin^3(2x)")
    assert walk.answer(outer, inner).correct
    assert walk.question.id == "outer-slope"


@pytest.mark.parametrize("outer, inner", [("u", "sin(x^2)"), ("sin(u^2)", "x"), ("cos u", "x^2"), ("sin(x^2)", "x^2")])
def test_what_does_not_take_it_apart(outer, inner):
    walk = _walk("sin(x^2)")
    reply = walk.answer(outer, inner)
    assert not reply.correct and reply.message and reply.hint
    assert walk.question.id == "take-apart"


def test_the_questions_follow_the_students_own_choice():
    walk = _walk("sin^3(2x)")
    walk.answer("sin^3(u)", "2x")
    assert "sin³(u)" in walk.question.prompts[0]
    assert walk.answer("3 sin^2(u) cos(u)").correct and walk.answer("2").correct


def test_a_wrong_derivative_is_explained():
    walk = _walk("sin(x^2)")
    for _ in range(3):
        walk.give_up()
    reply = walk.answer("cos(x^2)")
    assert reply.misconception == "missing-inner-factor" and "x²" in reply.message and walk.question.id == "whole"
    assert str(walk.give_up()[0]) == "cos(x²)·(2x)" and walk.question is None


def test_products_and_quotients_ask_for_the_parts():
    walk = _walk("x^2 e^(3x)")
    assert [walk.question.id, walk.question.prompts[0]] == ["part-slope", "Derivative of x² by x"]
    assert walk.answer("2x").correct and walk.answer("3e^(3x)").correct
    assert walk.question.id == "whole" and "one at a time" not in walk.question.hint


def test_what_cannot_be_read_leaves_the_question():
    walk = _walk("sin(x^2)")
    with pytest.raises(ParseError):
        walk.answer("sin(", "x^2")
    assert walk.question.id == "take-apart"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", TOPICS)
def test_every_question_has_a_hint_and_a_solution_that_is_right(topic, language):
    for difficulty in DIFFICULTIES:
        exercise = cr.practice(topic, difficulty, seed=8, language=language).exercise(1)
        walk = Walkthrough(exercise)
        while walk.question is not None:
            question = walk.question
            assert question.hint and "{" not in question.hint + "".join(question.prompts)
            assert walk.answer(*map(str, question.solution)).correct, (str(exercise.question), question.id)
