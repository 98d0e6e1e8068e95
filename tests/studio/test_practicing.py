"""Exercises over the wire: the page remembers, the server walks the walk again."""

import pytest

from chainrule.errors import ArgumentError, ParseError
from chainrule.exercises import TOPICS, Practice, Walkthrough
from chainrule.expressions.text import text
from chainrule.studio.practicing import practised


def solutions(topic, difficulty, seed, number=1):
    """What answers each question, as a student would type it."""
    walk = Walkthrough(Practice(topic, difficulty, seed).exercise(number))
    while walk.question is not None:
        yield [text(expression) for expression in walk.question.solution]
        walk.give_up()


@pytest.mark.parametrize("topic", TOPICS)
def test_an_exercise_answered_to_its_end(topic):
    found = practised(topic, 2, seed=5)
    for answers in solutions(topic, 2, 5):
        assert len(found["question"]["prompts"]) == len(answers)
        found = practised(topic, 2, seed=5, done=found["done"], answers=answers)
        assert found["reply"]["correct"], (found["text"], answers, found["reply"])
    assert found["question"] is None and "<math" in found["derivation"]


def test_a_wrong_answer_is_named_and_the_question_stays():
    *before, last = solutions("polynomial", 1, 1)
    asked = practised("polynomial", 1, seed=1, done=before)
    assert asked["question"]["id"] == "whole"
    factor = practised("polynomial", 1, seed=1, done=before[:1], answers=before[1])  # the outer slope
    assert factor["reply"]["correct"]
    outer, inner = before[0]
    forgotten = before[1][0].replace("u", f"({inner})")
    found = practised("polynomial", 1, seed=1, done=before, answers=[forgotten])
    assert found["reply"]["correct"] is False
    assert found["reply"]["misconception"] == "missing-inner-factor"
    assert found["reply"]["name"] == "inner factor missing" and found["reply"]["hint"]
    assert found["question"]["id"] == "whole" and found["done"] == before


def test_the_same_seed_gives_the_same_exercise(client):
    first = client.post("/api/practice", json={"topic": "exponential"}).json()
    again = client.post("/api/practice", json={"topic": "exponential", "seed": first["seed"]}).json()
    assert again == first
    other = client.post("/api/practice", json={"topic": "exponential", "seed": first["seed"], "number": 2}).json()
    assert other["text"] != first["text"] or other["number"] == 2


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        ({"topic": "x"}, "topic='x' is not known"),
        ({"difficulty": 9}, "difficulty=9 makes no sense"),
        ({"number": 0}, "there is no exercise 0"),
        ({"seed": -1}, "there is no exercise 1 of row -1"),
        ({"seed": "x"}, "seed is a str, not a int"),
        ({"answers": []}, "answers are wanted"),
        ({"answers": [1, 2, 3, 4]}, "answers are wanted"),
        ({"topic": "polynomial", "answers": ["u", 2]}, "an answer is not a text"),
        ({"topic": "polynomial", "answers": ["u", "x" * 501]}, "an answer is not a text, or too long"),
        ({"topic": "polynomial", "done": [["x", "x"]]}, "an earlier answer was not right"),
        ({"topic": "polynomial", "done": [None] * 9}, "all questions of this exercise are answered"),
    ],
)
def test_requests_that_make_no_sense(client, request_, what):
    answer = client.post("/api/practice", json={"seed": 1} | request_)
    assert answer.status_code == 400, answer.text
    assert what in answer.json()["error"]["what"] and answer.json()["error"]["do"]


def test_an_answer_that_cannot_be_read():
    with pytest.raises(ParseError):
        practised("polynomial", 1, seed=1, answers=["u^", "3x"])
    with pytest.raises(ArgumentError, match="2 answers are wanted"):
        practised("polynomial", 1, seed=1, answers=["u^3"])
