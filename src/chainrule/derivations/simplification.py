"""The simplified form of a result, by SymPy: the only module that imports it.

SymPy's objects are built from our tree, never from text: its parser executes what it reads. It is only used
for this last step, since it merges what was composed ((x²)³ becomes x⁶) as soon as it sees it.
"""

from fractions import Fraction

from chainrule.errors import MissingPackageError
from chainrule.expressions import (
    EXPRESSIONS,
    Abstract,
    Apply,
    Comparison,
    Constant,
    Junction,
    Number,
    Piecewise,
    Symbol,
    exact,
    has_more_parts,
    lift,
    walk,
)
from chainrule.ops import CATALOGUE

LARGEST = 150  # nodes; SymPy may think about a larger result for minutes
_LARGEST_SEARCH = 40  # its operations; a larger result is only cancelled and collected
_SAME_NAME = "sin cos tan sec csc cot sinh cosh tanh sech csch coth exp log sqrt cbrt erf erfc floor sign".split()
_OTHERWISE = {
    **{f"arc{name}": f"a{name}" for name in "sin cos tan sec csc cot sinh cosh tanh sech csch coth".split()},
    "absolute": "Abs",
    "ceil": "ceiling",
}
_BACK = {sympy: ours for ours, sympy in _OTHERWISE.items()} | {name: name for name in _SAME_NAME}


def available():
    """SymPy, imported when it is first needed.

    Raises: MissingPackageError where it is not installed.
    """
    try:
        import sympy
    except ImportError:
        raise MissingPackageError(
            "SymPy is not installed, and simplifying needs it", 'pip install "chainrule[cas]"'
        ) from None
    return sympy


def simplified(expression):
    """The expression in the shortest form that SymPy finds; None where it has no form for it, or it is too large.

    >>> x = Symbol("x")
    >>> print(simplified(5 * (x**2 + 1) ** 4 * (2 * x)))
    10x·(x² + 1)⁴
    """
    sympy = available()
    if has_more_parts(expression, LARGEST):
        return None
    try:
        theirs = _There(sympy).of(expression)
        return _Back(sympy).of(_shortest(sympy, theirs))
    except (Untranslatable, sympy.SympifyError, NotImplementedError, TypeError, ValueError, RecursionError):
        return None


def merged(expression):
    """The expression as SymPy merges it at once, with no search: x⁶ for (x²)³; None where it has no form for it."""
    sympy = available()
    try:
        return _Back(sympy).of(_There(sympy).of(expression))
    except (Untranslatable, sympy.SympifyError, NotImplementedError, TypeError, ValueError, RecursionError):
        return None


class Untranslatable(Exception):
    """An expression that one side has and the other has not."""


def _shortest(sympy, theirs):
    candidates = [theirs, sympy.factor_terms(theirs), sympy.cancel(sympy.together(theirs))]
    if theirs.count_ops() <= _LARGEST_SEARCH:
        candidates += [sympy.factor(theirs), sympy.simplify(theirs, ratio=1.0)]
    return min(candidates, key=lambda one: (one.count_ops(), len(str(one))))


class _There:
    """From our tree to SymPy's objects; variables are real."""

    def __init__(self, sympy):
        self.sympy = sympy

    def of(self, expression):
        done = {}
        for node in walk(expression):
            done[id(node.plain)] = self._one(node, [done[id(child.plain)] for child in node.children])
        return done[id(expression.plain)]

    def _one(self, node, parts):
        sympy = self.sympy
        if type(node) is Number:
            value = Fraction(node.value)
            return sympy.Rational(value.numerator, value.denominator)
        if type(node) is Constant:
            return {"pi": sympy.pi, "e": sympy.E, "infinity": sympy.oo}[node.name]
        if type(node) is Symbol:
            return sympy.Symbol(node.name, real=True)
        if type(node) is Apply:
            return self._applied(node, parts)
        if type(node) is Abstract:
            return self._abstract(node, parts)
        if type(node) is Comparison:
            relations = {"<": "Lt", "<=": "Le", ">": "Gt", ">=": "Ge", "=": "Eq", "!=": "Ne"}
            return getattr(sympy, relations[node.relation])(*parts)
        if type(node) is Junction:
            return (sympy.And if node.word == "and" else sympy.Or)(*parts)
        if type(node) is Piecewise:
            count = len(node.branches)
            pairs = [(parts[2 * i + 1], parts[2 * i]) for i in range(count)]
            return sympy.Piecewise(*pairs, (sympy.nan if node.otherwise is None else parts[-1], True))
        raise Untranslatable

    def _applied(self, node, parts):
        sympy, name = self.sympy, node.name
        direct = {
            "add": sympy.Add, "subtract": lambda a, b: a - b, "multiply": sympy.Mul, "divide": lambda a, b: a / b,
            "negative": lambda a: -a, "positive": lambda a: a, "power": sympy.Pow, "square": lambda a: a**2,
            "reciprocal": lambda a: 1 / a, "maximum": sympy.Max, "minimum": sympy.Min,
            "cbrt": lambda a: sympy.sign(a) * sympy.Abs(a) ** sympy.Rational(1, 3),
            "sigmoid": lambda a: 1 / (1 + sympy.exp(-a)), "softplus": lambda a: sympy.log(1 + sympy.exp(a)),
            "log2": lambda a: sympy.log(a) / sympy.log(2), "log10": lambda a: sympy.log(a) / sympy.log(10),
            "log_base": lambda a, b: sympy.log(a) / sympy.log(b), "log1p": lambda a: sympy.log(1 + a),
            "exp2": lambda a: 2**a, "expm1": lambda a: sympy.exp(a) - 1, "arctan2": sympy.atan2,
            "hypot": lambda a, b: sympy.sqrt(a**2 + b**2),
        }  # fmt: skip
        if name == "power" and _is_odd_root(node):
            base, exponent = parts
            size = sympy.Abs(base) ** exponent
            return sympy.sign(base) * size if exponent.p % 2 else size
        if name in direct:
            return direct[name](*parts)
        theirs = _OTHERWISE.get(name, name if name in _SAME_NAME else None)
        if theirs is None or node.params:
            raise Untranslatable
        return getattr(sympy, theirs)(*parts)

    def _abstract(self, node, parts):
        sympy = self.sympy
        stand_ins = [sympy.Dummy(f"_{i}", real=True) for i in range(len(parts))]
        if not any(node.orders):
            return sympy.Function(node.name)(*parts)
        return sympy.Function(f"{node.name}__{'_'.join(map(str, node.orders))}")(*parts) if stand_ins else None


