"""The dialect of vectors and matrices: its signs, its functions, and how a text shows that it is meant.

A product here says only that two things are multiplied; whether that is a matrix product, an inner or an
outer one depends on their shapes, which `chainrule.derivations.matrices` finds out. So everything that only
shapes can decide is left as an `Abstract` under the names below.

>>> from chainrule.derivations.parsing import parse
>>> parse("x'*A*x", functions=HEADS, dialect=Matrices()).expression.name
'*'
"""

import re

from chainrule.derivations.parsing.grammar import POWER, PRODUCT, SUM
from chainrule.expressions import Abstract
from chainrule.expressions.tree import number_of

# Functions that the parser of numbers does not know, under the names by which they are read.
HEADS = tuple(
    """tr trace det logdet inv diag sum mean norm norm1 norm2 normF norminf outer dot inner softmax logsumexp
    crossentropy onehot ones vector matrix eye prod var std chol cholesky solve transpose hadamard""".split()
)
_TURNED = "transpose"  # x'
_INVERTED = "inverse transpose"  # x⁻ᵀ


class Matrices:
    """The signs of expressions in vectors and matrices (see `grammar.Scalars`)."""

    matrices = True
    infix: dict = {  # noqa: RUF012  (a table)
        "+": (SUM, "+"),
        "-": (SUM, "-"),
        "*": (PRODUCT, "*"),
        "/": (PRODUCT, "/"),
        "@": (PRODUCT, "@"),
        ".": (PRODUCT, "."),
        ".*": (PRODUCT, ".*"),
        "./": (PRODUCT, "./"),
        ".^": (POWER, ".^"),
    }

    def __init__(self):
        self.postfix = {"'": lambda operand: _left(_TURNED, operand), "⁻ᵀ": lambda operand: _left(_INVERTED, operand)}
        self.functions = {
            name: lambda arguments, place, name=name: _entries_or_extreme(name, arguments, place)
            for name in ("maximum", "minimum")
        }

    def combine(self, sign, left, right, place):
        return Abstract(sign, (number_of(left), number_of(right)), place=place)


def _left(name, *operands):
    return Abstract(name, [number_of(operand) for operand in operands])


def _entries_or_extreme(name, arguments, place):
    """max(v) is the largest entry, max(a, b) the larger of two."""
    arguments = [number_of(argument) for argument in arguments]
    while len(arguments) > 2:
        arguments[:2] = [Abstract(name, arguments[:2], place=place)]
    return Abstract(name, arguments, place=place)


_SHOWS = re.compile(
    r"@|\.[*/^]|⊙|ᵀ|⁻ᵀ|‖|(?<=[\w)\]])'|\^T\b|\.T\b|\\top\b|\\intercal\b|\\\||\\lVert\b|\\Vert\b|\\odot\b"
    r"|\^\s*\{\s*-?\s*T\s*\}|\\operatorname\*?\s*\{(?:tr|diag|det)\}|\\det\b|\\mathrm\s*\{tr\}"
    rf"|(?<![A-Za-z_])(?:{'|'.join(sorted(HEADS, key=len, reverse=True))}|cross_entropy)\s*\("
    r"|(?<![A-Za-z_])(?:max|min)\s*\(\s*\w+\s*\)"
    r"|(?<![\w.])[A-Za-z]\w{0,3}\.[A-Za-z]\w{0,3}(?![\w(])"
)


def shows_matrices(text):
    """Whether a text can only be meant for vectors and matrices.

    >>> shows_matrices("0.5*x'*A*x"), shows_matrices("x^2 sin(x)"), shows_matrices("f'(x)")
    (True, False, False)
    """
    found = _SHOWS.search(text)
    while found is not None:
        prime = found[0] == "'" and re.match(r"['′]*\s*\(", text[found.start() :]) is not None  # f'(x)
        if not prime:
            return True
        found = _SHOWS.search(text, found.end())
    return False
