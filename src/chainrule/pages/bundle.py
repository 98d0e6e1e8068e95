"""A page as a file: its modules as one script, its style and its data in it; it needs nothing else.

A module becomes a function that runs once and hands its exports on. That is all that a bundler would do here,
since the modules import names only, one line each.
"""

import html
import json
import re
from pathlib import Path

SHARED = Path(__file__).parent / "modules"  # what every page has
IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./(\w+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:const|let|class|function)) (\w+)", re.MULTILINE)

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
<main id="main">{body}</main>
<script type="application/json" id="found">{data}</script>
<script>
{script}${entry}.show(document.getElementById("main"), JSON.parse(document.getElementById("found").textContent));
</script>
</body>
</html>
"""  # noqa: E501


def document(title, data, entry, folders, styles, body=""):
    """A file that shows data.

    Args:
        title: of the page.
        data: what the script is given, for JSON.
        entry: the module whose `show(main, data)` draws it.
        folders: where modules and style sheets are, besides the shared ones.
        styles: the names of the style sheets, after `base`.
        body: markup that is seen where no script runs; the script replaces it.

    >>> text = document("y < x", {"body": "</script>"}, "dom", [], [])
    >>> "https:" in text, "import " in text, text.count("</script>"), "y &lt; x" in text
    (False, False, 2, True)
    """
    return _FILE.format(
        title=html.escape(title),
        style="".join(text_of(f"{name}.css", folders) for name in ("base", *styles)),
        body=body,
        data=quoted(data),
        script=script(entry, folders),
        entry=entry,
    )


def quoted(data):
    """JSON that may stand in a script or in a page."""
    return json.dumps(data, allow_nan=False).replace("<", "\\u003c")


def text_of(filename, folders=()):
    """The text of a file in one of the folders, or of a shared one."""
    found = next(path for folder in (*folders, SHARED) if (path := folder / filename).exists())
    return found.read_text(encoding="utf-8")


def script(entry, folders=()):
    """The modules that an entry needs as one script: `$name` holds the exports of each.

    >>> script("dom").startswith("const $dom = (() => {")
    True
    """
    done = {}
    _collect(entry, folders, done)
    return "".join(done.values())


def _collect(name, folders, done):
    """Put a module into `done`, those that it imports first."""
    source = text_of(f"{name}.js", folders)
    for _, other in IMPORT.findall(source):
        if other not in done:
            _collect(other, folders, done)
    names = [exported for _, exported in EXPORT.findall(source)]
    source = EXPORT.sub(r"\1 \2", IMPORT.sub(r"const { \1 } = $\2;\n", source))
    done[name] = f"const ${name} = (() => {{\n{source}return {{ {', '.join(names)} }};\n}})();\n"
