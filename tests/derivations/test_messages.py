"""The tables of words: every language has the same messages, with the same places in them."""

import pytest

from chainrule.derivations.messages import ENGLISH, LANGUAGES, message, places
from chainrule.exercises import messages as exercises


def _names(text):
    return {name for _, name in places(text) if name is not None}


@pytest.mark.parametrize("tables", [LANGUAGES, exercises.LANGUAGES], ids=["derivations", "exercises"])
def test_every_language_has_every_message(tables):
    english = tables["en"]
    for language, table in tables.items():
        assert list(english.keys() - table.keys()) == [], language
        assert list(table.keys() - english.keys()) == [], language
        for key, text in table.items():
            assert text.strip(), (language, key)
            assert _names(text) == _names(english[key]), (language, key)


def test_german_is_not_english():
    """Where the two agree there are no words, or the same ones."""
    for key in ENGLISH:
        if message(key, "de") == message(key, "en"):
            words = "".join(literal for literal, _ in places(message(key)))
            same_in_both = ("rule.max", "rule.min", "rule.substitution")
            assert not any(sign.isalpha() for sign in words) or key in same_in_both, key


def test_every_slip_has_a_name_a_sentence_and_a_hint():
    from chainrule.exercises.malrules import MALRULES

    for malrule in MALRULES:
        for key in (f"name.{malrule.id}", f"slip.{malrule.id}", f"hint.{malrule.id}"):
            assert key in exercises.ENGLISH, key
