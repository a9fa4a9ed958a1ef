"""Guard: who may see the page, and who may steer the robot with it.

In:  the address that the server is bound to, and each request.
Out: nothing, or a refusal with a reason.
Never: trusts a name: a foreign page, or a foreign name for this machine, is refused.
"""

import hmac
import ipaddress
import secrets
import socket
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from ...errors import UsageError

COOKIE = "ganglion-token"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def split(bind: str) -> tuple[str, int]:
    """HOST:PORT, or [HOST]:PORT. Raises UsageError."""
    host, _, port = bind.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise UsageError(f"{bind!r} is no address to serve at", "write HOST:PORT")
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def reachable(host: str) -> str:
    """An address by which others reach what is bound to `host`: of `0.0.0.0` and `::`, which mean
    every address, the one that this machine uses to reach others, else its name."""
    if host not in ("0.0.0.0", "::"):
        return host
    kind, far = (socket.AF_INET6, "2001:db8::1") if host == "::" else (socket.AF_INET, "192.0.2.1")
    try:
        with socket.socket(kind, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))  # sends nothing: it only chooses the way
            return str(probe.getsockname()[0])
    except OSError:
        return socket.gethostname()


class Guard:
    """The rules for one bound address. Beyond loopback there is a token, else none."""

    def __init__(self, host: str) -> None:
        self._loopback = is_loopback(host)
        self.token = "" if self._loopback else secrets.token_urlsafe(24)

    def refusal(self, request: web.Request) -> str | None:
        """Why a request may not pass; None if it may."""
        named = _host(f"//{request.host}")
        if self._loopback and not (named and is_loopback(named)):
            # A foreign name that leads here would make a foreign page ours.
            return f"this page is not served as {request.host}"
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            return f"a page of {origin} may not use this one"
        foreign = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
        if foreign and request.path != "/":  # a link may lead here, nothing more
            return "another page may not use this one"
        if self.token and not self._known(request):
            return "the token is missing or wrong; open the address that ganglion printed"
        return None

    def _known(self, request: web.Request) -> bool:
        given = request.query.get("token") or request.cookies.get(COOKIE, "")
        return hmac.compare_digest(given.encode(), self.token.encode())

    def middleware(self) -> Middleware:
        """Refuses, or answers with headers that keep a page from being misused."""

        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            why = self.refusal(request)
            if why is not None:
                return web.Response(status=403, text=f"{why}\n", headers=_HEADERS)
            if self.token and request.path == "/" and "token" in request.query:
                # Into a cookie with it, so that it does not stay in the address.
                answer: web.StreamResponse = web.Response(
                    status=302, headers={**_HEADERS, "Location": "/"}
                )
                answer.set_cookie(COOKIE, self.token, httponly=True, samesite="Strict")
                return answer
            answer = await handler(request)
            if not answer.prepared:
                answer.headers.update(_HEADERS)
            return answer

        made: Middleware = web.middleware(check)
        return made


def _host(netloc: str) -> str | None:
    try:
        return urlsplit(netloc).hostname
    except ValueError:
        return None
