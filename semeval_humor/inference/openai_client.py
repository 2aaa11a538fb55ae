"""Connections by the ``openai`` package, which no other file touches, and what goes wrong there."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from semeval_humor.errors import ConfigError
from semeval_humor.inference.dispatch import ServerFailed

if TYPE_CHECKING:
    from openai import APIStatusError

CONNECT_TIMEOUT_S = 10.0
"""For a connection: a living server needs milliseconds."""

NO_KEY = "EMPTY"
"""Sent where there is no key: the client insists on one, servers without one ignore it."""


class Refused(Exception):
    """The server understood and says no (HTTP 4xx).

    Attributes:
        status: HTTP status.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"HTTP {status}: {reason}")
        self.status = status

    @property
    def advice(self) -> str:
        """What the user can do about it."""
        return {
            401: "set OPENAI_API_KEY to a key of this server",
            403: "set OPENAI_API_KEY to a key that may use this model",
            404: "check --model, and --base-url, which usually ends in /v1",
        }.get(self.status, "see the server's log")


class Garbled(ServerFailed):
    """The answer is not what the protocol says."""


class Connection:
    """One server.

    Args:
        url: base URL.
        key: never shown: a server that quotes it back is not quoted.
        timeout_s: seconds for one call, the client's retries included.
        retries: of the client after 408, 409, 429, 5xx or a lost connection.
    """

    def __init__(self, url: str, key: str, *, timeout_s: float, retries: int) -> None:
        from openai import AsyncOpenAI, Timeout

        self.url = url
        self._key = key
        self._timeout_s = timeout_s
        timeout = Timeout(timeout_s, connect=min(timeout_s, CONNECT_TIMEOUT_S))
        self._client = AsyncOpenAI(base_url=url, api_key=key, timeout=timeout, max_retries=retries)

    async def call(
        self, method: Literal["GET", "POST"], path: str, body: Mapping[str, Any] | None = None
    ) -> object:
        """JSON that the server answers.

        Args:
            method: of HTTP.
            path: below the base URL, or a whole URL.
            body: sent as JSON.

        Raises:
            Refused: HTTP 4xx, other than "later".
            Garbled: the answer is not JSON.
            ServerFailed: no answer, or HTTP 408, 409, 429 or 5xx, after the client's retries.
        """
        import openai

        try:
            # The client's own time-out starts anew with each retry, and with each byte.
            async with asyncio.timeout(self._timeout_s):
                if method == "GET":
                    answer = await self._client.get(path, cast_to=object)
                else:
                    answer = await self._client.post(path, cast_to=object, body=body)
        except (TimeoutError, openai.APITimeoutError) as error:
            raise ServerFailed(f"no answer within {self._timeout_s:g} s") from error
        except openai.APIConnectionError as error:
            raise ServerFailed(self._line(error.__cause__ or error)) from error
        except openai.APIStatusError as error:
            reason = self._line(_complaint(error))
            if error.status_code in (408, 409, 429) or error.status_code >= 500:
                busy = error.status_code in (429, 503)
                raise ServerFailed(f"HTTP {error.status_code}: {reason}", innocent=busy) from error
            raise Refused(error.status_code, reason) from error
        except ValueError as error:
            raise Garbled(f"expected JSON: {self._line(error)}") from error
        if isinstance(answer, str):
            raise Garbled(f"expected JSON, found {self._line(answer)!r}")
        return answer

    async def close(self) -> None:
        """Hang up."""
        await self._client.close()

    def _line(self, said: object) -> str:
        """Say it in one line, without the key, by whomever it was written."""
        line = str(said)
        if self._key != NO_KEY:
            line = line.replace(self._key, "[key]")
        return glimpse(line or type(said).__name__)


def _complaint(error: "APIStatusError") -> str:
    """Return what a server wrote, without the client's own words around it."""
    match error.body:
        case {"message": str() as message}:
            return message
    return error.response.text or error.message


def glimpse(thing: object) -> str:
    """Return one short line that shows what was found."""
    line = " ".join(str(thing).split())
    return line if len(line) <= 200 else f"{line[:200]}…"


def checked_url(url: str) -> str:
    """Return the address without a slash at the end.

    Raises:
        ConfigError: it is no http address, or holds a password, which receipts would show.
    """
    try:
        parts = urlsplit(url.strip())
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise ConfigError(f"{url}: no address of a server: expected http://HOST:PORT/v1")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError(
            f"{parts.hostname}: the address holds more than a host and a path; a key belongs into "
            "the environment variable OPENAI_API_KEY"
        )
    return url.strip().rstrip("/")


def checked_key(key: str | None) -> str:
    """Return what is sent as key; it is not shown if it is wrong.

    Raises:
        ConfigError: it holds characters that no HTTP header carries.
    """
    key = (key or "").strip() or NO_KEY
    if not key.isascii() or not key.isprintable():
        raise ConfigError("the key (OPENAI_API_KEY) holds characters that no key has: copy it anew")
    return key
