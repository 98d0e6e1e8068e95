"""Texts and programs of vectors and matrices, and the derivations of them."""

import re

import numpy

from chainrule.derivations.matrices import programs
from chainrule.derivations.matrices.deducing import check_size, deduce, names_in
from chainrule.derivations.matrices.derivation import MatrixDerivation, MatrixDerivations
from chainrule.derivations.matrices.reading import plain
from chainrule.derivations.model import Note
from chainrule.derivations.parsing import parse
from chainrule.derivations.parsing.matrices import HEADS, Matrices, shows_matrices
from chainrule.errors import ArgumentError, DerivationError
from chainrule.expressions import Abstract, Expression, Symbol, replaced, walk
from chainrule.expressions.names import variable_name
from chainrule.expressions.notation import has_arrays

# "D = W@X (5x10)@(10x3), dD given": the shapes of the variables in their order, and the name of the cotangent.
_SIZED = re.compile(r"\s+(\(\s*\w+\s*[x×]\s*\w+\s*\)(?:\s*[@*·]\s*\(\s*\w+\s*[x×]\s*\w+\s*\))*)\s*$")
_ONE_SIZE = re.compile(r"\(\s*(\w+?)\s*[x×]\s*(\w+)\s*\)")
_GIVEN = re.compile(r",?\s*(?:with\s+|given\s+)?(\w+)\s+given\s*$")
# "W x + b, L = sum((. - y)^2)": the point is what stands before the comma.
_CONTINUED = re.compile(r"^(?P<first>.*),\s*(?P<name>[A-Za-z]\w*)\s*=(?P<rest>.*)$", re.DOTALL)
_BLANK = re.compile(r"(?<![\w)\]'.])\.(?![\w*/^'(.])")
_SHOWN_READINGS = ("quotient", "letters", "greek", "scientific", "run together", "case")


def is_meant(source, point, shapes=None, symmetric=(), positive=(), cotangent=None):
    """Whether vectors and matrices are meant, by what is given or by the signs of a text."""
    if shapes is not None or symmetric or positive or cotangent is not None:
        return True
    if any(numpy.ndim(value) for value in (point or {}).values()):
        return True
    if isinstance(source, Expression):
        return has_arrays(source)
    return isinstance(source, str) and shows_matrices(source)


def derive(source, wrt, at, order=1, *, shapes=None, symmetric=(), positive=(), cotangent=None, **text_options):
    """The derivation of a text, a function of arrays or an expression (see `chainrule.derive`)."""
    about: dict = {"symmetric": symmetric, "positive": positive, "cotangent": cotangent}
    if isinstance(source, str):
        found = from_text(source, wrt, at, shapes=shapes, **about, **text_options)
    elif isinstance(source, Expression):
        found = from_expression(source, wrt, at, **about)
    elif callable(source):
        found = from_function(source, wrt, at or {}, **about)
    else:
        raise ArgumentError(
            f"a {type(source).__name__} cannot be differentiated", "give text, a Python function, or an expression"
        )
    if order > 2 or order == 2 and isinstance(found, MatrixDerivations):
        raise ArgumentError(f"order={order} of arrays has too many axes", "order=2 by one vector gives the Hessian")
    return found.derivative() if order == 2 and isinstance(found, MatrixDerivation) else found


def from_function(function, wrt, examples, **about):
    """The derivation of a Python function of arrays, run once at the examples."""
    program = programs.read(function, examples)
    if not wrt and len(program.arguments) == 1:
        wrt = program.arguments
    at = {name: value for name, value in examples.items()}
    return from_expression(
        program.expression, wrt, at, known=program.known, output=program.output, readings=program.notes,
        named=program.named, **about,
    )  # fmt: skip


def from_text(text, wrt=None, at=None, *, shapes=None, symmetric=(), positive=(), cotangent=None, functions=(),
              variables=(), log="e"):  # fmt: skip
    """The derivation of a text of vectors and matrices.

    Args:
        wrt: names, or None.
        at: name -> array or number, or None.
        shapes: name -> shape; what is not given is deduced.
        symmetric, positive: names of matrices that are symmetric, or symmetric and positive definite.
        cotangent: the name of the gradient by the value, where that is no number.

    Raises: ParseError, DerivationError, ShapeError.
    """
    shapes = {variable_name(name): shape for name, shape in (shapes or {}).items()}
    text, sizes, cotangent = _stripped(text, cotangent)
    names_known = (*shapes, *(at or {}), *(wrt or ()), *_as_names(symmetric), *_as_names(positive), "axis", *variables)
    parsed = parse(text, (*HEADS, *functions), tuple(dict.fromkeys(names_known)), log, Matrices())
    if parsed.kind != "expression":
        raise DerivationError(
            "an equation or a curve of vectors and matrices is not differentiated",
            "give the expression itself; f = ... names it, and r = ... after a semicolon names a part",
        )
    tree, parts = _substituted(parsed)
    if sizes:
        shapes = dict(zip(names_in(tree), sizes)) | shapes
    ranks = {name: getattr(value, "ndim", 0) for name, value in (at or {}).items() if name not in shapes}
    square = [*_as_names(symmetric), *_as_names(positive)]
    found = deduce(tree, text, shapes, ranks, square, parts)
    output = parsed.name.name if parsed.name is not None else None
    named = _variables(found.expression, wrt, [symbol.name for symbol in parsed.arguments], found)
    readings = [
        Note(f"reading.{one.code}", one.values, "reading", one.place)
        for one in parsed.readings
        if one.code in _SHOWN_READINGS and not _has_signs(one)
    ]
    readings += [Note("note.entries-power", {"power": power}, "reading") for power in found.notes]
    made = [
        MatrixDerivation(
            found.expression, variable, shapes=found.shapes, text=text, output=output, readings=readings,
            point={**parsed.at, **(at or {})} or None, symmetric=_as_names(symmetric), positive=_as_names(positive),
            cotangent=cotangent, deduced=found.deduced, named=found.parts,
        )
        for variable in named
    ]  # fmt: skip
    return made[0] if len(made) == 1 else MatrixDerivations(made)


