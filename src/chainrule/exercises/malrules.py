"""Wrong rules that students are known to use, each a small function of one step.

A malrule looks at a step as `chainrule.derivations` took it and gives what a student who uses it would
write in its place: not for one function, but for whatever stands there. `slips` applies all of them at every
step of a derivation. Names and cases are from the literature of drills: STACK's and Numbas' answer trees, the
College Board's reports, Khan Academy's list of distractors.

>>> from chainrule.derivations.names import Letters
>>> from chainrule.derivations.steps import Steps
>>> from chainrule.expressions import EXPRESSIONS, Symbol
>>> x = Symbol("x")
>>> step = Steps(Letters({"x"}), None).of(EXPRESSIONS.sin(x**2), x)
>>> [str(wrong.derivative) for wrong in missing_inner_factor(step)]
['cos(x²)']
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chainrule.derivations.model import Step
from chainrule.derivations.names import Letters
from chainrule.derivations.steps import Steps, as_power, product
from chainrule.expressions import (
    EXPRESSIONS,
    Apply,
    Constant,
    Expression,
    Number,
    exact,
    lift,
    replaced,
    symbols_of,
    tidy,
)
from chainrule.ops import CATALOGUE


@dataclass(frozen=True, eq=False)
class Wrong:
    """What a malrule makes of a step.

    Attributes:
        derivative: the wrong derivative of the step's expression.
        where: the part of the expression in which it went wrong.
        values: what the sentence about it names besides: `outer`, `inner` ...
    """

    derivative: Expression
    where: Expression
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Malrule:
    """A wrong rule with its stable id; `message` tables hold what is said about it under `slip.ID`.

    Attributes:
        id: its name.
        wrong: a function from a step to what the rule makes of it: nothing where it does not apply.
    """

    id: str
    wrong: Callable[[Step], Iterator[Wrong]]


def derivative(expression, variable) -> Expression:
    """The right derivative, by the rules of `chainrule.derivations`."""
    used = {symbol.name for symbol in symbols_of(expression)} | {variable.name}
    step: Any = Steps(Letters(used), None).of(expression, variable)
    return step.derivative


# The chain


def missing_inner_factor(step):
    """f'(g) alone; or one factor of a longer chain left out."""
    factors = _factors(step)
    for left_out in range(1, len(factors)):
        if left_out == 1:
            yield Wrong(factors[0].written, factors[0].inner, names_of(factors[0]))
        if left_out < len(factors) - 1:
            rest = factors[:left_out] + factors[left_out + 1 :]
            yield Wrong(_written(rest), factors[left_out - 1].inner, names_of(factors[left_out - 1]))


def stopped_early(step):
    """Of three or more layers the last one or more are not differentiated."""
    factors = _factors(step)
    for kept in range(len(factors) - 1, 1, -1):
        yield Wrong(_written(factors[:kept]), factors[kept - 1].inner, names_of(factors[kept - 1]))


def outer_at_inner_derivative(step):
    """f'(g'): the derivative of the outer function is taken at the derivative of the inner one."""
    factors = _factors(step)
    for i, factor in enumerate(factors[:-1]):
        for end in range(len(factors), i + 1, -1):
            inner = _written(factors[i + 1 : end])
            local = replaced(factor.local, {factor.by: inner})
            before = factors[:i]
            yield Wrong(_written(before, local), factor.inner, names_of(factor))
            yield Wrong(_written(before, local, inner), factor.inner, names_of(factor))


def composition_as_product(step):
    """f(g(x)) is read as f(x) · g(x), and the product rule applied."""
    factors = _factors(step)
    for i, factor in enumerate(factors[:-1]):
        core, weight = _core(factor)
        first, slope = (replaced(part, {factor.by: step.variable}) for part in (core, factor.local))
        read = slope * factor.inner + weight * first * _written(factors[i + 1 :])
        yield Wrong(_written(factors[:i], read), _whole(factor), names_of(factor))


