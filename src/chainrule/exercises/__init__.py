"""Exercises in the chain rule, and what went wrong in an answer.

* `malrules`: the wrong rules that students use, each a small function of one step.
* `slips`: each of them at each step of a derivation, carried through to the end.
* `diagnosis`: which slips lead to a given answer. `equivalence`: whether two answers are the same.
* `grading`: `grade`, an answer judged in words. `hints`, and `messages` and `german`: the words.
* `generator`: `practice`, exercises by topic and difficulty. `walkthrough`: one of them, question by question.
* `progress`: how it went, kept in a file. `worksheet`: exercises and solutions to print.

This is a room of its own, above the derivations: they do not know that anybody is asked for them.
"""

from chainrule.exercises.generator import DIFFICULTIES, TOPICS, Exercise, Practice, practice
from chainrule.exercises.grading import Grade, Grader, grade
from chainrule.exercises.progress import Progress, Record
from chainrule.exercises.walkthrough import Question, Reply, Walkthrough
from chainrule.exercises.worksheet import Worksheet

__all__ = [
    "DIFFICULTIES",
    "TOPICS",
    "Exercise",
    "Grade",
    "Grader",
    "Practice",
    "Progress",
    "Question",
    "Record",
    "Reply",
    "Walkthrough",
    "Worksheet",
    "grade",
    "practice",
]
