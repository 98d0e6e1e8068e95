"""What functions and letters are called: one vocabulary for the parser and for every printer."""

from typing import NamedTuple

from chainrule.core.primitive import Elementwise
from chainrule.ops import CATALOGUE


class Word(NamedTuple):
    """How a room is written.

    Attributes:
        text: the name on one line of text.
        latex: the same in LaTeX.
        aliases: other names that are understood.
    """

    text: str
    latex: str
    aliases: tuple[str, ...] = ()


def _operator(name):
    return rf"\operatorname{{{name}}}"


def _macro(name, *aliases):
    return Word(name, "\\" + name, aliases)


def _named(name, *aliases):
    return Word(name, _operator(name), aliases)


WORDS = {
    "sin": _macro("sin", "sine"),
    "cos": _macro("cos", "cosine"),
    "tan": _macro("tan", "tg", "tangent"),
    "sec": _macro("sec"),
    "csc": _macro("csc", "cosec"),
    "cot": _macro("cot", "ctg", "cotan"),
    "arcsin": _macro("arcsin", "asin"),
    "arccos": _macro("arccos", "acos"),
    "arctan": _macro("arctan", "atan", "arctg"),
    "arcsec": _named("arcsec", "asec"),
    "arccsc": _named("arccsc", "acsc", "arccosec"),
    "arccot": _named("arccot", "acot", "arcctg"),
    "sinh": _macro("sinh", "sh"),
    "cosh": _macro("cosh", "ch"),
    "tanh": _macro("tanh", "th"),
    "sech": _named("sech"),
    "csch": _named("csch", "cosech"),
    "coth": _macro("coth"),
    "arcsinh": _named("arsinh", "arcsinh", "asinh", "argsinh"),
    "arccosh": _named("arcosh", "arccosh", "acosh", "argcosh"),
    "arctanh": _named("artanh", "arctanh", "atanh", "argtanh"),
    "arcsech": _named("arsech", "arcsech", "asech"),
    "arccsch": _named("arcsch", "arccsch", "acsch"),
    "arccoth": _named("arcoth", "arccoth", "acoth"),
    "exp": _macro("exp"),
    "log": _macro("ln"),
    "sqrt": _named("sqrt"),
    "cbrt": _named("cbrt"),
    "absolute": _named("abs", "absolute", "fabs"),
    "sign": _named("sign", "sgn", "signum"),
    "maximum": Word("max", r"\max", ("maximum",)),
    "minimum": Word("min", r"\min", ("minimum",)),
    "arctan2": _named("atan2", "arctan2"),
    "sigmoid": Word("σ", r"\sigma", ("sigmoid", "expit", "logistic")),
    "floor": _named("floor"),
    "ceil": _named("ceil", "ceiling"),
    "rint": _named("round", "rint"),
    "remainder": _named("mod", "remainder"),
    "copysign": _named("copysign"),
    "square": _named("square"),
    "reciprocal": _named("reciprocal"),
}
# The other elementwise rooms are called what they are called in NumPy. Those left out are written by signs
# (a + b), by braces (where) or by an index (log_b x).
_BY_SIGNS = "add subtract multiply divide negative power log_base log2 log10 where nan_to_num".split()
for _name, _primitive in CATALOGUE.items():
    if isinstance(_primitive, Elementwise) and _name not in WORDS and _name not in _BY_SIGNS:
        WORDS[_name] = _named(_name.replace("_", ""), *([_name] if "_" in _name else []))

# What a word on the page names: the room.
ROOMS = {word: room for room, entry in WORDS.items() for word in (entry.text, *entry.aliases)}

# Functions that are superscripted themselves: sin²(x) for (sin(x))².
RAISED = frozenset(
    """sin cos tan sec csc cot sinh cosh tanh sech csch coth arcsin arccos arctan arcsec arccsc arccot
    arcsinh arccosh arctanh arcsech arccsch arccoth log""".split()
)

GREEK: dict[str, str] = dict(
    zip(
        """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron rho sigma tau upsilon
        phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega""".split(),
        "αβγδεζηθικλμνξορστυφχψωΓΔΘΛΞΠΣΥΦΨΩ",
    )
)
LETTERS: dict[str, str] = {letter: name for name, letter in GREEK.items()} | {
    "ϵ": "epsilon",
    "ϕ": "phi",
    "ϑ": "theta",
    "ς": "sigma",
}

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def split_name(name: str) -> tuple[str, str]:
    """A variable's name as (base, index): ("x", "1") for x1, ("x", "max") for x_max; index may be ""."""
    base, _, index = name.partition("_")
    if not index:
        base = name.rstrip("0123456789")
        index = name[len(base) :]
    return (base, index) if base else (name, "")


def variable_name(text: str) -> str:
    """The one name of a variable, however it is written: "x1" for x_1 and x₁, "alpha" for α.

    >>> variable_name("x_1"), variable_name("x₁"), variable_name("α"), variable_name("x_max")
    ('x1', 'x1', 'alpha', 'x_max')
    """
    for digit, index in enumerate("₀₁₂₃₄₅₆₇₈₉"):
        text = text.replace(index, str(digit))
    base, _, index = text.partition("_")
    base, index = LETTERS.get(base, base), index.strip("{}")
    stem = base.rstrip("0123456789")
    base = LETTERS.get(stem, stem) + base[len(stem) :]
    return base + index if index.isdigit() and not base[-1:].isdigit() else f"{base}_{index}" if index else base