def outer_at_variable(step):
    """The derivative of the outer function is taken at x, not at the inner function."""
    factors = _factors(step)
    for i, factor in enumerate(factors[:-1]):
        slope = replaced(factor.local, {factor.by: step.variable})
        yield Wrong(_written(factors[:i], slope, _written(factors[i + 1 :])), factor.inner, names_of(factor))
        yield Wrong(_written(factors[:i], slope), factor.inner, names_of(factor))


def added(step):
    """The factors of the chain are added."""
    factors = _factors(step)
    for i, factor in enumerate(factors[:-1]):
        total = factor.written + _written(factors[i + 1 :])
        yield Wrong(_written(factors[:i], total), _whole(factor), names_of(factor))
    if len(factors) > 2:
        total = factors[0].written
        for factor in factors[1:]:
            total = total + factor.written
        yield Wrong(total, step.expression, names_of(factors[0]))


def outer_kept(step):
    """The outer function is left as it is, and only the inner one is differentiated."""
    factors = _factors(step)
    for i, factor in enumerate(factors[:-1]):
        core, weight = _core(factor)
        inner = _written(factors[i + 1 :])
        kept, at_inner = (weight * replaced(core, {factor.by: part}) for part in (factor.inner, inner))
        for local in (kept * inner, inner, at_inner):
            yield Wrong(_written(factors[:i], local), _whole(factor), names_of(factor))


def chained_denominator(step):
    """1/g is differentiated as 1/g', by a chain or at once."""
    node = step.expression
    if step.rule in ("chain", "power", "constant-multiple") and _is(node, "divide"):
        top, bottom = node.arguments
        if exact(top) is not None and symbols_of(bottom):
            yield Wrong(top / derivative(bottom, step.variable), node)


# Sums, products, quotients


def constant_kept(step):
    """A constant term is still there in the derivative."""
    for part in step.parts if step.rule == "sum" else [step]:
        if part.rule == "constant":
            yield Wrong(step.derivative + part.expression, part.expression)
    for i, factor in enumerate(_factors(step)[:-1]):
        factors = _factors(step)
        for part in factor.step.parts if factor.step.rule == "sum" else ():
            if part.rule == "constant":
                kept = _written(factors[i:]) + part.expression
                yield Wrong(_written(factors[:i], kept), part.expression)


def term_missing(step):
    """One term of a sum is forgotten."""
    if step.rule == "sum":
        for part in step.parts:
            if part.rule != "constant":
                yield Wrong(step.derivative - part.derivative, part.expression)
                yield Wrong(step.derivative + part.derivative, part.expression)


def constant_factor_dropped(step):
    """A constant factor is forgotten."""
    if step.rule == "constant-multiple" and exact(step.constant) != -1:
        yield Wrong(step.parts[0].derivative, step.expression)


def product_of_derivatives(step):
    """(f g)' = f' g'."""
    if step.rule == "product":
        yield Wrong(product([part.derivative for part in step.parts]), step.expression)
    elif step.rule == "constant-multiple" and _is(step.expression, "multiply"):
        yield Wrong(Number(0), step.expression)


def product_as_sum(step):
    """(f g)' = f' + g'."""
    if step.rule == "product":
        total = step.parts[0].derivative
        for part in step.parts[1:]:
            total = total + part.derivative
        yield Wrong(total, step.expression)


def one_factor_only(step):
    """(f g)' = f' g: only one factor is differentiated."""
    if step.rule == "product":
        for term in _product_terms(step):
            yield Wrong(term, step.expression)


def product_subtracted(step):
    """(f g)' = f' g - f g'."""
    if step.rule == "product" and len(step.parts) == 2:
        first, second = _product_terms(step)
        yield Wrong(first - second, step.expression)
        yield Wrong(second - first, step.expression)


def quotient_order_swapped(step):
    """(f g' - f' g) / g²."""
    if step.rule == "quotient":
        yield Wrong(-step.derivative, step.expression)


