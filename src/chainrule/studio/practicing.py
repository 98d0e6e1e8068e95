"""One exercise, question by question, for a page that remembers how far it has come.

The server remembers nothing: the page sends back what has been answered, and the walk is walked again.
"""

import secrets

from chainrule.derivations.rendering.html import Html
from chainrule.errors import ArgumentError
from chainrule.exercises import DIFFICULTIES, TOPICS, Practice, Walkthrough
from chainrule.exercises.messages import say
from chainrule.exercises.walkthrough import shown
from chainrule.expressions.mathml import mathml

_LONGEST_ANSWER = 500  # letters
_MOST_ANSWERS = 12  # questions of one exercise
_LAST = 10**6  # number or seed


def facts():
    """What the page can offer."""
    return {"topics": list(TOPICS), "difficulties": list(DIFFICULTIES)}


def practised(topic="mixed", difficulty=1, seed=None, number=1, done=(), answers=None, give_up=False):
    """An exercise, and what is said to the answers of its present question.

    Args:
        topic, difficulty, seed, number: which exercise; a seed is chosen where none is given.
        done: what was answered to the questions before, right as it was: a list of texts for each, or None
            where the solution was asked for.
        answers: the answers to the present question, or None to be asked it.
        give_up: whether the solution of the present question is asked for instead.

    Returns:
        a dict for JSON: the exercise; `reply` (correct, message, hint, misconception) or None; `solution` or
        None; `done` as it is now; and the `question` to be answered next, None where all are.

    Raises: ArgumentError for a request that makes no sense; ParseError for an answer that cannot be read.

    >>> first = practised("polynomial", seed=1)
    >>> first["question"]["prompts"]
    ['Outer function, in u', 'Inner function, u =']
    >>> shown = practised("polynomial", seed=1, give_up=True)
    >>> shown["done"], shown["question"]["id"]
    ([None], 'outer-slope')
    """
    seed = secrets.randbelow(_LAST) if seed is None else seed
    if not (1 <= number <= _LAST and 0 <= seed <= _LAST):
        raise ArgumentError(f"there is no exercise {number} of row {seed}", f"give numbers up to {_LAST}", place="")
    exercise = Practice(topic, difficulty, seed).exercise(number)
    walk = Walkthrough(exercise)
    done = list(done)[:_MOST_ANSWERS]
    for before in done:
        if before is None:
            walk.give_up()
        elif not walk.answer(*_checked(before, walk)).correct:
            raise ArgumentError("an earlier answer was not right", "begin the exercise again", place="")
    reply, solution = None, None
    if give_up:
        solution = shown(walk.give_up())
        done = [*done, None]
    elif answers is not None:
        said = walk.answer(*_checked(answers, walk))
        reply = {"correct": said.correct, "message": _sentence(said.message), "hint": _sentence(said.hint)}
        reply["misconception"] = said.misconception
        reply["name"] = "" if not said.misconception else say(f"name.{said.misconception}", "en")
        done = [*done, list(answers)] if said.correct else done
    question = walk.question
    return {
        "topic": exercise.topic,
        "seed": seed,
        "number": number,
        "text": str(exercise),
        "formula": f'<math display="block">{mathml(exercise.question)}</math>',
        "question": question
        and {"id": question.id, "prompts": list(question.prompts), "hint": _sentence(question.hint)},
        "reply": reply,
        "solution": solution,
        "done": done,
        "derivation": _worked(exercise) if question is None else "",
    }


def _checked(answers, walk):
    """The answers to the walk's question, as they should be."""
    wanted = 0 if walk.question is None else len(walk.question.prompts)
    if not isinstance(answers, list) or len(answers) != wanted:
        raise ArgumentError(f"{wanted} answers are wanted", "give one for each prompt", place="")
    if not all(isinstance(answer, str) and len(answer) <= _LONGEST_ANSWER for answer in answers):
        raise ArgumentError("an answer is not a text, or too long", f"give up to {_LONGEST_ANSWER} letters", place="")
    return answers


def _sentence(text):
    return text[:1].upper() + text[1:]


def _worked(exercise):
    """The whole derivation, once everything is answered."""
    outline = exercise.derivation.outline(simplify=False)
    return "\n".join(Html("en", outline, level=3).blocks(outline.blocks))
