"""Any text whatever: an expression or a ParseError, soon, without recursion, and nothing is run."""

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.derivations.parsing import LONGEST, parse
from chainrule.errors import ParseError
from tests.derivations.parsing.test_policy import LATEX, MORE, POLICY

PIECES = r"""
    x y t e pi π α 2 10 0.5 .5 1e3 + - * / ^ ** = < >= ≤ ( ) [ ] { } | , ; ' ′ _ _1 ₁ ² ⁻ √ ∛ ½ ⌊ ⌉ · − × ÷ sin cos
    ln log log_2 log2 exp sqrt max atan2 relu σ f g f' foo if else otherwise and or not where with at d/dx d2/dxdy:
    implicit: parametric: \frac \sqrt \sqrt[3] \left( \right) \left| \right| \sin^2 \ln \cdot \alpha \pi \mathrm{x}
    \operatorname{relu} \begin{cases} \end{cases} \\ & \text{if} \text{otherwise} ^{ _{ \infty \int \foo $ \( \)
    9**9**9""".split()
VALID = [text for text, *_ in POLICY + MORE + LATEX]


def read(text):
    """Parse, and print what was read and every reading; True where it was read."""
    try:
        parsed = parse(text)
    except ParseError as error:
        assert 0 <= error.start <= error.end <= max(len(text), error.end)
        assert error.what and error.do and str(error)
        return False
    assert str(parsed)
    for reading in parsed.readings:
        assert str(reading)
    return True


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_characters(text):
    read(text)


@given(st.lists(st.sampled_from(PIECES), max_size=25), st.sampled_from(["", " "]))
@settings(max_examples=600, deadline=None)
def test_any_words_and_signs(pieces, between):
    read(between.join(pieces))


@given(st.sampled_from(VALID), st.integers(0, 2**32))
@settings(max_examples=600, deadline=None)
def test_valid_texts_with_a_few_changes(text, seed):
    choose = random.Random(seed)
    for _ in range(choose.randrange(1, 4)):
        place = choose.randrange(len(text) + 1)
        stop = min(len(text), place + choose.randrange(3))
        text = text[:place] + choose.choice(["", choose.choice(PIECES), choose.choice(text or " ")]) + text[stop:]
    read(text)


HOSTILE = {
    "calls": "__import__('os').getpid()",
    "classes": "().__class__.__bases__[0].__subclasses__()",
    "lambda": "(lambda: 1)()",
    "comprehension": "[x for x in ()]",
    "format": "{x.__class__}",
    "powers": "9**9**9**9",
    "tower": "9^" * 3000 + "9",
    "open": "(" * LONGEST,
    "bars": "|" * LONGEST,
    "braces": "{" * LONGEST,
    "signs": "-" * (LONGEST - 1) + "x",
    "roots": "√" * LONGEST,
    "primes": "f" + "'" * 9000 + "(x)",
    "exponents": "x^" * 4999 + "x",
    "superscripts": "x" + "²" * 9000,
    "digits": "9" * LONGEST,
    "letters": "x" * LONGEST,
    "calls inside": "sin(" * LONGEST,
    "fractions": r"\frac" * 2000,
    "fractions inside": r"\frac{1}{" * 1100,
    "indices of roots": r"\sqrt[" * 1600,
    "cases": r"\begin{cases}" * 700,
    "not": "not " * 2500,
    "choices": "x if x>0 else " * 700,
    "spaces": " " * LONGEST,
    "lines": "\n" * LONGEST,
    "an index of spaces": "x_{" + " " * 9000,
    "a point of commas": "x at (" + "," * 9000,
    "points": "x at x=1 " * 1100 + ";",
    "derivatives": "d2/(" + "dx" * 4900,
    "a fraction of derivatives": r"\frac{d" + "d" * 9000,
    "nul": "\x00" * 100,
    "surrogate": "\ud800 + x",
    "right to left": "\u202ex + 1",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_refused(text):
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert len(str(caught.value)) < 500
    str(caught.value).encode("utf-8")


LONG = {
    "a sum": "+".join(["x"] * 5000),
    "a difference": "-x" * 5000,
    "a product": " ".join(["x"] * 5000),
    "brackets": "(" * 2400 + "x" + ")" * 2400,
    "compositions": "sin(" * 1999 + "x" + ")" * 1999,
    "bare compositions": "sin " * 2400 + "x",
    "powers": "x^" * 2400 + "x",
    "quotients": "1/2x" * 2500,
    "functions": "f(" * 2400 + "x" + ")" * 2400,
    "arguments": "max(" + ",".join(["x"] * 4900) + ")",
    "logarithms": "log " * 2400 + "x",
    "comparisons": "{x if " + "x<" * 4900 + "x}",
    "conditions": "{x if " + "x>0 and " * 1200 + "x>0}",
    "squares": "x²" * 5000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_long_texts_are_read_whatever_the_recursion_limit(text):
    limit = sys.getrecursionlimit()
    depth = len(_frames())
    try:
        sys.setrecursionlimit(depth + 120)
        assert read(text)
    finally:
        sys.setrecursionlimit(limit)


def _frames():
    frames, frame = [], sys._getframe()
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames


def test_too_long_a_text_is_refused():
    with pytest.raises(ParseError, match="10,001 characters, and at most 10,000 are read"):
        parse("x" * (LONGEST + 1))
