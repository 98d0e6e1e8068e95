"""What a whole text says: an expression, substitutions after it, an equation, a curve, what is asked and where.

6u^3; u = 7x - 4              an expression, and letters that stand for others
x^2 + y^2 = 25 at (3, 4)      an equation that makes y a function of x, and a point
x = sin t, y = cos t          a curve with a parameter
d2/dxdy: x^2 y^3              a derivative that is asked for
f(x) = x^2 sin x              a function with a name
"""

import re
from dataclasses import dataclass, field
from typing import Any

from chainrule.derivations.parsing.grammar import Grammar
from chainrule.derivations.parsing.tokens import problem
from chainrule.expressions import Comparison, Expression, Junction, Symbol, symbols_of
from chainrule.expressions.evaluate import Values
from chainrule.expressions.names import GREEK, variable_name
from chainrule.expressions.tree import number_of


@dataclass(frozen=True)
class Parsed:
    """What was understood of a text.

    Attributes:
        text: the text itself.
        kind: "expression", "implicit" or "parametric".
        expression: what is to be differentiated; of an equation the left side minus the right; of a
            curve its y.
        name: the variable that names it (y in y = x²), or None.
        arguments: the variables of its head (x in f(x) = ...).
        equation: (left, right) of an implicit equation, else None.
        curve: ((Symbol, expression), (Symbol, expression)) of a parametric one, else None.
        substitutions: pairs (Symbol, expression), in the order they were given.
        wrt: the variables of a derivative that the text asks for, as in d2/dxdy; () where it does not.
        at: variable -> number, where the text names a point.
        readings: what could be understood in another way (see `Reading`).
    """

    text: str
    kind: str
    expression: Expression
    name: Symbol | None = None
    arguments: tuple = ()
    equation: tuple | None = None
    curve: tuple | None = None
    substitutions: tuple = ()
    wrt: tuple = ()
    at: dict = field(default_factory=dict)
    readings: tuple = ()

    def __str__(self):
        if self.curve is not None:
            parts = [f"{symbol} = {value}" for symbol, value in self.curve]
        elif self.equation is not None:
            parts = [f"{self.equation[0]} = {self.equation[1]}"]
        else:
            head = f"({', '.join(map(str, self.arguments))})" if self.arguments else ""
            parts = [f"{self.name}{head} = {self.expression}" if self.name is not None else str(self.expression)]
        parts += [f"{symbol} = {value}" for symbol, value in self.substitutions]
        return "; ".join(parts)


@dataclass
class Frame:
    """What stands around the statements of a text: a command before them, a point after them.

    Attributes:
        start, end: where the statements themselves stand.
        kind: "implicit" or "parametric" where the text says so.
        wrt: the variables of a derivative that is asked for.
        of: the variable of which the derivative is asked for (y in dy/dx).
        point: the text of the point, and where it stands.
    """

    start: int
    end: int
    kind: str | None = None
    wrt: tuple = ()
    of: str | None = None
    point: tuple[str, int] | None = None


