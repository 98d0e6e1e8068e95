"""Factors and paths: a step as a chain of factors, and a value as the sum over the ways to the variable."""

from dataclasses import replace

from chainrule.derivations.model import Differential, Factor, Path, Prime
from chainrule.derivations.steps import product, signed_terms, slope, times
from chainrule.expressions import Number, Symbol, lift


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
    """One path for each part through which the variable is reached; their products add up to the derivative."""
    if step.paths:
        return step.paths
    if step.rule == "constant":
        return ()
    weighted = list(_weighted(step))
    if len(weighted) < 2:
        return (Path(numbered(factors_of(step, output, partial)), step.derivative, step.expression),)
    return tuple(_path(weight, part, output, letters) for weight, part in weighted)


def _path(weight, part, output, letters):
    reached = part.rule == "variable"
    by = part.variable if reached else letters.stand_for(part.expression)
    leibniz, lagrange = Differential(output, (by,), True), Prime(output.name, by)
    first = Factor(1, output, by, part.expression, part.expression, weight, weight, part, leibniz, lagrange, True)
    if reached:
        return Path((first,), weight, part.expression)
    factors = numbered((first, *factors_of(part, by)))
    return Path(factors, times(weight, part.derivative), part.expression)


def _weighted(step):
    """`(slope, part)` for each part of a step that moves: what the value changes by for a change of the part."""
    node, parts = step.expression, step.parts
    if step.rule == "constant-multiple":
        for weight, part in _weighted(parts[0]):
            yield times(step.constant, weight), part
        return
    if step.rule == "sum":
        slopes = [lift(sign) for sign, _ in signed_terms(node)]
    elif step.rule == "product":
        factors = [part.expression for part in parts]
        slopes = [product(factors[:i] + factors[i + 1 :]) for i in range(len(factors))]
    elif step.rule in ("quotient", "paths", "max", "min", "total") and len(parts) > 1:
        moving = {id(part.expression.plain) for part in parts}
        slopes = [slope(node, i) for i, child in enumerate(node.children) if id(child.plain) in moving]
    else:
        slopes, parts = [Number(1)], [step]
    for weight, part in zip(slopes, parts):
        if part.rule != "constant":
            yield weight, part
