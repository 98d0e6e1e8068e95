"""An outline as LaTeX, MathML, an HTML page and JSON; each module's `render(outline, **options)` is one format.

* `formulas`: what the formats share: how an outline's mathematics and sentences are put together.
* `latex`: a fragment, or a document, that needs amsmath only.
* `mathml`: one element of MathML Core, valid XML, worded for screen readers.
* `html`: one page without script that needs nothing else: light and dark, a colour for each letter.
* `json`: data, described by `schema.json` beside it.

Text for a terminal is `chainrule.derivations.terminal`.
"""
