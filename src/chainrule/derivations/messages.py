"""Every word that a derivation shows to people, in one table keyed by stable ids.

A message is a sentence with places in braces: `{u}`. What is put there is mathematics (an expression, a
derivative, a number) or plain text; the renderer that shows the sentence prints it in its own way. Another
language is another module with the same keys, added to `LANGUAGES`; a key that it lacks is a failed test.

Keys: `rule.ID` names a rule and `rule.ID.says` states it; `note.ID` is a remark about the domain or the
reading; `check.ID`, `simplified.ID`, `heading.ID`, `word.ID`, `ask.ID` what they say.
"""

import string

ENGLISH = {
    # The rules: what each is called, and what it says.
    "rule.constant": "constant",
    "rule.constant.says": "what does not depend on {x} has derivative 0",
    "rule.variable": "the variable itself",
    "rule.variable.says": "{x} changes as fast as itself: the derivative is 1",
    "rule.sum": "sum rule",
    "rule.sum.says": "differentiate each term, and add",
    "rule.constant-multiple": "constant multiple",
    "rule.constant-multiple.says": "a constant factor stays in front",
    "rule.power": "power rule",
    "rule.power.says": "bring the exponent down, and lower it by one",
    "rule.product": "product rule",
    "rule.product.says": "differentiate one factor at a time, keep the others, and add",
    "rule.quotient": "quotient rule",
    "rule.quotient.says": "top differentiated times bottom, minus top times bottom differentiated, over bottom squared",
    "rule.exponential": "exponential rule",
    "rule.exponential.says": "the exponential is its own derivative; another base brings its logarithm",
    "rule.logarithm": "logarithm rule",
    "rule.logarithm.says": "the derivative of ln u is 1 over u; another base divides by its logarithm",
    "rule.general-power": "general power",
    "rule.general-power.says": "base and exponent both depend on {x}: u^v is e^(v ln u)",
    "rule.logarithmic-differentiation": "logarithmic differentiation",
    "rule.logarithmic-differentiation.says": "take ln of both sides, differentiate, multiply by {y}",
    "rule.chain": "chain rule",
    "rule.chain.says": "differentiate the outside, leave the inside alone, multiply by the derivative of the inside",
    "rule.function": "derivative of {function}",
    "rule.trigonometric": "derivative of {function}",
    "rule.inverse-trigonometric": "derivative of {function}",
    "rule.hyperbolic": "derivative of {function}",
    "rule.inverse-hyperbolic": "derivative of {function}",
    "rule.function.says": "the derivative of {function} is known",
    "rule.trigonometric.says": "the derivative of {function} is known",
    "rule.inverse-trigonometric.says": "the derivative of {function} is known",
    "rule.hyperbolic.says": "the derivative of {function} is known",
    "rule.inverse-hyperbolic.says": "the derivative of {function} is known",
    "rule.abs": "absolute value",
    "rule.abs.says": "1 where the inside is positive, -1 where it is negative",
    "rule.max": "maximum",
    "rule.max.says": "the derivative of whichever is larger",
    "rule.min": "minimum",
    "rule.min.says": "the derivative of whichever is smaller",
    "rule.piecewise": "piecewise",
    "rule.piecewise.says": "differentiate each branch where it holds; compare both sides at the joints",
    "rule.step": "staircase",
    "rule.step.says": "constant between its jumps: the derivative is 0 there",
    "rule.abstract": "a function not given",
    "rule.abstract.says": "the derivative of {function} is written {function}′",
    "rule.substitution": "substitution",
    "rule.substitution.says": "{u} was given by its own equation",
    "rule.implicit": "implicit differentiation",
    "rule.implicit.says": "{y} depends on {x}: differentiate both sides, collect {dy}, solve",
    "rule.logarithm-of-both-sides": "logarithm of both sides",
    "rule.logarithm-of-both-sides.says": "both sides are powers: take ln of both first",
    "rule.parametric": "parametric derivative",
    "rule.parametric.says": "divide the rate of {y} by the rate of {x}",
    "rule.partial": "partial derivative",
    "rule.partial.says": "every variable but {x} is held constant",
    "rule.total": "total derivative",
    "rule.total.says": "one product for each variable that {x} moves, then the sum",
    "rule.paths": "several paths",
    "rule.paths.says": "multiply along each path, add over the paths",
    "rule.second": "second derivative",
    "rule.second.says": "differentiate the derivative",
    "rule.higher": "derivative of order {order}",
    "rule.higher.says": "differentiate the derivative again",
    "rule.mixed": "mixed partial derivative",
    "rule.mixed.says": "differentiate by one variable, then by the other",
    "rule.rewrite": "rewriting",
    "rule.rewrite.says": "the same, written so that a rule applies",
}

LANGUAGES = {"en": ENGLISH}


def message(key, language="en"):
    """The text of a message, with its places still in braces."""
    return LANGUAGES[language][key]


def places(text):
    """The text cut at its braces: `(literal, name)` pairs, name None after the last literal."""
    return [(literal, name) for literal, name, _, _ in string.Formatter().parse(text)]
