"""Functions and what they are applied to: brackets, or one monomial without them; powers of functions."""

from typing import Any

from chainrule.derivations.parsing.tokens import Token
from chainrule.expressions import Apply, Constant, Number, Piecewise, Symbol, exact
from chainrule.expressions.names import RAISED
from chainrule.expressions.tree import number_of
from chainrule.ops import CATALOGUE

_INVERSE = {name: f"arc{name}" for name in "sin cos tan sec csc cot sinh cosh tanh sech csch coth".split()}
_SEVERAL = ("maximum", "minimum")  # functions of two arguments or more
_LOGARITHMS = {"log of no base": None, "log of base 2": 2, "log of base 10": 10}


class Calls:
    """The part of the grammar that reads functions; see `Grammar`, which it is a part of."""

    token: Any
    end: Any
    text: str
    log: Any
    dialect: Any
    ahead: Any
    take: Any
    fail: Any
    note: Any
    expression: Any
    choice: Any
    operand: Any
    exponent: Any
    primary: Any
    close: Any
    _bars: list

    def function(self):
        """A function's name, an index, an exponent, and its argument."""
        name = self.take()
        base = yield self._base(name)
        power = None
        if self.token.kind == "primes":
            self.fail(
                self.token, "the derivative of a known function is not written with a prime", "write cos(x) for sin'(x)"
            )
        if self.token.is_sign("^"):
            self.take()
            power = yield self.exponent_of_function()
        if self.token.is_sign("("):
            arguments = yield self.call_arguments()
            bare = None
        elif self.token.is_sign("group("):
            arguments, bare = ((yield self.primary()),), None
        else:
            self._check_bare(name)
            argument, bare = yield self.monomial()
            arguments = (argument,)
        value = self._apply(name, base, arguments, power)
        if bare is not None:
            self._note_bare(name, value, arguments[0], bare)
        elif power is None and self.token.is_sign("^") and (name.value not in RAISED or name.value == "log"):
            self.note("power of value", name.start, self.token.end, f"({self._written(name, self.end)})^…")
        return value

    def _written(self, name, end):
        return self.text[name.start : end]

    def _check_bare(self, name):
        """Refuse a function without an argument, or one of several without brackets."""
        token, written = self.token, self._written(name, name.end)
        several = name.value in _SEVERAL or len(getattr(CATALOGUE.get(name.value), "samples", ())) > 1
        if several or name.value in ("where", "pow", "root", "log base"):
            self.fail(name, f"{written} needs its arguments in brackets", f"write {written}(a, b)")
        begins = token.kind in ("number", "variable", "constant", "function", "abstract")
        begins = begins or token.is_sign("-", "+", "√", "∛", "∜", "frac", "root", "|", "|(", "⌊", "⌈", "{")
        if not begins or token.is_sign("|") and self._bars[-1]:
            self.fail(name, f"{written} has no argument", f"write {written}(x)")

    def _base(self, name):
        """The base of a logarithm: an index, or digits written onto log."""
        token = self.token
        if token.is_sign("_"):
            if name.value != "log of no base":
                self.fail(token, f"{self._written(name, name.end)} has no index", "use an index for log_2 and x_1")
            self.take()
            return (yield self.primary())
        onto = token.kind == "number" and not token.spaced and token.start == name.end
        if name.value == "log of no base" and onto and exact(Number(token.value[0])) in (2, 10):
            follows = self.ahead()
            if follows.spaced and follows.kind != "end" and not follows.is_sign("+", "-", "*", "/", "^"):
                self.take()
                digits = token.value[1]
                self.note("log index", name.start, token.end, f"log_{digits}", f"log({digits}…)")
                return Number(token.value[0])
        return None

    def exponent_of_function(self):
        """The exponent in sin^2 x: a signed number or letter, or a bracket."""
        token = self.token
        if token.is_sign("-", "+"):
            self.take()
            inner = yield self.exponent_of_function()
            return Apply(CATALOGUE["negative"], (inner,)) if token.value == "-" else inner
        if token.kind not in ("number", "variable", "constant") and not token.is_sign("(", "group("):
            self.fail(token, "the exponent of a function is a number, a letter or a bracket", "write (sin(x))^n")
        return number_of((yield self.primary()))

    def call_arguments(self):
        """( ... , ... )."""
        opened = self.take()
        self._bars.append(0)
        arguments = []
        while True:
            arguments.append((yield self.choice()))
            if not self.token.is_sign(",", ";"):
                break
            self.take()
        self._bars.pop()
        self.close(opened, ")")
        return tuple(arguments)

    def monomial(self):
        """The argument of a function without brackets, up to the next function, bracket or sign.

        Returns: the argument, and its factors (to note what was read).
        """
        token = self.token
        if token.is_sign("-", "+"):
            self.take()
            inner, factors = yield self.monomial()
            minus = token.value == "-"
            return (Apply(CATALOGUE["negative"], (inner,), place=(token.start, self.end)) if minus else inner), factors
        start, ends = token.start, token.kind == "function" or token.kind == "abstract"
        argument = yield self.expression(_TIGHT)
        factors = [argument]
        while not ends and self._continues(factors):
            factor = yield self.expression(_TIGHT)
            factors.append(factor)
            pair = (number_of(argument), number_of(factor))
            argument = Apply(CATALOGUE["multiply"], pair, None, "juxtaposed", (start, self.end))
        return argument, factors

    def _continues(self, factors):
        """Whether what comes next is one more factor of an argument without brackets."""
        token, follows = self.token, self.ahead()
        if token.kind == "constant":
            return token.value != "e" or not follows.is_sign("^")
        if token.kind == "variable":
            return not follows.is_sign("(") or all(type(factor) in (Number, Constant) for factor in factors)
        return token.is_sign("(") and all(type(factor) in (Number, Constant) for factor in factors)

    def _note_bare(self, name, value, argument, factors):
        """Note an argument without brackets that could end elsewhere."""
        token, written = self.token, self._written(name, name.end)
        letters = [factor for factor in factors if type(factor) not in (Number, Constant)]
        if len(letters) > 1:
            count = 1 + next(i for i, factor in enumerate(factors) if factor is letters[0])
            first, rest = (_joined(part) for part in (factors[:count], factors[count:]))
            self.note("argument", name.start, self.end, value, (f"{written}(", *first, ")·", *rest))
        elif token.is_sign("*", "/") or token.is_sign("(") and not token.spaced:
            sign = "·" if token.value == "(" else token.value
            ways = (f"{written}(", argument, f"){sign}…"), (f"{written}(", argument, f"{sign}…)")
            self.note("argument", name.start, token.end, *ways)

    def _apply(self, name, base, arguments, power):
        """The function's value; sin^-1 is the inverse function, another exponent a power of the value."""
        place = (name.start, self.end)
        inverse = _INVERSE.get(name.value)
        if power is not None and inverse is not None and exact(power) == -1:
            self._check_count(name, arguments, 1)
            value = Apply(CATALOGUE[inverse], arguments, None, "inverse", place)
            self.note(
                "inverse", *place, value, Apply(CATALOGUE["divide"], (1, self._call(name, base, arguments, None)))
            )
            return value
        value = self._call(name, base, arguments, place)
        if power is None:
            return value
        if name.value not in RAISED and exact(power) == -1:
            self.note("power of value", *place, Apply(CATALOGUE["power"], (value, power)))
        return Apply(CATALOGUE["power"], (value, power), None, "function", place)

    def _call(self, name, base, arguments, place):
        room = name.value
        given = room in self.dialect.functions
        if given:
            return self.dialect.functions[room](arguments, place)
        arguments = tuple(number_of(argument) if room != "where" else argument for argument in arguments)
        if room in _LOGARITHMS:
            return self._logarithm(name, base, arguments, place)
        spelled = getattr(self, f"_{room.replace(' ', '_')}_of", None)
        if spelled is not None:
            return spelled(name, arguments, place)
        if room in _SEVERAL:
            return self._extreme(name, arguments, place)
        primitive: Any = CATALOGUE[room]
        self._check_count(name, arguments, primitive.arity)
        return Apply(primitive, arguments, None, "exp" if room == "exp" else None, place)

    def _check_count(self, name, arguments, count):
        if len(arguments) != count:
            written = self._written(name, name.end)
            shown = "one argument" if count == 1 else f"{count} arguments"
            given = f"{len(arguments)} {'is' if len(arguments) == 1 else 'are'} given"
            example = ", ".join("xyzw"[:count])
            self.fail((name.start, self.end), f"{written} takes {shown}, and {given}", f"write {written}({example})")

    def _extreme(self, name, arguments, place):
        if len(arguments) < 2:
            written = self._written(name, name.end)
            self.fail((name.start, self.end), f"{written} takes two arguments or more", f"write {written}(x, y)")
        value = arguments[0]
        for argument in arguments[1:]:
            value = Apply(CATALOGUE[name.value], (value, argument), place=place)
        return value

    def _logarithm(self, name, base, arguments, place):
        """log with a base given, or of none: natural or to base 10, as was asked for, and noted."""
        known = _LOGARITHMS[name.value]
        if base is None and known is None and len(arguments) == 2:
            base, arguments = arguments[1], arguments[:1]
        self._check_count(name, arguments, 1)
        if base is not None or known is not None:
            written = Apply(CATALOGUE["log_base"], (arguments[0], base if base is not None else known), place=place)
            if self._written(name, name.end) == "lg":
                self.note("log 10", *place, written, Apply(CATALOGUE["log"], arguments))
            return written
        natural = Apply(CATALOGUE["log"], arguments, None, "log", place)
        decimal = Apply(CATALOGUE["log_base"], (arguments[0], 10), place=place)
        if self.log == 10:
            self.note("log 10", name.start, self.end, decimal, natural.plain)
            return decimal
        self.note("log", name.start, self.end, natural, decimal.plain)
        return natural

    def _log_base_of(self, name, arguments, place):
        self._check_count(name, arguments, 2)
        return Apply(CATALOGUE["log_base"], arguments, place=place)

    def _relu_of(self, name, arguments, place):
        self._check_count(name, arguments, 1)
        return Apply(CATALOGUE["maximum"], (0, *arguments), None, "relu", place)

    def _pow_of(self, name, arguments, place):
        self._check_count(name, arguments, 2)
        return Apply(CATALOGUE["power"], arguments, place=place)

    def _root_of(self, name, arguments, place):
        self._check_count(name, arguments, 2)
        return Apply(CATALOGUE["power"], (arguments[0], 1 / arguments[1]), None, "root", place)

    def _where_of(self, name, arguments, place):
        self._check_count(name, arguments, 3)
        condition, value, otherwise = arguments
        if not getattr(condition, "is_condition", False):
            self.fail((name.start, self.end), "where begins with a condition", "write where(x > 0, x, 0)")
        return Piecewise(((condition, number_of(value)),), number_of(otherwise), None, place)

    def sigmoid(self, letter: Token):
        """σ(x), which is the sigmoid function unless σ was declared."""
        arguments = yield self.call_arguments()
        name = letter._replace(kind="function", value="sigmoid")
        value = self._call(name, None, arguments, (letter.start, self.end))
        product = Apply(CATALOGUE["multiply"], (Symbol("sigma"), value.arguments[0]))
        self.note("sigmoid", letter.start, self.end, value, product)
        return value


def _joined(factors):
    """Factors with dots between them."""
    return tuple(part for factor in factors for part in ("·", factor))[1:]


_TIGHT = 8  # a factor with its power, and nothing written onto it
