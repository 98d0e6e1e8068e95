"""The grammar: tokens to an expression, by binding powers (Pratt), without Python's recursion.

Every method that needs a part of the text read asks for it with `yield`, and a loop runs what it asks
for; so the depth of the text is bounded by `DEEPEST`, which says so, and not by the interpreter's stack.
"""

from fractions import Fraction
from typing import Any, ClassVar

from chainrule.derivations.parsing.calls import Calls
from chainrule.derivations.parsing.readings import Reading
from chainrule.derivations.parsing.tokens import Token, problem
from chainrule.derivations.parsing.words import ABSTRACT
from chainrule.expressions import Abstract, Apply, Comparison, Constant, Junction, Negation, Number, Piecewise, Symbol
from chainrule.expressions.evaluate import Values
from chainrule.expressions.tree import number_of
from chainrule.ops import CATALOGUE

DEEPEST = 2500  # brackets, functions, signs and exponents inside each other
GREATEST_EXPONENT = 1_000_000
MOST_READINGS = 50

# How tightly infix signs bind; a prefix sign binds as a sum does, so that -x^2 is -(x^2) and -2x is -(2x).
OR, AND, NOT, COMPARE, SUM, PRODUCT, POWER = 1, 2, 3, 4, 5, 6, 8
RELATIONS = ("<", "<=", ">", ">=", "=", "!=")


class Scalars:
    """The signs of expressions in numbers: sign -> (binding power, the room that it stands for).

    Another dialect, such as that of matrices, has more signs, more functions, and signs that follow
    their operand (`postfix`: sign -> a function of the operand); its lexer reads `matrices` signs.
    """

    matrices = False
    infix: ClassVar[dict[str, tuple[int, str]]] = {
        "+": (SUM, "add"),
        "-": (SUM, "subtract"),
        "*": (PRODUCT, "multiply"),
        "/": (PRODUCT, "divide"),
    }
    postfix: ClassVar[dict[str, Any]] = {}
    functions: ClassVar[dict[str, Any]] = {}

    def combine(self, room, left, right, place):
        """What an infix sign makes of its operands."""
        return Apply(CATALOGUE[room], (number_of(left), number_of(right)), place=place)


class _Magnitudes(Values):
    """The value of constants; NaN for what depends on a variable."""

    def _value(self, node):
        return float("nan") if type(node) in (Symbol, Abstract) else super()._value(node)


