"""Exercises by topic and difficulty: the same seed gives the same ones.

>>> from chainrule.exercises import practice
>>> [str(exercise.question) for exercise in practice("trigonometric", difficulty=1, seed=7).first(2)]
['tan(x²)', 'sin(3x)']
"""

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, islice

import numpy

from chainrule.derivations import Derivation
from chainrule.errors import ArgumentError
from chainrule.exercises.equivalence import Points
from chainrule.exercises.grading import Grade, Grader
from chainrule.exercises.messages import known_language, say
from chainrule.expressions import EXPRESSIONS as E
from chainrule.expressions import Apply, Expression, Symbol, lift, walk

DIFFICULTIES = (1, 2, 3)
_POINTS = 12  # real points that a question and its derivative must have
_X = Symbol("x")


@dataclass(frozen=True, eq=False)
class Exercise:
    """One function to differentiate.

    Attributes:
        question: the function.
        topic, difficulty, seed, number: what it was made from.
        language: the language in which answers are commented on.
    """

    question: Expression
    topic: str
    difficulty: int
    seed: int
    number: int
    language: str = "en"
    variable: Symbol = field(default=_X)

    @cached_property
    def derivation(self) -> Derivation:
        """The derivation that leads to the answer."""
        return Derivation(self.question, self.variable)

    @cached_property
    def grader(self) -> Grader:
        """What judges answers to it."""
        return Grader(self.derivation, language=self.language)

    @property
    def answer(self) -> Expression:
        """The derivative."""
        return self.derivation.result

    def grade(self, answer) -> Grade:
        """Judge an answer (see `chainrule.grade`)."""
        return self.grader.grade(answer)

    def __str__(self):
        return say("ask.differentiate", self.language, question=self.question, variable=self.variable)


class Practice:
    """An endless row of exercises; iterate over it. Made by `chainrule.practice`.

    Attributes:
        topic, difficulty, seed, language: as they were given; the seed is a chosen one where none was.
    """

    def __init__(self, topic="mixed", difficulty=1, seed=None, language="en"):
        if topic not in TOPICS:
            raise ArgumentError(f"topic={topic!r} is not known", f"use one of {', '.join(TOPICS)}")
        if difficulty not in DIFFICULTIES:
            raise ArgumentError(f"difficulty={difficulty!r} makes no sense", "use 1, 2 or 3")
        self.topic, self.difficulty, self.language = topic, difficulty, known_language(language)
        self.seed = secrets.randbelow(10**6) if seed is None else seed

    def __iter__(self) -> Iterator[Exercise]:
        seen = set()
        misses = 0
        for number in count(1):
            exercise = self.exercise(number)
            if exercise.question.plain in seen and misses < 50:  # a topic may have few questions
                misses += 1
                continue
            misses = 0
            seen.add(exercise.question.plain)
            yield exercise

    def first(self, many) -> list[Exercise]:
        """The first exercises, without repetitions."""
        return list(islice(self, many))

    def exercise(self, number) -> Exercise:
        """The exercise of that number: always the same for the same seed, topic and difficulty."""
        chance = random.Random(f"{self.seed} {self.topic} {self.difficulty} {number}")
        while True:
            topic = self.topic
            if topic == "mixed":
                topic = chance.choice([name for name in TOPICS if name != "mixed"])
            question = TOPICS[topic](Chance(chance), self.difficulty)
            exercise = Exercise(question, topic, self.difficulty, self.seed, number, self.language)
            if _is_fair(exercise):
                return exercise


def practice(topic="mixed", difficulty=1, seed=None, language="en") -> Practice:
    """Exercises in differentiating, without end.

    Args:
        topic: what they are about: one of `chainrule.exercises.TOPICS`.
        difficulty: 1, 2 or 3.
        seed: any whole number; the same one gives the same exercises.
        language: "en" or "de": of questions, hints and remarks.

    Raises: ArgumentError for a topic, difficulty or language that is not there.

    >>> exercise = practice("polynomial", seed=1).exercise(1)
    >>> print(exercise)
    Differentiate (3x + 6)⁴ by x.
    >>> exercise.grade("4(3x+6)^3").misconception
    'missing-inner-factor'
    """
    return Practice(topic, difficulty, seed, language)


def _is_fair(exercise):
    """Whether there is something to practise: numbers on a good part of the line, and nothing that cancels."""
    if any(_is_silly(node) for node in walk(exercise.question)):
        return False
    points = Points(exercise.question, exercise.derivation.result)
    inside = [node.arguments[0] for node in walk(exercise.question) if getattr(node, "name", "") == "absolute"]
    signs = all(len(set(numpy.sign(points.values(part)))) > 1 for part in inside)
    return points.real and points.count >= _POINTS and signs


