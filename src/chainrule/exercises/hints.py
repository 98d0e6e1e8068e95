"""Hints: what to look for before a step, taken from the derivation itself."""

from chainrule.derivations.messages import LANGUAGES, message, rule_name
from chainrule.exercises.messages import say


def first_hint(derivation, language="en") -> str:
    """How to begin: what the rule at the root asks for."""
    step = getattr(derivation, "step", None)
    if step is None:  # a curve
        rule = derivation.rules[0]
        return say("before.whole", language, rule=rule_name(rule, language), says=_stated(rule, derivation, language))
    if step.chain is not None:
        return say("before.chain", language)
    return rule_hint(step, language)


def rule_hint(step, language="en") -> str:
    """The rule of a step by its name, and what it says."""
    if step.rule == "quotient":
        return say("before.quotient", language)
    if step.rule == "product":
        return say("before.product", language)
    return say("before.whole", language, rule=rule_name(step.rule, language), says=_stated(step.rule, step, language))


def _stated(rule, about, language):
    """What a rule says, about a step or a derivation."""
    key = f"rule.{rule}.says"
    said = message(key if key in LANGUAGES[language] else "rule.function.says", language)
    values = {"x": about.variable, "y": getattr(about, "output", "y"), "u": "u", "dy": "dy/dx", "order": ""}
    values["function"] = getattr(about, "function", "")
    return said.format(**{name: str(value) for name, value in values.items()})
