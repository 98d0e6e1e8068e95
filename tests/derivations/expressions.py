"""Random expressions of one variable, built from every function of one number that a textbook knows."""

from fractions import Fraction

from hypothesis import strategies as st

from chainrule.expressions import EXPRESSIONS, Constant, Number, Piecewise, Symbol, lift

X = Symbol("x")
FUNCTIONS = """sin cos tan sec csc cot arcsin arccos arctan arcsec arccsc arccot sinh cosh tanh sech csch coth
    arcsinh arccosh arctanh arcsech arccsch arccoth exp exp2 expm1 log log2 log10 log1p sqrt cbrt absolute sign
    sigmoid softplus square reciprocal negative erf floor""".split()
PAIRS = ("add", "subtract", "multiply", "divide", "maximum", "minimum", "hypot", "arctan2", "logaddexp")


def numbers():
    """Constants as they are written: whole numbers, decimals, fractions, pi and e."""
    whole = st.integers(-5, 9).map(lift)
    decimals = st.sampled_from(["0.5", "1.25", "2.7"]).map(lambda text: Number(Fraction(text), text))
    fractions = st.sampled_from([Fraction(1, 3), Fraction(-2, 7), Fraction(3, 2)]).map(lift)
    return whole | decimals | fractions | st.sampled_from([Constant("pi"), Constant("e")])


def _applied(parts):
    unary = st.builds(lambda name, a: getattr(EXPRESSIONS, name)(a), st.sampled_from(FUNCTIONS), parts)
    binary = st.builds(lambda name, a, b: getattr(EXPRESSIONS, name)(a, b), st.sampled_from(PAIRS), parts, parts)
    exponents = st.sampled_from([2, 3, -1, -2, Fraction(1, 2), Fraction(1, 3), Fraction(2, 3), Fraction(-3, 2)])
    powers = st.builds(lambda a, n: a ** lift(n), parts, exponents)
    bases = st.builds(lambda b, a: lift(b) ** a, st.sampled_from([2, 3, 10, Fraction(1, 2)]), parts)
    general = st.builds(lambda a, b: a**b, parts, parts)
    branches = st.builds(lambda c, a, b: Piecewise(((c < 1, a),), b), parts, parts, parts)
    return unary | unary | binary | powers | bases | general | branches


def expressions(most=12):
    """Expressions in x with up to `most` operations inside each other."""
    return st.recursive(st.just(X) | st.just(X) | numbers(), _applied, max_leaves=most)


def nested(deepest=12):
    """A composition of up to `deepest` functions."""
    return st.lists(st.sampled_from(FUNCTIONS), min_size=1, max_size=deepest).map(_composed)


def _composed(names):
    expression = X
    for name in reversed(names):
        expression = getattr(EXPRESSIONS, name)(expression)
    return expression
