"""What a derivative of arrays shows, in reading order (see `chainrule.derivations.outline`)."""

import numpy

from chainrule.derivations.folding import TOO_LONG, Folding
from chainrule.derivations.matrices.hops import barred
from chainrule.derivations.matrices.remarks import shapes_said
from chainrule.derivations.matrices.tidying import Tidying
from chainrule.derivations.model import Differential
from chainrule.derivations.outline import Block, Equation, Outline, Sentence
from chainrule.derivations.outlining import closing
from chainrule.expressions import Symbol, replaced
from chainrule.expressions.shapes import shape_of, written

_SHOWN = 1000  # entries of an array that are printed in full


def outline_of(derivation, numbers=None) -> Outline:
    """The outline of one derivation, once its check has passed.

    Raises: DerivationError where the check fails.
    """
    check = derivation.check
    blocks = [_reading(derivation), *_working(derivation), _result(derivation)]
    if numbers is not None:
        blocks.append(_numbers(derivation, numbers))
    return Outline((*blocks, *closing(derivation, check)), None)


def outline_of_several(derivations, numbers=None) -> Outline:
    """The outlines of several derivations of one expression, one after the other."""
    parts, check = list(derivations.parts.values()), derivations.check
    blocks = [_reading(parts[0])]
    for i, part in enumerate(parts):
        heading = Sentence("heading.derivative", {"y": part.output, "x": part.variable})
        inner = [*_working(part), _result(part)]
        if numbers is not None:
            inner.append(_numbers(part, numbers[i]))
        blocks.append(Block("part", heading, tuple(inner)))
    together = tuple(_named_result(part) for part in parts)
    blocks.append(Block("gradient", Sentence("heading.gradient", {"y": derivations.output}), together))
    return Outline((*blocks, *closing(derivations, check)), None)


def _reading(derivation):
    shapes = shapes_said({symbol.name: symbol.shape for symbol in derivation.variables})
    values = {"shapes": shapes, "y": derivation.output, "shape": written(derivation.output.shape)}
    letters = {part: Symbol(name, shape_of(part)) for name, part in derivation.named.items()}
    start = (
        (derivation.output,) if derivation.previous is None else (derivation.output, derivation.previous.differential)
    )
    items = [Equation((*start, _short(derivation, replaced(derivation.expression, letters))))]
    for part, letter in letters.items():
        others = {other: name for other, name in letters.items() if other is not part}
        items.append(Equation((letter, replaced(part, others)), depth=1))
    return Block("reading", None, (*items, Sentence("say.shapes", values)))


def _working(derivation):
    """The chain, or each of the paths, link by link: what it computes, what it carries back."""
    count = len(derivation.paths)
    for number, path in enumerate(derivation.paths, 1):
        if count == 1:
            kind, heading = "chain", Sentence("heading.chain")
        else:
            values = {"number": number, "count": count, "through": path.through}
            kind, heading = "path", Sentence("heading.path", values)
        links = [item for factor in path.factors for item in _link(derivation, factor)]
        if number == 1 and not derivation.multiplies:
            said = {"y": derivation.output, "g": derivation.cotangent, "x": derivation.variable}
            links.insert(0, Sentence("say.carried-back" if count == 1 else "say.carried-along", said))
        if derivation.multiplies and len(path.factors) > 1:
            product = tuple(Differential(f.of, (f.by,), True) for f in path.factors)
            links.append(Equation((derivation.differential, product) if count == 1 else (product,)))
        yield Block(kind, heading, tuple(links))
    if count > 1:
        yield _sum(derivation)
    if not count:
        yield Block("chain", None, (Sentence("say.too-many-paths"),))


def _link(derivation, factor):
    """One link: its value, its Jacobian or what it carries back, and the shapes that fit together."""
    yield Equation((factor.of, factor.outer), rule=factor.step.rule, place=factor.step.place)
    if derivation.multiplies:
        sides: tuple = (Differential(factor.of, (factor.by,), True), factor.local)
    elif derivation.layout == "gradient" and len(derivation.paths) == 1:
        sides = (barred(factor.by), Differential(derivation.output, (factor.by,), True), factor.local)
    else:
        sides = (barred(factor.by), factor.local)
    yield Equation(sides, depth=1)
    if shape_of(factor.local):
        yield Sentence("say.sizes", {"sizes": sizes_said(derivation, factor.local)})


def sizes_said(derivation, expression):
    """The shapes that fit together in a product: (n, m)(m,) → (n,)."""
    shape = shape_of(expression)
    if Folding({}).size(expression) > TOO_LONG:
        return written(shape)
    terms = Tidying(None, derivation.symmetric).terms(expression)
    if len(terms) == 1 and len(terms[0].chain) > 1:
        sizes = [factor.sizes for factor in terms[0].chain]
        return "".join(f"({rows} × {columns})" for rows, columns in sizes) + f" → {written(shape)}"
    return written(shape)


def _sum(derivation):
    parts = [_short(derivation, path.product) for path in derivation.paths]
    if derivation.layout == "gradient" or derivation.multiplies:
        sides = (derivation.differential, parts, _short(derivation, derivation.result))
    else:
        sides = (barred(derivation.variable), parts, _short(derivation, derivation.transposed))
    items = (Equation(sides, rule="paths"),)
    return Block("sum", Sentence("say.sum-of-paths", {"count": len(parts)}), items)


def _named_result(derivation):
    left = barred(derivation.variable) if derivation.layout == "cotangent" else derivation.differential
    return Equation((left, _short(derivation, derivation.result)))


def _short(derivation, expression):
    """The expression with its letters where it is long, or a sentence where even so it is too long to print."""
    folding = Folding(derivation.letters.meaning)
    expression = folding.folded(expression)
    operations = folding.size(expression)
    return expression if operations <= TOO_LONG else Sentence("say.long", {"count": operations})


def _result(derivation):
    items: list = [_named_result(derivation)]
    if shape_of(derivation.result):
        items.append(Sentence("say.sizes", {"sizes": sizes_said(derivation, derivation.result)}))
    return Block("result", Sentence("heading.result"), tuple(items))


def _numbers(derivation, numbers):
    meaning = {symbol.name: symbol for symbol in derivation.letters.meaning}
    items = [Equation((meaning[name], _array(value))) for name, value in numbers.letters.items()]
    items.append(Equation((derivation.output, _array(numbers.function))))
    items.append(Equation((_named_result(derivation).sides[0], _array(numbers.value))))
    shown = {name: _text(value) for name, value in numbers.point.items()}
    point = ", ".join(f"{name} = {text}" for name, text in shown.items())
    return Block("numbers", Sentence("heading.numbers-of-arrays", {"values": point}), tuple(items))


def _array(value):
    return Sentence("say.array", {"text": _text(value)})


def _text(value):
    """An array on one line, in at most seven digits."""
    with numpy.printoptions(precision=7, threshold=_SHOWN, suppress=False):
        return " ".join(str(numpy.asarray(value)).split()).replace("-", "−")