_PROSE = re.compile(r"\s*(?:find|compute|differentiate|derive|(?:the )?derivative of)\s+", re.IGNORECASE)
_KIND = re.compile(r"\s*(implicit|parametric)\b\s*:?\s*", re.IGNORECASE)
_WRAPPERS = [("$$", "$$"), ("$", "$"), ("\\[", "\\]"), ("\\(", "\\)")]
_LETTER = f"(?:{'|'.join(sorted(GREEK, key=len, reverse=True))}|[A-Za-zα-ω])"
_POWER = r"(?:\^\{?([0-9])\}?|([²³⁴]))?"
_ASKED = re.compile(
    r"\s*(?P<sign>[d∂])(?:\^?\{?(?P<order>[0-9])\}?|(?P<raised>[²³⁴]))?\s*"
    rf"(?P<of>{_LETTER}(?:_?[0-9]+)?)?\s*/\s*"
    rf"\(?(?P<below>(?:(?P=sign)\s*{_LETTER}(?:_?[0-9]+)?{_POWER}\s*)+)\)?"
    r"(?P<after>\s*:|\s+(?:of|for|if|when|where)\b|(?=[\s(\[{|]))\s*"
)
_BELOW = re.compile(rf"[d∂]\s*({_LETTER})(_?[0-9]+)?{_POWER}")
_FRACTION = re.compile(r"\s*\\[dt]?frac\s*\{((?:[^{}]|\{[^{}]*\})*)\}\s*\{((?:[^{}]|\{[^{}]*\})*)\}\s*:?\s*")
_INSIDE = re.compile(
    r"(?<![A-Za-zα-ω])(d)\s*/\s*(d[a-zα-ω])(?![A-Za-zα-ω])"
    r"|\\[dt]?frac\s*\{\s*(?:d|\\mathrm\{d\})\s*\}\s*\{\s*(?:d|\\mathrm\{d\})\s*(?:[a-zα-ω]|\\(?!cdot|times|left|right))"
)
_POINT = re.compile(
    r"\s(?:at|when)\s+(?:the\s+)?(?:point\s*)?(\([^()=;,]*(?:,[^()=;,]*)+\)|[A-Za-zα-ω]\w{0,9}\s*=[^;]*)\s*$"
)
_RAISED = {"²": 2, "³": 3, "⁴": 4}


def frame_of(text):
    """The command and the point around the statements of a text."""
    frame = Frame(0, len(text))
    for opening, closing in _WRAPPERS:
        inside = text[frame.start : frame.end]
        lead, trail = len(inside) - len(inside.lstrip()), len(inside) - len(inside.rstrip())
        inside = inside.strip()
        if inside.startswith(opening) and inside.endswith(closing) and len(inside) >= len(opening) + len(closing):
            frame.start, frame.end = frame.start + lead + len(opening), frame.end - trail - len(closing)
    if match := _PROSE.match(text, frame.start, frame.end):
        frame.start = match.end()
    if match := _KIND.match(text, frame.start, frame.end):
        frame.kind, frame.start = match[1].lower(), match.end()
    _read_asked(text, frame)
    if match := _POINT.search(text, frame.start, frame.end):
        frame.point, frame.end = (match[1], match.start(1)), match.start()
    if match := _INSIDE.search(text, frame.start, frame.end):
        what = "a derivative inside an expression is not read"
        raise problem(text, match.start(), match.end(), what, "put it in front, as in d/dx: x^2, or write it out")
    return frame


def _read_asked(text, frame):
    """A derivative in front: d/dx, d2/dxdy, ∂²/∂x∂y, dy/dx and their LaTeX."""
    match = _ASKED.match(text, frame.start, frame.end)
    written, end = (match, match.end()) if match else (None, frame.start)
    if match is None and (fraction := _FRACTION.match(text, frame.start, frame.end)):
        top, bottom = (_as_text(part) for part in fraction.groups())
        written, end = _ASKED.match(f"{top}/{bottom}:"), fraction.end()
        if written is not None and written.end() < len(top) + len(bottom) + 2:
            written = None
    if written is None:
        return
    order = int(written["order"] or _RAISED.get(written["raised"], 1))
    names = []
    for letter, index, power, raised in _BELOW.findall(written["below"]):
        times = int(power or _RAISED.get(raised, 1))
        if index.isdigit() and not power and not raised and order > 1:
            index, times = "", int(index)  # d2/dx2
        names += [variable_name(letter + index)] * times
    if len(names) != order or order > 4:
        what = f"the derivative is of order {order} above and of order {len(names)} below"
        raise problem(text, frame.start, end, what, "write d/dx, d2/dx2 or d2/dxdy; at most order 4")
    frame.wrt, frame.start = tuple(names), end
    frame.of = variable_name(written["of"]) if written["of"] else None


