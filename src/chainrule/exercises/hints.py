"""Hints: what to look for before a step, taken from the derivation itself."""

from chainrule.derivations.messages import message, rule_name
from chainrule.exercises.messages import say


def first_hint(derivation, language="en") -> str:
    """How to begin: what the rule at the root asks for."""
    step = derivation.step
    if step.chain is not None:
        return say("before.chain", language)
    return rule_hint(step, language)


def rule_hint(step, language="en") -> str:
    """The rule of a step by its name, and what it says."""
    if step.rule == "quotient":
        return say("before.quotient", language)
    if step.rule == "product":
        return say("before.product", language)
    says = message(_stated(step, language), language)
    values = {"x": step.variable, "y": "y", "u": "u", "dy": "dy", "order": "", "function": step.function}
    says = says.format(**{name: str(value) for name, value in values.items()})
    return say("before.whole", language, rule=rule_name(step.rule, language), says=says)


def _stated(step, language):
    from chainrule.derivations.messages import LANGUAGES

    key = f"rule.{step.rule}.says"
    return key if key in LANGUAGES[language] else "rule.function.says"
