"""Derivations: a textbook exercise with and without its check, its text and its simplified form; compositions.

No peer: no other program was found that keeps the composition, names every factor and checks the result. Each
time is processor time, the least of several runs on fresh objects, once SymPy and mpmath are loaded.
"""

import time

EXERCISES = (
    "3x^2 - 4x + 5",
    "sqrt(1 + sin(e^(x^2)))",
    "tan^2 3x",
    "x^2 e^x sin x",
    "(x+1)/(x-1)",
    "x^x",
    "ln(e^x (x^2-4)/sqrt(x))",
    "1/(1+e^(-x))",
)
DEPTHS = (100, 1_000, 4_000)


def title(depth):
    return f"{depth:,}-fold composition"


def _stages():
    import chainrule as cr

    return {
        "derive": lambda text: cr.derive(text).result,
        "derive and check": lambda text: cr.derive(text).check,
        "checked text, not simplified": lambda text: cr.derive(text).render(simplify=False),
        "checked text, simplified": lambda text: cr.derive(text).render(),
    }


def textbook(repeats):
    """Stage -> seconds an exercise: the mean over exercises of the least of `repeats`."""
    found = {}
    for stage, run in _stages().items():
        times = [_least(lambda text=text: run(text), repeats) for text in EXERCISES]  # noqa: B023
        found[stage] = sum(times) / len(times)
    return found


def compositions(repeats):
    """Depth -> seconds for the derivative of sin(sin(... x)), every factor named."""
    from chainrule.derivations import Derivation
    from chainrule.expressions import EXPRESSIONS, Symbol

    def derived(depth):
        expression = x = Symbol("x")
        for _ in range(depth):
            expression = EXPRESSIONS.sin(expression)
        derivation = Derivation(expression, x)
        return derivation.result, derivation.factors

    return {depth: _least(lambda depth=depth: derived(depth), repeats) for depth in DEPTHS}


def _least(run, repeats):
    times = []
    for _ in range(max(2, repeats)):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)
