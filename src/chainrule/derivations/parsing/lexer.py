"""Typed text to tokens: numbers, runs of letters, indices, superscripts, signs. Nothing is evaluated."""

import re
from fractions import Fraction

from chainrule.derivations.parsing import words
from chainrule.derivations.parsing.readings import Reading
from chainrule.derivations.parsing.tokens import Token, problem
from chainrule.expressions.names import LETTERS, variable_name

MOST_DIGITS = 400

_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_RUN = re.compile(r"[A-Za-zα-ωΑ-Ωϑϕϵςℯ]+")
_INDEX = re.compile(r"_(?:[0-9]+|[A-Za-zα-ω][A-Za-zα-ω0-9]*|\{[A-Za-zα-ω0-9,]+\})|[₀-₉]+")
_IN_A_NAME = re.compile(r"[A-Za-zα-ωΑ-Ω0-9_₀-₉]")
_RAISED = re.compile(r"[⁰¹²³⁴-⁹⁺⁻ⁿˣʸᵗᵏⁱ]+")
_ORDER = re.compile(r"⁽([⁰¹²³⁴-⁹]{1,3})⁾")
_MODULE = re.compile(r"(?:np|numpy|math|jnp|torch|tf)\.(?=[A-Za-z])")
_PRIMES = {"'": 1, "’": 1, "′": 1, "″": 2, "‴": 3}
_FRACTIONS = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅛": (1, 8)}
_LOWERED: dict[str, str] = {
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")),
    **dict(zip("⁺⁻ⁿˣʸᵗᵏⁱ", "+-nxytki")),
}
_SIGNS = {
    **{sign: sign for sign in "+-*/^(),;|=<>√∛∜⌊⌋⌈⌉"},
    **dict.fromkeys(["**"], "^"),
    **dict.fromkeys("·⋅×∗∙", "*"),
    **dict.fromkeys("÷∕⁄", "/"),
    **dict.fromkeys("−–—‐", "-"),
    **{"<=": "<=", ">=": ">=", "!=": "!=", "==": "=", ":=": "=", "≤": "<=", "≥": ">=", "≠": "!=", "<>": "!=", "∣": "|"},
    **{"[": "(", "]": ")", "{": "{", "}": "}", "\n": ";", "&&": "and", "∧": "and", "∨": "or", "¬": "not"},
}
_MATRIX_SIGNS = {".*": ".*", "./": "./", ".^": ".^", "@": "@", ".": ".", "'": "'", "ᵀ": "'", "⁻ᵀ": "⁻ᵀ", "⊙": ".*",
                 "⊘": "./"}  # fmt: skip
_REFUSED = {
    "!": ("! has no meaning here", "write factorials out, or use != for unequal"),
    "%": ("% has no meaning here", "write x/100 for percent, mod(x, n) for a remainder"),
    "°": ("degrees have no derivative rule", "write the angle in radians: x*pi/180"),
    "±": ("± has two values", "derive the two signs one by one"),
    "∞": ("infinity is no number", "leave it out; limits are not taken"),
    "‖": ("‖ belongs to vectors", "declare shapes=, or write abs(x) for a number"),
    "∂": ("∂ stands only in front, as in ∂/∂x: x^2 y", "name the variable with wrt= instead"),
    "∘": ("∘ is not read", "write the composition as f(g(x))"),
    ":": (": stands only after a command, such as d/dx:", "use / for a quotient"),
    "\\": ("a \\ begins a LaTeX command", "write the name of a command after it"),
    "$": ("a $ stands only around LaTeX", "leave it out"),
    "_": ("an index needs a letter before it", "write x_1"),
    ".": ("a point stands only in decimals such as 0.5", "use * for a product"),
    '"': ("quotes have no meaning here", "leave them out"),
    "`": ("quotes have no meaning here", "leave them out"),
    "#": ("# has no meaning here", "leave it out"),
}


