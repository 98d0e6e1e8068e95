"""A view as a file: one HTML page with its script, its style and its numbers in it, which needs nothing else.

The page's modules become one script: each a function that runs once and hands its exports on. That is all that
a bundler would do here, since the modules import names only, one line each.
"""

import html
import json
import re
from pathlib import Path

_PAGE = Path(__file__).parent / "page"
_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:const|let|class|function)) (\w+)", re.MULTILINE)

_FILE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main id="main"></main>
<script type="application/json" id="found">{data}</script>
<script>
{script}$still.show(document.getElementById("main"), JSON.parse(document.getElementById("found").textContent));
</script>
</body>
</html>
"""  # noqa: E501


def page(view, title, found):
    """A file that shows one view as it is now, with its slider or its steps.

    Args:
        view: "derive" or "backward".
        title: of the page.
        found: what the server answered to the view, as a dict for JSON.

    >>> text = page("derive", "y = x", {"body": "</script>"})
    >>> "https:" in text, "import " in text, text.count("</script>")
    (False, False, 2)
    """
    data = quoted({"view": view, "found": found})
    style = (_PAGE / "style.css").read_text(encoding="utf-8")
    return _FILE.format(title=html.escape(title), style=style, data=data, script=script("still"))


def quoted(data):
    """JSON that may stand in a script or in a page."""
    return json.dumps(data, allow_nan=False).replace("<", "\\u003c")


def script(entry):
    """The modules that an entry needs as one script: `$name` holds the exports of each.

    >>> script("dom").startswith("const $dom = (() => {")
    True
    """
    done = {}
    _collect(entry, done)
    return "".join(done.values())


def _collect(name, done):
    """Put a module into `done`, those that it imports first."""
    source = (_PAGE / f"{name}.js").read_text(encoding="utf-8")
    for _, other in _IMPORT.findall(source):
        if other not in done:
            _collect(other, done)
    names = [exported for _, exported in _EXPORT.findall(source)]
    source = _EXPORT.sub(r"\1 \2", _IMPORT.sub(r"const { \1 } = $\2;\n", source))
    done[name] = f"const ${name} = (() => {{\n{source}return {{ {', '.join(names)} }};\n}})();\n"