def quotient_of_derivatives(step):
    """(f / g)' = f' / g'."""
    if step.rule == "quotient":
        top, bottom = step.parts
        yield Wrong(top.derivative / bottom.derivative, step.expression)


def quotient_not_squared(step):
    """The denominator is not squared, or forgotten."""
    if step.rule == "quotient":
        bottom = step.expression.arguments[1]
        yield Wrong(step.derivative * bottom, bottom)
        yield Wrong(step.derivative * bottom**2, bottom)


def quotient_added(step):
    """(f' g + f g') / g²."""
    if step.rule == "quotient":
        (top, bottom), (f, g) = step.parts, step.expression.arguments
        yield Wrong((top.derivative * g + f * bottom.derivative) / g**2, step.expression)


def path_missing(step):
    """Where several paths lead to the variable, one is forgotten."""
    for path in step.paths:
        yield Wrong(step.derivative - path.product, path.through)


# Powers and exponentials


def exponent_not_lowered(step):
    """n xⁿ."""
    for base, exponent, node in _powers(step):
        yield Wrong(exponent * base**exponent, node)


def exponent_not_brought_down(step):
    """xⁿ⁻¹."""
    for base, exponent, node in _powers(step):
        yield Wrong(_raised(base, exponent, -1), node)


def exponent_raised(step):
    """n xⁿ⁺¹."""
    for base, exponent, node in _powers(step):
        yield Wrong(exponent * _raised(base, exponent, 1), node)


def lowered_exponent_in_front(step):
    """(n - 1) xⁿ⁻¹."""
    for base, exponent, node in _powers(step):
        yield Wrong((exponent - 1) * _raised(base, exponent, -1), node)


def integrated(step):
    """xⁿ⁺¹/(n + 1)."""
    for base, exponent, node in _powers(step):
        minus_one = exact(exponent) == -1
        yield Wrong(EXPRESSIONS.log(base) if minus_one else _raised(base, exponent, 1) / (exponent + 1), node)


def exponential_rule_on_power(step):
    """xⁿ ln x: the base is treated as constant although it is what changes."""
    for base, exponent, node in _powers(step):
        yield Wrong(base**exponent * EXPRESSIONS.log(base), node)
    if step.rule == "general-power":
        base, exponent = step.expression.arguments
        treated = step.expression * EXPRESSIONS.log(base)
        yield Wrong(treated * derivative(exponent, step.variable), step.expression)
        yield Wrong(treated, step.expression)


def power_rule_on_exponential(step):
    """u a^(u-1): the exponent is brought down and lowered although it is what changes."""
    for base, exponent, node in _exponentials(step):
        yield Wrong(exponent * _raised(base, exponent, -1), node)
    if step.rule == "general-power":
        base, exponent = step.expression.arguments
        lowered = exponent * _raised(base, exponent, -1)
        for inner in (derivative(base, step.variable), Number(1), derivative(exponent, step.variable)):
            yield Wrong(lowered * inner, step.expression)


def exponent_of_e_lowered(step):
    """a^(u-1): the exponent of an exponential is lowered by one."""
    for base, exponent, node in _exponentials(step):
        yield Wrong(_raised(base, exponent, -1), node)
        if base.plain is not _E:
            yield Wrong(_raised(base, exponent, -1) * EXPRESSIONS.log(base), node)


def exponent_brought_down(step):
    """u a^u: the exponent of an exponential is brought down."""
    for _, exponent, node in _exponentials(step):
        yield Wrong(exponent * node, node)


def logarithm_of_base_missing(step):
    """(a^x)' = a^x, (log_a x)' = 1/x: the logarithm of the base is forgotten."""
    for base, _, node in _exponentials(step):
        if base.plain is not _E:
            yield Wrong(node, node)
    if step.rule == "logarithm" and step.function in ("log2", "log10", "log_base"):
        yield Wrong(1 / step.expression.arguments[0], step.expression)


# Functions