class Lexer:
    """Turns text into tokens.

    Args:
        text: all of the user's text; places refer to it.
        kinds: declared name -> "function" or "variable".
        matrices: whether the signs of matrices are read: .* @ and ' for a transpose.

    Attributes:
        readings: what could be understood otherwise.
    """

    def __init__(self, text, kinds=None, matrices=False):
        self.text, self.kinds, self.matrices = text, kinds or {}, matrices
        self.readings: list[Reading] = []
        self._tokens: list[Token] = []
        self._declared = sorted(self.kinds, key=len, reverse=True)

    def tokens(self, start=0, end=None):
        """The tokens of a part of the text, and an "end" token."""
        end = len(self.text) if end is None else end
        self._tokens, self._place, self._end, self._spaced = [], start, end, False
        while self._place < end:
            self._step()
        return [*self._tokens, Token("end", None, end, end, True)]

    def fail(self, start, end, what, do):
        raise problem(self.text, start, end, what, do)

    def _step(self):
        start, character = self._place, self.text[self._place]
        if character.isspace() and character != "\n":
            self._place, self._spaced = start + 1, True
            return
        if match := self._match(_MODULE):
            self._place = match.end()
        elif match := self._match(_NUMBER):
            self._number(match)
        elif match := self._match(_RUN):
            self._run(match)
        elif match := self._match(_INDEX):
            self._index(match)
        elif (match := self._match(_RAISED)) and not (self.matrices and self.text.startswith("⁻ᵀ", start)):
            self._raised(match)
        elif match := self._match(_ORDER):
            self._add("primes", int("".join(_LOWERED[digit] for digit in match[1])), start, match.end())
        elif character in _FRACTIONS:
            top, bottom = _FRACTIONS[character]
            self._group(
                [("number", (top, str(top))), ("sign", "/"), ("number", (bottom, str(bottom)))], start, start + 1
            )
        else:
            self._sign(start, character)

    def _match(self, pattern):
        return pattern.match(self.text, self._place, self._end)

    def _add(self, kind, value, start, end):
        self._tokens.append(Token(kind, value, start, end, self._spaced))
        self._place, self._spaced = end, False

    def _group(self, inner, start, end):
        """Tokens for one thing that is written together, in a bracket that does not show."""
        self._add("sign", "group(", start, start)
        for kind, value in inner:
            self._add(kind, value, start, end)
        self._add("sign", "group)", end, end)

    def _sign(self, start, character):
        two = self.text[start : min(start + 2, self._end)]
        for sign in (two, character):
            if self.matrices and sign in _MATRIX_SIGNS:
                return self._add("sign", _MATRIX_SIGNS[sign], start, start + len(sign))
            if sign in _SIGNS:
                value = _SIGNS[sign]
                kind = "word" if value in words.RESERVED else "sign"
                return self._add(kind, value, start, start + len(sign))
        if character in _PRIMES:
            return self._primes(start)
        if character == "_" and self._tokens and self._tokens[-1].kind == "function":
            return self._add("sign", "_", start, start + 1)
        if two in _MATRIX_SIGNS or character in _MATRIX_SIGNS:
            self.fail(start, start + 1, f"{character} belongs to vectors and matrices", "declare shapes=, or use *")
        what, do = _REFUSED.get(character, (f"{_name(character)} has no meaning here", "leave it out, or spell it"))
        return self.fail(start, start + 1, what, do)

    def _primes(self, start):
        order, place = 0, start
        while place < self._end and self.text[place] in _PRIMES:
            order, place = order + _PRIMES[self.text[place]], place + 1
        if order > 20:
            self.fail(start, place, f"a derivative of order {order} is too high", "write at most 20 primes")
        self._add("primes", order, start, place)

    def _number(self, match):
        start, end = match.span()
        if self.matrices and match[0].endswith(".") and self.text[end : end + 1] in ("*", "/", "^"):
            end -= 1
        digits = self.text[start:end]
        mantissa, letter, exponent = digits.lower().partition("e")
        if len(digits) > MOST_DIGITS or letter and abs(int(exponent)) > MOST_DIGITS:
            self.fail(start, end, f"the number has more than {MOST_DIGITS} digits", "round it")
        value = Fraction(digits)
        self._add("number", (value, digits), start, end)
        if letter and "." not in mantissa:
            other = f"{mantissa}*e{exponent}" if exponent[0] in "+-" else f"{mantissa}*e*{exponent}"
            self._read("scientific", start, end, value if value.denominator == 1 else float(value), other)

    def _read(self, code, start, end, understood, alternative=None):
        self.readings.append(Reading(code, self.text[start:end], understood, alternative, (start, end)))

    def _run(self, match):
        """Letters: a declared name, a function's name, or letters that are multiplied."""
        start, end = match.span()
        declared = self._declared_at(start)
        if declared is not None:
            kind = "abstract" if self.kinds[declared] == "function" else "variable"
            self._add(kind, variable_name(declared), start, start + len(declared))
            return
        cut = next((place for place in range(start + 1, end) if self._declared_at(place, end)), None)
        end = end if cut is None else cut
        digits = re.compile(r"[0-9]+").match(self.text, end, self._end)
        longer = self.text[start : digits.end()] if digits else ""
        for word in (longer, longer + self.text[digits.end() : digits.end() + 1] if digits else ""):
            if word and words.is_function_with_digits(word) and self._next_is_bracket(start + len(word)):
                return self._add("function", words.FUNCTIONS[word], start, start + len(word))
        word = self.text[start:end].replace("ℯ", "e")
        if len(word) > 2 and longer and self._next_is_bracket(start + len(longer)) and words.whole_word(word) is None:
            self.fail(start, start + len(longer), *words.unknown(longer, True, self.kinds))
        self._parts(word, start, end)

    def _declared_at(self, start, end=None):
        """The declared name that begins here and is not part of a longer word."""
        for name in self._declared:
            after = start + len(name)
            if self.text.startswith(name, start) and after <= self._end:
                following = self.text[after : after + 1]
                if len(name) > 1:
                    alone = not name[-1].isalnum() or not _IN_A_NAME.match(following)
                else:
                    alone = end is None and self._stands_alone(start, after)
                if alone:
                    return name
        return None

    def _stands_alone(self, start, after):
        """Whether the letter at this place is not part of a run, and has no index."""
        before, following = self.text[max(start - 1, 0) : start], self.text[after : after + 1]
        return not (_RUN.match(before) or _IN_A_NAME.match(following))

    def _next_is_bracket(self, place):
        rest = self.text[place : self._end].lstrip(" ") if place < self._end else ""
        return rest.startswith(("(", "["))

    def _parts(self, word, start, end):
        called = self._next_is_bracket(end)
        parts = words.parts_of(word, called)
        if parts is None:
            index = _INDEX.match(self.text, end, self._end)
            if index is not None and index[0][0] == "_":
                word, end = word + index[0], index.end()
            self.fail(start, end, *words.unknown(word, called, self.kinds))
        spaced = self._spaced
        for part in parts:
            self._spaced = spaced and part.start == 0
            self._add(part.kind, part.value, start + part.start, start + part.end)
        if len(parts) > 1 and word.isascii():
            code = "run together" if any(part.kind == "function" for part in parts) else "letters"
            self._read(code, start, end, _spelled(self.text, start, parts))
        elif parts[0].kind == "variable" and len(word) == 2 and word.isascii():
            self._read("greek", start, end, LETTERS_OF[word], "*".join(word))
        elif parts[0].kind == "function" and word not in words.FUNCTIONS:
            self._read("case", start, end, word.lower())
        self._digits_of_index(end)

    def _digits_of_index(self, end):
        """Digits directly after a variable are its index: x1."""
        digits = re.compile(r"[0-9]+(?!\.[0-9])").match(self.text, end, self._end)
        last = self._tokens[-1]
        if digits and last.kind == "variable" or digits and last.kind == "constant" and last.value == "e":
            self._indexed(digits[0], digits.end())

    def _index(self, match):
        """An index: of the variable before it, or the base of a logarithm."""
        start, end = match.span()
        index = "".join(_LOWERED.get(sign, sign) for sign in str(match[0]).lstrip("_").strip("{}"))
        last = self._tokens[-1] if self._tokens and self._tokens[-1].end == start else None
        if last is not None and last.kind in ("variable", "abstract"):
            self._indexed(index, end)
        elif last is not None and last.kind == "function":
            inner = ("number", (Fraction(index), index)) if index.isdigit() else ("variable", variable_name(index))
            self._add("sign", "_", start, start + 1)
            self._group([inner], start, end)
        elif match[0][0] == "_" and last is not None and last.kind == "sign" and last.value == "_":
            self.fail(start, end, "an index has no index", "write one index: x_1")
        else:
            self.fail(start, end, "an index needs a letter before it", "write x_1")

    def _indexed(self, index, end):
        last = self._tokens[-1]
        index = index.replace(",", "")
        name = variable_name(f"{last.value}_{index}")
        self._tokens[-1] = last._replace(
            kind="abstract" if last.kind == "abstract" else "variable", value=name, end=end
        )
        self._place = end

    def _raised(self, match):
        """Superscripts: an exponent in a bracket that does not show."""
        start, end = match.span()
        if self.text.startswith("√", end) and end < self._end and not self._after_operand():
            self._add("sign", "root", start, start)  # ³√x
            end_of_sign = end + 1
        else:
            self._add("sign", "^", start, start)
            end_of_sign = end
        inner = []
        for piece in re.findall(r"[0-9]+|.", "".join(_LOWERED[character] for character in match[0])):
            if len(piece) > MOST_DIGITS:
                self.fail(start, end, f"the number has more than {MOST_DIGITS} digits", "round it")
            number, sign = piece.isdigit(), piece in "+-"
            kind = "number" if number else "sign" if sign else "variable"
            inner.append((kind, (Fraction(piece), piece) if number else piece))
        self._group(inner, start, end)
        self._place = end_of_sign

    def _after_operand(self):
        """Whether what was read last can have an exponent."""
        last = self._tokens[-1] if self._tokens else None
        if last is None:
            return False
        return last.kind != "sign" or last.value in (")", "group)", "|", "|)", "}", "⌋", "⌉", "'")


def _spelled(text, start, parts):
    """Parts as one would write them so that they cannot be misread."""
    out = ""
    for i, part in enumerate(parts):
        piece = text[start + part.start : start + part.end]
        out += ("" if not i else " " if parts[i - 1].kind == "function" else "·") + piece
    return out


LETTERS_OF = {name: letter for letter, name in LETTERS.items()}


def _name(character):
    return character if character.isprintable() else f"the character U+{ord(character):04X}"
