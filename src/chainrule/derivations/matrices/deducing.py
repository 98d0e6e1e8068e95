"""Shapes that were not given, deduced from the expression.

Which of the letters are numbers, vectors and matrices: the way that makes sense of the text and strays least
from what mathematics is written in (capitals are matrices, small letters vectors, Greek ones numbers). Where
two ways are as good, the letters are asked for by name. Then the sizes: what must be equal becomes one letter.
"""

from itertools import combinations, product
from typing import NamedTuple

from chainrule.derivations.matrices.elaborating import Elaborator, Typed
from chainrule.derivations.matrices.unifying import Unifier, is_open
from chainrule.errors import ArgumentError, ChainruleError, DerivationError
from chainrule.expressions import Expression, Symbol, symbols_of, walk
from chainrule.expressions.instances import instance, instance_shape
from chainrule.expressions.names import GREEK, split_name, variable_name

LARGEST = 500  # different parts of an expression
_LETTERS = "n m k p q r s l d h".split()
_WORK = 60_000  # nodes that may be looked at while ways are compared
_KINDS = ("a number", "a vector", "a matrix")
_SPREAD = 1.5  # what a number that is spread over an array counts
_NO_NUMBER, _NO_ARRAY = 1.3, 1.5  # what it counts that the value is no number, that everything is one
_STRAYED = ((0, 1.2, 1.6), (1, 0, 1.4), (1.6, 1.4, 0))  # what a letter counts: by custom of one rank, read as another


class Deduced(NamedTuple):
    """An expression whose symbols have shapes.

    Attributes:
        expression: in rooms.
        shapes: name -> shape, in the order in which the symbols are read.
        deduced: names whose shapes were not given.
        side: which way the whole stands ("row" for x').
        notes: powers of matrices that were read entry by entry.
        parts: name -> expression of the parts that were given.
    """

    expression: Expression
    shapes: dict
    deduced: tuple
    side: str
    notes: tuple
    parts: dict


def deduce(tree, text, shapes=None, ranks=None, square=(), parts=None) -> Deduced:
    """The meaning of a parsed text in rooms, with every shape known.

    Args:
        tree: what the parser gave (see `parsing.matrices`).
        text: the text, for messages.
        shapes: name -> shape; sizes are ints or names, a lone size stands for a vector.
        ranks: name -> how many axes, for symbols of which only that is known.
        square: names of square matrices.
        parts: name -> a part of the tree that has a name.

    Raises: DerivationError that asks for shapes by name; ParseError where nothing fits.
    """
    check_size(tree)
    given = {variable_name(name): given_shape(name, shape) for name, shape in (shapes or {}).items()}
    names = names_in(tree)
    known = {name: shape for name, shape in given.items() if name in names}
    ranks = {name: 2 for name in square} | {name: rank for name, rank in (ranks or {}).items()}
    fixed = {name: rank for name, rank in ranks.items() if name in names and name not in known}
    free = [name for name in names if name not in known and name not in fixed]
    ways = _ways(tree, text, (known, fixed, square), free)
    best = _best(ways, free)
    sizes, typed, elaborator = best.attempt
    table = _lettered(elaborator.shapes, sizes, given)
    expression = instance(typed.node, table)
    names_of = list(elaborator.shapes)
    found = dict(zip(names_of, instance_shape(tuple(elaborator.shapes.values()), table)))
    named = {name: instance(elaborator.done[id(part)].node, table) for name, part in (parts or {}).items()
             if id(part) in elaborator.done}  # fmt: skip
    deduced = tuple(name for name in names if name in found and name not in known)
    return Deduced(expression, found, deduced, typed.side, tuple(elaborator.notes), named)


def check_size(expression):
    """Refuse an expression that nobody could read in closed form.

    Raises: DerivationError.
    """
    count = sum(1 for _ in walk(expression))
    if count > LARGEST:
        raise DerivationError(
            f"the expression has {count:,} different parts, and closed forms of matrices are worked out for at most "
            f"{LARGEST}",
            "differentiate a part of it, or use chainrule.grad for the numbers",
        )


def given_shape(name, shape):
    """A shape as the user gives it, as sizes: "n" and 3 are vectors, () a number, ("m", "n") a matrix."""
    sizes = shape if isinstance(shape, (tuple, list)) else (shape,)
    found = []
    for size in sizes:
        if isinstance(size, str) and variable_name(size).isidentifier():
            found.append(Symbol(variable_name(size)))
        elif isinstance(size, int) and not isinstance(size, bool) and size > 0 or isinstance(size, Expression):
            found.append(size)
        else:
            raise ArgumentError(f"shapes: {size!r} is no size of {name}", 'give a letter or a number: {"A": ("m", 3)}')
    if len(found) > 2:
        raise ArgumentError(f"shapes: {name} has {len(found)} axes", "a closed form has numbers, vectors and matrices")
    return tuple(found)


