"""Variables that were given by equations of their own: y = 6u³; u = 7x - 4, and the total derivative.

Each definition is differentiated by the letters it is written in. Where one letter leads to the variable,
its factors and the letter's are one chain; where several do, there is one path for each, and their sum.
"""

from dataclasses import replace
from typing import Any

from chainrule.derivations.model import Chain, Path, Step
from chainrule.derivations.paths import factor_of, numbered
from chainrule.derivations.steps import Steps, plus, times
from chainrule.errors import DerivationError
from chainrule.expressions import Expression, replaced, symbols_of


class Definitions:
    """Letters and what they stand for.

    Args:
        meanings: Symbol -> Expression.

    Attributes:
        order: the letters, each after those its meaning is written in.

    Raises: DerivationError where a letter is defined by way of itself.
    """

    def __init__(self, meanings):
        self.meaning = {symbol.plain: meaning for symbol, meaning in meanings.items()}
        self.order = self._ordered()
        self._written_out = {}
        for letter in self.order:
            self._written_out[letter] = self.written_out(self.meaning[letter])

    def _ordered(self):
        order, state = [], {}
        for first in self.meaning:
            stack = [first]
            while stack:
                letter = stack[-1]
                if state.get(letter) == "done":
                    stack.pop()
                    continue
                if state.get(letter) == "open":
                    state[letter] = "done"
                    order.append(stack.pop())
                    continue
                state[letter] = "open"
                for other in symbols_of(self.meaning[letter]):
                    if state.get(other) == "open":
                        raise DerivationError(
                            f"{other.name} is defined by way of itself", "write one equation for each letter, in a row"
                        )
                    if other in self.meaning and other not in state:
                        stack.append(other)
        return order

    def written_out(self, expression) -> Expression:
        """The expression in variables only: every letter replaced by what it stands for."""
        if not self._written_out:
            return expression
        used = {letter: self._written_out[letter] for letter in symbols_of(expression) if letter in self._written_out}
        return replaced(expression, used) if used else expression

    def reaching(self, x):
        """The letters that depend on the variable, in order."""
        found = {x.plain}
        for letter in self.order:
            if any(other in found for other in symbols_of(self.meaning[letter])):
                found.add(letter)
        return [letter for letter in self.order if letter in found]


def total_step(steps: Steps, definitions: Definitions, expression, output, x) -> dict:
    """The steps that differentiate an expression by x through the letters that it is written in: letter -> step.

    Each equation contributes one factor, as its author cut the function; what is inside it is found in steps.
    """
    meanings = {letter: definitions.meaning[letter] for letter in definitions.reaching(x)} | {output: expression}
    routes, moving = {}, {x.plain}
    for letter, meaning in meanings.items():
        routes[letter] = [symbol for symbol in symbols_of(meaning) if symbol in moving]
        moving.add(letter)
    for letter in reversed(meanings):  # from the outside in, so that letters are numbered that way
        for route in routes[letter]:
            steps.of(meanings[letter], route)
    done: dict[Any, Any] = {}
    for letter, meaning in meanings.items():
        done[letter] = _through(steps, meaning, letter, routes[letter], x, done)
    step, factors = done[output]
    if step.chain is not None and routes[output] != [x]:
        step = replace(step, chain=Chain(numbered(_listed(factors)), step.derivative))
    return {letter: one for letter, (one, _) in done.items()} | {output: step}


def _through(steps, meaning, output, routes, x, done):
    """`(step, factors)` of one equation: a chain through its one letter, or a path through each of several.

    The factors are a linked list, `(factor, those further in)`, so that a long chain costs what its links cost.
    """
    if routes == [x] or not routes:
        step = steps.of(meaning, x)
        return step, (factor_of(step, output), None)
    partial = len(routes) > 1
    paths, parts, further = [], [], None
    for route in routes:
        outer = steps.of(meaning, route)
        inner, further = done.get(route, (None, None))
        parts += [outer] if inner is None else [outer, inner]
        derivative = outer.derivative if inner is None else times(outer.derivative, inner.derivative)
        own = factor_of(outer, output, partial)
        factors = (own,) if inner is None else (own, factor_of(inner, route))
        if partial and output is steps.letters.output:
            factors = _listed((own, further))
        paths.append(Path(numbered(factors), derivative, route))
    if not partial:
        chain = Chain(paths[0].factors, paths[0].product)
        step = Step("chain", meaning, x, paths[0].product, tuple(parts), chain)
        return step, (paths[0].factors[0], further)
    total: Any = None
    for path in paths:
        total = path.product if total is None else plus(total, path.product)
    step = Step("total", meaning, x, total, tuple(parts), paths=tuple(paths))
    return step, (factor_of(step, output), None)


def _listed(factors):
    """A linked list as a list."""
    found = []
    while factors is not None:
        found.append(factors[0])
        factors = factors[1]
    return found
