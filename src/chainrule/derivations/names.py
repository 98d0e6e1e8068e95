"""Letters for inner parts: u1, u2 ... as far as they are needed, never one that the user wrote."""

import re

from chainrule.expressions.tree import Symbol

_INNER = ("u", "v", "w", "s", "p", "q", "h", "m", "a", "b", "c", "d", "k", "l", "n", "r", "t", "x", "z", "y")
_OUTPUT = ("y", "f", "z", "w", "F", "Y", "L", "g")
_FUNCTIONS = ("f", "g", "h", "F", "G", "H", "φ", "ψ", "q", "p")


class Letters:
    """The letters of one derivation.

    Args:
        used: the names that the user wrote: variables, constants and functions.

    Attributes:
        meaning: letter (a Symbol) -> the expression it stands for, in the order in which they were given out.
        output: the Symbol that stands for the whole, unless the user named it.
        function: the letter of outer functions; f1 is the outermost.

    >>> from chainrule.expressions.tree import Symbol
    >>> letters = Letters({"x", "u1"})
    >>> str(letters.stand_for(Symbol("x"))), letters.function
    ('v1', 'f')
    """

    def __init__(self, used, output=None):
        used = set(used)
        self.output = Symbol(output) if output else Symbol(_free(_OUTPUT, used))
        used.add(self.output.name)
        self.inner = _free(_INNER, used)
        self.function = _free(_FUNCTIONS, used)
        self.meaning = {}
        self._letters = {}

    def stand_for(self, expression):
        """The letter of an inner part, a new one for a part that has none; the same part keeps its letter."""
        if expression not in self._letters:
            letter = Symbol(f"{self.inner}{len(self._letters) + 1}")
            self._letters[expression] = letter
            self.meaning[letter] = expression
        return self._letters[expression]

    def name(self, symbol, expression):
        """Let a symbol of the user's own stand for an expression (a substitution)."""
        self._letters[expression] = symbol
        self.meaning[symbol] = expression

    def letter_of(self, expression):
        """The letter that stands for a part, or None."""
        return self._letters.get(expression)


def _free(letters, used):
    """The first letter that is not used, nor with a number behind it."""
    taken = {re.sub(r"[\d₀-₉_]+$", "", name) for name in used}
    for letter in letters:
        if letter not in taken:
            return letter
    number = 1
    while f"{letters[0]}{letters[0]}{number}" in taken:
        number += 1
    return f"{letters[0]}{letters[0]}{number}"
