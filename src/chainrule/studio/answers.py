"""What the server sends back: JSON, also for errors, each with what happened and what to do."""

import json
from typing import Any

from starlette.responses import Response

from chainrule.errors import ArgumentError, ParseError


class JSON(Response):
    """An answer as JSON; a number that JSON lacks is a defect here and raises."""

    media_type = "application/json"

    def render(self, content):
        return json.dumps(content, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()


def failure(what, do, status=400, **more):
    """An error that a person can act on; `more` is for the page."""
    return JSON({"error": {"what": what, "do": do} | more}, status)


async def on_chainrule_error(request, error) -> Response:
    more: dict = {"kind": type(error).__name__}
    if isinstance(error, ParseError):
        more["span"] = [error.start, error.end]
    return failure(error.what, error.do, **more)


async def on_any_error(request, error) -> Response:
    """A defect: said as such on the page; the server shows it in the terminal."""
    return failure(
        f"the studio failed: {type(error).__name__}: {error}",
        "this is a defect of the studio; the terminal shows where, please report it",
        500,
    )


async def given(request):
    """The JSON object in a request.

    Raises: ArgumentError where there is none.
    """
    body = await request.body()
    try:
        found = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ArgumentError("the request is not a JSON object", "send one, as the page does", place="")
    return found


def _no_constant(text):
    raise ValueError(text)


def field(found, name, kind, default) -> Any:
    """One field of a request, of the kind it should be.

    Raises: ArgumentError where it is of another kind.
    """
    value = found.get(name, default)
    wanted = (int, float) if kind is float else kind
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind is not bool):
        raise ArgumentError(
            f"{name} is a {type(value).__name__}, not a {kind.__name__}", f"send {name} as a {kind.__name__}", place=""
        )
    return value
