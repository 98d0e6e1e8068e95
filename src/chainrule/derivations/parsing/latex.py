r"""LaTeX to the tokens of the grammar: the subset that people paste, from \frac12 to cases.

Braces are brackets that do not show. Commands that only lay out are skipped; those that are not
understood are refused where they stand.
"""

import re
from fractions import Fraction

from chainrule.derivations.parsing import words
from chainrule.derivations.parsing.lexer import MOST_DIGITS, Lexer
from chainrule.derivations.parsing.tokens import Token
from chainrule.expressions.names import GREEK, variable_name

_LATEX = re.compile(r"\\|[\^_]\s*\{")
_COMMAND = re.compile(r"\\([A-Za-z]+\*?|.)", re.DOTALL)
_DIGITS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LEFT_OF_CASES = re.compile(r"\\(?:\{|lbrace)(?=\s*\\begin\s*\{(?:array|d?cases)\})")
_RAISED_PRIME = re.compile(r"\^\s*(?:\\prime|\{\s*(?:\\prime\s*)+\})")
_TEN = re.compile(r"\s*\\times\s*10\s*\^\s*(?:\{\s*([+-]?[0-9]{1,3})\s*\}|([0-9](?![0-9])))")

_SKIPPED = frozenset(
    r""", ; : ! > quad qquad displaystyle textstyle scriptstyle limits nolimits left right middle big Big bigg Bigg
    bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm enspace thinspace negthinspace medspace thickspace hfill
    mathstrut strut nobreak null relax""".split()
    + [" ", "\n", "\t"]
)
_SIGNS = {
    **dict.fromkeys("cdot times ast star cdotp".split(), "*"),
    **{"div": "/", "slash": "/", "lvert": "|(", "rvert": "|)", "vert": "|", "mid": "|", "colon": ";"},
    **{"le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "ne": "!=", "neq": "!="},
    **{"lt": "<", "gt": ">", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉"},
    **{"{": "(", "}": ")", "lbrace": "(", "rbrace": ")", "lbrack": "(", "rbrack": ")", "lparen": "(", "rparen": ")"},
}
_WORDS = {"land": "and", "wedge": "and", "lor": "or", "vee": "or", "lnot": "not", "neg": "not"}
_LETTERS = {
    **{name: name for name in GREEK if name != "omicron"},
    **{"varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho", "varsigma": "sigma"},
    **{"ell": "ell"},
}
_NAMED = "operatorname operatorname* mathrm text textrm textit mathit mathbf boldsymbol mathsf mbox textbf".split()
_ACCENTS = "hat bar vec tilde overline widehat widetilde check breve".split()
_FRACTIONS = "frac dfrac tfrac cfrac".split()
_REFUSED = {
    "infty": ("infinity is no number", "leave it out; limits are not taken"),
    "pm": ("± has two values", "derive the two signs one by one"),
    "mp": ("∓ has two values", "derive the two signs one by one"),
    "circ": ("∘ is not read", "write the composition as f(g(x))"),
    "partial": ("∂ stands only in front, as in \\frac{\\partial}{\\partial x}", "name the variable with wrt= instead"),
    "dot": ("a dot over a letter is not read", "declare the function and write x'(t)"),
    "ddot": ("dots over a letter are not read", "declare the function and write x''(t)"),
    "lVert": ("norms belong to vectors", "declare shapes=, or use \\lvert for a number"),
    "|": ("norms belong to vectors", "declare shapes=, or use | for a number"),
    **{name: (f"\\{name} is not differentiated here", "write the expression out") for name in ("sum", "prod")},
    **{name: (f"\\{name} is not taken here", "give the expression itself") for name in ("int", "lim", "oint")},
}


def is_latex(text):
    """Whether a text is LaTeX: it has a command, or braces after ^ or _."""
    return _LATEX.search(text) is not None


class LatexLexer(Lexer):
    """As `Lexer`, for LaTeX."""

    def tokens(self, start=0, end=None):
        self._braces: list[tuple[str, int]] = []  # what each open brace will be closed as, and where it is
        self._wanted: list[list[int]] = []  # [how many braces are open, how many arguments a command still takes]
        self._depth_of_cases = self._cases_open = 0
        tokens = super().tokens(start, end)
        if self._braces:
            place = self._braces[-1][1]
            self.fail(place, place + 1, f"this {self.text[place]} is never closed", "close it")
        return _without_empty_ends(tokens)

    def _step(self):
        start, character = self._place, self.text[self._place]
        if character in "~\n\t ":
            self._place, self._spaced = start + 1, True
        elif self._is_argument() and character.isalnum():
            self._one_character(start, character)
        elif character == "\\":
            self._command(_COMMAND.match(self.text, start, self._end), start)
        elif character == "{":
            self._braces.append(("group)", start))
            self._add("sign", "group(", start, start + 1)
        elif character == "}":
            if not self._braces or self._braces[-1][0] == "root)":
                self.fail(start, start + 1, "nothing was opened that } could close", "leave it out, or open a brace")
            self._add("sign", self._braces.pop()[0], start, start + 1)
        elif character == "]" and self._braces and self._braces[-1][0] == "root)":
            self._braces.pop()
            self._add("sign", "group)", start, start + 1)
            self._take_arguments(1)
        elif character == "&":
            if not self._depth_of_cases:
                self.fail(start, start + 1, "& stands only in cases", "leave it out")
            self._add("sign", "&", start, start + 1)
        elif character == "_":
            self._subscript(start)
        elif match := self._match(_RAISED_PRIME):
            self._add("primes", match[0].count("prime"), start, match.end())
        else:
            super()._step()

    def _number(self, match):
        """A number; with \\times 10^n after it, one number in scientific notation."""
        digits = _DIGITS.match(self.text, self._place, self._end)
        ten = _TEN.match(self.text, digits.end(), self._end) if digits else None
        if digits is None or ten is None or len(digits[0]) > MOST_DIGITS:
            return super()._number(digits or match)
        value = Fraction(digits[0]) * Fraction(10) ** int(ten[1] or ten[2])
        return self._add("number", (value, f"{digits[0]}e{ten[1] or ten[2]}"), digits.start(), ten.end())

    def _command(self, match, start):
        if match is None:
            self.fail(start, start + 1, "a \\ begins a command", "write the name of a command after it")
        name, end = match[1], match.end()
        if name in _SKIPPED:
            self._place, self._spaced = end, name not in ("left", "right") or self._spaced
            if name in ("left", "right", "middle"):
                self._delimiter(name, end)
        elif name == "\\":
            self._add("sign", ";", start, end)
        elif name in _FRACTIONS:
            self._add("sign", "frac", start, end)
            self._take_arguments(2)
        elif name == "sqrt":
            self._root(start, end)
        elif name in _NAMED:
            self._named(start, end)
        elif name in _ACCENTS:
            self._accent(name, start, end)
        elif name in ("begin", "end"):
            self._environment(name, start, end)
        elif name == "prime":
            self._add("primes", 1, start, end)
        else:
            self._simple(name, start, end)

    def _simple(self, name, start, end):
        """A command that is one token."""
        if name in _SIGNS:
            return self._add("sign", _SIGNS[name], start, end)
        if name in _WORDS:
            return self._add("word", _WORDS[name], start, end)
        if name == "pi":
            return self._add("constant", "pi", start, end)
        if name in _LETTERS:
            kind = {"function": "abstract"}.get(self.kinds.get(name, "variable"), "variable")
            return self._add(kind, _LETTERS[name], start, end)
        if name in words.FUNCTIONS:
            return self._add("function", words.FUNCTIONS[name], start, end)
        near = words.suggestion(name)
        do = f"did you mean \\{near}?" if near else "leave it out, or write it in plain text"
        what, do = _REFUSED.get(name, (f"the command \\{name[:40]} is not read", do))
        return self.fail(start, end, what, do)

    def _delimiter(self, side, start):
        """What follows \\left and \\right: bars are told apart, a point stands for no bracket."""
        rest = self._end - len(self.text[start : self._end].lstrip())
        character = self.text[rest : rest + 1] if rest < self._end else ""
        if character == "|":
            self._add("sign", "|(" if side == "left" else "|)", rest, rest + 1)
        elif side == "left" and (cases := _LEFT_OF_CASES.match(self.text, rest, self._end)):
            self._cases_open += 1
            self._place = cases.end()
        elif character == "." and self._cases_open:
            self._cases_open -= 1
            self._place = rest + 1
        elif character == ".":
            self.fail(rest, rest + 1, "a bracket is closed by nothing", "close it with \\right)")
        elif character in "([{" and character:
            self._add("sign", "(", rest, rest + 1)
        elif character in ")]" and character:
            self._add("sign", ")", rest, rest + 1)

    def _take_arguments(self, count):
        """The next arguments belong to a command: without braces they are one character each, as in \\frac12."""
        self._wanted.append([len(self._braces), count])

    def _is_argument(self):
        """Whether what comes next is an argument of a command; it is then counted as taken."""
        while self._wanted and (not self._wanted[-1][1] or self._wanted[-1][0] > len(self._braces)):
            self._wanted.pop()
        if not self._wanted or self._wanted[-1][0] != len(self._braces):
            return False
        self._wanted[-1][1] -= 1
        return True

    def _one_character(self, start, character):
        if character.isdigit() and character.isascii():
            self._add("number", (Fraction(character), character), start, start + 1)
        else:
            self._parts(character, start, start + 1)

    def _root(self, start, end):
        """\\sqrt, with an index in brackets or without."""
        opened = re.compile(r"\s*\[").match(self.text, end, self._end)
        if opened is None:
            self._add("sign", "√", start, end)
            self._take_arguments(1)
            return
        self._add("sign", "root", start, end)
        self._braces.append(("root)", opened.end() - 1))
        self._add("sign", "group(", opened.end() - 1, opened.end())

    def _braced(self, end):
        """The text in the braces that follow, and where they end."""
        match = re.compile(r"\s*\{([^{}\\]*)\}").match(self.text, end, self._end)
        if match is None:
            self.fail(end, end + 1, "a word in braces should follow", "write \\operatorname{name}")
        return match[1].strip(), match.end()

    def _named(self, start, end):
        """\\operatorname{...}, \\mathrm{...}, \\text{...}: a function, a word, or a variable of that name."""
        name, end = self._braced(end)
        declared = self.kinds.get(name)
        known = None if declared else words.whole_word(name)
        if declared is not None:
            kind, value = "abstract" if declared == "function" else "variable", variable_name(name)
        elif known is not None:
            kind, value = known
        elif not name:
            self._place, self._spaced = end, True
            return
        elif re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)?", name):
            if self._next_is_bracket(end) or re.match(r"\s*\\left\s*\(", self.text[end : end + 12]):
                self.fail(start, end, *words.unknown(name, True, self.kinds))
            kind, value = "variable", variable_name(name)
        else:
            self.fail(start, end, "this text is not read", "leave it out")
        self._add(kind, value, start, end)

    def _accent(self, name, start, end):
        """\\hat{y}: a variable of its own."""
        match = re.compile(r"\s*(?:\{\s*(\\?[A-Za-z]+)\s*\}|([A-Za-z]))").match(self.text, end, self._end)
        if match is None:
            self.fail(start, end, f"\\{name} stands over one letter", "write \\hat{y}")
        letter = (match[1] or match[2]).lstrip("\\")
        self._add("variable", variable_name(f"{letter}_{name}"), start, match.end())

    def _environment(self, name, start, end):
        kind, end = self._braced(end)
        if kind == "array" and name == "begin":
            _, end = self._braced(end)
        if kind not in ("cases", "dcases", "array"):
            self.fail(start, end, f"the environment {kind} is not read", "use cases, or give one expression")
        if name == "begin":
            self._braces.append(("}", start))
            self._depth_of_cases += 1
            self._add("sign", "{", start, end)
        else:
            if not self._braces or self._braces[-1][0] != "}":
                self.fail(start, end, "no cases were begun that end here", "write \\begin{cases} first")
            self._depth_of_cases -= 1
            self._braces.pop()
            self._add("sign", "}", start, end)

    def _subscript(self, start):
        """_1, _{12}, _{max}: an index of the variable before; the base of a logarithm."""
        last = self._tokens[-1] if self._tokens else None
        if last is not None and last.kind == "function":
            self._add("sign", "_", start, start + 1)
            self._take_arguments(1)
            return
        match = _SUBSCRIPT.match(self.text, start, self._end)
        if last is None or last.kind not in ("variable", "abstract") and (last.kind, last.value) != ("constant", "e"):
            self.fail(start, start + 1, "an index needs a letter before it", "write x_1")
        if match is None:
            self.fail(start, start + 1, "an index is a number or a word", "write x_{12} or x_{max}")
        index = next(part for part in match.groups() if part is not None)
        self._indexed(index.strip().lstrip("\\").replace(" ", ""), match.end())


_SUBSCRIPT = re.compile(
    r"_\s*(?:([0-9A-Za-z])|\{([0-9A-Za-z, ]+)\}|\{\s*\\(?:mathrm|text|textrm)\{([0-9A-Za-z ]+)\}\s*\}"
    r"|\\(?:mathrm|text|textrm)\{([0-9A-Za-z ]+)\}|\{?\s*(\\[a-z]+)\s*\}?)"
)


def _without_empty_ends(tokens):
    """Without a separator at the end of cases: \\\\ before \\end{cases}."""
    kept: list[Token] = []
    for token in tokens:
        if kept and kept[-1].is_sign(";") and (token.is_sign("}") or token.kind == "end"):
            kept.pop()
        kept.append(token)
    return kept