def _is_silly(node):
    """√x - √x, u · u, e^(ln u), (u²)³: what nobody would write."""
    if type(node) is not Apply:
        return False
    for names in (("add", "subtract"), ("multiply", "divide")):
        parts = [id(part.plain) for part in _parts(node, names)]
        if node.name in names and len(set(parts)) < len(parts):
            return True
    inverse = {"exp": "log", "log": "exp", "power": "power"}.get(node.name)
    return inverse is not None and getattr(node.arguments[0], "name", "") == inverse


def _parts(node, names):
    """The terms of a sum, or the factors of a product."""
    stack = [node]
    while stack:
        part = stack.pop()
        if type(part) is Apply and part.name in names:
            stack.extend(part.arguments)
        else:
            yield part


class Chance:
    """Random pieces of questions: numbers, polynomials, simple functions."""

    def __init__(self, chance):
        self._random = chance

    def pick(self, *choices):
        return self._random.choice(choices)

    def number(self, low, high, avoid=()):
        return self._random.choice([n for n in range(low, high + 1) if n not in avoid])

    def linear(self, difficulty):
        """3x; 2x + 1; x/2 - 3."""
        slope = self.number(2, 5 + difficulty)
        if difficulty == 1:
            return slope * _X
        return _plus(self.pick(slope * _X, slope * _X, _X / slope), self.number(-7, 7, avoid=(0,)))

    def polynomial(self, difficulty):
        """5x + 3; x² + 2; 3x² - 2x + 1."""
        constant = self.number(-6, 9, avoid=(0,))
        if difficulty == 1:
            return _plus(self.pick(self.number(2, 6) * _X, _X**2), constant)
        leading = self._times(self.number(1, 4), _X ** self.pick(2, 3))
        if difficulty == 2:
            return _plus(leading, constant)
        return _plus(_plus_term(leading, self.number(-5, 5, avoid=(0,)), _X), constant)

    def inner(self, difficulty):
        """What stands inside a function: a multiple of x, then polynomials, then a function."""
        if difficulty == 1:
            return self.pick(self.linear(1), _X**2, self.linear(2))
        if difficulty == 2:
            return self.pick(self.polynomial(2), self.polynomial(1), E.sqrt(_X), self.linear(2))
        return self.pick(self.polynomial(3), self.polynomial(2), self.simple(2), E.exp(self.linear(1)))

    def simple(self, difficulty):
        """A function of the variable: a power, sin x, e^(2x), ln x."""
        inner = _X if difficulty == 1 else self.pick(self.linear(1), _X**2, self.linear(2))
        return self.pick(E.sin, E.cos, E.exp, E.log)(inner)

    def power(self, difficulty):
        return _X ** self.number(2, 3 + difficulty)

    def outer(self, difficulty):
        """A function to be applied to something."""
        exponent = self.number(2, 5)
        functions = [E.sin, E.cos, E.exp, E.log, lambda u: u**exponent, E.sqrt]
        return self.pick(*functions, *([E.tan] if difficulty > 1 else []))

    @staticmethod
    def _times(number, part):
        return part if number == 1 else number * part


def _plus(part, number):
    return part + number if number > 0 else part - (-number)


def _plus_term(part, number, other):
    size = other if abs(number) == 1 else abs(number) * other
    return part + size if number > 0 else part - size


def _powers(chance, difficulty):
    first = chance.number(2, 6) * _X ** chance.number(3, 4 + difficulty)
    second = _plus_term(first, chance.number(-6, 6, avoid=(0,)), _X**2)
    if difficulty == 1:
        return _plus(chance.pick(second, first), chance.number(-9, 9, avoid=(0,)))
    root = chance.pick(E.sqrt(_X), 1 / _X, chance.number(2, 5) / _X ** chance.number(2, 4))
    if difficulty == 2:
        return chance.pick(first + root, second - root)
    fraction = _X ** (lift(chance.pick(1, 2, 4, 5)) / 3)
    return chance.pick(first + fraction, root - fraction, second + E.sqrt(_X) - root)


def _polynomial(chance, difficulty):
    inner, exponent = chance.polynomial(difficulty), chance.number(2, 4 + 2 * difficulty)
    if difficulty == 1:
        return chance.pick(inner**exponent, inner**exponent, E.sqrt(inner))
    forms = [inner**exponent, 1 / inner**exponent, E.sqrt(inner), chance.number(2, 5) * inner**exponent]
    return chance.pick(*forms, *([1 / E.sqrt(inner), inner ** (lift(2) / 3)] if difficulty == 3 else []))


