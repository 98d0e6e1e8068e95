"""The result in other forms: simplified, by a name of its own, and as a Python expression."""

from typing import Any

from chainrule.derivations import simplification
from chainrule.derivations.model import Form
from chainrule.derivations.steps import Steps, as_power, plus, times
from chainrule.expressions import EXPRESSIONS, Apply, exact, has_more_parts, rebuilt
from chainrule.ops import CATALOGUE

_SECANTS = {"tan": ("add", "sec"), "cot": ("add", "csc"), "tanh": ("subtract", "sech")}
_LONGEST = 60
_MOST_PARTS = 500


def simplified(derivation):
    """The result simplified by SymPy, or None where SymPy finds nothing shorter."""
    return simplification.simplified(derivation.result)


def named(derivation) -> tuple[Form, ...]:
    """Forms of the result that a reader knows by another shape; none of a result that is too large to be read."""
    if has_more_parts(derivation.function, _MOST_PARTS) or has_more_parts(derivation.result, _MOST_PARTS):
        return ()
    found = [_with_sigmoid(derivation), _with_secant(derivation), _by_logarithms(derivation), _by_laws(derivation)]
    return tuple(form for form in found if form is not None)


def merged(derivation):
    """What the function itself becomes where SymPy merges it first; None where that is no shorter."""
    size = derivation.folding.size
    if size(derivation.function) > _LONGEST:
        return None
    found = simplification.merged(derivation.function)
    return found if found is not None and size(found) < size(derivation.function) else None


def _with_sigmoid(derivation):
    """s (1 - s) for the derivative of s = 1 / (1 + e^-x), by the room of the sigmoid."""
    rewritten = rebuilt(derivation.function, _as_sigmoid)
    if rewritten.plain is derivation.function.plain:
        return None
    steps = Steps(derivation.fresh_letters(), rewritten, derivation.partial)
    return Form("form.sigmoid", steps.of(rewritten, derivation.variable).derivative)


def _as_sigmoid(node):
    """σ(u) for 1 / (1 + e^-u)."""
    if type(node) is not Apply or node.name != "divide" or exact(node.arguments[0]) != 1:
        return node
    bottom = node.arguments[1]
    if type(bottom) is not Apply or bottom.name != "add":
        return node
    for one, other in (bottom.arguments, bottom.arguments[::-1]):
        if exact(one) == 1 and type(other) is Apply and other.name == "exp":
            inside = other.arguments[0]
            if type(inside) is Apply and inside.name == "negative":
                return EXPRESSIONS.sigmoid(inside.arguments[0])
    return node


def _with_secant(derivation):
    """sec² for 1 + tan², sech² for 1 - tanh²."""
    rewritten = rebuilt(derivation.result, _as_secant)
    return None if rewritten.plain is derivation.result.plain else Form("form.secant", rewritten)


def _as_secant(node):
    if type(node) is not Apply or node.name not in ("add", "subtract") or exact(node.arguments[0]) != 1:
        return node
    squared = as_power(node.arguments[1])
    if squared is None or exact(squared[1]) != 2 or type(squared[0]) is not Apply:
        return node
    sign, name = _SECANTS.get(squared[0].name, ("", ""))
    return Apply(CATALOGUE[name], squared[0].arguments) ** 2 if node.name == sign else node


def _by_logarithms(derivation):
    """y (f′/f + g′/g + h′/h) for a product of three and more factors."""
    step = derivation.step
    if step.rule != "product" or len(step.parts) < 3:
        return None
    total: Any = None
    for part in step.parts:
        term = times(part.derivative, 1 / part.expression) if exact(part.derivative) == 1 else (
            part.derivative / part.expression)  # fmt: skip
        total = term if total is None else plus(total, term)
    return Form("form.logarithmic", derivation.definitions.written_out(times(step.expression, total)))


def _by_laws(derivation):
    """A logarithm of a product taken apart before it is differentiated: ln(ab) = ln a + ln b."""
    rewritten = derivation.function
    while True:
        apart = rebuilt(rewritten, _taken_apart)
        if apart.plain is rewritten.plain:
            break
        rewritten = apart
    if rewritten.plain is derivation.function.plain:
        return None
    steps = Steps(derivation.fresh_letters(), rewritten, derivation.partial)
    found = steps.of(rewritten, derivation.variable).derivative
    return Form("form.laws-of-logarithms", found, {derivation.output: rewritten})


def _taken_apart(node):
    """ln a + ln b for ln(ab), ln a - ln b for ln(a/b), n ln a for ln(aⁿ), a for ln(e^a)."""
    if type(node) is not Apply or node.name != "log" or type(node.arguments[0]) is not Apply:
        return node
    inside = node.arguments[0]
    power, log = as_power(inside), EXPRESSIONS.log
    if inside.name in ("multiply", "divide"):
        a, b = inside.arguments
        return log(a) + log(b) if inside.name == "multiply" else log(a) - log(b)
    if inside.name == "exp":
        return inside.arguments[0]
    return times(power[1], log(power[0])) if power else node


def python(expression) -> str:
    """The expression as Python that NumPy can run."""
    from chainrule.expressions.python import python

    return python(expression)
