"""What the server sends back: JSON, also for errors."""

from starlette.responses import Response

from chainrule.studio.exchange import defect, encoded, field, read, refused, told

__all__ = ["JSON", "failure", "field", "given", "on_any_error", "on_chainrule_error"]


class JSON(Response):
    """An answer as JSON."""

    media_type = "application/json"

    def render(self, content):
        return content if isinstance(content, bytes) else encoded(content)


def failure(what, do, status=400, **more):
    """An error that a person can act on; `more` is for the page."""
    return JSON(refused(what, do, **more), status)


async def on_chainrule_error(request, error) -> Response:
    return JSON(told(error), 400)


async def on_any_error(request, error) -> Response:
    """A defect: said as such on the page; the server shows it in the terminal."""
    return JSON(defect(error), 500)


async def given(request):
    """The JSON object in a request.

    Raises: ArgumentError where there is none.
    """
    return read(await request.body())