_INVERSE = {f"{arc}{name}": name for name in ("sin", "cos", "tan", "sec", "csc", "cot") for arc in ("arc",)}
_FAMILIES = (
    ("sin", "cos", "tan", "sec", "csc", "cot"),
    ("sinh", "cosh", "tanh", "sech", "csch", "coth"),
    ("arcsin", "arccos", "arctan", "arcsec", "arccsc", "arccot"),
    ("arcsinh", "arccosh", "arctanh"),
)


def sign(step):
    """The sign of the derivative of a function is lost: cos has derivative sin."""
    if has_minus(step):
        yield from sign_of_step(step)


def sign_of_step(step):
    """The sign of a step is wrong, whether or not there was one to lose."""
    if step.rule not in ("sum", "constant", "variable", "quotient"):
        yield Wrong(-step.derivative, step.expression)


def inverse_as_reciprocal(step):
    """sin⁻¹ x is read as 1/sin x."""
    node = step.expression
    if type(node) is Apply and node.name in _INVERSE:
        read = 1 / Apply(CATALOGUE[_INVERSE[node.name]], node.arguments)
        yield Wrong(derivative(read, step.variable), node)


def other_function(step):
    """The derivative of another function of the same family."""
    node = step.expression
    for family in _FAMILIES if type(node) is Apply else ():
        for name in family if node.name in family else ():
            if name != node.name and len(node.arguments) == 1:
                other = Apply(CATALOGUE[name], node.arguments)
                yield Wrong(derivative(other, step.variable), node, {"other": other})


def square_missing(step):
    """(tan x)' = sec x: the square of sec, csc, sech or csch is forgotten."""
    node = step.expression
    if type(node) is Apply and node.name in _SQUARED:
        sign, name = _SQUARED[node.name]
        root = Apply(CATALOGUE[name], node.arguments)
        yield Wrong(root if sign > 0 else -root, node)


_SQUARED = {"tan": (1, "sec"), "cot": (-1, "csc"), "tanh": (1, "sech"), "coth": (-1, "csch")}


def absolute_value_ignored(step):
    """(|u|)' = 1."""
    if step.rule == "abs":
        yield Wrong(Number(1), step.expression)


def other_branch(step):
    """Of a maximum or minimum, always the same argument, or both."""
    if step.rule in ("max", "min"):
        parts = [derivative(argument, step.variable) for argument in step.expression.arguments]
        for part in parts:
            yield Wrong(part, step.expression)
        yield Wrong(parts[0] + parts[1], step.expression)


def not_differentiated(step):
    """The function itself is given as its derivative."""
    if step.rule not in ("sum", "constant", "variable", "constant-multiple"):
        yield Wrong(step.expression, step.expression)


# What malrules look at

_E = Constant("e")


def _factors(step) -> tuple[Any, ...]:
    return () if step.chain is None else step.chain.factors


def has_minus(step):
    """Whether the right derivative of a function begins with a minus sign, which can be forgotten."""
    node = step.derivative
    while type(node) is Apply and node.name in ("multiply", "divide"):
        node = node.arguments[0]
    return _is(node, "negative") and step.rule not in ("chain", "product")


def _core(factor):
    """`(core, weight)`: the outer function of a factor without the constants around it, weight · core + ..."""
    core, weight = factor.outer, Number(1)
    while type(core) is Apply and core.name in ("add", "subtract", "negative", "multiply", "divide"):
        moving = [i for i, part in enumerate(core.arguments) if factor.by in symbols_of(part)]
        if len(moving) != 1 or (core.name == "divide" and moving != [0]):
            break
        weight = _weight(core, moving[0], weight)
        core = core.arguments[moving[0]]
    return core, weight


def _weight(node, i, weight):
    """The weight of argument i of a sum, a sign, a product with a constant or a quotient by one."""
    if node.name == "negative" or (node.name == "subtract" and i == 1):
        return -weight
    if node.name == "multiply":
        return weight * node.arguments[1 - i]
    return weight / node.arguments[1] if node.name == "divide" else weight


def _written(factors, *more):
    """The product of factors as they are written out, and of what comes after them."""
    return product([*[factor.written for factor in factors], *more])


