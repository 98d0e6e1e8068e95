"""Reading mathematics as people type it, and the LaTeX that they paste; nothing is evaluated.

`lexer` (typed text) and `latex` make `tokens`; `words` tells functions from letters; `grammar`, with `calls`,
makes expressions; `statements` says what the whole text asks. Where a text can be understood in two ways, the
way that was taken is kept as one of the `readings`.

>>> parsed = parse("1/2x sin^-1 x")
>>> print(parsed)
(1/2)·x·arcsin(x)
>>> for reading in parsed.readings:
...     print(reading)
`sin^-1 x` is read as the inverse function, arcsin(x); write 1/sin(x) for the reciprocal
`1/2x sin^-1 x` is read from left to right, as (1/2)·x·arcsin(x); write 1/(2x·arcsin(x)) for the other
"""

from typing import Any

from chainrule.derivations.parsing.grammar import Grammar, Scalars
from chainrule.derivations.parsing.latex import LatexLexer, is_latex
from chainrule.derivations.parsing.lexer import Lexer
from chainrule.derivations.parsing.readings import Reading
from chainrule.derivations.parsing.statements import Parsed, Statements, frame_of
from chainrule.derivations.parsing.tokens import problem
from chainrule.derivations.parsing.words import declared_names
from chainrule.errors import ArgumentError

__all__ = ["LONGEST", "Parsed", "Reading", "Scalars", "parse"]

LONGEST = 10_000


def parse(text, functions=(), variables=(), log: Any = "e", dialect=None) -> Parsed:
    """What a text says, as expressions.

    Args:
        text: mathematics as one types it, or LaTeX; at most 10,000 characters.
        functions: names of functions that are only declared, as "f" or, where f alone shall mean f(x), as
            "f(x)".
        variables: names of variables that are more than a letter.
        log: the base of a log without one, "e" or 10.
        dialect: other signs and functions than those of numbers (see `grammar.Scalars`).

    Raises: ParseError, which points at the place and says what to do; ArgumentError for an argument that
        makes no sense.

    >>> print(parse("y = 6u^3; u = 7x - 4"))
    y = 6u³; u = 7x − 4
    >>> parse("9**9**9**9")
    Traceback (most recent call last):
    chainrule.errors.ParseError: the exponent is greater than 1,000,000...
    """
    if not isinstance(text, str):
        raise ArgumentError(f"a {type(text).__name__} is no text", "give the expression as a string")
    if log not in ("e", 10):
        raise ArgumentError(f"log={log!r} is no base that is known", 'use log="e" or log=10')
    if len(text) > LONGEST:
        what = f"the text has {len(text):,} characters, and at most {LONGEST:,} are read"
        raise problem(text, LONGEST, LONGEST + 1, what, "name a part: y = ...; u = ...")
    kinds, arguments = declared_names(functions, variables)
    dialect = dialect or Scalars()
    lexer = (LatexLexer if is_latex(text) else Lexer)(text, kinds, dialect.matrices)
    frame = frame_of(text)

    def grammar(start, end):
        return Grammar(text, lexer.tokens(start, end), lexer.readings, kinds, arguments, log, dialect)

    def number_at(start, end):
        reader = grammar(start, end)
        number = reader.run(reader.expression())
        if reader.token.kind != "end":
            reader.fail(reader.token, "a number ends here", "separate numbers by commas")
        return number

    return Statements(text, frame, grammar(frame.start, frame.end), number_at).parsed()
