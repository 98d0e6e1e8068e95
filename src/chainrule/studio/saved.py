"""A view as a file: one HTML page with its script, its style and its numbers in it, which needs nothing else."""

from pathlib import Path

from chainrule.explanations.render import page as report
from chainrule.pages import bundle

PAGE = Path(__file__).parent / "page"
FOLDERS = (PAGE, report.FOLDER)  # of modules and style sheets, besides those that all pages share
STYLES = ("style", "report")


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
    return bundle.document(title, {"view": view, "found": found}, "still", FOLDERS, ("style",))


def script(entry):
    """A module of the page and those that it needs, as one script."""
    return bundle.script(entry, FOLDERS)


def style():
    """All style sheets of the page as one text."""
    return "".join(bundle.text_of(f"{name}.css", FOLDERS) for name in ("base", *STYLES))
