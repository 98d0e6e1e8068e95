"""The outline of a derivation: what a reader meets, in order (see `outline` for its pieces)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chainrule.derivations.folding import LONG, TOO_LONG
from chainrule.derivations.model import Differential
from chainrule.derivations.outline import Block, Equation, FactorTable, Outline, Sentence
from chainrule.errors import MissingPackageError
from chainrule.expressions import EXPRESSIONS, Expression

_DEEPEST = 6  # steps inside each other are indented up to here
_FACTORS, _STEPS, _PATHS, _LETTERS = 12, 30, 8, 24  # how many are shown before the rest is left out


def outline_of(derivation, numbers=None, simplify=True) -> Outline:
    """The outline of one derivation, once its check has passed.

    Args:
        numbers: its `Numbers` at a point, or None.
        simplify: whether the simplified form is asked for.

    Raises: DerivationError where the check fails.
    """
    check = derivation.check
    blocks = [_reading(derivation), *working(derivation, numbers), _result(derivation)]
    if numbers is not None:
        blocks.append(_numbers(derivation, numbers))
    if simplify:
        blocks.extend(said_forms(derivation, derivation.differential))
    return Outline((*blocks, *closing(derivation, check)), numbers)


def closing(derivation, check):
    """The last blocks: the notes, and what the check found."""
    notes = tuple(Sentence(note.id, _shortened(derivation, note.values)) for note in derivation.notes)
    if notes:
        yield Block("notes", Sentence("heading.notes"), notes)
    yield Block("check", None, tuple(said(check)))


def _shortened(derivation, values):
    """What goes into a note, its long expressions shown by their letters."""
    folding = getattr(derivation, "folding", None)
    if folding is None:
        return values
    return {name: short(derivation, v) if isinstance(v, Expression) else v for name, v in values.items()}


def said(check) -> Iterator[Sentence]:
    """What a check found, and what it does not count."""
    if not check.passed:
        yield Sentence("check.not", {"reason": Sentence(check.reason)})
        return
    id = "check.passed" if check.points > 1 else "check.passed-one"
    method = Sentence(f"check.method.{check.method}", {"digits": 30})
    yield Sentence(id, {"points": check.points, "method": method, "error": f"{check.error:.1g}"})
    if check.rounded:
        yield Sentence("check.rounded" if check.rounded > 1 else "check.rounded-one", {"count": check.rounded})


def _reading(derivation):
    whole = derivation.expression
    items: list[Any] = [Equation((derivation.output, short(derivation, whole)), place=whole.place)]
    given = list(derivation.definitions.meaning.items())
    for letter, meaning in given[:_LETTERS]:
        items.append(Equation((letter, short(derivation, meaning)), place=meaning.place, depth=1))
    if len(given) > _LETTERS:
        items.append(Sentence("say.more-letters", {"count": len(given) - _LETTERS}))
    before = derivation.previous
    if before is not None:
        items = [] if hasattr(before, "given") else [_reading_of_first(before)]
        items.append(Equation((before.differential, short(before, before.result))))
    return Block("reading", None, tuple(items))


def _reading_of_first(derivation):
    """The function that a higher derivative began with."""
    while derivation.previous is not None:
        derivation = derivation.previous
    return Equation((derivation.output, short(derivation, derivation.expression)))


def short(derivation, expression) -> Any:
    """The expression with shorthand where it is long, or a sentence where even so it is too long to print."""
    folding = derivation.folding
    expression = folding.folded(expression)
    operations = folding.size(expression)
    return expression if operations <= TOO_LONG else Sentence("say.long", {"count": operations})


def working(derivation, numbers=None):
    """The blocks that show how the derivative came about: its chain, its paths, its steps."""
    step, shown = derivation.step, set()
    if step.chain is not None:
        yield _chain_block(derivation, step, derivation.output, numbers, shown, root=True)
    elif step.paths or (derivation.partial and len(derivation.paths) > 1):
        yield from _path_blocks(derivation, numbers, shown)
        if step.paths:
            shown.add(id(step))
    items = _step_items(derivation, step, shown)
    if not step.parts and step.rule not in ("constant", "variable", "moving"):
        items.append(Sentence("say.no-inner", {"x": derivation.variable}))
    if items:
        yield Block("steps", Sentence("heading.steps"), tuple(items))


def _chain_block(derivation, step, of, numbers, shown, root=False):
    shown.add(id(step))
    factors = _shown_factors(derivation, step.chain.factors)
    values = numbers.factors if numbers is not None and root else ()
    items: list[Any] = [_table(factors, values)]
    y = replace(derivation.differential, of=of) if root else Differential(of, (step.variable,), factors[-1].partial)
    items.extend(_product_equations(y, factors, _written(derivation, step) if not root else None))
    if root:
        heading = Sentence("heading.chain")
    else:
        heading = Sentence("heading.chain-of", {"part": short(derivation, step.expression)})
    return Block("chain", heading, tuple(items))


def _shown_factors(derivation, factors):
    """The factors with shorthand where they are long; all but the ends of a long chain as they are."""
    if len(factors) > _FACTORS:
        return factors
    return [replace(f, outer=short(derivation, f.outer), local=short(derivation, f.local)) for f in factors]


def _table(factors, values=()):
    if len(factors) <= _FACTORS:
        return FactorTable(tuple(factors), tuple(values))
    end = _FACTORS // 2
    kept = (*factors[:end], None, *factors[-end:])
    numbers = (*values[:end], float("nan"), *values[-end:]) if values else ()
    return FactorTable(kept, numbers, len(factors) - 2 * end)


def _written(derivation, step):
    """A chain's product written out, where that is short."""
    return step.derivative if derivation.folding.size(step.derivative) <= LONG else None