def names_in(tree):
    """The names of the symbols that have a shape, in the order in which they are read."""
    turned, sized = set(), set()
    for node in walk(tree):
        if getattr(node, "name", "") in ("power", ".") and len(node.children) == 2:
            exponent = node.children[1]
            inner = exponent.children[0] if getattr(exponent, "name", "") == "negative" else exponent
            if type(inner) is Symbol and inner.name == "T":
                turned.add("T")
        if getattr(node, "name", "") in ("ones", "eye"):
            sized.update(symbol.name for symbol in symbols_of(node))
    return [symbol.name for symbol in symbols_of(tree) if symbol.name not in turned | sized | {"axis"}]


def conventional(name):
    """The rank that a letter has by custom: capitals 2, small letters 1; Greek letters and i, j, k, l, m, n 0."""
    base, _ = split_name(name)
    letter = GREEK.get(base, base)
    if not letter[:1].isascii() or letter in ("i", "j", "k", "l", "m", "n"):
        return 0
    return 2 if letter[:1].isupper() else 1


class _Way(NamedTuple):
    """One choice of ranks that makes sense."""

    ranks: dict
    cost: float
    attempt: tuple[Unifier, Typed, Elaborator]


def _ways(tree, text, known, free):
    """All choices of ranks that make sense, cheapest first, as far as they need to be looked at."""
    custom = {name: conventional(name) for name in free}
    nodes = sum(1 for _ in walk(tree)) + 1
    budget, found, first_error = max(_WORK // nodes, 4), [], None
    for strayed in range(len(free) + 1):
        if found and strayed > min(way.cost for way in found):
            break
        for names in combinations(free, strayed):
            for others in product(*([rank for rank in range(3) if rank != custom[name]] for name in names)):
                ranks = custom | dict(zip(names, others))
                budget -= 1
                if budget < 0:
                    return _or_raise(found, first_error)
                try:
                    attempt = _attempt(tree, text, known, ranks)
                except ChainruleError as error:
                    first_error = first_error or error
                    continue
                found.append(_Way(ranks, _cost(custom, ranks, known, attempt), attempt))
    return _or_raise(found, first_error)


def _cost(custom, ranks, known, attempt):
    """How far a way strays from custom; a number is what one most often differentiates, numbers alone are not."""
    _, typed, elaborator = attempt
    cost = sum(_STRAYED[custom[name]][rank] for name, rank in ranks.items()) + _SPREAD * elaborator.strained
    if typed.shape:
        cost += _NO_NUMBER
    if not any(elaborator.shapes.values()):
        cost += _NO_ARRAY
    return cost


def _or_raise(found, error):
    if not found and error is not None:
        raise error
    return found


def _attempt(tree, text, known, ranks):
    given, fixed, square = known
    sizes = Unifier()
    shapes = {name: tuple(sizes.open() for _ in range(rank)) for name, rank in (fixed | ranks).items()}
    for name in square:
        shape = (given | shapes).get(name, ())
        if len(shape) != 2 or sizes.square(shape) is None:
            raise DerivationError(f"{name} is said to be symmetric, and is no square matrix", "give it a shape (n, n)")
    elaborator = Elaborator(text, given | shapes, sizes, given)
    return sizes, elaborator(tree), elaborator


def _best(ways, free):
    """The cheapest way; where there are several, the letters that make the difference are asked for."""
    least = min(way.cost for way in ways)
    best = [way for way in ways if way.cost == least]
    if len(best) == 1:
        return best[0]
    unclear = [name for name in free if len({way.ranks[name] for way in best}) > 1]
    choices = "; or ".join(" and ".join(f"{name} {_KINDS[way.ranks[name]]}" for name in unclear) for way in best[:3])
    raise DerivationError(
        f"it is not clear what {' and '.join(unclear)} are: {choices}",
        f"say so: shapes={{{', '.join(f'{name!r}: (...)' for name in unclear)}}}; () is a number, 'n' a vector, "
        "('m', 'n') a matrix",
    )


def _lettered(shapes, sizes, given):
    """What each open size becomes: what is known of it, else a letter of its own."""
    used = {size.name for shape in given.values() for size in shape if type(size) is Symbol} | set(shapes)
    letters = (letter for letter in _endless() if letter not in used)
    table = {}
    for shape in shapes.values():
        settled = [sizes.settled(size) for size in shape]
        open_sizes = [size for size in settled if is_open(size) and size.name not in table]
        if len(open_sizes) == 2 and open_sizes[0] is not open_sizes[1]:  # m rows and n columns
            second, first = next(letters), next(letters)
            table[open_sizes[0].name], table[open_sizes[1].name] = Symbol(first), Symbol(second)
        for size in open_sizes:
            if size.name not in table:
                table[size.name] = Symbol(next(letters))
    for size in sizes.all():
        known = sizes.settled(size)
        table[size.name] = table.get(known.name, known) if is_open(known) else known
    for size in sizes.all():
        if is_open(table[size.name]):
            table[size.name] = Symbol(next(letters))
    return table


def _endless():
    yield from _LETTERS
    number = 1
    while True:
        yield from (f"{letter}{number}" for letter in _LETTERS)
        number += 1
