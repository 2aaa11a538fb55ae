"""What a request must be before anybody looks at what it says."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_FORM = 4096
"""Bytes."""
PATIENCE_S = 10.0
"""Seconds in which a form must have arrived."""

_FORM = "application/x-www-form-urlencoded"


_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Guard:
    """Goes around an application: tells browsers what its pages may do, and whom it answers to."""

    def __init__(self, app: ASGIApp, *, policy: str, only_loopback: bool) -> None:
        """Wrap an application.

        Args:
            app: the application.
            policy: content security policy of all its pages.
            only_loopback: it answers only under the names that each machine has for itself. Else a
                page on the web could reach it by giving this machine's address to its own name.
        """
        self._app, self._only_loopback = app, only_loopback
        self._headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            # To ourselves: without it, browsers keep from us which page a form comes from.
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        host = Headers(scope=scope).get("host", "")
        if self._only_loopback and _name(host) not in _LOOPBACK:
            words = "Without a token, this page is only for this machine: use http://127.0.0.1.\n"
            await PlainTextResponse(words, 421)(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)


def _name(host: str) -> str:
    """A host without its port."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


class Limiter:
    """Lets each voter do so many things at once, and then so many in a second."""

    def __init__(
        self,
        *,
        burst: int = 20,
        per_second: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with everything allowed.

        Args:
            burst: things at once.
            per_second: things in a second, in the long run.
            clock: seconds.
        """
        self._burst, self._per_second, self._clock = burst, per_second, clock
        # When each voter will have been idle for long enough to start anew.
        self._idle: dict[str, float] = {}

    def wait_s(self, voter: str) -> float:
        """Seconds that the voter has to wait; 0 where they may go on, which then is counted."""
        now = self._clock()
        idle = max(now, self._idle.get(voter, now))
        wait = (idle - now) - (self._burst - 1) / self._per_second
        if wait > 0:
            return wait
        self._idle[voter] = idle + 1 / self._per_second
        if len(self._idle) > 10_000:
            self._idle = {name: when for name, when in self._idle.items() if when > now}
        return 0.0


def is_from_own_page(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a request comes from a page of this very server.

    All browsers of these days say so of every form; one that says nothing is not believed.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return headers.get("origin", "").partition("://")[2] == headers.get("host")


async def read_form(request: Request, names: Collection[str]) -> dict[str, str]:
    """Fields of a form, each of which is there once.

    Raises:
        HTTPException: it is no such form, or a long or slow one.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise HTTPException(415, "This is no form of this page.")
    try:
        async with asyncio.timeout(PATIENCE_S):
            content = b""
            async for chunk in request.stream():
                content += chunk
                if len(content) > LONGEST_FORM:
                    raise HTTPException(413, "This form is too long.")
    except TimeoutError:
        raise HTTPException(408, "The form did not arrive in time.") from None
    try:
        fields = parse_qsl(
            content.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=len(names),
        )
    except ValueError:
        fields = []
    if sorted(name for name, _ in fields) != sorted(names):
        raise HTTPException(400, "This is no form of this page.")
    return dict(fields)
