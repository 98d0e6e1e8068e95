"""Runs of letters: function names first, the longest that fit; then letters; unknown words are refused.

`xsinx` is x·sin(x) and `xyz` a product of three letters, but `foo` is neither, and says so.
"""

import difflib
from typing import NamedTuple

from chainrule.expressions.names import GREEK, LETTERS, ROOMS, variable_name

# Words of the grammar's own: each is written by other means than a room's name.
SPELLED = {
    "ln": "log",
    "log": "log of no base",
    "lg": "log of base 10",
    "log2": "log of base 2",
    "log10": "log of base 10",
    "relu": "relu",
    "where": "where",
    "pow": "pow",
    "power": "pow",
    "root": "root",
    "log_base": "log base",
}
FUNCTIONS = {**ROOMS, **SPELLED}
del FUNCTIONS["σ"]  # a letter too: the grammar looks for the bracket
CONSTANTS = {"pi": "pi", "e": "e", "π": "pi"}
RESERVED = frozenset(["if", "else", "otherwise", "and", "or", "not", "for", "when", "with"])
ABSTRACT = frozenset("fghFGH")  # letters that are functions when a bracket follows

_FOLDED = {name.lower(): name for name in FUNCTIONS if len(name) > 2 and name.isalpha()}
_INSIDE = sorted((name for name in FUNCTIONS if name.isalpha() and name.isascii()), key=len, reverse=True)
_INSIDE = [name for name in _INSIDE if len(name) > 2 or name in ("ln", "lg")]
_WITH_DIGITS = frozenset(name for name in FUNCTIONS if any(character.isdigit() for character in name))


class Part(NamedTuple):
    """A piece of a run of letters: its kind as a token has it, its value, where it starts and ends in the run."""

    kind: str
    value: str
    start: int
    end: int


def whole_word(word: str):
    """(kind, value) of a word that is one thing as a whole, else None."""
    if word in RESERVED:
        return "word", word
    if word in FUNCTIONS:
        return "function", FUNCTIONS[word]
    if word in CONSTANTS:
        return "constant", CONSTANTS[word]
    if word in GREEK or word in LETTERS:
        return "variable", LETTERS.get(word, word)
    if len(word) == 1:
        return "variable", word
    if word.lower() in _FOLDED:  # Sin, ReLU
        return "function", FUNCTIONS[_FOLDED[word.lower()]]
    return None


def is_function_with_digits(word):
    """Whether a word of letters and digits is a function, such as atan2."""
    return word in _WITH_DIGITS


def parts_of(word: str, called=False):
    """A run of letters as parts that are multiplied, functions applied to what follows.

    Args:
        called: whether an opening bracket follows directly.

    Returns: None for a word that is more likely a name than a product of letters.
    """
    whole = whole_word(word)
    if whole is not None:
        return [Part(*whole, 0, len(word))]
    parts = _segments(word)
    letters = [part for part in parts if part.end - part.start == 1]
    if len(letters) == len(parts):
        most = 2 if called else 3
        if len(word) > most or len(set(word)) < len(word) or _resembles(word):
            return None
        return parts
    run = 0
    for part in parts:
        run = run + 1 if part in letters else 0
        if run > 2:
            return None
    if called and parts[-1].kind == "variable":
        return None  # sinn(x)
    return parts


def _segments(word: str):
    parts, place = [], 0
    while place < len(word):
        name = next((name for name in _INSIDE if word.startswith(name, place)), None)
        greek = next((name for name in _LONG_GREEK if word.startswith(name, place)), None)
        if name is not None and (greek is None or len(name) >= len(greek)):
            parts.append(Part("function", FUNCTIONS[name], place, place + len(name)))
        elif greek is not None:
            kind = "constant" if greek == "pi" else "variable"
            parts.append(Part(kind, greek, place, place + len(greek)))
        else:
            letter = word[place]
            kind = "constant" if letter in CONSTANTS else "variable"
            parts.append(Part(kind, CONSTANTS.get(letter, LETTERS.get(letter, letter)), place, place + 1))
        place = parts[-1].end
    return parts


_LONG_GREEK = sorted((name for name in [*GREEK, "pi"] if len(name) > 2 or name == "pi"), key=len, reverse=True)


def _resembles(word):
    """Whether a short run is a function's name with two letters exchanged, or one left out."""
    if len(word) == 2:
        return word[::-1] in ("ln", "lg")
    return any(
        sorted(word) == sorted(name) or len(name) == 4 and any(name[:i] + name[i + 1 :] == word for i in range(4))
        for name in _INSIDE
        if len(name) in (3, 4)
    )


def suggestion(word, known=()):
    """The known name nearest to a word, or None."""
    word = word[:40]
    names = [*FUNCTIONS, *GREEK, *known]
    folded = {name.lower(): name for name in names}
    exchanged = [name for name in folded if sorted(name) == sorted(word.lower())]
    close = exchanged or difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.76)
    return folded[close[0]] if close else None


def unknown(word, called, known=()):
    """The refusal of a word that is neither a function nor a product of letters: what to say, and what to do."""
    near, shown = suggestion(word, known), word if len(word) <= 40 else word[:40] + "…"
    do = f"did you mean {near}? Otherwise " if near is not None else ""
    if called:
        return f"there is no function {shown}", f'{do}declare it: functions=("{shown}",)'
    product = "*".join(word) if len(word) <= 6 and word.isalpha() else "a product with * between its factors"
    what = f"{shown} is no function and no variable that was declared"
    return what, f'{do}declare it: variables=("{shown}",), or write {product}'


def declared_names(functions, variables):
    """(name -> "function" or "variable" for what was declared, name -> arguments for f(x) forms)."""
    kinds, arguments = {}, {}
    for kind, names in (("function", functions), ("variable", variables)):
        for name in [names] if isinstance(names, str) else names:
            head, bracket, rest = str(name).partition("(")
            head = head.strip()
            kinds[head] = kinds[variable_name(head)] = kind
            if bracket:
                arguments[variable_name(head)] = tuple(
                    variable_name(part.strip()) for part in rest.rstrip(") ").split(",") if part.strip()
                )
    return kinds, arguments
