"""Errors: what is wrong, carets under the place, what to do."""

import pickle

import pytest

from chainrule.derivations.parsing import parse
from chainrule.errors import ParseError

# text, what is pointed at, what is wrong, what to do
REFUSED = [
    ("foo(x)", "foo", "there is no function foo", "declare it"),
    ("sinn(x)", "sinn", "there is no function sinn", "did you mean sin?"),
    ("sigmod(x)", "sigmod", "there is no function sigmod", "did you mean sigmoid?"),
    ("norm2(x)", "norm2", "there is no function norm2", "declare it"),
    ("speed t", "speed", "speed is no function and no variable", 'variables=("speed",)'),
    ("sni x", "sni", "sni is no function", "did you mean sin?"),
    ("sqt x", "sqt", "sqt is no function", "did you mean sqrt?"),
    ("learning_rate*x", "learning_rate", "learning_rate is no function", 'variables=("learning_rate",)'),
    ("(x+1", "(", "this ( is never closed", "close it"),
    ("x+1)", ")", "nothing was opened that ) could close", "leave it out"),
    ("(x+1]", "]", "( is closed by ]", "brackets of one kind"),
    ("|x", "|", "this | is never closed", "close it"),
    ("x +", "", "something is missing at the end", "write the number"),
    ("* x", "*", "something is missing before *", "write the number"),
    ("x */ y", "/", "something is missing before /", "write the number"),
    ("sin()", ")", "something is missing before )", "write the number"),
    ("sin", "sin", "sin has no argument", "write sin(x)"),
    ("max x", "max", "max needs its arguments in brackets", "write max(a, b)"),
    ("max(x)", "max(x)", "max takes two arguments or more", "write max(x, y)"),
    ("sin(x, y)", "sin(x, y)", "sin takes one argument, and 2 are given", "write sin(x)"),
    ("atan2(x)", "atan2(x)", "atan2 takes 2 arguments, and 1 is given", "write atan2(x, y)"),
    ("x 2", "2", "an operator is missing before this number", "write * for a product"),
    ("(1, 2)", ",", "a list of numbers is no number", "use a point for decimals"),
    ("x!", "!", "! has no meaning here", "write factorials out"),
    ("5%", "%", "% has no meaning here", "x/100"),
    ("sin 30°", "°", "degrees have no derivative rule", "radians"),
    ("x ± 1", "±", "± has two values", "one by one"),
    ("∞", "∞", "infinity is no number", "leave it out"),
    ("x @ y", "@", "@ belongs to vectors and matrices", "declare shapes="),
    ("w.x", ".", ". belongs to vectors and matrices", "use *"),
    ("x'", "'", "x is no function that was declared", 'functions=("x(x)",)'),
    ("sin'(x)", "'", "not written with a prime", "write cos(x)"),
    ("not x", "not", "not stands before a condition", "compare first"),
    ("x and y > 0", "x", "and joins conditions", "compare first"),
    ("x if x > 0", "", "the other branch is missing", "else 0"),
    ("{x; 1 otherwise}", ";", "this branch has no condition", "write `if`"),
    ("{1 otherwise; x if x > 0}", "x", "nothing can follow the otherwise branch", "put it last"),
    ("{1 otherwise}", "{", "needs a branch with a condition", "write {x if x > 0"),
    ("{x if x}", "x", "this is no condition", "compare"),
    ("where(x, 1, 2)", "where(x, 1, 2)", "where begins with a condition", "where(x > 0"),
    ("sin_2(x)", "_", "sin has no index", "log_2"),
    ("_x", "_x", "an index needs a letter before it", "write x_1"),
    ("f''''''''''''''''''''''(x)", "'" * 22, "a derivative of order 22 is too high", "at most 20"),
    ("9**9**9**9", "9**9**9", "the exponent is greater than 1,000,000", "use a smaller one"),
    ("x^(10^9)", "(10^9)", "the exponent is greater than 1,000,000", "use a smaller one"),
    ("1" * 401, "1" * 401, "the number has more than 400 digits", "round it"),
    ("1e999", "1e999", "the number has more than 400 digits", "round it"),
    ("__import__('os').getpid()", "__import__", "an index needs a letter before it", "write x_1"),
    ("().__class__", ".", ". belongs to vectors and matrices", "use *"),
    ("x; DROP TABLE", "DROP", "DROP is no function", "declare it"),
    ("x: 0", ":", ": stands only after a command", "use /"),
    ("x\x00", "\x00", "the character U+0000 has no meaning here", "leave it out"),
    ("x + 漢", "漢", "漢 has no meaning here", "leave it out"),
    (r"\sen x", r"\sen", r"the command \sen is not read", "leave it out"),
    (r"\sinn x", r"\sinn", r"the command \sinn is not read", r"did you mean \sin?"),
    (r"\infty", r"\infty", "infinity is no number", "limits are not taken"),
    (r"\int x", r"\int", r"\int is not taken here", "give the expression itself"),
    (r"x^{2", "{", "this { is never closed", "close it"),
    (r"\sqrt[3", "[", "this [ is never closed", "close it"),
    (r"\frac{1}", "", "something is missing at the end", "write the number"),
    (r"\begin{matrix} x \end{matrix}", r"\begin{matrix}", "the environment matrix is not read", "use cases"),
    (r"\operatorname{foo}(x)", r"\operatorname{foo}", "there is no function foo", "declare it"),
    (r"x & \alpha", "&", "& stands only in cases", "leave it out"),
    ("x}" + r"\alpha", "}", "nothing was opened that } could close", "leave it out"),
]


@pytest.mark.parametrize("text, place, what, do", REFUSED, ids=[repr(case[0])[:30] for case in REFUSED])
def test_an_error_points_at_the_place_and_says_what_to_do(text, place, what, do):
    with pytest.raises(ParseError) as caught:
        parse(text)
    error = caught.value
    assert what in error.what
    assert do in error.do
    assert text[error.start : error.end].startswith(place) or place.startswith(text[error.start : error.end])
    _, _, carets, *_ = str(error).split("\n")
    if len(text) < 30:
        assert carets.index("^") == len("  where: ") + error.start


def test_the_message_in_full():
    with pytest.raises(ParseError) as caught:
        parse("1 + sinn(x)/2")
    assert str(caught.value) == (
        "there is no function sinn\n"
        "  where: 1 + sinn(x)/2\n"
        "             ^^^^\n"
        '  what to do: did you mean sin? Otherwise declare it: functions=("sinn",)'
    )


def test_only_the_part_around_the_place_of_a_long_text_is_shown():
    with pytest.raises(ParseError) as caught:
        parse("x + " * 500 + "foo(x)" + " + x" * 500)
    line, carets = str(caught.value).split("\n")[1:3]
    assert len(line) < 90 and line.removeprefix("  where: ").startswith("…") and line.endswith("…")
    assert line[carets.index("^") :].startswith("foo(x)")


def test_only_the_line_of_the_place_is_shown():
    with pytest.raises(ParseError) as caught:
        parse("y = u^2\nu = foo(x)")
    assert "where: u = foo(x)\n" in str(caught.value)


def test_an_error_can_be_pickled():
    with pytest.raises(ParseError) as caught:
        parse("foo(x)")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and (again.start, again.end) == (0, 3)