def _product_equations(left, factors, written):
    """dy/dx = dy/du · du/dx = f₁′(u) · f₂′(x) = what they are in letters; written out."""
    if len(factors) > _FACTORS:
        return
    leibniz = tuple(factor.leibniz for factor in factors)
    lagrange = tuple(factor.lagrange for factor in factors)
    yield Equation((left, leibniz, lagrange, tuple(factor.local for factor in factors)))
    if written is not None:
        yield Equation((left, written))


def _path_blocks(derivation, numbers, shown):
    paths, of = derivation.paths, derivation.differential
    for i, path in enumerate(paths[:_PATHS]):
        values = numbers.paths[i] if numbers is not None else ()
        through, factors = path.factors[0].by, _shown_factors(derivation, path.factors)
        heading = {"number": i + 1, "count": len(paths), "through": through}
        term = Equation((tuple(f.leibniz for f in factors), tuple(f.local for f in factors)))
        yield Block("path", Sentence("heading.path", heading), (_table(factors, values), term))
    items = []
    if len(paths) > _PATHS:
        items.append(Sentence("say.more-paths", {"count": len(paths) - _PATHS}))
    else:
        sums: list[Any] = [[tuple(f.leibniz for f in path.factors) for path in paths]]
        sums.append([short(derivation, path.product) for path in paths])
        items.append(Equation((of, *sums), rule="paths"))
    yield Block("sum", Sentence("say.sum-of-paths", {"count": len(paths)}), tuple(items))


def shown_steps(derivation, step):
    """A line for each rule below a step, and a block for each chain in it."""
    return _step_items(derivation, step, set())


def _step_items(derivation, root, shown):
    """A line for each rule that is not shown in a table, and a block for each chain inside."""
    items, stack, more = [], [(root, 0)], 0
    seen = set()
    while stack:
        step, depth = stack.pop()
        if id(step) in seen:
            continue
        seen.add(id(step))
        if id(step) in shown:
            stack.extend((part, 0) for part in reversed(_worth_telling(step)))
            continue
        if len(items) >= _STEPS:
            more += 1
            continue
        if step.chain is not None:
            of = derivation.name_of(step.expression) or step.chain.factors[0].of
            items.append(_chain_block(derivation, step, of, None, shown))
            stack.extend((part, 0) for part in reversed(_worth_telling(step)))
            continue
        items.append(Equation(_sides(derivation, step), step.rule, step.place, depth))
        stack.extend((part, min(depth + 1, _DEEPEST)) for part in reversed(_worth_telling(step)))
    if more:
        items.append(Sentence("say.more-steps", {"count": more}))
    return items


