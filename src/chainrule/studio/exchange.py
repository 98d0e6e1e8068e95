"""What comes in and what goes out, as JSON; an error says what happened and what to do."""

import json
from typing import Any

from chainrule.errors import ArgumentError, ParseError


def encoded(content):
    """The bytes of JSON; a number that JSON lacks is a defect here and raises."""
    return json.dumps(content, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()


def refused(what, do, **more):
    """An error that a person can act on; `more` is for the page."""
    return {"error": {"what": what, "do": do} | more}


def told(error):
    """A ChainruleError as it is sent."""
    more: dict = {"kind": type(error).__name__}
    if isinstance(error, ParseError):
        more["span"] = [error.start, error.end]
    return refused(error.what, error.do, **more)


def defect(error):
    """Any other exception: said as a defect of the studio."""
    return refused(
        f"the studio failed: {type(error).__name__}: {error}",
        "this is a defect of the studio; the terminal shows where, please report it",
    )


def read(body):
    """The JSON object in the bytes of a request.

    Raises: ArgumentError where there is none.
    """
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


def number(query, name, kind):
    """A number in an address.

    Raises: ArgumentError where it is none.
    """
    try:
        return kind(query[name])
    except ValueError:
        raise ArgumentError(f"{name} is {query[name]!r}, not a number", "send a number", place="") from None