class Grammar(Calls):
    """Reads tokens.

    Args:
        text: the user's text, for messages.
        tokens: its tokens; the last is "end".
        readings: a list that readings are added to.
        kinds, arguments: what was declared (see `words.declared_names`).
        log: the base of a log without one: "e" or 10.
        dialect: the signs that are read.
    """

    def __init__(self, text, tokens, readings, kinds=None, arguments=None, log: Any = "e", dialect=None):
        self.text, self._tokens, self.readings = text, tokens, readings
        self.kinds, self.arguments, self.log = kinds or {}, arguments or {}, log
        self.dialect: Any = dialect or Scalars()
        self._next, self._levels = 0, 0
        self._bars = [0]  # bars that are open in each of the open brackets
        self._magnitudes = _Magnitudes({})

    # What is shared with `Calls`: looking at tokens, and complaining about them.

    @property
    def token(self):
        """The token that comes next."""
        return self._tokens[self._next]

    def ahead(self, count=1):
        """The token `count` places after the next one."""
        return self._tokens[min(self._next + count, len(self._tokens) - 1)]

    def take(self):
        token = self._tokens[self._next]
        if token.kind != "end":
            self._next += 1
        return token

    @property
    def end(self):
        """Where the last token that was taken ends."""
        return self._tokens[self._next - 1].end if self._next else 0

    def fail(self, at, what, do):
        """Raise a ParseError at a token or a place (start, end)."""
        start, end = (at.start, at.end) if isinstance(at, Token) else at
        raise problem(self.text, start, end, what, do)

    def note(self, code, start, end, understood, alternative=None):
        """Add a reading; the two ways are expressions, strings, or tuples of both."""
        if len(self.readings) < MOST_READINGS:
            self.readings.append(Reading(code, self.text[start:end], understood, alternative, (start, end)))

    def run(self, asked):
        """What the generator `asked` returns, everything that it asks for being read first."""
        stack, value = [asked], None
        while stack:
            try:
                stack.append(stack[-1].send(value))
                value = None
            except StopIteration as finished:
                stack.pop()
                value = finished.value
        return value

    # Expressions.

    def expression(self, least=0):
        """Operands joined by infix signs that bind at least as tightly as `least`."""
        start = self.token.start
        left = yield self.operand(least)
        quotient = None  # (numerator, denominator) of a quotient that something may be written onto
        while True:
            token = self.token
            if token.kind == "sign" and token.value == "^":
                if least > POWER:
                    break
                left = yield self.power(left, start)
                continue
            if token.kind == "sign" and token.value in self.dialect.postfix:
                self.take()
                left = self.dialect.postfix[token.value](left)
                continue
            binding = self._binding(token)
            if binding is None or binding < least:
                break
            if token.kind == "sign" and token.value in self.dialect.infix:
                self._note_quotient(quotient, start, left)
                self.take()
                right = yield self.expression(binding + 1)
                quotient = (left, right) if token.value == "/" else None
                left = self.dialect.combine(self.dialect.infix[token.value][1], left, right, (start, self.end))
            elif binding == PRODUCT:
                self._check_juxtaposition(left, token)
                right = yield self.expression(PRODUCT + 1)
                quotient = quotient and (quotient[0], self._product(quotient[1], right, None), "written onto")
                left = self._product(left, right, (start, self.end))
            else:
                left = yield self._condition(left, token, start)
        self._note_quotient(quotient, start, left)
        return left

    def _binding(self, token):
        """How tightly what comes next binds to what was read; None where it does not."""
        if token.kind == "sign":
            if token.value in self.dialect.infix:
                return self.dialect.infix[token.value][0]
            if token.value in RELATIONS:
                return COMPARE
            begins = token.value in OPENING and not (token.value == "|" and self._bars[-1])
            return PRODUCT if begins else None
        if token.kind == "word":
            return {"and": AND, "or": OR}.get(token.value)
        if token.kind == "function" and token.value == "where" and not self.ahead().is_sign("("):
            return None  # y = u^2 where u = 3x
        return PRODUCT if token.kind in ("variable", "constant", "function", "abstract", "number") else None

    def _product(self, left, right, place):
        return Apply(CATALOGUE["multiply"], (number_of(left), number_of(right)), None, "juxtaposed", place)

    def _note_quotient(self, quotient, start, left):
        """Note the reading of a quotient onto whose denominator something was written: 1/2x."""
        if quotient is not None and len(quotient) == 3:
            top, bottom = (number_of(part) for part in quotient[:2])
            self.note("quotient", start, self.end, left, Apply(CATALOGUE["divide"], (top, bottom)))

    def _check_juxtaposition(self, left, token):
        """Refuse x 2; note x(x + 1), which could be a call."""
        if token.kind == "number":
            self.fail(token, "an operator is missing before this number", "write * for a product, ^ for a power")
        before = self._tokens[self._next - 1]
        if token.is_sign("(") and not token.spaced and before.kind == "variable" and before.end == token.start:
            self.note("product", before.start, token.end, f"{self.text[before.start : before.end]}·(…)")

    def _condition(self, left, token, start):
        """Comparisons, a < b < c, or conditions joined by a word."""
        if token.kind == "word":
            return (yield self._joined(left, token, start))
        comparisons = []
        while self.token.kind == "sign" and self.token.value in RELATIONS:
            relation, begins = self.take().value, self.token.start
            right = yield self.expression(COMPARE + 1)
            left, right = number_of(left), number_of(right)
            comparisons.append(Comparison(relation, left, right, place=(start, self.end)))
            left, start = right, begins
        if len(comparisons) == 1:
            return comparisons[0]
        return Junction("and", comparisons, "chain", (comparisons[0].place[0], self.end))

    def _joined(self, left, token, start):
        """Conditions between which the same word stands."""
        parts, places = [left], [start]
        while self.token.kind == "word" and self.token.value == token.value:
            self.take()
            places.append(self.token.start)
            parts.append((yield self.expression((AND if token.value == "and" else OR) + 1)))
        for part, place in zip(parts, places):
            if not getattr(part, "is_condition", False):
                self.fail((place, place + 1), f"{token.value} joins conditions", "compare first: x > 0 and x < 1")
        return Junction(token.value, parts, place=(start, self.end))

    def operand(self, least=0):
        """One operand with the sign before it."""
        self._levels += 1
        if self._levels > DEEPEST:
            self.fail(self.token, f"the text is nested more than {DEEPEST} deep", "name a part: y = ...; u = ...")
        token = self.token
        if token.is_sign("-", "+"):
            self.take()
            inner = yield self.expression(max(least, PRODUCT))
            if token.value == "-":
                inner = Apply(CATALOGUE["negative"], (number_of(inner),), place=(token.start, self.end))
        elif token.kind == "word" and token.value == "not":
            self.take()
            inner = yield self.expression(NOT)
            if not getattr(inner, "is_condition", False):
                self.fail(token, "not stands before a condition", "compare first: not x > 0")
            inner = Negation(inner, place=(token.start, self.end))
        else:
            inner = yield self.primary()
        self._levels -= 1
        return inner

    def power(self, base, start):
        """A base that was read, and the exponent that follows; e to a power is the exponential function."""
        written_e = self._tokens[self._next - 1]
        sign = self.take()
        exponent = yield self.exponent()
        magnitude = self._magnitudes[exponent] if not getattr(exponent, "is_condition", False) else 0.0
        if abs(magnitude) > GREATEST_EXPONENT:
            what = f"the exponent is greater than {GREATEST_EXPONENT:,}"
            self.fail((sign.end, self.end), what, "use a smaller one; powers of numbers are not worked out")
        place = (start, self.end)
        if type(base) is Constant and base.name == "e" and written_e.kind == "constant":
            raised = Apply(CATALOGUE["exp"], (number_of(exponent),), place=place)
        else:
            raised = Apply(CATALOGUE["power"], (number_of(base), number_of(exponent)), place=place)
        self._note_exponent(base, raised, start)
        return raised

    def _note_exponent(self, base, raised, start):
        """Note e^2x, where a letter is written onto an exponent, and x^1/2."""
        token, before = self.token, self._tokens[self._next - 1]
        if before.kind != "number" or token.spaced or token.start != before.end:
            return
        base_text = self.text[start : before.start].rstrip("^*-− ")
        digits = self.text[before.start : before.end]
        if type(base) in (Constant, Number) and token.kind in ("variable", "constant"):
            letter = self.text[token.start : token.end]
            self.note("exponent", start, token.end, (raised, f"·{letter}"), f"{base_text}^({digits}{letter})")
        elif token.is_sign("/") and self.ahead().kind == "number" and not self.ahead().spaced:
            below = self.text[self.ahead().start : self.ahead().end]
            way = f"({base_text}^{digits})/{below}", f"{base_text}^({digits}/{below})"
            self.note("exponent", start, self.ahead().end, *way)

    def exponent(self):
        """The exponent after ^: a signed operand, and the exponent of that."""
        start, token = self.token.start, self.token
        if token.is_sign("-", "+"):
            self.take()
            self._levels += 1
            inner = yield self.exponent()
            self._levels -= 1
            minus = token.value == "-"
            return Apply(CATALOGUE["negative"], (number_of(inner),), place=(start, self.end)) if minus else inner
        inner = yield self.operand()
        if self.token.is_sign("^"):
            inner = yield self._tower(inner, start)
        return inner

    def _tower(self, base, start):
        self._levels += 1
        if self._levels > DEEPEST:
            self.fail(self.token, f"the text is nested more than {DEEPEST} deep", "name a part: y = ...; u = ...")
        raised = yield self.power(base, start)
        self._levels -= 1
        return raised

    # Operands.

    def primary(self):
        """A number, a variable, a bracket, a function with its argument."""
        token = self.token
        if token.kind == "number":
            self.take()
            value, digits = token.value
            return Number(value, digits if "." in digits or "e" in digits.lower() else None)
        if token.kind == "constant":
            self.take()
            return Constant(token.value, place=(token.start, token.end))
        if token.kind in ("variable", "abstract"):
            return (yield self._name(token))
        if token.kind == "function":
            return (yield self.function())
        reader = OPENING.get(token.value) if token.kind == "sign" else None
        if reader is None:
            self._missing(token)
        return (yield getattr(self, reader)())

    def _missing(self, token):
        """There is no operand where one is needed."""
        if token.kind == "end":
            self.fail(token, "something is missing at the end", "write the number, variable or bracket that follows")
        written = self.text[token.start : token.end] or str(token.value)
        if token.kind == "primes":
            self.fail(token, f"{written} does not follow a function", "write f'(x) for a derivative")
        if token.is_sign(")", "}", "group)", "|)"):
            before = self._tokens[self._next - 1] if self._next else None
            if before is None or before.kind != "sign":
                self.fail(token, f"nothing was opened that {written} could close", "leave it out, or open a bracket")
        self.fail(
            token, f"something is missing before {written}", "write the number, variable or bracket that it needs"
        )

    def _name(self, token):
        """A variable; a declared function; or f(x), g(x), h(x), which are functions undeclared."""
        follows = self.ahead()
        abstract = token.kind == "abstract"
        if not abstract and token.value in ABSTRACT and self.kinds.get(token.value) != "variable":
            after = self.ahead(2)
            abstract = follows.is_sign("(") or follows.kind == "primes" and after.is_sign("(")
            grouped = after.is_sign("group(") and self.ahead(4).is_sign("group)")
            number, argument = (self.ahead(3), self.ahead(5)) if grouped else (after, self.ahead(3))
            raised = follows.is_sign("^") and number.kind == "number"  # f^2(x), f^{2}(x)
            raised = raised and argument.is_sign("(") and not argument.spaced
            abstract = abstract or raised or follows.is_sign("^") and self._orders(1)[0] is not None
        if abstract:
            return (yield self.abstract())
        self.take()
        if token.value == "sigma" and follows.is_sign("(") and self.kinds.get("sigma") != "variable":
            return (yield self.sigmoid(token))
        if follows.kind == "primes":
            name = self.text[token.start : token.end]
            self.fail(follows, f"{name} is no function that was declared", f'declare it: functions=("{name}(x)",)')
        return Symbol(token.value, place=(token.start, token.end))

    def bracket(self):
        """( ... ), or a bracket that does not show."""
        opened = self.take()
        self._bars.append(0)
        inner = yield self.choice()
        self._bars.pop()
        self.close(opened, CLOSING[opened.value])
        return inner

    def choice(self):
        """An expression, or Python's choice between two: a if condition else b."""
        start = self.token.start
        value = yield self.expression()
        if self.token.kind != "word" or self.token.value != "if":
            return value
        condition = yield self._branch_condition(self.token)
        if condition is None or self.token.kind != "word" or self.token.value not in ("else", "otherwise"):
            self.fail(self.token, "the other branch is missing", "write x if x > 0 else 0")
        self.take()
        otherwise = yield self.choice()
        return Piecewise(((condition, number_of(value)),), number_of(otherwise), None, (start, self.end))

    def close(self, opened, sign):
        token = self.token
        if not token.is_sign(sign):
            shown = self.text[opened.start : opened.end] or "{"
            if token.kind == "end":
                self.fail(opened, f"this {shown} is never closed", "close it")
            if token.is_sign(","):
                self.fail(token, "a list of numbers is no number", "use a point for decimals, * for a product")
            written = self.text[token.start : token.end] or str(token.value)
            self.fail(token, f"{shown} is open here, and {written} cannot stand in it", "close the bracket first")
        pair = self.text[opened.start : opened.end], self.text[token.start : token.end]
        if pair in (("(", "]"), ("[", ")")):
            self.fail(token, f"{pair[0]} is closed by {pair[1]}", "use brackets of one kind for a pair")
        self.take()

    def bars(self):
        """| ... |, closed by the next bar that can close it."""
        opened = self.take()
        self._bars[-1] += 1
        inner = yield self.expression()
        self._bars[-1] -= 1
        self.close(opened, "|")
        return Apply(CATALOGUE["absolute"], (number_of(inner),), None, "bars", (opened.start, self.end))

    def sided(self):
        """⌊ ... ⌋, ⌈ ... ⌉, and bars that LaTeX tells apart."""
        opened = self.take()
        self._bars.append(0)
        inner = yield self.expression()
        self._bars.pop()
        self.close(opened, CLOSING[opened.value])
        room = {"⌊": "floor", "⌈": "ceil", "|(": "absolute"}[opened.value]
        return Apply(CATALOGUE[room], (number_of(inner),), place=(opened.start, self.end))

    def radical(self):
        """√x, ∛x, ∜x: of what is in the bracket that follows, else of the next operand with its power."""
        opened = self.take()
        start = self.token.start
        bracketed = self.token.is_sign("(", "group(")
        inner = yield self.operand()
        plain = inner
        if not bracketed and self.token.is_sign("^"):
            inner = yield self._tower(inner, start)
        place = (opened.start, self.end)
        root = self.root(opened.value, inner, place)
        if inner is not plain:
            other = Apply(CATALOGUE["power"], (self.root(opened.value, plain, None), inner.children[-1]))
            self.note("root", *place, root, other)
        elif not bracketed and type(inner) is Number and self.token.kind == "variable" and not self.token.spaced:
            onto = Apply(CATALOGUE["multiply"], (inner, Symbol(self.token.value)))
            self.note("root", opened.start, self.token.end, (root, "·…"), self.root(opened.value, onto, None))
        return root

    def root(self, sign, inner, place):
        if sign == "∜":
            return Apply(CATALOGUE["power"], (number_of(inner), Number(1) / Number(4)), None, "root", place)
        return Apply(CATALOGUE["cbrt" if sign == "∛" else "sqrt"], (number_of(inner),), place=place)

    def fraction(self):
        """A LaTeX fraction: two arguments."""
        opened = self.take()
        top = yield self.operand()
        bottom = yield self.operand()
        return Apply(CATALOGUE["divide"], (top, bottom), None, "fraction", (opened.start, self.end))

    def index_root(self):
        r"""\sqrt[n]{x}: the cube root where n is 3, else a power."""
        opened = self.take()
        index = yield self.operand()
        inner = yield self.operand()
        place = (opened.start, self.end)
        if type(index) is Number and index.value in (2, 3):
            return self.root("√" if index.value == 2 else "∛", inner, place)
        return Apply(CATALOGUE["power"], (number_of(inner), Number(1) / index), None, "root", place)

    def piecewise(self):
        """{value if condition; ...; value otherwise}, and LaTeX cases."""
        opened = self.take()
        branches, otherwise = [], None
        self._bars.append(0)
        while not self.token.is_sign("}"):
            if otherwise is not None:
                self.fail(self.token, "nothing can follow the otherwise branch", "put it last")
            value = yield self.expression(SUM)
            condition = yield self._branch_condition(opened)
            if condition is None:
                otherwise = value
            else:
                branches.append((condition, number_of(value)))
            if self.token.is_sign(";", ","):
                self.take()
            elif not self.token.is_sign("}"):
                self.close(opened, "}")
        self._bars.pop()
        self.take()
        if not branches:
            self.fail(opened, "a piecewise function needs a branch with a condition", "write {x if x > 0; 0 otherwise}")
        return Piecewise(branches, otherwise, None, (opened.start, self.end))

    def _branch_condition(self, opened):
        """What follows a branch's value: a condition, or None after otherwise."""
        while self.token.is_sign(",", "&"):
            self.take()
        token = self.token
        if token.kind == "word" and token.value in ("otherwise", "else"):
            self.take()
            return None
        if token.kind == "word" and token.value in ("if", "for", "when"):
            self.take()
        elif token.is_sign(";", "}") or token.kind == "end":
            self.fail(token, "this branch has no condition", "write `if` and a condition, or `otherwise`")
        if self.token.kind == "word" and self.token.value in ("otherwise", "else"):
            self.take()
            return None
        start = self.token.start
        condition = yield self.expression()
        if not getattr(condition, "is_condition", False):
            self.fail((start, self.end), "this is no condition", "compare: x < 0")
        return condition

    def abstract(self):
        """A declared function, its derivatives f'(x) or f^(1, 0)(x, y), applied."""
        token = self.take()
        name, orders = self.text[token.start : token.end], None
        if self.token.kind == "primes":
            orders = (self.take().value,)
        elif self.token.is_sign("^"):
            orders, count = self._orders(0)
            self._next += count
        power = None
        if orders is None and self.token.is_sign("^"):
            self.take()
            power = yield self.exponent_of_function()
        if not self.token.is_sign("("):
            if token.value in self.arguments and power is None:
                inputs = tuple(Symbol(argument) for argument in self.arguments[token.value])
                return self._applied(token, inputs, orders, "leibniz")
            self.fail(self.token, f"{name} was declared as a function and needs an argument", f"write {name}(x)")
        inputs = yield self.call_arguments()
        applied = self._applied(token, inputs, orders, None)
        if token.kind != "abstract" and len(inputs) == 1:
            self.note("function", token.start, self.end, applied, f"{name}*(…)")
        return applied if power is None else Apply(CATALOGUE["power"], (applied, power), place=(token.start, self.end))

    def _applied(self, token, inputs, orders, spelling):
        if orders is not None and len(orders) != len(inputs):
            what = f"{len(orders)} orders of a derivative, and {len(inputs)} arguments"
            self.fail((token.start, self.end), what, "write f'(x), or f^(1, 0)(x, y)")
        return Abstract(token.value, inputs, orders, spelling, (token.start, self.end))

    def _orders(self, start):
        """The orders in ^(1, 0)(x, y), which begins `start` tokens ahead, and how many tokens they take.

        None and 0 where it is no such list.
        """
        place, orders = start + 2, []
        if not self.ahead(start + 1).is_sign("(", "group("):
            return None, 0
        grouped = self.ahead(start + 1).is_sign("group(")
        if grouped and not self.ahead(place).is_sign("("):  # LaTeX's ^{2} is a power, and ^{(2)} is not
            return None, 0
        place += grouped
        while self.ahead(place).kind == "number" and Fraction(self.ahead(place).value[0]).denominator == 1:
            number = self.ahead(place)
            if number.value[0] > 20:
                return None, 0
            orders.append(int(number.value[0]))
            place += 2
            if not self.ahead(place - 1).is_sign(","):
                break
        place += grouped
        closed = orders and self.ahead(place - 1).is_sign(")", "group)") and self.ahead(place).is_sign("(")
        return (tuple(orders), place - start) if closed else (None, 0)


# What opens an operand -> the method that reads it, and what closes it again.
OPENING = {
    "(": "bracket",
    "group(": "bracket",
    "|": "bars",
    "|(": "sided",
    "⌊": "sided",
    "⌈": "sided",
    "√": "radical",
    "∛": "radical",
    "∜": "radical",
    "frac": "fraction",
    "root": "index_root",
    "{": "piecewise",
}
CLOSING = {"(": ")", "group(": "group)", "|(": "|)", "⌊": "⌋", "⌈": "⌉"}