def _as_names(names):
    return [variable_name(name) for name in ([names] if isinstance(names, str) else names)]


def _stripped(text, cotangent):
    """The text without shapes and a cotangent that stand after it: (text, sizes, name of the cotangent)."""
    text = plain(text.replace("cross_entropy(", "crossentropy ("))
    if given := _GIVEN.search(text):
        cotangent, text = cotangent or variable_name(given[1]), text[: given.start()]
    sizes = []
    if sized := _SIZED.search(text):
        sizes = [tuple(_size(one) for one in pair) for pair in _ONE_SIZE.findall(sized[1])]
        text = text[: sized.start()]
    if (continued := _CONTINUED.match(text)) and _BLANK.search(continued["rest"]):
        first = continued["first"]
        text = f"{continued['name']} = {_BLANK.sub(lambda _: f'({first})', continued['rest']).strip()}"
    return text, sizes, cotangent


def _size(written):
    return int(written) if written.isdigit() else written


def _substituted(parsed):
    """The tree with letters that were given replaced by what they stand for, and these parts: name -> tree."""
    tree, parts = parsed.expression, {}
    table = dict(parsed.substitutions)
    for _ in range(len(table)):
        for letter, meaning in table.items():
            table[letter] = replaced(meaning, {other: m for other, m in table.items() if other is not letter})
    if table:
        tree = replaced(tree, table)
        parts = {letter.name: meaning for letter, meaning in table.items()}
    if any(type(node) is Symbol and node.plain in table for node in walk(tree)):
        raise DerivationError("a letter is given in terms of itself", "give each letter by others")
    return tree, parts


def _has_signs(reading):
    """Whether a reading would print signs that only shapes can decide."""
    for part in (reading.understood, reading.alternative):
        for one in part if isinstance(part, tuple) else (part,):
            if hasattr(one, "children") and any(type(node) is Abstract for node in walk(one)):
                return True
    return False


def _variables(expression, wrt, arguments, found):
    """The Symbols to differentiate by."""
    names = list(wrt or arguments)
    if not names:
        free = [name for name in found.shapes if not name.startswith("onehot(")]
        if len(free) != 1:
            raise DerivationError(
                f"the expression has several variables, {' and '.join([', '.join(free[:-1]), free[-1]])}, and none was "
                "named" if free else "the expression has no variable",
                f"name one: wrt={free[0]!r}" if free else "give one with a variable",
            )  # fmt: skip
        names = free
    missing = [name for name in names if name not in found.shapes]
    if missing:
        raise DerivationError(
            f"{missing[0]} is no variable of the expression", f"its variables are {', '.join(found.shapes)}"
        )
    return [Symbol(name, found.shapes[name]) for name in names]


def from_expression(expression, wrt, at=None, *, symmetric=(), positive=(), cotangent=None, output=None, known=None,
                    readings=(), named=None):  # fmt: skip
    """The derivation of an expression whose symbols have shapes."""
    check_size(expression)
    shapes = {node.name: node.shape for node in walk(expression) if type(node) is Symbol}
    if not wrt:
        names = ", ".join(name for name in shapes if name not in (known or {}))
        raise DerivationError(f"the function has several variables, {names}, and none was named", "name one: wrt='x'")
    made = []
    for name in wrt:
        if name not in shapes:
            raise DerivationError(f"{name} is no variable of it", f"its variables are {', '.join(shapes)}")
        made.append(
            MatrixDerivation(
                expression, Symbol(name, shapes[name]), shapes=shapes, output=output, point=at, known=known,
                symmetric=_as_names(symmetric), positive=_as_names(positive), cotangent=cotangent, readings=readings,
                named=named,
            )
        )  # fmt: skip
    return made[0] if len(made) == 1 else MatrixDerivations(made)
