"""Who may ask: the page itself, opened with the token that the terminal printed, on this machine.

As Jupyter does it: the first visit carries the token in the address, the answer sets a cookie and drops
the token from the address; from then on the cookie is asked for. A program may send the header
`Authorization: token TOKEN` instead. Beyond the token: the Host must be this server's own (a foreign name
that resolves to 127.0.0.1 is refused), a request that a browser says comes from another site is refused, and
no request may be larger than a limit. The answers tell the browser to load nothing from anywhere else.
"""

import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

from starlette.responses import HTMLResponse, RedirectResponse

from chainrule.studio.answers import failure

LARGEST_BODY = 64 * 1024
LONGEST_ADDRESS = 16 * 1024
_NAMES = ("127.0.0.1", "localhost")

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_LOCKED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>The studio is locked</title>
<h1>This page needs its token</h1>
<p>Open the whole address that <code>chainrule studio</code> printed in the terminal,
the part after <code>?token=</code> included.</p></html>"""


class Guard:
    """An ASGI application that lets through what may pass, and adds the headers to every answer.

    Args:
        app: the application to protect.
        token: the secret; made anew for every start.
        port: the port that the server listens on, as browsers name it in Host and Origin.
    """

    def __init__(self, app, token, port):
        self.app, self.token, self.port = app, token, port
        self.hosts = {f"{name}:{port}" for name in _NAMES} | (set(_NAMES) if port == 80 else set())
        self.cookie = f"chainrule-studio-{port}"

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"the studio answers HTTP, not {scope['type']}")
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        refused = self._refused(scope, headers)
        if refused is None and scope["method"] not in ("GET", "HEAD"):
            body = await _body(receive)
            if body is None:
                refused = _too_large()
            else:
                receive = _replaying(body, receive)
        await (refused or self.app)(scope, receive, _with_headers(send))

    def _refused(self, scope, headers):
        """The answer to a request that may not pass; None for one that may."""
        if headers.get("host", "").lower() not in self.hosts:
            return failure(
                "this server answers only to 127.0.0.1 and localhost",
                "open the address that the terminal printed",
                421,
            )
        if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            return failure("the address is too long", "shorten what it carries", 414)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return _too_large()
        if not self._own_origin(scope, headers):
            return failure(
                "the request comes from another site", "open the studio itself, at the address in the terminal", 403
            )
        return self._without_token(scope, headers)

    def _own_origin(self, scope, headers):
        """Whether the browser says that our own page asks (or, for the page itself, the user)."""
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in {f"http://{host}" for host in self.hosts}:
            return False
        return headers.get("sec-fetch-site", "none") in ("none", "same-origin") or (
            scope["path"] == "/" and scope["method"] == "GET" and headers.get("sec-fetch-dest") == "document"
        )

    def _without_token(self, scope, headers):
        """Check the token: in the address of the page, in the header, or in the cookie."""
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if scope["path"] == "/" and "token" in query:
            if self._is_token(query.pop("token")[0]):
                return self._entered(query)
            return HTMLResponse(_LOCKED, 403)
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "token":
            passes = self._is_token(given)
        else:
            passes = self._is_token(self._from_cookie(headers.get("cookie", "")))
        if passes:
            return None
        if scope["path"] == "/":
            return HTMLResponse(_LOCKED, 403)
        return failure("the token is missing or wrong", "open the whole address that the terminal printed", 403)

    def _entered(self, query):
        """The answer to the first visit: the cookie, and the address without the token."""
        rest = urlencode(query, doseq=True)
        answer = RedirectResponse("/" + (f"?{rest}" if rest else ""), 303)
        answer.set_cookie(self.cookie, self.token, httponly=True, samesite="lax", path="/")
        return answer

    def _from_cookie(self, header):
        try:
            found = SimpleCookie(header).get(self.cookie)
        except CookieError:
            return ""
        return found.value if found else ""

    def _is_token(self, given):
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode())


def _too_large():
    return failure(f"the request is larger than {LARGEST_BODY // 1024} kB", "send a shorter text", 413)


async def _body(receive):
    """The whole body, or None as soon as it is larger than it may be."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


def _replaying(body, receive):
    """A `receive` that hands out a body that has been read, then what comes after it."""
    given = False

    async def replay():
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _with_headers(send):
    async def add(message):
        if message["type"] == "http.response.start":
            own = {key.lower() for key, _ in message["headers"]}
            extra = [(k.lower().encode(), v.encode()) for k, v in _HEADERS.items() if k.lower().encode() not in own]
            message = message | {"headers": [*message["headers"], *extra]}
        await send(message)

    return add
