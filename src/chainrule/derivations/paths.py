"""Factors and paths: a step as a chain of factors, and a value as the sum over the ways to the variable."""

from dataclasses import replace

from chainrule.derivations.model import Differential, Factor, Path, Prime
from chainrule.derivations.steps import product, signed_terms, slope, times
from chainrule.expressions import Number, Symbol, lift

_MOST = 8  # paths beyond this number are told by the parts of the value only


def factors_of(step, of, partial=False) -> tuple[Factor, ...]:
    """The factors of a step: its chain's, or the step itself as one factor."""
    if step.chain is not None:
        first, *rest = step.chain.factors
        return (replace(first, of=of, leibniz=replace(first.leibniz, of=of)), *rest)
    return (factor_of(step, of, partial),)


def factor_of(step, of, partial=False) -> Factor:
    """A whole step as one factor."""
    by, derivative = step.variable, step.derivative
    leibniz = Differential(of, (by,), partial)
    lagrange = Prime(of.name if isinstance(of, Symbol) else "f", by)
    return Factor(1, of, by, step.expression, by, derivative, derivative, step, leibniz, lagrange, partial)


def numbered(factors) -> tuple[Factor, ...]:
    """The factors as one list, numbered from 1."""
    return tuple(replace(factor, number=i) for i, factor in enumerate(factors, 1))


def paths_of(step, output, letters, partial=False) -> tuple[Path, ...]:
    """One path for each way from the value to the variable; their products add up to the derivative.

    Where a part that the value is made of is itself reached in several ways, each of them is a path, as long as
    there are few.
    """
    if step.paths:
        return step.paths
    if step.rule == "constant":
        return ()
    branches = list(_branches(step))
    if len(branches) < 2:
        return (Path(numbered(factors_of(step, output, partial)), step.derivative, step.expression),)
    deep = _has_few(step)
    return tuple(path for branch in branches for path in _paths(branch, output, letters, deep))


def _has_few(step):
    """Whether there are at most `_MOST` paths through sums, products and the like."""
    ended, stack = 0, [step]
    while stack and ended + len(stack) <= _MOST:
        branches = list(_branches(stack.pop()))
        if len(branches) < 2:
            ended += 1
        else:
            stack.extend(part for _, part, _ in branches)
    return not stack


def _paths(branch, output, letters, deep):
    weight, part, outer = branch
    reached = part.rule == "variable"
    by = part.variable if reached else letters.stand_for(part.expression)
    leibniz, lagrange = Differential(output, (by,), True), Prime(output.name, by)
    first = Factor(1, output, by, outer(by), part.expression, weight, weight, part, leibniz, lagrange, True)
    if reached:
        return [Path((first,), weight, part.expression)]
    rest = [(factors_of(part, by), part.derivative)]
    if deep and len(list(_branches(part))) > 1:
        rest = [(path.factors, path.product) for path in paths_of(part, by, letters)]
    return [Path(numbered((first, *more)), times(weight, slope), part.expression) for more, slope in rest]


def _branches(step):
    """`(slope, part, outer)` for each part of a step that moves: what the value changes by for a change of the part.

    `outer(letter)` is the value with the letter in the place of the part.
    """
    node, parts = step.expression, step.parts
    if step.rule == "constant-multiple":
        for weight, part, outer in _branches(parts[0]):
            yield times(step.constant, weight), part, _multiplied(step.constant, outer)
        return
    if step.rule == "sum":
        terms = signed_terms(node)
        found = [(lift(sign), _sum_with(terms, i)) for i, (sign, _) in enumerate(terms)]
    elif step.rule == "product":
        factors = [part.expression for part in parts]
        found = [(product(factors[:i] + factors[i + 1 :]), _product_with(factors, i)) for i in range(len(factors))]
    elif step.rule in ("quotient", "paths", "max", "min", "total") and len(parts) > 1:
        moving = {id(part.expression.plain) for part in parts}
        places = [i for i, child in enumerate(node.children) if id(child.plain) in moving]
        found = [(slope(node, i), _argument_with(node, i)) for i in places]
    else:
        found, parts = [(Number(1), lambda letter: letter)], [step]
    for (weight, outer), part in zip(found, parts):
        if part.rule != "constant":
            yield weight, part, outer


def _multiplied(constant, outer):
    return lambda letter: times(constant, outer(letter))


def _sum_with(terms, i):
    def outer(letter):
        total = None
        for j, (sign, term) in enumerate(terms):
            here = letter if j == i else term
            total = (here if sign == 1 else -here) if total is None else total + here if sign == 1 else total - here
        return total

    return outer


def _product_with(factors, i):
    return lambda letter: product([*factors[:i], letter, *factors[i + 1 :]])


def _argument_with(node, i):
    return lambda letter: node.of(*[letter if j == i else child for j, child in enumerate(node.children)])
