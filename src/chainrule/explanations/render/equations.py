"""Backpropagation as equations: G_W1 = Xᵀ G_Z, with the names of the user's code, in text and LaTeX."""

import re
from dataclasses import dataclass

_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_SIGNS = {"·": r" \cdot ", "ᵀ": r"^{\top}", "−": "-", "≥": r" \ge ", "≤": r" \le ", "×": r" \times "}
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


@dataclass(slots=True, eq=False)
class Equation:
    """The gradient of one value: the sum of what its readers pass back.

    Attributes:
        name: the value.
        terms: `(link, text)` of each, the text with the gradient that arrives in its place.
    """

    name: str
    terms: list

    @property
    def text(self):
        return f"{gradient_name(self.name)} = " + " + ".join(text for _, text in self.terms)

    @property
    def latex(self):
        return f"{in_latex(gradient_name(self.name))} = " + " + ".join(in_latex(text) for _, text in self.terms)


class Equations:
    """All equations of an explanation, in the order of the backward pass. Prints as text.

    Attributes:
        equations: one Equation for each value.
        latex: the same as an `aligned` block.
        checked, unchecked: how many links agree with differences, and how many could not be tried (a kink, a
            dtype too coarse, a framework whose operations are not run here; those add up to the framework's own
            gradient, which every explanation is checked against).
    """

    def __init__(self, explanation, checked, unchecked):
        self.checked, self.unchecked = checked, unchecked
        links = explanation.links(all=True)
        self._top = links[0].name if links else explanation.of
        grouped = {}
        for link in links:
            grouped.setdefault(link.parent, []).append(link)
        order = sorted(grouped, key=lambda joint: joint.number)
        self.equations = [Equation(joint.label, [(link, term(link)) for link in grouped[joint]]) for joint in order]

    @property
    def latex(self):
        lines = [equation.latex.replace(" = ", " &= ", 1) for equation in self.equations]
        start = f"{in_latex(gradient_name(self._top))} &= 1"
        return "\\begin{aligned}\n" + " \\\\\n".join([start, *lines]) + "\n\\end{aligned}"

    def __str__(self):
        lines = [f"{gradient_name(self._top)} = 1", *(equation.text for equation in self.equations)]
        said = f"{self.checked} of {self.checked + self.unchecked} links were checked by differences"
        return "\n".join([*lines, said])

    __repr__ = __str__

    def _repr_latex_(self):
        return f"${self.latex}$"


def gradient_name(name):
    """G_W1; in brackets where the name is an expression."""
    return f"G_{name}" if re.fullmatch(r"[\w.\[\]'₀-₉]+", name) else f"G_({name})"


def term(link):
    """What one link passes back, with the gradient of its value in the place of G."""
    arriving = gradient_name(link.name)
    if not link.formula:
        return f"{link.op}′({arriving})"
    return re.sub(r"(?<![\w_])G(?![\w_])", lambda _: arriving, link.formula)


def in_latex(text):
    """A formula of ours in LaTeX."""
    text = re.sub(r"√\(([^()]*)\)", r"\\sqrt{\1}", text)
    text = re.sub(r"√([\w.]+)", r"\\sqrt{\1}", text)
    text = re.sub(r"[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "^{" + found[0].translate(_RAISED) + "}", text)
    text = re.sub(r"[₀-₉]+", lambda found: "_{" + found[0].translate(_LOWERED) + "}", text)
    text = re.sub(r"G_\(([^()]*(?:\([^()]*\)[^()]*)*)\)", lambda found: "G_{" + _named(found[1]) + "}", text)
    text = re.sub(r"G_([\w.\[\]']+)", lambda found: "G_{" + _named(found[1]) + "}", text)
    text = re.sub(r"\b(exp|log|sin|cos|tanh|sinh|cosh|tan)\(", r"\\\1(", text)
    for sign, command in _SIGNS.items():
        text = text.replace(sign, command)
    words = r"(?<![\\\w{])([A-Za-z]{2,}(?:[ ,]+[A-Za-z]{2,})*)(?![\w}])"
    return re.sub(words, r"\\text{\1}", text)


def _named(name):
    found = re.fullmatch(r"([A-Za-z]+)(\d+)", name)
    return f"{found[1]}_{{{found[2]}}}" if found else r"\mathrm{" + name.replace("_", r"\_") + "}"
