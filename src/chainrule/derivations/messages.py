"""Every word that a derivation shows to people, in one table keyed by stable ids.

A message is a sentence with places in braces: `{u}`. What is put there is mathematics (an expression, a
derivative, a number) or plain text; the renderer that shows the sentence prints it in its own way. Another
language is another module with the same keys, added to `LANGUAGES`; a key that it lacks is a failed test.

Keys: `rule.ID` names a rule and `rule.ID.says` states it; `note.ID` is a remark about the domain or the
reading; `check.ID`, `simplified.ID`, `heading.ID`, `word.ID`, `ask.ID` what they say.
"""

import string

from chainrule.derivations.german import GERMAN
from chainrule.derivations.matrices import wording
from chainrule.derivations.parsing.readings import SENTENCES

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
    "rule.function.says": "the derivative of {function} is known",
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
    "rule.moving": "chain rule",
    "rule.moving.says": "{y} depends on {x}, so its derivative comes along as a factor",
    # Headings and the sentences that join mathematics.
    "heading.reading": "{source}",
    "heading.derivative": "The derivative of {y} by {x}",
    "heading.chain": "Chain rule, outermost function first",
    "heading.chain-of": "Chain rule for {part}",
    "heading.path": "Path {number} of {count}, through {through}",
    "heading.steps": "Step by step",
    "heading.result": "Result",
    "heading.numbers": "At {point}",
    "heading.simplified": "Simplified (a separate last step, by SymPy)",
    "heading.forms": "The same, {name}",
    "heading.notes": "Domain and notes",
    "heading.gradient": "The partial derivatives of {y}",
    "heading.implicit": "Implicit differentiation: {y} depends on {x}",
    "heading.parametric": "Parametric derivative",
    "say.no-inner": "the inside is {x} itself: no chain",
    "say.read-as": "read as {expression}",
    "say.definition": "with {letter} = {meaning}",
    "say.letters": "where {letter} = {meaning}",
    "say.order": "{dy} is the derivative of {before}, found first",
    "say.sum-of-paths": "add over the {count} paths",
    "say.multiply": "multiply the factors",
    "say.more-factors": "{count} more factors, left out here",
    "say.more-letters": "{count} more letters, left out here",
    "say.more-steps": "{count} more steps, left out here",
    "say.more-paths": "{count} more paths, left out here",
    "say.long": "too long to print here ({count} operations): it is in d.result and d.python",
    "say.product-is": "product = {value}",
    "say.sum-is": "sum = {value}",
    "say.merged": "merged before the first step, {y} would be {form}",
    "say.both-sides": "differentiate both sides by {x}",
    "say.collect": "collect the terms with {dy}",
    "say.solve": "solve for {dy}",
    "say.divide": "divide",
    "word.rule": "rule",
    "word.where": "where",
    "word.factor": "factor",
    "word.function": "function",
    "word.derivative": "derivative",
    "word.value": "value",
    "word.undefined": "undefined",
    "word.if": "if",
    "word.otherwise": "otherwise",
    "word.and": "and",
    "word.or": "or",
    "word.not": "not",
    "word.left": "left",
    "word.right": "right",
    # Remarks about the domain.
    "note.domain": "Defined where {condition}.",
    "note.branch-needs": "Where {branch}, {condition} is needed.",
    "note.domain-many": "Defined where {condition}, and {count} more conditions of this kind hold.",
    "note.domain-solved": "Defined where {condition}, that is {where}.",
    "note.domain-found": "Defined where {condition}, that is about {where} (found in numbers).",
    "note.empty-domain": "There is no real number at which this is defined: {condition} never holds. "
    "The derivative is formal only.",
    "note.derivative-needs": "The derivative also needs {condition}.",
    "note.sides-meet": "Two sides meet where {equation}: there the derivative may not exist.",
    "note.smooth": "At {x} = {at} two sides meet with the same slope {left}: the derivative exists there and is "
    "{left}.",
    "note.corner": "Not differentiable at {x} = {at}: a corner, with slope {left} on the left and {right} on the "
    "right.",
    "note.unsettled": "At {x} = {at} two sides meet, and close to it the slope settles to no value: whether the "
    "derivative exists there was not found.",
    "note.jump": "Not differentiable at {x} = {at}: a jump, from {before} to {after}.",
    "note.vertical": "Not differentiable at {x} = {at}: a vertical tangent.",
    "note.vertical-edge": "Not differentiable at {x} = {at}, an end of the domain: a vertical tangent.",
    "note.edge": "{x} = {at} is an end of the domain: only a one-sided slope there.",
    "note.kink-convention": "Programs need a number even there: chainrule.grad takes 0 at a corner of |u|, and half of "
    "each side where max or min tie.",
    "note.formal-functions": "Not given: {names}. The check puts a smooth function in the place of each.",
    "note.branch": "The program took one branch at {point}; the derivation holds where it takes the same one.",
    "note.implicit-needs": "{dy} exists where {condition}.",
    "note.logarithms-need": "Taking logarithms needs {left} and {right} to be positive.",
    # The check.
    "check.passed": "Checked at {points} points against {method}: largest relative error {error}.",
    "check.passed-one": "Checked at one point against {method}: relative error {error}.",
    "check.not": "Not checked in numbers: {reason}.",
    "check.method.differences": "differences of the function to {digits} digits",
    "check.method.curve": "differences along the curve to {digits} digits",
    "check.method.curve-in-floats": "differences along the curve",
    "check.method.complex-step": "a complex step through the function",
    "check.method.both": "a complex step through the function, and differences to {digits} digits where floats "
    "do not tell",
    "check.rounded": "At {count} more points rounding decides, in floats: they are not counted.",
    "check.rounded-one": "At one more point rounding decides, in floats: it is not counted.",
    "check.reason.too-large": "floats lose the digits of so large a function, and more digits would take too long",
    "check.reason.empty": "there is no real point at which the function is defined",
    "check.reason.no-points": "no point was found at which the function and this derivative are finite numbers",
    "check.reason.no-rule": "{function} cannot be evaluated to more digits here",
    # Forms.
    "form.sigmoid": "with the sigmoid σ in the place of 1/(1 + e^−x)",
    "form.secant": "with the secant in the place of 1 + tan²",
    "form.logarithmic": "by logarithmic differentiation",
    "form.laws-of-logarithms": "by the laws of logarithms, where each of them is defined",
    "form.no-sympy": 'SymPy is not installed: pip install "chainrule[cas]" for the simplified form',
    # Questions.
    "ask.variable": "the expression has several variables, {names}, and none was named",
}

ENGLISH |= wording.ENGLISH
ENGLISH |= {f"reading.{code}": sentence for code, sentence in SENTENCES.items()}
LANGUAGES = {"en": ENGLISH, "de": GERMAN | wording.GERMAN}


def message(key, language="en"):
    """The text of a message, with its places still in braces."""
    return LANGUAGES[language][key]


def places(text):
    """The text cut at its braces: `(literal, name)` pairs, name None after the last literal."""
    return [(literal, name) for literal, name, _, _ in string.Formatter().parse(text)]


def rule_name(rule, language="en"):
    """What a rule is called; a function's own rule by the function's name."""
    table = LANGUAGES[language]
    return table[f"rule.{rule}"] if f"rule.{rule}" in table else table["rule.function"].format(function=rule)
