"""What the view Explain is given: the report of a file, again whenever the file changes; and examples."""

import functools
import json
import linecache
import os
import re
import sys

import anyio
import numpy
from starlette.responses import StreamingResponse

from chainrule.errors import ArgumentError
from chainrule.explanations import explain
from chainrule.explanations.render.data import FORMAT
from chainrule.studio.answers import JSON

LARGEST = 64 * 2**20  # bytes of a file
_FOLLOWERS = 20  # pages that follow the file at once
_PAUSE = 0.25  # seconds between two looks at the file
_QUIET = 15  # seconds, after which a follower is told that the server is still there
_DATA = re.compile(r'<script type="application/json" id="found">([^<]*)</script>')


def name_of(path):
    """The name of the file that is followed; None where there is none."""
    return None if path is None else os.path.basename(path)


def read(path):
    """The report in a file, JSON or HTML.

    Raises: ArgumentError where it cannot be read, or is no report.
    """
    name = os.path.basename(path)
    advice = 'save one with explain(...).save("report.json"), or with watch(..., save="report.json")'
    try:
        if os.path.getsize(path) > LARGEST:
            raise ArgumentError(f"{name} is larger than {LARGEST >> 20} MB", "explain a smaller part", place="")
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        raise ArgumentError(
            f"there is no file {path} yet", f"wait until it is written; or {advice}", place=""
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentError(f"{name} cannot be read: {error}", advice, place="") from None
    page = _DATA.search(text)
    try:
        report = json.loads(page[1] if page else text)
    except (ValueError, RecursionError):
        report = None
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise ArgumentError(f"{name} is not a report of chainrule", advice, place="")
    return report


async def follow(request):
    """The file's report as server-sent events: `report` each time it changes, `problem` where there is none."""
    state = request.app.state
    if state.report is None:
        raise ArgumentError(
            "no report was opened", "start the studio as: chainrule studio --open report.json", place=""
        )
    if state.followers >= _FOLLOWERS:
        raise ArgumentError("too many pages follow the report", "close some of them", place="")
    return StreamingResponse(_events(state), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _events(state):
    state.followers += 1
    try:
        seen, quiet = None, 0.0
        while not state.closing():
            now = await anyio.to_thread.run_sync(_mark, state.report)
            if now != seen:
                yield await anyio.to_thread.run_sync(_event, state.report)
                seen, quiet = now, 0.0
            elif quiet > _QUIET:
                yield ": still here\n\n"
                quiet = 0.0
            await anyio.sleep(_PAUSE)
            quiet += _PAUSE
    finally:
        state.followers -= 1


def _mark(path):
    """What changes with a file; "" while there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return ""
    return found.st_mtime_ns, found.st_size, found.st_ino


def _event(path):
    try:
        name, content = "report", read(path)
    except ArgumentError as error:
        name, content = "problem", {"what": error.what, "do": error.do}
    return f"event: {name}\ndata: {json.dumps(content, separators=(',', ':'))}\n\n"


_NEURON = """\
w = cr.tensor(0.5, requires_grad=True)
x, b, y = 2.0, 0.0, 1.0

z = w * x + b
a = cr.sigmoid(z)
loss = (a - y) ** 2
"""

_LAYERS = """\
rng = np.random.default_rng(0)
w = {{f"W{{i}}": cr.tensor(rng.normal(0, {spread}, (8, 8)), requires_grad=True) for i in range({depth})}}
x, y = rng.normal(0, 1, (32, 8)), rng.normal(0, 1, (32, 8))

h = x
for i in range({depth}):
    z = h @ w[f"W{{i}}"]{bias}
    h = {activation}
loss = np.mean((h - y) ** 2)
"""

EXAMPLES = {  # name -> (title, program)
    "neuron": ("the neuron of the lesson", _NEURON),
    "deep": (
        "fifty layers: the gradient vanishes",
        _LAYERS.format(depth=50, spread=0.35, bias="", activation="cr.sigmoid(z)"),
    ),
    "dead": (
        "twelve layers, one of them dead",
        _LAYERS.format(depth=12, spread=0.5, bias=" - (20 if i == 5 else 0)", activation="np.maximum(z, 0)"),
    ),
}


@functools.cache
def explained(name):
    """The report of an example.

    >>> explained("deep")["findings"][0]["kind"]
    'vanishing'
    """
    source, filename = EXAMPLES[name][1], f"<{name}>"
    scope: dict = {"np": numpy, "cr": sys.modules["chainrule"]}
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), scope)  # a source of the table above, not of the user's
    return explain(scope["loss"], wrt=scope["w"], names=scope, show=False).as_dict()


async def example(request):
    """One of the examples."""
    name = request.query_params.get("name", "")
    if name not in EXAMPLES:
        raise ArgumentError(f"there is no example {name!r}", f"choose one of {', '.join(EXAMPLES)}", place="")
    return JSON(await anyio.to_thread.run_sync(explained, name))