def _whole(factor):
    """The composition whose outer function a factor differentiates, as it stands in the question."""
    return replaced(_core(factor)[0], {factor.by: factor.inner})


def names_of(factor):
    """What a sentence about a factor names."""
    return {"outer": factor.outer, "letter": factor.by, "inner": factor.inner}


def _is(node, name):
    return type(node) is Apply and node.name == name


def _raised(base, exponent, by=0):
    """base^(exponent + by), the exponent worked out where it is a number."""
    number = exact(exponent)
    return base ** (exponent + by if number is None else lift(number + by))


def _powers(step):
    """`(base, exponent, node)` where the step is that of a power of the variable."""
    node = step.expression
    if step.rule != "power" or type(node) is not Apply:
        return
    if node.name in ("divide", "reciprocal"):
        base, exponent = as_power(node.arguments[-1]) or (node.arguments[-1], Number(1))
        yield base, tidy(-exponent), node
    elif node.name == "cbrt":
        yield node.arguments[0], Number(1) / 3, node
    else:
        base, exponent = as_power(node) or node.arguments
        yield base, exponent, node


def _exponentials(step):
    """`(base, exponent, node)` where the step is that of an exponential function."""
    node = step.expression
    if step.rule == "exponential" and type(node) is Apply and node.name in ("exp", "exp2", "power"):
        base = {"exp": _E, "exp2": Number(2)}.get(node.name, node.arguments[0])
        yield base, node.arguments[-1], node


def _product_terms(step):
    """The terms of the product rule: each factor differentiated in its turn."""
    for part in step.parts:
        yield product([part.derivative if other is part else other.expression for other in step.parts])


MALRULES = (
    Malrule("missing-inner-factor", missing_inner_factor),
    Malrule("stopped-early", stopped_early),
    Malrule("outer-at-inner-derivative", outer_at_inner_derivative),
    Malrule("composition-as-product", composition_as_product),
    Malrule("added-instead-of-multiplied", added),
    Malrule("exponent-not-lowered", exponent_not_lowered),
    Malrule("power-rule-on-exponential", power_rule_on_exponential),
    Malrule("exponent-of-e-lowered", exponent_of_e_lowered),
    Malrule("product-of-derivatives", product_of_derivatives),
    Malrule("quotient-order-swapped", quotient_order_swapped),
    Malrule("quotient-of-derivatives", quotient_of_derivatives),
    Malrule("sign", sign),
    Malrule("integrated-instead", integrated),
    Malrule("outer-at-variable", outer_at_variable),
    Malrule("logarithm-of-base-missing", logarithm_of_base_missing),
    Malrule("absolute-value-ignored", absolute_value_ignored),
    Malrule("other-branch", other_branch),
    Malrule("outer-not-differentiated", outer_kept),
    Malrule("exponent-not-brought-down", exponent_not_brought_down),
    Malrule("exponent-raised", exponent_raised),
    Malrule("lowered-exponent-in-front", lowered_exponent_in_front),
    Malrule("exponential-rule-on-power", exponential_rule_on_power),
    Malrule("exponent-brought-down", exponent_brought_down),
    Malrule("quotient-not-squared", quotient_not_squared),
    Malrule("quotient-added", quotient_added),
    Malrule("quotient-of-derivatives", chained_denominator),
    Malrule("product-subtracted", product_subtracted),
    Malrule("one-factor-only", one_factor_only),
    Malrule("product-as-sum", product_as_sum),
    Malrule("path-missing", path_missing),
    Malrule("constant-factor-dropped", constant_factor_dropped),
    Malrule("constant-kept", constant_kept),
    Malrule("square-missing", square_missing),
    Malrule("inverse-as-reciprocal", inverse_as_reciprocal),
    Malrule("sign", sign_of_step),
    Malrule("term-missing", term_missing),
    Malrule("not-differentiated", not_differentiated),
    Malrule("other-function", other_function),
)