def _as_text(latex):
    """A LaTeX fraction's side as _ASKED reads it."""
    latex = re.sub(r"\\(?:mathrm|text)\s*\{\s*d\s*\}", "d", latex).replace("\\partial", "∂").replace("\\,", "")
    latex = re.sub(r"\\([A-Za-z]+)", lambda command: GREEK.get(command[1], command[1]), latex)
    return re.sub(r"[\s\\]", "", latex)


class Statements:
    """Reads the statements of a text into `Parsed`.

    Args:
        text, frame: the text, and what stands around its statements.
        grammar: a grammar on the tokens of the statements.
        point_of: a function that turns the text and place of a number into a token list's grammar.
    """

    def __init__(self, text, frame, grammar: Grammar, number_at):
        self._text, self._frame, self._grammar, self._number_at = text, frame, grammar, number_at

    def parsed(self):
        statements = self._all()
        grammar, frame = self._grammar, self._frame
        if not statements:
            self._fail((frame.start, frame.end), "there is nothing to read", "write an expression, such as sin(x^2)")
        definitions = [self._definition(statement) for statement in statements]
        if frame.kind == "parametric" or frame.kind is None and _is_curve(definitions):
            return self._curve(statements, definitions)
        first = definitions[0]
        at = self._point(statements)
        substitutions, given = self._substitutions(statements[1:], definitions[1:])
        common: Any = dict(
            text=self._text,
            substitutions=substitutions,
            wrt=frame.wrt,
            at={**given, **at},
            readings=tuple(grammar.readings),
        )
        value = statements[0][1]
        if first is not None and frame.kind != "implicit":
            name, arguments, expression = first
            return Parsed(kind="expression", expression=expression, name=name, arguments=arguments, **common)
        if type(value) is Comparison and value.relation == "=":
            left, right = value.left, value.right
            return Parsed(kind="implicit", expression=left - right, equation=(left, right), **common)
        self._check_value(value, statements[0])
        if frame.kind == "implicit":
            self._fail(statements[0][2], "an implicit function needs an equation", "write x^2 + y^2 = 25")
        return Parsed(kind="expression", expression=value, **common)

    def _fail(self, place, what, do):
        start, end = place
        raise problem(self._text, start, end, what, do)

    def _all(self):
        """All statements: (head or None, what was read, its place)."""
        grammar, found = self._grammar, []
        while grammar.token.kind != "end":
            if grammar.token.is_sign(";", ",") or self._is_separator(grammar.token):
                grammar.take()
                continue
            start = grammar.token.start
            head = self._head()
            value = grammar.run(grammar.choice())
            for part in _equations(value):
                found.append((head, part, (start, grammar.end)))
            token = grammar.token
            if token.kind != "end" and not token.is_sign(";", ",") and not self._is_separator(token):
                grammar._missing(token)
        return found

    def _is_separator(self, token):
        """The words that stand between statements: y = u^2 where u = 3x."""
        return (
            token.kind == "word"
            and token.value == "with"
            or (token.kind == "function" and token.value == "where" and not self._grammar.ahead().is_sign("("))
        )

    def _head(self):
        """(name, arguments) of f(x, y) = ..., where a statement begins so; the sign = is taken."""
        grammar = self._grammar
        if grammar.token.kind not in ("variable", "abstract") or not grammar.ahead().is_sign("("):
            return None
        place, names = 2, []
        while grammar.ahead(place).kind == "variable":
            names.append(Symbol(grammar.ahead(place).value))
            place += 2
            if not grammar.ahead(place - 1).is_sign(","):
                break
        if not names or not grammar.ahead(place - 1).is_sign(")") or not grammar.ahead(place).is_sign("="):
            return None
        name = Symbol(grammar.token.value)
        for _ in range(place + 1):
            grammar.take()
        return name, tuple(names)

    def _definition(self, statement):
        """(name, arguments, expression) of a statement that gives a variable its value, else None."""
        head, value, _ = statement
        if head is not None:
            self._check_value(value, statement)
            return head[0], head[1], number_of(value)
        if type(value) is not Comparison or value.relation != "=" or type(value.left) is not Symbol:
            return None
        if value.left.plain in symbols_of(value.right):
            return None
        return value.left.plain, (), value.right

    def _check_value(self, value, statement):
        """Refuse a condition where a number is wanted."""
        if getattr(value, "is_condition", False):
            do = "write the expression itself; conditions stand in {x if x > 0; 0 otherwise}"
            self._fail(statement[2], "a condition is no function to differentiate", do)

    def _substitutions(self, statements, definitions):
        """The letters that stand for others, and those that stand for numbers."""
        substitutions, given, names = [], {}, set()
        for statement, definition in zip(statements, definitions):
            if definition is None:
                before = self._text[: statement[2][0]].rstrip()
                what = "what follows the first statement gives letters their meaning, as u = 7x - 4 does"
                do = "use a point for decimals, * for a product" if before.endswith(",") else "write u = 7x - 4"
                self._fail(statement[2], what, do)
            name, _, expression = definition
            if name.name in names:
                self._fail(statement[2], f"{name} is given a second time", "give each letter once")
            names.add(name.name)
            if symbols_of(expression):
                substitutions.append((name, expression))
            else:
                given[name.name] = self._number(expression, statement[2])
        return tuple(substitutions), given

    def _number(self, expression, place):
        value = Values({})[expression]
        if value != value or abs(value) == float("inf"):
            self._fail(place, f"{expression} is no finite number", "give a number")
        return value

    def _curve(self, statements, definitions):
        if len(definitions) < 2 or definitions[0] is None or definitions[1] is None:
            place = statements[0][2]
            self._fail(place, "a parametric curve gives x and y", "write x = sin(t), y = cos(t)")
        pairs = {name.name: (name, expression) for name, _, expression in definitions[:2]}
        first, second = [pairs["x"], pairs["y"]] if {"x", "y"} <= set(pairs) else [d[0:3:2] for d in definitions[:2]]
        at = self._point(statements)
        substitutions, given = self._substitutions(statements[2:], definitions[2:])
        return Parsed(
            text=self._text,
            kind="parametric",
            expression=second[1],
            name=second[0],
            curve=(first, second),
            substitutions=substitutions,
            wrt=self._frame.wrt,
            at={**given, **at},
            readings=tuple(self._grammar.readings),
        )

    def _point(self, statements):
        """The point that the text names: x = 3, y = 4, or (3, 4) for its variables in alphabetical order."""
        if self._frame.point is None:
            return {}
        written, start = self._frame.point
        at = {}
        if written.startswith("("):
            names = sorted({symbol.name for _, value, _ in statements for symbol in symbols_of(value)})
            parts = written[1:-1].split(",")
            if len(parts) != len(names):
                what = f"the point has {len(parts)} numbers, and the variables are {', '.join(names)}"
                self._fail((start, start + len(written)), what, "name them: at x=3, y=4")
            place = start + 1
            for name, part in zip(names, parts):
                at[name] = self._number(self._number_at(place, place + len(part)), (place, place + len(part)))
                place += len(part) + 1
            return at
        place = start
        for part in written.split(","):
            name, sign, _ = part.partition("=")
            begin, stop = place + len(name) + 1, place + len(part)
            if not sign:
                self._fail((place, stop), "a point gives each variable a number", "write at x=3, y=4")
            at[variable_name(name.strip())] = self._number(self._number_at(begin, stop), (begin, stop))
            place = stop + 1
        return at


def _equations(value):
    """The equations that `and` joins at the top of a statement; else the value alone."""
    joined = value.conditions if type(value) is Junction and (value.word, value.spelling) == ("and", None) else ()
    equations = joined and all(type(part) is Comparison and part.relation == "=" for part in joined)
    return joined if equations else (value,)


def _is_curve(definitions):
    """Whether two statements give x and y by the same other letters."""
    if len(definitions) != 2 or None in definitions:
        return False
    names = {definition[0].name for definition in definitions}
    used = [{symbol.name for symbol in symbols_of(definition[2])} for definition in definitions]
    return names == {"x", "y"} and used[0] == used[1] and len(used[0]) == 1 and not names & used[0]
