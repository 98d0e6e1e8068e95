"""Variables that were given by equations of their own: y = 6u³; u = 7x - 4, and the total derivative.

Each definition is differentiated by the letters it is written in. Where one letter leads to the variable,
its factors and the letter's are one chain; where several do, there is one path for each, and their sum.
"""

from chainrule.derivations.model import Chain, Path, Step
from chainrule.derivations.paths import factors_of, numbered
from chainrule.derivations.steps import Steps, plus, times
from chainrule.errors import DerivationError
from chainrule.expressions import Expression, Number, replaced, symbols_of


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
        used = {letter: self._written_out[letter] for letter in symbols_of(expression) if letter in self._written_out}
        return replaced(expression, used) if used else expression

    def reaching(self, x):
        """The letters that depend on the variable, in order."""
        found = {x.plain}
        for letter in self.order:
            if any(other in found for other in symbols_of(self.meaning[letter])):
                found.add(letter)
        return [letter for letter in self.order if letter in found]


def total_step(steps: Steps, definitions: Definitions, expression, output, x):
    """The step that differentiates an expression by x through the letters that it is written in."""
    reaching = definitions.reaching(x)
    done = {}
    for letter in [*reaching, output]:
        meaning = expression if letter is output else definitions.meaning[letter]
        routes = [symbol for symbol in symbols_of(meaning) if symbol in done or symbol.plain is x.plain]
        done[letter] = _through(steps, meaning, letter, routes, x, done)
    return done[output]


def _through(steps, meaning, output, routes, x, done):
    if routes == [x] or not routes:
        return steps.of(meaning, x)
    partial = len(routes) > 1
    paths = []
    for route in routes:
        outer = steps.of(meaning, route)
        factors = factors_of(outer, output, partial)
        if route.plain is not x.plain:
            factors = factors + factors_of(done[route], route)
            product = times(outer.derivative, done[route].derivative)
        else:
            product = outer.derivative
        paths.append((Path(numbered(factors), product, route), outer, done.get(route)))
    parts = tuple(step for _, outer, inner in paths for step in (outer, inner) if step is not None)
    if not partial:
        path = paths[0][0]
        chain = Chain(path.factors, path.product)
        return Step("substitution", meaning, x, path.product, parts, chain)
    derivative = Number(0)
    for path, _, _ in paths:
        derivative = plus(derivative, path.product)
    return Step("total", meaning, x, derivative, parts, paths=tuple(path for path, _, _ in paths))
