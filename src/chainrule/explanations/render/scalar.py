"""The chain of a scalar, read aloud: its factors with their numbers, the product, the sum over paths."""

import math

from chainrule.explanations.render import layout
from chainrule.explanations.rules.symbols import compact

_SHOWN, _SHOWN_OF_SEVERAL = 12, 6  # factors of a path, or links of a factor, before the middle is folded
_STEP = 0.01  # how far the sentence moves the input


def lines(explanation, width):
    """The chain or chains, the product, the sum: everything between the headline and the sentence."""
    several = explanation.path_count > 1
    for number, path in enumerate(explanation.paths, 1):
        if several:
            yield from [""] if number > 1 else []
            yield f"path {number} of {counted(explanation.path_count)}"
        yield from _path(path, width, _SHOWN_OF_SEVERAL if several else _SHOWN)
    if several:
        yield ""
        yield from _sum(explanation, width)


def _path(path, width, most):
    if not path.links:
        yield "  the value is the input itself"
        return
    rows = []
    for factor in _folded(path.factors, most):
        rows.append(_row(2, factor))
        if not isinstance(factor, str) and len(factor.links) > 1:
            rows.extend(_row(6, link) for link in _folded(factor.links, most))
    yield from layout.table(rows, width)
    if len(path.factors) > 1:
        yield from layout.paragraph(_product(path, most), width, 2)


def _row(indent, part):
    if isinstance(part, str):
        return " " * indent + part
    formula, numbers = part.symbol, part.numbers
    if not formula or numbers.replace("−", "-") in (compact(part.value), compact(part.value, 6)):
        numbers = ""  # nothing was put in that the value does not say
    return layout.Row(indent, part.name, formula, numbers, compact(part.value))


def _folded(parts, most):
    """The parts to show, and in place of a long middle one line that says what it comes to."""
    if len(parts) <= most + 1:
        return parts
    end = most // 2
    hidden = parts[end:-end]
    value = 0.0 if any(part.dead for part in hidden) else math.prod(part.value for part in hidden)
    note = f"… {len(hidden):,} more, left out here; together they multiply by {compact(value)}"
    return [*parts[:end], note, *parts[-end:]]


def _product(path, most):
    if len(path.factors) > most + 1:
        return f"product of {len(path.factors):,} factors = {compact(path.product)}"
    factors = [compact(factor.value) for factor in path.factors]
    return f"product = {bracketed(factors, ' · ')} = {compact(path.product)}"


def bracketed(numbers, sign):
    """Numbers joined by a sign, negative ones after the first in brackets."""
    rest = [f"({number})" if number.startswith("-") else number for number in numbers[1:]]
    return sign.join([*numbers[:1], *rest])


def _sum(explanation, width):
    terms = [compact(path.product) for path in explanation.paths]
    left = explanation.path_count - len(terms)
    if left:
        terms.append(compact(explanation.left_out))
        yield from layout.paragraph(
            f"left out: the {counted(left)} paths of smaller product, which add up to {terms[-1]}", width
        )
    yield from layout.paragraph(f"sum = {bracketed(terms, ' + ')} = {compact(explanation.product)}", width)


def counted(count):
    """A number of paths, however large."""
    if count < 10**15:
        return f"{count:,}"
    return f"about 10^{int(count.bit_length() * math.log10(2))}"


def sentence(explanation):
    """What the gradient means: which way and how much, and which factor decides it."""
    of, wrt, gradient = explanation.of, explanation.wrt, explanation.gradient
    if not math.isfinite(gradient):
        return f"The gradient is {compact(gradient)}: {_where_it_breaks(explanation)}."
    if gradient == 0:
        return f"Moving {wrt} a little does not change {of}, to first order: {_why_zero(explanation)}."
    return f"{effect(of, wrt, gradient)} {_what_decides(explanation)}".rstrip()


def effect(of, wrt, gradient):
    """Which way a number moves another, and how far."""
    direction = "raises" if gradient > 0 else "lowers"
    text = f"Raising {wrt} {direction} {of}: a small step h changes {of} by about {gradient:.4g}·h"
    return f"{text} ({wrt} + {_STEP} → {of} {gradient * _STEP:+.4g})."


def _what_decides(explanation):
    if explanation.path_count > 1:
        first = explanation.paths[0]
        return f"The paths add up; the largest in size contributes {compact(first.product)}."
    factors = explanation.factors
    if len(factors) < 2:
        return ""
    least = min(factors, key=lambda factor: abs(factor.value))
    return f"The smallest factor in size is {least.name} = {compact(least.value)}."


def _why_zero(explanation):
    if explanation.path_count > len(explanation.paths) or all(path.product for path in explanation.paths):
        return "the paths cancel each other" if explanation.paths[0].product else "every path has a zero link"
    zeros = [[link for link in path.links if link.dead or link.value == 0] for path in explanation.paths]
    if not all(zeros):
        return "the paths cancel each other, or their product is too small for a number"
    reasons = []
    for link, *_ in zeros:
        why = "its branch was not selected" if link.dead else "the slope is 0 there"
        at = layout.where(link.place)
        reasons.append(f"{link.name} is zero ({why}{', ' + at if at else ''})")
    return "; ".join(dict.fromkeys(reasons))


def _where_it_breaks(explanation):
    for path in explanation.paths:
        so_far = 1.0
        for link in path.links:
            if link.dead:
                break
            if not math.isfinite(so_far * link.value):
                at = layout.where(link.place)
                return (
                    f"it stops being finite at {link.name} = {link.symbol} = {link.numbers} = "
                    f"{compact(link.value)}" + (f" ({at})" if at else "")
                )
            so_far *= link.value
    return "the sum over the paths is not finite, though each product is"
