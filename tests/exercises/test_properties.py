"""What holds for any question: right answers pass in any form, and every slip is recognised."""

import random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from chainrule.exercises import Grader, practice
from chainrule.exercises.equivalence import Compared, Points, same
from chainrule.expressions import EXPRESSIONS as E
from chainrule.expressions import Apply, Number, exact, rebuilt
from tests.derivations.expressions import X, expressions, nested

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

questions = st.builds(
    lambda seed, difficulty: practice("mixed", difficulty, seed).exercise(1).question,
    st.integers(0, 10**6),
    st.sampled_from([1, 2, 3]),
)

# For one node, the same function written otherwise
REWRITINGS = {
    "add": [lambda a, b: b + a, lambda a, b: a - -b],
    "subtract": [lambda a, b: a + -b, lambda a, b: -(b - a)],
    "multiply": [lambda a, b: b * a, lambda a, b: a / (1 / b)],
    "divide": [lambda a, b: a * b ** (-Number(1)), lambda a, b: 1 / (b / a)],
    "negative": [lambda a: 0 - a, lambda a: -1 * a],
    "sin": [lambda a: E.cos(a) * E.tan(a), lambda a: 2 * E.sin(a / 2) * E.cos(a / 2)],
    "cos": [lambda a: 1 - 2 * E.sin(a / 2) ** 2, lambda a: 1 / E.sec(a)],
    "tan": [lambda a: E.sin(a) / E.cos(a)],
    "exp": [lambda a: 1 / E.exp(-a), lambda a: E.exp(a / 2) ** 2],
    "sqrt": [lambda a: a ** (Number(1) / 2)],
    "log": [lambda a: 2 * E.log(E.sqrt(a))],
    "tanh": [lambda a: E.sinh(a) / E.cosh(a), lambda a: 1 - 2 / (E.exp(2 * a) + 1)],
}


def rewritten(expression, seed):
    """The same function, with some nodes written otherwise."""
    chance = random.Random(seed)

    def change(node):
        if exact(node) is not None:  # 1/3 as an exponent is a real root, 1 · 3⁻¹ is not
            return node
        forms = REWRITINGS.get(node.name) if type(node) is Apply else None
        if forms and chance.random() < 0.4:
            return chance.choice(forms)(*node.arguments)
        if type(node) is Apply and node.name == "power" and exact(node.arguments[1]) == 2 and chance.random() < 0.5:
            return node.arguments[0] * node.arguments[0]
        return (node * 3) / 3 if type(node) is Apply and chance.random() < 0.05 else node

    return rebuilt(expression, change)


@EXAMPLES
@given(questions, st.integers(0, 2**32))
def test_a_right_answer_is_right_in_any_form(question, seed):
    grader = Grader(question, wrt="x")
    answer = rewritten(grader.right, seed)
    result = grader.grade(answer)
    assert result.correct, (str(question), str(answer), result.message)


@EXAMPLES
@given(expressions(6), st.integers(0, 2**32))
def test_a_right_answer_is_right_for_any_function(question, seed):
    grader = Grader(question, wrt="x")
    points = Points(grader.right, question)
    assume(points.count >= 6)
    answer = rewritten(grader.right, seed)
    assume(Points(grader.right, answer).count >= 6)
    assert grader.grade(answer).correct, (str(question), str(answer))


@EXAMPLES
@given(questions, st.integers(0, 10**6))
def test_every_slip_is_recognised(question, pick):
    _recognised(question, pick)


@EXAMPLES
@given(nested(5), st.integers(0, 10**6))
def test_every_slip_is_recognised_at_any_depth(question, pick):
    _recognised(question, pick)


def _recognised(question, pick):
    """A slip that changes the answer is recognised as itself, or as one of the same value."""
    grader = Grader(question, wrt="x")
    assume(grader.doctor.slips)
    slip = grader.doctor.slips[pick % len(grader.doctor.slips)]
    assume(Points(grader.right, slip.derivative).count >= 12)
    compared = Compared(grader.right, slip.derivative)
    assume(not compared.same and not compared.rounded)
    result = grader.grade(slip.derivative)
    assert not result.correct
    ids = {result.misconception, *result.also, *result.together}
    assert slip.id in ids, (str(question), str(slip.derivative), slip.id, ids)


@EXAMPLES
@given(questions, st.integers(0, 2**32))
def test_equivalence_goes_both_ways(question, seed):
    other = rewritten(question, seed)
    assert same(question, other) and same(other, question)
    assert not same(question, question * (1 + X**2 / 7))
