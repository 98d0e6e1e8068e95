"""The formats in which a derivation can be shown, by name: each is one module's `render(outline, **options)`.

A format is added by its row here. The module is imported when it is first asked for.
"""

import importlib

from chainrule.derivations.outlining import outline_of
from chainrule.errors import ArgumentError

FORMATS = {
    "text": "chainrule.derivations.terminal",
}
_MIME = {"text": "text/plain", "latex": "text/latex", "html": "text/html"}


def render(derivation, format="text", simplify=True, **options) -> str:
    """A derivation in a format, at its point if it has one; checked before anything is returned.

    Raises: ArgumentError for a format that is not there; DerivationError where the check fails.
    """
    if format not in FORMATS:
        raise ArgumentError(f"format={format!r} is not known", f"use one of {', '.join(FORMATS)}")
    numbers = derivation.at(**derivation.point) if derivation.point else None
    outline = derivation.outline(numbers, simplify)
    return importlib.import_module(FORMATS[format]).render(outline, **options)


def mimebundle(derivation):
    """What a notebook shows: text, and the other formats that are there."""
    return {mime: render(derivation, name) for name, mime in _MIME.items() if name in FORMATS}