def _trigonometric(chance, difficulty):
    functions = [E.sin, E.cos, E.tan] + ([E.sec, E.cot] if difficulty > 1 else [])
    function = chance.pick(*functions)
    inner = chance.linear(1) if difficulty == 1 else chance.inner(difficulty)
    if difficulty == 1:
        return function(chance.pick(inner, inner, _X**2))
    whole = function(inner)
    return chance.pick(whole, whole ** chance.number(2, 2 + difficulty), chance.number(2, 6) * whole)


def _exponential(chance, difficulty):
    inner = chance.inner(difficulty)
    other = lift(chance.pick(2, 3, 10)) ** inner
    if difficulty == 1:
        return chance.pick(E.exp(inner), E.exp(-inner), other)
    return chance.pick(E.exp(inner), E.exp(-inner), other, _plus(E.exp(inner), 1) ** chance.number(2, 4))


def _logarithm(chance, difficulty):
    inner = chance.inner(difficulty)
    if difficulty == 1:
        return chance.pick(E.log(inner), E.log(chance.polynomial(1)))
    composed = E.log(chance.simple(difficulty))
    return chance.pick(E.log(inner), E.log_base(inner, 10), composed, E.log(inner) ** chance.number(2, 4))


def _inverse(chance, difficulty):
    function = chance.pick(E.arcsin, E.arctan, E.arccos)
    inner = chance.pick(chance.linear(1), _X / chance.number(2, 5), _X**2)
    if difficulty > 1:
        inner = chance.pick(E.sqrt(_X), E.exp(_X), _X**3, 1 / _X, inner)
    whole = function(inner)
    return whole if difficulty < 3 else chance.pick(whole ** chance.number(2, 3), E.exp(whole), E.log(whole), whole)


def _hyperbolic(chance, difficulty):
    function = chance.pick(E.sinh, E.cosh, E.tanh)
    whole = function(chance.inner(difficulty) if difficulty < 3 else chance.polynomial(2))
    return whole if difficulty < 3 else chance.pick(whole**2, E.log(E.cosh(chance.linear(1))), E.exp(whole))


def _product(chance, difficulty):
    if difficulty == 1:
        return chance.power(1) * chance.simple(1)
    if difficulty == 2:
        return chance.pick(chance.power(2) * chance.simple(2), chance.polynomial(2) * chance.simple(1))
    first, second = chance.simple(2), chance.simple(2)
    return chance.pick(first * second, chance.power(2) * first * second, chance.polynomial(2) ** 3 * first)


def _quotient(chance, difficulty):
    if difficulty == 1:
        return chance.pick(chance.polynomial(1), chance.power(1)) / chance.polynomial(1)
    if difficulty == 2:
        return chance.pick(chance.simple(1) / chance.power(1), chance.polynomial(2) / chance.polynomial(1))
    top, bottom = chance.simple(2), chance.polynomial(2)
    return chance.pick(top / bottom, bottom / top, (chance.polynomial(1) / bottom) ** chance.number(2, 3))


def _layers(chance, difficulty):
    whole = chance.pick(E.sin, E.cos, E.exp)(chance.linear(1) if difficulty == 1 else chance.inner(1))
    for _ in range(difficulty):
        whole = chance.outer(difficulty)(chance.pick(whole, whole, _plus(whole, chance.number(1, 4))))
    return whole


def _general_power(chance, difficulty):
    base = _X if difficulty < 3 else chance.polynomial(1)
    harder = (E.sin(_X), _X**2, E.log(_X), 1 / _X)
    exponent = chance.pick(*(harder if difficulty > 1 else (_X, chance.linear(1))))
    return chance.pick(base**exponent, E.sin(_X) ** exponent) if difficulty == 2 else base**exponent


def _absolute(chance, difficulty):
    inner = chance.polynomial(difficulty)
    if difficulty == 1:
        return abs(inner)
    return chance.pick(abs(inner), abs(E.sin(chance.linear(1))), E.maximum(lift(0), inner), E.log(abs(inner)))


TOPICS = {
    "powers": _powers,
    "polynomial": _polynomial,
    "trigonometric": _trigonometric,
    "exponential": _exponential,
    "logarithm": _logarithm,
    "inverse": _inverse,
    "hyperbolic": _hyperbolic,
    "product": _product,
    "quotient": _quotient,
    "layers": _layers,
    "general-power": _general_power,
    "absolute": _absolute,
    "mixed": None,
}
