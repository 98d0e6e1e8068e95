"""Keeping what is printed short: parts that have a letter are shown by it where an expression is long."""

from chainrule.expressions import replaced, walk

LONG = 60  # operations and operands beyond which letters are put in
TOO_LONG = 400  # and beyond which the expression is not printed at all


def size(expression):
    """How many operations and operands are printed, repeated parts counted every time."""
    sizes = {}
    for node in walk(expression):
        sizes[id(node.plain)] = 1 + sum(sizes[id(child.plain)] for child in node.children)
    return sizes[id(expression.plain)]


def folded(expression, meaning, most=LONG):
    """The expression, with its letters in the place of what they stand for where it is longer than `most`.

    Args:
        meaning: letter -> expression, as in `Letters.meaning`.
    """
    if size(expression) <= most or not meaning:
        return expression
    return replaced(expression, {part: letter for letter, part in meaning.items()})


def meaning_of(letter, meaning):
    """What a letter stands for, in terms of the other letters."""
    others = {part: other for other, part in meaning.items() if other is not letter}
    return replaced(meaning[letter], others) if others else meaning[letter]