def _is_odd_root(node):
    exponent = exact(node.arguments[1])
    return exponent is not None and getattr(exponent, "denominator", 1) % 2 == 1 and exponent.denominator != 1


class _Back:
    """From SymPy's objects to our tree."""

    def __init__(self, sympy):
        self.sympy = sympy

    def of(self, theirs):
        sympy = self.sympy
        done = {}
        for part in sympy.postorder_traversal(theirs):
            if part not in done:
                done[part] = self._one(part, [done.get(child) for child in part.args])
        return done[theirs]

    def _one(self, part, parts):
        sympy = self.sympy
        if part.is_Rational:
            return lift(Fraction(int(part.p), int(part.q)))
        if part in (sympy.pi, sympy.E, sympy.oo):
            return Constant({sympy.pi: "pi", sympy.E: "e", sympy.oo: "infinity"}[part])
        if part.is_Symbol:
            return Symbol(part.name)
        if part.is_Add:
            return self._sum(part, parts)
        if part.is_Mul:
            return self._product(part)
        if part.is_Pow or isinstance(part, sympy.exp):
            return self._power(*part.as_base_exp())
        return self._function(part, parts)

    def _sum(self, part, parts):
        ordered = part.as_ordered_terms()
        total = None
        for term in ordered:
            ours = self.of(term)
            negative = type(ours) is Apply and ours.name == "negative"
            if total is None:
                total = ours
            else:
                total = total - ours.arguments[0] if negative else total + ours
        return total

    def _product(self, part):
        sympy = self.sympy
        minus = part.could_extract_minus_sign()
        top, bottom = sympy.fraction(-part if minus else part)
        above, below = (self._factors(side) for side in (top, bottom))
        ours = above if bottom == 1 else above / below
        return -ours if minus else ours

    def _factors(self, side):
        factors = side.as_ordered_factors() if side.is_Mul else [side]
        ours = [self.of(factor) for factor in factors]
        result = ours[0]
        for factor in ours[1:]:
            result = result * factor
        return result

    def _power(self, base, exponent):
        sympy = self.sympy
        if base is sympy.E:
            return EXPRESSIONS.exp(self.of(exponent))
        if exponent.is_Rational and exponent < 0:
            return 1 / self._power(base, -exponent)
        if exponent == 1:
            return self.of(base)
        if exponent == sympy.Rational(1, 2):
            return EXPRESSIONS.sqrt(self.of(base))
        return self.of(base) ** self.of(exponent)

    def _function(self, part, parts):
        sympy = self.sympy
        name = type(part).__name__
        if isinstance(part, (sympy.Max, sympy.Min)):
            ours, rest = parts[0], parts[1:]
            for other in rest:
                ours = Apply(CATALOGUE["maximum" if isinstance(part, sympy.Max) else "minimum"], (ours, other))
            return ours
        if name in _BACK:
            return Apply(CATALOGUE[_BACK[name]], parts)
        if isinstance(part, sympy.core.function.AppliedUndef):
            name, _, orders = name.partition("__")
            return Abstract(name, parts, tuple(map(int, orders.split("_"))) if orders else None)
        raise Untranslatable
