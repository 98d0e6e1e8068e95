"""The formats in which a derivation can be shown, by name: each is one module's `render(outline, **options)`.

A format is added by its row here. The module is imported when it is first asked for.
"""

import importlib

from chainrule.derivations.messages import LANGUAGES
from chainrule.errors import ArgumentError

FORMATS = {
    "text": "chainrule.derivations.terminal",
    "latex": "chainrule.derivations.rendering.latex",
    "mathml": "chainrule.derivations.rendering.mathml",
    "html": "chainrule.derivations.rendering.html",
    "json": "chainrule.derivations.rendering.json",
}
_MIME = {"text/plain": "text", "text/latex": "latex", "text/html": "html"}


def render(derivation, format="text", simplify=True, **options) -> str:
    """A derivation in a format, at its point if it has one; checked before anything is returned.

    Raises: ArgumentError for a format that is not there; DerivationError where the check fails.
    """
    if format not in FORMATS:
        raise ArgumentError(f"format={format!r} is not known", f"use one of {', '.join(FORMATS)}")
    if options.get("language", "en") not in LANGUAGES:
        raise ArgumentError(f"language={options['language']!r} is not known", f"use one of {', '.join(LANGUAGES)}")
    numbers = derivation.at(**derivation.point) if derivation.point else None
    outline = derivation.outline(numbers, simplify)
    return importlib.import_module(FORMATS[format]).render(outline, **options)


def mimebundle(derivation, include=None, exclude=None):
    """What a notebook shows: text, LaTeX and HTML; in a notebook the HTML is a piece of its page, not a page.

    Args:
        include, exclude: MIME types to choose from, or to leave out.
    """
    options = {"html": {"document": False}}
    chosen = [mime for mime in _MIME if (not include or mime in include) and mime not in (exclude or ())]
    return {mime: render(derivation, _MIME[mime], **options.get(_MIME[mime], {})) for mime in chosen}
