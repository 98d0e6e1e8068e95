r"""Signs of vectors and matrices that are written around things, or in LaTeX, as the dialect reads them.

>>> plain("‖A x − y‖₂²"), plain(r"\left\| x \right\|_1"), plain(r"\mathbf{x}^{\top} A^{-1} x")
('norm2(A x − y)²', 'norm1( x )', "\\mathbf{x}' A^{-1} x")
"""

import re

_LATEX = [
    (re.compile(r"\^\s*\{?\s*-\s*(?:\\top|\\intercal|\\mathsf\s*\{?T\}?|T(?![A-Za-z]))\s*\}?"), "⁻ᵀ"),
    (
        re.compile(
            r"\^\s*(?:\\top|\\intercal|\{\s*(?:\\top|\\intercal|\\mathsf\s*\{?T\}?|\\mathrm\s*\{T\}|T)\s*\})(?![A-Za-z])"
        ),
        "'",
    ),
    (re.compile(r"\\(?:odot|circ)\b"), ".*"),
    (re.compile(r"\\oslash\b"), "./"),
    (re.compile(r"\\left\s*(?:\\\||\\[lr]?Vert\b|‖)|\\lVert\b"), "⟦"),
    (re.compile(r"\\right\s*(?:\\\||\\[lr]?Vert\b|‖)|\\rVert\b"), "⟧"),
    (re.compile(r"\\\||\\Vert\b|\|\|"), "‖"),
    (re.compile(r"\\det\s*\{?([A-Za-z])\}?(?![A-Za-z(])"), r"\\operatorname{det}(\1)"),
    (re.compile(r"\\det\b"), r"\\operatorname{det}"),
]
_INDEX = re.compile(r"\s*(?:_\s*\{?\s*([12F]|\\infty|∞)\s*\}?|([₁₂]))")
_NORMS = {"1": "norm1", "₁": "norm1", "2": "norm2", "₂": "norm2", "F": "normF", "\\infty": "norminf", "∞": "norminf"}
_BEGINS = "([{+-*/^,;=⟦−·⊙⊘"


def plain(text):
    """The text with transposes as ', entrywise products as .* and norms as functions."""
    if not any(sign in text for sign in ("\\", "‖", "∘", "||")):
        return text
    for pattern, sign in _LATEX:
        text = pattern.sub(sign, text)
    return _without_bars(text.replace("∘", ".*"))


def _without_bars(text):
    """Norms as functions: each ‖ opens one where an operand is missing, else it closes the last."""
    if not any(sign in text for sign in "‖⟦⟧"):
        return text
    out, opened, place = [], [], 0
    while place < len(text):
        character = text[place]
        place += 1
        before = next((piece.strip()[-1:] for piece in reversed(out) if piece.strip()), "(")
        if character == "⟦" or character == "‖" and (not opened or before in _BEGINS):
            opened.append(len(out))
            out.append("norm(")
        elif character in "⟧‖" and opened:
            start = opened.pop()
            index = _INDEX.match(text, place)
            if index is not None:
                out[start] = _NORMS[index[1] or index[2]] + "("
                place = index.end()
            out.append(")")
        else:
            out.append(character)
    return "".join(out)
