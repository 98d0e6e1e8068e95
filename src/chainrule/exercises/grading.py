"""`grade`: whether an answer is the derivative, and if it is not, which misconception led to it, and where.

>>> from chainrule.exercises import grade
>>> result = grade("sin(x^2)", "cos(2x)")
>>> result.correct, result.misconception, str(result.where)
(False, 'outer-at-inner-derivative', 'x²')
>>> bool(grade("(x^2+1)^5", "10x(x^2+1)^4"))
True
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy

from chainrule.derivations import Derivation, derive
from chainrule.derivations.parsing import parse
from chainrule.errors import ArgumentError
from chainrule.exercises.diagnosis import Doctor
from chainrule.exercises.equivalence import Compared, agree, same
from chainrule.exercises.hints import first_hint
from chainrule.exercises.malrules import derivative
from chainrule.exercises.messages import known_language, say
from chainrule.expressions import Abstract, Expression, Symbol, symbols_of, walk
from chainrule.expressions.notation import has_arrays

_LEFT_SIDE = re.compile(
    r"^\s*(?:[A-Za-z]\w*\s*[′'’]\s*(?:\(\s*\w+\s*\))?|[d∂]\s*\w+\s*/\s*[d∂]\s*\w+|[d∂]\s*/\s*[d∂]\s*\w+.*?)\s*=(?!=)"
)


@dataclass(frozen=True, eq=False)
class Grade:
    """What there is to say about an answer. As a truth value: whether it is right.

    Attributes:
        correct: whether the answer is the derivative, in any form.
        misconception: the stable id of what went wrong, such as "missing-inner-factor"; "unknown" where nothing
            known explains the answer, None where it is right.
        where: the part of the question in which it happened, with its `place` in the text; else None.
        message: what to tell the student, in one sentence.
        hint: how to go on; "" where the answer is right.
        together: the ids of all slips that were made at once, the first of them `misconception`.
        also: ids of other slips that lead to the same answer.
        answer: the answer as it was understood.
    """

    correct: bool
    misconception: str | None
    where: Expression | None
    message: str
    hint: str = ""
    together: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    answer: Any = None

    def __bool__(self):
        return self.correct

    def __str__(self):
        return self.message


def grade(question, answer, wrt=None, language="en") -> Grade:
    """Judge an answer to the question for a derivative.

    Any form of the right answer is right: the two are compared at points of their common domain. A wrong answer
    is compared with what each known misconception gives at each place of the expression, whatever the function.

    Args:
        question: the function: text as for `chainrule.derive`, an expression, or a `Derivation`.
        answer: the derivative, as text (a left side such as `dy/dx =` may stand before it) or as an expression.
        wrt: the variable, where the question has several.
        language: "en" or "de".

    Raises:
        DerivationError: the question has several variables, and none is named.
        ParseError: the question or the answer cannot be read.
        ArgumentError: the answer uses letters that the question does not have.

    >>> print(grade("x^2 y", "2x", wrt="x"))
    not right: ...
    """
    return Grader(question, wrt, language).grade(answer)


class Grader:
    """Grades any number of answers to one question; arguments as for `grade`."""

    def __init__(self, question, wrt=None, language="en"):
        self.language = known_language(language)
        self.derivation: Any = question if isinstance(question, Derivation) else derive(question, wrt=wrt)
        self.right = self.derivation.result
        if not isinstance(self.right, Expression) or has_arrays(self.right):
            raise ArgumentError(
                "the question asks for more than one number, and answers to that are not judged",
                'name one variable, wrt="x", or ask for one entry',
            )
        self.function = getattr(self.derivation, "function", self.right)  # a curve has no function of its own
        self._doctor = None

    @property
    def doctor(self) -> Doctor | None:
        """What finds the misconception, made for the first wrong answer; None for a curve."""
        if self._doctor is None and isinstance(self.derivation, Derivation):
            self._doctor = Doctor(self.derivation.step, self.derivation.definitions.written_out)
        return self._doctor

    def read(self, answer, log: Any = "e") -> Expression:
        """An answer as an expression in the question's letters."""
        if not isinstance(answer, Expression):
            answer = read_answer(answer, self.function, log)
        if isinstance(self.derivation, Derivation):
            answer = self.derivation.definitions.written_out(answer)
        return answer

    def grade(self, given) -> Grade:
        """Judge one answer."""
        answer = self.read(given)
        strangers = [symbol for symbol in symbols_of(answer) if symbol not in self.allowed]
        if strangers:
            return self._with_stranger(answer, strangers[0])
        compared = Compared(self.right, answer, getattr(self.derivation, "points", None))
        if compared.same:
            return Grade(True, None, None, say("grade.right", self.language), answer=answer)
        if isinstance(given, str) and "log" in given and same(self.right, self.read(given, log=10)):
            return Grade(True, None, None, say("grade.log-read", self.language), answer=self.read(given, log=10))
        if compared.rounded:
            return self._wrong(answer, "rounded", None, {})
        found = self.doctor and self.doctor.diagnose(answer)
        if found is not None:
            return self._diagnosed(answer, found)
        return self._unexplained(answer, compared)

    @property
    def allowed(self):
        """The letters that an answer may use."""
        return {*symbols_of(self.function, self.right), self.derivation.variable, *self.derivation.variables}

    def _with_stranger(self, answer, stranger):
        """An answer with a letter that the question does not have: perhaps the constant of an integral."""
        found = self.doctor and self.doctor.integrated(answer)
        if found is not None:
            return self._diagnosed(answer, found)
        names = ", ".join(sorted(one.name for one in self.allowed))
        raise ArgumentError(
            say("grade.stranger", self.language, name=stranger.name),
            say("grade.stranger.do", self.language, names=names),
        )

    def _diagnosed(self, answer, found):
        said = self._said(found.id, found.where, found.slips[0].values if found.slips else {})
        together = tuple(slip.id for slip in found.slips) or (found.id,)
        if len(set(together)) > 1:
            second = found.slips[1]
            more = self._said(second.id, second.where, second.values)
            said = say("grade.together", self.language, first=said, second=more)
        elif len(together) > 1:
            said = say("grade.everywhere", self.language, said=said, count=len(together))
        values = found.slips[0].values if found.slips else {}
        hint = say(f"hint.{found.id}", self.language, **{"where": found.where, **values})
        message = say("grade.wrong", self.language, said=said)
        return Grade(False, found.id, found.where, message, hint, together, found.also, answer)

    def _said(self, id, where, values):
        return say(f"slip.{id}", self.language, **{"where": where, **values})

    def _wrong(self, answer, id, where, values):
        values = {"where": where, "variable": self.derivation.variable, **values}
        message = say("grade.wrong", self.language, said=say(f"slip.{id}", self.language, **values))
        hint = say(f"hint.{id}", self.language, **values)
        return Grade(False, id, where, message, hint, (id,), (), answer)

    def _unexplained(self, answer, compared):
        """An answer that no slip in one place leads to."""
        variable = self._other_variable(answer)
        if variable is not None:
            return self._wrong(answer, "wrong-variable", None, {"other": variable})
        points = compared.points
        if not points.count:
            said = say("slip.undefined", self.language)
            message = say("grade.wrong", self.language, said=said)
            return Grade(False, "unknown", None, message, self._first_hint(), ("unknown",), (), answer)
        given, right = points.values(answer), points.values(self.right)
        agreeing = int(compared.agree.sum())
        if points.real and min(agreeing, points.count - agreeing) >= max(2, points.count // 8):
            at = {True: int(numpy.argmax(compared.agree)), False: int(numpy.argmin(compared.agree))}
            values = {"right": _at(points.point(at[True])), "wrong": _at(points.point(at[False]))}
            return self._wrong(answer, "part-of-domain", self.function, values)
        for id, other in (("constant-added", given - right), ("factor-wrong", _ratio(given, right))):
            if agree(other, numpy.full_like(other, other[0])) and abs(other[0]) > 1e-6:
                return self._wrong(answer, id, None, {"other": _number(other[0])})
        i = int(numpy.argmin(compared.agree))
        values = {"point": _at(points.point(i)), "right": _number(right[i]), "given": _number(given[i])}
        message = say("grade.wrong", self.language, said=say("slip.unknown", self.language, **values))
        return Grade(False, "unknown", None, message, self._first_hint(), ("unknown",), (), answer)

    def _other_variable(self, answer):
        for variable in self.derivation.variables if self.doctor else ():
            other = variable.plain is not self.derivation.variable
            if other and same(derivative(self.function, variable), answer):
                return variable
        return None

    def _first_hint(self):
        return first_hint(self.derivation, self.language)


def read_answer(text, function=None, log: Any = "e") -> Expression:
    """An answer that was typed: an expression, perhaps with `y' =` or `dy/dx =` before it.

    Args:
        function: an expression whose letters and functions the answer may use.
        log: the base of a log without one (see `parse`).
    """
    if not isinstance(text, str):
        raise ArgumentError(f"an answer is text or an expression, not {text!r}", 'write it as in "2x cos(x^2)"')
    used = () if function is None else tuple(walk(function))
    functions = {node.name for node in used if type(node) is Abstract}
    variables = {node.name for node in used if type(node) is Symbol and len(node.name) > 1}
    parsed = parse(_LEFT_SIDE.sub("", text, count=1), tuple(functions), tuple(variables), log)
    return parsed.expression if parsed.equation is None else parsed.equation[1]  # 2x · 5 = 10x


def _ratio(a, b):
    with numpy.errstate(all="ignore"):
        return a / b


def _at(point):
    return ", ".join(f"{name} = {_number(value)}" for name, value in point.items())


def _number(value):
    value = complex(value) if numpy.iscomplexobj(value) else float(value)
    return f"{value:.4g}".replace("-", "−")
