"""Letters for inner parts: u1, u2 ... as far as they are needed, never one that the user wrote."""

import re

from chainrule.expressions import Symbol

_INNER = ("u", "v", "w", "s", "p", "q", "h", "m", "a", "b", "c", "d", "k", "l", "n", "r", "t", "x", "z", "y")
_OUTPUT = ("y", "f", "z", "w", "F", "Y", "L", "g")
_FUNCTIONS = ("f", "g", "h", "F", "G", "H", "φ", "ψ", "q", "p")


class Letters:
    """The letters of one derivation.

    Args:
        used: the names that the user wrote: variables, constants and functions.
        output: the name that the user gave to the whole, or None.

    Attributes:
        meaning: letter (a Symbol) -> the expression it stands for, in the order in which they were given out.
        output: the Symbol that stands for the whole.
        function: the letter of outer functions.

    >>> letters = Letters({"x", "u1"})
    >>> print(letters.stand_for(Symbol("x") ** 2), letters.output, letters.next_function())
    v₁ y f1
    """

    def __init__(self, used, output=None):
        used = set(used)
        self.output = Symbol(output) if output else Symbol(_free(_OUTPUT, used))
        used.add(self.output.name)
        self.inner, self.function = _free(_INNER, used), _free(_FUNCTIONS, used)
        self.meaning = {}
        self._letters, self._functions = {}, 0

    def stand_for(self, expression):
        """The letter of an inner part, a new one for a part that has none; the same part keeps its letter."""
        key = id(expression.plain)
        if key not in self._letters:
            self.name(Symbol(f"{self.inner}{len(self._letters) + 1}"), expression)
        return self._letters[key]

    def name(self, symbol, expression):
        """Let a symbol stand for an expression."""
        self._letters[id(expression.plain)] = symbol
        self.meaning[symbol] = expression

    def letter_of(self, expression):
        """The letter that stands for a part, or None."""
        return self._letters.get(id(expression.plain))

    def next_function(self):
        """The name of one more outer function: f1, f2 ..."""
        self._functions += 1
        return f"{self.function}{self._functions}"


def _free(letters, used):
    """The first letter that is not used, nor with a number behind it."""
    taken = {re.sub(r"[\d₀-₉_]+$", "", name) for name in used}
    for letter in letters:
        if letter not in taken:
            return letter
    while True:
        letters = [letter + letters[0] for letter in letters]
        for letter in letters:
            if letter not in taken:
                return letter
