"""Every word of the exercises, keyed by stable ids, in each language of the derivations.

For each slip there are three: `name.ID` what it is called, `slip.ID` what is said about it, `hint.ID` how to
go on. Places in braces are filled with mathematics or text; see `chainrule.derivations.messages`.
"""

from chainrule.derivations.messages import places
from chainrule.errors import ArgumentError
from chainrule.exercises.german import GERMAN
from chainrule.expressions import Expression
from chainrule.expressions.text import text

ENGLISH = {
    # What slips are called, what is said, and how to go on.
    "name.missing-inner-factor": "inner factor missing",
    "slip.missing-inner-factor": "the factor of the inner function is missing: {where} has a derivative of its own",
    "hint.missing-inner-factor": "multiply by the derivative of {where}",
    "name.stopped-early": "stopped a layer early",
    "slip.stopped-early": "you stopped a layer early: inside, {where} is still to be differentiated",
    "hint.stopped-early": "go on to the variable: the next factor is the derivative of {where}",
    "name.outer-at-inner-derivative": "f′(g′)",
    "slip.outer-at-inner-derivative": "the derivative of the outer function was taken at the derivative of {where}, "
    "as f′(g′), and not at {where} itself",
    "hint.outer-at-inner-derivative": "leave {where} alone inside the outer derivative, then multiply by its own",
    "name.composition-as-product": "composition read as a product",
    "slip.composition-as-product": "{where} was read as a product: it is one function inside another",
    "hint.composition-as-product": "outside is {outer}, with {letter} = {inner} inside: use the chain rule",
    "name.added-instead-of-multiplied": "added instead of multiplied",
    "slip.added-instead-of-multiplied": "the factors of the chain rule were added in {where}: they are multiplied",
    "hint.added-instead-of-multiplied": "outer derivative times inner derivative",
    "name.exponent-not-lowered": "exponent not lowered",
    "slip.exponent-not-lowered": "the exponent of {where} came down, but was not lowered by one",
    "hint.exponent-not-lowered": "the power rule: n in front, and n - 1 as the new exponent",
    "name.power-rule-on-exponential": "power rule used on an exponential",
    "slip.power-rule-on-exponential": "the power rule was used on {where}, where the variable is in the exponent",
    "hint.power-rule-on-exponential": "an exponential keeps its exponent; the logarithm of the base comes besides",
    "name.exponent-of-e-lowered": "exponent of an exponential lowered",
    "slip.exponent-of-e-lowered": "the exponent of {where} was lowered by one: an exponential keeps its exponent",
    "hint.exponent-of-e-lowered": "the derivative of e^u by u is e^u",
    "name.product-of-derivatives": "product of the derivatives",
    "slip.product-of-derivatives": "in {where} the derivatives were multiplied: a product needs the product rule",
    "hint.product-of-derivatives": "differentiate one factor at a time, keep the other, and add",
    "name.quotient-order-swapped": "order of the quotient rule swapped",
    "slip.quotient-order-swapped": "the two terms of the quotient rule for {where} are swapped",
    "hint.quotient-order-swapped": "top differentiated times bottom comes first, then minus the other",
    "name.quotient-of-derivatives": "quotient of the derivatives",
    "slip.quotient-of-derivatives": "in {where} top and bottom were differentiated each for itself",
    "hint.quotient-of-derivatives": "use the quotient rule, or write the bottom as a negative power",
    "name.sign": "sign",
    "slip.sign": "the sign is wrong: look at the derivative of {where}",
    "hint.sign": "which derivatives bring a minus sign? Look at {where} again",
    "name.integrated-instead": "integrated instead",
    "slip.integrated-instead": "{where} was integrated, not differentiated",
    "hint.integrated-instead": "the exponent goes down, not up: differentiate",
    "name.outer-at-variable": "inner function lost",
    "slip.outer-at-variable": "in the derivative of the outer function, {where} was lost",
    "hint.outer-at-variable": "the derivative of {outer} is taken at {letter} = {inner}",
    "name.logarithm-of-base-missing": "logarithm of the base missing",
    "slip.logarithm-of-base-missing": "for a base other than e, {where} brings the logarithm of its base",
    "hint.logarithm-of-base-missing": "write it with base e first: a^u = e^(u ln a)",
    "name.outer-not-differentiated": "outer function not differentiated",
    "slip.outer-not-differentiated": "the outer function of {where} was not differentiated",
    "hint.outer-not-differentiated": "begin outside: what is the derivative of {outer} by {letter}?",
    "name.exponent-not-brought-down": "exponent not brought down",
    "slip.exponent-not-brought-down": "the exponent of {where} was lowered, but did not come down as a factor",
    "hint.exponent-not-brought-down": "the power rule: n in front, and n - 1 as the new exponent",
    "name.exponent-raised": "exponent raised",
    "slip.exponent-raised": "the exponent of {where} was raised by one, not lowered",
    "hint.exponent-raised": "one less than the exponent: of -2 that is -3",
    "name.lowered-exponent-in-front": "lowered exponent in front",
    "slip.lowered-exponent-in-front": "what comes down is the exponent of {where} before it is lowered",
    "hint.lowered-exponent-in-front": "first bring the exponent down, then lower it",
    "name.exponential-rule-on-power": "exponential rule used on a power",
    "slip.exponential-rule-on-power": "the base of {where} was treated as a constant",
    "hint.exponential-rule-on-power": "where is the variable: in the base, in the exponent, or in both?",
    "name.exponent-brought-down": "exponent of an exponential brought down",
    "slip.exponent-brought-down": "the exponent of {where} came down as a factor: an exponential is no power",
    "hint.exponent-brought-down": "the derivative of e^u by u is e^u",
    "name.quotient-not-squared": "bottom not squared",
    "slip.quotient-not-squared": "the quotient rule divides by {where} squared",
    "hint.quotient-not-squared": "over bottom squared",
    "name.quotient-added": "added in the quotient rule",
    "slip.quotient-added": "in the quotient rule for {where} the terms are subtracted, not added",
    "hint.quotient-added": "top differentiated times bottom, minus top times bottom differentiated",
    "name.product-subtracted": "subtracted in the product rule",
    "slip.product-subtracted": "in the product rule for {where} the terms are added, not subtracted",
    "hint.product-subtracted": "differentiate one factor at a time, and add",
    "name.one-factor-only": "only one factor differentiated",
    "slip.one-factor-only": "in {where} only one factor was differentiated",
    "hint.one-factor-only": "each factor is differentiated once, while the other is kept",
    "name.product-as-sum": "product treated as a sum",
    "slip.product-as-sum": "{where} was differentiated as if it were a sum",
    "hint.product-as-sum": "use the product rule",
    "name.path-missing": "a path left out",
    "slip.path-missing": "the variable also acts through {where}: that path is missing",
    "hint.path-missing": "one product for each path, then the sum",
    "name.constant-factor-dropped": "constant factor dropped",
    "slip.constant-factor-dropped": "the constant factor of {where} was lost",
    "hint.constant-factor-dropped": "a constant factor stays in front",
    "name.constant-kept": "constant kept",
    "slip.constant-kept": "the derivative of the constant {where} is 0",
    "hint.constant-kept": "what does not change has derivative 0",
    "name.square-missing": "square missing",
    "slip.square-missing": "a square is missing in the derivative of {where}",
    "hint.square-missing": "look up the derivative of this function again",
    "name.inverse-as-reciprocal": "inverse function read as a reciprocal",
    "slip.inverse-as-reciprocal": "{where} is the inverse function, not one over the function",
    "hint.inverse-as-reciprocal": "the inverse functions have derivatives of their own",
    "name.absolute-value-ignored": "absolute value ignored",
    "slip.absolute-value-ignored": "the bars of {where} were ignored: where the inside is negative, the sign turns",
    "hint.absolute-value-ignored": "the derivative of |u| is 1 for positive u and -1 for negative u",
    "name.other-branch": "the other branch",
    "slip.other-branch": "of {where} only the argument that is selected counts",
    "hint.other-branch": "say for which x which argument is selected, and differentiate that one",
    "name.term-missing": "a term is wrong or missing",
    "slip.term-missing": "the term {where} is missing, or has the wrong sign",
    "hint.term-missing": "differentiate every term, with its sign",
    "name.not-differentiated": "not differentiated",
    "slip.not-differentiated": "{where} was not differentiated",
    "hint.not-differentiated": "which rule applies to {where}?",
    "name.other-function": "derivative of another function",
    "slip.other-function": "that is the derivative of {other}, not of {where}",
    "hint.other-function": "look up the derivative of this function again",
    # Answers that no slip explains.
    "name.wrong-variable": "wrong variable",
    "slip.wrong-variable": "that is the derivative by {other}; the question asks for the one by {variable}",
    "hint.wrong-variable": "hold every variable but {variable} constant",
    "name.part-of-domain": "right on a part of the domain",
    "slip.part-of-domain": "that is right at {right}, but not at {wrong}",
    "hint.part-of-domain": "where does the function change its form?",
    "name.rounded": "rounded",
    "slip.rounded": "that is right but for its decimals, which are rounded",
    "hint.rounded": "write the exact numbers: ln 2, 1/3",
    "name.constant-added": "constant added",
    "slip.constant-added": "that is right but for {other}, which does not belong there: constants are added where one "
    "integrates",
    "hint.constant-added": "the derivative of a constant is 0",
    "name.factor-wrong": "a number is wrong",
    "slip.factor-wrong": "that is the right answer times {other}",
    "hint.factor-wrong": "check the numbers in front",
    "name.unknown": "another slip",
    "slip.unknown": "that is not the derivative: at {point} it is {right}, and your answer gives {given}",
    "slip.undefined": "that is not the derivative: your answer has no value where the derivative has one",
    # What is said around it.
    "grade.right": "right",
    "grade.wrong": "not right: {said}.",
    "grade.together": "{first}; besides, {second}",
    "grade.everywhere": "{said} (and in {count} places in all)",
    "grade.log-read": "right, where log is the logarithm to base 10",
    "grade.stranger": "the answer contains {name}, which the question does not",
    "grade.stranger.do": "use only {names}",
    # Hints before a step.
    "before.chain": "look for the function that is applied last: that is the outer one",
    "before.inner": "cover the outer function with your hand: what is left is the inner one",
    "before.outer-slope": "only the outer function now: differentiate {outer} by {letter}, and leave {letter} alone",
    "before.inner-slope": "now the inner function by itself: {inner}",
    "before.inner-chain": "{inner} is itself a composition: use the chain rule again",
    "before.whole-chain": "put {inner} back for {letter} in the outer derivative, and multiply by the inner derivative",
    "before.product": "a product: name its two factors' derivatives first",
    "before.quotient": "a quotient: top differentiated times bottom comes first",
    "before.whole": "the {rule}: {says}",
    # The exercises.
    "ask.differentiate": "Differentiate {question} by {variable}.",
    "ask.outer": "Outer function, in {letter}",
    "ask.inner": "Inner function, {letter} =",
    "ask.outer-slope": "Derivative of the outer function {outer} by {letter}",
    "ask.inner-slope": "Derivative of the inner function {inner} by {variable}",
    "ask.first-slope": "Derivative of {part} by {variable}",
    "ask.whole": "The derivative",
    "said.not-composed": "outer {outer} of inner {inner} is not {question}: it is {composed}",
    "said.trivial": "that is true, but one of the two does nothing: take them apart further",
    "said.expected": "{answer}",
    "said.read": "read as {answer}",
    "said.right": "Right.",
    "said.solution": "The answer: {answer}",
    "said.keys": "Type h for a hint, s for the solution, q to stop.",
    "said.score": "{right} of {asked} right.",
    "said.saved": "Progress is kept in {path}.",
    "said.weakest": "What went wrong most often: {name} ({count} times).",
    "said.stopped": "Stopped.",
    "said.exported": "Worksheet: {sheet}; solutions: {solutions}.",
    "sheet.title": "Exercises: the chain rule",
    "sheet.solutions": "Solutions",
    "sheet.exercise": "Exercise {number}",
    "sheet.about": "Topic: {topic}; difficulty {difficulty}; seed {seed}.",
    "sheet.instruction": "Name the outer and the inner function where there is one. Then differentiate.",
    "sheet.inside": "outer, inner:",
    "sheet.answer": "derivative:",
    # The topics.
    "topic.powers": "powers and roots",
    "topic.polynomial": "powers of polynomials",
    "topic.trigonometric": "trigonometric functions",
    "topic.exponential": "exponentials",
    "topic.logarithm": "logarithms",
    "topic.inverse": "inverse trigonometric functions",
    "topic.hyperbolic": "hyperbolic functions",
    "topic.product": "products",
    "topic.quotient": "quotients",
    "topic.layers": "three layers and more",
    "topic.general-power": "variable base and exponent",
    "topic.absolute": "absolute values and maxima",
    "topic.mixed": "everything",
}

LANGUAGES = {"en": ENGLISH, "de": GERMAN}


def known_language(language):
    """The language, if there is a table for it.

    Raises: ArgumentError for any other.
    """
    if language not in LANGUAGES:
        raise ArgumentError(f"language={language!r} is not known", f"use one of {', '.join(LANGUAGES)}")
    return language


def say(key, language="en", **values) -> str:
    """A message as plain text, its places filled.

    >>> from chainrule.expressions import Symbol
    >>> say("hint.missing-inner-factor", where=Symbol("x") ** 2)
    'multiply by the derivative of x²'
    """
    pieces = []
    for literal, name in places(LANGUAGES[language][key]):
        pieces.append(literal)
        if name is not None:
            value = values[name]
            pieces.append(text(value) if isinstance(value, Expression) else str(value))
    return "".join(pieces)