def _sides(derivation, step):
    """What a step's line says: d/dx(expression) = derivative; of taking logarithms, ln(uᵛ) = v ln u."""
    if step.rule == "logarithmic-differentiation":
        exponent, logarithm = step.expression.arguments
        power = logarithm.arguments[0] ** exponent
        return short(derivation, EXPRESSIONS.log(power)), short(derivation, step.expression)
    name = derivation.name_of(step.expression) if derivation.folding.size(step.expression) > LONG else None
    left = Differential(name or short(derivation, step.expression), (step.variable,), derivation.partial)
    return left, short(derivation, step.derivative)


def _worth_telling(step):
    """The parts of a step that need a line of their own: not what a reader sees at once."""
    parts = step.parts
    if step.rule == "constant-multiple":
        while len(parts) == 1 and parts[0].rule == "constant-multiple":
            parts = parts[0].parts
        parts = tuple(part for part in parts if part.parts or part.chain is not None)
    if step.chain is not None:
        return [f.step for f in step.chain.factors if f.step.parts and not _is_plain(f.step)]
    return [part for part in parts if part.rule not in ("constant", "variable", "moving")]


def _is_plain(step):
    """Whether a reader sees the step at once: a constant multiple or a sum of such, of single functions."""
    if step.rule not in ("constant-multiple", "sum"):
        return not step.parts
    return all(_is_plain(part) for part in step.parts)


def _result(derivation):
    left = derivation.differential
    size = derivation.folding.size(derivation.result)
    result = derivation.result if size <= TOO_LONG else derivation.step.derivative
    items: list[Any] = [Equation((left, short(derivation, result)))]
    if size > LONG:
        items.extend(_letters_used(derivation))
    return Block("result", Sentence("heading.result"), tuple(items))


def _letters_used(derivation):
    """What the letters of a long result stand for."""
    shorthand = derivation.folding.shorthand
    shown = list(shorthand.items())[:_LETTERS]
    for letter, meaning in shown:
        yield Equation((letter, short(derivation, meaning)), depth=1)
    if len(shorthand) > len(shown):
        yield Sentence("say.more-letters", {"count": len(shorthand) - len(shown)})


def _numbers(derivation, numbers):
    point = [(name, value) for name, value in numbers.point.items()]
    items = [Equation((letter_or_name(derivation, name), value)) for name, value in numbers.letters.items()]
    if len(items) > _FACTORS:
        items = []
    items.append(Equation((derivation.output, numbers.function)))
    left = derivation.differential
    if len(numbers.paths) > 1 and len(numbers.paths) <= _PATHS:
        items.append(Equation((left, [tuple(path) for path in numbers.paths], numbers.value)))
    elif 1 < len(numbers.factors) <= _FACTORS:
        items.append(Equation((left, numbers.factors, numbers.value)))
    else:
        items.append(Equation((left, numbers.value)))
    return Block("numbers", Sentence("heading.numbers", {"point": point}), tuple(items))


def letter_or_name(derivation, name):
    return next((s for s in (*derivation.letters.meaning, *derivation.definitions.meaning) if s.name == name), name)


def said_forms(derivation, left):
    """The blocks for the simplified form, and for others that have a name."""
    try:
        simplified = derivation.simplified
    except MissingPackageError:
        yield Block("simplified", None, (Sentence("form.no-sympy"),))
        return
    if simplified is not None and simplified.plain is not derivation.result.plain:
        items: list[Any] = [Equation((left, short(derivation, simplified)))]
        merged = getattr(derivation, "merged", None)
        if merged is not None:
            items.append(Sentence("say.merged", {"y": derivation.output, "form": short(derivation, merged)}))
        yield Block("simplified", Sentence("heading.simplified"), tuple(items))
    for form in derivation.forms:
        heading = Sentence("heading.forms", {"name": Sentence(form.id)})
        meanings = [Equation((letter, short(derivation, meaning))) for letter, meaning in form.where.items()]
        yield Block("form", heading, (*meanings, Equation((left, short(derivation, form.expression)))))
