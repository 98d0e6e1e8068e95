"""Exercises: the same for the same seed, solvable, of their topic."""

import itertools

import pytest

import chainrule as cr
from chainrule.derivations.parsing import parse
from chainrule.errors import ArgumentError
from chainrule.exercises import DIFFICULTIES, TOPICS
from chainrule.exercises.messages import LANGUAGES

CASES = list(itertools.product(TOPICS, DIFFICULTIES))


@pytest.mark.parametrize("topic, difficulty", CASES)
def test_exercises_can_be_solved(topic, difficulty):
    for exercise in cr.practice(topic, difficulty, seed=11).first(6):
        assert exercise.grade(str(exercise.answer)).correct
        assert exercise.derivation.check.passed
        assert parse(str(exercise.question)).expression.plain is exercise.question.plain


@pytest.mark.parametrize("topic, difficulty", CASES)
def test_the_same_seed_gives_the_same_exercises(topic, difficulty):
    first, second = ([str(e.question) for e in cr.practice(topic, difficulty, seed=5).first(8)] for _ in range(2))
    assert first == second
    assert len(set(first)) >= 6, "hardly any variety"
    other = [str(e.question) for e in cr.practice(topic, difficulty, seed=6).first(8)]
    assert other != first


RULES = {
    "powers": "power",
    "polynomial": "chain",
    "trigonometric": "chain",
    "exponential": "exponential",
    "logarithm": "logarithm",
    "product": "product",
    "general-power": "general-power",
}


@pytest.mark.parametrize("topic, rule", RULES.items())
def test_exercises_are_about_their_topic(topic, rule):
    for difficulty in DIFFICULTIES:
        for exercise in cr.practice(topic, difficulty, seed=2).first(5):
            assert rule in exercise.derivation.rules, str(exercise.question)


def test_difficulty_adds_layers():
    depths = [
        max(len(exercise.derivation.factors) for exercise in cr.practice("layers", difficulty, seed=3).first(8))
        for difficulty in DIFFICULTIES
    ]
    assert depths[0] < depths[1] < depths[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_question_in_words(language):
    exercise = cr.practice("product", seed=1, language=language).exercise(1)
    assert str(exercise.question) in str(exercise) and "{" not in str(exercise)


def test_an_exercise_is_found_again_by_its_number():
    row = cr.practice("mixed", 2, seed=4)
    third = row.first(3)[2]
    assert str(row.exercise(third.number).question) == str(third.question)
    assert cr.practice().seed != cr.practice().seed or cr.practice().seed is not None


def test_what_is_not_there():
    with pytest.raises(ArgumentError, match="topic='integrals' is not known"):
        cr.practice("integrals")
    with pytest.raises(ArgumentError, match="difficulty=4 makes no sense"):
        cr.practice(difficulty=4)
    with pytest.raises(ArgumentError, match="language='fr' is not known"):
        cr.practice(language="fr")
