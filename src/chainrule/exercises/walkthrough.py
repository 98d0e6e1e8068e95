"""One exercise, question by question: outer and inner function first, then each derivative, then the whole.

Nothing here reads or prints: whoever asks the questions (a terminal, a notebook, a page) hands in what was
typed, and shows what comes back.

>>> from chainrule.exercises import practice
>>> walk = Walkthrough(practice("polynomial", seed=1).exercise(1))
>>> walk.question.prompts
('Outer function, in u', 'Inner function, u =')
>>> walk.answer("u^4", "3x + 6").correct
True
>>> walk.question.prompts
('Derivative of the outer function u⁴ by u',)
"""

from collections.abc import Callable
from dataclasses import dataclass

from chainrule.derivations import Derivation
from chainrule.errors import ArgumentError
from chainrule.exercises.equivalence import same
from chainrule.exercises.generator import Exercise
from chainrule.exercises.grading import Grader, read_answer
from chainrule.exercises.hints import first_hint, rule_hint
from chainrule.exercises.messages import say
from chainrule.expressions import Expression, Symbol, replaced, symbols_of
from chainrule.expressions.text import text


@dataclass(frozen=True, eq=False)
class Question:
    """One thing to answer.

    Attributes:
        id: "take-apart", "outer-slope", "inner-slope", "part-slope" or "whole".
        prompts: what is asked, one for each answer wanted.
        hint: what helps before answering.
        solution: the expressions that answer it.
        judge: a function of the answers as typed, which returns a Reply.
    """

    id: str
    prompts: tuple[str, ...]
    hint: str
    solution: tuple[Expression, ...]
    judge: Callable[..., "Reply"]


@dataclass(frozen=True)
class Reply:
    """What is said to an answer.

    Attributes:
        correct: whether it is right.
        message: one sentence.
        hint: how to go on; "" where there is nothing to add.
        misconception: the id of what went wrong, or None.
    """

    correct: bool
    message: str
    hint: str = ""
    misconception: str | None = None


class Walkthrough:
    """The questions of one exercise in order.

    Attributes:
        exercise: the exercise.
        question: the question to be answered now; None when all are.
    """

    def __init__(self, exercise: Exercise):
        self.exercise, self.language = exercise, exercise.language
        self._taken: tuple[Expression, Expression] | None = None  # the student's own outer and inner function
        self._questions = self._all()
        self.question: Question | None = next(self._questions)

    def answer(self, *answers) -> Reply:
        """Judge answers to the question; after a right one the next question is asked.

        Raises: ParseError or ArgumentError where an answer cannot be read; the question stays.
        """
        reply = self._asked.judge(*answers)
        if reply.correct:
            self.question = next(self._questions, None)
        return reply

    def give_up(self) -> tuple[Expression, ...]:
        """The solution of the question; the next one is asked."""
        solution = self._asked.solution
        self.question = next(self._questions, None)
        return solution

    @property
    def _asked(self):
        if self.question is None:
            raise ArgumentError("all questions of this exercise are answered", "take the next exercise")
        return self.question

    def _all(self):
        step = self.exercise.derivation.step
        if step.chain is not None:
            yield from self._chain(step.chain.factors)
            return
        if step.rule in ("product", "quotient"):
            for part in step.parts:
                if part.parts or part.chain is not None or part.function:
                    yield self._slope("part-slope", "ask.first-slope", part.expression, part=part.expression)
        yield self._whole(rule_hint(step, self.language))

    def _chain(self, factors):
        letter = Symbol(self.exercise.derivation.letters.inner)
        first = factors[0]
        outer, inner = replaced(first.outer, {first.by: letter}), first.inner
        prompts = (self._say("ask.outer", letter=letter), self._say("ask.inner", letter=letter))
        hint = self._say("before.chain") + "; " + self._say("before.inner")
        yield Question("take-apart", prompts, hint, (outer, inner), lambda *both: self._take_apart(letter, *both))
        outer, inner = self._taken or (outer, inner)
        hint = self._say("before.outer-slope", outer=outer, letter=letter)
        yield self._slope("outer-slope", "ask.outer-slope", outer, letter, hint, outer=outer, letter=letter)
        composed = len(factors) > 2
        hint = self._say("before.inner-chain" if composed else "before.inner-slope", inner=inner)
        yield self._slope("inner-slope", "ask.inner-slope", inner, hint=hint, inner=inner)
        yield self._whole(self._say("before.whole-chain", letter=letter, inner=inner))

    def _take_apart(self, letter, outer, inner):
        outer, inner = read_answer(outer), read_answer(inner)
        composed, question = replaced(outer, {letter: inner}), self.exercise.question
        if letter not in symbols_of(outer) or not same(composed, question):
            values = {"outer": outer, "inner": inner, "question": question, "composed": composed}
            return Reply(False, self._say("said.not-composed", **values), self._say("before.chain"))
        if same(inner, self.exercise.variable) or same(outer, letter):
            return Reply(False, self._say("said.trivial"), self._say("before.chain"))
        self._taken = (outer, inner)
        return Reply(True, self._say("said.right"))

    def _slope(self, id, key, expression, variable=None, hint=None, **values):
        """A question for the derivative of a part."""
        variable = variable or self.exercise.variable
        derivation = Derivation(expression, variable)
        prompt = self._say(key, variable=variable, **values)
        hint = hint or first_hint(derivation, self.language)
        judge = self._graded(Grader(derivation, None, self.language))
        return Question(id, (prompt,), hint, (derivation.result,), judge)

    def _whole(self, hint):
        judge = self._graded(self.exercise.grader)
        return Question("whole", (self._say("ask.whole"),), hint, (self.exercise.answer,), judge)

    def _graded(self, grader):
        def judge(answer):
            grade = grader.grade(answer)
            message = self._say("said.right") if grade.correct else grade.message
            return Reply(grade.correct, message, grade.hint, grade.misconception)

        return judge

    def _say(self, key, **values):
        return say(key, self.language, **values)


def shown(solution) -> str:
    """The expressions of a solution as text."""
    return ", ".join(text(expression) for expression in solution)
